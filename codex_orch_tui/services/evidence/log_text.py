"""logs.txt of a task: its log as the log pane tells it, in plain text, with the date and the kind of each entry.

The raw log is read page by page, so memory does not grow with it. What is written once is not told again: as long as
the program runs, a longer log costs what was added to it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from codex_orch_tui.codex.narrate import Narrator
from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.task import Note
from codex_orch_tui.store.artifacts import growing
from codex_orch_tui.store.raw_log import RawLogReader

PAGE_BYTES = 256 * 1024
HEAD_BYTES = 16 * 1024 * 1024
TAIL_BYTES = 48 * 1024 * 1024
"""Of a log that is longer than both together, the middle stays in the raw log alone."""
_KIND_CELLS = 9
_GAP = " " * (len("2025-11-20 12:40:07  ") + _KIND_CELLS + 1)


class StoppedError(Exception):
    """The program ends: the file is as it was."""


class LogText:
    """Keeps one file in step with one raw log.

    Args:
        events: the raw log; it need not exist.
        path: the file.
        cwd: the worktree, so that paths below it are told without it.
        is_checked: the task's turns are asked for answers that fit a schema.
    """

    def __init__(self, events: Path, path: Path, *, cwd: str, is_checked: bool = False) -> None:
        self._events = events
        self._path = path
        self._cwd = cwd
        self._is_checked = is_checked
        self._narrator = self._new_narrator()
        self._offset = self._notes = self._written_bytes = 0

    def write(self, notes: Sequence[Note], *, stops: Callable[[], bool] = lambda: False) -> None:
        """Bring the file up to date.

        Args:
            notes: the task's notes, in order of time.
            stops: asked between pages; when it is true nothing is written.

        Raises:
            StoreError: the file is as it was.
            StoppedError: see `stops`.
        """
        with RawLogReader(self._events) as reader:
            size_bytes = reader.size_bytes
            if not self._is_there(size_bytes):
                self._begin()
            if self._written_bytes and size_bytes == self._offset and len(notes) == self._notes:
                return
            try:
                with growing(self._path, keeps=bool(self._written_bytes)) as write:
                    for text in self._texts(reader, size_bytes, notes):
                        if stops():
                            raise StoppedError
                        write(text)
            except BaseException:
                self._begin()  # The narrator has told what is in no file.
                raise
            self._written_bytes = self._path.stat().st_size

    def _begin(self) -> None:
        self._narrator = self._new_narrator()
        self._offset = self._notes = self._written_bytes = 0

    def _new_narrator(self) -> Narrator:
        return Narrator(cwd=self._cwd, is_checked=self._is_checked)

    def _is_there(self, size_bytes: int) -> bool:
        """What was written is still what lies there, and the raw log has only grown."""
        try:
            return self._path.stat().st_size == self._written_bytes and size_bytes >= self._offset
        except OSError:
            return False

    def _texts(self, reader: RawLogReader, end: int, notes: Sequence[Note]) -> Iterator[str]:
        if not self._written_bytes:
            yield "The log of this task. Times are UTC; the raw log is events.jsonl.\n"
        waiting = deque(notes[self._notes :])
        self._notes = len(notes)
        for entries in self._pages(reader, end):
            yield "".join(map(_told, _with_notes(entries, waiting)))
        yield "".join(map(_told, map(_note, waiting)))

    def _pages(self, reader: RawLogReader, end: int) -> Iterator[list[LogEntry]]:
        jump = self._offset + HEAD_BYTES if end - self._offset > HEAD_BYTES + TAIL_BYTES else end + 1
        while self._offset < end:
            if self._offset >= jump:
                jump = end + 1
                yield self._skipped(reader, end)
            lines, after = reader.read_after(self._offset, PAGE_BYTES)
            if after == self._offset:
                return
            self._offset = after
            yield self._narrator.feed(line.data for line in lines)

    def _skipped(self, reader: RawLogReader, end: int) -> list[LogEntry]:
        # A page up to there begins where a line does.
        _, start = reader.read_before(end - TAIL_BYTES, PAGE_BYTES)
        left_mib = (start - self._offset) // (1024 * 1024)
        self._offset, self._narrator = start, self._new_narrator()
        return [LogEntry(kind=LogKind.NOTE, text=f"… {left_mib} MiB are only in events.jsonl")]


def _with_notes(entries: Iterable[LogEntry], waiting: deque[Note]) -> Iterator[LogEntry]:
    """The entries with the notes that are older put before them; later ones go on waiting."""
    for entry in entries:
        if entry.time_s is not None and not entry.continues:
            while waiting and waiting[0].at_s < entry.time_s:
                yield _note(waiting.popleft())
        yield entry


def _note(note: Note) -> LogEntry:
    return LogEntry(kind=note.kind, text=note.text, time_s=note.at_s)


def _told(entry: LogEntry) -> str:
    """An entry as lines, with its remark at the end of the last one."""
    remark = f"  ({entry.remark})" if entry.remark else ""
    text = f"{entry.text}{remark}".replace("\n", f"\n{_GAP}")
    if entry.continues:
        return f"{_GAP}{text}\n"
    time = "" if entry.time_s is None else datetime.fromtimestamp(entry.time_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{time:19}  {entry.kind.value:{_KIND_CELLS}} {text}\n"
