"""The review's file list and head line."""

from collections.abc import Sequence

from rich.cells import cell_len

from codex_orch_tui.domain.review import ChangeStatus, FileChange, ReviewSummary
from codex_orch_tui.domain.task import Task
from codex_orch_tui.ui.presentation.approval import size_text
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.merge import commits_text, files_text, short
from codex_orch_tui.ui.presentation.paragraphs import Paragraph
from codex_orch_tui.ui.presentation.rows import Row, Sheet

LETTERS = {
    ChangeStatus.ADDED: "A",
    ChangeStatus.MODIFIED: "M",
    ChangeStatus.DELETED: "D",
    ChangeStatus.RENAMED: "R",
    ChangeStatus.COPIED: "C",
    ChangeStatus.TYPE_CHANGED: "T",
}
_LISTED_COMMITS = 5
_LISTED_WATCHED = 3


_FIXED_CELLS = 9
"""Margins, the mark, the letter and the gaps between them."""


def file_sheet(files: Sequence[FileChange], viewed: frozenset[int], *, width: int, ascii_only: bool = False) -> Sheet:
    """The rows of the file list in a view of `width` cells; `viewed` are positions."""
    sizes = [file_size(change) for change in files]
    size_cells = max(map(len, sizes), default=0)
    room = max(8, width - _FIXED_CELLS - size_cells)
    mark = "+" if ascii_only else "✓"
    warning = "!" if ascii_only else "△"
    has_watched = any(change.watched or change.points_outside for change in files)
    blank = "  " if has_watched else " "
    rows = []
    for index, (change, size) in enumerate(zip(files, sizes, strict=True)):
        is_viewed = index in viewed
        is_watched = bool(change.watched) or change.points_outside
        letter = f"{LETTERS[change.status]}{f'{warning} ' if is_watched else blank}"
        rows.append(
            Row(
                key=str(index),
                text=f"{letter}{tail_of(change.path, room)}",
                sign=mark if is_viewed else " ",
                sign_tone=Tone.GOOD,
                text_tone=Tone.QUIET if is_viewed else Tone.PLAIN,
                tail=size,
            )
        )
    return Sheet(rows, 0, size_cells)


def file_size(change: FileChange) -> str:
    """The size of a file's change in few cells."""
    if change.is_binary:
        return "bin"
    if change.is_mode_only:
        return "mode"
    return size_text(change.insertions or 0, change.deletions or 0)


def tail_of(path: str, cells: int) -> str:
    """The end of a path that fits: the file's name matters more than its folders."""
    if cell_len(path) <= cells:
        return path
    kept = path[-max(1, cells - 1) :]
    while cell_len(kept) > cells - 1:
        kept = kept[1:]
    return f"…{kept}"


def head_text(task: Task, summary: ReviewSummary | None, viewed: int) -> str:
    """The line over the review."""
    where = f"{task.ref.task} → {task.base_branch}"
    if summary is None:
        return where
    totals = summary.totals
    size = size_text(totals.insertions, totals.deletions) if summary.counts_known else "lines not counted"
    parts = [where, files_text(summary.file_count), size, commits_text(summary.commit_count)]
    parts.append(f"{viewed:,} of {summary.file_count:,} viewed")
    parts.append(review_state(task, summary))
    return "   ".join(part for part in parts if part)


def review_state(task: Task, summary: ReviewSummary) -> str:
    """Whether what is shown was reviewed before."""
    reviewed = task.reviewed
    if reviewed is None:
        return "not yet reviewed"
    if reviewed.tip == summary.tip and reviewed.base == summary.base:
        return "reviewed"
    return "changed since your review"


def watched_lines(summary: ReviewSummary) -> tuple[Paragraph, ...]:
    """The files whose change can do more than the diff shows."""
    watched = summary.watched
    if not watched:
        return ()
    lines = [Paragraph(text=_watched_text(change), label="△", indent=0, label_cells=2) for change in watched]
    if len(lines) > _LISTED_WATCHED:
        more = len(lines) - _LISTED_WATCHED + 1
        lines = [*lines[: _LISTED_WATCHED - 1], Paragraph(text=f"and {more} more to look at twice", indent=2)]
    return tuple(lines)


def _watched_text(change: FileChange) -> str:
    if change.points_outside:
        return f"{change.path}: a link out of the repository, to {change.symlink_target}"
    return f"{change.path}: {change.watched}"


def commit_lines(summary: ReviewSummary) -> tuple[Paragraph, ...]:
    """The newest commits, and how many there are before them."""
    lines = [
        Paragraph(text=commit.subject, label=short(commit.id), indent=0, label_cells=8)
        for commit in summary.commits[:_LISTED_COMMITS]
    ]
    rest = summary.commit_count - len(lines)
    if rest > 0:
        lines.append(Paragraph(text=f"and {commits_text(rest)} before", indent=8))
    return tuple(lines)
