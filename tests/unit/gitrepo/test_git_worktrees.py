"""Worktrees: made, looked at, saved, repaired, removed; never outside the root."""

import asyncio
import shutil
from pathlib import Path

import pytest

from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.backup import back_up_branch, back_up_worktree
from codex_orch_tui.gitrepo.branch_names import check_branch_name
from codex_orch_tui.gitrepo.errors import (
    BranchBlocked,
    BranchExists,
    BranchNameInvalid,
    GitError,
    LockTimeout,
    NotWritable,
    OutsideRoot,
    WorktreeDirty,
    WorktreeMissing,
    WorktreeReplaced,
    WorktreeUnsaved,
)
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.worktree_state import Condition
from codex_orch_tui.gitrepo.worktrees import Worktrees


async def test_add_makes_branch_folder_and_lock(team, person):
    worktree, task = await team.task("fix")
    assert task.read("README.md") == "hello\n"
    assert task.status() == ""
    assert task.git("rev-parse", "--abbrev-ref", "HEAD") == "orch/r1/fix"
    assert worktree.base_commit == person.tip()
    listed = person.git("worktree", "list", "--porcelain")
    assert "locked codex-orch-tui works here" in listed
    assert person.status() == ""
    status = await team.worktrees.status(worktree)
    assert status.condition is Condition.PRESENT
    assert status.edits is not None
    assert status.edits.is_clean


async def test_sixteen_at_once(team, person):
    person.commit({f"f{n}": f"{n}\n" for n in range(50)})
    made = await asyncio.gather(*(team.task(f"t{n}") for n in range(16)))
    assert all(task.status() == "" for _, task in made)
    assert len(await team.repo.worktrees()) == 17


async def test_sixteen_at_once_from_two_programs(team, person):
    other = Worktrees(await Repository.open(person.path), team.root)

    async def add(worktrees: Worktrees, number: int) -> Worktree:
        return await worktrees.add(
            team.root / "both" / f"t{number}",
            branch=f"orch/both/t{number}",
            base_branch="main",
            base_commit=person.tip(),
            reason="test",
        )

    made = await asyncio.gather(*(add((team.worktrees, other)[n % 2], n) for n in range(16)))
    assert len({worktree.path for worktree in made}) == 16


@pytest.mark.parametrize(
    ("existing", "wanted", "error"),
    [
        ("orch", "orch/r1/t1", BranchBlocked),
        ("orch/r1", "orch/r1/t1", BranchBlocked),
        ("orch/r1/t1", "orch/r1/t1", BranchExists),
        ("orch/r1/t1", "orch", BranchBlocked),
        ("other", "orch/../x", BranchNameInvalid),
        ("other", "-x", BranchNameInvalid),
        ("other", "HEAD", BranchNameInvalid),
        ("other", "a b", BranchNameInvalid),
        ("other", "a\0b", BranchNameInvalid),
        ("other", "a\udc80", BranchNameInvalid),
        ("other", "a\u202eb", BranchNameInvalid),
    ],
)
async def test_a_name_in_the_way_is_told_before_anything_starts(team, person, existing, wanted, error):
    person.git("branch", existing)
    with pytest.raises(error) as caught:
        await check_branch_name(team.repo, wanted)
    assert caught.value.next_step
    refs = person.git("for-each-ref")
    with pytest.raises(error):
        await team.worktrees.add(
            team.root / "x", branch=wanted, base_branch="main", base_commit=person.tip(), reason="r"
        )
    assert person.git("for-each-ref") == refs
    assert not team.root.exists()


async def test_a_root_that_cannot_be_made(team, person):
    team.root.write_text("a file")
    with pytest.raises(NotWritable) as caught:
        await team.task("t1")
    assert "base folder" in caught.value.next_step


async def test_names_that_do_not_collide_pass(team, person):
    person.git("branch", "orch-old")
    person.git("branch", "orchard/x")
    await check_branch_name(team.repo, "orch/r1/t1")


async def test_case_counts_where_the_file_system_ignores_it(person, tmp_path):
    person.git("config", "core.ignoreCase", "true")
    person.git("branch", "Orch")
    with pytest.raises(BranchBlocked):
        await check_branch_name(await Repository.open(person.path), "orch/t1")


async def test_a_failed_add_leaves_nothing(team, person):
    with pytest.raises(GitError):
        await team.worktrees.add(
            team.root / "r1" / "t1", branch="orch/t1", base_branch="main", base_commit="0" * 40, reason="r"
        )
    assert person.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert not (team.root / "r1" / "t1").exists()
    assert len(await team.repo.worktrees()) == 1


async def test_a_checkout_that_fails_takes_the_branch_with_it(team, person, monkeypatch):
    blob = person.git("rev-parse", "HEAD:src/app.py")
    lost = person.path / ".git" / "objects" / blob[:2] / blob[2:]
    kept = lost.rename(lost.with_suffix(".away"))
    with pytest.raises(GitError):
        await team.task("t1")
    kept.rename(lost)
    assert person.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert len(await team.repo.worktrees()) == 1
    assert not (team.root / "r1" / "t1").exists()
    await team.task("t1")


async def test_a_cancelled_add_leaves_nothing(team, person, monkeypatch):
    filling = asyncio.Event()

    async def fill(*_: object) -> None:
        filling.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(team.worktrees, "_fill", fill)
    task = asyncio.create_task(team.task("t1"))
    await filling.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert person.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert len(await team.repo.worktrees()) == 1


async def test_an_add_that_meets_anothers_half_made_worktree_tries_again(team, person):
    half = person.path / ".git" / "worktrees" / "half"
    half.mkdir(parents=True)
    real = team.repo.git.run
    seen: list[str] = []

    async def run(place, *args, **options):
        if args[:2] == ("worktree", "add") and not seen:
            seen.append("failed")
            raise GitError("x", command="", exit_code=128, stderr="fatal: failed to read .git/worktrees/half/commondir")
        return await real(place, *args, **options)

    team.repo.git.run = run
    _, task = await team.task("t1")
    assert seen == ["failed"]
    assert task.status() == ""


async def test_the_lock_of_another_process_is_waited_for_and_never_broken(team, person):
    other = Worktrees(await Repository.open(person.path), team.root, lock_timeout_s=0.2)
    async with team.worktrees._lock.held():
        with pytest.raises(LockTimeout) as caught:
            await other.add(team.root / "t", branch="orch/t", base_branch="main", base_commit=person.tip(), reason="r")
    assert "nothing was done" in caught.value.message
    assert person.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"


@pytest.mark.parametrize("name", ["../outside", "a/../../outside", "."])
async def test_never_outside_the_root(team, person, name):
    with pytest.raises(OutsideRoot):
        await team.worktrees.add(
            team.root / name, branch="orch/t", base_branch="main", base_commit=person.tip(), reason="r"
        )
    outside = Worktree(path=str(person.path), branch="main", base_branch="main", base_commit=person.tip())
    for step in (
        team.worktrees.status(outside),
        team.worktrees.remove(outside),
        team.worktrees.repair(outside),
        team.worktrees.unlock(outside),
    ):
        with pytest.raises(OutsideRoot):
            await step
    assert person.read("README.md") == "hello\n"


async def test_a_symlinked_folder_above_leads_nowhere(team, person, tmp_path):
    (tmp_path / "outside").mkdir()
    team.root.mkdir()
    (team.root / "r1").symlink_to(tmp_path / "outside")
    with pytest.raises(OutsideRoot):
        await team.task("t1")
    assert list((tmp_path / "outside").iterdir()) == []


async def test_something_there_already_is_not_touched(team):
    (team.root / "r1" / "t1").mkdir(parents=True)
    (team.root / "r1" / "t1" / "mine").write_text("x")
    with pytest.raises(WorktreeReplaced):
        await team.task("t1")
    assert (team.root / "r1" / "t1" / "mine").exists()


async def test_status_counts_edits(team):
    worktree, task = await team.task()
    task.write("README.md", "changed\n")
    task.write("new.txt")
    status = await team.worktrees.status(worktree)
    assert status.edits is not None
    assert status.edits.summary == "1 edited, 1 untracked"


async def test_status_missing_and_repair_makes_it_again(team):
    worktree, task = await team.task()
    tip = task.commit({"done.txt": "kept\n"})
    shutil.rmtree(task.path)
    status = await team.worktrees.status(worktree)
    assert status.condition is Condition.MISSING
    assert "the branch is kept" in status.message
    assert "repair" in status.next_step
    assert status.tip == tip
    assert await team.worktrees.repair(worktree) == worktree
    assert task.read("done.txt") == "kept\n"
    assert task.status() == ""


async def test_status_of_a_moved_folder_and_repair(team):
    worktree, task = await team.task()
    moved = team.root / "r1" / "moved"
    task.path.rename(moved)
    assert (await team.worktrees.status(worktree)).condition is Condition.MISSING
    found = await team.worktrees.repair(worktree, moved_to=moved)
    assert found.path == str(moved)
    assert (await team.worktrees.status(found)).condition is Condition.PRESENT


async def test_repair_does_not_take_a_folder_that_is_not_it(team):
    worktree, task = await team.task()
    shutil.rmtree(task.path)
    other = team.root / "r1" / "other"
    other.mkdir()
    with pytest.raises((WorktreeMissing, GitError)):
        await team.worktrees.repair(worktree, moved_to=other)


async def test_replaced_by_a_symlink_is_not_followed(team, tmp_path):
    worktree, task = await team.task()
    elsewhere = tmp_path / "elsewhere"
    task.path.rename(elsewhere)
    task.path.symlink_to(elsewhere)
    status = await team.worktrees.status(worktree)
    assert status.condition is Condition.REPLACED
    assert "symlink" in status.message
    for step in (team.worktrees.remove(worktree), team.worktrees.repair(worktree)):
        with pytest.raises(WorktreeReplaced):
            await step
    assert (elsewhere / "README.md").exists()
    assert task.path.is_symlink()


async def test_another_repository_in_its_place(team, person):
    worktree, task = await team.task()
    (task.path / ".git").unlink()
    task.git("init", "-q")
    status = await team.worktrees.status(worktree)
    assert status.condition is Condition.REPLACED
    (task.path / ".git").rename(task.path / "away")
    (task.path / ".git").write_text(f"gitdir: {person.path}/.git\n")
    assert (await team.worktrees.status(worktree)).condition is Condition.REPLACED


async def test_a_folder_above_replaced_by_a_symlink(team, tmp_path):
    worktree, _ = await team.task()
    (team.root / "r1").rename(team.root / "r2")
    (team.root / "r1").symlink_to(team.root / "r2")
    assert (await team.worktrees.status(worktree)).condition is Condition.REPLACED


async def test_switched_away(team):
    worktree, task = await team.task()
    task.git("switch", "-q", "-c", "elsewhere")
    status = await team.worktrees.status(worktree)
    assert status.condition is Condition.SWITCHED
    assert status.branch_now == "elsewhere"
    task.git("checkout", "-q", "--detach")
    assert (await team.worktrees.status(worktree)).branch_now is None


async def test_forgotten_by_git(team, person):
    worktree, _ = await team.task()
    shutil.rmtree(person.path / ".git" / "worktrees")
    assert (await team.worktrees.status(worktree)).condition is Condition.UNREGISTERED


async def test_remove_when_clean_and_merged(team, person):
    worktree, task = await team.task()
    task.write(".env", "ignored\n")
    await team.worktrees.remove(worktree, delete_branch=True)
    assert not task.path.exists()
    assert not task.path.parent.exists()
    assert team.root.exists()
    assert len(await team.repo.worktrees()) == 1
    assert person.tip(worktree.branch) == ""


async def test_remove_keeps_what_is_nowhere_else(team, person):
    worktree, task = await team.task()
    task.commit({"work.txt": "1\n"})
    with pytest.raises(WorktreeUnsaved):
        await team.worktrees.remove(worktree)
    task.write("README.md", "edit\n")
    await back_up_branch(team.repo, worktree, team.ref())
    with pytest.raises(WorktreeDirty) as caught:
        await team.worktrees.remove(worktree)
    assert caught.value.paths == ("README.md",)
    assert task.read("README.md") == "edit\n"


async def test_edits_hidden_from_git_status_count(team, person):
    worktree, task = await team.task()
    task.git("update-index", "--assume-unchanged", "README.md")
    task.git("update-index", "--skip-worktree", "src/app.py")
    task.write("README.md", "edit\n")
    assert task.status() == ""
    with pytest.raises(WorktreeDirty):
        await team.worktrees.remove(worktree)
    task.write("README.md", "hello\n")
    task.write("src/app.py", "edit\n")
    with pytest.raises(WorktreeDirty):
        await team.worktrees.remove(worktree)


async def test_a_nested_repository_is_not_removed(team):
    worktree, task = await team.task()
    task.git("init", "-q", "inner")
    task.write("inner/precious.txt")
    with pytest.raises(WorktreeDirty) as caught:
        await team.worktrees.remove(worktree)
    assert caught.value.paths == ("inner/",)
    assert (task.path / "inner" / "precious.txt").exists()


async def test_discard_keeps_commits_and_edits_under_a_backup(team, person):
    worktree, task = await team.task()
    tip = task.commit({"work.txt": "1\n"})
    task.write("README.md", "edit\n")
    task.write("new.txt", "new\n")
    index = (person.path / ".git" / "worktrees" / task.path.name / "index").read_bytes()
    backup = await back_up_worktree(team.repo, worktree, team.ref(), team.identity, root=team.root)
    assert (backup.has_edits, backup.tip) == (True, tip)
    assert backup.ref == "refs/codex-orch/backup/r1/t1/1"
    assert person.tip(f"{backup.ref}~1") == tip
    assert person.git("show", f"{backup.ref}:new.txt") == "new"
    assert task.tip() == tip
    assert (person.path / ".git" / "worktrees" / task.path.name / "index").read_bytes() == index
    await team.worktrees.remove(worktree, saved=backup, delete_branch=True)
    assert not task.path.exists()
    assert person.tip(worktree.branch) == ""
    assert person.git("show", f"{backup.ref}:README.md") == "edit"


async def test_edits_after_the_backup_stop_the_removal(team):
    worktree, task = await team.task()
    task.write("README.md", "edit\n")
    backup = await back_up_worktree(team.repo, worktree, team.ref(), team.identity)
    task.write("README.md", "another\n")
    with pytest.raises(WorktreeDirty):
        await team.worktrees.remove(worktree, saved=backup)
    second = await back_up_worktree(team.repo, worktree, team.ref(), team.identity)
    assert second.ref.endswith("/2")


async def test_backups_at_once_get_numbers_of_their_own(team):
    worktree, _ = await team.task()
    made = await asyncio.gather(*(back_up_branch(team.repo, worktree, team.ref()) for _ in range(4)))
    assert sorted(backup.ref[-1] for backup in made) == ["1", "2", "3", "4"]


async def test_remove_of_a_missing_one_forgets_it(team, person):
    worktree, task = await team.task()
    tip = task.commit({"work.txt": "1\n"})
    shutil.rmtree(task.path)
    with pytest.raises(WorktreeUnsaved):
        await team.worktrees.remove(worktree)
    await back_up_branch(team.repo, worktree, team.ref())
    await team.worktrees.remove(worktree)
    assert len(await team.repo.worktrees()) == 1
    assert person.tip(worktree.branch) == tip


async def test_lock_and_unlock_twice(team, person):
    worktree, _ = await team.task()
    await team.worktrees.unlock(worktree)
    await team.worktrees.unlock(worktree)
    assert "locked" not in person.git("worktree", "list", "--porcelain")
    await team.worktrees.lock(worktree, "busy")
    await team.worktrees.lock(worktree, "busy")
    assert "locked busy" in person.git("worktree", "list", "--porcelain")


async def test_in_a_shallow_clone_with_a_submodule_in_sha256_and_from_a_detached_head(tmp_path, person, checkout_type):
    library = checkout_type(tmp_path / "library")
    library.path.mkdir()
    library.git("init", "-q")
    library.commit({"lib.py": "x\n"})
    person.git("submodule", "--quiet", "add", str(library.path), "lib")
    person.commit(message="submodule")
    person.git("clone", "-q", "--depth=1", person.path.as_uri(), str(tmp_path / "shallow"))
    shallow = checkout_type(tmp_path / "shallow")
    shallow.git("checkout", "-q", "--detach")
    modern = checkout_type(tmp_path / "modern")
    modern.path.mkdir()
    modern.git("init", "-q", "--object-format=sha256")
    modern.commit({"a": "1\n"})
    for number, checkout in enumerate((shallow, modern)):
        repo = await Repository.open(checkout.path)
        worktrees = Worktrees(repo, tmp_path / f"w{number}")
        base = (await repo.head()).commit
        worktree = await worktrees.add(
            worktrees.root / "t", branch="orch/t", base_branch="main", base_commit=base, reason="r"
        )
        assert checkout_type(Path(worktree.path)).status() == ""
        assert (await worktrees.status(worktree)).condition is Condition.PRESENT
        await worktrees.remove(worktree)


async def test_odd_names(team, person):
    person.commit({"line\nbreak": "1\n", "-dash": "2\n", ":(top)magic": "3\n", "ta\tb": "4\n", "*": "5\n"})
    worktree, task = await team.task()
    assert task.status() == ""
    assert (await team.worktrees.status(worktree)).edits.is_clean
