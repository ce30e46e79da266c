"""Landing a run: what lands together, what stays out, and what leaves everything as it was."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.merge import RefusalReason
from codex_orch_tui.domain.run_landing import LandingCheck, LandingOutcome, RunLanding, RunLandingPreview, StaysOut
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.errors import NotPossibleError
from tests.faults.rig import opened, script, standin
from tests.scenarios.plans import begin, spec
from tests.scenarios.stage import Stage, git


def writes(**files: str) -> list[dict[str, Any]]:
    """A turn that writes files; `_` in a name is its dot."""
    return [{"write": [name.replace("_", "."), f"{text}\n"]} for name, text in files.items()]


PLAYS = {
    "ONE": writes(one_txt="1"),
    "TWO": writes(two_txt="2"),
    "BOTH": writes(both_txt="3"),
    "CLASH-A": writes(same_txt="a"),
    "CLASH-B": writes(same_txt="b"),
    "SOLVE": writes(same_txt="a and b"),
    "BREAK": writes(broken_txt="x"),
    "LOOK": [],
}
OPEN = {"check_sandbox": "danger-full-access", "allowed_programs": ("sh", "test", "ls", "sleep")}
"""The stand-in has no sandbox for checks."""


async def all_done(on: Stage, refs: dict[str, TaskRef], *, review: str = "") -> RunId:
    """Wait until every task is done, then look at some of them."""
    await on.until(lambda: all(on.task(ref).state is TaskState.DONE for ref in refs.values()))
    await on.orchestrator.wait_idle()
    for name in review.split():
        await on.reviewed(refs[name])
    return next(iter(refs.values())).run


def landing(on: Stage, run: RunId) -> RunLanding:
    found = on.orchestrator.state.runs[run].landing
    assert found is not None
    return found


def order(preview: RunLandingPreview) -> list[str]:
    return [task.ref.task for task in preview.tasks]


def left(preview: RunLandingPreview) -> dict[str, StaysOut]:
    return {one.ref.task: one.why for one in preview.left}


def with_check(preview: RunLandingPreview, name: str, command: str = "") -> RunLandingPreview:
    """With this check first, which would have been in the way of the tasks themselves."""
    check = LandingCheck(name=name, command=command or name, wanted_by=(preview.tasks[0].ref,))
    return replace(preview, checks=(check, *preview.checks))


def subjects(on: Stage, branch: str = "main") -> list[str]:
    return git(on.repository, "log", "--reverse", "--format=%s", branch).splitlines()


def everything(on: Stage) -> tuple[str, str]:
    """Branches and the person's files: what is the same when nothing moved."""
    return git(on.repository, "for-each-ref", "refs/heads"), git(on.repository, "status", "--porcelain")


def integration(on: Stage, run: RunId) -> tuple[list[str], bool]:
    """What is left of the integration worktree: branches, and whether its folder is there."""
    listed = git(on.repository, "for-each-ref", "--format=%(refname)", "refs/heads/orch").splitlines()
    folder = on.repository / ".orchestrator" / "worktrees" / run / "integration"
    return [name for name in listed if "integration" in name], folder.exists()


async def test_what_depends_on_two_lands_with_them_and_each_commit_once(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(
            on,
            spec("one", "ONE", checks=("ls one.txt",)),
            spec("two", "TWO"),
            spec("both", "BOTH", "one two", checks=("ls both.txt", "ls one.txt")),
            spec("look", "LOOK", "both"),
        )
        run = await all_done(on, refs, review="one two both")
        git(on.repository, "commit", "--quiet", "--allow-empty", "-m", "moved")
        base = git(on.repository, "rev-parse", "main")
        preview = await on.orchestrator.preview_run_landing(run)
        assert (preview.refusal, preview.left, preview.old) == (None, (), base)
        assert order(preview) == ["one", "two", "both", "look"]
        assert [(check.name, [ref.task for ref in check.wanted_by]) for check in preview.checks] == [
            ("ls one.txt", ["one", "both"]),
            ("ls both.txt", ["both"]),
        ]
        merged = await on.orchestrator.land_run(run, preview)
        assert merged.new == preview.new == git(on.repository, "rev-parse", "main")
        assert subjects(on) == ["first", "moved", "one", "two", "both"]
        assert git(on.repository, "status", "--porcelain") == ""
        ended = landing(on, run)
        assert ended.outcome is LandingOutcome.LANDED
        assert [(one.name, one.commit) for one in ended.receipts] == [
            ("ls one.txt", preview.new),
            ("ls both.txt", preview.new),
        ]
        for ref in refs.values():
            task = on.task(ref)
            assert (task.state, task.worktree_removed) == (TaskState.MERGED, True)
            assert task.worktree is not None
            assert not Path(task.worktree.path).exists()
            assert git(on.repository, "rev-parse", task.worktree.branch) == task.tip
            assert git(on.repository, "rev-parse", task.backup_ref) == task.tip
        assert integration(on, run) == ([], False)
        assert on.orchestrator.state.base_tips["main"] == preview.new


async def test_what_is_not_reviewed_or_not_done_stays_out_with_what_stands_on_it(scratch: Path) -> None:
    plays = {**PLAYS, "HELD": [{"hold": True}]}
    async with opened(scratch, standin(scratch, plays), **OPEN) as on:
        refs = await begin(
            on,
            spec("one", "ONE"),
            spec("two", "TWO"),
            spec("both", "BOTH", "two"),
            spec("held", "HELD"),
            spec("later", "LOOK", "held"),
        )
        for name in ("one", "two", "both"):
            await on.until_state(refs[name], TaskState.DONE)
        await on.until_state(refs["held"], TaskState.RUNNING)
        await on.reviewed(refs["one"])
        await on.reviewed(refs["both"])
        run = refs["one"].run
        preview = await on.orchestrator.preview_run_landing(run)
        assert order(preview) == ["one"]
        assert left(preview) == {
            "two": StaysOut.NOT_REVIEWED,
            "both": StaysOut.STANDS_ON,
            "held": StaysOut.NOT_DONE,
            "later": StaysOut.NOT_DONE,
        }
        await on.orchestrator.land_run(run, preview)
        # The second half lands later, on the new tip.
        await on.reviewed(refs["two"])
        preview = await on.orchestrator.preview_run_landing(run)
        assert order(preview) == ["two", "both"]
        await on.orchestrator.land_run(run, preview)
        assert subjects(on) == ["first", "one", "two", "both"]
        await on.orchestrator.stop(refs["held"])
        preview = await on.orchestrator.preview_run_landing(run)
        assert preview.refusal is not None
        assert preview.refusal.reason is RefusalReason.NOTHING_TO_MERGE


async def test_edits_of_the_person_are_committed_and_ask_for_another_review(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"))
        run = await all_done(on, refs, review="one two")
        task = on.task(refs["one"])
        assert task.worktree is not None
        (Path(task.worktree.path) / "mine.txt").write_text("mine\n")
        preview = await on.orchestrator.preview_run_landing(run)
        assert (order(preview), left(preview)) == (["two"], {"one": StaysOut.NOT_REVIEWED})


async def test_a_clash_stops_at_its_task_and_the_others_can_land_without_it(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(on, spec("a", "CLASH-A"), spec("b", "CLASH-B"), spec("one", "ONE"))
        run = await all_done(on, refs, review="a b one")
        before = everything(on)
        preview = await on.orchestrator.preview_run_landing(run)
        assert preview.refusal is not None
        assert (preview.refusal.reason, preview.refusal.paths) == (RefusalReason.CONFLICT, ("same.txt",))
        assert preview.culprit == refs["b"]
        with pytest.raises(NotPossibleError, match="“b” clashes with what is before it, in 1 file"):
            await on.orchestrator.land_run(run, preview)
        assert everything(on) == before
        assert on.orchestrator.state.runs[run].landing is None
        preview = await on.orchestrator.preview_run_landing(run, without={refs["b"]})
        assert (order(preview), left(preview)) == (["a", "one"], {"b": StaysOut.LEFT_OUT})
        await on.orchestrator.land_run(run, preview)
        assert subjects(on) == ["first", "a", "one"]
        assert on.task(refs["b"]).state is TaskState.DONE


async def test_a_clash_that_a_dependent_resolved_lands_with_it(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(on, spec("a", "CLASH-A"), spec("b", "CLASH-B"), spec("solve", "SOLVE", "a b"))
        run = await all_done(on, refs, review="a b solve")
        preview = await on.orchestrator.preview_run_landing(run)
        assert preview.refusal is None
        await on.orchestrator.land_run(run, preview)
        assert subjects(on) == ["first", "a", "solve"]
        assert git(on.repository, "show", "main:same.txt") == "a and b"
        assert all(on.task(ref).state is TaskState.MERGED for ref in refs.values())


async def test_a_clash_with_what_landed_before_is_still_resolved_by_the_dependent(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(
            on, spec("one", "ONE"), spec("a", "CLASH-A"), spec("b", "CLASH-B"), spec("solve", "SOLVE", "a b")
        )
        run = await all_done(on, refs, review="one a")
        await on.orchestrator.land_run(run, await on.orchestrator.preview_run_landing(run))
        await on.reviewed(refs["b"])
        await on.reviewed(refs["solve"])
        preview = await on.orchestrator.preview_run_landing(run)
        assert preview.refusal is None
        await on.orchestrator.land_run(run, preview)
        assert subjects(on) == ["first", "one", "a", "solve"]
        assert git(on.repository, "show", "main:same.txt") == "a and b"


async def test_a_red_check_names_the_task_that_broke_it_and_nothing_moves(scratch: Path) -> None:
    whole = "test ! -e broken.txt"
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(
            on,
            spec("one", "ONE", checks=(whole,)),
            spec("two", "TWO"),
            spec("bad", "BREAK"),
            spec("also", "CLASH-A"),
        )
        run = await all_done(on, refs, review="one two bad also")
        before = everything(on)
        preview = await on.orchestrator.preview_run_landing(run)
        with pytest.raises(NotPossibleError, match=r"the check test ! -e broken\.txt failed with exit code 1 with bad"):
            await on.orchestrator.land_run(run, preview)
        assert everything(on) == before
        ended = landing(on, run)
        assert (ended.outcome, ended.culprit) == (LandingOutcome.NOT_LANDED, refs["bad"])
        assert ended.receipts == ()
        assert "the run did not land" in on.task(refs["bad"]).notes[-1].text
        assert integration(on, run) == ([], False)
        assert {on.task(ref).state for ref in refs.values()} == {TaskState.DONE}
        # And without that one it is green.
        preview = await on.orchestrator.preview_run_landing(run, without={refs["bad"]})
        await on.orchestrator.land_run(run, preview)
        assert subjects(on) == ["first", "one", "two", "also"]


async def test_the_checks_of_a_group_run_when_it_lands_as_a_whole(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(
            on,
            spec("epic", checks=("ls one.txt two.txt",)),
            spec("one", "ONE", parent="epic"),
            spec("two", "TWO", parent="epic"),
        )
        await on.until(lambda: all(on.task(refs[name]).state is TaskState.DONE for name in ("one", "two")))
        await on.reviewed(refs["one"])
        run = refs["one"].run
        assert (await on.orchestrator.preview_run_landing(run)).checks == ()
        await on.reviewed(refs["two"])
        preview = await on.orchestrator.preview_run_landing(run)
        assert [check.name for check in preview.checks] == ["ls one.txt two.txt"]
        await on.orchestrator.land_run(run, preview)
        assert [one.outcome for one in landing(on, run).checks] == [CheckOutcome.PASSED]


async def test_a_base_that_moves_meanwhile_refuses_and_the_next_try_stands_on_it(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"))
        run = await all_done(on, refs, review="one two")
        preview = await on.orchestrator.preview_run_landing(run)
        git(on.repository, "commit", "--quiet", "--allow-empty", "-m", "moved")
        with pytest.raises(NotPossibleError, match=r"since it was shown → look at it again \(m on the run\)"):
            await on.orchestrator.land_run(run, preview)
        await on.orchestrator.land_run(run, await on.orchestrator.preview_run_landing(run))
        assert subjects(on) == ["first", "moved", "one", "two"]


async def test_what_changes_while_the_checks_run_is_found_before_anything_moves(scratch: Path) -> None:
    gate = scratch / "gate"
    wait = script(scratch / "bin" / "wait", f"#!/bin/sh\nwhile ! test -e '{gate}'; do sleep 0.01; done\n")
    settings = OPEN | {"checks": {"slow": "sh slow.sh"}}
    plays = {**PLAYS, "SLOW": [{"write": ["slow.sh", f"test -e early || exec '{wait}'\n"]}]}
    async with opened(scratch, standin(scratch, plays), **settings) as on:
        refs = await begin(on, spec("slow", "SLOW"), spec("one", "ONE", checks=("ls one.txt",)))
        run = await all_done(on, refs, review="slow one")
        await on.orchestrator.wait_idle()
        preview = await on.orchestrator.preview_run_landing(run)
        waiting = with_check(preview, "slow", "sh slow.sh")
        trying = asyncio.create_task(on.orchestrator.land_run(run, waiting))
        await on.until(lambda: (found := on.orchestrator.state.runs[run].landing) is not None and bool(found.checks))
        with pytest.raises(NotPossibleError, match="is landing now"):
            await on.orchestrator.preview_run_landing(run)
        await on.orchestrator.merge(refs["one"], await on.orchestrator.preview_merge(refs["one"]))
        gate.touch()
        with pytest.raises(NotPossibleError, match="one has changed since it was shown"):
            await trying
        assert subjects(on) == ["first", "one"]
        assert integration(on, run) == ([], False)
        preview = await on.orchestrator.preview_run_landing(run)
        assert order(preview) == ["slow"]


async def test_stopped_by_the_person_or_by_the_end_of_the_program(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO", checks=("sleep 0.2",)))
        run = await all_done(on, refs, review="one two")
        before = everything(on)
        for stop, words in ((lambda: on.orchestrator.stop_landing(run), "stopped by you"), (on.orchestrator.close, "")):
            preview = await on.orchestrator.preview_run_landing(run)
            trying = asyncio.create_task(on.orchestrator.land_run(run, preview))
            await on.until(
                lambda: (
                    (found := on.orchestrator.state.runs[run].landing) is not None
                    and found.outcome is None
                    and found.check is not None
                )
            )
            stop()
            with pytest.raises(NotPossibleError, match=words or "the program was closed"):
                await trying
            assert everything(on) == before
            assert integration(on, run) == ([], False)
        assert landing(on, run).reason == "the program was closed"


async def test_a_check_that_changes_files_is_no_receipt(scratch: Path) -> None:
    plays = {**PLAYS, "FORMAT": [*writes(one_txt="1"), {"write": ["format.sh", "printf 'formatted\\n' > one.txt\n"]}]}
    async with opened(scratch, standin(scratch, plays), **OPEN) as on:
        refs = await begin(on, spec("one", "FORMAT"), spec("two", "TWO", checks=("ls two.txt",)))
        run = await all_done(on, refs, review="one two")
        preview = await on.orchestrator.preview_run_landing(run)
        changed = with_check(preview, "sh format.sh")
        before = everything(on)[1]
        with pytest.raises(NotPossibleError, match="a check changed files, so what it passed is not the commit"):
            await on.orchestrator.land_run(run, changed)
        assert everything(on)[1] == before
        assert subjects(on) == ["first"]
        ended = landing(on, run)
        assert "holds edits that are in no commit" in ended.kept_because
        # The next one has a place of its own.
        await on.orchestrator.land_run(run, await on.orchestrator.preview_run_landing(run))
        assert subjects(on) == ["first", "one", "two"]


async def test_a_run_with_one_worktree_lands_as_one_branch(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), use_single_workspace=True, **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"), spec("both", "BOTH", "one two"))
        run = await all_done(on, refs, review="one two")
        preview = await on.orchestrator.preview_run_landing(run)
        assert preview.refusal is not None
        assert "share one worktree and land together; both: not reviewed" in preview.refusal.message
        await on.reviewed(refs["both"])
        preview = await on.orchestrator.preview_run_landing(run)
        assert preview.refusal is None
        assert order(preview)[-1] == "both"
        await on.orchestrator.land_run(run, preview)
        assert len(subjects(on)) == 4
        assert subjects(on)[-1] == "both"
        assert all(on.task(ref).worktree_removed for ref in refs.values())
        shared = on.task(refs["one"]).worktree
        assert shared is not None
        assert not Path(shared.path).exists()


async def test_a_restart_finds_out_how_it_ended(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"))
        run = await all_done(on, refs, review="one two")
        preview = await on.orchestrator.preview_run_landing(run)
        repository = on.repository
        landings = on.orchestrator._run_landings
        place = await landings.integration.place(on.orchestrator.state.runs[run], preview.new)
        hub = on.orchestrator._hub
        started = ev.RunLandingStarted(
            run=run, base_branch="main", old=preview.old, new=preview.new, tasks=preview.tasks, worktree=place
        )
        await hub.record(started)
        await landings.integration.make(run, place, ready_for_checks=False)
    async with opened(scratch, standin(scratch, PLAYS), repository=repository, **OPEN) as on:
        ended = landing(on, run)
        assert ended.outcome is LandingOutcome.NOT_LANDED
        assert ended.reason == "the program ended before it landed; nothing moved"
        assert integration(on, run) == ([], False)
        hub = on.orchestrator._hub
        await hub.record(started)
        await on.orchestrator._run_landings.integration.make(run, place, ready_for_checks=False)
        await hub.record(ev.RunMergeStarted(run=run))
        git(repository, "merge", "--quiet", "--ff-only", place.branch)
    async with opened(scratch, standin(scratch, PLAYS), repository=repository, **OPEN) as on:
        assert landing(on, run).outcome is LandingOutcome.LANDED
        assert all(on.task(ref).state is TaskState.MERGED for ref in refs.values())
        assert all(on.task(ref).worktree_removed for ref in refs.values())
        assert integration(on, run) == ([], False)


async def test_given_up_in_the_middle_nothing_has_moved(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, PLAYS), **OPEN) as on:
        refs = await begin(on, spec("one", "ONE"), spec("two", "TWO"))
        run = await all_done(on, refs, review="one two")
        before = everything(on)
        preview = with_check(await on.orchestrator.preview_run_landing(run), "sleep 60")
        trying = asyncio.create_task(on.orchestrator.land_run(run, preview))
        await on.until(lambda: (found := on.orchestrator.state.runs[run].landing) is not None and bool(found.check))
        trying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await trying
        assert everything(on) == before
        assert (landing(on, run).outcome, integration(on, run)) == (LandingOutcome.NOT_LANDED, ([], False))
