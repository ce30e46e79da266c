"""Each run's part of the journal, copied into the run's folder: so that folder can be replayed wherever it is taken.

The journal stays the one source of truth: nothing here reads a copy back, and one that cannot be written costs nothing
else. A copy is made from the journal's file, in a thread, at most once in `EVERY_S` and at the end, so the events
themselves wait for nothing.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.store.atomic import FILE_MODE, make_folder, write_all
from codex_orch_tui.store.errors import JournalError, StoreError
from codex_orch_tui.store.journal_file import encode_line, open_file
from codex_orch_tui.store.journal_pages import JournalPages, Page, run_of, seq_of
from codex_orch_tui.store.layout import Layout

EVERY_S = 1.0
"""How often a copy is brought up to date while something happens."""


class RunJournals:
    """Keeps the copies up to date while the program has the repository.

    Args:
        hub: tells that something happens.
        layout: where things lie. What the journal holds now is copied for a run when that goes on.
    """

    def __init__(self, hub: Hub, layout: Layout) -> None:
        self._hub = hub
        self._layout = layout
        self._next = layout.journal.stat().st_size if layout.journal.exists() else 0
        self._whole: set[RunId] = set()
        """The runs whose copy holds all that stands before `_next`."""
        self._lacking: set[RunId] = set()
        """The runs whose copy could not be written the last time."""
        self._happened = asyncio.Event()
        self._unwatch: Callable[[], None] = hub.watch(lambda _recorded: self._happened.set())
        self._task: asyncio.Task[None] | None = None
        self._copying = threading.Lock()

    def start(self) -> None:
        """Copy from now on what happens, and what happened since this was made."""
        self._task = asyncio.create_task(self._run(), name="run journals")

    def leave(self, run: RunId) -> None:
        """Return when nothing is being written for a run whose folder is about to be removed. Called in a thread."""
        with self._copying:
            self._whole.discard(run)

    async def close(self) -> None:
        """Copy the rest: what the hub has taken in by now."""
        self._unwatch()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(StoreError):  # told by whoever waits for the journal itself
            await self._hub.flush()
        await asyncio.to_thread(self.copy)

    async def _run(self) -> None:
        while True:
            await self._happened.wait()
            self._happened.clear()
            await asyncio.sleep(EVERY_S)
            await asyncio.shield(asyncio.to_thread(self.copy))

    def copy(self) -> None:
        """Bring every copy up to date, in a thread."""
        # What fails is made good at the next event, or the next time the run goes on.
        with self._copying, contextlib.suppress(StoreError, OSError):
            pages = JournalPages(self._layout.journal)
            try:
                self._copy(pages)
            finally:
                pages.close()

    def _copy(self, pages: JournalPages) -> None:
        lacking = tuple(self._lacking)
        while not (page := pages.page(self._next)).is_end:
            for run, lines in _by_run(page).items():
                self._copy_run(pages, run, lines, page.next_bytes)
            # Whatever became of one run: the others have these lines, and must not get them again.
            self._next = page.next_bytes
        for run in lacking:
            self._copy_run(pages, run, (), self._next)

    def _copy_run(self, pages: JournalPages, run: RunId, lines: Iterable[bytes], end_bytes: int) -> None:
        """Bring one run's copy up to `end_bytes`; one that cannot be written is completed by number later on."""
        self._lacking.discard(run)
        if self._has_no_folder(run):
            self._whole.discard(run)
            return
        try:
            if run in self._whole:
                _append(self._layout.run_journal(run), b"".join(lines))
            else:
                self._complete(pages, run, end_bytes)
        except (StoreError, OSError):
            self._whole.discard(run)
            self._lacking.add(run)

    def _has_no_folder(self, run: RunId) -> bool:
        """The run's folder was removed, or is about to be: it must not come back with a copy in it."""
        known = self._hub.state.runs.get(run)
        return known is not None and known.folder_removed

    def _complete(self, pages: JournalPages, run: RunId, end_bytes: int) -> None:
        """Copy what a run's file lacks of the journal before `end_bytes`, whoever wrote it and however that ended."""
        path = self._layout.run_journal(run)
        make_folder(path.parent)
        last_seq = _mended(path)
        offset = pages.start_of(run) or 0
        while offset < end_bytes and not (page := pages.page(offset)).is_end:
            lacking = [
                encode_line(record)
                for record, end in page.records
                if end <= end_bytes and run_of(record) == run and seq_of(record) > last_seq
            ]
            _append(path, b"".join(lacking))
            offset = page.next_bytes
        self._whole.add(run)


def _by_run(page: Page) -> dict[RunId, list[bytes]]:
    lines: dict[RunId, list[bytes]] = {}
    for record, _ in page.records:
        if (run := run_of(record)) is not None:
            lines.setdefault(run, []).append(encode_line(record))
    return lines


def _append(path: Path, data: bytes) -> None:
    """Add whole lines; of a failed write nothing stays."""
    if not data:
        return
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, FILE_MODE)
    try:
        size_bytes = os.fstat(fd).st_size
        try:
            write_all(fd, data)
        except OSError:
            os.ftruncate(fd, size_bytes)
            raise
    finally:
        os.close(fd)


def _mended(path: Path) -> int:
    """The number of the last good record of a copy, 0 without one; what follows it is cut off."""
    try:
        fd = open_file(path, os.O_RDWR)
    except FileNotFoundError:
        return 0
    except JournalError:
        path.unlink()  # a link or a pipe in the place of our file
        return 0
    last_seq, offset = 0, 0
    try:
        pages = JournalPages(path)
        try:
            while (page := pages.page(offset)).records:
                last_seq, offset = seq_of(page.records[-1][0]), page.next_bytes
        finally:
            pages.close()
        os.ftruncate(fd, offset)
    finally:
        os.close(fd)
    return last_seq
