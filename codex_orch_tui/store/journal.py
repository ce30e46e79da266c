"""The one source of truth: an append-only file of records, written by one thread.

What holds:

* The file is a prefix of what was appended, in that order. Nothing is dropped, nothing written twice.
* `flush` returns when everything appended before it is on the medium: one write, one sync, shared by all who wait.
* A write that fails is cut back to the last good record, and the journal is unsafe: `error` is set, `flush`
  raises. The records stay in memory; they are tried again every `RETRY_S` seconds and at every `flush`, and `error`
  is None again as soon as they are on disk, for instance when space returned.
* A sync that fails says that pages may be lost for good, and a second sync would lie. Such a file is not trusted
  again: the next try copies the good records to a new file, syncs that, and puts it in the old one's place.
"""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from codex_orch_tui.store.atomic import (
    FILE_MODE,
    FOLDER_MODE,
    remove_stray,
    sync_file,
    sync_folder,
    temporary_name,
    write_all,
)
from codex_orch_tui.store.errors import JournalError, told
from codex_orch_tui.store.journal_file import Loaded, encode_line, open_file, scan

GROUP_S = 0.05
"""Records that nobody waits for are written together, at most this often."""

RETRY_S = 1.0
"""How often an unsafe journal tries again by itself."""

MAX_PENDING_BYTES = 64 * 1024 * 1024
"""How much an unsafe journal keeps in memory before it refuses more."""

_COPY_BYTES = 4 * 1024 * 1024


class Journal:
    """The writer. One per repository: the lock is held before it is opened.

    `append` and `error` may be used from any thread, `flush` from any event loop.
    """

    def __init__(
        self, path: Path, fd: int | None, size_bytes: int, on_change: Callable[[JournalError | None], None] | None
    ) -> None:
        """Used by `open`."""
        self._path = path
        self._on_change = on_change
        # These four belong to the writer's thread once it runs.
        self._fd = fd
        self._size_bytes = size_bytes
        self._is_distrusted = False
        self._tried_at_s = 0.0
        # These are guarded by the condition.
        self._wake = threading.Condition()
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._waiting: list[Future[None]] = []
        self._error: JournalError | None = None
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        known: Loaded | None = None,
        on_change: Callable[[JournalError | None], None] | None = None,
    ) -> tuple["Journal", Loaded]:
        """Read what is there, mend the end of the file, and be ready to write.

        A torn last line is cut off. A bad line before that: the file is kept under another name and its good records go
        on in a new one; `Loaded.notes` tells it. The file comes into being with its first record.

        Args:
            path: The journal; its folder exists.
            known: What `read_journal` found under the same lock; it is not read again.
            on_change: Told on the writer's thread when the journal becomes unsafe (the error) or safe again (None).

        Raises:
            JournalError: The file cannot be read, mended or written; nothing was lost.
        """
        remove_stray(path.parent, path.name)
        try:
            fd = open_file(path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            return cls(path, None, 0, on_change), Loaded(records=[])
        try:
            os.fchmod(fd, FILE_MODE)
            if known is None or known.end_bytes > os.fstat(fd).st_size:
                known = Loaded(records=[])
            loaded, good_fd = _mend(path, fd, known)
        except OSError as error:
            os.close(fd)
            raise JournalError(told(error, "mend", path)) from error
        except JournalError:
            os.close(fd)
            raise
        return cls(path, good_fd, loaded.end_bytes, on_change), loaded

    @property
    def error(self) -> JournalError | None:
        """Why the journal is unsafe; None when all is well."""
        with self._wake:
            return self._error

    def append(self, record: bytes) -> None:
        """Take a record; it will be on disk within `GROUP_S` and the time of a write, or at the next `flush`.

        Raises:
            ValueError: Not one JSON object on one line, or longer than 64 MiB.
            JournalError: The record is not taken: the journal is closed, or was unsafe until memory ran short.
        """
        line = encode_line(record)
        with self._wake:
            if self._is_closing:
                raise JournalError(f"{self._path.name} is closed")
            if self._error is not None and self._pending_bytes + len(line) > MAX_PENDING_BYTES:
                raise self._error
            self._pending.append(line)
            self._pending_bytes += len(line)
            if len(self._pending) == 1:
                self._wake.notify()

    async def flush(self) -> None:
        """Return when all that was appended so far is on the medium.

        Raises:
            JournalError: It is not. The records are kept and tried again; nothing may be done on the strength of them.
        """
        with self._wake:
            if not self._pending and self._error is None:
                return
            if self._is_closing:
                raise JournalError(f"{self._path.name} is closed")
            future: Future[None] = Future()
            self._waiting.append(future)
            self._wake.notify()
        await asyncio.wrap_future(future)

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what is pending and stop. Safe to call twice.

        Args:
            timeout_s: How long a hanging medium is waited for.

        Raises:
            JournalError: Not everything is on disk.
        """
        with self._wake:
            self._is_closing = True
            self._wake.notify()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise JournalError(f"{self._path} could not be written within {timeout_s:g} seconds")
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        """The writer's thread: wait, write all that is pending, tell who waits."""
        is_last = False
        while not is_last:
            with self._wake:
                self._wait_for_work()
                is_last = self._is_closing
                batch = list(self._pending)
                waiting, self._waiting = self._waiting, []
            error = self._try(batch)
            with self._wake:
                if error is None:
                    del self._pending[: len(batch)]
                    self._pending_bytes -= sum(map(len, batch))
                changed = (error is None) != (self._error is None)
                self._error = error
                if is_last:  # a flush that came in meanwhile
                    waiting += self._waiting
                    self._waiting = []
            if changed and self._on_change is not None:
                with contextlib.suppress(RuntimeError):  # the loop that it is handed to may be closed
                    self._on_change(error)
            for future in waiting:
                if not future.set_running_or_notify_cancel():
                    continue
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)

    def _wait_for_work(self) -> None:
        """Return when somebody waits, when it is time for the next group, or at the end."""
        while not (self._is_closing or self._waiting):
            if not self._pending and self._error is None:
                self._wake.wait()
                continue
            pause_s = GROUP_S if self._error is None else RETRY_S
            left_s = self._tried_at_s + pause_s - time.monotonic()
            if left_s <= 0:
                return
            self._wake.wait(left_s)

    def _try(self, batch: list[bytes]) -> JournalError | None:
        """Bring the batch onto the medium; what failed is cut back."""
        try:
            self._commit(b"".join(batch))
        except JournalError as error:
            return error
        except OSError as error:
            return JournalError(
                told(error, "write", self._path), next_step="decisions are refused until it works again"
            )
        except Exception as error:  # noqa: BLE001 - whoever waits for the thread must hear of its end
            return JournalError(f"cannot write {self._path}: {error!r}")
        finally:
            self._tried_at_s = time.monotonic()
        return None

    def _commit(self, data: bytes) -> None:
        self._check_place()
        if self._is_distrusted:
            self._replace()
        if not data:
            return
        if self._fd is None:
            self._fd = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
            sync_folder(self._path.parent)
        try:
            write_all(self._fd, data)
        except OSError:
            self._cut_back(self._fd)
            raise
        try:
            sync_file(self._fd)
        except OSError:
            self._is_distrusted = True
            self._cut_back(self._fd)
            raise
        self._size_bytes += len(data)

    def _cut_back(self, fd: int) -> None:
        try:
            os.ftruncate(fd, self._size_bytes)
        except OSError:
            self._is_distrusted = True

    def _check_place(self) -> None:
        """Another program may have removed the file (`git clean -fdx`) or written to it."""
        if self._fd is None:
            return
        ours = os.fstat(self._fd)
        try:
            there = os.lstat(self._path)
        except FileNotFoundError:
            self._is_distrusted = True
            return
        if (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino) or (
            ours.st_size != self._size_bytes and not self._is_distrusted
        ):
            raise JournalError(
                f"{self._path} was changed by another program", next_step="close this program and open it again"
            )

    def _replace(self) -> None:
        """Put a new file with the good records in the place of one that is not trusted."""
        if self._fd is None:
            self._is_distrusted = False
            return
        self._path.parent.mkdir(FOLDER_MODE, exist_ok=True)
        new_fd = _copy_prefix(self._fd, self._size_bytes, self._path)
        os.close(self._fd)
        self._fd = new_fd
        self._is_distrusted = False


def _mend(path: Path, fd: int, known: Loaded) -> tuple[Loaded, int | None]:
    """Cut off or quarantine what is no record; the file descriptor to go on with, None for a new file."""
    size_bytes = os.fstat(fd).st_size
    found = scan(fd, known.end_bytes)
    records = [*known.records, *found.records]
    cut_bytes = size_bytes - found.end_bytes
    notes: list[str] = []
    quarantine: Path | None = None
    if size_bytes == 0:
        notes.append(f"{path.name} was empty: what it had held, if anything, is lost")
    elif found.damage:
        quarantine = _keep_damaged(path, fd)
        if records:
            good_fd = _copy_prefix(fd, found.end_bytes, path)
            os.close(fd)
            fd = good_fd
        notes.append(
            f"{path.name}: {found.damage}; the {len(records)} records before it are in use, "
            f"the file as it was is kept as {quarantine.name}"
        )
    elif cut_bytes:
        os.ftruncate(fd, found.end_bytes)
        sync_file(fd)
        notes.append(f"{path.name}: its last line was torn ({cut_bytes} bytes) and was cut off")
    loaded = Loaded(records=records, notes=notes, end_bytes=found.end_bytes, cut_bytes=cut_bytes, quarantine=quarantine)
    if records:
        return loaded, fd
    path.unlink()
    os.close(fd)
    return loaded, None


def _keep_damaged(path: Path, fd: int) -> Path:
    """Give the damaged file a second name; the first goes on to name it until the new file takes its place."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    kept = path.with_name(f"{path.name}.corrupt-{stamp}-{os.urandom(2).hex()}")
    try:
        os.link(path, kept)
    except OSError:  # a file system without hard links
        os.close(_copy_prefix(fd, os.fstat(fd).st_size, kept))
    return kept


def _copy_prefix(fd: int, size_bytes: int, path: Path) -> int:
    """Write the first bytes of `fd` to a new file, put that at `path`, and return its descriptor.

    Raises:
        OSError: What was at `path` is as it was.
    """
    temporary = temporary_name(path)
    new_fd = os.open(temporary, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        copied = 0
        while copied < size_bytes:
            block = os.pread(fd, min(_COPY_BYTES, size_bytes - copied), copied)
            if not block:
                raise JournalError(f"{path} became shorter while it was copied")
            write_all(new_fd, block)
            copied += len(block)
        sync_file(new_fd)
        os.replace(temporary, path)  # noqa: PTH105 - the os call is what the fault tests fail in turn
        sync_folder(path.parent)
    except (OSError, JournalError):
        os.close(new_fd)
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    return new_fd
