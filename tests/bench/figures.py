"""The figures of the README's table, each beside a bare Textual app in the same run."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.asking import at_once, spread
from tests.bench.bare import GREETING
from tests.bench.keys import STEP_S, Cursor, cursor_background, steps_ms
from tests.bench.scene import ROOT, Scene, scene
from tests.bench.session import PER_S, WORKERS, bare, percentiles, unread_streams, working
from tests.bench.stand_in import LINE_BYTES
from tests.bench.terminal import Terminal
from tests.bench.tree import CHANGES, TASKS
from tests.bench.tree import measured as tree_frames

MEMORY_LINES = 200_000
PROGRAM = (Path(sys.executable).with_name("codex-orch-tui"),)
BARE = (sys.executable, ROOT / "tests" / "bench" / "bare.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How thoroughly to measure.

    Args:
        rounds: starts of each program; one more is made first and not counted.
        seconds: how long a flood is looked at, for each thing that is looked at.
        idle_s: how long the idle program is looked at.
        presses: keys that are pressed, idle and in the flood.
        questions: how often each of twenty workers asks.
    """

    rounds: int = 9
    seconds: float = 8.0
    idle_s: float = 20.0
    presses: int = 100
    questions: int = 5


Figure = dict[str, Any]


def starts(rounds: int) -> dict[str, list[float]]:
    """Seconds from exec to the first frame with its content, and of imports without the ui; the first is left out.

    By turns, so that a busy moment of the machine hits all of them.
    """
    with scene() as empty, scene(tasks=200) as full:
        screens: Mapping[str, tuple[Sequence[str | Path], Scene, bytes]] = {
            "bare": (BARE, empty, GREETING.encode()),
            "tasks_0": (PROGRAM, empty, b"No tasks yet"),
            "tasks_200": (PROGRAM, full, b"Task number 0"),
        }
        imports = {"python": "pass", "package": "import codex_orch_tui.services.orchestrator"}
        times: dict[str, list[float]] = {name: [] for name in (*screens, *imports)}
        for _ in range(rounds + 1):
            for name, (command, place, marker) in screens.items():
                with Terminal(command, cwd=place.repository, environment=place.environment) as terminal:
                    times[name].append(terminal.until(marker) - terminal.began_s)
            for name, code in imports.items():
                began_s = time.perf_counter()
                subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=empty.environment, check=True)
                times[name].append(time.perf_counter() - began_s)
    return {name: each[1:] for name, each in times.items()}


def first_paint(settings: Settings) -> Figure:
    """How long until something is seen, and what the package costs without the ui."""
    times = starts(settings.rounds)
    median = {name: round(statistics.median(each), 3) for name, each in times.items()}
    lowest = {name: round(min(each), 3) for name, each in times.items()}
    goals = {"tasks_0": 0.35, "tasks_200": 0.4, "package": 0.15}
    return {"unit": "s, median of starts", **_judged(median, goals), "lowest": lowest}


def keys(settings: Settings) -> Figure:
    """From a key to the cell that it changes, with 20 tasks and nothing going on."""
    with scene(tasks=20) as place, Terminal(PROGRAM, cwd=place.repository, environment=place.environment) as terminal:
        terminal.until(b"Task number 0")
        terminal.until_quiet()
        cursor = Cursor(terminal, cursor_background(terminal))
        found = percentiles(steps_ms(cursor, settings.presses))
    return {"unit": "ms", **_judged(found, {"p95": 6.0}), "bare": _bare_keys(settings.presses)}


def flood(settings: Settings) -> Figure:
    """Eight workers at full pace through the whole program, one log focused and followed; then keys in the tree."""
    with scene(tasks=20) as calm, Terminal(PROGRAM, cwd=calm.repository, environment=calm.environment) as terminal:
        terminal.until(b"Task number 0")
        terminal.until_quiet()
        background = cursor_background(terminal)
    seconds = 2 * settings.seconds + settings.presses * STEP_S + 3
    with working(lines=round(PER_S * seconds)) as session:
        session.until_flowing()
        session.terminal.press(b"3")
        lags = session.lags_ms(settings.seconds)
        cores = session.cores(settings.seconds)
        session.terminal.press(b"2")
        pressed = percentiles(steps_ms(Cursor(session.terminal, background), settings.presses))
        session.until_done()
        sent, kept = session.lines()
        paces = [round(report["lines"] / report["took_s"]) for report in session.reports().values()]
    with bare() as floor, unread_streams(lines=round(PER_S * (settings.seconds + 5))):
        bare_lags = floor.lags_ms(settings.seconds)
    return {
        "loop_lag_ms": {**_judged(lags, {"p99": 16.0}), "bare": bare_lags},
        "cores": _judged({"cores": cores}, {"cores": 0.5}),
        "key_to_paint_ms": _judged(pressed, {"p95": 25.0}),
        "lines_sent": sum(sent.values()),
        "lines_in_files": sum(kept.values()),
        "every_line_kept": sent == kept,
        "slowest_worker_lines_per_s": min(paces),
        "line_bytes": LINE_BYTES,
    }


def idle(settings: Settings) -> Figure:
    """Eight workers without a turn: what the program uses, and what it writes to the terminal."""
    with working(lines=0) as session:
        session.until_done()
        session.stop_probe()
        session.until_reported()
        session.terminal.until_quiet(1.5)
        found = session.at_rest(settings.idle_s)
    with bare() as floor:
        floor.stop_probe()
        floor.terminal.until_quiet(1.5)
        bare_found = floor.at_rest(settings.idle_s / 2)
    return {**_judged(found, {"cpu_percent": 0.5, "terminal_bytes": 0}), "bare": bare_found}


def memory(_settings: Settings) -> Figure:
    """Private memory after eight workers have sent 200,000 lines."""
    with working(lines=MEMORY_LINES // WORKERS) as session:
        session.until_done()
        session.terminal.until_quiet(0.8)
        found = {"uss_mib": session.uss_mib()}
        lines = sum(session.lines()[1].values())
    with bare() as floor:
        bare_found = {"uss_mib": floor.uss_mib()}
    return {**_judged(found, {"uss_mib": 120.0}), "lines": lines, "bare": bare_found}


def blocked(settings: Settings) -> Figure:
    """From the moment at which a worker asks to the number that is painted, and to the bell; nobody answers."""
    goals = {"visible_ms": {"p95": 100.0}, "bell_ms": {"p95": 250.0}}
    figure: Figure = {}
    for name, delays in (("spread", spread(settings.questions)), ("at_once", at_once(settings.questions))):
        figure[name] = {
            "questions": delays.questions,
            "visible_ms": _judged(delays.visible_ms, goals["visible_ms"]),
            "bell_ms": _judged(delays.bell_ms, goals["bell_ms"]),
        }
    return figure


def tree(_settings: Settings) -> Figure:
    """A frame of the main screen with 5,000 tasks of which 50 change, and of the task tree alone."""
    times = tree_frames()
    found = {name: percentiles(each) for name, each in times.items()}
    return {
        "unit": "ms",
        "tasks": TASKS,
        "changes_a_frame": CHANGES,
        "tree": _judged(found["tree"], {"p95": 16.0}),
        "screen": _judged(found["screen"], {"p95": 16.0}),
        "typed": found["typed"],
    }


FIGURES: Mapping[str, Callable[[Settings], Figure]] = {
    "first_paint": first_paint,
    "keys": keys,
    "flood": flood,
    "idle": idle,
    "memory": memory,
    "blocked": blocked,
    "tree": tree,
}


def _judged(found: Mapping[str, float], goals: Mapping[str, float]) -> Figure:
    return {**found, "goal": dict(goals), "holds": all(found[name] <= goal for name, goal in goals.items())}


def _bare_keys(presses: int) -> dict[str, float]:
    """The bare app changes its text at every key."""
    with scene() as place, Terminal(BARE, cwd=place.repository, environment=place.environment) as terminal:
        terminal.until(GREETING.encode())
        terminal.until_quiet()
        times = []
        for _ in range(presses):
            time.sleep(STEP_S / 2)
            offset, pressed_s = terminal.press(b"j")
            times.append((terminal.until(b"H", offset=offset) - pressed_s) * 1000)
    return percentiles(times)
