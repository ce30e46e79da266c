"""The screen of a replay: the moment is told, keys move it, commands are refused, and nothing of it is elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import OptionList

from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.item import Fault, FaultKind, ItemKind, TurnStatus
from codex_orch_tui.services.recording import find_recording
from codex_orch_tui.services.replay import Replay
from codex_orch_tui.ui.app import OrchApp
from codex_orch_tui.ui.replay import ReplayApp
from codex_orch_tui.ui.screens.help import HelpScreen
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.recorded import RecordedStory, run_of_story, says, write_raw
from tests.fakes.states import shop


@dataclass
class Viewer:
    """A person before a replay."""

    replay: Replay
    app: ReplayApp
    pilot: Pilot[int]

    @property
    def painted(self) -> str:
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def refused(self, key: str, why: str = "nothing can be started") -> None:
        """Press a key, and be told that it does nothing here."""
        self.app.clear_notifications()
        await self.press(key)
        async with asyncio.timeout(10):
            while not any(why in told.message for told in self.app._notifications):
                await self.pilot.pause(0.02)

    async def see(self, *texts: str) -> None:
        try:
            async with asyncio.timeout(10):
                while not all(text in self.painted for text in texts):
                    await self.pilot.pause(0.02)
        except TimeoutError:
            raise AssertionError(f"not on the screen: {texts}\n{self.painted}") from None


def story_of_one() -> RecordedStory:
    """A task that runs two commands, asks, and is done; an hour lies before the answer."""
    story = RecordedStory()
    (ref,) = story.run(["Search endpoint"])
    story.start(ref, after_s=10)
    story.item(ref, ItemKind.COMMAND, "pytest -q", after_s=10)
    story.ask(ref, after_s=10)
    story.answered(next(iter(story.state.approvals)))
    story.finish(ref, answer="It searches.")
    return story


@asynccontextmanager
async def viewer(
    folder: Path, story: RecordedStory, *, size: tuple[int, int] = (140, 40), **settings: object
) -> AsyncIterator[Viewer]:
    """A replay that is paused at its start."""
    story.write(folder)
    for ref in story.state.tasks:
        write_raw(folder, ref, says("the worker speaks", story.events[-4].at_s))
    replay = Replay(find_recording(run_of_story(story), folder), Config(**settings))
    replay.play_or_pause()
    playing = asyncio.create_task(replay.run())
    app = ReplayApp(replay)
    try:
        async with app.run_test(size=size) as pilot:
            yield Viewer(replay, app, pilot)
    finally:
        replay.close()
        await playing


async def test_the_moment_is_told_and_keys_move_it(tmp_path: Path) -> None:
    story = story_of_one()
    last = len(story.events)
    async with viewer(tmp_path, story) as on:
        await on.see("REPLAY", f"event 1/{last}", "paused", "nothing can be started or changed", "Search endpoint")
        await on.press("right", "right")
        await on.see(f"event 3/{last}")
        await on.press("left")
        await on.see(f"event 2/{last}")
        await on.press("end")
        await on.see(f"event {last}/{last}", "at the end", "It searches.", "the worker speaks")
        await on.press("left", "left", "left", "left", "left", "left")
        assert on.replay.state.tasks
        await on.press("home")
        await on.see(f"event 1/{last}", "queued")
        assert "the worker speaks" not in on.painted, "the log is that of then"
        await on.press("right_square_bracket", "right_square_bracket")
        await on.see("paused, 5x")
        await on.press("left_square_bracket")
        await on.see("paused, 2x")
        await on.press("space")
        await on.see("2x")
        assert on.replay.is_playing


async def test_ages_are_those_of_then(tmp_path: Path) -> None:
    story = story_of_one()
    async with viewer(tmp_path, story) as on:
        while not on.replay.state.pending:
            await on.press("right")
        await on.see("asks", "waits 0s")


async def test_a_long_pause_is_shortened_and_told(tmp_path: Path) -> None:
    story = RecordedStory()
    (ref,) = story.run(["One"])
    story.start(ref, after_s=3_600)
    async with viewer(tmp_path, story) as on:
        await on.press("space")
        await on.see("a pause of 1h00m is shortened")


async def test_commands_are_refused(tmp_path: Path) -> None:
    async with viewer(tmp_path, story_of_one(), approval_guard_ms=0) as on:
        while not on.replay.state.pending:
            await on.press("right")
        for key in ("n", "s", "x", "m", "r", "p", "S", "plus"):
            await on.refused(key)
            assert on.app.screen is on.app.main_screen
        for key in ("w", "R"):
            await on.refused(key, "knows nothing of now")
        await on.press("y")
        await on.see("branch")
        await on.press("escape")


async def test_a_question_is_read_and_not_answered(tmp_path: Path) -> None:
    async with viewer(tmp_path, story_of_one(), approval_guard_ms=0) as on:
        while not on.replay.state.pending:
            await on.press("right")
        await on.see("g to read it")
        await on.press("g")
        while not on.app.main_screen.needs_you.has_focus_within:
            await on.pilot.pause(0.02)
        await on.see("v view all", "space play or pause")
        assert "accept" not in on.painted and "decline" not in on.painted
        for key in ("a", "d", "n", "r", "P", "c"):
            await on.press(key)
            await on.see("nothing can be started, answered")
            assert on.app.screen is on.app.main_screen
            assert not on.app.main_screen.query("FormLine:focus")
        assert on.replay.state.pending
        await on.press("v")
        await on.see("Everything that")


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_empty_panes_offer_nothing_that_a_recording_cannot_do(tmp_path: Path, size: tuple[int, int]) -> None:
    async with viewer(tmp_path, story_of_one(), size=size) as on:
        shown = []
        for pane in ("worktrees", "tasks", "log", "inbox"):
            on.app.main_screen.show_pane(pane)
            await on.pilot.pause()
            shown.append(on.painted)
        assert not any("starts" in text or "new task" in text for text in shown)
        assert "Nothing here at this moment. → is one event on." in shown[2]
        assert "No question was open at this moment." in shown[3]


async def test_a_task_that_stopped_names_no_key_that_goes_on_with_it(tmp_path: Path) -> None:
    story = RecordedStory()
    stopped, failed = story.run(["Stopped", "Failed"])
    story.start(stopped, after_s=1)
    story.tell(ev.TurnEnded(ref=stopped, turn=story.turn(stopped), status=TurnStatus.INTERRUPTED))
    story.start(failed, after_s=1)
    story.fail(failed, Fault(kind=FaultKind.OTHER, message="Codex is not logged in", next_step="codex login, then c"))
    async with viewer(tmp_path, story) as on:
        await on.press("end")
        for ref, text in ((stopped, "Stopped before its end."), (failed, "What went wrong")):
            on.app.main_screen.go_to_task(ref)
            await on.see(text)
            assert "c continues" not in on.painted
            assert on.painted.count("codex login") == (ref is failed), "in the log of then only"


async def test_the_palette_and_the_plan_offer_nothing_that_a_recording_cannot_do(tmp_path: Path) -> None:
    async with viewer(tmp_path, story_of_one()) as on:
        await on.press("ctrl+p")
        await on.see("help  (? f1)")
        assert isinstance(on.app.screen, CommandPalette)
        names = [str(option.prompt) for option in on.app.screen.query_one(OptionList).options]
        assert any("plan" in name for name in names)
        assert not [name for name in names if any(word in name for word in ("new task", "merge", "what next", "rules"))]
        await on.press("escape")
        await on.press("P")
        await on.see("only looked at", "waves")
        assert "save" not in on.painted and "new plan" not in on.painted
        for key in ("a", "S", "n", "o", "ctrl+s"):
            await on.refused(key)


async def test_the_keys_are_in_its_line_and_its_help(tmp_path: Path) -> None:
    async with viewer(tmp_path, story_of_one()) as on:
        await on.see("space play or pause", "→ step")
        assert "new task" not in on.painted and "Nothing needs you. n" not in on.painted
        await on.press("question_mark")
        await on.see("Here: a replay", "One event back, and pause")
        assert isinstance(on.app.screen, HelpScreen)
        told = str(on.app.screen._text())
        assert "Type a task" not in told and "Fast-forward" not in told and "To the questions" in told
        assert "what begins next" not in told and "The rules in force" not in told
        assert "hold the repository" not in told


async def test_they_are_in_no_other_program() -> None:
    app = OrchApp(FakeOrchestrator(shop()))  # type: ignore[arg-type]
    async with app.run_test(size=(140, 60)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        text = str(app.screen._text())
        assert "A replay" not in text
        assert "One event back" not in text
        assert "REPLAY" not in "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_a_line_to_write_in_gets_its_letters(tmp_path: Path) -> None:
    async with viewer(tmp_path, story_of_one()) as on:
        await on.press("slash")
        await on.pilot.pause()
        at = on.replay.position
        await on.press("space", "left", "home", "end", "right_square_bracket")
        assert on.replay.position == at
        assert on.replay.speed == 1


async def test_q_leaves_at_once_whatever_the_recording_shows(tmp_path: Path) -> None:
    async with viewer(tmp_path, story_of_one()) as on:
        while not on.replay.state.pending:
            await on.press("right")
        await on.press("q")
        await on.pilot.pause()
        assert on.app.return_value == 0


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (59, 15)])
async def test_narrow_terminals(tmp_path: Path, size: tuple[int, int]) -> None:
    async with viewer(tmp_path, story_of_one(), size=size) as on:
        await on.pilot.pause()
        assert ("REPLAY" in on.painted) == (size[0] >= 60)


async def test_ascii(tmp_path: Path) -> None:
    async with viewer(tmp_path, story_of_one(), ascii_glyphs=True) as on:
        await on.see("= paused, 1x")
        line = next(line for line in on.painted.splitlines() if "REPLAY" in line)
        assert line.isascii()
