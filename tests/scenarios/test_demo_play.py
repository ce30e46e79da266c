"""The play of the demo in one process: what it accepts, when it gives up, and what a person can do in it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.task import Task, TaskState
from codex_orch_tui.scripted import demo_player
from codex_orch_tui.scripted.demo import FIRST_STEPS, Stage, demo_stage
from codex_orch_tui.scripted.demo_folder import demo_folder
from codex_orch_tui.scripted.demo_player import DemoFailedError, DemoPlayer
from codex_orch_tui.scripted.demo_proof import Belongings, claims, tip
from codex_orch_tui.scripted.demo_scripts import AT_ONCE, BUILD, CHANGELOG, MEETING, SEARCH
from codex_orch_tui.services.errors import ConflictError
from codex_orch_tui.ui.app import OrchApp
from tests.scenarios.stage import git


@asynccontextmanager
async def simulated(scratch: Path) -> AsyncIterator[Stage]:
    """A stage without Codex."""
    with demo_folder(scratch / "demo", {"HOME": str(scratch)}) as folder:
        async with demo_stage(folder, Config(), pace=AT_ONCE, simulated=True, environ=os.environ) as stage:
            yield stage


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


async def test_it_ends_at_its_time_limit_and_stops_its_workers(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_player, "MEETING", "where nobody waits")
    monkeypatch.setattr(demo_player, "TIME_LIMIT_S", 0.5)
    async with simulated(scratch) as stage:
        with pytest.raises(DemoFailedError, match="not at the end"):
            await DemoPlayer(stage, lambda _line: None).play()
        assert not stage.orchestrator.state.session_open
        assert {task.state for task in stage.orchestrator.state.tasks.values()} == {TaskState.INTERRUPTED}


async def test_a_changed_file_of_the_person_is_noticed(scratch: Path) -> None:
    before = Belongings({"HOME": str(scratch)}, scratch)
    assert before.changed() == ()
    (scratch / ".gitconfig").write_text("[user]\n", encoding="utf-8")
    (scratch / ".codex").mkdir()
    assert before.changed() == (str(scratch / ".codex"), str(scratch / ".gitconfig"))


async def test_a_person_can_write_to_any_worker_and_everything_can_land(scratch: Path) -> None:
    async with simulated(scratch) as stage, asyncio.TaskGroup() as group:
        orchestrator = stage.orchestrator
        group.create_task(orchestrator.run())
        refs = {ref.task: ref for ref in await orchestrator.begin()}
        stage.prompter.release(MEETING)
        try:
            for name, messages in ((SEARCH, 2), (CHANGELOG, 1)):
                await until_done(stage, refs[name])
                for commits in range(2, 2 + messages):
                    await orchestrator.message(refs[name], "something that no script knows")
                    await until_done(stage, refs[name], commits=commits)
            await land(stage, refs[SEARCH])
            with pytest.raises(ConflictError):
                await orchestrator.update(refs[CHANGELOG])
            await orchestrator.send_conflicts(refs[CHANGELOG])
            await until_done(stage, refs[CHANGELOG], conflicts=False)
            await land(stage, refs[CHANGELOG])
        finally:
            orchestrator.close()
    assert git(stage.shop, "show", "main:docs/requests.md") == "- Several workers were written to."
    assert FIRST_STEPS in orchestrator.state.tasks[refs[BUILD]].notes[0].text


async def land(stage: Stage, ref: TaskRef) -> None:
    """Review and merge."""
    summary = await stage.orchestrator.review(ref)
    stage.orchestrator.record_review(ref, summary, summary.file_count)
    await stage.orchestrator.merge(ref, await stage.orchestrator.preview_merge(ref))


async def until_done(stage: Stage, ref: TaskRef, *, commits: int = 1, conflicts: bool = True) -> Task:
    """Wait for the end of a turn that left a commit."""
    changed = asyncio.Event()
    unwatch = stage.orchestrator.watch(changed.set)
    try:
        async with asyncio.timeout(10):
            while True:
                task = stage.orchestrator.state.tasks[ref]
                settled = task.state is TaskState.DONE and len(task.commits) >= commits
                if settled and (conflicts or task.answer.endswith("without markers.")):
                    return task
                changed.clear()
                await changed.wait()
    finally:
        unwatch()


async def test_every_screen_of_a_simulated_demo_says_so(scratch: Path) -> None:
    async with simulated(scratch) as stage, asyncio.TaskGroup() as group:
        group.create_task(stage.orchestrator.run())
        try:
            (first, *_) = await stage.orchestrator.begin()
            stage.prompter.release(MEETING)
            await until_done(stage, first)
            for size in ((160, 45), (80, 24)):
                app = OrchApp(stage.orchestrator, simulated=True)
                async with app.run_test(size=size) as pilot:
                    app.main_screen.go_to_task(first)
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
