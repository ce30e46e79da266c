"""The run that is meant when none is named."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from codex_orch_tui.cli.clean import has_left
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.main import run
from codex_orch_tui.cli.one_run import one_run
from codex_orch_tui.cli.repository_state import SeenState
from codex_orch_tui.cli.resume import has_stopped
from codex_orch_tui.cli.run_end import has_work_to_merge
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.store.lock import Holder
from tests.fakes.recorded import RecordedStory
from tests.fakes.states import Story

HOLDER = Holder(pid=1, host="here", started_at_s=0.0)


def seen(story: Story, holder: Holder | None = HOLDER) -> SeenState:
    return SeenState(root=Path("/r"), state=story.state, holder=holder, notes=())


def refused(story: Story, *having: str) -> str:
    with pytest.raises(CommandFailedError) as error:
        one_run(story.state, None, has=lambda one: one.id in having, what="work to merge")
    assert error.value.exit_code == ExitCode.NOT_USABLE
    return str(error.value)


def test_the_only_one_is_taken_and_a_named_one_always() -> None:
    story = Story()
    for title in ("One", "Two", "Three"):
        story.run([title])
    assert one_run(story.state, None, has=lambda one: one.title == "Two", what="x").title == "Two"
    assert one_run(story.state, "1120-1240-0002", has=lambda _one: False, what="x").title == "Three"


def test_several_or_none_are_named_newest_first_and_never_guessed() -> None:
    story = Story()
    assert refused(story) == "there is no run here yet → codex-orch-tui run starts one"
    names = [str(story.run([title])[0].run) for title in ("a", "b\x1b", "c", "d", "e", "f", "g " * 60)]
    told = refused(story, *names)
    assert told.startswith(f"7 runs have work to merge → name one with --run-id: {names[6]} (g g g ")
    assert told.count("1120-1240-") == 5 and names[2] in told and names[1] not in told
    assert refused(story, *names[:2]).endswith(f"--run-id: {names[1]} (b␛), {names[0]} (a)")
    assert refused(story).startswith(f"no run has work to merge; the newest is {names[6]} (g g g ")
    assert "→" not in refused(story) and refused(story).count("1120-1240-") == 1


def at_work(story: Story, ref: TaskRef) -> None:
    story.start(ref)


def failed(story: Story, ref: TaskRef) -> None:
    story.start(ref)
    story.tell(ev.TaskInterrupted(ref=ref, cause="you stopped it"))


def done(story: Story, ref: TaskRef) -> None:
    story.start(ref)
    story.finish(ref)


def merged(story: Story, ref: TaskRef) -> None:
    done(story, ref)
    story.merge(ref)


def cleaned(story: Story, ref: TaskRef) -> None:
    merged(story, ref)
    story.tell(ev.WorktreeRemoved(ref=ref))
    story.tell(ev.BranchRemoved(ref=ref, branch="b", backup_ref="refs/b"))


@pytest.mark.parametrize(
    ("what", "stopped", "to_merge", "left"),
    [
        (at_work, False, False, True),
        (failed, True, False, True),
        (done, False, True, True),
        (merged, False, False, True),
        (cleaned, False, False, False),
    ],
)
def test_what_a_run_has(
    what: Callable[[Story, TaskRef], None],
    stopped: bool,
    to_merge: bool,
    left: bool,
) -> None:
    story = Story()
    (ref,) = story.run(["Add search"])
    what(story, ref)
    found = story.state.runs[ref.run]
    assert has_stopped(seen(story), found) == stopped
    assert has_work_to_merge(story.state, found) == to_merge
    assert has_left(story.state, found) == left


def test_what_was_cut_off_or_paused_can_go_on() -> None:
    story = Story()
    one, _two = story.run(["One", "Two"])
    story.start(one)
    found = story.state.runs[one.run]
    assert not has_stopped(seen(story), found)
    assert has_stopped(seen(story, holder=None), found), "the program that worked on it has ended"
    story.tell(ev.RunPaused(run=one.run, cause="you paused it"))
    assert has_stopped(seen(story), story.state.runs[one.run])


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a repository without runs."""
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", [["resume", "--headless"], ["merge"], ["clean"]])
def test_the_commands_refuse_to_guess(repository: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert run(command) == ExitCode.NOT_USABLE
    assert "there is no run here yet" in capsys.readouterr().err
    story = RecordedStory()
    names = []
    for title in ("One", "Two"):
        stops, ends = story.run(["Stops", "Ends"], title=title)
        failed(story, stops)
        done(story, ends)
        names.append(stops.run)
    story.write(repository)
    assert run(command) == ExitCode.NOT_USABLE
    told = capsys.readouterr().err
    assert f"→ name one with --run-id: {names[1]} (Two), {names[0]} (One)" in told
    assert not (repository / ".git" / "codex-orch.lock").exists(), "nothing was opened"
