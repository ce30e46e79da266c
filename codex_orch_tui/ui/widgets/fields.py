"""What dialogs with fields are made of: rows, lists of choices, a container that scrolls with the focus."""

from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Label, OptionList, Select
from textual.widgets._select import SelectCurrent, SelectOverlay

from codex_orch_tui.ui.presentation.new_task import choice_lines, shortened
from codex_orch_tui.ui.widgets.still_scroll import StillScroll

_NAME_CELLS = 20
"""Of a closed list."""


class OpenList(SelectOverlay):
    """An open list. It has the keys before it has rows: a page then would be a page of nothing, which raises."""

    def action_page_up(self) -> None:
        """A page up."""
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """A page down."""
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]


class Choice(Select[str]):
    """A compact list of choices, a line each: its name and what it means. All words are literal."""

    def __init__(self, names: Sequence[str], value: str, words: Mapping[Any, str], *, id: str) -> None:  # noqa: A002
        options = [(Content(shortened(name, _NAME_CELLS)), name) for name in names]
        super().__init__(options, value=value, allow_blank=False, compact=True, id=id)
        self._lines = choice_lines(names, words)

    def compose(self) -> ComposeResult:
        """As Select does, with a list that takes keys at once."""
        yield SelectCurrent(self.prompt)
        yield OpenList().data_bind(compact=Select.compact)

    def on_mount(self) -> None:
        """The open list has room for more than the closed one, which Textual fills with the same."""
        self.call_next(self._fill_list)

    def _fill_list(self) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Content(line) for line in self._lines])


class FieldRow(Horizontal):
    """A field with its name before it and what it means behind it."""

    def __init__(self, name: str, field: Widget, words: Widget) -> None:
        super().__init__(classes="row")
        self._parts = (Label(name, classes="name"), field, words)

    def compose(self) -> ComposeResult:
        yield from self._parts


class Fields(StillScroll, can_focus=False):
    """The fields; they scroll with the focus where there is too little room."""
