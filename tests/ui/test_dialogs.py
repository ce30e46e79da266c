"""New task, message, confirm, choose, merge and the view of everything."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, Label, Select, Static, TextArea

from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.domain.drafts import TaskDraft
from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.merge import MergePreview, Overlap, OverlapKind, Refusal, RefusalReason
from codex_orch_tui.domain.plan import ApprovalPolicy, Limits, Role, SandboxMode
from codex_orch_tui.domain.review import CommitSummary
from codex_orch_tui.domain.role import BUILT_IN, RoleProfile
from codex_orch_tui.domain.task import Reviewed, Task
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.orchestrator import BaseInfo
from codex_orch_tui.ui.presentation.approval_form import Option
from codex_orch_tui.ui.presentation.merge import MergeAnswer, can_merge, merge_lines
from codex_orch_tui.ui.presentation.new_task import plan_of, unseen_edits
from codex_orch_tui.ui.presentation.paragraphs import plain_text
from codex_orch_tui.ui.screens.approval import ApprovalScreen
from codex_orch_tui.ui.screens.choose import ChooseScreen
from codex_orch_tui.ui.screens.confirm import ConfirmChoice, ConfirmScreen
from codex_orch_tui.ui.screens.help import HelpScreen
from codex_orch_tui.ui.screens.merge import MergeScreen
from codex_orch_tui.ui.screens.message import MessageScreen
from codex_orch_tui.ui.screens.new_task import NewTaskResult, NewTaskScreen
from codex_orch_tui.ui.widgets.fields import OpenList
from codex_orch_tui.ui.widgets.hints import Hints
from codex_orch_tui.ui.widgets.paragraph_view import ParagraphView
from tests.fakes.states import BASE, Story, command_request


class DialogApp(App[None]):
    """What is under the dialogs."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[Any] = []

    def compose(self) -> ComposeResult:
        yield Label("below")


class Stage:
    """A dialog under a pilot."""

    def __init__(self, app: DialogApp, pilot: Pilot[None], screen: Screen[Any]) -> None:
        self.app, self.pilot, self.screen = app, pilot, screen

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else None))
            await self.pilot.pause(0.002)
        await self.pilot.pause()

    @property
    def text(self) -> str:
        """What the dialog says."""
        said = [plain_text(view.paragraphs) for view in self.screen.query(ParagraphView)]
        said += [str(each.render()) for each in self.screen.query(Static) if each.display]
        return "\n".join(said)

    @property
    def keys(self) -> set[str]:
        """The keys that it offers."""
        return {hint.key for hint in self.screen.query_one(Hints).hints}


@asynccontextmanager
async def shown(screen: Screen[Any], size: tuple[int, int] = (110, 34)) -> AsyncIterator[Stage]:
    """A running app with an open dialog."""
    app = DialogApp()
    async with app.run_test(size=size) as pilot:
        app.push_screen(screen, app.results.append)
        await pilot.pause()
        yield Stage(app, pilot, screen)


# New task.

BASE_INFO = BaseInfo(branches=("main", "[red]topic"), current="main", dirty=())


async def test_ctrl_s_starts_what_was_typed() -> None:
    async with shown(NewTaskScreen(BASE_INFO)) as on:
        await on.press(*"fix [/] it", "enter", *"now", "ctrl+s")
        (result,) = on.app.results
        assert isinstance(result, NewTaskResult)
        assert result.plan is not None
        (spec,) = result.plan.tasks
        assert (spec.prompt, spec.title, spec.id) == ("fix [/] it\nnow", "fix [/] it", "fix-it")
        assert (spec.role, spec.model) == (Role.IMPLEMENTER, None)
        assert (spec.sandbox, spec.approval_policy) == (SandboxMode.WORKSPACE_WRITE, ApprovalPolicy.ON_REQUEST)
        assert result.base_branch == "main"


async def test_escape_keeps_the_draft_and_it_comes_back() -> None:
    async with shown(NewTaskScreen(BASE_INFO)) as on:
        await on.press(*"half a", "escape")
        (result,) = on.app.results
        assert result.plan is None
        assert result.draft.text == "half a"
    async with shown(NewTaskScreen(BASE_INFO, result.draft)) as on:
        assert on.screen.query_one(TextArea).text == "half a"
        await on.press("!", "escape")
        assert on.app.results[0].draft.text == "half a!"


async def test_an_empty_task_is_told_in_place() -> None:
    async with shown(NewTaskScreen(BASE_INFO)) as on:
        await on.press("tab", "ctrl+s")
        assert on.app.results == []
        assert "Write what to do first." in on.text
        assert isinstance(on.app.focused, TextArea)
        await on.press("x")
        assert not on.screen.query_one(".problem").has_class("-told")


async def test_a_models_name_has_no_blanks() -> None:
    async with shown(NewTaskScreen(BASE_INFO, TaskDraft(text="x", model="a b"))) as on:
        await on.press("ctrl+s")
        assert on.app.results == []
        assert isinstance(on.app.focused, Input)


async def test_choices_are_kept_and_dangerous_ones_are_told() -> None:
    async with shown(NewTaskScreen(BASE_INFO, TaskDraft(text="x"))) as on:
        assert not on.screen.query_one(".danger").display
        on.screen.query_one("#sandbox", Select).value = SandboxMode.DANGER_FULL_ACCESS.value
        await on.press()
        assert "Without a sandbox" in on.text
        on.screen.query_one("#policy", Select).value = ApprovalPolicy.NEVER.value
        on.screen.query_one("#base", Select).value = "[red]topic"
        await on.press()
        assert "Nothing holds it back" in on.text
        await on.press("ctrl+s")
        assert on.app.results == []
        assert "Type “full access never” first" in on.text
        on.screen.query_one("#confirm", Input).value = "full access never"
        await on.press("ctrl+s")
        (result,) = on.app.results
        assert result.base_branch == "[red]topic"
        assert result.plan.tasks[0].sandbox is SandboxMode.DANGER_FULL_ACCESS
        assert result.plan.tasks[0].approval_policy is ApprovalPolicy.NEVER


@pytest.mark.parametrize("way", ["up", "down"])
async def test_a_page_key_that_comes_before_the_open_list_is_drawn_does_no_harm(way: str) -> None:
    async with shown(NewTaskScreen(BASE_INFO)) as on:
        options = on.screen.query_one("#role", Select).query_one(OpenList)
        assert not options.scrollable_content_region, "it has no rows yet"
        options.highlighted = 0  # as it is from the moment in which it opens
        await on.app.run_action(f"page_{way}", options)
        assert options.highlighted == 0


async def test_it_names_edits_that_the_task_will_not_see() -> None:
    async with shown(NewTaskScreen(replace(BASE_INFO, dirty=("[/]a.py", *"bcdef"))), size=(80, 24)) as on:
        assert "6 edits in your checkout" in on.text
        assert "[/]a.py, b, c, d and 2 more" in on.text
        assert on.screen.query_one(Hints).region.bottom <= 24


def test_the_words_about_edits() -> None:
    assert unseen_edits(()) == ""
    assert unseen_edits(("a",)).startswith("1 edit in your checkout is not committed")


async def test_no_branch_to_start_from_is_told() -> None:
    nothing = BaseInfo(branches=(), current=None, dirty=())
    async with shown(NewTaskScreen(nothing, TaskDraft(text="x"))) as on:
        await on.press("ctrl+s")
        assert on.app.results == []
        assert "no branch to start from" in on.text


async def test_a_branch_that_is_gone_gives_way_to_the_checked_out_one() -> None:
    async with shown(NewTaskScreen(BASE_INFO, TaskDraft(text="x", base_branch="gone"))) as on:
        await on.press("ctrl+s")
        assert on.app.results[0].base_branch == "main"


def test_a_plan_of_a_draft() -> None:
    draft = TaskDraft(text="  Fix it\n\nall of it ", model=" gpt-5.5 ", role=Role.TESTER)
    plan = plan_of(draft, BUILT_IN[Role.TESTER])
    (spec,) = plan.tasks
    assert (plan.title, spec.prompt, spec.model, spec.role) == ("Fix it", "Fix it\n\nall of it", "gpt-5.5", Role.TESTER)


PROFILES = {
    **BUILT_IN,
    Role.REVIEWER: replace(
        BUILT_IN[Role.REVIEWER],
        model="gpt-5.5",
        effort="high",
        approval_policy=ApprovalPolicy.UNTRUSTED,
        limits=Limits(turns=3),
    ),
    "painter": RoleProfile(name="painter", sandbox=SandboxMode.DANGER_FULL_ACCESS),
}


async def choose(on: Stage, field: str, value: str) -> None:
    on.screen.query_one(f"#{field}", Select).value = value
    await on.press()


async def test_a_role_brings_its_settings() -> None:
    async with shown(NewTaskScreen(BASE_INFO, TaskDraft(text="x"), None, PROFILES)) as on:
        await choose(on, "role", Role.REVIEWER)
        draft = on.screen.draft  # type: ignore[attr-defined]
        assert (draft.sandbox, draft.approval_policy) == (SandboxMode.READ_ONLY, ApprovalPolicy.UNTRUSTED)
        assert draft.model == "gpt-5.5"
        assert "says what is wrong with it. Effort high; 3 turns." in on.text
        await choose(on, "role", Role.TESTER)
        draft = on.screen.draft  # type: ignore[attr-defined]
        assert (draft.model, draft.sandbox) == ("", SandboxMode.WORKSPACE_WRITE), "and takes them with it"
        await choose(on, "role", "painter")
        assert "Type “full access” to start." in on.text
        await choose(on, "role", Role.REVIEWER)
        await on.press("ctrl+s")
        (spec,) = on.app.results[0].plan.tasks
        assert (spec.role, spec.sandbox, spec.model) == (Role.REVIEWER, SandboxMode.READ_ONLY, "gpt-5.5")
        assert (spec.effort, spec.limits.turns) == ("high", 3)


async def test_what_was_chosen_by_hand_stays_with_another_role() -> None:
    async with shown(NewTaskScreen(BASE_INFO, TaskDraft(text="x"), None, PROFILES)) as on:
        on.screen.query_one("#model", Input).value = "mine"
        await choose(on, "policy", ApprovalPolicy.NEVER)
        await choose(on, "role", Role.REVIEWER)
        draft = on.screen.draft  # type: ignore[attr-defined]
        assert (draft.model, draft.approval_policy) == ("mine", ApprovalPolicy.NEVER)
        assert draft.sandbox is SandboxMode.READ_ONLY, "which nobody touched"
        await on.press("escape")
    begun = on.app.results[0].draft
    async with shown(NewTaskScreen(BASE_INFO, begun, None, PROFILES)) as on:
        await choose(on, "role", Role.IMPLEMENTER)
        draft = on.screen.draft  # type: ignore[attr-defined]
        assert (draft.model, draft.approval_policy) == ("mine", ApprovalPolicy.NEVER)
        assert draft.sandbox is SandboxMode.WORKSPACE_WRITE


async def test_planning_first_has_the_settings_of_a_navigator() -> None:
    navigator = replace(BUILT_IN[Role.NAVIGATOR], model="deep", effort="high")
    async with shown(
        NewTaskScreen(BASE_INFO, TaskDraft(text="x"), None, {**PROFILES, Role.NAVIGATOR: navigator})
    ) as on:
        await on.press("ctrl+o")
        await on.press("ctrl+s")
        (spec,) = on.app.results[0].plan.tasks
        assert (spec.role, spec.model, spec.effort) == (Role.NAVIGATOR, "deep", "high")
        assert (spec.sandbox, spec.checked_answer) == (SandboxMode.READ_ONLY, True)


def spec_reader(texts: dict[str, str]) -> Callable[[Path], Coroutine[Any, Any, str]]:
    async def read(path: Path) -> str:
        if str(path) not in texts:
            raise NotPossibleError(f"{path}: there is no such file")
        return texts[str(path)]

    return read


async def test_a_specification_goes_with_the_task_and_a_wrong_one_is_told_in_place() -> None:
    read = spec_reader({"docs/spec.md": "Prices are in cents."})
    async with shown(NewTaskScreen(BASE_INFO, TaskDraft(text="x", spec="docs/spec"), None, PROFILES, read)) as on:
        await on.press("ctrl+s")
        assert on.app.results == []
        assert "docs/spec: there is no such file" in on.text
        assert on.app.focused is on.screen.query_one("#spec", Input)
        await on.press("end", *".md", "ctrl+s")
        (result,) = on.app.results
        assert result.plan.spec == "Prices are in cents."
        assert result.draft.spec == "docs/spec.md"


async def test_without_a_reader_there_is_no_field_for_a_specification() -> None:
    async with shown(NewTaskScreen(BASE_INFO, TaskDraft(text="x"))) as on:
        assert not on.screen.query_one("#spec", Input).region


# Message.


async def test_a_message_is_sent_by_ctrl_s_only() -> None:
    async with shown(MessageScreen("To [/]fix", "The running turn gets it.", "so")) as on:
        await on.press("enter", *"on", "ctrl+s")
        assert on.app.results == ["so\non"]


async def test_a_closed_message_is_kept_and_an_empty_one_not_sent() -> None:
    screen = MessageScreen("To fix", "A new turn begins with it.")
    async with shown(screen) as on:
        await on.press("ctrl+s")
        assert on.app.results == []
        assert "Write something first." in on.text
        await on.press(*"wait", "escape")
        assert on.app.results == [None]
        assert screen.draft == "wait"


# Confirm and choose.

CHOICES = (
    ConfirmChoice(key="s", label="stop", consequence="[red]turns[/] end"),
    ConfirmChoice(key="D", label="discard", consequence="all goes", is_dangerous=True),
)


@pytest.mark.parametrize(("keys", "result"), [("s", ["s"]), ("D", ["D"]), ("d", []), ("enter", []), ("space", [])])
async def test_only_a_choices_own_key_answers(keys: str, result: list[str]) -> None:
    async with shown(ConfirmScreen("Leave [/]?", ["2 workers run."], CHOICES)) as on:
        assert "[red]turns[/] end" in on.text
        await on.press(keys)
        assert on.app.results == result


async def test_escape_changes_nothing() -> None:
    async with shown(ConfirmScreen("Leave?", [], CHOICES)) as on:
        await on.press("escape")
        assert on.app.results == [None]


OPTIONS = (Option(value="b", label="branch", detail="[/]"), Option(value="p", label="path"))


@pytest.mark.parametrize(
    ("keys", "result"),
    [(["2"], "p"), (["down", "enter"], "p"), (["enter"], "b"), (["space"], "b"), (["escape"], None)],
)
async def test_one_of_a_few_is_chosen(keys: list[str], result: str | None) -> None:
    async with shown(ChooseScreen("Copy", OPTIONS)) as on:
        await on.press(*keys)
        assert on.app.results == [result]


# Merge.


def finished() -> Task:
    """A task that waits for its merge."""
    story = Story()
    (ref,) = story.run(["Add search"])
    story.start(ref)
    story.finish(ref)
    return story.state.tasks[ref]


def reviewed() -> Task:
    """The same, with every file viewed."""
    task = finished()
    assert task.tip is not None
    return replace(task, reviewed=Reviewed(base=BASE, tip=task.tip, files_viewed=3, files_total=3))


COMMIT = CommitSummary(
    id=CommitId("9b07d31" + "0" * 33), parents=(), subject="[/] Add search", body="", author="Ada", time_s=0
)
PREVIEW = MergePreview(
    base_branch="main",
    branch="orch/x/add-search",
    old=BASE,
    new=COMMIT.id,
    tree="77ab01c" + "0" * 33,
    commits=(COMMIT,),
    commit_count=2,
    files=3,
    checkout="/home/ada/shop-api",
)


async def test_enter_merges_what_is_shown() -> None:
    async with shown(MergeScreen(reviewed(), PREVIEW)) as on:
        assert "4f1c2aa → 9b07d31   fast-forward, 2 commits, tree 77ab01c" in on.text
        assert "9b07d31  [/] Add search" in on.text
        assert "reviewed 3 of 3 files, this exact commit" in on.text
        await on.press("m", "y", "space")
        assert on.app.results == []
        await on.press("enter")
        assert on.app.results == [MergeAnswer.MERGE]


async def test_what_was_not_reviewed_offers_its_diff_and_no_merge() -> None:
    async with shown(MergeScreen(finished(), PREVIEW)) as on:
        assert "reviewed 0 of 3 files" in on.text
        assert "is not reviewed yet" in str(on.screen.query_one(".box").border_title)
        assert on.keys == {"d", "esc"}
        await on.press("enter", "u", "m")
        assert on.app.results == []
        await on.press("d")
        assert on.app.results == [MergeAnswer.REVIEW]


async def test_behind_its_base_it_offers_the_update() -> None:
    refusal = Refusal(reason=RefusalReason.NOT_FAST_FORWARD, message="main has 1 commit more", next_step="update")
    for preview in (replace(PREVIEW, behind=2), replace(PREVIEW, refusal=refusal)):
        async with shown(MergeScreen(reviewed(), preview)) as on:
            assert on.keys == {"u", "esc"}
            await on.press("enter", "d")
            assert on.app.results == []
            await on.press("u")
            assert on.app.results == [MergeAnswer.UPDATE]


async def test_escape_leaves_everything() -> None:
    async with shown(MergeScreen(reviewed(), PREVIEW)) as on:
        await on.press("escape")
        assert on.app.results == [None]


async def test_an_enter_that_was_typed_ahead_merges_nothing() -> None:
    app = DialogApp()
    async with app.run_test() as pilot:
        app.push_screen(MergeScreen(reviewed(), PREVIEW), app.results.append)
        app.post_message(events.Key("enter", "\r"))
        screen = app.screen
        assert isinstance(screen, MergeScreen)
        screen.action_answer("merge")
        assert app.results == []
        await pilot.pause()


REFUSALS = [
    replace(
        PREVIEW,
        refusal=Refusal(
            reason=RefusalReason.OVERLAP,
            message="Your [/]work is in the way.",
            paths=("src/a.py",),
            next_step="commit it",
        ),
        overlaps=(Overlap(path="src/a.py", kind=OverlapKind.EDITED),),
    ),
    replace(PREVIEW, overlaps=(Overlap(path="src/a.py", kind=OverlapKind.UNTRACKED),)),
    replace(PREVIEW, behind=2),
    replace(PREVIEW, commit_count=0),
]


@pytest.mark.parametrize("preview", REFUSALS)
async def test_a_refusal_cannot_be_answered_yes(preview: MergePreview) -> None:
    async with shown(MergeScreen(finished(), preview)) as on:
        assert not can_merge(preview)
        assert "nothing was moved" in on.text
        assert "enter" not in on.keys
        await on.press("enter")
        assert on.app.results == []
        await on.press("escape")
        assert on.app.results == [None]


def test_a_refusal_names_the_paths_and_the_next_step() -> None:
    said = plain_text(merge_lines(finished(), REFUSALS[0]))
    assert "Your [/]work is in the way." in said
    assert "src/a.py edited by you" in said
    assert "next commit it" in said
    assert "u updates the task" in plain_text(merge_lines(finished(), REFUSALS[2]))


# Keys that come in one burst.


def new_task() -> Screen[Any]:
    """The dialog with a task in it."""
    return NewTaskScreen(BASE_INFO, TaskDraft(text="x"))


def whole_question() -> Screen[Any]:
    """The view of everything."""
    return ApprovalScreen(*asked())


@pytest.mark.parametrize(
    ("make", "keys", "answer"),
    [
        (lambda: ConfirmScreen("Leave?", [], CHOICES), "s D", "s"),
        (lambda: ConfirmScreen("Leave?", [], CHOICES), "D D", "D"),
        (lambda: ConfirmScreen("Leave?", [], CHOICES), "escape s", None),
        (lambda: ChooseScreen("Copy", OPTIONS), "2 2", "p"),
        (lambda: ChooseScreen("Copy", OPTIONS), "2 1", "p"),
        (lambda: ChooseScreen("Copy", OPTIONS), "enter enter", "b"),
        (lambda: ChooseScreen("Copy", OPTIONS), "space space", "b"),
        (lambda: ChooseScreen("Copy", OPTIONS), "escape 1", None),
        (lambda: MergeScreen(reviewed(), PREVIEW), "enter enter", MergeAnswer.MERGE),
        (lambda: MergeScreen(reviewed(), PREVIEW), "escape enter", None),
        (lambda: MergeScreen(finished(), PREVIEW), "d d", MergeAnswer.REVIEW),
        (lambda: MessageScreen("To fix", "", "go"), "ctrl+s ctrl+s", "go"),
        (lambda: MessageScreen("To fix", "", "go"), "escape escape", None),
        (new_task, "ctrl+s ctrl+s", NewTaskResult),
        (new_task, "escape escape", NewTaskResult),
        (whole_question, "escape escape", True),
        (whole_question, "v q", True),
        (lambda: HelpScreen({}, ascii_only=False), "escape escape", None),
        (lambda: HelpScreen({}, ascii_only=False), "question_mark q", None),
    ],
)
async def test_only_the_first_of_two_keys_in_a_burst_answers(
    make: Callable[[], Screen[Any]], keys: str, answer: Any
) -> None:
    app = DialogApp()
    async with app.run_test(size=(110, 34)) as pilot:
        app.push_screen(Screen())
        app.push_screen(make(), app.results.append)
        await pilot.pause()
        for key in keys.split():
            app.post_message(events.Key(key, " " if key == "space" else key if len(key) == 1 else None))
        await pilot.pause(0.01)
        await pilot.pause()
        assert len(app.results) == 1
        assert isinstance(app.results[0], answer) if isinstance(answer, type) else app.results[0] == answer
        assert len(app.screen_stack) == 2, "what is below stays"


# Everything of a question.


def asked(**changes: Any) -> tuple[Approval, Task]:
    """A question and who asks it."""
    story = Story()
    (ref,) = story.run(["Fix auth"])
    story.start(ref)
    approval_id = story.ask(ref, replace(command_request(story, ref), **changes))
    return story.state.approvals[approval_id], story.state.tasks[ref]


async def test_everything_is_shown_and_nothing_of_it_reaches_the_terminal_raw() -> None:
    approval, task = asked(raw_json='{"command":"\\u001b]52;c;x\\u0007","note":"[/] \\u202e"}')
    async with shown(ApprovalScreen(approval, task)) as on:
        assert '"note": "[/] \\u{202E}"' in on.text
        assert "\x1b" not in on.text
        assert "accept, accept for session, decline, cancel" in on.text
        await on.press("a", "d", "enter")
        assert on.app.results == []
        await on.press("escape")
        assert on.app.results == [True]


async def test_a_question_is_read_when_its_last_row_was_seen() -> None:
    approval, task = asked(command="\n".join(["true"] * 90), raw_json='{"a": [' + ",".join("1" * 200) + "]}")
    async with shown(ApprovalScreen(approval, task), size=(80, 24)) as on:
        await on.press("end", "escape")
        assert on.app.results == [False], "it was jumped over"
    async with shown(ApprovalScreen(approval, task), size=(80, 24)) as on:
        await on.press(*["pagedown"] * 6, "escape")
        assert on.app.results == [True]
