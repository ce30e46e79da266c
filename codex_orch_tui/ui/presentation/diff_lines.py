"""A file's patch as rows: hunk heads, numbered lines, notes; wrapped or not."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from codex_orch_tui.domain.review import ChangeStatus, DiffLine, EntryKind, FilePatch, Hunk, LineKind
from codex_orch_tui.ui.presentation.cells import cell_text, line_spans

MAX_LINE_CHARS = 20_000
"""A line shows no more than this: minified files have lines of megabytes."""

SIGNS = {LineKind.CONTEXT: " ", LineKind.ADDED: "+", LineKind.REMOVED: "-", LineKind.NOTE: " "}

_KIND_WORDS = {
    EntryKind.ABSENT: "no file",
    EntryKind.FILE: "file",
    EntryKind.EXECUTABLE: "executable file",
    EntryKind.SYMLINK: "symlink",
    EntryKind.SUBMODULE: "submodule",
}


class DiffRow(NamedTuple):
    """One row on screen.

    `line` is None for a hunk's head and for the file's notes, whose `hunk` is -1. `part` counts the rows of a wrapped
    line from 0; `start` and `end` are its span in `text`.
    """

    hunk: int
    line: DiffLine | None
    line_index: int
    part: int
    text: str
    start: int
    end: int


class DiffRows:
    """The rows of one patch. Making it costs a pass over the hunks; lines are looked at when they are painted."""

    def __init__(self, patch: FilePatch, *, wrap_cells: int | None = None) -> None:
        """Lays a patch out.

        Args:
            patch: What to show.
            wrap_cells: Width for the code when lines are wrapped, None when they are not.
        """
        self.patch = patch
        self.wrap_cells = wrap_cells
        self.notes = file_notes(patch)
        self._hunk_lines = list(accumulate((1 + len(hunk.lines) for hunk in patch.hunks), initial=len(self.notes)))
        """For each hunk the number of its head among all notes, heads and lines; last, how many there are."""
        self._starts: list[int] | None = None
        if wrap_cells is not None:
            counts = [1] * len(self.notes)
            for hunk in patch.hunks:
                counts.append(1)
                counts += [_row_count(line.text, wrap_cells) for line in hunk.lines]
            self._starts = list(accumulate(counts, initial=0))
        last = max((hunk.new_start + hunk.new_count for hunk in patch.hunks), default=0)
        old_last = max((hunk.old_start + hunk.old_count for hunk in patch.hunks), default=0)
        self.number_cells = max(4, len(str(max(last, old_last))))

    def __len__(self) -> int:
        """How many rows there are."""
        return self._hunk_lines[-1] if self._starts is None else self._starts[-1]

    @property
    def gutter_cells(self) -> int:
        """Cells before the code: margin, two numbers, two gaps, the sign, a gap."""
        return 2 * self.number_cells + 6

    def code_cells(self) -> int:
        """An upper bound of the width of the code, in cells."""
        widest = 0
        for hunk in self.patch.hunks:
            for line in hunk.lines:
                text = line.text
                if len(text) > widest or not text.isascii():
                    widest = max(widest, len(text) if text.isascii() else 2 * len(text))
        return min(widest, 2 * MAX_LINE_CHARS)

    def row(self, number: int) -> DiffRow:
        """What the row shows.

        Raises:
            IndexError: There is no such row.
        """
        if not 0 <= number < len(self):
            raise IndexError(number)
        flat, part = number, 0
        if self._starts is not None:
            flat = bisect_right(self._starts, number) - 1
            part = number - self._starts[flat]
        if flat < len(self.notes):
            note = self.notes[flat]
            return DiffRow(-1, None, -1, 0, note, 0, len(note))
        index = bisect_right(self._hunk_lines, flat) - 1
        hunk = self.patch.hunks[index]
        line_index = flat - self._hunk_lines[index] - 1
        if line_index < 0:
            head = hunk_head(hunk)
            return DiffRow(index, None, -1, 0, head, 0, len(head))
        line = hunk.lines[line_index]
        text = bounded(line.text)
        if self.wrap_cells is None:
            return DiffRow(index, line, line_index, 0, text, 0, len(text))
        start, end = _row_spans(text, self.wrap_cells)[part]
        return DiffRow(index, line, line_index, part, text, start, end)

    def head_row(self, hunk: int) -> int:
        """The row of a hunk's head."""
        flat = self._hunk_lines[hunk]
        return flat if self._starts is None else self._starts[flat]

    def line_row(self, hunk: int, line_index: int) -> int:
        """The first row of a line; the head's for -1."""
        flat = self._hunk_lines[hunk] + 1 + line_index
        return flat if self._starts is None else self._starts[flat]


def bounded(text: str) -> str:
    """A line's text, cut when it is longer than anybody reads."""
    if len(text) <= MAX_LINE_CHARS:
        return text
    return f"{text[:MAX_LINE_CHARS]} … +{len(text) - MAX_LINE_CHARS:,} chars"


def hunk_head(hunk: Hunk) -> str:
    """The head of a hunk as git writes it."""
    head = f"@@ −{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@"
    return f"{head} {hunk.section}" if hunk.section else head


def file_notes(patch: FilePatch) -> tuple[str, ...]:
    """What the lines do not tell: renames, modes, symlinks, binaries, parts that are left out."""
    change = patch.change
    notes: list[str] = []
    if change.old_path and change.status in {ChangeStatus.RENAMED, ChangeStatus.COPIED}:
        notes.append(f"{change.status.value} from {change.old_path}")
    if change.old_kind is not change.new_kind and EntryKind.ABSENT not in {change.old_kind, change.new_kind}:
        notes.append(f"was {_KIND_WORDS[change.old_kind]}, now {_KIND_WORDS[change.new_kind]}")
    elif EntryKind.EXECUTABLE in {change.new_kind} and change.status is ChangeStatus.ADDED:
        notes.append("a new executable file")
    if change.symlink_target:
        outside = ", outside the repository" if change.points_outside else ""
        notes.append(f"symlink to {change.symlink_target}{outside}")
    if change.watched:
        notes.append(f"look twice: {change.watched}")
    if patch.note:
        notes.append(patch.note)
    elif change.is_binary:
        notes.append(f"binary or too large to show{_sizes(change.old_size_bytes, change.new_size_bytes)}")
    elif not patch.hunks and not notes:
        notes.append("an empty file" if change.status is ChangeStatus.ADDED else "no lines changed")
    return tuple(notes)


def _sizes(old_bytes: int | None, new_bytes: int | None) -> str:
    if old_bytes is None and new_bytes is None:
        return ""
    old = "none" if old_bytes is None else f"{old_bytes:,}"
    new = "none" if new_bytes is None else f"{new_bytes:,}"
    return f": {old} → {new} bytes"


def _row_count(text: str, cells: int) -> int:
    if len(text) <= cells and text.isascii():
        return 1
    text = bounded(text)
    return -(-len(text) // cells) if text.isascii() else len(_row_spans(text, cells))


def _row_spans(text: str, cells: int) -> Sequence[tuple[int, int]]:
    wide = cell_text(text)
    if wide is None:
        return line_spans(text, cells, cells, True)
    return [(wide.offsets[a], wide.offsets[b]) for a, b in line_spans(wide.cells, cells, cells, True)]
