"""Is the end of a very long log there at once, and at constant memory?

    python -m tests.figures logs

`logs` tells the end of an events.jsonl of 1 GB, as lines and raw, in a process of its own: from exec to its end, and
the most memory that it had, beside a log of a thousandth of the length.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.fakes.recorded import RecordedStory
from tests.figures.long_run import write_long_log

GOAL_S = 0.3
GROWTH_GOAL_MIB = 8.0
GIGABYTE = 1_000_000_000
PROGRAM = Path(sys.executable).with_name("codex-orch-tui")


def run(*, size_bytes: int = GIGABYTE, rounds: int = 7) -> dict[str, Any]:
    """The figure; its short form has a shorter log."""
    with tempfile.TemporaryDirectory(prefix="codex-orch-logs-") as folder:
        repository = _repository(Path(folder))
        (long, short), runs = _tasks(repository), {}
        write_long_log(long, size_bytes)
        write_long_log(short, size_bytes // 1_000)
        for name, arguments in (("readable", ()), ("raw", ("--raw",))):
            runs[name] = {
                "long": told(repository, ("long", *arguments), rounds),
                "short": told(repository, ("short", *arguments), rounds),
            }
        length = long.stat().st_size
    slowest_s = max(each["long"]["median_s"] for each in runs.values())
    grown = max(each["long"]["most_mib"] - each["short"]["most_mib"] for each in runs.values())
    return {
        "bytes": length,
        "tail": runs,
        "goal_s": GOAL_S,
        "more_memory_than_the_short_one_mib": round(grown, 1),
        "more_goal_mib": GROWTH_GOAL_MIB,
        "holds": slowest_s < GOAL_S and grown < GROWTH_GOAL_MIB,
    }


def told(repository: Path, arguments: tuple[str, ...], rounds: int) -> dict[str, float]:
    """Seconds from exec to the end of `logs`, and its memory; the first time is left out."""
    times, processors, most_kib = [], [], 0
    environment = {"HOME": str(repository), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    command = [PROGRAM, "--repo", repository, "logs", *arguments]
    for _ in range(rounds + 1):
        began_s = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        assert process.stdout is not None
        lines = process.stdout.read().count(b"\n")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        times.append(time.perf_counter() - began_s)
        processors.append(usage.ru_utime + usage.ru_stime)
        most_kib = max(most_kib, usage.ru_maxrss)
        assert (process.returncode, lines) == (0, 200)
    return {
        "median_s": round(statistics.median(times[1:]), 3),
        "lowest_s": round(min(times[1:]), 3),
        "processor_s": round(min(processors[1:]), 3),
        "most_mib": round(most_kib / 1024, 1),
    }


def _repository(folder: Path) -> Path:
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True, timeout=30)
    return folder


def _tasks(repository: Path) -> list[Path]:
    """Two tasks that are done; the paths of their logs."""
    story = RecordedStory()
    refs = story.run(["long", "short"])
    for ref in refs:
        story.start(ref)
        story.finish(ref)
    story.write(repository)
    runs = repository / ".orchestrator" / "runs"
    return [runs / ref.run / "tasks" / ref.task / "events.jsonl" for ref in refs]
