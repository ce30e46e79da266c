"""The library, on the real Codex: the README's example as it stands there, answers, time limits, refusals."""

import ast
import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import codex_orch_tui
from codex_orch_tui import (
    Approval,
    Choice,
    Decision,
    RunRefusedError,
    RunResult,
    run_orchestrator,
    run_orchestrator_sync,
)
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Decider
from codex_orch_tui.domain.item import ItemKind
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.codex_home import write_codex_home
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script, Shell
from codex_orch_tui.services.errors import AnswerRefusedError
from tests.scenarios.stage import FEATURES, add_file, git, make_repository

pytestmark = pytest.mark.codex

README = Path(__file__).parents[2] / "README.md"
EDIT = Script("EDIT", (Patch(text=add_file("search.py", "x = 1")), Say(text="Done.")))
TASK = {"id": "one", "role": "implementer", "prompt": "EDIT one"}
HANGS = Script("HANGS", (Patch(text=add_file("half.py", "x = 0")), Hang(name="for ever")))


@dataclass(frozen=True)
class Ground:
    """A repository, and an environment with nothing of a person's in it."""

    root: Path
    repository: Path
    environ: dict[str, str]

    async def run(self, text: str, **options: Any) -> RunResult:
        async with asyncio.timeout(40):
            return await run_orchestrator(text, repo=self.repository, environ=self.environ, **options)


@asynccontextmanager
async def ground(root: Path, scripts: Iterable[Script]) -> AsyncIterator[Ground]:
    (root / "outside").mkdir()
    repository = make_repository(root, {"README.md": "hello\n"})
    async with ModelServer(scripts, roots=[str(root)]) as model:
        home = write_codex_home(root / "codex-home", model.base_url, features=FEATURES)
        environ = {"PATH": os.environ["PATH"], "HOME": str(root / "home"), "CODEX_HOME": str(home)}
        yield Ground(root, repository, environ)


def asks(root: Path) -> Script:
    """Wants to write outside of its sandbox."""
    return Script("ASKS", (Shell(cmd=f"touch {root / 'outside' / 'marker'}", escalate=True), Say(text="Went on.")))


def has_edited(recorded: ev.Recorded) -> bool:
    """A worker has just edited a file."""
    return isinstance(recorded.event, ev.ItemCompleted) and recorded.event.item.kind is ItemKind.FILE_CHANGE


def example() -> str:
    """The Python of the README."""
    (found,) = re.findall(r"^```python\n(.*?)^```$", README.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return str(found)


async def test_the_example_of_the_readme_runs_as_it_stands_there(scratch: Path) -> None:
    text = next(
        argument.value
        for call in ast.walk(ast.parse(example()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "run_orchestrator_sync"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    )
    greets = (
        Shell(cmd=f"touch {scratch / 'outside' / 'marker'}", escalate=True),
        Patch(text=add_file("greet.py", "def greet(name):", "    return name")),
        Say(text="It greets."),
    )
    async with ground(scratch, [Script(str(text), greets)]) as on:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            example(),
            cwd=on.repository,
            env=on.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        lines = out.decode().splitlines()
        assert lines[-2].startswith("add-a-function-that-greets-by-name done orch/") and "+2 It greets." in lines[-2]
        assert re.fullmatch(r"1 commits, \d+ tokens: /\S+/report\.md", lines[-1]), lines[-1]
        assert any(line.startswith("asks: touch ") for line in lines)
        assert any(line.endswith(" RunCreated") for line in lines)
        assert not (scratch / "outside" / "marker").exists(), "it was declined"


async def test_the_result_has_commits_artifacts_and_usage(scratch: Path) -> None:
    rates = {"gpt-5.5": {"input": 1.0, "cached": 0.1, "output": 10.0}}
    seen: list[ev.Recorded] = []
    async with ground(scratch, [EDIT]) as on:
        result = await on.run("EDIT: add a search", on_event=seen.append, settings={"rate_card": rates})
        (task,) = result.tasks
        assert (result.is_done, result.timed_out, task.state) == (True, False, TaskState.DONE)
        assert task.branch is not None and result.branches == (task.branch,)
        assert git(on.repository, "rev-parse", task.branch) == task.tip == result.commits[-1].id
        assert (task.diff.files, task.diff.insertions, task.answer) == (1, 1, "Done.")
        assert result.usage == task.usage and result.usage.total_tokens > 0
        assert result.cost_usd is not None and result.cost_usd > 0
        assert {"manifest", "report", "metrics", "context", "journal"} <= result.artifacts.keys()
        assert {"result", "report", "patch", "logs", "events"} <= task.artifacts.keys()
        assert "search.py" in task.artifacts["patch"].read_text()
        assert git(on.repository, "rev-list", "--count", "main") == "1", "nothing is merged"
        names = [type(recorded.event).__name__ for recorded in seen]
        assert names.index("RunCreated") < names.index("CommitMade") < names.index("SessionClosed")

        plan = {"tasks": [TASK]}
        again = await run_orchestrator(plan=plan, base_dir=on.repository / ".git" / "..", environ=on.environ)
        assert [one.id for one in again.tasks] == ["one"] and again.cost_usd is None


@pytest.mark.slow
async def test_nothing_is_accepted_without_a_function_that_does(scratch: Path) -> None:
    async with ground(scratch, [asks(scratch)]) as on:
        marker = scratch / "outside" / "marker"
        result = await on.run("ASKS", time_limit_s=4.0)
        assert (result.timed_out, result.is_done, marker.exists()) == (True, False, False)
        assert result.tasks[0].state is TaskState.INTERRUPTED

        asked: list[Approval] = []

        async def decide(approval: Approval) -> Decision:
            asked.append(approval)
            return Decision(choice=Choice.ACCEPT)

        seen: list[ev.Recorded] = []
        result = await on.run("ASKS", on_approval=decide, on_event=seen.append)
        assert result.is_done and marker.exists() and result.tasks[0].answer == "Went on."
        (approval,) = asked
        assert approval.request.command == f"touch {marker}"
        (decided,) = [one.event for one in seen if isinstance(one.event, ev.ApprovalDecided)]
        assert decided.by is Decider.CALLER
        manifest = json.loads(result.artifacts["manifest"].read_text())
        assert [one["by"] for one in manifest["approvals"]] == ["caller"]
        assert {one["allowed_by"] for one in manifest["commands"]} == {"by_caller"}
        report = result.artifacts["report"].read_text()
        assert "1 question: 1 accepted, 1 of all by your program" in report, report
        assert "accepted by your program" in result.tasks[0].artifacts["report"].read_text()


async def test_what_a_function_of_the_caller_raises_ends_the_run_in_good_order(scratch: Path) -> None:
    async with ground(scratch, [asks(scratch), HANGS]) as on:

        def wrong(_approval: Approval) -> Decision:
            return Decision(choice=Choice.GRANT)

        with pytest.raises(AnswerRefusedError):
            await on.run("ASKS", on_approval=wrong)

        def fails(_approval: Approval) -> Decision:
            raise LookupError("no such colleague")

        with pytest.raises(LookupError, match="no such colleague"):
            await on.run("ASKS", on_approval=fails)

        def stumbles(recorded: ev.Recorded) -> None:
            if has_edited(recorded):
                raise KeyError("mine")

        with pytest.raises(KeyError):
            await on.run("HANGS", on_event=stumbles)
        assert not (scratch / "outside" / "marker").exists()
        branches = git(on.repository, "for-each-ref", "--format=%(refname:short)", "refs/heads/orch").split()
        (half,) = [branch for branch in branches if "hangs" in branch]
        assert "half.py" in git(on.repository, "ls-tree", "--name-only", half), "its edits were committed"


async def test_a_cancelled_call_stops_its_workers(scratch: Path) -> None:
    async with ground(scratch, [HANGS]) as on:
        working = asyncio.Event()

        def hear(recorded: ev.Recorded) -> None:
            if has_edited(recorded):
                working.set()

        call = asyncio.create_task(on.run("HANGS", on_event=hear))
        await asyncio.wait_for(working.wait(), 30)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        result = await on.run("HANGS", time_limit_s=0.01)
        assert result.timed_out, "the repository was let go of"


async def test_what_cannot_begin_is_told_and_nothing_is_started(scratch: Path) -> None:
    async with ground(scratch, []) as on:
        for options, told in (
            ({"text": "x", "settings": {"max_workers": "many"}}, "max_workers"),
            ({"text": "x", "role": "nobody"}, "nobody"),
            ({"text": "x", "base_branch": "nowhere"}, "no branch nowhere"),
            (
                {
                    "text": "",
                    "plan": {"tasks": [{"id": "a", "role": "implementer", "prompt": "x", "depends_on": ["b"]}]},
                },
                "b",
            ),
            ({"text": "", "plan": scratch / "none.yaml"}, "no such file"),
        ):
            with pytest.raises(RunRefusedError, match=told):
                await on.run(options.pop("text"), **options)
        with pytest.raises(RunRefusedError, match="not in a git repository"):
            await run_orchestrator("x", repo="/", environ=on.environ)
        for wrong in (
            {},
            {"task_description": "x", "plan": {}},
            {"task_description": "x", "repo": "a", "base_dir": "b"},
        ):
            with pytest.raises(ValueError, match=r"say what to do|name one"):
                await run_orchestrator(**wrong, environ=on.environ)
        with pytest.raises(RuntimeError, match="await run_orchestrator"):
            run_orchestrator_sync("x", repo=on.repository, environ=on.environ)
        assert git(on.repository, "for-each-ref", "refs/heads/orch") == ""


def test_the_package_loads_nothing_of_it_before_it_is_used() -> None:
    code = "import sys, codex_orch_tui as c; print('asyncio' in sys.modules, 'run_orchestrator' in dir(c))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert ended.stdout.split() == ["False", "True"]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = codex_orch_tui.nothing
