"""The output of a command while it comes: all of it to a file without secrets, and its end kept for the eye."""

import contextlib
from pathlib import Path
from typing import Self

from codex_orch_tui.domain.secret_stream import ByteRedactor, ending
from codex_orch_tui.domain.terminal_text import clean_line, clean_text
from codex_orch_tui.store.atomic import make_folder
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.raw_log import RawLog

MAX_LOG_BYTES = 64 * 1024 * 1024
"""Of the whole file; what comes after that is not kept."""
TAIL_BYTES = 8 * 1024


class CommandOutput:
    """Takes blocks. Use it as a context manager.

    Args:
        path: the file that the output is added to.
        head: a line before it.

    Raises:
        StoreError: on entering: the file cannot be opened.
    """

    def __init__(self, path: Path, head: str) -> None:
        self._path = path
        self._head = clean_line(head)
        self._redactor = ByteRedactor()
        self._tail = bytearray()
        self._is_cut = False

    def __enter__(self) -> Self:
        make_folder(self._path.parent)
        self._log = RawLog(self._path, max_bytes=MAX_LOG_BYTES)
        self._write(f"── {self._head}\n".encode())
        return self

    def __exit__(self, *_: object) -> None:
        self._keep(self._redactor.end())
        if self._tail and not self._tail.endswith(b"\n"):
            self._write(b"\n")
        self._log.close()

    @property
    def tail(self) -> str:
        """The end of the output, clean; whole words and lines only."""
        text = self._tail.decode("utf-8", "replace")
        return clean_text(ending(text) if self._is_cut else text).strip()

    def take(self, block: bytes) -> None:
        """Take the next block."""
        self._keep(self._redactor.feed(block))

    def _keep(self, block: bytes) -> None:
        self._write(block)
        self._tail += block
        self._is_cut = self._is_cut or len(self._tail) > TAIL_BYTES
        del self._tail[:-TAIL_BYTES]

    def _write(self, block: bytes) -> None:
        with contextlib.suppress(StoreError):  # A full disk or file takes the rest of the output, not the check.
            self._log.append(block)
