"""What becomes of a task's edits: commit, review, update, merge."""

from codex_orch_tui.domain.events.task_event import TaskEvent
from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.task import DiffTotals, TaskCommit
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.domain.worktree import Worktree


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
class ReviewRecorded(TaskEvent):
    """The person looked at the diff of exactly this tip, or let it be merged without that: `waived`."""

    base: CommitId
    tip: CommitId
    files_viewed: int
    files_total: int
    waived: bool = False


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
class BranchRemoved(TaskEvent):
    """The task's branch is gone; `backup_ref` holds its tip."""

    branch: str
    backup_ref: str


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
    | BranchRemoved
)
