"""What the steps of a landing make of its run: pure replacements for the reducer."""

from typing import assert_never

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check_runs import begun, cut_off, ended, under_way
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
        return replace(run, landing=landing, earlier_landings=run.landed)
    if run.landing is None:
        return run
    return replace(run, landing=_stepped(run.landing, event, at_s))


def _stepped(landing: RunLanding, event: ev.RunLandingEvent, at_s: float) -> RunLanding:
    match event:
        case ev.RunCheckStarted():
            known = under_way(landing.checks, event.check) if event.stage else None
            before = tuple(run for run in landing.checks if run is not known)
            return replace(landing, checks=(*cut_off(before), begun(event, known, at_s)))
        case ev.RunCheckFinished():
            began = under_way(landing.checks, event.check)
            others = (run for run in landing.checks if run is not began)
            return replace(landing, checks=(*others, ended(event, began, at_s)))
        case ev.RunMergeStarted():
            return replace(landing, moving=True)
        case ev.RunLanded():
            return replace(landing, moving=False, outcome=LandingOutcome.LANDED, ended_at_s=at_s)
        case ev.RunNotLanded():
            return replace(
                landing,
                checks=cut_off(landing.checks),
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
