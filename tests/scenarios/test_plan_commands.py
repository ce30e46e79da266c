"""Plans before they are started: files, proposals, and what is refused."""

import json
from pathlib import Path

import pytest

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import Level, Limits, Plan, Role, SandboxMode
from codex_orch_tui.domain.plan_edit import plan_of_run
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Hang, Say, Script
from codex_orch_tui.services.errors import FileThereError, NotPossibleError, PlanRefusedError
from tests.scenarios.plans import begin, spec
from tests.scenarios.stage import stage


def a_plan() -> Plan:
    group = TaskId("search")
    return Plan(
        title="Search",
        spec="Everything is searchable.\n",
        tasks=(
            spec("search", level=Level.FEATURE),
            spec("index", "Build it.\n\nSmall.", parent=group, paths=("src/**",), limits=Limits(minutes=2.5)),
            spec("page", "Show it.", "index", checks=("pytest -q",), priority=3),
        ),
    )


async def test_a_plan_is_saved_and_opened_as_it_was(scratch: Path) -> None:
    async with stage(scratch, []) as on:
        place = await on.orchestrator.save_plan(a_plan(), Path("search.yaml"))
        assert place == on.repository / "search.yaml"
        opened = await on.orchestrator.open_plan(Path("search.yaml"))
        assert opened.tasks == tuple(replace(task, checked_answer=None) for task in a_plan().tasks)
        assert opened.title == "Search"
        with pytest.raises(FileThereError, match="is there already"):
            await on.orchestrator.save_plan(a_plan(), place)
        await on.orchestrator.save_plan(replace(a_plan(), title="Other"), place, may_replace=True)
        assert (await on.orchestrator.open_plan(place)).title == "Other"


async def test_where_no_plan_can_be_written_is_told(scratch: Path) -> None:
    async with stage(scratch, []) as on:
        for place, told in (
            ("gone/plan.yaml", "there is no folder"),
            (".git", "is a folder"),
            ("a" * 300, "not saved"),
        ):
            with pytest.raises(NotPossibleError, match=told):
                await on.orchestrator.save_plan(a_plan(), Path(place))


async def test_what_is_wrong_with_a_file_is_told_line_by_line(scratch: Path) -> None:
    async with stage(scratch, []) as on:
        (on.repository / "bad.yaml").write_text(
            "tasks:\n  - {id: a, role: tester}\n  - {id: b c, prompt: x, role: y}\n"
        )
        with pytest.raises(PlanRefusedError) as refused:
            await on.orchestrator.open_plan(Path("bad.yaml"))
        assert any("bad.yaml:2: a.prompt: is missing" in line for line in refused.value.problems)
        assert len(refused.value.problems) > 1
        with pytest.raises(PlanRefusedError, match="there is no such file"):
            await on.orchestrator.open_plan(Path("none.yaml"))


@pytest.mark.codex
async def test_a_run_is_not_changed_where_it_has_begun(scratch: Path) -> None:
    scripts = [Script("INDEX", (Hang(name="gate"), Say(text="done")))]
    async with stage(scratch, scripts) as on:
        refs = await begin(on, spec("index", "INDEX"), spec("page", "PAGE", "index"), spec("last", "LAST", "page"))
        run = refs["page"].run
        await on.model.hanging("gate")
        before = plan_of_run(on.orchestrator.state, run)
        index, page, last = before.tasks
        for wanted, told in (
            ((replace(index, prompt="other"), page, last), "index has begun: it stays as it is"),
            ((page, last), "there is no task 'index'"),
            ((replace(page, depends_on=()), last), "index has begun"),
            ((index, replace(page, depends_on=(TaskId("last"),)), last), "a circle"),
            ((index, page, replace(last, role="nobody")), "there is no role 'nobody'"),
        ):
            with pytest.raises(NotPossibleError, match=told):
                await on.orchestrator.edit_run(run, before, replace(before, tasks=wanted))
            assert plan_of_run(on.orchestrator.state, run) == before
        await on.orchestrator.change_priority(refs["page"], 5)
        await on.orchestrator.edit_run(run, before, replace(before, tasks=(index, page, replace(last, prompt="NEW"))))
        now = plan_of_run(on.orchestrator.state, run)
        assert (now.tasks[1].priority, now.tasks[2].prompt) == (5, "NEW"), "what was left alone is as it is by now"
        on.model.release("gate")


@pytest.mark.codex
async def test_a_run_of_one_task_gets_no_more(scratch: Path) -> None:
    async with stage(scratch, [Script("ONE", (Say(text="done"),))]) as on:
        (ref,) = await on.start("ONE")
        before = plan_of_run(on.orchestrator.state, ref.run)
        with pytest.raises(NotPossibleError, match="of one task"):
            await on.orchestrator.edit_run(ref.run, before, replace(before, tasks=(*before.tasks, spec("b", "TWO"))))
        with pytest.raises(NotPossibleError, match="plans nothing"):
            await on.orchestrator.proposal(ref)
        await on.orchestrator.wait_idle()


@pytest.mark.codex
async def test_a_navigator_that_finds_nothing_to_do_says_so_and_proposes_nothing(scratch: Path) -> None:
    told = {"summary": "It is there already.", "title": "Search", "tasks": [], "decisions": [], "questions": []}
    async with stage(scratch, [Script("SEARCH", (Say(text=json.dumps(told)),))]) as on:
        (ref,) = await on.start("SEARCH", role=Role.NAVIGATOR, sandbox=SandboxMode.READ_ONLY, checked_answer=True)
        with pytest.raises(NotPossibleError, match="is being planned"):
            await on.orchestrator.proposal(ref)
        done = await on.until_state(ref, TaskState.DONE, TaskState.FAILED)
        assert done.state is TaskState.DONE, done.fault
        with pytest.raises(NotPossibleError, match="it proposes no task: It is there already"):
            await on.orchestrator.proposal(ref)
        assert any("open its plan (P)" in note.text for note in done.notes)
