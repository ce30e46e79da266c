"""The table `roles` of the settings: forms, places, and what a repository's file cannot say."""

from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.config import ConfigError, LoadedConfig, load_config
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode


def load(tmp_path: Path, *, user: str = "", project: str = "", **options: object) -> LoadedConfig:
    for name, text in (("user.yaml", user), ("project.yaml", project)):
        (tmp_path / name).write_text(text)
    return load_config(
        project_file=tmp_path / "project.yaml", user_file=tmp_path / "user.yaml", environ={}, overrides=options
    )


def problems(tmp_path: Path, **where: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, **where)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("roles: [a]", "user.yaml:1: roles: 'list' should be a valid dictionary"),
        ("roles:\n  docs: 1", "user.yaml:2: roles.docs: '1' should be a valid dictionary or instance of RoleSettings"),
        ("roles:\n  docs:\n    sandbox: full", "user.yaml:3: roles.docs.sandbox: 'full' should be 'read-only', "),
        (
            "roles:\n  docs:\n    modle: x",
            "user.yaml:3: roles.docs.modle: there is no such setting; did you mean model?",
        ),
        ("roles:\n  docs:\n    limits:\n      turns: 0", "user.yaml:4: roles.docs.limits.turns: '0' should be greater"),
        (
            "roles:\n  docs:\n    limits: {turn: 1}",
            "user.yaml:3: roles.docs.limits.turn: there is no such setting; did",
        ),
        ("roles:\n  docs:\n    limits: {minutes: true}", "user.yaml:3: roles.docs.limits.minutes: 'True' should be a"),
        ("roles:\n  ../x: {}", "user.yaml:2: roles.../x: '../x' should match pattern"),
        ("roles:\n  Docs: {}", "user.yaml:2: roles.Docs: 'Docs' should match pattern"),
        ("role: doc\nroles:\n  docs: {}", "user.yaml:1: role: 'doc' should be 'navigator', 'implementer', 'tester', "),
    ],
)
def test_a_mistake_is_named_with_its_line_and_key(tmp_path: Path, text: str, told: str) -> None:
    (line,) = problems(tmp_path, user=text)
    assert line.startswith(told)


def test_the_role_of_a_new_task_may_come_from_another_place_than_its_settings(tmp_path: Path) -> None:
    config = load(tmp_path, user="role: docs", project="roles:\n  docs: {effort: high}").config
    assert (config.role, config.roles["docs"].effort) == ("docs", "high")


def test_places_go_together_key_by_key_and_the_later_wins(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        project="roles:\n  docs: {model: a, effort: low}\n  tester: {model: t}",
        user="roles:\n  docs: {model: b}\n  lint: {}",
    ).config
    assert set(config.roles) == {"docs", "tester", "lint"}
    assert (config.roles["docs"].model, config.roles["docs"].effort) == ("b", "low")


@pytest.mark.parametrize("setting", ["sandbox: danger-full-access", "approval_policy: never"])
def test_a_repository_s_file_gives_no_role_what_it_cannot_give_a_task(tmp_path: Path, setting: str) -> None:
    key, _, value = setting.partition(": ")
    text = f"roles:\n  tester:\n    {setting}\n"
    (line,) = problems(tmp_path, project=text)
    assert line == (
        f"project.yaml:3: roles.tester.{key}: '{value}' can only be set in your own config.yaml: "
        "a repository's file comes with a clone"
    )
    assert load(tmp_path, user=text).config.roles["tester"]


@pytest.mark.parametrize("where", ["user", "option"])
def test_a_repository_s_file_loosens_no_sandbox_that_the_person_set(tmp_path: Path, where: str) -> None:
    project = (
        "roles:\n  implementer: {sandbox: workspace-write, approval_policy: on-request, model: m}\n"
        "  tester: {sandbox: read-only, approval_policy: untrusted}\n"
    )
    own: dict[str, Any] = {"sandbox": "read-only", "approval_policy": "untrusted"}
    if where == "user":
        own = {"user": "".join(f"{key}: {value}\n" for key, value in own.items())}
    roles = load(tmp_path, project=project, **own).config.roles
    assert (roles["implementer"].sandbox, roles["implementer"].approval_policy) == (None, None)
    assert roles["implementer"].model == "m"
    assert roles["tester"].sandbox is SandboxMode.READ_ONLY
    free = load(tmp_path, project=project).config.roles["implementer"]
    assert (free.sandbox, free.approval_policy) == (SandboxMode.WORKSPACE_WRITE, ApprovalPolicy.ON_REQUEST)


def test_what_does_not_count_because_it_is_looser_is_told(tmp_path: Path) -> None:
    loaded = load(
        tmp_path, user="sandbox: read-only", project="roles:\n  docs:\n    model: m\n    sandbox: workspace-write"
    )
    assert loaded.config.roles["docs"].sandbox is None
    (told,) = loaded.warnings
    assert told == f"{tmp_path}/project.yaml:4: roles.docs.sandbox is looser than your own sandbox and does not count"
    assert loaded.role_origins == {("docs", "model"): f"{tmp_path}/project.yaml:3"}
