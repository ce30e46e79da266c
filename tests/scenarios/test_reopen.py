"""The program closed or killed in mid-task, and opened again."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.codex_home import write_codex_home
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script, Shell
from codex_orch_tui.services.errors import NoHolderError, OpenError
from codex_orch_tui.services.viewer import Viewer
from tests.scenarios.stage import (
    ACCEPT,
    FEATURES,
    PATIENCE_S,
    Stage,
    add_file,
    git,
    make_repository,
    running,
)

pytestmark = pytest.mark.codex

PROGRAM = """
import asyncio, sys
from pathlib import Path
from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.services.orchestrator import Orchestrator

async def main(repository, prompts):
    orchestrator = await Orchestrator.open(Path(repository), Config(), CodexConnector())
    orchestrator.watch_events(lambda recorded: print(type(recorded.event).__name__, flush=True))
    async with asyncio.TaskGroup() as group:
        group.create_task(orchestrator.run())
        tasks = tuple(
            TaskSpec(id=TaskId(f"task-{n}"), title=p, prompt=p, checked_answer=False) for n, p in enumerate(prompts, 1)
        )
        await orchestrator.create_run(Plan(title="run", tasks=tasks), "main")

asyncio.run(main(sys.argv[1], sys.argv[2:]))
"""


def scripts(root: Path) -> list[Script]:
    touch = Shell(cmd=f"touch {root}/outside/mark", escalate=True, justification="the mark is elsewhere")
    return [
        Script("FIRST", (Patch(text=add_file("first.txt", "1")), Say(text="first done"))),
        Script("SECOND", (touch, Say(text="never"))),
        Script("THIRD", (Hang(name="third"), Say(text="never"))),
        Script("cut off before its end", (Patch(text=add_file("more.txt", "2")), Say(text="went on"))),
    ]


async def test_closed_in_mid_task_and_opened_again(scratch: Path) -> None:
    (scratch / "outside").mkdir()
    repository = make_repository(scratch, {"README.md": "hello\n"})
    async with ModelServer(scripts(scratch), roots=[str(scratch)]) as model:
        async with running(scratch, repository, model, {}) as orchestrator:
            on = Stage(scratch, repository, model, orchestrator)
            done, asking = await on.start("FIRST", "SECOND")
            await on.until_state(done, TaskState.DONE)
            await on.asked()
        async with running(scratch, repository, model, {}) as orchestrator:
            on = Stage(scratch, repository, model, orchestrator)
            assert on.task(done).state is TaskState.DONE
            assert on.task(asking).state is TaskState.INTERRUPTED
            (approval,) = orchestrator.state.approvals.values()
            assert approval.outcome is Outcome.EXPIRED
            assert any("first done" in entry.text for entry in orchestrator.log(done).tail())
            await orchestrator.resume(asking)
            await on.until_state(asking, TaskState.DONE)
            assert on.task(asking).answer == "went on"
            await on.merged(done)
            assert not (on.outside / "mark").exists()


async def test_killed_with_workers_and_a_question_and_taken_over_by_a_program_that_looked_on(scratch: Path) -> None:
    (scratch / "outside").mkdir()
    repository = make_repository(scratch, {"README.md": "hello\n"})
    async with ModelServer(scripts(scratch), roots=[str(scratch)]) as model:
        home = write_codex_home(scratch / "codex-home", model.base_url, features=FEATURES)
        environment = {"PATH": os.environ["PATH"], "HOME": str(scratch / "home"), "CODEX_HOME": str(home)}
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM, str(repository), "FIRST", "SECOND", "THIRD"),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
        )
        assert program.stdout is not None
        awaited = {"ApprovalRequested", "TaskFinished"}
        async with asyncio.timeout(PATIENCE_S):
            await model.hanging("third")
            while awaited:
                line = await program.stdout.readline()
                assert line, "the program ended by itself"
                awaited.discard(line.decode().strip())
        # What was told 0.2 s ago is on disk: the journal writes in groups of 50 ms.
        await asyncio.sleep(0.2)
        viewer = await Viewer.open(repository, Config(), environ=environment)
        following = asyncio.create_task(viewer.run())
        me = Stage(scratch, repository, model, viewer)  # type: ignore[arg-type] # the same to look at
        question = await me.asked()
        program.send_signal(signal.SIGKILL)
        await program.wait()
        await me.until(lambda: viewer.viewing.holder == "")
        with pytest.raises(NoHolderError, match="no program has this repository open"):
            await viewer.answer(question.id, ACCEPT)
        assert len(viewer.state.pending) == 1, "what is not known yet is not told"
        viewer.close()
        await following
        async with running(scratch, repository, model, {}) as orchestrator:
            on = Stage(scratch, repository, model, orchestrator)
            first, second, third = on.orchestrator.state.tasks
            assert on.task(first).state is TaskState.DONE
            for ref in (second, third):
                assert on.task(ref).state is TaskState.INTERRUPTED
                assert "continue it (c)" in on.task(ref).notes[-1].text
            (approval,) = orchestrator.state.approvals.values()
            assert approval.outcome is Outcome.EXPIRED
            assert "run the turn again" in approval.cause
            await orchestrator.resume(third)
            await on.until_state(third, TaskState.DONE)
            await on.merged(third)
            assert git(repository, "log", "-1", "--format=%s", "main") == "THIRD"


async def test_a_second_program_is_told_who_holds_the_repository(scratch: Path) -> None:
    (scratch / "outside").mkdir()
    repository = make_repository(scratch, {"README.md": "hello\n"})
    async with (
        ModelServer([], roots=[str(scratch)]) as model,
        running(scratch, repository, model, {}),
    ):
        with pytest.raises(OpenError, match=str(os.getpid())):
            async with running(scratch, repository, model, {}):
                pass


async def test_an_accepted_question_is_remembered(scratch: Path) -> None:
    (scratch / "outside").mkdir()
    repository = make_repository(scratch, {"README.md": "hello\n"})
    async with ModelServer(scripts(scratch), roots=[str(scratch)]) as model:
        async with running(scratch, repository, model, {}) as orchestrator:
            on = Stage(scratch, repository, model, orchestrator)
            (ref,) = await on.start("SECOND")
            await orchestrator.answer((await on.asked()).id, ACCEPT)
            await on.until_state(ref, TaskState.DONE)
        async with running(scratch, repository, model, {}) as orchestrator:
            (approval,) = orchestrator.state.approvals.values()
            assert approval.outcome is Outcome.ACCEPTED
            assert (scratch / "outside" / "mark").exists()
