"""Standard output for work that goes on when nobody reads it any more, as after `| head`."""

import os
import sys
from typing import TextIO


class Out:
    """Writes at once. When the reader has gone, what is written goes nowhere, and nothing ends because of it.

    Args:
        stream: where it writes.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stdout
        self.is_gone = False

    @property
    def is_terminal(self) -> bool:
        """Lines can be written over."""
        return self._stream.isatty() and os.environ.get("TERM", "") not in {"", "dumb"}

    @property
    def columns(self) -> int:
        """Cells in a line of the terminal."""
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def write(self, text: str) -> None:
        """Write text as it is."""
        if self.is_gone:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self.is_gone = True
            # What is still buffered would raise once more when the interpreter closes the stream.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def say(self, *lines: str) -> None:
        """Write lines."""
        self.write("".join(f"{line}\n" for line in lines))
