"""The main screen of a program that looks on."""

from codex_orch_tui.services.session import Viewing
from codex_orch_tui.ui.screens.viewing import TAKE_OVER
from tests.fakes.states import Story
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
        await on.until_shown("viewing; process 4711 on box")
        assert "take over" not in on.text()
        await on.press("t")
        assert on.app.return_value is None
        on.fake.viewing = Viewing("")
        on.fake.wake()
        await on.until_shown("viewing; nobody runs it")
        await on.until_shown("t take over")
        await on.press("t")
        assert on.app.return_value == TAKE_OVER


async def test_leaving_asks_nothing_as_nothing_is_stopped() -> None:
    async with shown() as on:
        on.fake.viewing = Viewing(HOLDER)
        await on.press("q")
        assert on.app.return_value == 0
