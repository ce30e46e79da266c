"""`plan`: what is wrong with a plan, in which waves it runs, and the form that plans have."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.resources import ResourceKind, read_resource
from tests.fakes.json_schema import violations

SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "plan_check"))
PLAN = """\
title: Health checks
tasks:
- id: api
  level: feature
- id: route
  parent: api
  role: implementer
  prompt: Write it.
- id: tests
  parent: api
  role: tester
  prompt: Test it.
  depends_on: [route]
- id: docs
  role: implementer
  prompt: Tell it.
- id: look
  role: reviewer
  prompt: Look at it.
  depends_on: [api, docs]
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the plan goes, beside a repository."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in [name for name in os.environ if name.startswith(("CODEX_ORCH_", "XDG_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "shop" / ".orchestrator").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", tmp_path / "shop"], check=True)
    return tmp_path / "plan.yaml"


def check(file: Path, *options: str) -> int:
    return run(["--repo", str(file.parent / "shop"), "plan", "check", str(file), *options])


def test_a_good_plan_is_told_in_waves(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(PLAN)
    (file.parent / "spec.md").write_text("In 10 ms.")
    assert check(file, "--spec-file", str(file.parent / "spec.md")) == ExitCode.DONE
    assert capsys.readouterr().out.splitlines() == [
        f"{file}: Health checks: 4 tasks (2 implementer, 1 tester, 1 reviewer), with a specification, nothing wrong",
        "  1. route, docs",
        "  2. tests",
        "  3. look",
    ]


def test_every_mistake_has_its_file_line_task_and_field(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(PLAN.replace("[route]", "[rout]").replace("id: docs", "id: route").replace("reviewer", "reviewr"))
    assert check(file) == ExitCode.FAILED
    assert capsys.readouterr().out.splitlines() == [
        f"{file}:13: tests.depends_on[0]: there is no task 'rout'; did you mean route?",
        f"{file}:14: route.id: is there twice: task 2 of the plan has the same id",
        f"{file}:18: look.role: there is no role 'reviewr'; did you mean reviewer?",
        f"{file}:20: look.depends_on[1]: there is no task 'docs'",
    ]


def test_programs_read_what_the_schema_says(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def document(ends_with: ExitCode) -> dict[str, object]:
        assert check(file, "--json") == ends_with
        found = json.loads(capsys.readouterr().out)
        assert list(violations(found, SCHEMA)) == []
        assert isinstance(found, dict)
        return found

    file.write_text(PLAN)
    good = document(ExitCode.DONE)
    assert (good["ok"], good["title"]) == (True, "Health checks")
    assert good["waves"] == [["route", "docs"], ["tests"], ["look"]]
    file.write_text(PLAN.replace("[route]", "[rout]"))
    bad = document(ExitCode.FAILED)
    assert (bad["ok"], bad["title"], bad["waves"]) == (False, None, [])
    assert bad["problems"] == [f"{file}:13: tests.depends_on[0]: there is no task 'rout'; did you mean route?"]


def test_a_circle_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(PLAN.replace("Tell it.", "Tell it.\n  depends_on: [look]"))
    assert check(file) == ExitCode.FAILED
    assert capsys.readouterr().out == (
        f"{file}:17: docs.depends_on: a circle, each waits for the next: docs → look → docs\n"
    )


def test_a_specification_that_cannot_be_used(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(PLAN)
    spec = file.parent / "spec.md"
    spec.write_bytes(b"\xff")
    for path, told in ((spec, "is not UTF-8: byte 0xff in line 1"), (file.parent, "is a folder; name the file")):
        assert check(file, "--spec-file", str(path)) == ExitCode.FAILED
        assert capsys.readouterr().err.startswith(f"codex-orch-tui: {path}: {told}")


def test_no_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(file) == ExitCode.NOT_USABLE
    assert capsys.readouterr().err == f"codex-orch-tui: there is no file {file}\n"


def test_a_role_of_ones_own_counts_and_needs_a_prompt(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(PLAN.replace("role: reviewer", "role: auditor"))
    own = file.parent / "shop" / ".orchestrator"
    (own / "orchestrator.yaml").write_text("roles:\n  auditor: {sandbox: read-only}\n")
    assert check(file) == ExitCode.FAILED
    assert str(own / "prompts" / "auditor.md") in capsys.readouterr().out
    (own / "prompts").mkdir()
    (own / "prompts" / "auditor.md").write_text("You audit. {task}\n")
    assert check(file) == ExitCode.DONE
    assert "1 auditor" in capsys.readouterr().out


def test_the_schema_is_the_one_that_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "schema"]) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert shown == read_resource(ResourceKind.SCHEMAS, "plan.schema")
    assert json.loads(shown)["title"] == "codex-orch-tui plan"


def test_paths_that_match_nothing_are_a_remark_and_no_mistake(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = file.parent / "shop"
    paths = "\n  paths: [src/route.py, src/rout/**]"
    file.write_text(PLAN.replace("prompt: Write it.", f"prompt: Write it.{paths}"))
    assert check(file) == ExitCode.DONE
    assert "remark" not in capsys.readouterr().out, "there is no commit to look at"
    (shop / "src").mkdir()
    (shop / "src" / "route.py").touch()
    for arguments in (["add", "src"], ["commit", "-q", "-m", "first"], ["branch", "-M", "trunk"]):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", shop, *identity, *arguments], check=True)
    assert check(file) == ExitCode.DONE
    remark = "nothing in trunk yet for src/rout/**; right for what the task makes, else a slip"
    assert capsys.readouterr().out.splitlines()[-1] == f"remark: route: paths: {remark}"
