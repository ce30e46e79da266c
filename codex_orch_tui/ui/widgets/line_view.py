"""The base of views that paint line by line: scrolling that stays put, sizes without a layout, styled spans."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.strip import Strip

_SIDE_STEP_CELLS = 8

Span = tuple[int, int, Style]
"""Start and end in characters, and a style that is laid over."""


class LineView(ScrollView, can_focus=True):
    """A ScrollView whose content is addressed by line and changes many times a second."""

    ALLOW_SELECT = True
    DEFAULT_CSS = """
    LineView {
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size: 1 1;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        &:focus { border: round $border; border-title-color: $foreground; }
    }
    """

    _is_placing = False
    empty_text = ""
    """What is said while there is nothing to show."""

    def __init__(self, **options: Any) -> None:
        """Makes an empty view; `options` are Textual's own."""
        super().__init__(**options)
        self.strips: LRUCache[tuple[int, int], Strip] = LRUCache(256)
        """Painted lines that still hold, by line and column of scrolling; for views that keep some."""

    def say_when_empty(self, text: str) -> None:
        """What is said from now on while there is no line."""
        if text != self.empty_text:
            self.empty_text = text
            self.refresh()

    def scroll_to(self, x: float | None = None, y: float | None = None, **options: Any) -> None:
        """Scrolls at once: an animation would aim at a line that has moved on when it arrives."""
        options["animate"] = False
        super().scroll_to(x, y, **options)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Tells scrolling by the person from a move that keeps the content in its place."""
        super().watch_scroll_y(old_value, new_value)
        if not self._is_placing and round(old_value) != round(new_value):
            self.scrolled()

    def scrolled(self) -> None:
        """Called when the person has scrolled vertically."""

    def notify_style_update(self) -> None:
        """Colours changed: nothing that was painted holds."""
        super().notify_style_update()
        self.strips.clear()

    def selection_updated(self, selection: Selection | None) -> None:
        """The person selects text: what was painted holds no more."""
        self.strips.clear()
        super().selection_updated(selection)

    def forget_strips(self) -> None:
        """Paints everything anew."""
        self.strips.clear()
        self.refresh()

    def selected(self, number: int, column: int, length: int) -> list[Span]:
        """The selected part of a line's text of `length` characters, the first of which has the offset `column`."""
        return selected_spans(self, number, column, length)

    @property
    def view_lines(self) -> int:
        """Lines that fit on the screen."""
        return max(1, self.container_size.height - self.scrollbar_size_horizontal)

    @property
    def view_cells(self) -> int:
        """Cells of a line that are seen; the scrollbar has its own column whether it is shown or not."""
        return self.scrollable_content_region.width

    def action_scroll_home(self) -> None:
        """To the beginning, at once."""
        self.scroll_home(animate=False)

    def action_scroll_end(self) -> None:
        """To the end, at once."""
        self.scroll_end(animate=False)

    def action_scroll_left(self) -> None:
        """Goes some columns to the left: one at a time is too slow for code."""
        self.scroll_to(x=self.scroll_x - _SIDE_STEP_CELLS)

    def action_scroll_right(self) -> None:
        """Goes some columns to the right."""
        self.scroll_to(x=self.scroll_x + _SIDE_STEP_CELLS)

    def place(self, y: int) -> None:
        """Scrolls on the program's account."""
        self._is_placing = True
        try:
            self.scroll_target_y = self.scroll_y = y
        finally:
            self._is_placing = False

    def set_content_size(self, size: Size) -> None:
        """Sets the virtual size without a layout of the whole screen: the widget's own size does not depend on it."""
        if size == self.virtual_size:
            return
        self._is_placing = True
        try:
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)
        finally:
            self._is_placing = False


def selected_spans(view: Widget, number: int, column: int, length: int) -> list[Span]:
    """What the person has selected of a line of a view.

    Args:
        view: The widget.
        number: The line's, as the widget tells selections.
        column: The offset of the first character of its text.
        length: Of the text, in characters.
    """
    selection = view.text_selection
    if selection is None or (span := selection.get_span(number)) is None:
        return []
    end = length if span[1] == -1 else span[1] - column
    return [(span[0] - column, end, view.selection_style)]


def overlaid(text: str, base: Style, spans: Iterable[Span]) -> Iterator[Segment]:
    """The text as segments, later spans over earlier ones."""
    spans = [(max(0, start), min(len(text), end), style) for start, end, style in spans]
    spans = [span for span in spans if span[0] < span[1]]
    if not spans:
        if text:
            yield Segment(text, base)
        return
    cuts = sorted({0, len(text), *(span[0] for span in spans), *(span[1] for span in spans)})
    for start, end in pairwise(cuts):
        style = base
        for span_start, span_end, over in spans:
            if span_start <= start and end <= span_end:
                style = style + over
        yield Segment(text[start:end], style)
