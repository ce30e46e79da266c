"""Log entries as visual lines: columns, hanging indent, wrapping by terminal cells.

12:38:31  $ pytest -q tests/test_search.py            exit 1 · 4.2s
            2 failed, 11 passed
12:38:40  “ The two failures come from the empty query case; I will
            handle it in parse_query.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.ui.presentation.cells import CellText, line_pattern, line_spans
from codex_orch_tui.ui.presentation.glyphs import LOG_LOOKS

MAX_ENTRY_CHARS = 10_000
"""An entry shows no more than this; the raw log has the rest."""
_MAX_REMARK_CELLS = 40
_MIN_TEXT_CELLS = 8
_MIN_FIRST_CELLS = 24
_TIMED_FROM_CELLS = 50
_TIME_CELLS = 8


@dataclass(frozen=True, slots=True)
class LogLayout:
    """Columns for a pane of `width` cells. `is_bare` leaves out time and sign (raw lines)."""

    width: int
    is_bare: bool = False

    @property
    def shows_time(self) -> bool:
        """Whether there is room for the time column."""
        return not self.is_bare and self.width >= _TIMED_FROM_CELLS

    @property
    def text_column(self) -> int:
        """Cells before the text: a margin, the time, a gap, the sign, a gap."""
        if self.is_bare:
            return 1
        return _TIME_CELLS + 5 if self.shows_time else 3

    @property
    def text_cells(self) -> int:
        """Cells for the text, up to the right edge."""
        return max(_MIN_TEXT_CELLS, self.width - self.text_column)


class LogLine(NamedTuple):
    """One visual line of an entry. `start` and `end` are the span of `text` in the entry's shown text.

    `is_soft` marks a line that only wrapping began: copied text joins it to the line before.
    """

    text: str
    start: int
    end: int
    remark: str
    is_soft: bool


def raw_entries(lines: Iterable[str | bytes]) -> list[LogEntry]:
    """Raw lines of events.jsonl as entries, cleaned here: the file has them as a worker wrote them."""
    texts = (line.decode("utf-8", "replace") if isinstance(line, bytes) else line for line in lines)
    return [LogEntry(LogKind.OUTPUT, clean_line(text.rstrip("\r\n")), continues=True) for text in texts]


def clipped(entry: LogEntry) -> LogEntry:
    """The entry, bounded: a megabyte in one line neither stalls the view nor fills the memory."""
    text = entry.text
    if len(text) > MAX_ENTRY_CHARS:
        cut = len(text) - MAX_ENTRY_CHARS
        text = f"{text[:MAX_ENTRY_CHARS]} … +{cut:,} chars"
    if text.endswith("\n"):
        text = text.rstrip("\n")
    remark = entry.remark
    if len(remark) > _MAX_REMARK_CELLS // 2:
        remark = _shortened(remark, _MAX_REMARK_CELLS)
    if text is entry.text and remark is entry.remark:
        return entry
    return replace(entry, text=text, remark=remark)


def _first_cells(entry: LogEntry, layout: LogLayout) -> int:
    """Cells for the first line, which shares its row with the remark; 0 when the remark needs a row of its own."""
    room = layout.text_cells - cell_len(entry.remark) - 2
    return room if room >= _MIN_FIRST_CELLS else 0


def count_lines(entry: LogEntry, wide: CellText | None, layout: LogLayout) -> int:
    """How many visual lines the entry takes; the same as `len(wrap(...))`, without building them."""
    cells = entry.text if wide is None else wide.cells
    rest = layout.text_cells
    first = rest
    count = 0
    if entry.remark:
        first = _first_cells(entry, layout)
        if not first:
            first, count = rest, 1
    if len(cells) <= first and "\n" not in cells:
        return count + 1
    is_verbatim = LOG_LOOKS[entry.kind].is_verbatim
    position = 0
    if first != rest:
        match = line_pattern(first, is_verbatim).match(cells)
        assert match is not None
        position = match.end()
        count += 1
        if position == len(cells):
            return count
    found = len(line_pattern(rest, is_verbatim).findall(cells, position))
    return count + max(1, found - 1)


def wrap(entry: LogEntry, wide: CellText | None, layout: LogLayout) -> tuple[LogLine, ...]:
    """The entry's visual lines, at least one. Hard breaks are kept; the remark stands on the first line."""
    is_verbatim = LOG_LOOKS[entry.kind].is_verbatim
    text = entry.text
    cells = text if wide is None else wide.cells
    rest = layout.text_cells
    first = _first_cells(entry, layout) if entry.remark else rest
    spans = line_spans(cells, first or rest, rest, is_verbatim)
    lines: list[LogLine] = []
    for number, (begin, stop) in enumerate(spans):
        start, end = (begin, stop) if wide is None else (wide.offsets[begin], wide.offsets[stop])
        remark = entry.remark if number == 0 and first else ""
        is_soft = number > 0 and cells[begin - 1 : begin] != "\n"
        lines.append(LogLine(text[start:end], start, end, remark, is_soft))
    if entry.remark and not first:
        lines.append(LogLine("", len(text), len(text), _shortened(entry.remark, rest), True))
    return tuple(lines)


def _shortened(text: str, cells: int) -> str:
    return text if cell_len(text) <= cells else set_cell_size(text, cells - 1) + "…"


def clock(time_s: float | None) -> str:
    """HH:MM:SS in local time; blank of the same width when the time is not known."""
    return " " * _TIME_CELLS if time_s is None else _clock(int(time_s))


@lru_cache(1024)
def _clock(second: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(second))
