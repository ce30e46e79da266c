"""A journal piece by piece: the same records as when it is read as a whole, whatever the size of the pieces."""

from pathlib import Path

import pytest

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.store.event_codec import encode
from codex_orch_tui.store.journal_file import read_journal
from codex_orch_tui.store.journal_pages import JournalPages, ref_of, run_of, seq_of
from tests.fakes.recorded import RecordedStory


@pytest.fixture
def story(tmp_path: Path) -> RecordedStory:
    told = RecordedStory()
    for title in ("One", 'Two "quoted" \\ 日本', "Three"):
        (ref,) = told.run([title])
        told.start(ref)
        told.ask(ref)
        told.tell(ev.RateLimitsUpdated(used_percent=10))
    told.write(tmp_path)
    return told


def pages_of(folder: Path) -> JournalPages:
    return JournalPages(folder / ".orchestrator" / "journal.jsonl")


@pytest.mark.parametrize("max_bytes", [1, 7, 100, 1_000, 1_000_000])
def test_pieces_of_any_size_hold_every_record(tmp_path: Path, story: RecordedStory, max_bytes: int) -> None:
    pages, records, offset = pages_of(tmp_path), [], 0
    while (page := pages.page(offset, max_bytes)).records:
        records += [record for record, _ in page.records]
        assert page.records[-1][1] == page.next_bytes
        offset = page.next_bytes
    assert records == read_journal(pages.path).records
    assert offset == pages.size_bytes
    pages.close()


def test_who_a_record_concerns_is_told_without_decoding_it(story: RecordedStory) -> None:
    for recorded in (*story.events, *_events_of_all_kinds()):
        record = encode(recorded)
        event = recorded.event
        assert seq_of(record) == recorded.seq
        ref = getattr(event, "ref", None)
        assert ref_of(record) == ref
        assert run_of(record) == (ref.run if ref is not None else getattr(event, "run", None))


def _events_of_all_kinds() -> list[ev.Recorded]:
    story = RecordedStory()
    first, second = story.run(["A", "B"])
    story.tell(ev.RunPaused(run=first.run, cause="x", cut_off=(first, second)))
    story.tell(ev.SessionOpened(pid=1, version="1"))
    story.tell(ev.RunCreated(run=RunId("b"), plan=Plan(title="t", tasks=()), base_branch="main", proposed_by=first))
    story.tell(ev.TaskFinished(ref=second))
    return story.events


def test_a_run_is_found_and_counted(tmp_path: Path, story: RecordedStory) -> None:
    pages = pages_of(tmp_path)
    assert list(pages.starts()) == list(story.state.runs)
    for run in story.state.runs:
        start = pages.start_of(run)
        assert start is not None
        first = pages.page(start).records[0][0]
        assert run_of(first) == run
        assert b"RunCreated" in first
        concerned = [record for record in read_journal(pages.path).records if run_of(record) == run]
        assert sum(pages.counts(run, start)) == len(concerned)
    assert pages.start_of(RunId("no-such")) is None


def test_a_run_is_found_wherever_the_blocks_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = RecordedStory()
    for number in range(6):
        story.run([f"{number}" + "x" * 700])
    story.write(tmp_path)
    expected = list(pages_of(tmp_path).starts())
    starts = [pages_of(tmp_path).start_of(run) for run in expected]
    for block_bytes in range(1_024, 1_200, 7):
        monkeypatch.setattr("codex_orch_tui.store.journal_pages._BLOCK_BYTES", block_bytes)
        pages = pages_of(tmp_path)
        assert list(pages.starts()) == expected
        assert [pages.start_of(run) for run in expected] == starts == list(pages.starts().values())
        pages.close()


def test_a_damaged_line_and_one_without_an_end(tmp_path: Path, story: RecordedStory) -> None:
    lines = story.lines
    journal = story.write(tmp_path)
    journal.write_bytes(b"".join(lines[:3]) + b"\x00garbage\n" + b"".join(lines[3:]))
    page = pages_of(tmp_path).page(0)
    assert len(page.records) == 3
    assert "damaged" in page.damage
    assert page.is_end
    journal.write_bytes(b"".join(lines)[:-5])
    pages = pages_of(tmp_path)
    assert len(pages.page(0).records) == len(lines) - 1
    assert not pages.page(pages.page(0).next_bytes).damage
