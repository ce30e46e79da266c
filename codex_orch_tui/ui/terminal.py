"""The terminal as we need it: it may go away, be lent to an editor, or send bytes that are no text."""

import asyncio
import os
import select
import signal
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import IO, Any, cast

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message

from codex_orch_tui.domain.terminal_text import clean_line

_KEEP_TITLE, _GIVE_TITLE_BACK = "\x1b[22;0t", "\x1b[23;0t"
"""On the terminal's own stack of titles. Where there is none, an empty title stays, which shells fill again."""
_SETTLED_S = 0.1
"""After so long without another size it is the one that stays."""
_POLL_S = 0.1
"""How often the reader looks for its end, and for the end of a lone escape."""


class TerminalGone(Message):
    """Nobody reads the terminal any more: its window was closed or its connection was cut."""


class _Output:
    """The terminal's file. When the terminal is gone, what is written goes nowhere.

    Textual writes from a thread of its own; an error there would end that thread, and the next writes would block the
    program for ever.
    """

    def __init__(self, file: IO[str], on_gone: Callable[[], None]) -> None:
        self._file = file
        self._on_gone = on_gone
        self._is_gone = False

    def write(self, text: str) -> int:
        if not self._is_gone:
            try:
                return self._file.write(text)
            except OSError:
                self._give_up()
        return len(text)

    def flush(self) -> None:
        if not self._is_gone:
            try:
                self._file.flush()
            except OSError:
                self._give_up()

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()

    def _give_up(self) -> None:
        self._is_gone = True
        self._on_gone()


class Terminal(LinuxDriver):
    """Textual's driver for Linux and macOS with four faults mended: see the methods."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._settling: asyncio.TimerHandle | None = None
        self._title = ""
        self._file = cast("Any", _Output(cast("IO[str]", self._file), self._tell_gone))

    def start_application_mode(self) -> None:
        """Takes the terminal, and hears of its sizes on the loop.

        Textual reads the size within the signal's handler, which the next signal interrupts: in a storm of sizes an
        older one would be told last.
        """
        super().start_application_mode()  # type: ignore[no-untyped-call]
        asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, self._tell_size)
        if self._title:
            self.write(_KEEP_TITLE)
            self._write_title(self._title)

    def stop_application_mode(self) -> None:
        """Gives the terminal back, with the title that it had."""
        if self._title:
            self._write_title("")
            self.write(_GIVE_TITLE_BACK)
        super().stop_application_mode()

    def set_title(self, title: str) -> None:
        """Sets the title of the terminal's window until the terminal is given back."""
        if not self._title:
            self.write(_KEEP_TITLE)
        self._title = title
        self._write_title(title)

    def notify_desktop(self, text: str) -> None:
        """Asks the terminal for a notification on the desktop; those that know nothing of it pass it over."""
        self.write(f"\x1b]9;{clean_line(text)}\x1b\\")

    def ring(self) -> None:
        """Sounds the bell."""
        self.write("\x07")

    def _write_title(self, title: str) -> None:
        self.write(f"\x1b]0;{clean_line(title)}\x1b\\")

    def _tell_size(self) -> None:
        if self._in_band_window_resize:
            return
        size = Size(*self._get_terminal_size())
        self._app.post_message(Resize(size, size))
        if self._settling is not None:
            self._settling.cancel()
        self._settling = asyncio.get_running_loop().call_later(_SETTLED_S, self._paint_again)

    def _paint_again(self) -> None:
        """A size that was another one only for a moment changes nothing here, and has cut off what was painted."""
        if self._app.is_running:
            self._app.refresh(layout=True)

    def write(self, data: str) -> None:
        """Writes, or drops what is painted while the terminal is lent out: its whole screen is painted afterwards.

        Textual would fill a queue that nobody empties, and then block.
        """
        if self._writer_thread is not None:
            super().write(data)

    def close(self) -> None:
        """Ends the writing thread."""
        super().close()
        self._writer_thread = None

    def run_input_thread(self) -> None:
        """Reads keys until the end.

        Textual's own loop spins when the terminal is gone and ends the app on bytes that are not UTF-8.
        """
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        while not self.exit_event.is_set():
            try:
                readable, _, _ = select.select([self.fileno], [], [], _POLL_S)
                data = os.read(self.fileno, 4096) if readable else None
            except OSError:
                data = b""
            if data == b"":
                self._tell_gone()
                return
            if data:
                for event in parser.feed(decode(data)):
                    self.process_message(event)
            for event in parser.tick():
                self.process_message(event)

    def _tell_gone(self) -> None:
        self._app.post_message(TerminalGone())
