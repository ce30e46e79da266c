"""`trust` in a terminal and without one: what is asked is shown, and only a typed y counts."""

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.resources import ResourceKind, read_resource
from tests.fakes.json_schema import violations


class Typed(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository that brings rules and a setup command, and a home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "shop"
    (folder / ".orchestrator").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", folder], check=True)
    (folder / ".orchestrator" / "policy.yaml").write_text("rules: []\n")
    (folder / ".orchestrator" / "orchestrator.yaml").write_text("model: m\nsetup_command: make ready\n")
    yield folder


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A person at a terminal who types this."""

    def types(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", Typed(text))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)

    return types


def test_without_a_terminal_it_is_shown_and_nothing_is_trusted(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--repo", str(repository), "trust"]) == ExitCode.FAILED
    shown = capsys.readouterr()
    assert "  │ setup_command: make ready" in shown.out
    assert "  │ rules: []" in shown.out
    assert "a yes is only taken from a terminal" in shown.err
    assert not (repository.parent / "home").exists()


def test_a_typed_y_counts_for_each_and_a_change_asks_again(
    repository: Path, capsys: pytest.CaptureFixture[str], at_terminal: Callable[[str], None]
) -> None:
    at_terminal("y\nyes\n")
    assert run(["trust", "--repo", str(repository)]) == ExitCode.DONE
    assert capsys.readouterr().out.count("trusted, as it is now") == 2
    assert run(["trust", "--repo", str(repository)]) == ExitCode.DONE
    assert "nothing to trust" in capsys.readouterr().out
    assert run(["trust", "--show", "--repo", str(repository)]) == ExitCode.DONE
    assert capsys.readouterr().out.count(" · trusted") == 2
    (repository / ".orchestrator" / "orchestrator.yaml").write_text("setup_command: make more\n")
    assert run(["trust", "--show", "--repo", str(repository)]) == ExitCode.FAILED
    assert " · changed since you trusted it" in capsys.readouterr().out
    assert run(["trust", "--revoke", "--repo", str(repository)]) == ExitCode.DONE
    assert "trusted before: 2" in capsys.readouterr().out


def test_programs_read_what_the_schema_says_and_trust_nothing(
    repository: Path, capsys: pytest.CaptureFixture[str], at_terminal: Callable[[str], None]
) -> None:
    schema = json.loads(read_resource(ResourceKind.SCHEMAS, "trust"))

    def states(ends_with: ExitCode) -> list[tuple[str, str]]:
        assert run(["trust", "--json", "--repo", str(repository)]) == ends_with
        document = json.loads(capsys.readouterr().out)
        assert list(violations(document, schema)) == []
        return [(one["kind"], one["state"]) for one in document["files"]]

    at_terminal("y\ny\n")
    assert states(ExitCode.FAILED) == [("rules", "new"), ("commands", "new")]
    assert run(["trust", "--repo", str(repository)]) == ExitCode.DONE
    capsys.readouterr()
    (repository / ".orchestrator" / "policy.yaml").write_text("rules: [] # mine\n")
    assert states(ExitCode.FAILED) == [("rules", "changed"), ("commands", "trusted")]
    assert run(["trust", "--revoke", "--json", "--repo", str(repository)]) == ExitCode.NOT_USABLE


@pytest.mark.parametrize("typed", ["", "\n\n", "n\nno\n", "yo\nyep\n", " \n"])
def test_anything_else_is_a_no(
    repository: Path, capsys: pytest.CaptureFixture[str], at_terminal: Callable[[str], None], typed: str
) -> None:
    at_terminal(typed)
    assert run(["trust", "--repo", str(repository)]) == ExitCode.FAILED
    assert "not trusted: it does nothing" in capsys.readouterr().out
    assert not (repository.parent / "home").exists()


def test_a_repository_that_brings_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("policy.yaml", "orchestrator.yaml"):
        (repository / ".orchestrator" / name).unlink()
    for arguments in (["trust"], ["trust", "--show"]):
        assert run([*arguments, "--repo", str(repository)]) == ExitCode.DONE
    assert run(["trust", "--show", "--revoke", "--repo", str(repository)]) == ExitCode.NOT_USABLE


def test_outside_of_a_repository(tmp_path: Path) -> None:
    assert run(["trust", "--repo", str(tmp_path)]) == ExitCode.NOT_USABLE


def test_in_a_real_terminal(repository: Path) -> None:
    leader, follower = pty.openpty()
    os.write(leader, b"y\nn\n")
    ended = subprocess.run(
        [sys.executable, "-m", "codex_orch_tui", "--repo", repository, "trust"],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        timeout=60,
        check=False,
    )
    os.close(follower)
    said = os.read(leader, 65536)
    os.close(leader)
    assert ended.returncode == ExitCode.FAILED, said
    assert said.count(b"[y/N]") == 2
    assert said.count(b"trusted, as it is now") == 1
