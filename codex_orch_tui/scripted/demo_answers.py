"""The last messages of the demo's workers: each fits the schema of its role, with every key that the schema wants."""

import json
from collections.abc import Mapping, Sequence

from codex_orch_tui.domain.plan import Role
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.scripted.script import schema_title

Answer = Mapping[str, object]


def title_of(role: Role) -> str:
    """The title of the schema that a role's answers have to fit."""
    return schema_title(json.loads(read_resource(ResourceKind.SCHEMAS, f"{role.value}.schema")))


def built(summary: str, changes: Mapping[str, str], *, decisions: Sequence[str] = ()) -> Answer:
    """What an implementer reports; `changes` says of each file what was done to it."""
    told = [{"path": path, "what": what} for path, what in changes.items()]
    return {"summary": summary, "changes": told, "checks": [], "decisions": list(decisions), "open": []}


def tested(summary: str, *, command: str = "") -> Answer:
    """What a tester reports of a change that holds."""
    checks = [{"command": command, "outcome": "not_run", "note": "It runs after this turn."}] if command else []
    return {"summary": summary, "verdict": "holds", "checks": checks, "findings": [], "decisions": []}


def reviewed(summary: str) -> Answer:
    """What a reviewer reports of a change that should be merged."""
    return {"summary": summary, "verdict": "merge", "findings": [], "decisions": []}


def planned(summary: str, title: str, *tasks: Mapping[str, object]) -> Answer:
    """What a navigator reports."""
    return {"summary": summary, "title": title, "tasks": list(tasks), "decisions": [], "questions": []}


def task(
    name: str,
    title: str,
    role: Role,
    prompt: str,
    *,
    needs: Sequence[str] = (),
    paths: Sequence[str] = (),
    checks: Sequence[str] = (),
) -> Mapping[str, object]:
    """A task as a navigator proposes it."""
    return {
        "id": name,
        "title": title,
        "level": "case",
        "parent": None,
        "role": role.value,
        "prompt": prompt,
        "depends_on": list(needs),
        "paths": list(paths),
        "checks": list(checks),
    }


def as_json(answer: Answer) -> str:
    """An answer as the model writes it."""
    return json.dumps(answer, ensure_ascii=False)
