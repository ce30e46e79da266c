"""Is a run of a million events seen at once, and at constant memory?

    python -m tests.figures replay

A run's folder with so many events is replayed by the program in a terminal: the time from exec to the first frame with
its content, and the private memory after that frame and after some seconds at 100 times the speed, beside a run of a
thousandth of the length. Then the program's own tape goes to the end and halfway back, and what that takes is told: the
state of a run grows with what its workers did, as it did when the run was live; the events themselves are not kept.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from codex_orch_tui.services.recording import find_recording
from codex_orch_tui.services.replay_tape import END, Tape
from tests.bench.terminal import Terminal
from tests.figures.long_run import write_long_run

FIRST_FRAME_GOAL_S = 0.5
GROWTH_GOAL_MIB = 40.0
"""How much more memory a thousand times as many events may take."""
EVENTS = 1_000_000
PROGRAM = Path(sys.executable).with_name("codex-orch-tui")


def run(*, events: int = EVENTS, rounds: int = 5, plays_s: float = 20.0) -> dict[str, Any]:
    """The figure; its short form has fewer events."""
    with tempfile.TemporaryDirectory(prefix="codex-orch-replay-") as folder:
        place = Path(folder)
        long, short = place / "long", place / "short"
        told = write_long_run(long, events)
        write_long_run(short, max(500, events // 1_000))
        environment = {"HOME": folder, "PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        frames = first_frames(long, environment, rounds)
        memory = {name: played(where, environment, plays_s) for name, where in (("long", long), ("short", short))}
        ways = jumps(long)
    grown = max(memory["long"][when] - memory["short"][when] for when in ("first_frame_mib", "played_mib"))
    return {
        "events": told,
        "first_frame_s": {"median": round(statistics.median(frames), 3), "lowest": round(min(frames), 3)},
        "first_frame_goal_s": FIRST_FRAME_GOAL_S,
        "memory": memory,
        "more_than_the_short_one_mib": round(grown, 1),
        "more_goal_mib": GROWTH_GOAL_MIB,
        "jumps": ways,
        "holds": statistics.median(frames) < FIRST_FRAME_GOAL_S and grown < GROWTH_GOAL_MIB,
    }


def first_frames(recording: Path, environment: Mapping[str, str], rounds: int) -> list[float]:
    """Seconds from exec to the first frame with a task; the first start is left out."""
    times = []
    for _ in range(rounds + 1):
        with Terminal((PROGRAM, "replay", recording), cwd=recording, environment=environment) as terminal:
            times.append(terminal.until(b"Work on task-0") - terminal.began_s)
    return times[1:]


def played(recording: Path, environment: Mapping[str, str], seconds: float) -> dict[str, float]:
    """Private memory after the first frame, and after some seconds at full speed, in MiB."""
    with Terminal((PROGRAM, "replay", recording, "--speed", "100"), cwd=recording, environment=environment) as terminal:
        terminal.until(b"Work on task-0")
        first = _mib(terminal.usage)
        time.sleep(seconds)
        return {"first_frame_mib": first, "played_mib": _mib(terminal.usage)}


def jumps(recording: Path) -> dict[str, float]:
    """Seconds to the end, halfway back, and one event back from there; and what the state of the end takes."""
    tape = Tape(find_recording(str(recording), None))
    before = _mib(psutil.Process())
    took = {"end_s": _seek(tape, END)}
    middle = tape.place.position // 2
    took["halfway_back_s"] = _seek(tape, middle)
    took["a_step_back_s"] = _seek(tape, middle - 1)
    return {**took, "grown_mib": round(_mib(psutil.Process()) - before, 1)}


def _seek(tape: Tape, position: int) -> float:
    began_s = time.perf_counter()
    tape.seek(position, float("inf"))
    return round(time.perf_counter() - began_s, 3)


def _mib(process: psutil.Process) -> float:
    return round(process.memory_full_info().uss / 2**20, 1)
