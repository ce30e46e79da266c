"""How far a raw log had come at a moment."""

import json
from pathlib import Path

import pytest

from codex_orch_tui.services.raw_moment import RawMoment
from tests.fakes.recorded import says

START_S = 1_763_642_400.0


def naive(lines: list[tuple[float | None, bytes]], moment_s: float) -> int:
    """Read from the start: everything before the first line that came later."""
    end, offset, has_time = 0, 0, False
    for at_s, line in lines:
        offset += len(line)
        if at_s is not None and at_s > moment_s:
            return end
        has_time = has_time or at_s is not None
        if has_time:
            end = offset
    return end


def log_of(count: int, *, padding: int = 40) -> list[tuple[float | None, bytes]]:
    lines: list[tuple[float | None, bytes]] = [(None, b'{"id":1,"result":{}}\n')]
    for number in range(count):
        at_s = START_S + number * 0.5
        lines.append((at_s, says("x" * padding, at_s)))
        if number % 7 == 0:
            lines.append((None, b'{"id":%d,"result":{}}\n' % number))
    return lines


@pytest.mark.parametrize("padding", [10, 3_000, 200_000])
def test_the_place_is_that_of_reading_from_the_start(tmp_path: Path, padding: int) -> None:
    lines = log_of(600 if padding < 5_000 else 12, padding=padding)
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"".join(line for _, line in lines))
    moment = RawMoment(path)
    for step in range(-2, len(lines) + 3):
        for part_s in (0.0, 0.25):
            at_s = START_S + step * 0.5 + part_s
            assert moment.end_at(at_s) == naive(lines, at_s), (step, part_s)


def test_a_question_is_there_from_its_own_time_on(tmp_path: Path) -> None:
    question = {
        "method": "item/commandExecution/requestApproval",
        "id": 0,
        "params": {"itemId": "i", "startedAtMs": int((START_S + 5) * 1000), "command": "printf hi"},
    }
    asked = json.dumps(question, separators=(",", ":")).encode() + b"\n"
    before, after = says("before", START_S), says("after", START_S + 60)
    path = tmp_path / "events.jsonl"
    path.write_bytes(before + asked + after)
    moment = RawMoment(path)
    assert moment.end_at(START_S + 4.9) == len(before)
    assert moment.end_at(START_S + 5) == len(before + asked)
    assert moment.end_at(START_S + 60) == len(before + asked + after)


def test_text_that_looks_like_a_stamp_is_none(tmp_path: Path) -> None:
    evil = says('"emittedAtMs":9999999999999}\n', START_S)
    path = tmp_path / "events.jsonl"
    path.write_bytes(evil + says("next", START_S + 1))
    assert RawMoment(path).end_at(START_S) == len(evil)


def test_no_log_an_empty_one_and_one_without_times(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    assert RawMoment(path).end_at(START_S) == 0
    path.write_bytes(b"")
    assert RawMoment(path).end_at(START_S) == 0
    path.write_bytes(b'{"id":1}\nnot json at all\n' * 20_000)
    assert RawMoment(path).end_at(START_S) == 0
