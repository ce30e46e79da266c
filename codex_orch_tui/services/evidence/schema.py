"""The JSON Schemas of the evidence, made from its models."""

import json
from collections.abc import Mapping
from typing import Any

from codex_orch_tui.services.evidence.commands_file import CommandLine
from codex_orch_tui.services.evidence.models import Document, RunContext, RunManifest, RunMetrics, TaskResult
from codex_orch_tui.services.evidence.parts import Part

DOCUMENTS: Mapping[str, type[Document]] = {
    "result": TaskResult,
    "manifest": RunManifest,
    "metrics": RunMetrics,
    "context": RunContext,
}
"""By the name of the file; its schema is schemas/<name>.schema.json."""

FORMS: Mapping[str, type[Part]] = {**DOCUMENTS, "command_log": CommandLine}
"""The same, with the lines of commands.jsonl."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document_schema(name: str) -> dict[str, Any]:
    """Of one of `FORMS`."""
    return {"$schema": _DIALECT, **FORMS[name].model_json_schema(mode="serialization")}


def schema_text(name: str) -> str:
    """The same as it is kept in schemas/."""
    return json.dumps(document_schema(name), indent=2, ensure_ascii=False) + "\n"
