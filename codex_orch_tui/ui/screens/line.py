"""One line of text: a file's name, a title."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import Paragraph
from codex_orch_tui.ui.screens.frame import FramedScreen
from codex_orch_tui.ui.widgets.hints import Hint
from codex_orch_tui.ui.widgets.paragraph_view import ParagraphView


class LineScreen(FramedScreen[str | None]):
    """Asks for a line. The result is what was typed, without blanks around it, or None."""

    WRITES = True
    CSS_PATH = ["frame.tcss", "line.tcss"]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Back", id="line.close")]

    def __init__(self, title: str, words: str, value: str = "", *, verb: str = "take it") -> None:
        """Makes the question.

        Args:
            title: What is asked for.
            words: What becomes of it.
            value: What stands there at first.
            verb: What enter does.
        """
        super().__init__(title, (Hint("enter", verb), Hint("esc", "back")))
        self._line = Input(value, compact=True, select_on_focus=False, id="line")
        self._words = words

    def content(self) -> Sequence[Widget]:
        """The line, and what becomes of it."""
        return (self._line, ParagraphView([Paragraph(text=self._words, tone=Tone.QUIET)], classes="words"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Takes it, unless it is empty."""
        event.stop()
        if text := event.value.strip():
            self.dismiss(text)

    def action_close(self) -> None:
        """Takes nothing."""
        self.dismiss(None)
