"""The raw lines of a task's log: their end, what is added, and the pages above."""

import json
from pathlib import Path

import pytest

from codex_orch_tui.services.task_log import PAGE_BYTES, RAW_BYTES, TaskLog

TOKEN = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3bC6"


def line(number: int, text: str = "") -> str:
    return json.dumps({"method": "some/event", "params": {"number": number, "text": text or "word " * 20}})


def delta(text: str) -> str:
    params = {"threadId": "t", "turnId": "u", "itemId": "i", "delta": text}
    return json.dumps({"method": "item/agentMessage/delta", "params": params}, separators=(",", ":"))


@pytest.fixture
def events(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def log_of(events: Path) -> TaskLog:
    return TaskLog(events, lambda: (), cwd="/")


def add(events: Path, *lines: str) -> None:
    with events.open("a", encoding="utf-8") as file:
        file.writelines(f"{each}\n" for each in lines)


def test_the_end_is_shown_and_every_line_above_it_once(events: Path) -> None:
    lines = [line(number) for number in range(4 * PAGE_BYTES // len(line(0)))]
    add(events, *lines)
    log = log_of(events)
    seen = log.raw_tail()
    assert sum(map(len, seen)) <= RAW_BYTES
    while page := log.raw_older():
        seen = page + seen
    assert seen == lines


def test_nothing_is_read_again_while_nothing_is_added(events: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(events, line(1))
    log = log_of(events)
    assert log.raw_tail() == [line(1)]
    reads: list[int] = []
    read = log._reader._read
    monkeypatch.setattr(log._reader, "_read", lambda *args: (reads.append(1), read(*args))[1])
    assert log.raw_grown() is None
    assert not reads
    add(events, line(2))
    assert log.raw_grown() == [line(1), line(2)]
    assert log.raw_grown() is None


def test_what_is_read_for_a_frame_does_not_grow_with_the_log(events: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(events, *map(line, range(20_000)))
    log = log_of(events)
    log.raw_tail()
    blocks: list[int] = []
    read = log._reader._read
    monkeypatch.setattr(log._reader, "_read", lambda at, size: (blocks.append(size), read(at, size))[1])
    add(events, line(20_000))
    assert (log.raw_grown() or [])[-1] == line(20_000)
    assert sum(blocks) <= RAW_BYTES


def test_a_secret_whose_rest_comes_later_is_hidden_then(events: Path) -> None:
    log = log_of(events)
    assert log.raw_tail() == []
    assert log.raw_older() == []
    add(events, delta(f"it is {TOKEN[:12]}"))
    add(events, delta(f"{TOKEN[12:]} and more"))
    text = "".join(log.raw_grown() or ())
    assert TOKEN[:12] not in text
    assert TOKEN[12:] not in text
    assert " and" in text
