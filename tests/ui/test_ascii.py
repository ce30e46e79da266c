"""A terminal that has ASCII only gets nothing else from us, and sees what it decides upon as it is."""

from dataclasses import replace

import pytest

from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.ui.ascii_filter import escaped
from codex_orch_tui.ui.presentation.glyphs import LOG_LOOKS, TASK_LOOKS
from tests.fakes.states import Story, command_request
from tests.ui.test_main_screen import NARROW, WIDE, Screen, shown
from tests.ui.test_review_screen import FILES, orchestrator


def others(on: Screen) -> str:
    """What is on screen and not ASCII."""
    return "".join(sorted({char for char in on.text() if not char.isascii()}))


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_every_screen_is_painted_in_ascii(size: tuple[int, int]) -> None:
    async with shown(size=size, ascii_glyphs=True) as on:
        ref = on.main.current
        await on.press("3")
        await on.until(lambda: on.main.bridge.log_of == ref)
        on.fake.grow(ref, *(LogEntry(LogKind.EDIT, f"{number}.py", remark="+1 −2") for number in range(100)))
        on.main.tell("a … word")
        await on.pilot.pause()
        assert others(on) == ""
        for keys in (
            "3",
            "1",
            "4",
            "2",
            "n",
            "tab enter",
            "escape escape",
            "question_mark",
            "escape",
            "slash",
            "escape",
        ):
            await on.press(*keys.split())
            assert others(on) == "", keys
        on.main.go_to_task(on.task("correct-the-docs"))
        for keys in ("m", "escape", "s", "escape", "D", "escape", "y", "escape", "ctrl+p", "escape"):
            await on.press(*keys.split())
            assert others(on) == "", keys


async def test_the_review_is_painted_in_ascii() -> None:
    story = orchestrator(*FILES)
    async with shown(story.story, ascii_glyphs=True) as on:
        on.fake.summary, on.fake.patches = story.summary, story.patches
        await on.press("d")
        await on.until_shown("[red]src[/]/routes.py")
        assert others(on) == ""


async def test_a_command_with_a_sign_that_looks_like_another_is_told_apart() -> None:
    story = Story()
    (ref,) = story.run(["Fix auth"])
    story.start(ref)
    story.ask(ref, replace(command_request(story, ref), command="tool −r “a” é"))
    async with shown(story, ascii_glyphs=True) as on:
        await on.until_shown("tool \\u{2212}r \\u{201C}a\\u{201D} é")


def test_only_what_would_become_another_sign_is_escaped() -> None:
    assert escaped("ls -l") == "ls -l"
    assert escaped("é → 日本") == "é \\u{2192} 日本"


def test_edits_and_reviews_have_signs_of_their_own() -> None:
    assert LOG_LOOKS[LogKind.EDIT].ascii_sign != TASK_LOOKS[TaskState.DONE].ascii_glyph
