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

from codex_orch_tui.domain.ids import CommitId
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
from codex_orch_tui.ui.presentation.review_rows import file_sheet, head_text, tail_of
from codex_orch_tui.ui.screens.review import ReviewResult, ReviewScreen
from codex_orch_tui.ui.widgets.diff_view import DiffView
from codex_orch_tui.ui.widgets.file_list import FileList
from codex_orch_tui.ui.widgets.paragraph_view import ParagraphView
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.states import BASE, Story


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
    """Two hunks."""
    lines = (DiffLine(LineKind.CONTEXT, 4, 4, "[/]"), DiffLine(LineKind.ADDED, None, 5, "y = [red]"))
    first = Hunk(old_start=4, old_count=1, new_start=4, new_count=2, section="", lines=lines)
    return FilePatch(change=of, hunks=(first, replace(first, old_start=90, new_start=91)))


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

    def compose(self) -> ComposeResult:
        yield Label("below")

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
        assert "3 files   +148 −18   3 commits   0 of 3 viewed   not yet reviewed" in on.head
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
        assert "2 of 3 viewed" in on.head
        await on.press("space")
        assert on.screen.viewed == {0, 1, 2}
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
        await on.press("space", "m")
        assert on.app.results == [ReviewResult.MERGE]
        assert len(on.fake.asked("record_review")) == 1


async def test_a_look_without_a_mark_is_no_review() -> None:
    async with stage(*FILES) as on:
        await on.press("right_curly_bracket", "q")
        assert on.app.results == [None]
        assert on.fake.asked("record_review") == []


async def test_an_earlier_and_fuller_review_of_the_same_commit_is_kept() -> None:
    async with stage(*FILES) as on:
        on.fake.record_review(on.ref, on.fake.summary, 3)  # type: ignore[arg-type]
        await on.press("space")
        assert "reviewed" in on.head
        assert "not yet" not in on.head
        await on.press("escape")
        assert len(on.fake.asked("record_review")) == 1


def test_a_changed_commit_asks_for_another_review() -> None:
    fake = orchestrator(*FILES)
    (ref,) = fake.state.tasks
    assert fake.summary is not None
    fake.record_review(ref, replace(fake.summary, tip=CommitId("c" * 40)), 3)
    assert "changed since your review" in head_text(fake.state.tasks[ref], fake.summary, 0)


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
