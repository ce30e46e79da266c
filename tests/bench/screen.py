"""What the screen costs, beside a bare Textual app: `python -m tests.bench.screen` prints figures as JSON.

Each app runs in a pty of 160x45 as a user would start it. First paint is the time from the start of the process to the
byte that completes a marker of the first frame; key to paint is from a byte in to the next byte out.
"""

import argparse
import json
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

SIZE = (45, 160)
ROOT = Path(__file__).parents[2]
QUIET_S = 0.25
"""So long without a byte, and a frame counts as finished."""


class Program:
    """A child in a pty.

    Args:
        kind: what `child` below runs.
        tasks: how many tasks its state holds.
    """

    def __init__(self, kind: str, tasks: int) -> None:
        self.master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
        environ.pop("NO_COLOR", None)
        command = [sys.executable, "-m", "tests.bench.screen", "--child", kind, "--tasks", str(tasks)]
        self.began_s = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environ, cwd=ROOT, start_new_session=True
        )
        os.close(slave)

    def __enter__(self) -> "Program":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.send_signal(signal.SIGTERM)
        deadline_s = time.perf_counter() + 5
        while self.process.poll() is None and time.perf_counter() < deadline_s:
            self.read(0.05)
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def read(self, timeout_s: float) -> bytes:
        """The next bytes; none after the timeout, or at the end."""
        if not select.select([self.master], [], [], timeout_s)[0]:
            return b""
        try:
            return os.read(self.master, 65536)
        except OSError:
            return b""

    def until(self, marker: bytes, timeout_s: float = 20) -> float:
        """Seconds since the start when the marker was complete."""
        seen = b""
        deadline_s = time.perf_counter() + timeout_s
        while marker not in seen:
            seen += self.read(0.5)
            if time.perf_counter() > deadline_s:
                raise TimeoutError(f"{marker!r} did not appear; the end of what did: {seen[-400:]!r}")
        return time.perf_counter() - self.began_s

    def until_quiet(self) -> None:
        """Read what is still coming."""
        while self.read(QUIET_S):
            pass

    def key(self, key: bytes, *, rest_s: float) -> float:
        """Milliseconds from the key to the first byte that it brings; returns when it was quiet for `rest_s`."""
        start_s = time.perf_counter()
        os.write(self.master, key)
        if not self.read(2):
            raise TimeoutError(f"{key!r} changed nothing")
        took_ms = (time.perf_counter() - start_s) * 1000
        while self.read(rest_s):
            pass
        return took_ms

    def bytes_in(self, seconds: float) -> int:
        """How many bytes come while nothing is done."""
        total, deadline_s = 0, time.perf_counter() + seconds
        while (left_s := deadline_s - time.perf_counter()) > 0:
            total += len(self.read(left_s))
        return total


MARKERS = {"bare": b"bare app", "screen": b"Tasks"}


def first_paint(kind: str, tasks: int, rounds: int) -> float:
    """The median of some starts, in seconds; the first one warms the caches and does not count."""
    times = []
    for _ in range(rounds + 1):
        with Program(kind, tasks) as program:
            times.append(program.until(MARKERS[kind]))
    return round(statistics.median(times[1:]), 3)


def key_to_paint(kind: str, tasks: int, presses: int, *, rest_s: float = 0.12) -> dict[str, float]:
    """Down and up by turns, in milliseconds; at rest, or with a shorter `rest_s` like a key that is held down."""
    with Program(kind, tasks) as program:
        program.until(MARKERS[kind])
        program.until_quiet()
        times = sorted(program.key(b"j" if number % 40 < 20 else b"k", rest_s=rest_s) for number in range(presses))
    return {"p50": round(times[len(times) // 2], 2), "p95": round(times[int(len(times) * 0.95)], 2)}


def idle(kind: str, tasks: int, seconds: float) -> dict[str, float]:
    """Processor time and bytes while nothing happens."""
    with Program(kind, tasks) as program:
        program.until(MARKERS[kind])
        program.until_quiet()
        process = psutil.Process(program.process.pid)
        before = process.cpu_times()
        count = program.bytes_in(seconds)
        after = process.cpu_times()
    used_s = after.user - before.user + after.system - before.system
    return {"cpu_percent": round(100 * used_s / seconds, 2), "bytes": count}


def measure(rounds: int, presses: int, idle_s: float) -> dict[str, Any]:
    """All figures."""
    return {
        "first_paint_s": {
            "bare": first_paint("bare", 0, rounds),
            "tasks_0": first_paint("screen", 0, rounds),
            "tasks_200": first_paint("screen", 200, rounds),
        },
        "key_to_paint_ms": {
            "bare": key_to_paint("bare", 0, presses),
            "tasks_200": key_to_paint("screen", 200, presses),
            "tasks_5000": key_to_paint("screen", 5000, presses),
            "held_tasks_200": key_to_paint("screen", 200, presses, rest_s=0.03),
        },
        "idle": {"bare": idle("bare", 0, idle_s), "workers_8": idle("screen", 8, idle_s)},
    }


# -- the children ----------------------------------------------------------------------------------------------------


def _bare(_tasks: int) -> None:
    from textual.app import App, ComposeResult
    from textual.events import Key
    from textual.widgets import Static

    class Bare(App[None]):
        presses = 0

        def compose(self) -> ComposeResult:
            yield Static("bare app")

        def on_key(self, _event: Key) -> None:
            self.presses += 1
            self.query_one(Static).update(f"bare app {self.presses}")

    Bare().run()


def _screen(tasks: int) -> None:
    import asyncio

    from codex_orch_tui.ui.run import run_app
    from tests.fakes.orchestrator import FakeOrchestrator
    from tests.fakes.states import Story, at_rest

    async def run() -> int:
        orchestrator: Any = FakeOrchestrator(at_rest(tasks) if tasks else Story())
        return await run_app(orchestrator)

    sys.exit(asyncio.run(run()))


CHILDREN: dict[str, Callable[[int], None]] = {"bare": _bare, "screen": _screen}


def main() -> None:
    """Measures, or is one of the measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", choices=CHILDREN)
    parser.add_argument("--tasks", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--presses", type=int, default=200)
    parser.add_argument("--idle-s", type=float, default=10.0)
    arguments = parser.parse_args()
    if arguments.child:
        CHILDREN[arguments.child](arguments.tasks)
        return
    print(json.dumps(measure(arguments.rounds, arguments.presses, arguments.idle_s), indent=2))


if __name__ == "__main__":
    main()
