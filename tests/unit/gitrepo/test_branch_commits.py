"""A branch that others have committed to."""

from dataclasses import replace

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.gitrepo.branch_commits import read_branch


async def test_a_task_that_started_from_others_results_stands_on_those(team, person):
    worktree, task = await team.task()
    results = task.commit({"result.txt": "1\n"}, "another task's")
    joined = replace(worktree, base_commit=CommitId(results))
    tip = CommitId(task.commit({"own.txt": "2\n"}, "its own"))
    person.commit({"moved.txt": "x\n"}, "moved")
    found = await read_branch(team.repo, joined, tip)
    assert found.worktree.base_commit == results
    assert [commit.subject for commit in found.commits] == ["its own"]


async def test_one_that_was_rebased_by_hand_stands_on_the_newer_base(team, person):
    worktree, task = await team.task()
    task.commit({"own.txt": "2\n"}, "its own")
    base = person.commit({"moved.txt": "x\n"}, "moved")
    task.git("rebase", "-q", "main")
    found = await read_branch(team.repo, worktree, CommitId(task.tip()))
    assert found.worktree.base_commit == base
    assert [commit.subject for commit in found.commits] == ["its own"]
