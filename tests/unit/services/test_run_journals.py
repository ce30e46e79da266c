"""Each run's part of the journal beside the run: whole after every end, whoever it was that began it."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import CommitId, RunId, TaskId, TaskRef
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.services import run_journals
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.opening import replay
from codex_orch_tui.services.recording import find_recording
from codex_orch_tui.services.replay_tape import END, Tape
from codex_orch_tui.services.run_journals import RunJournals
from codex_orch_tui.store.journal import Journal
from codex_orch_tui.store.journal_file import read_journal
from codex_orch_tui.store.journal_pages import run_of
from codex_orch_tui.store.layout import Layout

ONE, TWO = RunId("run-1"), RunId("run-2")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, timeout=30)
    made = Layout(tmp_path, tmp_path / ".git")
    made.create()
    return made


@asynccontextmanager
async def session(layout: Layout, *, keeps: bool = True, closes: bool = True) -> AsyncIterator[Hub]:
    """A program that has the repository; without `keeps` an older one, without `closes` one that is killed."""
    journal, loaded = Journal.open(layout.journal)
    hub = Hub(journal, replay(loaded.records)[0])
    copies = RunJournals(hub, layout) if keeps else None
    if copies is not None:
        copies.start()
    hub.apply(ev.SessionOpened(pid=1, version="1"))
    yield hub
    if copies is not None and closes:
        await copies.close()
    elif copies is not None and copies._task is not None:
        copies._task.cancel()
    journal.close()


def begin(hub: Hub, run: RunId) -> None:
    plan = Plan(title=run, tasks=(TaskSpec(id=TaskId("t"), title="t", prompt="do it"),))
    hub.apply(ev.RunCreated(run=run, plan=plan, base_branch="main"))


def note(hub: Hub, run: RunId, text: str) -> None:
    hub.apply(ev.NoteAdded(ref=TaskRef(run, TaskId("t")), kind=LogKind.NOTE, text=text))


def assert_whole(layout: Layout, *runs: RunId) -> None:
    records = read_journal(layout.journal).records
    for run in runs:
        copied = read_journal(layout.run_journal(run))
        assert copied.records == [record for record in records if run_of(record) == run]
        assert not copied.cut_bytes


async def test_each_run_gets_what_concerns_it(layout: Layout) -> None:
    async with session(layout) as hub:
        for run in (ONE, TWO):
            begin(hub, run)
        for number in range(20):
            note(hub, (ONE, TWO)[number % 2], str(number))
        hub.apply(ev.RateLimitsUpdated(used_percent=5))
        hub.apply(ev.RunPaused(run=ONE, cause="x"))
    assert_whole(layout, ONE, TWO)
    assert (layout.run_journal(ONE).stat().st_mode & 0o777) == 0o600


async def test_it_goes_on_while_the_program_runs(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_journals, "EVERY_S", 0.01)
    async with session(layout) as hub:
        begin(hub, ONE)
        await hub.flush()
        copies = 0
        for number in range(5):
            note(hub, ONE, str(number))
            await hub.flush()
            wanted = len(read_journal(layout.journal).records)
            while len(read_journal(layout.run_journal(ONE)).records) < wanted - 1:
                await asyncio.sleep(0.01)
            copies += 1
        assert copies == 5
        note(hub, ONE, "without a flush of ours")
    assert_whole(layout, ONE)


async def test_after_a_kill_and_after_an_older_program_it_is_made_whole(layout: Layout) -> None:
    async with session(layout, keeps=False) as hub:
        begin(hub, ONE)
        begin(hub, TWO)
    assert not layout.run_journal(ONE).exists()
    async with session(layout, closes=False) as hub:
        note(hub, ONE, "copied too late")
    async with session(layout) as hub:
        note(hub, ONE, "goes on")
    assert_whole(layout, ONE)
    assert not layout.run_journal(TWO).exists(), "a run that nothing happens to costs nothing"


async def test_a_torn_copy_and_a_link_in_its_place(layout: Layout, tmp_path: Path) -> None:
    async with session(layout) as hub:
        begin(hub, ONE)
        begin(hub, TWO)
    copy = layout.run_journal(ONE)
    copy.write_bytes(copy.read_bytes() + b'{"e": {"v":1,"seq":3')
    other = tmp_path / "elsewhere"
    layout.run_journal(TWO).rename(other)
    layout.run_journal(TWO).symlink_to(other)
    before = other.read_bytes()
    async with session(layout) as hub:
        note(hub, ONE, "more")
        note(hub, TWO, "more")
    assert_whole(layout, ONE, TWO)
    assert other.read_bytes() == before
    assert not layout.run_journal(TWO).is_symlink()


async def test_a_copy_that_cannot_be_written_costs_nothing_else(layout: Layout) -> None:
    async with session(layout) as hub:
        begin(hub, ONE)
        layout.run_folder(ONE).write_text("a file where the folder should be", encoding="utf-8")
    assert len(read_journal(layout.journal).records) == 2
    os.unlink(layout.run_folder(ONE))  # noqa: PTH108 - the layout's path
    async with session(layout) as hub:
        note(hub, ONE, "more")
    assert_whole(layout, ONE)


async def test_a_copy_that_cannot_be_written_costs_no_other_run_anything(layout: Layout) -> None:
    async with session(layout) as hub:
        begin(hub, ONE)
        begin(hub, TWO)
    journal, loaded = Journal.open(layout.journal)
    hub = Hub(journal, replay(loaded.records)[0])
    copies = RunJournals(hub, layout)
    note(hub, ONE, "before")
    note(hub, TWO, "before")
    await hub.flush()
    copies.copy()
    layout.run_folder(TWO).rename(layout.folder / "away")
    layout.run_folder(TWO).write_text("a file where the folder should be", encoding="utf-8")
    for number in range(3):
        note(hub, ONE, str(number))
        note(hub, TWO, str(number))
        await hub.flush()
        copies.copy()
        assert_whole(layout, ONE)
    layout.run_folder(TWO).unlink()
    (layout.folder / "away").rename(layout.run_folder(TWO))
    note(hub, ONE, "the other one catches up")
    await hub.flush()
    copies.copy()
    assert_whole(layout, ONE, TWO)
    journal.close()


async def test_a_folder_that_was_removed_does_not_come_back(layout: Layout) -> None:
    async with session(layout) as hub:
        begin(hub, ONE)
    async with session(layout) as hub:
        hub.apply(ev.RunRemovalStarted(run=ONE))
        shutil.rmtree(layout.run_folder(ONE))
        hub.apply(ev.RunRemoved(run=ONE))
    async with session(layout) as hub:
        hub.apply(ev.RunBackupRemoved(run=ONE, backup_ref="refs/x", commit=CommitId("c")))
    assert not layout.run_folder(ONE).exists()


async def test_a_run_folder_alone_is_a_recording(layout: Layout, tmp_path: Path) -> None:
    async with session(layout) as hub:
        begin(hub, ONE)
        note(hub, ONE, "hello")
    copied = tmp_path / "copied"
    layout.run_folder(ONE).rename(copied)
    tape = Tape(find_recording(str(copied), None))
    tape.seek(END, float("inf"))
    assert tape.place.state.tasks == replay(read_journal(layout.journal).records)[0].tasks
