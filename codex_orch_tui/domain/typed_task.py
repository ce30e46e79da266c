"""What a person typed, as a plan of one task: to be done at once, or to be planned first."""

from codex_orch_tui.domain.ids import TaskId, slug
from codex_orch_tui.domain.plan import Plan, SandboxMode, TaskSpec, title_of
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.role import RoleProfile, with_role


def plan_of_text(text: str, profile: RoleProfile, *, model: str | None = None, spec: str = "") -> Plan:
    """A task that does it.

    Args:
        text: What to do; not empty.
        profile: The role of the worker, with its settings.
        model: Instead of its role's.
        spec: The text of a specification.
    """
    prompt = text.strip()
    title = title_of(prompt)
    task = TaskSpec(id=TaskId(slug(title)), title=title, prompt=prompt, model=model)
    return Plan(title=title, tasks=(with_role(task, profile),), spec=spec)


def plan_to_plan(text: str, navigator: RoleProfile, *, model: str | None = None, spec: str = "") -> Plan:
    """A task of a navigator that proposes a plan for it; it reads, and changes nothing."""
    plan = plan_of_text(text, navigator, model=model, spec=spec)
    (task,) = plan.tasks
    return replace(plan, tasks=(replace(task, sandbox=SandboxMode.READ_ONLY, checked_answer=True),))
