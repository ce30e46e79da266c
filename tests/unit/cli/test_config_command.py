"""`config`: the file to start from, and where each value comes from."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.cli.commands import Place
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.cli.repository_files import trust_here
from codex_orch_tui.config import Config
from codex_orch_tui.config.default_file import default_text
from codex_orch_tui.resources import ResourceKind, read_resource
from tests.fakes.json_schema import violations

SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "config"))
TOKEN = "sk-proj-" + "abcdefghijklmnopqrstuvwxyz0123456789ABCD"


class Home:
    """A repository and the home of whoever works in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.repository = folder / "shop"
        self.own = folder / "home" / ".config" / "codex-orch-tui" / "config.yaml"
        self.brought = self.repository / ".orchestrator" / "orchestrator.yaml"
        for path in (self.own, self.brought):
            path.parent.mkdir(parents=True)
        subprocess.run(["git", "init", "-q", self.repository], check=True)
        self._capsys = capsys

    def run(self, *arguments: str, before: tuple[str, ...] = ()) -> int:
        return run([*before, "--repo", str(self.repository), "config", *arguments])

    def show(self, *before: str) -> list[str]:
        assert self.run("show", before=before) == ExitCode.DONE
        return [" ".join(line.split()) for line in self._capsys.readouterr().out.splitlines()]

    def document(self) -> dict[str, Any]:
        assert self.run("show", "--json") == ExitCode.DONE
        document: dict[str, Any] = json.loads(self._capsys.readouterr().out)
        assert not list(violations(document, SCHEMA))
        return document


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Home:
    """Without settings."""
    for name in [name for name in os.environ if name.startswith(("CODEX_ORCH_", "XDG_", "ORCHESTRATOR_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return Home(tmp_path, capsys)


def test_default_prints_the_commented_file(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert home.run("default") == ExitCode.DONE
    printed = capsys.readouterr().out
    assert printed == default_text()
    home.brought.write_text(printed)
    assert "max_workers 8 default" in home.show()


def test_every_value_is_told_with_where_it_comes_from(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.own.write_text("theme: calm-light\nroles:\n  docs:\n    effort: high\n")
    home.brought.write_text("max_workers: 2\ntheme: other\nroles:\n  docs: {model: m}\n")
    monkeypatch.setenv("CODEX_ORCH_BELL", "no")
    monkeypatch.setenv("CODEX_ORCH_BEL", "no")
    shown = home.show("--trace")
    assert shown[:3] == [
        f"repository: {home.brought}",
        f"your own: {home.own}",
        "! CODEX_ORCH_BEL: there is no such setting; did you mean bell?",
    ]
    for line in (
        f"max_workers 2 {home.brought}:1",
        f"theme calm-light {home.own}:1",
        f"roles.docs.model m {home.brought}:4",
        f"roles.docs.effort high {home.own}:4",
        "bell false CODEX_ORCH_BELL",
        "trace true --trace",
        "codex_path not set default",
        "sandbox workspace-write default",
    ):
        assert line in shown
    names = {line.split()[0] for line in shown if line}
    assert set(Config.model_fields) <= names


def test_the_document_is_as_its_schema_says(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.own.write_text("roles:\n  docs:\n    limits: {turns: 3}\nclaims_ignore: [docs/**]\n")
    monkeypatch.setenv("ORCHESTRATOR_BASE_DIR", "/srv/trees")
    document = home.document()
    found = {each["name"]: each for each in document["settings"]}
    assert set(found) == {*Config.model_fields, "roles.docs.limits"}
    assert found["roles"]["value"] == {"docs": {"limits": {"turns": 3}}}
    assert found["roles.docs.limits"]["origin"] == {"kind": "file", "place": f"{home.own}:3"}
    assert found["worktree_base"]["origin"] == {"kind": "variable", "place": "ORCHESTRATOR_BASE_DIR"}
    assert found["worktree_base"]["takes_effect"] == "restart"
    assert found["model"]["origin"] == {"kind": "default", "place": None}
    assert [file["exists"] for file in document["files"]] == [False, True]


def test_no_secret_and_no_control_character_is_printed(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.own.write_text(f'model: {TOKEN}\ncheck_environment: [A]\neditor: "vi \\e[2J"\nshell: sh --key {TOKEN}\n')
    home.run("show")
    home.run("show", "--json")
    printed = capsys.readouterr().out
    assert TOKEN not in printed
    assert "\x1b" not in printed
    assert "vi ␛[2J" in printed
    assert "‹secret: " in printed


def test_commands_that_a_repository_brings_are_told_with_their_trust(home: Home) -> None:
    home.brought.write_text("setup_command: make ready\n")
    shown = home.show()
    assert "setup_command not set default" in shown
    assert f"{home.brought}:1 sets it, and counts once you trusted it → codex-orch-tui trust" in shown
    trust = trust_here(Place(repo=home.repository, config=None))
    trust.accept(trust.wanted()[0])
    assert f"{home.brought}:1 sets it, and you trusted it" in home.show()
    (brought,) = [each["brought"] for each in home.document()["settings"] if each["brought"]]
    assert brought == {"place": f"{home.brought}:1", "trusted": True}


def test_mistakes_are_all_told_and_nothing_else(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.own.write_text("max_workers: many\nrate_card:\n  m: {input: 1, cached: 1, outpt: 1}\n")
    assert home.run("show") == ExitCode.NOT_USABLE
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{home.own}:1: max_workers: 'many' should be" in err
    assert f"{home.own}:3: rate_card.m.outpt: there is no such setting; did you mean output?" in err


def test_outside_of_a_repository_the_persons_own_settings_are_shown(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.own.write_text("max_workers: 3\n")
    assert run(["--repo", str(tmp_path), "config", "show"]) == ExitCode.DONE
    out = capsys.readouterr().out
    assert out.startswith(f"your own: {home.own}\n")
    assert f"{home.own}:1" in out
