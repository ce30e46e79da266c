"""Paragraphs on screen. Only the rows that are seen are painted, however long the text is."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from codex_orch_tui.domain.review import LineKind
from codex_orch_tui.ui.presentation.paragraphs import Paragraph, TextRow, painted_rows, rows, text_column
from codex_orch_tui.ui.widgets.line_view import overlaid, selected_spans

_HELD_WIDTHS = 3
"""A layout asks for the height at more than one width before it settles."""


class ParagraphView(Widget):
    """Shows paragraphs at its full height; put it into a scrolling container when they may be long.

    The texts come cleaned (terminal_text) and are never read as markup.
    """

    ALLOW_SELECT = True
    DEFAULT_CSS = """
    ParagraphView {
        width: 1fr;
        height: auto;
        & .text--plain { color: $foreground; }
        & .text--quiet { color: $text-muted; }
        & .text--accent { color: $text-accent; }
        & .text--asks { color: $text-warning; }
        & .text--good { color: $text-success; }
        & .text--bad { color: $text-error; }
        & .text--added { color: $foreground; background: $success 14%; }
        & .text--removed { color: $foreground; background: $error 14%; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "text--plain",
        "text--quiet",
        "text--accent",
        "text--asks",
        "text--good",
        "text--bad",
        "text--added",
        "text--removed",
    }

    def __init__(
        self,
        paragraphs: Sequence[Paragraph] = (),
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
    ) -> None:
        """Makes a view of the paragraphs."""
        super().__init__(id=id, classes=classes)
        self._paragraphs = tuple(paragraphs)
        self._rows: dict[int, list[TextRow]] = {}

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """What is shown."""
        return self._paragraphs

    def show(self, paragraphs: Sequence[Paragraph]) -> None:
        """Shows other paragraphs; without effect when they are the same."""
        shown = tuple(paragraphs)
        if shown == self._paragraphs:
            return
        self._paragraphs = shown
        self._rows.clear()
        self.refresh(layout=True)

    def row_count(self, width: int) -> int:
        """Rows that the paragraphs take in a view of `width` cells."""
        return len(self._laid_out(width))

    def painted_rows(self) -> list[str]:
        """All rows as text, wrapped as they are at the present width."""
        return painted_rows(self._paragraphs, max(1, self.content_size.width))

    def row_of_paragraph_end(self, index: int) -> int:
        """How many rows there are up to the end of a paragraph, at the present width."""
        return sum(1 for row in self._laid_out(self.content_size.width) if row.paragraph <= index)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """All rows at that width."""
        return self.row_count(width)

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002
        """As wide as there is room."""
        return container.width

    def _laid_out(self, width: int) -> list[TextRow]:
        found = self._rows.get(width)
        if found is None:
            if len(self._rows) >= _HELD_WIDTHS:
                self._rows.clear()
            found = self._rows[width] = rows(self._paragraphs, max(1, width))
        return found

    def _style(self, paragraph: Paragraph) -> Style:
        if paragraph.side in {LineKind.ADDED, LineKind.REMOVED}:
            return self.get_component_rich_style(f"text--{paragraph.side}")
        style = self.get_component_rich_style(f"text--{paragraph.tone}")
        return style + Style(bold=True) if paragraph.is_strong else style

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.content_size.width
        laid_out = self._laid_out(width)
        if y >= len(laid_out):
            return Strip.blank(width, self.rich_style)
        row = laid_out[y]
        paragraph = self._paragraphs[row.paragraph]
        style, quiet = self._style(paragraph), self.get_component_rich_style("text--quiet")
        column = text_column(paragraph)
        label = paragraph.label if row.is_first else ""
        label_style = style if paragraph.side else self.get_component_rich_style(f"text--{paragraph.label_tone}")
        head = Segment(f"{' ' * paragraph.indent}{label}".ljust(column), label_style)
        text = paragraph.text[row.start : row.end]
        body = Strip(overlaid(text, style, selected_spans(self, y, column, len(text)))).apply_offsets(column, y)
        strip = Strip.join([Strip([head]).apply_offsets(0, y), body])
        if paragraph.remark and row.is_first:
            gap = max(2, width - strip.cell_length - len(paragraph.remark) - 1)
            strip = Strip.join([strip, Strip([Segment(" " * gap, style), Segment(paragraph.remark, quiet)])])
        return strip.adjust_cell_length(width, style if paragraph.side else self.rich_style)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text without labels; rows that wrapping began are joined."""
        laid_out = self._laid_out(self.content_size.width)
        pieces: list[str] = []
        for y, row in enumerate(laid_out):
            span = selection.get_span(y)
            if span is None:
                continue
            paragraph = self._paragraphs[row.paragraph]
            column = text_column(paragraph)
            begin = row.start + max(0, span[0] - column)
            end = row.end if span[1] == -1 else min(row.end, row.start + max(0, span[1] - column))
            is_soft = not row.is_first and paragraph.text[row.start - 1 : row.start] != "\n"
            if pieces and not is_soft:
                pieces.append("\n")
            elif pieces and not paragraph.is_verbatim:
                pieces.append(" ")
            pieces.append(paragraph.text[begin:end])
        return "".join(pieces), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """The person selects text."""
        super().selection_updated(selection)
        self.refresh()
