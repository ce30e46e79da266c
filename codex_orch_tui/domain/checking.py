"""What checks make of a task: pure replacements for the reducer, and what their outcomes mean together."""

from typing import assert_never

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome, CheckRun
from codex_orch_tui.domain.check_runs import begun, cut_off, ended, under_way
from codex_orch_tui.domain.guardrail import Guarded
from codex_orch_tui.domain.item import FaultKind, TurnStatus
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.task import Task, TaskState

_LINES_IN_LOG = 20
_BEFORE_CHECKS = frozenset({TaskState.STARTING, TaskState.RUNNING})
_BEFORE_RETRY = frozenset({TaskState.CHECKING})


def with_check_event(task: Task, event: ev.CheckEvent, at_s: float) -> Task:
    """The task after something happened to its checks."""
    match event:
        case ev.CheckStarted():
            run = begun(event, under_way(task.checks, event.check), at_s)
            return _in_state(_with_run(task, run), _BEFORE_CHECKS, TaskState.CHECKING, at_s)
        case ev.CheckFinished():
            return _with_run(task, ended(event, under_way(task.checks, event.check), at_s))
        case ev.ChecksReturned():
            task = replace(task, check_retries=event.retry)
            return _in_state(task, _BEFORE_RETRY, TaskState.STARTING, at_s)
        case ev.GuardrailsEvaluated():
            guarded = Guarded(base=event.base, commit=event.commit, results=event.results, at_s=at_s)
            return replace(task, guarded=guarded)
        case _:
            assert_never(event)


def with_checks_cut_off(task: Task) -> Task:
    """The task when its work was cut off: a check that was running says nothing."""
    if all(run.outcome is not None for run in task.checks):
        return task
    return replace(task, checks=cut_off(task.checks))


def check_note(event: ev.CheckEvent) -> tuple[LogKind, str] | None:
    """The log line of an event."""
    match event:
        case ev.CheckFinished():
            kind = LogKind.NOTE if event.outcome is CheckOutcome.PASSED else LogKind.ERROR
            if event.outcome is CheckOutcome.SKIPPED:
                kind = LogKind.WARNING
            what = told(event.check, event.command)
            if event.stage:
                what = f"{event.check}, stage {told(event.stage, event.stage_command)}"
            head = f"check {what} · {_ended(event)}"
            parts = (head, event.trace, _last_lines(event.output_tail))
            return kind, "\n".join(part for part in parts if part)
        case ev.ChecksReturned(checks=checks, retry=retry, of=of):
            number = "1 check" if len(checks) == 1 else f"{len(checks)} checks"
            return LogKind.NOTE, f"{number} failed and goes back to the worker, retry {retry} of {of}"
        case ev.CheckStarted():
            return None
        case ev.GuardrailsEvaluated():
            return _guardrail_note(event)
        case _:
            assert_never(event)


def _guardrail_note(event: ev.GuardrailsEvaluated) -> tuple[LogKind, str] | None:
    """Only what does not hold is worth a line."""
    broken = [result for result in event.results if not result.holds]
    if not broken:
        return None
    lines = []
    for result in broken:
        means = "nothing is merged" if result.stops else "a warning"
        paths = f": {', '.join(result.paths)}" if result.paths else ""
        lines.append(f"guardrail {result.name} ({result.condition}) · {result.detail}{paths} · {means}")
    return LogKind.WARNING, "\n".join(lines)


def told(name: str, command: str) -> str:
    """A check, for the person: its command, with the name that the settings give it."""
    return command if name == command else f"{name}: {command}"


def has_passed_checks(task: Task) -> bool:
    """Every check of the task passed on exactly the commit that its branch stands on."""
    passed = {run.name for run in task.checks if run.outcome is CheckOutcome.PASSED and run.commit == task.tip}
    return passed.issuperset(task.spec.checks)


def missing_passes(task: Task) -> tuple[str, ...]:
    """Each check that has not passed on exactly the commit that the branch stands on, and why not, in a few words."""
    last = {run.name: run for run in task.checks}
    gaps = ((name, _gap(last.get(name), task)) for name in dict.fromkeys(task.spec.checks))
    return tuple(f"{name} {gap}" for name, gap in gaps if gap)


def can_check_again(task: Task) -> bool:
    """It is done, and its branch stands on a commit that its checks have not passed on."""
    return task.state is TaskState.DONE and not has_passed_checks(task)


def awaits_only_checks(task: Task) -> bool:
    """The task stopped with its turn completed: its checks failed, could not be run, or were cut off."""
    if task.fault is not None and task.fault.kind is FaultKind.CHECK_FAILED:
        return True
    turn = task.turn
    if task.state is not TaskState.INTERRUPTED or turn is None or turn.status is not TurnStatus.COMPLETED:
        return False
    # A check begins when all that the turn wanted is settled, whatever the branch stands on by now.
    had_begun = turn.ended_at_s is not None and any(run.started_at_s >= turn.ended_at_s for run in task.checks)
    return had_begun and not task.unsent and not has_passed_checks(task)


def _gap(run: CheckRun | None, task: Task) -> str:
    """Why a check is no receipt for the commit that the branch stands on; empty when it is one."""
    if run is None:
        return "has not run"
    if run.commit != task.tip:
        return f"ran on {(run.commit or 'another commit')[:7]} and not on {(task.tip or 'what is there')[:7]}"
    match run.outcome:
        case None:
            return "runs"
        case CheckOutcome.PASSED:
            return ""
        case CheckOutcome.FAILED:
            return "failed" if run.exit_code is None else f"failed with exit code {run.exit_code}"
        case CheckOutcome.TIMED_OUT:
            return "reached its time limit"
        case CheckOutcome.NOT_RUN:
            return f"was not run: {run.reason}"
        case CheckOutcome.SKIPPED:
            return "was skipped: that was a dry run"
        case _:
            assert_never(run.outcome)


def _with_run(task: Task, run: CheckRun) -> Task:
    """One run for each check: what an earlier commit passed or failed is in the journal."""
    for index, known in enumerate(task.checks):
        if known.name == run.name:
            return replace(task, checks=(*task.checks[:index], run, *task.checks[index + 1 :]))
    return replace(task, checks=(*task.checks, run))


def _in_state(task: Task, before: frozenset[TaskState], state: TaskState, at_s: float) -> Task:
    """Checks move a task along its way; one that was stopped meanwhile stays where it is."""
    return replace(task, state=state, since_s=at_s) if task.state in before else task


def _last_lines(text: str) -> str:
    """What the log view shows of an output; the task's files and its event have more."""
    lines = text.split("\n")
    above = len(lines) - _LINES_IN_LOG
    return "\n".join((f"… {above} lines above", *lines[above:])) if above > 0 else text


def _ended(event: ev.CheckFinished) -> str:
    took = "" if event.duration_ms is None else f" · {event.duration_ms / 1000:.1f}s"
    match event.outcome:
        case CheckOutcome.PASSED | CheckOutcome.FAILED:
            code = "no exit code" if event.exit_code is None else f"exit {event.exit_code}"
            return f"{code}{took}"
        case CheckOutcome.TIMED_OUT:
            return f"time limit reached{took}"
        case CheckOutcome.NOT_RUN:
            return f"not run: {event.reason}"
        case CheckOutcome.SKIPPED:
            return "skipped: this is a dry run"
        case _:
            assert_never(event.outcome)
