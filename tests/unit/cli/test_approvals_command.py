"""`approvals`: which question is meant, and that a yes reaches none that was not read."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from codex_orch_tui.cli import acting
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run
from codex_orch_tui.domain.approval import Choice
from codex_orch_tui.services.commands.model import Answer
from codex_orch_tui.services.commands.reply import Outcome, Reply
from codex_orch_tui.store.lock import RepositoryLock
from tests.fakes.recorded import RecordedStory
from tests.fakes.states import command_request

ASKED = "epoch-add-search:0"


@pytest.fixture
def sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Answer]]:
    """What is sent to the program that holds the repository, which is the current folder; one worker there asks."""
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path], check=True)
    story = RecordedStory()
    (ref,) = story.run(["Add search"])
    story.start(ref)
    assert story.ask(ref, command_request(story, ref, command="npm install")) == ASKED
    story.write(tmp_path)
    commands: list[Answer] = []

    async def ask_holder(_ground: acting.Ground, command: Answer) -> Reply:
        commands.append(command)
        return Reply(outcome=Outcome.DONE)

    monkeypatch.setattr(acting, "ask_holder", ask_holder)
    monkeypatch.chdir(tmp_path)
    with RepositoryLock.acquire(tmp_path / ".orchestrator" / "lock"):
        yield commands


@pytest.mark.parametrize("word", ["accept", "accept-for-session", "answer", "grant"])
def test_a_yes_needs_the_whole_id(sent: list[Answer], capsys: pytest.CaptureFixture[str], word: str) -> None:
    assert run(["approvals", "answer", ASKED[:-1], word]) == ExitCode.NOT_USABLE
    told = capsys.readouterr().err
    assert f"begins {ASKED}: $ npm install → codex-orch-tui approvals answer {ASKED} {word}\n" in told
    assert sent == []


def test_with_the_whole_id_it_is_given(sent: list[Answer], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["approvals", "answer", ASKED, "accept"]) == ExitCode.DONE
    assert capsys.readouterr().out == "accept: $ npm install\n"
    assert [(one.approval, one.choice) for one in sent] == [(ASKED, Choice.ACCEPT)]


@pytest.mark.parametrize("word", ["decline", "cancel"])
def test_for_a_no_and_for_a_look_the_beginning_is_enough(
    sent: list[Answer], capsys: pytest.CaptureFixture[str], word: str
) -> None:
    assert run(["approvals", "show", "epoch"]) == ExitCode.DONE
    assert f"codex-orch-tui approvals answer {ASKED} {word}" in capsys.readouterr().out
    assert run(["approvals", "answer", "epoch", word]) == ExitCode.DONE
    assert [(one.approval, one.choice) for one in sent] == [(ASKED, Choice(word))]


@pytest.mark.usefixtures("sent")
def test_the_list_has_whole_ids_to_copy(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["approvals", "list"]) == ExitCode.DONE
    listed, *_, last = capsys.readouterr().out.splitlines()
    assert listed.startswith(f"{ASKED}  ")
    assert last.endswith("a yes takes the whole ID.")
