"""The diff of one file: numbers, signs, tints, jumps by hunk."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.filter import LineFilter
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.selection import Selection
from textual.strip import Strip

from codex_orch_tui.domain.review import DiffLine, FilePatch, LineKind
from codex_orch_tui.ui.ascii_filter import AsciiFilter, is_ascii
from codex_orch_tui.ui.presentation.cells import cell_slice
from codex_orch_tui.ui.presentation.diff_lines import SIGNS, DiffRow, DiffRows, bounded
from codex_orch_tui.ui.widgets.line_view import LineView, Span, overlaid
from codex_orch_tui.ui.widgets.painted import is_painted

if TYPE_CHECKING:
    from rich.style import Style

    from codex_orch_tui.ui.presentation.syntax import LineSpans

_BLOCK_LINES = 200
"""Lines that are highlighted together."""

_GLANCE_CELLS = 400
"""A line that is longer may hide something far to the right."""

_Block = tuple[int, int]
"""A hunk and the number of a block in it."""


class DiffView(LineView):
    """Shows a FilePatch. Its texts come cleaned (terminal_text); nothing of them is ever read as markup."""

    DEFAULT_CSS = """
    DiffView {
        overflow-x: auto;
        &.-wrap { overflow-x: hidden; }
        & .diff--context, & .diff--added, & .diff--removed { color: $foreground; }
        & .diff--added { background: $success 14%; }
        & .diff--removed { background: $error 14%; }
        & .diff--gutter, & .diff--note, & .diff--head, & .diff--empty { color: $text-muted; }
        & .diff--head-current { color: $text-accent; }
        & .diff--sign-added { color: $text-success; background: $success 14%; }
        & .diff--sign-removed { color: $text-error; background: $error 14%; }
        & .diff--keyword { color: $text-primary; }
        & .diff--string, & .diff--number { color: $text-secondary; }
        & .diff--comment { color: $text-muted; text-style: italic; }
        & .diff--name { text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "diff--context",
        "diff--added",
        "diff--removed",
        "diff--gutter",
        "diff--note",
        "diff--head",
        "diff--head-current",
        "diff--empty",
        "diff--sign-added",
        "diff--sign-removed",
        "diff--keyword",
        "diff--string",
        "diff--number",
        "diff--comment",
        "diff--name",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "next_hunk", "Next hunk", key_display="]", id="diff.next_hunk"),
        Binding("left_square_bracket", "previous_hunk", "Previous hunk", key_display="[", id="diff.previous_hunk"),
        Binding("w", "wrap", "Wrap lines", id="diff.wrap", tooltip="Wrap long lines, or scroll sideways"),
        Binding("j", "scroll_down", "Line down", id="diff.down", show=False),
        Binding("k", "scroll_up", "Line up", id="diff.up", show=False),
    ]
    HELP = "`]` and `[` jump from hunk to hunk, `w` wraps long lines, left and right scroll sideways."

    @dataclass
    class EndShown(Message):
        """The end of the patch is, or was, on screen, and with it all that there is."""

        patch: FilePatch

    wraps = var(False, init=False)
    """Whether long lines are wrapped."""
    hunk = var(0, init=False)
    """The hunk that the person is at, counted from 0."""

    def __init__(
        self,
        *,
        empty_text: str = "Choose a file to see what changed in it.",
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
    ) -> None:
        """Makes a view without a patch.

        Args:
            empty_text: What to say while there is no patch.
            id: The widget's id.
            classes: CSS classes.
        """
        super().__init__(id=id, classes=classes)
        self.empty_text = empty_text
        self._rows: DiffRows | None = None
        self._code_cells = 0
        self._syntax: dict[_Block, tuple[LineSpans, ...]] = {}
        self._wanted: list[_Block] = []

    def show(self, patch: FilePatch | None) -> None:
        """Shows a patch from its beginning; None for none."""
        self._syntax.clear()
        self._wanted.clear()
        self._rows = None if patch is None else DiffRows(patch)
        self._code_cells = 0 if self._rows is None else self._rows.code_cells()
        self.set_reactive(DiffView.hunk, 0)
        if self.wraps:
            self._lay_out()
        self._resized()
        self.place(0)
        self.scroll_target_x = self.scroll_x = 0
        self.call_after_refresh(self._look_for_end)
        self._tell_state()

    @property
    def patch(self) -> FilePatch | None:
        """What is shown."""
        return None if self._rows is None else self._rows.patch

    @property
    def hunk_count(self) -> int:
        """Hunks of the patch."""
        return 0 if self._rows is None else len(self._rows.patch.hunks)

    @property
    def new_line_at_top(self) -> int | None:
        """The number in the new file of the first numbered line on screen: where an editor would open it."""
        if self._rows is None:
            return None
        top = round(self.scroll_y)
        for number in range(top, min(top + self.view_lines, len(self._rows))):
            line = self._rows.row(number).line
            if line is not None and line.new_no is not None:
                return line.new_no
        return None

    # Moving.

    def action_next_hunk(self) -> None:
        """Goes to the next hunk."""
        self._go(self.hunk + 1)

    def action_previous_hunk(self) -> None:
        """Goes to the head of this hunk when it is above the view, else to the previous hunk."""
        above = self._rows is not None and self.hunk_count and self._rows.head_row(self.hunk) < round(self.scroll_y)
        self._go(self.hunk if above else self.hunk - 1)

    def _go(self, hunk: int) -> None:
        if self._rows is None or not 0 <= hunk < self.hunk_count:
            return
        self.hunk = hunk
        self.place(min(self._rows.head_row(hunk), self.max_scroll_y))

    def scrolled(self) -> None:
        """The hunk at the top of the view is the one that the person is at."""
        if self._rows is not None and self.hunk_count:
            self.hunk = max(0, self._rows.row(min(round(self.scroll_y), len(self._rows) - 1)).hunk)

    def action_wrap(self) -> None:
        """Wraps long lines, or lets them run on."""
        self.wraps = not self.wraps

    def watch_wraps(self, wraps: bool) -> None:
        """Lays out anew; the line at the top stays there."""
        self.set_class(wraps, "-wrap")
        self._lay_out()
        self.call_after_refresh(self._look_for_end)

    def watch_hunk(self) -> None:
        """Marks the hunk and says its number."""
        self.forget_strips()
        self._tell_state()

    def on_show(self) -> None:
        """On screen again."""
        self.call_after_refresh(self._look_for_end)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The end may have come on screen."""
        super().watch_scroll_y(old_value, new_value)
        self.call_after_refresh(self._look_for_end)

    def _look_for_end(self) -> None:
        """Tells when the last row is painted, unless there is more than the rows show."""
        rows = self._rows
        if rows is None or rows.patch.is_cut or (self._code_cells > _GLANCE_CELLS and not self.wraps):
            return
        if round(self.scroll_y) + self.view_lines >= len(rows) and is_painted(self):
            self.post_message(self.EndShown(rows.patch))

    def on_resize(self, _event: events.Resize) -> None:
        """Wraps to the new width."""
        self.call_after_refresh(self._look_for_end)
        if self._rows is not None and self.wraps and self._wrap_cells() != self._rows.wrap_cells:
            self._lay_out()
        else:
            self._resized()

    def _wrap_cells(self) -> int:
        gutter = 0 if self._rows is None else self._rows.gutter_cells
        return max(8, self.view_cells - gutter)

    def _lay_out(self) -> None:
        if self._rows is None:
            return
        top = self._rows.row(round(self.scroll_y)) if len(self._rows) > self.scroll_y else None
        self._rows = DiffRows(self._rows.patch, wrap_cells=self._wrap_cells() if self.wraps else None)
        self._resized()
        if top is not None:
            self.place(max(0, self._rows.line_row(top.hunk, top.line_index)) if top.hunk >= 0 else 0)

    def _resized(self) -> None:
        rows = 0 if self._rows is None else len(self._rows)
        gutter = 0 if self._rows is None else self._rows.gutter_cells
        width = self.view_cells if self.wraps else max(self.view_cells, gutter + self._code_cells)
        self.set_content_size(Size(width, rows))
        self.forget_strips()

    # Painting.

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Code is shown as it is: two signs that look the same in ASCII are a difference."""
        return [each for each in super().get_line_filters() if not isinstance(each, AsciiFilter)]

    def _tell_state(self) -> None:
        state = f"hunk {self.hunk + 1} of {self.hunk_count}" if self.hunk_count else ""
        self.border_subtitle = Content(state)

    def render_line(self, y: int) -> Strip:
        """One row; the gutter stays when the code is scrolled sideways."""
        width = self.size.width
        if self._rows is None:
            text = f" {self.empty_text}" if y == 0 else ""
            empty = Strip([Segment(text, self.get_component_rich_style("diff--empty"))])
            return empty.adjust_cell_length(width, self.rich_style)
        scroll_x, scroll_y = self.scroll_offset
        number = scroll_y + y
        if number >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        strip = self.strips.get((number, scroll_x))
        if strip is None:
            strip = self._strip(number, scroll_x, width)
            self.strips[(number, scroll_x)] = strip
        return strip

    def _strip(self, number: int, scroll_x: int, width: int) -> Strip:
        assert self._rows is not None
        row = self._rows.row(number)
        if row.line is None or row.line.kind is LineKind.NOTE:
            return self._words_strip(number, row, width)
        style, line = self.get_component_rich_style, row.line
        cells = self._rows.number_cells
        old = "" if line.old_no is None or row.part else str(line.old_no)
        new = "" if line.new_no is None or row.part else str(line.new_no)
        base = style(f"diff--{line.kind}")
        sign = base if line.kind is LineKind.CONTEXT else style(f"diff--sign-{line.kind}")
        numbers = Segment(f" {old:>{cells}} {new:>{cells}} ", style("diff--gutter"))
        gutter = [numbers, Segment(f" {' ' if row.part else SIGNS[line.kind]} ", sign)]
        room = self.view_cells - self._rows.gutter_cells
        if self.wraps:
            text, start = row.text[row.start : row.end], row.start
        else:
            text, start = cell_slice(row.text, scroll_x, room)
        spans = [*self._syntax_spans(row, start), *self.selected(number, self._rows.gutter_cells + start, len(text))]
        code = Strip(overlaid(text, base, spans)).apply_offsets(self._rows.gutter_cells + start, number)
        return Strip.join([Strip(gutter).apply_offsets(0, number), code]).adjust_cell_length(width, base)

    def _words_strip(self, number: int, row: DiffRow, width: int) -> Strip:
        """A hunk's head or a note: words that do not scroll sideways."""
        assert self._rows is not None
        if row.line is not None:
            name, indent = "diff--note", self._rows.gutter_cells
        elif row.hunk < 0:
            name, indent = "diff--note", 1
        else:
            name, indent = "diff--head-current" if row.hunk == self.hunk else "diff--head", 1
        style = self.get_component_rich_style(name)
        text, _ = cell_slice(row.text[row.start : row.end], 0, max(0, self.view_cells - indent))
        if row.line is None and is_ascii(self.app):
            text = text.replace("−", "-", 1)  # our own sign, in the hunk's head
        words = overlaid(text, style, self.selected(number, indent, len(text)))
        strip = Strip([Segment(" " * indent, style), *words]).apply_offsets(0, number)
        return strip.adjust_cell_length(width, style)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected code without numbers and signs; wrapped lines are joined."""
        rows = self._rows
        if rows is None:
            return None
        first = 0 if selection.start is None else max(0, selection.start.y)
        last = len(rows) - 1 if selection.end is None else min(selection.end.y, len(rows) - 1)
        pieces: list[str] = []
        for number in range(first, last + 1):
            row = rows.row(number)
            if pieces and not row.part:
                pieces.append("\n")
            column = 1 if row.line is None else rows.gutter_cells
            start, end = selection.get_span(number) or (0, -1)
            stop = row.end if end == -1 else min(row.end, end - column)
            pieces.append(row.text[max(row.start, start - column) : max(0, stop)])
        return "".join(pieces), "\n"

    # Highlighting, a block at a time, behind the painting.

    def _syntax_spans(self, row: DiffRow, start: int) -> list[Span]:
        block = (row.hunk, row.line_index // _BLOCK_LINES)
        known = self._syntax.get(block)
        if known is None:
            self._want(block)
            return []
        style = partial(self.get_component_rich_style, partial=True)
        spans: list[Span] = []
        for span in known[row.line_index % _BLOCK_LINES]:
            over: Style = style(f"diff--{span.role}")
            spans.append((span.start - start, span.end - start, over))
        return spans

    def _want(self, block: _Block) -> None:
        if block not in self._wanted:
            self._wanted.append(block)
            if len(self._wanted) == 1:
                self._highlight()

    @work(name="syntax", group="syntax", exclusive=True)
    async def _highlight(self) -> None:
        """Highlights what painting asked for, the newest wish first, in a thread."""
        while self._wanted and self._rows is not None:
            patch, (hunk, number) = self._rows.patch, self._wanted[-1]
            block = (hunk, number)
            lines = patch.hunks[hunk].lines[number * _BLOCK_LINES : (number + 1) * _BLOCK_LINES]
            spans = await asyncio.to_thread(_highlight_block, patch.change.path, lines)
            if self.patch is not patch:
                continue
            self._syntax[block] = spans
            self._wanted.remove(block)
            if any(spans):
                self.forget_strips()


def _highlight_block(path: str, lines: Sequence[DiffLine]) -> tuple["LineSpans", ...]:
    """The spans of a block. The old and the new side are read apart, each as the code that it is."""
    from codex_orch_tui.ui.presentation.syntax import highlight  # noqa: PLC0415 - loads Pygments, in this thread

    spans: list[LineSpans] = [()] * len(lines)
    for side in ((LineKind.CONTEXT, LineKind.ADDED), (LineKind.REMOVED,)):
        numbers = [number for number, line in enumerate(lines) if line.kind in side]
        texts = [bounded(lines[number].text) for number in numbers]
        for number, found in zip(numbers, highlight(path, texts), strict=True):
            spans[number] = found
    return tuple(spans)
