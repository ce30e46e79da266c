"""One child process in a session of its own, its pipes read in large blocks, and its end, whatever holds it up.

Two facts shape this module. On Python 3.11 `asyncio.subprocess.Process.wait()` does not return while a grandchild
holds a pipe of the child. And a child that writes thousands of small lines a second would wake the loop for each: a
pipe that was busy a moment ago is left to fill for a few milliseconds.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

BLOCK_BYTES = 256 * 1024
PIPE_BYTES = 256 * 1024
BUSY_S = 0.015
"""A second read within this time makes the pipe busy; a busy pipe is read once in this time."""
MAX_UNSENT_BYTES = 64 * 1024 * 1024
_POLL_S = 0.05
_HELD_PIPE_S = 0.5
_DEAF_S = 3.0


class Ending(StrEnum):
    """What it took to end a child."""

    ALREADY_ENDED = "already ended"
    STDIN_CLOSED = "ended"
    TERMINATED = "ended by SIGTERM"
    KILLED = "ended by SIGKILL"
    NOT_ENDED = "did not end"


class Child:
    """A running process. The callbacks are called on the loop, in order; `on_ended` last and once."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        on_stdout: Callable[[bytes], None],
        on_stderr: Callable[[bytes], None],
        on_ended: Callable[[int | None], None],
    ) -> None:
        """Starts it.

        Args:
            argv: Program and arguments; the program is an absolute path.
            cwd: Its working folder.
            env: Its whole environment.
            on_stdout: Takes each block of stdout.
            on_stderr: Takes each block of stderr.
            on_ended: Takes the exit code, negative for a signal, None when it could not be reaped in time.

        Raises:
            OSError: It could not be started; `filename` names the program or the folder that is at fault.
        """
        self._loop = asyncio.get_running_loop()
        self._on_stdout = on_stdout
        self._on_stderr = on_stderr
        self._on_ended = on_ended
        self._process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._stdin = self._process.stdin.fileno()
        self._stdout = self._process.stdout.fileno()
        self._stderr = self._process.stderr.fileno()
        self._open = {self._stdin, self._stdout, self._stderr}
        self._unsent = bytearray()
        self._last_read_s = 0.0
        self._pidfd: int | None = None
        self._exited = False
        self._gone = asyncio.Event()
        self._timers: list[asyncio.TimerHandle] = []
        self._pause: asyncio.TimerHandle | None = None
        self._stopping: asyncio.Task[Ending] | None = None
        self.exit_code: int | None = None
        self._start()

    @property
    def pid(self) -> int:
        """Process id, process group and session alike."""
        return self._process.pid

    @property
    def is_stopping(self) -> bool:
        """`stop` was called: nobody may start a successor before it returned."""
        return self._stopping is not None

    @property
    def has_ended(self) -> bool:
        """`on_ended` was called."""
        return self._gone.is_set()

    def write(self, data: bytes) -> None:
        """Sends bytes to stdin without waiting.

        Raises:
            BrokenPipeError: The child does not read any more, or has not for so long that the buffer is full.
        """
        if self._stdin not in self._open:
            raise BrokenPipeError("stdin is closed")
        if len(self._unsent) + len(data) > MAX_UNSENT_BYTES:
            raise BrokenPipeError("the process does not read its stdin")
        idle = not self._unsent
        self._unsent += data
        if idle:
            self._send()

    def end_input(self) -> None:
        """Closes stdin; what the pipe did not take is dropped."""
        self._close(self._stdin)

    async def wait(self, timeout_s: float) -> bool:
        """Whether it ended within so many seconds."""
        try:
            await asyncio.wait_for(self._gone.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    async def stop(self, *, close_s: float = 3.0, term_s: float = 3.0, kill_s: float = 3.0) -> Ending:
        """Ends it: stdin closed, then SIGTERM to the group, then SIGKILL, each with its bound in seconds.

        Every caller gets the same answer; a cancelled caller does not stop the ladder.
        """
        if self._stopping is None:
            self._stopping = self._loop.create_task(self._ladder(close_s, term_s, kill_s))
        return await asyncio.shield(self._stopping)

    async def _ladder(self, close_s: float, term_s: float, kill_s: float) -> Ending:
        if self._gone.is_set():
            return Ending.ALREADY_ENDED
        self._close(self._stdin)
        if await self.wait(close_s):
            return Ending.STDIN_CLOSED
        self._signal(signal.SIGTERM)
        if await self.wait(term_s):
            return Ending.TERMINATED
        self._signal(signal.SIGKILL)
        if await self.wait(kill_s):
            return Ending.KILLED
        self._finish()
        return Ending.NOT_ENDED

    def _start(self) -> None:
        for fd in self._open:
            os.set_blocking(fd, False)
        if sys.platform == "linux":
            with contextlib.suppress(OSError):  # over the user's pipe quota: smaller pipes do as well
                fcntl.fcntl(self._stdout, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._loop.add_reader(self._stdout, self._stdout_ready)
        self._loop.add_reader(self._stderr, self._stderr_ready)
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                self._pidfd = os.pidfd_open(self._process.pid)
        if self._pidfd is not None:
            self._loop.add_reader(self._pidfd, self._exit_seen)
        else:
            self._after(_POLL_S, self._poll_exit)

    def _after(self, delay_s: float, callback: Callable[[], None]) -> None:
        self._timers = [timer for timer in self._timers if timer.when() > self._loop.time()]
        self._timers.append(self._loop.call_later(delay_s, callback))

    def _send(self) -> None:
        try:
            while self._unsent:
                sent = os.write(self._stdin, memoryview(self._unsent)[:65536])
                del self._unsent[:sent]
        except BlockingIOError:
            self._loop.add_writer(self._stdin, self._send)
            return
        except OSError:
            self._close(self._stdin)
            return
        self._loop.remove_writer(self._stdin)

    def _stdout_ready(self) -> None:
        now_s = self._loop.time()
        if now_s - self._last_read_s < BUSY_S:
            self._loop.remove_reader(self._stdout)
            self._pause = self._loop.call_later(BUSY_S, self._stdout_rested)
        else:
            self._last_read_s = now_s
            self._read_stdout()

    def _stdout_rested(self) -> None:
        self._pause = None
        if self._stdout not in self._open:
            return
        got = self._read_stdout()
        if self._stdout not in self._open:
            return
        if got:
            self._pause = self._loop.call_later(0 if got >= PIPE_BYTES else BUSY_S, self._stdout_rested)
        else:
            self._last_read_s = self._loop.time()
            self._loop.add_reader(self._stdout, self._stdout_ready)

    def _read_stdout(self) -> int:
        data = self._read(self._stdout)
        if data:
            self._on_stdout(data)
        elif data is not None:
            self._close(self._stdout)
            if not self._exited:
                # A worker that closed its stdout can tell nothing any more: it is given a moment to go by itself.
                self._after(_DEAF_S, lambda: self._signal(signal.SIGTERM))
                self._after(2 * _DEAF_S, lambda: self._signal(signal.SIGKILL))
                self._after(3 * _DEAF_S, self._finish)
        return len(data or b"")

    def _stderr_ready(self) -> None:
        data = self._read(self._stderr)
        if data:
            self._on_stderr(data)
        elif data is not None:
            self._close(self._stderr)

    def _read(self, fd: int) -> bytes | None:
        """A block, b"" at the end, None when there is nothing now."""
        try:
            return os.read(fd, BLOCK_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _drain(self) -> None:
        while self._stdout in self._open and self._read_stdout():
            pass
        while self._stderr in self._open:
            data = self._read(self._stderr)
            if data:
                self._on_stderr(data)
            elif data is None:
                return
            else:
                self._close(self._stderr)

    def _poll_exit(self) -> None:
        if self._process.poll() is None:
            self._after(_POLL_S, self._poll_exit)
        else:
            self._exit_seen()

    def _exit_seen(self) -> None:
        self._exited = True
        if self._pidfd is not None:
            self._loop.remove_reader(self._pidfd)
        self._close(self._stdin)
        self._drain()
        if self._open:
            # Somebody else holds the pipes: a wrapper's child, or a program that the worker left behind.
            self._signal(signal.SIGTERM)
            self._after(_HELD_PIPE_S, lambda: self._signal(signal.SIGKILL))
            self._after(2 * _HELD_PIPE_S, self._finish)
            self._loop.call_soon(self._watch_held_pipes)
        else:
            self._finish()

    def _watch_held_pipes(self) -> None:
        if self._gone.is_set():
            return
        self._drain()
        if self._open:
            self._after(_POLL_S, self._watch_held_pipes)
        else:
            self._finish()

    def _signal(self, number: signal.Signals) -> None:
        """To the group, which keeps its id as long as the child is not reaped or a member lives."""
        if self._gone.is_set():
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _finish(self) -> None:
        if self._gone.is_set():
            return
        if self._exited:
            self._drain()
            self._signal(signal.SIGTERM)  # what is left of the group; before reaping, so that the id is still its own
        for fd in tuple(self._open):
            self._close(fd)
        for timer in self._timers:
            timer.cancel()
        if self._pause is not None:
            self._pause.cancel()
        if self._pidfd is not None:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = None
        self.exit_code = self._process.poll()
        self._gone.set()
        self._on_ended(self.exit_code)

    def _close(self, fd: int) -> None:
        if fd not in self._open:
            return
        self._open.discard(fd)
        if fd == self._stdin:
            self._loop.remove_writer(fd)
            self._unsent.clear()
        else:
            self._loop.remove_reader(fd)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None and not pipe.closed and pipe.fileno() == fd:
                pipe.close()
