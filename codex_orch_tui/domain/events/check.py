"""The checks of a task's work."""

from codex_orch_tui.domain.check import CheckOutcome, CheckProcess
from codex_orch_tui.domain.events.task_event import TaskEvent
from codex_orch_tui.domain.guardrail import GuardrailResult
from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStarted(TaskEvent):
    """A check runs in the task's worktree, which holds exactly `commit`."""

    check: str
    command: str
    commit: CommitId | None
    process: CheckProcess
    stage: str = ""
    """The stage of it that runs, when the check is a pipeline; `command` is all of it, `stage_command` this stage."""
    stage_command: str = ""


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
    stage: str = ""
    """The stage that ended, when the check is a pipeline; its own end comes after that of its last stage."""
    stage_command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksReturned(TaskEvent):
    """Checks failed and go back to the worker as its next turn: the `retry`-th of at most `of`."""

    checks: tuple[str, ...]
    retry: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailsEvaluated(TaskEvent):
    """The guardrails were looked at in exactly what is between `base` and `commit`."""

    base: CommitId
    commit: CommitId
    results: tuple[GuardrailResult, ...]


CheckEvent = CheckStarted | CheckFinished | ChecksReturned | GuardrailsEvaluated
