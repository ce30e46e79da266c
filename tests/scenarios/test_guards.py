"""Commands that are guarded, dependencies that nobody installs, and claims that count or do not."""

import json
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.plan import Role
from codex_orch_tui.domain.schedule import Reason, Wait
from codex_orch_tui.domain.task import TaskState
from tests.faults.rig import opened, standin
from tests.scenarios.plans import begin, spec
from tests.scenarios.stage import Stage
from tests.scenarios.test_bad_input import told_workers
from tests.scenarios.test_run_landing import OPEN

WRITE: list[dict[str, Any]] = [{"write": ["tell.sh", "printf 'to out\\n'; printf 'to err\\n' >&2; exit 7\n"]}]


def commands(on: Stage, run: str) -> list[dict[str, Any]]:
    file = on.repository / ".orchestrator" / "runs" / run / "commands.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize(
    "line", ["git push --dry-run", "git remote -v", "git reset --soft HEAD", "git rebase main", "git -C .. push"]
)
async def test_what_git_must_not_do_is_refused_logged_and_told(scratch: Path, line: str) -> None:
    async with opened(scratch, standin(scratch, {"WRITE": WRITE})) as on:
        ref = (await begin(on, spec("one", "WRITE", checks=(line,))))["one"]
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert " is blocked" in task.fault.message
        assert task.commits, "its work is kept"
        (logged,) = commands(on, ref.run)
        assert (logged["phase"], logged["argv"]) == ("refused", line.split())
        assert "is blocked" in logged["reason"]


async def test_output_errors_and_exit_code_come_back_and_are_logged(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"WRITE": WRITE}), check_retries=0, **OPEN) as on:
        ref = (await begin(on, spec("one", "WRITE", checks=("sh tell.sh",))))["one"]
        task = await on.until_state(ref, TaskState.FAILED)
        (run,) = task.checks
        assert (run.outcome, run.exit_code) == (CheckOutcome.FAILED, 7)
        assert {"to out", "to err"} <= set(run.output_tail.split("\n"))
        assert task.worktree is not None
        began, ended = commands(on, ref.run)
        assert (began["phase"], began["cwd"], began["commit"]) == ("began", task.worktree.path, task.tip)
        assert (ended["phase"], ended["exit_code"]) == ("ended", 7)


async def test_a_worktree_that_is_gone_is_no_place_for_a_command(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"WRITE": WRITE}), check_retries=0, **OPEN) as on:
        ref = (await begin(on, spec("one", "WRITE", checks=("sh tell.sh",))))["one"]
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.worktree is not None
        Path(task.worktree.path).rename(scratch / "elsewhere")
        await on.orchestrator.resume(ref)
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert "worktree missing" in task.fault.message
        assert len(commands(on, ref.run)) == 2, "nothing ran"


async def test_nobody_installs_anything_that_was_not_asked_for(scratch: Path) -> None:
    plays: dict[str, list[dict[str, Any]]] = {"WRITE": [{"write": ["package.json", '{"dependencies": {"x": "1"}}\n']}]}
    async with opened(scratch, standin(scratch, plays)) as on:
        refs = await begin(
            on,
            spec("build", "WRITE"),
            spec("test", "TEST", "build", role=Role.TESTER),
            spec("pip", "WRITE", checks=("pip --version",)),
            spec("npx", "WRITE", checks=("npx --version",)),
        )
        for name in ("pip", "npx"):
            task = await on.until_state(refs[name], TaskState.FAILED)
            assert task.fault is not None
            assert f"{name} is not among the programs that may run" in task.fault.message
        await on.until_state(refs["test"], TaskState.DONE)
        tested = on.task(refs["test"]).worktree
        assert tested is not None
        assert sorted(path.name for path in Path(tested.path).iterdir()) == [".git", "README.md", "package.json"]
        for name in ("build", "test"):
            assert (
                "Do not install dependencies unless the task says so"
                in (
                    on.repository / ".orchestrator" / "runs" / refs[name].run / "tasks" / name / "prompt.md"
                ).read_text()
            )
        assert sum("Do not install dependencies" in told for told in told_workers(scratch)) == 4


async def test_only_claims_on_what_the_settings_allow_keep_tasks_apart(scratch: Path) -> None:
    plays: dict[str, list[dict[str, Any]]] = {"GATED": [{"await": "steer"}]}
    settings: dict[str, Any] = {"claims_allow": ("src/**",), "claims_ignore": ("src/generated/**",)}
    async with opened(scratch, standin(scratch, plays), **settings) as on:
        refs = await begin(
            on,
            spec("a", "GATED", paths=("src/api/**", "docs/**", "src/generated/**")),
            spec("docs", "D", paths=("docs/a.md",)),
            spec("made", "M", paths=("src/generated/x.py",)),
            spec("src", "S", paths=("src/**/x.py",)),
        )
        for name in ("docs", "made"):
            await on.until_state(refs[name], TaskState.DONE)
        assert on.orchestrator.waits() == {refs["src"]: Wait(Reason.CLAIM, (refs["a"],))}
        assert await on.orchestrator.message(refs["a"], "go") == "steered"
        await on.until_state(refs["src"], TaskState.DONE)
