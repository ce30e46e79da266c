"""A plan as a file loads again as it was."""

from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import ApprovalPolicy, Level, Limits, Plan, SandboxMode, TaskSpec
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.role import BUILT_IN, RoleProfile, with_role
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.plans.load import parse_plan
from codex_orch_tui.plans.plain_text import visible
from codex_orch_tui.plans.write import plan_text

ROLES = {
    **BUILT_IN,
    "writer": RoleProfile(
        name="writer",
        approval_policy=ApprovalPolicy.NEVER,
        model="small",
        limits=Limits(turns=9, minutes=5),
        checked_answer=True,
    ),
}
FILE = Path("plan.yaml")


def again(plan: Plan) -> Plan:
    return parse_plan(FILE, plan_text(plan, ROLES).encode(), ROLES)


texts = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    ["a\n b", "  a\nb", "- a", "a: b # c", "\tx\n\ty", "on", "1", "~", "a\n\n\nb", "---", "'", "é\u2028x", "\x85"]
)
words = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20).filter(
    lambda text: clean_line(text) == text
)
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,9}", fullmatch=True).map(TaskId)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    names = draw(st.lists(ids, min_size=1, max_size=5, unique_by=str.casefold))
    tasks = []
    for number, name in enumerate(names):
        given_role = ROLES[draw(st.sampled_from(sorted(ROLES)))]
        spec = TaskSpec(
            id=name,
            title=draw(words),
            prompt=visible(draw(texts)) or "x",
            role=given_role.name,
            level=draw(st.sampled_from([Level.CASE, Level.STEP, Level.EPIC])),
            depends_on=tuple(draw(st.lists(st.sampled_from(names[:number]), unique=True))) if number else (),
            paths=tuple(draw(st.lists(st.sampled_from(["src/**", "a b", "*.py", "[x]", "# x"]), unique=True))),
            checks=tuple(draw(st.lists(st.sampled_from(["pytest -q", "a 'b  c'", "on", "x: y"]), unique=True))),
            priority=draw(st.integers(-1_000, 1_000)),
            limits=Limits(turns=draw(st.none() | st.integers(1, 50)), tokens=draw(st.none() | st.integers(1, 10**9))),
            model=draw(st.none() | words),
        )
        spec = with_role(spec, given_role)
        if draw(st.booleans()):
            spec = replace(spec, sandbox=SandboxMode.READ_ONLY, approval_policy=ApprovalPolicy.UNTRUSTED)
        tasks.append(spec)
    return Plan(title=draw(words), tasks=tuple(tasks), spec=visible(draw(texts)))


@given(plans())
def test_it_loads_again_as_it_was(plan: Plan) -> None:
    assert again(plan) == plan


def test_it_reads_well() -> None:
    tasks = (
        TaskSpec(id=TaskId("api"), title="api", prompt="", level=Level.EPIC),
        with_role(
            TaskSpec(
                id=TaskId("a"),
                title="Write it",
                prompt="Write it.\n\n- well",
                parent=TaskId("api"),
                depends_on=(TaskId("b"), TaskId("c")),
                limits=Limits(turns=3),
            ),
            ROLES["writer"],
        ),
    )
    assert (
        plan_text(Plan(title="Ship it", tasks=tasks), ROLES)
        == """\
version: 1
title: Ship it
tasks:
- id: api
  level: epic
- id: a
  title: Write it
  parent: api
  role: writer
  limits:
    turns: 3
  depends_on: [b, c]
  prompt: |-
    Write it.

    - well
"""
    )


def test_a_width_that_a_file_cannot_give_is_not_written() -> None:
    spec = TaskSpec(
        id=TaskId("a"),
        title="x",
        prompt="x",
        sandbox=SandboxMode.DANGER_FULL_ACCESS,
        approval_policy=ApprovalPolicy.NEVER,
    )
    (task,) = again(Plan(title="x", tasks=(spec,))).tasks
    assert (task.sandbox, task.approval_policy) == (SandboxMode.WORKSPACE_WRITE, ApprovalPolicy.ON_REQUEST)


def test_a_role_that_is_gone_is_written_with_what_it_gave() -> None:
    spec = TaskSpec(id=TaskId("a"), title="x", prompt="x", role="gone", model="m", sandbox=SandboxMode.READ_ONLY)
    (entry,) = yaml.safe_load(plan_text(Plan(title="x", tasks=(spec,)), ROLES))["tasks"]
    assert entry == {"id": "a", "role": "gone", "sandbox": "read-only", "model": "m", "prompt": "x"}
