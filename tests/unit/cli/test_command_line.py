"""The command line as a shell sees it: exit codes, one sentence on stderr, no stack traces."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from codex_orch_tui import __version__
from codex_orch_tui.cli import command_table
from codex_orch_tui.cli.commands import group
from codex_orch_tui.cli.exit_codes import MEANINGS, ExitCode, markdown_table
from codex_orch_tui.cli.location import Location, locate
from codex_orch_tui.cli.main import run
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.ui.bindings import ACTIONS
from tests.fakes.json_schema import violations

README = Path(__file__).parents[3] / "README.md"
SAME_NAME = {"run", "message", "interrupt", "stop", "resume", "approvals", "merge", "logs", "history", "plan", "policy"}
"""What a person does on the screen too, under the same name in the palette."""
NOT_IN_PALETTE = {
    "task": "the new-task dialog has the role as a field",
    "wait": "for scripts: a screen shows when it is so",
    "clean": "a worktree is removed after its merge; the rest is looked after from outside",
    "prune": "as clean",
    "status": "the screen is it",
    "report": "a file to read",
    "replay": "a screen of its own",
    "doctor": "is asked before there is a screen",
    "demo": "plays in a repository of its own",
    "config": "files of settings",
    "pipeline": "by hand beside the work; a task names one as its check",
    "trust": "a key of the rules, and asked when it is needed",
    "init": "makes files",
    "completion": "for the shell",
}


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


def command(*arguments: str | Path, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "codex_orch_tui", *arguments],
        cwd=cwd,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def said(ended: subprocess.CompletedProcess[str]) -> str:
    """The one sentence on stderr."""
    assert ended.stdout == ""
    assert ended.stderr.startswith("codex-orch-tui")
    assert ended.stderr.endswith("\n")
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


@pytest.mark.parametrize("arguments", [(), ("status",), ("status", "--json")])
def test_not_a_git_repository_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = command(*arguments, cwd=tmp_path)
    assert ended.returncode == ExitCode.NOT_USABLE
    assert "is not in a git repository" in said(ended)
    assert "git init" in ended.stderr
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


@pytest.mark.parametrize("arguments", [(), ("status",)])
def test_a_bare_repository_says_what_to_do(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    ended = command(*arguments, cwd=tmp_path / "bare.git")
    assert ended.returncode == ExitCode.NOT_USABLE
    assert "git clone" in said(ended)


def test_without_a_terminal_there_is_no_screen_and_nothing_is_touched(repository: Path) -> None:
    ended = command(cwd=repository)
    assert ended.returncode == ExitCode.NO_TERMINAL
    assert "codex-orch-tui status" in said(ended)
    assert [path.name for path in repository.iterdir()] == [".git"]


def test_a_dumb_terminal_is_told(repository: Path) -> None:
    master, slave = pty.openpty()
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "codex_orch_tui", "--repo", repository],
            env={**os.environ, "TERM": "dumb"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            timeout=60,
            check=False,
        )
        assert ended.returncode == ExitCode.NO_TERMINAL
        told = os.read(master, 4096)
        assert b"TERM='dumb'" in told
        assert b"\x1b" not in told
    finally:
        os.close(master)
        os.close(slave)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    ended = command("--repo", "nowhere", "status", cwd=tmp_path)
    assert ended.returncode == ExitCode.NOT_USABLE
    assert "there is no folder" in said(ended)


def test_wrong_settings_name_file_line_and_key(repository: Path) -> None:
    settings = repository / ".orchestrator" / "orchestrator.yaml"
    settings.parent.mkdir()
    settings.write_text("theme: calm-dark\nmax_workers: many\n")
    report = command("doctor", cwd=repository)
    assert f"{settings}:2: max_workers: " in report.stdout
    assert report.returncode == ExitCode.FAILED


def test_the_doctors_document_is_as_its_schema_says(tmp_path: Path, repository: Path) -> None:
    ended = command("doctor", "--json", cwd=repository, CODEX_ORCH_CODEX_PATH=str(tmp_path / "no-codex"))
    document = json.loads(ended.stdout)
    assert list(violations(document, json.loads(read_resource(ResourceKind.SCHEMAS, "doctor")))) == []
    assert (ended.returncode, document["ok"]) == (ExitCode.FAILED, False)
    assert {"python", "git", "repository", "codex", "terminal"} <= {check["id"] for check in document["checks"]}


def test_a_settings_file_that_was_named_must_be_there(repository: Path) -> None:
    for looking in ("doctor", "status", "history", "report"):
        ended = command("--config", "missing.yaml", looking, cwd=repository)
        assert ended.returncode == ExitCode.NOT_USABLE
        assert "--config: there is no file missing.yaml" in said(ended)


@pytest.mark.parametrize("arguments", [("statsu",), ("--frobnicate",), ("status", "--xml")])
def test_wrong_arguments(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == ExitCode.NOT_USABLE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "--help" in shown.err


def test_help_teaches_the_first_steps_and_fits_80_columns(tmp_path: Path) -> None:
    ended = command("--help", cwd=tmp_path, COLUMNS="80")
    assert ended.returncode == ExitCode.DONE
    for word in ("codex-orch-tui doctor", "codex-orch-tui status", "--repo", "--config", "Exit codes"):
        assert word in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 80
    for name in re.findall(r"^  (\w+)  ", ended.stdout.partition("Commands:")[2], re.MULTILINE):
        told = command(name, "--help", cwd=tmp_path, COLUMNS="80").stdout
        assert told.startswith(f"Usage: codex-orch-tui {name}")
        assert max(map(len, told.splitlines())) <= 80


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == ExitCode.DONE
    assert capsys.readouterr().out == f"codex-orch-tui, version {__version__}\n"


def test_a_reader_that_goes_away_is_no_error(repository: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        ended = subprocess.run(
            [sys.executable, "-m", "codex_orch_tui", "status"],
            cwd=repository,
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert ended.returncode == ExitCode.PIPE_CLOSED
    assert ended.stderr == b""


def test_every_exit_code_is_explained_in_the_readme() -> None:
    assert set(MEANINGS) == set(ExitCode)
    assert markdown_table() in README.read_text("utf-8"), "run: python -m tests.readme"


def test_every_command_is_in_the_readme() -> None:
    assert command_table.markdown_table() in README.read_text("utf-8"), "run: python -m tests.readme"


def test_what_a_person_does_on_the_screen_has_the_same_name_as_its_command() -> None:
    called = {word for action in ACTIONS if action.in_palette for word in action.called.split(" · ")}
    with click.Context(group) as context:
        commands = set(group.list_commands(context))
    assert commands == SAME_NAME | set(NOT_IN_PALETTE), "a new command stands in one of the two"
    assert SAME_NAME & set(NOT_IN_PALETTE) == set()
    assert commands & called == SAME_NAME


def _all(command: click.Command, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A command and all that are in it, with their names."""
    yield names, command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                yield from _all(inner, *names, name)


COMMANDS = dict(_all(group))


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_a_help_is_whole_and_in_the_words_of_the_readme(names: tuple[str, ...]) -> None:
    found = COMMANDS[names]
    with click.Context(found, info_name="codex-orch-tui", terminal_width=80) as context:
        told = found.get_help(context)
    assert "..." not in told.partition("Commands:")[2], "a line of the list is cut: it wants a short_help"
    for option in (one for one in found.params if isinstance(one, click.Option)):
        written = re.sub(r"[\[\]{}]", "", told)
        if not option.is_flag and option.name != "help":
            value = command_table._value(option).strip("[]{}")
            assert any(f"{name} {value}" in written for name in (*option.opts, ", ".join(option.opts))), option.name
        if {"--run", "--run-id"} & set(option.opts):
            assert {"--run", "--run-id"} <= set(option.opts), "either name will do"
    if any("--json" in one.opts for one in found.params):
        assert "schemas/" in told, "what describes the document is named"


class TestTheLocation:
    """It is found before the repository is opened, and as git would find it."""

    def test_from_a_subfolder_and_through_a_symlink(self, repository: Path, tmp_path: Path) -> None:
        below = repository / "a" / "b"
        below.mkdir(parents=True)
        (tmp_path / "link").symlink_to(below)
        expected = Location(main_worktree=repository, git_folder=repository / ".git")
        assert locate(below) == locate(tmp_path / "link") == expected

    def test_from_a_linked_worktree_it_is_the_main_one(self, repository: Path, tmp_path: Path) -> None:
        git(repository, "worktree", "add", "-q", str(tmp_path / "linked"))
        assert locate(tmp_path / "linked") == Location(main_worktree=repository, git_folder=repository / ".git")

    def test_with_a_git_folder_elsewhere(self, tmp_path: Path) -> None:
        elsewhere, here = tmp_path / "elsewhere", tmp_path / "here"
        git(tmp_path, "init", "-q", "--separate-git-dir", str(elsewhere), str(here))
        assert locate(here) == Location(main_worktree=here, git_folder=elsewhere)
        git(here, "commit", "-q", "--allow-empty", "-m", "first")
        git(here, "worktree", "add", "-q", str(tmp_path / "linked"))
        assert locate(tmp_path / "linked") is None
        ended = command("status", cwd=tmp_path / "linked")
        assert ended.returncode == ExitCode.NOT_USABLE
        assert "main checkout" in said(ended)

    def test_a_submodule_is_a_repository_of_its_own(self, repository: Path, tmp_path: Path) -> None:
        outer = tmp_path / "outer"
        git(tmp_path, "init", "-q", str(outer))
        git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repository), "inner")
        inner = Location(main_worktree=outer / "inner", git_folder=outer / ".git" / "modules" / "inner")
        assert locate(outer / "inner") == inner

    def test_a_folder_that_is_only_named_so_is_passed_by(self, repository: Path) -> None:
        (repository / "src" / ".git").mkdir(parents=True)
        found = locate(repository / "src")
        assert found is not None
        assert found.main_worktree == repository

    def test_outside_there_is_none(self, tmp_path: Path) -> None:
        assert locate(tmp_path) is None
