"""What is told of pipelines: lines for people, and JSON documents (schema 1) for programs."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from codex_orch_tui.domain.check import CheckOutcome, CheckProcess
from codex_orch_tui.domain.pipeline import Stage, Step
from codex_orch_tui.domain.terminal_text import clean_line, clean_text
from codex_orch_tui.services.check_result import Check, CheckResult, StageResult, how
from codex_orch_tui.services.pipeline_run import KnownPipeline, PipelinePlace

SCHEMA_VERSION = 1
_TAIL_LINES = 20


def list_lines(known: Sequence[KnownPipeline]) -> Iterator[str]:
    """Each pipeline with its stages."""
    if not known:
        yield "there are no pipelines: the settings name them under pipelines → codex-orch-tui config default"
    for one in known:
        yield clean_line(f"{one.name}   {'yours' if one.is_own else 'the repository’s'}")
        width = max(len(stage.name) for stage in one.stages)
        yield from (clean_line(f"  {stage.name:{width}}  {_stage_text(stage)}") for stage in one.stages)
        if one.why_not:
            yield clean_line(f"  ! {one.why_not}")


def _stage_text(stage: Stage) -> str:
    what = stage.line or f"→ {stage.pipeline}"
    limit = f"   at most {stage.time_limit_s:g} s" if stage.time_limit_s is not None else ""
    return f"{what}{limit}"


def list_document(known: Sequence[KnownPipeline]) -> dict[str, Any]:
    """The same as plain values; of variables only the names."""
    return {
        "schema_version": SCHEMA_VERSION,
        "pipelines": [
            {
                "name": one.name,
                "whose": "person" if one.is_own else "repository",
                "counts": not one.why_not,
                "why_not": one.why_not or None,
                "stages": [
                    {
                        "name": stage.name,
                        "command": clean_line(stage.line) if stage.line else None,
                        "pipeline": stage.pipeline or None,
                        "time_limit_s": stage.time_limit_s,
                        "sets": [name for name, _ in stage.values],
                        "passes": list(stage.passed),
                    }
                    for stage in one.stages
                ],
            }
            for one in known
        ],
    }


class EndLines:
    """Tells each stage when it ends; see `CheckTeller`.

    Args:
        show: takes each line.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self.ended_stages: list[tuple[Step, StageResult]] = []

    def started(self, check: Check, step: Step | None, process: CheckProcess) -> None:
        """See `CheckTeller`."""

    def ended(self, check: Check, step: Step | None, result: StageResult) -> None:  # noqa: ARG002 - the protocol's own
        """See `CheckTeller`."""
        if step is None:
            return
        self.ended_stages.append((step, result))
        self._show(clean_line(f"  {_SIGNS[result.outcome]} {step.path}: {step.line} · {_ended(result)}"))
        if result.trace:
            self._show(clean_line(f"    {result.trace}"))

    def head(self, check: Check, at: PipelinePlace) -> str:
        """What is about to run, and where."""
        commit = f" at {at.commit[:9]}" if at.commit else ""
        return clean_line(f"pipeline {check.name}, {len(check.steps)} to run, in {at.worktree}{commit}")

    def last(self, result: CheckResult, log: Path) -> Iterator[str]:
        """How it ended; the end of the output of what was red."""
        left = len(result.check.steps) - len(self.ended_stages)
        if result.outcome is CheckOutcome.PASSED:
            yield f"green: {len(self.ended_stages)} of {len(self.ended_stages)} passed"
            return
        if result.outcome is CheckOutcome.SKIPPED:
            yield "nothing was run: this is a dry run"
            return
        tail = clean_text(result.output_tail).split("\n") if result.output_tail else []
        yield from (f"    {line}" for line in tail[-_TAIL_LINES:])
        place = result.step.path if result.step is not None else result.check.name
        rest = f"; {left} after it did not run" if left else ""
        yield clean_line(f"red at {place}{rest}; whole output: {log}")


_SIGNS = {
    CheckOutcome.PASSED: "✓",
    CheckOutcome.FAILED: "✗",
    CheckOutcome.TIMED_OUT: "✗",
    CheckOutcome.NOT_RUN: "!",
    CheckOutcome.SKIPPED: "-",
}


def _ended(result: StageResult) -> str:
    took = "" if result.duration_ms is None else f" ({result.duration_ms / 1000:.1f} s)"
    match result.outcome:
        case CheckOutcome.PASSED:
            return f"passed{took}"
        case CheckOutcome.NOT_RUN:
            return f"not run: {result.reason}"
        case CheckOutcome.SKIPPED:
            return "skipped: this is a dry run"
        case _:
            return f"{how(result)}{took}"


def run_document(
    result: CheckResult, stages: Sequence[tuple[Step, StageResult]], at: PipelinePlace, log: Path
) -> dict[str, Any]:
    """How a pipeline ended, as plain values. Stages that were not reached are listed too."""
    missing = result.check.steps[len(stages) :]
    return {
        "schema_version": SCHEMA_VERSION,
        "pipeline": result.check.name,
        "outcome": result.outcome.value,
        "stage": None if result.step is None or result.outcome is CheckOutcome.PASSED else result.step.path,
        "exit_code": result.exit_code,
        "duration_ms": result.duration_ms,
        "worktree": clean_line(str(at.worktree)),
        "commit": at.commit,
        "task": None if at.task is None else str(at.task),
        "log": clean_line(str(log)),
        "stages": [
            *(_stage_document(step, ended) for step, ended in stages),
            *(_stage_document(step, None) for step in missing),
        ],
    }


def _stage_document(step: Step, ended: StageResult | None) -> dict[str, Any]:
    return {
        "name": step.path,
        "command": clean_line(step.line),
        "outcome": "not_reached" if ended is None else ended.outcome.value,
        "exit_code": None if ended is None else ended.exit_code,
        "duration_ms": None if ended is None else ended.duration_ms,
        "output_tail": clean_text(ended.output_tail) if ended is not None and ended.output_tail else None,
        "reason": ended.reason if ended is not None and ended.reason else None,
    }
