"""Text in paragraphs: a label column, a hanging indent, wrapped by terminal cells and never cut."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from codex_orch_tui.domain.review import LineKind
from codex_orch_tui.ui.presentation.cells import cell_text, line_spans
from codex_orch_tui.ui.presentation.glyphs import Tone

_MIN_TEXT_CELLS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph of clean text; newlines in it begin new rows.

    `label` stands before the text in a column of `label_cells`; `indent` is left free before both. `remark` stands at
    the right edge of the first row. `is_verbatim` text wraps at the edge, as a terminal does, and not between words.
    """

    text: str
    label: str = ""
    label_cells: int = 0
    indent: int = 1
    remark: str = ""
    tone: Tone = Tone.PLAIN
    label_tone: Tone = Tone.QUIET
    is_strong: bool = False
    is_verbatim: bool = False
    side: LineKind | None = None
    """The paragraph is a line of a diff."""


BLANK = Paragraph(text="")
_IN_COLUMN = 1
"""Label cells of a paragraph that takes part in the column of labels, until `aligned` knows how wide that is."""


def labelled(
    label: str, text: str, *, is_verbatim: bool = False, is_strong: bool = False, tone: Tone = Tone.PLAIN
) -> Paragraph:
    """A paragraph with a word before it, in the column of labels that `aligned` makes; the word may be empty."""
    return Paragraph(
        text=text,
        label=label,
        label_cells=_IN_COLUMN,
        indent=3,
        is_verbatim=is_verbatim,
        is_strong=is_strong,
        tone=tone,
    )


def aligned(paragraphs: Sequence[Paragraph]) -> tuple[Paragraph, ...]:
    """The paragraphs with one column for all labels that are words."""
    in_column = [paragraph for paragraph in paragraphs if paragraph.label_cells == _IN_COLUMN]
    cells = max((cell_len(paragraph.label) + 2 for paragraph in in_column), default=0)
    return tuple(
        replace(paragraph, label_cells=cells) if paragraph.label_cells == _IN_COLUMN else paragraph
        for paragraph in paragraphs
    )


class TextRow(NamedTuple):
    """One row on screen: the paragraph's index and the span of its text."""

    paragraph: int
    start: int
    end: int
    is_first: bool


def text_column(paragraph: Paragraph) -> int:
    """Cells before the text."""
    return paragraph.indent + max(paragraph.label_cells, cell_len(paragraph.label) + 1 if paragraph.label else 0)


def rows(paragraphs: Sequence[Paragraph], width: int) -> list[TextRow]:
    """The rows of all paragraphs in a view of `width` cells, of which the last stays free."""
    return [
        TextRow(index, start, end, number == 0)
        for index, paragraph in enumerate(paragraphs)
        for number, (start, end) in enumerate(_spans(paragraph, width))
    ]


def _spans(paragraph: Paragraph, width: int) -> Sequence[tuple[int, int]]:
    rest = max(_MIN_TEXT_CELLS, width - text_column(paragraph) - 1)
    first = max(_MIN_TEXT_CELLS, rest - cell_len(paragraph.remark) - 2) if paragraph.remark else rest
    wide = cell_text(paragraph.text)
    if wide is None:
        return line_spans(paragraph.text, first, rest, paragraph.is_verbatim)
    spans = line_spans(wide.cells, first, rest, paragraph.is_verbatim)
    return [(wide.offsets[start], wide.offsets[end]) for start, end in spans]


def plain_text(paragraphs: Sequence[Paragraph]) -> str:
    """All of it as text, a paragraph a line: for tests and the clipboard."""
    return "\n".join(
        " ".join(part for part in (paragraph.label, paragraph.text, paragraph.remark) if part)
        for paragraph in paragraphs
    )


def painted_rows(paragraphs: Sequence[Paragraph], width: int) -> list[str]:
    """The rows as they are painted in a view of `width` cells, without blanks at their ends."""
    shown = []
    for row in rows(paragraphs, width):
        paragraph = paragraphs[row.paragraph]
        label = paragraph.label if row.is_first else ""
        head = set_cell_size(" " * paragraph.indent + label, text_column(paragraph))
        text = head + paragraph.text[row.start : row.end]
        shown.append((f"{text}  {paragraph.remark}" if paragraph.remark and row.is_first else text).rstrip())
    return shown
