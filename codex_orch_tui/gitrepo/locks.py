"""Our own lock on a repository: one holder at a time, within this process and across processes.

The kernel frees an flock when its holder ends, however it ends, so there is no stale lock; the file stays.
"""

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.gitrepo.errors import LockTimeout, NotWritable

_POLL_S = 0.01
_OWNER_BYTES = 64


class RepositoryLock:
    """A lock file in the repository's common git folder.

    Args:
        path: The file; its folder is made.
        timeout_s: How long to wait. After it nothing is done: to go on without the lock would be worse.
    """

    def __init__(self, path: Path, *, timeout_s: float = 60.0) -> None:
        self.path = path
        self.timeout_s = timeout_s
        self._local = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold the lock.

        Raises:
            LockTimeout: Somebody else held it for the whole time.
            NotWritable: The lock file cannot be made.
        """
        deadline = time.monotonic() + self.timeout_s
        try:
            async with asyncio.timeout(self.timeout_s):
                await self._local.acquire()
        except TimeoutError as error:
            raise self._timeout("this program") from error
        try:
            descriptor = self._open()
            try:
                await self._take(descriptor, deadline)
                yield
            finally:
                os.close(descriptor)
        finally:
            self._local.release()

    def _open(self) -> int:
        try:
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise NotWritable(
                f"{self.path} cannot be written: {error.strerror}",
                next_step="make room on the disk, or mend its rights",
            ) from error

    async def _take(self, descriptor: int, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    owner = clean_line(os.pread(descriptor, _OWNER_BYTES, 0).strip())
                    raise self._timeout(f"process {owner or 'unknown'}") from None
                await asyncio.sleep(_POLL_S)
                continue
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)  # for the message only
            return

    def _timeout(self, owner: str) -> LockTimeout:
        return LockTimeout(
            f"{owner} has held {self.path} for more than {self.timeout_s:g} s; nothing was done",
            next_step="wait until it is done, or end that process, then try again",
        )
