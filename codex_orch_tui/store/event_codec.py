"""Domain events as journal records and back.

A record is `{"v":1,"seq":7,"ts":1700000000.123,"type":"TurnStarted","data":{...}}`. The head has a fixed form, so the
type is known before the data is parsed, and each type's parser is built when the first such event comes by.

A record holds no secret (see domain/secrets): what the person or a worker wrote is kept with marks in their place.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from codex_orch_tui.domain.events import Event, Recorded
from codex_orch_tui.domain.secrets import may_hold_secret, redact_json, redact_values

SCHEMA_VERSION = 1

_HEAD = re.compile(rb'\{"v":(\d{1,9}),"seq":(\d{1,18}),"ts":(-?\d{1,40}(?:\.\d{1,9})?),"type":"(\w+)","data":')
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
NAMES = frozenset(
    (
        *("ref", "id", "run", "task", "thread", "turn", "item", "approval", "epoch", "request_id", "type", "sha256"),
        *("path", "branch", "base_branch", "base_commit", "base", "tip", "old", "new", "backup_ref"),
    )
)
"""Texts that name something: a folder or a branch that is called otherwise in the journal would be lost."""
_TYPES: dict[str, type[Any]] = {cls.__name__: cls for cls in get_args(Event)}


class RecordError(ValueError):
    """A journal record that is not one of ours."""


class NewerSchemaError(RecordError):
    """The record was written by a newer version of the program.

    Attributes:
        version: the schema version of the record.
    """

    def __init__(self, version: int) -> None:
        super().__init__(f"the journal has schema {version}; this program knows up to {SCHEMA_VERSION}")
        self.version = version


def event_types() -> Mapping[str, type[Any]]:
    """Every event that there is, by its name in a record."""
    return _TYPES


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_TYPES[name])


def encode(recorded: Recorded) -> bytes:
    """The record's bytes: one JSON object without a line end.

    A lone surrogate has no UTF-8 and is kept as U+FFFD.

    Raises:
        ValueError: A number is NaN or infinite: the record could not be read back.
    """
    name = type(recorded.event).__name__
    if not all(map(math.isfinite, (recorded.at_s, *(getattr(recorded.event, field) for field in _float_fields(name))))):
        raise ValueError(f"a number of {name} is not finite")
    head = f'{{"v":{SCHEMA_VERSION},"seq":{recorded.seq},"ts":{recorded.at_s:.3f},"type":"{name}","data":'
    try:
        data = _adapter(name).dump_json(recorded.event, exclude_defaults=True)
    except PydanticSerializationError:
        data = _dump_plain(recorded.event)
    else:
        if may_hold_secret(data.decode()):
            data = _dump_plain(recorded.event)
    return head.encode() + data + b"}"


def decode(record: bytes) -> Recorded:
    """The event of a record.

    Raises:
        NewerSchemaError: the record's schema is newer than ours.
        RecordError: the record has another form, an unknown type or data that does not fit its type.
    """
    head = _HEAD.match(record)
    if head is None:
        raise RecordError(f"not a journal record: {record[:80]!r}")
    version, seq, at_s, name = int(head[1]), int(head[2]), float(head[3]), head[4].decode()
    if version > SCHEMA_VERSION:
        raise NewerSchemaError(version)
    if name not in _TYPES:
        raise RecordError(f"unknown event type {name} (record {seq})")
    try:
        event = _adapter(name).validate_json(record[head.end() : -1])
    except ValidationError as error:
        raise RecordError(f"record {seq} ({name}) does not fit: {error}") from error
    return Recorded(seq=seq, at_s=at_s, event=event)


@cache
def _float_fields(name: str) -> tuple[str, ...]:
    """The floats that an event carries itself; nothing that it holds has one."""
    return tuple(field.name for field in fields(_TYPES[name]) if field.type is float)


def _dump_plain(event: Event) -> bytes:
    """The slow way: without secrets, and with U+FFFD for lone surrogates."""
    plain = _adapter(type(event).__name__).dump_python(event, mode="json", exclude_defaults=True)
    request = plain.get("request")
    if isinstance(request, dict) and "raw_json" in request:
        request["raw_json"] = redact_json(request["raw_json"])
    plain = redact_values(plain, names=NAMES)
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _LONE_SURROGATE.sub("\ufffd", text).encode()
