"""One question of a worker with the keys that answer it."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from codex_orch_tui.domain.approval import Approval, Choice, Decision
from codex_orch_tui.domain.ids import ApprovalId
from codex_orch_tui.ui.bindings import Where, bindings
from codex_orch_tui.ui.presentation import approval_form as forms
from codex_orch_tui.ui.presentation.approval_answers import offers_rule
from codex_orch_tui.ui.widgets.approval_form import FormLine
from codex_orch_tui.ui.widgets.approval_paper import ApprovalPaper
from codex_orch_tui.ui.widgets.refusing import refused_on

_MOVING_KEYS = frozenset(
    {"up", "down", "left", "right", "pageup", "pagedown", "home", "end", "j", "k", "tab", "shift+tab", "escape"}
    | {"left_square_bracket", "right_square_bracket", "ctrl+p", "ctrl+c", "ctrl+q"}
)
"""Keys that cannot answer, unless the person made them: they act while the guard is shut."""
TOO_EARLY = "That key came too soon after this question appeared and did nothing. Read it, then press again."
LEAVE_FIRST = "That key acts on the task you were at: esc leaves the question first."
NOT_OFFERED = "This question does not take that answer; the keys below do."
FILL_IN = "Fill in the fields; ctrl+s sends."
NO_RULE = "No rule can answer this kind of question; the keys below do."
READ_FIRST = "Read it to the end first: space, pgdn or end."


class ApprovalCard(ApprovalPaper):
    """Turns keys into a decision about exactly what is painted.

    Keys do nothing while the guard is shut, and saying yes to a long text does nothing before its end was on screen.
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

        def __init__(self, approval_id: ApprovalId, times_asked: int, decision: Decision) -> None:
            super().__init__()
            self.approval_id = approval_id
            self.times_asked = times_asked
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

    class _About(Message):
        def __init__(self, approval: Approval) -> None:
            super().__init__()
            self.approval = approval

    class ViewWanted(_About):
        """The person wants to see everything."""

    class RuleWanted(_About):
        """The person wants a rule of ours that would answer the like of it."""

    class ForGoodWanted(_About):
        """The person wants Codex's own rule for it; nothing is answered yet."""

    class Left(Message):
        """The person goes back to where they were."""

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
        super().__init__(guard_s=guard_s, clock=clock)
        self._task_keys = frozenset(task_keys).difference(self._bindings.key_to_bindings, own_keys)
        self._free_keys = _MOVING_KEYS.difference(own_keys)
        self._meant: Approval | None = None
        """The question that the key in work was pressed for; None: no key of an answer."""

    # Keys.

    def on_key(self, event: events.Key) -> None:
        """Swallows keys that were pressed while the guard was shut, also those that only the app knows."""
        self.post_message(self.Noted(""))
        self._meant = None
        if event.key == "tab" and self.has_focus and self._form is not None and self._form.enter():
            # To the fields first: what is typed after a tab is an answer, and would be commands in another pane.
            event.stop()
            event.prevent_default()
            return
        if event.key in self._free_keys:
            return
        age_s = max(0.0, time.monotonic() - event.time)
        if not self._may_act(age_s) or (self._form is not None and self._form.choose_by(event.key)):
            event.stop()
        elif event.key in self._task_keys:
            event.stop()
            self.post_message(self.Noted(LEAVE_FIRST))
        else:
            self._meant = self.approval

    def _may_act(self, age_s: float = 0.0) -> bool:
        """Whether a key that was pressed so long ago, in seconds, came when the question could have been read."""
        if not self._is_in_front:
            self._guard.arm()
            return False
        if not self._guard.swallows(age_s):
            return True
        self._await_paint()
        self.post_message(self.Noted(TOO_EARLY))
        return False

    def _is_meant(self) -> bool:
        """Asked again by each action: another question may have come while its key was on the way to it."""
        if why := refused_on(self.screen, "approval.accept"):
            self.post_message(self.Noted(why))
            return False
        return self._meant is not None and self.shows(self._meant) and self._may_act()

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
        if self.approval is not None:
            self.post_message(self.ViewWanted(self.approval))

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
        if self._offers(Choice.DECLINE) and self._may_act():
            self._decide(Decision(choice=Choice.DECLINE, message=message))

    def action_accept_for_good(self) -> None:
        """Yes, and Codex keeps a rule of its own: asked about first."""
        if self._takes(Choice.ACCEPT_FOR_GOOD) and self._is_read() and self.approval is not None:
            self.post_message(self.ForGoodWanted(self.approval))

    def action_rule(self) -> None:
        """A rule of ours; answers nothing."""
        if self.approval is None or not self._is_meant():
            return
        if offers_rule(self.approval.request):
            self.post_message(self.RuleWanted(self.approval))
        else:
            self.post_message(self.Noted(NO_RULE))

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
        return self._is_meant() and self._offers(choice)

    def _offers(self, choice: Choice) -> bool:
        if self.approval is None:
            return False
        request = self.approval.request
        if choice in request.choices and (choice is not Choice.ACCEPT_FOR_GOOD or request.amendment):
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
        self.post_message(self.Decided(self.approval.id, self.approval.times_asked, decision))
