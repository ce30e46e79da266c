"""One question of a worker on paper: all of it, scrolling, and how far it was read."""

import time
from collections.abc import Callable

from textual.app import ComposeResult
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.domain.ids import ApprovalId
from codex_orch_tui.domain.task import Task
from codex_orch_tui.ui.ascii_filter import unmistakable
from codex_orch_tui.ui.presentation import approval_form as forms
from codex_orch_tui.ui.presentation.approval import card
from codex_orch_tui.ui.widgets.approval_form import ApprovalForm
from codex_orch_tui.ui.widgets.key_guard import KeyGuard
from codex_orch_tui.ui.widgets.painted import is_painted
from codex_orch_tui.ui.widgets.paragraph_view import ParagraphView
from codex_orch_tui.ui.widgets.still_scroll import StillScroll


class ApprovalPaper(StillScroll):
    """Shows an approval, knows when it was painted and whether its end was on screen.

    What is painted is one asking of one question: a question that is asked again, because what it names has changed,
    is another one. The guard shuts whenever something else is about to be painted.
    """

    DEFAULT_CSS = """
    ApprovalPaper { width: 1fr; height: 1fr; scrollbar-gutter: stable; }
    """

    class Painted(Message):
        """The question came on screen for the first time; `text` is all of it, row by row as it was wrapped."""

        def __init__(self, approval_id: ApprovalId, text: str) -> None:
            super().__init__()
            self.approval_id = approval_id
            self.text = text

    class Scrolled(Message):
        """What is seen of the question has changed."""

    def __init__(self, *, guard_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Makes an empty paper.

        Args:
            guard_s: How long the guard stays shut after something was painted, in seconds.
            clock: A monotonic clock, in seconds.
        """
        super().__init__()
        self.approval: Approval | None = None
        self._rules = ""
        self._guard = KeyGuard(guard_s, clock=clock)
        self._text = ParagraphView()
        self._form: ApprovalForm | None = None
        self._was_rendered = False
        """In a frame, since the guard shut: what waits for a refresh may be called without one."""
        self._is_settled = False
        self._seen_end = False
        self._enters_options = False

    def compose(self) -> ComposeResult:
        """The text; the fields follow with the question that has some."""
        yield self._text

    def on_mount(self) -> None:
        """Watches for the moment in which another screen is taken away."""
        if self.is_attached:  # a program that is being left takes widgets away before they are mounted
            self.watch(self.screen, "stack_updates", self._came_back, init=False)

    def _came_back(self) -> None:
        self._guard.arm()
        self._await_rendering()

    def shows(self, approval: Approval) -> bool:
        """Whether it is this asking of this question that is shown."""
        shown = self.approval
        return shown is not None and (shown.id, shown.times_asked) == (approval.id, approval.times_asked)

    def show(self, approval: Approval, task: Task | None, rules: str = "") -> None:
        """Shows a question; without effect when it is the one that is shown. It has to be mounted.

        Args:
            approval: The question.
            task: Who asks.
            rules: What the rules say of it since it was asked.
        """
        if self.shows(approval) and rules == self._rules:
            return
        if self.has_focus_within and not self.has_focus:
            # The focused field goes; without this the focus would leave the card and letters would act elsewhere.
            self.focus(scroll_visible=False)
        self.approval, self._rules = approval, rules
        self._is_settled = self._seen_end = self._enters_options = False
        self._guard.arm()
        self._text.show(unmistakable(card(approval, task, rules), self.app))
        self.scroll_to(y=0, animate=False, immediate=True)
        if self._form is not None:
            self._form.display = False  # Its removal takes a while, in which its rows would stand under this question.
            self._form.remove()
        asked = forms.entries(approval.request)
        self._form = ApprovalForm(asked) if asked else None
        if self._form is not None:
            self.mount(self._form)
        self._await_rendering()

    def forget(self) -> None:
        """Nothing is asked any more."""
        self.approval = None
        self._guard.arm()

    def on_show(self) -> None:
        """It came on screen: keys that were meant for what was there before must not act."""
        self._guard.arm()
        self._await_rendering()

    def on_hide(self) -> None:
        """Another pane is in front, or the window is too small: nothing can be read."""
        self._guard.arm()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Called for every frame that this is a part of."""
        if self.screen.is_active:
            self._was_rendered = True
        return super().render_lines(crop)

    def _await_rendering(self) -> None:
        self._was_rendered = False
        # The whole screen: it hears of its own refresh at once, but of this widget's and its text's some frames later.
        self.screen.refresh(layout=True)
        self._await_paint()

    def _await_paint(self) -> None:
        if self.approval is not None:
            self.call_after_refresh(self._painted, self.approval)

    def _painted(self, approval: Approval) -> None:
        """Called after a refresh of the screen that was asked for when `approval` was shown."""
        if not self.shows(approval) or not self._is_in_front:
            return
        if self._form is not None and not self._form.is_ready:
            self._await_rendering()
            return
        if not self._was_rendered:
            self._await_paint()
            return
        self._guard.painted()
        if not self._is_settled:
            self._is_settled = True
            self.post_message(self.Painted(approval.id, self._painted_text()))
        if self._enters_options and self.has_focus:
            self.enter_options()
        self._look_for_end()

    def _painted_text(self) -> str:
        """The rows of the question and of its fields; nothing that the person writes is in it."""
        fields = self._form.painted_rows() if self._form is not None else []
        return "\n".join([*self._text.painted_rows(), *fields])

    def enter_options(self) -> None:
        """Takes the focus: to the options where the question has some, else to the card itself."""
        self._enters_options = self._form is not None and not self._form.is_ready
        if self._form is None or self._enters_options or not self._form.enter(only_options=True):
            self.focus()

    @property
    def _is_in_front(self) -> bool:
        return is_painted(self)

    @property
    def rows_below(self) -> int:
        """Rows of the question under the last one that is seen."""
        return max(0, self.max_scroll_y - round(self.scroll_y))

    @property
    def seen_end(self) -> bool:
        """Whether the end of the question was on screen."""
        return self._seen_end

    @property
    def takes_digits(self) -> bool:
        """Whether the question has options that digits choose."""
        return self._form is not None and self._form.takes_digits

    def mark_read(self) -> None:
        """The person has seen the end elsewhere."""
        self._seen_end = True
        self.post_message(self.Scrolled())

    def _look_for_end(self) -> None:
        if self._is_settled and self._is_in_front and self.rows_below == 0:
            self._seen_end = True
        self.post_message(self.Scrolled())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The end may have come on screen."""
        super().watch_scroll_y(old_value, new_value)
        self._look_for_end()

    def on_resize(self) -> None:
        """The end may have come on screen, or the card itself."""
        self._await_paint()
        self.call_after_refresh(self._look_for_end)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Rows that the whole question takes in a card of `width` cells."""
        text_cells = width - self.styles.scrollbar_size_vertical
        rows = self._text.row_count(text_cells)
        if self._form is not None and self._form.is_ready:
            rows += self._form.get_content_height(container, viewport, text_cells)
        return rows
