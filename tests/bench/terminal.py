"""A program in a pty, as a user would start it, and what it puts out."""

import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from fcntl import ioctl
from pathlib import Path
from types import TracebackType

import psutil

SIZE = (45, 160)
_KEPT_BLOCKS = 8_192


class Terminal:
    """Starts a program in a pty of 160x45; whatever it puts out is read at once, each block with its time.

    Args:
        command: the program and its arguments.
        cwd: the folder that it is started in.
        environment: its whole environment.
    """

    def __init__(self, command: Sequence[str | Path], *, cwd: Path, environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        self._news = threading.Condition()
        self._blocks: list[tuple[float, bytes]] = []
        self._dropped = 0
        self.bytes_read = 0
        self.began_s = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=cwd, env=environment, start_new_session=True
        )
        os.close(slave)
        self.usage = psutil.Process(self._process.pid)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        self._reader.join(5)
        os.close(self._master)

    def end(self) -> int:
        """SIGTERM, and its exit code; killed when it does not end within 20 seconds."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    @property
    def is_running(self) -> bool:
        """It has not ended."""
        return self._process.poll() is None

    def send_signal(self, number: signal.Signals) -> None:
        """To the program alone."""
        self._process.send_signal(number)

    def press(self, key: bytes) -> tuple[int, float]:
        """Types; returns where the output stood (for `offset` below), and the time."""
        with self._news:
            offset = self._dropped + len(self._blocks)
        now_s = time.perf_counter()
        os.write(self._master, key)
        return offset, now_s

    def until(self, holds: bytes | Callable[[bytes], bool], *, offset: int = 0, timeout_s: float = 30.0) -> float:
        """The time at which the output from `offset` on first held something.

        Raises:
            TimeoutError: it did not.
        """
        test = (lambda seen: holds in seen) if isinstance(holds, bytes) else holds
        deadline_s = time.perf_counter() + timeout_s
        seen = b""
        with self._news:
            while True:
                for at_s, block in self._blocks[max(0, offset - self._dropped) :]:
                    offset += 1
                    seen += block
                    if test(seen):
                        return at_s
                if not self._news.wait(max(0.0, deadline_s - time.perf_counter())):
                    raise TimeoutError(f"waited {timeout_s:g} s in vain; the end of what came: {seen[-600:]!r}")

    def timed_since(self, offset: int) -> list[tuple[float, bytes]]:
        """What was put out from `offset` on, each block with its time."""
        with self._news:
            assert offset >= self._dropped, "it is no longer kept"
            return self._blocks[offset - self._dropped :]

    @property
    def offset(self) -> int:
        """Where the output stands."""
        with self._news:
            return self._dropped + len(self._blocks)

    def output_since(self, offset: int) -> bytes:
        """What was put out from `offset` on, as far as it is kept."""
        with self._news:
            return b"".join(block for _, block in self._blocks[max(0, offset - self._dropped) :])

    def until_quiet(self, quiet_s: float = 0.4, timeout_s: float = 20.0) -> None:
        """Return when nothing has been put out for so long.

        Raises:
            TimeoutError: something always was.
        """
        deadline_s = time.perf_counter() + timeout_s
        with self._news:
            while self._news.wait(quiet_s):
                if time.perf_counter() > deadline_s:
                    raise TimeoutError(f"it is not quiet; the last of it: {self._blocks[-1][1][-600:]!r}")

    def _read(self) -> None:
        while True:
            try:
                select.select([self._master], [], [])
                block = os.read(self._master, 65536)
            except (OSError, ValueError):
                return
            if not block:
                return
            with self._news:
                self._blocks.append((time.perf_counter(), block))
                self.bytes_read += len(block)
                if len(self._blocks) > 2 * _KEPT_BLOCKS:
                    del self._blocks[:_KEPT_BLOCKS]
                    self._dropped += _KEPT_BLOCKS
                self._news.notify_all()
