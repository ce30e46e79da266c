"""How much the log and the diff view cost. Prints JSON: `python tests/bench/widgets.py`.

The flood runs in a pty whose other end is read to the last byte, so painting is paid for as on a screen. Lag is how
much later than planned the event loop woke up a task that sleeps two milliseconds at a time.
"""

import argparse
import asyncio
import json
import os
import pty
import sys
import threading
import time
from collections.abc import Callable
from statistics import quantiles

from textual.app import App, ComposeResult
from textual.filter import LineFilter
from textual.widgets import Label

from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.review import (
    ChangeStatus,
    DiffLine,
    EntryKind,
    FileChange,
    FilePatch,
    Hunk,
    LineKind,
)
from codex_orch_tui.ui.line_filter import ControlFilter
from codex_orch_tui.ui.presentation.log_lines import LogLayout
from codex_orch_tui.ui.presentation.log_ring import LogRing
from codex_orch_tui.ui.widgets.diff_view import DiffView
from codex_orch_tui.ui.widgets.event_log import MAX_CHARS, MAX_LINES, EventLog

WORKERS = 8
LINES_A_SECOND = 7_500
FRAMES_A_SECOND = 15
SIZE = (160, 45)
TICK_S = 0.002

PROSE = "the parser keeps the empty query and answers 400 as the other routes of the shop do it, "


def delta(number: int, chars: int) -> LogEntry:
    """One line of output as a worker streams it."""
    return LogEntry(LogKind.OUTPUT, f"{number:>8} {PROSE * (chars // len(PROSE) + 1)}"[:chars], continues=True)


class FloodApp(App[None]):
    """A log, or for comparison a label, under a flood for some seconds."""

    CSS = "EventLog { height: 1fr; }"

    def __init__(self, *, seconds: float, chars: int, has_log: bool, lines_a_second: int) -> None:
        super().__init__()
        self.seconds, self.chars, self.has_log = seconds, chars, has_log
        self.per_frame = lines_a_second // FRAMES_A_SECOND
        self.lags_ms: list[float] = []
        self.feed_ms: list[float] = []
        self.lines = 0
        self.busy_s = 0.0
        self.elapsed_s = 0.0
        self.log_view = EventLog()
        self.control = ControlFilter()

    def get_line_filters(self) -> list[LineFilter]:
        return [*super().get_line_filters(), self.control]

    def compose(self) -> ComposeResult:
        if self.has_log:
            yield self.log_view
        else:
            yield Label("nothing")

    def on_mount(self) -> None:
        self.log_view.focus()
        self.run_worker(self.flood())
        self.run_worker(self.measure_lag())

    async def measure_lag(self) -> None:
        await asyncio.sleep(0.3)
        while True:
            planned = time.perf_counter() + TICK_S
            await asyncio.sleep(TICK_S)
            self.lags_ms.append((time.perf_counter() - planned) * 1000)

    async def flood(self) -> None:
        await asyncio.sleep(0.3)
        ready = [delta(number, self.chars) for number in range(self.per_frame)]
        start, cpu = time.perf_counter(), time.process_time()
        frame = 0
        while time.perf_counter() - start < self.seconds:
            begun = time.perf_counter()
            if self.has_log:
                self.log_view.extend(ready)
                self.log_view.set_partial(delta(frame, 40))
                self.lines += len(ready)
            self.feed_ms.append((time.perf_counter() - begun) * 1000)
            frame += 1
            await asyncio.sleep(max(0.0, start + frame / FRAMES_A_SECOND - time.perf_counter()))
        self.elapsed_s = time.perf_counter() - start
        self.busy_s = time.process_time() - cpu
        self.exit()


def percentile(values: list[float], share: int) -> float:
    """The value below which `share` percent lie."""
    return round(quantiles(values, n=100)[share - 1], 2)


def flood(*, seconds: float, chars: int, has_log: bool, lines_a_second: int) -> dict[str, float]:
    """Runs the flood in this process, on the terminal that stdout is."""
    app = FloodApp(seconds=seconds, chars=chars, has_log=has_log, lines_a_second=lines_a_second)
    app.run()
    return {
        "lines_a_second": round(app.lines / app.elapsed_s),
        "chars_a_line": chars,
        "feed_ms_p50": percentile(app.feed_ms, 50),
        "feed_ms_p99": percentile(app.feed_ms, 99),
        "loop_lag_ms_p50": percentile(app.lags_ms, 50),
        "loop_lag_ms_p99": percentile(app.lags_ms, 99),
        "loop_lag_ms_max": round(max(app.lags_ms), 2),
        "cores": round(app.busy_s / app.elapsed_s, 3),
    }


def in_pty(arguments: list[str]) -> dict[str, float]:
    """Runs this file with `arguments` in a pty of SIZE and returns what it reports on a pipe."""
    read_end, write_end = os.pipe()
    pid, master = pty.fork()
    if pid == 0:
        os.close(read_end)
        os.set_inheritable(write_end, True)
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment |= {"COLUMNS": str(SIZE[0]), "LINES": str(SIZE[1])}
        os.execve(sys.executable, [sys.executable, __file__, *arguments, "--report-fd", str(write_end)], environment)
    os.close(write_end)
    painted = 0

    def drain() -> None:
        nonlocal painted
        try:
            while block := os.read(master, 65_536):
                painted += len(block)
        except OSError:
            return

    reader = threading.Thread(target=drain)
    reader.start()
    with os.fdopen(read_end) as report:
        text = report.read()
    os.waitpid(pid, 0)
    reader.join()
    os.close(master)
    return {**json.loads(text), "terminal_bytes": painted}


def best_ms(run: Callable[[], object], times: int = 5) -> float:
    """The fastest of some runs, in milliseconds."""
    spans: list[float] = []
    for _ in range(times):
        begun = time.perf_counter()
        run()
        spans.append((time.perf_counter() - begun) * 1000)
    return round(min(spans), 2)


def ring_figures() -> dict[str, float]:
    """Wrapping without a screen."""
    entries = [delta(number, 90) for number in range(MAX_LINES)]
    ring = LogRing(max_lines=MAX_LINES, max_chars=MAX_CHARS, layout=LogLayout(120))
    extend = best_ms(lambda: ring.extend(entries))
    widths = iter([80, 120, 81, 119, 82, 118])
    relayout = best_ms(lambda: ring.relayout(LogLayout(next(widths))))
    return {
        "lines": ring.line_count,
        "lines_a_second": round(len(entries) / extend * 1000),
        "resize_ms": relayout,
    }


def big_patch(lines: int) -> FilePatch:
    """A patch of one file with hunks of 200 lines."""
    kinds = (LineKind.CONTEXT, LineKind.REMOVED, LineKind.ADDED, LineKind.ADDED)
    hunks = []
    for start in range(1, lines, 200):
        body = tuple(
            DiffLine(kinds[number % 4], number, number, f"    value_{number} = compute({number!r})")
            for number in range(start, start + 200)
        )
        hunks.append(
            Hunk(old_start=start, old_count=200, new_start=start, new_count=200, section="def f()", lines=body)
        )
    change = FileChange(
        path="src/big.py",
        raw_path=b"src/big.py",
        status=ChangeStatus.MODIFIED,
        old_kind=EntryKind.FILE,
        new_kind=EntryKind.FILE,
        old_id="a",
        new_id="b",
    )
    return FilePatch(change=change, hunks=tuple(hunks))


async def view_figures() -> dict[str, float]:
    """Opening, resizing and painting, in a headless app."""

    class Views(App[None]):
        CSS = "EventLog, DiffView { height: 1fr; }"

        def compose(self) -> ComposeResult:
            yield EventLog()
            yield DiffView()

    patch = big_patch(100_000)
    app = Views()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        log, diff = app.query_one(EventLog), app.query_one(DiffView)
        log.extend([delta(number, 90) for number in range(MAX_LINES)])
        opened = best_ms(lambda: diff.show(patch))

        def wrap() -> None:
            diff.wraps = True

        wrapped = best_ms(wrap, times=1)
        diff.wraps = False
        await pilot.pause()
        rows = log.size.height

        def paint() -> None:
            log.notify_style_update()
            for row in range(rows):
                log.render_line(row)

        def paint_diff() -> None:
            diff.notify_style_update()
            for row in range(rows):
                diff.render_line(row)

        return {
            "diff_lines": 100_000,
            "diff_open_ms": opened,
            "diff_wrap_ms": wrapped,
            "log_paint_ms": best_ms(paint),
            "diff_paint_ms": best_ms(paint_diff),
            "painted_rows": rows,
            "find_ms": best_ms(lambda: log.find("empty query")),
        }


def main() -> None:
    """Prints every figure as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--chars", type=int, default=90)
    parser.add_argument("--rate", type=int, default=WORKERS * LINES_A_SECOND)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--report-fd", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.report_fd is not None:
        figures = flood(
            seconds=options.seconds,
            chars=options.chars,
            has_log=not options.bare,
            lines_a_second=options.rate,
        )
        os.write(options.report_fd, json.dumps(figures).encode())
        return
    shared = ["--seconds", str(options.seconds)]
    report = {
        "flood": in_pty([*shared, "--chars", str(options.chars), "--rate", str(options.rate)]),
        "flood_long_lines": in_pty([*shared, "--chars", "290", "--rate", str(options.rate)]),
        "flood_one_worker": in_pty([*shared, "--rate", str(LINES_A_SECOND)]),
        "bare_textual_app": in_pty([*shared, "--bare"]),
        "ring": ring_figures(),
        "views": asyncio.run(view_figures()),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
