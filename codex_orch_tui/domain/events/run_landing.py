"""What becomes of a run's tasks together: tried in an integration worktree, checked, landed or not."""

from codex_orch_tui.domain.check import CheckOutcome, CheckProcess
from codex_orch_tui.domain.ids import CommitId, RunId, TaskRef
from codex_orch_tui.domain.run_landing import LandingTask
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.domain.worktree import Worktree


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLandingStarted:
    """Intent: the integration worktree is about to be made, at `new`, which holds the tasks on `old`."""

    run: RunId
    base_branch: str
    old: CommitId
    new: CommitId
    tasks: tuple[LandingTask, ...]
    worktree: Worktree


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCheckStarted:
    """A check runs in the integration worktree, which holds exactly `commit`."""

    run: RunId
    check: str
    command: str
    commit: CommitId
    process: CheckProcess
    stage: str = ""
    """The stage of it that runs, when the check is a pipeline; `command` is all of it, `stage_command` this stage."""
    stage_command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCheckFinished:
    """A check ended, or was not begun; see `check.CheckRun` for the fields."""

    run: RunId
    check: str
    command: str
    commit: CommitId
    outcome: CheckOutcome
    exit_code: int | None = None
    duration_ms: int | None = None
    output_tail: str = ""
    reason: str = ""
    trace: str = ""
    stage: str = ""
    """The stage that ended, when the check is a pipeline; its own end comes after that of its last stage."""
    stage_command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMergeStarted:
    """Intent: every check passed, and the base branch is about to move."""

    run: RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLanded:
    """The base branch holds all tasks of the landing; `MergeFinished` told it of each."""

    run: RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNotLanded:
    """Nothing moved; `culprit` is the task that it stopped at."""

    run: RunId
    reason: str
    culprit: TaskRef | None = None
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWorktreeRemoved:
    """The integration worktree and its branch are gone; `backup_ref` names the commit when it did not land."""

    run: RunId
    backup_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWorktreeKept:
    """The integration worktree was left where it is, and why."""

    run: RunId
    reason: str


RunLandingEvent = (
    RunLandingStarted
    | RunCheckStarted
    | RunCheckFinished
    | RunMergeStarted
    | RunLanded
    | RunNotLanded
    | RunWorktreeRemoved
    | RunWorktreeKept
)
