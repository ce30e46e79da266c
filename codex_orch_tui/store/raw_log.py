"""A worker's raw output on disk, byte for byte, and pages of it at constant memory.

events.jsonl and stderr.log are written before anything looks into them. They never leave the machine.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from codex_orch_tui.store.atomic import FILE_MODE, write_all
from codex_orch_tui.store.errors import RawLogError, told

_SEEK_BYTES = 256 * 1024
"""How much is read at a time while the end of a long line is looked for."""


class RawLog:
    """The writer of one log. Blocks need not end at a line's end."""

    def __init__(self, path: Path, *, max_bytes: int | None = None) -> None:
        """Open the log for appending; the file is made with mode 0600, its folder exists.

        Args:
            path: The file; a symlink is refused.
            max_bytes: What would make the file longer is not written and counts as lost; None is no limit.

        Raises:
            RawLogError: The file cannot be opened.
        """
        self._path = path
        self._max_bytes = max_bytes
        self._error: RawLogError | None = None
        self._lost_bytes = 0
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, FILE_MODE)
            self._size_bytes = os.fstat(self._fd).st_size
            # A process that was killed in mid-line must not glue its last line to the first one of the next.
            self._is_mid_line = self._size_bytes > 0 and os.pread(self._fd, 1, self._size_bytes - 1) != b"\n"
        except OSError as error:
            raise RawLogError(told(error, "open", path)) from error
        self._must_break = self._is_mid_line

    @property
    def size_bytes(self) -> int:
        """The length of the file, which is the offset of the next byte."""
        return self._size_bytes

    @property
    def error(self) -> RawLogError | None:
        """Why nothing is written at the moment; None when it works."""
        return self._error

    @property
    def lost_bytes(self) -> int:
        """Bytes that did not go to disk."""
        return self._lost_bytes

    def append(self, block: bytes) -> int:
        """Write a block, in one system call. Returns the offset at which it begins.

        Raises:
            RawLogError: It was not written; raised once. Later blocks are tried all the same and counted in
                `lost_bytes` while that fails; the first that succeeds begins on a line of its own.
        """
        data = b"\n" + block if self._must_break else block
        if self._max_bytes is not None and self._size_bytes + len(data) > self._max_bytes:
            self._fail(block, RawLogError(f"{self._path} is full: {self._max_bytes} bytes are kept"))
            return self._size_bytes
        try:
            write_all(self._fd, data)
        except OSError as error:
            self._cut_back()
            self._fail(block, RawLogError(told(error, "write", self._path)), cause=error)
            return self._size_bytes
        self._error = None
        self._must_break = False
        self._size_bytes += len(data)
        if data:
            self._is_mid_line = not data.endswith(b"\n")
        return self._size_bytes - len(block)

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _fail(self, block: bytes, error: RawLogError, cause: OSError | None = None) -> None:
        self._lost_bytes += len(block)
        self._must_break = self._is_mid_line
        if self._error is None:
            self._error = error
            raise error from cause

    def _cut_back(self) -> None:
        """Half a block is worth less than a known size."""
        try:
            os.ftruncate(self._fd, self._size_bytes)
        except OSError:
            self._size_bytes = os.fstat(self._fd).st_size
            self._is_mid_line = True


class RawLine(NamedTuple):
    """A line without its LF: its bytes, where it begins, and its whole length; `data` is shorter when it was cut."""

    data: bytes
    offset: int
    size_bytes: int

    @property
    def is_cut(self) -> bool:
        """The line is longer than what was asked for."""
        return len(self.data) < self.size_bytes


class RawLogReader:
    """Pages of a log that may grow meanwhile. A file that is not there yet is an empty one.

    Args:
        path: The file.
        end: Where the log ends for this reader, whatever follows; None is the end of the file.
    """

    def __init__(self, path: Path, *, end: Callable[[], int] | None = None) -> None:
        self._path = path
        self._end = end
        self._fd = -1

    @property
    def size_bytes(self) -> int:
        """The length of the log now.

        Raises:
            RawLogError: The file cannot be read.
        """
        if not self._open():
            return 0
        size_bytes = os.fstat(self._fd).st_size
        return size_bytes if self._end is None else min(size_bytes, self._end())

    def read_after(self, offset: int, max_bytes: int, *, tail: bool = False) -> tuple[list[RawLine], int]:
        """The whole lines from `offset` on, and the offset to go on from.

        Args:
            offset: Where a line begins.
            max_bytes: About how much is read; a line that is longer is cut to it and comes alone.
            tail: Also take the bytes after the last LF as a line: nothing will follow them any more.

        Raises:
            RawLogError: The file cannot be read.
        """
        block = self._read(offset, max_bytes)
        end = block.rfind(b"\n")
        if end >= 0:
            return _split(block[:end], offset), offset + end + 1
        if len(block) == max_bytes:
            line_end = self._find_end(offset + len(block))
            if line_end is not None:
                return [RawLine(block, offset, line_end - offset)], line_end + 1
        if tail and block:
            file_end = max(self.size_bytes, offset + len(block))
            return [RawLine(block, offset, file_end - offset)], file_end
        return [], offset

    def read_before(self, offset: int, max_bytes: int, *, tail: bool = False) -> tuple[list[RawLine], int]:
        """The whole lines that end at or before `offset`, oldest first, and the offset of the first of them.

        Args:
            offset: Where a line begins, or the end of the file.
            max_bytes: About how much is read; a line that is longer is cut to it and comes alone.
            tail: Also take the bytes between the last LF and `offset` as a line.

        Raises:
            RawLogError: The file cannot be read.
        """
        end = min(offset, self.size_bytes)
        start = max(0, end - max_bytes)
        block = self._read(start, end - start)
        last = block.rfind(b"\n")
        if not block.endswith(b"\n") and not tail:  # a line that is still being written
            if last < 0:
                line_start = self._find_start(start)
                return ([], 0) if line_start == 0 else self.read_before(line_start, max_bytes)
            end = start + last + 1
            block = block[: last + 1]
        body = block.removesuffix(b"\n")
        if start > 0:
            first = body.find(b"\n")
            if first < 0:
                line_start = self._find_start(start)
                size_bytes = start + len(body) - line_start
                return [RawLine(self._read(line_start, min(max_bytes, size_bytes)), line_start, size_bytes)], line_start
            body = body[first + 1 :]
            start += first + 1
        return (_split(body, start), start) if end > start else ([], start)

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> "RawLogReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> bool:
        if self._fd < 0:
            try:
                self._fd = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except FileNotFoundError:
                return False
            except OSError as error:
                raise RawLogError(told(error, "open", self._path)) from error
        return True

    def _read(self, offset: int, max_bytes: int) -> bytes:
        if not self._open():
            return b""
        if self._end is not None:
            max_bytes = max(0, min(max_bytes, self._end() - offset))
        try:
            return os.pread(self._fd, max_bytes, offset)
        except OSError as error:
            raise RawLogError(told(error, "read", self._path)) from error

    def _find_end(self, offset: int) -> int | None:
        """The offset of the first LF from `offset` on; None when there is none yet."""
        while block := self._read(offset, _SEEK_BYTES):
            found = block.find(b"\n")
            if found >= 0:
                return offset + found
            offset += len(block)
        return None

    def _find_start(self, offset: int) -> int:
        """Where the line begins that the byte before `offset` belongs to."""
        while offset > 0:
            start = max(0, offset - _SEEK_BYTES)
            found = self._read(start, offset - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            offset = start
        return 0


def _split(body: bytes, offset: int) -> list[RawLine]:
    """The lines of a body whose last LF was taken off."""
    lines = []
    for data in body.split(b"\n"):
        lines.append(RawLine(data, offset, len(data)))
        offset += len(data) + 1
    return lines
