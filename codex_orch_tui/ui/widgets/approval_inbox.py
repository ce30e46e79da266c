"""Every open question of every worker: the oldest first, one at a time."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widgets import Static

from codex_orch_tui.domain.approval import Approval, Decision
from codex_orch_tui.domain.ids import ApprovalId
from codex_orch_tui.domain.state import State
from codex_orch_tui.ui.bindings import ACTIONS, Group
from codex_orch_tui.ui.presentation.approval import gone_told, inbox_title
from codex_orch_tui.ui.presentation.approval_rows import pending_rows
from codex_orch_tui.ui.widgets.approval_card import READ_FIRST, ApprovalCard
from codex_orch_tui.ui.widgets.approval_foot import ApprovalFoot
from codex_orch_tui.ui.widgets.approval_form import FormLine
from codex_orch_tui.ui.widgets.approval_list import ApprovalList
from codex_orch_tui.ui.widgets.option_picker import OptionPicker

if TYPE_CHECKING:
    from textual.widget import Widget

QUIET_TEXT = "Nothing needs you. n starts a task."


class ApprovalInbox(Vertical):
    """Shows the pending approvals; a quiet line when there is none.

    It answers nothing by itself and prefers no answer. The question that is shown stays until it is answered or gone:
    also when a rule that was written meanwhile would have answered it, because what a person is looking at is theirs.
    A question that is asked again, because what it names has changed, is shown again as another one.
    """

    DEFAULT_CSS = """
    ApprovalInbox {
        height: auto;
        max-height: 100%;
        border: round $border-blurred;
        border-title-color: $text-warning;
        border-subtitle-color: $text-muted;
        &:focus-within { border: round $border; border-title-style: bold; }
        &.-quiet { border: none; height: 1; padding: 0 1; color: $text-muted; }
    }
    """

    class Answered(Message):
        """The person answered the question that was painted."""

        def __init__(self, approval_id: ApprovalId, times_asked: int, decision: Decision) -> None:
            super().__init__()
            self.approval_id = approval_id
            self.times_asked = times_asked
            self.decision = decision

    class Painted(Message):
        """A question came on screen for the first time; `text` is its card, row by row."""

        def __init__(self, approval_id: ApprovalId, text: str) -> None:
            super().__init__()
            self.approval_id = approval_id
            self.text = text

    class _About(Message):
        def __init__(self, approval: Approval) -> None:
            super().__init__()
            self.approval = approval

    class Turned(_About):
        """Another question came on the card while the person was there."""

    class ViewWanted(_About):
        """The person wants to see everything that the question carries; push an ApprovalScreen."""

    class ForGoodWanted(_About):
        """The person wants Codex's own rule for it; push a ForGoodScreen. Nothing is answered yet."""

    class Left(Message):
        """The person leaves the questions, none of which is answered by that."""

    class RuleWanted(Message):
        """The person wants a rule of ours that would answer the like of this question; nothing is answered yet."""

        def __init__(self, approval_id: ApprovalId) -> None:
            super().__init__()
            self.approval_id = approval_id

    def __init__(
        self,
        *,
        guard_s: float = 0.4,
        clock: Callable[[], float] = time.monotonic,
        keymap: Mapping[str, str] | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
    ) -> None:
        """Makes an empty inbox.

        Args:
            guard_s: How long keys do nothing after a question appeared, in seconds.
            clock: A monotonic clock, in seconds.
            keymap: The person's own keys by binding id.
            id: The widget's id.
            classes: CSS classes.
        """
        super().__init__(id=id, classes=classes)
        keymap = keymap or {}
        self._pending: tuple[Approval, ...] = ()
        self._drafts: dict[ApprovalId, str] = {}
        self._rules: dict[ApprovalId, str] = {}
        self._came_from: Widget | None = None
        self._title = ""
        self._latest: tuple[tuple[Approval, ...], State, float] | None = None
        self._quiet = Static(QUIET_TEXT, markup=False, classes="quiet")
        own_keys = {key for name, keys in keymap.items() if name.startswith("approval.") for key in keys.split(",")}
        task_keys = {
            key
            for action in ACTIONS
            if action.group in {Group.TASK, Group.LANDING}
            for key in keymap.get(action.id, action.keys).split(",")
        }
        self._list = ApprovalList()
        self._card = ApprovalCard(guard_s=guard_s, clock=clock, own_keys=own_keys, task_keys=task_keys)
        self._foot = ApprovalFoot(keymap)

    def compose(self) -> ComposeResult:
        """The quiet line; the list of all questions; the card of one with its line, note and keys."""
        yield from (self._quiet, self._list, self._card, self._foot)

    def on_mount(self) -> None:
        """Shows what was given before."""
        self.show(*(self._latest or ((), State(), 0.0)))

    # What is shown.

    @property
    def shown(self) -> Approval | None:
        """The question on the card."""
        return self._card.approval

    @property
    def takes_digits(self) -> bool:
        """The person is at a question that digits choose in: there they lead to no pane."""
        return self.has_focus_within and self._card.takes_digits

    def show(self, approvals: Sequence[Approval], state: State, now_s: float) -> None:
        """Shows the pending approvals, oldest first.

        Args:
            approvals: Those that wait for the person.
            state: Where their tasks are looked up.
            now_s: Seconds since the epoch.
        """
        self._latest = (tuple(approvals), state, now_s)
        if not self.is_mounted and not self._card.is_attached:
            return
        old, self._pending = self._pending, tuple(approvals)
        if not self._pending:
            self._show_nothing(state)
            return
        here = self._position(self._card.approval)
        if here is None:
            # The one that moved up into the place of the one that went.
            before = [approval.id for approval in old]
            gone = self._card.approval.id if self._card.approval is not None else None
            place = before.index(gone) if gone in before else 0
            self._turn_to(min(place, len(self._pending) - 1), state)
            if gone is not None and self.has_focus_within:
                told = gone_told(state.approvals.get(gone))
                self._foot.say(f"{told} This is another one." if told else "")
        elif not self._card.display or not self._card.shows(self._pending[here]):
            self._turn_to(here, state)
        elif len(old) != len(self._pending):
            self._show_hints()
        self._show_title(now_s)

    def _position(self, approval: Approval | None) -> int | None:
        ids = [each.id for each in self._pending]
        return ids.index(approval.id) if approval is not None and approval.id in ids else None

    def _show_nothing(self, state: State) -> None:
        had_focus = self.has_focus_within
        gone = self._card.approval
        if had_focus and gone is not None and (told := gone_told(state.approvals.get(gone.id))):
            self.notify(told, severity="warning", markup=False)
        self.add_class("-quiet")
        self._quiet.display = True
        if had_focus:
            self._return_focus()
        self._card.display = self._foot.display = self._list.display = False
        self.border_title = self.border_subtitle = None
        self._title = ""
        self._card.forget()
        self._drafts.clear()
        self._rules.clear()

    def _turn_to(self, position: int, state: State) -> None:
        approval = self._pending[position]
        if self._foot.is_open:
            self._close_line()
        self.remove_class("-quiet")
        self._quiet.display = False
        self._card.display = self._foot.display = True
        self._foot.say("")
        self._card.show(approval, state.tasks.get(approval.ref), self._rules.get(approval.id, ""))
        self._show_hints()
        if self.has_focus_within:
            self.post_message(self.Turned(approval))

    def tell_rules(self, approval_id: ApprovalId, text: str) -> None:
        """What the rules say of an open question since it was asked; its card says that from now on."""
        here = next((place for place, each in enumerate(self._pending) if each.id == approval_id), None)
        if here is None or self._latest is None:
            return
        self._rules[approval_id] = text
        if here == self._position(self._card.approval):
            self._turn_to(here, self._latest[1])

    def _show_title(self, now_s: float) -> None:
        position = self._position(self._card.approval)
        if position is None:
            return
        self._list.show(pending_rows(self._pending, now_s), position)
        self._list.display = len(self._pending) > 1
        title = inbox_title(position, len(self._pending), self._pending[position], now_s)
        if title != self._title:
            # Setting it repaints the border, and this is asked for with every frame.
            self._title = title
            self.border_title = Content(title)

    def _show_hints(self) -> None:
        if self._card.approval is None:
            return
        self._foot.show_hints(
            self._card.approval.request,
            is_here=self.has_focus_within,
            is_in_field=isinstance(self.screen.focused, FormLine) and self.has_focus_within,
            is_in_options=isinstance(self.screen.focused, OptionPicker) and self.has_focus_within,
            is_read=self._card.seen_end,
            has_others=len(self._pending) > 1,
        )

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as the whole question and its keys take; the card scrolls when it gets fewer."""
        if not self._pending:
            return 1
        rows = self._card.get_content_height(container, viewport, width)
        if self._list.display:
            rows += self._list.row_count(width - 2) + 1
        return rows + self._foot.row_count(container, viewport, width)

    # Focus.

    def focus_card(self) -> bool:
        """Takes the focus to the question and remembers where it was; False when nothing is asked."""
        if not self._pending:
            return False
        focused = self.screen.focused
        if focused is not None and self not in focused.ancestors_with_self:
            self._came_from = focused
        self._card.enter_options()
        return True

    def go_on(self) -> bool:
        """To the next question; False on the last one."""
        here = self._position(self._card.approval)
        return here is not None and self._go_to(here + 1)

    def go_to_first(self) -> bool:
        """To the oldest question; False when none is open."""
        return self._go_to(0)

    def _go_to(self, place: int) -> bool:
        if self._latest is None or not 0 <= place < len(self._pending):
            return False
        if place != self._position(self._card.approval):
            self._turn_to(place, self._latest[1])
            self._show_title(self._latest[2])
        return True

    def mark_read(self, approval_id: ApprovalId) -> None:
        """The person has seen the end of this question elsewhere."""
        if self._card.approval is not None and self._card.approval.id == approval_id:
            self._card.mark_read()

    def _return_focus(self) -> None:
        came_from, self._came_from = self._came_from, None
        if came_from is not None and came_from.is_attached and came_from.focusable:
            came_from.focus(scroll_visible=False)

    def on_descendant_focus(self) -> None:
        """Other keys act now."""
        self._show_hints()

    def on_descendant_blur(self) -> None:
        """Other keys act now, and what was said about a key no longer matters."""
        self._show_hints()
        if not self.has_focus_within:
            self._foot.say("")

    # What the card says.

    @on(ApprovalCard.Decided)
    def _decided(self, event: ApprovalCard.Decided) -> None:
        event.stop()
        self._drafts.pop(event.approval_id, None)
        self._foot.say("")
        self.post_message(self.Answered(event.approval_id, event.times_asked, event.decision))
        self._return_focus()

    @on(ApprovalCard.Moved)
    def _moved(self, event: ApprovalCard.Moved) -> None:
        event.stop()
        here = self._position(self._card.approval)
        if here is not None:
            self._go_to(here + event.step)

    @on(ApprovalList.Picked)
    def _picked(self, event: ApprovalList.Picked) -> None:
        event.stop()
        place = next((place for place, each in enumerate(self._pending) if each.id == event.approval_id), -1)
        if self._go_to(place):
            self.focus_card()

    @on(ApprovalCard.Painted)
    def _was_painted(self, event: ApprovalCard.Painted) -> None:
        event.stop()
        self.post_message(self.Painted(event.approval_id, event.text))

    @on(ApprovalCard.ViewWanted)
    def _view_wanted(self, event: ApprovalCard.ViewWanted) -> None:
        event.stop()
        self.post_message(self.ViewWanted(event.approval))

    @on(ApprovalCard.ForGoodWanted)
    def _for_good_wanted(self, event: ApprovalCard.ForGoodWanted) -> None:
        event.stop()
        self.post_message(self.ForGoodWanted(event.approval))

    @on(ApprovalCard.RuleWanted)
    def _rule_wanted(self, event: ApprovalCard.RuleWanted) -> None:
        event.stop()
        self.post_message(self.RuleWanted(event.approval.id))

    @on(ApprovalCard.Left)
    def _left(self, event: ApprovalCard.Left) -> None:
        event.stop()
        self._return_focus()
        self.post_message(self.Left())

    @on(ApprovalCard.Noted)
    def _noted(self, event: ApprovalCard.Noted) -> None:
        event.stop()
        self._foot.say(event.text)

    @on(ApprovalCard.Scrolled)
    def _scrolled(self, event: ApprovalCard.Scrolled) -> None:
        event.stop()
        if self._card.seen_end and self._foot.told == READ_FIRST:
            self._foot.say("")
        below = self._card.rows_below
        self.border_subtitle = Content(f"{below} more line{'s' if below > 1 else ''} below") if below else None
        self._show_hints()

    # The line in which a refusal is explained.

    @on(ApprovalCard.MessageWanted)
    def _open_line(self, event: ApprovalCard.MessageWanted) -> None:
        event.stop()
        if self._card.approval is None or self._card.approval.id != event.approval_id:
            return
        self._foot.open_line(event.approval_id, self._drafts.get(event.approval_id, ""))
        self._show_hints()

    @on(ApprovalFoot.Written)
    def _written(self, event: ApprovalFoot.Written) -> None:
        event.stop()
        self._drafts[event.approval_id] = event.text

    @on(ApprovalFoot.Sent)
    def _sent(self, event: ApprovalFoot.Sent) -> None:
        event.stop()
        if self._foot.is_open and self._card.approval is not None and self._card.approval.id == event.approval_id:
            self._close_line()
            self._card.decline_with(event.text)

    @on(ApprovalFoot.Closed)
    def _close_line(self) -> None:
        if self._foot.close_line():
            self._card.focus(scroll_visible=False)
        self._show_hints()
