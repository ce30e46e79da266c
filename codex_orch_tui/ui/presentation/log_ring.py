"""A bounded ring of log entries that is addressed by visual line.

Visual lines have numbers that stay the same while entries come and go at both ends: caches, selections and matches
are keyed by them and need no shift. Only a change of the layout numbers the lines anew.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from codex_orch_tui.domain.log import LogEntry
from codex_orch_tui.ui.presentation.cells import CellText, cell_text
from codex_orch_tui.ui.presentation.log_lines import (
    LogLayout,
    LogLine,
    clipped,
    count_lines,
    wrap,
)

_ORIGIN = 1_000_000_000
"""The first line's number, so large that older entries can be put before it without a negative number."""
_COMPACT_FROM = 4096


class Place(NamedTuple):
    """Where a visual line comes from: its entry's index and its position among the entry's lines."""

    entry_index: int
    row: int


class Match(NamedTuple):
    """A found text: the entry's index and the span in its text."""

    entry_index: int
    start: int
    end: int


class LogRing:
    """Entries with their line counts. Indexes count entries from 0; prepended entries have negative ones."""

    def __init__(self, *, max_lines: int, max_chars: int, layout: LogLayout) -> None:
        """Makes an empty ring that holds at most `max_lines` visual lines and `max_chars` characters of text."""
        self.max_lines = max_lines
        self.max_chars = max_chars
        self.layout = layout
        self._wrapped: dict[int, tuple[LogLine, ...]] = {}
        self._tail: LogEntry | None = None
        self._tail_lines: tuple[LogLine, ...] = ()
        self._end = _ORIGIN
        self.reset(0)

    def reset(self, first_index: int) -> None:
        """Forgets every entry; the next one has the index `first_index`. No line number comes back."""
        self._entries: list[LogEntry] = []
        self._starts: list[int] = []
        self._wide: dict[int, CellText] = {}
        self._wrapped.clear()
        self._head = 0
        self._index_of_0 = first_index
        self._end += 2 * self.max_lines
        self._chars = 0

    @property
    def first_line(self) -> int:
        """The number of the oldest line."""
        return self._starts[self._head] if self._head < len(self._starts) else self._end

    @property
    def tail_line(self) -> int:
        """The number of the first line of the tail: the line after the last complete one."""
        return self._end

    @property
    def end_line(self) -> int:
        """The number after the last line, the tail's included."""
        return self._end + len(self._tail_lines)

    @property
    def line_count(self) -> int:
        """Visual lines, the tail's included."""
        return self.end_line - self.first_line

    @property
    def first_index(self) -> int:
        """The index of the oldest entry that is held."""
        return self._index_of_0 + self._head

    @property
    def end_index(self) -> int:
        """The index that the next entry will have; the tail's own index."""
        return self._index_of_0 + len(self._entries)

    @property
    def is_full(self) -> bool:
        """Whether more entries would push out old ones."""
        return self._end - self.first_line >= self.max_lines or self._chars >= self.max_chars

    def extend(self, entries: Sequence[LogEntry]) -> None:
        """Adds entries at the end and lets go of the oldest ones above the bounds."""
        if len(entries) > self.max_lines:
            # Every entry has at least one line: the earlier ones could not stay.
            self.reset(self.end_index + len(entries) - self.max_lines)
            entries = entries[-self.max_lines :]
        layout, starts, held = self.layout, self._starts, self._entries
        end, chars = self._end, self._chars
        index = self.end_index
        for raw in entries:
            entry = clipped(raw)
            wide = cell_text(entry.text)
            if wide is not None:
                self._wide[index] = wide
            held.append(entry)
            starts.append(end)
            end += count_lines(entry, wide, layout)
            chars += len(entry.text)
            index += 1
        self._end, self._chars = end, chars
        self._trim()

    def prepend(self, entries: Sequence[LogEntry]) -> int:
        """Puts older entries before the oldest one, as many of the newest of them as there is room for.

        Returns:
            How many entries were taken.
        """
        room = self.max_lines - (self._end - self.first_line)
        start = self.first_line
        index = self.first_index
        taken: list[LogEntry] = []
        starts: list[int] = []
        for raw in reversed(entries):
            entry = clipped(raw)
            wide = cell_text(entry.text)
            lines = count_lines(entry, wide, self.layout)
            room -= lines
            self._chars += len(entry.text)
            if (room < 0 or self._chars > self.max_chars) and taken:
                self._chars -= len(entry.text)
                break
            index -= 1
            start -= lines
            if wide is not None:
                self._wide[index] = wide
            taken.append(entry)
            starts.append(start)
        self._entries[: self._head] = reversed(taken)
        self._starts[: self._head] = reversed(starts)
        self._head = 0
        self._index_of_0 = index
        return len(taken)

    def cut_newest(self, lines: int) -> list[LogEntry]:
        """Lets go of the newest entries until `lines` more lines have room.

        Returns:
            The entries that went, oldest first.
        """
        limit = max(1, self.max_lines - lines)
        cut: list[LogEntry] = []
        while len(self._entries) > self._head + 1 and self._end - self.first_line > limit:
            index = self.end_index - 1
            cut.append(self._entries.pop())
            self._chars -= len(cut[-1].text)
            self._end = self._starts.pop()
            self._wide.pop(index, None)
            self._wrapped.pop(index, None)
        cut.reverse()
        return cut

    def set_tail(self, entry: LogEntry | None) -> None:
        """Sets the entry that is still being written, shown after the last line; None for none."""
        self._tail = None if entry is None else clipped(entry)
        self._wrap_tail()

    def relayout(self, layout: LogLayout) -> None:
        """Wraps everything to other columns. Line numbers start anew; indexes stay."""
        self.layout = layout
        self._wrapped.clear()
        del self._entries[: self._head]
        self._index_of_0 += self._head
        self._head = 0
        starts: list[int] = []
        end, index, wide_of = _ORIGIN, self._index_of_0, self._wide.get
        for entry in self._entries:
            starts.append(end)
            end += count_lines(entry, wide_of(index), layout)
            index += 1
        self._starts, self._end = starts, end
        self._wrap_tail()
        self._trim()

    def entry(self, index: int) -> LogEntry:
        """The entry with this index; the tail's is `end_index`."""
        position = index - self._index_of_0
        if position == len(self._entries) and self._tail is not None:
            return self._tail
        return self._entries[position]

    def place(self, line: int) -> Place:
        """Where the visual line `line` comes from; a line before or after all others counts as the nearest one."""
        line = min(max(line, self.first_line), self.end_line - 1)
        if line >= self._end:
            return Place(self.end_index, line - self._end)
        position = bisect_right(self._starts, line, self._head) - 1
        return Place(self._index_of_0 + position, line - self._starts[position])

    def line_at(self, place: Place) -> int:
        """The number of the visual line at a place; the entry's last line where it has fewer than `row`."""
        if place.entry_index >= self.end_index:
            return self._end + max(0, min(place.row, len(self._tail_lines) - 1))
        position = max(place.entry_index - self._index_of_0, self._head)
        row = min(place.row, len(self.wrapped(self._index_of_0 + position)) - 1)
        return self._starts[position] + row

    def wrapped(self, index: int) -> tuple[LogLine, ...]:
        """The visual lines of an entry."""
        if index == self.end_index:
            return self._tail_lines
        lines = self._wrapped.get(index)
        if lines is None:
            if len(self._wrapped) > _COMPACT_FROM:
                self._wrapped.clear()
            lines = wrap(self._entries[index - self._index_of_0], self._wide.get(index), self.layout)
            self._wrapped[index] = lines
        return lines

    def matches(self, needle: re.Pattern[str]) -> Iterable[Match]:
        """Every match in the entries that are held, oldest first."""
        for index in range(self.first_index, self.end_index + (self._tail is not None)):
            for found in needle.finditer(self.entry(index).text):
                yield Match(index, found.start(), found.end())

    def line_of(self, match: Match) -> int:
        """The number of the visual line on which a match begins."""
        for row, line in enumerate(self.wrapped(match.entry_index)):
            if match.start < line.end or (match.start == line.end and not line.text):
                return self.line_at(Place(match.entry_index, row))
        return self.line_at(Place(match.entry_index, len(self.wrapped(match.entry_index)) - 1))

    def written(self, begin: tuple[int, int], stop: tuple[int, int] | None) -> str:
        """The text between two points, each a visual line's number and a character in it, as it was written.

        What wrapping parted is joined again; times, signs and remarks are left out. `stop` None is the end.
        """
        last = self.end_line - 1 if stop is None else min(stop[0], self.end_line - 1)
        pieces: list[str] = []
        before: tuple[int, LogLine] | None = None
        for number in range(max(begin[0], self.first_line), last + 1):
            place = self.place(number)
            line = self.wrapped(place.entry_index)[place.row]
            if before is not None and before[0] == place.entry_index:
                pieces.append(self.entry(place.entry_index).text[before[1].end : line.start])
            elif before is not None:
                pieces.append("\n")
            start = max(0, begin[1]) if number == begin[0] else 0
            end = max(0, stop[1]) if stop is not None and number == stop[0] else len(line.text)
            pieces.append(line.text[start:end])
            before = (place.entry_index, line)
        return "".join(pieces)

    def _wrap_tail(self) -> None:
        tail = self._tail
        self._tail_lines = () if tail is None else wrap(tail, cell_text(tail.text), self.layout)

    def _trim(self) -> None:
        """Lets go of the oldest entries above the bounds, never of the last one."""
        entries, starts = self._entries, self._starts
        last = len(entries) - 1
        oldest = self._end - self.max_lines
        head, chars = self._head, self._chars
        while head < last and (starts[head] < oldest or chars > self.max_chars):
            chars -= len(entries[head].text)
            head += 1
        if head == self._head:
            return
        if self._wide or self._wrapped:
            for index in range(self.first_index, self._index_of_0 + head):
                self._wide.pop(index, None)
                self._wrapped.pop(index, None)
        self._head, self._chars = head, chars
        if head > _COMPACT_FROM and head > len(entries) // 2:
            del entries[:head], starts[:head]
            self._index_of_0 += head
            self._head = 0
