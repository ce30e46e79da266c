"""A task of a plan as the fields of a dialog, and back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from pydantic import ValidationError

from codex_orch_tui.domain.ids import TaskId, slug
from codex_orch_tui.domain.plan import Level, Role, TaskSpec
from codex_orch_tui.domain.plan_edit import free_id
from codex_orch_tui.plans.entries import Roles, task_of, usual_title
from codex_orch_tui.plans.form_problems import form_problems
from codex_orch_tui.plans.models import PlanFile
from codex_orch_tui.plans.write import entry_of

LEVEL_WORDS: Mapping[str, str] = {
    Level.EPIC: "The largest; can hold everything below.",
    Level.FEATURE: "A feature.",
    Level.TEST_GROUP: "Tests that belong together.",
    Level.CASE: "What one worker does in one sitting.",
    Level.STEP: "A part of a case.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskForm:
    """What stands in the fields. A field that is empty is left to the role, or is none."""

    title: str = ""
    prompt: str = ""
    role: str = Role.IMPLEMENTER
    depends_on: str = ""
    """Ids, separated by commas or blanks."""
    paths: str = ""
    """Globs, a line each."""
    checks: str = ""
    """Commands, a line each."""
    model: str = ""
    effort: str = ""
    turns: str = ""
    minutes: str = ""
    tokens: str = ""
    priority: str = ""
    level: str = Level.CASE
    parent: str = ""
    id: str = ""


FIELDS = tuple(field.name for field in fields(TaskForm))
_LIMITS = ("turns", "minutes", "tokens")
_LIMITED = {f"limits.{name}": name for name in _LIMITS}


class FormError(Exception):
    """What was filled in makes no task: the field that is wrong, and a sentence."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


def form_of(task: TaskSpec, roles: Roles) -> TaskForm:
    """A task as it stands in the dialog: what it has from its role is not repeated."""
    entry = entry_of(task, roles.get(task.role))
    limits = entry.get("limits", {})
    return TaskForm(
        title=task.title if task.title != usual_title(task.id, task.prompt) else "",
        prompt=task.prompt,
        role=task.role,
        depends_on=", ".join(task.depends_on),
        paths="\n".join(task.paths),
        checks="\n".join(task.checks),
        model=entry.get("model") or "",
        effort=entry.get("effort") or "",
        **{name: f"{limits[name]:g}" if name in limits else "" for name in _LIMITS},
        priority=str(task.priority) if task.priority else "",
        level=task.level.value,
        parent=task.parent or "",
        id=task.id,
    )


def task_of_form(form: TaskForm, old: TaskSpec | None, roles: Roles, taken: Iterable[TaskId]) -> TaskSpec:
    """The task.

    Args:
        form: What was filled in.
        old: The task as it was; what the dialog does not ask for stays where the role allows it.
        roles: The roles that there are.
        taken: The ids of the other tasks: one that is made here is none of them. One that was typed is not changed.

    Raises:
        FormError: A field holds what no plan takes.
    """
    name = form.id.strip() or free_id(slug(form.title or form.prompt.strip().partition("\n")[0]), taken)
    values: dict[str, object] = {
        "id": name,
        "title": form.title,
        "level": form.level,
        "parent": form.parent.strip(),
        "role": form.role,
        "prompt": form.prompt if form.prompt.strip() else "",
        "depends_on": tuple(form.depends_on.replace(",", " ").split()),
        "paths": _lines(form.paths),
        "checks": _lines(form.checks),
        "model": form.model.strip(),
        "effort": form.effort.strip(),
        "priority": _number("priority", form.priority),
        "limits": {each: _number(each, getattr(form, each)) for each in _LIMITS},
    }
    if old is not None and old.role == form.role:
        values |= {"sandbox": old.sandbox, "approval_policy": old.approval_policy}
    try:
        entry = PlanFile.model_validate({"tasks": [values]}).tasks[0]
    except ValidationError as error:
        _, problem = next(form_problems(error, {"tasks": [values]}))
        field = _LIMITED.get(problem.field, problem.field.partition("[")[0])
        raise FormError(field if field in FIELDS else "prompt", problem.message) from error
    return task_of(entry, roles)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _number(field: str, text: str) -> int | float | None:
    """The number; None for an empty field.

    Raises:
        FormError: It is none.
    """
    text = text.strip().replace(",", "").replace("_", "")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise FormError(field, "should be a number") from None
