"""Settings that change on disk while the program runs, and what that does to the tasks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from codex_orch_tui.config import SettingsPlaces
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.services import live_settings
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.services.orchestrator import Orchestrator
from tests.faults.rig import environment, standin
from tests.scenarios.stage import Stage, make_repository

if TYPE_CHECKING:
    from codex_orch_tui.services.live_settings import SettingsNews

HELD = [{"hold": True}]


@asynccontextmanager
async def opened(root: Path, settings: str) -> AsyncIterator[tuple[Stage, Path, "asyncio.Queue[SettingsNews]"]]:
    """The program with a repository's file of settings, which a test may change."""
    repository = make_repository(root, {"README.md": "hello\n"})
    file = repository / ".orchestrator" / "orchestrator.yaml"
    file.parent.mkdir()
    file.write_text(settings)
    loaded = SettingsPlaces(project_file=file, user_file=root / "home" / "config.yaml", environ={}).load()
    connector = CodexConnector(codex_path=standin(root, {"HELD": HELD}), environment=environment(root))
    told: asyncio.Queue[SettingsNews] = asyncio.Queue()
    async with ModelServer([], roots=[str(root)]) as model:
        orchestrator = await Orchestrator.open(
            repository, loaded.config, connector, loaded=loaded, environ=environment(root)
        )
        orchestrator.watch_settings(told.put_nowait)
        async with asyncio.TaskGroup() as group:
            group.create_task(orchestrator.run())
            try:
                yield Stage(root, repository, model, orchestrator), file, told
            finally:
                orchestrator.close()


async def test_more_workers_at_once_let_what_waits_begin_and_fewer_stop_nobody(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_settings, "_AFTER_START_S", 0.0)
    async with opened(scratch, "max_workers: 1\n") as (on, file, told):
        (first,) = await on.start("HELD")
        (second,) = await on.start("HELD")
        await on.until_state(first, TaskState.RUNNING)
        assert on.task(second).state is TaskState.QUEUED
        file.write_text("max_workers: 2\nrole: tester\n")
        await on.until_state(second, TaskState.RUNNING)
        news = await asyncio.wait_for(told.get(), 10)
        assert news.lines[1:] == ("max_workers: 1 → 2, now", "role: implementer → tester, with the next task")
        assert on.orchestrator.config.role == "tester"
        file.write_text("max_workers: 1\nrole: [\n")
        assert (await asyncio.wait_for(told.get(), 10)).is_refused
        assert on.orchestrator.config.max_workers == 2
        file.write_text("max_workers: 1\n")
        await asyncio.wait_for(told.get(), 10)
        (third,) = await on.start("HELD")
        assert {on.task(ref).state for ref in (first, second)} == {TaskState.RUNNING}
        await on.orchestrator.stop(first)
        assert on.task(third).state is TaskState.QUEUED
        await on.orchestrator.stop(second)
        await on.until_state(third, TaskState.RUNNING)
