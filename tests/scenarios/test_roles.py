"""Roles on the real Codex: what workers are told, answers that have to fit a schema, roles of the person's own."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.item import FaultKind
from codex_orch_tui.domain.plan import Plan, Role, TaskSpec
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.model_server import RecordedRequest
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script
from codex_orch_tui.services.errors import NotPossibleError
from tests.scenarios.stage import Stage, add_file, git, stage

pytestmark = pytest.mark.codex

REMINDED = "is not the answer that your task has to end with"
REVIEW = json.dumps({"summary": "Nothing is wrong.", "verdict": "merge", "findings": [], "decisions": []})
BUILT = json.dumps(
    {
        "summary": "There is a search.",
        "changes": [{"path": "search.py", "what": "the search"}],
        "checks": [],
        "decisions": ["a query is lower case"],
        "open": [],
    }
)


def task(name: str, *after: str, role: str = Role.REVIEWER, **fields: Any) -> TaskSpec:
    needed = tuple(map(TaskId, after))
    return TaskSpec(id=TaskId(name.lower()), title=name, prompt=f"{name} it", role=role, depends_on=needed, **fields)


async def started(on: Stage, *tasks: TaskSpec, spec: str = "") -> dict[str, TaskRef]:
    refs = await on.orchestrator.create_run(Plan(title="Release", tasks=tasks, spec=spec), "main")
    return {ref.task: ref for ref in refs}


def told(request: RecordedRequest, role: str) -> str:
    """All that a request says in one voice."""
    parts = (item["content"] for item in request.input if item.get("role") == role)
    return "\n".join(piece.get("text", "") for content in parts for piece in content)


async def test_an_answer_that_breaks_its_schema_is_asked_for_again_with_what_is_wrong(scratch: Path) -> None:
    scripts = [
        Script("LOOK", (Say(text='{"summary": "fine", "verdict": "perhaps"}'),)),
        Script(REMINDED, (Say(text=REVIEW),)),
    ]
    async with stage(scratch, scripts) as on:
        ref = (await started(on, task("LOOK", checked_answer=True)))["look"]
        done = await on.until_state(ref, TaskState.DONE, TaskState.FAILED)
        assert done.state is TaskState.DONE, done.fault
        assert (done.accepted, done.result) == (REVIEW, "Nothing is wrong.\nverdict: merge")
        first, second = on.model.requests
        assert first.output_schema is not None
        assert first.output_schema["properties"]["verdict"]["enum"] == ["merge", "merge_after_changes", "do_not_merge"]
        assert second.output_schema == first.output_schema
        reminder = told(second, "user")
        assert "- $.verdict: 'perhaps' is not one of ['merge', 'merge_after_changes', 'do_not_merge']" in reminder
        assert "- $: 'findings' is a required property" in reminder
        assert [turn.prompt.split("\n")[0] for turn in done.turns] == [
            "LOOK it",
            "Your last message is not the answer that your task has to end with:",
        ]
        notes = [note.text for note in done.notes if "does not fit its schema; it is asked once more" in note.text]
        assert len(notes) == 1


async def test_a_second_broken_answer_ends_the_task_keeps_the_answer_and_c_asks_again(scratch: Path) -> None:
    patch = Patch(text=add_file("found.txt", "kept"))
    scripts = [
        Script("LOOK", (patch, Say(text="Looks good to me."))),
        Script(REMINDED, (Hang(name="again"), Say(text="LGTM"))),
    ]
    async with stage(scratch, scripts) as on:
        ref = (await started(on, task("LOOK", role=Role.IMPLEMENTER, checked_answer=True)))["look"]
        on.model.release("again")
        failed = await on.until_state(ref, TaskState.FAILED, TaskState.DONE)
        assert failed.state is TaskState.FAILED
        assert failed.fault is not None
        assert failed.fault.kind is FaultKind.ANSWER
        assert "the answer is not JSON" in failed.fault.message
        assert failed.answer == "LGTM"
        assert len(failed.turns) == 2
        assert failed.worktree is not None
        assert git(on.repository, "show", f"{failed.worktree.branch}:found.txt") == "kept", "the work is kept as well"
        await on.orchestrator.resume(ref)
        again = await on.until_state(ref, TaskState.FAILED)
        await on.until(lambda: len(on.task(ref).turns) == 4)
        assert again.turns[-1].prompt.startswith("Your last message is not the answer")


@pytest.mark.parametrize("moment", [ev.NothingToCommit, ev.AnswerRefused])
async def test_a_stop_between_a_broken_answer_and_the_next_turn_ends_the_task(
    scratch: Path, moment: type[ev.TaskEvent]
) -> None:
    scripts = [Script("LOOK", (Say(text="fine"),)), Script(REMINDED, (Say(text=REVIEW),))]
    async with stage(scratch, scripts) as on:
        stops: list[asyncio.Future[None]] = []

        def seen(recorded: ev.Recorded) -> None:
            if isinstance(recorded.event, moment):
                stops.append(asyncio.ensure_future(on.orchestrator.stop(recorded.event.ref)))

        on.orchestrator.watch_events(seen)
        ref = (await started(on, task("LOOK", checked_answer=True)))["look"]
        stopped = await on.until_state(ref, TaskState.INTERRUPTED, TaskState.DONE, TaskState.FAILED)
        await asyncio.gather(*stops)
        assert stopped.state is TaskState.INTERRUPTED
        assert len(on.task(ref).turns) == 1
        assert on.task(ref).worker is None


async def test_a_worker_is_told_plan_specification_results_and_instructions(scratch: Path) -> None:
    scripts = [
        Script("BUILD", (Patch(text=add_file("search.py", "def search(): ...")), Say(text=BUILT))),
        Script("LOOK", (Say(text=REVIEW),)),
    ]
    files = {"README.md": "hello\n", "AGENTS.md": "Use tabs.\n", "docs/AGENTS.md": "Write British English.\n"}
    async with stage(scratch, scripts, files=files) as on:
        plan = (task("BUILD", role=Role.IMPLEMENTER), task("LOOK", "build"))
        refs = await started(on, *plan, spec="Everything is searchable.")
        looked = await on.until_state(refs["look"], TaskState.DONE, TaskState.FAILED)
        assert looked.state is TaskState.DONE, looked.fault
        built = on.task(refs["build"])
        assert built.decisions == ("a query is lower case",)
        first = next(request for request in on.model.requests if request.marker == "BUILD")
        last = next(request for request in on.model.requests if request.marker == "LOOK")
        assert first.output_schema is not None, "a run of two tasks checks answers without being asked"
        told_first, told_last = told(first, "developer"), told(last, "developer")
        for text in (told_first, told_last):
            assert "## Specification\n\nEverything is searchable." in text
            assert "### docs/AGENTS.md\n\nWrite British English." in text
            assert "### AGENTS.md\n\nUse tabs." in text
        assert "Use tabs." not in told(first, "user"), "Codex reads nothing that it does not trust: we tell it"
        assert "## Results that you build on" not in told_first
        assert "build: BUILD (implementer)\n\n    There is a search." in told_last
        assert "## Decisions so far" in told_last
        assert "- build: a query is lower case" in told_last
        assert "- look: LOOK (reviewer, starting, after build) ← yours" in told_last
        kept = on.repository / ".orchestrator" / "runs" / refs["look"].run / "tasks" / "look" / "prompt.md"
        assert kept.read_text() in told_last
        assert told(last, "user").endswith("LOOK it")


async def test_a_worker_that_is_started_again_still_knows_what_it_was_told(scratch: Path) -> None:
    scripts = [
        Script("LOOK", (Hang(name="gate"), Say(text=REVIEW))),
        Script("cut off before its end", (Say(text=REVIEW),)),
    ]
    async with stage(scratch, scripts) as on:
        ref = (await started(on, task("LOOK", checked_answer=True), spec="Everything is searchable."))["look"]
        await on.model.hanging("gate")
        worker = on.task(ref).worker
        assert worker is not None
        os.kill(worker.pid, signal.SIGKILL)
        await on.until_state(ref, TaskState.LOST)
        await on.orchestrator.resume(ref)
        await on.until_state(ref, TaskState.DONE)
        assert told(on.model.requests[-1], "developer").count("Everything is searchable.") == 1
        assert on.model.requests[-1].output_schema is not None


async def test_a_role_of_one_s_own_has_its_prompt_its_schema_and_its_settings(scratch: Path) -> None:
    answer = json.dumps({"summary": "Written.", "pages": 2})
    scripts = [Script("WRITE", (Say(text=answer),))]
    roles = {"docs": {"effort": "high", "checked_answer": True}}
    async with stage(scratch, scripts, roles=roles) as on:
        with pytest.raises(
            NotPossibleError, match=r"roles\.docs: this role of yours has no prompt; write it to .*docs"
        ):
            await started(on, task("WRITE", role="docs"))
        assert on.orchestrator.state.runs == {}
        folder = on.repository / ".orchestrator"
        (folder / "prompts").mkdir()
        (folder / "prompts" / "docs.md").write_text("You write handbooks, with {braces}. {task}")
        with pytest.raises(NotPossibleError, match=r"docs\.md:1: docs: there is no field \{braces\}"):
            await started(on, task("WRITE", role="docs"))
        (folder / "prompts" / "docs.md").write_text("You write handbooks, with {{braces}}. {task}")
        (folder / "schemas").mkdir()
        schema = {"type": "object", "properties": {"summary": {"type": "string"}, "pages": {"type": "integer"}}}
        schema |= {"required": ["summary", "pages"], "additionalProperties": False}
        (folder / "schemas" / "docs.schema.json").write_text(json.dumps(schema))
        wanted = task("WRITE", role="docs", effort="high", checked_answer=True)
        ref = (await started(on, wanted))["write"]
        done = await on.until_state(ref, TaskState.DONE, TaskState.FAILED)
        assert done.state is TaskState.DONE, done.fault
        assert done.result == "Written.\npages: 2"
        (request,) = on.model.requests
        assert "You write handbooks, with {braces}. ## Your task" in told(request, "developer")
        assert (request.output_schema, request.effort) == (schema, "high")
        told_of = [note.text for note in done.notes if "is the repository's own: " in note.text]
        assert [text.split(" of the role docs")[0] for text in told_of] == ["the prompt", "the schema"]
