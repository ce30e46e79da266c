"""A log as lines for a pipe or a terminal: the readable one, and the worker's own JSONL without secrets."""

import json
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from codex_orch_tui.cli.log_source import LogSource
from codex_orch_tui.codex.raw_view import shown_lines
from codex_orch_tui.domain.key_marks import off_screen
from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.store.raw_log import RawLine, RawLogReader
from codex_orch_tui.ui.presentation.glyphs import LOG_LOOKS

SCHEMA_VERSION = 1
_PAGE_BYTES = 256 * 1024
_NO_TIME = " " * 8
_OURS = frozenset({LogKind.NOTE, LogKind.WARNING, LogKind.ERROR})
"""Entries with sentences of ours."""


class ReadText:
    """The readable log.

    Args:
        source: the task.
        as_json: an object for each entry in place of lines.
    """

    def __init__(self, source: LogSource, *, as_json: bool) -> None:
        self._log = source.log()
        self._as_json = as_json

    def last(self, count: int) -> list[str]:
        """The last lines."""
        lines = deque(self._lines(self._log.tail()), maxlen=count)
        while len(lines) < count and self._log.has_older:
            older = self._lines(self._log.older())
            lines.extendleft(reversed(older[-(count - len(lines)) :]))
        return list(lines)

    def everything(self) -> Iterator[list[str]]:
        """All of it, piece by piece."""
        for entries in self._log.from_start():
            yield self._lines(entries)

    def added(self) -> list[str]:
        """What came since the last call."""
        return self._lines(self._log.added())

    def _lines(self, entries: Iterable[LogEntry]) -> list[str]:
        if self._as_json:
            return [_json_of(entry) for entry in entries]
        return [line for entry in entries for line in _lines_of(entry)]


class RawText:
    """The worker's own lines.

    Args:
        source: the task.
    """

    def __init__(self, source: LogSource) -> None:
        self._reader = RawLogReader(source.events_path)
        self._next = 0

    def last(self, count: int) -> list[str]:
        """The last lines."""
        start = end = self._reader.size_bytes
        lines: deque[RawLine] = deque()
        while len(lines) < count and start > 0:
            before, start = self._reader.read_before(start, _PAGE_BYTES)
            lines.extendleft(reversed(before[-(count - len(lines)) :]))
        self._next = lines[-1].offset + lines[-1].size_bytes + 1 if lines else end
        return self._shown(list(lines))

    def everything(self) -> Iterator[list[str]]:
        """All of it, piece by piece."""
        self._next = 0
        while told := self.added():
            yield told

    def added(self) -> list[str]:
        """The next piece since the last call; empty at the end."""
        lines, self._next = self._reader.read_after(self._next, _PAGE_BYTES)
        return self._shown(lines)

    def _shown(self, lines: Sequence[RawLine]) -> list[str]:
        whole = [self._whole(line) if line.is_cut else line for line in lines]
        return [clean_line(text) for text in shown_lines((line.data, line.is_cut) for line in whole)]

    def _whole(self, line: RawLine) -> RawLine:
        """A line that is longer than a page: JSON that is cut is no JSON."""
        lines, _ = self._reader.read_after(line.offset, line.size_bytes + 1)
        return lines[0]


def _lines_of(entry: LogEntry) -> Iterator[str]:
    """An entry as lines: time and sign before the first, its remark behind the last."""
    look = LOG_LOOKS[entry.kind]
    sign = "" if entry.continues else look.sign if _prints(look.sign) else look.ascii_sign
    at = (
        _NO_TIME if entry.continues or entry.time_s is None else time.strftime("%H:%M:%S", time.localtime(entry.time_s))
    )
    texts = (off_screen(entry.text) if entry.kind in _OURS else entry.text).split("\n")
    for number, text in enumerate(texts):
        remark = f"  ({entry.remark})" if entry.remark and number == len(texts) - 1 else ""
        before = f"{at}  {sign:<2}" if number == 0 else f"{_NO_TIME}    "
        yield clean_line(f"{before}{text}{remark}".rstrip())


def _json_of(entry: LogEntry) -> str:
    document = {
        "schema_version": SCHEMA_VERSION,
        "time_s": entry.time_s,
        "kind": entry.kind.value,
        "text": entry.text,
        "remark": entry.remark,
        "continues": entry.continues,
    }
    return json.dumps(document, ensure_ascii=False)


def _prints(text: str) -> bool:
    """Stdout's encoding has the characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
