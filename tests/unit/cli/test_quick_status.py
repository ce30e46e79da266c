"""`status --json` from what was kept: the same text as from the whole journal, or not used at all."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from codex_orch_tui.cli.commands import Place
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.main import run
from codex_orch_tui.cli.status_quick import quick_status
from codex_orch_tui.cli.status_watch import _looks
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId, TaskId
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.opening import replay
from codex_orch_tui.services.status_keeper import StatusKeeper
from codex_orch_tui.store.journal import Journal
from codex_orch_tui.store.journal_file import encode_line
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.store.lock import RepositoryLock
from tests.fakes.recorded import RecordedStory, newer


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True, timeout=30)
    layout_of(tmp_path).create()
    return tmp_path


def layout_of(repository: Path) -> Layout:
    return Layout(repository, repository / ".git")


def told_story() -> RecordedStory:
    """Two runs in every state, a plan that a task proposed, limits, odd letters."""
    story = RecordedStory()
    one, two = story.run(["Eins 日本", "Zwei \x1b \u202e"], title='The "first"\nrun')
    story.start(one)
    story.answered(story.ask(one))
    story.ask(one)
    story.tell(ev.RateLimitsUpdated(used_percent=81, resets_at_s=5))
    story.start(two)
    story.finish(two)
    story.tell(ev.AnswerAccepted(ref=two, turn=story.turn(two), answer="{}", result="a plan"))
    plan = Plan(title="Proposed", tasks=(TaskSpec(id=TaskId("t"), title="t", prompt="do it"),))
    story.tell(ev.RunCreated(run=RunId("proposed"), plan=plan, base_branch="main", proposed_by=two))
    story.tell(ev.TaskFinished(ref=one))
    story.tell(ev.RateLimitsUpdated(used_percent=3))
    (three,) = story.run(["Three"])
    story.start(three)
    story.finish(three)
    story.merge(three)
    return story


async def keep(repository: Path, events: list[ev.Recorded], before: list[ev.Recorded] | None = None) -> None:
    """A session that makes these events happen after those of before, and keeps what it knows at its end."""
    layout = layout_of(repository)
    journal, loaded = Journal.open(layout.journal)
    hub = Hub(journal, replay(loaded.records)[0])
    assert len(loaded.records) == len(before or [])
    keeper = StatusKeeper(hub, layout)
    for recorded in events:
        hub._clock = lambda at_s=recorded.at_s: at_s  # type: ignore[misc]
        hub.apply(recorded.event)
    await hub.flush()
    await keeper.close()
    journal.close()


def slow(repository: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The text that is made from the journal alone."""
    cache = layout_of(repository).status_cache
    kept = cache.read_bytes() if cache.exists() else None
    cache.unlink(missing_ok=True)
    assert run(["--repo", str(repository), "status", "--json"]) == 0
    if kept is not None:
        cache.write_bytes(kept)
    return capsys.readouterr().out.rstrip("\n")


def quick(repository: Path) -> str | None:
    return quick_status(Place(repo=repository, config=None))


async def test_it_is_the_same_text_wherever_the_last_session_ended(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = told_story()
    layout = layout_of(repository)
    whole = b"".join(story.lines)
    for end in range(1, len(story.events) + 1):
        layout.journal.unlink(missing_ok=True)
        layout.status_cache.unlink(missing_ok=True)
        await keep(repository, story.events[:end])
        assert quick(repository) == slow(repository, capsys), end
        layout.journal.write_bytes(whole)
        assert quick(repository) == slow(repository, capsys), end


async def test_sessions_one_after_the_other_keep_the_same_as_one(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = told_story()
    layout = layout_of(repository)
    await keep(repository, story.events)
    at_once = layout.status_cache.read_bytes()
    layout.journal.unlink()
    layout.status_cache.unlink()
    for number in range(0, len(story.events), 7):
        await keep(repository, story.events[number : number + 7], story.events[:number])
        assert quick(repository) == slow(repository, capsys)
    assert layout.status_cache.read_bytes() == at_once


async def test_with_a_program_that_has_it_open_nothing_is_cut_off(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await keep(repository, told_story().events)
    layout = layout_of(repository)
    with RepositoryLock.acquire(*layout.locks):
        text = quick(repository)
        assert text == slow(repository, capsys)
    assert text is not None
    document = json.loads(text)
    assert document["open_in"]["pid"] == os.getpid()
    assert not any(task["cut_off"] for shown in document["runs"] for task in shown["tasks"])


async def test_what_does_not_fit_is_not_used(repository: Path) -> None:
    story = told_story()
    layout = layout_of(repository)
    assert quick(repository) is None
    await keep(repository, story.events)
    journal, cache = layout.journal.read_bytes(), layout.status_cache.read_bytes()
    assert quick(repository) is not None
    layout.journal.write_bytes(b"".join(story.lines[:-3]))
    assert quick(repository) is None, "a shorter journal"
    layout.journal.write_bytes(journal[:-20] + b"x" + journal[-19:])
    assert quick(repository) is None, "another journal"
    layout.journal.write_bytes(journal)
    for damaged in (b"", b"\x00", b"[]\n", b"{}\n", cache[:-1], cache.replace(b"Eins", b"Zwei"), b"9" * 5_000):
        layout.status_cache.write_bytes(damaged)
        assert quick(repository) is None, damaged[:40]
    layout.status_cache.write_bytes(cache.replace(b'"version": "', b'"version": "0', 1))
    assert quick(repository) is None, "another version"


@pytest.mark.parametrize(
    "line", [encode_line(b'{"v":1,"seq":999,"ts":1.0,"type":"FromTomorrow","data":{}}'), b"\x00\n"]
)
async def test_what_has_to_be_told_is_left_to_the_whole_journal(
    repository: Path, capsys: pytest.CaptureFixture[str], line: bytes
) -> None:
    await keep(repository, told_story().events)
    with layout_of(repository).journal.open("ab") as file:
        file.write(line)
    assert quick(repository) is None
    assert json.loads(slow(repository, capsys))["notes"]


async def test_a_session_in_which_nothing_happened_writes_nothing(repository: Path) -> None:
    story = told_story()
    await keep(repository, story.events)
    before = layout_of(repository).status_cache.stat().st_mtime_ns
    opened = ev.Recorded(seq=0, at_s=1.0, event=ev.SessionOpened(pid=1, version="1"))
    await keep(repository, [opened], story.events)
    assert layout_of(repository).status_cache.stat().st_mtime_ns == before
    assert quick(repository) is not None


class TestOfOneRun:
    def test_only_that_run(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        story = told_story()
        story.write(repository)
        first = next(iter(story.state.runs))
        for named in (first, first[:-1] + "0"):
            assert run(["--repo", str(repository), "status", "--json", "--run", named]) == 0
            document = json.loads(capsys.readouterr().out)
            assert [shown["id"] for shown in document["runs"]] == [first]
            assert document["counts"]["merged"] == 0
        assert run(["--repo", str(repository), "status", "--run", first]) == 0
        assert "Three" not in capsys.readouterr().out

    def test_one_that_is_not_there(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        told_story().write(repository)
        assert run(["--repo", str(repository), "status", "--run", "proposd"]) == 2
        assert "did you mean proposed" in capsys.readouterr().err

    def test_an_interval_without_a_watch(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["--repo", str(repository), "status", "--interval", "1"]) == 2
        assert "--watch" in capsys.readouterr().err


class TestWatch:
    def test_it_tells_each_change_until_it_is_ended(self, repository: Path) -> None:
        story = RecordedStory()
        (ref,) = story.run(["One"])
        story.write(repository)
        command = [sys.executable, "-m", "codex_orch_tui", "--repo", str(repository)]
        watching = [*command, "status", "--json", "--watch", "--interval", "0.1"]
        with subprocess.Popen(watching, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            states = [self._state(process.stdout.readline())]
            story.start(ref)
            story.write(repository)
            states.append(self._state(process.stdout.readline()))
            story.finish(ref)
            story.write(repository)
            states.append(self._state(process.stdout.readline()))
            process.send_signal(signal.SIGINT)
            rest, _ = process.communicate(timeout=20)
        assert states == ["queued", "running", "done"]
        assert rest == "", "what did not change is not told again"
        assert process.returncode == 130

    def test_a_newer_program_that_writes_now_is_told(self, repository: Path) -> None:
        story = told_story()
        journal = story.write(repository)
        looks = _looks(Place(repo=repository, config=None), 0.0)
        assert next(looks).state == story.state
        journal.write_bytes(journal.read_bytes() + encode_line(newer(story.events[-1].seq + 1)))
        with pytest.raises(CommandFailedError, match=r"has schema 2; .* → install a newer codex-orch-tui"):
            next(looks)

    def test_a_lock_that_cannot_be_looked_at_is_told(self, repository: Path) -> None:
        told_story().write(repository)
        looks = _looks(Place(repo=repository, config=None), 0.0)
        next(looks)
        layout_of(repository).locks[1].symlink_to("elsewhere")
        with pytest.raises(CommandFailedError, match=r"cannot open .*lock: .* → "):
            next(looks)

    def _state(self, line: str) -> str:
        return str(json.loads(line)["runs"][0]["tasks"][0]["state"])
