"""What happened: the closed union of domain events.

State is the fold of these over the journal; nothing else changes it. Events are past tense and carry everything that
the reducer needs. The journal adds sequence number and time (`Recorded`). A field may be added with a default; a
field is never renamed or given another meaning without a new schema version in store/event_codec.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from codex_orch_tui.domain.approval import ApprovalRequest, Choice, Outcome
from codex_orch_tui.domain.ids import ApprovalId, CommitId, EpochId, RunId, TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.item import Fault, Item, PlanStep, TurnStatus, Usage
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.task import DiffTotals, TaskCommit
from codex_orch_tui.domain.worktree import Worktree


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened:
    """The program took the repository's lock."""

    pid: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosed:
    """The program let go of the repository in good order."""

    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCreated:
    """A plan was approved; its tasks are queued."""

    run: RunId
    plan: Plan
    base_branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitsUpdated:
    """How full the account's fullest window is."""

    used_percent: int
    resets_at_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent:
    """What every event of a task carries."""

    ref: TaskRef


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQueued(TaskEvent):
    """The task waits for a slot again, for its next turn. `text` is what it will be told when it has to wait."""

    text: str = ""


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
class ThreadOpened(TaskEvent):
    """Codex opened or resumed the task's thread."""

    thread: ThreadId
    resumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRequested(TaskEvent):
    """Intent: this text is about to be sent as a new turn."""

    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted(TaskEvent):
    """Codex began the turn."""

    turn: TurnId
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSteered(TaskEvent):
    """The person's text was taken into the running turn."""

    turn: TurnId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStarted(TaskEvent):
    """An item of the turn began."""

    turn: TurnId
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCompleted(TaskEvent):
    """An item of the turn ended. `answer` is the whole text of an agent message."""

    turn: TurnId
    item: Item
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanUpdated(TaskEvent):
    """The worker told its plan."""

    turn: TurnId
    steps: tuple[PlanStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageUpdated(TaskEvent):
    """Tokens of the thread so far."""

    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded(TaskEvent):
    """The turn ended."""

    turn: TurnId
    status: TurnStatus
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultTold(TaskEvent):
    """Something is wrong but the turn goes on (Codex retries), shown in the worker's row."""

    fault: Fault


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
    """The person asked the worker to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitMade(TaskEvent):
    """The supervisor committed what the worker edited; `totals` is the task's diff against its base."""

    commit: TaskCommit
    totals: DiffTotals
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToCommit(TaskEvent):
    """The turn left no change in the worktree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchFollowed(TaskEvent):
    """Somebody else moved the task's branch: the worker with an accepted command, or the person in its folder.

    `commits` are all of the branch, oldest first; `worktree` has the commit that it stands on now.
    """

    worktree: Worktree
    tip: CommitId
    commits: tuple[TaskCommit, ...]
    totals: DiffTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFinished(TaskEvent):
    """A turn was completed and its edits are committed: the task is ready for review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequested(TaskEvent):
    """A worker waits for the person."""

    approval: ApprovalId
    request: ApprovalRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecided(TaskEvent):
    """Decision: durable before it is sent. Secret answers are not in it."""

    approval: ApprovalId
    choice: Choice
    for_session: bool = False
    message: str = ""
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionNotKept(TaskEvent):
    """The decision could not be written to disk, so it was not sent: the question is open again."""

    approval: ApprovalId
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSent(TaskEvent):
    """The decision was written to the worker."""

    approval: ApprovalId


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalClosed(TaskEvent):
    """The approval ended without an answer of ours reaching Codex, or it is not known whether it did."""

    approval: ApprovalId
    outcome: Outcome
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRecorded(TaskEvent):
    """The person looked at the diff of exactly this tip."""

    base: CommitId
    tip: CommitId
    files_viewed: int
    files_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateStarted(TaskEvent):
    """Intent: the task's commits are about to be replayed on this base tip."""

    base: CommitId


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFinished(TaskEvent):
    """The task stands on a new base commit; an earlier review no longer counts."""

    worktree: Worktree
    tip: CommitId
    totals: DiffTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRefused(TaskEvent):
    """Nothing moved. `conflicts` are the files that clash, when that was the reason."""

    reason: str
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictLaidOut(TaskEvent):
    """The clash with the base is in the worktree as conflict markers; the commits until now are `backup_ref`."""

    worktree: Worktree
    conflicts: tuple[str, ...]
    backup_ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeStarted(TaskEvent):
    """Intent: the base branch is about to move from `old` to `new`."""

    base_branch: str
    old: CommitId
    new: CommitId


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeFinished(TaskEvent):
    """The base branch is at `new`."""

    base_branch: str
    old: CommitId
    new: CommitId


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRefused(TaskEvent):
    """Nothing moved."""

    reason: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorktreeRemoved(TaskEvent):
    """The folder is gone; `backup_ref` still holds its tip."""

    backup_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorktreeKept(TaskEvent):
    """The folder was left where it is, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDiscarded(TaskEvent):
    """The person gave the task up; everything it made is kept under `backup_ref`."""

    backup_ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded(TaskEvent):
    """A line for the task's log."""

    kind: LogKind
    text: str


SessionEvent = SessionOpened | SessionClosed | RunCreated | RateLimitsUpdated
ApprovalEvent = ApprovalRequested | ApprovalDecided | DecisionNotKept | AnswerSent | ApprovalClosed
TurnEvent = (
    ThreadOpened
    | TurnRequested
    | TurnStarted
    | TurnSteered
    | ItemStarted
    | ItemCompleted
    | PlanUpdated
    | UsageUpdated
    | TurnEnded
    | FaultTold
)
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
GitEvent = (
    CommitMade
    | NothingToCommit
    | BranchFollowed
    | ReviewRecorded
    | UpdateStarted
    | UpdateFinished
    | UpdateRefused
    | ConflictLaidOut
    | MergeStarted
    | MergeFinished
    | MergeRefused
    | WorktreeRemoved
    | WorktreeKept
)
OfTask = ApprovalEvent | TurnEvent | LifeEvent | GitEvent
Event = SessionEvent | OfTask


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event in its place: `seq` counts from 1 without gaps, `at_s` is seconds since the epoch."""

    seq: int
    at_s: float
    event: Event
