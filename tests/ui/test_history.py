"""The history screen: what it lists, how it is narrowed down, and that it holds still."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from codex_orch_tui.domain.approval import Choice, Decider
from codex_orch_tui.domain.history import Asked, Ending
from codex_orch_tui.domain.item import OwnRule
from codex_orch_tui.ui.app import OrchApp
from codex_orch_tui.ui.screens.history import HistoryScreen
from codex_orch_tui.ui.screens.main import MainScreen
from tests.fakes.histories import asked, every_way, unasked
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.states import Story
from tests.keyboard import press

WIDE = (160, 45)
NARROW = (80, 24)


class Shown:
    """The history screen under test."""

    def __init__(self, app: OrchApp, fake: FakeOrchestrator, pilot: Pilot[Any]) -> None:
        self.app = app
        self.fake = fake
        self.pilot = pilot

    @property
    def screen(self) -> HistoryScreen:
        assert isinstance(self.app.screen, HistoryScreen)
        return self.app.screen

    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    def titles(self) -> list[str]:
        return [self.screen._shown[row.key].title for row in self.screen._entries.rows.rows]

    async def press(self, *keys: str) -> None:
        await press(self.pilot, *keys)
        await self.pilot.pause()


@asynccontextmanager
async def history(story: Story | None = None, size: tuple[int, int] = WIDE, **settings: Any) -> AsyncIterator[Shown]:
    fake = FakeOrchestrator(story or every_way(), **{"approval_guard_ms": 0, **settings})
    app = OrchApp(fake)  # type: ignore[arg-type] # a fake
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press("H")
        await pilot.pause()
        yield Shown(app, fake, pilot)


async def test_everything_is_listed_with_who_allowed_it() -> None:
    async with history() as on:
        shown = on.text()
        assert len(on.titles()) == 14
        for words in ("14 entries", "by you, session", "rule npm-install", "Codex's rule", "sandbox", "not known"):
            assert words in shown, words
        assert "waits for your answer" in shown  # the entry beside the list


async def test_enter_shows_everything_of_an_entry() -> None:
    async with history(size=NARROW) as on:
        place = on.titles().index("npm install --save-dev supertest@7")
        await on.press(*["down"] * place, "enter")
        shown = on.text()
        assert "accepted by you" in shown
        assert "supertest is needed by the new integration test" in shown
        await on.press("end")
        assert "13s after it was asked" in on.text()
        await on.press("escape")
        assert "npm run seed" in on.text()
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_filters_step_through_what_is_there() -> None:
    async with history() as on:
        await on.press("a")
        assert on.screen.wanted.asked is Asked.ASKED
        assert "what was asked for" in on.text()
        await on.press("a")
        assert on.titles()[0] == "ls"
        assert len(on.titles()) == 6
        seen = set()
        for _ in range(5):
            await on.press("o")
            seen.add(on.screen.wanted.ending)
        assert seen == {None, Ending.ACCEPTED, Ending.CODEX_RULE, Ending.NOT_KNOWN, Ending.SANDBOX}
        await on.press("x")
        assert len(on.titles()) == 14
        await on.press("y", "t")
        assert on.screen.wanted.task is not None
        assert all(entry.kind is on.screen.wanted.kind for entry in on.screen._shown.values())


async def test_the_search_narrows_down_while_it_is_typed() -> None:
    async with history() as on:
        await on.press("slash", *"seed")
        assert on.titles() == ["npm run seed"]
        await on.press("enter", "down")
        assert on.titles() == ["npm run seed"]
        await on.press("slash", "escape")
        assert len(on.titles()) == 14
        await on.press("slash", *"nothing like it")
        assert "x shows all of it again" in on.text()


async def test_what_comes_is_put_in_above_and_the_cursor_stays() -> None:
    async with history() as on:
        await on.press("down", "down", "down")
        marked = on.screen.marked
        assert marked is not None
        ref = marked.ref
        unasked(on.fake.story, ref, "pwd", OwnRule())
        asked(on.fake.story, ref, "npm ci --offline", Choice.ACCEPT)
        on.fake.wake()
        await on.pilot.pause(0.15)
        assert on.titles()[0] == "npm ci --offline"
        after = on.screen.marked
        assert after is not None
        assert after.key == marked.key


async def test_an_answer_that_comes_meanwhile_is_shown() -> None:
    async with history() as on:
        (waiting,) = on.fake.state.pending
        assert "1 needs you" in on.text()
        on.fake.story.answered(waiting.id, Choice.DECLINE)
        on.fake.wake()
        await on.pilot.pause(0.15)
        assert "needs you" not in on.text()
        assert "declined by you" in on.text()


async def test_g_goes_to_the_open_question() -> None:
    async with history() as on:
        await on.press("g")
        await on.pilot.pause()
        main = on.app.screen
        assert isinstance(main, MainScreen)
        assert main.needs_you.has_focus_within


async def test_without_anything_the_next_key_is_named() -> None:
    async with history(Story()) as on:
        assert "Nothing has run yet" in on.text()
        await on.press("enter", "g", "a", "o", "t", "y", "escape")
        assert isinstance(on.app.screen, MainScreen)


@pytest.mark.parametrize("size", [WIDE, NARROW, (60, 16)])
async def test_hostile_text_and_ascii(size: tuple[int, int]) -> None:
    story = every_way()
    ref = next(iter(story.state.tasks))
    unasked(story, ref, "printf '[/] [red]x[/red]' " + "日本語" * 40, OwnRule())
    async with history(story, size, ascii_glyphs=True) as on:
        place = next(index for index, title in enumerate(on.titles()) if title.startswith("printf"))
        await on.press(*["down"] * place)
        await on.press("enter")
        assert "[/] [red]" in on.text()


async def test_what_your_program_decided_is_told_as_that() -> None:
    story = Story()
    (ref,) = story.run(["One"])
    story.start(ref)
    asked(story, ref, "npm a", Choice.ACCEPT, by=Decider.CALLER)
    asked(story, ref, "npm b", Choice.ACCEPT_FOR_SESSION, by=Decider.CALLER)
    unasked(story, ref, "npm b", OwnRule())
    async with history(story) as on:
        remarks = [row.remark for row in on.screen._entries.rows.rows]
        assert remarks == ["by your program, session", "by your program, session", "by your program"]
        assert "by you " not in on.text()
