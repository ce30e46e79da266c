"""The line in which a text is looked for in the log."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

from codex_orch_tui.ui.widgets.event_log import EventLog


class SearchLine(Input):
    """Looks for a text in the log: enter and down go on, up goes back, escape ends."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "submit", "next", id="search.next", show=False),
        Binding("up", "back", "before", id="search.previous", show=False),
        Binding("escape", "leave", "end", id="search.end", show=False),
    ]

    def __init__(self, log: EventLog) -> None:
        super().__init__(placeholder="search: enter next, ↑ before, esc ends", compact=True, id="search")
        self._log = log

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """To the next match."""
        event.stop()
        self._log.find(event.value)

    def action_back(self) -> None:
        """To the match before."""
        self._log.find(self.value, backwards=True)

    def action_leave(self) -> None:
        """Ends the search."""
        self._log.clear_find()
        self._log.focus()
        self.remove()

    def on_blur(self, _event: events.Blur) -> None:
        """Stays only while there is something to find."""
        if not self.value and self.is_attached:
            self.remove()
