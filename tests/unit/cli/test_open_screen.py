"""The default command, as far as it goes before and after the screen itself."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from codex_orch_tui.cli import tui
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.services.session import Session, Viewing
from codex_orch_tui.store.errors import JournalError
from codex_orch_tui.store.lock import RepositoryLock
from codex_orch_tui.ui import run as ui_run
from codex_orch_tui.ui.screens.viewing import TAKE_OVER


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a repository with one commit, on what passes for a terminal."""
    for arguments in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tui, "why_no_screen", lambda _environ: "")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    return shown.err


def test_the_screen_gets_an_open_orchestrator_and_its_exit_code_is_ours(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    async def run_app(orchestrator: Orchestrator) -> int:
        seen.append(orchestrator.root)
        orchestrator.close()
        await orchestrator.run()
        return ExitCode.TERMINATED

    monkeypatch.setattr(ui_run, "run_app", run_app)
    assert run([]) == ExitCode.TERMINATED
    below = repository / "src"
    below.mkdir()
    assert run(["--repo", str(below)]) == ExitCode.TERMINATED
    assert seen == [repository, repository]


@pytest.mark.usefixtures("repository")
def test_the_switches_of_checks_are_options(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bool, bool]] = []

    async def run_app(orchestrator: Orchestrator) -> int:
        seen.append((orchestrator.config.trace, orchestrator.config.dry_run))
        orchestrator.close()
        await orchestrator.run()
        return ExitCode.DONE

    monkeypatch.setattr(ui_run, "run_app", run_app)
    monkeypatch.setenv("CODEX_ORCH_TRACE", "1")
    assert run(["--dry-run"]) == ExitCode.DONE
    assert run(["--repo", "."]) == ExitCode.DONE
    assert seen == [(True, True), (True, False)]


def test_a_repository_that_is_open_elsewhere_is_looked_at_and_can_be_taken_over(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Viewing | None] = []
    lock = RepositoryLock.acquire(repository / ".git" / "codex-orch.lock")

    async def run_app(session: Session) -> int:
        seen.append(session.viewing)
        session.close()
        await session.run()
        lock.release()
        return ExitCode.DONE if session.viewing is None else TAKE_OVER

    monkeypatch.setattr(ui_run, "run_app", run_app)
    assert run([]) == ExitCode.DONE
    assert seen == [Viewing(f"process {os.getpid()} on {socket.gethostname()}"), None]


def test_who_takes_over_has_the_settings_as_they_are_then(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = repository / "mine.yaml"
    settings.write_text("sandbox: workspace-write\n")
    lock = RepositoryLock.acquire(repository / ".git" / "codex-orch.lock")
    seen: list[str] = []

    async def run_app(session: Session) -> int:
        seen.append(session.config.sandbox)
        session.close()
        await session.run()
        lock.release()
        settings.write_text("sandbox: read-only\n")
        return ExitCode.DONE if session.viewing is None else TAKE_OVER

    monkeypatch.setattr(ui_run, "run_app", run_app)
    assert run(["--config", str(settings)]) == ExitCode.DONE
    assert seen == ["workspace-write", "read-only"]


def test_nothing_is_taken_over_with_settings_that_are_wrong_by_then(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = repository / "mine.yaml"
    settings.write_text("sandbox: workspace-write\n")
    lock = RepositoryLock.acquire(repository / ".git" / "codex-orch.lock")
    seen: list[Viewing | None] = []

    async def run_app(session: Session) -> int:
        seen.append(session.viewing)
        session.close()
        await session.run()
        lock.release()
        settings.write_text("sandbox: read-onli\n")
        return TAKE_OVER

    monkeypatch.setattr(ui_run, "run_app", run_app)
    assert run(["--config", str(settings)]) == ExitCode.NOT_USABLE
    assert f"{settings}:1: sandbox" in said(capsys)
    assert len(seen) == 1


def test_wrong_settings_are_told_before_anything_is_opened(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = repository / "mine.yaml"
    settings.write_text("max_workers: many\n")
    assert run(["--config", str(settings)]) == ExitCode.NOT_USABLE
    assert f"{settings}:1: max_workers" in said(capsys)
    assert not (repository / ".orchestrator").exists()


def test_what_could_not_be_kept_is_told_after_the_screen(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run_app(orchestrator: Orchestrator) -> int:
        orchestrator.close()
        await orchestrator.run()
        raise ExceptionGroup("a", [ExceptionGroup("b", [JournalError("cannot write x: No space left on device.")])])

    monkeypatch.setattr(ui_run, "run_app", run_app)
    assert run([]) == ExitCode.FAILED
    assert "not everything was kept: cannot write x: No space left on device." in said(capsys)


def test_a_fault_of_our_own_is_not_hushed_up(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run_app(orchestrator: Orchestrator) -> int:
        orchestrator.close()
        await orchestrator.run()
        raise ExceptionGroup("a", [JournalError("x"), ZeroDivisionError()])

    monkeypatch.setattr(ui_run, "run_app", run_app)
    with pytest.raises(ExceptionGroup):
        run([])
