"""The runs of checks as their events tell them, of a task's checks and of a landing's alike."""

from collections.abc import Iterable

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome, CheckRun
from codex_orch_tui.domain.replacing import replace


def begun(event: ev.CheckStarted | ev.RunCheckStarted, at_s: float) -> CheckRun:
    """The run of a check that starts at `at_s`, seconds since the epoch."""
    return CheckRun(
        name=event.check,
        command=event.command,
        commit=event.commit,
        started_at_s=at_s,
        process=event.process,
    )


def under_way(runs: Iterable[CheckRun], name: str) -> CheckRun | None:
    """The run of this check that has not ended."""
    return next((run for run in runs if run.name == name and run.outcome is None), None)


def ended(event: ev.CheckFinished | ev.RunCheckFinished, began: CheckRun | None, at_s: float) -> CheckRun:
    """The run after its end; one that was never begun starts and ends at `at_s`, seconds since the epoch."""
    return CheckRun(
        name=event.check,
        command=event.command,
        commit=event.commit,
        started_at_s=at_s if began is None else began.started_at_s,
        outcome=event.outcome,
        exit_code=event.exit_code,
        duration_ms=event.duration_ms,
        output_tail=event.output_tail,
        reason=event.reason,
    )


def cut_off(runs: tuple[CheckRun, ...]) -> tuple[CheckRun, ...]:
    """The runs when their work was cut off: one that was under way says nothing."""
    return tuple(
        run
        if run.outcome is not None
        else replace(run, process=None, outcome=CheckOutcome.NOT_RUN, reason="it was cut off")
        for run in runs
    )
