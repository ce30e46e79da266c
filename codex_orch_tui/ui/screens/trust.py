"""The question whether a file that came with the repository may act for the person."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from codex_orch_tui.services.trust import TrustItem
from codex_orch_tui.ui.ascii_filter import unmistakable
from codex_orch_tui.ui.presentation.trust import TrustText
from codex_orch_tui.ui.screens.frame import FramedScreen, Reading
from codex_orch_tui.ui.widgets.hints import Hint
from codex_orch_tui.ui.widgets.key_guard import KeyGuard

_LEAVE = Hint("esc", "leave it out")
_PAGE = Hint("pgdn", "page down")


class TrustScreen(FramedScreen[bool | None]):
    """Shows exactly what would count. True: the person trusts it; None: it is left out.

    It comes by itself, so no key that people press to go on (enter, space) says yes, keys that were on their way when
    it appeared do nothing, and a yes counts only after the content's end was on screen.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "trust", "Trust it", id="trust.trust"),
        Binding("escape", "close", "Leave it out", id="trust.close"),
        Binding("space", "page", "Page down", show=False),
        Binding("j", "scroll(1)", "Line down", show=False),
        Binding("k", "scroll(-1)", "Line up", show=False),
    ]

    def __init__(self, item: TrustItem, text: TrustText, *, guard_s: float = 0.4) -> None:
        """Makes the question.

        Args:
            item: The file; one with problems can only be left out.
            text: What is shown of it (see presentation.trust).
            guard_s: How long `t` does nothing after the dialog was painted, in seconds.
        """
        super().__init__(text.title, ())
        self._item = item
        self._reading = Reading(text.lines)
        self._last = len(text.lines) - 1
        self._seen_end = False
        self._guard = KeyGuard(guard_s)
        self._guard.arm()
        self._show_hints()

    def content(self) -> Sequence[Widget]:
        """What a yes means, and the content."""
        return (self._reading,)

    def on_mount(self) -> None:
        """Watches how far the person reads."""
        self._reading.view.show(unmistakable(self._reading.view.paragraphs, self.app))
        self._reading.focus()
        self.watch(self._reading, "scroll_y", self._look, init=False)
        self.call_after_refresh(self._first_look)

    def _first_look(self) -> None:
        self._guard.painted()
        self._look()

    def on_resize(self) -> None:
        """More of it may be on screen."""
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        """Notes when the content's last row is on screen; a page down at a time, or a jump, both lead there."""
        end = self._reading.view.row_of_paragraph_end(self._last)
        if not self._seen_end and end <= round(self._reading.scroll_y) + self._reading.scrollable_content_region.height:
            self._seen_end = True
            self._show_hints()

    def _show_hints(self) -> None:
        if self._item.problems:
            self._hints.show((_LEAVE, _PAGE))
        elif self._seen_end:
            self._hints.show((Hint("t", "trust exactly this"), _LEAVE))
        else:
            self._hints.show((Hint("t", "trust, once its end was on screen", acts_now=False), _LEAVE, _PAGE))

    def action_trust(self) -> None:
        """Lets this content count, if the person can have read it."""
        if not self._guard.swallows() and self._seen_end and not self._item.problems:
            self.dismiss(True)

    def action_page(self) -> None:
        """A page down."""
        self._reading.scroll_page_down(animate=False)

    def action_scroll(self, step: int) -> None:
        """A line down or up."""
        self._reading.scroll_relative(y=step, animate=False)

    def action_close(self) -> None:
        """Leaves it out."""
        self.dismiss(None)
