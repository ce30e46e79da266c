"""`init`: the files that a person may edit and commit."""

import asyncio
import errno
import json
import os
import subprocess
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.config import load_config
from codex_orch_tui.config.settings import Config
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.services.viewer import Viewer
from tests.fakes.json_schema import violations


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a repository with one empty commit."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_writes_settings_prompts_and_schemas_that_change_nothing(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init"]) == ExitCode.DONE
    out = capsys.readouterr().out
    folder = repository / ".orchestrator"
    assert load_config(project_file=folder / "orchestrator.yaml", user_file=None).config == Config()
    for role in ("navigator", "implementer", "tester", "reviewer"):
        assert (folder / "prompts" / f"{role}.md").read_text() == read_resource(ResourceKind.PROMPTS, role)
        name = f"{role}.schema"
        assert (folder / "schemas" / f"{name}.json").read_text() == read_resource(ResourceKind.SCHEMAS, name)
    assert out.count("wrote  ") == 9
    listed = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert len([name for name in listed if name != "??"]) == 9, "they can be committed, and nothing else is there"


async def test_what_it_writes_is_no_edit_that_a_task_will_not_see(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asyncio.to_thread(run, ["init"]) == ExitCode.DONE
    viewer = await Viewer.open(repository, Config())
    assert (await viewer.base_info()).dirty == ()
    (repository / "draft.txt").write_text("a\n")
    assert (await viewer.base_info()).dirty == ("draft.txt",)
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    settings = repository / ".orchestrator" / "orchestrator.yaml"
    for arguments in (["add", str(settings)], ["commit", "-q", "-m", "settings"]):
        subprocess.run(["git", *identity, *arguments], check=True)
    assert (await viewer.base_info()).dirty == ("draft.txt",), "prompts and schemas are still new"
    settings.write_text("max_workers: 2\n")
    assert (await viewer.base_info()).dirty == (".orchestrator/orchestrator.yaml", "draft.txt")


def test_what_is_there_already_stays_as_it_is(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = repository / ".orchestrator" / "orchestrator.yaml"
    mine.parent.mkdir()
    mine.write_text("max_workers: 2\n")
    prompts = mine.parent / "prompts"
    prompts.mkdir()
    (prompts / "tester.md").symlink_to("nowhere")
    assert run(["init", "--json"]) == ExitCode.DONE
    document = json.loads(capsys.readouterr().out)
    assert list(violations(document, json.loads(read_resource(ResourceKind.SCHEMAS, "done")))) == []
    kept = [Path(one["path"]).name for one in document["files"] if not one["written"]]
    assert kept == ["orchestrator.yaml", "tester.md"]
    assert mine.read_text() == "max_workers: 2\n"
    assert (prompts / "tester.md").is_symlink()


@pytest.mark.usefixtures("repository")
def test_a_folder_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: object, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(os, "mkdir", refuse)
    for command in (["init"], ["run", "Add a search", "--headless"]):
        assert run(command) in {ExitCode.FAILED, ExitCode.NOT_USABLE}
        shown = capsys.readouterr()
        assert shown.out == "" and "Read-only file system" in shown.err and ".orchestrator" in shown.err, shown


def test_a_link_in_the_way_is_told_and_not_followed(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (repository / ".orchestrator").symlink_to(elsewhere)
    assert run(["init"]) == ExitCode.FAILED
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1
    assert list(elsewhere.iterdir()) == []
