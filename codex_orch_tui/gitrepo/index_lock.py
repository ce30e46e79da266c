"""`index.lock`: who holds it. It is never deleted by us.

Git makes the file before it changes an index and renames it over the index afterwards. When it is there, a git works,
or one was killed; only the person can tell the second case for sure.
"""

import asyncio
import os
import sys
from pathlib import Path

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.gitrepo.errors import IndexLocked

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class IndexLock:
    """The lock file of one index."""

    path: Path

    @classmethod
    def of_index(cls, index: Path) -> "IndexLock":
        """The lock of this index file."""
        return cls(index.with_name(index.name + ".lock"))

    def is_held(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    async def check(self) -> None:
        """Raise when the index is locked.

        Raises:
            IndexLocked: With the holder, as far as it can be told.
        """
        if self.is_held():
            raise await self.error()

    async def error(self) -> IndexLocked:
        """The error that names the holder."""
        if sys.platform != "linux":
            holder = ""
            told = "which process holds it cannot be told on this system"
        else:
            holder = await asyncio.to_thread(_holder_of, self.path)
            told = f"held by {holder}" if holder else "no process that we may look at has it open"
        wait = "wait until that process has ended, then try again"
        left = "if no git works in this repository, one was killed here: delete that file by hand, then try again"
        return IndexLocked(
            f"the index is locked: {self.path} ({told})",
            lock=str(self.path),
            holder=holder,
            next_step=wait if holder else left,
        )


def _holder_of(lock: Path) -> str:
    """`git add (pid 123)` of the process that has the file open; empty when none is found."""
    wanted = os.path.realpath(lock)
    for process in _PROC.iterdir():
        if not process.name.isdigit():
            continue
        try:
            is_holder = any(_target(fd) == wanted for fd in (process / "fd").iterdir())
        except OSError:
            continue  # ended meanwhile, or another user's
        if is_holder:
            return f"{_command_of(process)} (pid {process.name})"
    return ""


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def _command_of(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return "a process"
    return clean_line(b" ".join(words[:3]).strip())[:80] or "a process"
