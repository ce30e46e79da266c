"""`pipeline`: what is listed, what is run in the checkout that one is in, and what each end is told as."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.services.trust import trust_of
from tests.fakes.command_log import command_lines
from tests.scenarios.stage import git, make_repository

OWN = """\
check_sandbox: danger-full-access
allowed_programs: [ls, test, sleep, ./show]
pipelines:
  quick:
    one: ls README.md
    two: test -e there.txt
    three: ls
  full:
    before: {run: ./show, environment: {LEVEL: "7"}, pass_environment: [GIVEN]}
    quick: {pipeline: quick, time_limit_s: 20}
  slow:
    nap: {run: sleep 20, time_limit_s: 0.3}
  bad:
    nope: cat README.md
  long:
    first: ls
    nap: sleep 60
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, and a home with settings."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    top = make_repository(tmp_path, {"README.md": "hello\n", "show": "#!/bin/sh\necho level $LEVEL given $GIVEN\n"})
    (top / "show").chmod(0o755)
    settings = tmp_path / "home" / ".config" / "codex-orch-tui"
    settings.mkdir(parents=True)
    (settings / "config.yaml").write_text(OWN)
    monkeypatch.setenv("GIVEN", "this")
    return top


def document(capsys: pytest.CaptureFixture[str], schema: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(read_resource(ResourceKind.SCHEMAS, schema))).validate(found)
    return found


def stages(found: dict[str, Any]) -> list[tuple[str, str, int | None]]:
    return [(one["name"], one["outcome"], one["exit_code"]) for one in found["stages"]]


def test_the_first_red_stage_ends_it_with_1(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--repo", str(shop), "pipeline", "run", "full"]) == ExitCode.FAILED
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith(f"pipeline full, 4 to run, in {shop} at {git(shop, 'rev-parse', 'HEAD')[:9]}")
    assert [line.split(" · ")[0] for line in shown[1:4]] == [
        "  ✓ before: ./show",
        "  ✓ quick/one: ls README.md",
        "  ✗ quick/two: test -e there.txt",
    ]
    log = shop / ".orchestrator" / "pipelines" / "full.log"
    assert shown[-1] == f"red at quick/two; 1 after it did not run; whole output: {log}"
    assert "level 7 given this" in log.read_text()


def test_all_green_ends_with_0_and_the_document_fits_its_schema(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "there.txt").touch()
    assert run(["--repo", str(shop / ".git" / ".."), "pipeline", "run", "quick", "--json"]) == ExitCode.DONE
    found = document(capsys, "pipeline")
    assert stages(found) == [("one", "passed", 0), ("two", "passed", 0), ("three", "passed", 0)]
    assert (found["outcome"], found["stage"], found["task"]) == ("passed", None, None)
    log = shop / ".orchestrator" / "pipelines" / "commands.jsonl"
    assert [line["phase"] for line in command_lines(log)] == ["began", "ended"] * 3


def test_a_target_stage_is_the_last_one(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = ["--repo", str(shop), "pipeline", "run", "full", "--json", "--target-stage"]
    assert run([*ran, "quick/one"]) == ExitCode.DONE
    assert stages(document(capsys, "pipeline")) == [("before", "passed", 0), ("quick/one", "passed", 0)]
    assert run([*ran, "quick"]) == ExitCode.FAILED
    found = document(capsys, "pipeline")
    assert stages(found)[-1] == ("quick/three", "not_reached", None)
    assert found["stage"] == "quick/two"


def test_a_stage_that_takes_too_long_is_ended(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--repo", str(shop), "pipeline", "run", "slow", "--json"]) == ExitCode.FAILED
    found = document(capsys, "pipeline")
    assert stages(found) == [("nap", "timed_out", None)]
    assert 200 < found["duration_ms"] < 5_000


def test_what_must_not_run_ends_with_5_and_what_is_not_there_with_2(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--repo", str(shop), "pipeline", "run", "bad"]) == ExitCode.REFUSED
    assert "cat is not among the programs that may run" in capsys.readouterr().out
    assert run(["--repo", str(shop), "pipeline", "run", "quik"]) == ExitCode.NOT_USABLE
    assert "there is no pipeline quik; did you mean quick?" in capsys.readouterr().err
    assert run(["--repo", str(shop), "pipeline", "run", "quick", "--target-stage", "ones"]) == ExitCode.NOT_USABLE
    assert "quick has no stage ones; did you mean one?" in capsys.readouterr().err
    assert run(["--repo", str(shop), "pipeline", "run", "quick", "--task", "x"]) == ExitCode.NOT_USABLE
    assert "there is no task 'x'" in capsys.readouterr().err


def test_a_dry_run_is_not_green(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--repo", str(shop), "--dry-run", "pipeline", "run", "quick"]) == ExitCode.FAILED
    assert capsys.readouterr().out.splitlines()[-1] == "nothing was run: this is a dry run"


def test_those_of_a_repository_are_listed_and_run_once_they_are_trusted(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / ".orchestrator").mkdir()
    brought = "pipelines: {theirs: {a: {run: ls README.md, environment: {A: b}}}, quick: {x: ls nowhere}}\n"
    (shop / ".orchestrator" / "orchestrator.yaml").write_text(brought)
    assert run(["--repo", str(shop), "pipeline", "list", "--json"]) == ExitCode.DONE
    listed = {one["name"]: one for one in document(capsys, "pipelines")["pipelines"]}
    assert list(listed) == ["quick", "full", "slow", "bad", "long", "theirs"]
    assert (listed["quick"]["whose"], listed["theirs"]["counts"]) == ("person", False)
    assert listed["full"]["stages"][0]["sets"] == ["LEVEL"]
    assert run(["--repo", str(shop), "pipeline", "run", "theirs"]) == ExitCode.REFUSED
    assert "codex-orch-tui trust" in capsys.readouterr().err
    assert run(["--repo", str(shop), "trust", "--show"]) == ExitCode.FAILED
    assert "pipelines.theirs.a: ls README.md · sets A=b" in capsys.readouterr().out
    trust(shop)
    assert run(["--repo", str(shop), "pipeline", "run", "theirs"]) == ExitCode.DONE
    capsys.readouterr()
    assert run(["--repo", str(shop), "pipeline", "list"]) == ExitCode.DONE
    assert "theirs   the repository’s\n  a  ls README.md\n" in capsys.readouterr().out


def test_ctrl_c_ends_the_stage_that_runs(shop: Path) -> None:
    command = [sys.executable, "-m", "codex_orch_tui", "--repo", str(shop), "pipeline", "run", "long"]
    top = str(Path(__file__).parents[3])
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": top}, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("pipeline long, 2 to run")
        assert process.stdout.readline().startswith("  ✓ first: ls")
        os.kill(process.pid, signal.SIGINT)
        process.stdout.read()
        assert process.wait(20) == ExitCode.INTERRUPTED
    log = (shop / ".orchestrator" / "pipelines" / "commands.jsonl").read_text().splitlines()
    assert [json.loads(line)["phase"] for line in log] in (["began", "ended"], ["began", "ended"] * 2)
    assert not list((shop / ".orchestrator" / "tmp").iterdir())


def trust(shop: Path) -> None:
    """Accept what the repository brings, as the person does."""
    folder = shop / ".orchestrator"
    here = trust_of(shop, folder / "policy.yaml", folder / "orchestrator.yaml", os.environ)
    for item in here.wanted():
        here.accept(item)


def test_in_a_linked_worktree_it_runs_there(shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    subprocess.run(["git", "-C", str(shop), "worktree", "add", "-q", str(tmp_path / "linked")], check=True, timeout=20)
    (tmp_path / "linked" / "there.txt").touch()
    assert run(["--repo", str(tmp_path / "linked"), "pipeline", "run", "quick", "--json"]) == ExitCode.DONE
    found = document(capsys, "pipeline")
    assert found["worktree"] == str(tmp_path / "linked")
    assert found["commit"] == git(shop, "rev-parse", "HEAD")
