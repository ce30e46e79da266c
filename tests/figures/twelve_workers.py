"""What does the program need beside the workers that it supervises?

    python -m tests.figures twelve_workers

Twelve real Codex app-servers work at once on a repository, each with some turns that run commands, read long output and
edit a file. The program runs in a terminal with its screen, in a process of its own; the scripted model runs in this
one and counts for nobody. Memory is what belongs to a process: a page that several share counts in parts.
"""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from codex_orch_tui.codex.binary import find_codex
from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.codex_home import write_codex_home
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.scripted.script import Patch, Say, Script, Shell
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.ui.run import run_app
from tests.bench.scene import ROOT, Scene, scene
from tests.bench.terminal import Terminal
from tests.scenarios.stage import add_file

WORDS = "".join(f"{number:05} what a command puts out that has a lot to tell\n" for number in range(3_000))
"""About 200 KB: what each turn reads once."""
PATIENCE_S = 300.0
_SAMPLE_S = 0.5


def run(*, workers: int = 12, turns: int = 4) -> dict[str, Any]:
    """The figure: memory in MiB and processor time in seconds, ours beside the workers'.

    Args:
        workers: app-servers at once.
        turns: of each of them, one after the other.
    """
    with scene() as place, _model(place, turns):
        _prepare(place)
        done = place.root / "done"
        command = (sys.executable, "-m", __spec__.name, str(workers), str(turns), str(done))
        environment = {**place.environment, "PYTHONPATH": str(ROOT)}
        with Terminal(command, cwd=place.repository, environment=environment) as terminal:
            usage = _Usage(terminal.usage)
            while not done.exists():
                if time.perf_counter() - terminal.began_s > PATIENCE_S or not terminal.is_running:
                    raise TimeoutError(f"it ended or took too long: {terminal.output_since(0)[-2_000:]!r}")
                usage.look()
                time.sleep(_SAMPLE_S)
            wall_s = time.perf_counter() - terminal.began_s
            usage.look()
            told = [int(number) for number in done.read_text(encoding="utf-8").split()]
            found = usage.found()
    was_done = told == [turns] * workers and usage.most_workers == workers
    return {
        "most_at_once": usage.most_workers,
        "turns_of_each": told,
        "wall_s": round(wall_s, 1),
        **found,
        "holds": was_done and all(one < 1 for one in found["ratio"].values()),
    }


@dataclass
class _Usage:
    """What is used by the program, by its workers with all that they started, and by the git that it runs."""

    program: psutil.Process
    most_workers: int = 0
    ours_mib: list[float] = field(default_factory=list)
    theirs_mib: list[float] = field(default_factory=list)
    _ours_s: float = 0.0
    _theirs_s: float = 0.0
    _helpers_s: float = 0.0

    def look(self) -> None:
        """Once more."""
        workers = [each for each in self.program.children() if _is_codex(each)]
        self.most_workers = max(self.most_workers, len(workers))
        trees = [each for worker in workers for each in (worker, *_below(worker))]
        self.ours_mib.append(_memory_mib([self.program]))
        self.theirs_mib.append(_memory_mib(trees))
        self._theirs_s = max(self._theirs_s, sum(map(_spent_s, trees)))
        times = self.program.cpu_times()
        self._ours_s, self._helpers_s = times.user + times.system, times.children_user + times.children_system

    def found(self) -> dict[str, Any]:
        """Memory at its most and processor time at the end."""
        ours = {"mib": max(self.ours_mib), "cpu_s": self._ours_s}
        theirs = {"mib": max(self.theirs_mib), "cpu_s": self._theirs_s}
        return {
            "ours": {name: round(value, 2) for name, value in ours.items()},
            "our_git_cpu_s": round(self._helpers_s, 2),
            "workers_all": {name: round(value, 2) for name, value in theirs.items()},
            "ratio": {name: round(ours[name] / theirs[name], 3) for name in ours},
        }


def _is_codex(process: psutil.Process) -> bool:
    try:
        return "app-server" in process.cmdline()
    except psutil.Error:
        return False


def _below(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _memory_mib(processes: Iterable[psutil.Process]) -> float:
    total = 0
    for each in processes:
        try:
            memory = each.memory_full_info()
        except psutil.Error:
            continue
        total += getattr(memory, "pss", memory.rss)
    return total / 2**20


def _spent_s(process: psutil.Process) -> float:
    """With the children that have ended: a command is in the account of who waited for it."""
    try:
        return sum(process.cpu_times()[:4])
    except psutil.Error:
        return 0.0


def _prepare(place: Scene) -> None:
    """The real Codex in the place of the stand-in, and something to read."""
    place.codex.unlink()
    place.codex.symlink_to(find_codex(None, os.environ).path)
    (place.repository / "words.txt").write_text(WORDS, encoding="utf-8")
    for arguments in (("add", "--all"), ("commit", "--quiet", "-m", "words")):
        subprocess.run(["git", "-C", place.repository, *arguments], env=place.environment, check=True, timeout=30)


def _marker(turn: int) -> str:
    return f"BUSY-TURN-{turn:02}"


def _script(turn: int) -> Script:
    return Script(
        _marker(turn),
        (
            Say(text="I look at what is there.", chunks=8),
            Shell(cmd="ls; cat README.md"),
            Shell(cmd="cat words.txt"),
            Patch(text=add_file(f"notes-{turn:02}.txt", *(f"note {line}" for line in range(40)))),
            Shell(cmd="head -n 500 words.txt; wc -l words.txt"),
            Say(text="What I found is in the notes. " * 40, chunks=60, delay_s=0.02),
        ),
    )


@contextmanager
def _model(place: Scene, turns: int) -> Iterator[None]:
    """The scripted model on a thread of its own, and a CODEX_HOME that leads to it."""
    ready, ending = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        scripts = [_script(turn) for turn in range(turns)]
        async with ModelServer(scripts, roots=[str(place.root)]) as model:
            write_codex_home(place.root / "codex-home", model.base_url)
            loops.append(asyncio.get_running_loop())
            ready.set()
            await ending.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    try:
        assert ready.wait(10), "the scripted model did not start"
        yield
    finally:
        for loop in loops:
            loop.call_soon_threadsafe(ending.set)
        thread.join(10)


# -- the program ----------------------------------------------------------------------------------------------------


async def supervised(workers: int, turns: int, done: Path) -> int:
    """The program with its screen; when every task has had its turns, their numbers are in `done`."""
    config = Config(max_workers=workers, idle_worker_s=PATIENCE_S)
    orchestrator = await Orchestrator.open(Path(), config, CodexConnector(codex_path=done.parent / "codex"))
    async with asyncio.TaskGroup() as group:
        work = group.create_task(_work(orchestrator, workers, turns, done))
        try:
            return await run_app(orchestrator)
        finally:
            work.cancel()


async def _work(orchestrator: Orchestrator, workers: int, turns: int, done: Path) -> None:
    specs = tuple(
        TaskSpec(id=TaskId(f"task-{number}"), title=f"Task {number}", prompt=_marker(0), checked_answer=False)
        for number in range(workers)
    )
    refs = await orchestrator.create_run(Plan(title="A busy run", tasks=specs), "main")
    changed = asyncio.Event()
    unwatch = orchestrator.watch(changed.set)
    while not all(
        (task := orchestrator.state.tasks[ref]).state is TaskState.DONE and len(task.turns) == turns for ref in refs
    ):
        changed.clear()
        for ref in refs:
            task = orchestrator.state.tasks[ref]
            if task.state is TaskState.DONE and len(task.turns) < turns:
                await orchestrator.message(ref, _marker(len(task.turns)))
        await changed.wait()
    unwatch()
    counts = " ".join(str(len(orchestrator.state.tasks[ref].turns)) for ref in refs)
    part = done.with_suffix(".part")
    part.write_text(counts, encoding="utf-8")
    part.rename(done)


if __name__ == "__main__":
    sys.exit(asyncio.run(supervised(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))
