"""The line at the top, the line of panes for narrow screens, and the line of keys at the bottom."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.status import Piece, StatusLine

_GAP = "   "
_DOT = " · "


class StatusBar(Widget):
    """Shows a status line in one row; the parts with the highest rank go first when there is too little room."""

    DEFAULT_CSS = """
    StatusBar { height: 1; width: 1fr; padding: 0 1; background: $background; color: $text-muted; }
    """
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        """Makes an empty line."""
        super().__init__(id=id)
        self._line = StatusLine((), (), ())

    def show(self, line: StatusLine) -> None:
        """Shows another line; without effect when it is the same."""
        if line != self._line:
            self._line = line
            self.refresh()

    def render(self) -> Content:
        """The line at the present width."""
        return fitted(self._line, self.content_size.width)


def fitted(line: StatusLine, width: int) -> Content:
    """The line in exactly `width` cells: left, then counts and right flush right."""
    left, counts, right = list(line.left), list(line.counts), list(line.right)
    while _cells(left, _GAP) + _cells(counts, _DOT) + _cells(right, "  ") + 2 * len(_GAP) > width:
        groups = (left, counts, right)
        rank, group, piece = max(
            ((piece.rank, index, piece) for index, each in enumerate(groups) for piece in each),
            key=lambda found: found[0],
            default=(0, 0, Piece("")),
        )
        if rank == 0:
            break
        groups[group].remove(piece)
    end = _joined(counts, _DOT)
    if right:
        end = Content.assemble(end, _GAP if counts else "", _joined(right, "  "))
    start = _joined(left, _GAP)
    space = width - start.cell_length - end.cell_length
    if space < 1:
        return Content.assemble(end, " ", start)
    return Content.assemble(start, " " * space, end)


def _cells(pieces: Sequence[Piece], gap: str) -> int:
    return sum(cell_len(piece.text) for piece in pieces) + len(gap) * max(0, len(pieces) - 1)


def _joined(pieces: Sequence[Piece], gap: str) -> Content:
    return Content(gap).join(
        Content.styled(piece.text, f"bold {piece.tone.colour}" if piece.tone is Tone.ASKS else piece.tone.colour)
        for piece in pieces
    )


class PaneTabs(Widget):
    """The panes by name and number, for screens that show one at a time."""

    DEFAULT_CSS = """
    PaneTabs { height: 1; width: 1fr; padding: 0 1; background: $background; color: $text-muted; }
    """
    ALLOW_SELECT = False
    NAMES: ClassVar[tuple[str, ...]] = ("Worktrees", "Tasks", "Log", "Needs you")

    class Picked(Message):
        """A pane was clicked; `number` counts from 1."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        """Makes the tabs with the first one in front."""
        super().__init__(id=id)
        self._front = 1
        self._waiting = 0
        self._is_numbered = True

    def show(self, front: int, waiting: int, *, is_numbered: bool = True) -> None:
        """Shows which pane is in front and how many questions wait; the numbers only while they lead to the panes."""
        if (front, waiting, is_numbered) != (self._front, self._waiting, self._is_numbered):
            self._front, self._waiting, self._is_numbered = front, waiting, is_numbered
            self.refresh()

    def render(self) -> Content:
        """The tabs; the one in front underlined, so that it is told without colour."""
        return Content("   ").join(self._tab(number) for number in range(1, len(self.NAMES) + 1))

    def _tab(self, number: int) -> Content:
        style = "bold underline $foreground" if number == self._front else "$text-muted"
        # A blank in place of the number: the names stay where they are.
        tab = Content.styled(f"{number if self._is_numbered else ' '} {self.NAMES[number - 1]}", style)
        if number == len(self.NAMES) and self._waiting:
            tab = Content.assemble(tab, " ", Content.styled(f"!{self._waiting}", "bold $text-warning"))
        return tab

    def on_click(self, event: events.Click) -> None:
        """A click picks the pane."""
        offset, start = event.get_content_offset(self), 0
        for number in range(1, len(self.NAMES) + 1):
            end = start + self._tab(number).cell_length
            if offset is not None and start <= offset.x < end:
                self.post_message(self.Picked(number))
                return
            start = end + 3


class KeyHint(NamedTuple):
    """A key, what it does, how long it stays in a short line (1 longest), and whether it can be done now."""

    key: str
    label: str
    rank: int
    is_possible: bool = True


class KeyBar(Widget):
    """The line of keys: as many as fit, those that cannot be used now are dim."""

    DEFAULT_CSS = """
    KeyBar { height: 1; width: 1fr; padding: 0 1; background: $background; color: $text-muted; }
    """
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        """Makes an empty line."""
        super().__init__(id=id)
        self._hints: tuple[KeyHint, ...] = ()

    @property
    def hints(self) -> tuple[KeyHint, ...]:
        """What is shown, where there is room."""
        return self._hints

    def show(self, hints: Sequence[KeyHint]) -> None:
        """Shows other keys; without effect when they are the same."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self.refresh()

    def render(self) -> Content:
        """The keys that fit, in the order of the table."""
        return Content("  ").join(_hint(hint) for hint in fitting(self._hints, self.content_size.width))


def fitting(hints: Sequence[KeyHint], width: int) -> list[KeyHint]:
    """The hints with the lowest ranks that fit, possible ones first, in their own order."""
    kept: set[int] = set()
    used = 0
    for index in sorted(range(len(hints)), key=lambda index: (not hints[index].is_possible, hints[index].rank)):
        cells = cell_len(hints[index].key) + 1 + cell_len(hints[index].label) + (2 if kept else 0)
        if used + cells <= width:
            kept.add(index)
            used += cells
    return [hint for index, hint in enumerate(hints) if index in kept]


def _hint(hint: KeyHint) -> Content:
    if hint.is_possible:
        return Content.assemble(Content.styled(hint.key, "bold $foreground"), " ", hint.label)
    return Content.styled(f"{hint.key} {hint.label}", "$text-disabled")
