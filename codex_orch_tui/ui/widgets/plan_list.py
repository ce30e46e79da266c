"""The tasks of a plan, as a tree or as waves."""

from codex_orch_tui.ui.presentation.plan_rows import PlanFacts, PlanRows
from codex_orch_tui.ui.presentation.rows import Row
from codex_orch_tui.ui.widgets.folding_list import FoldingList


class PlanList(FoldingList):
    """Holds which rows are folded, and whether waves are shown; everything else follows from the plan."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        """Makes an empty list.

        Args:
            ascii_only: Signs for terminals without the others.
            id: The widget's id.
        """
        super().__init__(empty_text="Looking the plan over…", ascii_only=ascii_only, id=id)
        self._rows_of = PlanRows(ascii_only=ascii_only)
        self._facts: PlanFacts | None = None
        self._places: dict[str, int] = {}
        self.shows_waves = False

    def show_facts(self, facts: PlanFacts) -> None:
        """Shows another plan, or the same one as it is now."""
        if self._facts is None or self._facts.keys is not facts.keys:
            self._places = {key: index for index, key in enumerate(facts.keys)}
        self._facts = facts
        make = self._rows_of.waves if self.shows_waves else self._rows_of.tree
        self.show(make(facts, self.size.width), 0.0)

    def _show_again(self) -> None:
        if self._facts is not None:
            self.show_facts(self._facts)

    @property
    def index(self) -> int | None:
        """The place in the plan of the task under the cursor, or of the one whose problem is; None at the top."""
        row = self.cursor_row
        if row is None:
            return None
        return self._places.get(row.key, self._places.get(row.parent) if row.sign and row.is_open is None else None)

    def go_to(self, index: int) -> None:
        """Puts the cursor on a task; what is folded above it is unfolded."""
        if self._facts is None:
            return
        if not self._find_task(index):
            self._rows_of.folded.clear()
            self._show_again()
            self._find_task(index)

    def _find_task(self, index: int) -> bool:
        assert self._facts is not None, "nothing is shown"
        return self.go_to_key(self._facts.keys[index])

    def turn(self) -> None:
        """Waves instead of the tree, or the tree again; the cursor stays on its task."""
        index = self.index
        self.shows_waves = not self.shows_waves
        self._show_again()
        if index is not None:
            self.go_to(index)

    def set_open(self, row: Row, is_open: bool) -> None:
        """Fold or unfold a row."""
        (self._rows_of.folded.discard if is_open else self._rows_of.folded.add)(row.key)
        self._show_again()
