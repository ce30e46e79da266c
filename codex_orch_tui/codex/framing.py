"""Blocks of bytes in, whole lines out, whatever the length of a line."""

import contextlib
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAX_LINE_BYTES = 64 * 1024 * 1024
"""A longer line is written to a file of its own instead of being held. Codex's own items stay near 1 MiB."""
_HEAD_BYTES = 4096
_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Spilled:
    """A line that was too long to be held.

    `head` and `tail` are its first and last bytes, `path` the file that has all of it, None when that file could not
    be written.
    """

    head: bytes
    tail: bytes
    size_bytes: int
    path: Path | None


@dataclass(frozen=True, slots=True)
class Framed:
    """What one block completed: `spilled` came before `whole`, which is whole lines, each with its LF."""

    whole: bytes
    spilled: Spilled | None = None


class LineFramer:
    """Cuts a stream at LF. Only LF ends a line; a line that is still open waits in memory up to the limit."""

    def __init__(self, *, spill_folder: Path, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._spill_folder = spill_folder
        self._max_line_bytes = max_line_bytes
        self._parts: list[bytes] = []
        self._held_bytes = 0
        self._spill: _Spill | None = None
        self._spills = 0

    def feed(self, block: bytes) -> Framed:
        """Takes the next block of the stream, in O(block) however long the open line is."""
        spilled = None
        if self._spill is not None:
            end = block.find(b"\n")
            if end < 0:
                self._spill.add(block)
                return Framed(b"")
            self._spill.add(block[:end])
            spilled, self._spill = self._spill.close(), None
            block = block[end + 1 :]
        cut = block.rfind(b"\n") + 1
        if not cut:
            self._hold(block)
            return Framed(b"", spilled)
        whole = block[:cut]
        if self._parts:
            whole = b"".join((*self._parts, whole))
            self._parts.clear()
            self._held_bytes = 0
        if cut < len(block):
            self._hold(block[cut:])
        return Framed(whole, spilled)

    def finish(self) -> Framed:
        """The stream ended: an open line is handed out as it is, with the LF that it lacked."""
        if self._spill is not None:
            spilled, self._spill = self._spill.close(), None
            return Framed(b"", spilled)
        rest = b"".join(self._parts)
        self._parts.clear()
        self._held_bytes = 0
        return Framed(rest + b"\n" if rest else b"")

    def _hold(self, piece: bytes) -> None:
        if not piece:
            return
        self._parts.append(piece)
        self._held_bytes += len(piece)
        if self._held_bytes > self._max_line_bytes:
            self._spills += 1
            self._spill = _Spill(self._spill_folder, self._spills)
            for part in self._parts:
                self._spill.add(part)
            self._parts.clear()
            self._held_bytes = 0


class _Spill:
    def __init__(self, folder: Path, number: int) -> None:
        self._path: Path | None = None
        self._file: BinaryIO | None = None
        self._size = 0
        self._head = b""
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        with contextlib.suppress(OSError):  # a full disk must not end the reader: the line is then only counted
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._open(folder, number)

    def _open(self, folder: Path, number: int) -> None:
        while True:
            path = folder / f"long-line-{number}.json"
            try:
                self._file = path.open("xb", buffering=0)
            except FileExistsError:
                number += 1
                continue
            path.chmod(0o600)
            self._path = path
            return

    def add(self, piece: bytes) -> None:
        self._size += len(piece)
        if len(self._head) < _HEAD_BYTES:
            self._head += piece[: _HEAD_BYTES - len(self._head)]
        self._tail.append(piece[-_TAIL_BYTES:])
        self._tail_bytes += len(self._tail[-1])
        while self._tail_bytes - len(self._tail[0]) >= _TAIL_BYTES:
            self._tail_bytes -= len(self._tail.popleft())
        if self._file is not None:
            try:
                written = self._file.write(piece)
            except OSError:
                written = -1
            if written != len(piece):
                self._file.close()
                self._file = self._path = None

    def close(self) -> Spilled:
        if self._file is not None:
            self._file.close()
        tail = b"".join(self._tail)[-_TAIL_BYTES:]
        return Spilled(head=self._head, tail=tail, size_bytes=self._size, path=self._path)
