"""The review: files, patches as they are wanted, what was viewed, and the way on."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Label

from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.review import (
    ChangeStatus,
    CommitSummary,
    DiffLine,
    EntryKind,
    FileChange,
    FilePatch,
    Hunk,
    LineKind,
    ReviewSummary,
)
from codex_orch_tui.domain.task import DiffTotals
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.ui.presentation.paragraphs import plain_text
from codex_orch_tui.ui.presentation.review_rows import file_sheet, head_line, tail_of
from codex_orch_tui.ui.screens.review import ReviewResult, ReviewScreen
from codex_orch_tui.ui.widgets.diff_view import DiffView
from codex_orch_tui.ui.widgets.file_list import FileList
from codex_orch_tui.ui.widgets.paragraph_view import ParagraphView
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.states import BASE, Story, command_request


def change(path: str, status: ChangeStatus = ChangeStatus.MODIFIED, **changes: Any) -> FileChange:
    """A changed file."""
    whole = FileChange(
        path=path,
        raw_path=path.encode(),
        status=status,
        old_kind=EntryKind.FILE,
        new_kind=EntryKind.FILE,
        old_id="a" * 40,
        new_id="b" * 40,
        insertions=3,
        deletions=1,
    )
    return replace(whole, **changes)


def patch(of: FileChange) -> FilePatch:
    """Two hunks, more than a screen of lines."""
    lines = (
        DiffLine(LineKind.CONTEXT, 4, 4, "[/]"),
        *(DiffLine(LineKind.ADDED, None, 5 + number, "y = [red]") for number in range(40)),
    )
    first = Hunk(old_start=4, old_count=1, new_start=4, new_count=41, section="", lines=lines)
    return FilePatch(change=of, hunks=(first, replace(first, old_start=90, new_start=91)))


def short_patch(of: FileChange) -> FilePatch:
    """A line."""
    line = DiffLine(LineKind.ADDED, None, 1, "x")
    return FilePatch(
        change=of, hunks=(Hunk(old_start=0, old_count=0, new_start=1, new_count=1, section="", lines=(line,)),)
    )


def orchestrator(*files: FileChange) -> FakeOrchestrator:
    """One finished task that changed the files."""
    story = Story()
    (ref,) = story.run(["Add search"])
    story.start(ref)
    story.finish(ref)
    fake = FakeOrchestrator(story)
    tip = story.state.tasks[ref].tip
    assert tip is not None
    commit = CommitSummary(id=tip, parents=(), subject="[bold]Add[/] search", body="", author="Ada", time_s=0)
    fake.summary = ReviewSummary(
        base=BASE,
        tip=tip,
        commits=(commit,),
        commit_count=3,
        files=files,
        file_count=len(files),
        totals=DiffTotals(files=len(files), insertions=148, deletions=18),
    )
    fake.patches = {file.path: patch(file) for file in files}
    return fake


FILES = (
    change("src/api/search.py", ChangeStatus.ADDED),
    change("[red]src[/]/routes.py"),
    change(".github/workflows/ci.yml", watched="CI"),
)


class ReviewApp(App[None]):
    """What is under the review."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[ReviewResult | None] = []
        self.wanted: list[ReviewScreen.EditorWanted] = []
        self.messages_to: list[TaskRef] = []

    def compose(self) -> ComposeResult:
        yield Label("below")

    def on_review_screen_message_wanted(self, event: ReviewScreen.MessageWanted) -> None:
        self.messages_to.append(event.ref)

    def on_review_screen_editor_wanted(self, event: ReviewScreen.EditorWanted) -> None:
        self.wanted.append(event)


class Stage:
    """A review under a pilot."""

    def __init__(self, app: ReviewApp, pilot: Pilot[None], fake: FakeOrchestrator) -> None:
        self.app, self.pilot, self.fake = app, pilot, fake
        (self.ref,) = fake.state.tasks
        self.screen = ReviewScreen(fake, self.ref)  # type: ignore[arg-type]

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.app.post_message(events.Key(key, " " if key == "space" else key if len(key) == 1 else None))
            await self.pilot.pause(0.005)
        await self.pilot.pause()

    async def until_viewed(self, *positions: int) -> None:
        """Waits for a painting: what is seen is known after it."""
        async with asyncio.timeout(5):
            while self.screen.viewed != set(positions):
                await self.pilot.pause(0.005)

    @property
    def diff(self) -> DiffView:
        """The patch."""
        return self.screen.query_one(DiffView)

    @property
    def files(self) -> FileList:
        """The list."""
        return self.screen.query_one(FileList)

    @property
    def shown_path(self) -> str:
        """Whose patch is shown."""
        return self.diff.patch.change.path if self.diff.patch else ""

    @property
    def head(self) -> str:
        """The line over all."""
        return str(self.screen.query_one("#head").render())


@asynccontextmanager
async def stage(*files: FileChange, size: tuple[int, int] = (130, 40), **raises: Exception) -> AsyncIterator[Stage]:
    """A running app with an open review."""
    fake = orchestrator(*files)
    fake.raises.update(raises)
    app = ReviewApp()
    async with app.run_test(size=size, notifications=True) as pilot:
        on = Stage(app, pilot, fake)
        app.push_screen(on.screen, app.results.append)
        await pilot.pause()
        await pilot.pause()
        yield on


async def test_it_opens_with_the_first_files_patch() -> None:
    async with stage(*FILES) as on:
        assert on.shown_path == "src/api/search.py"
        assert on.fake.asked("file_patch") == [("src/api/search.py",)], "patches are read when they are wanted"
        assert "3 files +148 −18   3 commits   0/3 viewed   a file counts at its end, or by space" in on.head
        said = "\n".join(plain_text(view.paragraphs) for view in on.screen.query(ParagraphView))
        assert ".github/workflows/ci.yml: CI" in said
        assert "[bold]Add[/] search" in said
        assert "and 2 commits before" in said


async def test_keys_go_from_file_to_file_and_hunk_to_hunk() -> None:
    async with stage(*FILES) as on:
        await on.press("right_curly_bracket")
        assert on.shown_path == "[red]src[/]/routes.py"
        await on.press("left_curly_bracket", "left_curly_bracket")
        assert on.shown_path == "src/api/search.py"
        await on.press("right_square_bracket")
        assert on.diff.hunk == 1
        await on.press("left_square_bracket")
        assert on.diff.hunk == 0
        await on.press("tab", "down", "right_square_bracket")
        assert on.files.has_focus
        assert on.shown_path == "[red]src[/]/routes.py"
        assert on.diff.hunk == 1
        await on.press("enter")
        assert on.diff.has_focus


async def test_space_marks_and_goes_on_to_what_is_not_viewed() -> None:
    async with stage(*FILES) as on:
        await on.press("right_curly_bracket", "space", "space")
        assert on.screen.viewed == {1, 2}
        assert on.shown_path == "src/api/search.py"
        assert "2/3 viewed" in on.head
        await on.press("space")
        assert on.screen.viewed == {0, 1, 2}
        assert "3/3 viewed ✓ m merges" in on.head
        await on.press("space")
        assert on.screen.viewed == {1, 2}, "a second press takes the mark away"
        await on.press("tab", "space")
        assert on.screen.viewed == {0, 1, 2}


async def test_what_was_viewed_is_recorded_on_the_way_out() -> None:
    async with stage(*FILES) as on:
        await on.press("space", "space", "escape")
        assert on.app.results == [None]
        assert on.fake.asked("record_review") == [(on.ref, on.fake.summary, 2)]
        assert on.fake.state.tasks[on.ref].is_reviewed


async def test_merge_records_and_goes_on() -> None:
    async with stage(*FILES) as on:
        await on.press("space", "space", "space", "m")
        assert on.app.results == [ReviewResult.MERGE]
        assert len(on.fake.asked("record_review")) == 1


async def test_a_merge_of_what_was_not_viewed_is_told_first() -> None:
    async with stage(*FILES) as on:
        await on.press("m", "m")
        assert on.app.results == [], "nothing of it was viewed"
        await on.press("space", "m")
        assert on.app.results == []
        assert [note.message for note in on.app._notifications][-1].startswith("2 files are not viewed yet")
        await on.press("m")
        assert on.app.results == [ReviewResult.MERGE]
        assert on.fake.asked("record_review") == [(on.ref, on.fake.summary, 1)]


async def test_a_file_is_viewed_when_its_end_was_on_screen() -> None:
    async with stage(*FILES) as on:
        await on.press("pagedown")
        assert on.screen.viewed == frozenset()
        await on.press("end")
        await on.until_viewed(0)
        on.fake.patches["[red]src[/]/routes.py"] = short_patch(FILES[1])
        await on.press("right_curly_bracket")
        await on.until_viewed(0, 1)
        await on.press("space")
        assert on.screen.viewed == {0, 1}, "space says what the end said"
        assert on.shown_path == ".github/workflows/ci.yml"


async def test_a_diff_behind_the_list_of_files_is_not_viewed() -> None:
    async with stage(*FILES, size=(80, 24)) as on:
        on.fake.patches["[red]src[/]/routes.py"] = short_patch(FILES[1])
        await on.press("tab", "down")
        await on.pilot.pause()
        assert on.shown_path == "[red]src[/]/routes.py"
        assert on.screen.viewed == frozenset()
        await on.press("enter")
        await on.until_viewed(1)


async def test_what_was_viewed_is_known_when_the_review_is_opened_again() -> None:
    async with stage(*FILES) as on:
        known: dict[Any, frozenset[int]] = {}
        first = ReviewScreen(on.fake, on.ref, known)  # type: ignore[arg-type]
        on.app.push_screen(first)
        await on.pilot.pause()
        await on.press("space", "escape")
        again = ReviewScreen(on.fake, on.ref, known)  # type: ignore[arg-type]
        on.app.push_screen(again)
        await on.pilot.pause()
        await on.pilot.pause()
        assert again.viewed == {0}
        on.fake.record_review(on.ref, on.fake.summary, 3)  # type: ignore[arg-type]
        after_a_restart = ReviewScreen(on.fake, on.ref)  # type: ignore[arg-type]
        on.app.push_screen(after_a_restart)
        await on.pilot.pause()
        await on.pilot.pause()
        assert after_a_restart.viewed == {0, 1, 2}


async def test_an_open_question_is_told_and_g_goes_to_it() -> None:
    async with stage(*FILES) as on:
        await on.press("g")
        assert on.app.results == []
        (other,) = on.fake.story.run(["Fix auth"])
        on.fake.story.start(other)
        on.fake.story.ask(other, command_request(on.fake.story, other))
        on.fake.wake()
        await on.pilot.pause()
        assert "! 1 needs you" in on.head
        await on.press("g")
        assert on.app.results == [ReviewResult.QUESTION]


async def test_s_asks_for_a_message_and_the_review_stays() -> None:
    async with stage(*FILES) as on:
        await on.press("s")
        assert on.app.messages_to == [on.ref]
        assert on.app.results == []


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_the_head_is_one_line(size: tuple[int, int]) -> None:
    async with stage(*FILES, size=size) as on:
        head = on.screen.query_one("#head")
        assert head.outer_size.height == 1
        assert "add-search → main" in on.head
        assert "0/3 viewed" in on.head
        assert len(on.head) <= size[0] - 2


@pytest.mark.parametrize("key", ["escape", "q", "m", "g"])
async def test_keys_that_come_faster_than_it_closes_do_nothing_more(key: str) -> None:
    async with stage(*FILES) as on:
        await on.press("space", "space", "space")
        for _ in range(3):
            on.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await on.pilot.pause(0.01)
        await on.pilot.pause()
        assert len(on.app.results) <= 1
        assert on.app.is_running


async def test_a_look_without_a_mark_is_no_review() -> None:
    async with stage(*FILES) as on:
        await on.press("right_curly_bracket", "q")
        assert on.app.results == [None]
        assert on.fake.asked("record_review") == []


async def test_an_earlier_and_fuller_review_of_the_same_commit_is_kept() -> None:
    async with stage(*FILES) as on:
        on.fake.record_review(on.ref, on.fake.summary, 3)  # type: ignore[arg-type]
        await on.press("space")
        assert "not yet" not in on.head
        await on.press("escape")
        assert len(on.fake.asked("record_review")) == 1


def test_a_changed_commit_asks_for_another_review() -> None:
    fake = orchestrator(*FILES)
    (ref,) = fake.state.tasks
    assert fake.summary is not None
    fake.record_review(ref, replace(fake.summary, tip=CommitId("c" * 40)), 3)
    line = head_line(fake.state.tasks[ref], fake.summary, 0)
    assert any("changed since your review" in piece.text for piece in line.left)


async def test_the_editor_gets_file_and_line() -> None:
    async with stage(*FILES) as on:
        await on.press("right_curly_bracket", "e")
        (wanted,) = on.app.wanted
        assert (wanted.ref, wanted.path, wanted.line) == (on.ref, "[red]src[/]/routes.py", 4)


async def test_where_there_is_little_room_tab_turns_over() -> None:
    async with stage(*FILES, size=(80, 24)) as on:
        assert on.diff.display
        assert on.diff.size.width > 70
        assert not on.files.is_on_screen
        await on.press("tab")
        assert on.files.has_focus
        assert on.files.size.width > 70
        assert not on.diff.is_on_screen
        await on.press("down", "enter")
        assert on.diff.has_focus
        assert on.shown_path == "[red]src[/]/routes.py"


async def test_nothing_changed_is_said() -> None:
    async with stage() as on:
        assert "Nothing is changed" in on.diff.empty_text
        await on.press("space", "right_curly_bracket", "e", "escape")
        assert on.app.results == [None]


async def test_a_review_that_is_not_possible_says_why_and_closes() -> None:
    async with stage(*FILES, review=NotPossibleError("[/] is still at work")) as on:
        await on.pilot.pause()
        assert on.app.results == [None]
        assert [note.message for note in on.app._notifications] == ["[/] is still at work"]


async def test_a_thousand_files_open_at_once() -> None:
    files = [change(f"src/package_{number % 50}/module_{number}.py") for number in range(1_000)]
    fake = orchestrator(*files)
    app = ReviewApp()
    async with app.run_test(size=(160, 45)) as pilot:
        (ref,) = fake.state.tasks
        screen = ReviewScreen(fake, ref)  # type: ignore[arg-type]
        started_s = time.perf_counter()
        app.push_screen(screen)
        while not screen.is_mounted or screen.query_one(DiffView).patch is None:
            await asyncio.sleep(0)
        painted = asyncio.Event()
        screen.call_after_refresh(painted.set)
        await painted.wait()
        assert time.perf_counter() - started_s < 0.5
        assert len(fake.asked("file_patch")) == 1
        await pilot.press("tab", "end")
        await pilot.pause()
        assert screen.query_one(FileList).position == 999


@pytest.mark.parametrize(
    ("path", "cells", "shown"),
    [("a/b.py", 10, "a/b.py"), ("src/deep/file.py", 8, "…file.py"), ("日本語/試験.py", 8, "…試験.py")],
)
def test_long_paths_keep_their_end(path: str, cells: int, shown: str) -> None:
    assert tail_of(path, cells) == shown


def test_files_tell_their_kind_and_size() -> None:
    files = (
        change("a", ChangeStatus.ADDED, is_binary=True),
        change("b", old_id="a" * 40, new_id="a" * 40),
        change("c", points_outside=True, symlink_target="/etc"),
        change("d", ChangeStatus.DELETED, insertions=0, deletions=1_234),
    )
    sheet = file_sheet(files, frozenset({3}), width=40)
    assert [row.text for row in sheet.rows] == ["A  a", "M  b", "M△ c", "D  d"]
    assert [row.tail for row in sheet.rows] == ["bin", "mode", "+3 −1", "−1,234"]
    assert [row.sign for row in sheet.rows] == [" ", " ", " ", "✓"]
    assert file_sheet(files, frozenset({0}), width=40, ascii_only=True).rows[0].sign == "+"
