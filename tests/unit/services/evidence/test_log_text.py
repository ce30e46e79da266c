"""logs.txt: the whole log, the same however often it was written, at constant memory."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.task import Note
from codex_orch_tui.services.evidence import log_text
from codex_orch_tui.services.evidence.log_text import LogText, StoppedError
from codex_orch_tui.store.errors import StoreError

START_S = 1_763_642_400
TOKEN = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3bC6"


def line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


def output(number: int, text: str) -> bytes:
    """A streamed line of a command's output."""
    params = {"threadId": "t", "turnId": "u", "itemId": "c", "delta": text}
    at_ms = (START_S + number) * 1000
    return line({"method": "item/commandExecution/outputDelta", "params": params, "emittedAtMs": at_ms})


def begun(number: int) -> bytes:
    """A command begins."""
    item = {"type": "commandExecution", "id": "c", "command": "show it", "status": "inProgress"}
    params = {"item": item, "threadId": "t", "turnId": "u", "startedAtMs": (START_S + number) * 1000}
    return line({"method": "item/started", "params": params})


def said(number: int, text: str) -> bytes:
    """A message that has ended."""
    item = {"type": "agentMessage", "id": f"m{number}", "text": text}
    at_ms = (START_S + number) * 1000
    params = {"item": item, "threadId": "t", "turnId": "u", "completedAtMs": at_ms}
    return line({"method": "item/completed", "params": params})


def note(number: float, text: str) -> Note:
    return Note(at_s=START_S + number, kind=LogKind.NOTE, text=text)


class Log:
    """A raw log and its file."""

    def __init__(self, folder: Path) -> None:
        self.events, self.path = folder / "events.jsonl", folder / "logs.txt"
        self.notes: list[Note] = []
        self.text = LogText(self.events, self.path, cwd="/w")

    def add(self, *lines: bytes) -> None:
        with self.events.open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))

    def write(self) -> str:
        self.text.write(self.notes)
        return self.path.read_text("utf-8")


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def test_entries_and_notes_in_order_of_time(log: Log) -> None:
    log.add(said(1, "first"), said(3, "second\nof two lines"))
    log.notes += [note(0.5, "worktree made"), note(2, "asked"), note(4, "done")]
    assert log.write().splitlines()[1:] == [
        "2025-11-20 12:40:00  note      worktree made",
        "2025-11-20 12:40:01  message   first",
        "2025-11-20 12:40:02  note      asked",
        "2025-11-20 12:40:03  message   second",
        "                               of two lines",
        "2025-11-20 12:40:04  note      done",
    ]
    assert log.path.stat().st_mode & 0o777 == 0o600


def test_an_object_is_told_as_what_it_says_where_answers_are_checked(log: Log, tmp_path: Path) -> None:
    log.add(said(1, '{"summary": "It is there."}'))
    assert '{"summary": "It is there."}' in log.write()
    checked = LogText(log.events, tmp_path / "checked.txt", cwd="/w", is_checked=True)
    checked.write(())
    assert "message   It is there." in (tmp_path / "checked.txt").read_text("utf-8")


def test_written_in_steps_it_is_what_it_is_written_at_once(log: Log, tmp_path: Path) -> None:
    for number in range(0, 30, 3):
        log.add(said(number, f"said {number}"), output(number + 1, f"out {number}\nhalf "))
        log.notes.append(note(number + 1.5, f"note {number}"))
        log.write()
    once = LogText(log.events, tmp_path / "once.txt", cwd="/w")
    once.write(log.notes)
    assert (tmp_path / "once.txt").read_text("utf-8") == log.path.read_text("utf-8")
    assert log.path.read_text("utf-8").count("said 27") == 1


def test_what_did_not_change_is_not_written_again(log: Log) -> None:
    log.add(said(1, "first"))
    log.write()
    before = log.path.stat()
    log.write()
    assert log.path.stat().st_ino == before.st_ino


def test_a_file_that_somebody_changed_or_removed_is_made_anew(log: Log) -> None:
    log.add(said(1, "first"))
    whole = log.write()
    log.path.write_text("other", "utf-8")
    assert log.write() == whole
    log.path.unlink()
    assert log.write() == whole


def test_a_secret_that_is_cut_by_two_writes_is_not_readable(log: Log) -> None:
    log.add(begun(0), output(1, f"it is {TOKEN[:9]}"))
    first = log.write()
    log.add(output(2, f"{TOKEN[9:]} yes\n"))
    text = log.write()
    assert TOKEN[9:] not in text
    assert TOKEN[:9] not in first
    assert "‹secret: GitHub token›" in text


def test_of_a_very_long_log_the_middle_stays_in_the_raw_one(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_text, "PAGE_BYTES", 4_096)
    monkeypatch.setattr(log_text, "HEAD_BYTES", 16_384)
    monkeypatch.setattr(log_text, "TAIL_BYTES", 32_768)
    log.add(*(said(number, f"said {number:06}") for number in range(2_000)))
    lines = log.write().splitlines()
    assert "said 000000" in lines[1]
    assert "said 001999" in lines[-1]
    (gap,) = [number for number, line in enumerate(lines) if "only in events.jsonl" in line and number]
    told = [int(line.rpartition(" ")[2]) for line in lines[1:] if "said" in line]
    assert told == sorted(set(told)), "nothing twice, nothing torn"
    assert 40 < gap < 400


def test_stopped_on_the_way_the_old_file_stays(log: Log) -> None:
    log.add(said(1, "first"))
    old = log.write()
    log.add(said(2, "second"))
    with pytest.raises(StoppedError):
        log.text.write(log.notes, stops=lambda: True)
    assert log.path.read_text("utf-8") == old
    assert "second" in log.write()
    assert [path.name for path in log.path.parent.iterdir() if path.name.endswith(".tmp")] == []


def test_where_nothing_can_be_written_the_old_file_stays(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    log.add(said(1, "first"))
    old = log.write()
    log.add(said(2, "second"))

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("codex_orch_tui.store.artifacts.sync_file", full)
    with pytest.raises(StoreError, match="No space left"):
        log.write()
    assert log.path.read_text("utf-8") == old
    monkeypatch.undo()
    assert log.write().splitlines()[-1].endswith("second")


def test_memory_does_not_grow_with_the_log(log: Log) -> None:
    page = (said(1, "x" * 900) + b"\n") * 1_000
    with log.events.open("wb") as file:
        for _ in range(10):
            file.write(page)
    tracemalloc.start()
    log.text.write([])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000 < log.events.stat().st_size / 2
