"""What a navigator proposes is checked as a file is."""

import itertools
import json
from typing import Any

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain.plan import ApprovalPolicy, Level, SandboxMode
from codex_orch_tui.domain.role import BUILT_IN
from codex_orch_tui.plans.from_answer import MAX_PROPOSED_TASKS, plan_from_answer
from codex_orch_tui.plans.models import ProposedTask
from codex_orch_tui.plans.problem import PlanError
from codex_orch_tui.resources import ResourceKind, read_resource


def proposed(task_id: str, *needs: str, **more: Any) -> dict[str, Any]:
    whole = {"title": "", "level": "case", "parent": None, "role": "implementer", "prompt": "Do it."}
    return {"id": task_id, **whole, "depends_on": list(needs), "paths": [], "checks": [], **more}


def answer(*tasks: object) -> dict[str, Any]:
    return {"summary": "s", "title": "Ship it", "tasks": list(tasks), "decisions": [], "questions": ["q?"]}


def told(given: Any, **options: Any) -> list[str]:
    with pytest.raises(PlanError) as caught:
        plan_from_answer(given, BUILT_IN, **options)
    return list(map(str, caught.value.problems))


def test_an_answer_becomes_a_plan() -> None:
    given = answer(
        proposed("api", level="feature", role=None, prompt="", title="The API"),
        proposed("a", parent="api", paths=["src/**"], checks=["pytest -q"]),
        proposed("r", "api", role="reviewer"),
    )
    for form in (given, json.dumps(given)):
        plan = plan_from_answer(form, BUILT_IN, spec="the spec")
        assert (plan.title, plan.spec) == ("Ship it", "the spec")
        assert [(task.id, task.level, task.parent, task.depends_on) for task in plan.tasks] == [
            ("api", Level.FEATURE, None, ()),
            ("a", Level.CASE, "api", ()),
            ("r", Level.CASE, None, ("api",)),
        ]
        assert plan.tasks[2].sandbox is SandboxMode.READ_ONLY


def test_what_a_navigator_must_not_choose_is_not_read() -> None:
    task = proposed("a", sandbox="danger-full-access", approval_policy="never", model="m", priority=9)
    (spec,) = plan_from_answer(answer(task), BUILT_IN).tasks
    assert (spec.sandbox, spec.approval_policy) == (SandboxMode.WORKSPACE_WRITE, ApprovalPolicy.ON_REQUEST)
    assert (spec.model, spec.priority) == (None, 0)


def test_a_circle_is_refused_with_its_members() -> None:
    assert told(answer(proposed("a", "b"), proposed("b", "a"))) == [
        "a.depends_on: a circle, each waits for the next: a → b → a"
    ]


def test_four_hundred_tasks_are_refused_with_the_limit() -> None:
    tasks = [proposed(f"t{n}") for n in range(400)]
    assert told(answer(*tasks)) == [
        f"tasks: 400 tasks are proposed and at most {MAX_PROPOSED_TASKS} are taken: make them larger, or plan a part"
    ]
    assert len(plan_from_answer(answer(*tasks), BUILT_IN, max_tasks=400).tasks) == 400
    assert len(plan_from_answer(answer(*tasks[:60]), BUILT_IN).tasks) == 60
    assert Config().max_proposed_tasks == MAX_PROPOSED_TASKS


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("no JSON", "the answer is not JSON: "),
        ("[" * 100_000, "the answer is not JSON: "),
        ("[]", "the answer should be an object"),
        ({}, "tasks: is missing"),
        ({"tasks": []}, "tasks: there is no task with a prompt: nothing to do"),
        ({"tasks": "x"}, "tasks: 'x' should be a list"),
        (answer(7), "tasks[0]: '7' should hold keys and values"),
        (answer(proposed("a b")), "a b.id: 'a b' should be made of letters"),
        (answer(proposed("a", role="boss")), "a.role: there is no role 'boss'"),
        (answer(proposed("a", "zz")), "a.depends_on[0]: there is no task 'zz'"),
        (answer(proposed("a", paths=["/etc"])), "a.paths[0]: '/etc' should be a path"),
        (answer(proposed("a", checks=["x; y"])), "a.checks[0]: 'x; y' holds a second command"),
        (answer(proposed("a", prompt="")), "a.prompt: is missing"),
    ],
    ids=itertools.count(),
)
def test_what_is_no_plan_is_told(given: Any, problem: str) -> None:
    assert problem in told(given)[0]


def test_what_the_worker_wrote_is_shown_as_it_is() -> None:
    (task,) = plan_from_answer(answer(proposed("a", title="x\x1b]0;y\x07", prompt="Do\u202e it.\n")), BUILT_IN).tasks
    assert (task.title, task.prompt) == ("x␛]0;y\\x07", "Do\\u{202E} it.")


def test_the_schema_of_the_answer_asks_for_what_is_read() -> None:
    schema = json.loads(read_resource(ResourceKind.SCHEMAS, "navigator.schema"))
    tasks = schema["properties"]["tasks"]["items"]["properties"]
    assert set(tasks) == set(ProposedTask.model_fields)
    assert set(tasks["level"]["enum"]) == set(Level)
