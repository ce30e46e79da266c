"""What happens to checks, as events: of a task's checks, and of those of a run that is to land."""

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome, CheckProcess
from codex_orch_tui.domain.ids import CommitId, RunId, TaskRef
from codex_orch_tui.domain.pipeline import Step
from codex_orch_tui.services.check_result import Check, StageResult
from codex_orch_tui.services.hub import Hub


class TaskTeller:
    """Tells of the checks of a task on a commit."""

    def __init__(self, hub: Hub, ref: TaskRef, commit: CommitId | None) -> None:
        self._hub = hub
        self._ref = ref
        self._commit = commit

    def started(self, check: Check, step: Step | None, process: CheckProcess) -> None:
        """See `CheckTeller`."""
        self._hub.apply(
            ev.CheckStarted(
                ref=self._ref,
                check=check.name,
                command=check.command,
                commit=self._commit,
                process=process,
                stage=_path(step),
                stage_command=_line(step),
            )
        )

    def ended(self, check: Check, step: Step | None, result: StageResult) -> None:
        """See `CheckTeller`."""
        self._hub.apply(
            ev.CheckFinished(
                ref=self._ref,
                check=check.name,
                command=check.command,
                commit=self._commit,
                outcome=result.outcome,
                exit_code=result.exit_code,
                duration_ms=result.duration_ms,
                output_tail=_tail(check, step, result),
                reason=result.reason,
                trace=result.trace,
                stage=_path(step),
                stage_command=_line(step),
            )
        )


class RunTeller:
    """Tells of the checks of a run on a commit."""

    def __init__(self, hub: Hub, run: RunId, commit: CommitId) -> None:
        self._hub = hub
        self._run = run
        self._commit = commit

    def started(self, check: Check, step: Step | None, process: CheckProcess) -> None:
        """See `CheckTeller`."""
        self._hub.apply(
            ev.RunCheckStarted(
                run=self._run,
                check=check.name,
                command=check.command,
                commit=self._commit,
                process=process,
                stage=_path(step),
                stage_command=_line(step),
            )
        )

    def ended(self, check: Check, step: Step | None, result: StageResult) -> None:
        """See `CheckTeller`."""
        self._hub.apply(
            ev.RunCheckFinished(
                run=self._run,
                check=check.name,
                command=check.command,
                commit=self._commit,
                outcome=result.outcome,
                exit_code=result.exit_code,
                duration_ms=result.duration_ms,
                output_tail=_tail(check, step, result),
                reason=result.reason,
                trace=result.trace,
                stage=_path(step),
                stage_command=_line(step),
            )
        )


def _path(step: Step | None) -> str:
    return "" if step is None else step.path


def _line(step: Step | None) -> str:
    return "" if step is None else step.line


def _tail(check: Check, step: Step | None, result: StageResult) -> str:
    """Of a check that passed nothing is kept; of a pipeline its stages have it."""
    is_told = result.outcome is CheckOutcome.PASSED or (step is None and bool(check.steps))
    return "" if is_told else result.output_tail
