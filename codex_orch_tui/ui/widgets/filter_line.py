"""The line in which the tasks that the tree shows are chosen."""

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

if TYPE_CHECKING:
    from codex_orch_tui.ui.widgets.task_tree import TaskTree


class FilterLine(Input):
    """Filters the tree while it is written. Enter keeps the filter and goes to the tree; escape ends it."""

    DEFAULT_CSS = """
    FilterLine { height: 1; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "end", id="search.end", show=False),
        Binding("down", "keep", "keep", id="search.keep", show=False),
    ]

    def __init__(self, tree: "TaskTree", typed: str) -> None:
        """Makes the line.

        Args:
            tree: What it filters.
            typed: What it begins with.
        """
        placeholder = "words of a title, or a state: :failed,asks   enter keeps, esc ends"
        super().__init__(typed, placeholder=placeholder, compact=True, select_on_focus=False, id="filter")
        self._tree = tree

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another filter."""
        event.stop()
        self._tree.show_only(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """It stays."""
        event.stop()
        self.action_keep()

    def action_keep(self) -> None:
        """To what was found."""
        self._tree.focus()
        self.remove()

    def action_leave(self) -> None:
        """Everything again."""
        self._tree.show_only("")
        self.action_keep()

    def on_blur(self, _event: events.Blur) -> None:
        """A line that nobody writes in would only take room."""
        if self.is_attached:
            self.remove()
