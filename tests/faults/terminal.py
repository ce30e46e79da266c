"""The program as a shell starts it, in a pty, seen through a terminal that knows just enough to read it.

Every byte that the program sends is kept. `shapes` says what kinds of control sequences are among them, so that a run
with hostile texts can be compared with a bare one.
"""

import asyncio
import codecs
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from fcntl import ioctl
from pathlib import Path

from rich.cells import cell_len

from codex_orch_tui.domain.terminal_text import is_clean
from tests.faults.rig import environment

PATIENCE_S = 20.0
_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS and their like, with their ends
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"  # two or three characters
    r"|[\x00-\x1a\x1c-\x1f\x7f-\x9f]"
)
_TOKEN = re.compile(_CONTROL.pattern + r"|\x1b|[^\x00-\x1f\x7f-\x9f]+")
_NUMBERS = re.compile(r"[0-9;:]+")
_NOTIFICATION = re.compile(r"\x1b\]9;codex-orch-tui: ([^;]*)\x1b\\")


def bells(output: bytes) -> int:
    """How often the bell was rung; the same character ends some sequences."""
    return _TOKEN.findall(output.decode("utf-8", "surrogateescape")).count("\x07")


def shapes(output: bytes) -> set[str]:
    """The kinds of control sequences in an output.

    Numbers of CSI sequences and the words of our own notifications are left out, all others are whole.
    """
    found = set()
    for token in _TOKEN.findall(output.decode("utf-8", "surrogateescape")):
        if token.startswith("\x1b["):
            found.add(_NUMBERS.sub("", token))
        elif (ours := _NOTIFICATION.fullmatch(token)) and is_clean(ours[1]):
            found.add("\x1b]9;codex-orch-tui: …\x1b\\")
        elif token[0] < " " or "\x7f" <= token[0] <= "\x9f":
            found.add(token)
        elif not is_clean(token):
            found.update(char for char in token if not is_clean(char))
    return found


class Screen:
    """Rows of characters. It follows the cursor and forgets everything else."""

    def __init__(self, columns: int, rows: int) -> None:
        self.resize(columns, rows)
        self._held = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def resize(self, columns: int, rows: int) -> None:
        """Another size; blank until it is painted."""
        self.cells = [[" "] * columns for _ in range(rows)]
        self._row = self._column = 0

    @property
    def text(self) -> str:
        """What can be read."""
        return "\n".join("".join(row).rstrip() for row in self.cells)

    def feed(self, data: bytes) -> None:
        """Take what the program has sent; the start of a sequence waits for its end."""
        text = self._held + self._decoder.decode(data)
        self._held = ""
        for found in _TOKEN.finditer(text):
            token = found.group()
            if token == "\x1b":
                self._held = text[found.start() :]
                return
            if token[0] >= " " and not "\x7f" <= token[0] <= "\x9f":
                self._put(token)
            else:
                self._obey(token)

    def _obey(self, token: str) -> None:
        if token == "\r":
            self._column = 0
        elif token == "\n":
            self._row = min(self._row + 1, len(self.cells) - 1)
        elif token in {"\x1b[H", "\x1b[f"}:
            self._row = self._column = 0
        elif token.startswith("\x1b[") and token[-1] in "Hf":
            row, _, column = token[2:-1].partition(";")
            self._row, self._column = int(row or 1) - 1, int(column or 1) - 1
        elif token == "\x1b[2J":
            self.cells = [[" "] * len(row) for row in self.cells]

    def _put(self, text: str) -> None:
        for char in text:
            width = cell_len(char)
            if self._row < len(self.cells) and self._column < len(self.cells[self._row]):
                row = self.cells[self._row]
                if width == 0 and self._column:
                    row[self._column - 1] += char
                elif width:
                    row[self._column] = char
                    row[self._column + 1 : self._column + width] = [""] * (width - 1)
            self._column += width


class Program:
    """A running program in its pty, which is its controlling terminal."""

    def __init__(self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], size: tuple[int, int]) -> None:
        self.master, self.slave = pty.openpty()
        self.screen = Screen(*size)
        self.output = bytearray()
        self._news = asyncio.Event()
        self._is_open = True
        self.resize(*size, tell=False)
        self.settings = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "codex_orch_tui", *arguments],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
            preexec_fn=lambda: ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - nothing of ours runs in between
        )
        asyncio.get_running_loop().add_reader(self.master, self._read)

    def _read(self) -> None:
        data = os.read(self.master, 65536)
        self.output += data
        self.screen.feed(data)
        self._news.set()

    def resize(self, columns: int, rows: int, *, tell: bool = True) -> None:
        """Another window size."""
        self.screen.resize(columns, rows)
        ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if tell:
            self.process.send_signal(signal.SIGWINCH)

    def hang_up(self) -> None:
        """Close the window."""
        asyncio.get_running_loop().remove_reader(self.master)
        os.close(self.slave)
        os.close(self.master)
        self._is_open = False

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.master, keys.encode("utf-8", "surrogateescape"))

    async def press_until(self, key: str, holds: Callable[[], object]) -> None:
        """Press a key, and again as a person would: what has just appeared takes no key for a moment."""
        for _ in range(20):
            self.type(key)
            try:
                await self.until(holds, 1.0)
            except AssertionError:
                continue
            return
        raise AssertionError(f"{key!r} does nothing\n{self.screen.text}")

    async def leave(self) -> int:
        """Leave with q while workers are busy; they are stopped."""
        await self.press_until("q", lambda: "stop and quit" in self.screen.text)
        await self.press_until("x", lambda: self.process.poll() is not None)
        return await self.code()

    def paste(self, text: str) -> None:
        """Paste a text, in brackets as terminals do."""
        self.type(f"\x1b[200~{text}\x1b[201~")

    async def until(self, holds: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
        """Wait for a condition, looked at after every block of output and twice a second."""
        deadline_s = time.monotonic() + timeout_s
        while not holds():
            self._news.clear()
            assert time.monotonic() < deadline_s, f"waited {timeout_s:g} s in vain\n{self.screen.text}"
            try:
                async with asyncio.timeout(0.05):
                    await self._news.wait()
            except TimeoutError:
                pass

    async def see(self, *texts: str, timeout_s: float = PATIENCE_S) -> None:
        """Wait until all of these can be read; blanks, frames and line breaks do not count."""
        wanted = [re.sub(r"\s", "", text) for text in texts]

        def seen() -> bool:
            shown = re.sub(r"[\s│┃▌▐█]", "", self.screen.text)
            return all(text in shown for text in wanted)

        try:
            await self.until(seen, timeout_s)
        except AssertionError as error:
            raise AssertionError(f"not on the screen: {texts}; {error}") from None

    async def gone(self, text: str) -> None:
        """Wait until this cannot be read any more."""
        await self.until(lambda: text not in self.screen.text)

    async def code(self) -> int:
        """The exit code, with everything read that was written."""
        await self.until(lambda: self.process.poll() is not None)
        await asyncio.sleep(0)
        assert self.process.returncode is not None
        return self.process.returncode

    @property
    def is_restored(self) -> bool:
        """The terminal is as it was before the program had it."""
        sent = bytes(self.output)
        return (
            sent.rfind(b"\x1b[?1049l") > sent.rfind(b"\x1b[?1049h")
            and sent.rfind(b"\x1b[?25h") > sent.rfind(b"\x1b[?25l")
            and all(sent.rfind(b"\x1b[?%dl" % mode) > sent.rfind(b"\x1b[?%dh" % mode) for mode in (1000, 1003, 2004))
            and termios.tcgetattr(self.slave) == self.settings
        )

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._is_open:
            self.hang_up()


@asynccontextmanager
async def program(
    root: Path,
    repository: Path,
    *arguments: str,
    codex: Path | None = None,
    size: tuple[int, int] = (160, 45),
    **environ: str,
) -> AsyncIterator[Program]:
    """The program with a stand-in for Codex and homes of its own; the guard of approvals is off."""
    env = {
        **environment(root),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "CODEX_ORCH_APPROVAL_GUARD_MS": "0",
        **({"CODEX_ORCH_CODEX_PATH": str(codex)} if codex else {}),
        **environ,
    }
    running = Program(arguments, cwd=repository, env=env, size=size)
    try:
        yield running
    finally:
        running.close()
