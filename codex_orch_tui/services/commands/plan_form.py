"""Between a plan as a command carries it and the plan that is worked with."""

from dataclasses import replace

from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.plans.entries import Roles, task_of, too_wide
from codex_orch_tui.plans.models import LimitsEntry
from codex_orch_tui.plans.structure import problems_of
from codex_orch_tui.services.commands.model import PlanForm, TaskForm
from codex_orch_tui.services.errors import PlanRefusedError


def plan_of(form: PlanForm, roles: Roles) -> Plan:
    """The plan; what a task does not say is its role's, unless the plan is to be taken as it stands.

    Raises:
        PlanRefusedError: It cannot be run, or a task wants more than its role may.
    """
    tasks = tuple(_task(entry, roles, as_it_stands=form.as_it_stands) for entry in form.tasks)
    problems = [str(problem) for problem in problems_of(tasks, roles.keys())]
    if not form.as_it_stands:
        problems += [f"{entry.id}: {field}: {told}" for entry in form.tasks for field, told in too_wide(entry, roles)]
    if problems:
        raise PlanRefusedError("the plan cannot be run", tuple(map(clean_line, problems)))
    title = clean_line(form.title) or (tasks[0].title if len(tasks) == 1 else "plan")
    return Plan(title=title, tasks=tasks, spec=form.spec)


def form_of(plan: Plan) -> PlanForm:
    """The plan with everything that it says, to be taken as it stands."""
    return PlanForm(
        title=plan.title, spec=plan.spec, tasks=tuple(_entry(spec) for spec in plan.tasks), as_it_stands=True
    )


def _task(entry: TaskForm, roles: Roles, *, as_it_stands: bool) -> TaskSpec:
    if not as_it_stands:
        spec = task_of(entry, roles)
        return spec if entry.checked_answer is None else replace(spec, checked_answer=entry.checked_answer)
    spec = task_of(entry, {})
    return replace(
        spec,
        sandbox=entry.sandbox or spec.sandbox,
        approval_policy=entry.approval_policy or spec.approval_policy,
        checked_answer=entry.checked_answer,
    )


def _entry(spec: TaskSpec) -> TaskForm:
    limits = spec.limits
    return TaskForm(
        id=spec.id,
        title=spec.title[:200],
        level=spec.level,
        parent=spec.parent,
        role=spec.role,
        prompt=spec.prompt,
        depends_on=spec.depends_on,
        paths=spec.paths,
        checks=spec.checks,
        priority=spec.priority,
        limits=LimitsEntry(turns=limits.turns, minutes=limits.minutes, tokens=limits.tokens),
        model=spec.model,
        effort=spec.effort,
        sandbox=spec.sandbox,
        approval_policy=spec.approval_policy,
        checked_answer=spec.checked_answer,
    )
