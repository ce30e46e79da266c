"""A plan of a navigator, a plan from a file, and merging, with commands alone."""

import json
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.scripted.script import Patch, Say, Script
from tests.fakes.json_schema import violations
from tests.scenarios.cli.play import DONE, EDIT, run_id
from tests.scenarios.cli.shell import shell
from tests.scenarios.stage import add_file, git

pytestmark = pytest.mark.codex

REPORT = json.dumps({"summary": "Did it.", "changes": [], "checks": [], "decisions": [], "open": []})


def plans(*questions: str) -> Script:
    """A navigator that proposes two tasks."""
    entry = {"title": "", "level": "case", "parent": "", "paths": [], "checks": []}
    tasks = [
        {**entry, "id": "code", "role": "implementer", "prompt": "CODE it", "depends_on": []},
        {**entry, "id": "docs", "role": "implementer", "prompt": "DOCS it", "depends_on": ["code"]},
    ]
    told = {"summary": "Two steps.", "title": "Search", "tasks": tasks, "decisions": [], "questions": list(questions)}
    return Script("SEARCH", (Say(text=json.dumps(told)),))


WORK = [
    Script("CODE it", (Patch(text=add_file("code.py", "x")), Say(text=REPORT))),
    Script("DOCS it", (Patch(text=add_file("docs.md", "x")), Say(text=REPORT))),
]


@pytest.mark.slow
async def test_a_navigators_plan_waits_for_a_person_and_is_a_file_that_can_be_run(scratch: Path) -> None:
    async with shell(scratch, [plans(), *WORK]) as sh:
        ended = await sh.run("run", "SEARCH for it", "--plan", "--headless")
        assert ended.code == ExitCode.WAITING, ended
        assert "Two steps." in ended.out and "  1. code\n  2. docs\n" in ended.out
        plan = sh.repository / ".orchestrator" / "runs" / run_id(ended.out) / "plan.yaml"
        assert str(plan) in ended.err
        status = (await sh.run("status", "--json")).document
        assert len(status["runs"]) == 1, "nothing of it has begun"

        ended = await sh.run("run", "--plan-file", plan, "--headless")
        assert ended.code == ExitCode.DONE, ended
        run = run_id(ended.out)
        refused = await sh.run("merge", "--run-id", run)
        assert refused.code == ExitCode.REFUSED and "--allow-automerge" in refused.err
        # One is left out by name, and what stands on it with it: then nothing is left to land.
        refused = await sh.run("merge", "--run-id", run, "--without", "code", "--allow-automerge")
        assert refused.code == ExitCode.REFUSED
        merged = await sh.run("merge", "--run-id", run, "--without", "docs", "--allow-automerge", "--json")
        assert merged.code == ExitCode.DONE, merged
        assert list(violations(merged.document, DONE)) == []
        assert git(sh.repository, "ls-tree", "--name-only", "main").split() == ["README.md", "code.py"]
        (task,) = [one for one in _tasks((await sh.run("status", "--json")).document, run) if one["id"] == "code"]
        assert task["state"] == "merged"


@pytest.mark.slow
async def test_a_plan_that_was_approved_before_begins_unless_it_asks_something(scratch: Path) -> None:
    asking = plans("Which index?")
    async with shell(scratch, [plans(), *WORK, Script("SEARCH AND ASK", asking.steps)]) as sh:
        ended = await sh.run("run", "SEARCH AND ASK", "--plan", "--approve-plan", "--headless")
        assert ended.code == ExitCode.WAITING, ended
        assert "? Which index?" in ended.out and "asks you something first" in ended.err

        ended = await sh.run("run", "SEARCH for it", "--plan", "--approve-plan", "--headless", "--json")
        assert ended.code == ExitCode.DONE, ended
        created = [line["data"] for line in ended.lines if line["type"] == "RunCreated"]
        assert [len(one["plan"]["tasks"]) for one in created] == [1, 2]
        assert created[1]["proposed_by"] == [created[0]["run"], created[0]["plan"]["tasks"][0]["id"]]


@pytest.mark.slow
async def test_one_task_is_merged_only_unread_by_permission_and_only_by_fast_forward(scratch: Path) -> None:
    async with shell(scratch, [EDIT]) as sh:
        runs = [run_id((await sh.run("run", f"EDIT {number}", "--headless")).out) for number in range(2)]
        before = git(sh.repository, "rev-parse", "main")
        refused = await sh.run("merge", "--run-id", runs[0])
        assert (refused.code, refused.out) == (ExitCode.REFUSED, "") and "has not been reviewed" in refused.err
        (sh.repository / "search.py").write_text("mine\n")
        refused = await sh.run("merge", "--run-id", runs[0], "--allow-automerge")
        assert refused.code == ExitCode.REFUSED and "search.py" in refused.err, refused
        assert git(sh.repository, "rev-parse", "main") == before
        (sh.repository / "search.py").unlink()
        merged = await sh.run("merge", "--run-id", runs[0], "--allow-automerge")
        assert merged.code == ExitCode.DONE, merged
        refused = await sh.run("merge", "--run-id", runs[1], "--allow-automerge")
        assert refused.code == ExitCode.REFUSED, "the base has moved on: that is no fast-forward"
        assert (sh.repository / "search.py").read_text() == "x = 1\n"


def _tasks(status: dict[str, list[dict[str, object]]], run: str) -> list[dict[str, object]]:
    (found,) = [one for one in status["runs"] if one["id"] == run]
    tasks = found["tasks"]
    assert isinstance(tasks, list)
    return tasks
