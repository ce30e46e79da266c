"""A list of rows with a cursor: what the worktree table and the task tree have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.ui.bindings import Where, bindings
from codex_orch_tui.ui.presentation.clock import elapsed
from codex_orch_tui.ui.presentation.rows import Row, Sheet
from codex_orch_tui.ui.widgets.line_view import LineView

_MIN_TEXT_CELLS = 12
_MIN_REMARK_CELLS = 6
"""A remark that is cut to less says nothing."""


class RowList(LineView):
    """Shows a sheet. The cursor stands on a row by its key and stays there whatever comes and goes around it."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    RowList {
        & .row--plain { color: $foreground; }
        & .row--quiet { color: $text-muted; }
        & .row--accent { color: $text-accent; }
        & .row--asks { color: $text-warning; text-style: bold; }
        & .row--good { color: $text-success; }
        & .row--bad { color: $text-error; }
        & .row--cursor { background: $block-cursor-blurred-background; }
        &:focus .row--cursor { background: $block-cursor-background; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row--plain",
        "row--quiet",
        "row--accent",
        "row--asks",
        "row--good",
        "row--bad",
        "row--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.LIST)
    has_marks: ClassVar[bool] = False
    """Whether there is a column for fold marks."""

    @dataclass
    class Moved(Message):
        """The person moved the cursor to another row."""

        list: "RowList"
        row: Row

        @property
        def control(self) -> "RowList":
            """The list."""
            return self.list

    @dataclass
    class Opened(Message):
        """The person pressed enter, or clicked the row that the cursor is on."""

        list: "RowList"
        row: Row

        @property
        def control(self) -> "RowList":
            """The list."""
            return self.list

    def __init__(self, *, empty_text: str, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        """Makes an empty list.

        Args:
            empty_text: What to say while there is no row; it names the next key.
            ascii_only: Fold marks for terminals without the others.
            id: The widget's id.
        """
        super().__init__(id=id)
        self.empty_text = empty_text
        self._marks = ("v", ">") if ascii_only else ("▾", "▸")
        self._sheet = Sheet()
        self._cursor = 0
        self._now_s = 0.0
        self._painted_tails: dict[str, str] = {}

    # -- what is shown ------------------------------------------------------------------------------------------

    @property
    def rows(self) -> Sheet:
        """What is shown."""
        return self._sheet

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor."""
        rows = self._sheet.rows
        return rows[self._cursor] if self._cursor < len(rows) else None

    def show(self, sheet: Sheet, now_s: float) -> None:
        """Shows other rows; repaints what differs."""
        old, self._sheet = self._sheet, sheet
        self._now_s = now_s
        before = old.rows[self._cursor] if self._cursor < len(old.rows) else None
        cursor = self._find(before)
        shift, self._cursor = cursor - self._cursor, cursor
        if len(old.rows) != len(sheet.rows):
            top = self.scroll_offset.y
            self.set_content_size(Size(self.size.width, len(sheet.rows)))
            if shift and top:
                self.place(max(0, min(top + shift, self.max_scroll_y)))
            self.refresh()
        elif (old.remark_cells, old.tail_cells) != (sheet.remark_cells, sheet.tail_cells) or shift:
            self.refresh()
        else:
            for index in self._seen():
                if old.rows[index] is not sheet.rows[index] and old.rows[index] != sheet.rows[index]:
                    self.refresh_lines(index)

    def tick(self, now_s: float) -> None:
        """Time has passed: repaints the running times that read differently now."""
        self._now_s = now_s
        for index in self._seen():
            row = self._sheet.rows[index]
            if row.since_s is not None and self._painted_tails.get(row.key) != elapsed(now_s - row.since_s):
                self.refresh_lines(index)

    def _seen(self) -> range:
        top = self.scroll_offset.y
        return range(top, min(top + self.view_lines, len(self._sheet.rows)))

    def _find(self, row: Row | None) -> int:
        """Where the row is now; its parent when it is gone, else where it was."""
        rows = self._sheet.rows
        if row is None or not rows:
            return 0
        if self._cursor < len(rows) and rows[self._cursor].key == row.key:
            return self._cursor
        places = {each.key: index for index, each in enumerate(rows)}
        for key in (row.key, row.parent):
            if key in places:
                return places[key]
        return min(self._cursor, len(rows) - 1)

    # -- the cursor ---------------------------------------------------------------------------------------------

    def select(self, ref: TaskRef | None) -> bool:
        """Puts the cursor on a task's first row, unless it is on a row of that task already; tells nobody.

        Returns:
            Whether the task has a row here.
        """
        row = self.cursor_row
        if ref is None or (row is not None and row.ref == ref):
            return True
        for index, each in enumerate(self._sheet.rows):
            if each.ref == ref:
                self._put_cursor(index)
                return True
        return False

    def move(self, index: int) -> None:
        """Moves the cursor on the person's account."""
        rows = self._sheet.rows
        index = max(0, min(index, len(rows) - 1))
        if rows and index != self._cursor:
            self._put_cursor(index)
            self.post_message(self.Moved(self, rows[index]))

    def _put_cursor(self, index: int) -> None:
        if index == self._cursor:
            return
        old, self._cursor = self._cursor, index
        self.cursor_moved()
        self.refresh_lines(old)
        self.refresh_lines(index)
        top = self.scroll_offset.y
        if index < top:
            self.place(index)
        elif index >= top + self.view_lines:
            self.place(index - self.view_lines + 1)

    def cursor_moved(self) -> None:
        """Called when the cursor stands on another row than before, for whatever reason."""

    def action_up(self) -> None:
        """One row up."""
        self.move(self._cursor - 1)

    def action_down(self) -> None:
        """One row down."""
        self.move(self._cursor + 1)

    def action_page_up(self) -> None:
        """One page up."""
        self.move(self._cursor - self.view_lines)

    def action_page_down(self) -> None:
        """One page down."""
        self.move(self._cursor + self.view_lines)

    def action_first(self) -> None:
        """To the first row."""
        self.move(0)

    def action_last(self) -> None:
        """To the last row."""
        self.move(len(self._sheet.rows) - 1)

    def action_open(self) -> None:
        """Tells that the person wants the row."""
        if (row := self.cursor_row) is not None:
            self.post_message(self.Opened(self, row))

    def action_fold(self) -> None:
        """Nothing folds here."""

    def action_leave(self) -> None:
        """Nothing folds here."""

    def action_enter(self) -> None:
        """Nothing folds here."""

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a click on the cursor opens."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = self.scroll_offset.y + offset.y
        if index >= len(self._sheet.rows):
            return
        if index == self._cursor:
            self.clicked(offset.x)
        else:
            self.move(index)

    def clicked(self, column: int) -> None:  # noqa: ARG002 - for lists with fold marks
        """Called when the row under the cursor is clicked, with the cell that was hit."""
        self.action_open()

    def on_resize(self, _event: events.Resize) -> None:
        """Another width, or height: the cursor stays in sight."""
        self.set_content_size(Size(self.size.width, len(self._sheet.rows)))
        top = self.scroll_offset.y
        if self._cursor >= top + self.view_lines:
            self.place(self._cursor - self.view_lines + 1)
        elif top > self.max_scroll_y:
            self.place(self.max_scroll_y)
        self.refresh()

    # -- painting -----------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line of the view."""
        width, rows = self.size.width, self._sheet.rows
        base = self.rich_style
        index = self.scroll_offset.y + y
        if not rows:
            text = f" {self.empty_text}" if y == 0 else ""
            return Strip([Segment(text, self.get_component_rich_style("row--quiet"))]).adjust_cell_length(width, base)
        if index >= len(rows):
            return Strip.blank(width, base)
        row = rows[index]
        strip = Strip(self._segments(row, width))
        if index == self._cursor:
            over = self.get_component_rich_style("row--cursor", partial=True)
            marked = Segment.apply_style(strip.adjust_cell_length(width, base), post_style=over)
            return Strip(marked, width)
        return strip.adjust_cell_length(width, base)

    def _style(self, tone: str) -> Style:
        return self.get_component_rich_style(f"row--{tone}")

    def _segments(self, row: Row, width: int) -> list[Segment]:
        left = [Segment(" " + "  " * row.depth, self._style("quiet"))]
        if self.has_marks:
            mark = " " if row.is_open is None else self._marks[0 if row.is_open else 1]
            left.append(Segment(f"{mark} ", self._style("quiet")))
        if row.sign:
            left.append(Segment(f"{row.sign} ", self._style(row.sign_tone)))
        room = width - sum(cell_len(segment.text) for segment in left) - 1
        right = self._fitted_right(row, room)
        right_cells = sum(cell_len(segment.text) for segment in right)
        if right:
            room -= right_cells + 2
        text = row.text if cell_len(row.text) <= room else set_cell_size(row.text, max(0, room - 1)) + "…"
        left.append(Segment(text, self._style(row.text_tone)))
        gap = room - cell_len(text) + (2 if right else 0)
        return [*left, Segment(" " * max(0, gap), self._style("quiet")), *right, Segment(" ", self._style("quiet"))]

    def _fitted_right(self, row: Row, room: int) -> list[Segment]:
        """What stands at the right: without details that leave too little for the text, cut or left out at the last."""
        text_cells = cell_len(row.text)
        details = row.details
        while True:
            right = self._right(row, row.remark, details)
            left_over = room - 2 - sum(cell_len(segment.text) for segment in right)
            if not details or left_over >= text_cells:
                break
            details = details[1:]
        if not right or left_over >= min(_MIN_TEXT_CELLS, text_cells):
            if not row.is_cut or left_over >= text_cells:
                return right
        elif not row.is_cut:
            return []
        # Both are cut: the remark to what the text leaves of the row, at least to half of it.
        least = min(text_cells, max(_MIN_TEXT_CELLS, room // 2))
        cells = cell_len(row.remark) - max(0, least - left_over)
        if cells >= cell_len(row.remark):
            return right
        return [] if cells < _MIN_REMARK_CELLS else self._right(row, set_cell_size(row.remark, cells - 1) + "…", ())

    def _right(self, row: Row, remark: str, details: Sequence[str]) -> list[Segment]:
        tail = row.tail
        if row.since_s is not None:
            tail = elapsed(self._now_s - row.since_s)
            self._painted_tails[row.key] = tail
        if not row.is_free:
            remark = remark.ljust(self._sheet.remark_cells)
            tail = tail.rjust(self._sheet.tail_cells)
        elif tail:
            tail = tail.rjust(self._sheet.tail_cells)
        segments = [Segment(f"{detail}  ", self._style("quiet")) for detail in details]
        if remark:
            segments.append(Segment(remark, self._style(row.remark_tone)))
        if tail:
            if segments:
                segments.append(Segment(" ", self._style("quiet")))
            segments.append(Segment(tail, self._style(row.tail_tone)))
        return segments
