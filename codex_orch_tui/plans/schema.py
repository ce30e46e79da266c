"""The JSON Schemas of plans, made from the models that check them."""

import json
from typing import Any

from codex_orch_tui.plans.models import PlanFile

RESOURCE = "plan.schema"
"""Its name among the schemas that ship with the program."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plan_schema() -> dict[str, Any]:
    """Of a plan file."""
    return {"$schema": _DIALECT, **PlanFile.model_json_schema()}


def schema_text() -> str:
    """The same as it is kept in schemas/plan.schema.json."""
    return json.dumps(plan_schema(), indent=2, ensure_ascii=False) + "\n"
