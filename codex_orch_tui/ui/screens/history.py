"""The history: every question and every command, how it was decided, and who or what allowed it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input

from codex_orch_tui.domain.history import Asked, HistoryEntries, HistoryEntry, HistoryFilter, ending_of
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.ui.bindings import Where, bindings
from codex_orch_tui.ui.bridge import Bridge, Dirty
from codex_orch_tui.ui.presentation.history import HistoryRows, details, empty_text, head_line
from codex_orch_tui.ui.screens.frame import Reading
from codex_orch_tui.ui.screens.one_answer import OneAnswer
from codex_orch_tui.ui.widgets.hints import Hint, Hints
from codex_orch_tui.ui.widgets.row_list import RowList
from codex_orch_tui.ui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from codex_orch_tui.services.session import Session

T = TypeVar("T")

_HINTS = (
    Hint("enter", "everything of it"),
    Hint("a", "asked or not"),
    Hint("o", "outcome"),
    Hint("y", "kind"),
    Hint("t", "task"),
    Hint("/", "search"),
    Hint("x", "show all"),
    Hint("esc", "back"),
    Hint("?", "help"),
)
_READING_HINTS = (
    Hint("pgdn", "page down"),
    Hint("end", "to the end"),
    Hint("tab", "list"),
    Hint("g", "needs me"),
    Hint("esc", "back to the list"),
    Hint("?", "help"),
)
_SEARCH_HINTS = (Hint("enter", "keep the search, go to the list"), Hint("esc", "end the search"))


class HistoryScreen(OneAnswer[bool], Screen[bool]):
    """Lists the history, newest first. True: the person wants to go to the open question.

    The filters hold until the screen is left; what comes meanwhile is put in above, and the cursor stays on its entry.
    """

    CSS_PATH = "history.tcss"
    AUTO_FOCUS = "#entries"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Where.HISTORY),
        Binding("tab,shift+tab", "switch", "List or entry", id="history.switch"),
    ]

    def __init__(self, orchestrator: "Session", current: TaskRef | None = None) -> None:
        """Makes the screen.

        Args:
            orchestrator: Has the state.
            current: The task that `t` takes first.
        """
        super().__init__()
        self._orchestrator = orchestrator
        self._current = current
        self._made = HistoryEntries()
        self._all: tuple[HistoryEntry, ...] = ()
        self._shown: dict[str, HistoryEntry] = {}
        self.wanted = HistoryFilter()
        self._bridge: Bridge | None = None
        self._ascii_only = bool(getattr(orchestrator.config, "ascii_glyphs", False))
        self._rows = HistoryRows(ascii_only=self._ascii_only)
        self._head = StatusBar(id="head")
        self._entries = RowList(empty_text="", ascii_only=self._ascii_only, id="entries")
        self._keys = Hints(_HINTS, id="keys")
        self._entry = Reading(())
        self._entry.id = "entry"
        self.set_class(self._ascii_only, "-ascii")

    def compose(self) -> ComposeResult:
        """Head, list beside entry, keys."""
        yield self._head
        with Horizontal(id="body"):
            yield self._entries
            yield self._entry
        yield self._keys

    def on_mount(self) -> None:
        """Lists what there is, and watches for more."""
        self._entries.border_title = Content("What was asked, and what ran")
        self._entry.border_title = Content("Entry")
        self._bridge = Bridge(self._orchestrator, self._draw, self.app.call_later)
        self._draw(Dirty.STATE)

    def on_unmount(self) -> None:
        """Watches no more."""
        if self._bridge is not None:
            self._bridge.close()

    # -- drawing ------------------------------------------------------------------------------------------------

    def _draw(self, dirty: Dirty) -> None:
        if Dirty.STATE in dirty and self.is_attached:
            self._all = self._made.newest_first(self._orchestrator.state)
            self._show()

    def _show(self) -> None:
        state = self._orchestrator.state
        shown = [entry for entry in self._all if self.wanted.wants(entry)]
        self._shown = {entry.key: entry for entry in shown}
        self._entries.empty_text = empty_text(state, len(self._all))
        names_tasks = self.wanted.task is None and len(state.tasks) > 1
        width = self._entries.size.width
        self._entries.show(self._rows.sheet(shown, names_tasks=names_tasks, width=width), 0.0)
        line = head_line(
            state,
            len(shown),
            len(self._all),
            self.wanted,
            waiting=len(state.pending),
            is_wide=not self.has_class("-narrow"),
        )
        self._head.show(line)
        self._show_entry()

    def _show_entry(self) -> None:
        entry, state = self.marked, self._orchestrator.state
        self._entry.view.show(details(entry, state, ascii_only=self._ascii_only) if entry is not None else ())
        if entry is None and self.has_class("-reading"):
            self._read(False)

    @property
    def marked(self) -> HistoryEntry | None:
        """The entry under the cursor."""
        row = self._entries.cursor_row
        return self._shown.get(row.key) if row is not None else None

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        """Another entry."""
        event.stop()
        self._entry.scroll_home(animate=False)
        self._show_entry()

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Enter at an entry: everything of it."""
        event.stop()
        self._read(True)

    def on_resize(self, _event: events.Resize) -> None:
        """The head says as much as there is room for."""
        self.call_after_refresh(self._show)

    def _read(self, reads: bool) -> None:
        self.set_class(reads, "-reading")
        (self._entry if reads else self._entries).focus()

    # -- keys ---------------------------------------------------------------------------------------------------

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """The keys that act are those of what has the focus."""
        if isinstance(self.focused, Input):
            self._keys.show(_SEARCH_HINTS)
        else:
            self._keys.show(_READING_HINTS if self.focused is self._entry else _HINTS)

    def action_switch(self) -> None:
        """From the list to the entry and back; where there is little room, one of them is seen."""
        self._read(self.focused is not self._entry and self.marked is not None)

    def action_back(self) -> None:
        """From the line to search in and from the entry to the list, from the list to where the person was."""
        if isinstance(self.focused, Input):
            self.focused.remove()
            self._want(replace(self.wanted, text=""))
            self._entries.focus()
        elif self.focused is self._entry:
            self._read(False)
        else:
            self.dismiss(False)

    def action_question(self) -> None:
        """To the worker that asks."""
        if self._orchestrator.state.pending:
            self.dismiss(True)
        else:
            self.notify("Nothing needs you.", markup=False, timeout=4)

    def action_asked(self) -> None:
        """Everything, what was asked for, what ran without a question."""
        self._want(replace(self.wanted, asked=_next(tuple(Asked), self.wanted.asked)))

    def action_outcome(self) -> None:
        """Every outcome, then one after the other of those that are there."""
        there = {ending_of(entry) for entry in self._all if replace(self.wanted, ending=None).wants(entry)}
        self._want(replace(self.wanted, ending=_next((None, *sorted(there)), self.wanted.ending)))

    def action_kind(self) -> None:
        """Every kind, then one after the other of those that are there."""
        there = {entry.kind for entry in self._all if replace(self.wanted, kind=None).wants(entry)}
        self._want(replace(self.wanted, kind=_next((None, *sorted(there)), self.wanted.kind)))

    def action_task(self) -> None:
        """Every task, then the one that the person comes from, then the others."""
        there = list(dict.fromkeys(entry.ref for entry in self._all if replace(self.wanted, task=None).wants(entry)))
        if self._current in there:
            there.remove(self._current)
            there.insert(0, self._current)
        self._want(replace(self.wanted, task=_next((None, *there), self.wanted.task)))

    def action_all(self) -> None:
        """No filter."""
        self._want(HistoryFilter())

    def _want(self, wanted: HistoryFilter) -> None:
        self.wanted = wanted
        self._show()

    def action_search(self) -> None:
        """Opens the line to search in."""
        if not self.query("#search"):
            line = Input(self.wanted.text, placeholder="search: enter keeps it, esc ends", compact=True, id="search")
            self.mount(line, before="#keys")
            line.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Shows what holds the text so far."""
        event.stop()
        self._want(replace(self.wanted, text=event.value.strip()))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keeps the search and goes to the list."""
        event.stop()
        event.input.remove()
        self._entries.focus()


def _next(choices: Sequence[T], present: T) -> T:
    """The choice after the present one; the first after the last, and when the present one is gone."""
    return choices[(choices.index(present) + 1) % len(choices)] if present in choices else choices[0]
