"""A task from its start to its end: worktree, setup, worker, failure, discard."""

from codex_orch_tui.domain.events.task_event import TaskEvent
from codex_orch_tui.domain.ids import CommitId, EpochId, TaskRef
from codex_orch_tui.domain.item import Fault
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.domain.worktree import Worktree


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQueued(TaskEvent):
    """The task is to have another turn, with the person's `text`; `must_wait` when no worker is free for it yet."""

    text: str = ""
    must_wait: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStarted(TaskEvent):
    """The task got a slot: worktree, setup and worker follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorktreePlanned(TaskEvent):
    """Intent: this branch and folder are about to be made."""

    worktree: Worktree


@dataclass(frozen=True, slots=True, kw_only=True)
class WorktreeCreated(TaskEvent):
    """The branch and folder exist; `copied` are the files that .worktreeinclude brought."""

    worktree: Worktree
    copied: tuple[str, ...] = ()
    joins: tuple[TaskRef, ...] = ()
    """The tasks whose results it starts from; without any it starts from its base branch."""
    base_tip: CommitId | None = None
    """Where the base branch was, when the worktree does not start from it."""
    conflicts: tuple[str, ...] = ()
    """Files in which those results clash; they hold conflict markers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupFinished(TaskEvent):
    """The setup command ended. `output_tail` is clean text."""

    command: str
    exit_code: int | None
    duration_ms: int
    output_tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStarted(TaskEvent):
    """A worker process is up and has answered `initialize`."""

    epoch: EpochId
    pid: int
    process_started_s: float
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEnded(TaskEvent):
    """The worker process is gone. `expected` when we asked it to go."""

    epoch: EpochId
    exit_code: int | None
    expected: bool
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFailed(TaskEvent):
    """The task cannot go on without the person."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLost(TaskEvent):
    """The worker went away in mid-turn without being asked to."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInterrupted(TaskEvent):
    """Work stopped before its end: by the person, or because the program ended."""

    cause: str
    next_step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested(TaskEvent):
    """The person asked the worker to stop, or the task reached one of its limits."""

    by_limit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFinished(TaskEvent):
    """A turn was completed and its edits are committed: the task is ready for review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDiscarded(TaskEvent):
    """The person gave the task up; everything it made is kept under `backup_ref`."""

    backup_ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded(TaskEvent):
    """A line for the task's log."""

    kind: LogKind
    text: str


LifeEvent = (
    TaskQueued
    | TaskStarted
    | WorktreePlanned
    | WorktreeCreated
    | SetupFinished
    | WorkerStarted
    | WorkerEnded
    | TaskFailed
    | TaskLost
    | TaskInterrupted
    | StopRequested
    | TaskFinished
    | TaskDiscarded
    | NoteAdded
)
