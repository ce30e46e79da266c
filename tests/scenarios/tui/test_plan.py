"""One sentence becomes an approved plan, and a plan file becomes a run, with keys alone, on the real Codex."""

import json
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, TextArea

from codex_orch_tui.domain.plan_edit import plan_of_run
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script
from tests.scenarios.plans import begin, files_of, spec
from tests.scenarios.stage import add_file, running
from tests.scenarios.tui.user import User, user

pytestmark = pytest.mark.codex

BUILT = {"summary": "Built.", "changes": [], "checks": [], "decisions": [], "open": []}


def entry(name: str, prompt: str, *needs: str, **fields: Any) -> dict[str, Any]:
    """A task as a navigator writes it: every key is there."""
    given = {"level": "case", "parent": None, "role": "implementer", "paths": [], "checks": []} | fields
    return {"id": name, "title": name, "prompt": prompt, "depends_on": list(needs), **given}


def answer(*tasks: dict[str, Any], questions: tuple[str, ...] = ()) -> Say:
    """A navigator's last message."""
    told = {"summary": "It is small.", "title": "A searchable shop", "tasks": tasks, "decisions": []}
    return Say(text=json.dumps(told | {"questions": questions}))


def builder(marker: str, name: str) -> Script:
    """A task that adds one file."""
    return Script(marker, (Patch(text=add_file(name, "one")), Say(text=json.dumps(BUILT))))


TWO = (
    entry("index", "BUILD-INDEX", paths=["index.txt"]),
    entry("page", "BUILD-PAGE", "index", paths=["page.txt"]),
)


async def plan_first(me: User, sentence: str) -> None:
    """Type a sentence and let a navigator plan it."""
    await me.press("n")
    await me.see("New task")
    await me.type(sentence)
    await me.press("ctrl+o")
    await me.see("plan it first", "let it be planned")
    await me.press("ctrl+s")


@pytest.mark.parametrize("size", [pytest.param((160, 45), marks=pytest.mark.slow), (80, 24)])
async def test_a_sentence_is_planned_approved_and_done(scratch: Path, size: tuple[int, int]) -> None:
    scripts = [
        Script("PRODUCT-SEARCH", (answer(*TWO, questions=("In German, too?",)),)),
        builder("BUILD-INDEX", "index.txt"),
        builder("BUILD-PAGE", "page.txt"),
    ]
    async with user(scratch, scripts, size=size) as me:
        await plan_first(me, "PRODUCT-SEARCH please")
        await me.see("not approved", "A searchable shop", "2 tasks", "index", "after index", "It is small.")
        state = me.on.orchestrator.state
        assert len(state.runs) == 1, "nothing of it starts by itself"
        navigator = next(iter(state.tasks.values()))
        assert (navigator.state, navigator.commits) == (TaskState.DONE, ())
        request = me.on.model.requests[0]
        assert request.output_schema is not None
        await me.press("ctrl+s")
        await me.see("Worktrees", "A searchable shop")
        page = next(ref for ref in me.refs if ref.task == "page")
        done = await me.on.until_state(page, TaskState.DONE, TaskState.FAILED)
        assert done.state is TaskState.DONE, done.fault
        assert me.on.orchestrator.state.runs[page.run].proposed_by == navigator.ref
        assert [commit.files for commit in done.commits] == [1]


@pytest.mark.slow
async def test_a_circle_goes_back_to_the_navigator_with_its_reason(scratch: Path) -> None:
    circle = (entry("a", "One.", "b"), entry("b", "Two.", "a"))
    scripts = [
        Script("PRODUCT-SEARCH", (answer(*circle),)),
        Script("is not the answer that your task has to end with", (answer(*TWO),)),
    ]
    async with user(scratch, scripts) as me:
        await plan_first(me, "PRODUCT-SEARCH please")
        await me.see("not approved", "A searchable shop", "after index")
        reminder = json.dumps(me.on.model.requests[1].input, ensure_ascii=False)
        assert "a circle, each waits for the next: a → b → a" in reminder


async def test_a_plan_that_is_too_large_twice_is_refused_and_its_answer_kept(scratch: Path) -> None:
    many = answer(*(entry(f"t{number}", "Do it.") for number in range(400)))
    scripts = [
        Script("PRODUCT-SEARCH", (many,)),
        Script("is not the answer that your task has to end with", (many,)),
    ]
    async with user(scratch, scripts) as me:
        await plan_first(me, "PRODUCT-SEARCH please")
        await me.on.until(lambda: bool(me.refs))
        failed = await me.on.until_state(me.refs[0], TaskState.FAILED, TaskState.DONE)
        assert failed.state is TaskState.FAILED
        assert failed.fault is not None
        assert "400 tasks are proposed and at most 60 are taken" in failed.fault.message
        assert '"t399"' in failed.answer
        assert len(me.on.orchestrator.state.runs) == 1


async def test_a_file_is_opened_mended_saved_and_started(scratch: Path) -> None:
    files = {
        "README.md": "hello\n",
        "bad.yaml": "tasks:\n  - {id: a, role: implementor, prompt: BUILD-INDEX}\n",
        "good.yaml": "title: From a file\ntasks:\n  - {id: a, role: implementer, prompt: BUILD-INDEX}\n",
    }
    async with user(scratch, [builder("BUILD-INDEX", "index.txt")], files=files) as me:
        await me.press("P")
        await me.see("No tasks yet")
        await me.press("o")
        await me.see("Open a plan")
        await me.type("bad.yaml")
        await me.press("enter")
        await me.see("bad.yaml:2", "there is no role 'implementor'; did you mean implementer?")
        await me.press("escape", "o")
        await me.see("Open a plan")
        await me.type("good.yaml")
        await me.press("enter")
        await me.see("From a file", "1 task")
        await me.press("down", "r")
        await me.see("Role of a")
        await me.press("3")
        await me.see("changed, not saved", "tester")
        await me.press("S")
        await me.see("Save the plan")
        await me.press("enter")
        await me.see("not started", "good.yaml", "nothing wrong")
        assert "role: tester" in (me.on.repository / "good.yaml").read_text()
        await me.press("ctrl+s")
        await me.on.until(lambda: bool(me.refs))
        done = await me.on.until_state(me.refs[0], TaskState.DONE, TaskState.FAILED)
        assert (done.state, done.spec.role) == (TaskState.DONE, "tester")


@pytest.mark.slow
async def test_a_running_plan_is_changed_where_it_has_not_begun_and_the_change_outlives_the_program(
    scratch: Path,
) -> None:
    scripts = [
        Script("BUILD-INDEX", (Hang(name="gate"), Say(text=json.dumps(BUILT)))),
        builder("BUILD-OTHERWISE", "page.txt"),
        builder("BUILD-MORE", "more.txt"),
    ]
    async with user(scratch, scripts) as me:
        refs = await begin(me.on, spec("index", "BUILD-INDEX"), spec("page", "BUILD-PAGE", "index"))
        await me.on.model.hanging("gate")
        await me.select(refs["page"])
        await me.press("P")
        await me.see("what has begun stays", "working")
        await me.press("up", "x")
        assert me.on.orchestrator.state.runs[refs["page"].run].tasks == tuple(refs.values())
        await me.press("down", "enter")
        await me.see("Task page")
        me.app.screen.query_one("#prompt", TextArea).text = "BUILD-OTHERWISE"
        await me.press("ctrl+s")
        await me.see("changed, not in force")
        await me.press("a")
        await me.see("Another task")
        me.app.screen.query_one("#prompt", TextArea).text = "BUILD-MORE"
        me.app.screen.query_one("#depends_on", Input).value = "page"
        await me.press("ctrl+s")
        await me.see("BUILD-MORE")
        await me.press("ctrl+s")
        await me.on.until(lambda: len(me.refs) == 3)
        me.on.model.release("gate")
        more = await me.on.until_state(me.refs[-1], TaskState.DONE, TaskState.FAILED)
        assert more.state is TaskState.DONE, more.fault
        assert files_of(me.on, more) == {"README.md", "page.txt", "more.txt"}
        plan = plan_of_run(me.on.orchestrator.state, more.ref.run)
    async with (
        ModelServer([], roots=[str(scratch)]) as model,
        running(scratch, scratch / "repository", model, {}) as again,
    ):
        assert plan_of_run(again.state, more.ref.run) == plan
        assert [task.prompt for task in plan.tasks] == ["BUILD-INDEX", "BUILD-OTHERWISE", "BUILD-MORE"]
