"""The roles of a repository: settings, prompts and schemas, and how each mistake is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import ApprovalPolicy, Limits, Plan, Role, SandboxMode, TaskSpec
from codex_orch_tui.domain.role import BUILT_IN, answer_is_checked, with_role
from codex_orch_tui.services.role_findings import role_findings
from codex_orch_tui.services.roles import SHIPPED, RoleError, Roles
from codex_orch_tui.store.layout import Layout


class Here:
    """A repository's folders for roles."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder, folder / ".git")
        self.layout.prompts.mkdir(parents=True)
        self.layout.schemas.mkdir()

    def roles(self, **settings: Any) -> Roles:
        config = Config.model_validate(settings)
        return Roles(
            config, prompts=self.layout.prompts, schemas=self.layout.schemas, settings_place=str(self.layout.config)
        )

    def problems(self, **settings: Any) -> list[str]:
        found = self.roles(**settings).problems()
        return [str(problem).replace(f"{self.layout.folder}/", "") for problem in found]

    def prompt(self, name: str, text: str | bytes) -> Path:
        path = self.layout.prompts / f"{name}.md"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def schema(self, name: str, value: Any) -> Path:
        path = self.layout.schemas / f"{name}.schema.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path


@pytest.fixture
def here(scratch: Path) -> Here:
    return Here(scratch)


def spec(**fields: Any) -> TaskSpec:
    return TaskSpec(**{"id": TaskId("t"), "title": "T", "prompt": "do it", **fields})


class TestSettings:
    def test_without_any_our_roles_are_there_and_readers_cannot_write(self, here: Here) -> None:
        roles = here.roles()
        assert roles.names == ("navigator", "implementer", "tester", "reviewer")
        assert roles.profiles() == BUILT_IN
        assert {name for name, each in BUILT_IN.items() if each.sandbox is SandboxMode.READ_ONLY} == {
            "navigator",
            "reviewer",
        }
        assert here.problems() == []

    def test_a_role_overrules_what_is_set_for_every_task(self, here: Here) -> None:
        roles = here.roles(
            sandbox="read-only",
            approval_policy="untrusted",
            model="m1",
            roles={
                "implementer": {"sandbox": "workspace-write", "model": "m2", "effort": "high"},
                "tester": {"approval_policy": "on-request", "limits": {"turns": 4, "minutes": 1.5}},
            },
        )
        implementer, tester = roles.profile("implementer"), roles.profile("tester")
        assert (implementer.sandbox, implementer.model, implementer.effort) == ("workspace-write", "m2", "high")
        assert implementer.approval_policy is ApprovalPolicy.UNTRUSTED
        assert (tester.sandbox, tester.model, tester.effort) == ("read-only", "m1", None)
        assert tester.approval_policy is ApprovalPolicy.ON_REQUEST
        assert tester.limits == Limits(turns=4, minutes=1.5)

    def test_a_task_keeps_what_it_says_itself_and_never_its_own_sandbox(self, here: Here) -> None:
        profile = here.roles(
            roles={"reviewer": {"model": "m", "effort": "low", "limits": {"turns": 2, "tokens": 9}}}
        ).profile("reviewer")
        open_one = with_role(spec(sandbox=SandboxMode.DANGER_FULL_ACCESS), profile)
        assert (open_one.role, open_one.sandbox, open_one.model) == ("reviewer", SandboxMode.READ_ONLY, "m")
        assert open_one.limits == Limits(turns=2, tokens=9)
        own = with_role(spec(model="mine", effort="high", limits=Limits(turns=5)), profile)
        assert (own.model, own.effort, own.limits) == ("mine", "high", Limits(turns=5, tokens=9))

    @pytest.mark.parametrize(
        ("wish", "is_run", "is_checked"),
        [(None, False, False), (None, True, True), (True, False, True), (False, True, False)],
    )
    def test_answers_are_checked_in_a_run_of_several_tasks_or_by_wish(
        self, wish: bool | None, is_run: bool, is_checked: bool
    ) -> None:
        assert answer_is_checked(spec(checked_answer=wish), is_run=is_run) is is_checked

    def test_an_unknown_role_is_told_with_the_nearest(self, here: Here) -> None:
        with pytest.raises(RoleError, match=r"there is no role 'implementor'; did you mean implementer\?"):
            here.roles().profile("implementor")
        with pytest.raises(RoleError, match="there are: navigator, implementer, tester, reviewer, docs"):
            here.roles(roles={"docs": {}}).prompt("zzz")


class TestPrompts:
    def test_the_repository_s_own_takes_the_place_of_ours_and_says_so(self, here: Here) -> None:
        assert here.roles().prompt("tester").place == SHIPPED
        path = here.prompt("tester", "\ufeffTest it. {task}")
        found = here.roles().prompt("tester")
        assert (found.template, found.place, found.is_shipped) == ("Test it. {task}", str(path), False)

    def test_a_role_without_a_prompt_is_told_with_file_and_key(self, here: Here) -> None:
        assert here.problems(roles={"docs": {}}) == [
            "orchestrator.yaml: roles.docs: this role of yours has no prompt; write it to "
            f"{here.layout.prompts}/docs.md".replace(f"{here.layout.folder}/", "")
        ]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("  \n", "prompts/docs.md: docs: is empty: a role needs a prompt"),
            ("a\n{taks}", "prompts/docs.md:2: docs: there is no field {taks}; did you mean {task}?"),
            (b"\xff\xfe", "prompts/docs.md: docs: is not UTF-8: byte 0xff at 0"),
            ("x" * 1_100_000, "prompts/docs.md: docs: is longer than the 1024 KiB that are read"),
        ],
    )
    def test_one_that_cannot_be_used_is_told(self, here: Here, text: str | bytes, problem: str) -> None:
        here.prompt("docs", text)
        assert here.problems(roles={"docs": {}}) == [problem]

    def test_a_folder_and_a_link_that_leads_elsewhere_are_no_prompts(self, here: Here, tmp_path: Path) -> None:
        (here.layout.prompts / "docs.md").mkdir()
        assert here.problems(roles={"docs": {}}) == ["prompts/docs.md: docs: is not a plain file"]
        (tmp_path / "private").write_text("private")
        (here.layout.prompts / "tester.md").symlink_to(tmp_path / "private")
        assert "is a link that leads elsewhere" in here.problems()[0]
        (here.layout.prompts / "tester.md").unlink()
        here.prompt("other", "Test. {task}")
        (here.layout.prompts / "tester.md").symlink_to("other.md")
        assert here.problems() == []


class TestSchemas:
    def test_ours_is_there_for_our_roles_and_a_role_of_one_s_own_needs_none(self, here: Here) -> None:
        here.prompt("docs", "Write. {task}")
        roles = here.roles(roles={"docs": {}})
        assert all((found := roles.schema(role)) is not None and found.is_shipped for role in Role)
        assert roles.schema("docs") is None
        assert roles.problems() == ()

    def test_one_that_is_wished_for_and_missing_is_told(self, here: Here) -> None:
        here.prompt("docs", "Write. {task}")
        (told,) = here.problems(roles={"docs": {"checked_answer": True}})
        assert told.startswith(
            "orchestrator.yaml: roles.docs.checked_answer: its answers are to be checked and it has no"
        )
        assert told.endswith("write it to schemas/docs.schema.json")

    @pytest.mark.parametrize(
        ("value", "problem"),
        [
            ("{", "schemas/tester.schema.json: tester: is not JSON: "),
            ({"type": "object", "required": ["a"], "properties": {"a": False}}, "no answer can meet it: $.a: false"),
            ({"type": 7}, "is no JSON Schema: $.type: 7 is not valid"),
        ],
    )
    def test_one_that_cannot_be_used_is_told_with_its_file(self, here: Here, value: Any, problem: str) -> None:
        here.schema("tester", value)
        (told,) = here.problems()
        assert told.startswith("schemas/tester.schema.json: tester: ")
        assert problem in told


class TestAPlan:
    def test_it_is_refused_when_a_role_of_it_cannot_be_worked_with(self, here: Here) -> None:
        here.schema("tester", {"type": "object", "required": ["a"], "properties": {"a": False}})
        free, checked = spec(id=TaskId("a"), role="tester"), spec(id=TaskId("b"), role="implementer")
        here.roles().check_plan(Plan(title="one", tasks=(free,)))
        with pytest.raises(RoleError, match=r"tester\.schema\.json: tester: no answer can meet it"):
            here.roles().check_plan(Plan(title="two", tasks=(free, checked)))
        with pytest.raises(RoleError, match="there is no role 'boss'"):
            here.roles().check_plan(Plan(title="one", tasks=(spec(role="boss"),)))

    def test_the_role_of_a_group_does_not_matter(self, here: Here) -> None:
        here.roles().check_plan(Plan(title="one", tasks=(spec(prompt="", role="boss"), spec(id=TaskId("b")))))


def test_the_doctor_tells_what_comes_from_the_repository_and_what_is_wrong(here: Here) -> None:
    assert [finding.found for finding in role_findings(here.layout, Config())] == [
        "navigator, implementer, tester, reviewer"
    ]
    here.prompt("tester", "Mine. {task}")
    here.schema("reviewer", "[]")
    told = [(finding.verdict, finding.found) for finding in role_findings(here.layout, Config())]
    assert told[0][0] == "warn"
    assert "reviewer.schema.json: reviewer: should be a JSON Schema for an object" in told[0][1]
    assert told[1] == ("ok", f"tester: prompt from {here.layout.prompts}/tester.md")
