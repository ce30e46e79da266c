"""Runs the tasks: a slot, a worktree, a worker, a turn, a commit.

Each task has at most one job at a time (an asyncio task in the supervisor's group). An error in a job ends that task,
never its siblings. Nothing is started again by itself: a turn may have had effects, so a person decides.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import Fault, FaultKind, TurnStatus
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.secrets import holds_mark
from codex_orch_tui.domain.task import ABOUT_TO_BEGIN, ACTIVE, IN_TURN, Task, TaskState
from codex_orch_tui.services.approvals import Approvals
from codex_orch_tui.services.crew import Crew
from codex_orch_tui.services.errors import NotPossibleError, WorkspaceError
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.ports import ConnectionFailedError, Connector
from codex_orch_tui.store.errors import JournalError

if TYPE_CHECKING:
    from codex_orch_tui.services.worker import TurnResult, Worker
    from codex_orch_tui.services.workspace import Workspace

Work = Callable[[], Awaitable[None]]

CONTINUE_PROMPT = (
    "Your last turn was cut off before its end. Look at what is already done in the worktree, then finish the task."
)

_INCOMPLETE_PROMPT = Fault(
    kind=FaultKind.OTHER,
    message="the task had a secret in it, which is not kept on disk: its text is no longer whole",
    next_step="s sends it again, the whole of it; D discards the task",
)


@dataclass(slots=True)
class _Job:
    """What the supervisor holds of a task beyond the state."""

    running: asyncio.Task[None] | None = None
    is_starting: bool = False
    """Queued, being prepared or connected: every step up to the turn can be cancelled and tidies up."""
    stopping: asyncio.Task[None] | None = None
    stop_cause: str = ""


@dataclass(slots=True)
class Supervisor:
    """Owns every worker.

    Args:
        hub: where events go.
        approvals: the inbox.
        connector: starts worker processes.
        workspace: gives what makes worktrees and commits; called when the first task needs it.
        max_workers: turns that run at the same time; further tasks are queued in order.
        idle_worker_s: how long a worker without a turn keeps its process.
    """

    hub: Hub
    approvals: Approvals
    connector: Connector
    workspace: "Callable[[], Workspace]"
    max_workers: int
    idle_worker_s: float
    _jobs: dict[TaskRef, _Job] = field(default_factory=dict)
    _group: asyncio.TaskGroup | None = None
    _ready: asyncio.Event = field(default_factory=asyncio.Event)
    _is_closing: bool = False
    _slots: asyncio.Semaphore = field(init=False)
    _crew: Crew = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.max_workers)
        self._crew = Crew(
            hub=self.hub,
            approvals=self.approvals,
            connector=self.connector,
            workspace=self.workspace,
            idle_s=self.idle_worker_s,
            is_needed=lambda ref: self._job(ref).running is not None,
        )

    async def run(self, until: asyncio.Event) -> None:
        """Supervise until the event is set, then stop every worker."""
        async with asyncio.TaskGroup() as self._group:
            self._ready.set()
            try:
                await until.wait()
            finally:  # Also when the screen crashed and this is cancelled: no worker is left without its supervisor.
                self._is_closing = True
                await self.stop_all("the program was closed")
        self._group = None

    # -- commands -----------------------------------------------------------------------------------------------

    async def start(self, ref: TaskRef) -> None:
        """Begin with a task that has never had a turn; without effect when it was stopped meanwhile.

        Raises:
            NotPossibleError: the program is closing.
        """
        await self._opened()
        if self._task(ref).state is TaskState.QUEUED:
            self._spawn(ref, lambda: self._first_turn(ref))

    async def resume(self, ref: TaskRef) -> None:
        """Go on with a task that stopped before its end.

        Raises:
            NotPossibleError: it did not stop, or the program is closing.
        """
        await self._opened()
        await self.wound_up(ref)
        task = self._task(ref)
        if not sel.can_continue(task):
            raise NotPossibleError(f"{task.spec.title} has not stopped; there is nothing to continue")
        lost = _has_lost_its_folder(task)
        if _has_begun(task):
            self._again(ref, "", lambda: self._next_turn(ref, CONTINUE_PROMPT, make_folder=lost))
        else:
            self._again(ref, "", lambda: self._first_turn(ref, make_folder=lost))

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
        await self._opened()
        await self.wound_up(ref)
        task = self._task(ref)
        if not sel.can_message(task):
            raise NotPossibleError(f"{task.spec.title} cannot take a message now")
        lost = _has_lost_its_folder(task)
        if _has_begun(task):
            self._again(ref, text, lambda: self._next_turn(ref, text, make_folder=lost))
        else:
            self._again(ref, text, lambda: self._first_turn(ref, text, make_folder=lost))
        return "new turn"

    async def _begun(self, ref: TaskRef) -> None:
        """Return when the task is no longer about to begin a turn.

        Raises:
            NotPossibleError: it was stopped, or could not begin.
        """
        if self._task(ref).state not in ABOUT_TO_BEGIN:
            return
        changed = asyncio.Event()
        unwatch = self.hub.watch(lambda _recorded: changed.set())
        try:
            while self._task(ref).state in ABOUT_TO_BEGIN:
                changed.clear()
                await changed.wait()
        finally:
            unwatch()
        if self._task(ref).state not in IN_TURN:
            raise NotPossibleError("not sent: its turn did not begin. s has your text")

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
            raise NotPossibleError("the turn was told to end and has not done so yet; x stops its worker")

    async def stop(self, ref: TaskRef, cause: str = "stopped by you") -> None:
        """End the task's turn and its worker process; returns when both are gone and edits are committed.

        Every caller waits for the same stop; a caller that is cancelled does not cut it short.
        """
        job = self._job(ref)
        if job.stopping is None:
            job.stopping = asyncio.create_task(self._stop(ref, job, cause), name=f"stop {ref}")
        await asyncio.shield(job.stopping)

    async def _stop(self, ref: TaskRef, job: _Job, cause: str) -> None:
        job.stop_cause = cause
        try:
            if job.running is not None and job.is_starting:
                job.running.cancel()
                await asyncio.wait([job.running])
            elif self._task(ref).state in ACTIVE:
                self.hub.apply(ev.StopRequested(ref=ref))
            await self._crew.end(ref)
            if job.running is not None:
                await asyncio.wait([job.running])
            if self._task(ref).state is TaskState.QUEUED:
                # Cancelled before its first step: the job had no chance to tell its end.
                self.hub.apply(ev.TaskInterrupted(ref=ref, cause=cause))
        finally:
            job.stop_cause = ""
            job.stopping = None

    async def stop_all(self, cause: str) -> None:
        """Stop everything, side by side."""
        await asyncio.gather(*(self.stop(ref, cause) for ref in tuple(self._jobs)))

    async def release_worker(self, ref: TaskRef) -> None:
        """End the process of a worker without a turn: its folder is about to go, or to be made again."""
        await self._crew.end(ref)

    async def wait_idle(self) -> None:
        """Return when no job runs any more."""
        while running := [job.running for job in self._jobs.values() if job.running is not None]:
            await asyncio.wait(running)

    def worker(self, ref: TaskRef) -> "Worker | None":
        """The live worker of a task, if any."""
        return self._crew.worker(ref)

    # -- jobs ---------------------------------------------------------------------------------------------------

    def _job(self, ref: TaskRef) -> _Job:
        return self._jobs.setdefault(ref, _Job())

    def _task(self, ref: TaskRef) -> Task:
        return self.hub.state.tasks[ref]

    async def _opened(self) -> None:
        if not self._is_closing:
            await self._ready.wait()
        self._refuse_when_closing()

    def _refuse_when_closing(self) -> None:
        if self._is_closing:
            raise NotPossibleError("the program is closing; nothing more is begun")

    def _again(self, ref: TaskRef, text: str, work: Work) -> None:
        """Another turn. The task is queued at once, so that no second command takes it for one at rest."""
        self._refuse_when_closing()
        self.hub.apply(ev.TaskQueued(ref=ref, text=text, must_wait=self._slots.locked()))
        self._spawn(ref, work)

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
            message = f"internal error: {type(error).__name__}: {error}"
            await self._failed(ref, job, Fault(kind=FaultKind.OTHER, message=message))

    async def _first_turn(self, ref: TaskRef, text: str = "", *, make_folder: bool = False) -> None:
        """The task's own prompt; `text` is what the person adds to it.

        A prompt with a secret in it is not whole after a restart: then `text` has to tell the whole task.
        """
        prompt = self._task(ref).spec.prompt
        if holds_mark(prompt):
            if not text:
                raise WorkspaceError(_INCOMPLETE_PROMPT)
            prompt, text = text, ""
        self.hub.apply(ev.TaskStarted(ref=ref))
        if make_folder:
            await self._make_folder(ref)
        await self.workspace().prepare(self._task(ref))
        await self._turn(ref, f"{prompt}\n\n{text}" if text else prompt)

    async def _next_turn(self, ref: TaskRef, text: str, *, make_folder: bool = False) -> None:
        self.hub.apply(ev.TaskStarted(ref=ref))
        if make_folder:
            await self._make_folder(ref)
        await self.workspace().verify(self._task(ref))
        await self._turn(ref, text)

    async def _make_folder(self, ref: TaskRef) -> None:
        await self._crew.end(ref)  # It stands in the folder that is gone.
        await self.workspace().make_again(self._task(ref))

    async def _turn(self, ref: TaskRef, prompt: str) -> None:
        assert self._group is not None, "jobs run inside run()"
        worker = await self._crew.live(ref, self._group)
        self._job(ref).is_starting = False
        try:
            result = await worker.run_turn(prompt)
        except ConnectionFailedError:
            # What the worker does now is not known: it may be in that turn, and the next one must not meet it.
            await self._crew.end(ref)
            raise
        await self._settle(ref, result)

    async def _settle(self, ref: TaskRef, result: "TurnResult") -> None:
        """Commit what the turn left, whatever its end: what is not committed can be neither reviewed nor kept safe."""
        task = self._task(ref)
        await self.workspace().commit(task, result.turn, result.status)
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
