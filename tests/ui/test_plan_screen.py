"""The plan screen: read, edited, opened, saved, approved; and a sentence that is planned first."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.plan import Level, Limits, Plan, Role, SandboxMode, TaskSpec
from codex_orch_tui.domain.role import BUILT_IN, RoleProfile
from codex_orch_tui.domain.state import State
from codex_orch_tui.services.errors import NotPossibleError, PlanRefusedError
from codex_orch_tui.services.plan_reading import Proposal
from codex_orch_tui.ui.app import OrchApp
from codex_orch_tui.ui.presentation.plan_draft import PlanDraft
from codex_orch_tui.ui.screens.confirm import ConfirmScreen
from codex_orch_tui.ui.screens.line import LineScreen
from codex_orch_tui.ui.screens.main import MainScreen
from codex_orch_tui.ui.screens.new_task import NewTaskScreen
from codex_orch_tui.ui.screens.plan import PlanScreen
from codex_orch_tui.ui.screens.plan_head import PlanHeadScreen
from codex_orch_tui.ui.screens.plan_task import PlanTaskScreen
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.states import Story
from tests.keyboard import press, type_text

WIDE = (160, 45)
NARROW = (80, 24)


def task(name: str, title: str, after: str = "", role: str = Role.IMPLEMENTER, **fields: Any) -> TaskSpec:
    fields = {"prompt": f"{title}.", "sandbox": BUILT_IN[role].sandbox} | fields
    return TaskSpec(id=TaskId(name), title=title, role=role, depends_on=tuple(map(TaskId, after.split())), **fields)


def search_plan() -> Plan:
    inside = TaskId("search")
    return Plan(
        title="Add product search",
        tasks=(
            task("search", "Product search", prompt="", level=Level.FEATURE),
            task("index", "Build the index", parent=inside, paths=("src/index.py",), checks=("pytest -q",)),
            task("api", "Search endpoint", parent=inside),
            task("try", "Try it from outside", "index api", Role.TESTER),
            task("look", "Review all of it", "search try", Role.REVIEWER),
        ),
    )


class Shown:
    """The plan screen under test."""

    def __init__(self, app: OrchApp, fake: FakeOrchestrator, pilot: Pilot[Any]) -> None:
        self.app, self.fake, self.pilot = app, fake, pilot

    @property
    def screen(self) -> PlanScreen:
        (found,) = (screen for screen in self.app.screen_stack if isinstance(screen, PlanScreen))
        return found

    @property
    def plan(self) -> Plan:
        return self.screen.draft.plan

    @property
    def names(self) -> list[str]:
        return [str(each.id) for each in self.plan.tasks]

    def rows(self) -> list[str]:
        return [row.text for row in self.screen.task_list.rows.rows]

    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    def notes(self) -> str:
        return "\n".join(note.message for note in self.app._notifications)

    async def press(self, *keys: str) -> None:
        await press(self.pilot, *keys)
        await self.pilot.pause()

    async def write(self, text: str) -> None:
        await type_text(self.pilot, text)
        await self.pilot.pause()

    async def mark(self, name: str) -> None:
        """Put the cursor on a task."""
        self.screen.task_list.go_to(self.names.index(name))
        await self.pilot.pause()

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                await self.pilot.pause(0.01)

    async def see(self, words: str) -> None:
        """Wait until something is on the screen."""
        await self.until(lambda: words in self.text())

    async def reach(self, kind: type[Any]) -> None:
        """Wait until a screen of this kind is in front."""
        await self.until(lambda: isinstance(self.app.screen, kind))
        if isinstance(self.app.screen, PlanScreen):
            await self.until(lambda: self.screen.facts is not None)


@asynccontextmanager
async def shown(
    plan: Plan | None = None, size: tuple[int, int] = WIDE, story: Story | None = None, **settings: Any
) -> AsyncIterator[Shown]:
    """The plan screen over the main screen, or with a story the main screen alone."""
    fake = FakeOrchestrator(story or Story(), **{"approval_guard_ms": 0, **settings})
    app = OrchApp(fake)  # type: ignore[arg-type] # a fake
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        on = Shown(app, fake, pilot)
        if story is None:
            if plan is not None:
                draft = PlanDraft(plan=plan, kept=plan, base_branch="main")
                app.main_screen.drafts.plans[draft.key] = draft
            await on.press("P")
            await on.until(lambda: isinstance(app.screen, PlanScreen) and app.screen.facts is not None)
        yield on


# What is seen.


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_tree_tells_roles_dependencies_and_all_of_the_marked_task(size: tuple[int, int]) -> None:
    async with shown(search_plan(), size) as on:
        assert on.rows() == [
            "Add product search",
            "Product search",
            "Build the index",
            "Search endpoint",
            "Try it from outside",
            "Review all of it",
        ]
        for words in ("4 tasks · 3 waves", "after index, api", "reviewer", "nothing wrong"):
            assert words in on.text(), words
        await on.mark("index")
        assert "wave" in on.text()
        await on.press("tab", "end")
        for words in ("src/index.py", "pytest -q", "Build the index."):
            assert words in on.text(), words


async def test_waves_tell_what_can_run_side_by_side_and_the_cursor_stays_on_its_task() -> None:
    async with shown(search_plan()) as on:
        await on.mark("try")
        await on.press("v")
        assert on.rows()[1:4] == ["Wave 1", "Build the index", "Search endpoint"]
        assert on.screen.task_list.index == on.names.index("try")
        await on.press("v")
        assert on.rows()[1] == "Product search"


async def test_a_group_folds() -> None:
    async with shown(search_plan()) as on:
        await on.mark("search")
        await on.press("space")
        assert on.rows() == ["Add product search", "Product search", "Try it from outside", "Review all of it"]
        await on.press("space")
        assert "Build the index" in on.rows()


async def test_problems_stand_beside_their_tasks_and_keep_the_plan_from_starting() -> None:
    plan = search_plan()
    broken = replace(
        plan,
        tasks=(*plan.tasks[:3], task("try", "Try it", "indx", Role.TESTER), task("look", "Look", "look", "tester")),
    )
    async with shown(broken) as on:
        rows = on.rows()
        assert rows[rows.index("Try it") + 1] == "after: there is no task 'indx'; did you mean index?"
        assert rows[rows.index("Look") + 1] == "after: it depends on itself"
        assert "✗ 2 problems" in on.text()
        await on.press("ctrl+s")
        assert on.fake.asked("create_run") == []
        assert "Not started: 2 problems" in on.notes()
        assert on.screen.task_list.index == 3, "the cursor goes to the first one"
        await on.press("exclamation_mark")
        assert on.screen.task_list.index == 4


async def test_a_circle_is_told() -> None:
    circle = Plan(title="Round", tasks=(task("a", "One", "b"), task("b", "Two", "a")))
    async with shown(circle) as on:
        assert "a circle, each waits for the next: a → b → a" in "\n".join(on.rows())
        await on.press("v")
        assert "There are waves when nothing is wrong any more" in on.text()


async def test_a_prompt_that_lost_its_secret_cannot_start() -> None:
    lost = Plan(title="Lost", tasks=(task("a", "One", prompt="log in with ‹secret: openai key, 51 characters›"),))
    async with shown(lost) as on:
        assert ("a secret stood here" in on.text()) == ("problem" in on.text())


async def test_markup_and_controls_are_literal() -> None:
    odd = Plan(title="[/] [red]", tasks=(task("a", "[@click=app.quit]x[/]", prompt="[b\n\x1b]0;title\x07"),))
    async with shown(odd) as on:
        await on.mark("a")
        assert "[@click=app.quit]x[/]" in on.text()
        assert "\x1b" not in on.text()
        assert "\x07" not in on.text()


# Editing.


async def test_a_task_is_edited_field_by_field_and_its_new_id_is_followed() -> None:
    async with shown(search_plan()) as on:
        await on.mark("index")
        await on.press("enter")
        await on.reach(PlanTaskScreen)
        dialog = on.app.screen
        for name, value in {
            "id": "lookup",
            "model": "gpt-5.5",
            "turns": "3",
            "minutes": "7.5",
            "priority": "2",
        }.items():
            dialog.query_one(f"#{name}", Input).value = value
        dialog.query_one("#paths", TextArea).text = "src/**\n\ntests/test_lookup.py\n"
        dialog.query_one("#checks", TextArea).text = "pytest -q -k 'a, b'"
        dialog.query_one("#depends_on", Input).value = "api"
        await on.press("ctrl+s")
        await on.reach(PlanScreen)
        changed = on.plan.tasks[1]
        assert (changed.id, changed.model, changed.priority) == ("lookup", "gpt-5.5", 2)
        assert changed.limits == Limits(turns=3, minutes=7.5)
        assert (changed.paths, changed.checks) == (("src/**", "tests/test_lookup.py"), ("pytest -q -k 'a, b'",))
        assert changed.depends_on == ("api",)
        assert on.plan.tasks[3].depends_on == ("lookup", "api")
        assert "changed, not saved" in on.text()
        await on.press("u")
        assert on.plan == search_plan()


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("id", "a b", "should be made of letters"),
        ("turns", "many", "should be a number"),
        ("turns", "0", "should be greater than or equal to 1"),
        ("minutes", "nan", "should be a finite number"),
        ("priority", "1.5", "should be a valid integer"),
        ("paths", "../outside", "should be a path from the top"),
        ("checks", "pytest | tee log", "shell"),
        ("model", "gpt\u202e", "cannot be seen"),
    ],
)
async def test_what_no_plan_takes_is_told_in_place(field: str, value: str, told: str) -> None:
    async with shown(search_plan()) as on:
        await on.mark("index")
        await on.press("enter")
        await on.reach(PlanTaskScreen)
        filled = on.app.screen.query_one(f"#{field}")
        if isinstance(filled, TextArea):
            filled.text = value
        else:
            filled.value = value  # type: ignore[attr-defined] # an Input
        await on.press("ctrl+s")
        assert isinstance(on.app.screen, PlanTaskScreen)
        assert told in str(on.app.screen._problem.render()), str(on.app.screen._problem.render())
        assert on.app.focused is filled
        await on.press("escape")
        assert on.plan == search_plan()


async def test_tasks_are_added_removed_and_moved() -> None:
    async with shown(search_plan()) as on:
        await on.mark("index")
        await on.press("a")
        await on.reach(PlanTaskScreen)
        await on.write("Cache it")
        await on.press("tab")
        await on.write("Keep the last answers.")
        await on.press("ctrl+s")
        await on.reach(PlanScreen)
        assert on.names == ["search", "index", "cache-it", "api", "try", "look"]
        added = on.plan.tasks[2]
        assert (added.title, added.prompt, added.parent) == ("Cache it", "Keep the last answers.", "search")
        assert on.screen.task_list.index == 2
        await on.press("J")
        assert on.names == ["search", "index", "api", "cache-it", "try", "look"]
        await on.press("K", "K")
        assert on.names[:3] == ["search", "cache-it", "index"]
        await on.mark("search")
        await on.press("x")
        assert on.names == ["try", "look"]
        assert on.plan.tasks[0].depends_on == ()
        assert "Removed search and 3 in it" in on.notes()
        await on.press("u", "u", "u", "u", "u")
        assert on.plan == search_plan()


async def test_another_role_brings_its_own_sandbox_and_model() -> None:
    async with shown(search_plan()) as on:
        on.fake.own_roles["docs"] = RoleProfile(name="docs", model="gpt-5.5", limits=Limits(turns=2))
        on.screen._roles = on.fake.role_profiles()
        await on.mark("index")
        await on.press("r", "enter")
        assert on.plan.tasks[1].role == Role.IMPLEMENTER, "the one that it has is marked"
        await on.press("r", "4")
        await on.until(lambda: on.plan.tasks[1].role == Role.REVIEWER)
        assert on.plan.tasks[1].sandbox is SandboxMode.READ_ONLY
        await on.press("r", "5")
        await on.until(lambda: on.plan.tasks[1].role == "docs")
        assert (on.plan.tasks[1].model, on.plan.tasks[1].limits.turns) == ("gpt-5.5", 2)
        await on.press("r", "2")
        await on.until(lambda: on.plan.tasks[1].role == Role.IMPLEMENTER)
        assert on.plan.tasks[1].model is None
        await on.mark("search")
        await on.press("r")
        assert "A group does nothing itself" in on.notes()


async def test_a_plan_is_written_by_hand_and_comes_back_after_escape() -> None:
    async with shown() as on:
        assert "No tasks yet: a adds one" in on.text()
        await on.press("a")
        await on.reach(PlanTaskScreen)
        await on.write("First")
        await on.press("tab")
        await on.write("Do it.")
        await on.press("ctrl+s")
        await on.reach(PlanScreen)
        await on.press("home", "enter")
        await on.reach(PlanHeadScreen)
        await on.write("Release")
        await on.press("enter")
        await on.until(lambda: on.plan.title == "Release")
        await on.press("escape")
        await on.reach(MainScreen)
        await on.press("P")
        await on.reach(PlanScreen)
        assert (on.plan.title, on.names) == ("Release", ["first"])


async def attach(on: Shown, name: str) -> None:
    await on.press("home", "enter")
    await on.reach(PlanHeadScreen)
    await on.press("tab")
    await on.write(name)
    await on.press("enter")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_a_specification_is_attached_named_and_taken_off(size: tuple[int, int]) -> None:
    async with shown(search_plan(), size) as on:
        on.fake.spec_files["docs/spec.md"] = "Prices are in cents.\n"
        assert "enter on the plan attaches a file" in " ".join(on.text().split()) or size == NARROW
        await attach(on, "docs/nowhere.md")
        await on.see("docs/nowhere.md: there is no such file")
        assert isinstance(on.app.screen, PlanHeadScreen), "it is mended in place"
        await on.press(*["backspace"] * len("nowhere.md"))
        await on.write("spec.md")
        await on.press("ctrl+s")
        await on.reach(PlanScreen)
        assert (on.plan.spec, on.plan.title) == ("Prices are in cents.\n", "Add product search")
        if size == WIDE:
            await on.see("docs/spec.md · 21 characters")
        await on.press("u")
        assert on.plan.spec == ""
        await attach(on, "docs/spec.md")
        await on.reach(PlanScreen)
        await on.press("home", "enter")
        await on.reach(PlanHeadScreen)
        await on.press("tab", *["backspace"] * len("docs/spec.md"), "enter")
        await on.reach(PlanScreen)
        assert on.plan.spec == ""
        await attach(on, "docs/spec.md")
        await on.reach(PlanScreen)
        await on.press("ctrl+s")
        await on.reach(MainScreen)
        assert on.fake.asked("create_run")[0][0].spec == "Prices are in cents.\n"


async def test_the_title_alone_changes_and_a_specification_without_a_name_stays() -> None:
    async with shown(replace(search_plan(), spec="As it came.")) as on:
        await on.see("11 characters")
        await on.press("home", "enter")
        await on.reach(PlanHeadScreen)
        await on.see("came with it: 11 characters")
        await on.write("!")
        await on.press("enter")
        await on.reach(PlanScreen)
        assert (on.plan.title, on.plan.spec) == ("Add product search!", "As it came.")


# Approving.


async def test_ctrl_s_approves_and_starts_the_plan_once() -> None:
    async with shown(search_plan()) as on:
        await on.press("b", "2")
        await on.until(lambda: on.screen.draft.base_branch == "develop")
        await on.press("ctrl+s", "ctrl+s")
        await on.reach(MainScreen)
        assert on.fake.asked("create_run") == [(search_plan(), "develop")]
        assert "Approved: 4 tasks queued" in on.notes()
        assert on.app.main_screen.current in on.fake.state.tasks
        assert on.app.main_screen.drafts.plans == {}


async def test_a_refused_start_is_told_and_the_plan_stays() -> None:
    async with shown(search_plan()) as on:
        on.fake.raises["create_run"] = NotPossibleError("a branch named orch is in the way")
        await on.press("ctrl+s")
        await on.until(lambda: "in the way" in on.notes())
        assert on.plan == search_plan()
        del on.fake.raises["create_run"]
        await on.press("ctrl+s")
        await on.reach(MainScreen)


async def test_what_nothing_holds_back_is_asked_for_first() -> None:
    loose = replace(search_plan(), tasks=(task("a", "One", sandbox=SandboxMode.DANGER_FULL_ACCESS),))
    async with shown(loose) as on:
        await on.press("ctrl+s")
        await on.reach(ConfirmScreen)
        assert "Without a sandbox: a." in on.text()
        await on.press("escape")
        assert on.fake.asked("create_run") == []
        await on.press("ctrl+s")
        await on.reach(ConfirmScreen)
        await on.until(lambda: on.app.screen.is_painted)  # type: ignore[attr-defined] # a dialog
        await on.press("y")
        await on.until(lambda: on.fake.asked("create_run"))


# Files.


async def test_a_file_is_opened_and_what_is_wrong_with_it_is_listed() -> None:
    async with shown() as on:
        on.fake.plan_files["plans/search.yaml"] = search_plan()
        await on.press("o")
        await on.reach(LineScreen)
        await on.write("plans/search.yaml")
        await on.press("enter")
        await on.until(lambda: on.plan.tasks)
        assert "plans/search.yaml" in on.text()
        on.fake.raises["open_plan"] = PlanRefusedError("bad", ("bad.yaml:3: a.role: is missing", "bad.yaml:9: [/] no"))
        await on.press("o")
        await on.reach(LineScreen)
        await on.press("enter")
        await on.reach(ConfirmScreen)
        for words in ("2 problems", "bad.yaml:3: a.role: is missing", "bad.yaml:9: [/] no"):
            assert words in on.text()
        await on.press("escape")
        assert on.plan == search_plan()


async def test_opening_does_not_drop_what_was_changed_without_asking() -> None:
    async with shown(search_plan()) as on:
        on.fake.plan_files["other.yaml"] = Plan(title="Other", tasks=(task("a", "One"),))
        await on.mark("try")
        await on.press("x", "o")
        await on.reach(LineScreen)
        await on.write("other.yaml")
        await on.press("enter")
        await on.reach(ConfirmScreen)
        await on.press("escape")
        assert on.names == ["search", "index", "api", "look"]


async def test_a_plan_is_saved_and_a_file_that_is_there_is_asked_for() -> None:
    async with shown(search_plan()) as on:
        await on.press("S")
        await on.reach(LineScreen)
        assert on.app.screen.query_one(Input).value == "add-product-search.yaml"
        await on.press("enter")
        await on.until(lambda: "Saved as" in on.notes())
        await on.mark("look")
        await on.press("x")
        assert "changed, not saved" in on.text()
        await on.press("S", "enter")
        await on.until(lambda: len(on.fake.asked("save_plan")) == 2)
        assert on.fake.asked("save_plan")[1][1:] == (Path("add-product-search.yaml"), True), "its own file is replaced"
        on.fake.plan_files["other.yaml"] = search_plan()
        await on.press("S")
        await on.reach(LineScreen)
        on.app.screen.query_one(Input).value = "other.yaml"
        await on.press("enter")
        await on.reach(ConfirmScreen)
        assert "is there already" in on.text()
        await on.until(lambda: on.app.screen.is_painted)  # type: ignore[attr-defined] # a dialog
        await on.press("r")
        await on.until(lambda: on.fake.plan_files["other.yaml"] == on.plan)


# A run's plan.


async def test_a_plan_all_of_which_has_begun_is_only_looked_at() -> None:
    story = Story()
    refs = story.begin(search_plan())
    for ref in refs[1:]:
        story.start(ref)
    async with shown(story=story) as on:
        before = on.fake.state
        await on.press("P")
        await on.reach(PlanScreen)
        await on.see("only looked at")
        assert "Search endpoint" in on.rows()
        await on.press("down", "x", "a", "r", "K", "ctrl+s")
        assert isinstance(on.app.screen, PlanScreen)
        assert "All of this plan has begun" in on.notes()
        assert on.fake.state is before
        await on.press("n")
        await on.see("No tasks yet")


async def test_a_run_is_changed_where_it_has_not_begun() -> None:
    story = Story()
    run = story.begin(search_plan())[0].run
    story.start(TaskRef(run, TaskId("index")))
    async with shown(story=story) as on:
        await on.press("P")
        await on.reach(PlanScreen)
        await on.see("what has begun stays")
        await on.mark("index")
        await on.press("x")
        assert "index has begun and stays as it is" in on.notes()
        await on.mark("search")
        await on.press("x")
        assert on.plan == search_plan(), "a task in it has begun"
        await on.mark("try")
        await on.press("x")
        await on.see("changed, not in force")
        on.fake.story.start(TaskRef(run, TaskId("api")))
        on.fake.wake()
        await on.pilot.pause(0.1)
        assert "try" not in on.names, "what was changed stays on screen while the run goes on"
        await on.press("ctrl+s")
        await on.until(lambda: TaskRef(run, TaskId("try")) not in on.fake.state.tasks)
        assert on.fake.state.tasks[TaskRef(run, TaskId("look"))].spec.depends_on == ("search", "index", "api")
        await on.until(lambda: "goes on with the changed plan" in on.notes())
        await on.press("ctrl+s")
        assert "Nothing was changed" in on.notes()


async def test_a_task_that_began_meanwhile_keeps_the_change_from_being_made() -> None:
    story = Story()
    story.begin(search_plan())
    async with shown(story=story) as on:
        await on.press("P")
        await on.reach(PlanScreen)
        await on.mark("try")
        await on.press("x")
        on.fake.raises["edit_run"] = NotPossibleError("Try it from outside has begun: it stays as it is")
        await on.press("ctrl+s")
        await on.until(lambda: "has begun: it stays" in on.notes())
        await on.press("u")
        assert on.plan == search_plan()


# Planned first.


def answered(fake: FakeOrchestrator, ref: TaskRef, accepted: str = "{}") -> None:
    """The navigator has ended with an answer that fits."""
    story = fake.story
    story.start(ref)
    turn = story.turn(ref)
    story.tell(ev.AnswerAccepted(ref=ref, turn=turn, answer=accepted, result="A plan."))
    story.finish(ref, commits=0)
    fake.wake()


async def planned(on: Shown, text: str = "Add a search", spec: str = "") -> TaskRef:
    """Type a sentence, let it be planned."""
    await on.press("n")
    await on.reach(NewTaskScreen)
    await on.write(text)
    await on.press("ctrl+o")
    assert "A navigator proposes tasks" in on.text()
    if spec:
        on.fake.spec_files[spec] = "Prices are in cents."
        on.app.screen.query_one("#spec", Input).value = spec
    await on.press("ctrl+s")
    await on.until(lambda: on.fake.state.tasks)
    await on.reach(MainScreen)
    return next(iter(on.fake.state.tasks))


def proposed(fake: FakeOrchestrator, ref: TaskRef) -> None:
    fake.proposed[ref] = Proposal(
        ref=ref,
        plan=search_plan(),
        base_branch="main",
        summary="Two tasks can go side by side.",
        questions=("Descriptions, too?",),
    )


async def test_a_sentence_is_planned_read_only_and_its_plan_opens_for_approval() -> None:
    async with shown(story=Story()) as on:
        ref = await planned(on)
        (spec,) = on.fake.asked("create_run")[0][0].tasks
        assert (spec.role, spec.sandbox, spec.checked_answer) == (Role.NAVIGATOR, SandboxMode.READ_ONLY, True)
        proposed(on.fake, ref)
        answered(on.fake, ref)
        await on.reach(PlanScreen)
        for words in ("not approved", "proposed by add-a-search", "Two tasks can go", "Descriptions, too?"):
            await on.see(words)
        assert len(on.fake.state.runs) == 1, "nothing of it has begun"
        await on.press("ctrl+s")
        await on.reach(MainScreen)
        assert on.fake.asked("create_run")[1] == (search_plan(), "main")
        assert tuple(on.fake.state.runs.values())[-1].proposed_by == ref


async def test_the_specification_of_a_sentence_is_known_by_its_name_on_the_plan() -> None:
    async with shown(story=Story()) as on:
        ref = await planned(on, spec="docs/spec.md")
        plan = on.fake.asked("create_run")[0][0]
        assert plan.spec == "Prices are in cents."
        proposed(on.fake, ref)
        on.fake.proposed[ref] = replace(on.fake.proposed[ref], plan=replace(search_plan(), spec=plan.spec))
        answered(on.fake, ref)
        await on.reach(PlanScreen)
        await on.see("docs/spec.md · 20 characters")


async def test_a_plan_that_comes_while_the_person_types_waits_for_its_key() -> None:
    async with shown(story=Story()) as on:
        ref = await planned(on)
        proposed(on.fake, ref)
        await on.press("n")
        await on.reach(NewTaskScreen)
        answered(on.fake, ref)
        await on.until(lambda: "P on it opens it" in on.notes())
        assert isinstance(on.app.screen, NewTaskScreen)
        await on.press("escape", "P")
        await on.reach(PlanScreen)
        assert "not approved" in on.text()


async def test_keys_typed_before_a_plan_came_by_itself_do_not_act_on_it() -> None:
    async with shown(story=Story(), approval_guard_ms=5_000) as on:
        ref = await planned(on)
        proposed(on.fake, ref)
        answered(on.fake, ref)
        await on.reach(PlanScreen)
        await on.press("down", "x", "ctrl+s")
        assert on.plan == search_plan()
        assert len(on.fake.asked("create_run")) == 1


async def test_a_proposal_that_was_started_is_asked_for_before_it_is_started_again() -> None:
    async with shown(story=Story()) as on:
        ref = await planned(on)
        proposed(on.fake, ref)
        answered(on.fake, ref)
        await on.reach(PlanScreen)
        await on.press("ctrl+s")
        await on.reach(MainScreen)
        main = on.app.main_screen
        await on.until(lambda: main.current not in {None, ref})
        main.go_to_task(ref)
        await on.until(lambda: main.acts_on == ref)
        await on.press("P")
        await on.reach(PlanScreen)
        await on.press("ctrl+s")
        await on.reach(ConfirmScreen)
        assert "was started before" in on.text()


async def test_a_plan_that_is_still_being_made_is_told() -> None:
    async with shown(story=Story()) as on:
        await planned(on)
        await on.press("P")
        await on.until(lambda: "It is being planned" in on.notes())
        assert isinstance(on.app.screen, MainScreen)


async def test_a_proposal_that_cannot_run_is_told_with_its_reasons() -> None:
    async with shown(story=Story()) as on:
        ref = await planned(on)
        on.fake.raises["proposal"] = PlanRefusedError("no", ("a: depends_on: a circle: a → b → a",))
        answered(on.fake, ref)
        await on.reach(ConfirmScreen)
        for words in ("cannot be run", "a circle: a → b → a", "s tells the navigator"):
            await on.see(words)


async def test_the_plan_of_a_state_without_tasks_is_an_empty_one() -> None:
    async with shown(story=Story()) as on:
        assert on.fake.state == State()
        await on.press("P")
        await on.reach(PlanScreen)
        assert on.names == []
