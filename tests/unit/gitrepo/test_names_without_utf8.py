"""Names whose bytes are no UTF-8: a repository at such a path is refused; files are worked with, and shown escaped."""

import os

import pytest

from codex_orch_tui.domain.merge import Merged, Overlap, OverlapKind, Refusal, RefusalReason
from codex_orch_tui.gitrepo.commit import commit_worktree
from codex_orch_tui.gitrepo.conflict import LaidOut, files_with_markers, lay_out_conflict
from codex_orch_tui.gitrepo.diff import Reviews
from codex_orch_tui.gitrepo.errors import PathNotUtf8
from codex_orch_tui.gitrepo.merge import Merges
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.update import update_from_base

ONE, OTHER = os.fsdecode(b"caf\xe9.txt"), os.fsdecode(b"caf\xe8.txt")
SHOWN = ("caf\\xe8.txt", "caf\\xe9.txt")


async def test_a_repository_at_such_a_path_is_refused_however_it_is_reached(person, tmp_path):
    moved = person.path.rename(tmp_path / os.fsdecode(b"caf\xe9"))
    (tmp_path / "link").symlink_to(moved)
    for place in (moved, moved / "src", tmp_path / "link"):
        with pytest.raises(PathNotUtf8) as caught:
            await Repository.open(place)
        assert caught.value.message == f"the path {tmp_path}/caf\\xe9 is not UTF-8 (byte 0xe9)"
        assert "rename that folder" in caught.value.next_step
    assert not (moved / ".orchestrator").exists()


async def test_the_way_to_a_repository_may_be_named_like_that(person, tmp_path):
    link = tmp_path / os.fsdecode(b"link\xff")
    link.symlink_to(person.path)
    assert (await Repository.open(link)).top == person.path


async def test_files_are_committed_reviewed_and_merged(team, person):
    worktree, task = await team.task()
    for name in (ONE, OTHER):
        task.write(name, "a\n")
    report = await commit_worktree(team.repo, worktree, message="odd", identity=team.identity, root=team.root)
    assert report.commit is not None
    assert task.status() == ""
    reviews = Reviews(team.repo)
    summary = await reviews.summary(worktree.base_commit, task.tip())
    assert tuple(change.path for change in summary.files) == SHOWN
    patches = [await reviews.file_patch(change) for change in summary.files]
    assert [[line.text for line in patch.hunks[0].lines] for patch in patches] == [["a"], ["a"]]
    merges = Merges(team.repo)
    person.write(ONE, "mine\n")
    blocked = await merges.preview("main", worktree.branch)
    assert blocked.overlaps == (Overlap(path=SHOWN[1], kind=OverlapKind.UNTRACKED),)
    (person.path / ONE).unlink()
    assert isinstance(await merges.merge(await merges.preview("main", worktree.branch)), Merged)
    assert (person.read(ONE), person.read(OTHER), person.status()) == ("a\n", "a\n", "")


async def test_the_checkout_of_the_base_may_lie_at_such_a_path(team, person, tmp_path, checkout_type):
    person.git("switch", "-q", "-c", "side")
    elsewhere = checkout_type(tmp_path / os.fsdecode(b"main\xff"))
    person.git("worktree", "add", "-q", str(elsewhere.path), "main")
    worktree, task = await team.task()
    task.commit({"new.txt": "x\n"})
    merges = Merges(team.repo)
    preview = await merges.preview("main", worktree.branch)
    assert preview.checkout == f"{tmp_path}/main\\xff"
    assert isinstance(await merges.merge(preview), Merged)
    assert elsewhere.read("new.txt") == "x\n"


async def test_a_clash_in_them_is_told_laid_out_and_resolved(team, person):
    worktree, task = await team.task()
    task.commit({ONE: "ours\n", OTHER: "ours\n"})
    person.commit({ONE: "theirs\n", OTHER: "theirs\n"})
    refused = await update_from_base(team.repo, worktree, identity=team.identity, root=team.root)
    assert isinstance(refused, Refusal)
    assert (refused.reason, tuple(sorted(refused.paths))) == (RefusalReason.CONFLICT, SHOWN)
    laid_out = await lay_out_conflict(team.repo, worktree, root=team.root)
    assert isinstance(laid_out, LaidOut)
    assert set(laid_out.paths) == set(SHOWN)
    task.write(ONE, "resolved\n")
    await commit_worktree(team.repo, laid_out.worktree, message="half", identity=team.identity, root=team.root)
    assert await files_with_markers(team.repo, worktree.branch, laid_out.paths) == (SHOWN[0],)
    task.write(OTHER, "resolved\n")
    await commit_worktree(team.repo, laid_out.worktree, message="all", identity=team.identity, root=team.root)
    assert await files_with_markers(team.repo, worktree.branch, laid_out.paths) == ()
    merges = Merges(team.repo)
    assert isinstance(await merges.merge(await merges.preview("main", worktree.branch)), Merged)
    assert person.read(ONE) == "resolved\n"
