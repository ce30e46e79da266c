"""The tables `pipelines` and `guardrails` of the settings: what they take, and each mistake with file, line and key."""

from pathlib import Path

import pytest

from codex_orch_tui.config import Config, ConfigError, LoadedConfig, load_config
from codex_orch_tui.config.guardrail_settings import guardrails_of
from codex_orch_tui.config.pipeline_settings import pipelines_of, read_pipelines
from codex_orch_tui.domain.guardrail import Guardrail, Severity
from codex_orch_tui.domain.pipeline import Stage


def load(tmp_path: Path, *, user: str = "", project: str = "") -> LoadedConfig:
    (tmp_path / "user.yaml").write_text(user)
    (tmp_path / "project.yaml").write_text(project)
    return load_config(project_file=tmp_path / "project.yaml", user_file=tmp_path / "user.yaml", environ={})


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, project=text)
    return str(caught.value).replace(f"{tmp_path}/project.yaml:", "").splitlines()


def test_a_stage_is_a_line_or_a_table_and_keeps_its_place(tmp_path: Path) -> None:
    text = """\
pipelines:
  zeta:
    second: ruff check .
    first: {run: pytest -q, time_limit_s: 30, environment: {LEVEL: "2"}, pass_environment: [DATABASE_URL]}
  all:
    z: {pipeline: zeta, time_limit_s: 90}
"""
    found = pipelines_of(load(tmp_path, user=text).config.pipelines)
    assert found == {
        "zeta": (
            Stage(name="second", line="ruff check ."),
            Stage(name="first", line="pytest -q", time_limit_s=30, values=(("LEVEL", "2"),), passed=("DATABASE_URL",)),
        ),
        "all": (Stage(name="z", pipeline="zeta", time_limit_s=90),),
    }


def test_those_of_a_repository_wait_for_trust(tmp_path: Path) -> None:
    loaded = load(tmp_path, project="pipelines: {ci: {one: ls}}\nguardrails: {s: {no_secrets: true}}\n")
    assert loaded.config.pipelines == {}
    assert loaded.held == {"pipelines": f"{tmp_path}/project.yaml:1"}
    assert list(loaded.config.guardrails) == ["s"], "it runs nothing and only holds merges back"


@pytest.mark.parametrize(
    ("stages", "told"),
    [
        ("{}", "2: pipelines.ci: 'dict' holds no stage"),
        ("", "2: pipelines.ci: 'NoneType' holds no stage"),
        ("pytest -q", "2: pipelines.ci: 'pytest -q' should be a valid dictionary"),
        ("{a: ls | cat}", "2: pipelines.ci.a: 'ls | cat' holds a pipe"),
        ("{a b: ls}", "2: pipelines.ci.a b: 'a b' should match pattern"),
        ("{a: {run: ls, pipeline: other}}", "2: pipelines.ci.a: 'dict' should hold either run"),
        ("{a: {time_limit_s: 4}}", "2: pipelines.ci.a: 'dict' should hold either run"),
        ("{a: {run: ls, time_limit: 4}}", "2: pipelines.ci.a.time_limit: there is no such setting; did you mean time_"),
        ("{a: {run: ls, time_limit_s: 0}}", "2: pipelines.ci.a.time_limit_s: '0' should be greater than 0"),
        ("{a: {run: ls, environment: {PATH: x}}}", "2: pipelines.ci.a.environment.PATH: 'PATH' cannot be set"),
        (
            "{a: {run: ls, environment: {CODEX_HOME: x}}}",
            "2: pipelines.ci.a.environment.CODEX_HOME: 'CODEX_HOME' cannot",
        ),
        ("{a: {pipeline: ic}}", "2: pipelines.ci.a: there is no pipeline ic; there are: ci"),
        ("{a: {pipeline: ci}}", "2: pipelines.ci.a: leads back to itself: ci → ci"),
        ("{a: ls}\nchecks: {ci: ls}", "2: pipelines.ci: 'ci' is the name of a check too"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_key(tmp_path: Path, stages: str, told: str) -> None:
    (problem,) = problems(tmp_path, f"pipelines:\n  ci: {stages}\n")
    assert problem.startswith(told)


def test_a_secret_does_not_stand_in_a_file_and_is_not_told(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    (problem,) = problems(tmp_path, f"pipelines:\n  ci:\n    a: {{run: ls, environment: {{X: {secret}}}}}\n")
    assert problem.startswith("3: pipelines.ci.a.environment.X: ")
    assert "looks like a secret" in problem
    assert secret not in problem


@pytest.mark.parametrize(
    ("guardrail", "told"),
    [
        ("{}", "2: guardrails.g: 'dict' should hold exactly one of max_files"),
        ("{max_files: 3, no_secrets: true}", "2: guardrails.g: 'dict' should hold exactly one of max_files"),
        ("{max_files: -1}", "2: guardrails.g.max_files: '-1' should be greater than or equal to 0"),
        ("{no_secrets: false}", "2: guardrails.g.no_secrets: 'False' should be true"),
        ("{forbidden_paths: []}", "2: guardrails.g.forbidden_paths: "),
        ("{max_files: 3, severity: loud}", "2: guardrails.g.severity: 'loud' should be 'stop' or 'warn'"),
        ("{max_file: 3}", "2: guardrails.g.max_file: there is no such setting; did you mean max_files?"),
    ],
)
def test_a_guardrail_has_one_condition(tmp_path: Path, guardrail: str, told: str) -> None:
    assert problems(tmp_path, f"guardrails:\n  g: {guardrail}\n")[0].startswith(told)


def test_guardrails_of_both_files_count_and_of_one_name_the_persons_own(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        project="guardrails: {size: {max_files: 3}, ci: {forbidden_paths: [.github/**]}}\n",
        user="guardrails: {size: {max_files: 9, severity: warn}, keys: {no_secrets: true}}\n",
    )
    assert guardrails_of(loaded.config.guardrails) == (
        Guardrail(name="size", max_files=9, severity=Severity.WARN),
        Guardrail(name="ci", forbidden_paths=(".github/**",)),
        Guardrail(name="keys", no_secrets=True),
    )


def test_a_table_with_a_mistake_is_no_table() -> None:
    assert read_pipelines({"ci": {"a": "ls"}}) == {"ci": (Stage(name="a", line="ls"),)}
    assert read_pipelines({"ci": {"a": {"pipeline": "gone"}}}) is None
    assert read_pipelines({"ci": []}) is None
    assert Config().pipelines == {}
