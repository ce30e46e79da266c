"""The schema of plans is made from the models, and says what they say."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from codex_orch_tui.plans.schema import RESOURCE, plan_schema, schema_text
from codex_orch_tui.resources import ResourceKind, read_resource

LEAST = {"id": "a", "role": "implementer", "prompt": "x"}


def test_the_file_is_not_stale() -> None:
    """When it is: `codex-orch-tui plan schema > schemas/plan.schema.json`."""
    assert read_resource(ResourceKind.SCHEMAS, RESOURCE) == schema_text()


def test_it_is_a_schema_and_describes_every_field() -> None:
    schema = plan_schema()
    Draft202012Validator.check_schema(schema)
    objects = [schema, schema["$defs"]["TaskEntry"], schema["$defs"]["LimitsEntry"]]
    for each in objects:
        assert all("description" in field for field in each["properties"].values())
        assert each["additionalProperties"] is False


@pytest.mark.parametrize(
    ("document", "is_valid"),
    [
        ({"tasks": [LEAST]}, True),
        ({"tasks": [LEAST, {"id": "g", "level": "epic"}]}, True),
        ({"tasks": []}, False),
        ({}, False),
        ({"tasks": [{"id": "a", "prompt": "x"}]}, False),
        ({"tasks": [{"id": "a", "role": "x"}]}, False),
        ({"tasks": [{"id": "g", "level": "case"}]}, False),
        ({"tasks": [LEAST | {"id": "a b"}]}, False),
        ({"tasks": [LEAST | {"limits": {"turns": 0}}]}, False),
        ({"tasks": [LEAST | {"nope": 1}]}, False),
    ],
)
def test_it_takes_what_the_models_take(document: dict[str, Any], is_valid: bool) -> None:
    assert Draft202012Validator(json.loads(schema_text())).is_valid(document) is is_valid
