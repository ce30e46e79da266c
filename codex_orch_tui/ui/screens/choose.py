"""One thing out of a few."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget

from codex_orch_tui.ui.presentation.approval_form import Option
from codex_orch_tui.ui.screens.frame import FramedScreen
from codex_orch_tui.ui.widgets.hints import Hint
from codex_orch_tui.ui.widgets.option_picker import OptionPicker

_HINTS = (Hint("1-9", "choose"), Hint("enter", "choose the marked one"), Hint("esc", "back"))


class ChooseScreen(FramedScreen[str | None]):
    """Offers options; the result is the value of the chosen one, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose", id="choose.choose"),
        Binding("escape", "close", "Back", id="choose.close"),
    ]

    def __init__(self, title: str, options: Sequence[Option], *, at: str = "") -> None:
        """Makes the question.

        Args:
            title: What is chosen.
            options: At least one.
            at: The value that is marked first, as the one that holds; else the first one.
        """
        super().__init__(title, _HINTS)
        self._picker = OptionPicker(options, shows_boxes=False)
        self._picker.cursor = next((place for place, option in enumerate(options) if option.value == at), 0)

    def content(self) -> Sequence[Widget]:
        """The options."""
        return (self._picker,)

    def on_option_picker_changed(self, event: OptionPicker.Changed) -> None:
        """A digit, space or a click chose."""
        event.stop()
        self.answer(event.value)

    def on_key(self, event: events.Key) -> None:
        """Digits choose wherever the focus is."""
        if event.key.isdigit() and self._picker.choose(int(event.key) - 1):
            event.stop()

    def action_choose(self) -> None:
        """Chooses at the cursor."""
        self._picker.action_choose()

    def action_close(self) -> None:
        """Chooses nothing."""
        self.dismiss(None)
