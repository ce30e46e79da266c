"""The schema of events is made from their types, kept beside the program, and fits every record that is written."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from codex_orch_tui.cli.progress import json_line
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.store.event_codec import encode
from codex_orch_tui.store.event_schema import RESOURCE, event_schema, schema_text
from tests.fakes.event_strategies import EVENT_TYPES, strategy_of

SCHEMA = event_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
REF = TaskRef("r1", TaskId("t1"))  # type: ignore[arg-type]


def test_the_file_is_not_stale() -> None:
    assert read_resource(ResourceKind.SCHEMAS, RESOURCE) == schema_text()
    Draft202012Validator.check_schema(SCHEMA)


@settings(max_examples=150)
@given(st.sampled_from(EVENT_TYPES).flatmap(strategy_of))
def test_every_event_is_as_the_schema_says_and_is_one_line_of_ascii(event: ev.Event) -> None:
    record = encode(ev.Recorded(seq=7, at_s=1.5, event=event))
    line = json_line(record)
    assert line.isascii() and line.isprintable()
    assert json.loads(line) == json.loads(record)
    # That of its own type: of 70 alternatives the message would tell nothing.
    VALIDATOR.evolve(schema={"$ref": f"#/$defs/{type(event).__name__}", "$defs": SCHEMA["$defs"]}).validate(
        json.loads(line)["data"]
    )
    assert VALIDATOR.is_valid(json.loads(line))


@pytest.mark.parametrize("odd", [{"seq": 0}, {"type": "Nothing"}, {"more": 1}, {"data": {"pid": "x"}}])
def test_what_is_no_event_does_not_fit(odd: dict[str, object]) -> None:
    record = json.loads(encode(ev.Recorded(seq=1, at_s=1.0, event=ev.SessionOpened(pid=1, version="1"))))
    VALIDATOR.validate(record)
    assert not VALIDATOR.is_valid(record | odd)


def test_what_a_terminal_would_obey_or_hide_is_told_in_another_way() -> None:
    text = "\x1b]52;c;aGk=\x07 \x9b31m \u202e \u200b \U000e0041 é 日 😀"
    line = json_line(encode(ev.Recorded(seq=1, at_s=1.0, event=ev.NoteAdded(ref=REF, kind=LogKind.NOTE, text=text))))
    assert line.isascii() and line.isprintable()
    assert json.loads(line)["data"]["text"] == text
