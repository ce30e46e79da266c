"""Plans from files: what a plan may say, and how each mistake is told."""

import itertools
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import ApprovalPolicy, Level, Limits, Plan, Role, SandboxMode
from codex_orch_tui.domain.role import BUILT_IN, RoleProfile
from codex_orch_tui.plans.load import MAX_FILE_BYTES, MAX_VALUES, load_plan, parse_plan
from codex_orch_tui.plans.problem import PlanError
from codex_orch_tui.plans.structure import MAX_TASKS

LEAST = {"tasks": [{"id": "health", "role": "implementer", "prompt": "Add a route /health.\nIt answers 200."}]}

FLOW = "tasks:\n- {id: health, role: implementer, prompt: 'Add a route /health.\n\n  It answers 200.'}"
BLOCK = """
tasks:
- id: health
  role: implementer
  prompt: |
    Add a route /health.
    It answers 200.
"""


def loaded(text: str | bytes, name: str = "plan.yaml", **options: Any) -> Plan:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return parse_plan(Path(name), data, options.pop("roles", BUILT_IN), **options)


def told(text: str | bytes, name: str = "plan.yaml", **options: Any) -> list[str]:
    with pytest.raises(PlanError) as caught:
        loaded(text, name, **options)
    return list(map(str, caught.value.problems))


def of(*tasks: dict[str, Any]) -> str:
    """A file with tasks that have a role and a prompt unless they say something else."""
    whole = [{"role": "implementer", "prompt": "x"} | task if "level" not in task else task for task in tasks]
    return json.dumps({"tasks": whole}, indent=1, ensure_ascii=False)


class TestForms:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("plan.json", json.dumps(LEAST)),
            ("plan.JSON", json.dumps(LEAST, indent="\t")),
            ("plan.yaml", json.dumps(LEAST)),
            ("plan", json.dumps(LEAST)),
            ("plan", "\ufeff\n " + json.dumps(LEAST)),
            ("plan.yml", FLOW),
            ("plan", BLOCK),
        ],
    )
    def test_the_least_valid_plan(self, name: str, text: str) -> None:
        plan = loaded(text, name)
        (task,) = plan.tasks
        assert (task.id, task.role, task.prompt) == (
            "health", "implementer", "Add a route /health.\nIt answers 200."
        )  # fmt: skip
        assert (task.title, plan.title) == ("Add a route /health.", "Add a route /health.")
        assert (task.level, task.parent, task.depends_on, task.limits) == (Level.CASE, None, (), Limits())

    def test_all_that_can_be_said(self) -> None:
        plan = loaded("""
version: 1
title: Health checks
spec: |
  It answers in 10 ms.
tasks:
  - id: api
    level: epic
    title: The API
  - id: Route_2
    title: The route
    level: feature
    parent: api
    role: tester
    prompt: Write it.
    paths: [src/**, ./tests/, src/**]
    checks: [pytest -q, lint]
    priority: -3
    limits: {turns: 4, minutes: 2.5, tokens: 100000}
    model: fast
    effort: high
    sandbox: read-only
    approval_policy: untrusted
  - id: docs
    role: implementer
    prompt: Tell it.
    depends_on: [api, api]
""")
        assert (plan.title, plan.spec) == ("Health checks", "It answers in 10 ms.")
        group, route, docs = plan.tasks
        assert (group.is_group, group.level, group.title) == (True, Level.EPIC, "The API")
        assert (route.parent, route.level, route.priority) == (TaskId("api"), Level.FEATURE, -3)
        assert (route.paths, route.checks) == (("src/**", "./tests/"), ("pytest -q", "lint"))
        assert route.limits == Limits(turns=4, minutes=2.5, tokens=100_000)
        assert (route.model, route.effort, route.role) == ("fast", "high", Role.TESTER)
        assert (route.sandbox, route.approval_policy) == (SandboxMode.READ_ONLY, ApprovalPolicy.UNTRUSTED)
        assert docs.depends_on == (TaskId("api"),)

    def test_what_a_task_does_not_say_is_its_roles(self) -> None:
        writer = RoleProfile(
            name="writer",
            sandbox=SandboxMode.READ_ONLY,
            approval_policy=ApprovalPolicy.UNTRUSTED,
            model="small",
            effort="low",
            limits=Limits(turns=3, tokens=9),
        )
        text = of({"id": "a", "role": "writer"}, {"id": "b", "role": "writer", "model": "big", "limits": {"turns": 1}})
        first, second = loaded(text, roles={**BUILT_IN, "writer": writer}).tasks
        assert (first.sandbox, first.approval_policy) == (SandboxMode.READ_ONLY, ApprovalPolicy.UNTRUSTED)
        assert (first.model, first.effort, first.limits) == ("small", "low", Limits(turns=3, tokens=9))
        assert (second.model, second.effort, second.limits) == ("big", "low", Limits(turns=1, tokens=9))
        assert loaded(of({"id": "r", "role": "reviewer"})).tasks[0].sandbox is SandboxMode.READ_ONLY

    def test_empty_values_are_none(self) -> None:
        text = of({"id": "a", "title": None, "parent": None, "model": None, "sandbox": None, "paths": None})
        assert loaded(text) == loaded(of({"id": "a"}))

    def test_a_plan_of_several_is_called_as_its_file(self) -> None:
        assert loaded(of({"id": "a"}, {"id": "b"}), "spring \x1b[2J.json").title == "spring ␛[2J"

    def test_a_specification_from_elsewhere_counts_instead(self) -> None:
        text = json.dumps({"spec": "old", **LEAST})
        assert loaded(text).spec == "old"
        assert loaded(text, spec="new").spec == "new"

    def test_what_cannot_be_seen_is_written_out(self) -> None:
        hidden = "Do it.\u202e \U000e0041 \x1b[2J\r\n\tSo ⚠\ufe0f.  \n\n"
        text = of({"id": "a", "title": "A\u202eB\nC", "prompt": hidden})
        for name in ("plan.json", "plan.yaml"):
            (task,) = loaded(text, name).tasks
            assert task.prompt.startswith("Do it.\\u{202E} \\u{E0041} ␛[2J\n"), task.prompt
            assert task.prompt.endswith("\n\tSo ⚠\ufe0f.")
            assert task.title == "A\\u{202E}B\\nC"

    def test_a_secret_in_a_prompt_stays_whole_until_it_is_sent(self) -> None:
        secret = "ghp_" + "a1B2" * 9
        (task,) = loaded(of({"id": "a", "prompt": f"Use {secret}"})).tasks
        assert secret in task.prompt
        assert secret not in task.title


class TestMistakes:
    @pytest.mark.parametrize(
        ("entry", "problem"),
        [
            ({"id": "a b"}, "a b.id: 'a b' should be made of letters, digits, - and _"),
            ({"id": "../x"}, "../x.id: '../x' should be made of"),
            ({"id": "-x"}, "-x.id: '-x' should be made of"),
            ({"id": "a" * 65}, "should be made of letters, digits, - and _"),
            ({"id": 7}, "tasks[0].id: '7' should be text; write it in quotes"),
            ({"id": "\u202e"}, "\\u{202E}.id: '\\u{202E}' should be made of"),
            ({"id": None}, "tasks[0].id: is missing"),
            ({"role": None}, "a.role: is missing"),
            ({"role": "implementor"}, "a.role: there is no role 'implementor'; did you mean implementer?"),
            ({"role": "boss"}, "a.role: there is no role 'boss'; there are: implementer, navigator, reviewer, tester"),
            ({"prompt": ""}, "a.prompt: is missing; only an epic, a feature or a test_group can be without"),
            ({"prompt": "\n \n"}, "a.prompt: is missing"),
            ({"prompt": ["x"]}, "a.prompt: should be text"),
            ({"prompt": "x" * 100_001}, "a.prompt: 'xxxx"),
            ({"promt": "x"}, "a.promt: there is no such key; did you mean prompt?"),
            ({"zzz": "x"}, "a.zzz: there is no such key; there are: approval_policy, checks, "),
            ({"priority": True}, "a.priority: 'True' should be a number"),
            ({"priority": "high"}, "a.priority: 'high' should be a number"),
            ({"priority": 1.5}, "a.priority: '1.5' should be a valid integer"),
            ({"limits": {"turns": 0}}, "a.limits.turns: '0' should be greater than or equal to 1"),
            ({"limits": {"turn": 1}}, "a.limits.turn: there is no such key; did you mean turns?"),
            ({"limits": [1]}, "a.limits: should hold keys and values"),
            ({"depends_on": "b"}, "a.depends_on: 'b' should be a list"),
            ({"depends_on": [1]}, "a.depends_on[0]: '1' should be text"),
            ({"paths": ["/etc"]}, "a.paths[0]: '/etc' should be a path from the top of the repository"),
            ({"paths": ["x/../../y"]}, "a.paths[0]: 'x/../../y' should be a path"),
            ({"paths": ["~/x"]}, "a.paths[0]: '~/x' should be a path"),
            ({"paths": ["a\u200bb"]}, "should hold no character that cannot be seen"),
            ({"checks": ["a | b"]}, "a.checks[0]: 'a | b' holds a pipe"),
            ({"checks": [" "]}, "a.checks[0]: ' ' should have at least 1 character"),
            ({"checks": ["x"] * 51}, "a.checks: should have at most 50 items, not 51"),
            ({"sandbox": "none"}, "a.sandbox: 'none' should be 'read-only', 'workspace-write' or 'danger-full-access'"),
            (
                {"sandbox": "danger-full-access"},
                "a.sandbox: 'danger-full-access' is wider than the 'workspace-write' of the role implementer; a plan",
            ),
            ({"approval_policy": "never"}, "a.approval_policy: 'never' is wider than the 'on-request' of the role"),
            ({"role": "reviewer", "sandbox": "workspace-write"}, "is wider than the 'read-only' of the role reviewer"),
        ],
        ids=itertools.count(),
    )  # fmt: skip
    @pytest.mark.parametrize("name", ["plan.json", "plan.yaml"])
    def test_a_mistake_has_its_line_task_and_field(self, name: str, entry: dict[str, Any], problem: str) -> None:
        (line,) = told(of({"id": "a"} | entry), name)
        assert line.startswith(f"{name}:"), line
        assert line.split(":")[1].isdecimal(), line
        assert problem in line
        assert len(line) < 500

    def test_lines_are_those_of_the_field_and_in_order(self) -> None:
        text = "tasks:\n- id: a\n  role: tester\n  prompt: x\n  depends_on:\n  - b\n  - c\n- id: b\n  rol: tester\n"
        assert told(text) == ["plan.yaml:9: b.rol: there is no such key; did you mean role?"]
        text = text.replace("rol: tester", "role: tester\n  prompt: x")
        assert told(text) == ["plan.yaml:7: a.depends_on[1]: there is no task 'c'"]
        as_json = json.dumps(
            {"tasks": [{"id": "a", "role": "tester", "prompt": "x\ny", "depends_on": ["a", "q"]}]}, indent=1
        )
        assert told(as_json, "p.json") == [
            "p.json:8: a.depends_on[0]: it depends on itself",
            "p.json:9: a.depends_on[1]: there is no task 'q'",
        ]

    @pytest.mark.parametrize(
        ("name", "text", "problem"),
        [
            ("p.json", "", "p.json:1: is not JSON: Expecting value"),
            ("p.json", "{\n\n]", "p.json:3: is not JSON: "),
            ("p.json", '{"tasks": NaN}', "p.json: is not JSON: NaN is no number"),
            ("p.json", "[]", "p.json: should be an object"),
            ("p.json", '{"tasks": [],\n"tasks": []}', "p.json:2: tasks: is set twice"),
            ("p.json", "[" * 100_000, "p.json: is nested deeper than 16 levels"),
            ("p.json", '"' + '\\"' * 100_000, "p.json:1: is not JSON: Unterminated string"),
            ("p.json", '{"priority": ' + "9" * 10_000 + "}", "p.json: Exceeds the limit"),
            ("p.json", "[" + "1," * (MAX_VALUES + 1) + "1]", f"p.json: holds more than {MAX_VALUES} values"),
            ("p.json", b'{"tasks":\n"\xff"}', "p.json:2: is not UTF-8: byte 0xff"),
            ("p.yaml", b"tasks: \xff", "p.yaml: is not UTF-8: byte 0xff in line 1"),
            ("p.yaml", "tasks: [\nx", "p.yaml:2: is not YAML: "),
            ("p.yaml", "- a\n- b", "p.yaml:1: should hold `key: value` lines"),
            ("p.yaml", "", "p.yaml: tasks: is missing"),
            ("p.yaml", "tasks: x", "p.yaml:1: tasks: 'x' should be a list"),
            ("p.yaml", "tasks: [x]", "p.yaml:1: tasks[0]: 'x' should hold keys and values"),
            ("p.yaml", "tasks: []", "p.yaml:1: tasks: there is no task with a prompt: nothing to do"),
            ("p.yaml", "tasks: [{id: a, level: epic}]", "p.yaml:1: tasks: there is no task with a prompt"),
            ("p.yaml", "task: []\ntasks: []", "p.yaml:1: task: there is no such key; did you mean tasks?"),
            ("p.yaml", "version: 2\n" + of({"id": "a"})[1:-1], "is not YAML"),
            ("p.yaml", "version: 2\ntasks: []", "p.yaml:1: version: '2' should be 1"),
            ("p.yaml", "tasks: &a [*a]", "p.yaml: line 1 holds an alias of itself"),
            ("p.yaml", "x: !!python/name:os.getpid x", "is not YAML: could not determine a constructor"),
            ("p.yaml", "tasks: [{? {a: b} : c}]", "p.yaml:1: is not YAML: found unhashable key"),
        ],
        ids=itertools.count(),
    )  # fmt: skip
    def test_a_file_that_is_no_plan(self, name: str, text: str | bytes, problem: str) -> None:
        begun_s = time.perf_counter()
        assert problem in told(text, name)[0]
        assert time.perf_counter() - begun_s < 10

    def test_an_alias_bomb_is_refused_before_it_grows(self) -> None:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
        begun_s = time.perf_counter()
        assert told("\n".join(lines)) == [f"plan.yaml: its aliases make more than {MAX_VALUES} values of it"]
        assert time.perf_counter() - begun_s < 5

    def test_places_that_hold_no_plan(self, tmp_path: Path) -> None:
        huge, pipe = tmp_path / "huge.yaml", tmp_path / "pipe"
        with huge.open("wb") as file:
            file.truncate(50 * 1024 * 1024)
        os.mkfifo(pipe)
        for path, problem in (
            (tmp_path, f"{tmp_path}: is a folder; name the file"),
            (tmp_path / "none.yaml", f"{tmp_path}/none.yaml: there is no such file"),
            (huge, f"{huge}: is longer than the {MAX_FILE_BYTES // 1024} KiB that are read"),
            (pipe, f"{pipe}: is not a plain file"),
        ):
            with pytest.raises(PlanError) as caught:
                load_plan(path, BUILT_IN)
            assert str(caught.value) == problem

    def test_the_text_of_many_mistakes_stays_short(self) -> None:
        text = of(*({"id": f"t{n}", "depends_on": [f"x{n}{m}" for m in range(4)]} for n in range(1_000)))
        begun_s = time.perf_counter()
        with pytest.raises(PlanError) as caught:
            loaded(text, "plan.json")
        assert time.perf_counter() - begun_s < 10
        assert len(caught.value.problems) == 4_000
        assert str(caught.value).splitlines()[-1] == "and 3,980 more"

    def test_half_a_character(self) -> None:
        text = json.dumps({"tasks": [{"id": "a", "role": "tester", "prompt": "x\ud800"}]})
        assert told(text, "p.json") == ["p.json:1: a.prompt: 'x\\u{D800}' holds half of a character, which no text can"]


class TestSize:
    """Row 42: 5,000 tasks run."""

    def test_five_thousand_tasks_with_twenty_thousand_dependencies(self) -> None:
        tasks = [
            {"id": f"t{n}", "depends_on": [f"t{m}" for m in range(max(0, n - 4), n)], "prompt": f"Do {n}.\n" * 20}
            for n in range(5_000)
        ]
        begun_s = time.perf_counter()
        plan = loaded(of(*tasks), "plan.json")
        print(f"5,000 tasks from JSON: {time.perf_counter() - begun_s:.2f} s")
        assert len(plan.tasks) == 5_000
        assert plan.tasks[-1].depends_on == ("t4995", "t4996", "t4997", "t4998")

    def test_more_tasks_than_can_be_run(self) -> None:
        tasks = [{"id": f"t{n}", "role": "tester", "prompt": "x"} for n in range(MAX_TASKS + 1)]
        assert told(json.dumps({"tasks": tasks}), "p.json") == [
            "p.json:1: tasks: there are 10,001 tasks; at most 10,000 are run"
        ]
