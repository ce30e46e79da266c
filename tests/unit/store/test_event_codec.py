"""Events as journal records: what is written is read back, and what is no record of ours is named, never guessed."""

import contextlib
import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest, Choice, Decider
from codex_orch_tui.domain.ids import ApprovalId, EpochId, ItemId, RunId, TaskId, TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.store.event_codec import SCHEMA_VERSION, NewerSchemaError, RecordError, decode, encode
from codex_orch_tui.store.journal_file import decode_line, encode_line
from tests.fakes.event_strategies import EVENT_TYPES, strategy_of

REF = TaskRef(RunId("r"), TaskId("t"))
NOTE = ev.Recorded(seq=7, at_s=1_700_000_000.125, event=ev.NoteAdded(ref=REF, kind=LogKind.NOTE, text="x"))
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@pytest.mark.parametrize("cls", EVENT_TYPES, ids=lambda cls: cls.__name__)
@given(data=st.data(), seq=st.integers(1, 2**53), at_ms=st.integers(-(2**40), 2**52))
@settings(max_examples=12)
def test_every_event_comes_back_as_it_was(cls: type[Any], data: st.DataObject, seq: int, at_ms: int) -> None:
    event = ev.Recorded(seq=seq, at_s=at_ms / 1000, event=data.draw(strategy_of(cls)))
    line = encode_line(encode(event))
    record = decode_line(line.removesuffix(b"\n"))
    assert record is not None
    back = decode(record)
    assert back.event == event.event
    assert back.seq == event.seq
    assert back.at_s == pytest.approx(event.at_s, abs=0.0005)
    json.loads(record, parse_constant=pytest.fail)


@given(ANY_TEXT)
def test_a_text_without_utf8_does_not_stop_the_journal(text: str) -> None:
    note = replace(NOTE, event=ev.NoteAdded(ref=REF, kind=LogKind.NOTE, text=text))
    back = decode(encode(note)).event
    assert isinstance(back, ev.NoteAdded)
    assert back.text == "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)


def test_a_surrogate_deep_in_an_event_is_replaced_too() -> None:
    worktree = Worktree(path="/r/\udcff", branch="b\ud800", base_branch="main", base_commit="c")  # type: ignore[arg-type]
    back = decode(encode(replace(NOTE, event=ev.WorktreeCreated(ref=REF, worktree=worktree)))).event
    assert isinstance(back, ev.WorktreeCreated)
    assert (back.worktree.path, back.worktree.branch) == ("/r/\ufffd", "b\ufffd")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_could_not_be_read_back_is_never_written(number: float) -> None:
    started = ev.WorkerStarted(ref=REF, epoch=EpochId("e"), pid=1, process_started_s=number, version="1")
    with pytest.raises(ValueError, match="not finite"):
        encode(replace(NOTE, event=started))
    with pytest.raises(ValueError, match="not finite"):
        encode(replace(NOTE, at_s=number))


def test_the_form_on_disk() -> None:
    assert encode(NOTE) == (
        b'{"v":1,"seq":7,"ts":1700000000.125,"type":"NoteAdded",'
        b'"data":{"ref":["r","t"],"kind":"note","text":"x"}}'
    )  # fmt: skip


def test_a_field_that_came_later_takes_its_default_and_one_that_went_is_passed_over() -> None:
    old = b'{"v":1,"seq":1,"ts":1.5,"type":"ItemCompleted","data":{"ref":["r","t"],"turn":"u","item":'
    old += b'{"id":"i","kind":"command","title":"x","colour":"red"}}}'
    event = decode(old).event
    assert isinstance(event, ev.ItemCompleted)
    assert event.answer == ""
    assert event.item.files == ()


def test_a_newer_schema_is_told_with_both_versions() -> None:
    newer = b'{"v":2,"seq":1,"ts":1.5,"type":"NotInventedYet","data":{}}'
    with pytest.raises(NewerSchemaError, match=rf"schema 2.*up to {SCHEMA_VERSION}") as caught:
        decode(newer)
    assert caught.value.version == 2


HEAD = b'{"v":1,"seq":3,"ts":1.5,"type":"NoteAdded","data":'


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (b"", "not a journal record"),
        (b"{}", "not a journal record"),
        (b"\x00" * 200, "not a journal record"),
        (b'[{"v":1}]', "not a journal record"),
        (b'{"seq":1,"v":1,"ts":1.5,"type":"NoteAdded","data":{}}', "not a journal record"),
        (b'{"v":1,"seq":' + b"9" * 5000 + b',"ts":1.5,"type":"NoteAdded","data":{}}', "not a journal record"),
        (b'{"v":1,"seq":1,"ts":NaN,"type":"NoteAdded","data":{}}', "not a journal record"),
        (b'{"v":1,"seq":1,"ts":1.5,"type":"Nope","data":{}}', "unknown event type Nope"),
        (HEAD + b"{}}", "record 3"),
        (HEAD + b'{"ref":["r"],"kind":"note","text":"x"}}', "record 3"),
        (HEAD + b'{"ref":["r","t"],"kind":"a kind of tomorrow","text":"x"}}', "record 3"),
        (HEAD + b'{"ref":["r","t"],"kind":"note","text":"\xff"}}', "record 3"),
        (HEAD + b'{"ref":["r","t"],"kind":"note","text":"\\ud800"}}', "record 3"),
        (HEAD + b"[" * 10_000 + b"}", "record 3"),
        (HEAD, "record 3"),
    ],
)
def test_what_is_no_record_of_ours_is_named(record: bytes, says: str) -> None:
    with pytest.raises(RecordError, match=says) as caught:
        decode(record)
    assert not isinstance(caught.value, NewerSchemaError)


@given(st.binary(max_size=200) | st.binary(max_size=80).map(lambda tail: HEAD + tail))
def test_no_bytes_do_more_than_fail(record: bytes) -> None:
    with contextlib.suppress(RecordError):
        decode(record)


@given(strategy_of(ev.NoteAdded), st.data())
def test_a_flipped_bit_is_seen_by_the_line_around_the_record(event: ev.NoteAdded, data: st.DataObject) -> None:
    line = bytearray(encode_line(encode(replace(NOTE, event=event))).removesuffix(b"\n"))
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= 1 << data.draw(st.integers(0, 7))
    assert decode_line(bytes(line)) is None


def test_a_decision_from_before_it_said_by_whom_is_a_persons() -> None:
    decided = ev.ApprovalDecided(ref=REF, approval=ApprovalId("e:1"), choice=Choice.ACCEPT, by=Decider.CALLER)
    record = encode(replace(NOTE, event=decided))
    assert b'"by":"caller"' in record
    assert decode(record).event == decided
    older = record.replace(b',"by":"caller"', b"")
    assert decode(older).event == replace(decided, by=Decider.YOU)


def test_a_record_holds_no_secret_and_names_stay_names() -> None:
    token = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3bC6"
    request = ApprovalRequest(
        request_id="1",
        kind=ApprovalKind.COMMAND,
        thread=ThreadId("t"),
        turn=TurnId("u"),
        item=ItemId("i"),
        raw_json=json.dumps({"command": f"printf '{token}'", "note": 'a "quoted" word'}),
    )
    asked = ev.ApprovalRequested(ref=TaskRef(RunId(token), TaskId("t")), approval=ApprovalId("a"), request=request)
    record = encode(ev.Recorded(seq=1, at_s=1.0, event=asked))
    back = decode(record).event
    assert isinstance(back, ev.ApprovalRequested)
    assert back.ref.run == token, "a folder that is called otherwise would be lost"
    shown = {"command": "printf '‹secret: GitHub token›'", "note": 'a "quoted" word'}
    assert json.loads(back.request.raw_json) == shown
