"""Repositories, checkouts and worktrees in every odd state: it works, or it is said why, and nothing is lost."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import Fault, FaultKind
from codex_orch_tui.domain.merge import RefusalReason
from codex_orch_tui.domain.task import Task, TaskState
from codex_orch_tui.services.errors import NotPossibleError, OpenError
from tests.faults.rig import README, opened, says, shown, standin
from tests.scenarios.stage import Stage, git, make_repository

EDIT = {"EDIT": [{"write": ["new.txt", "new\n"]}], "more": [{"write": ["more.txt", "more\n"]}]}


def folder(task: Task) -> Path:
    assert task.worktree is not None
    return Path(task.worktree.path)


def branch(task: Task) -> str:
    assert task.worktree is not None
    return task.worktree.branch


async def edited(on: Stage) -> TaskRef:
    (ref,) = await on.start("EDIT")
    await on.until_state(ref, TaskState.DONE)
    return ref


async def faulted(on: Stage, ref: TaskRef) -> Fault:
    """The fault that the task gets; a message that was sent before has taken the last one away."""
    await on.until(lambda: on.task(ref).fault is not None)
    fault = on.task(ref).fault
    assert fault is not None
    return fault


class TestTheRepository:
    """Rows of odd repositories: the task is done and lands, or the program says why before a worktree is made."""

    async def test_none(self, scratch: Path) -> None:
        with pytest.raises(OpenError, match="is not in a git repository") as refused:
            async with opened(scratch, None, repository=Path("/")):
                pass
        assert refused.value.exit_code == 2

    async def test_without_a_commit(self, scratch: Path) -> None:
        repository = scratch / "empty"
        repository.mkdir()
        git(repository, "init", "--quiet")
        with pytest.raises(OpenError, match=r"no commit yet.*git commit") as refused:
            async with opened(scratch, None, repository=repository):
                pass
        assert refused.value.exit_code == 2
        assert [path.name for path in repository.iterdir()] == [".git"]

    async def test_at_a_path_that_is_not_utf8(self, scratch: Path) -> None:
        repository = make_repository(scratch, README).rename(scratch / os.fsdecode(b"caf\xe9"))
        with pytest.raises(OpenError, match=r"caf\\xe9 is not UTF-8 \(byte 0xe9\) → rename that folder") as refused:
            async with opened(scratch, None, repository=repository):
                pass
        assert refused.value.exit_code == 2
        repository = repository.rename(scratch / "cafe")
        with pytest.raises(OpenError, match=r"trees\\xff.* is not UTF-8"):
            async with opened(scratch, None, repository=repository, worktree_base=scratch / os.fsdecode(b"trees\xff")):
                pass
        assert sorted(path.name for path in repository.iterdir()) == [".git", "README.md"]

    async def test_with_files_whose_names_are_not_utf8(self, scratch: Path) -> None:
        plays = {"EDIT": [{"write": ["caf\xe9.txt", "new\n"]}, {"write": ["caf\xe8.txt", "new\n"]}]}
        async with opened(scratch, standin(scratch, plays)) as on:
            ref = await edited(on)
            review = await on.orchestrator.review(ref)
            assert [change.path for change in review.files] == ["caf\\xe8.txt", "caf\\xe9.txt"]
            await on.merged(ref)
        names = {os.fsencode(path.name) for path in on.repository.iterdir()}
        assert {b"caf\xe8.txt", b"caf\xe9.txt"} < names
        assert git(on.repository, "status", "--porcelain") == ""
        async with opened(scratch, standin(scratch, plays), repository=on.repository) as again:
            assert again.task(ref).state is TaskState.MERGED
        result = json.loads(next((on.repository / ".orchestrator" / "runs").glob("*/tasks/*/result.json")).read_bytes())
        assert [file["path"] for file in result["files"]] == ["caf\\xe8.txt", "caf\\xe9.txt"]

    async def test_on_a_detached_head_the_branch_moves_and_the_checkout_does_not(self, scratch: Path) -> None:
        repository = make_repository(scratch, {"README.md": "hello\n"})
        git(repository, "checkout", "--quiet", "--detach")
        async with opened(scratch, standin(scratch, EDIT), repository=repository) as on:
            assert (await on.orchestrator.base_info()).current is None
            ref = await edited(on)
            await on.merged(ref)
        assert git(repository, "log", "--format=%s", "main").splitlines() == ["EDIT", "first"]
        assert git(repository, "log", "--format=%s", "HEAD") == "first"
        assert git(repository, "status", "--porcelain") == ""

    async def test_shallow(self, scratch: Path) -> None:
        origin = make_repository(scratch, {"README.md": "hello\n"})
        git(origin, "commit", "--quiet", "--allow-empty", "-m", "second")
        clone = scratch / "clone"
        git(scratch, "clone", "--quiet", "--depth=1", f"file://{origin}", str(clone))
        git(clone, "config", "user.name", "Robin")
        git(clone, "config", "user.email", "robin@example.org")
        async with opened(scratch, standin(scratch, EDIT), repository=clone) as on:
            assert "shallow clone" in " ".join(on.orchestrator.notes)
            await on.merged(await edited(on))
        assert git(clone, "log", "--format=%s", "main").splitlines() == ["EDIT", "second"]
        assert git(origin, "log", "-1", "--format=%s", "main") == "second", "nothing is pushed"

    async def test_with_a_submodule(self, scratch: Path) -> None:
        (scratch / "other").mkdir()
        other = make_repository(scratch / "other", {"lib.c": "int x;\n"})
        repository = make_repository(scratch, {"README.md": "hello\n"})
        git(repository, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", str(other), "lib")
        git(repository, "commit", "--quiet", "-m", "lib")
        async with opened(scratch, standin(scratch, EDIT), repository=repository) as on:
            assert "submodules" in " ".join(on.orchestrator.notes)
            ref = await edited(on)
            assert list((folder(on.task(ref)) / "lib").iterdir()) == []
            await on.merged(ref)
        assert git(repository, "diff", "--name-only", "HEAD~1").splitlines() == ["new.txt"]
        assert (repository / "lib" / "lib.c").exists()

    async def test_without_an_identity_nothing_starts(self, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        monkeypatch.setenv("HOME", str(scratch))
        repository = make_repository(scratch, {"README.md": "hello\n"})
        git(repository, "config", "--unset", "user.email")
        async with opened(scratch, standin(scratch), repository=repository) as on:
            with pytest.raises(NotPossibleError, match=r"git config --global user\.email"):
                await on.start("EDIT")
            assert on.orchestrator.state.tasks == {}

    async def test_a_branch_in_the_way_of_all_branches_is_told_before_anything_starts(self, scratch: Path) -> None:
        repository = make_repository(scratch, {"README.md": "hello\n"})
        git(repository, "branch", "orch")
        async with opened(scratch, standin(scratch), repository=repository) as on:
            with pytest.raises(NotPossibleError, match="orch"):
                await on.start("EDIT")
            assert on.orchestrator.state.tasks == {}
            assert not list((repository / ".orchestrator" / "worktrees").glob("*"))


def dirty(on: Stage) -> None:
    (on.repository / "new.txt").write_text("mine\n")


def dirty_elsewhere(on: Stage) -> None:
    git(on.repository, "checkout", "--quiet", "-b", "aside")
    git(on.repository, "worktree", "add", "--quiet", str(on.root / "elsewhere"), "main")
    (on.root / "elsewhere" / "new.txt").write_text("mine\n")


def mid_rebase(on: Stage) -> None:
    git(on.repository, "checkout", "--quiet", "--orphan", "aside")
    (on.repository / "README.md").write_text("aside\n")
    git(on.repository, "commit", "--quiet", "--all", "-m", "aside")
    with pytest.raises(subprocess.CalledProcessError):
        git(on.repository, "rebase", "--quiet", "--onto", "aside", "--root", "main")


def mid_merge(on: Stage) -> None:
    tree = git(on.repository, "rev-parse", "HEAD^{tree}")
    theirs = git(on.repository, "commit-tree", tree, "-p", "HEAD", "-m", "theirs")
    git(on.repository, "merge", "--quiet", "--no-ff", "--no-commit", theirs)


def gone(on: Stage) -> None:
    git(on.repository, "checkout", "--quiet", "--detach")
    git(on.repository, "branch", "--quiet", "-D", "main")


def moved_on(on: Stage) -> None:
    git(on.repository, "commit", "--quiet", "--allow-empty", "-m", "meanwhile")


@pytest.mark.parametrize(
    ("make", "reason", "told"),
    [
        (dirty, RefusalReason.OVERLAP, "new.txt"),
        (dirty_elsewhere, RefusalReason.OVERLAP, "elsewhere"),
        (mid_rebase, RefusalReason.IN_PROGRESS, "git rebase --continue"),
        (mid_merge, RefusalReason.IN_PROGRESS, "git merge --continue"),
        (gone, RefusalReason.BASE_MISSING, "main"),
        (moved_on, RefusalReason.NOT_FAST_FORWARD, "u"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_target_that_cannot_be_moved_is_left_and_said_what_to_do(
    scratch: Path, make: Callable[[Stage], None], reason: RefusalReason, told: str
) -> None:
    async with opened(scratch, standin(scratch, EDIT)) as on:
        ref = await edited(on)
        await on.reviewed(ref)
        shown_before = await on.orchestrator.preview_merge(ref)
        make(on)
        refs = git(on.repository, "for-each-ref", "refs/heads")
        status = git(on.repository, "status", "--porcelain")
        preview = await on.orchestrator.preview_merge(ref)
        assert preview.refusal is not None
        assert preview.refusal.reason is reason
        for stale_or_new in (preview, shown_before):
            with pytest.raises(NotPossibleError, match=told):
                await on.orchestrator.merge(ref, stale_or_new)
        assert git(on.repository, "for-each-ref", "refs/heads") == refs
        assert git(on.repository, "status", "--porcelain") == status
        assert on.task(ref).state is TaskState.DONE


class TestAStaleIndexLock:
    """Whoever holds it is named; we never delete it."""

    async def test_where_the_base_is_checked_out(self, scratch: Path) -> None:
        async with opened(scratch, standin(scratch, EDIT)) as on, shown(on, (220, 45)) as me:
            ref = await me.new_task("EDIT")
            await me.done(ref)
            await on.reviewed(ref)
            lock = on.repository / ".git" / "index.lock"
            holder = subprocess.Popen(
                [sys.executable, "-c", f"f = open({str(lock)!r}, 'w'); print('held', flush=True); input()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            try:
                assert holder.stdout is not None
                holder.stdout.readline()
                await me.press("m")
                await me.see("the index is locked", str(lock), f"pid {holder.pid}", "wait until that process has ended")
                await me.press("enter", "escape")
            finally:
                holder.communicate(b"\n")
            assert lock.exists()
            await me.press("m")
            await me.see("one was killed here: delete that file by hand")
            await me.press("escape")
            lock.unlink()
            await on.merged(ref)

    async def test_in_the_tasks_own_worktree(self, scratch: Path) -> None:
        plays = {"EDIT": [{"write": ["new.txt", "new\n"]}, {"await": "steer"}], "cut off before": [says("went on")]}
        async with opened(scratch, standin(scratch, plays)) as on:
            (ref,) = await on.start("EDIT")
            await on.until_state(ref, TaskState.RUNNING)
            lock = on.repository / ".git" / "worktrees" / "task-1" / "index.lock"
            lock.write_text("")
            await on.orchestrator.message(ref, "go on")
            task = await on.until_state(ref, TaskState.FAILED)
            assert task.fault is not None
            assert str(lock) in task.fault.message
            assert "delete that file by hand" in task.fault.next_step
            assert (folder(task) / "new.txt").exists()
            assert lock.exists()
            lock.unlink()
            await on.orchestrator.resume(ref)
            task = await on.until_state(ref, TaskState.DONE)
            assert len(task.commits) == 1


class TestTheWorktreesFolder:
    """Deleted, moved, replaced: it is called missing, the branch is kept, and a key brings it back."""

    async def test_deleted_it_is_called_missing_and_the_next_message_makes_it_again(self, scratch: Path) -> None:
        async with opened(scratch, standin(scratch, EDIT)) as on, shown(on, (200, 45)) as me:
            ref = await me.new_task("EDIT")
            task = await me.done(ref)
            shutil.rmtree(folder(task))
            await on.orchestrator.message(ref, "more please")
            assert (await faulted(on, ref)).kind is FaultKind.WORKTREE_MISSING
            assert on.task(ref).state is TaskState.DONE, "what is done stays done"
            await me.see("worktree missing", "continue (c) or send again (s) in a new worktree")
            assert git(on.repository, "show", f"{branch(task)}:new.txt") == "new"
            await on.orchestrator.message(ref, "more please")
            await me.see("made again from")
            assert (folder(task) / "new.txt").read_text() == "new\n"
            await on.until(lambda: len(on.task(ref).commits) == 2)
            await on.until_state(ref, TaskState.DONE)
            await on.merged(ref)

    async def test_deleted_in_mid_turn_c_makes_it_again(self, scratch: Path) -> None:
        plays = {"EDIT": [{"write": ["new.txt", "new\n"]}, {"await": "steer"}], "cut off": [{"write": ["b.txt", "b"]}]}
        async with opened(scratch, standin(scratch, plays)) as on:
            (ref,) = await on.start("EDIT")
            await on.until_state(ref, TaskState.RUNNING)
            shutil.rmtree(folder(on.task(ref)), ignore_errors=True)
            await on.orchestrator.message(ref, "go on")
            task = await on.until_state(ref, TaskState.FAILED)
            assert task.fault is not None
            assert task.fault.kind is FaultKind.WORKTREE_MISSING
            await on.orchestrator.resume(ref)
            task = await on.until_state(ref, TaskState.DONE)
            assert task.totals.files == 1

    async def test_deleted_after_its_commits_it_is_reviewed_and_merged_all_the_same(self, scratch: Path) -> None:
        async with opened(scratch, standin(scratch, EDIT)) as on:
            ref = await edited(on)
            shutil.rmtree(folder(on.task(ref)))
            await on.merged(ref)
            assert (on.repository / "new.txt").read_text() == "new\n"
            assert on.task(ref).worktree_removed
            assert len(git(on.repository, "worktree", "list").splitlines()) == 1

    async def test_deleted_it_is_made_again_for_an_update(self, scratch: Path) -> None:
        async with opened(scratch, standin(scratch, EDIT)) as on:
            ref = await edited(on)
            shutil.rmtree(folder(on.task(ref)))
            moved_on(on)
            await on.orchestrator.update(ref)
            assert (folder(on.task(ref)) / "new.txt").exists()
            await on.merged(ref)

    async def test_deleted_it_can_be_discarded(self, scratch: Path) -> None:
        async with opened(scratch, standin(scratch, EDIT)) as on:
            ref = await edited(on)
            shutil.rmtree(folder(on.task(ref)))
            backup = await on.orchestrator.discard(ref)
            assert git(on.repository, "show", f"{backup}:new.txt") == "new"

    async def test_moved_and_moved_back(self, scratch: Path) -> None:
        async with opened(scratch, standin(scratch, EDIT)) as on:
            ref = await edited(on)
            path = folder(on.task(ref))
            path.rename(scratch / "moved")
            await on.orchestrator.message(ref, "more")
            assert "worktree missing" in (await faulted(on, ref)).message
            (scratch / "moved").rename(path)
            await on.orchestrator.message(ref, "more")
            await on.until(lambda: len(on.task(ref).commits) == 2)
            await on.until_state(ref, TaskState.DONE)
            await on.merged(ref)

    async def test_a_symlink_in_its_place_is_not_followed(self, scratch: Path) -> None:
        async with opened(scratch, standin(scratch, EDIT)) as on:
            ref = await edited(on)
            path = folder(on.task(ref))
            path.rename(scratch / "moved")
            (scratch / "trap").mkdir()
            (scratch / "trap" / "theirs.txt").write_text("theirs\n")
            path.symlink_to(scratch / "trap")
            with pytest.raises(NotPossibleError, match="is a symlink now"):
                await on.orchestrator.review(ref)
            with pytest.raises(NotPossibleError, match="nothing was removed"):
                await on.orchestrator.discard(ref)
            await on.orchestrator.message(ref, "more")
            fault = await faulted(on, ref)
            assert "is a symlink now" in fault.message
            assert f"move {path} away" in fault.next_step
            assert [entry.name for entry in (scratch / "trap").iterdir()] == ["theirs.txt"]
            path.unlink()
            await on.orchestrator.message(ref, "more")
            assert "worktree missing" in (await faulted(on, ref)).message
            await on.orchestrator.message(ref, "more")
            await on.until(lambda: len(on.task(ref).commits) == 2)
            await on.until_state(ref, TaskState.DONE)
            await on.merged(ref)

    async def test_a_branch_that_is_gone_as_well(self, scratch: Path) -> None:
        async with opened(scratch, standin(scratch, EDIT)) as on:
            ref = await edited(on)
            task = on.task(ref)
            shutil.rmtree(folder(task))
            git(on.repository, "worktree", "remove", "--force", "--force", str(folder(task)))
            git(on.repository, "branch", "--quiet", "-D", branch(task))
            for call in (on.orchestrator.review, on.orchestrator.preview_merge):
                with pytest.raises(NotPossibleError, match="is gone as well"):
                    await call(ref)
            await on.orchestrator.discard(ref)
            assert on.task(ref).state is TaskState.DISCARDED


class TestWhatAWorkerLeft:
    """Everything deleted, nothing changed, only modes changed."""

    async def test_everything_deleted(self, scratch: Path) -> None:
        repository = make_repository(scratch, {"a.txt": "a\n", "b/c.txt": "c\n"})
        plays = {"WIPE": [{"remove": "a.txt"}, {"remove": "b/c.txt"}]}
        async with opened(scratch, standin(scratch, plays), repository=repository) as on, shown(on) as me:
            ref = await me.new_task("WIPE")
            task = await me.done(ref)
            assert (task.totals.files, task.totals.deletions) == (2, 2)
            await me.press("d")
            await me.see("D a.txt", "D b/c.txt", "- a")
            assert [change.status for change in (await on.orchestrator.review(ref)).files] == ["deleted", "deleted"]
            await on.merged(ref)
        assert git(repository, "ls-tree", "-r", "--name-only", "main") == ""
        assert repository.is_dir()

    async def test_nothing_changed(self, scratch: Path) -> None:
        async with opened(scratch, standin(scratch)) as on, shown(on) as me:
            ref = await me.new_task("LOOK")
            task = await me.done(ref)
            assert task.commits == ()
            await me.see("changed no file")
            await me.press("m")
            await me.see("no commit to merge")
            with pytest.raises(NotPossibleError, match="has changed no file yet"):
                await on.orchestrator.review(ref)
            preview = await on.orchestrator.preview_merge(ref)
            assert preview.refusal is not None
            assert preview.refusal.reason is RefusalReason.NOTHING_TO_MERGE
            with pytest.raises(NotPossibleError):
                await on.orchestrator.merge(ref, preview)

    async def test_changed_and_changed_back_is_an_empty_merge(self, scratch: Path) -> None:
        plays = {"EDIT": [{"write": ["README.md", "bye\n"]}], "BACK": [{"write": ["README.md", "hello\n"]}]}
        async with opened(scratch, standin(scratch, plays)) as on:
            ref = await edited(on)
            await on.orchestrator.message(ref, "BACK")
            await on.until(lambda: len(on.task(ref).commits) == 2)
            await on.until_state(ref, TaskState.DONE)
            preview = await on.orchestrator.preview_merge(ref)
            assert preview.refusal is not None
            assert preview.refusal.reason is RefusalReason.NOTHING_TO_MERGE

    async def test_only_modes_changed(self, scratch: Path) -> None:
        plays = {"CHMOD": [{"mode": ["README.md", 0o755]}]}
        async with opened(scratch, standin(scratch, plays)) as on, shown(on) as me:
            ref = await me.new_task("CHMOD")
            await me.done(ref)
            await me.press("d")
            await me.see("README.md", "only the mode changed", "executable")
            await on.merged(ref)
            assert os.access(on.repository / "README.md", os.X_OK)


class TestCommitsOfOthers:
    """A worker that may commit by an accepted command, or a person in the worktree's shell: none of it is lost."""

    async def test_a_commit_by_hand_is_reviewed_and_merged(self, scratch: Path) -> None:
        async with opened(scratch, standin(scratch, EDIT)) as on:
            ref = await edited(on)
            await on.reviewed(ref)
            tree = folder(on.task(ref))
            (tree / "hand.txt").write_text("by hand\n")
            git(tree, "add", "hand.txt")
            git(tree, "commit", "--quiet", "-m", "by hand \x1b]0;x\x07")
            preview = await on.orchestrator.preview_merge(ref)
            assert preview.refusal is not None
            assert preview.refusal.reason is RefusalReason.NOT_REVIEWED
            with pytest.raises(NotPossibleError, match="has not been reviewed"):
                await on.orchestrator.merge(ref, preview)
            assert [commit.subject for commit in on.task(ref).commits] == ["EDIT", "by hand ␛]0;x\\x07"]
            assert on.task(ref).totals.files == 2
            await on.merged(ref)
            assert git(on.repository, "log", "--format=%s", "main~1").splitlines() == ["EDIT", "first"]

    async def test_a_commit_of_the_worker_in_its_turn(self, scratch: Path) -> None:
        plays = {"COMMIT": [{"write": ["new.txt", "new\n"]}, {"await": "steer"}]}
        async with opened(scratch, standin(scratch, plays)) as on:
            (ref,) = await on.start("COMMIT")
            await on.until_state(ref, TaskState.RUNNING)
            tree = folder(on.task(ref))
            await on.until(lambda: (tree / "new.txt").exists() or on.task(ref).state is not TaskState.RUNNING)
            git(tree, "add", "new.txt")
            git(tree, "commit", "--quiet", "-m", "I did it myself")
            await on.orchestrator.message(ref, "go on")
            task = await on.until_state(ref, TaskState.DONE)
            assert [commit.subject for commit in task.commits] == ["I did it myself"]
            assert "changed no file" not in " ".join(note.text for note in task.notes)
            await on.merged(ref)

    async def test_a_rebase_by_hand_is_as_good_as_an_update(self, scratch: Path) -> None:
        async with opened(scratch, standin(scratch, EDIT)) as on:
            ref = await edited(on)
            moved_on(on)
            git(folder(on.task(ref)), "rebase", "--quiet", "main")
            await on.merged(ref)
            log = git(on.repository, "log", "--format=%s", "main").splitlines()
            assert log == ["EDIT", "meanwhile", "first"]
