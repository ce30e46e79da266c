"""As much of JSON Schema as our own schemas use, and stricter: a property that the schema does not name is told too."""

from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_UNDERSTOOD = {
    "$schema", "title", "description", "type", "properties", "required", "additionalProperties", "items", "enum",
    "const", "oneOf",
}  # fmt: skip


def violations(value: Any, schema: Mapping[str, Any], path: str = "$") -> Iterator[str]:
    """What of a document is not as its schema says."""
    assert set(schema) <= _UNDERSTOOD, f"{path}: this module does not know {set(schema) - _UNDERSTOOD}"
    if "oneOf" in schema:
        yield from min((list(violations(value, each, path)) for each in schema["oneOf"]), key=len)
    if "const" in schema and value != schema["const"]:
        yield f"{path}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is not in the list"
    if "type" in schema and not _is_of(value, schema["type"]):
        yield f"{path}: {value!r} is no {schema['type']}"
        return
    if isinstance(value, dict) and "properties" in schema:
        yield from (f"{path}: {name} is missing" for name in schema["required"] if name not in value)
        yield from (f"{path}: {name} is not in the schema" for name in value if name not in schema["properties"])
        for name, inner in schema["properties"].items():
            if name in value:
                yield from violations(value[name], inner, f"{path}.{name}")
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from violations(item, schema["items"], f"{path}[{index}]")


def _is_of(value: Any, told: str | list[str]) -> bool:
    names = [told] if isinstance(told, str) else told
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES[name]) for name in names)
