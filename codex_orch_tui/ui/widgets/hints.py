"""A line of keys with what they do; wraps between keys and is never cut."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

_GAPS = ("   ", "  ")
"""Between two keys: the narrow one where it saves a line."""


class Hint(NamedTuple):
    """A key as it is pressed and what it does. It acts now, or only after another key."""

    key: str
    label: str
    acts_now: bool = True


def hint_lines(hints: Sequence[Hint], width: int, gap: str = _GAPS[0]) -> list[list[Hint]]:
    """The hints in lines of at most `width` cells; at least one hint a line."""
    lines: list[list[Hint]] = []
    used = 0
    for hint in hints:
        cells = cell_len(hint.key) + 1 + cell_len(hint.label)
        if lines and used + len(gap) + cells <= width:
            lines[-1].append(hint)
            used += len(gap) + cells
        else:
            lines.append([hint])
            used = cells
    return lines


def _laid_out(hints: Sequence[Hint], width: int) -> tuple[str, list[list[Hint]]]:
    """The gap that takes the fewest lines, and the lines."""
    return min(((gap, hint_lines(hints, max(1, width), gap)) for gap in _GAPS), key=lambda laid: len(laid[1]))


class Hints(Widget):
    """Keys and what they do, one or more rows high."""

    DEFAULT_CSS = """
    Hints { width: 1fr; height: auto; padding: 0 1; color: $text-muted; }
    """

    def __init__(
        self,
        hints: Sequence[Hint] = (),
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
    ) -> None:
        """Makes a line of hints."""
        super().__init__(id=id, classes=classes)
        self._hints = tuple(hints)

    @property
    def hints(self) -> tuple[Hint, ...]:
        """What is shown."""
        return self._hints

    def show(self, hints: Sequence[Hint]) -> None:
        """Shows other hints; without effect when they are the same."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self.refresh(layout=True)

    def row_count(self, width: int) -> int:
        """Rows that the hints take when the widget is `width` cells wide."""
        return len(_laid_out(self._hints, width - 2)[1])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """All lines at that width."""
        return len(_laid_out(self._hints, width)[1])

    def render(self) -> Content:
        """The lines at the present width."""
        gap, lines = _laid_out(self._hints, self.content_size.width)
        return Content("\n").join(
            Content(gap).join(
                Content.assemble((hint.key, "bold $foreground" if hint.acts_now else ""), (f" {hint.label}", ""))
                for hint in line
            )
            for line in lines
        )
