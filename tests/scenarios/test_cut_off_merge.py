"""The program ended in the middle of a merge: the next start asks git how it ended, and does not merge by itself."""

from pathlib import Path

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.task import TaskState
from tests.faults.rig import opened, standin
from tests.scenarios.stage import Stage, git, make_repository

PLAYS = {"WRITE": [{"write": ["new.txt", "new\n"]}]}


async def begun(on: Stage) -> ev.MergeStarted:
    """A task that is done, and the intent to merge it."""
    (ref,) = await on.start("WRITE it")
    task = await on.until_state(ref, TaskState.DONE)
    assert task.tip is not None
    old = git(on.repository, "rev-parse", "main")
    started = ev.MergeStarted(ref=ref, base_branch="main", old=CommitId(old), new=task.tip)
    await on.orchestrator._hub.record(started)
    return started


async def test_one_that_was_done_is_found_to_be_done(scratch: Path) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    async with opened(scratch, standin(scratch, PLAYS), repository=repository) as on:
        started = await begun(on)
        git(repository, "merge", "--quiet", "--ff-only", str(started.new))
    async with opened(scratch, standin(scratch, PLAYS), repository=repository) as on:
        task = on.task(started.ref)
        assert task.state is TaskState.MERGED
        assert (task.merged_from, task.merged_as) == (started.old, started.new)
        assert task.worktree_removed


async def test_one_that_was_not_done_has_moved_nothing(scratch: Path) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    async with opened(scratch, standin(scratch, PLAYS), repository=repository) as on:
        started = await begun(on)
    async with opened(scratch, standin(scratch, PLAYS), repository=repository) as on:
        task = on.task(started.ref)
        assert task.state is TaskState.DONE
        assert not task.merging
        assert git(repository, "rev-parse", "main") == started.old
