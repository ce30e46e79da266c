"""`message` to a worker of the program that holds the repository."""

import subprocess
from pathlib import Path

import pytest

from codex_orch_tui.cli import acting
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckProcess
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.commands.model import Message
from codex_orch_tui.services.commands.reply import Outcome, Reply
from codex_orch_tui.store.lock import RepositoryLock
from tests.fakes.recorded import RecordedStory


@pytest.mark.parametrize("is_checked", [False, True])
def test_why_it_takes_a_while_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_checked: bool
) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path], check=True)
    story = RecordedStory()
    (ref,) = story.run(["Add search"])
    story.start(ref)
    if is_checked:
        process = CheckProcess(pid=1, started_s=1.0)
        story.tell(ev.CheckStarted(ref=ref, check="tests", command="true", commit=None, process=process))
        assert story.state.tasks[ref].state is TaskState.CHECKING
    story.write(tmp_path)

    async def ask_holder(_ground: acting.Ground, _command: Message) -> Reply:
        return Reply(outcome=Outcome.DONE, data={"how": "steered"})

    monkeypatch.setattr(acting, "ask_holder", ask_holder)
    with RepositoryLock.acquire(tmp_path / ".orchestrator" / "lock"):
        assert run(["--repo", str(tmp_path), "message", ref.task, "go on"]) == ExitCode.DONE
    shown = capsys.readouterr()
    assert shown.out == f"{ref}: the running turn has it\n"
    assert ("gets this when they are over" in shown.err) is is_checked
