"""Checks as they are found and as they end, and what a worker or the person is told of that."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from codex_orch_tui.domain.check import CheckOutcome, CheckProcess
from codex_orch_tui.domain.checking import told
from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.item import Fault, FaultKind
from codex_orch_tui.domain.pipeline import Step
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.guarded_command import CommandEnd, CommandResult

MAX_PROMPT_TAIL_CHARS = 6_000
"""Of each failed check's output in the worker's next prompt: the end, where test runners put what counts."""
_RETRY = (
    "Your work is committed, and then these checks failed in your worktree. Find the cause and mend it; do not weaken"
    " or remove a check or a test to make it pass, because the checks decide whether the work is accepted. If a check"
    " itself is wrong, say so and why."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check of a plan, found in the settings or read as a command. `why_not`: why it cannot be run.

    `steps`, when there are any: it is a pipeline, and these are its commands. `allowed` are the programs that the place
    where it stands allows beside the person's own settings.
    """

    name: str
    command: str
    words: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    allowed: tuple[str, ...] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPlace:
    """Where a check runs: a worktree that holds exactly `commit`, and the file that its output is added to.

    `tmpdir` exists, lies outside /tmp and is the check's alone.
    """

    ref: TaskRef
    worktree: Path
    commit: CommitId | None
    log: Path
    tmpdir: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """How a command of a check ended; the fields of `domain.check.CheckRun`."""

    outcome: CheckOutcome
    exit_code: int | None = None
    duration_ms: int | None = None
    output_tail: str = ""
    reason: str = ""
    trace: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult(StageResult):
    """How one run of a check ended. `step`: of a pipeline, the one that it ended at."""

    check: Check
    step: Step | None = None


class CheckTeller(Protocol):
    """Takes what happens to a check; `step` is the command of a pipeline that it is about."""

    def started(self, check: Check, step: Step | None, process: CheckProcess) -> None:
        """A command runs."""

    def ended(self, check: Check, step: Step | None, result: StageResult) -> None:
        """A command ended or was not begun; with a step None the check as a whole did."""


def result_of(got: CommandResult) -> StageResult:
    """What the end of a command means for a check."""
    outcome = {
        CommandEnd.ENDED: CheckOutcome.PASSED if got.exit_code == 0 else CheckOutcome.FAILED,
        CommandEnd.TIMED_OUT: CheckOutcome.TIMED_OUT,
        CommandEnd.REFUSED: CheckOutcome.NOT_RUN,
        CommandEnd.SKIPPED: CheckOutcome.SKIPPED,
    }[got.end]
    return StageResult(
        outcome=outcome,
        exit_code=got.exit_code,
        duration_ms=got.duration_ms,
        output_tail=got.output_tail,
        reason=got.reason,
        trace=got.trace,
    )


def retry_prompt(failed: Sequence[CheckResult]) -> str:
    """What the worker is told after checks failed: what ran, how it ended, and the end of what it said."""
    parts = [_RETRY]
    for result in failed:
        tail = result.output_tail[-MAX_PROMPT_TAIL_CHARS:]
        if len(tail) < len(result.output_tail):
            tail = "…" + tail.partition("\n")[2]
        what = f"Check `{told(result.check.name, result.check.command)}` {how(result)}."
        if result.step is not None:
            what = f"Check `{result.check.name}` {how(result)} (stage `{result.step.path}`: `{result.step.line}`)."
        parts.append(clean_line(what))
        # Indented, and not between fences: output may hold a fence of its own.
        parts.append("\n".join(f"    {line}" for line in (tail or "(it printed nothing)").split("\n")))
    return "\n\n".join(parts)


def how(result: StageResult) -> str:
    """How a red check ended, after its name."""
    if result.outcome is CheckOutcome.TIMED_OUT:
        return f"was still running after {(result.duration_ms or 0) / 1000:.0f} s and was ended"
    return "failed" if result.exit_code is None else f"failed with exit code {result.exit_code}"


def name_of(result: CheckResult) -> str:
    """The check, and the stage that it ended at."""
    return result.check.name if result.step is None else f"{result.check.name}, stage {result.step.path},"


def not_run(result: CheckResult) -> Fault:
    """What the person has to see to before the check can run."""
    message = clean_line(f"the check {name_of(result).rstrip(',')} was not run: {result.reason}")
    head, arrow, step = message.partition(" → ")
    return Fault(
        kind=FaultKind.CHECK_FAILED,
        message=head,
        next_step=f"{step}; then run the checks (c)"
        if arrow
        else "mend that in the plan or the settings, then run the checks (c)",
    )
