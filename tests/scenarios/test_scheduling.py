"""When tasks of a plan begin: pause, retry, skip, priority, limits, claims, and what a person is told of it."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import FaultKind
from codex_orch_tui.domain.plan import Limits, Plan
from codex_orch_tui.domain.schedule import Reason, Wait
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.errors import NotPossibleError
from tests.faults.rig import opened, standin
from tests.scenarios.plans import begin, files_of, spec
from tests.scenarios.stage import Stage, git, make_repository

EDIT = [{"write": ["new.txt", "new\n"]}]
HELD = [*EDIT, {"hold": True}]
GATED = [{"await": "steer"}]
PLAYS = {"EDIT": EDIT, "HELD": HELD, "GATED": GATED, "SECOND": [{"write": ["second.txt", "2\n"]}]}


def rate_limits(used_percent: int, resets_at_s: int | None) -> dict[str, Any]:
    """A step: Codex tells how full the account's window is."""
    window = {"usedPercent": used_percent, "windowDurationMins": 300, "resetsAt": resets_at_s}
    return {"send": {"method": "account/rateLimits/updated", "params": {"rateLimits": {"primary": window}}}}


def notes(on: Stage, ref: TaskRef) -> str:
    return "\n".join(note.text for note in on.task(ref).notes)


async def steered(on: Stage, ref: TaskRef) -> None:
    await on.until_state(ref, TaskState.RUNNING)
    assert await on.orchestrator.message(ref, "go") == "steered"


async def test_a_plan_that_is_no_graph_is_refused_with_task_and_field(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS)) as on:
        with pytest.raises(NotPossibleError, match=r"depends_on: a circle: (a → b → a|b → a → b)"):
            await begin(on, spec("a", "EDIT", "b"), spec("b", "EDIT", "a"))
        with pytest.raises(NotPossibleError, match=r"b: depends_on: there is no task 'aa'; did you mean a\?"):
            await begin(on, spec("a", "EDIT"), spec("b", "EDIT", "aa"))
        assert on.orchestrator.state.runs == {}


async def test_groups_do_no_work_and_hold_what_is_in_them_together(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS)) as on:
        refs = await begin(
            on,
            spec("epic"),
            spec("a", "GATED", parent="epic"),
            spec("b", "EDIT", parent="epic"),
            spec("c", "EDIT", "epic"),
        )
        await on.until_state(refs["b"], TaskState.DONE)
        await steered(on, refs["a"])
        await on.until_state(refs["c"], TaskState.DONE)
        assert on.task(refs["c"]).joins == (refs["b"],), "a has no commits"
        assert on.task(refs["epic"]).state is TaskState.QUEUED
        assert on.task(refs["epic"]).worktree is None


async def test_tasks_that_claim_the_same_paths_do_not_work_together(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), claims_ignore=("docs",)) as on:
        refs = await begin(
            on,
            spec("a", "GATED", paths=("src/api/**", "docs/a.md")),
            spec("b", "EDIT", paths=("src/*/search.py",)),
            spec("c", "EDIT", paths=("docs/a.md",)),
        )
        await on.until_state(refs["c"], TaskState.DONE)
        assert on.orchestrator.waits() == {refs["b"]: Wait(Reason.CLAIM, (refs["a"],))}
        assert "there is no file yet in the paths that it claims: src/api/**, docs/a.md" in notes(on, refs["a"])
        # Another plan's task waits as well, and a message to it does not get around that.
        (other,) = (await begin(on, spec("d", "EDIT", paths=("src/api/x.py",)))).values()
        await asyncio.sleep(0)
        assert on.orchestrator.waits()[other] == Wait(Reason.CLAIM, (refs["a"],))
        await steered(on, refs["a"])
        await on.until(lambda: all(task.state is TaskState.DONE for task in on.orchestrator.state.tasks.values()))


async def test_a_message_to_a_task_at_rest_waits_for_its_paths_too(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS)) as on:
        first = await begin(on, spec("a", "EDIT", paths=("src",)))
        await on.until_state(first["a"], TaskState.DONE)
        second = await begin(on, spec("b", "GATED", paths=("src",)))
        await on.until_state(second["b"], TaskState.RUNNING)
        assert await on.orchestrator.message(first["a"], "SECOND") == "new turn"
        await on.until(lambda: first["a"] in on.orchestrator.waits())
        assert on.task(first["a"]).state is TaskState.QUEUED
        await steered(on, second["b"])
        await on.until_state(first["a"], TaskState.DONE)
        assert "second.txt" in files_of(on, on.task(first["a"]))


async def test_what_is_paused_does_not_begin_and_a_message_waits_with_it(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), max_workers=1) as on:
        refs = await begin(on, spec("a", "GATED"), spec("b", "EDIT"), spec("c", "EDIT"))
        await on.orchestrator.pause(refs["b"])
        assert await on.orchestrator.message(refs["b"], "SECOND") == "first turn"
        with pytest.raises(NotPossibleError, match="b: it is paused: nothing to pause"):
            await on.orchestrator.pause(refs["b"])
        await steered(on, refs["a"])
        await on.until_state(refs["c"], TaskState.DONE)
        await on.orchestrator.wait_idle()
        assert on.orchestrator.waits() == {refs["b"]: Wait(Reason.HELD)}
        await on.orchestrator.unpause(refs["b"])
        task = await on.until_state(refs["b"], TaskState.DONE)
        assert task.turn is not None
        assert task.turn.prompt.endswith("EDIT\n\nSECOND")
        assert "second.txt" in files_of(on, task)


async def test_a_pause_interrupts_the_turn_keeps_its_edits_and_goes_on_later(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS)) as on:
        refs = await begin(on, spec("a", "HELD"), spec("b", "EDIT", "a"))
        worktree = (await on.until_state(refs["a"], TaskState.RUNNING)).worktree
        assert worktree is not None
        async with asyncio.timeout(10):
            while not (Path(worktree.path) / "new.txt").exists():
                await asyncio.sleep(0.01)
        await on.orchestrator.pause(refs["a"])
        task = await on.until_state(refs["a"], TaskState.INTERRUPTED)
        await on.orchestrator.wait_idle()
        assert [commit.subject for commit in on.task(refs["a"]).commits] == ["a (interrupted)"]
        assert on.orchestrator.waits() == {
            refs["a"]: Wait(Reason.HELD),
            refs["b"]: Wait(Reason.DEPENDENCY, (refs["a"],)),
        }
        await on.orchestrator.unpause(refs["a"])
        await on.until_state(refs["b"], TaskState.DONE)
        assert not on.task(refs["a"]).held
        assert task.held


async def test_a_paused_run_ends_its_turns_and_begins_no_other(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS)) as on:
        refs = await begin(on, spec("a", "GATED"), spec("b", "EDIT", "a"))
        run = refs["a"].run
        await on.orchestrator.pause_run(run)
        await steered(on, refs["a"])
        await on.until_state(refs["a"], TaskState.DONE)
        await on.orchestrator.wait_idle()
        assert on.orchestrator.waits() == {refs["b"]: Wait(Reason.HELD)}
        # What the person asks for is not held by the run's pause.
        await on.orchestrator.message(refs["a"], "SECOND")
        await on.until_state(refs["a"], TaskState.DONE)
        await on.orchestrator.resume_run(run)
        await on.until_state(refs["b"], TaskState.DONE)
        with pytest.raises(NotPossibleError, match="the plan is not paused"):
            await on.orchestrator.resume_run(run)


async def test_retry_begins_from_nothing_and_keeps_what_was_made(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS)) as on:
        refs = await begin(on, spec("a", "EDIT"), spec("b", "EDIT", "a"))
        before = await on.until_state(refs["a"], TaskState.DONE)
        await on.until_state(refs["b"], TaskState.DONE)
        await on.orchestrator.wait_idle()
        kept = await on.orchestrator.retry(refs["a"])
        assert git(on.repository, "rev-parse", kept) == before.tip
        again = await on.until_state(refs["a"], TaskState.DONE)
        assert (again.attempt, len(again.turns), len(again.commits)) == (2, 2, 1)
        with pytest.raises(NotPossibleError, match="cannot begin again: it is merged"):
            await on.merged(refs["a"])
            await on.orchestrator.retry(refs["a"])


async def test_skipped_and_taken_up_again(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), max_workers=1) as on:
        refs = await begin(on, spec("a", "GATED", priority=1), spec("b", "EDIT"), spec("c", "EDIT", "b"))
        await on.orchestrator.skip(refs["b"])
        assert on.task(refs["b"]).state is TaskState.SKIPPED
        with pytest.raises(NotPossibleError, match="a: it is at work: nothing to skip"):
            await on.until_state(refs["a"], TaskState.RUNNING)
            await on.orchestrator.skip(refs["a"])
        await steered(on, refs["a"])
        await on.until_state(refs["c"], TaskState.DONE)
        assert await on.orchestrator.retry(refs["b"]) == ""
        await on.until_state(refs["b"], TaskState.DONE)


async def test_the_higher_priority_goes_first(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), max_workers=1) as on:
        refs = await begin(on, spec("a", "GATED"), spec("b", "EDIT"), spec("c", "EDIT"), spec("d", "EDIT"))
        await on.orchestrator.change_priority(refs["d"], +1)
        await on.orchestrator.change_priority(refs["b"], -1)
        with pytest.raises(NotPossibleError, match="nothing to put earlier or later"):
            await on.until_state(refs["a"], TaskState.RUNNING)
            await on.orchestrator.change_priority(refs["a"], +1)
        await steered(on, refs["a"])
        await on.until(lambda: all(on.task(ref).state is TaskState.DONE for ref in refs.values()))
        began = sorted(refs, key=lambda name: on.task(refs[name]).started_at_s or 0.0)
        assert began == ["a", "d", "c", "b"]


async def test_before_a_window_runs_out_nothing_begins_until_it_is_reset(scratch: Path) -> None:
    resets_at_s = int(time.time()) + 2
    plays = {**PLAYS, "FULL": [rate_limits(96, resets_at_s), {"await": "steer"}]}
    async with opened(scratch, standin(scratch, plays)) as on:
        refs = await begin(on, spec("a", "FULL"), spec("b", "EDIT", "a"))
        await on.until(lambda: on.orchestrator.state.rate_limits is not None)
        await steered(on, refs["a"])
        await on.until(lambda: on.orchestrator.waits().get(refs["b"]) == Wait(Reason.RATE_LIMIT))
        hold = on.orchestrator.rate_hold
        assert hold is not None
        assert (hold.used_percent, hold.resets_at_s) == (96, resets_at_s)
        # The person's own message is not held.
        await on.orchestrator.message(refs["a"], "SECOND")
        await on.until_state(refs["a"], TaskState.DONE)
        await on.orchestrator.wait_idle()
        assert time.time() >= resets_at_s
        assert on.task(refs["b"]).state is TaskState.DONE


async def test_a_limit_of_turns_and_of_minutes(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS)) as on:
        refs = await begin(
            on,
            spec("turns", "HELD", limits=Limits(turns=1)),
            spec("minutes", "HELD", limits=Limits(minutes=0.005)),
        )
        task = await on.until_state(refs["minutes"], TaskState.FAILED)
        assert task.fault is not None
        assert (task.fault.kind, task.fault.message) == (
            FaultKind.LIMIT,
            "stopped: it has worked for 0.005 minutes, which is its limit",
        )
        assert "you stopped the worker" not in notes(on, refs["minutes"])
        await on.until_state(refs["turns"], TaskState.RUNNING)
        await on.orchestrator.interrupt(refs["turns"])
        await on.until_state(refs["turns"], TaskState.INTERRUPTED)
        await on.orchestrator.resume(refs["turns"])
        await on.until_state(refs["turns"], TaskState.DONE)
        assert on.task(refs["turns"]).allowances == 2, "a person let it go on"


async def test_a_base_branch_that_is_deleted_in_mid_run_is_told(scratch: Path) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    git(repository, "branch", "side")
    async with opened(scratch, standin(scratch, PLAYS), repository=repository, max_workers=1) as on:
        specs = (spec("a", "EDIT"), spec("b", "GATED", "a"), spec("c", "EDIT", "a"), spec("d", "EDIT"))
        refs = dict(zip("abcd", await on.orchestrator.create_run(Plan(title="p", tasks=specs), "side"), strict=True))
        await on.until_state(refs["b"], TaskState.RUNNING)
        git(repository, "branch", "-D", "side")
        await steered(on, refs["b"])
        task = await on.until_state(refs["d"], TaskState.FAILED)
        assert task.fault is not None
        assert task.fault.message == "the base branch side does not exist any more"
        await on.until_state(refs["c"], TaskState.DONE)
        assert "the base branch side does not exist any more; a merge will need it" in notes(on, refs["c"])


async def test_a_plan_goes_on_where_it_was_after_the_program_ended(scratch: Path) -> None:
    codex = standin(scratch, PLAYS)
    async with opened(scratch, codex, max_workers=1) as on:
        refs = await begin(on, spec("a", "EDIT"), spec("b", "HELD", "a"), spec("c", "EDIT", "b"), spec("g"))
        await on.until_state(refs["b"], TaskState.RUNNING)
    again = scratch / "again"
    again.mkdir()
    async with opened(again, codex, repository=on.repository) as on:
        assert [on.task(ref).state for ref in refs.values()] == [
            TaskState.DONE,
            TaskState.INTERRUPTED,
            TaskState.QUEUED,
            TaskState.QUEUED,
        ]
        run = on.orchestrator.state.runs[refs["a"].run]
        assert run.paused
        assert run.pause_cause == "the program ended"
        await on.orchestrator.wait_idle()
        assert on.task(refs["c"]).state is TaskState.QUEUED, "nothing goes on by itself"
        await on.orchestrator.resume_run(run.id)
        await on.until_state(refs["c"], TaskState.DONE, TaskState.FAILED)
        assert [len(on.task(ref).turns) for ref in refs.values()] == [1, 2, 1, 0]
