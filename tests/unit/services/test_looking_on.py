"""What a program that looks on finds without being told by an event."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.schedule import Reason
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services import viewer as viewer_module
from codex_orch_tui.services.viewer import Viewer
from tests.fakes.recorded import RecordedStory, says, write_raw
from tests.scenarios.stage import make_repository


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path, {"README.md": "hello\n"})


async def seen(watch: Callable[[Callable[[], None]], object], holds: Callable[[], bool]) -> None:
    """Return when a watcher is called and it holds then."""
    called = asyncio.Event()
    watch(lambda: called.set() if holds() else None)
    await asyncio.wait_for(called.wait(), 10)


async def test_why_a_task_waits_is_another_reason_when_the_limits_have_reset(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = RecordedStory()
    (ref,) = story.run(["Search"])
    story.tell(ev.RateLimitsUpdated(used_percent=100, resets_at_s=int(story.now_s) + 60))
    story.write(repository)
    clock = SimpleNamespace(time=lambda: story.now_s)
    monkeypatch.setattr(viewer_module, "time", clock)
    monkeypatch.setattr(viewer_module, "LOOK_AGAIN_S", 0.01)
    viewer = await Viewer.open(repository, Config())
    assert viewer.waits()[ref].reason is Reason.RATE_LIMIT
    running = asyncio.create_task(viewer.run())
    clock.time = lambda: story.now_s + 61
    await seen(viewer.watch, lambda: viewer.waits().get(ref) is None)
    viewer.close()
    await running


async def test_the_last_lines_of_a_log_are_told_though_its_task_has_ended(repository: Path) -> None:
    story = RecordedStory()
    (ref,) = story.run(["Search"])
    story.start(ref)
    journal = story.write(repository)
    raw = write_raw(repository, ref, says("first", story.now_s))
    viewer = await Viewer.open(repository, Config())
    viewer.log(ref).tail()
    grown = asyncio.Event()
    viewer.watch_logs(lambda which: grown.set() if which == ref else None)
    story.finish(ref)
    assert story.write(repository) == journal
    with raw.open("ab") as file:
        file.write(says("the last words", story.now_s))
    await viewer._look()
    assert viewer.state.tasks[ref].state is TaskState.DONE
    looking = asyncio.create_task(viewer._look_at_logs())
    await asyncio.wait_for(grown.wait(), 10)
    looking.cancel()
