"""The schemas that are made from the code are those that ship, and each says what it describes."""

import json

import pytest
from jsonschema import Draft202012Validator

from codex_orch_tui.resources import ResourceKind, read_resource
from tests.schemas import made

MADE = dict(made())


@pytest.mark.parametrize("name", MADE)
def test_the_file_is_not_stale(name: str) -> None:
    """When it is: `python -m tests.schemas`."""
    assert read_resource(ResourceKind.SCHEMAS, name) == MADE[name]


@pytest.mark.parametrize("name", MADE)
def test_it_is_a_schema_that_says_what_it_is_of(name: str) -> None:
    schema = json.loads(MADE[name])
    Draft202012Validator.check_schema(schema)
    assert schema["description"]
