"""What a person does about when tasks begin: pause, retry, skip, priority; and what comes next, and why.

On a group these act on the tasks in it, on a run on all of its tasks.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.task import CONTINUABLE, Task, TaskState
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.ui.screens import dialogs
from codex_orch_tui.ui.screens.task_actions import TaskActions

if TYPE_CHECKING:
    from codex_orch_tui.ui.presentation.rows import Row

# Screens are imported inside the functions: none of them is needed for the first frame.
# ruff: noqa: PLC0415


class ScheduleActions(TaskActions):
    """Commands the scheduler for the marked row."""

    @property
    def marked_run(self) -> RunId | None:
        """The run that is marked in the tree; None while a task is."""
        raise NotImplementedError

    # -- pause and resume ---------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Lets a task or run wait, or go on."""
        if self.refuses("task.pause"):
            return
        run = self.marked_run
        if run is not None:
            self._pause_run(run)
        else:
            self._with_task("task.pause", self._pause)

    def _pause_run(self, run: RunId) -> None:
        if self.state.runs[run].paused:
            self.errands.start(self.orchestrator.resume_run(run), lambda _done: self.tell("It goes on."))
        else:
            told = "Nothing of it begins any more; what works goes on to its end. p lets it go on."
            self.errands.start(self.orchestrator.pause_run(run), lambda _done: self.tell(told))

    def _pause(self, task: Task) -> None:
        run = self.state.runs[task.ref.run]
        if any(each.held for each in sel.working_tasks(self.state, task.ref)):
            self.errands.start(self.orchestrator.unpause(task.ref), lambda _done: self.tell("It goes on."))
        elif run.paused and len(run.tasks) == 1:
            self._pause_run(run.id)
        else:
            self.errands.start(self.orchestrator.pause(task.ref), lambda _done: self.tell("Paused. p lets it go on."))

    # -- again, without, sooner, later --------------------------------------------------------------------------

    def action_retry(self) -> None:
        """Begins a task again from nothing; of a group or run, those that stopped before their end."""
        if self.refuses("task.retry"):
            return
        if (refs := self._many(CONTINUABLE)) is not None:
            self._ask_for_many("Begin again", "r", refs, "stopped before the end", self._retry)
        else:
            self._with_task("task.retry", lambda task: self._ask(task, "r", "begin again", self._retry))

    async def _retry(self, ref: TaskRef) -> None:
        await self.orchestrator.retry(ref)

    def action_skip(self) -> None:
        """Does without a task; of a group or run, without all that has not begun or stopped before its end."""
        if self.refuses("task.skip"):
            return
        if (refs := self._many(CONTINUABLE | {TaskState.QUEUED})) is not None:
            self._ask_for_many("Do without", "S", refs, "not done", self._skip)
        else:
            self._with_task("task.skip", lambda task: self._ask(task, "S", "do without", self._skip))

    async def _skip(self, ref: TaskRef) -> None:
        await self.orchestrator.skip(ref)

    def action_earlier(self) -> None:
        """Sooner than others that could begin."""
        self._change_priority("task.earlier", 1)

    def action_later(self) -> None:
        """After others that could begin."""
        self._change_priority("task.later", -1)

    def _change_priority(self, action_id: str, by: int) -> None:
        async def change(ref: TaskRef) -> None:
            await self.orchestrator.change_priority(ref, by)

        if self.refuses(action_id):
            return
        if (refs := self._many({TaskState.QUEUED})) is not None:
            if refs:
                self.errands.start(_each(refs, change))
            else:
                self.notify("Nothing of it is still to begin.", severity="warning", markup=False, timeout=5)
        else:
            self._with_task(action_id, lambda task: self.errands.start(change(task.ref)))

    # -- what next ----------------------------------------------------------------------------------------------

    def action_what_next(self) -> None:
        """What needs the person, what begins next, and why."""
        if self.refuses("go.what_next"):
            return
        from codex_orch_tui.ui.presentation.what_next import Moment, what_next
        from codex_orch_tui.ui.screens.what_next import WhatNextScreen

        orchestrator, ascii_only = self.orchestrator, self.orchestrator.config.ascii_glyphs

        def rows() -> "tuple[Row, ...]":
            return what_next(
                Moment(
                    state=orchestrator.state,
                    waits=orchestrator.waits(),
                    slots=orchestrator.config.max_workers,
                    rate_hold=orchestrator.rate_hold,
                    ascii_only=ascii_only,
                )
            )

        def go(ref: TaskRef) -> None:
            self.go_to_task(ref)
            self.show_pane("tasks")

        dialogs.open_over(self, WhatNextScreen(orchestrator, rows, ascii_only=ascii_only), go)

    # -- inside -------------------------------------------------------------------------------------------------

    def _many(self, states: "frozenset[TaskState] | set[TaskState]") -> tuple[TaskRef, ...] | None:
        """The tasks in these states of the marked run or group; None while a task is marked that does work."""
        run, ref = self.marked_run, self.acts_on
        if run is not None:
            tasks: Sequence[Task] = [self.state.tasks[each] for each in self.state.runs[run].tasks]
        elif ref is not None and ref in self.state.tasks and self.state.tasks[ref].spec.is_group:
            tasks = sel.working_tasks(self.state, ref)
        else:
            return None
        return tuple(task.ref for task in tasks if task.state in states and not task.spec.is_group)

    def _ask(self, task: Task, key: str, verb: str, act: Callable[[TaskRef], Awaitable[None]]) -> None:
        """Where something was made it is taken out of the way: that is asked first."""
        if task.worktree is None:
            self.errands.start(_each((task.ref,), act))
        else:
            kept = "Its worktree and branch go; all of it is kept under a backup ref."
            title = f"{verb.capitalize()}: {task.ref.task}?"
            dialogs.confirm(self, title, (task.spec.title,), key, verb, kept, lambda: self._start((task.ref,), act))

    def _ask_for_many(
        self, title: str, key: str, refs: Sequence[TaskRef], what: str, act: Callable[[TaskRef], Awaitable[None]]
    ) -> None:
        if not refs:
            self.notify(f"Nothing of it is {what}.", severity="warning", markup=False, timeout=5)
            return
        tasks = f"{len(refs)} task{'s' if len(refs) != 1 else ''}"
        named = ", ".join(ref.task for ref in refs[:6]) + (f" and {len(refs) - 6} more" if len(refs) > 6 else "")
        kept = "What they made is kept under backup refs."
        dialogs.confirm(self, f"{title}: {tasks}?", (named,), key, title.lower(), kept, lambda: self._start(refs, act))

    def _start(self, refs: Sequence[TaskRef], act: Callable[[TaskRef], Awaitable[None]]) -> None:
        self.errands.start(_each(refs, act))


async def _each(refs: Sequence[TaskRef], act: Callable[[TaskRef], Awaitable[None]]) -> None:
    """One after the other; what one of many refuses does not keep the others, and is told at the end.

    Raises:
        NotPossibleError: the first refusal.
    """
    refused: list[NotPossibleError] = []
    for ref in refs:
        try:
            await act(ref)
        except NotPossibleError as error:
            refused.append(error)
    if refused:
        raise refused[0]
