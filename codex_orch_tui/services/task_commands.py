"""The part of the facade that is about tasks: what begins, steers and ends their work."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import uuid4

from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.checking import can_check_again
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.item import Fault, FaultKind
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.plan_graph import working_graph
from codex_orch_tui.domain.secrets import MARK
from codex_orch_tui.domain.task import ACTIVE, ENDED, Task, TaskState
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.opening import Opened
from codex_orch_tui.services.policy import Policy
from codex_orch_tui.services.reading import Reading
from codex_orch_tui.services.scheduler import Scheduler
from codex_orch_tui.services.supervisor import Supervisor
from codex_orch_tui.store.errors import JournalError

if TYPE_CHECKING:
    from codex_orch_tui.services.answers import Answers
    from codex_orch_tui.services.checks import Checks
    from codex_orch_tui.services.guardrails import Guardrails
    from codex_orch_tui.services.landing import Landing
    from codex_orch_tui.services.workspace import Workspace


class TaskCommands(Reading):
    """What the screens ask of tasks; `Orchestrator` is one."""

    _opened: Opened
    _config: Config
    _hub: Hub
    _policy: Policy
    _supervisor: Supervisor
    _scheduler: Scheduler
    _growth_watchers: list[Callable[[TaskRef], None]]
    _commands: defaultdict[TaskRef, asyncio.Lock]
    """One command at a time for each task: none meets a worktree that another is changing."""

    async def create_run(
        self, plan: Plan, base_branch: str, *, proposed_by: TaskRef | None = None
    ) -> tuple[TaskRef, ...]:
        """Approve a plan: its tasks are queued and begin as the scheduler lets them.

        Args:
            plan: What is to be done.
            base_branch: What its tasks start from and are merged into.
            proposed_by: The navigator's task that the plan comes from.

        Raises:
            NotPossibleError: the plan is no graph, a role cannot be worked with, a branch is in the way, the base is
                missing, or the disk did not keep it.
        """
        if problems := working_graph(plan.tasks)[1]:
            raise NotPossibleError("\n".join(f"{one.task}: {one.field}: {one.message}" for one in problems[:10]))
        await self._check_roles(plan)
        run = RunId(datetime.now().astimezone().strftime("%m%d-%H%M") + "-" + uuid4().hex[:4])
        await self._landing.check_start(run, plan, base_branch, time.time())
        try:
            shares = self._config.use_single_workspace and len(plan.tasks) > 1
            created = ev.RunCreated(
                run=run, plan=plan, base_branch=base_branch, shares_worktree=shares, proposed_by=proposed_by
            )
            with self._scheduler.held_back(run):
                await self._hub.record(created)
        except JournalError as error:
            self._not_kept(run, error)
            raise NotPossibleError(f"not started, state could not be written: {error}") from error
        await self._supervisor.opened()
        self._scheduler.decide_now()
        return self._hub.state.runs[run].tasks

    async def _check_roles(self, plan: Plan) -> None:
        """See that every task's role can be worked with.

        Raises:
            NotPossibleError: one cannot; its file and key are named.
        """
        from codex_orch_tui.services.roles import RoleError  # noqa: PLC0415 - not for the first paint

        try:
            await asyncio.to_thread(self.roles().check_plan, plan)
        except RoleError as error:
            raise NotPossibleError(f"not started: {error}") from error

    async def message(self, ref: TaskRef, text: str) -> str:
        """Steer the running turn, or begin a new one; tells which: "steered" or "new turn".

        A task of a plan that has not begun gets it with its first turn: "first turn".

        Raises:
            NotPossibleError: the task cannot take a message now.
        """
        async with self._commands[ref]:
            return await self._message(ref, text)

    async def resume(self, ref: TaskRef) -> None:
        """Go on with a task that stopped before its end; let the checks of one that is done run on what it is by now.

        Raises:
            NotPossibleError: it did not stop, or its checks have passed on its commit.
        """
        async with self._commands[ref]:
            task = self._task(ref)
            self._refuse_pruned(task)
            if can_check_again(task) and sel.shares_worktree(self._hub.state, task):
                raise NotPossibleError(
                    "the tasks of this run share one worktree: their checks run when it lands (m on the run)"
                )
            if not sel.can_continue(task) and not can_check_again(task):
                raise NotPossibleError(f"{self._task(ref).spec.title} has not stopped; there is nothing to continue")
            await self._supervisor.resume(ref)

    async def interrupt(self, ref: TaskRef) -> None:
        """End the running turn; the worker stays.

        Raises:
            NotPossibleError: no turn is running.
        """
        await self._supervisor.interrupt(ref)

    async def stop(self, ref: TaskRef) -> None:
        """End the turn and the worker process; edits are committed first."""
        await self._supervisor.stop(ref)

    async def discard(self, ref: TaskRef) -> str:
        """Give the task up: its worker ends, branch and worktree go, all of it kept under a backup ref.

        Returns:
            The backup ref; empty when there was nothing to keep.

        Raises:
            NotPossibleError: git did not take it; nothing was removed.
        """
        self._refuse_ended(self._task(ref))
        await self._supervisor.stop(ref, "discarded by you")
        async with self._commands[ref]:
            return await self._landing.discard(await self._task_at_rest(ref))

    async def wait_idle(self) -> None:
        """Return when no task has a turn or waits for one."""
        await self._scheduler.wait_idle()

    # -- inside -------------------------------------------------------------------------------------------------

    @cached_property
    def _workspace(self) -> "Workspace":
        from codex_orch_tui.services.workspace import Workspace  # noqa: PLC0415 - not for the first paint

        asyncio.get_running_loop().run_in_executor(None, self._policy.warm)  # A worker will ask soon.
        return Workspace(
            self._hub,
            self._opened.repository,
            self._opened.layout,
            lambda: self._config,
            trust=self._policy.trusted,
            roles=self.roles,
            on_growth=self._grew,
        )

    @cached_property
    def _answers(self) -> "Answers":
        from codex_orch_tui.services.answers import Answers  # noqa: PLC0415 - not for the first paint

        return Answers(self._hub, self.roles)

    @cached_property
    def _checks(self) -> "Checks":
        from codex_orch_tui.services.checks import Checks  # noqa: PLC0415 - not for the first paint

        return Checks(
            self._hub,
            self._opened.layout,
            lambda: self._config,
            trust=self._policy.trusted,
            workspace=lambda: self._workspace,
            environ=self._environ,
        )

    @cached_property
    def _landing(self) -> "Landing":
        from codex_orch_tui.services.landing import Landing  # noqa: PLC0415 - not for the first paint

        return Landing(self._hub, self._opened.repository, self._workspace, self._guardrails)

    @cached_property
    def _guardrails(self) -> "Guardrails":
        from codex_orch_tui.services.guardrails import Guardrails  # noqa: PLC0415 - not for the first paint

        return Guardrails(self._hub, self._opened.repository, lambda: self._config)

    def _task(self, ref: TaskRef) -> Task:
        return self._hub.state.tasks[ref]

    async def _message(self, ref: TaskRef, text: str) -> str:
        if not sel.can_message(self._task(ref)):
            spec, state = self._task(ref).spec, self._task(ref).state
            why = "it is a group of tasks" if spec.is_group else f"it is {state}"
            raise NotPossibleError(f"{spec.title} takes no message: {why}")
        self._refuse_pruned(self._task(ref))
        if found := MARK.search(text):
            raise NotPossibleError(f"not sent: {found.group()} stands where a secret was, which is not kept")
        task = self._task(ref)
        is_of_plan = len(self._hub.state.runs[ref.run].tasks) > 1
        if is_of_plan and sel.is_planned(task) and not self._supervisor.is_begun(ref):
            self._hub.apply(ev.TextAdded(ref=ref, text=text))
            return "first turn"
        return await self._supervisor.message(ref, text)

    async def _task_at_rest(self, ref: TaskRef) -> Task:
        """A task that no worker is changing, and whose last turn is committed."""
        self._refuse_busy(self._task(ref))
        await self._supervisor.wound_up(ref)
        task = self._task(ref)
        self._refuse_busy(task)
        return task

    def _refuse_busy(self, task: Task) -> None:
        self._refuse_ended(task)
        if task.state in ACTIVE or task.state is TaskState.QUEUED:
            raise NotPossibleError(f"{task.spec.title} is still at work: interrupt it (i) or stop it (x)")

    def _refuse_ended(self, task: Task) -> None:
        if task.state in ENDED:
            raise NotPossibleError(f"{task.spec.title} is {task.state} already")

    def _refuse_pruned(self, task: Task) -> None:
        """Raise for a task whose run was pruned: nobody would write its reports and its record of answers."""
        if self._hub.state.runs[task.ref.run].folder_removed:
            raise NotPossibleError(f"{task.spec.title} cannot go on: its run was pruned")

    def _not_kept(self, run: RunId, error: JournalError) -> None:
        """A run that is in the state and not on disk: its tasks are not begun, and say so."""
        fault = Fault(
            kind=FaultKind.STORAGE,
            message=f"state could not be written: {error}",
            next_step="make room, then start it (c)",
        )
        for ref in self._hub.state.runs[run].tasks:
            if not self._task(ref).spec.is_group:
                self._hub.apply(ev.TaskFailed(ref=ref, fault=fault))

    def _grew(self, ref: TaskRef) -> None:
        if (worker := self._supervisor.worker(ref)) is not None:
            worker.heard()
        for watcher in tuple(self._growth_watchers):
            watcher(ref)
