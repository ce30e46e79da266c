"""Leaving: q, ctrl+c, waiting for the end."""

import asyncio

from textual import events

from codex_orch_tui.domain import events as ev
from codex_orch_tui.ui.screens.confirm import ConfirmScreen
from codex_orch_tui.ui.screens.new_task import NewTaskScreen
from tests.fakes.states import Story
from tests.ui.test_main_screen import Screen, shown


def left(on: Screen) -> bool:
    return on.app._exit


async def test_q_leaves_at_once_when_nothing_runs() -> None:
    async with shown(Story()) as on:
        await on.press("q")
        assert left(on)
        assert on.app.return_value == 0


async def test_a_key_that_is_under_way_while_the_screens_go_is_dropped() -> None:
    async with shown(Story()) as on:
        await on.press("q")
    for is_forwarded in (False, True):
        key = events.Key("a", "a")
        if is_forwarded:
            key._set_forwarded()
        await on.app.on_event(key)
    assert on.app.return_value == 0


async def test_q_asks_while_workers_are_busy_and_escape_stays() -> None:
    async with shown() as on:
        await on.press("q")
        assert isinstance(on.app.screen, ConfirmScreen)
        assert "1 working, 1 waiting for you, 1 queued" in on.text()
        await on.press("escape")
        assert not left(on)
        await on.press("q", "x")
        assert left(on)


async def test_ctrl_c_asks_once_and_out_of_a_dialog_too() -> None:
    async with shown() as on:
        await on.press("n")
        await on.until(lambda: isinstance(on.app.screen, NewTaskScreen))
        await on.press("ctrl+c", "ctrl+c", "ctrl+q")
        assert sum(isinstance(screen, ConfirmScreen) for screen in on.app.screen_stack) == 1
        await on.press("escape")
        assert isinstance(on.app.screen, NewTaskScreen)


async def test_waiting_ends_with_the_last_turn_and_q_stays() -> None:
    async with shown() as on:
        await on.press("q", "w")
        await on.until_shown("closing when the turns end")
        await on.press("q")
        await on.until(lambda: "closing when" not in on.text())
        await on.press("q", "w")
        for ref in on.fake.state.tasks:
            assert not left(on)
            on.fake.apply(ev.TaskInterrupted(ref=ref, cause="end"))
            await asyncio.sleep(0)
        await on.until(lambda: left(on))


async def test_the_question_tells_what_is_under_way_now_and_ends_with_it() -> None:
    async with shown() as on:
        await on.press("q")
        await on.until_shown("1 working, 1 waiting for you, 1 queued")
        on.fake.story.finish(on.task("search-endpoint"))
        on.fake.wake()
        await on.until(lambda: "1 working, 1 waiting" not in on.text())
        assert "1 waiting for you, 1 queued" in on.text()
        for name in ("fix-auth-middleware", "rate-limits"):
            on.fake.story.tell(ev.TaskDiscarded(ref=on.task(name), backup_ref=""))
        on.fake.wake()
        await on.until(lambda: not isinstance(on.app.screen, ConfirmScreen))
        await on.until(lambda: "q leaves" in on.notes())
        assert not left(on)


async def test_a_stop_is_not_asked_for_when_the_turn_has_ended() -> None:
    async with shown() as on:
        on.main.go_to_task(on.task("search-endpoint"))
        await on.press("x")
        await on.until_shown("Its turn is running.")
        on.fake.story.finish(on.task("search-endpoint"))
        on.fake.wake()
        await on.until(lambda: not isinstance(on.app.screen, ConfirmScreen))
        await on.until(lambda: "has ended by itself" in on.notes())
        assert not on.fake.asked("stop")
