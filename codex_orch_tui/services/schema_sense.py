"""Whether a JSON Schema makes sense for answers: safe to use, and such that some answer can meet it.

Not every contradiction can be found; those that people write can.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MAX_DEPTH = 64
MAX_NODES = 10_000
"""Parts of the schema with every reference written out."""

_PATTERNS = frozenset({"pattern", "patternProperties"})
_LOOKUPS = frozenset({"$dynamicRef", "$recursiveRef", "$dynamicAnchor", "$anchor", "$id"})
_BOUNDS = (
    ("minLength", "maxLength", "string"),
    ("minItems", "maxItems", "array"),
    ("minProperties", "maxProperties", "object"),
    ("minimum", "maximum", "number"),
)
_IN_ONE = ("not", "if", "then", "else", "items", "contains", "propertyNames", "additionalProperties",
           "unevaluatedProperties", "unevaluatedItems")  # fmt: skip
_IN_LIST = ("allOf", "anyOf", "oneOf", "prefixItems")
_IN_TABLE = ("properties", "dependentSchemas")
_KIND_OF = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}

Schema = Mapping[str, Any] | bool


class _UnusableError(Exception):
    """The sentence says why."""


def why_unusable(schema: Mapping[str, Any]) -> str:
    """Why answers cannot be held against a schema; empty when they can.

    Args:
        schema: Fits the form of JSON Schema 2020-12.
    """
    look = _Look(schema)
    try:
        look.walk(schema, "$", 0)
        if "object" not in look.kinds(schema):
            return 'should be a JSON Schema for an object: `"type": "object"` at its top'
        why = look.why_never(schema, "$")
    except _UnusableError as error:
        return str(error)
    return f"no answer can meet it: {why}" if why else ""


class _Look:
    """Looks over one schema."""

    def __init__(self, top: Mapping[str, Any]) -> None:
        self._top = top
        self._nodes = 0

    def walk(self, schema: Schema, path: str, depth: int) -> None:
        """Count everything as it counts when it is used.

        Raises:
            _UnusableError: A pattern, a reference elsewhere or in a circle, or too much of it.
        """
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _UnusableError(f"holds more than {MAX_NODES} parts with its references written out")
        if depth > MAX_DEPTH:
            raise _UnusableError(f"{path}: is nested deeper than {MAX_DEPTH} levels, or refers to itself")
        if isinstance(schema, bool):
            return
        for key in schema:
            if key in _PATTERNS:
                raise _UnusableError(f"{path}.{key}: patterns are not used here; say it in a description, or use enum")
            if key in _LOOKUPS:
                raise _UnusableError(f"{path}.{key}: is not used here; refer to `#/$defs/…`")
        if "$ref" in schema:
            self.walk(self._target(schema["$ref"], path), f"{path}.$ref", depth + 1)
        for where, inner in _below(schema):
            self.walk(inner, f"{path}.{where}", depth + 1)

    def kinds(self, schema: Schema) -> frozenset[str]:
        """The types of value that the schema may allow."""
        every = frozenset({"object", "array", "string", "number", "boolean", "null"})
        if isinstance(schema, bool):
            return every if schema else frozenset()
        told = schema.get("type", sorted(every))
        kinds = frozenset(
            "number" if kind == "integer" else kind for kind in ([told] if isinstance(told, str) else told)
        )
        for word in ("enum", "const"):
            if word in schema:
                values = schema[word] if word == "enum" else [schema[word]]
                kinds &= {_KIND_OF.get(type(value), "number") for value in values}
        if "$ref" in schema:
            kinds &= self.kinds(self._target(schema["$ref"], "$"))
        for each in schema.get("allOf", ()):
            kinds &= self.kinds(each)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                kinds &= frozenset().union(*(self.kinds(each) for each in schema[word]))
        return kinds

    def why_never(self, schema: Schema, path: str) -> str:
        """What makes it impossible to meet; empty where nothing was found."""
        if isinstance(schema, bool):
            return "" if schema else f"{path}: false allows nothing"
        if not self.kinds(schema):
            return f"{path}: no type of value is left that it allows"
        if schema.get("not") in (True, {}):
            return f"{path}.not: excludes everything"
        for low, high, kind in _BOUNDS:
            if low in schema and high in schema and schema[low] > schema[high] and self.kinds(schema) == {kind}:
                return f"{path}: {low} {schema[low]} is above {high} {schema[high]}"
        if "$ref" in schema and (why := self.why_never(self._target(schema["$ref"], path), path)):
            return why
        for number, each in enumerate(schema.get("allOf", ())):
            if why := self.why_never(each, f"{path}.allOf[{number}]"):
                return why
        for word in ("anyOf", "oneOf"):
            if word in schema:
                whys = [self.why_never(each, f"{path}.{word}[{number}]") for number, each in enumerate(schema[word])]
                if all(whys):
                    return whys[0]
        return self._why_no_content(schema, path)

    def _why_no_content(self, schema: Mapping[str, Any], path: str) -> str:
        kinds = self.kinds(schema)
        if kinds == {"object"}:
            return self._why_no_object(schema, path)
        if kinds == {"array"} and schema.get("minItems", 0) > len(schema.get("prefixItems", ())):
            return self.why_never(schema.get("items", True), f"{path}.items")
        return ""

    def _why_no_object(self, schema: Mapping[str, Any], path: str) -> str:
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        if len(required) > schema.get("maxProperties", len(required)):
            return f"{path}: requires more properties than maxProperties {schema['maxProperties']} allows"
        for name in required:
            if name in properties:
                why = self.why_never(properties[name], f"{path}.{name}")
            elif self.why_never(schema.get("additionalProperties", True), path):
                why = f"{path}: requires {name}, which is not among its properties, and allows no others"
            else:
                why = ""
            if why:
                return why
        return ""

    def _target(self, reference: object, path: str) -> Schema:
        """What a reference names.

        Raises:
            _UnusableError: It names something elsewhere, or nothing.
        """
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            raise _UnusableError(f"{path}.$ref: {reference!r} lies elsewhere; refer to `#/$defs/…`")
        found: Any = self._top
        for part in reference.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            try:
                found = found[int(name)] if isinstance(found, Sequence) else found[name]
            except (LookupError, ValueError, TypeError):
                raise _UnusableError(f"{path}.$ref: there is no {reference}") from None
        if not isinstance(found, Mapping | bool):
            raise _UnusableError(f"{path}.$ref: {reference} is no schema")
        return found


def _below(schema: Mapping[str, Any]) -> Iterator[tuple[str, Schema]]:
    """The schemas that a schema holds, each with the way to it; definitions count where they are referred to."""
    for word in _IN_ONE:
        if isinstance(inner := schema.get(word), Mapping | bool):
            yield word, inner
    for word in _IN_LIST:
        for number, inner in enumerate(schema.get(word, ())):
            yield f"{word}[{number}]", inner
    for word in _IN_TABLE:
        for name, inner in schema.get(word, {}).items():
            yield f"{word}.{name}", inner
