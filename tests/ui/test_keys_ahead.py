"""What is typed right behind the key that opens a field: it stands in the field, in order, and commands nothing."""

import asyncio

import pytest
from textual import events
from textual.widgets import TextArea

from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.orchestrator import BaseInfo
from codex_orch_tui.ui.screens.message import MessageScreen
from codex_orch_tui.ui.screens.new_task import NewTaskScreen
from codex_orch_tui.ui.widgets.filter_line import FilterLine
from tests.keyboard import _event
from tests.ui.test_main_screen import Screen, shown

TEXT = "Fix x and DmDsit, then quit!"


def send(on: Screen, *keys: str) -> None:
    """Keys back to back, as a paste into the terminal or a burst over a slow line brings them."""
    for key in keys:
        on.app.post_message(_event("space" if key == " " else key))


@pytest.mark.parametrize("is_slow", [False, True])
async def test_a_prompt_that_is_typed_before_the_dialog_is_there(is_slow: bool) -> None:
    async with shown() as on:
        gate = asyncio.Event()
        if is_slow:
            usual = on.fake.base_info

            async def slow() -> BaseInfo:
                await gate.wait()
                return await usual()

            on.fake.base_info = slow  # type: ignore[method-assign]
        calls = len(on.fake.calls)
        send(on, "n", *TEXT[:10])
        await on.pilot.pause()
        send(on, *TEXT[10:])
        on.app.post_message(events.Paste("\npasted"))
        send(on, "!")
        if is_slow:
            await on.pilot.pause(0.05)
            assert not isinstance(on.app.screen, NewTaskScreen)
            gate.set()
        await on.until(lambda: isinstance(on.app.screen, NewTaskScreen))
        area = on.app.screen.query_one(TextArea)
        await on.until(lambda: area.text.endswith("pasted!"))
        assert area.text == f"{TEXT}\npasted!"
        assert on.fake.calls[calls:] == []
        await on.press("e")
        assert area.text.endswith("pasted!e"), "nothing waits any more"


async def test_the_first_words_of_a_message() -> None:
    async with shown() as on:
        on.main.go_to_task(on.task("search-endpoint"))
        await on.pilot.pause()
        send(on, "s", *TEXT)
        await on.until(lambda: isinstance(on.app.screen, MessageScreen))
        await on.until(lambda: on.app.screen.query_one(TextArea).text == TEXT)
        assert not on.fake.asked("interrupt")


@pytest.mark.parametrize("key", ["slash", "/"])
async def test_the_first_letters_of_a_search_interrupt_nobody(key: str) -> None:
    async with shown() as on:
        on.main.go_to_task(on.task("search-endpoint"))
        on.main.task_tree.focus()
        await on.pilot.pause()
        send(on, key, *"ix")
        await on.until(lambda: on.app.screen.query(FilterLine))
        line = on.app.screen.query_one(FilterLine)
        await on.until(lambda: line.value == "ix")
        assert not on.fake.asked("interrupt")
        assert on.app.screen is on.main


async def test_the_way_out_is_not_held() -> None:
    async with shown() as on:
        gate = asyncio.Event()

        async def never() -> BaseInfo:
            await gate.wait()
            raise NotPossibleError("git does not answer")

        on.fake.base_info = never  # type: ignore[method-assign]
        send(on, "n", "x")
        await on.pilot.pause(0.05)
        send(on, "ctrl+c")
        await on.until_shown("Quit while workers are busy?")
        gate.set()
        await on.until(lambda: "git does not answer" in on.notes())
        await on.press("escape")
        await on.until(lambda: on.app.screen is on.main)
        assert not on.fake.asked("stop"), "what was meant for a dialog that never came is nothing else"
        await on.press("question_mark")
        await on.until(lambda: on.app.screen is not on.main)


async def test_a_field_that_never_comes_does_not_keep_the_keyboard() -> None:
    async with shown() as on:
        on.app.keys_ahead.hold(longest_s=0.05)
        send(on, "x")
        await on.pilot.pause(0.1)
        await on.press("question_mark")
        await on.until(lambda: on.app.screen is not on.main)
