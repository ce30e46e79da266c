"""One writer for a repository.

The kernel frees a `flock` when its holder ends, however it ends: there is no stale lock, and the files are never
deleted. What is inside them serves the message only.
"""

import contextlib
import errno
import fcntl
import json
import os
import socket
import time
from pathlib import Path

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.store.atomic import FILE_MODE, write_all
from codex_orch_tui.store.errors import MAKE_WRITABLE, StoreError, told

_TRIES = 5
_TRY_PAUSE_S = 0.02
"""`holder_of` takes a shared lock for an instant; a writer that comes in that instant must not be turned away."""

_MAX_INFO_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has the lock, as far as the file tells: pid 0 and an empty host where it does not. Start in epoch seconds."""

    pid: int = 0
    host: str = ""
    started_at_s: float = 0.0

    def __str__(self) -> str:
        """`process 4711 on host box, since 14:02`."""
        if not self.pid:
            return "another process"
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.started_at_s))
        return f"process {self.pid} on {self.host}, since {since}"


class LockHeld(StoreError):  # noqa: N818 - it says what is, and reads so where it is caught
    """Another process is the writer."""

    def __init__(self, path: Path, holder: Holder) -> None:
        self.path = path
        self.holder = holder
        super().__init__(
            f"this repository is in use by {holder} ({path})", next_step="a second program can only look on"
        )


class RepositoryLock:
    """The held lock; a context manager. It also ends with the process."""

    def __init__(self, held: contextlib.ExitStack) -> None:
        """Used by `acquire`."""
        self._held = held

    @classmethod
    def acquire(cls, *paths: Path) -> "RepositoryLock":
        """Lock all the files or none of them.

        Args:
            paths: `.orchestrator/lock` and its twin in the common git folder (`Layout.locks`); their folders exist.

        Raises:
            LockHeld: Another process has one of them.
            StoreError: A file cannot be made, or its file system knows no locks.
        """
        with contextlib.ExitStack() as held:
            fds = []
            for path in paths:
                fd = _lock(path)
                held.callback(os.close, fd)
                fds.append(fd)
            for fd in fds:
                _write_holder(fd)
            return cls(held.pop_all())

    def release(self) -> None:
        """Let the next writer in. Safe to call twice."""
        self._held.close()

    def __enter__(self) -> "RepositoryLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def holder_of(*paths: Path) -> Holder | None:
    """Who has one of these files now, and so is the writer; None when nobody has.

    Raises:
        StoreError: One of them cannot be looked at.
    """
    return next((holder for path in paths if (holder := _holder_of(path)) is not None), None)


def _holder_of(path: Path) -> Holder | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(told(error, "open", path)) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_holder(fd)
    except OSError as error:
        raise StoreError(told(error, "lock", path)) from error
    else:
        return None
    finally:
        os.close(fd)


def _lock(path: Path) -> int:
    """The descriptor of the locked file."""
    for attempt in range(_TRIES):
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, FILE_MODE)
        except OSError as error:
            raise StoreError(told(error, "open", path), next_step=MAKE_WRITABLE) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still_at(fd, path):
                return fd
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                os.close(fd)
                raise StoreError(
                    told(error, "lock", path), next_step="the repository must lie on a file system with locks"
                ) from error
            if attempt == _TRIES - 1:
                holder = _read_holder(fd)
                os.close(fd)
                raise LockHeld(path, holder) from None
        os.close(fd)
        time.sleep(_TRY_PAUSE_S)
    raise StoreError(f"cannot lock {path}: it is removed again and again")


def _is_still_at(fd: int, path: Path) -> bool:
    """Whether nobody removed the file between opening and locking."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(fd), path.lstat())
    return False


def _write_holder(fd: int) -> None:
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "started_at_s": round(time.time(), 3)}
    with contextlib.suppress(OSError):  # the lock is what counts; a full disk must not keep the program from opening
        os.ftruncate(fd, 0)
        write_all(fd, json.dumps(holder).encode() + b"\n")


def _read_holder(fd: int) -> Holder:
    try:
        told_there = json.loads(os.pread(fd, _MAX_INFO_BYTES, 0))
        return Holder(
            pid=int(told_there["pid"]),
            host=clean_line(str(told_there["host"]))[:255],
            started_at_s=float(told_there["started_at_s"]),
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return Holder()
