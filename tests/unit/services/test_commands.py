"""The form of commands: its schema, what it takes, and that every facade has what the screens and commands need."""

import inspect
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import ApprovalPolicy, Level, Limits, Plan, SandboxMode, TaskSpec
from codex_orch_tui.domain.role import BUILT_IN
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.services.commands import model
from codex_orch_tui.services.commands.model import COMMAND
from codex_orch_tui.services.commands.plan_form import form_of, plan_of
from codex_orch_tui.services.commands.schema import RESOURCE, command_schema, schema_text
from codex_orch_tui.services.errors import PlanRefusedError
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.services.session import Session
from codex_orch_tui.services.viewer import Viewer
from tests.fakes.orchestrator import FakeOrchestrator

PLAN = {"tasks": [{"id": "a", "role": "implementer", "prompt": "x"}]}
COMMIT = "0123456789" * 4


def test_the_file_is_not_stale() -> None:
    """When it is: write `schema_text()` to schemas/command.schema.json."""
    assert read_resource(ResourceKind.SCHEMAS, RESOURCE) == schema_text()


def test_it_is_a_schema_and_describes_every_command_and_field() -> None:
    schema = command_schema()
    Draft202012Validator.check_schema(schema)
    for name, form in schema["$defs"].items():
        if form["type"] == "object":
            assert form["additionalProperties"] is False, name
            assert form["description"], name
            undescribed = [field for field, of in form["properties"].items() if "description" not in of]
            assert undescribed in ([], ["command"]), name


@pytest.mark.parametrize(
    ("document", "is_valid"),
    [
        ({"command": "create_run", "plan": PLAN}, True),
        ({"command": "create_run", "plan": PLAN, "version": 1}, True),
        ({"command": "create_run", "plan": PLAN, "version": 2}, False),
        ({"command": "create_run", "plan": {"tasks": []}}, False),
        ({"command": "message", "task": "0101-1200-ab12/a", "text": "x"}, True),
        ({"command": "message", "task": "0101-1200-ab12/a", "text": ""}, False),
        ({"command": "message", "task": "a", "text": "x"}, False),
        ({"command": "message", "task": "../a", "text": "x"}, False),
        ({"command": "merge", "task": "r/a", "old": COMMIT, "new": COMMIT}, True),
        ({"command": "merge", "task": "r/a", "old": COMMIT}, False),
        ({"command": "merge", "task": "r/a", "old": "main", "new": COMMIT}, False),
        ({"command": "answer", "approval": "e:1", "times_asked": 1, "choice": "accept"}, True),
        ({"command": "answer", "approval": "e:1", "choice": "accept"}, False),
        ({"command": "answer", "approval": "e:1", "times_asked": 1, "choice": "yes"}, False),
        ({"command": "pause_run", "run": "r", "force": True}, False),
        ({"command": "shutdown"}, False),
        ({"plan": PLAN}, False),
        ([], False),
    ],
)
def test_schema_and_models_take_the_same(document: Any, is_valid: bool) -> None:
    assert Draft202012Validator(json.loads(schema_text())).is_valid(document) is is_valid
    try:
        COMMAND.validate_json(json.dumps(document))
    except ValidationError:
        assert not is_valid
    else:
        assert is_valid


def test_a_plan_crosses_as_it_stands() -> None:
    group = TaskSpec(id=TaskId("g"), title="All", prompt="", level=Level.FEATURE)
    task = TaskSpec(
        id=TaskId("a"),
        title="Do it",
        prompt="Do it.\n\nAnd well.",
        role="tester",
        model="gpt-5.5",
        effort="high",
        sandbox=SandboxMode.DANGER_FULL_ACCESS,
        approval_policy=ApprovalPolicy.NEVER,
        parent=TaskId("g"),
        paths=("src/**",),
        checks=("pytest -q",),
        priority=3,
        limits=Limits(turns=2, minutes=1.5, tokens=1000),
        checked_answer=False,
    )
    plan = Plan(title="A plan", tasks=(group, task), spec="The spec.")
    sent = COMMAND.validate_json(model.CreateRun(plan=form_of(plan)).model_dump_json(exclude_none=True))
    assert isinstance(sent, model.CreateRun)
    assert plan_of(sent.plan, BUILT_IN) == plan


def test_a_scripts_plan_gets_its_roles_settings_and_no_wider_ones() -> None:
    form = model.PlanForm.model_validate({"tasks": [{"id": "a", "role": "reviewer", "prompt": "x", "title": "t\x1b"}]})
    (task,) = plan_of(form, BUILT_IN).tasks
    assert task.sandbox is SandboxMode.READ_ONLY
    assert "\x1b" not in task.title
    wide = {"id": "a", "role": "reviewer", "prompt": "x", "sandbox": "workspace-write"}
    with pytest.raises(PlanRefusedError, match="wider"):
        plan_of(model.PlanForm.model_validate({"tasks": [wide]}), BUILT_IN)


def test_what_cannot_be_seen_in_a_text_is_made_visible() -> None:
    sent = model.Message(task="r/a", text="a\x1b]0;x\x07b\u202e")
    assert sent.text.isprintable()
    assert "\x1b" not in model.Shown(approval="a", painted="\x1b[2J", viewer="v").painted


@pytest.mark.parametrize("facade", [Orchestrator, Viewer, FakeOrchestrator])
def test_each_facade_has_what_the_screens_need(facade: type) -> None:
    """The types of the real ones are checked by mypy, where the command line opens the screen; the fake's are not."""
    made = FakeOrchestrator() if facade is FakeOrchestrator else facade
    for name, member in inspect.getmembers(Session):
        if name.startswith("_"):
            continue
        assert hasattr(made, name), name
        if inspect.isfunction(member):
            mine = inspect.signature(getattr(facade, name))
            given = list(inspect.signature(member).parameters)
            assert list(mine.parameters)[: len(given)] == given, name
            assert inspect.iscoroutinefunction(getattr(facade, name)) == inspect.iscoroutinefunction(member), name
