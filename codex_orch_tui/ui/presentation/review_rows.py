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
from codex_orch_tui.ui.presentation.status import Piece, StatusLine
from codex_orch_tui.ui.presentation.worktree_rows import base_name

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


_NAME_CELLS = 30
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


def head_line(task: Task, summary: ReviewSummary | None, viewed: int, waiting: int = 0) -> StatusLine:
    """The line over the review.

    Args:
        task: What is reviewed.
        summary: Its diff, once it was read.
        viewed: How many of the files were viewed.
        waiting: Open questions of all workers.
    """
    parts = [Piece(f"{_cut(task.ref.task)} → {_cut(base_name(task))}", Tone.PLAIN)]
    if summary is not None:
        totals = summary.totals
        size = size_text(totals.insertions, totals.deletions) if summary.counts_known else "lines not counted"
        state = review_state(task, summary, viewed)
        parts += [
            Piece(" ".join(filter(None, (files_text(summary.file_count), size))), rank=2),
            Piece(commits_text(summary.commit_count), rank=3),
            Piece(f"{viewed:,}/{summary.file_count:,} viewed{state}", Tone.PLAIN),
        ]
        if viewed < len(summary.files):
            parts.append(Piece("a file counts at its end, or by space", rank=4))
    asks = (Piece(f"! {waiting} need{'s' if waiting == 1 else ''} you", Tone.ASKS),) if waiting else ()
    return StatusLine(tuple(parts), (), asks)


def review_state(task: Task, summary: ReviewSummary, viewed: int) -> str:
    """What follows from how much was viewed; one thing only."""
    if summary.files and viewed >= len(summary.files):
        return " ✓ m merges"
    reviewed = task.reviewed
    if reviewed is None or (reviewed.tip, reviewed.base) == (summary.tip, summary.base):
        return ""
    return ", changed since your review"


def known_viewed(task: Task, summary: ReviewSummary) -> frozenset[int]:
    """The positions that an earlier review of exactly this diff had viewed, as far as its count tells."""
    reviewed = task.reviewed
    if reviewed is None or (reviewed.tip, reviewed.base) != (summary.tip, summary.base):
        return frozenset()
    return frozenset(range(len(summary.files))) if reviewed.files_viewed >= len(summary.files) else frozenset()


def _cut(name: str) -> str:
    return name if cell_len(name) <= _NAME_CELLS else f"{name[: _NAME_CELLS - 1]}…"


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
