"""What cleaning and pruning take away, and above all what they leave: on scratch repositories, with real git."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.cleaning import Cleaned, CleanHow, Part, last_change_s
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.gitrepo.backup import BACKUPS
from codex_orch_tui.services import orchestrator
from codex_orch_tui.services.clean_look import CleanLook, CleanPlan
from codex_orch_tui.services.cleaning import Cleaning
from codex_orch_tui.services.commands import model
from codex_orch_tui.services.commands.reply import Handled, Reply
from codex_orch_tui.services.commands.sender import send
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.integration import INTEGRATION
from codex_orch_tui.store.inbox_files import put_file
from codex_orch_tui.store.layout import Layout
from tests.fakes.states import Story
from tests.faults.rig import asks, opened, says, standin
from tests.scenarios.stage import DECLINE, PATIENCE_S, Stage, git

PLAYS = {
    "EDIT": [{"write": ["new.txt", "new\n"]}, says("done")],
    "OTHER": [{"write": ["other.txt", "other\n"]}, says("done")],
    "ASK": [asks("touch asked"), {"await": "answer"}, says("went on")],
    "TALK": [says("nothing to change")],
    "SWITCH": [{"write": ["switch.sh", "git switch --quiet other\n"]}, says("done")],
    "HOLD": [{"write": ["half.txt", "half\n"]}, {"hold": True}],
}
CLEAN = CleanHow()
PRUNE = CleanHow(prunes=True)
GIVE_UP = CleanHow(prunes=True, no_resume=True)


@asynccontextmanager
async def program(root: Path, **config: Any) -> AsyncIterator[Stage]:
    async with opened(root, standin(root, PLAYS), **config) as on:
        yield on


async def done(on: Stage, prompt: str = "EDIT") -> TaskRef:
    (ref,) = await on.start(prompt)
    await on.until_state(ref, TaskState.DONE)
    return ref


async def merged(on: Stage, prompt: str = "EDIT") -> TaskRef:
    ref = await done(on, prompt)
    await on.merged(ref)
    return ref


async def stopped(on: Stage) -> TaskRef:
    """A task that was interrupted after it had written half of its file, which is committed."""
    (ref,) = await on.start("HOLD")
    await on.until_state(ref, TaskState.RUNNING)
    await on.until(lambda: (folder_of(on, ref) / "half.txt").exists() or on.task(ref).turn is not None)
    await on.orchestrator.stop(ref)
    return ref


def folder_of(on: Stage, ref: TaskRef) -> Path:
    worktree = on.task(ref).worktree
    assert worktree is not None
    return Path(worktree.path)


def branch_of(on: Stage, ref: TaskRef) -> str:
    worktree = on.task(ref).worktree
    assert worktree is not None
    return worktree.branch


def branches(on: Stage) -> set[str]:
    return set(git(on.repository, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines())


def backups(on: Stage, ref: TaskRef) -> dict[str, str]:
    listed = git(on.repository, "for-each-ref", "--format=%(refname) %(objectname)", f"{BACKUPS}{ref}")
    return dict(line.split() for line in listed.splitlines())


def landing_branch(on: Stage, ref: TaskRef) -> str:
    """The branch that a landing of the run is made on."""
    return on.orchestrator._workspace.branch_for(ref.run, INTEGRATION, on.orchestrator.state.runs[ref.run].created_at_s)


def run_folder(on: Stage, ref: TaskRef) -> Path:
    return on.orchestrator.layout.run_folder(ref.run)


def parts(cleaned: Cleaned) -> list[Part]:
    return [one.part for one in cleaned.removed]


async def cleaned(on: Stage, ref: TaskRef, how: CleanHow = CLEAN) -> Cleaned:
    return await on.orchestrator.clean_run(ref.run, how)


async def looked(on: Stage, ref: TaskRef, how: CleanHow, *, is_held: bool = True) -> CleanPlan:
    """A dry run, as another program does it."""
    orchestrator = on.orchestrator
    look = CleanLook(
        repository=orchestrator._repository,
        layout=orchestrator.layout,
        worktrees=orchestrator._workspace.worktrees,
        branch_for=orchestrator._workspace.branch_for,
        is_held=is_held,
    )
    return await look.of(orchestrator.state, orchestrator.state.runs[ref.run], how)


def why(found: Cleaned, part: Part) -> str:
    (kept,) = [one for one in found.kept if one.part is part]
    return kept.reason


async def test_what_was_merged_goes_and_comes_back_from_its_backup(scratch: Path) -> None:
    async with program(scratch) as on:
        ref = await merged(on)
        branch, tip = branch_of(on, ref), on.task(ref).tip
        assert branch in branches(on)
        tmp = on.orchestrator.layout.make_private_tmp(*ref)
        (tmp / "left").write_text("x")
        kept = await cleaned(on, ref, CleanHow(keep_branches=True))
        assert (parts(kept), kept.kept) == ([Part.PRIVATE_TMP], ()) and branch in branches(on) and not tmp.exists()

        found = await cleaned(on, ref)
        assert (parts(found), found.kept, found.applied) == ([Part.BRANCH], (), True)
        assert branches(on) == {"main"}
        (removed,) = found.removed
        assert backups(on, ref) == {removed.backup_ref: tip}
        task = on.task(ref)
        assert (task.state, task.branch_removed, task.backup_ref) == (TaskState.MERGED, True, removed.backup_ref)
        assert (await on.orchestrator.clean_run(ref.run, CLEAN)).removed == ()
        assert run_folder(on, ref).is_dir()

        assert removed.undo == f"git branch {branch} {removed.backup_ref}"
        git(on.repository, *removed.undo.split()[1:])
        assert git(on.repository, "rev-parse", branch) == tip
        again = await cleaned(on, ref)
        assert (again.removed, again.kept) == ((), ()), "what a person brought back is theirs"
        assert branch in branches(on)


async def test_what_nobody_merged_stays_and_what_changed_nothing_goes(scratch: Path) -> None:
    async with program(scratch) as on:
        ref, idle = await done(on), await done(on, "TALK")
        for how in (CLEAN, PRUNE, GIVE_UP):
            found = await cleaned(on, ref, how)
            step = f"not in main yet → codex-orch-tui merge --run-id {ref.run}; on the screen: review it (d)"
            assert found.removed == () and step in why(found, Part.WORKTREE)
        assert folder_of(on, ref).is_dir() and branch_of(on, ref) in branches(on) and run_folder(on, ref).is_dir()
        assert on.task(ref).state is TaskState.DONE
        assert parts(await cleaned(on, idle)) == [Part.WORKTREE, Part.BRANCH, Part.PRIVATE_TMP]
        assert not folder_of(on, idle).exists() and on.task(idle).worktree_removed
        assert folder_of(on, ref).is_dir(), "another run's"


async def test_edits_that_came_after_the_merge_are_never_touched(scratch: Path) -> None:
    async with program(scratch) as on:
        ref = await done(on)
        await on.reviewed(ref)
        preview = await on.orchestrator.preview_merge(ref)
        (folder_of(on, ref) / "mine.txt").write_text("mine")
        await on.orchestrator.merge(ref, preview)
        for how in (CLEAN, GIVE_UP):
            found = await cleaned(on, ref, how)
            assert found.removed == () or parts(found) == [Part.PRIVATE_TMP]
            assert "in no commit" in why(found, Part.WORKTREE)
        assert (folder_of(on, ref) / "mine.txt").read_text() == "mine"
        git(folder_of(on, ref), "add", "--all")
        git(folder_of(on, ref), "-c", "user.name=R", "-c", "user.email=r@example.org", "commit", "-qm", "mine")
        found = await cleaned(on, ref, GIVE_UP)
        assert "neither in main nor in a backup: they came after it was merged" in why(found, Part.WORKTREE)
        assert (folder_of(on, ref) / "mine.txt").exists() and run_folder(on, ref).is_dir()


async def test_what_could_be_resumed_goes_only_when_it_is_given_up(scratch: Path) -> None:
    async with program(scratch) as on:
        ref = await stopped(on)
        for how in (CLEAN, PRUNE):
            found = await cleaned(on, ref, how)
            assert found.removed == () and f"resume --run-id {ref.run}" in why(found, Part.WORKTREE)
        (folder_of(on, ref) / "mine.txt").write_text("mine")
        found = await cleaned(on, ref, GIVE_UP)
        assert found.removed == () and "in no commit" in why(found, Part.WORKTREE)
        (folder_of(on, ref) / "mine.txt").unlink()
        branch, tip = branch_of(on, ref), git(on.repository, "rev-parse", branch_of(on, ref))
        plan = (await looked(on, ref, GIVE_UP)).told()
        assert [one.part for one in plan.removed][:3] == [Part.TASK, Part.WORKTREE, Part.BRANCH]
        assert branch in branches(on) and folder_of(on, ref).is_dir(), "a dry run changes nothing"

        found = await cleaned(on, ref, GIVE_UP)
        assert found.kept == () and parts(found) == [*dict.fromkeys(one.part for one in plan.removed)]
        assert branches(on) == {"main"} and not folder_of(on, ref).exists() and not run_folder(on, ref).exists()
        assert on.task(ref).state is TaskState.DISCARDED and list(backups(on, ref).values()) == [tip]
        with pytest.raises(NotPossibleError):
            await on.orchestrator.resume(ref)
        folder = run_folder(on, ref)
    assert not folder.exists(), "no report of it is written when the program ends"


async def test_what_is_at_work_stays(scratch: Path) -> None:
    async with program(scratch) as on:
        (ref,) = await on.start("HOLD")
        await on.until_state(ref, TaskState.RUNNING)
        for how in (CLEAN, GIVE_UP):
            found = await cleaned(on, ref, how)
            assert found.removed == () and f"is at work → codex-orch-tui stop {ref}" in why(found, Part.WORKTREE)
        assert on.task(ref).state is TaskState.RUNNING
        await on.orchestrator.stop(ref)


async def test_a_worktree_that_was_moved_replaced_or_switched_stays(scratch: Path) -> None:
    async with program(scratch) as on:
        moved, by_hand, link, switched = [await done(on, "TALK") for _ in range(4)]
        git(on.repository, "worktree", "move", "-f", "-f", str(folder_of(on, moved)), str(scratch / "moved"))
        folder_of(on, by_hand).rename(scratch / "by-hand")
        folder_of(on, link).rename(scratch / "elsewhere")
        folder_of(on, link).symlink_to(scratch / "elsewhere")
        git(folder_of(on, switched), "switch", "-qc", "mine")
        for ref, part, told in (
            (moved, Part.BRANCH, f"checked out in {scratch / 'moved'}"),
            (by_hand, Part.WORKTREE, "git worktree repair NEW_PLACE"),
            (link, Part.WORKTREE, "is a symlink now"),
            (switched, Part.WORKTREE, "is on mine"),
        ):
            for how in (CLEAN, GIVE_UP):
                found = await cleaned(on, ref, how)
                assert not {Part.WORKTREE, Part.BRANCH, Part.RUN_FOLDER} & set(parts(found)), found
                assert told in why(found, part) and told in why((await looked(on, ref, how)).told(), part)
            assert branch_of(on, ref) in branches(on)
        assert (scratch / "elsewhere" / "README.md").exists() and (scratch / "moved" / "README.md").exists()
        git(on.repository, "worktree", "repair", str(scratch / "by-hand"))
        assert git(scratch / "by-hand", "status", "--porcelain") == ""
        assert "checked out in" in why(await cleaned(on, by_hand), Part.BRANCH)


async def test_what_stopped_and_was_moved_is_not_given_up(scratch: Path) -> None:
    async with program(scratch) as on:
        ref = await stopped(on)
        git(on.repository, "worktree", "move", "-f", "-f", str(folder_of(on, ref)), str(scratch / "moved"))
        found = await cleaned(on, ref, GIVE_UP)
        assert found.removed == () and "checked out in" in why(found, Part.BRANCH)
        assert on.task(ref).state is TaskState.INTERRUPTED and git(scratch / "moved", "status", "--porcelain") == ""


async def test_what_was_taken_up_between_the_look_and_the_removal_stays(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with program(scratch) as on:
        ref = await done(on, "TALK")
        plan = await looked(on, ref, CLEAN)
        await on.orchestrator.message(ref, "HOLD")
        await on.until_state(ref, TaskState.RUNNING)

        async def stale(*_: object) -> CleanPlan:
            return plan

        monkeypatch.setattr(Cleaning, "_look", stale)
        assert [name for name, _ in plan.private_tmps] == [ref.task]
        found = await cleaned(on, ref)
        assert found.removed == () and "taken up again" in why(found, Part.WORKTREE)
        assert "taken up again" in why(found, Part.PRIVATE_TMP) and on.orchestrator.layout.private_tmp(*ref).is_dir()
        assert folder_of(on, ref).is_dir() and on.task(ref).state is TaskState.RUNNING
        await on.orchestrator.stop(ref)


async def test_what_was_resumed_between_the_look_and_the_prune_is_not_given_up(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with program(scratch) as on:
        ref = await stopped(on)
        plan = await looked(on, ref, GIVE_UP)
        assert [task.ref for task in plan.give_up] == [ref]
        look = Cleaning._look

        async def late(self: Cleaning, run: RunId, how: CleanHow) -> CleanPlan:
            monkeypatch.setattr(Cleaning, "_look", look)
            return plan

        monkeypatch.setattr(Cleaning, "_look", late)
        await on.orchestrator.message(ref, "EDIT")
        found = await cleaned(on, ref, GIVE_UP)
        assert "has just been taken up again" in why(found, Part.TASK)
        assert not {Part.TASK, Part.WORKTREE, Part.BRANCH} & set(parts(found))
        task = await on.until_state(ref, TaskState.DONE)
        assert (folder_of(on, ref) / "new.txt").is_file() and not task.worktree_removed
        assert branch_of(on, ref) in branches(on)


async def test_what_waited_and_may_begin_since_the_look_is_not_given_up(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with program(scratch, max_workers=1) as on:
        busy, held = await on.start("HOLD", "EDIT")
        await on.orchestrator.pause(held)
        await on.until_state(busy, TaskState.RUNNING)
        plan = await looked(on, held, GIVE_UP)
        assert [task.ref for task in plan.give_up] == [held]

        async def stale(*_: object) -> CleanPlan:
            return plan

        monkeypatch.setattr(Cleaning, "_look", stale)
        await on.orchestrator.unpause(held)
        assert on.task(held).state is TaskState.QUEUED
        assert "has just been taken up again" in why(await cleaned(on, held, GIVE_UP), Part.TASK)
        await on.orchestrator.stop(busy)
        await on.until_state(held, TaskState.DONE)


async def test_a_branch_that_the_person_has_checked_out_stays(scratch: Path) -> None:
    async with program(scratch) as on:
        ref = await merged(on)
        git(on.repository, "switch", "-q", branch_of(on, ref))
        found = await cleaned(on, ref)
        assert f"checked out in {on.repository}" in why(found, Part.BRANCH)
        assert git(on.repository, "status", "--porcelain") == "" and branch_of(on, ref) in branches(on)


async def test_links_in_the_place_of_our_folders_are_not_followed(scratch: Path) -> None:
    async with program(scratch) as on:
        ref = await merged(on)
        precious = scratch / "precious"
        precious.mkdir()
        (precious / "thing").write_text("mine")
        on.orchestrator.layout.make_private_tmp(*ref)
        tmp = on.orchestrator.layout.private_tmp(*ref)
        tmp.rmdir()
        tmp.symlink_to(precious)
        found = await cleaned(on, ref)
        assert "a link is in the way" in why(found, Part.PRIVATE_TMP)
        tmp.unlink()
        await on.orchestrator.flush()
        run_folder(on, ref).rename(scratch / "run")
        run_folder(on, ref).symlink_to(precious)
        found = await cleaned(on, ref, PRUNE)
        assert "a link is in the way" in why(found, Part.RUN_FOLDER)
        assert (await looked(on, ref, PRUNE)).run_folder is None
        assert (precious / "thing").read_text() == "mine" and run_folder(on, ref).is_symlink()
        run_folder(on, ref).unlink()


async def test_a_pruned_run_is_gone_for_good_and_the_journal_still_knows_it(scratch: Path) -> None:
    async with program(scratch) as on:
        other, (ref,) = await done(on, "OTHER"), await on.start("ASK")
        await on.orchestrator.answer((await on.asked()).id, DECLINE)
        await on.until_state(ref, TaskState.DONE)
        repository, folder = on.repository, run_folder(on, ref)
    assert (folder / "approvals.jsonl").is_file()
    async with program_again(scratch, repository) as on:
        plan = (await looked(on, ref, PRUNE)).told()
        assert plan.kept == () and plan.removed[-1].part is Part.RUN_FOLDER
        found = await cleaned(on, ref, PRUNE)
        assert (found.kept, parts(found)[-1]) == ((), Part.RUN_FOLDER)
        assert not run_folder(on, ref).exists() and on.orchestrator.state.runs[ref.run].folder_removed
    async with program_again(scratch, repository) as on:
        assert on.task(ref).state is TaskState.DONE
        on.orchestrator._hub.apply(ev.NoteAdded(ref=ref, kind=LogKind.NOTE, text="late"))
        assert (await on.orchestrator.clean_run(ref.run, PRUNE)).removed == ()
        for command in (on.orchestrator.retry(ref), on.orchestrator.message(ref, "ASK again")):
            with pytest.raises(NotPossibleError, match="its run was pruned"):
                await command
        assert on.task(other).state is TaskState.DONE
    assert not folder.exists(), "nothing brings it back"
    assert (repository / ".orchestrator" / "runs" / other.run).is_dir()


async def test_nothing_is_added_to_a_run_that_was_pruned(scratch: Path) -> None:
    async with program(scratch) as on:
        refs = await on.start("TALK", "TALK again")
        for ref in refs:
            await on.until_state(ref, TaskState.DONE)
        plan = Plan(title="Two", tasks=tuple(on.task(ref).spec for ref in refs))
        assert not (await cleaned(on, refs[0], PRUNE)).kept
        more = replace(plan, tasks=(*plan.tasks, replace(plan.tasks[0], id=TaskId("third"), title="Third")))
        with pytest.raises(NotPossibleError, match="was pruned"):
            await on.orchestrator.edit_run(refs[0].run, plan, more)


async def test_what_a_killed_prune_left_of_a_folder_goes_the_next_time(scratch: Path) -> None:
    async with program(scratch) as on:
        ref = await merged(on)
        on.orchestrator._hub.apply(ev.RunRemovalStarted(run=ref.run))
        assert run_folder(on, ref).is_dir()
        assert parts(await cleaned(on, ref, PRUNE))[-1] is Part.RUN_FOLDER
        assert not run_folder(on, ref).exists()


async def test_leftovers_of_landings_go_with_a_backup(scratch: Path) -> None:
    async with program(scratch, checks={"red": "exit 1"}, run_checks=["red"]) as on:
        first, second = await on.start("EDIT", "OTHER")
        await on.until(lambda: all(on.task(ref).state is TaskState.DONE for ref in (first, second)))
        for ref in (first, second):
            await on.reviewed(ref)
        with pytest.raises(NotPossibleError):
            await on.orchestrator.land_run(first.run, await on.orchestrator.preview_run_landing(first.run))
        integration = TaskRef(first.run, INTEGRATION)
        kept = backups(on, integration)
        assert len(kept) == 1
        on.orchestrator._use(on.orchestrator.config.model_copy(update={"run_checks": ()}))
        await on.orchestrator.land_run(first.run, await on.orchestrator.preview_run_landing(first.run))
        # A worktree that an earlier landing could not remove.
        place = on.orchestrator.layout.worktree(first.run, INTEGRATION)
        git(on.repository, "worktree", "add", "-qb", landing_branch(on, first), str(place), "main~1")
        (place / "mine.txt").write_text("mine")
        found = await cleaned(on, first)
        assert "in no commit" in why(found, Part.WORKTREE) and (place / "mine.txt").exists()
        (place / "mine.txt").unlink()
        found = await cleaned(on, first, PRUNE)
        assert found.kept == () and not place.exists() and branches(on) == {"main"}
        assert {one.name for one in found.removed if one.part is Part.BACKUP} >= set(kept)
        assert not set(kept) & set(backups(on, integration))
        for ref in (first, second):
            assert backups(on, ref), "those of tasks stay"
        (told,) = [one for one in found.removed if one.name in kept]
        assert told.undo.startswith(f"git update-ref {told.name} {kept[told.name]}")


async def test_a_backup_of_a_landing_that_holds_something_of_its_own_stays(scratch: Path) -> None:
    async with program(scratch) as on:
        ref = await merged(on)
        git(on.repository, "switch", "-qc", "own")
        (on.repository / "own.txt").write_text("own")
        git(on.repository, "add", "--all")
        git(on.repository, "commit", "-qm", "own")
        name = f"{BACKUPS}{TaskRef(ref.run, INTEGRATION)}/1"
        git(on.repository, "update-ref", name, "own")
        git(on.repository, "switch", "-q", "main")
        git(on.repository, "branch", "-D", "own")
        found = await cleaned(on, ref, PRUNE)
        assert "1 change that main does not have" in why(found, Part.BACKUP)
        assert git(on.repository, "cat-file", "-t", name) == "commit"


async def test_tasks_that_share_a_worktree_go_together(scratch: Path) -> None:
    async with program(scratch, use_single_workspace=True) as on:
        first, second = await on.start("EDIT", "OTHER")
        await on.until(lambda: all(on.task(ref).state is TaskState.DONE for ref in (first, second)))
        found = await cleaned(on, first)
        assert found.removed == () and "not in main yet" in why(found, Part.WORKTREE)
        for ref in (first, second):
            await on.reviewed(ref)
        await on.orchestrator.land_run(first.run, await on.orchestrator.preview_run_landing(first.run))
        found = await cleaned(on, first, PRUNE)
        assert found.kept == () and branches(on) == {"main"} and not run_folder(on, first).exists()
        assert all(on.task(ref).worktree_removed and on.task(ref).branch_removed for ref in (first, second))


async def test_another_program_asks_for_it_with_a_file(scratch: Path) -> None:
    async with program(scratch) as on:
        ref = await merged(on)
        layout = on.orchestrator.layout
        reply = await send(layout, model.CleanRun(run=ref.run), timeout_s=20)
        assert [one["part"] for one in reply.data["cleaned"]["removed"]][-1:] in (["branch"], ["private tmp"])
        reply = await send(layout, model.PruneRun(run=ref.run), timeout_s=20)
        assert reply.data["cleaned"]["removed"][-1]["part"] == "run folder"
        assert json.dumps(reply.data) and not run_folder(on, ref).exists()
        with pytest.raises(NotPossibleError, match="there is no run"):
            await send(layout, model.CleanRun(run="nothing"), timeout_s=20)


def drop(layout: Layout, *commands: model.Command) -> None:
    """They lie in the inbox, in this order."""
    for number, command in enumerate(commands):
        path = layout.inbox / f"{command.command}.json"
        put_file(path, command.model_dump_json().encode())
        os.utime(path, ns=(number, number))


async def replied(on: Stage, command: model.Command) -> Reply:
    """What became of it."""
    layout, name = on.orchestrator.layout, f"{command.command}.json"
    places = [folder / name for folder in (layout.inbox_done, layout.inbox_failed)]
    async with asyncio.timeout(PATIENCE_S):  # A refusal is no event that could be waited for.
        while not any(place.exists() for place in places):
            await asyncio.sleep(0.02)
    (answered,) = [place for place in places if place.exists()]
    return Handled.model_validate_json(answered.read_bytes()).reply


async def test_a_message_that_lies_in_the_inbox_before_a_prune_is_done_and_its_run_stays(scratch: Path) -> None:
    async with program(scratch) as on:
        ref = await done(on, "TALK")
        repository, layout = on.repository, on.orchestrator.layout
    message, prune = model.Message(task=str(ref), text="HOLD on"), model.PruneRun(run=ref.run)
    drop(layout, message, prune)
    async with program_again(scratch, repository) as on:
        assert (await replied(on, message)).data == {"how": "new turn"}
        assert (await replied(on, prune)).data["cleaned"]["removed"] == []
        await on.until(lambda: len(on.task(ref).turns) == 2)
        assert run_folder(on, ref).is_dir()


async def test_a_message_that_lies_unread_while_its_run_is_pruned_is_refused_and_told(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with program(scratch) as on:
        ref = await done(on, "TALK")
        repository, layout = on.repository, on.orchestrator.layout
    message = model.Message(task=str(ref), text="HOLD on")
    drop(layout, message)
    with monkeypatch.context() as not_reading:
        not_reading.setattr(orchestrator, "_SERVE_AFTER_S", 3600.0)
        async with program_again(scratch, repository) as on:
            assert parts(await cleaned(on, ref, PRUNE))[-1] is Part.RUN_FOLDER
    assert [path.name for path in layout.inbox.glob("*.json")] == ["message.json"]
    async with program_again(scratch, repository) as on:
        assert (await replied(on, message)).reason == "TALK cannot go on: its run was pruned"
        assert len(on.task(ref).turns) == 1 and not run_folder(on, ref).exists()


async def test_what_was_taken_up_just_before_its_folder_goes_keeps_it(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with program(scratch) as on:
        ref = await done(on, "TALK")
        await cleaned(on, ref)
        remove_files = Cleaning._remove_files

        async def late(self: Cleaning, told: Any, plan: CleanPlan) -> None:
            await on.orchestrator.message(ref, "HOLD on")
            await remove_files(self, told, plan)

        monkeypatch.setattr(Cleaning, "_remove_files", late)
        assert "has just been taken up again" in why(await cleaned(on, ref, PRUNE), Part.RUN_FOLDER)
        assert run_folder(on, ref).is_dir() and not on.orchestrator.state.runs[ref.run].folder_removed


def test_a_run_is_as_old_as_the_last_thing_that_happened_to_it() -> None:
    story = Story(start_s=1_000.0)
    (ref,) = story.run(["one"])
    assert last_change_s(story.state, ref.run) == 1_000.0
    story.tell(ev.TaskInterrupted(ref=ref, cause="x", next_step=""), after_s=50.0)
    assert last_change_s(story.state, ref.run) == 1_050.0


def test_removal_in_the_state() -> None:
    story = Story()
    (ref,) = story.run(["one"])
    story.tell(ev.RunRemovalStarted(run=ref.run))
    assert story.state.runs[ref.run].folder_removed
    story.tell(ev.RunNotRemoved(run=ref.run, reason="no rights"))
    assert not story.state.runs[ref.run].folder_removed
    before = story.state.runs
    story.tell(ev.RunRemoved(run=RunId("other")))
    assert story.state.runs == before


@asynccontextmanager
async def program_again(root: Path, repository: Path) -> AsyncIterator[Stage]:
    async with opened(root, standin(root, PLAYS), repository=repository) as on:
        yield on
