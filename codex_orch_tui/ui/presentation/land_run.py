"""The question whether a run shall land: what in which order, what stays out, which checks run; or why it cannot."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from codex_orch_tui.domain.check import CheckOutcome, CheckRun
from codex_orch_tui.domain.checking import told
from codex_orch_tui.domain.guardrail import GuardrailResult
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.merge import RefusalReason
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.run_landing import (
    LandingOutcome,
    LandingTask,
    LeftOut,
    RunLanding,
    RunLandingPreview,
    StaysOut,
)
from codex_orch_tui.domain.state import State
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.merge import commits_text, files_text, short
from codex_orch_tui.ui.presentation.paragraphs import BLANK, Paragraph, aligned, labelled

_LISTED = 200
_OUTCOME_WORDS = {
    CheckOutcome.PASSED: "passed",
    CheckOutcome.FAILED: "failed",
    CheckOutcome.TIMED_OUT: "reached its time limit",
    CheckOutcome.NOT_RUN: "not run",
    CheckOutcome.SKIPPED: "skipped",
}


class LandAnswer(StrEnum):
    """What a person does next about a landing."""

    LAND = "land"
    REVIEW = "review"
    WITHOUT = "without"
    TELL = "tell"
    STOP = "stop"


def to_review(preview: RunLandingPreview) -> TaskRef | None:
    """The first task that stays out only because nobody looked at it."""
    return next((one.ref for one in preview.left if one.why is StaysOut.NOT_REVIEWED), None)


def troublemaker(state: State, preview: RunLandingPreview) -> TaskRef | None:
    """The task that stands in the way, now or in the last landing; without it the others can land."""
    run = state.runs[preview.run]
    if run.shares_worktree:
        return None
    if preview.culprit is not None:
        return preview.culprit
    last = run.landing
    if last is None or last.outcome is not LandingOutcome.NOT_LANDED:
        return None
    return last.culprit if any(task.ref == last.culprit for task in preview.tasks) else None


def unheld(preview: RunLandingPreview) -> Mapping[TaskRef, Sequence[GuardrailResult]]:
    """The guardrails of each task of which one does not hold."""
    return {one.ref: one.results for one in preview.guarded if not all(result.holds for result in one.results)}


def answers(state: State, preview: RunLandingPreview) -> tuple[LandAnswer, ...]:
    """What can be done now."""
    possible = {
        LandAnswer.LAND: preview.refusal is None,
        LandAnswer.REVIEW: to_review(preview) is not None,
        LandAnswer.WITHOUT: troublemaker(state, preview) is not None,
        LandAnswer.TELL: bool(unheld(preview)),
    }
    return tuple(answer for answer, is_possible in possible.items() if is_possible)


def land_title(run: Run, preview: RunLandingPreview) -> str:
    """The question, or what cannot be."""
    if preview.refusal is None:
        return f"Land {run.title} on {preview.base_branch}?"
    if preview.refusal.reason is RefusalReason.NOT_REVIEWED:
        return f"{run.title} is not reviewed yet"
    return f"{run.title} cannot land on {preview.base_branch} now"


def land_lines(state: State, preview: RunLandingPreview) -> tuple[Paragraph, ...]:
    """What the person should know before they answer."""
    lines: list[Paragraph] = []
    if preview.refusal is not None:
        lines += _refusal_lines(state, preview)
    else:
        count = sum(task.commits for task in preview.tasks)
        move = f"{short(preview.old)} → {short(preview.new)}   fast-forward, {commits_text(count)}"
        lines.append(labelled(preview.base_branch, move, is_strong=True))
    lines += _task_lines(state, preview.tasks)
    lines += _left_lines(state, preview.left)
    lines += _check_lines(preview)
    lines += _guardrail_lines(state, preview)
    if last := _last_time(state, preview):
        lines.append(labelled("last time", last, tone=Tone.BAD))
    if preview.refusal is None:
        if preview.checkout:
            lines.append(labelled("files", f"{files_text(preview.files)} change in {preview.checkout}"))
        after = "worktrees are removed when they are clean · branches are kept · nothing is pushed"
        lines.append(labelled("after", after))
    return aligned(lines)


def progress_title(run: Run) -> str:
    """A landing that is under way."""
    return f"{run.title} is landing"


def progress_lines(landing: RunLanding) -> tuple[Paragraph, ...]:
    """How far a landing is."""
    move = f"{short(landing.old)} → {short(landing.new)}   {_tasks_text(len(landing.tasks))}"
    lines = [labelled(landing.base_branch, move, is_strong=True)]
    lines += [
        labelled("" if number else "checks", f"{told(run.name, run.command)} · {_run_words(run)}")
        for number, run in enumerate(landing.checks)
    ]
    if not landing.checks:
        lines.append(labelled("now", "the integration worktree is being made"))
    lines.append(labelled("so far", "the branch moves now" if landing.moving else "nothing was moved"))
    return aligned(lines)


def _run_words(run: CheckRun) -> str:
    at = f"on {short(run.commit)}"
    if run.outcome is None:
        stage = f", stage {run.stages[-1].name}," if run.stages else ""
        return f"runs{stage} {at}"
    return f"{_OUTCOME_WORDS[run.outcome]} {at}"


def _refusal_lines(state: State, preview: RunLandingPreview) -> list[Paragraph]:
    refusal = preview.refusal
    assert refusal is not None, "only a refusal is told"
    culprit = state.tasks[preview.culprit].spec.title if preview.culprit is not None else ""
    lines = [Paragraph(text=f"{culprit}: {refusal.message}" if culprit else refusal.message, indent=3)]
    paths = refusal.paths[:_LISTED]
    lines += [BLANK] if paths else []
    lines += [Paragraph(text=path, indent=5, is_verbatim=True) for path in paths]
    if len(refusal.paths) > len(paths):
        lines.append(Paragraph(text=f"and {len(refusal.paths) - len(paths):,} more", indent=5, tone=Tone.QUIET))
    lines.append(BLANK)
    if refusal.next_step:
        lines.append(labelled("next", refusal.next_step, is_strong=True))
    lines.append(labelled("so far", "nothing was moved"))
    return lines


def _task_lines(state: State, tasks: Sequence[LandingTask]) -> list[Paragraph]:
    lines = []
    for number, task in enumerate(tasks[:_LISTED]):
        title = state.tasks[task.ref].spec.title
        lines.append(labelled("" if number else "lands", f"{number + 1}  {title} · {_brings(tasks, number)}"))
    if len(tasks) > _LISTED:
        lines.append(labelled("", f"and {len(tasks) - _LISTED:,} more after them"))
    return lines


def _brings(tasks: Sequence[LandingTask], number: int) -> str:
    task = tasks[number]
    if task.commits:
        return commits_text(task.commits)
    # One that lands in the same commit as a later one stands right before it.
    shares = any(other.commit == task.commit and other.commits for other in tasks[number + 1 :])
    return "in one commit with what resolved its clash" if shares else "changed nothing"


def _left_lines(state: State, left: Sequence[LeftOut]) -> list[Paragraph]:
    lines = [
        labelled("" if number else "stays out", f"{state.tasks[one.ref].spec.title} · {one.text}", tone=Tone.QUIET)
        for number, one in enumerate(left[:_LISTED])
    ]
    if len(left) > _LISTED:
        lines.append(labelled("", f"and {len(left) - _LISTED:,} more", tone=Tone.QUIET))
    return lines


def _check_lines(preview: RunLandingPreview) -> list[Paragraph]:
    if not preview.checks:
        return [labelled("checks", "none is named by these tasks", tone=Tone.QUIET)] if preview.tasks else []
    return [
        labelled("" if number else "checks", told(check.name, check.command))
        for number, check in enumerate(preview.checks[:_LISTED])
    ]


def _guardrail_lines(state: State, preview: RunLandingPreview) -> list[Paragraph]:
    """Of a run only what does not hold; that the others do is told in one line."""
    broken = [(one, result) for one in preview.guarded for result in one.results if not result.holds]
    if not broken:
        number = len({result.name for one in preview.guarded for result in one.results})
        return [labelled("guardrails", "1 holds" if number == 1 else f"all {number} hold")] if number else []
    return [
        labelled(
            "" if number else "guardrails",
            f"{state.tasks[one.ref].spec.title} · {result.name} · {result.condition}: {result.detail}",
            tone=Tone.BAD if result.stops else Tone.ASKS,
        )
        for number, (one, result) in enumerate(broken[:_LISTED])
    ]


def _last_time(state: State, preview: RunLandingPreview) -> str:
    last = state.runs[preview.run].landing
    if last is None or last.outcome is not LandingOutcome.NOT_LANDED:
        return ""
    return last.reason if troublemaker(state, preview) == last.culprit or last.culprit is None else ""


def _tasks_text(count: int) -> str:
    return "1 task" if count == 1 else f"{count:,} tasks"
