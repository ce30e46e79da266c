"""The main screen: what it shows, where the keys go, what happens when a key does not fit."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from rich.cells import cell_len
from textual.command import CommandList
from textual.content import Content
from textual.events import Resize
from textual.geometry import Size
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Choice
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import ItemKind, StepStatus
from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.plan import Role
from codex_orch_tui.services.errors import ConflictError, NotPossibleError
from codex_orch_tui.ui.app import OrchApp
from codex_orch_tui.ui.bridge import Dirty
from codex_orch_tui.ui.commands import Palette
from codex_orch_tui.ui.presentation.turn_rows import task_key
from codex_orch_tui.ui.screens.confirm import ConfirmScreen
from codex_orch_tui.ui.screens.help import HelpScreen
from codex_orch_tui.ui.screens.merge import MergeScreen
from codex_orch_tui.ui.screens.message import MessageScreen
from codex_orch_tui.ui.screens.new_task import NewTaskScreen
from codex_orch_tui.ui.widgets.event_log import EventLog
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.states import Story, many, shop
from tests.keyboard import press

WIDE = (150, 42)
NARROW = (80, 24)


class Screen:
    """An app under test with its fake."""

    def __init__(self, app: OrchApp, fake: FakeOrchestrator, pilot: Pilot[Any]) -> None:
        self.app = app
        self.fake = fake
        self.pilot = pilot

    @property
    def main(self) -> Any:
        return self.app.main_screen

    def text(self) -> str:
        """What is on screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    async def press(self, *keys: str) -> None:
        await press(self.pilot, *keys)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        for _ in range(200):
            if condition():
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"it never came true; on screen:\n{self.text()}")

    async def until_shown(self, text: str) -> None:
        await self.until(lambda: text in self.text())

    def notes(self) -> str:
        return "\n".join(note.message for note in self.app._notifications)

    def reviewed(self, ref: TaskRef) -> None:
        """The person has viewed all of the task's commit."""
        task = self.fake.state.tasks[ref]
        assert task.worktree is not None
        assert task.tip is not None
        base = task.worktree.base_commit
        self.fake.apply(ev.ReviewRecorded(ref=ref, base=base, tip=task.tip, files_viewed=1, files_total=1))

    def task(self, name: str) -> TaskRef:
        return next(ref for ref in self.fake.state.tasks if ref.task == name)


@asynccontextmanager
async def shown(
    story: Story | None = None, size: tuple[int, int] = WIDE, *, simulated: bool = False, **settings: Any
) -> AsyncIterator[Screen]:
    fake = FakeOrchestrator(story or shop(), **{"approval_guard_ms": 0, **settings})
    app = OrchApp(fake, simulated=simulated)  # type: ignore[arg-type] # a fake
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield Screen(app, fake, pilot)


async def test_wide_shows_everything_at_once() -> None:
    async with shown() as on:
        await on.until_shown("fix-auth-middleware · implementer")
        text = on.text()
        for part in (
            "shop-api · main",
            "1 working · ! 1 needs you · 1 to review · 1 queued · 1 stopped",
            "Worktrees",
            "+142 −18",
            "Add product search",
            "write search.py",
            "Codex is not logged in",
            "codex login",
            "npm install --save-dev supertest@7",
        ):
            assert part in text, part


async def test_empty_panes_name_the_next_key() -> None:
    async with shown(Story()) as on:
        for part in ("No tasks yet. n starts one.", "No worktrees yet. n starts a task.", "Nothing needs you."):
            assert part in on.text()
        assert "n starts a task; its log appears here" in on.text()
    async with shown() as on:
        await on.until_shown("Nothing here yet. Lines appear as its worker speaks.")


@pytest.mark.parametrize("pane", ["1", "2", "3", "4"])
async def test_narrow_shows_one_pane_and_always_the_count(pane: str) -> None:
    async with shown(size=NARROW) as on:
        await on.press(pane)
        text = on.text()
        assert "4 Needs you !1" in text
        assert "! 1 needs you" in text
        titles = {"1": "─ Worktrees", "2": "─ Tasks", "3": "implementer · turn", "4": "Run outside the sandbox?"}
        await on.until_shown(titles[pane])
        assert [number for number, title in titles.items() if title in on.text()] == [pane]


async def test_a_small_window_says_so() -> None:
    async with shown(size=(50, 12)) as on:
        assert "too small" in on.text()
        await on.pilot.resize_terminal(80, 24)
        await on.until_shown("─ Tasks")


async def test_a_size_that_is_over_is_passed_over() -> None:
    async with shown(size=(100, 30)) as on:
        question, palette = ConfirmScreen("Go on?", (), ()), Palette()
        await on.app.push_screen(question)
        await on.app.push_screen(palette)
        await on.until(lambda: palette.has_class("-ready"))
        for screen in (on.main, question, palette):
            before = screen.classes
            # As of a layout for a size that was there for a moment, in the place of the terminal's own.
            screen.post_message(Resize(Size(1, 1), Size(1, 1)))
            await on.pilot.pause()
            assert screen.classes == before
            assert screen.size == Size(100, 30)


async def test_in_a_small_window_no_key_answers_what_is_not_drawn() -> None:
    async with shown(size=(50, 12)) as on:
        text = " ".join(on.text().split())
        assert "This window is too small (50x12). It needs 60x16. Workers go on; a question waits." in text
        assert "Keys are off until then; q quits." in text
        await on.press("4", "a", "g", "a", "n", "question_mark", "ctrl+p", "D", "D")
        assert len(on.app.screen_stack) == 1
        on.main.show_pane("inbox")
        await on.press("a", "d", "y")
        assert on.fake.asked("answer") == []
        await on.pilot.resize_terminal(*NARROW)
        await on.until(lambda: on.main.needs_you.has_focus_within)
        await on.press("a")
        await on.until(lambda: on.fake.asked("answer"))
        await on.pilot.resize_terminal(50, 12)
        await on.pilot.pause()
        await on.press("q")
        assert isinstance(on.app.screen, ConfirmScreen)


async def test_keys_that_do_not_act_are_not_shown() -> None:
    async with shown() as on:
        assert on.main.key_bar.hints
        await on.press("n")
        await on.until(lambda: not on.main.key_bar.hints)
        await on.press("escape")
        await on.until(lambda: on.main.key_bar.hints)
        await on.press("slash")
        await on.until(lambda: not on.main.key_bar.hints)


@pytest.mark.parametrize("pane", ["1", "2", "3", "4"])
async def test_resizing_keeps_task_and_pane(pane: str) -> None:
    async with shown() as on:
        await on.press("j", "j", pane)
        await on.until(lambda: on.app.focused is not None)
        in_front, focused = on.main._pane, on.app.focused
        current = on.main.current
        row = on.main.task_tree.cursor_row.key
        for size in ((80, 24), (20, 5), (150, 42), (100, 30)):
            await on.pilot.resize_terminal(*size)
            await on.pilot.pause()
        assert on.main.current == current
        assert on.main.task_tree.cursor_row.key == row
        assert on.main._pane == in_front
        await on.until(lambda: on.app.focused is focused)


async def test_table_and_tree_share_the_current_task() -> None:
    async with shown() as on:
        await on.press("1", "home")
        first = on.main.worktree_table.cursor_row.ref
        assert on.main.current == first
        assert on.main.task_tree.cursor_row.ref == first
        await on.press("2", "end")
        assert on.main.current == on.task("rate-limits")
        assert on.main.worktree_table.cursor_row.ref == on.task("rate-limits")


async def test_the_log_follows_the_current_task_and_grows_once_per_frame() -> None:
    async with shown() as on:
        ref = on.main.current
        log = on.fake.log(ref)
        await on.until(lambda: on.main.bridge.log_of == ref)
        before = log.added_calls
        for number in range(500):
            on.fake.grow(ref, LogEntry(LogKind.OUTPUT, f"line {number}"))
        on.fake.grow(on.task("search-endpoint"), LogEntry(LogKind.OUTPUT, "of another task"))
        await on.until_shown("line 499")
        assert log.added_calls - before <= 3
        assert "of another task" not in on.text()


async def test_a_flood_is_drawn_at_most_fifteen_times_a_second() -> None:
    async with shown() as on:
        ref = on.task("search-endpoint")
        await on.pilot.pause(0.2)
        before = on.main.bridge.frames
        loop = on.app._loop
        assert loop is not None
        start_s = loop.time()
        while loop.time() - start_s < 0.6:
            on.fake.story.item(ref, ItemKind.COMMAND, "pytest -q", after_s=0.0)
            on.fake.wake()
            await on.pilot.pause(0.002)
        assert 2 <= on.main.bridge.frames - before <= 11


async def test_the_first_change_after_rest_is_drawn_at_once() -> None:
    async with shown() as on:
        await on.pilot.pause(0.2)
        ref = on.task("search-endpoint")
        before = on.main.bridge.frames
        on.fake.apply(ev.TaskInterrupted(ref=ref, cause="stopped"))
        await on.pilot.pause()
        assert on.main.bridge.frames == before + 1
        await on.until_shown("interrupted")


async def test_the_tree_follows_turns_items_and_steps() -> None:
    story = Story()
    (ref,) = story.run(("Only task",))
    async with shown(story) as on:
        await on.until_shown("Only task")
        story.start(ref)
        story.steps(ref, ("look around", StepStatus.IN_PROGRESS), ("change it", StepStatus.PENDING))
        story.item(ref, ItemKind.COMMAND, "ls -la", done=False)
        on.fake.wake()
        for part in ("working", "look around", "change it", "turn 1", "$ ls -la"):
            await on.until_shown(part)
        await on.press("space")
        await on.until(lambda: "look around" not in on.text())
        story.finish(ref, answer="It is changed.")
        on.fake.wake()
        await on.until_shown("It is changed.")
        assert "─ Result" in on.text()
        await on.press("space")
        await on.until_shown("look around")


async def test_the_cursor_stays_on_its_row_while_rows_come_and_go() -> None:
    async with shown() as on:
        tree = on.main.task_tree
        await on.press("end")
        key = tree.cursor_row.key
        on.fake.story.run(("A later run",))
        on.fake.wake()
        await on.until_shown("A later run")
        assert tree.cursor_row.key == key
        await on.press("home")
        assert tree.cursor_row.text == "A later run"


async def test_a_frame_that_comes_while_the_program_is_left_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    async with shown() as on:
        main, app = on.main, on.app

        def asks_for_a_frame(_log: EventLog) -> None:
            main._log_wanted = True
            asked.append(app.call_later(main.draw, Dirty.EVERYTHING))

        monkeypatch.setattr(EventLog, "on_unmount", asks_for_a_frame, raising=False)
    assert asked


async def test_enter_opens_the_log_and_folds_a_run() -> None:
    async with shown() as on:
        run_row = next(i for i, row in enumerate(on.main.task_tree.rows.rows) if row.text == "Add product search")
        on.main.task_tree.move(run_row)
        await on.press("enter")
        await on.until(lambda: "write search.py" not in on.text())
        await on.press("enter")
        await on.until_shown("write search.py")
        await on.press("j", "enter")
        assert on.app.focused is on.main.log_pane.log_view


async def test_tab_goes_round_the_panes() -> None:
    async with shown() as on:
        seen = []
        for _ in range(5):
            await on.press("tab")
            await on.pilot.pause()
            seen.append(on.main._pane)
        assert seen == ["log", "inbox", "worktrees", "tasks", "log"]


async def test_a_new_task_is_typed_and_started() -> None:
    async with shown(Story()) as on:
        await on.press("n")
        await on.until(lambda: isinstance(on.app.screen, NewTaskScreen))
        on.app.screen.query_one(TextArea).text = "Add a health endpoint"
        await on.press("escape")
        await on.press("n")
        await on.until(lambda: isinstance(on.app.screen, NewTaskScreen))
        assert on.app.screen.query_one(TextArea).text == "Add a health endpoint", "the draft is kept"
        await on.press("ctrl+s")
        await on.until(lambda: on.fake.asked("create_run"))
        plan, base = on.fake.asked("create_run")[0]
        assert (plan.tasks[0].prompt, plan.tasks[0].role, base) == ("Add a health endpoint", Role.IMPLEMENTER, "main")
        await on.until_shown("Add a health endpoint")
        assert on.main.current in on.fake.state.tasks
        assert on.main.drafts.task is None


async def test_a_refused_start_keeps_the_draft() -> None:
    async with shown(Story()) as on:
        on.fake.raises["create_run"] = NotPossibleError("a branch named orch is in the way")
        await on.press("n")
        await on.until(lambda: isinstance(on.app.screen, NewTaskScreen))
        on.app.screen.query_one(TextArea).text = "Keep me"
        await on.press("ctrl+s")
        await on.until(lambda: "in the way" in on.notes())
        assert on.main.drafts.task.text == "Keep me"


async def test_a_message_is_sent_and_its_draft_kept_per_task() -> None:
    async with shown() as on:
        ref = on.main.current
        await on.press("s")
        assert isinstance(on.app.screen, MessageScreen)
        await on.press("h", "i", "escape")
        await on.press("s")
        assert on.app.screen.query_one(TextArea).text == "hi"
        await on.press("ctrl+s")
        await on.until(lambda: on.fake.asked("message") == [(ref, "hi")])
        assert on.main.drafts.message(ref) is None


@pytest.mark.parametrize(
    ("key", "task", "reason"),
    [
        ("i", "correct-the-docs", "No turn of it is running"),
        ("c", "search-endpoint", "did not stop"),
        ("m", "search-endpoint", "when its turn has ended"),
        ("d", "rate-limits", "nothing to review"),
        ("x", "upgrade-the-linter", ""),
        ("D", "health-endpoint", "It is merged"),
        ("e", "rate-limits", "not made yet"),
        ("u", "health-endpoint", "It is merged"),
    ],
)
async def test_a_key_that_does_not_fit_says_why(key: str, task: str, reason: str) -> None:
    async with shown() as on:
        on.main.go_to_task(on.task(task))
        await on.press(key)
        assert reason in on.notes()
        assert not on.app.screen.is_modal


@pytest.mark.parametrize("way", ["up", "down"])
async def test_a_page_key_that_comes_before_the_palettes_list_is_drawn_does_no_harm(way: str) -> None:
    async with shown() as on:
        palette = Palette()
        await on.app.push_screen(palette)
        commands = palette.query_one(CommandList)
        assert not commands.scrollable_content_region, "it has no rows yet"
        commands.add_option("a command")
        commands.highlighted = 0  # as it is from the moment in which the first one is found
        await on.app.run_action(f"command_list('page_{way}')", palette)
        assert commands.highlighted == 0


async def test_without_a_task_keys_name_n() -> None:
    async with shown(Story()) as on:
        await on.press("s")
        assert "There is no task yet: n starts one." in on.notes()


async def test_interrupt_stop_and_continue() -> None:
    async with shown() as on:
        on.main.go_to_task(on.task("search-endpoint"))
        await on.press("i", "x")
        assert isinstance(on.app.screen, ConfirmScreen)
        await on.press("x")
        on.main.go_to_task(on.task("upgrade-the-linter"))
        await on.press("c")
        await on.until(lambda: on.fake.asked("resume"))
        assert on.fake.asked("interrupt") == on.fake.asked("stop") == [(on.task("search-endpoint"),)]


async def test_discard_asks_first() -> None:
    async with shown() as on:
        on.main.go_to_task(on.task("correct-the-docs"))
        await on.press("D", "escape")
        assert not on.fake.asked("discard")
        await on.press("D", "D")
        await on.until(lambda: on.fake.asked("discard"))
        await on.until(lambda: "refs/orch/backup" in on.notes())


async def test_merge_shows_and_asks() -> None:
    async with shown() as on:
        ref = on.task("correct-the-docs")
        on.main.go_to_task(ref)
        on.reviewed(ref)
        await on.press("m")
        await on.until(lambda: isinstance(on.app.screen, MergeScreen))
        await on.press("escape", "m")
        await on.until(lambda: isinstance(on.app.screen, MergeScreen))
        await on.pilot.pause()
        await on.press("enter")
        await on.until(lambda: on.fake.asked("merge"))
        await on.until(lambda: "Merged: main" in on.notes())


async def test_a_conflict_can_go_to_the_worker() -> None:
    async with shown() as on:
        on.fake.raises["update"] = ConflictError("2 files clash", ("a.py", "b.py"))
        on.main.go_to_task(on.task("correct-the-docs"))
        await on.press("u")
        await on.until(lambda: isinstance(on.app.screen, ConfirmScreen))
        assert "b.py" in on.text()
        await on.press("s")
        await on.until(lambda: on.fake.asked("send_conflicts"))


async def test_g_goes_to_the_question_and_an_answer_leads_back() -> None:
    async with shown() as on:
        on.main.go_to_task(on.task("search-endpoint"))
        await on.press("g")
        await on.pilot.pause()
        assert on.main.current == on.task("fix-auth-middleware")
        assert on.main._pane == "inbox"
        await on.press("a")
        await on.until(lambda: on.fake.asked("answer"))
        assert on.fake.asked("answer")[0][1].choice is Choice.ACCEPT
        await on.until(lambda: on.main._pane == "tasks" and on.app.focused is on.main.task_tree)
        await on.press("g")
        assert on.main.current == on.task("upgrade-the-linter"), "then what stopped"
        await on.press("g")
        assert on.main.current == on.task("correct-the-docs"), "then what can be reviewed"


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_letters_answer_nothing_while_another_pane_has_the_focus(size: tuple[int, int]) -> None:
    async with shown(size=size) as on:
        for key in ("a", "A", "y", "escape", "v"):
            await on.press(key)
        await on.press("escape")
        assert not on.fake.asked("answer")


async def test_narrow_answering_leads_back() -> None:
    async with shown(size=NARROW) as on:
        await on.press("3", "g")
        await on.pilot.pause()
        await on.press("d")
        await on.until(lambda: on.fake.asked("answer"))
        await on.until(lambda: on.main._pane == "log")


async def test_a_question_is_told_over_another_screen() -> None:
    async with shown() as on:
        await on.press("question_mark")
        assert isinstance(on.app.screen, HelpScreen)
        on.fake.story.ask(on.task("search-endpoint"))
        on.fake.wake()
        await on.until(lambda: "! 2 need you" in on.notes())


@pytest.mark.parametrize("size", [(160, 45), WIDE, (131, 40), (100, 40), NARROW])
async def test_the_help_tells_all_of_each_line(size: tuple[int, int]) -> None:
    async with shown(size=size) as on:
        await on.press("question_mark")
        await on.pilot.pause()
        page = on.app.screen.query_one("#help-text", Static)
        lines = [str(line) for line in page.visual.split("\n")] if isinstance(page.visual, Content) else []
        assert lines and max(map(cell_len, lines)) <= page.size.width
        assert not [line for line in lines if "…" in line]
        assert any("Give the task up; a backup ref keeps it" in line for line in lines)


async def test_copy_offers_branch_path_and_thread() -> None:
    async with shown() as on:
        await on.press("y")
        await on.press("2")
        await on.until(lambda: "Copied the path" in on.notes())
        assert on.app.clipboard.endswith("/fix-auth-middleware")


async def test_search_finds_and_ends() -> None:
    async with shown() as on:
        ref = on.main.current
        await on.until(lambda: on.main.bridge.log_of == ref)
        on.fake.grow(ref, *(LogEntry(LogKind.OUTPUT, f"line {number}") for number in range(100)))
        await on.until_shown("line 99")
        await on.press("3", "slash")
        await on.until(lambda: isinstance(on.app.focused, Input))
        await on.press(*"line", "space", *"5", "enter")
        await on.until_shown("line 5")
        await on.until_shown("1 of 11 · n next  N before  esc ends")
        assert on.app.focused is on.main.log_pane.log_view
        assert [hint.label for hint in on.main.key_bar.hints][:3] == ["next found", "found before", "end search"]
        await on.press("n", "n", "N")
        await on.until_shown("2 of 11")
        await on.press("escape")
        await on.until_shown("paused · f follows")
        assert on.app.focused is on.main.log_pane.log_view
        assert not on.main.log_pane.query(Input)
        await on.press("n")
        await on.until(lambda: isinstance(on.app.screen, NewTaskScreen))


async def test_the_keys_of_the_log_come_first_while_it_has_the_focus() -> None:
    async with shown(size=NARROW) as on:
        await on.press("3")
        await on.until(lambda: "log or raw" in [hint.label for hint in on.main.key_bar.hints][:1])
        assert "l log or raw  f follow  / search  G newest" in on.text()


async def test_raw_lines_and_back() -> None:
    async with shown() as on:
        ref = on.main.current
        on.fake.log(ref).raw = ['{"method":"turn/started"}']
        await on.until(lambda: on.main.bridge.log_of == ref)
        await on.press("l")
        await on.until_shown('{"method":"turn/started"}')
        await on.press("l")
        await on.until(lambda: "turn/started" not in on.text())


async def test_worker_text_is_never_markup_and_never_reaches_the_terminal_raw() -> None:
    story = Story()
    (ref,) = story.run(("[/] [red] \\[x] [@click=q]",))
    story.start(ref)
    story.finish(ref, answer="[/foo] [b +")
    async with shown(story) as on:
        await on.until_shown("[/] [red] \\[x] [@click=q]")
        await on.until_shown("[/foo] [b +")
        on.fake.raises["message"] = NotPossibleError("[/] \x1b]0;title\x07")
        await on.press("s")
        await on.until(lambda: isinstance(on.app.screen, MessageScreen))
        await on.press("x", "ctrl+s")
        await on.until(lambda: "[/]" in on.notes())
        assert "\x1b" not in on.notes()


async def test_simulated_says_so() -> None:
    async with shown(simulated=True) as on:
        assert "SIMULATED" in on.text()


async def test_ascii_signs() -> None:
    async with shown(ascii_glyphs=True) as on:
        await on.until_shown("fix-auth-middleware")
        odd = {sign for sign in on.text() if ord(sign) > 0x2000} - set("·−…—“”▁▂▃▄▅▆▇█→")
        assert not odd & set("●◌✓✗▸▾╭╮╰╯│")


async def test_the_palette_offers_what_fits() -> None:
    async with shown() as on:
        await on.press("ctrl+p")
        await on.until_shown("new task · run  (n)")
        text = on.text()
        assert "interrupt  (i)" in text
        assert "continue · resume  (c)" not in text
        await on.press(*"help", "enter")
        await on.until(lambda: isinstance(on.app.screen, HelpScreen))


async def test_a_keymap_moves_a_key() -> None:
    async with shown(keymap={"task.message": "ctrl+e", "no.such": "z"}) as on:
        assert "no.such" in on.notes()
        await on.press("s")
        assert not on.app.screen.is_modal
        await on.press("ctrl+e")
        assert isinstance(on.app.screen, MessageScreen)


async def test_the_clock_ticks_only_while_something_runs() -> None:
    async with shown() as on:
        assert on.main._clock._active.is_set()
        for task in list(on.fake.state.tasks.values()):
            on.fake.story.tell(ev.TaskInterrupted(ref=task.ref, cause="end"))
        on.fake.wake()
        await on.until(lambda: not on.main._clock._active.is_set())
        await on.until_shown("idle since")


async def test_five_thousand_tasks() -> None:
    async with shown(many(5000)) as on:
        await on.press("end")
        assert on.main.task_tree.cursor_row.text == "Task number 4999"
        on.fake.apply(ev.TaskStarted(ref=on.main.current))
        await on.until(lambda: on.main.task_tree.cursor_row.remark == "starting")
        assert on.main.task_tree.cursor_row.key == task_key(on.main.current)


async def test_the_cursor_may_rest_on_a_run() -> None:
    async with shown() as on:
        tree = on.main.task_tree
        tree.move(next(i for i, row in enumerate(tree.rows.rows) if row.text == "Add product search"))
        await on.pilot.pause(0.2)
        on.fake.wake()
        await on.pilot.pause(0.1)
        assert tree.cursor_row.text == "Add product search"


async def test_help_begins_with_the_place_where_the_person_is() -> None:
    async with shown() as on:
        await on.press("question_mark")
        await on.until_shown("Here: worktrees and tasks")
        await on.press("escape", "3", "question_mark")
        await on.until_shown("Here: log")
        await on.press("escape", "g")
        await on.until(lambda: on.main.needs_you.has_focus_within)
        await on.press("question_mark")
        await on.until_shown("Here: a question of a worker")
        first = next(line for line in on.text().splitlines() if "Here:" in line or "Task" in line)
        assert "Here: a question of a worker" in first
