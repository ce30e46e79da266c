"""The play of the demo in one process: what it accepts, when it gives up, and what a person can do in it."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain.approval import Choice, Decider, Decision
from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.task import ACTIVE, CONTINUABLE, Task, TaskState
from codex_orch_tui.scripted import demo_commands, demo_player
from codex_orch_tui.scripted.demo import Stage, demo_stage
from codex_orch_tui.scripted.demo_folder import demo_folder
from codex_orch_tui.scripted.demo_player import DemoFailedError, DemoPlayer
from codex_orch_tui.scripted.demo_proof import Belongings, claims, tip
from codex_orch_tui.scripted.demo_scripts import AT_ONCE, BUILD, MEETING, NAVIGATOR, REVIEW, SEARCH, SENTENCE, TESTS
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.ui.app import OrchApp
from codex_orch_tui.ui.bindings import BY_ID
from tests.scenarios.stage import git


@asynccontextmanager
async def simulated(scratch: Path) -> AsyncIterator[Stage]:
    """A stage without Codex."""
    with demo_folder(scratch / "demo", {"HOME": str(scratch)}) as folder:
        async with demo_stage(folder, Config(), pace=AT_ONCE, simulated=True, environ=os.environ) as stage:
            yield stage


@pytest.mark.slow
async def test_another_command_than_the_expected_one_is_declined(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_player, "build_command", lambda _folder: "touch something-else")
    async with simulated(scratch) as stage:
        before = Belongings({"HOME": str(scratch)}, scratch)
        first = await tip(stage)
        lines: list[str] = []
        played = await DemoPlayer(stage, lines.append).play()
        found = {claim.text: claim for claim in await claims(stage, played, before, first)}
    (question,) = [claim for text, claim in found.items() if text.startswith("one question")]
    assert not question.holds
    assert question.seen[0].startswith("declined: printf")
    assert all(claim.holds for claim in found.values() if claim is not question)
    assert any("answers: decline" in line for line in lines)
    assert "1.1.0" not in (stage.folder.build_server / "builds.log").read_text()


async def test_what_the_script_does_is_not_told_as_a_persons_doing(scratch: Path) -> None:
    lines: list[str] = []
    async with simulated(scratch) as stage:
        played = await DemoPlayer(stage, lines.append).play()
        state = stage.orchestrator.state
        explained = "\n".join(map(demo_commands.explained, demo_commands.demo_commands(state)))
        report = Layout(stage.shop, stage.shop / ".git").run_report(played.run).read_text("utf-8")
    assert [asked.by for asked in state.approvals.values()] == [Decider.CALLER]
    assert "accepted by the demo's script" in explained
    notes = "\n".join(note.text for task in state.tasks.values() for note in task.notes)
    assert "accepted by your program" in notes
    assert not re.search(r"by you\b", explained + notes)
    table = report.partition("## Tasks")[2].partition("\n## ")[0]
    rows = [row for row in table.splitlines() if row.startswith("| ")][2:]
    read = [row.split("|")[7].strip() for row in rows]
    assert sorted(read) == ["waived", "waived", "waived", "–"], "the reviewer changed nothing"
    assert "1 question: 1 accepted, 1 of all by your program" in report
    places = [
        next(place for place, line in enumerate(lines) if said in line)
        for said in ("on the commit that main is to get", "landed with its run: main has it as", "  landed: main ")
    ]
    assert places == sorted(places), "in the order in which it was done"
    assert sum("on the commit that main is to get" in line for line in lines) == 1


async def test_the_guide_leads_from_the_sentence_to_the_landed_run(scratch: Path) -> None:
    async with simulated(scratch) as stage:
        told = [stage.orchestrator.guide]
        unwatch = stage.orchestrator.watch(lambda: told.append(stage.orchestrator.guide))
        await DemoPlayer(stage, lambda _line: None).play()
        unwatch()
    steps = list(dict.fromkeys(step for line in told for step in re.findall(r"step (\d) of 6", line)))
    assert steps == ["1", "2", "3", "4", "5", "6"]
    assert told[0].startswith("This is a simulated demo: no Codex takes part")
    assert any("{go.needs_me} goes to its question" in line for line in told)
    assert any("The tester starts from both results" in line for line in told)
    assert told[-1].startswith("Demo, step 6 of 6 · main has all of it")
    named = {name for line in told for name in re.findall(r"{([\w.]+)}", line)}
    assert named <= set(BY_ID), "each of them is a key that there is"


async def test_it_ends_at_its_time_limit_and_stops_its_workers(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_player, "MEETING", "where nobody waits")
    monkeypatch.setattr(demo_player, "TIME_LIMIT_S", 2.5)
    async with simulated(scratch) as stage:
        with pytest.raises(DemoFailedError, match="not at the end"):
            await DemoPlayer(stage, lambda _line: None).play()
        assert not stage.orchestrator.state.session_open
        assert not any(task.state in ACTIVE for task in stage.orchestrator.state.tasks.values())
        assert any(task.state is TaskState.INTERRUPTED for task in stage.orchestrator.state.tasks.values())


async def test_a_changed_file_of_the_person_is_noticed(scratch: Path) -> None:
    before = Belongings({"HOME": str(scratch)}, scratch)
    assert before.changed() == ()
    (scratch / ".gitconfig").write_text("[user]\n", encoding="utf-8")
    (scratch / ".codex").mkdir()
    assert before.changed() == (str(scratch / ".codex"), str(scratch / ".gitconfig"))


@pytest.mark.slow
async def test_a_person_can_write_to_any_worker_and_everything_can_land(scratch: Path) -> None:
    async with simulated(scratch) as stage, asyncio.TaskGroup() as group:
        orchestrator = stage.orchestrator
        group.create_task(orchestrator.run())
        try:
            refs = await begun(stage)
            stage.prompter.release(MEETING)
            await until_done(stage, refs[SEARCH])
            for commits in (2, 3):
                await orchestrator.message(refs[SEARCH], "something that no script knows")
                await until_done(stage, refs[SEARCH], commits=commits)
            await until(stage, lambda: bool(orchestrator.state.pending))
            assert await orchestrator.message(refs[BUILD], "something else") == "steered"
            await accept(stage)
            for name in (SEARCH, BUILD, TESTS, REVIEW):
                await until_done(stage, refs[name])
            assert orchestrator.state.tasks[refs[TESTS]].conflicts == ("docs/requests.md",)
            for _ in range(2):
                await orchestrator.message(refs[REVIEW], "and what do you say to this?")
                await until_done(stage, refs[REVIEW])
            await orchestrator.message(refs[TESTS], "one more")
            await until_done(stage, refs[TESTS], commits=2)
            await landed(stage, refs)
        finally:
            orchestrator.close()
    assert "- Several workers were written to." in git(stage.shop, "show", "main:docs/requests.md")


async def test_whatever_else_a_person_lets_be_planned_is_planned_and_done(scratch: Path) -> None:
    async with simulated(scratch) as stage, asyncio.TaskGroup() as group:
        group.create_task(stage.orchestrator.run())
        try:
            refs = await begun(stage, "Something that no script knows")
            assert [str(name) for name in refs] == ["first-half", "second-half", "both-read"]
            for ref in refs.values():
                await until_done(stage, ref)
            await landed(stage, refs)
        finally:
            stage.orchestrator.close()
    assert "Somebody asked" in git(stage.shop, "show", "main:docs/second-half.md")


async def begun(stage: Stage, sentence: str = SENTENCE) -> dict[TaskId, TaskRef]:
    """A sentence was planned, and the plan approved; its tasks by their names."""
    (spec,) = NAVIGATOR.tasks
    plan = replace(NAVIGATOR, tasks=(replace(spec, prompt=sentence),))
    (planner,) = await stage.orchestrator.create_run(plan, "main")
    await until_done(stage, planner)
    proposal = await stage.orchestrator.proposal(planner)
    refs = await stage.orchestrator.create_run(proposal.plan, "main", proposed_by=planner)
    return {ref.task: ref for ref in refs}


async def accept(stage: Stage) -> None:
    """Answer the one question that is open."""
    (question,) = stage.orchestrator.state.pending
    await stage.orchestrator.answer(question.id, Decision(choice=Choice.ACCEPT))


async def landed(stage: Stage, refs: Mapping[TaskId, TaskRef]) -> None:
    """Every diff was read, and all of it is on main."""
    orchestrator = stage.orchestrator
    await orchestrator.wait_idle()
    for ref in refs.values():
        if orchestrator.state.tasks[ref].commits:
            summary = await orchestrator.review(ref)
            orchestrator.record_review(ref, summary, summary.file_count)
    (run,) = {ref.run for ref in refs.values()}
    await orchestrator.land_run(run, await orchestrator.preview_run_landing(run))
    assert {orchestrator.state.tasks[ref].state for ref in refs.values()} == {TaskState.MERGED}


async def until_done(stage: Stage, ref: TaskRef, *, commits: int = 0) -> Task:
    """Wait for the end of a turn, and for so many commits."""

    def is_done() -> bool:
        task = stage.orchestrator.state.tasks[ref]
        assert task.state not in CONTINUABLE, task.fault
        return task.state is TaskState.DONE and len(task.commits) >= commits

    await until(stage, is_done)
    return stage.orchestrator.state.tasks[ref]


async def until(stage: Stage, holds: Callable[[], bool]) -> None:
    """Wait for a condition on the state, which is looked at after every event."""
    changed = asyncio.Event()
    unwatch = stage.orchestrator.watch(changed.set)
    try:
        async with asyncio.timeout(10):
            while not holds():
                changed.clear()
                await changed.wait()
    finally:
        unwatch()


async def test_every_screen_of_a_simulated_demo_says_so(scratch: Path) -> None:
    async with simulated(scratch) as stage, asyncio.TaskGroup() as group:
        group.create_task(stage.orchestrator.run())
        try:
            refs = await begun(stage)
            stage.prompter.release(MEETING)
            await until_done(stage, refs[SEARCH])
            for size in ((160, 45), (80, 24)):
                app = OrchApp(stage.orchestrator, simulated=True)
                async with app.run_test(size=size) as pilot:
                    app.main_screen.go_to_task(refs[SEARCH])
                    await pilot.pause()
                    assert "SIMULATED" in app.export_screenshot(simplify=True)
                    for key, screen in (("?", "HelpScreen"), ("d", "ReviewScreen"), ("n", "NewTaskScreen")):
                        await pilot.press(key)
                        async with asyncio.timeout(10):
                            while type(app.screen).__name__ != screen:
                                await pilot.pause()
                                await asyncio.sleep(0.01)
                        await pilot.pause()
                        assert "SIMULATED" in app.export_screenshot(simplify=True), screen
                        await pilot.press("escape")
                        await pilot.pause()
        finally:
            stage.orchestrator.close()
