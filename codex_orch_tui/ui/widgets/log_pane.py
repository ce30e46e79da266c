"""The log of the current task, with its search line and its result."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.task import Task
from codex_orch_tui.store.errors import RawLogError
from codex_orch_tui.ui.keys_ahead import FIELD_S, keys_ahead_of
from codex_orch_tui.ui.presentation.quiet import NOBODY, Quiet
from codex_orch_tui.ui.presentation.result import Result, log_title, result_of
from codex_orch_tui.ui.widgets.event_log import EventLog

if TYPE_CHECKING:
    from codex_orch_tui.services.session import LogReader


class LogPane(Vertical):
    """Holds the reader of one task's log."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next_match", "next found", id="log.next", show=False),
        Binding("N", "previous_match", "found before", id="log.previous", show=False),
        Binding("escape", "end_search", "end search", id="log.end_search", show=False),
    ]

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._ascii_only = ascii_only
        self._reader: LogReader | None = None
        self._failure = ""
        """Why the log could not be read, as it was told."""
        self._result: Result | None = None
        self._result_block = VerticalScroll(id="result")
        self._result_text = Static(id="result-text", markup=False)
        self.log_view = EventLog(empty_text="", id="log")

    def compose(self) -> ComposeResult:
        """The log, and the block for the result, which is hidden at first."""
        self.log_view.set_reactive(EventLog.ascii_signs, self._ascii_only)
        self.log_view.border_title = "Log"
        yield self.log_view
        self._result_block.display = False
        with self._result_block:
            yield self._result_text

    # -- what is shown ------------------------------------------------------------------------------------------

    def say_when_empty(self, text: str) -> None:
        """What is said from now on while the log has no entry."""
        self.log_view.say_when_empty(text)

    def open(self, reader: "LogReader | None") -> None:
        """Shows another task's log from its end."""
        if self._reader is not None:
            self._reader.close()
        self._reader = reader
        self._failure = ""
        log = self.log_view
        log.clear()
        if reader is not None:
            with self._reading():
                log.extend(reader.tail())
                log.set_partial(reader.partial)

    def grow(self) -> None:
        """Takes in what was added to the log; once per frame."""
        if self._reader is None:
            return
        log = self.log_view
        with self._reading():
            log.extend(self._reader.added())
            log.set_partial(self._reader.partial)
            if log.is_raw and log.following and (lines := self._reader.raw_grown()) is not None:
                log.show_raw(lines)

    def show_task(
        self, task: Task | None, quiet: Quiet = NOBODY, *, is_checked: bool = False, can_act: bool = True
    ) -> None:
        """Shows the task's name and result.

        Args:
            task: The task whose log is shown.
            quiet: Whose worker has reported nothing for a while.
            is_checked: The task's turns are asked for answers that fit a schema.
            can_act: The person can do something about it here, and is told what.
        """
        title = Content(log_title(task, quiet.get(task.ref, "")) if task is not None else "Log")
        if title != self.log_view.border_title:
            self.log_view.border_title = title
        result = result_of(task, is_checked=is_checked, can_act=can_act) if task is not None else None
        self._show_result(result)

    def _show_result(self, result: Result | None) -> None:
        if result == self._result:
            return
        self._result = result
        block = self._result_block
        block.display = result is not None
        if result is None:
            return
        block.border_title = Content(result.title)
        block.border_subtitle = Content(result.remark)
        paragraphs = [Content.styled(text, tone.colour) for text, tone in result.paragraphs]
        self._result_text.update(Content("\n").join(paragraphs))
        block.scroll_home(animate=False)

    # -- what the person does -----------------------------------------------------------------------------------

    def toggle_raw(self) -> None:
        """The raw JSONL, or the log again."""
        if self.log_view.is_raw:
            self.log_view.show_entries()
        elif self._reader is not None:
            with self._reading():
                self.log_view.show_raw(self._reader.raw_tail())

    def search(self) -> None:
        """Opens the search line."""
        from codex_orch_tui.ui.widgets.search_line import SearchLine  # noqa: PLC0415 - not for the first paint

        keys_ahead_of(self).hold(longest_s=FIELD_S)
        for line in self.query(SearchLine):
            line.focus()
            return
        line = SearchLine(self.log_view)
        self.mount(line, after=self.log_view)
        line.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """The keys of a search are other keys without one."""
        return bool(self.log_view.searched_text) if action in {"next_match", "previous_match", "end_search"} else True

    def action_next_match(self) -> None:
        """To the next place that was found."""
        self.log_view.find(self.log_view.searched_text)

    def action_previous_match(self) -> None:
        """To the place before."""
        self.log_view.find(self.log_view.searched_text, backwards=True)

    def action_end_search(self) -> None:
        """Nothing is looked for any more."""
        self.log_view.clear_find()
        self.refresh_bindings()

    @on(EventLog.OlderWanted)
    def _older(self, message: EventLog.OlderWanted) -> None:
        message.stop()
        if self._reader is None:
            return
        with self._reading():
            if message.is_raw:
                message.log.prepend_raw(self._reader.raw_older())
            else:
                message.log.prepend(self._reader.older())

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What cannot be read is told in the log, once: neither a screen nor its workers end by it."""
        try:
            yield
        except RawLogError as error:
            log = self.log_view
            if log.is_raw:
                log.show_entries()
            if str(error) != self._failure:
                self._failure = str(error)
                text = f"the worker's log cannot be read, and what it says is not shown: {error}"
                log.extend((LogEntry(kind=LogKind.ERROR, text=text),))
