"""A message to a worker."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static, TextArea

from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import Paragraph
from codex_orch_tui.ui.screens.frame import FramedScreen
from codex_orch_tui.ui.widgets.hints import Hint
from codex_orch_tui.ui.widgets.paragraph_view import ParagraphView

_HINTS = (Hint("ctrl+s", "send"), Hint("esc", "close, what you wrote is kept"))


class MessageScreen(FramedScreen[str | None]):
    """Asks for a text. The result is the text, or None when it was closed; `draft` has what was written either way."""

    WRITES = True
    CSS_PATH = ["frame.tcss", "message.tcss"]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "Send", id="message.send"),
        Binding("escape", "close", "Close", id="message.close"),
    ]

    def __init__(
        self, title: str, mode_text: str, draft: str = "", written: Callable[[str], object] = lambda _text: None
    ) -> None:
        """Makes the question.

        Args:
            title: To whom it goes.
            mode_text: What becomes of it, such as "The running turn gets it."
            draft: What was written before.
            written: Gets the text whenever it has changed.
        """
        super().__init__(title, _HINTS)
        self._mode_text = mode_text
        self._written = written
        self._area = TextArea(draft, placeholder="What shall it do?", highlight_cursor_line=False)
        self._problem = Static("", classes="problem", markup=False)

    def content(self) -> Sequence[Widget]:
        """The text and what becomes of it."""
        mode = Paragraph(text=self._mode_text, tone=Tone.QUIET)
        return (self._area, self._problem, ParagraphView([mode], classes="mode"))

    def on_mount(self) -> None:
        """Goes on where the draft ended."""
        self._area.focus()
        self._area.move_cursor(self._area.document.end)

    @property
    def draft(self) -> str:
        """What was written so far."""
        return self._area.text

    def on_text_area_changed(self) -> None:
        """What was wrong is being mended."""
        self._problem.remove_class("-told")
        self._written(self.draft)

    def action_send(self) -> None:
        """Sends it, unless it is empty."""
        text = self._area.text.strip()
        if text:
            self.dismiss(text)
            return
        self._problem.update(Content("Write something first."))
        self._problem.add_class("-told")

    def action_close(self) -> None:
        """Leaves without sending."""
        self.dismiss(None)
