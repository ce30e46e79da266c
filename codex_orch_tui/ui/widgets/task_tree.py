"""The task tree: run > groups > task > plan steps, sub-agents and turns > items."""

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content

from codex_orch_tui.domain.cost import RateCard
from codex_orch_tui.domain.state import State
from codex_orch_tui.ui.bindings import Where, bindings
from codex_orch_tui.ui.keys_ahead import FIELD_S, keys_ahead_of
from codex_orch_tui.ui.presentation.quiet import NOBODY, Quiet
from codex_orch_tui.ui.presentation.rows import Row
from codex_orch_tui.ui.presentation.task_filter import parsed
from codex_orch_tui.ui.presentation.task_rows import TaskRows
from codex_orch_tui.ui.widgets.folding_list import FoldingList

if TYPE_CHECKING:
    from codex_orch_tui.ui.presentation.wait_words import Waits

_NONE_FITS = "No task fits. esc ends the filter."


class TaskTree(FoldingList):
    """Holds which rows are folded and the filter; everything else follows from the state."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Where.TREE)

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        card: RateCard | None = None,
        is_recorded: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        """Makes an empty tree.

        Args:
            ascii_only: Signs for terminals without the others.
            card: What models cost.
            is_recorded: It shows a replay.
            id: The widget's id.
        """
        super().__init__(empty_text="", ascii_only=ascii_only, id=id)
        self.border_title = "Tasks"
        self._state = State()
        self._waits: Waits | None = None
        self._quiet = NOBODY
        self._typed = ""
        self._unfiltered_text = ""
        self._rows_of = TaskRows(ascii_only=ascii_only, card=card, is_recorded=is_recorded)

    def say_when_empty(self, text: str) -> None:
        """What is said while there is no task; that none fits the filter is told by the tree itself."""
        self._unfiltered_text = text
        super().say_when_empty(_NONE_FITS if self._rows_of.filter else text)

    def show_state(self, state: State, now_s: float, waits: "Waits | None" = None, quiet: Quiet = NOBODY) -> None:
        """Shows the state's runs and tasks, why tasks do not begin, and whose worker is quiet."""
        self._state, self._waits, self._quiet = state, waits, quiet
        self.show(self._rows_of.sheet(state, waits, quiet), now_s)
        self._tell()

    def _tell(self) -> None:
        """More of the marked row, and how many tasks fit the filter, on the border."""
        told = []
        if self._rows_of.filter:
            fitting, total = self._rows_of.fitting()
            told.append(f"{fitting:,} of {total:,}")
        row = self.cursor_row
        if row is not None and (more := self._rows_of.told(row)):
            told.append(more)
        subtitle = Content(" · ".join(told))
        if subtitle != self.border_subtitle:
            self.border_subtitle = subtitle

    def cursor_moved(self) -> None:
        """Another row is marked."""
        self._tell()

    # -- the filter ---------------------------------------------------------------------------------------------

    def show_only(self, typed: str) -> None:
        """Shows the tasks that a text asks for, with what they are in; all of them when it is empty."""
        self._typed = typed
        wanted = parsed(typed)
        if wanted == self._rows_of.filter:
            return
        before = self.cursor_row
        self._rows_of.set_filter(wanted)
        self.say_when_empty(self._unfiltered_text)
        self.border_title = Content(f"Tasks · /{typed.strip()}" if wanted else "Tasks")
        self._again()
        self.refresh()
        self.refresh_bindings()
        if (row := self.cursor_row) is not None and before is not None and before.key == row.key:
            return
        self._put_cursor(self._first_task())
        if (row := self.cursor_row) is not None:
            # Keys act on what is marked: the screen has to know that this is another task now.
            self.post_message(self.Moved(self, row))

    def _first_task(self) -> int:
        tasks = self._state.tasks
        refs = ((index, row.ref) for index, row in enumerate(self.rows.rows))
        return next((index for index, ref in refs if ref is not None and not tasks[ref].spec.is_group), 0)

    def action_filter(self) -> None:
        """Opens the line in which the filter is written."""
        from codex_orch_tui.ui.widgets.filter_line import FilterLine  # noqa: PLC0415 - not for the first paint

        keys_ahead_of(self).hold(longest_s=FIELD_S)
        line = FilterLine(self, self._typed)
        self.screen.mount(line, after=self)
        line.focus()

    def action_end_filter(self) -> None:
        """Shows everything again."""
        self.show_only("")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a filter there is none to end."""
        if action == "end_filter":
            return bool(self._rows_of.filter)
        return super().check_action(action, parameters)

    # -- folds --------------------------------------------------------------------------------------------------

    def action_fold_all(self) -> None:
        """Folds every run and group, or unfolds them when all are folded."""
        before = self.cursor_row
        self._rows_of.fold_all()
        self._again()
        row = self.cursor_row
        if row is not None and before is not None and before.key != row.key:
            self.post_message(self.Moved(self, row))

    def set_open(self, row: Row, is_open: bool) -> None:
        """Fold or unfold a row."""
        self._rows_of.set_open(row, is_open)
        self._again()

    def _again(self) -> None:
        self.show_state(self._state, self._now_s, self._waits, self._quiet)
