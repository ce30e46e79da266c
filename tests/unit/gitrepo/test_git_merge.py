"""The fast-forward: what is shown, what is refused, what moves."""

import asyncio
import os
import shutil

import pytest

from codex_orch_tui.domain.merge import Merged, OverlapKind, Refusal, RefusalReason
from codex_orch_tui.gitrepo.merge import Merges
from codex_orch_tui.gitrepo.repository import Repository


@pytest.fixture
async def merges(team) -> Merges:
    return Merges(team.repo)


@pytest.fixture
async def done(team):
    """A task with one commit on top of main."""
    worktree, task = await team.task("done")
    task.commit({"src/app.py": "a = 9\n", "new.txt": "new\n"}, "the task")
    return worktree, task


async def refused(merges, person, branch: str, reason: RefusalReason, *, base: str = "main") -> Refusal:
    """A preview refuses, a merge of it refuses, and nothing moved by either."""
    before = person.everything()
    preview = await merges.preview(base, branch)
    assert preview.refusal is not None
    assert preview.refusal.reason is reason
    assert preview.refusal.message
    assert await merges.merge(preview) == preview.refusal
    assert person.everything() == before
    return preview.refusal


async def test_where_the_base_is_checked_out_the_files_follow(merges, person, done):
    worktree, task = done
    old = person.tip()
    preview = await merges.preview("main", worktree.branch)
    assert preview.refusal is None
    assert (preview.old, preview.new) == (old, task.tip())
    assert preview.tree == task.tip("HEAD^{tree}")
    assert preview.is_fast_forward
    assert [commit.subject for commit in preview.commits] == ["the task"]
    assert (preview.commit_count, preview.files, preview.behind) == (1, 2, 0)
    assert preview.checkout == str(person.path)
    result = await merges.merge(preview)
    assert result == Merged(base_branch="main", old=old, new=task.tip(), checkout=str(person.path))
    assert person.tip() == task.tip()
    assert person.read("new.txt") == "new\n"
    assert person.status() == ""
    assert "codex-orch: merge orch/r1/done" in person.git("reflog", "-1")


async def test_elsewhere_the_ref_moves(merges, person, done):
    worktree, task = done
    person.git("switch", "-q", "-c", "side")
    result = await merges.merge(await merges.preview("main", worktree.branch))
    assert isinstance(result, Merged)
    assert result.checkout == ""
    assert person.tip("main") == task.tip()
    assert person.status() == ""


async def test_in_another_worktree_its_files_follow(merges, person, done, tmp_path, checkout_type):
    worktree, task = done
    person.git("switch", "-q", "-c", "side")
    person.git("worktree", "add", "-q", str(tmp_path / "linked"), "main")
    linked = checkout_type(tmp_path / "linked")
    result = await merges.merge(await merges.preview("main", worktree.branch))
    assert isinstance(result, Merged)
    assert result.checkout == str(linked.path)
    assert linked.tip() == task.tip()
    assert linked.status() == ""
    assert person.status() == ""


async def test_other_dirt_is_no_obstacle(merges, person, done):
    worktree, task = done
    person.write("README.md", "my edit\n")
    person.write("mine.txt", "mine\n")
    person.write("staged.txt", "staged\n")
    person.git("add", "staged.txt")
    preview = await merges.preview("main", worktree.branch)
    assert preview.refusal is None
    assert isinstance(await merges.merge(preview), Merged)
    assert person.tip() == task.tip()
    assert set(person.status().splitlines()) == {" M README.md", "A  staged.txt", "?? mine.txt"}
    assert person.read("README.md") == "my edit\n"


async def test_overlapping_work_is_listed(merges, person, done):
    worktree, _ = done
    person.write("src/app.py", "my edit\n")
    person.write("new.txt", "mine\n")
    refusal = await refused(merges, person, worktree.branch, RefusalReason.OVERLAP)
    assert refusal.paths == ("new.txt", "src/app.py")
    assert "commit" in refusal.next_step
    preview = await merges.preview("main", worktree.branch)
    assert {overlap.path: overlap.kind for overlap in preview.overlaps} == {
        "new.txt": OverlapKind.UNTRACKED,
        "src/app.py": OverlapKind.EDITED,
    }


async def test_staged_work_overlaps_too(merges, person, done):
    worktree, _ = done
    person.write("src/app.py", "my edit\n")
    person.git("add", "-A")
    person.write("new.txt", "mine\n")
    person.git("add", "-A")
    refusal = await refused(merges, person, worktree.branch, RefusalReason.OVERLAP)
    assert refusal.paths == ("new.txt", "src/app.py")


async def test_an_ignored_file_is_not_run_over(merges, person, done):
    worktree, task = done
    task.write(".env", "from the task\n")
    task.git("add", "-f", ".env")
    task.commit()
    person.write(".env", "SECRET\n")
    refusal = await refused(merges, person, worktree.branch, RefusalReason.OVERLAP)
    assert refusal.paths == (".env",)
    assert person.read(".env") == "SECRET\n"


async def test_files_and_folders_in_each_others_place(merges, person, done, tmp_path):
    worktree, task = done
    task.commit({"data/one.txt": "1\n", "tool": "1\n", "deep/er/x": "1\n", "void": "1\n"})
    person.write("data", "mine\n")
    person.write("tool/mine.txt", "mine\n")
    (person.path / "deep").symlink_to(tmp_path)
    (person.path / "void").mkdir()
    refusal = await refused(merges, person, worktree.branch, RefusalReason.OVERLAP)
    assert refusal.paths == ("data", "deep", "tool/mine.txt")


async def test_a_tracked_folder_that_becomes_a_file(merges, person, done):
    worktree, task = done
    task.commit({"src/app.py": None})
    shutil.rmtree(task.path / "src", ignore_errors=True)
    task.commit({"src": "a file\n"})
    person.write("src/mine.txt", "mine\n")
    refusal = await refused(merges, person, worktree.branch, RefusalReason.OVERLAP)
    assert refusal.paths == ("src/mine.txt",)
    (person.path / "src" / "mine.txt").unlink()
    assert isinstance(await merges.merge(await merges.preview("main", worktree.branch)), Merged)
    assert person.read("src") == "a file\n"


async def test_the_base_moved_on(merges, person, done):
    worktree, _ = done
    person.commit({"other": "1\n"})
    person.commit({"other": "2\n"})
    refusal = await refused(merges, person, worktree.branch, RefusalReason.NOT_FAST_FORWARD)
    assert "2 commits" in refusal.message
    assert "(u)" in refusal.next_step


async def test_nothing_to_merge(merges, person, team):
    worktree, task = await team.task()
    await refused(merges, person, worktree.branch, RefusalReason.NOTHING_TO_MERGE)
    task.git("commit", "-q", "--allow-empty", "-m", "empty")
    await refused(merges, person, worktree.branch, RefusalReason.NOTHING_TO_MERGE)
    task.commit({"a": "1\n"})
    task.git("revert", "--no-edit", "HEAD")
    await refused(merges, person, worktree.branch, RefusalReason.NOTHING_TO_MERGE)


async def test_a_branch_that_is_gone(merges, person, done):
    worktree, _ = done
    await refused(merges, person, "no/such", RefusalReason.BRANCH_MISSING)
    await refused(merges, person, worktree.branch, RefusalReason.BASE_MISSING, base="gone")


async def test_the_review_is_bound_to_both_commits(merges, person, done):
    worktree, task = done
    reviewed_base, reviewed_tip = person.tip(), task.tip()
    task.commit({"late.txt": "unseen\n"})
    preview = await merges.preview("main", worktree.branch, reviewed_base=reviewed_base, reviewed_tip=reviewed_tip)
    assert preview.refusal is not None
    assert preview.refusal.reason is RefusalReason.BRANCH_MOVED
    assert "review" in preview.refusal.next_step
    preview = await merges.preview("main", worktree.branch, reviewed_base="1" * 40, reviewed_tip=task.tip())
    assert preview.refusal is not None
    assert preview.refusal.reason is RefusalReason.BASE_MOVED


async def test_a_tip_that_moves_after_the_preview(merges, person, done):
    worktree, task = done
    preview = await merges.preview("main", worktree.branch)
    task.commit({"late.txt": "unseen\n"})
    result = await merges.merge(preview)
    assert isinstance(result, Refusal)
    assert result.reason is RefusalReason.BRANCH_MOVED
    assert person.tip() == preview.old


async def test_a_base_that_moves_after_the_preview(merges, person, done):
    worktree, _ = done
    preview = await merges.preview("main", worktree.branch)
    tip = person.commit({"other": "1\n"})
    result = await merges.merge(preview)
    assert isinstance(result, Refusal)
    assert result.reason in {RefusalReason.BASE_MOVED, RefusalReason.NOT_FAST_FORWARD}
    assert person.tip() == tip


@pytest.mark.parametrize("checked_out", [True, False])
async def test_a_base_that_moves_in_the_last_moment(merges, person, team, done, monkeypatch, checked_out):
    worktree, _ = done
    if not checked_out:
        person.git("switch", "-q", "-c", "side")
    preview = await merges.preview("main", worktree.branch)
    other = person.git("commit-tree", "-m", "theirs", "-p", "main", "main^{tree}")
    name = "_fast_forward" if checked_out else "_move_ref"
    real = getattr(merges, name)

    async def late(*args):
        person.git("update-ref", "refs/heads/main", other)
        return await real(*args)

    monkeypatch.setattr(merges, name, late)
    result = await merges.merge(preview)
    assert isinstance(result, Refusal)
    assert person.tip("main") == other
    assert not (person.path / "new.txt").exists()


async def test_two_merges_at_once_one_wins(person, team):
    made = [await team.task(f"t{n}") for n in range(2)]
    for number, (_, task) in enumerate(made):
        task.commit({f"f{number}": "1\n"})
    both = [Merges(team.repo), Merges(await Repository.open(person.path))]
    previews = [await merges.preview("main", made[n][0].branch) for n, merges in enumerate(both)]
    results = await asyncio.gather(*(merges.merge(preview) for merges, preview in zip(both, previews, strict=True)))
    assert sorted(type(result).__name__ for result in results) == ["Merged", "Refusal"]
    (refusal,) = (result for result in results if isinstance(result, Refusal))
    assert refusal.reason is RefusalReason.NOT_FAST_FORWARD or refusal.reason is RefusalReason.BASE_MOVED
    assert person.status() == ""


@pytest.mark.parametrize("operation", ["merge", "rebase", "cherry-pick"])
async def test_in_the_middle_of_something(merges, person, done, operation):
    worktree, _ = done
    person.git("switch", "-q", "-c", "side")
    person.commit({"README.md": "side\n"})
    person.git("switch", "-q", "main")
    person.commit({"README.md": "main\n"})
    worktree_task = person.git("rev-parse", "main")
    person.git(
        "update-ref",
        f"refs/heads/{worktree.branch}",
        person.git("commit-tree", "-m", "t", "-p", worktree_task, "side^{tree}"),
    )
    person.git(operation, "side", check=False)
    refusal = await refused(merges, person, worktree.branch, RefusalReason.IN_PROGRESS)
    assert operation in refusal.message
    assert f"git {operation} --abort" in refusal.next_step


async def test_a_rebase_in_another_worktree(merges, person, done, tmp_path, checkout_type):
    worktree, task = done
    person.git("switch", "-q", "-c", "side")
    person.commit({"src/app.py": "side\n"})
    person.git("worktree", "add", "-q", str(tmp_path / "linked"), "main")
    linked = checkout_type(tmp_path / "linked")
    linked.commit({"src/app.py": "linked\n"})
    task.git("reset", "-q", "--hard", "main")
    task.commit({"n": "1\n"})
    linked.git("rebase", "side", check=False)
    refusal = await refused(merges, person, worktree.branch, RefusalReason.IN_PROGRESS)
    assert str(linked.path) in refusal.message


async def test_the_folder_with_the_base_is_gone(merges, person, done, tmp_path):
    worktree, _ = done
    person.git("switch", "-q", "-c", "side")
    person.git("worktree", "add", "-q", str(tmp_path / "linked"), "main")
    shutil.rmtree(tmp_path / "linked")
    refusal = await refused(merges, person, worktree.branch, RefusalReason.CHECKOUT_MISSING)
    assert str(tmp_path / "linked") in refusal.paths[0]


async def test_a_locked_index_names_its_holder(merges, person, done):
    worktree, _ = done
    lock = person.path / ".git" / "index.lock"
    with lock.open("w"):
        refusal = await refused(merges, person, worktree.branch, RefusalReason.INDEX_LOCKED)
        assert str(os.getpid()) in refusal.message
    assert lock.exists()


async def test_a_lock_in_the_last_moment(merges, person, done, monkeypatch):
    worktree, _ = done
    preview = await merges.preview("main", worktree.branch)
    lock = person.path / ".git" / "index.lock"
    real = merges._fast_forward

    async def late(*args):
        lock.touch()
        return await real(*args)

    monkeypatch.setattr(merges, "_fast_forward", late)
    result = await merges.merge(preview)
    assert isinstance(result, Refusal)
    assert result.reason is RefusalReason.INDEX_LOCKED
    lock.unlink()
    assert person.tip() == preview.old
    assert person.status() == ""


async def test_work_that_appears_in_the_last_moment_is_kept(merges, person, done, monkeypatch):
    worktree, _ = done
    preview = await merges.preview("main", worktree.branch)
    real = merges._fast_forward

    async def late(*args):
        person.write("new.txt", "mine\n")
        return await real(*args)

    monkeypatch.setattr(merges, "_fast_forward", late)
    result = await merges.merge(preview)
    assert isinstance(result, Refusal)
    assert result.reason is RefusalReason.GIT_REFUSED
    assert "new.txt" in result.paths
    assert person.read("new.txt") == "mine\n"
    assert person.tip() == preview.old


async def test_settings_of_the_branch_do_not_change_what_a_merge_is(merges, person, done):
    worktree, task = done
    person.git("config", "branch.main.mergeOptions", "--squash --no-ff")
    person.git("config", "merge.ff", "false")
    person.git("config", "merge.autoStash", "true")
    person.write("README.md", "edit\n")
    assert isinstance(await merges.merge(await merges.preview("main", worktree.branch)), Merged)
    assert person.tip() == task.tip()
    assert person.status() == " M README.md"
    assert person.git("stash", "list") == ""


async def test_a_filter_of_the_repositorys_own_config(merges, person, done, home):
    worktree, task = done
    person.git("config", "filter.strange.smudge", "cat")
    assert (await merges.preview("main", worktree.branch)).refusal is None
    task.commit({".gitattributes": "*.bin filter=strange\n", "x.bin": "1\n"})
    refusal = await refused(merges, person, worktree.branch, RefusalReason.FILTER)
    assert refusal.paths == ("x.bin",)
    assert "git merge --ff-only" in refusal.next_step


async def test_a_filter_of_the_persons_own_settings_runs(merges, person, done, home):
    worktree, task = done
    person.git("config", "--global", "filter.upper.smudge", "tr a-z A-Z")
    person.git("config", "--global", "filter.upper.clean", "tr A-Z a-z")
    blob = task.git("hash-object", "-w", "--no-filters", str(task.write("plain", "abc\n")))
    task.write(".gitattributes", "*.up filter=upper\n")
    task.git("add", ".gitattributes")
    task.git("update-index", "--add", "--cacheinfo", f"100644,{blob},x.up")
    task.git("commit", "-q", "-m", "filtered")
    result = await merges.merge(await merges.preview("main", worktree.branch))
    assert isinstance(result, Merged)
    assert person.read("x.up") == "ABC\n"


async def test_a_detached_checkout_is_left_alone(merges, person, done):
    worktree, task = done
    person.git("checkout", "-q", "--detach")
    old = person.tip()
    assert isinstance(await merges.merge(await merges.preview("main", worktree.branch)), Merged)
    assert (person.tip(), person.tip("main")) == (old, task.tip())
    assert person.status() == ""


async def test_a_cancelled_merge_leaves_branch_and_files_in_step(merges, person, done, monkeypatch):
    worktree, task = done
    preview = await merges.preview("main", worktree.branch)
    real = merges._fast_forward
    moving = asyncio.Event()

    async def slow(*args):
        moving.set()
        await asyncio.sleep(0)
        return await real(*args)

    monkeypatch.setattr(merges, "_fast_forward", slow)
    merging = asyncio.create_task(merges.merge(preview))
    await moving.wait()
    merging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await merging
    assert person.tip() == task.tip()
    assert person.status() == ""


async def test_files_in_conflict_without_a_merge(merges, person, done):
    worktree, _ = done
    blob = person.git("rev-parse", "HEAD:README.md")
    lines = "".join(f"100644 {blob} {stage}\tREADME.md\n" for stage in (1, 2, 3))
    person.feed(f"0 {'0' * 40}\tREADME.md\n{lines}", "update-index", "--index-info")
    refusal = await refused(merges, person, worktree.branch, RefusalReason.IN_PROGRESS)
    assert refusal.paths == ("README.md",)


async def test_edits_that_flags_hide_are_kept(merges, person, done):
    worktree, _ = done
    person.git("update-index", "--assume-unchanged", "src/app.py")
    person.write("src/app.py", "hidden edit\n")
    preview = await merges.preview("main", worktree.branch)
    result = preview.refusal or await merges.merge(preview)
    assert isinstance(result, Refusal)
    assert result.paths == ("src/app.py",)
    assert person.read("src/app.py") == "hidden edit\n"
    assert person.tip() == preview.old
