"""How far a raw log had come at a moment: Codex stamps its lines, so the times lead to a place in the file.

The place is found by halving: the log is never read as a whole, whatever its length.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from codex_orch_tui.store.errors import RawLogError, told

_BLOCK_BYTES = 64 * 1024
_STAMP_BYTES = 64
"""More than a stamp takes."""
_STAMPED_END = re.compile(rb'"emittedAtMs":(\d{10,16})\}\n')
"""The end of a line with a stamp. Inside of a JSON text the quotes would be escaped, so only a line's own end fits."""
_REQUEST_STAMP = re.compile(rb'"startedAtMs":(\d{10,16})')
"""A question of Codex carries no stamp at its end, but tells when its item began to wait."""


class RawMoment:
    """One raw log and its places by time. A log that is not there is empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[float, int] | None = None

    def end_at(self, moment_s: float) -> int:
        """The offset after the last line that was there at a moment; 0 for a log that carries no times.

        Args:
            moment_s: seconds since the epoch.

        Raises:
            RawLogError: the file cannot be read.
        """
        if self._known is None or self._known[0] != moment_s:
            self._known = moment_s, self._find(int(moment_s * 1000))
        return self._known[1]

    def _find(self, moment_ms: int) -> int:
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise RawLogError(told(error, "open", self._path)) from error
        try:
            return _halved(fd, os.fstat(fd).st_size, moment_ms)
        except OSError as error:
            raise RawLogError(told(error, "read", self._path)) from error
        finally:
            os.close(fd)


def _halved(fd: int, size_bytes: int, moment_ms: int) -> int:
    low, high = 0, size_bytes  # a line begins at `low`; what ends after `high` came later
    while high - low > _BLOCK_BYTES:
        middle = (low + high) // 2
        found = _first_stamp(fd, middle, high)
        if found is not None and found[0] <= moment_ms:
            low = found[1]
        else:
            high = middle
    # A line without a time may lie across `high`.
    return _last_until(fd, low, min(size_bytes, high + _BLOCK_BYTES), moment_ms)


def _first_stamp(fd: int, start: int, end: int) -> tuple[int, int] | None:
    """The first stamp whose line ends after `start`, and where that line ends; None when there is none before `end`."""
    offset, before = max(0, start - _STAMP_BYTES), b""  # the stamp may have begun before
    while offset < end and (block := os.pread(fd, _BLOCK_BYTES, offset)):
        for found in _STAMPED_END.finditer(before + block):
            line_end = offset - len(before) + found.end()
            if line_end > start:
                return (int(found[1]), line_end) if line_end <= end else None
        before = block[-_STAMP_BYTES:]
        offset += len(block)
    return None


def _last_until(fd: int, low: int, high: int, moment_ms: int) -> int:
    """Go on line by line up to the first that came later; a line without a time came with the one before."""
    for line, line_end in _lines(fd, low, high):
        found = _STAMPED_END.search(line, max(0, len(line) - _STAMP_BYTES)) or _REQUEST_STAMP.search(line)
        if found is not None and int(found[1]) > moment_ms:
            return low
        if found is not None or low:
            low = line_end
    return low


def _lines(fd: int, low: int, high: int) -> Iterator[tuple[bytes, int]]:
    """The lines from `low` that end at or before `high`, each with its LF and the offset after it."""
    block = os.pread(fd, high - low, low)
    offset = low
    for line in block.split(b"\n")[:-1]:
        offset += len(line) + 1
        yield line + b"\n", offset
