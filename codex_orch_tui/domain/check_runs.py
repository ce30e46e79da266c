"""The runs of checks as their events tell them, of a task's checks and of a landing's alike."""

from collections.abc import Iterable

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome, CheckRun, StageRun
from codex_orch_tui.domain.replacing import replace

_CUT_OFF = "it was cut off"


def begun(event: ev.CheckStarted | ev.RunCheckStarted, began: CheckRun | None, at_s: float) -> CheckRun:
    """The run of a check that starts, or whose next stage does, at `at_s`, seconds since the epoch.

    Args:
        event: what has started.
        began: the run of this check that is under way.
        at_s: when.
    """
    if event.stage and began is not None and began.commit == event.commit:
        return replace(began, process=event.process, stages=(*began.stages, _stage(event, at_s)))
    return CheckRun(
        name=event.check,
        command=event.command,
        commit=event.commit,
        started_at_s=at_s,
        process=event.process,
        stages=(_stage(event, at_s),) if event.stage else (),
    )


def under_way(runs: Iterable[CheckRun], name: str) -> CheckRun | None:
    """The run of this check that has not ended."""
    return next((run for run in runs if run.name == name and run.outcome is None), None)


def ended(event: ev.CheckFinished | ev.RunCheckFinished, began: CheckRun | None, at_s: float) -> CheckRun:
    """The run after its end, or that of a stage; what was never begun starts and ends at `at_s`.

    Args:
        event: what has ended.
        began: the run of this check that is under way.
        at_s: when, in seconds since the epoch.
    """
    if event.stage:
        if began is None:
            began = CheckRun(name=event.check, command=event.command, commit=event.commit, started_at_s=at_s)
        return replace(began, process=None, stages=_with_stage_ended(began.stages, event, at_s))
    stages = began.stages if began is not None else ()
    return CheckRun(
        name=event.check,
        command=event.command,
        commit=event.commit,
        started_at_s=at_s if began is None else began.started_at_s,
        outcome=event.outcome,
        exit_code=event.exit_code,
        duration_ms=event.duration_ms,
        output_tail=event.output_tail or (stages[-1].output_tail if stages else ""),
        reason=event.reason,
        stages=stages,
    )


def _stage(event: ev.CheckStarted | ev.RunCheckStarted, at_s: float) -> StageRun:
    return StageRun(name=event.stage, command=event.stage_command, started_at_s=at_s)


def _with_stage_ended(
    stages: tuple[StageRun, ...], event: ev.CheckFinished | ev.RunCheckFinished, at_s: float
) -> tuple[StageRun, ...]:
    has_begun = bool(stages) and stages[-1].name == event.stage and stages[-1].outcome is None
    stage = StageRun(
        name=event.stage,
        command=event.stage_command,
        started_at_s=stages[-1].started_at_s if has_begun else at_s,
        outcome=event.outcome,
        exit_code=event.exit_code,
        duration_ms=event.duration_ms,
        output_tail=event.output_tail,
        reason=event.reason,
    )
    return (*(stages[:-1] if has_begun else stages), stage)


def cut_off(runs: tuple[CheckRun, ...]) -> tuple[CheckRun, ...]:
    """The runs when their work was cut off: one that was under way says nothing."""
    return tuple(
        run
        if run.outcome is not None
        else replace(
            run,
            process=None,
            outcome=CheckOutcome.NOT_RUN,
            reason=_CUT_OFF,
            stages=tuple(_stage_cut_off(stage) for stage in run.stages),
        )
        for run in runs
    )


def _stage_cut_off(stage: StageRun) -> StageRun:
    return stage if stage.outcome is not None else replace(stage, outcome=CheckOutcome.NOT_RUN, reason=_CUT_OFF)
