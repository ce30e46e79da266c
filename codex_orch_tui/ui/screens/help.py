"""Every key and every sign, on one screen."""

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from codex_orch_tui.ui.bindings import ACTIONS, BY_ID, Action, Group
from codex_orch_tui.ui.key_names import keys_label
from codex_orch_tui.ui.presentation.available import is_of_now
from codex_orch_tui.ui.presentation.glyphs import PLANNED, TASK_LOOKS, WAITS
from codex_orch_tui.ui.presentation.wait_words import PAUSED
from codex_orch_tui.ui.screens.one_answer import OneAnswer

if TYPE_CHECKING:
    from textual.dom import DOMNode

_KEY_CELLS = 13
_COLUMN_CELLS = 57
_PAGE_CELLS = 117
"""Of text: what help.tcss gives the page, without its border, padding and scrollbar."""

_NOT_IN_REPLAY = frozenset({Group.TASK, Group.LANDING, Group.APPROVAL, Group.REVIEW, Group.DIALOG, Group.PLAN})


class HelpScreen(OneAnswer[None], ModalScreen[None]):
    """The table of actions as a page.

    Args:
        keymap: The person's own keys by action id.
        ascii_only: Signs for terminals without the others.
        here: The keys of the place where the person is; they come first.
    """

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss(None)", "back", id="help.back"),
        Binding("j", "scroll('down')", show=False, id="help.down"),
        Binding("k", "scroll('up')", show=False, id="help.up"),
    ]

    def __init__(self, keymap: Mapping[str, str], *, ascii_only: bool, here: Group | None = None) -> None:
        super().__init__()
        self._here = here
        self._keymap = keymap
        self._ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """One scrolling page with two columns of text."""
        page = VerticalScroll(id="help")
        page.border_title = "Keys and signs"
        page.border_subtitle = "esc back"
        with page:
            yield Static(self._text(), id="help-text", markup=False)

    def on_resize(self) -> None:
        """One column or two, as there is room."""
        self.query_one("#help-text", Static).update(self._text())

    def _text(self) -> Content:
        page = min(_PAGE_CELLS, int(self.app.size.width * 0.96) - 7)
        columns = 2 if page >= 2 * _COLUMN_CELLS + 2 else 1
        cells = page if columns == 1 else _COLUMN_CELLS
        rest = side_by_side(
            [*(self._section(group, cells) for group in Group if self._is_told(group)), self._signs()], columns
        )
        return rest if self._here is None else Content("\n").join([*self._section(self._here, page), Content(""), rest])

    def _is_told(self, group: Group) -> bool:
        """All but those of the place, which come first, and those of a replay, which act in no other program.

        A replay refuses every command, so those that start, answer or merge are not told in it.
        """
        refused = _NOT_IN_REPLAY if self._here is Group.REPLAY else frozenset()
        return group not in {self._here, Group.REPLAY} | refused

    def _is_for_here(self, action: Action) -> bool:
        return self._here is not Group.REPLAY or not is_of_now(action)

    def action_scroll(self, direction: str) -> None:
        """A line up or down."""
        page = self.query_one("#help", VerticalScroll)
        page.scroll_relative(y=1 if direction == "down" else -1, animate=False)

    def _section(self, group: Group, cells: int) -> list[Content]:
        title = f"Here: {group.value[0].lower()}{group.value[1:]}" if group is self._here else group.value
        lines = [Content.styled(title, "bold $text-accent")]
        for action in ACTIONS:
            if action.group is group and self._is_for_here(action):
                keys = keys_label(action, self._keymap).ljust(_KEY_CELLS)
                first, *more = textwrap.wrap(action.tooltip, max(1, cells - len(keys) - 1))
                lines.append(Content.assemble(Content.styled(f"{keys} ", "bold $foreground"), (first, "$text-muted")))
                lines += (Content.styled(f"{' ' * len(keys)} {line}", "$text-muted") for line in more)
        return lines

    def _signs(self) -> list[Content]:
        lines = [Content.styled("Signs of tasks", "bold $text-accent")]
        told: set[str] = set()
        for look in (*TASK_LOOKS.values(), WAITS, PAUSED, PLANNED):
            if look.word in told:
                continue
            told.add(look.word)
            sign = look.sign(ascii_only=self._ascii_only).ljust(_KEY_CELLS)
            lines.append(Content.assemble(Content.styled(f"{sign} ", look.tone.colour), (look.word, "$text-muted")))
        return lines


def side_by_side(sections: list[list[Content]], columns: int) -> Content:
    """The sections in one or two columns of about the same height, an empty line between them."""
    flat: list[list[Content]] = [[] for _ in range(columns)]
    total = sum(len(section) + 1 for section in sections)
    column = 0
    for section in sections:
        if column + 1 < columns and len(flat[column]) + len(section) / 2 > total / columns:
            column += 1
        flat[column] += [*section, Content("")]
    if columns == 1:
        return Content("\n").join(flat[0])
    lines = []
    for row in range(max(len(each) for each in flat)):
        left = flat[0][row] if row < len(flat[0]) else Content("")
        right = flat[1][row] if row < len(flat[1]) else Content("")
        left = left.truncate(_COLUMN_CELLS, ellipsis=True)
        lines.append(Content.assemble(left, " " * max(2, _COLUMN_CELLS + 2 - cell_len(left.plain)), right))
    return Content("\n").join(lines)


def group_at(screen: Screen[Any]) -> Group | None:
    """The keys that are nearest to what has the focus; None where only those of the main screen act."""
    found: dict[DOMNode, Group] = {}
    for active in screen.active_bindings.values():
        action = BY_ID.get(active.binding.id or "")
        if action is not None:
            found.setdefault(active.node, action.group)
    if any(active.binding.id == "replay.play" for active in screen.active_bindings.values()):
        return Group.REPLAY
    if (whole := found.get(screen)) in {Group.REVIEW, Group.HISTORY, Group.PLAN}:
        return whole
    places = screen.focused.ancestors_with_self if screen.focused is not None else ()
    return next((found[place] for place in places if place in found and place is not screen), None)
