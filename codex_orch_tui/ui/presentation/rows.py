"""Rows of the lists: what the worktree table and the task tree paint."""

from collections.abc import Sequence
from dataclasses import dataclass

from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.ui.presentation.glyphs import Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: fold mark, sign and text at the left, remark and tail at the right. Every text is one clean line.

    The remarks of rows that are not `is_free` stand in one column, and so do their tails.
    """

    key: str
    """Stays the same while the row stands for the same thing."""
    text: str
    ref: TaskRef | None = None
    run: RunId | None = None
    """The run, when the row stands for a whole run."""
    parent: str = ""
    depth: int = 0
    is_open: bool | None = None
    """None: there is nothing to fold."""
    sign: str = ""
    sign_tone: Tone = Tone.QUIET
    text_tone: Tone = Tone.PLAIN
    remark: str = ""
    remark_tone: Tone = Tone.QUIET
    tail: str = ""
    tail_tone: Tone = Tone.QUIET
    since_s: float | None = None
    """When set, the tail is the time that has passed since then."""
    is_free: bool = False
    is_cut: bool = False
    """Where there is little room the remark is cut; otherwise remark and tail are left out."""
    details: tuple[str, ...] = ()
    """Stand before the remark as far as there is room for the whole text, the most important one last."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All rows of a list with the widths of their two columns, in cells."""

    rows: Sequence[Row] = ()
    remark_cells: int = 0
    tail_cells: int = 0
