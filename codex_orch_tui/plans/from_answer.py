"""A navigator's answer as a plan: what it proposes is checked as a file is, and nothing of it starts by itself."""

import json
from collections.abc import Mapping

from pydantic import ValidationError

from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.plans.entries import Roles, task_of
from codex_orch_tui.plans.form_problems import form_problems
from codex_orch_tui.plans.models import PlanAnswer
from codex_orch_tui.plans.problem import PlanError, PlanProblem
from codex_orch_tui.plans.structure import problems_of

MAX_PROPOSED_TASKS = 60
"""More than a person reads before approving it."""


def plan_from_answer(
    answer: str | Mapping[str, object],
    roles: Roles,
    *,
    title: str = "",
    spec: str = "",
    max_tasks: int = MAX_PROPOSED_TASKS,
) -> Plan:
    """The plan that a navigator proposes.

    What the answer holds besides (a summary, questions) is not read; nor is what a navigator does not choose: model,
    sandbox, approval policy, priority and limits are those of the roles.

    Args:
        answer: The answer, as JSON text or parsed.
        roles: The roles that there are.
        title: What the plan is called when the answer does not say.
        spec: The specification that the navigator was given, for the workers too.
        max_tasks: More are refused.

    Raises:
        PlanError: It is no plan, has a circle, too many tasks or another mistake; the reasons can be told to the
            navigator as they are.
    """
    values = _values(answer)
    tasks = values.get("tasks")
    if isinstance(tasks, list) and len(tasks) > max_tasks:
        told = (
            f"{len(tasks):,} tasks are proposed and at most {max_tasks:,} are taken: make them larger, or plan a part"
        )
        raise PlanError([PlanProblem(field="tasks", message=told)])
    try:
        form = PlanAnswer.model_validate(values)
    except ValidationError as error:
        raise PlanError(problem for _, problem in form_problems(error, values)) from error
    specs = tuple(task_of(entry, roles) for entry in form.tasks)
    if problems := problems_of(specs, roles.keys()):
        raise PlanError(problems)
    return Plan(title=clean_line(form.title or title) or specs[0].title, tasks=specs, spec=spec)


def _values(answer: str | Mapping[str, object]) -> Mapping[str, object]:
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise PlanError([PlanProblem(message=f"the answer is not JSON: {error}")]) from error
    if not isinstance(answer, Mapping):
        raise PlanError([PlanProblem(message='the answer should be an object: {"title", "tasks"}')])
    return answer
