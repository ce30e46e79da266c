"""A run of the real Codex, copied away as one folder, is seen again as it was, and the folder is as it was."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Patch, Say, Script, Shell
from codex_orch_tui.services.recording import find_recording
from codex_orch_tui.services.replay import Replay
from codex_orch_tui.ui.replay import ReplayApp
from tests.keyboard import press
from tests.scenarios.stage import ACCEPT, add_file, stage

pytestmark = pytest.mark.codex


async def test_a_run_folder_copied_from_elsewhere_is_replayed(scratch: Path) -> None:
    copied = scratch / "another machine" / "the run"
    script = Script(
        "EDIT",
        (
            Say(text="I look first."),
            Shell(cmd="printf hello", escalate=True, justification="may I"),
            Patch(text=add_file("search.py", "def search(): ...")),
            Say(text="Done: search.py."),
        ),
    )
    async with stage(scratch, [script]) as on:
        (ref,) = await on.start("EDIT: add a search")
        asked = await on.asked()
        await on.orchestrator.answer(asked.id, ACCEPT)
        await on.until_state(ref, TaskState.DONE)
        await on.merged(ref)
        run_folder = on.repository / ".orchestrator" / "runs" / ref.run
    final: State = on.orchestrator.state
    shutil.copytree(run_folder, copied)
    shutil.rmtree(on.repository)
    before = _look_of(copied)
    with _read_only(copied):
        seen, words = await _played(copied)
        assert seen.tasks[ref].state is TaskState.MERGED
        assert [turn.prompt for turn in seen.tasks[ref].turns] == [turn.prompt for turn in final.tasks[ref].turns]
        assert len(seen.tasks[ref].turns[0].items) == len(final.tasks[ref].turns[0].items)
        assert "Done: search.py." not in words["asks"], "what came later is not in the log of then"
        assert "I look first." in words["asks"]
        assert "Run outside the sandbox?" in words["asks"]
        assert "Done: search.py." in words["end"]
    assert _look_of(copied) == before


async def _played(folder: Path) -> tuple[State, dict[str, str]]:
    replay = Replay(find_recording(str(folder), None), Config(), speed=100)
    app, words = ReplayApp(replay), {}
    playing = asyncio.create_task(replay.run())
    async with app.run_test(size=(140, 45)) as pilot:

        async def painted() -> str:
            await pilot.pause(0.3)
            return "\n".join(strip.text for strip in app.screen._compositor.render_strips())

        await press(pilot, "space", "home")
        async with asyncio.timeout(20):
            while not replay.state.pending:
                await press(pilot, "right")
        words["asks"] = await painted()
        await press(pilot, "end")
        async with asyncio.timeout(20):
            while not replay.is_at_end:
                await pilot.pause(0.02)
        words["end"] = await painted()
        replay.close()
        await playing
    return replay.state, words


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o500 if path.is_dir() else 0o400)
    times = {path: path.stat().st_ctime_ns for path in (*folder.rglob("*"), folder)}
    try:
        yield
        assert times == {path: path.stat().st_ctime_ns for path in (*folder.rglob("*"), folder)}
    finally:
        for path in (*folder.rglob("*"), folder):
            path.chmod(0o700)


def _look_of(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Names, contents and times of everything below a folder."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }
