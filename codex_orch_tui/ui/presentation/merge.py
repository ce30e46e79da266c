"""The merge question: what would move, what was reviewed, what happens after; or why nothing can move."""

from collections.abc import Sequence
from enum import StrEnum

from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.checking import told
from codex_orch_tui.domain.guardrail import GuardrailOutcome, GuardrailResult
from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.merge import MergePreview, OverlapKind, Refusal, RefusalReason
from codex_orch_tui.domain.task import Task
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import BLANK, Paragraph

_LABEL_CELLS = 10
_LISTED_COMMITS = 6
_LISTED_PATHS = 200
_LISTED_GUARDED = 5
_GUARDRAIL_WORDS = {
    GuardrailOutcome.PASSED: "holds",
    GuardrailOutcome.FAILED: "does not hold",
    GuardrailOutcome.NOT_RUN: "not looked at",
    GuardrailOutcome.UNKNOWN: "cannot be told",
}
_OVERLAP_WORDS = {OverlapKind.EDITED: "edited by you", OverlapKind.UNTRACKED: "yours, not in git"}


_NOT_REVIEWED = "not_reviewed"
_UPDATE_STEP = "u updates the task from its base, then it is reviewed again"
_BEHIND = frozenset({RefusalReason.BASE_MOVED, RefusalReason.NOT_FAST_FORWARD})


class MergeAnswer(StrEnum):
    """What a person does next about a merge."""

    MERGE = "merge"
    REVIEW = "review"
    UPDATE = "update"
    TELL = "tell"


def can_merge(preview: MergePreview) -> bool:
    """Whether git would move the base branch."""
    return preview.refusal is None and preview.is_fast_forward and not preview.overlaps


def way_on(task: Task, preview: MergePreview) -> MergeAnswer | None:
    """The one thing that brings the merge on from here; None when the person has to do something else first."""
    refusal = preview.refusal or (None if can_merge(preview) else _own_refusal(preview))
    if refusal is not None and refusal.reason in _BEHIND:
        return MergeAnswer.UPDATE
    if refusal is not None and refusal.reason is RefusalReason.GUARDRAIL:
        return MergeAnswer.TELL
    if refusal is not None and refusal.reason != _NOT_REVIEWED:
        return None
    return MergeAnswer.MERGE if refusal is None and task.is_reviewed else MergeAnswer.REVIEW


def answers(task: Task, preview: MergePreview) -> tuple[MergeAnswer, ...]:
    """What can be done now: the way on, and of guardrails that do not hold the worker can always be told."""
    way = way_on(task, preview)
    tells = any(not result.holds for result in preview.guardrails) and way is not MergeAnswer.TELL
    return tuple(answer for answer in (way, MergeAnswer.TELL if tells else None) if answer is not None)


def merge_title(task: Task, preview: MergePreview) -> str:
    """The question, or what cannot be."""
    match way_on(task, preview):
        case MergeAnswer.MERGE:
            return f"Merge {task.ref.task} into {preview.base_branch}?"
        case MergeAnswer.REVIEW:
            return f"{task.ref.task} is not reviewed yet"
        case _:
            return f"{task.ref.task} cannot be merged into {preview.base_branch} now"


def merge_lines(task: Task, preview: MergePreview) -> tuple[Paragraph, ...]:
    """What the person should know before they answer."""
    way = way_on(task, preview)
    if way not in {MergeAnswer.MERGE, MergeAnswer.REVIEW}:
        return _refusal_lines(preview, is_behind=way is MergeAnswer.UPDATE)
    count = commits_text(preview.commit_count)
    tree = f", tree {short(preview.tree)}" if preview.tree else ""
    move = f"{short(preview.old)} → {short(preview.new)}   fast-forward, {count}{tree}"
    lines = [_line(preview.base_branch, move, is_strong=True)]
    for number, commit in enumerate(preview.commits[:_LISTED_COMMITS]):
        lines.append(_line("" if number else "commits", f"{short(commit.id)}  {commit.subject}"))
    if preview.commit_count > _LISTED_COMMITS:
        lines.append(_line("", f"and {commits_text(preview.commit_count - _LISTED_COMMITS)} before them"))
    lines.append(_line("reviewed", reviewed_text(task, preview.files), is_strong=way is MergeAnswer.REVIEW))
    if way is MergeAnswer.REVIEW:
        lines += [BLANK, _line("next", "d reads the diff; only a commit that was reviewed can be merged")]
        return tuple(lines)
    receipts = [run for run in task.checks if run.outcome is CheckOutcome.PASSED and run.commit == preview.new]
    for number, run in enumerate(receipts):
        passed = f"{told(run.name, run.command)} · passed on {short(run.commit)}"
        lines.append(_line("" if number else "checks", passed))
    lines += guardrail_lines(preview.guardrails)
    if preview.checkout:
        lines.append(_line("files", f"{files_text(preview.files)} change in {preview.checkout}"))
    lines.append(_line("after", "the worktree is removed when it is clean · the branch is kept · nothing is pushed"))
    return tuple(lines)


def guardrail_lines(results: Sequence[GuardrailResult]) -> list[Paragraph]:
    """How the guardrails came out, a line for each; what does not hold stands out."""
    return [
        Paragraph(
            text=_guardrail_text(result),
            label="" if number else "guarded",
            label_cells=_LABEL_CELLS,
            indent=3,
            tone=Tone.PLAIN if result.holds else Tone.BAD if result.stops else Tone.ASKS,
        )
        for number, result in enumerate(results)
    ]


def _guardrail_text(result: GuardrailResult) -> str:
    words = f"{result.name} · {result.condition} · {_GUARDRAIL_WORDS[result.outcome]}"
    if result.outcome is GuardrailOutcome.PASSED:
        return words
    paths = ", ".join(result.paths[:_LISTED_GUARDED]) + (" …" if len(result.paths) > _LISTED_GUARDED else "")
    return ": ".join(part for part in (words, result.detail, paths) if part)


def reviewed_text(task: Task, files: int) -> str:
    """How much of exactly this commit a person has looked at; `files` of it are changed."""
    reviewed = task.reviewed
    if reviewed is None:
        return f"0 of {files_text(files)}"
    seen = f"{reviewed.files_viewed} of {files_text(reviewed.files_total)}"
    if reviewed.waived and task.is_cleared:
        return f"{seen}: nobody read it; it was let through unread"
    return f"{seen}, this exact commit" if task.is_reviewed else f"{seen}, but it has changed since"


def _refusal_lines(preview: MergePreview, *, is_behind: bool) -> tuple[Paragraph, ...]:
    refusal = preview.refusal or _own_refusal(preview)
    kinds = {overlap.path: _OVERLAP_WORDS[overlap.kind] for overlap in preview.overlaps}
    paths = refusal.paths or tuple(kinds)
    lines = [Paragraph(text=refusal.message, indent=3)]
    if paths:
        lines.append(BLANK)
    lines += [
        Paragraph(text=path, indent=5, remark=kinds.get(path, ""), is_verbatim=True) for path in paths[:_LISTED_PATHS]
    ]
    if len(paths) > _LISTED_PATHS:
        lines.append(Paragraph(text=f"and {len(paths) - _LISTED_PATHS:,} more", indent=5, tone=Tone.QUIET))
    lines.append(BLANK)
    next_step = _UPDATE_STEP if is_behind else refusal.next_step
    if next_step:
        lines.append(_line("next", next_step, is_strong=True))
    lines.append(_line("so far", "nothing was moved"))
    return tuple(lines)


def _own_refusal(preview: MergePreview) -> Refusal:
    """A refusal for a preview that brings none but cannot be merged."""
    if preview.overlaps:
        return Refusal(
            reason=RefusalReason.OVERLAP,
            message="The merge would write over work of yours.",
            next_step="commit, stash or move these paths, then merge again",
        )
    if preview.behind:
        return Refusal(
            reason=RefusalReason.BASE_MOVED,
            message=f"{preview.base_branch} has {commits_text(preview.behind)} that the task does not have.",
            next_step=_UPDATE_STEP,
        )
    return Refusal(reason=RefusalReason.NOTHING_TO_MERGE, message="There is nothing to merge.")


def _line(label: str, text: str, *, is_strong: bool = False) -> Paragraph:
    return Paragraph(text=text, label=label, label_cells=_LABEL_CELLS, indent=3, is_strong=is_strong)


def short(commit: CommitId | str | None) -> str:
    """A commit id as people say it."""
    return (commit or "none")[:7]


def commits_text(count: int) -> str:
    """1 commit, 12 commits."""
    return "1 commit" if count == 1 else f"{count:,} commits"


def files_text(count: int) -> str:
    """1 file, 12 files."""
    return "1 file" if count == 1 else f"{count:,} files"
