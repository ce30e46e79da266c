"""Landing a run: what would land and what stays out, and how it went. Every text is clean."""

from enum import StrEnum

from codex_orch_tui.domain.check import CheckOutcome, CheckRun
from codex_orch_tui.domain.guardrail import GuardedTask
from codex_orch_tui.domain.ids import CommitId, RunId, TaskRef
from codex_orch_tui.domain.merge import Overlap, Refusal
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.domain.worktree import Worktree


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingTask:
    """A task that lands.

    `tip` is what was reviewed, `commit` the commit on the base that holds the task and all before it. `commits`: how
    many of those are this task's; 0 for one that changed nothing, and for one that lands in the same commit as a later.
    """

    ref: TaskRef
    tip: CommitId
    commit: CommitId
    commits: int


class StaysOut(StrEnum):
    """Why a task does not land."""

    NOT_DONE = "not_done"
    NOT_REVIEWED = "not_reviewed"
    STANDS_ON = "stands_on"
    """It started from the result of a task that does not land."""
    CONFLICT_MARKERS = "conflict_markers"
    UNREADABLE = "unreadable"
    """Its worktree is not what it was."""
    LEFT_OUT = "left_out"
    """The person wants it so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A task that stays as it is, and why, in a few words."""

    ref: TaskRef
    why: StaysOut
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingCheck:
    """A check that has to pass on the commit that becomes the tip; `wanted_by` are the tasks and groups with it."""

    name: str
    command: str
    wanted_by: tuple[TaskRef, ...] = ()
    is_of_runs: bool = False
    """The settings want it of every run."""
    why_not: str = ""
    """Why it cannot be run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLandingPreview:
    """What landing a run would do: `base_branch` from `old` to `new`, which is made already and which nothing names.

    `old` is None where the base branch is gone, `new` where there is nothing to land. `culprit` is the task that the
    refusal is about, if it is about one.
    """

    run: RunId
    base_branch: str
    old: CommitId | None = None
    new: CommitId | None = None
    tasks: tuple[LandingTask, ...] = ()
    """In the order in which they land."""
    left: tuple[LeftOut, ...] = ()
    checks: tuple[LandingCheck, ...] = ()
    guarded: tuple[GuardedTask, ...] = ()
    """The guardrails of each task that brings commits, in exactly what it would bring."""
    files: int = 0
    checkout: str = ""
    """The folder that has the base branch checked out; empty when none has."""
    overlaps: tuple[Overlap, ...] = ()
    refusal: Refusal | None = None
    culprit: TaskRef | None = None


class LandingOutcome(StrEnum):
    """How a landing ended."""

    LANDED = "landed"
    NOT_LANDED = "not_landed"


class LandingStage(StrEnum):
    """How far a landing is."""

    CHECKING = "checking"
    """The tasks are put together and the checks run; nothing has moved."""
    MERGING = "merging"
    """The base branch moves."""
    LANDED = "landed"
    NOT_LANDED = "not_landed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLanding:
    """The last landing of a run. `outcome` None: it is under way."""

    base_branch: str
    old: CommitId
    new: CommitId
    tasks: tuple[LandingTask, ...]
    worktree: Worktree
    """The integration worktree."""
    began_at_s: float
    checks: tuple[CheckRun, ...] = ()
    """Every check that ran, also on the way to the task that a failure belongs to."""
    moving: bool = False
    """The base branch was about to move."""
    outcome: LandingOutcome | None = None
    ended_at_s: float | None = None
    reason: str = ""
    """Why it did not land."""
    paths: tuple[str, ...] = ()
    culprit: TaskRef | None = None
    worktree_removed: bool = False
    kept_because: str = ""
    """Why the integration worktree was kept; empty as long as that was not decided."""

    @property
    def stage(self) -> LandingStage:
        """How far it is."""
        if self.outcome is not None:
            return LandingStage(self.outcome.value)
        return LandingStage.MERGING if self.moving else LandingStage.CHECKING

    @property
    def receipts(self) -> tuple[CheckRun, ...]:
        """The checks that passed on exactly the commit that the base branch was to get."""
        return tuple(run for run in self.checks if run.commit == self.new and run.outcome is CheckOutcome.PASSED)

    @property
    def failed(self) -> tuple[CheckRun, ...]:
        """The runs of checks that were red, on whatever commit."""
        return tuple(run for run in self.checks if run.outcome in {CheckOutcome.FAILED, CheckOutcome.TIMED_OUT})

    @property
    def check(self) -> CheckRun | None:
        """The check that runs now."""
        return next((run for run in self.checks if run.outcome is None), None)
