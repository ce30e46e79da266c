"""A task's log as it is read: the worker's own lines from events.jsonl, with our notes in between.

The raw log on disk is the only source for a live view, an old task and a viewer, so memory does not grow with a log
and a live view is what a later reader will see. Notes carry the time at which they were made; the worker's lines carry
the times that Codex told, so both are merged by time.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from codex_orch_tui.codex.narrate import Narrator
from codex_orch_tui.codex.raw_view import shown_lines
from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.task import Note
from codex_orch_tui.store.raw_log import RawLine, RawLogReader

PAGE_BYTES = 256 * 1024
"""What is read at once: some thousand lines of a stream, far more than a screen holds."""

RAW_BYTES = 24 * 1024
"""The end of the raw log. It is read anew whenever it has grown, up to once a frame: a secret may run through lines."""


class TaskLog:
    """A window on a task's log: its end, what is added, and older pages on demand.

    Args:
        events_path: the raw log; it need not exist yet.
        notes: the task's notes so far, in order of time.
        cwd: the worktree, so that paths below it are told without it.
        end: where the raw log ends for this window, as an offset; None is the end of the file.
        is_checked: the task's turns are asked for answers that fit a schema.
    """

    def __init__(
        self,
        events_path: Path,
        notes: Callable[[], Sequence[Note]],
        *,
        cwd: str,
        end: Callable[[], int] | None = None,
        is_checked: bool = False,
    ) -> None:
        self._reader = RawLogReader(events_path, end=end)
        self._notes = notes
        self._cwd = cwd
        self._is_checked = is_checked
        self._narrator = self._new_narrator()
        self._start = 0
        self._next = 0
        self._first_note = 0
        self._next_note = 0
        self._raw_start = 0
        self._raw_end = 0

    @property
    def partial(self) -> LogEntry | None:
        """The streamed line that is not complete yet."""
        return self._narrator.partial

    @property
    def has_older(self) -> bool:
        """There is more above what has been read."""
        return self._start > 0 or self._first_note > 0

    def tail(self) -> list[LogEntry]:
        """The end of the log; starts the window anew."""
        self._narrator = self._new_narrator()
        lines, self._start = self._reader.read_before(self._reader.size_bytes, PAGE_BYTES)
        self._next = _end_of(lines, self._start)
        entries = self._narrator.feed(_data(lines))
        notes = self._notes()
        self._next_note = len(notes)
        self._first_note = _first_since(notes, entries) if self._start > 0 else 0
        return _merged(entries, notes[self._first_note :])

    def added(self) -> list[LogEntry]:
        """What came since the last call. A reader that is far behind skips to the end and says so."""
        size_bytes = self._reader.size_bytes
        skipped: list[LogEntry] = []
        if size_bytes - self._next > 2 * PAGE_BYTES:
            lines, start = self._reader.read_before(size_bytes, PAGE_BYTES)
            passed = f"… {(start - self._next) // 1024} KiB passed too quickly to show"
            skipped = [LogEntry(kind=LogKind.NOTE, text=passed)]
            self._narrator = self._new_narrator()
            self._next = _end_of(lines, start)
        else:
            lines, self._next = self._reader.read_after(self._next, 2 * PAGE_BYTES)
        entries = skipped + self._narrator.feed(_data(lines))
        notes = self._notes()
        fresh = notes[self._next_note :]
        self._next_note = len(notes)
        return _merged(entries, fresh)

    def older(self) -> list[LogEntry]:
        """The page above the window; empty at the log's beginning."""
        if not self.has_older:
            return []
        lines, self._start = self._reader.read_before(self._start, PAGE_BYTES)
        entries = self._new_narrator().feed(_data(lines))
        notes = self._notes()[: self._first_note]
        self._first_note = _first_since(notes, entries) if self._start > 0 else 0
        return _merged(entries, notes[self._first_note :])

    def from_start(self) -> Iterator[list[LogEntry]]:
        """The whole log, page by page; `added` goes on after it."""
        self._narrator = self._new_narrator()
        self._start = self._next = self._first_note = self._next_note = 0
        while True:
            lines, self._next = self._reader.read_after(self._next, PAGE_BYTES)
            entries = self._narrator.feed(_data(lines))
            notes = self._notes()
            last_s = max((entry.time_s for entry in entries if entry.time_s is not None), default=0.0)
            until = (
                next((at for at, note in enumerate(notes) if note.at_s > last_s), len(notes)) if lines else len(notes)
            )
            fresh = notes[self._next_note : until]
            self._next_note = max(self._next_note, until)
            yield _merged(entries, fresh)
            if not lines:
                return

    def raw_tail(self) -> list[str]:
        """The last raw lines as they came, but for secrets (not cleaned); `raw_older` has those before."""
        self._raw_end = self._reader.size_bytes
        lines, self._raw_start = self._reader.read_before(self._raw_end, RAW_BYTES)
        return _shown(lines)

    def raw_grown(self) -> list[str] | None:
        """The same anew; None when nothing was added since."""
        return self.raw_tail() if self._reader.size_bytes != self._raw_end else None

    def raw_older(self) -> list[str]:
        """The page of raw lines above; empty at the log's beginning."""
        lines, self._raw_start = self._reader.read_before(self._raw_start, PAGE_BYTES)
        return _shown(lines)

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()

    def _new_narrator(self) -> Narrator:
        return Narrator(cwd=self._cwd, is_checked=self._is_checked)


def _shown(lines: Iterable[RawLine]) -> list[str]:
    return shown_lines((line.data, line.is_cut) for line in lines)


def _data(lines: Iterable[RawLine]) -> Iterator[bytes]:
    return (line.data for line in lines)


def _end_of(lines: Sequence[RawLine], start: int) -> int:
    """The offset after the last whole line."""
    return lines[-1].offset + lines[-1].size_bytes + 1 if lines else start


def _first_since(notes: Sequence[Note], entries: Sequence[LogEntry]) -> int:
    """Index of the first note that is not older than the first dated entry."""
    start_s = next((entry.time_s for entry in entries if entry.time_s is not None), None)
    if start_s is None:
        return len(notes)
    return next((index for index, note in enumerate(notes) if note.at_s >= start_s), len(notes))


def _merged(entries: Sequence[LogEntry], notes: Sequence[Note]) -> list[LogEntry]:
    """Both in order of time. A note is put before an entry, never into the streamed lines that belong to one."""
    result: list[LogEntry] = []
    waiting = deque(notes)
    for entry in entries:
        if entry.time_s is not None and not entry.continues:
            while waiting and waiting[0].at_s < entry.time_s:
                result.append(_entry(waiting.popleft()))
        result.append(entry)
    result.extend(_entry(note) for note in waiting)
    return result


def _entry(note: Note) -> LogEntry:
    return LogEntry(kind=note.kind, text=note.text, time_s=note.at_s)
