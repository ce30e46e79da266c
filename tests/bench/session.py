"""The program with workers and its probe (probed.py) in a terminal, and what can be told of it from outside."""

import json
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.bare import GREETING
from tests.bench.scene import ROOT, Scene, scene
from tests.bench.terminal import Terminal

WORKERS = 8
PER_S = 7_500
"""Lines of each worker in a flood."""
PATIENCE_S = 60.0


class Session:
    """The program, or the bare app, under observation."""

    def __init__(self, place: Scene, terminal: Terminal, report: Path, workers: int) -> None:
        self.place = place
        self._workers = workers
        self.terminal = terminal
        self._report = report

    def lags_ms(self, seconds: float) -> dict[str, float]:
        """How late the event loop was within the next seconds; ends the probe."""
        self.terminal.send_signal(signal.SIGUSR2)
        time.sleep(seconds)
        self.stop_probe()
        return percentiles(json.loads(self._report.read_text(encoding="utf-8")))

    def stop_probe(self) -> None:
        """Ends it: what it costs is not to be counted."""
        self.terminal.send_signal(signal.SIGUSR1)
        self.wait(self._report.exists)

    def cores(self, seconds: float) -> float:
        """Processor seconds per second, of this process alone."""
        before, began_s = self._used_s(), time.perf_counter()
        time.sleep(seconds)
        return round((self._used_s() - before) / (time.perf_counter() - began_s), 4)

    def at_rest(self, seconds: float) -> dict[str, float]:
        """What it uses and writes while nothing happens."""
        before = self.terminal.bytes_read
        cores = self.cores(seconds)
        return {"cpu_percent": round(100 * cores, 2), "terminal_bytes": self.terminal.bytes_read - before}

    def uss_mib(self) -> float:
        """Memory that belongs to this process alone."""
        return round(self.terminal.usage.memory_full_info().uss / 2**20, 1)

    def until_flowing(self) -> None:
        """Return when every worker streams."""
        self.until_all(lambda log: log.stat().st_size > 100_000)

    def until_done(self) -> None:
        """Return when every worker's turn has ended and is on disk."""
        self.until_all(lambda log: b'"turn/completed"' in _tail(log))

    def until_reported(self) -> None:
        """Return when what every worker did is told in its task's result.json, which is written last."""
        self.until_all(lambda log: _is_newer(log.with_name("result.json"), log))

    def until_all(self, holds: Callable[[Path], bool]) -> None:
        """Return when something holds of every worker's events.jsonl."""
        self.wait(lambda: len(self.logs()) == self._workers and all(map(holds, self.logs())))

    def reports(self) -> dict[str, dict[str, Any]]:
        """What each worker says that it sent."""
        return {
            log.parent.name: json.loads((log.parent / "stderr.log").read_text(encoding="utf-8")) for log in self.logs()
        }

    def lines(self) -> tuple[dict[str, int], dict[str, int]]:
        """Lines sent and lines in events.jsonl, by worker."""
        sent = {name: report["lines"] for name, report in self.reports().items()}
        return sent, {log.parent.name: log.read_bytes().count(b"\n") for log in self.logs()}

    def logs(self) -> list[Path]:
        """Each worker's events.jsonl."""
        return sorted((self.place.repository / ".orchestrator" / "runs").glob("*/tasks/*/events.jsonl"))

    def _used_s(self) -> float:
        times = self.terminal.usage.cpu_times()
        return times.user + times.system

    def wait(self, holds: Callable[[], bool]) -> None:
        """Return when something holds.

        Raises:
            TimeoutError: it did not, or the program ended.
        """
        deadline_s = time.perf_counter() + PATIENCE_S
        while not holds():
            if time.perf_counter() > deadline_s or not self.terminal.is_running:
                seen = self.terminal.output_since(0)[-2_000:]
                raise TimeoutError(f"it ended, or nothing came in {PATIENCE_S:g} s; the end of its output: {seen!r}")
            time.sleep(0.05)


@contextmanager
def working(*, lines: int) -> Iterator[Session]:
    """The program with eight workers, each of which streams so many lines at full pace and then has nothing to do."""
    with scene() as place, probed(place, WORKERS, {"lines": lines, "per_s": PER_S}) as session:
        yield session


@contextmanager
def bare() -> Iterator[Session]:
    """A bare Textual app."""
    with scene() as place, probed(place, 0, {}) as session:
        session.terminal.until(GREETING.encode())
        yield session


@contextmanager
def unread_streams(*, lines: int) -> Iterator[None]:
    """Eight workers that stream to nobody: what the machine has to bear beside the program."""
    order = json.dumps({"lines": lines, "per_s": PER_S})
    call = {"id": 1, "method": "turn/start", "params": {"input": [{"text": order}]}}
    command: tuple[str | Path, ...] = (sys.executable, "-IS", Path(__file__).with_name("stand_in.py"))
    null = subprocess.DEVNULL
    streams = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=null, stderr=null, bufsize=0) for _ in range(WORKERS)
    ]
    try:
        for stream in streams:
            assert stream.stdin is not None
            stream.stdin.write(json.dumps(call).encode() + b"\n")
        yield
    finally:
        for stream in streams:
            stream.kill()
            stream.communicate()


def percentiles(values: list[float]) -> dict[str, float]:
    """The middle, the 95th and the 99th of a hundred, and the highest."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    told = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(values)}
    return {name: round(value, 2) for name, value in told.items()}


@contextmanager
def probed(place: Scene, workers: int, order: Mapping[str, object]) -> Iterator[Session]:
    """The program with so many workers that have this order (see stand_in.py); a bare app without any."""
    report = place.root / "report.json"
    command = (sys.executable, "-m", "tests.bench.probed", report, place.codex, str(workers), json.dumps(order))
    environment = {**place.environment, "PYTHONPATH": str(ROOT)}
    with Terminal(command, cwd=place.repository, environment=environment) as terminal:
        yield Session(place, terminal, report, workers)


def _is_newer(path: Path, other: Path) -> bool:
    return path.exists() and path.stat().st_mtime_ns > other.stat().st_mtime_ns


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 1_000))
        return file.read()
