"""Writes the schemas that are made from the code: `python -m tests.schemas`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codex_orch_tui.plans import schema as plan_schema
from codex_orch_tui.services.commands import schema as command_schema
from codex_orch_tui.services.commands.reply import Handled
from codex_orch_tui.services.evidence import schema as evidence_schema
from codex_orch_tui.store import event_schema

SCHEMAS = Path(__file__).parents[1] / "schemas"
REPLY = "reply.schema"
_ABOUT_REPLY = (
    "A file in .orchestrator/inbox/done/ or failed/: the command that was dropped under this name, without secrets, "
    "and what became of it. A field that has its default is left out."
)


def made() -> Iterator[tuple[str, str]]:
    """Each by its name without the ending, with its text."""
    yield plan_schema.RESOURCE, plan_schema.schema_text()
    yield event_schema.RESOURCE, event_schema.schema_text()
    yield command_schema.RESOURCE, command_schema.schema_text()
    yield REPLY, json.dumps(reply_schema(), indent=2, ensure_ascii=False) + "\n"
    for name in evidence_schema.FORMS:
        yield f"{name}.schema", evidence_schema.schema_text(name)


def reply_schema() -> dict[str, Any]:
    """Of what became of a command that was dropped in the inbox."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    about = {"title": "codex-orch-tui reply", "description": _ABOUT_REPLY}
    return {"$schema": dialect, **Handled.model_json_schema(), **about}


if __name__ == "__main__":
    for name, text in made():
        json.loads(text)
        (SCHEMAS / f"{name}.json").write_text(text, "utf-8")
