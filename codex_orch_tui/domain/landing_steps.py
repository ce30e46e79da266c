"""What the steps of a landing make of its run: pure replacements for the reducer."""

from typing import assert_never

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome, CheckRun
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.run_landing import LandingOutcome, RunLanding


def with_landing_event(run: Run, event: ev.RunLandingEvent, at_s: float) -> Run:
    """The run after a step of its landing; steps of a landing that was never begun change nothing."""
    if isinstance(event, ev.RunLandingStarted):
        landing = RunLanding(
            base_branch=event.base_branch,
            old=event.old,
            new=event.new,
            tasks=event.tasks,
            worktree=event.worktree,
            began_at_s=at_s,
        )
        return replace(run, landing=landing)
    if run.landing is None:
        return run
    return replace(run, landing=_stepped(run.landing, event, at_s))


def _stepped(landing: RunLanding, event: ev.RunLandingEvent, at_s: float) -> RunLanding:
    match event:
        case ev.RunCheckStarted():
            began = CheckRun(
                name=event.check,
                command=event.command,
                commit=event.commit,
                started_at_s=at_s,
                process=event.process,
            )
            return replace(landing, checks=(*_ended(landing.checks), began))
        case ev.RunCheckFinished():
            return replace(landing, checks=_with_end(landing.checks, event, at_s))
        case ev.RunMergeStarted():
            return replace(landing, moving=True)
        case ev.RunLanded():
            return replace(landing, moving=False, outcome=LandingOutcome.LANDED, ended_at_s=at_s)
        case ev.RunNotLanded():
            return replace(
                landing,
                checks=_ended(landing.checks),
                moving=False,
                outcome=LandingOutcome.NOT_LANDED,
                ended_at_s=at_s,
                reason=event.reason,
                culprit=event.culprit,
                paths=event.paths,
            )
        case ev.RunWorktreeRemoved():
            return replace(landing, worktree_removed=True)
        case ev.RunWorktreeKept():
            return replace(landing, kept_because=event.reason)
        case ev.RunLandingStarted():
            return landing
        case _:
            assert_never(event)


def _with_end(checks: tuple[CheckRun, ...], event: ev.RunCheckFinished, at_s: float) -> tuple[CheckRun, ...]:
    began = next((run for run in checks if run.name == event.check and run.outcome is None), None)
    ended = CheckRun(
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
    return (*(run for run in checks if run is not began), ended)


def _ended(checks: tuple[CheckRun, ...]) -> tuple[CheckRun, ...]:
    """A check that was cut off says nothing."""
    return tuple(
        run
        if run.outcome is not None
        else replace(run, process=None, outcome=CheckOutcome.NOT_RUN, reason="it was cut off")
        for run in checks
    )
