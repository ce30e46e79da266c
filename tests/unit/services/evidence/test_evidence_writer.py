"""When the evidence is written: after what happens, seldom, off the loop, whole in the end, and in nobody's way."""

import asyncio
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.item import ItemKind
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.state import State
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.services.evidence import making, on_disk, writer
from codex_orch_tui.services.evidence.log_text import StoppedError
from codex_orch_tui.services.evidence.mark import run_mark
from codex_orch_tui.services.evidence.on_disk import mark_in
from codex_orch_tui.services.evidence.writer import EvidenceWriter
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.layout import Layout
from tests.fakes.hub import HubStory
from tests.scenarios.stage import make_repository


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "SETTLE_S", 0.01)
    monkeypatch.setattr(writer, "AT_REST_S", 0.0)
    monkeypatch.setattr(writer, "_PACE_S", 0.0)


class Session:
    """A repository, its state, and the writer."""

    def __init__(self, repository: Repository, state: State | None = None) -> None:
        self.layout = Layout(repository.top, repository.git_dir)
        self.layout.create()
        self.story = HubStory(state)
        self.writer = EvidenceWriter(self.story.hub, self.layout, repository, dict, pid=4711)

    @classmethod
    async def of(cls, root: Path) -> "Session":
        return cls(await Repository.open(make_repository(root, {"README.md": "hello\n"})))

    def run(self, *titles: str) -> tuple[TaskRef, ...]:
        """A run whose tasks are at work, each with a folder."""
        refs = self.story.run(titles)
        for ref in refs:
            self.layout.make_task(*ref)
            self.story.start(ref)
        return refs

    async def settled(self) -> None:
        """Return when nothing is due."""
        if self.writer._looking is not None:
            await self.writer._looking
        while self.writer._pumping is not None and not self.writer._pumping.done():
            await self.writer._pumping

    def manifest(self, run: RunId) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.layout.manifest(run).read_text("utf-8"))
        return found

    def is_whole(self, run: RunId) -> bool:
        return mark_in(self.layout.manifest(run)) == run_mark(self.story.hub.state, run)

    def notes(self) -> list[str]:
        return [note.text for task in self.story.hub.state.tasks.values() for note in task.notes]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[RunId]:
    """The runs whose documents were written, in order."""
    found: list[RunId] = []
    real = on_disk.write_documents

    def kept(layout: Layout, run: RunId, made: on_disk.RunDocuments) -> None:
        found.append(run)
        real(layout, run, made)

    monkeypatch.setattr(on_disk, "write_documents", kept)
    return found


async def test_a_flock_of_events_is_one_write(tmp_path: Path, written: list[RunId]) -> None:
    here = await Session.of(tmp_path)
    here.writer.start()
    refs = here.run(*(f"Task {number}" for number in range(20)))
    for ref in refs:
        here.story.finish(ref, commits=0)
    await here.settled()
    (run,) = set(written)
    assert len(written) == 1
    assert here.is_whole(run)
    results = [here.layout.task(*ref).result for ref in refs]
    assert all(json.loads(path.read_text("utf-8"))["task"]["state"] == "done" for path in results)
    assert here.manifest(run)["heartbeat"]["pid"] == 4711
    assert here.writer._due_s == {}
    await here.writer.close()
    assert here.manifest(run)["heartbeat"]["pid"] is None


async def test_while_workers_only_go_on_there_is_a_beat_and_nothing_where_nothing_happens(
    tmp_path: Path, written: list[RunId]
) -> None:
    here = await Session.of(tmp_path)
    here.writer.start()
    (ref,) = here.run("One")
    await here.settled()
    now_s = asyncio.get_running_loop().time()
    for _ in range(50):
        here.story.item(ref, ItemKind.COMMAND, "pytest -q")
    assert writer.BEAT_S - 5 < here.writer._due_s[ref.run] - now_s <= writer.BEAT_S
    here.story.ask(ref)  # which is news, and is told soon
    assert here.writer._due_s[ref.run] - now_s < 5
    await here.settled()
    assert len(written) == 2
    assert len(here.manifest(ref.run)["commands"]) == 50
    assert here.writer._due_s == {}
    await here.writer.close()


async def test_a_run_that_takes_long_to_write_is_written_more_seldom(tmp_path: Path, written: list[RunId]) -> None:
    here = await Session.of(tmp_path)
    here.writer.start()
    (ref,) = here.run("One")
    await here.settled()
    here.writer._took_s[ref.run] = 2.0
    here.story.ask(ref)
    due_s = here.writer._due_s[ref.run] - asyncio.get_running_loop().time()
    assert 30 < due_s <= 2.0 / writer.MAX_SHARE
    await here.writer.close()
    assert here.is_whole(ref.run)


async def test_a_disk_that_is_full_is_told_once_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await Session.of(tmp_path)
    here.writer.start()

    def full(_path: Path, _text: str) -> None:
        raise StoreError("cannot write: No space left on device")

    told = asyncio.Event()
    with monkeypatch.context() as patch:
        for module in (on_disk, making):
            patch.setattr(module, "write_text", full)
        (ref,) = here.run("One")
        here.story.finish(ref, commits=0)
        here.story.hub.watch(lambda _recorded: told.set())
        await told.wait()
        assert here.writer._due_s[ref.run] - asyncio.get_running_loop().time() > writer.BEAT_S / 2, "not at once again"
    notes = [note for note in here.notes() if "not up to date: cannot write: No space left" in note]
    assert len(notes) == 1
    await here.writer.close()
    assert here.is_whole(ref.run)
    assert here.layout.task(*ref).result.is_file()


async def test_a_task_that_cannot_be_told_keeps_nothing_else_back_and_is_known_to_be_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await Session.of(tmp_path)
    here.writer.start()
    bad, good = here.run("Bad", "Good")
    real = making.Making._write_task

    def one_fails(self: making.Making, task: Any, *rest: Any) -> None:
        if task.ref == bad:
            raise ValueError("a bug")
        real(self, task, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(making.Making, "_write_task", one_fails)
        for ref in (bad, good):
            here.story.finish(ref, commits=0)
        await here.writer.close()
    assert here.layout.task(*good).result.is_file()
    assert not here.layout.task(*bad).result.exists()
    assert here.manifest(bad.run)["evidence_of"] == ""
    assert sum("a bug" in note for note in here.notes()) == 1
    await _opened_again(here)
    assert here.layout.task(*bad).result.is_file()


async def _opened_again(here: Session) -> Session:
    again = Session(here.writer._repository, here.story.hub.state)
    again.writer.start()
    while again.writer._looking is None:
        await asyncio.sleep(0)
    await again.settled()
    await again.writer.close()
    assert all(again.is_whole(run) for run in again.story.state.runs)
    return again


async def test_what_a_crash_left_behind_is_written_after_the_next_opening(tmp_path: Path, written: list[RunId]) -> None:
    here = await Session.of(tmp_path)
    here.writer.start()
    first, second = here.run("First", "Second")
    here.story.finish(first, commits=0)
    await here.settled()
    here.writer._unwatch()  # From here on nothing is written: the program is gone.
    here.story.finish(second, commits=0)
    written.clear()
    before = here.layout.task(*first).result.stat().st_mtime_ns
    await _opened_again(here)
    assert written == [first.run]
    assert here.layout.task(*second).result.is_file()
    assert here.layout.task(*first).result.stat().st_mtime_ns == before, "that one was up to date"
    written.clear()
    await _opened_again(here)
    assert written == []


async def test_what_was_cleaned_away_does_not_come_back(tmp_path: Path) -> None:
    here = await Session.of(tmp_path)
    here.writer.start()
    (ref,) = here.run("One")
    here.story.finish(ref, commits=0)
    await here.settled()
    shutil.rmtree(here.layout.run_folder(ref.run))
    here.story.tell(ev.WorktreeRemoved(ref=ref))
    await here.settled()
    await here.writer.close()
    assert not here.layout.run_folder(ref.run).exists()
    again = Session(here.writer._repository, here.story.hub.state)
    again.writer.start()
    while again.writer._looking is None:
        await asyncio.sleep(0)
    await again.settled()
    await again.writer.close()
    assert not here.layout.run_folder(ref.run).exists()


async def test_what_happens_while_it_is_written_is_written_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = await Session.of(tmp_path)
    here.writer.start()
    (ref,) = here.run("One")
    real = making.Making.write_task
    times = []

    async def with_news(self: making.Making, state: State, of: TaskRef, **more: Any) -> None:
        times.append(of)
        if len(times) == 1:
            here.story.tell(ev.NoteAdded(ref=of, kind=LogKind.NOTE, text="late news"))
        await real(self, state, of, **more)

    monkeypatch.setattr(making.Making, "write_task", with_news)
    here.story.finish(ref, commits=0)
    await here.settled()
    assert "late news" in here.layout.task(*ref).logs.read_text("utf-8")
    assert here.is_whole(ref.run)
    await here.writer.close()


async def test_leaving_waits_only_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = await Session.of(tmp_path)
    here.writer.start()
    (ref,) = here.run("One")
    await here.settled()

    def endless(
        _self: making.Making, _task: Any, _asked: Any, _card: Any, _found: Any, stops: Callable[[], bool]
    ) -> None:
        here.writer._stops.wait(20)
        assert stops()
        raise StoppedError

    here.story.finish(ref, commits=0)
    with monkeypatch.context() as patch:
        patch.setattr(writer, "CLOSE_S", 0.05)
        patch.setattr(making.Making, "_write_task", endless)
        async with asyncio.timeout(5):
            await here.writer.close()
    assert not here.is_whole(ref.run)
    await _opened_again(here)


async def test_a_task_whose_commits_are_gone_is_told_without_them(tmp_path: Path) -> None:
    here = await Session.of(tmp_path)
    here.writer.start()
    (ref,) = here.run("One")
    here.story.finish(ref)  # with a commit that git does not know
    await here.writer.close()
    result = json.loads(here.layout.task(*ref).result.read_text("utf-8"))
    assert result["patch"]["file"] is None
    assert result["patch"]["note"].startswith("git could not tell what its commits change: ")
    assert not here.layout.task(*ref).patch.exists()


async def test_what_takes_time_is_done_in_a_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop paints frames; the models alone take ten frames to load."""
    on_loop: list[str] = []

    def watched(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def called(*arguments: Any, **more: Any) -> Any:
            if threading.current_thread() is threading.main_thread():
                on_loop.append(name)
            return real(*arguments, **more)

        monkeypatch.setattr(owner, name, called)

    watched(writer, "_import_making")
    watched(on_disk, "behind")
    for name in ("task_parts", "task_result", "task_report", "write_text", "write_bytes"):
        watched(making, name)
    for name in ("documents", "write_documents", "changes_on_disk"):
        watched(on_disk, name)
    here = await Session.of(tmp_path)
    here.writer.start()
    (ref,) = here.run("One")
    here.story.finish(ref)
    await here.settled()
    await here.writer.close()
    assert here.layout.task(*ref).result.is_file()
    assert on_loop == []
