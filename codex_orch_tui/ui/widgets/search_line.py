"""The line in which a text is looked for in the log."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

from codex_orch_tui.ui.widgets.event_log import EventLog


class SearchLine(Input):
    """Looks for a text in the log. Enter finds and gives the focus to the log, whose keys go on; escape ends."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "end", id="search.end", show=False)]

    def __init__(self, log: EventLog) -> None:
        super().__init__(placeholder="search: enter finds, esc ends", compact=True, id="search")
        self._log = log

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """To the first match, and out of the way."""
        event.stop()
        self._log.find(event.value)
        self._go()

    def action_leave(self) -> None:
        """Ends the search."""
        self._log.clear_find()
        self._go()

    def _go(self) -> None:
        self._log.focus()
        self.remove()

    def on_blur(self, _event: events.Blur) -> None:
        """A line that nobody writes in would only take room."""
        if self.is_attached:
            self.remove()
