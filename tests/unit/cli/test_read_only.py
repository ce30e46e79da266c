"""A repository that cannot be written: what only reads works, the rest says so before any worker starts."""

import errno
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.cli import tui
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.domain import events as ev
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.store.git_exclude import exclude_state
from tests.fakes.recorded import RecordedStory

FOLDERS, EXCLUDE, LOCK = "folders", "info/exclude", "codex-orch.lock"
WRITING = (["run", "Add it", "--headless"], ["resume", "--headless"], ["merge", "--allow-automerge"], [])


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, on what passes for a terminal: a run with work to merge, and one that was stopped."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True)
    story = RecordedStory()
    (done,), (stopped,) = story.run(["Add search"]), story.run(["Fix auth"])
    for ref in (done, stopped):
        story.start(ref)
    story.finish(done)
    story.tell(ev.TaskInterrupted(ref=stopped, cause="you stopped it"))
    story.write(tmp_path)
    exclude_state(tmp_path / ".git", ".orchestrator")

    def started(*_: object) -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr(CodexConnector, "connect", started)
    monkeypatch.setattr(tui, "why_no_screen", lambda _environ: "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cannot(request: pytest.FixtureRequest, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What of it fails first, as on a file system that is mounted read-only; what is there already can be read."""
    refused, opened, made = str(request.param), os.open, os.mkdir

    def no(path: object) -> OSError:
        return OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    def open_(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR) and str(path).endswith(refused):
            raise no(path)
        return opened(path, flags, *arguments, **options)

    def mkdir(path: Any, *arguments: Any, **options: Any) -> None:
        if refused == FOLDERS and Path(path).is_relative_to(repository):
            raise no(path)
        made(path, *arguments, **options)

    monkeypatch.setattr(os, "open", open_)
    monkeypatch.setattr(os, "mkdir", mkdir)


@pytest.mark.parametrize(
    ("command", "cannot"),
    [
        *((command, first) for command in WRITING for first in (FOLDERS, EXCLUDE, LOCK)),
        *((["init"], first) for first in (FOLDERS, EXCLUDE)),
    ],
    indirect=["cannot"],
    ids=lambda words: words if isinstance(words, str) else " ".join(words) or "the screen",
)
@pytest.mark.usefixtures("cannot")
def test_what_would_write_says_so_in_one_sentence_with_a_next_step(
    repository: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command) == ExitCode.FAILED
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1
    assert str(repository) in shown.err and "Read-only file system → check who owns it" in shown.err


@pytest.mark.usefixtures("cannot")
@pytest.mark.parametrize("cannot", [LOCK], indirect=True)
@pytest.mark.parametrize("command", ["status", "status --json", "logs --run 1120-1240-0000", "report", "history"])
def test_what_only_reads_works(repository: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command.split()) == ExitCode.DONE
    assert capsys.readouterr().err == "", repository
