"""A clash with the base, laid out in the worktree for whoever resolves it."""

from codex_orch_tui.domain.merge import Refusal, RefusalReason
from codex_orch_tui.gitrepo.commit import commit_worktree
from codex_orch_tui.gitrepo.conflict import LaidOut, files_with_markers, lay_out_conflict


async def test_the_clash_is_in_the_files_and_history_stays_one_line(team, person):
    worktree, task = await team.task()
    task.commit({"a.txt": "ours\n", "new.txt": "n\n"}, "one")
    task.commit({"a.txt": "ours, again\n"}, "two")
    base = person.commit({"a.txt": "theirs\n", "other.txt": "x\n"}, "base moved")
    laid_out = await lay_out_conflict(team.repo, worktree, root=team.root)
    assert isinstance(laid_out, LaidOut)
    assert laid_out.paths == ("a.txt",)
    assert laid_out.worktree.base_commit == base
    assert task.tip() == base
    assert task.read("a.txt") == "<<<<<<< main\ntheirs\n=======\nours, again\n>>>>>>> your-edits\n"
    assert task.read("new.txt") == "n\n"
    assert task.read("other.txt") == "x\n"
    task.write("a.txt", "both\n")
    await commit_worktree(team.repo, laid_out.worktree, message="resolved", identity=team.identity, root=team.root)
    assert task.git("log", "--format=%s", f"{base}..HEAD") == "resolved"
    assert task.status() == ""


async def test_markers_that_are_left_are_found_also_under_odd_names(team, person):
    worktree, task = await team.task()
    odd = "tab\there.txt"
    task.commit({odd: "ours\n", "a.txt": "ours\n"})
    person.commit({odd: "theirs\n", "a.txt": "theirs\n"})
    laid_out = await lay_out_conflict(team.repo, worktree, root=team.root)
    assert isinstance(laid_out, LaidOut)
    task.write("a.txt", "resolved\n")
    await commit_worktree(team.repo, laid_out.worktree, message="half", identity=team.identity, root=team.root)
    assert await files_with_markers(team.repo, worktree.branch, laid_out.paths) == ("tab\\there.txt",)
    assert await files_with_markers(team.repo, worktree.branch, ()) == ()


async def test_edits_that_are_in_no_commit_are_an_obstacle(team, person):
    worktree, task = await team.task()
    task.commit({"a.txt": "ours\n"})
    person.commit({"a.txt": "theirs\n"})
    task.write("loose.txt")
    before = task.everything()
    refused = await lay_out_conflict(team.repo, worktree, root=team.root)
    assert isinstance(refused, Refusal)
    assert refused.reason is RefusalReason.UNCOMMITTED
    assert task.everything() == before
