"""One command at a time for each task, also for commands that are about many."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.services.supervisor import Supervisor

_NO_TASK = TaskId("")
"""Stands for the run itself: no task is called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLocks:
    """The locks of the facade.

    Args:
        locks: one for each task.
        supervisor: knows when a task's job is over.
    """

    locks: defaultdict[TaskRef, asyncio.Lock]
    supervisor: Supervisor

    def of(self, ref: TaskRef) -> asyncio.Lock:
        """The lock of a task."""
        return self.locks[ref]

    def of_run(self, run: RunId) -> asyncio.Lock:
        """The lock of what a run does as a whole; it does not keep its tasks from anything."""
        return self.locks[TaskRef(run, _NO_TASK)]

    @asynccontextmanager
    async def of_all(self, refs: Iterable[TaskRef]) -> AsyncIterator[None]:
        """The locks of all these tasks. In one order, so that two who want several do not wait for each other."""
        async with AsyncExitStack() as held:
            for ref in sorted(refs):
                await held.enter_async_context(self.locks[ref])
            yield

    async def wound_up(self, ref: TaskRef) -> None:
        """Return when the task's last turn is over and committed."""
        await self.supervisor.wound_up(ref)

    async def release_worker(self, ref: TaskRef) -> None:
        """End the process of a worker that has no turn."""
        await self.supervisor.release_worker(ref)
