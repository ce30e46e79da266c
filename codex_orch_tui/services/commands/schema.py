"""The JSON Schema of commands, made from the models that check them."""

import json
from typing import Any

from codex_orch_tui.services.commands.model import COMMAND

RESOURCE = "command.schema"
"""Its name among the schemas that ship with the program."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TITLE = "codex-orch-tui command"
_ABOUT = (
    "What another program may ask of the one that holds a repository: one JSON object in a file that is renamed to "
    ".orchestrator/inbox/NAME.json. What became of it is in inbox/done/NAME.json or inbox/failed/NAME.json."
)


def command_schema() -> dict[str, Any]:
    """Of one command."""
    schema = COMMAND.json_schema()
    for form in schema["$defs"].values():
        if "command" in form.get("properties", {}):  # Its default is for us: a file has to name it.
            form["properties"]["command"].pop("default")
            form["required"] = ["command", *form.get("required", ())]
    return {"$schema": _DIALECT, "title": _TITLE, "description": _ABOUT, **schema}


def schema_text() -> str:
    """The same as it is kept in schemas/command.schema.json."""
    return json.dumps(command_schema(), indent=2, ensure_ascii=False) + "\n"
