"""What can go wrong on disk, in words for the person."""

from pathlib import Path

from codex_orch_tui.domain.terminal_text import clean_line


class StoreError(Exception):
    """A file or folder of ours cannot be used.

    Attributes:
        message: One clean line.
        next_step: What helps, one clean line; empty where nothing is known.
    """

    def __init__(self, message: str, *, next_step: str = "") -> None:
        self.message = clean_line(message)
        self.next_step = clean_line(next_step)
        super().__init__(self.message)


class JournalError(StoreError):
    """Records are not known to be on disk."""


class RawLogError(StoreError):
    """A worker's raw log could not be written; the worker itself goes on."""


MAKE_WRITABLE = "check who owns it and whether it can be written"
"""What helps when a file or folder of ours cannot be made or opened for writing."""


def told(error: OSError, doing: str, path: Path) -> str:
    """The words for an error of the system: `cannot write /x/y: No space left on device`."""
    return f"cannot {doing} {path}: {error.strerror or error}"
