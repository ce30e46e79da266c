"""A list whose rows fold: what keys and clicks do. Where the folds are kept is for the list itself."""

from typing import ClassVar

from codex_orch_tui.ui.presentation.rows import Row
from codex_orch_tui.ui.widgets.row_list import RowList


class FoldingList(RowList):
    """Rows with a fold mark in front."""

    has_marks: ClassVar[bool] = True

    def set_open(self, row: Row, is_open: bool) -> None:
        """Fold or unfold a row, and show what follows."""
        raise NotImplementedError

    def go_to_key(self, key: str) -> bool:
        """Put the cursor on the row with this key; False when it is not seen."""
        for place, row in enumerate(self.rows.rows):
            if row.key == key:
                self.move(place)
                return True
        return False

    def action_fold(self) -> None:
        """Folds or unfolds the row."""
        row = self.cursor_row
        if row is not None and row.is_open is not None:
            self.set_open(row, not row.is_open)

    def action_leave(self) -> None:
        """Folds the row, or goes to the one that it belongs to."""
        row = self.cursor_row
        if row is None:
            return
        if row.is_open:
            self.set_open(row, False)
        elif row.parent:
            self.go_to_key(row.parent)

    def action_enter(self) -> None:
        """Unfolds the row, or goes to the one below."""
        row = self.cursor_row
        if row is not None and row.is_open is False:
            self.set_open(row, True)
        else:
            self.action_down()

    def clicked(self, column: int) -> None:
        """A click on the fold mark folds; elsewhere it opens."""
        row = self.cursor_row
        if row is not None and row.is_open is not None and column <= 2 * row.depth + 2:
            self.action_fold()
        else:
            self.action_open()
