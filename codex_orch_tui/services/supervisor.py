"""Runs the tasks: a slot, a worktree, a worker, a turn, a commit.

Each task has at most one job at a time (an asyncio task in the supervisor's group). An error in a job ends that task,
never its siblings. Nothing is started again by itself: a turn may have had effects, so a person decides.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import Fault, FaultKind, TurnStatus
from codex_orch_tui.domain.task import ACTIVE, Task, TaskState
from codex_orch_tui.services.approvals import Approvals
from codex_orch_tui.services.errors import NotPossibleError, WorkspaceError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.ports import Connection, ConnectionFailedError, Connector
from codex_orch_tui.services.worker import TurnResult, Worker
from codex_orch_tui.services.workspace import Workspace
from codex_orch_tui.store.errors import JournalError

Work = Callable[[], Awaitable[None]]

CONTINUE_PROMPT = (
    "Your last turn was cut off before its end. Look at what is already done in the worktree, then finish the task."
)


@dataclass(slots=True)
class _Job:
    """What the supervisor holds of a task beyond the state."""

    running: asyncio.Task[None] | None = None
    worker: Worker | None = None
    reader: asyncio.Task[None] | None = None
    idle: asyncio.TimerHandle | None = None
    holds_slot: bool = False
    stop_cause: str = ""


@dataclass(slots=True)
class Supervisor:
    """Owns every worker.

    Args:
        hub: where events go.
        approvals: the inbox.
        connector: starts worker processes.
        workspace: makes worktrees and commits.
        max_workers: turns that run at the same time; further tasks are queued in order.
        idle_worker_s: how long a worker without a turn keeps its process.
    """

    hub: Hub
    approvals: Approvals
    connector: Connector
    workspace: Workspace
    max_workers: int
    idle_worker_s: float
    _jobs: dict[TaskRef, _Job] = field(default_factory=dict)
    _group: asyncio.TaskGroup | None = None
    _ready: asyncio.Event = field(default_factory=asyncio.Event)
    _slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.max_workers)

    async def run(self, until: asyncio.Event) -> None:
        """Supervise until the event is set, then stop every worker."""
        async with asyncio.TaskGroup() as self._group:
            self._ready.set()
            await until.wait()
            self._ready.clear()
            await self.stop_all("the program was closed")
        self._group = None

    # -- commands -----------------------------------------------------------------------------------------------

    async def start(self, ref: TaskRef) -> None:
        """Queue a task that has never had a turn."""
        await self._ready.wait()
        self._spawn(ref, lambda: self._first_turn(ref))

    async def resume(self, ref: TaskRef) -> None:
        """Go on with a task that stopped before its end."""
        await self._wound_up(ref)
        task = self._task(ref)
        if task.thread is None or task.worktree is None:
            self._spawn(ref, lambda: self._first_turn(ref))
        else:
            self._spawn(ref, lambda: self._next_turn(ref, CONTINUE_PROMPT))

    async def message(self, ref: TaskRef, text: str) -> str:
        """Steer the running turn, or begin a new one; tells which: "steered" or "new turn".

        Raises:
            NotPossibleError: the task cannot take a message now.
        """
        job = self._job(ref)
        worker = job.worker
        if worker is not None and worker.in_turn:
            try:
                await worker.steer(text)
            except ConnectionFailedError as error:
                if worker.in_turn:
                    raise NotPossibleError(f"the running turn did not take it: {error.fault.message}") from error
            else:
                return "steered"
        await self._wound_up(ref)
        self._spawn(ref, lambda: self._next_turn(ref, text))
        return "new turn"

    async def _wound_up(self, ref: TaskRef) -> None:
        """Wait while what the last turn edited is being committed."""
        await self._ready.wait()
        job = self._job(ref)
        if job.running is not None:
            await asyncio.wait([job.running])

    async def interrupt(self, ref: TaskRef) -> None:
        """End the running turn; the worker stays.

        Raises:
            NotPossibleError: no turn is running, or Codex did not take it.
        """
        worker = self._job(ref).worker
        if worker is None or not worker.in_turn:
            raise NotPossibleError("no turn is running")
        try:
            await worker.interrupt()
        except ConnectionFailedError as error:
            raise NotPossibleError(error.fault.message) from error

    async def stop(self, ref: TaskRef, cause: str = "stopped by you") -> None:
        """End the task's turn and its worker process; returns when both are gone and edits are committed."""
        job = self._job(ref)
        job.stop_cause = cause
        if job.running is not None and (job.worker is None or not job.holds_slot):
            # Queued, or still being prepared: every step up to the worker can be cancelled and tidies up.
            job.running.cancel()
        elif self._task(ref).state in ACTIVE:
            self.hub.apply(ev.StopRequested(ref=ref))
        await self._end_worker(job)
        if job.running is not None:
            await asyncio.wait([job.running])
        if self._task(ref).state is TaskState.QUEUED:
            # Cancelled before its first step: the job had no chance to tell its end.
            job.running = None
            self.hub.apply(ev.TaskInterrupted(ref=ref, cause=cause))
        job.stop_cause = ""

    async def stop_all(self, cause: str) -> None:
        """Stop everything, side by side."""
        await asyncio.gather(*(self.stop(ref, cause) for ref in tuple(self._jobs)))

    async def release_worker(self, ref: TaskRef) -> None:
        """End the process of a worker without a turn: its folder is about to go."""
        job = self._job(ref)
        if job.running is None:
            await self._end_worker(job)

    async def wait_idle(self) -> None:
        """Return when no job runs any more."""
        while running := [job.running for job in self._jobs.values() if job.running is not None]:
            await asyncio.wait(running)

    def worker(self, ref: TaskRef) -> Worker | None:
        """The live worker of a task, if any."""
        job = self._jobs.get(ref)
        return job.worker if job else None

    # -- jobs ---------------------------------------------------------------------------------------------------

    def _job(self, ref: TaskRef) -> _Job:
        return self._jobs.setdefault(ref, _Job())

    def _task(self, ref: TaskRef) -> Task:
        return self.hub.state.tasks[ref]

    def _spawn(self, ref: TaskRef, work: Work) -> None:
        job = self._job(ref)
        if job.running is not None or self._group is None:
            raise NotPossibleError("the task is still busy with its last turn")
        self._cancel_idle(job)
        job.running = self._group.create_task(self._guarded(ref, job, work), name=f"task {ref}")

    async def _guarded(self, ref: TaskRef, job: _Job, work: Work) -> None:
        """The boundary between one task and the others: whatever goes wrong is told as this task's end."""
        try:
            async with self._slot(job):
                await work()
        except asyncio.CancelledError:
            self.hub.apply(ev.TaskInterrupted(ref=ref, cause=job.stop_cause or "stopped"))
        except ConnectionFailedError as error:
            await self._failed(ref, job, error.fault)
        except WorkspaceError as error:
            await self._failed(ref, job, error.fault)
        except JournalError as error:
            message = f"state could not be written: {error}"
            await self._failed(ref, job, Fault(kind=FaultKind.STORAGE, message=message, next_step="free disk space"))
        except Exception as error:  # noqa: BLE001 - the boundary: siblings go on, the person is told
            message = f"internal error: {type(error).__name__}: {error}"
            await self._failed(ref, job, Fault(kind=FaultKind.OTHER, message=message))
        finally:
            job.running = None
            self._keep_idle(ref, job)

    @contextlib.asynccontextmanager
    async def _slot(self, job: _Job) -> AsyncIterator[None]:
        async with self._slots:
            job.holds_slot = True
            try:
                yield
            finally:
                job.holds_slot = False

    async def _first_turn(self, ref: TaskRef) -> None:
        self.hub.apply(ev.TaskStarted(ref=ref))
        await self.workspace.prepare(self._task(ref))
        await self._turn(ref, self._task(ref).spec.prompt)

    async def _next_turn(self, ref: TaskRef, text: str) -> None:
        self.hub.apply(ev.TaskStarted(ref=ref))
        await self.workspace.verify(self._task(ref))
        await self._turn(ref, text)

    async def _turn(self, ref: TaskRef, prompt: str) -> None:
        worker = await self._live_worker(ref, self._job(ref))
        result = await worker.run_turn(prompt)
        await self._settle(ref, result)

    async def _settle(self, ref: TaskRef, result: TurnResult) -> None:
        """Commit what the turn left, whatever its end: what is not committed can be neither reviewed nor kept safe."""
        task = self._task(ref)
        await self.workspace.commit(task, result.turn, result.status)
        if result.status is TurnStatus.COMPLETED:
            self.hub.apply(ev.TaskFinished(ref=ref))
        await self.hub.flush()

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
            with contextlib.suppress(WorkspaceError):  # Told by commit itself; the task's end is told already.
                await self.workspace.commit(self._task(ref), turn.id, TurnStatus.INTERRUPTED)

    # -- workers ------------------------------------------------------------------------------------------------

    async def _live_worker(self, ref: TaskRef, job: _Job) -> Worker:
        if job.worker is not None and job.worker.alive:
            return job.worker
        assert self._group is not None, "jobs run inside run()"
        task = self._task(ref)
        connection: Connection = await self.connector.connect(self.workspace.launch(task))
        worker = Worker(ref, connection, self.hub, self.approvals)
        job.worker = worker
        job.reader = self._group.create_task(worker.read_signals(), name=f"worker {ref}")
        try:
            await worker.open_thread(task.thread)
        except ConnectionFailedError:
            await self._end_worker(job)
            raise
        return worker

    async def _end_worker(self, job: _Job) -> None:
        self._cancel_idle(job)
        worker, job.worker = job.worker, None
        if worker is not None:
            await worker.stop()
        if job.reader is not None:
            await asyncio.wait([job.reader])
            job.reader = None

    def _keep_idle(self, ref: TaskRef, job: _Job) -> None:
        """A worker without a turn stays for a while, so that a message is answered at once."""
        if job.worker is None or self._group is None or self._task(ref).state in ACTIVE:
            return
        loop = asyncio.get_running_loop()
        job.idle = loop.call_later(self.idle_worker_s, self._close_idle, job)

    def _close_idle(self, job: _Job) -> None:
        if self._group is not None and job.running is None:
            self._group.create_task(self._end_worker(job), name="close idle worker")

    def _cancel_idle(self, job: _Job) -> None:
        if job.idle is not None:
            job.idle.cancel()
            job.idle = None
