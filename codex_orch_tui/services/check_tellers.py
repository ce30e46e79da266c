"""What happens to checks, as events: of a task's checks, and of those of a run that is to land."""

from collections.abc import Callable
from functools import partial

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome, CheckProcess
from codex_orch_tui.domain.ids import CommitId, RunId, TaskRef
from codex_orch_tui.domain.pipeline import Step
from codex_orch_tui.services.check_result import Check, StageResult
from codex_orch_tui.services.hub import Hub


class EventTeller:
    """Tells the hub of checks on a commit.

    Args:
        hub: is told.
        commit: what the checks look at.
        started: makes the event of a start, of whosever checks these are.
        ended: makes the event of an end.
    """

    def __init__(
        self, hub: Hub, commit: CommitId | None, *, started: Callable[..., ev.Event], ended: Callable[..., ev.Event]
    ) -> None:
        self._hub = hub
        self._commit = commit
        self._started = started
        self._ended = ended

    def started(self, check: Check, step: Step | None, process: CheckProcess) -> None:
        """See `CheckTeller`."""
        self._hub.apply(self._started(**self._about(check, step), process=process))

    def ended(self, check: Check, step: Step | None, result: StageResult) -> None:
        """See `CheckTeller`."""
        self._hub.apply(
            self._ended(
                **self._about(check, step),
                outcome=result.outcome,
                exit_code=result.exit_code,
                duration_ms=result.duration_ms,
                output_tail=_tail(check, step, result),
                reason=result.reason,
                trace=result.trace,
            )
        )

    def _about(self, check: Check, step: Step | None) -> dict[str, object]:
        return {
            "check": check.name,
            "command": check.command,
            "commit": self._commit,
            "stage": "" if step is None else step.path,
            "stage_command": "" if step is None else step.line,
        }


def task_teller(hub: Hub, ref: TaskRef, commit: CommitId | None) -> EventTeller:
    """Tells of the checks of a task."""
    return EventTeller(hub, commit, started=partial(ev.CheckStarted, ref=ref), ended=partial(ev.CheckFinished, ref=ref))


def run_teller(hub: Hub, run: RunId, commit: CommitId) -> EventTeller:
    """Tells of the checks of a run that is to land."""
    return EventTeller(
        hub, commit, started=partial(ev.RunCheckStarted, run=run), ended=partial(ev.RunCheckFinished, run=run)
    )


def _tail(check: Check, step: Step | None, result: StageResult) -> str:
    """Of a check that passed nothing is kept; of a pipeline its stages have it."""
    is_told = result.outcome is CheckOutcome.PASSED or (step is None and bool(check.steps))
    return "" if is_told else result.output_tail
