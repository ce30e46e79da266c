"""The part of the facade that is about the plans of runs."""

import asyncio
from collections.abc import Mapping

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId, TaskId
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.replanning import is_open
from codex_orch_tui.services.errors import NotPossibleError, PlanRefusedError
from codex_orch_tui.services.plan_reading import PlanReading
from codex_orch_tui.services.task_commands import TaskCommands
from codex_orch_tui.store.errors import JournalError

# The readers of plans are imported inside the functions: none of them is needed for the first paint.
# ruff: noqa: PLC0415


class PlanCommands(PlanReading, TaskCommands):
    """What the screens ask of the plans of runs; `Orchestrator` is one."""

    async def edit_run(self, run: RunId, before: Plan, after: Plan) -> None:
        """Change the plan of a run: tasks that have not begun can be changed, taken out and added.

        Args:
            run: The run.
            before: Its plan as the person saw it; what they left alone stays as it is by now.
            after: As they want it.

        Raises:
            PlanRefusedError: the plan could not run so; all that is wrong is told.
            NotPossibleError: a task that would change has begun, a role cannot be worked with, or the disk did not
                keep it.
        """
        from codex_orch_tui.plans.structure import problems_of

        if len(self._hub.state.runs[run].tasks) == 1:
            raise NotPossibleError("this run is of one task; tasks are added to runs of several")
        problems = await asyncio.to_thread(problems_of, after.tasks, self.role_profiles().keys())
        if problems:
            raise PlanRefusedError("the plan cannot run so", tuple(map(str, problems)))
        await self._check_roles(after)
        found = self._hub.state.runs[run]
        shown = {spec.id: spec for spec in before.tasks}
        added = tuple(spec for spec in after.tasks if spec.id not in shown)
        new = Plan(title=after.title, tasks=added)
        await self._landing.check_start(run, new, found.base_branch, found.created_at_s)
        landing = self._hub.state.runs[run].landing
        if landing is not None and landing.outcome is None:
            raise NotPossibleError(f"{found.title} is being landed; its plan can be changed when that has ended")
        if self._hub.state.runs[run].folder_removed:
            raise NotPossibleError(f"{found.title} was pruned; tasks need another run")
        specs = self._merged(run, shown, after)  # Nothing is waited for between this look and the event.
        try:
            with self._scheduler.held_back(run):
                await self._hub.record(ev.PlanEdited(run=run, title=after.title, tasks=specs))
        except JournalError as error:
            raise NotPossibleError(f"the change may be lost, state could not be written: {error}") from error
        self._scheduler.decide_now()

    # -- inside -------------------------------------------------------------------------------------------------

    def _merged(self, run: RunId, shown: Mapping[TaskId, TaskSpec], after: Plan) -> tuple[TaskSpec, ...]:
        """The tasks as they are to be; what the person left alone as it is now.

        Raises:
            NotPossibleError: a task that they changed or took out has begun.
        """
        wanted = {spec.id: spec for spec in after.tasks}
        for ref in self._hub.state.runs[run].tasks:
            task, spec = self._task(ref), wanted.get(ref.task)
            is_left_alone = spec is not None and spec in (shown.get(ref.task), task.spec)
            if is_left_alone:
                wanted[ref.task] = task.spec
            elif not is_open(task) or self._supervisor.is_begun(ref):
                raise NotPossibleError(f"{task.spec.title} has begun: it stays as it is: take your change back (u)")
            elif spec is not None and spec.is_group != task.spec.is_group:
                raise NotPossibleError(f"{task.spec.title}: a group becomes no task, and no task a group; add another")
        return tuple(wanted.values())
