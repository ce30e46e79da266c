"""The checks of a task's work."""

from dataclasses import dataclass

from codex_orch_tui.domain.check import CheckOutcome, CheckProcess
from codex_orch_tui.domain.events.task_event import TaskEvent
from codex_orch_tui.domain.ids import CommitId


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStarted(TaskEvent):
    """A check runs in the task's worktree, which holds exactly `commit`."""

    check: str
    command: str
    commit: CommitId | None
    process: CheckProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinished(TaskEvent):
    """A check ended, or was not begun; see `check.CheckRun` for the fields.

    With the switch `trace` on, `trace` tells how it was run.
    """

    check: str
    command: str
    commit: CommitId | None
    outcome: CheckOutcome
    exit_code: int | None = None
    duration_ms: int | None = None
    output_tail: str = ""
    reason: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksReturned(TaskEvent):
    """Checks failed and go back to the worker as its next turn: the `retry`-th of at most `of`."""

    checks: tuple[str, ...]
    retry: int
    of: int


CheckEvent = CheckStarted | CheckFinished | ChecksReturned
