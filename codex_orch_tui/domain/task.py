"""A task over its life, as it is known from its events."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from codex_orch_tui.domain.check import CheckRun
from codex_orch_tui.domain.guardrail import Guarded
from codex_orch_tui.domain.ids import CommitId, EpochId, ItemId, TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.item import Fault, Item, OwnRule, PlanStep, TurnStatus, Usage
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.plan import TaskSpec
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.domain.worktree import Worktree


class TaskState(StrEnum):
    """Where a task stands. The words and signs on screen are in ui/presentation/glyphs.py."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    WAITING_APPROVAL = "waiting_approval"
    WAITING_INPUT = "waiting_input"
    CHECKING = "checking"
    """Its turn is over and committed; its checks run."""
    STOPPING = "stopping"
    DONE = "done"
    MERGED = "merged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    LOST = "lost"
    DISCARDED = "discarded"
    SKIPPED = "skipped"


ASKING = frozenset({TaskState.WAITING_APPROVAL, TaskState.WAITING_INPUT})
"""The worker waits for the person."""

IN_TURN = ASKING | {TaskState.RUNNING}
"""A turn is under way."""

ACTIVE = IN_TURN | {TaskState.STARTING, TaskState.CHECKING, TaskState.STOPPING}
"""A worker holds a slot."""

ABOUT_TO_BEGIN = frozenset({TaskState.QUEUED, TaskState.STARTING})
"""A turn is to come."""

ENDED = frozenset({TaskState.MERGED, TaskState.DISCARDED, TaskState.SKIPPED})
"""Nothing more happens to the task."""

CONTINUABLE = frozenset({TaskState.FAILED, TaskState.INTERRUPTED, TaskState.LOST})
"""Stopped before its end; the person may continue it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of the task's thread. `number` counts from 1 over the whole task."""

    id: TurnId
    number: int
    prompt: str
    started_at_s: float
    status: TurnStatus = TurnStatus.IN_PROGRESS
    ended_at_s: float | None = None
    items: tuple[Item, ...] = ()
    steps: tuple[PlanStep, ...] = ()
    epoch: EpochId | None = None
    """The worker process that ran it."""
    began_at_s: Mapping[ItemId, float] = field(default_factory=dict, hash=False)
    """When its commands, edits and tool calls began."""
    cut_off: frozenset[ItemId] = frozenset()
    """The items that were under way when the worker or the program ended."""
    own_rules: Mapping[ItemId, OwnRule] = field(default_factory=dict, hash=False)
    """What Codex's own rules say of its commands; one that is not in here was not looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerProcess:
    """The process that works for the task now. Its pid with its start time names it beyond reuse of the pid."""

    epoch: EpochId
    pid: int
    process_started_s: float
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCommit:
    """A commit that the supervisor made of what the worker edited."""

    id: CommitId
    subject: str
    files: int
    insertions: int
    deletions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffTotals:
    """Size of the task's diff against its base."""

    files: int = 0
    insertions: int = 0
    deletions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What the person has looked at: exactly this tip on exactly this base."""

    base: CommitId
    tip: CommitId
    files_viewed: int
    files_total: int
    waived: bool = False
    """Nobody looked: the person let exactly this be merged all the same (`merge --allow-automerge`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line of our own in the task's log: what the supervisor or the person did."""

    at_s: float
    kind: LogKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task. `tip` is the branch's commit as far as we moved it; None before the worktree exists."""

    ref: TaskRef
    spec: TaskSpec
    base_branch: str
    state: TaskState
    since_s: float
    """When the present state began."""
    created_at_s: float
    started_at_s: float | None = None
    ended_at_s: float | None = None
    held: bool = False
    """The person paused it."""
    attempt: int = 1
    earlier_turns: int = 0
    """How many of the turns belong to earlier attempts."""
    earlier_usage: Usage = field(default_factory=Usage)
    """Tokens of the threads of earlier attempts."""
    worked_s: float = 0.0
    """Seconds of turns in this attempt until `since_s`, without the time in which the person was asked."""
    allowances: int = 1
    """How often in this attempt the task may use what its limits allow."""
    worktree: Worktree | None = None
    worktree_removed: bool = False
    branch_removed: bool = False
    """`backup_ref` holds what was its tip."""
    joins: tuple[TaskRef, ...] = ()
    """The tasks whose results it started from; none when it stands on its base branch."""
    base_tip: CommitId | None = None
    """Where its base branch was when it began, if the task stands on another commit: on work of other tasks."""
    worker: WorkerProcess | None = None
    thread: ThreadId | None = None
    model: str = ""
    """The model of its thread, as Codex says; empty while that is not known."""
    rerouted_to: str = ""
    """The model that does the present turn instead, as Codex says; empty when none does."""
    codex_version: str = ""
    """Of its last worker; empty before there was one."""
    turns: tuple[Turn, ...] = ()
    usage: Usage = field(default_factory=Usage)
    """Tokens of this attempt: of its thread, and of those of its sub-agents."""
    usage_of_threads: Mapping[ThreadId, Usage] = field(default_factory=dict, hash=False)
    """The same, thread by thread."""
    used_by: Mapping[str, Usage] = field(default_factory=dict, hash=False)
    """What other models than the one at work have used, in all attempts; the rest is that one's."""
    fault: Fault | None = None
    unsent: str = ""
    """What the person wrote for a turn that has not begun."""
    answer: str = ""
    """The worker's last message: the task's result."""
    accepted: str = ""
    """The last answer that fitted its role's schema, as JSON text; empty where answers are free text."""
    taken_up: str = ""
    """The accepted answer whose plan a person approved."""
    result: str = ""
    """What the accepted answer says, line by line."""
    decisions: tuple[str, ...] = ()
    """What it decided that other tasks of the run have to know."""
    answer_problems: tuple[str, ...] = ()
    """Why the last answer does not fit its schema."""
    commits: tuple[TaskCommit, ...] = ()
    tip: CommitId | None = None
    totals: DiffTotals = field(default_factory=DiffTotals)
    reviewed: Reviewed | None = None
    conflicts: tuple[str, ...] = ()
    """Files that could not be replayed on the base tip at the last update."""
    merged_as: CommitId | None = None
    merged_from: CommitId | None = None
    """The commit below it: where the base branch was, unless the task landed with its run. Known when it begins."""
    backup_ref: str = ""
    checks: tuple[CheckRun, ...] = ()
    """The last run of each check; it counts for the commit that it names."""
    check_retries: int = 0
    """How often in a row failed checks went back to the worker, since a person asked for a turn."""
    guarded: Guarded | None = None
    """How its guardrails came out the last time."""
    merging: bool = False
    """A merge was begun and has not told its end."""
    notes: tuple[Note, ...] = ()

    @property
    def turn(self) -> Turn | None:
        """The last turn."""
        return self.turns[-1] if self.turns else None

    @property
    def works_with(self) -> str:
        """The model that does its work now; empty while that is not known."""
        return self.rerouted_to or self.model or self.spec.model or ""

    @property
    def said(self) -> str:
        """The last message as people read it: of an answer that fits its schema what it says, and not its JSON."""
        return self.result if self.accepted and self.accepted == self.answer else self.answer

    @property
    def is_taken_up(self) -> bool:
        """It planned, and its plan is a run now: nothing of it waits for the person."""
        return self.state is TaskState.DONE and self.taken_up != "" and self.taken_up == self.accepted

    @property
    def is_to_review(self) -> bool:
        """It waits for a person to look at what it did."""
        return self.state is TaskState.DONE and not self.is_taken_up

    @property
    def is_reviewed(self) -> bool:
        """The person has seen exactly the commit that would be merged."""
        return self.is_cleared and self.reviewed is not None and not self.reviewed.waived

    @property
    def is_cleared(self) -> bool:
        """The person has seen exactly the commit that would be merged, or lets it be merged unread."""
        return (
            self.reviewed is not None
            and self.worktree is not None
            and self.reviewed.tip == self.tip
            and self.reviewed.base == self.worktree.base_commit
        )
