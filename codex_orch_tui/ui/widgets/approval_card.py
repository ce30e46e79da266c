"""One question of a worker: all of it, scrolling, with the keys that answer it."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from codex_orch_tui.domain.approval import Approval, Choice, Decision
from codex_orch_tui.domain.ids import ApprovalId
from codex_orch_tui.domain.task import Task
from codex_orch_tui.ui.ascii_filter import unmistakable
from codex_orch_tui.ui.bindings import Where, bindings
from codex_orch_tui.ui.presentation import approval_form as forms
from codex_orch_tui.ui.presentation.approval import card
from codex_orch_tui.ui.widgets.approval_form import ApprovalForm, FormLine
from codex_orch_tui.ui.widgets.key_guard import KeyGuard
from codex_orch_tui.ui.widgets.painted import is_painted
from codex_orch_tui.ui.widgets.paragraph_view import ParagraphView
from codex_orch_tui.ui.widgets.still_scroll import StillScroll

_MOVING_KEYS = frozenset(
    {"up", "down", "left", "right", "pageup", "pagedown", "home", "end", "j", "k", "tab", "shift+tab", "escape"}
    | {"left_square_bracket", "right_square_bracket", "ctrl+p", "ctrl+c", "ctrl+q"}
)
"""Keys that cannot answer, unless the person made them: they act while the guard is shut."""
TOO_EARLY = "That key came too soon after this question appeared and did nothing. Read it, then press again."
LEAVE_FIRST = "That key acts on the task you were at: esc leaves the question first."
NOT_OFFERED = "This question does not take that answer; the keys below do."
FILL_IN = "Fill in the fields; ctrl+s sends."
READ_FIRST = "Read it to the end first: space, pgdn or end."


class ApprovalCard(StillScroll):
    """Shows an approval and turns keys into a decision about exactly what is painted.

    Keys do nothing while the guard is shut, and saying yes to a long text does nothing before its end was on screen.
    """

    DEFAULT_CSS = """
    ApprovalCard { width: 1fr; height: auto; max-height: 100%; scrollbar-gutter: stable; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Where.APPROVAL),
        Binding("ctrl+s", "send", "Send the answers", show=False, id="approval.send"),
        Binding("right_square_bracket,right", "move(1)", "Next question", show=False, id="approval.next"),
        Binding("left_square_bracket,left", "move(-1)", "Question before", show=False, id="approval.previous"),
        Binding("enter", "enter", "To the fields", show=False, id="approval.enter"),
        Binding("space", "pick_or_page", "Choose, or a page down", show=False, id="approval.pick"),
        Binding("escape", "leave", "Back to where you were", show=False, id="approval.leave"),
        Binding("j", "scroll_down", "Line down", show=False, id="approval.down"),
        Binding("k", "scroll_up", "Line up", show=False, id="approval.up"),
    ]

    class Decided(Message):
        """The person answered what this card showed."""

        def __init__(self, approval_id: ApprovalId, decision: Decision) -> None:
            super().__init__()
            self.approval_id = approval_id
            self.decision = decision

    class Moved(Message):
        """The person wants to see the next question (1), or the one before (-1)."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class MessageWanted(Message):
        """The person declines and wants to say why."""

        def __init__(self, approval_id: ApprovalId) -> None:
            super().__init__()
            self.approval_id = approval_id

    class ViewWanted(Message):
        """The person wants to see everything."""

    class Left(Message):
        """The person goes back to where they were."""

    class Scrolled(Message):
        """What is seen of the question has changed."""

    class Noted(Message):
        """Something to say under the card, such as why a key did nothing; empty: what was said is over."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self,
        *,
        guard_s: float = 0.4,
        clock: Callable[[], float] = time.monotonic,
        own_keys: Iterable[str] = (),
        task_keys: Iterable[str] = (),
    ) -> None:
        """Makes an empty card.

        Args:
            guard_s: How long keys do nothing after the card appeared or changed, in seconds.
            clock: A monotonic clock, in seconds.
            own_keys: Keys that the person chose for answers.
            task_keys: Keys that act on the current task, which need not be the one that asks.
        """
        super().__init__()
        self._task_keys = frozenset(task_keys).difference(self._bindings.key_to_bindings, own_keys)
        self._free_keys = _MOVING_KEYS.difference(own_keys)
        self.approval: Approval | None = None
        self._guard = KeyGuard(guard_s, clock=clock)
        self._text = ParagraphView()
        self._form: ApprovalForm | None = None
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
        self._await_paint()

    # What is shown.

    def show(self, approval: Approval, task: Task | None) -> None:
        """Shows a question; without effect when it is the one that is shown. The card has to be mounted."""
        if self.approval is not None and self.approval.id == approval.id:
            return
        if self.has_focus_within and not self.has_focus:
            # The focused field goes; without this the focus would leave the card and letters would act elsewhere.
            self.focus(scroll_visible=False)
        self.approval = approval
        self._is_settled = self._seen_end = self._enters_options = False
        self._guard.arm()
        self._text.show(unmistakable(card(approval, task), self.app))
        self.scroll_to(y=0, animate=False, immediate=True)
        if self._form is not None:
            self._form.remove()
        asked = forms.entries(approval.request)
        self._form = ApprovalForm(asked) if asked else None
        if self._form is not None:
            self.mount(self._form)
        self._await_paint()

    def forget(self) -> None:
        """Nothing is asked any more."""
        self.approval = None
        self._guard.arm()

    def on_show(self) -> None:
        """The card came on screen: keys that were meant for what was there before must not act."""
        self._guard.arm()
        self._await_paint()

    def on_hide(self) -> None:
        """Another pane is in front, or the window is too small: nothing can be read."""
        self._guard.arm()

    def _await_paint(self) -> None:
        if self.approval is not None:
            self.call_after_refresh(self._painted, self.approval.id)

    def _painted(self, approval_id: ApprovalId) -> None:
        """Called after a refresh of the screen that was asked for when `approval_id` was shown."""
        if self.approval is None or self.approval.id != approval_id or not self._is_in_front:
            return
        if self._form is not None and not self._form.is_ready:
            self._await_paint()
            return
        self._guard.painted()
        self._is_settled = True
        if self._enters_options and self.has_focus:
            self.enter_options()
        self._look_for_end()

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

    # Keys.

    def on_key(self, event: events.Key) -> None:
        """Swallows keys while the guard is shut, also those that only the app knows."""
        self.post_message(self.Noted(""))
        if event.key in self._free_keys:
            return
        if not self._may_act() or (self._form is not None and self._form.choose_by(event.key)):
            event.stop()
        elif event.key in self._task_keys:
            event.stop()
            self.post_message(self.Noted(LEAVE_FIRST))

    def _may_act(self) -> bool:
        """Asked for each key twice: another question may have come while the key was on its way to its action."""
        if not self._is_in_front:
            self._guard.arm()
            return False
        if not self._guard.swallows():
            return True
        self._await_paint()
        self.post_message(self.Noted(TOO_EARLY))
        return False

    def enter_options(self) -> None:
        """Takes the focus: to the options where the question has some, else to the card itself."""
        self._enters_options = self._form is not None and not self._form.is_ready
        if self._form is None or self._enters_options or not self._form.enter(only_options=True):
            self.focus()

    def action_enter(self) -> None:
        """To the fields; nothing where there are none: enter never answers."""
        if self._form is not None:
            self._form.enter()

    def action_pick_or_page(self) -> None:
        """To the options, or a page down."""
        if self._form is None or not self._form.enter(only_options=True):
            self.scroll_page_down(animate=False)

    def action_move(self, step: int) -> None:
        """Another question."""
        self.post_message(self.Moved(step))

    def action_view(self) -> None:
        """Everything."""
        self.post_message(self.ViewWanted())

    def action_leave(self) -> None:
        """Back."""
        self.post_message(self.Left())

    def on_form_line_left(self, event: FormLine.Left) -> None:
        """Escape in a field: back to the card."""
        event.stop()
        self.focus()

    def action_accept(self) -> None:
        """Yes, this once; for permissions: what is checked, for this turn."""
        self._say_yes(Choice.ACCEPT)

    def action_accept_session(self) -> None:
        """Yes, and again unasked; for permissions: what is checked, until the worker ends."""
        self._say_yes(Choice.ACCEPT_FOR_SESSION)

    def action_decline(self) -> None:
        """No."""
        if self._takes(Choice.DECLINE):
            self._decide(Decision(choice=Choice.DECLINE))

    def action_decline_message(self) -> None:
        """No, and why."""
        if self._takes(Choice.DECLINE) and self.approval is not None:
            # The first letters of the reason may still come here: they must not say yes.
            self._guard.arm()
            self._await_paint()
            self.post_message(self.MessageWanted(self.approval.id))

    def decline_with(self, message: str) -> None:
        """No, and what to do instead."""
        if self._takes(Choice.DECLINE):
            self._decide(Decision(choice=Choice.DECLINE, message=message))

    def action_cancel(self) -> None:
        """No, and the turn ends."""
        if self._takes(Choice.CANCEL):
            self._decide(Decision(choice=Choice.CANCEL))

    def action_send(self) -> None:
        """Sends what was filled in."""
        if not self._takes(Choice.ANSWER) or not self._is_read():
            return
        values = self._form.values if self._form is not None else {}
        asked = forms.entries(self.approval.request) if self.approval is not None else ()
        if self._is_filled_in(asked, values):
            self._decide(forms.answer(asked, values))

    def _say_yes(self, choice: Choice) -> None:
        request = self.approval.request if self.approval is not None else None
        is_grant = request is not None and Choice.GRANT in request.choices
        if request is None or not self._takes(Choice.GRANT if is_grant else choice) or not self._is_read():
            return
        if not is_grant:
            self._decide(Decision(choice=choice))
            return
        values = self._form.values if self._form is not None else {}
        if self._is_filled_in(forms.entries(request), values):
            self._decide(forms.grant(values, for_session=choice is Choice.ACCEPT_FOR_SESSION))

    def _is_filled_in(self, asked: Sequence[forms.Entry], values: forms.Values) -> bool:
        found = forms.problems(asked, values)
        if self._form is not None:
            self._form.tell(found)
        return not found

    def _is_read(self) -> bool:
        if not self._seen_end:
            self.post_message(self.Noted(READ_FIRST))
        return self._seen_end

    def _takes(self, choice: Choice) -> bool:
        """Whether the question offers the answer and a key may give one now; says why not."""
        if self.approval is None or not self._may_act():
            return False
        if choice in self.approval.request.choices:
            return True
        has_form = choice in {Choice.ACCEPT, Choice.ACCEPT_FOR_SESSION} and self._form is not None
        self.post_message(self.Noted(FILL_IN if has_form else NOT_OFFERED))
        return False

    def _decide(self, decision: Decision) -> None:
        """Hands the decision on. The guard shuts: a second press is not meant for what comes next."""
        if self.approval is None:
            return
        self._guard.arm()
        self._await_paint()
        self.post_message(self.Decided(self.approval.id, decision))
