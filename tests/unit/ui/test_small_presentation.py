"""Times, numbers, the top line, the reasons, the programs, the result."""

from dataclasses import replace

import pytest

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.state import State
from codex_orch_tui.ui.presentation.attention import first_task, next_attention
from codex_orch_tui.ui.presentation.available import NO_TASK, NO_TASK_YET, why_not
from codex_orch_tui.ui.presentation.clock import count, elapsed, roughly, took
from codex_orch_tui.ui.presentation.programs import editor_command, shell_command
from codex_orch_tui.ui.presentation.result import log_title, result_of
from codex_orch_tui.ui.presentation.status import status_line
from codex_orch_tui.ui.widgets.status_bar import KeyHint, fitted, fitting
from tests.fakes.states import NOW_S, Story, shop


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0s"), (41, "41s"), (192, "3m12s"), (3_840, "1h04m"), (183_600, "2d03h"), (40_000_000, "462d")],
)
def test_durations_take_six_cells(seconds: float, text: str) -> None:
    assert elapsed(seconds) == text
    assert len(text) <= 6


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0s"), (41, "41s"), (192, "3m"), (3_840, "1h"), (183_600, "2d"), (8_640_000, "100d")]
)
def test_rough_durations_take_four_cells(seconds: float, text: str) -> None:
    assert roughly(seconds) == text


@pytest.mark.parametrize(("ms", "text"), [(40, "40ms"), (4_210, "4.2s"), (192_000, "3m12s")])
def test_took(ms: int, text: str) -> None:
    assert took(ms) == text


@pytest.mark.parametrize(("number", "text"), [(950, "950"), (9_400, "9.4k"), (412_300, "412k"), (1_900_000, "1.9M")])
def test_counts(number: int, text: str) -> None:
    assert count(number) == text


@pytest.mark.parametrize("width", range(30, 160, 7))
def test_the_top_line_fits_and_never_loses_the_questions(width: int) -> None:
    line = status_line(shop().state, project="shop-api", branch="main", now_s=NOW_S)
    content = fitted(line, width)
    assert "! 1 needs you" in content.plain
    if width > 70:
        assert content.cell_length == width


def test_the_top_line_of_an_empty_and_of_an_idle_program() -> None:
    empty = status_line(Story().state, project="shop-api", branch="", now_s=NOW_S)
    assert (empty.counts, empty.right) == ((), ())
    story = Story()
    (ref,) = story.run(("Only task",))
    story.start(ref)
    story.finish(ref)
    story.merge(ref)
    idle = status_line(story.state, project="shop-api", branch="main", now_s=NOW_S)
    assert idle.counts[0].text == "all done"
    assert idle.right[-1].text.startswith("idle since ")


def test_keys_that_can_be_used_stay_longest() -> None:
    hints = (KeyHint("n", "new task", 3), KeyHint("m", "merge", 1, is_possible=False), KeyHint("?", "help", 2))
    assert [hint.key for hint in fitting(hints, 100)] == ["n", "m", "?"]
    assert [hint.key for hint in fitting(hints, 20)] == ["n", "?"]
    assert [hint.key for hint in fitting(hints, 8)] == ["?"]


def refs(story: Story) -> dict[str, TaskRef]:
    return {str(ref.task): ref for ref in story.state.tasks}


def test_reasons() -> None:
    story = shop()
    names = refs(story)
    assert why_not("task.message", story.state, None) == NO_TASK
    assert why_not("task.message", State(), None) == NO_TASK_YET
    assert why_not("go.log", story.state, None) == ""
    assert why_not("task.merge", story.state, names["correct-the-docs"]) == ""
    assert "when its turn has ended" in why_not("task.merge", story.state, names["rate-limits"])
    assert why_not("task.resume", story.state, names["upgrade-the-linter"]) == ""
    assert "g goes to it" in why_not("task.merge", story.state, names["fix-auth-middleware"])


def test_what_comes_first_and_next() -> None:
    story = shop()
    names = refs(story)
    assert first_task(story.state) == names["fix-auth-middleware"]
    assert first_task(Story().state) is None
    found = next_attention(story.state, None)
    assert found is not None
    assert found.is_question
    found = next_attention(story.state, names["upgrade-the-linter"], skip_questions=True)
    assert found is not None
    assert found.ref == names["correct-the-docs"]


@pytest.mark.parametrize(
    ("configured", "environ", "command"),
    [
        (None, {}, ["vi", "+7", "./a.py"]),
        (None, {"EDITOR": "nano -w"}, ["nano", "-w", "+7", "./a.py"]),
        (None, {"EDITOR": "nano", "VISUAL": "code --wait"}, ["code", "--wait", "--goto", "./a.py:7"]),
        ("/usr/bin/hx", {"EDITOR": "nano"}, ["/usr/bin/hx", "./a.py:7"]),
        ("ed 'unclosed", {}, ["ed", "'unclosed", "./a.py"]),
    ],
)
def test_editors(configured: str | None, environ: dict[str, str], command: list[str]) -> None:
    assert editor_command(configured, environ, path="./a.py", line=7) == command


def test_shell() -> None:
    assert shell_command({"SHELL": "/bin/zsh"}) == ["/bin/zsh"]
    assert shell_command({}) == ["/bin/sh"]


def test_results() -> None:
    story = shop()
    names = refs(story)
    tasks = story.state.tasks
    assert result_of(tasks[names["search-endpoint"]]) is None
    failed = result_of(tasks[names["upgrade-the-linter"]])
    assert failed is not None
    assert failed.title == "What went wrong"
    assert any("codex login" in text for text, _tone in failed.paragraphs)
    done = result_of(tasks[names["correct-the-docs"]])
    assert done is not None
    assert done.paragraphs[0][0].startswith("I corrected")
    assert done.remark == "1 commit · 1 file +142 −18"
    merged = result_of(tasks[names["health-endpoint"]])
    assert merged is not None
    assert merged.remark.startswith("in main as ")
    answer = replace(tasks[names["correct-the-docs"]], answer='{"summary": "It is.", "open": ["a test"]}')
    as_written, as_read = result_of(answer), result_of(answer, is_checked=True)
    assert as_written is not None and as_read is not None
    assert as_written.paragraphs[0][0] == answer.answer, "an object is what the worker wrote, where none was asked for"
    assert as_read.paragraphs[0][0] == "It is.\nopen:\n- a test"
    nothing = result_of(replace(tasks[names["correct-the-docs"]], commits=()))
    assert nothing is not None
    assert "nothing to merge" in nothing.paragraphs[-1][0]
    assert log_title(tasks[names["search-endpoint"]]) == "search-endpoint · implementer · turn 1"
