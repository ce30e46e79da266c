"""Every open question of every worker: the oldest first, one at a time."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widgets import Input, Static

from codex_orch_tui.domain.approval import Approval, ApprovalRequest, Decision
from codex_orch_tui.domain.ids import ApprovalId
from codex_orch_tui.domain.state import State
from codex_orch_tui.ui.bindings import ACTIONS, BY_ID, Group, key_label, keys_label
from codex_orch_tui.ui.presentation.approval import answer_keys, inbox_title
from codex_orch_tui.ui.widgets.approval_card import READ_FIRST, ApprovalCard
from codex_orch_tui.ui.widgets.approval_form import FormLine
from codex_orch_tui.ui.widgets.hints import Hint, Hints

if TYPE_CHECKING:
    from textual.widget import Widget

QUIET_TEXT = "Nothing needs you. n starts a task."
_OWN_KEYS = {"approval.send": "ctrl+s", "approval.enter": "enter", "approval.pick": "space"}
_MESSAGE_HINTS = (Hint("enter", "decline and send this"), Hint("esc", "back to the question"))
_FIELD_HINTS = (Hint("enter", "next field"), Hint("ctrl+s", "send your answers"), Hint("esc", "leave the field"))


class MessageLine(FormLine):
    """The line in which a refusal is explained."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "submit", "Decline and send this", show=False, id="approval.send")
    ]


class ApprovalInbox(Vertical):
    """Shows the pending approvals; a quiet line when there is none.

    It answers nothing by itself and prefers no answer. The question that is shown stays until it is answered or gone.
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
        & > .foot { dock: bottom; height: auto; padding-top: 1; }
        & .note { height: auto; padding: 0 1; color: $text-warning; }
        & .foot > FormLine { margin: 0 1; background: $surface; }
    }
    """

    class Answered(Message):
        """The person answered the question that was painted."""

        def __init__(self, approval_id: ApprovalId, decision: Decision) -> None:
            super().__init__()
            self.approval_id = approval_id
            self.decision = decision

    class ViewWanted(Message):
        """The person wants to see everything that the question carries; push an ApprovalScreen."""

        def __init__(self, approval: Approval) -> None:
            super().__init__()
            self.approval = approval

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
        self._keymap = keymap or {}
        self._pending: tuple[Approval, ...] = ()
        self._drafts: dict[ApprovalId, str] = {}
        self._came_from: Widget | None = None
        self._title = ""
        self._told = ""
        self._latest: tuple[tuple[Approval, ...], State, float] | None = None
        self._quiet = Static(QUIET_TEXT, markup=False, classes="quiet")
        own_keys = {
            key for name, keys in self._keymap.items() if name.startswith("approval.") for key in keys.split(",")
        }
        task_keys = {
            key
            for action in ACTIONS
            if action.group in {Group.TASK, Group.LANDING}
            for key in self._keymap.get(action.id, action.keys).split(",")
        }
        self._card = ApprovalCard(guard_s=guard_s, clock=clock, own_keys=own_keys, task_keys=task_keys)
        self._line = MessageLine(placeholder="What shall it do instead?", compact=True, select_on_focus=False)
        self._note = Static("", markup=False, classes="note")
        self._hints = Hints()
        self._foot = Vertical(classes="foot")

    def compose(self) -> ComposeResult:
        """The quiet line; the card with its line, note and keys."""
        yield from (self._quiet, self._card)
        with self._foot:
            yield from (self._line, self._note, self._hints)

    def on_mount(self) -> None:
        """Shows what was given before."""
        self._line.display = self._note.display = False
        self.show(*(self._latest or ((), State(), 0.0)))

    # What is shown.

    @property
    def shown(self) -> Approval | None:
        """The question on the card."""
        return self._card.approval

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
            self._show_nothing()
            return
        here = self._position(self._card.approval)
        if here is None:
            # The one that moved up into the place of the one that went.
            before = [approval.id for approval in old]
            gone = self._card.approval.id if self._card.approval is not None else None
            place = before.index(gone) if gone in before else 0
            self._turn_to(min(place, len(self._pending) - 1), state)
        elif not self._card.display:
            self._turn_to(here, state)
        self._show_title(now_s)

    def _position(self, approval: Approval | None) -> int | None:
        ids = [each.id for each in self._pending]
        return ids.index(approval.id) if approval is not None and approval.id in ids else None

    def _show_nothing(self) -> None:
        had_focus = self.has_focus_within
        self.add_class("-quiet")
        self._quiet.display = True
        if had_focus:
            self._return_focus()
        self._card.display = self._foot.display = False
        self.border_title = self.border_subtitle = None
        self._title = ""
        self._card.forget()
        self._drafts.clear()

    def _turn_to(self, position: int, state: State) -> None:
        approval = self._pending[position]
        if self._line.display:
            self._close_line()
        self.remove_class("-quiet")
        self._quiet.display = False
        self._card.display = self._foot.display = True
        self._say("")
        self._card.show(approval, state.tasks.get(approval.ref))
        self._show_hints()

    def _show_title(self, now_s: float) -> None:
        position = self._position(self._card.approval)
        if position is None:
            return
        title = inbox_title(position, len(self._pending), self._pending[position], now_s)
        if title != self._title:
            # Setting it repaints the border, and this is asked for with every frame.
            self._title = title
            self.border_title = Content(title)

    def _show_hints(self) -> None:
        if self._card.approval is not None:
            self._hints.show(self._present_hints(self._card.approval.request))

    def _present_hints(self, request: ApprovalRequest) -> tuple[Hint, ...]:
        """The keys that act now: in a line that is written, letters are letters."""
        if self._line.display:
            return _MESSAGE_HINTS
        if isinstance(self.screen.focused, FormLine) and self.has_focus_within:
            return _FIELD_HINTS
        is_here = self.has_focus_within
        hints = [] if is_here else [Hint(self._key("go.needs_me"), "to answer")]
        if not self._card.seen_end:
            hints.append(Hint("pgdn", "read on, yes works after the end", is_here))
        hints += [Hint(self._key(name), label, is_here) for name, label in answer_keys(request)]
        if len(self._pending) > 1:
            hints.append(Hint("[ ]", "other questions", is_here))
        return tuple(hints)

    def _key(self, name: str) -> str:
        """The first key of a binding."""
        if name in BY_ID:
            return keys_label(BY_ID[name], self._keymap).split(" ")[0]
        return key_label(self._keymap.get(name, _OWN_KEYS.get(name, "")).split(",")[0])

    def _say(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self._note.update(Content(text))
            self._note.display = bool(text)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as the whole question and its keys take; the card scrolls when it gets fewer."""
        if not self._pending:
            return 1
        rows = self._card.get_content_height(container, viewport, width) + self._hints.row_count(width)
        if self._note.display:
            rows += self._note.get_content_height(container, viewport, width - 2)
        return rows + (2 if self._line.display else 1)

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
            self._say("")

    # What the card says.

    @on(ApprovalCard.Decided)
    def _decided(self, event: ApprovalCard.Decided) -> None:
        event.stop()
        self._drafts.pop(event.approval_id, None)
        self._say("")
        self.post_message(self.Answered(event.approval_id, event.decision))
        self._return_focus()

    @on(ApprovalCard.Moved)
    def _moved(self, event: ApprovalCard.Moved) -> None:
        event.stop()
        here = self._position(self._card.approval)
        if here is None or self._latest is None or not 0 <= here + event.step < len(self._pending):
            return
        self._turn_to(here + event.step, self._latest[1])
        self._show_title(self._latest[2])

    @on(ApprovalCard.ViewWanted)
    def _view_wanted(self, event: ApprovalCard.ViewWanted) -> None:
        event.stop()
        if self._card.approval is not None:
            self.post_message(self.ViewWanted(self._card.approval))

    @on(ApprovalCard.Left)
    def _left(self, event: ApprovalCard.Left) -> None:
        event.stop()
        self._return_focus()

    @on(ApprovalCard.Noted)
    def _noted(self, event: ApprovalCard.Noted) -> None:
        event.stop()
        self._say(event.text)

    @on(ApprovalCard.Scrolled)
    def _scrolled(self, event: ApprovalCard.Scrolled) -> None:
        event.stop()
        if self._card.seen_end and self._told == READ_FIRST:
            self._say("")
        below = self._card.rows_below
        self.border_subtitle = Content(f"{below} more line{'s' if below > 1 else ''} below") if below else None
        self._show_hints()

    # The line in which a refusal is explained.

    @on(ApprovalCard.MessageWanted)
    def _open_line(self, event: ApprovalCard.MessageWanted) -> None:
        event.stop()
        if self._card.approval is None or self._card.approval.id != event.approval_id:
            return
        self._line.value = self._drafts.get(self._card.approval.id, "")
        self._line.display = True
        # At once: what is typed next is the reason, and must not reach the keys of the card.
        self.screen.set_focus(self._line)
        self._show_hints()

    @on(FormLine.Left)
    def _line_left(self, event: FormLine.Left) -> None:
        event.stop()
        self._close_line()

    @on(Input.Changed)
    def _line_changed(self, event: Input.Changed) -> None:
        if event.input is self._line and self._card.approval is not None and self._line.display:
            self._say("")
            self._drafts[self._card.approval.id] = event.value

    @on(Input.Submitted)
    def _line_submitted(self, event: Input.Submitted) -> None:
        if event.input is not self._line:
            return
        event.stop()
        message = event.value.strip()
        if not message:
            self._say("Write a few words, or press esc and then d to decline without any.")
            return
        self._close_line()
        self._card.decline_with(message)

    def _close_line(self) -> None:
        had_focus = self._line.has_focus
        self._line.display = False
        if had_focus:
            self._card.focus(scroll_visible=False)
        self._show_hints()
