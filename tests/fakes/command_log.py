"""Lines of a commands.jsonl, each looked at as its schema says."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from codex_orch_tui.resources import ResourceKind, read_resource

_SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "command_log.schema"))
_STRICT = Draft202012Validator(_SCHEMA | {"additionalProperties": False})


def command_lines(path: Path) -> list[dict[str, Any]]:
    """All of them; none where there is no file. Each fits the schema, and has no field that it does not name."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    for line in lines:
        _STRICT.validate(line)
    return lines
