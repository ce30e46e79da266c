"""Writes a plan as a file that a person can edit and that loads again."""

from typing import TYPE_CHECKING, Any

from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.role import RoleProfile, with_role
from codex_orch_tui.plans.entries import Roles, is_narrower, usual_title

if TYPE_CHECKING:
    from yaml import SafeDumper

_COLUMNS = 110


def plan_text(plan: Plan, roles: Roles) -> str:
    """The plan as YAML.

    What a task has from its role is left out, and so is a sandbox or approval policy that allows more than the role:
    a file cannot give it. The plan that is loaded with the same roles is the same otherwise, if its prompts hold no
    character that cannot be seen.
    """
    import yaml  # noqa: PLC0415 - 15 ms that a start does not pay

    document: dict[str, Any] = {"version": 1, "title": plan.title}
    if plan.spec:
        document["spec"] = plan.spec
    document["tasks"] = [entry_of(task, roles.get(task.role)) for task in plan.tasks]
    return yaml.dump(document, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=_COLUMNS)


def entry_of(task: TaskSpec, profile: RoleProfile | None) -> dict[str, Any]:
    """A task as it stands in a file: only what it does not have from its role.

    Args:
        task: The task.
        profile: Its role; None where there is no such role.
    """
    entry: dict[str, Any] = {"id": str(task.id)}
    if task.title != usual_title(task.id, task.prompt):
        entry["title"] = task.title
    plain = TaskSpec(id=task.id, title=task.title, prompt=task.prompt, role=task.role)
    given = with_role(plain, profile) if profile is not None else plain
    if task.is_group or task.level is not given.level:
        entry["level"] = task.level.value
    if task.parent is not None:
        entry["parent"] = str(task.parent)
    if not task.is_group:
        entry["role"] = str(task.role)
    for name in ("sandbox", "approval_policy"):
        if is_narrower(getattr(task, name), getattr(given, name)):
            entry[name] = getattr(task, name).value
    for name in ("model", "effort", "priority"):
        if getattr(task, name) != getattr(given, name):
            entry[name] = getattr(task, name)
    limits = {
        name: getattr(task.limits, name)
        for name in ("turns", "minutes", "tokens")
        if getattr(task.limits, name) not in (None, getattr(given.limits, name))
    }
    rest = {
        "limits": limits,
        "depends_on": list(map(str, task.depends_on)),
        "paths": list(task.paths),
        "checks": list(task.checks),
        "prompt": task.prompt,
    }
    return entry | {name: value for name, value in rest.items() if value}


def _dumper() -> "type[SafeDumper]":
    """Texts of several lines as blocks, short lists on one line, and no anchors for what comes twice."""
    import yaml  # noqa: PLC0415 - see above

    class Dumper(yaml.SafeDumper):
        """Each call of `add_representer` changes its class."""

        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - yaml's own signature
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    def items(dumper: yaml.SafeDumper, value: list[object]) -> yaml.SequenceNode:
        is_short = all(isinstance(one, str) for one in value) and sum(map(len, map(str, value))) < _COLUMNS
        return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=is_short)

    Dumper.add_representer(str, text)
    Dumper.add_representer(list, items)
    return Dumper
