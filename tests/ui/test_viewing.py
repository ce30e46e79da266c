"""The main screen of a program that looks on."""

import pytest

from codex_orch_tui.services.session import Viewing
from codex_orch_tui.ui.screens.viewing import TAKE_OVER
from tests.fakes.states import Story, command_request
from tests.ui.test_main_screen import shown

HOLDER = "process 4711 on box\x1b"


async def test_who_holds_the_repository_nobody_takes_over_from() -> None:
    async with shown(Story()) as on:
        assert "viewing" not in on.text()
        assert "take over" not in on.text()
        await on.press("t")
        assert on.app.return_value is None


async def test_it_says_who_holds_the_repository_and_takes_over_when_nobody_does() -> None:
    async with shown() as on:
        on.fake.viewing = Viewing(HOLDER)
        on.fake.wake()
        await on.until_shown("viewing   process 4711 on box")
        assert "take over" not in on.text()
        await on.press("t")
        assert on.app.return_value is None
        on.fake.viewing = Viewing("")
        on.fake.wake()
        await on.until_shown("viewing   nobody runs it")
        await on.until_shown("t take over")
        await on.press("t")
        assert on.app.return_value == TAKE_OVER


async def test_a_narrow_line_still_says_that_it_only_looks_on() -> None:
    async with shown(size=(80, 24)) as on:
        assert "viewing" not in on.text()
        on.fake.viewing = Viewing(HOLDER)
        on.fake.wake()
        await on.until_shown("viewing")


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_where_nobody_works_only_what_can_be_done_is_offered(size: tuple[int, int]) -> None:
    async with shown(Story(), size) as on:
        on.fake.viewing = Viewing(HOLDER)
        on.fake.wake()
        await on.until_shown("No tasks yet. n starts one.")
        on.fake.viewing = Viewing("")
        on.fake.wake()
        await on.until_shown("No tasks yet. t takes over, then n starts one.")
        assert "new task" not in on.text()
        for pane in ("worktrees", "log", "inbox"):
            on.main.show_pane(pane)
            await on.press()
            assert "n starts a task" not in on.text()
        assert "Nobody runs this repository: t takes over." in on.text()
        await on.press("n")
        assert on.app.screen is on.main
        assert "Nobody runs this repository, so nothing is done: t takes over." in on.notes()


async def test_where_nobody_works_a_question_is_read_and_not_answered() -> None:
    story = Story()
    (ref,) = story.run(["One"])
    story.start(ref)
    for number in range(2):
        story.ask(ref, command_request(story, ref, number=number))
    async with shown(story) as on:
        on.fake.viewing = Viewing(HOLDER)
        on.fake.wake()
        await on.until_shown("viewing   process")
        await on.until(lambda: len(on.fake.asked("shown")) == 1)
        on.fake.viewing = Viewing("")
        on.fake.wake()
        await on.until_shown("g to read it")
        assert "accept" not in on.text()
        await on.press("g")
        await on.until(lambda: on.main.needs_you.has_focus_within)
        await on.press("a")
        await on.until_shown("so nothing is done: t takes over")
        await on.press("right_square_bracket")
        await on.until_shown("2 of 2")
        assert len(on.fake.asked("shown")) == 1, "nobody is there who could take it down"
        assert len(on.fake.state.pending) == 2


async def test_leaving_asks_nothing_as_nothing_is_stopped() -> None:
    async with shown() as on:
        on.fake.viewing = Viewing(HOLDER)
        await on.press("q")
        assert on.app.return_value == 0
