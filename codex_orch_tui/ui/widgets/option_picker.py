"""A short list to choose from: one of the options, or any number of them."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var

from codex_orch_tui.ui.presentation.approval_form import Option
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import Paragraph
from codex_orch_tui.ui.widgets.paragraph_view import ParagraphView

_MAX_NUMBERED = 9


class OptionPicker(ParagraphView, can_focus=True):
    """Options with a cursor. Space chooses, digits choose directly; nothing is chosen at first."""

    DEFAULT_CSS = """
    OptionPicker {
        & .text--accent { text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("space", "choose", "Choose", show=False),
    ]

    cursor = var(0, init=False)
    """The option that space chooses, counted from 0."""

    class Changed(Message):
        """An option was chosen, or let go of: `value` is that one. Another may have followed it already."""

        def __init__(self, picker: "OptionPicker", value: str) -> None:
            super().__init__()
            self.picker = picker
            self.value = value

        @property
        def control(self) -> "OptionPicker":
            """The picker."""
            return self.picker

    def __init__(
        self,
        options: Sequence[Option],
        *,
        takes_many: bool = False,
        shows_boxes: bool = True,
        chosen: Sequence[str] = (),
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
    ) -> None:
        """Makes a picker.

        Args:
            options: What can be chosen.
            takes_many: Any number of options can be chosen, else one.
            shows_boxes: What is chosen is marked; without it choosing is all that there is to see.
            chosen: Values that are chosen from the beginning.
            id: The widget's id.
            classes: CSS classes.
        """
        super().__init__(id=id, classes=classes)
        self.options = tuple(options)
        self.takes_many = takes_many
        self.shows_boxes = shows_boxes
        self._chosen = set(chosen)
        self._paint()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The chosen values, in the order of the options."""
        return tuple(option.value for option in self.options if option.value in self._chosen)

    def choose(self, position: int) -> bool:
        """Chooses an option, or lets go of it when it is chosen; False when there is no such position."""
        if not 0 <= position < len(self.options):
            return False
        value = self.options[position].value
        if value in self._chosen:
            self._chosen.discard(value)
        elif self.takes_many:
            self._chosen.add(value)
        else:
            self._chosen = {value}
        self.cursor = position
        self._paint()
        self.post_message(self.Changed(self, value))
        return True

    def clear(self) -> None:
        """Lets go of what is chosen."""
        self._chosen.clear()
        self._paint()

    def action_move(self, step: int) -> None:
        """Moves the cursor."""
        self.cursor = min(max(0, self.cursor + step), len(self.options) - 1)

    def action_choose(self) -> None:
        """Chooses at the cursor."""
        self.choose(self.cursor)

    def on_key(self, event: events.Key) -> None:
        """Digits choose."""
        if event.character in set("123456789") and self.choose(int(event.character or 0) - 1):
            event.stop()

    def on_click(self, event: events.Click) -> None:
        """A click chooses."""
        rows = self._laid_out(self.content_size.width)
        if 0 <= event.y < len(rows):
            self.choose(rows[event.y].paragraph)

    def watch_cursor(self) -> None:
        """Shows where the cursor is."""
        self._paint()
        if self.is_mounted:
            self.call_after_refresh(self._show_cursor)

    def _show_cursor(self) -> None:
        """Scrolls the container so that the cursor's row is seen."""
        rows = self._laid_out(self.content_size.width)
        row = next((y for y, row in enumerate(rows) if row.paragraph == self.cursor), 0)
        container = next((each for each in self.ancestors if isinstance(each, ScrollableContainer)), None)
        if container is None:
            return
        area, y = container.scrollable_content_region, self.content_region.y + row
        if y < area.y:
            container.scroll_relative(y=y - area.y, animate=False)
        elif y >= area.bottom:
            container.scroll_relative(y=y - area.bottom + 1, animate=False)

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor is seen while the picker has the focus."""
        super().watch_has_focus(has_focus)
        self._paint()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """At least a row."""
        return max(1, super().get_content_height(container, viewport, width))

    def _paint(self) -> None:
        self.show([self._line(index, option) for index, option in enumerate(self.options)])

    def _line(self, index: int, option: Option) -> Paragraph:
        here = self.has_focus and index == self.cursor
        mark = "x" if option.value in self._chosen else " "
        box = "" if not self.shows_boxes else f"[{mark}]" if self.takes_many else f"({mark})"
        number = f"{index + 1}" if index < _MAX_NUMBERED else " "
        detail = f"  {option.detail}" if option.detail else ""
        return Paragraph(
            text=f"{option.label}{detail}",
            label=f"{'>' if here else ' '} {number} {box}",
            label_cells=8 if self.shows_boxes else 4,
            indent=3 if self.shows_boxes else 1,
            tone=Tone.ACCENT if here else Tone.PLAIN,
            is_strong=here,
        )
