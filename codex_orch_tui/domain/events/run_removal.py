"""What is taken away of a run that is over; the journal keeps what it did."""

from codex_orch_tui.domain.ids import CommitId, RunId
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLeftoverRemoved:
    """An integration worktree of an earlier landing is gone, with its branch; `backup_ref` names its commit."""

    run: RunId
    path: str
    branch: str
    backup_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBackupRemoved:
    """The backup of a landing that failed is gone; the base branch holds the same changes. It was at `commit`."""

    run: RunId
    backup_ref: str
    commit: CommitId


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRemovalStarted:
    """Intent: the run's folder is about to be removed. Nothing is written into it any more."""

    run: RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRemoved:
    """The run's folder is gone: its reports, the raw logs and the copy of its part of the journal."""

    run: RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNotRemoved:
    """The run's folder could not be removed, or not all of it."""

    run: RunId
    reason: str


RunRemovalEvent = RunLeftoverRemoved | RunBackupRemoved | RunRemovalStarted | RunRemoved | RunNotRemoved
