"""A screen in a process of its own, for the tests that look at the terminal."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.task import Task
from codex_orch_tui.ui.run import run_app
from tests.fakes.orchestrator import FakeOrchestrator, FakeTaskLog
from tests.fakes.states import at_rest


class CrashingOrchestrator(FakeOrchestrator):
    """Has a fault that shows when the log is looked at."""

    def log(self, ref: TaskRef) -> FakeTaskLog:
        raise RuntimeError("this log is broken")


def lending(folder: Path) -> FakeOrchestrator:
    """A task with a real folder; its log is flooded for as long as the program runs."""
    story = at_rest(1)
    ref, task = next(iter(story.state.tasks.items()))
    assert isinstance(task, Task)
    assert task.worktree is not None
    task = replace(task, worktree=replace(task.worktree, path=str(folder)))
    story.state = replace(story.state, tasks={ref: task})
    fake = FakeOrchestrator(story, editor=f"{folder / 'editor'}")

    async def flood() -> None:
        while True:
            fake.grow(ref, *(LogEntry(LogKind.OUTPUT, "x" * 60) for _ in range(20)))
            await asyncio.sleep(0.005)

    fake.flood = asyncio.get_running_loop().create_task(flood())  # type: ignore[attr-defined]
    return fake


async def main() -> int:
    kind = sys.argv[1]
    fake: Any
    if kind == "lend":
        fake = lending(Path(sys.argv[2]))
    elif kind == "crash":
        fake = CrashingOrchestrator(at_rest(3))
    else:
        fake = FakeOrchestrator(at_rest(3))
    return await run_app(fake)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
