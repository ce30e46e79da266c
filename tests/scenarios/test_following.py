"""A command that follows what another program does, and is ended before it knows which run that is."""

import asyncio
import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.cli.begin import Beginning, ResumeRun, SendMessage, StartPlan
from codex_orch_tui.cli.out import Out
from codex_orch_tui.cli.working import Telling, _there
from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.headless import Waiting
from codex_orch_tui.services.viewer import Viewer
from tests.faults.rig import environment, opened, standin
from tests.scenarios.stage import Stage

PLAN = Plan(title="x", tasks=(TaskSpec(id=TaskId("a"), title="a", prompt="HOLD"),))


async def ended_early(
    on: Stage, method: str, beginning: Beginning, monkeypatch: pytest.MonkeyPatch, *, knows: Callable[[Viewer], bool]
) -> int:
    """Follow it, and end with a signal while the holder has not answered yet."""
    viewer = await Viewer.open(on.repository, Config(), environ=environment(on.root))
    running = asyncio.create_task(viewer.run())
    asked = asyncio.Event()

    async def unanswered(*_arguments: Any, **_options: Any) -> None:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(viewer, method, unanswered)
    waiting = Waiting(session=viewer, _running=running)
    await waiting.until(lambda: knows(viewer))
    following = asyncio.create_task(_there(viewer, waiting, beginning, None, Telling(Out(io.StringIO()), as_json=True)))
    async with asyncio.timeout(15):
        await asked.wait()
        os.kill(os.getpid(), signal.SIGINT)
        code = await following
    viewer.close()
    await running
    return code


@pytest.mark.parametrize("method", ["resume", "message"])
async def test_a_run_that_is_known_before_is_stopped(
    scratch: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], method: str
) -> None:
    async with opened(scratch, standin(scratch, {"HOLD": [{"hold": True}]})) as on:
        first, second = await on.start("HOLD", "HOLD")
        for ref in (first, second):
            await on.until_state(ref, TaskState.RUNNING)
        await on.orchestrator.interrupt(first)
        await on.until_state(first, TaskState.INTERRUPTED)
        beginning = ResumeRun(run=first.run) if method == "resume" else SendMessage(ref=first, text="go on")

        def knows(viewer: Viewer) -> bool:
            return first in viewer.state.tasks and viewer.state.tasks[first].state is TaskState.INTERRUPTED

        assert await ended_early(on, method, beginning, monkeypatch, knows=knows) == 128 + signal.SIGINT
        assert on.task(second).state is TaskState.INTERRUPTED
        assert f"stopping {first.run}; edits are committed" in capsys.readouterr().err


async def test_a_run_that_is_not_known_yet_may_go_on_and_that_is_said(
    scratch: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(scratch, standin(scratch)) as on:
        code = await ended_early(on, "create_run", StartPlan(plan=PLAN), monkeypatch, knows=lambda _viewer: True)
        assert code == 128 + signal.SIGINT
        told = capsys.readouterr().err
        assert f"if process {os.getpid()} on " in told
        assert "has begun it, it goes on there → codex-orch-tui status shows it, codex-orch-tui stop RUN" in told
