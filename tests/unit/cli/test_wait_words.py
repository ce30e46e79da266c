"""What `wait` says when the time is over: what was waited for, and how it stands instead."""

import subprocess
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.main import run as program
from codex_orch_tui.cli.wait import not_yet
from codex_orch_tui.domain import events as ev
from tests.fakes.recorded import RecordedStory
from tests.fakes.states import Story


@pytest.fixture
def story() -> Story:
    """A run that is done, and a newer one at work."""
    story = Story()
    done, working = story.run(["Add search"])[0], story.run(["Fix auth"])[0]
    story.start(done)
    story.finish(done)
    story.start(working)
    return story


@pytest.mark.parametrize(
    ("what", "place", "told"),
    [
        ("asks", None, "nothing asks yet: 1 review, 1 working"),
        ("asks", 1, "1120-1240-0001 asks nothing yet: 1 working"),
        ("idle", None, "it is not idle yet: 1 review, 1 working"),
        ("idle", 1, "1120-1240-0001 is not idle yet: 1 working"),
        ("done", None, "1120-1240-0001 is not done: 1 working"),
        ("done", 1, "1120-1240-0001 is not done: 1 working"),
    ],
)
def test_it_names_what_was_waited_for(story: Story, what: str, place: int | None, told: str) -> None:
    run = None if place is None else tuple(story.state.runs)[place]
    assert not_yet(story.state, what, run) == told


def test_a_newest_run_that_is_done_is_not_told_to_be_not_done(story: Story) -> None:
    (ref,) = story.run(["Third"])
    story.start(ref)
    story.finish(ref)
    told = not_yet(story.state, "done", None)
    assert told == "it is not idle yet: 2 review, 1 working"


DONE, STOPPED = "1120-1240-0000", "1120-1240-0001"


@pytest.fixture
def at_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordedStory:
    """Nothing is at work in the current folder; its run is done."""
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path], check=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    story = RecordedStory()
    (ref,) = story.run(["Add search"])
    assert ref.run == DONE
    story.start(ref)
    story.finish(ref)
    story.write(tmp_path)
    return story


def ended(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """What it ends with, and what it says, when there is no time for anything to begin."""
    code = program(["wait", "--until", *arguments, "--timeout", "0"])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def test_what_is_so_already_is_so_when_nothing_has_begun_in_time(
    at_rest: RecordedStory, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(capsys, "done") == (ExitCode.DONE, f"{DONE} is done\n")
    assert ended(capsys, "idle") == (ExitCode.DONE, "nothing is at work: 1 review\n")
    nothing = "codex-orch-tui: nothing is at work that could ask: 1 review\n"
    assert ended(capsys, "asks") == (ExitCode.WAITING, nothing)

    (ref,) = at_rest.run(["Fix auth"])
    at_rest.start(ref)
    at_rest.tell(ev.TaskInterrupted(ref=ref, cause="you stopped it"))
    at_rest.write(Path())
    not_done = f"codex-orch-tui: {STOPPED} is not done: 1 interrupted\n"
    assert ended(capsys, "done") == ended(capsys, "done", "--run", STOPPED) == (ExitCode.WAITING, not_done)
    assert ended(capsys, "idle") == (ExitCode.DONE, "nothing is at work: 1 review, 1 interrupted\n")


def test_a_run_that_was_named_and_is_done_is_told_at_once(
    at_rest: RecordedStory, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asyncio.sleep", None)
    assert program(["wait", "--until", "done", "--run-id", DONE]) == ExitCode.DONE
    assert capsys.readouterr().out == f"{DONE} is done\n"
