"""The worktrees: branch, state and size of the diff."""

from textual.content import Content

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.state import State
from codex_orch_tui.ui.presentation.quiet import NOBODY, Quiet
from codex_orch_tui.ui.presentation.worktree_rows import WorktreeRows, base_line
from codex_orch_tui.ui.widgets.row_list import RowList

MAX_ROWS = 10
"""The table is no higher than this beside the tree; further rows are scrolled to."""


class WorktreeTable(RowList):
    """One row for each task that has, or will have, a folder."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        """Makes an empty table."""
        super().__init__(empty_text="", ascii_only=ascii_only, id=id)
        self.border_title = "Worktrees"
        self._rows_of = WorktreeRows(ascii_only=ascii_only)

    def show_state(self, state: State, current: TaskRef | None, now_s: float, quiet: Quiet = NOBODY) -> None:
        """Shows the state's worktrees, and how the current task stands to its base."""
        sheet = self._rows_of.sheet(state, quiet)
        self.styles.height = min(max(len(sheet.rows), 2), MAX_ROWS) + 2
        self.show(sheet, now_s)
        told = Content(base_line(state, current))
        if told != self.border_subtitle:
            self.border_subtitle = told
