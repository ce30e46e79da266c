"""The second net: what no sanitiser saw does not reach the terminal either, in any widget."""

from collections.abc import Sequence
from itertools import chain

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import App, ComposeResult
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter
from textual.widgets import Button, DataTable, Input, Label, Log, OptionList, RichLog, Static, TextArea, Tree

from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.terminal_text import is_clean
from codex_orch_tui.ui.line_filter import ControlFilter
from codex_orch_tui.ui.presentation.glyphs import LOG_LOOKS, STEP_LOOKS, TASK_LOOKS
from codex_orch_tui.ui.widgets.event_log import EventLog

HOSTILE = "a\x1b]52;c;ZXZpbA==\x07b\x9b31mc\u202ed\u200be\x7ff\x08g\u2066h\U000e0041i"
BLACK = Color(0, 0, 0)


def applied(*segments: Segment) -> list[Segment]:
    return ControlFilter().apply(list(segments), BLACK)


def test_clean_segments_pass_as_they_are() -> None:
    segments = [Segment("plain"), Segment("│ ✓ 漢字 é “ ” … ±"), Segment("", Style(bold=True))]
    assert ControlFilter().apply(segments, BLACK) is segments


def test_every_sign_of_ours_passes() -> None:
    signs = [look.glyph for look in chain(TASK_LOOKS.values(), STEP_LOOKS.values())]
    signs += [look.sign for look in LOG_LOOKS.values()]
    segments = [Segment("".join(signs))]
    assert ControlFilter().apply(segments, BLACK) is segments


@pytest.mark.parametrize("number", [*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2066, 0x200B, 0xFEFF, 0x3164, 0xE0041])
def test_a_forbidden_character_is_replaced_and_the_width_stays(number: int) -> None:
    text = f"one{chr(number)}two three"
    (segment,) = applied(Segment(text, Style(bold=True)))
    assert is_clean(segment.text)
    assert "\ufffd" in segment.text
    assert cell_len(segment.text) == cell_len(text)
    assert segment.style == Style(bold=True)


def test_a_segment_of_nothing_but_controls_leaves_no_empty_one() -> None:
    assert [segment.text for segment in applied(Segment("\x1b\x07"), Segment("rest"))] == ["rest"]


def test_a_link_with_controls_is_no_link() -> None:
    (segment,) = applied(Segment("here", Style(link="http://x/\x1b]52;c;eA==\x07")))
    assert segment.style is not None
    assert segment.style.link is None
    kept = applied(Segment("here", Style(link="http://x/")))
    assert kept[0].style is not None
    assert kept[0].style.link == "http://x/"


class HostileApp(App[None]):
    """Everything that shows text, each with what must not leave."""

    CSS = "Screen { layout: grid; grid-size: 3; } Screen > * { height: 6; border: round white; }"

    def __init__(self) -> None:
        super().__init__()
        self.net = ControlFilter()
        self.written: list[str] = []

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self.net]

    def compose(self) -> ComposeResult:
        yield Static(HOSTILE, markup=False)
        yield Label(Content(HOSTILE))
        yield Button(Content(HOSTILE))
        yield Static(Text(HOSTILE))
        yield DataTable(id="table")
        yield Tree(Text(HOSTILE))
        yield OptionList(Content(HOSTILE))
        yield Input(value=HOSTILE)
        yield TextArea(HOSTILE)
        yield Log(id="log")
        yield RichLog(id="rich")
        yield EventLog(id="events")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns(Text(HOSTILE), "two")
        table.add_row(Text(HOSTILE), Text(HOSTILE))
        self.query_one(Log).write_line(HOSTILE)
        self.query_one(RichLog).write(Text(HOSTILE))
        # The log trusts its entries; here it is given what upstream would have cleaned.
        self.query_one(EventLog).extend([LogEntry(LogKind.MESSAGE, HOSTILE, None, HOSTILE[:8])])
        for widget in self.screen.children:
            widget.border_title = Content(HOSTILE)
            widget.border_subtitle = Content(HOSTILE)


async def test_no_widget_lets_a_control_reach_the_terminal() -> None:
    app = HostileApp()
    async with app.run_test(size=(150, 45), notifications=True) as pilot:
        app.notify(HOSTILE, title=HOSTILE, markup=False)
        app.query_one(Static).tooltip = Content(HOSTILE)
        await pilot.hover(Static)
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        text = "".join(segment.text for strip in strips for segment in strip)
        assert is_clean(text)
        assert text.count("\ufffd") > 50
        for strip in strips:
            assert cell_len(strip.text) == 150


async def test_the_net_is_needed_and_is_what_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    app = HostileApp()
    async with app.run_test(size=(150, 45)) as pilot:
        monkeypatch.setattr(app, "get_line_filters", list)
        app.refresh_css()
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        assert not is_clean("".join(segment.text for strip in strips for segment in strip))
