"""The frame of every question and dialog: a title, what it says, and the keys that act."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget

from codex_orch_tui.ui.presentation.paragraphs import Paragraph
from codex_orch_tui.ui.screens.one_answer import OneAnswer
from codex_orch_tui.ui.widgets.hints import Hint, Hints
from codex_orch_tui.ui.widgets.paragraph_view import ParagraphView
from codex_orch_tui.ui.widgets.still_scroll import StillScroll

T = TypeVar("T")


class FramedScreen(OneAnswer[T], ModalScreen[T]):
    """A box over the screen below. Subclasses fill it in `content`."""

    CSS_PATH = ["frame.tcss"]  # noqa: RUF012 - Textual's own form
    AUTO_FOCUS = "*"
    WRITES: ClassVar[bool] = False
    """It begins with a field to write in."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual's own form

    def __init__(self, title: str, hints: Sequence[Hint]) -> None:
        """Makes the frame.

        Args:
            title: Clean text; never read as markup.
            hints: The keys that act.
        """
        super().__init__()
        self._box = Vertical(classes="box")
        self._box.border_title = Content(title)
        self._hints = Hints(hints)
        self.is_painted = False
        """What is asked was on screen: a key that was typed ahead is no answer to it."""

    def on_mount(self) -> None:
        """A terminal that has no lines below has none here either."""
        self.set_class(any(screen.has_class("-ascii") for screen in self.app.screen_stack), "-ascii")
        self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        self.is_painted = True

    def compose(self) -> ComposeResult:
        """The box with its content and keys."""
        with self._box:
            yield from self.content()
            yield self._hints

    def content(self) -> Sequence[Widget]:
        """What the frame holds."""
        raise NotImplementedError


class Reading(StillScroll):
    """Paragraphs that scroll when there is too little room."""

    def __init__(self, paragraphs: Sequence[Paragraph], *, classes: str | None = None) -> None:
        """Makes the text."""
        super().__init__(classes=classes)
        self.view = ParagraphView(paragraphs)

    def compose(self) -> ComposeResult:
        """The text."""
        yield self.view
