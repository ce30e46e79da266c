"""The task tree: run > task > plan steps and turns > items."""

import time
from collections.abc import Callable
from typing import ClassVar

from codex_orch_tui.domain.state import State
from codex_orch_tui.ui.presentation.rows import Row
from codex_orch_tui.ui.presentation.task_rows import TaskRows
from codex_orch_tui.ui.widgets.row_list import RowList


class TaskTree(RowList):
    """Holds which rows are folded; everything else follows from the state."""

    has_marks: ClassVar[bool] = True

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        clock: Callable[[], float] = time.time,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        """Makes an empty tree.

        Args:
            ascii_only: Signs for terminals without the others.
            clock: Seconds since the epoch.
            id: The widget's id.
        """
        super().__init__(empty_text="No tasks yet. n starts one.", ascii_only=ascii_only, id=id)
        self.border_title = "Tasks"
        self._clock = clock
        self._state = State()
        self._rows_of = TaskRows(ascii_only=ascii_only)

    def show_state(self, state: State, now_s: float) -> None:
        """Shows the state's runs and tasks."""
        self._state = state
        self.show(self._rows_of.sheet(state), now_s)

    def action_fold(self) -> None:
        """Folds or unfolds the row."""
        row = self.cursor_row
        if row is not None and row.is_open is not None:
            self._set_open(row, not row.is_open)

    def action_leave(self) -> None:
        """Folds the row, or goes to the one that it belongs to."""
        row = self.cursor_row
        if row is None:
            return
        if row.is_open:
            self._set_open(row, False)
        elif row.parent:
            self._go_to(row.parent)

    def action_enter(self) -> None:
        """Unfolds the row, or goes to the one below."""
        row = self.cursor_row
        if row is not None and row.is_open is False:
            self._set_open(row, True)
        else:
            self.action_down()

    def clicked(self, column: int) -> None:
        """A click on the fold mark folds; elsewhere it opens."""
        row = self.cursor_row
        if row is not None and row.is_open is not None and column <= 2 * row.depth + 2:
            self.action_fold()
        else:
            self.action_open()

    def _set_open(self, row: Row, is_open: bool) -> None:
        self._rows_of.set_open(row, is_open)
        self.show_state(self._state, self._clock())

    def _go_to(self, key: str) -> None:
        for index, row in enumerate(self.rows.rows):
            if row.key == key:
                self.move(index)
                return
