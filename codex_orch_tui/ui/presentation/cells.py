"""Text measured and wrapped in terminal cells.

Wrapping is done by compiled patterns over a string in which one character is one cell, because counting the lines of
a text has to cost about a microsecond: a flood brings thousands of entries a frame, and a resize counts every line.
"""

import re
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes

_FILLER = "\uffff"
"""Stands for the second cell of a wide character; a noncharacter, so no text holds it on purpose."""

_MARK = "\ufffe"
"""Stands for marks without a character of their own."""

_ODD = re.compile("[^\n -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205e\u2190-\u2199\u2500-\u25fc]")
"""A character that may be wide, combining or joined. All others are known to take one cell and to stand alone."""


class CellText(NamedTuple):
    """Text with wide characters as a string of one character per cell, and the text index of each cell."""

    cells: str
    offsets: Sequence[int]


def cell_text(text: str) -> CellText | None:
    """The text by cells, or None when each of its characters is one cell wide."""
    if text.isascii() or _ODD.search(text) is None:
        return None
    cells: list[str] = []
    offsets = array("L")
    position = 0
    for paragraph in text.split("\n"):
        if position:
            cells.append("\n")
            offsets.append(position - 1)
        begin = len(offsets)
        for start, end, width in split_graphemes(paragraph)[0]:
            if width:
                # A blank with marks on it is no place to break a line: they would be lost with it.
                sign = _MARK if paragraph[start] == " " and end > start + 1 else paragraph[start]
                cells.append(sign if width == 1 else sign + _FILLER)
                offsets.extend([position + start] * width)
        if paragraph and len(offsets) == begin:
            # Marks with nothing to stand on: a cell, so that they are not lost.
            cells.append(_MARK)
            offsets.append(position)
        elif paragraph:
            offsets[begin] = position
        position += len(paragraph) + 1
    offsets.append(len(text))
    return CellText("".join(cells), offsets)


@lru_cache(512)
def line_pattern(width: int, is_verbatim: bool) -> re.Pattern[str]:
    """Matches one visual line after another. At the end of the text it matches once more, empty."""
    if is_verbatim:
        return re.compile(rf"([^\n]{{0,{width}}}(?!{_FILLER}))\n?")
    fits = rf"[^\n]{{0,{width}}}+(?=\n|\Z)"
    words = rf"[^\n]{{0,{width - 1}}}\S(?= )"
    chopped = rf"[^\n]{{1,{width}}}(?!{_FILLER})"
    return re.compile(rf"({fits}|{words}|{chopped})(?:\n| +\n?)?")


def line_spans(cells: str, first: int, rest: int, is_verbatim: bool) -> Sequence[tuple[int, int]]:
    """The spans of the visual lines in `cells`: the first at most `first` cells wide, the others `rest`."""
    if len(cells) <= first and "\n" not in cells:
        return [(0, len(cells))]
    spans: list[tuple[int, int]] = []
    position = 0
    if first != rest:
        match = line_pattern(first, is_verbatim).match(cells)
        assert match is not None
        spans.append(match.span(1))
        position = match.end()
        if position == len(cells):
            return spans
    found = [match.span(1) for match in line_pattern(rest, is_verbatim).finditer(cells, position)]
    return spans + (found[:-1] or found)


def middle_cut(text: str, cells: int) -> str:
    """A single line in at most so many cells; where it is longer, a mark stands for its middle: its end tells most."""
    length = cell_len(text)
    if length <= cells:
        return text
    head = cells // 3
    tail = cells - head - 1
    return f"{cell_slice(text, 0, head)[0].rstrip()}…{cell_slice(text, length - tail, tail)[0].lstrip()}"


def cell_slice(text: str, start: int, width: int) -> tuple[str, int]:
    """What is seen of a single line through a window of `width` cells that begins at cell `start`.

    Returns:
        The visible text, with a space for a wide character that the window's edge cuts, and the index in `text` of
        its first character.
    """
    wide = cell_text(text)
    if wide is None:
        return text[start : start + width], min(start, len(text))
    cells, offsets = wide
    stop = min(start + width, len(cells))
    if start >= stop:
        return "", len(text)
    head = " " if cells[start] == _FILLER else ""
    tail = " " if cells[stop : stop + 1] == _FILLER else ""
    begin = start + len(head)
    return head + text[offsets[begin] : offsets[max(begin, stop - len(tail))]] + tail, offsets[start]
