"""`replay` without its screen: who is meant, what is told, and that a terminal is needed for more."""

import json
import subprocess
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.resources import ResourceKind, read_resource
from tests.fakes.json_schema import violations
from tests.fakes.recorded import RecordedStory
from tests.unit.services.test_replay import two_runs

SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "status"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True, timeout=30)
    return tmp_path


def test_the_state_at_a_moment_as_status_tells_it(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = two_runs()
    story.write(repository)
    first = next(iter(story.state.runs))
    asked = next(recorded.seq for recorded in story.events if type(recorded.event).__name__ == "ApprovalRequested")
    states = []
    for until in (asked - 1, asked, None):
        arguments = ["replay", first, "--json", *(("--until", str(until)) if until else ())]
        assert run(["--repo", str(repository), *arguments]) == ExitCode.DONE
        document = json.loads(capsys.readouterr().out)
        assert list(violations(document, SCHEMA)) == []
        (shown,) = document["runs"]
        assert shown["id"] == first
        states.append(shown["tasks"][0]["state"])
    assert states == ["running", "waiting_approval", "done"]


def test_a_copied_folder_needs_no_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = RecordedStory()
    (ref,) = story.run(["One"])
    story.write(tmp_path)
    assert run(["--repo", "/", "replay", str(tmp_path / ".orchestrator"), "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["runs"][0]["id"] == ref.run


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["1120-1240-0009"], "did you mean"),
        (["/no/such/folder"], "there is no run"),
        (["x", "--speed", "0.5"], "--speed"),
        (["x", "--speed", "101"], "--speed"),
        (["x", "--until", "0"], "--until"),
        ([], "RUN"),
    ],
)
def test_wrong_use(repository: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str) -> None:
    two_runs().write(repository)
    assert run(["--repo", str(repository), "replay", *arguments]) == ExitCode.NOT_USABLE
    assert told in capsys.readouterr().err


def test_without_a_terminal_it_says_what_to_do(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = two_runs()
    story.write(repository)
    assert run(["--repo", str(repository), "replay", next(iter(story.state.runs))]) == ExitCode.NO_TERMINAL
    assert "replay --json" in capsys.readouterr().err
