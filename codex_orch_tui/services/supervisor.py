"""Runs the tasks: a worktree, a worker, a turn, a commit.

When a task begins, the scheduler decides (scheduler.py). Each task has at most one job at a time (an asyncio task in
the supervisor's group). An error in a job ends that task, never its siblings. Nothing is started again by itself: a
turn may have had effects, so a person decides.
"""

import asyncio
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.checking import awaits_only_checks, can_check_again
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import Fault, FaultKind, TurnStatus
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.task import ABOUT_TO_BEGIN, ACTIVE, IN_TURN, Task, TaskState
from codex_orch_tui.services.approvals import Approvals
from codex_orch_tui.services.crew import Crew
from codex_orch_tui.services.errors import NotPossibleError, WorkspaceError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.ports import ConnectionFailedError, Connector
from codex_orch_tui.services.slots import Slots
from codex_orch_tui.services.task_work import Conduct, TaskWork
from codex_orch_tui.store.errors import JournalError

if TYPE_CHECKING:
    from codex_orch_tui.services.answers import Answers
    from codex_orch_tui.services.checks import Checks
    from codex_orch_tui.services.guardrails import Guardrails
    from codex_orch_tui.services.worker import Worker
    from codex_orch_tui.services.workspace import Workspace

Work = Callable[[], Awaitable[None]]

CONTINUE_PROMPT = (
    "Your last turn was cut off before its end. Look at what is already done in the worktree, then finish the task."
)


@dataclass(slots=True)
class _Job(Conduct):
    """What the supervisor holds of a task beyond the state."""

    wanted: Work | None = None
    """What it does as soon as the scheduler lets it."""
    running: asyncio.Task[None] | None = None
    stopping: asyncio.Task[None] | None = None


@dataclass(slots=True)
class Supervisor:
    """Owns every worker.

    Args:
        hub: where events go.
        approvals: the inbox.
        connector: starts worker processes.
        workspace: gives what makes worktrees and commits; called when the first task needs it.
        answers: gives what checks answers; called when the first turn begins.
        checks: gives what runs checks; called when the first turn is over.
        guardrails: gives what looks at commits; called when the first task is done.
        max_workers: jobs that run at the same time, whatever the scheduler thinks.
        idle_worker_s: how long a worker without a turn keeps its process.
        on_rest: told when a task's job is over: its slot, its paths and its worktree are free.
    """

    hub: Hub
    approvals: Approvals
    connector: Connector
    workspace: "Callable[[], Workspace]"
    answers: "Callable[[], Answers]"
    checks: "Callable[[], Checks]"
    guardrails: "Callable[[], Guardrails]"
    max_workers: int
    idle_worker_s: float
    on_rest: Callable[[TaskRef], None] = lambda _ref: None
    cut_off: frozenset[TaskRef] = frozenset()
    """The tasks that were at work when everything was stopped."""
    _jobs: dict[TaskRef, _Job] = field(default_factory=dict)
    _group: asyncio.TaskGroup | None = None
    _ready: asyncio.Event = field(default_factory=asyncio.Event)
    _is_closing: bool = False
    _slots: Slots = field(init=False)
    _crew: Crew = field(init=False)
    _work: TaskWork = field(init=False)

    def __post_init__(self) -> None:
        self._slots = Slots(self.max_workers)
        self._crew = Crew(
            hub=self.hub,
            approvals=self.approvals,
            connector=self.connector,
            workspace=self.workspace,
            idle_s=self.idle_worker_s,
            is_needed=lambda ref: self._job(ref).running is not None,
        )
        self._work = TaskWork(
            hub=self.hub,
            crew=self._crew,
            workspace=self.workspace,
            answers=self.answers,
            checks=self.checks,
            guardrails=self.guardrails,
        )

    async def run(self, until: asyncio.Event) -> None:
        """Supervise until the event is set, then stop every worker."""
        async with asyncio.TaskGroup() as self._group:
            self._crew.group = self._group
            self._ready.set()
            try:
                await until.wait()
            finally:  # Also when the screen crashed and this is cancelled: no worker is left without its supervisor.
                self._is_closing = True
                await self.stop_all("the program was closed")
        self._group = None

    def resize(self, max_workers: int, idle_worker_s: float) -> None:
        """From now on so many jobs at a time, and workers without a turn kept so long. What runs goes on."""
        self.max_workers = max_workers
        self.idle_worker_s = self._crew.idle_s = idle_worker_s
        self._slots.resize(max_workers)

    # -- commands -----------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Tasks may begin: it runs and is not closing."""
        return self._ready.is_set() and not self._is_closing

    @property
    def at_work(self) -> frozenset[TaskRef]:
        """The tasks that hold a slot: from their beginning until their edits are committed, whatever their state."""
        return frozenset(ref for ref, job in self._jobs.items() if job.running is not None or job.stopping is not None)

    def begin(self, ref: TaskRef) -> None:
        """Begin what a queued task is queued for: the turn that the person asked for, or its first one."""
        job = self._job(ref)
        work = job.wanted or (lambda: self._work.first_turn(ref, job, self._task(ref).unsent))
        job.wanted = None
        self._spawn(ref, work)

    async def opened(self) -> None:
        """Return when tasks may begin.

        Raises:
            NotPossibleError: the program is closing.
        """
        if not self._is_closing:
            await self._ready.wait()
        self._refuse_when_closing()

    def is_begun(self, ref: TaskRef) -> bool:
        """It has a job, or the person asked for a turn."""
        return ref in self.at_work or self.is_queued_again(ref)

    def is_queued_again(self, ref: TaskRef) -> bool:
        """The person asked for a turn that has not begun yet."""
        job = self._jobs.get(ref)
        return job is not None and job.wanted is not None

    async def resume(self, ref: TaskRef) -> None:
        """Go on with a task that stopped before its end; let the checks of one that is done run on what it is by now.

        Raises:
            NotPossibleError: there is nothing to go on with, or the program is closing.
        """
        await self.opened()
        await self.wound_up(ref)
        task = self._task(ref)
        if not sel.can_continue(task) and not can_check_again(task):
            raise NotPossibleError(f"{task.spec.title} has not stopped; there is nothing to continue")
        job, lost = self._job(ref), _has_lost_its_folder(task)
        if task.fault is not None and task.fault.kind is FaultKind.ANSWER and _has_begun(task):
            self._again(ref, "", lambda: self._work.next_turn(ref, job, self.answers().again(ref), make_folder=lost))
        elif awaits_only_checks(task) or can_check_again(task):
            self._again(ref, "", lambda: self._work.check_again(ref, job))
        elif _has_begun(task):
            self._again(ref, "", lambda: self._work.next_turn(ref, job, CONTINUE_PROMPT, make_folder=lost))
        else:
            self._again(ref, "", lambda: self._work.first_turn(ref, job, make_folder=lost))

    async def message(self, ref: TaskRef, text: str) -> str:
        """Steer the running turn, or begin a new one; tells which: "steered" or "new turn".

        Raises:
            NotPossibleError: the task cannot take a message now, or the program is closing.
        """
        await self._begun(ref)
        worker = self.worker(ref)
        if worker is not None and worker.in_turn:
            try:
                await worker.steer(text)
            except ConnectionFailedError as error:
                if worker.in_turn:
                    raise NotPossibleError(f"the running turn did not take it: {error.fault.message}") from error
            else:
                return "steered"
        await self.opened()
        await self.wound_up(ref)
        task = self._task(ref)
        if not sel.can_message(task):
            raise NotPossibleError(f"{task.spec.title} takes no message: it is {task.state}")
        job, lost = self._job(ref), _has_lost_its_folder(task)
        if _has_begun(task):
            self._again(ref, text, lambda: self._work.next_turn(ref, job, text, make_folder=lost))
        else:
            self._again(ref, text, lambda: self._work.first_turn(ref, job, text, make_folder=lost))
        return "new turn"

    async def _begun(self, ref: TaskRef) -> None:
        """Return when the task is no longer about to begin a turn, nor being checked, after which it may be.

        Raises:
            NotPossibleError: it was stopped, or could not begin.
        """
        if self._task(ref).state is TaskState.CHECKING:
            await self._while_in(ref, {TaskState.CHECKING})
            if self._task(ref).state in {TaskState.STOPPING, TaskState.INTERRUPTED}:
                raise NotPossibleError("not sent: it was stopped while its checks ran; send it again (s)")
        if self._task(ref).state in ABOUT_TO_BEGIN:
            await self._while_in(ref, ABOUT_TO_BEGIN)
            if self._task(ref).state not in IN_TURN:
                raise NotPossibleError("not sent: its turn did not begin; send it again (s)")

    async def _while_in(self, ref: TaskRef, states: AbstractSet[TaskState]) -> None:
        """Return when the task is in none of these states."""
        changed = asyncio.Event()
        unwatch = self.hub.watch(lambda _recorded: changed.set())
        try:
            while self._task(ref).state in states:
                changed.clear()
                await changed.wait()
        finally:
            unwatch()

    async def wound_up(self, ref: TaskRef) -> None:
        """Return when the task's last turn is over: its worker stopped, its edits committed.

        To be called for a task whose turn has ended or is ending; another one is waited for as long as it runs.
        """
        job = self._job(ref)
        while under_way := [task for task in (job.stopping, job.running) if task is not None]:
            await asyncio.wait(under_way)

    async def interrupt(self, ref: TaskRef) -> None:
        """End the running turn; the worker stays.

        Raises:
            NotPossibleError: no turn is running, or Codex did not take it.
        """
        worker = self.worker(ref)
        if worker is None or not worker.in_turn:
            raise NotPossibleError("no turn is running")
        try:
            has_ended = await worker.interrupt()
        except ConnectionFailedError as error:
            raise NotPossibleError(error.fault.message) from error
        if not has_ended:
            raise NotPossibleError("the turn was told to end and has not done so yet: stop its worker (x)")

    async def stop(self, ref: TaskRef, cause: str = "stopped by you", *, by_limit: bool = False) -> None:
        """End the task's turn and its worker process; returns when both are gone and edits are committed.

        Every caller waits for the same stop; a caller that is cancelled does not cut it short.
        """
        job = self._job(ref)
        if job.stopping is None:
            job.stopping = asyncio.create_task(self._stop(ref, job, cause, by_limit=by_limit), name=f"stop {ref}")
        await asyncio.shield(job.stopping)

    async def _stop(self, ref: TaskRef, job: _Job, cause: str, *, by_limit: bool) -> None:
        job.stop_cause = cause
        job.wanted = None
        try:
            if job.running is not None and job.is_starting:
                job.running.cancel()
                await asyncio.wait([job.running])
            elif self._task(ref).state in ACTIVE:
                self.hub.apply(ev.StopRequested(ref=ref, by_limit=by_limit))
            await self._crew.end(ref)
            if job.running is not None:
                await asyncio.wait([job.running])
            if self._task(ref).state is TaskState.QUEUED:
                # Without a job, or cancelled before its first step: nothing else tells its end.
                self.hub.apply(ev.TaskInterrupted(ref=ref, cause=cause))
        finally:
            job.stop_cause = ""
            job.stopping = None
            self.on_rest(ref)

    async def stop_all(self, cause: str) -> None:
        """Stop everything, side by side. What waits in a plan of several tasks goes on waiting."""
        waiting = {
            ref
            for run in self.hub.state.runs.values()
            if len(run.tasks) == 1
            for ref in run.tasks
            if self._task(ref).state is TaskState.QUEUED
        }
        self.cut_off = self.at_work
        begun = {ref for ref in self._jobs if not sel.is_planned(self._task(ref)) or self.is_begun(ref)}
        await asyncio.gather(*(self.stop(ref, cause) for ref in begun | waiting))

    async def release_worker(self, ref: TaskRef) -> None:
        """End the process of a worker without a turn: its folder is about to go, or to be made again."""
        await self._crew.end(ref)

    def worker(self, ref: TaskRef) -> "Worker | None":
        """The live worker of a task, if any."""
        return self._crew.worker(ref)

    # -- jobs ---------------------------------------------------------------------------------------------------

    def _job(self, ref: TaskRef) -> _Job:
        return self._jobs.setdefault(ref, _Job())

    def _task(self, ref: TaskRef) -> Task:
        return self.hub.state.tasks[ref]

    def _refuse_when_closing(self) -> None:
        if self._is_closing:
            raise NotPossibleError("the program is closing; nothing more is begun")

    def _again(self, ref: TaskRef, text: str, work: Work) -> None:
        """Another turn. The task is queued at once, so that no second command takes it for one at rest."""
        self._refuse_when_closing()
        if self._task(ref).held:
            self.hub.apply(ev.TaskReleased(ref=ref))
        self._job(ref).wanted = work
        self.hub.apply(ev.TaskQueued(ref=ref, text=text, must_wait=self._slots.locked()))

    def _spawn(self, ref: TaskRef, work: Work) -> None:
        job = self._job(ref)
        assert job.running is None, "one job at a time for each task"
        assert self._group is not None, "jobs run inside run()"
        self._crew.cancel_idle(ref)
        job.is_starting = True
        job.running = self._group.create_task(self._guarded(ref, job, work), name=f"task {ref}")
        # Not in the job itself: one that is cancelled before its first step runs no line of its own.
        job.running.add_done_callback(lambda _: self._job_ended(ref, job))

    def _job_ended(self, ref: TaskRef, job: _Job) -> None:
        job.running = None
        job.is_starting = False
        if self._task(ref).state not in ACTIVE:
            self._crew.keep_idle(ref)
        self.on_rest(ref)

    async def _guarded(self, ref: TaskRef, job: _Job, work: Work) -> None:
        """The boundary between one task and the others: whatever goes wrong is told as this task's end."""
        try:
            async with self._slots:
                await work()
        except asyncio.CancelledError:
            self.hub.apply(ev.TaskInterrupted(ref=ref, cause=job.stop_cause or "stopped"))
        except ConnectionFailedError as error:
            await self._failed(ref, job, error.fault)
        except WorkspaceError as error:
            if job.stop_cause:
                self._tell_error(ref, error.fault)
            await self._failed(ref, job, error.fault)
        except JournalError as error:
            message = f"state could not be written: {error}"
            await self._failed(ref, job, Fault(kind=FaultKind.STORAGE, message=message, next_step="free disk space"))
        except Exception as error:  # noqa: BLE001 - the boundary: siblings go on, the person is told
            await self._failed(ref, job, Fault(kind=FaultKind.OTHER, message=f"internal error: {error!r}"))

    async def _failed(self, ref: TaskRef, job: _Job, fault: Fault) -> None:
        turn = self._task(ref).turn
        in_turn = turn is not None and turn.status is TurnStatus.IN_PROGRESS
        if job.stop_cause:
            self.hub.apply(ev.TaskInterrupted(ref=ref, cause=job.stop_cause))
        elif in_turn and fault.kind is FaultKind.WORKER_DIED:
            self.hub.apply(ev.TaskLost(ref=ref, fault=fault))
        else:
            self.hub.apply(ev.TaskFailed(ref=ref, fault=fault))
        if in_turn and turn is not None:
            try:
                await self.workspace().commit(self._task(ref), turn.id, TurnStatus.INTERRUPTED)
            except WorkspaceError as error:
                self._tell_error(ref, error.fault)

    def _tell_error(self, ref: TaskRef, fault: Fault) -> None:
        text = f"{fault.message} → {fault.next_step}" if fault.next_step else fault.message
        self.hub.apply(ev.NoteAdded(ref=ref, kind=LogKind.ERROR, text=text))


def _has_begun(task: Task) -> bool:
    """The worker has heard of the task: there is a thread that can be taken up."""
    return bool(task.turns) and task.thread is not None and task.worktree is not None


def _has_lost_its_folder(task: Task) -> bool:
    """The person has been told so: what they command now is meant to bring it back."""
    return task.fault is not None and task.fault.kind is FaultKind.WORKTREE_MISSING
