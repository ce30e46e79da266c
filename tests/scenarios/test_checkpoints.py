"""A plan that was cut off goes on at its first case that is not done, and nothing before it is done again."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from codex_orch_tui.domain.checking import has_passed_checks
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.plan import Level
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.codex_home import write_codex_home
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script
from codex_orch_tui.ui.presentation.what_next import Moment, first_open, what_next
from tests.faults.rig import opened, shown, standin
from tests.scenarios.plans import begin, files_of, spec
from tests.scenarios.stage import FEATURES, PATIENCE_S, Stage, add_file, make_repository, running
from tests.scenarios.test_run_landing import OPEN

CASES = ("one", "two", "three", "four")
PLAN = """\
title: Checkout
tasks:
- {id: checkout, level: epic}
- {id: cart, level: feature, parent: checkout}
- {id: counts, level: test_group, parent: cart}
- {id: one, parent: counts, role: implementer, prompt: CASE-ONE}
- {id: two, parent: counts, role: implementer, prompt: CASE-TWO, depends_on: [one]}
- {id: three, parent: counts, role: implementer, prompt: CASE-THREE, depends_on: [two]}
"""
PROGRAM = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from codex_orch_tui.config import Config
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.services.orchestrator import Orchestrator

async def main(repository):
    orchestrator = await Orchestrator.open(Path(repository), Config(), CodexConnector())
    orchestrator.watch_events(lambda recorded: print(type(recorded.event).__name__, flush=True))
    async with asyncio.TaskGroup() as group:
        group.create_task(orchestrator.run())
        plan = await orchestrator.open_plan(Path("plan.yaml"))
        tasks = tuple(replace(task, checked_answer=False) for task in plan.tasks)
        await orchestrator.create_run(replace(plan, tasks=tasks), "main")

asyncio.run(main(sys.argv[1]))
"""


def cases(*holds: str) -> dict[str, list[dict[str, object]]]:
    """What the stand-in plays: each case writes its file; some do not come to an end by themselves."""
    return {
        f"CASE-{name.upper()}": [{"write": [f"{name}.txt", "x\n"]}, *([{"hold": True}] if name in holds else [])]
        for name in CASES
    }


def states(on: Stage, refs: dict[str, TaskRef]) -> list[TaskState]:
    return [on.task(refs[name]).state for name in CASES]


def commands(on: Stage, run: RunId) -> list[str]:
    """The checks that have begun, in order."""
    file = on.repository / ".orchestrator" / "runs" / run / "commands.jsonl"
    lines = (json.loads(line) for line in file.read_text().splitlines())
    return [line["argv"][1] for line in lines if line["phase"] == "began"]


def told_first(state: State) -> str:
    """What `w` says is to be done first."""
    rows = [row.text for row in what_next(Moment(state=state, waits={}, slots=1))]
    return rows[rows.index("Paused") + 1]


async def test_a_continued_run_begins_at_the_first_case_that_is_not_done(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, cases("three")), max_workers=1, **OPEN) as on:
        refs = await begin(
            on,
            spec("shop", level=Level.EPIC),
            spec("cart", level=Level.FEATURE, parent=TaskId("shop")),
            *(
                spec(name, f"CASE-{name.upper()}", needs, parent=TaskId("cart"), checks=(f"ls {name}.txt",))
                for name, needs in zip(CASES, ("", "one", "two", "three"), strict=True)
            ),
        )
        run = refs["one"].run
        await on.until_state(refs["three"], TaskState.RUNNING)
    again = scratch / "again"
    again.mkdir()
    async with opened(again, standin(scratch, cases()), repository=on.repository, max_workers=1, **OPEN) as on:
        assert states(on, refs) == [TaskState.DONE, TaskState.DONE, TaskState.INTERRUPTED, TaskState.QUEUED]
        assert first_open(on.orchestrator.state, on.orchestrator.state.runs[run]) == refs["three"]
        assert told_first(on.orchestrator.state) == "three"
        kept = [on.task(refs[name]).tip for name in CASES[:2]]
        async with shown(on) as me:
            await me.press("w")
            await me.see("three", "the plan: the program ended. p on the run goes on, here first; 2 to do.")
            await me.press("escape")
            await on.orchestrator.resume_run(run)
            await on.until(lambda: states(on, refs) == [TaskState.DONE] * 4)
        assert [len(on.task(refs[name]).turns) for name in CASES] == [1, 1, 2, 1]
        assert [on.task(refs[name]).tip for name in CASES[:2]] == kept
        assert commands(on, run) == ["one.txt", "two.txt", "three.txt", "four.txt"], "no check ran a second time"
        assert all(has_passed_checks(on.task(refs[name])) for name in CASES)
        assert files_of(on, on.task(refs["four"])) == {"README.md", *(f"{name}.txt" for name in CASES)}


@pytest.mark.slow
@pytest.mark.codex
async def test_also_after_the_program_was_killed(scratch: Path) -> None:
    scripts = [
        Script("CASE-ONE", (Patch(text=add_file("one.txt", "1")), Say(text="one is done"))),
        Script("CASE-TWO", (Patch(text=add_file("two.txt", "2")), Hang(name="two"), Say(text="never"))),
        Script("cut off before its end", (Say(text="two is done"),)),
        Script("CASE-THREE", (Patch(text=add_file("three.txt", "3")), Say(text="three is done"))),
    ]
    repository = make_repository(scratch, {"README.md": "hello\n", "plan.yaml": PLAN})
    async with ModelServer(scripts, roots=[str(scratch)]) as model:
        home = write_codex_home(scratch / "codex-home", model.base_url, features=FEATURES)
        environment = {"PATH": os.environ["PATH"], "HOME": str(scratch / "home"), "CODEX_HOME": str(home)}
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM, str(repository)), env=environment, stdout=asyncio.subprocess.PIPE
        )
        assert program.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            await model.hanging("two")
            while (line := await program.stdout.readline()) and line.strip() != b"TaskFinished":
                pass
        await asyncio.sleep(0.2)  # What was told before is on disk then: the journal writes in groups of 50 ms.
        program.send_signal(signal.SIGKILL)
        await program.wait()
        asked = [request.marker for request in model.requests]
        assert set(asked) == {"CASE-ONE", "CASE-TWO"}
        async with running(scratch, repository, model, {}) as orchestrator:
            on = Stage(scratch, repository, model, orchestrator)
            (run,) = orchestrator.state.runs.values()
            one, two, three = run.tasks[-3:]
            assert run.paused
            assert first_open(orchestrator.state, run) == two
            await orchestrator.resume_run(run.id)
            await on.until_state(three, TaskState.DONE)
            later = [request.marker for request in model.requests][len(asked) :]
            assert set(later) == {"cut off before its end", "CASE-THREE"}
            assert [len(on.task(ref).turns) for ref in (one, two, three)] == [1, 2, 1]
            assert files_of(on, on.task(three)) == {"README.md", "plan.yaml", "one.txt", "two.txt", "three.txt"}
