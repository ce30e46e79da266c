"""The part of the facade that is about when tasks begin: pause, skip, retry, priority, whole runs."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.task import ACTIVE, CONTINUABLE, Task, TaskState
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.landing_commands import LandingCommands

if TYPE_CHECKING:
    from codex_orch_tui.domain.schedule import Wait
    from codex_orch_tui.domain.state import RateLimits

_RETRIABLE = CONTINUABLE | {TaskState.DONE, TaskState.SKIPPED}


class ScheduleCommands(LandingCommands):
    """What the screens ask of the scheduler; `Orchestrator` is one. A group stands for all tasks in it."""

    def waits(self) -> "Mapping[TaskRef, Wait]":
        """Why each task that could begin some day has not begun."""
        return self._scheduler.waits

    @property
    def rate_hold(self) -> "RateLimits | None":
        """The account's rate limits, while they let no task begin."""
        return self._scheduler.rate_hold

    async def pause(self, ref: TaskRef) -> None:
        """Let a task not begin; a turn of it that runs is interrupted, and its edits are committed.

        Raises:
            NotPossibleError: there is nothing to pause, or the turn did not end.
        """
        for task in self._each(ref, lambda task: not task.held and (_waits(task) or task.state in ACTIVE), "pause"):
            async with self._commands[task.ref]:
                await self._pause(task.ref)

    async def unpause(self, ref: TaskRef) -> None:
        """Let a paused task begin; one that was interrupted goes on.

        Raises:
            NotPossibleError: it is not paused.
        """
        for task in self._each(ref, lambda task: task.held, "resume"):
            async with self._commands[task.ref]:
                if sel.can_continue(self._task(task.ref)):
                    await self._supervisor.resume(task.ref)  # which releases it
                else:
                    self._hub.apply(ev.TaskReleased(ref=task.ref))
        await self._hub.flush()

    async def pause_run(self, run: RunId) -> None:
        """Let no further task of the run begin; turns that run go on to their end.

        Raises:
            NotPossibleError: it is paused already, or nothing of it is to come.
        """
        found = self._run(run)
        if found.paused:
            raise NotPossibleError(f"{found.title} is paused already")
        if not any(self._task(ref).state is TaskState.QUEUED or self._task(ref).state in ACTIVE for ref in found.tasks):
            raise NotPossibleError(f"nothing of {found.title} is to come")
        self._hub.apply(ev.RunPaused(run=run, cause="paused by you"))
        await self._hub.flush()

    async def resume_run(self, run: RunId) -> None:
        """Let the run's tasks begin again, and continue those that the end of the program had cut off.

        Raises:
            NotPossibleError: it is not paused.
        """
        found = self._run(run)
        if not found.paused:
            raise NotPossibleError(f"{found.title} is not paused")
        self._hub.apply(ev.RunResumed(run=run))
        for ref in found.cut_off:
            async with self._commands[ref]:
                if sel.can_continue(self._task(ref)):
                    await self._supervisor.resume(ref)
        await self._hub.flush()

    async def retry(self, ref: TaskRef) -> str:
        """Begin a task again from nothing, as another attempt: new worktree, new thread, its own prompt.

        Returns:
            The backup ref that keeps what it had made; empty when that was nothing.

        Raises:
            NotPossibleError: it is at work, merged, discarded or of a run that was pruned, or git did not take it;
                nothing was removed.
        """
        async with self._commands[ref]:
            if self._task(ref).state not in _RETRIABLE:
                task = self._task(ref)
                raise NotPossibleError(f"{task.spec.title} cannot begin again: it is {_told(task)}")
            self._refuse_pruned(self._task(ref))
            await self._supervisor.wound_up(ref)
            await self._supervisor.release_worker(ref)
            backup_ref = await self._landing.set_aside(self._task(ref))
            self._hub.apply(ev.TaskRestarted(ref=ref, backup_ref=backup_ref))
            await self._hub.flush()
            return backup_ref

    async def skip(self, ref: TaskRef) -> None:
        """Do without a task: its dependents begin without its result. What it had made is kept under a backup ref.

        Raises:
            NotPossibleError: it is at work or done, or git did not take it; nothing was removed.
        """
        for task in self._each(ref, lambda task: _waits(task) or task.state in CONTINUABLE, "skip"):
            async with self._commands[task.ref]:
                await self._skip(task.ref)

    async def change_priority(self, ref: TaskRef, by: int) -> None:
        """Let a task begin earlier (`by` above 0) or later among those that could begin.

        Raises:
            NotPossibleError: it has begun.
        """
        for task in self._each(ref, _waits, "put earlier or later"):
            self._hub.apply(ev.PriorityChanged(ref=task.ref, priority=task.spec.priority + by))
        await self._hub.flush()

    # -- inside -------------------------------------------------------------------------------------------------

    async def _pause(self, ref: TaskRef) -> None:
        task = self._task(ref)
        self._hub.apply(ev.TaskHeld(ref=ref))
        try:
            if sel.can_interrupt(task):
                await self._supervisor.interrupt(ref)
            elif ref in self._supervisor.at_work:
                await self._supervisor.stop(ref, "paused by you")
        except NotPossibleError:
            self._hub.apply(ev.TaskReleased(ref=ref))
            raise
        if (after := self._task(ref)).held and not _waits(after) and after.state not in CONTINUABLE:
            self._hub.apply(ev.TaskReleased(ref=ref))  # Its turn was over before it could be interrupted.
        await self._hub.flush()

    async def _skip(self, ref: TaskRef) -> None:
        if self._supervisor.is_queued_again(ref):
            await self._supervisor.stop(ref)
        await self._supervisor.wound_up(ref)
        task = self._task(ref)
        if not _waits(task) and task.state not in CONTINUABLE:
            raise NotPossibleError(f"{task.spec.title} is {_told(task)}")
        await self._supervisor.release_worker(ref)
        self._hub.apply(ev.TaskSkipped(ref=ref, backup_ref=await self._landing.set_aside(task)))
        await self._hub.flush()

    def _each(self, ref: TaskRef, fits: Callable[[Task], bool], verb: str) -> tuple[Task, ...]:
        """The task, or those in the group, for which a command is possible.

        Raises:
            NotPossibleError: for none.
        """
        task = self._task(ref)
        found = tuple(one for one in sel.working_tasks(self._hub.state, ref) if fits(one))
        if not found:
            told = "nothing in it" if task.spec.is_group else f"it is {_told(task)}: nothing"
            raise NotPossibleError(f"{task.spec.title}: {told} to {verb}")
        return found

    def _run(self, run: RunId) -> Run:
        return self._hub.state.runs[run]


def _waits(task: Task) -> bool:
    return task.state is TaskState.QUEUED


def _told(task: Task) -> str:
    if task.held:
        return "paused"
    return "at work" if task.state in ACTIVE else str(task.state)
