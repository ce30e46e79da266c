"""Schemas of answers: which can be used, and what they say of an answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain.answer_text import MAX_ANSWER_CHARS
from codex_orch_tui.domain.plan import Role
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.services.answer_schema import AnswerSchema, NoSchemaError, parse_schema

PLAIN = {
    "type": "object",
    "properties": {
        "summary": {"type": "string"},
        "verdict": {"enum": ["merge", "do_not_merge"]},
        "decisions": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["summary", "verdict"],
    "additionalProperties": False,
}


def schema(value: Any = PLAIN) -> AnswerSchema:
    return parse_schema(json.dumps(value), "x.schema.json")


def of(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


class TestAnAnswer:
    def test_one_that_fits_is_told_line_by_line(self) -> None:
        checked = schema().check(
            '{"verdict": "merge", "summary": "All is well.\\nReally.", "decisions": ["ids are text", "dates are UTC"]}'
        )
        assert checked.problems == ()
        assert checked.result == ("All is well.\nReally.\nverdict: merge\ndecisions:\n- ids are text\n- dates are UTC")
        assert checked.decisions == ("ids are text", "dates are UTC")

    def test_objects_in_lists_are_one_line_each_and_what_is_empty_is_left_out(self) -> None:
        findings = of(findings={"type": "array"}, summary={"type": "string"})
        value = {
            "summary": "",
            "findings": [{"path": "a.py", "line": 3, "case": None, "problem": "loses data"}],
            "x": [],
        }
        assert schema(findings).check(json.dumps(value)).result == "findings:\n- a.py · 3 · loses data"

    @pytest.mark.parametrize(
        ("answer", "problem"),
        [
            ("", "there is no answer: the turn ended without a message"),
            ("  \n", "there is no answer: the turn ended without a message"),
            ("Done.", "the answer is not JSON: Expecting value: line 1 column 1 (char 0)"),
            ('{"summary": NaN}', "the answer is not JSON: NaN is not a JSON value"),
            ("[]", "$: [] is not of type 'object'"),
            ('{"verdict": "merge"}', "$: 'summary' is a required property"),
            (
                '{"summary": "s", "verdict": "maybe"}',
                "$.verdict: 'maybe' is not one of ['merge', 'do_not_merge']",
            ),
            (
                '{"summary": "s", "verdict": "merge", "more": 1}',
                "$: Additional properties are not allowed ('more' was unexpected)",
            ),
            ("[" * 100_000, "the answer is nested too deeply"),
            (json.dumps("x" * MAX_ANSWER_CHARS), f"the answer is longer than {MAX_ANSWER_CHARS} characters"),
        ],
    )
    def test_one_that_does_not_fit_is_told_why(self, answer: str, problem: str) -> None:
        checked = schema().check(answer)
        assert checked.problems == (problem,)
        assert checked.value is None

    def test_many_problems_are_counted(self) -> None:
        checked = schema(of(n={"type": "array", "items": {"type": "integer"}})).check(json.dumps({"n": ["x"] * 30}))
        assert len(checked.problems) == 11
        assert checked.problems[-1] == "and 20 more"

    def test_a_long_value_leaves_room_for_what_is_wrong_with_it(self) -> None:
        (problem,) = schema(of(n={"type": "integer"})).check(json.dumps({"n": "y" * 5_000})).problems
        assert len(problem) < 310
        assert problem.endswith("is not of type 'integer'")

    def test_what_cannot_be_seen_is_shown(self) -> None:
        checked = schema().check('{"summary": "a\\u001b[31m\\u202eb", "verdict": "merge", "decisions": ["c\\nd"]}')
        assert checked.result.splitlines()[0] == "a␛[31m\\u{202E}b"
        assert checked.decisions == ("c\\nd",)

    def test_text_that_was_cleaned_before_is_still_json(self) -> None:
        checked = schema().check('{"summary": "a\\u{200D}b \\x9b \\\\u{200D} \\u0041", "verdict": "merge"}')
        assert checked.problems == ()
        assert checked.result.splitlines()[0] == "a\\u{200D}b \\x9b \\u{200D} A"


class TestASchema:
    @pytest.mark.parametrize("role", Role)
    def test_ours_can_be_used_and_is_strict(self, role: Role) -> None:
        text = read_resource(ResourceKind.SCHEMAS, f"{role.value}.schema")
        found = parse_schema(text, "ours")
        assert "$schema" not in found.value, "the model's side does not take it"
        todo: list[Any] = [found.value]
        while todo:
            part = todo.pop()
            if isinstance(part, dict):
                if "properties" in part:
                    # What the model's side asks of a schema that it holds the model to.
                    assert part["additionalProperties"] is False
                    assert part["required"] == list(part["properties"])
                todo += part.values()
        assert "summary" in found.value["properties"]
        assert "decisions" in found.value["properties"]

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "is not JSON"),
            ("[]", "should be a JSON Schema for an object"),
            ("true", "should be a JSON Schema for an object"),
            ('{"type": "objekt"}', "is no JSON Schema: $.type: 'objekt' is not valid"),
            ('{"type": "string"}', 'should be a JSON Schema for an object: `"type": "object"` at its top'),
            ('{"enum": [1, 2]}', "should be a JSON Schema for an object"),
            ("[" * 100_000, "is nested too deeply"),
        ],
    )
    def test_what_is_none_is_told(self, text: str, why: str) -> None:
        with pytest.raises(NoSchemaError) as caught:
            parse_schema(text, "x")
        assert why in str(caught.value)

    @pytest.mark.parametrize(
        ("value", "why"),
        [
            (of("a", a=False), "$.a: false allows nothing"),
            (of("a", a={"enum": []}), "$.a: no type of value is left"),
            (of("a", a={"type": "string", "enum": [1]}), "$.a: no type of value is left"),
            (of("a", a={"allOf": [{"type": "string"}, {"type": "integer"}]}), "$.a: no type of value is left"),
            (of("a", a={"not": {}}), "$.a.not: excludes everything"),
            (of("a", a={"type": "string", "minLength": 5, "maxLength": 4}), "$.a: minLength 5 is above maxLength 4"),
            (of("a", a={"type": "integer", "minimum": 2, "maximum": 1}), "$.a: minimum 2 is above maximum 1"),
            (of("a", a={"type": "array", "minItems": 1, "items": False}), "$.a.items: false allows nothing"),
            (of("a", a={"anyOf": [False, {"enum": []}]}), "$.a: no type of value is left"),
            (of("a", a={"$ref": "#/$defs/no"}) | {"$defs": {"no": of("b", b=False)}}, "$.a.b: false allows nothing"),
            (
                of("a", "b", a={}) | {"additionalProperties": False},
                "$: requires b, which is not among its properties, and allows no others",
            ),
            (of("a", "b") | {"maxProperties": 1}, "$: requires more properties than maxProperties 1 allows"),
        ],
    )
    def test_one_that_no_answer_can_meet_is_told(self, value: dict[str, Any], why: str) -> None:
        with pytest.raises(NoSchemaError) as caught:
            schema(value)
        assert f"no answer can meet it: {why}" in str(caught.value)

    @pytest.mark.parametrize(
        ("value", "why"),
        [
            (of(a={"pattern": "(a+)+$"}), "$.properties.a.pattern: patterns are not used here"),
            (of(a={"$ref": "https://example.org/x"}), "lies elsewhere"),
            (of(a={"$ref": "other.json#/x"}), "lies elsewhere"),
            (of(a={"$ref": "#/$defs/none"}), "there is no #/$defs/none"),
            (of(a={"$ref": "#"}), "is nested deeper than 64 levels, or refers to itself"),
            ({"$id": "https://example.org/x", "type": "object"}, "$.$id: is not used here"),
        ],
    )
    def test_one_that_is_not_safe_is_told(self, value: dict[str, Any], why: str) -> None:
        with pytest.raises(NoSchemaError) as caught:
            schema(value)
        assert why in str(caught.value)

    def test_references_that_multiply_are_bounded(self) -> None:
        layers = {f"l{n}": {"allOf": [{"$ref": f"#/$defs/l{n + 1}"}] * 2} for n in range(30)}
        with pytest.raises(NoSchemaError, match="holds more than 10000 parts with its references written out"):
            schema(of(a={"$ref": "#/$defs/l0"}) | {"$defs": {**layers, "l30": {}}})

    @pytest.mark.parametrize(
        "value",
        [
            {"type": "object"},
            of("a"),
            of(a=False),
            of("a", a={"type": ["string", "null"], "minLength": 1}),
            of("a", a={"anyOf": [False, {"type": "string"}]}),
            of("a", a={"type": "array", "items": False}),
            of("a", a={"$ref": "#/$defs/x"}) | {"$defs": {"x": {"type": "string"}}},
            {"anyOf": [of("a"), {"type": "string"}]},
        ],
    )
    def test_one_that_some_answer_meets_is_taken(self, value: dict[str, Any]) -> None:
        assert schema(value).value == value


def test_the_schema_of_the_navigator_makes_plans(tmp_path: Path) -> None:
    text = read_resource(ResourceKind.SCHEMAS, "navigator.schema")
    task = {
        "id": "a", "title": "A", "level": "case", "parent": None, "role": "implementer", "prompt": "do it",
        "depends_on": [], "paths": ["src/**"], "checks": [],
    }  # fmt: skip
    answer = {"summary": "one", "title": "T", "tasks": [task], "decisions": [], "questions": []}
    assert parse_schema(text, "ours").check(json.dumps(answer)).problems == ()
