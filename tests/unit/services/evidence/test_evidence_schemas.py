"""The schemas of the evidence are made from its models, and say what they say."""

import json

import pytest
from jsonschema import Draft202012Validator

from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.services.evidence.schema import FORMS, document_schema, schema_text


@pytest.mark.parametrize("name", FORMS)
def test_the_file_is_not_stale(name: str) -> None:
    """When it is: write `schema_text(name)` to schemas/<name>.schema.json."""
    assert read_resource(ResourceKind.SCHEMAS, f"{name}.schema") == schema_text(name)


@pytest.mark.parametrize("name", FORMS)
def test_it_is_a_schema_of_version_1_and_lets_fields_be_added(name: str) -> None:
    schema = document_schema(name)
    Draft202012Validator.check_schema(schema)
    version = "v" if name == "command_log" else "schema_version"
    assert schema["properties"][version]["const"] == 1
    assert "additionalProperties" not in json.dumps(schema).replace('"additionalProperties": {', "")
    assert all("description" in each or "enum" in each for each in schema["$defs"].values())
