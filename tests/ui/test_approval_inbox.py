"""The inbox: what it shows, which keys answer, and that no key answers what was not read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import (
    Approval,
    ApprovalKind,
    ApprovalRequest,
    Choice,
    Decision,
    FormField,
    Outcome,
    PermissionEntry,
    Question,
    QuestionOption,
)
from codex_orch_tui.ui.presentation.approval_rows import about
from codex_orch_tui.ui.presentation.paragraphs import plain_text
from codex_orch_tui.ui.widgets.approval_card import LEAVE_FIRST, NO_RULE, READ_FIRST, TOO_EARLY, ApprovalCard
from codex_orch_tui.ui.widgets.approval_inbox import ApprovalInbox
from codex_orch_tui.ui.widgets.approval_list import ApprovalList
from codex_orch_tui.ui.widgets.option_picker import OptionPicker
from codex_orch_tui.ui.widgets.paragraph_view import ParagraphView
from tests.fakes.states import Story, command_request

if TYPE_CHECKING:
    from codex_orch_tui.domain.ids import ApprovalId


class FakeClock:
    """A monotonic clock that a test turns, in seconds."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Elsewhere(Label, can_focus=True):
    """Another pane."""


class InboxApp(App[None]):
    """An inbox beside another pane; the app has a `d` of its own, as the program has."""

    CSS = "ApprovalInbox { max-height: 80%; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("d,a,c,n,y,v,x,i,m,D,u,s", "own", "own")]

    def __init__(self, story: Story, clock: FakeClock) -> None:
        super().__init__()
        self.story = story
        self.answers: list[tuple[ApprovalId, Decision]] = []
        self.viewed: list[str] = []
        self.painted: list[tuple[str, str]] = []
        self.turned: list[ApprovalId] = []
        self.wanted: list[tuple[str, str]] = []
        self.asked: list[int] = []
        self.own_keys = 0
        self.inbox = ApprovalInbox(guard_s=0.4, clock=clock)

    def compose(self) -> ComposeResult:
        yield Elsewhere("elsewhere")
        yield self.inbox

    def action_own(self) -> None:
        self.own_keys += 1

    def on_approval_inbox_answered(self, event: ApprovalInbox.Answered) -> None:
        self.answers.append((event.approval_id, event.decision))
        self.asked.append(event.times_asked)

    def on_approval_inbox_painted(self, event: ApprovalInbox.Painted) -> None:
        self.painted.append((event.approval_id, event.text))

    def on_approval_inbox_turned(self, event: ApprovalInbox.Turned) -> None:
        self.turned.append(event.approval.id)

    def on_approval_inbox_rule_wanted(self, event: ApprovalInbox.RuleWanted) -> None:
        self.wanted.append(("rule", event.approval_id))

    def on_approval_inbox_for_good_wanted(self, event: ApprovalInbox.ForGoodWanted) -> None:
        self.wanted.append(("for good", event.approval.id))

    def on_approval_inbox_view_wanted(self, event: ApprovalInbox.ViewWanted) -> None:
        self.viewed.append(event.approval.id)

    def refresh_inbox(self) -> None:
        state = self.story.state
        self.inbox.show(state.pending, state, self.story.now_s)


class Stage:
    """An app under a pilot with the words that tests use."""

    def __init__(self, app: InboxApp, pilot: Pilot[None], clock: FakeClock) -> None:
        self.app, self.pilot, self.clock, self.inbox = app, pilot, clock, app.inbox
        self.story = app.story
        (self.ref,) = self.story.run(["Fix auth"])
        self.story.start(self.ref)

    def request(self, **changes: Any) -> ApprovalRequest:
        """A command's request with changes."""
        return replace(command_request(self.story, self.ref), **changes)

    async def ask(self, **changes: Any) -> Approval:
        """The worker asks; the question is shown and the guard's time has passed."""
        approval_id = self.story.ask(self.ref, self.request(**changes))
        self.app.refresh_inbox()
        await self.settle()
        self.clock.now_s += 1.0
        return self.story.state.approvals[approval_id]

    async def settle(self) -> None:
        """Everything that is under way is painted."""
        await self.pilot.pause(0.002)
        await self.pilot.pause()

    async def storm(self, keys: str) -> None:
        """Keys faster than anything is painted."""
        for key in keys:
            self.app.post_message(events.Key(key, key))
        await self.pilot.pause(0.002)

    async def press(self, *keys: str) -> None:
        """Keys, each after what the one before did was painted."""
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else None))
            await self.pilot.pause(0.002)
        await self.settle()

    async def back_on_the_card(self) -> None:
        """The focus has left the field, which takes a message to the card and one to the app."""
        while not self.inbox.query_one(ApprovalCard).has_focus:
            await self.pilot.pause(0.002)

    def gone(self, approval_id: Any, choice: Choice = Choice.DECLINE) -> None:
        """It was answered elsewhere."""
        self.story.answered(approval_id, choice)
        self.app.refresh_inbox()

    @property
    def text(self) -> str:
        """All that the card says."""
        card = self.app.query_one(ApprovalCard)
        return "\n".join(plain_text(view.paragraphs) for view in card.query(ParagraphView))

    @property
    def note(self) -> str:
        """What is said under the card."""
        note = self.inbox.query_one(".note")
        return str(note.render()) if note.display else ""

    @property
    def keys(self) -> dict[str, str]:
        """The keys that are offered."""
        from codex_orch_tui.ui.widgets.hints import Hints

        return {hint.key: hint.label for hint in self.inbox.query_one(Hints).hints}

    @property
    def decisions(self) -> list[Decision]:
        """What was answered."""
        return [decision for _, decision in self.app.answers]


@asynccontextmanager
async def stage(size: tuple[int, int] = (100, 40)) -> AsyncIterator[Stage]:
    """A running app with an inbox."""
    clock = FakeClock()
    app = InboxApp(Story(), clock)
    async with app.run_test(size=size) as pilot:
        yield Stage(app, pilot, clock)


async def test_with_nothing_pending_it_is_one_quiet_line() -> None:
    async with stage() as on:
        on.app.refresh_inbox()
        await on.settle()
        assert on.inbox.outer_size.height == 1
        assert "n starts a task" in str(on.inbox.query_one(".quiet").render())
        assert not on.inbox.focus_card()
        await on.ask()
        assert on.inbox.outer_size.height > 4
        on.gone(on.inbox.shown.id if on.inbox.shown else "")
        await on.settle()
        assert on.inbox.outer_size.height == 1
        assert on.inbox.shown is None


@pytest.mark.parametrize(
    ("key", "decision"),
    [
        ("a", Decision(choice=Choice.ACCEPT)),
        ("y", Decision(choice=Choice.ACCEPT)),
        ("A", Decision(choice=Choice.ACCEPT_FOR_SESSION)),
        ("d", Decision(choice=Choice.DECLINE)),
        ("c", Decision(choice=Choice.CANCEL)),
    ],
)
async def test_a_key_answers_the_question_on_the_card(key: str, decision: Decision) -> None:
    async with stage() as on:
        approval = await on.ask()
        on.inbox.focus_card()
        await on.press(key)
        assert on.app.answers == [(approval.id, decision)]
        assert on.app.own_keys == 0


async def test_keys_do_nothing_without_the_focus_and_enter_never_answers() -> None:
    async with stage() as on:
        await on.ask()
        on.app.query_one(Elsewhere).focus()
        await on.press("a", "A", "d")
        assert on.app.answers == []
        assert on.keys["g"] == "to answer"
        on.inbox.focus_card()
        await on.press("enter", "space", "ctrl+s", "right", "x", "1")
        assert on.app.answers == []


async def test_keys_for_tasks_do_not_act_from_the_card() -> None:
    async with stage() as on:
        await on.ask()
        on.inbox.focus_card()
        await on.press("x", "i", "m", "D", "u", "s")
        assert on.note == LEAVE_FIRST
        assert on.app.own_keys == 0
        assert on.app.answers == []


async def test_the_focus_goes_back_to_where_it_was() -> None:
    async with stage() as on:
        await on.ask()
        on.app.query_one(Elsewhere).focus()
        await on.settle()
        on.inbox.focus_card()
        await on.press("escape")
        assert isinstance(on.app.focused, Elsewhere)
        on.inbox.focus_card()
        await on.press("d")
        assert isinstance(on.app.focused, Elsewhere)
        assert len(on.app.answers) == 1


async def test_the_guard_swallows_keys_until_the_card_was_seen_for_a_while() -> None:
    async with stage() as on:
        on.story.ask(on.ref, on.request())
        on.app.refresh_inbox()
        await on.settle()
        on.inbox.focus_card()
        await on.press("a")
        assert on.app.answers == []
        assert on.app.own_keys == 0, "a swallowed key must not go on to the app"
        assert on.note == TOO_EARLY
        on.clock.now_s += 0.39
        await on.press("d")
        assert on.app.answers == []
        on.clock.now_s += 0.19
        await on.press("a")
        assert on.app.answers == [], "who types on is not heard"
        on.clock.now_s += 0.21
        await on.press("a")
        assert len(on.app.answers) == 1


async def test_the_guard_holds_when_another_question_comes_into_the_place() -> None:
    async with stage() as on:
        first = await on.ask()
        second = await on.ask(command="touch b")
        on.inbox.focus_card()
        on.gone(first.id)
        await on.settle()
        await on.press("a", "y", "A", "d", "c")
        assert on.app.answers == []
        assert on.app.own_keys == 0
        on.clock.now_s += 0.5
        await on.press("a")
        assert [name for name, _ in on.app.answers] == [second.id]


async def test_the_guards_time_begins_with_the_frame_that_shows_the_question() -> None:
    async with stage() as on:
        first = await on.ask()
        second = await on.ask(command="touch b")
        on.inbox.focus_card()
        with on.app.batch_update():  # no frame is drawn; what waits for a refresh is called all the same
            on.gone(first.id)
            for _ in range(20):
                await asyncio.sleep(0)
            on.clock.now_s += 60
            await on.storm("aA")
        await on.settle()
        assert on.app.answers == []
        assert [name for name, _ in on.app.painted] == [first.id, second.id]
        on.clock.now_s += 1
        await on.press("a")
        assert [name for name, _ in on.app.answers] == [second.id]


async def test_a_frame_behind_another_screen_shows_the_question_to_nobody() -> None:
    async with stage() as on:
        await on.ask()
        on.inbox.focus_card()
        card = on.app.query_one(ApprovalCard)
        assert card.approval is not None
        on.app.push_screen(ModalScreen())
        await on.settle()
        on.app.screen.refresh(layout=True)  # a frame of both
        await on.settle()
        on.app.pop_screen()
        card._painted(card.approval)  # a refresh that was asked for before, and no frame since
        on.clock.now_s += 60
        assert not card._may_act()
        await on.settle()
        on.clock.now_s += 1
        await on.press("a")
        assert len(on.app.answers) == 1


async def test_a_storm_of_keys_on_swapped_cards_answers_nothing_that_was_not_read() -> None:
    async with stage() as on:
        read = await on.ask()
        on.inbox.focus_card()
        for number in range(30):
            on.story.ask(on.ref, on.request(command=f"touch {number}", request_id=str(number + 1)))
        on.app.refresh_inbox()
        await on.settle()
        await on.storm("aaydcAaydc")
        for _ in range(15):
            pending = list(on.story.state.pending)
            on.gone(pending[0].id)
            on.clock.now_s += 0.03
            await on.storm("aydcA")
        await on.settle()
        assert [name for name, _ in on.app.answers] == [read.id]


async def test_a_held_key_answers_one_question_only() -> None:
    async with stage() as on:
        for number in range(5):
            await on.ask(request_id=str(number))
        on.inbox.focus_card()
        for _ in range(60):
            await on.storm("a")
            for name, decision in on.app.answers:
                if on.story.state.approvals[name].is_pending:
                    on.gone(name, decision.choice)
            on.clock.now_s += 0.033
        await on.settle()
        assert len(on.app.answers) == 1


async def test_a_question_that_changed_under_another_screen_is_guarded_on_return() -> None:
    from textual.screen import Screen

    async with stage() as on:
        first = await on.ask()
        await on.ask(command="touch b")
        on.inbox.focus_card()
        await on.settle()
        on.app.push_screen(Screen())
        await on.settle()
        on.gone(first.id)
        await on.settle()
        on.clock.now_s += 60
        on.app.pop_screen()
        await on.settle()
        await on.press("a")
        assert on.app.answers == []
        on.clock.now_s += 1
        await on.press("a")
        assert len(on.app.answers) == 1


@pytest.mark.parametrize("rows", ["display", "height"])
async def test_nothing_is_answered_while_the_card_is_not_drawn(rows: str) -> None:
    async with stage() as on:
        await on.ask()
        on.inbox.focus_card()
        await on.settle()
        if rows == "display":
            on.inbox.display = False
        else:
            on.inbox.styles.height = 0
        await on.settle()
        on.clock.now_s += 60
        on.inbox.query_one(ApprovalCard).focus()
        await on.press("a", "y", "A", "d", "c")
        assert on.app.answers == []
        on.inbox.display = True
        on.inbox.styles.height = "auto"
        await on.settle()
        on.inbox.focus_card()
        await on.press("a")
        assert on.app.answers == [], "the guard is shut again"
        on.clock.now_s += 1
        await on.press("a")
        assert len(on.app.answers) == 1


async def test_what_is_said_about_a_key_is_over_with_the_next() -> None:
    async with stage() as on:
        await on.ask(command="\n".join(["true"] * 90))
        on.inbox.focus_card()
        await on.press("x")
        assert on.note == LEAVE_FIRST
        await on.press("down")
        assert on.note == ""
        await on.press("a")
        assert on.note == READ_FIRST
        await on.press("pagedown")
        assert on.note == ""
        await on.press("x")
        on.app.query_one(Elsewhere).focus()
        await on.settle()
        assert on.note == ""


async def test_pasted_lines_are_joined_and_ctrl_s_sends_them() -> None:
    async with stage() as on:
        await on.ask()
        on.inbox.focus_card()
        await on.press("n")
        on.app.post_message(events.Paste("use the fixture\r\n  and not\n\nthe network"))
        await on.settle()
        on.clock.now_s += 1.0
        await on.press("ctrl+s")
        assert on.decisions == [Decision(choice=Choice.DECLINE, message="use the fixture and not the network")]


async def test_a_question_that_came_into_a_hidden_pane_is_guarded_when_the_pane_is_shown() -> None:
    async with stage() as on:
        on.inbox.display = False
        await on.ask()
        on.clock.now_s += 60
        on.inbox.display = True
        await on.settle()
        on.inbox.focus_card()
        await on.press("a")
        assert on.app.answers == []
        on.clock.now_s += 1
        await on.press("a")
        assert len(on.app.answers) == 1


async def test_a_long_command_is_whole_and_yes_works_after_its_end_was_seen() -> None:
    async with stage(size=(80, 24)) as on:
        lines = [f"printf '{number}' > {number}.txt" for number in range(200)]
        await on.ask(command="bash -lc '" + "\n".join(lines) + "'")
        text = on.text
        assert all(line in text for line in lines)
        assert "200 lines" in text
        on.inbox.focus_card()
        await on.press("a")
        assert on.app.answers == []
        assert on.note == READ_FIRST
        await on.press("A")
        assert on.app.answers == []
        await on.press("end")
        await on.press("home", "a")
        assert on.decisions == [Decision(choice=Choice.ACCEPT)]


async def test_no_works_before_the_end_was_seen() -> None:
    async with stage(size=(80, 24)) as on:
        await on.ask(command="\n".join(["true"] * 100))
        on.inbox.focus_card()
        await on.press("d")
        assert on.decisions == [Decision(choice=Choice.DECLINE)]


async def test_the_end_of_the_question_before_does_not_count_for_this_one() -> None:
    async with stage(size=(80, 24)) as on:
        first = await on.ask()
        await on.ask(command="\n".join(["true"] * 100))
        on.inbox.focus_card()
        on.gone(first.id)
        await on.settle()
        on.clock.now_s += 1
        await on.press("a")
        assert on.app.answers == []
        assert on.note == READ_FIRST


@pytest.mark.parametrize("hostile", ["[/]", "[red]x[/red]", "[b +", r"\[x]", "[@click=app.quit]go[/]", "日本語" * 60])
async def test_foreign_text_is_literal(hostile: str) -> None:
    async with stage(size=(60, 30)) as on:
        await on.ask(command=f"echo {hostile}", reason=hostile, cwd=f"/{hostile}", host=hostile)
        assert f"$ echo {hostile}" in on.text
        assert f"“{hostile}”" in on.text
        on.inbox.focus_card()
        await on.press("end", "d")
        assert len(on.app.answers) == 1


async def test_only_what_is_offered_is_shown_and_taken() -> None:
    async with stage() as on:
        await on.ask(choices=(Choice.ACCEPT, Choice.CANCEL))
        on.inbox.focus_card()
        await on.settle()
        assert set(on.keys) == {"a", "c", "r", "v"}
        await on.press("A", "d", "n")
        assert on.app.answers == []
        assert on.app.own_keys == 0, "a key of the card must not go on to the app"
        assert on.note


async def test_a_refusal_with_words() -> None:
    async with stage() as on:
        await on.ask()
        on.inbox.focus_card()
        await on.press("n")
        await on.press("enter")
        assert on.app.answers == []
        assert "few words" in on.note
        await on.press(*"use dacv")
        on.clock.now_s += 1.0
        await on.press("escape")
        assert on.app.answers == []
        await on.press("n")
        assert on.app.query_one(".foot Input", Input).value == "use dacv"
        on.clock.now_s += 1.0
        await on.press("enter")
        assert on.decisions == [Decision(choice=Choice.DECLINE, message="use dacv")]


async def test_words_for_a_question_that_went_answer_no_other() -> None:
    async with stage() as on:
        first = await on.ask()
        await on.ask(command="touch b")
        on.inbox.focus_card()
        await on.press("n", *"no")
        on.gone(first.id)
        await on.press("enter", "enter")
        assert on.app.answers == []


async def test_it_moves_between_questions_and_counts_them() -> None:
    async with stage() as on:
        ids = [(await on.ask(command=f"touch {number}", request_id=str(number))).id for number in range(3)]
        on.inbox.focus_card()
        await on.settle()
        assert "Needs you · 1 of 3" in str(on.inbox.border_title)
        await on.press("right_square_bracket", "right", "right")
        assert on.inbox.shown is not None
        assert on.inbox.shown.id == ids[2]
        assert "3 of 3" in str(on.inbox.border_title)
        on.clock.now_s += 1
        await on.press("left")
        assert on.inbox.shown.id == ids[1]
        await on.press("a")
        assert on.app.answers == [], "another card was swapped in"
        on.clock.now_s += 1
        await on.press("a")
        assert [name for name, _ in on.app.answers] == [ids[1]]


async def test_view_asks_for_everything() -> None:
    async with stage() as on:
        approval = await on.ask()
        on.inbox.focus_card()
        await on.press("v")
        assert on.app.viewed == [approval.id]


PERMISSIONS = {
    "kind": ApprovalKind.PERMISSIONS,
    "command": "",
    "permissions": (
        PermissionEntry(access="write", target="/x"),
        PermissionEntry(access="deny", target="/secret"),
        PermissionEntry(access="network", target="any host"),
    ),
    "choices": (Choice.GRANT, Choice.DECLINE),
}


async def test_permissions_are_granted_one_by_one_and_none_is_checked_at_first() -> None:
    async with stage() as on:
        await on.ask(**PERMISSIONS)
        on.inbox.focus_card()
        await on.press("a")
        assert on.app.answers == []
        assert "kept out /secret" in on.text
        await on.press("down", "space", "a")
        assert on.decisions == [Decision(choice=Choice.GRANT, granted=(2,), for_session=False)]


async def test_permissions_can_be_granted_until_the_worker_ends() -> None:
    async with stage() as on:
        await on.ask(**PERMISSIONS)
        on.inbox.focus_card()
        await on.press("1", "2", "A")
        assert on.decisions == [Decision(choice=Choice.GRANT, granted=(0, 2), for_session=True)]


QUESTIONS = {
    "kind": ApprovalKind.USER_INPUT,
    "command": "",
    "questions": (
        Question(
            id="style",
            header="Paging",
            text="Which style?",
            options=(QuestionOption(label="[cursor]"), QuestionOption(label="offset")),
            allows_other=True,
        ),
        Question(id="token", header="Token", text="The token?", is_secret=True, allows_other=True),
    ),
    "choices": (Choice.ANSWER, Choice.DECLINE),
}


async def test_questions_are_answered_by_digits_and_words_and_sent_by_ctrl_s() -> None:
    async with stage() as on:
        await on.ask(**QUESTIONS)
        on.inbox.focus_card()
        await on.press("ctrl+s")
        assert on.app.answers == []
        await on.press("1", "enter", *"s3cret", "enter")
        assert on.app.answers == [], "enter sends nothing"
        assert isinstance(on.app.focused, Input)
        assert on.app.focused.password
        assert "> " not in on.text, "the cursor of the options is seen where the focus is"
        await on.press("ctrl+s")
        answers = {"style": ("[cursor]",), "token": ("s3cret",)}
        assert on.decisions == [Decision(choice=Choice.ANSWER, answers=answers)]


async def test_words_of_ones_own_take_the_place_of_an_option() -> None:
    async with stage() as on:
        await on.ask(**{**QUESTIONS, "questions": QUESTIONS["questions"][:1]})
        on.inbox.focus_card()
        await on.press("2", "tab", *"keyset")
        assert on.app.query_one(OptionPicker).chosen == ()
        await on.press("ctrl+s")
        assert on.decisions == [Decision(choice=Choice.ANSWER, answers={"style": ("keyset",)})]


async def test_letters_in_a_field_are_letters() -> None:
    async with stage() as on:
        await on.ask(**{**QUESTIONS, "questions": QUESTIONS["questions"][1:]})
        on.inbox.focus_card()
        await on.press("enter", *"dacny")
        assert on.app.answers == []
        assert set(on.keys) == {"enter", "ctrl+s", "esc"}
        await on.press("escape")
        await on.back_on_the_card()
        await on.press("d")
        assert on.decisions == [Decision(choice=Choice.DECLINE)]


FORM = {
    "kind": ApprovalKind.ELICITATION,
    "command": "",
    "server": "tracker",
    "fields": (
        FormField(name="title", title="Title", type="string", required=True),
        FormField(name="points", title="Points", type="integer"),
        FormField(name="prio", title="Priority", type="enum", choices=("low", "high"), required=True),
        FormField(name="ping", title="Notify", type="boolean"),
        FormField(name="size", title="Size", type="number", default="2.5"),
    ),
    "choices": (Choice.ANSWER, Choice.DECLINE, Choice.CANCEL),
}


async def test_a_form_says_what_is_wrong_where_it_is_and_sends_what_is_right() -> None:
    async with stage() as on:
        await on.ask(**FORM)
        on.inbox.focus_card()
        await on.press("enter", "down", *"12x", "ctrl+s")
        assert on.app.answers == []
        said = [str(problem.render()) for problem in on.app.query(".problem") if problem.display]
        assert said == ["Write an answer first.", "“12x” is not a whole number.", "Choose one first."]
        await on.press(*"Bug", "enter", "backspace", "enter", "2", "enter", "1", "ctrl+s")
        answers = {"title": ("Bug",), "points": ("12",), "prio": ("high",), "ping": ("true",), "size": ("2.5",)}
        assert on.decisions == [Decision(choice=Choice.ANSWER, answers=answers)]


async def test_when_a_form_goes_letters_do_not_act_on_what_follows() -> None:
    async with stage() as on:
        first = await on.ask(**FORM)
        await on.ask(command="touch b")
        on.inbox.focus_card()
        await on.press("enter", *"ab")
        on.gone(first.id)
        await on.press(*"acdyn")
        assert on.app.answers == []
        assert on.app.own_keys == 0
        assert isinstance(on.app.focused, ApprovalCard)


async def test_an_mcp_tool_is_an_approval() -> None:
    async with stage() as on:
        await on.ask(kind=ApprovalKind.MCP_TOOL, command="", server="tracker", reason='{\n  "a": 1\n}')
        on.inbox.focus_card()
        await on.settle()
        assert "Let it use a tool of tracker?" in on.text
        assert on.keys["c"] == "cancel the call"
        await on.press("a")
        assert on.decisions == [Decision(choice=Choice.ACCEPT)]


async def test_a_reason_that_is_typed_faster_than_its_line_opens_says_no_yes() -> None:
    async with stage() as on:
        await on.ask()
        on.inbox.focus_card()
        await on.pilot.pause()
        card = on.app.query_one(ApprovalCard)
        card.action_decline_message()
        card.action_accept()
        card.action_cancel()
        await on.pilot.pause()
        assert on.decisions == []


# -- what was painted, and what was not --------------------------------------------------------------------------------


async def test_what_was_painted_is_told_once_and_whole() -> None:
    async with stage(size=(80, 24)) as on:
        approval = await on.ask(command="\n".join(f"touch {number}" for number in range(40)))
        ((painted, text),) = on.app.painted
        assert painted == approval.id
        assert [line.strip().removeprefix("$ ") for line in text.split("\n") if "touch" in line] == [
            f"touch {number}" for number in range(40)
        ]
        assert "Run outside the sandbox?" in text
        on.inbox.focus_card()
        await on.press("end", "home", "x")
        await on.pilot.resize_terminal(100, 30)
        await on.settle()
        assert len(on.app.painted) == 1


async def test_the_words_of_a_form_are_painted_and_what_is_written_into_it_is_not() -> None:
    async with stage() as on:
        await on.ask(**QUESTIONS)
        await on.settle()
        ((_, text),) = on.app.painted
        assert "Which style?" in text
        assert "[cursor]" in text
        assert "The token?" in text


async def test_what_nobody_can_see_is_not_told_as_painted() -> None:
    async with stage() as on:
        on.inbox.display = False
        await on.ask()
        assert on.app.painted == []
        on.inbox.display = True
        await on.settle()
        assert len(on.app.painted) == 1


async def test_a_question_that_is_asked_again_is_another_one() -> None:
    async with stage(size=(80, 24)) as on:
        approval = await on.ask(command="sh run.sh\n" + "\n".join(["true"] * 60))
        on.inbox.focus_card()
        await on.press("end", "a")
        assert len(on.app.answers) == 1
        on.story.tell(ev.ApprovalChanged(ref=approval.ref, approval=approval.id, paths=("run.sh",)))
        on.app.refresh_inbox()
        await on.settle()
        assert "Changed since you saw it: run.sh." in on.text
        on.inbox.focus_card()
        await on.press("a")
        assert on.note == TOO_EARLY
        on.clock.now_s += 1
        await on.press("a")
        assert on.note == READ_FIRST, "the end that was seen is that of the question before"
        await on.press("end", "a")
        assert [name for name, _ in on.app.answers] == [approval.id] * 2
        assert on.app.asked == [1, 2]
        assert [name for name, _ in on.app.painted] == [approval.id] * 2
        assert "Changed since you saw it: run.sh." in on.app.painted[1][1]


async def test_a_decision_that_was_not_kept_opens_the_same_question_under_a_shut_guard() -> None:
    async with stage() as on:
        approval = await on.ask()
        on.inbox.focus_card()
        await on.press("a")
        on.story.tell(ev.ApprovalDecided(ref=approval.ref, approval=approval.id, choice=Choice.ACCEPT))
        on.app.refresh_inbox()
        await on.settle()
        on.story.tell(ev.DecisionNotKept(ref=approval.ref, approval=approval.id, cause="no room"))
        on.app.refresh_inbox()
        await on.settle()
        on.inbox.focus_card()
        await on.press("d")
        assert len(on.app.answers) == 1
        on.clock.now_s += 1
        await on.press("d")
        assert [decision.choice for decision in on.decisions] == [Choice.ACCEPT, Choice.DECLINE]


async def test_a_key_that_was_pressed_before_the_card_was_seen_comes_too_late_to_count() -> None:
    async with stage() as on:
        await on.ask()
        on.inbox.focus_card()
        await on.settle()
        late = events.Key("a", "a")
        late.time -= 30.0
        on.app.post_message(late)
        await on.settle()
        assert on.app.answers == []
        assert on.note == TOO_EARLY
        on.clock.now_s += 1.0
        await on.press("a")
        assert len(on.app.answers) == 1


async def test_why_a_question_went_is_told_to_who_was_reading_it() -> None:
    async with stage() as on:
        first = await on.ask()
        await on.ask(command="touch b")
        on.inbox.focus_card()
        await on.settle()
        lost = ev.ApprovalClosed(
            ref=first.ref, approval=first.id, outcome=Outcome.WORKER_LOST, cause="the worker ended"
        )
        on.story.tell(lost)
        on.app.refresh_inbox()
        await on.settle()
        assert on.note == "The question before has gone: the worker ended. Nothing was sent. This is another one."
        assert isinstance(on.app.focused, ApprovalCard), "the person is where they were"


# -- the other keys of a card ------------------------------------------------------------------------------------------


async def test_a_rule_is_wanted_for_what_a_rule_can_be_about() -> None:
    async with stage() as on:
        approval = await on.ask()
        on.inbox.focus_card()
        await on.press("r")
        assert on.app.wanted == [("rule", approval.id)]
        on.gone(approval.id)
        await on.ask(**FORM)
        on.inbox.focus_card()
        await on.press("r")
        assert on.app.wanted == [("rule", approval.id)]
        assert on.note == NO_RULE
        assert "r" not in on.keys


FOR_GOOD = {"choices": (Choice.ACCEPT, Choice.ACCEPT_FOR_GOOD, Choice.DECLINE), "amendment": ("npm", "install")}


async def test_codexs_own_rule_answers_nothing_by_its_key_and_only_after_the_end() -> None:
    async with stage(size=(80, 24)) as on:
        approval = await on.ask(command="\n".join(["npm install"] * 60), **FOR_GOOD)
        on.inbox.focus_card()
        await on.press("P")
        assert on.app.wanted == []
        assert on.note == READ_FIRST
        await on.press("end", "P")
        assert on.app.wanted == [("for good", approval.id)]
        assert on.app.answers == []


async def test_codexs_own_rule_is_not_there_where_codex_offers_none() -> None:
    async with stage() as on:
        await on.ask(choices=FOR_GOOD["choices"])
        on.inbox.focus_card()
        await on.press("P")
        assert on.app.wanted == []
        assert "P" not in on.keys


async def test_a_message_about_a_card_is_about_the_card_whose_key_it_was() -> None:
    async with stage() as on:
        first = await on.ask(**FOR_GOOD)
        await on.ask(command="touch b")
        on.inbox.focus_card()
        await on.settle()
        on.app.post_message(events.Key("P", "P"))
        on.gone(first.id)
        await on.settle()
        assert on.app.wanted in ([], [("for good", first.id)])


# -- the list ----------------------------------------------------------------------------------------------------------


def listed(on: Stage) -> list[str]:
    """The rows of the list."""
    shown = on.inbox.query_one(ApprovalList)
    return str(shown.render()).split("\n") if shown.display else []


async def test_one_question_needs_no_list() -> None:
    async with stage(size=(120, 45)) as on:
        await on.ask()
        assert listed(on) == []


async def test_several_are_listed_oldest_first_with_the_one_on_the_card_marked() -> None:
    async with stage(size=(120, 45)) as on:
        for number in range(3):
            await on.ask(command=f"touch {number}", request_id=str(number))
        await on.settle()
        assert [line[:1] for line in listed(on)] == ["▸", " ", " "]
        assert [f"touch {number}" in line for number, line in enumerate(listed(on))] == [True] * 3
        on.inbox.focus_card()
        await on.press("right_square_bracket")
        assert [line[:1] for line in listed(on)] == [" ", "▸", " "]
        for number in range(3, 9):
            await on.ask(command=f"touch {number}", request_id=str(number))
        await on.settle()
        assert len(listed(on)) == 5
        assert "5 more" in listed(on)[-1]


async def test_with_little_room_the_others_are_one_line() -> None:
    async with stage(size=(80, 24)) as on:
        for number in range(9):
            await on.ask(command=f"touch {number}", request_id=str(number))
        await on.settle()
        (line,) = listed(on)
        assert "fix-auth command" in line
        assert "more" in line


async def test_a_click_goes_to_a_question_and_answers_none() -> None:
    async with stage(size=(120, 45)) as on:
        ids = [(await on.ask(command=f"touch {number}", request_id=str(number))).id for number in range(3)]
        await on.settle()
        await on.pilot.click(ApprovalList, offset=(20, 2))
        await on.settle()
        assert on.inbox.shown is not None
        assert on.inbox.shown.id == ids[2]
        assert on.app.answers == []
        assert isinstance(on.app.focused, ApprovalCard)


async def test_going_on_ends_at_the_last_question() -> None:
    async with stage() as on:
        for number in range(2):
            await on.ask(command=f"touch {number}", request_id=str(number))
        on.inbox.focus_card()
        await on.settle()
        assert on.inbox.go_on()
        assert not on.inbox.go_on()
        assert on.inbox.go_to_first()
        await on.settle()
        assert [on.story.state.approvals[name].request.command for name in on.app.turned] == ["touch 1", "touch 0"]


@pytest.mark.parametrize("size", [(160, 45), (100, 30), (60, 16)])
@pytest.mark.parametrize("count", [1, 9])
@pytest.mark.parametrize("lines", [1, 8, 14, 22])
async def test_the_end_counts_as_seen_only_when_it_is_on_the_screen(
    size: tuple[int, int], count: int, lines: int
) -> None:
    async with stage(size=size) as on:
        for number in range(count):
            command = "\n".join(f"touch {line}" for line in range(lines))
            on.story.ask(on.ref, on.request(request_id=str(number), command=command, cwd="/the/end"))
        on.app.refresh_inbox()
        await on.settle()
        on.inbox.focus_card()
        await on.settle()
        card = on.app.query_one(ApprovalCard)
        strips = on.app.screen._compositor.render_strips()
        painted = "\n".join("".join(segment.text for segment in strip) for strip in strips)
        assert card.seen_end == ("/the/end" in painted), painted
        assert card.seen_end == ("read on" not in painted)
        await on.press("end")
        assert card.seen_end


TWO_LISTS = {
    **QUESTIONS,
    "questions": (
        QUESTIONS["questions"][0],
        Question(
            id="token",
            header="Token",
            text="The token?",
            options=(QuestionOption(label="none"),),
            is_secret=True,
            allows_other=True,
        ),
    ),
}


async def test_tab_goes_to_every_list_and_line_and_round() -> None:
    async with stage() as on:
        await on.ask(**TWO_LISTS)
        on.inbox.focus_card()
        await on.press("2")
        assert on.keys["space"] == "choose"
        assert on.keys["tab"] == "next field"
        await on.press("tab", "tab", "tab", *"dacn x")
        assert on.app.answers == [], "letters of an answer are no commands"
        assert isinstance(on.app.focused, Input)
        assert on.app.focused.password
        await on.press("tab")
        assert on.app.query(OptionPicker).first().has_focus
        await on.press("shift+tab", "ctrl+s")
        answers = {"style": ("offset",), "token": ("dacn x",)}
        assert on.decisions == [Decision(choice=Choice.ANSWER, answers=answers)]


async def test_the_tool_of_an_mcp_server_is_named() -> None:
    async with stage() as on:
        reason = 'Allow the tracker MCP server to run tool "close_issue"?'
        asked = await on.ask(kind=ApprovalKind.MCP_TOOL, command="", server="tracker", reason=reason)
        await on.settle()
        assert "Let it use the tool close_issue of tracker?" in on.text
        assert "asks “Allow the tracker" in on.text
        assert about(asked.request) == "tracker: close_issue"
