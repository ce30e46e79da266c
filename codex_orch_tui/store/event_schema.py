"""The JSON Schema of a journal record, which `--json` prints line by line: made from the types of the codec."""

import json
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from codex_orch_tui.store.event_codec import SCHEMA_VERSION, event_types

RESOURCE = "event.schema"
"""Its name among the schemas that ship with the program."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_HEAD: dict[str, Any] = {
    "v": {"const": SCHEMA_VERSION, "description": "The version of this form."},
    "seq": {"type": "integer", "minimum": 1, "description": "Its place in the journal: 1, 2, 3 …"},
    "ts": {"type": "number", "description": "When, in seconds since the epoch."},
}


class _Described(GenerateJsonSchema):
    """Dataclasses with their docstrings, and without a title for each field."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's own signature
        return False


def event_schema() -> dict[str, Any]:
    """Of one record."""
    inputs: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [
        (name, "validation", TypeAdapter(kind)) for name, kind in event_types().items()
    ]
    shapes, definitions = TypeAdapter.json_schemas(inputs, schema_generator=_Described, ref_template="#/$defs/{model}")
    names = list(event_types())
    return {
        "$schema": _DIALECT,
        "title": "An event of codex-orch-tui, as `--json` prints it and the journal keeps it",
        "description": "A field that has its default is left out. Texts hold no secrets. Fields and types of events "
        "may be added; none is renamed or gets another meaning without a new version.",
        "type": "object",
        "properties": {**_HEAD, "type": {"enum": names}, "data": {"type": "object"}},
        "required": [*_HEAD, "type", "data"],
        "additionalProperties": False,
        "oneOf": [{"properties": {"type": {"const": name}, "data": shapes[name, "validation"]}} for name in names],
        "$defs": definitions.get("$defs", {}),
    }


def schema_text() -> str:
    """The same as it is kept in schemas/event.schema.json."""
    return json.dumps(event_schema(), indent=2, ensure_ascii=False) + "\n"
