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
from collections.abc import Mapping, Sequence
from fcntl import ioctl
from pathlib import Path
from types import TracebackType

import psutil

SIZE = (45, 160)


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

    def send_signal(self, number: signal.Signals) -> None:
        """To the program alone."""
        self._process.send_signal(number)

    def press(self, key: bytes) -> tuple[int, float]:
        """Types; returns what had been put out by then, as an offset for `seen_after`, and the time."""
        with self._news:
            offset = len(self._blocks)
        now_s = time.perf_counter()
        os.write(self._master, key)
        return offset, now_s

    def until(self, *markers: bytes, offset: int = 0, timeout_s: float = 30.0) -> float:
        """The time at which all markers had come, among the blocks from `offset` on.

        Raises:
            TimeoutError: they did not.
        """
        deadline_s = time.perf_counter() + timeout_s
        seen = b""
        with self._news:
            while True:
                for at_s, block in self._blocks[offset:]:
                    offset += 1
                    seen += block
                    if all(marker in seen for marker in markers):
                        return at_s
                if not self._news.wait(max(0.0, deadline_s - time.perf_counter())):
                    raise TimeoutError(f"{markers!r} did not come; the end of what did: {seen[-600:]!r}")

    def bytes_since(self, offset: int) -> int:
        """How much was put out from that block on."""
        with self._news:
            return sum(len(block) for _, block in self._blocks[offset:])

    def until_quiet(self, quiet_s: float = 0.4, timeout_s: float = 20.0) -> None:
        """Return when nothing has been put out for so long."""
        deadline_s = time.perf_counter() + timeout_s
        with self._news:
            while self._news.wait(quiet_s):
                if time.perf_counter() > deadline_s:
                    raise TimeoutError(f"it is not quiet; the last of it: {self._blocks[-1]!r}")

    @property
    def offset(self) -> int:
        """How many blocks have come."""
        with self._news:
            return len(self._blocks)

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
                self._news.notify_all()
