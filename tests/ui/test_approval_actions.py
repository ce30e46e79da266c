"""Questions on the whole screen: the way to them, what is sent, and what is refused."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from textual import events
from textual.widgets import Input

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import ApprovalKind, Choice, Decision, PermissionEntry, Question, QuestionOption
from codex_orch_tui.domain.drafts import TaskDraft
from codex_orch_tui.domain.ids import ApprovalId, TaskRef
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode
from codex_orch_tui.services.errors import AnswerRefusedError
from codex_orch_tui.services.orchestrator import BaseInfo
from codex_orch_tui.ui.presentation.attention import answer_told
from codex_orch_tui.ui.presentation.new_task import confirmation, is_confirmed
from codex_orch_tui.ui.screens.approval_actions import CHANGED_MEANWHILE
from codex_orch_tui.ui.screens.for_good import GONE, ForGoodScreen
from codex_orch_tui.ui.screens.help import HelpScreen
from codex_orch_tui.ui.screens.new_task import NewTaskScreen
from codex_orch_tui.ui.widgets.approval_card import ApprovalCard
from tests.fakes.states import Story, command_request
from tests.ui.test_main_screen import NARROW, WIDE, Screen, shown

CHOICES = (Choice.ACCEPT, Choice.ACCEPT_FOR_SESSION, Choice.DECLINE, Choice.CANCEL, Choice.ACCEPT_FOR_GOOD)


def asking(count: int = 3) -> tuple[Story, list[TaskRef], list[ApprovalId]]:
    """Workers that ask one after the other."""
    story = Story()
    refs = list(story.run([f"Task {number}" for number in range(count)], title="Plan"))
    ids = []
    for number, ref in enumerate(refs):
        story.start(ref)
        request = command_request(story, ref, number=number, command=f"npm install p{number}")
        ids.append(story.ask(ref, replace(request, choices=CHOICES, amendment=("npm", "install")), after_s=5))
    return story, refs, ids


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """Both layouts."""
    return tuple(request.param)


async def on_card(on: Screen) -> None:
    """To the question, whose end is seen."""
    await on.press("g")
    await on.until(lambda: isinstance(on.app.focused, ApprovalCard) and on.app.focused.approval is not None)
    await on.press("end")


async def test_g_goes_to_the_card_that_is_shown_and_on_from_there(size: tuple[int, int]) -> None:
    story, refs, _ = asking()
    async with shown(story, size) as on:
        on.main.task_tree.focus()
        await on_card(on)
        assert on.main.current == refs[0]
        await on.press("g")
        assert on.main.current == refs[1], "the log and the panes follow the card"
        await on.press("escape")
        assert on.app.focused is on.main.task_tree
        on.main.go_to_task(refs[2])
        await on.press("g")
        assert on.main.needs_you.inbox.shown.ref == refs[1]
        assert on.main.current == refs[1], "the task of the card that is read, not of the oldest question"


@pytest.mark.parametrize("way", ["typed", "typed ahead"])
async def test_a_key_that_comes_back_late_from_another_screen_answers_nothing(
    size: tuple[int, int], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, _, _ = asking()
    async with shown(story, size) as on:
        await on_card(on)
        await on.press("question_mark")
        await on.until(lambda: isinstance(on.app.screen, HelpScreen))
        late = events.Key("a", "a")
        if way == "typed":
            await on.app.on_event(late)  # it is given to the help, which has no use for it
        else:
            with monkeypatch.context() as patched:
                patched.setattr(on.app.keys_ahead, "given", lambda _field: (late,))
                await on.app.on_descendant_focus(events.DescendantFocus(on.app.screen))
        await on.press("escape")
        await on_card(on)
        await on.press("z")  # a key of the card that commands nothing: the card takes keys now
        await on.app.on_event(late)
        await on.pilot.pause()
        assert on.fake.asked("answer") == []
        await on.press("a")
        assert len(on.fake.asked("answer")) == 1


async def test_what_was_painted_is_told_to_the_orchestrator_once() -> None:
    story, _, ids = asking()
    async with shown(story, WIDE) as on:
        await on.until(lambda: on.fake.asked("shown"))
        ((approval, painted),) = on.fake.asked("shown")
        assert approval == ids[0]
        assert "npm install p0" in painted
        on_main = on.main
        on_main.task_tree.focus()
        await on.press("tab", "tab", "2")
        assert len(on.fake.asked("shown")) == 1


async def test_in_one_pane_a_question_is_painted_when_its_pane_is_opened() -> None:
    story, _, ids = asking()
    async with shown(story, NARROW) as on:
        await on.press("3", "2")
        assert on.fake.asked("shown") == []
        await on_card(on)
        await on.until(lambda: on.fake.asked("shown"))
        assert on.fake.asked("shown")[0][0] == ids[0]


async def test_an_answer_to_what_was_asked_again_meanwhile_is_not_sent() -> None:
    story, refs, ids = asking(1)
    async with shown(story, WIDE) as on:
        await on_card(on)
        # Told and not yet painted: the frame on the terminal still has the question of before.
        on.fake.story.tell(ev.ApprovalChanged(ref=refs[0], approval=ids[0], paths=("run.sh",)))
        await on.press("a")
        assert on.fake.asked("answer") == []
        assert CHANGED_MEANWHILE in on.notes()
        on.fake.wake()
        await on.until_shown("Changed since you saw it: run.sh")


async def test_a_refused_answer_is_told_and_the_card_is_there_again() -> None:
    story, _, ids = asking(1)
    async with shown(story, WIDE) as on:
        on.fake.raises["answer"] = AnswerRefusedError("run.sh changed since it was shown")
        await on_card(on)
        await on.press("a")
        await on.until(lambda: "run.sh changed since it was shown" in on.notes())
        assert on.main.needs_you.inbox.shown.id == ids[0]


async def test_questions_take_nothing_from_who_is_typing(size: tuple[int, int]) -> None:
    story, refs, ids = asking(1)
    async with shown(story, size) as on:
        await on.press("slash")
        line = on.app.focused
        assert isinstance(line, Input)
        await on.press("a")
        on.fake.apply(
            ev.ApprovalRequested(
                ref=refs[0], approval=ApprovalId("e:9"), request=command_request(story, refs[0], number=9)
            )
        )
        await on.press("y")
        on.fake.apply(ev.ApprovalChanged(ref=refs[0], approval=ids[0], paths=("run.sh",)))
        await on.press("d")
        on.fake.apply(ev.ApprovalDecided(ref=refs[0], approval=ids[0], choice=Choice.DECLINE))
        await on.press("c")
        assert on.app.focused is line
        assert line.value == "aydc"
        assert on.fake.asked("answer") == []


async def test_a_reason_stays_with_its_question_when_another_one_comes() -> None:
    story, refs, ids = asking(2)
    async with shown(story, WIDE) as on:
        await on_card(on)
        await on.press("n", *"no")
        on.fake.apply(
            ev.ApprovalRequested(
                ref=refs[1], approval=ApprovalId("e:9"), request=command_request(story, refs[1], number=9)
            )
        )
        await on.press(*"pe", "enter")
        assert on.fake.asked("answer") == [(ids[0], Decision(choice=Choice.DECLINE, message="nope"))]


# -- Codex's own rule --------------------------------------------------------------------------------------------------


async def to_dialog(on: Screen) -> ForGoodScreen:
    """P on the card."""
    await on_card(on)
    await on.press("P")
    await on.until(lambda: isinstance(on.app.screen, ForGoodScreen))
    assert isinstance(on.app.screen, ForGoodScreen)
    return on.app.screen


async def test_codexs_own_rule_asks_twice_and_names_its_file(size: tuple[int, int]) -> None:
    story, _, ids = asking(1)
    async with shown(story, size) as on:
        await to_dialog(on)
        text = on.text()
        for part in ("/home/ada/.codex/rules/default.rules", "npm install", "without a question", "Type npm to go on"):
            assert part in text
        await on.press("P", "enter")
        assert "That is not npm." in on.text()
        await on.press("backspace", *"npm")
        await on.press("enter")
        assert on.fake.asked("answer") == []
        await on.press("enter", "y", "a", "space")
        assert on.fake.asked("answer") == [], "only its own key is the second yes"
        await on.press("P")
        await on.until(lambda: on.fake.asked("answer"))
        assert on.fake.asked("answer") == [(ids[0], Decision(choice=Choice.ACCEPT_FOR_GOOD))]
        assert not isinstance(on.app.screen, ForGoodScreen)


@pytest.mark.parametrize("typed", ["", "npm\n"])
async def test_escape_sends_nothing_at_either_question(typed: str) -> None:
    story, _, ids = asking(1)
    async with shown(story, WIDE) as on:
        await to_dialog(on)
        await on.press(*("enter" if key == "\n" else key for key in typed))
        await on.press("escape")
        assert on.fake.asked("answer") == []
        assert on.main.needs_you.inbox.shown.id == ids[0]


async def test_the_second_yes_has_a_guard() -> None:
    story, _, _ = asking(1)
    async with shown(story, WIDE, approval_guard_ms=60_000) as on:
        inbox = on.main.needs_you
        await on.until(lambda: inbox.inbox is not None)
        on.main.on_approval_inbox_for_good_wanted(inbox.inbox.ForGoodWanted(story.state.pending[0]))
        await on.until(lambda: isinstance(on.app.screen, ForGoodScreen))
        await on.press(*"npm", "enter", "P", "P")
        assert on.fake.asked("answer") == []


@pytest.mark.parametrize("how", ["gone", "asked again"])
async def test_the_dialog_ends_with_its_question(how: str) -> None:
    story, refs, ids = asking(1)
    async with shown(story, WIDE) as on:
        await to_dialog(on)
        if how == "gone":
            on.fake.apply(ev.ApprovalDecided(ref=refs[0], approval=ids[0], choice=Choice.DECLINE))
        else:
            on.fake.apply(ev.ApprovalChanged(ref=refs[0], approval=ids[0], paths=("a",)))
        await on.until(lambda: not isinstance(on.app.screen, ForGoodScreen))
        await on.until(lambda: GONE in on.notes())
        assert on.fake.asked("answer") == []


# -- what nothing would hold back --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sandbox", "policy", "words"),
    [
        (SandboxMode.WORKSPACE_WRITE, ApprovalPolicy.ON_REQUEST, ""),
        (SandboxMode.WORKSPACE_WRITE, ApprovalPolicy.UNTRUSTED, ""),
        (SandboxMode.WORKSPACE_WRITE, ApprovalPolicy.NEVER, "never"),
        (SandboxMode.DANGER_FULL_ACCESS, ApprovalPolicy.ON_REQUEST, "full access"),
        (SandboxMode.DANGER_FULL_ACCESS, ApprovalPolicy.NEVER, "full access never"),
    ],
)
def test_what_has_to_be_typed(sandbox: SandboxMode, policy: ApprovalPolicy, words: str) -> None:
    draft = TaskDraft(sandbox=sandbox, approval_policy=policy)
    assert confirmation(draft) == words
    assert is_confirmed(draft, words)
    assert is_confirmed(draft, f"  {words.upper()} ")
    assert not is_confirmed(draft, "yes")
    assert is_confirmed(draft, "") is not bool(words)


async def test_a_task_that_nothing_holds_back_starts_after_its_words_were_typed(size: tuple[int, int]) -> None:
    settings: dict[str, Any] = {"sandbox": SandboxMode.DANGER_FULL_ACCESS, "approval_policy": ApprovalPolicy.NEVER}
    async with shown(Story(), size, **settings) as on:
        await on.press("n")
        await on.until(lambda: isinstance(on.app.screen, NewTaskScreen))
        await on.press(*"do", "ctrl+s")
        assert "full access never" in on.text()
        assert on.app.focused is on.app.screen.query_one("#confirm", Input)
        await on.press(*"never", "ctrl+s")
        assert on.fake.asked("create_run") == []
        await on.press(*["backspace"] * 5)
        await on.press(*("space" if key == " " else key for key in "full access never"), "ctrl+s")
        await on.until(lambda: on.fake.asked("create_run"))


async def test_an_ordinary_task_needs_no_words() -> None:
    async with shown(Story(), NARROW) as on:
        await on.press("n")
        await on.until(lambda: isinstance(on.app.screen, NewTaskScreen))
        assert not on.app.screen.query_one("#confirm", Input).region.area
        await on.press(*"do", "ctrl+s")
        await on.until(lambda: on.fake.asked("create_run"))


PERMISSIONS = (PermissionEntry(access="write", target="/srv/one"), PermissionEntry(access="network", target="any host"))


def wanting_permissions() -> Story:
    """A worker that asks for permissions."""
    story, refs, _ = asking(1)
    request = replace(
        command_request(story, refs[0], number=9, command=""),
        kind=ApprovalKind.PERMISSIONS,
        permissions=PERMISSIONS,
        choices=(Choice.GRANT, Choice.DECLINE),
    )
    story.ask(refs[0], request, after_s=9)
    return story


async def test_where_digits_choose_no_pane_is_offered_by_a_digit() -> None:
    async with shown(wanting_permissions(), NARROW) as on:
        assert "4 Needs you" in on.text()
        await on_card(on)
        assert "4 Needs you" in on.text(), "this question has no options"
        await on.press("]")
        await on.until(lambda: "Give it more permissions?" in on.text())
        await on.until(lambda: "4 Needs you" not in on.text())
        assert "Needs you" in on.text()
        await on.press("escape")
        await on.until(lambda: "4 Needs you" in on.text())


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_letters_after_a_tab_too_many_command_nothing(size: tuple[int, int]) -> None:
    story, refs, _ = asking(1)
    question = Question(
        id="token", header="Token", text="The token?", options=(QuestionOption(label="none"),), allows_other=True
    )
    request = replace(
        command_request(story, refs[0], number=9, command=""),
        kind=ApprovalKind.USER_INPUT,
        questions=(question,),
        choices=(Choice.ANSWER, Choice.DECLINE),
    )
    story.ask(refs[0], request, after_s=9)
    async with shown(story, size) as on:
        await on_card(on)
        await on.press("]")
        await on.until(lambda: "The token?" in on.text())
        for way in (("1", "tab"), ("tab", "tab"), ("enter", "tab")):
            on.main.needs_you.inbox.query_one(ApprovalCard).focus()
            await on.press(*way, *"xnsd")
            assert len(on.app.screen_stack) == 1
            assert on.fake.asked("answer") == []
            assert isinstance(on.app.focused, Input)
        assert on.app.query_one("ApprovalForm Input", Input).value == "xnsd" * 3


def test_a_grant_is_told_with_exactly_what_was_granted() -> None:
    state = wanting_permissions().state
    approval = state.pending[-1]
    told = answer_told(approval, Decision(choice=Choice.GRANT, granted=(1,)))
    assert told == "Granted for this turn: network any host (task-0)"
    told = answer_told(approval, Decision(choice=Choice.GRANT, granted=(0,), for_session=True))
    assert told == "Granted for this session: write /srv/one (task-0)"


async def test_while_a_dialog_is_on_its_way_letters_command_nothing() -> None:
    story, _, _ = asking(1)
    async with shown(story, WIDE) as on:
        come = asyncio.Event()
        base_info = on.fake.base_info

        async def slow() -> BaseInfo:
            await come.wait()
            return await base_info()

        on.fake.base_info = slow  # type: ignore[method-assign]
        on.main.task_tree.focus()
        await on.press("n", "n", "x", "s", "D")
        assert len(on.app.screen_stack) == 1
        come.set()
        await on.until(lambda: isinstance(on.app.screen, NewTaskScreen))
        await on.press("escape")
        await on.until(lambda: on.app.screen is on.main)
        assert len(on.app.screen_stack) == 1, "one dialog, however often n was pressed"
        await on.press("D")
        await on.until(lambda: len(on.app.screen_stack) == 2)
