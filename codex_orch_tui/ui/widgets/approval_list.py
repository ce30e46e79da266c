"""All open questions at a glance, above the card of one of them."""

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from codex_orch_tui.domain.ids import ApprovalId
from codex_orch_tui.ui.presentation.approval_rows import (
    PendingRow,
    Piece,
    line_pieces,
    row_pieces,
    window,
    worker_column,
)
from codex_orch_tui.ui.presentation.glyphs import Tone

MAX_ROWS = 5
_MIN_CELLS, _MIN_SCREEN_ROWS = 90, 36
"""With less room it is one line: the card needs the rest."""


class ApprovalList(Widget):
    """Rows of questions, the one on the card marked; one line where there is little room. It takes no focus."""

    DEFAULT_CSS = """
    ApprovalList { width: 1fr; height: auto; padding: 0 1; margin-bottom: 1; }
    """

    class Picked(Message):
        """The person clicked on a question."""

        def __init__(self, approval_id: ApprovalId) -> None:
            super().__init__()
            self.approval_id = approval_id

    def __init__(self) -> None:
        """Makes an empty list."""
        super().__init__()
        self._rows: tuple[PendingRow, ...] = ()
        self._shown = 0

    def show(self, rows: Sequence[PendingRow], shown: int) -> None:
        """Shows the questions; without effect when they are the same.

        Args:
            rows: Oldest first.
            shown: The position of the one on the card.
        """
        is_new = len(rows) != len(self._rows)
        if tuple(rows) == self._rows and shown == self._shown:
            return
        self._rows, self._shown = tuple(rows), shown
        self.refresh(layout=is_new)

    def row_count(self, width: int) -> int:
        """Rows that it takes in `width` cells; 0 for one question, which needs no list."""
        if len(self._rows) < 2:
            return 0
        return 1 if self._is_line(width) else min(MAX_ROWS, len(self._rows))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """All rows at that width."""
        return self.row_count(width)

    def _is_line(self, width: int) -> bool:
        return width < _MIN_CELLS or self.app.size.height < _MIN_SCREEN_ROWS

    def _window(self) -> tuple[int, int, int]:
        """The first row that is seen, the one after the last, and how many are not."""
        count = len(self._rows)
        size = MAX_ROWS if count <= MAX_ROWS else MAX_ROWS - 1
        begin, end = window(self._rows, self._shown, size)
        return begin, end, count - (end - begin)

    def render(self) -> Content:
        """The rows at the present width."""
        width = self.content_size.width
        if self._is_line(width):
            return _content(line_pieces(self._rows, self._shown, width))
        begin, end, hidden = self._window()
        cells = worker_column(self._rows)
        lines = [
            _content(row_pieces(self._rows[index], width, cells, is_shown=index == self._shown))
            for index in range(begin, end)
        ]
        if hidden:
            lines.append(_content([(f"  {hidden} more".rjust(8), Tone.QUIET)]))
        return Content("\n").join(lines)

    def on_click(self, event: events.Click) -> None:
        """To the question that was clicked."""
        begin, end, _ = self._window()
        place = begin + event.y
        if not self._is_line(self.content_size.width) and place < end:
            self.post_message(self.Picked(self._rows[place].id))


def _content(pieces: Sequence[Piece]) -> Content:
    return Content.assemble(*((text, tone.colour) for text, tone in pieces))
