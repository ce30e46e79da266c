"""Everything that a worker's question carries, the request itself included."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.domain.task import Task
from codex_orch_tui.ui.ascii_filter import unmistakable
from codex_orch_tui.ui.presentation.approval import card
from codex_orch_tui.ui.presentation.approval_everything import everything
from codex_orch_tui.ui.screens.frame import FramedScreen, Reading
from codex_orch_tui.ui.widgets.hints import Hint

_HINTS = (Hint("pgdn", "page down"), Hint("end", "to the end"), Hint("esc", "back to the question"))


class ApprovalScreen(FramedScreen[bool]):
    """Shows all of a question; it answers nothing. True: the question's end was on screen."""

    CSS_PATH = ["frame.tcss", "approval.tcss"]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,v,q", "close", "Back", id="approval.close"),
        Binding("j", "scroll(1)", "Line down", show=False),
        Binding("k", "scroll(-1)", "Line up", show=False),
        Binding("space", "page", "Page down", show=False),
    ]

    def __init__(self, approval: Approval, task: Task | None) -> None:
        """Makes the view.

        Args:
            approval: The question.
            task: Who asks, when it is known.
        """
        super().__init__(f"Everything that {approval.ref.task} asks", _HINTS)
        self._question_lines = len(card(approval, task, is_whole=True))
        self._reading = Reading(everything(approval, task))
        self._seen_end = False

    def content(self) -> Sequence[Widget]:
        """The question and the request."""
        return (self._reading,)

    def on_mount(self) -> None:
        """Watches how far the person reads."""
        self._reading.view.show(unmistakable(self._reading.view.paragraphs, self.app))
        self._reading.focus()
        self.watch(self._reading, "scroll_y", self._look, init=False)
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        """Notes when the last row of the question itself is on screen; a jump over it does not count."""
        top = round(self._reading.scroll_y)
        last = self._reading.view.row_of_paragraph_end(self._question_lines - 1) - 1
        if top <= last < top + self._reading.scrollable_content_region.height:
            self._seen_end = True

    def action_scroll(self, step: int) -> None:
        """A line down or up."""
        self._reading.scroll_relative(y=step, animate=False)

    def action_page(self) -> None:
        """A page down."""
        self._reading.scroll_page_down(animate=False)

    def action_close(self) -> None:
        """Back to the card."""
        self.dismiss(self._seen_end)
