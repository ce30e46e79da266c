"""The person's own command: what it is given, how long it may take, what becomes of its failures."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.services.announce import Announcer
from codex_orch_tui.services.notify_command import NotifyCommand, notify_environment
from codex_orch_tui.services.trust import RepositoryCommand
from tests.fakes.hub import HubStory
from tests.fakes.json_schema import violations
from tests.fakes.states import command_request

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "notify"))


class Rig:
    """A story whose news run a command in a folder."""

    def __init__(self, folder: Path, command: str, *, time_limit_s: float = 10.0, why_not: str = "") -> None:
        self.folder = folder
        self.found = RepositoryCommand(text=command, why_not=why_not)
        self.story = HubStory()
        self.notify = NotifyCommand(
            self.story.hub, lambda: self.found, root=folder, environment=ENVIRONMENT, time_limit_s=time_limit_s
        )
        Announcer(self.story.hub).watch(self.notify.take)

    def started(self, *titles: str) -> tuple[TaskRef, ...]:
        refs = self.story.run(titles)
        for ref in refs:
            self.story.start(ref)
        return refs

    def notes(self) -> list[str]:
        return [
            note.text for task in self.story.hub.state.tasks.values() for note in task.notes if note.kind == "warning"
        ]

    async def until(self, holds: Callable[[], object], timeout_s: float = 10.0) -> None:
        deadline_s = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < deadline_s
            await asyncio.sleep(0.01)

    def told(self) -> list[dict[str, object]]:
        file = self.folder / "told"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


async def test_it_gets_the_facts_as_json_and_none_of_them_as_words_of_the_line(tmp_path: Path) -> None:
    rig = Rig(tmp_path, "cat >> told; env > env")
    (ref,) = rig.started("Search $(touch planted)")
    rig.story.ask(ref, command_request(rig.story, ref, command="printf '`touch planted`'; \x1b]0;x\x07"))
    await rig.until(rig.told)
    await rig.notify.close()
    (told,) = rig.told()
    assert told == {
        "event": "asks",
        "task": ref.task,
        "title": "Search $(touch planted)",
        "run": ref.run,
        "repository": str(tmp_path),
        "question_kind": "command",
        "command": "printf '`touch planted`'; ␛]0;x\\x07",
        "about": "supertest is needed by the new integration test",
        "open_questions": 1,
    }
    assert list(violations(told, SCHEMA)) == []
    assert not (tmp_path / "planted").exists()
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert names <= {"PATH", "PWD", "SHLVL", "_", "OLDPWD"}


async def test_done_and_failed_have_no_question(tmp_path: Path) -> None:
    rig = Rig(tmp_path, "cat >> told")
    (ref,) = rig.started("Search endpoint")
    rig.story.finish(ref)
    await rig.until(rig.told)
    await rig.notify.close()
    assert (rig.told()[0]["event"], rig.told()[0]["question_kind"]) == ("done", None)
    assert list(violations(rig.told()[0], SCHEMA)) == []


async def test_two_at_once_and_of_what_waits_only_what_still_holds(tmp_path: Path) -> None:
    rig = Rig(tmp_path, "touch begun.$$; while [ ! -e go ]; do sleep 0.02; done; cat >> told")
    refs = rig.started(*(f"Task {number}" for number in range(6)))
    approvals = [rig.story.ask(ref) for ref in refs]
    await rig.until(lambda: len(list(tmp_path.glob("begun.*"))) == 2)
    rig.story.answered(approvals[3])
    rig.story.ask(refs[4])
    assert len(list(tmp_path.glob("begun.*"))) == 2
    (tmp_path / "go").touch()
    await rig.until(lambda: len(rig.told()) == 5)
    await rig.notify.close()
    assert sorted(str(told["title"]) for told in rig.told()) == ["Task 0", "Task 1", "Task 2", "Task 4", "Task 5"]


async def test_a_command_that_does_not_end_is_stopped_and_told_once(tmp_path: Path) -> None:
    rig = Rig(tmp_path, "sleep 30 & printf $! > pid; wait", time_limit_s=0.2)
    first, second = rig.started("One", "Two")
    began_s = time.monotonic()
    rig.story.ask(first)
    await rig.until(rig.notes)
    rig.story.finish(second)
    await rig.notify.close()
    assert time.monotonic() - began_s < 5
    assert rig.notes() == ["notify_command: did not end within 0.2 s and was stopped; told again only after it worked"]
    await rig.until(lambda: not Path(f"/proc/{(tmp_path / 'pid').read_text()}/status").exists())


async def test_a_failure_is_told_once_until_it_worked(tmp_path: Path) -> None:
    rig = Rig(tmp_path, "printf x >> runs; printf 'no \\033 route' >&2; test -e works || exit 3")
    (ref,) = rig.started("One")

    async def again(run: int) -> None:
        rig.story.finish(ref)
        await rig.until(lambda: (tmp_path / "runs").exists() and len((tmp_path / "runs").read_text()) == run)
        rig.story.start(ref)

    failed = "notify_command: exit 3: no ␛ route; told again only after it worked"
    await again(1)
    await rig.until(rig.notes)
    await again(2)
    (tmp_path / "works").touch()
    await again(3)
    (tmp_path / "works").unlink()
    assert rig.notes() == [failed]
    await again(4)
    await rig.until(lambda: rig.notes() == [failed, failed])
    await rig.notify.close()


@pytest.mark.parametrize("why_not", ["", "that file is not trusted as it is now"])
async def test_without_a_command_that_counts_nothing_runs(tmp_path: Path, why_not: str) -> None:
    rig = Rig(tmp_path, "", why_not=why_not)
    (ref,) = rig.started("One")
    rig.story.ask(ref)
    await rig.notify.close()
    assert list(tmp_path.iterdir()) == []
    assert rig.notes() == ([why_not] if why_not else [])


async def test_leaving_does_not_wait_for_long(tmp_path: Path) -> None:
    rig = Rig(tmp_path, "touch begun; sleep 30")
    (ref,) = rig.started("One")
    rig.story.ask(ref)
    await rig.until((tmp_path / "begun").exists)
    began_s = time.monotonic()
    await rig.notify.close()
    assert time.monotonic() - began_s < 4
    (tmp_path / "begun").unlink()
    rig.story.finish(ref)
    assert list(tmp_path.iterdir()) == []


def test_its_environment_is_a_list() -> None:
    source = {"PATH": "/bin", "HOME": "/h", "DISPLAY": ":0", "MY_API_TOKEN": "x", "MINE": "y", "TMPDIR": "/t"}
    assert notify_environment(source, ["MINE"]) == {
        "PATH": "/bin",
        "HOME": "/h",
        "DISPLAY": ":0",
        "MINE": "y",
        "TMPDIR": "/t",
    }
