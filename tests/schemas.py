"""Writes the schemas that are made from the code: `python -m tests.schemas`."""

import json
from collections.abc import Iterator
from pathlib import Path

from codex_orch_tui.plans import schema as plan_schema
from codex_orch_tui.services.commands import schema as command_schema
from codex_orch_tui.services.evidence import schema as evidence_schema
from codex_orch_tui.store import event_schema

SCHEMAS = Path(__file__).parents[1] / "schemas"


def made() -> Iterator[tuple[str, str]]:
    """Each by its name without the ending, with its text."""
    yield plan_schema.RESOURCE, plan_schema.schema_text()
    yield event_schema.RESOURCE, event_schema.schema_text()
    yield command_schema.RESOURCE, command_schema.schema_text()
    for name in evidence_schema.DOCUMENTS:
        yield f"{name}.schema", evidence_schema.schema_text(name)


if __name__ == "__main__":
    for name, text in made():
        json.loads(text)
        (SCHEMAS / f"{name}.json").write_text(text, "utf-8")
