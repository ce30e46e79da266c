"""Updating a task from its base: replayed, or nothing moved."""

import os
from pathlib import Path

import pytest

from codex_orch_tui.domain.merge import Refusal, RefusalReason, Updated
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.update import update_from_base


@pytest.fixture
def update(team):
    async def update(worktree: Worktree) -> Updated | Refusal:
        return await update_from_base(team.repo, worktree, identity=team.identity, root=team.root)

    return update


def shape(task) -> tuple[str, str, str]:
    """What must stay the same when nothing was moved."""
    files = "\n".join(f"{path}:{path.read_bytes()!r}" for path in sorted(task.path.rglob("*")) if path.is_file())
    return task.tip(), task.status(), files


async def test_commits_are_replayed_with_author_and_message(team, person, update):
    worktree, task = await team.task()
    task.write("a.txt", "1\n")
    task.git("add", "-A")
    message = "first ünï\n\n  body, indented\n\n\nOrch-Run: r1"
    task.git("config", "commit.cleanup", "verbatim")
    task.git("commit", "-q", "-m", message, "--author=Eve Äxample <eve@example.org>", "--date=@1700000000 +0530")
    task.commit({"a.txt": "1\n2\n", "src/app.py": "a = 1\nb = 2\nc = 4\n"}, "second")
    base = person.commit({"src/app.py": "a = 0\nb = 2\nc = 3\n", "other.txt": "x\n"}, "base moved")
    old = task.tip()
    result = await update(worktree)
    assert isinstance(result, Updated)
    assert (result.base, result.old_tip, result.new_tip) == (base, old, task.tip())
    assert (result.replayed, result.dropped) == (2, ())
    assert task.git("log", "--format=%s", f"{base}..HEAD") == "second\nfirst ünï"
    assert task.git("log", "-1", "--skip=1", "--format=%an <%ae> %ad|%cn", "--date=raw") == (
        "Eve Äxample <eve@example.org> 1700000000 +0530|Ada Person"
    )
    assert task.git("log", "-1", "--skip=1", "--format=%B") == message
    assert task.read("src/app.py") == "a = 0\nb = 2\nc = 4\n"
    assert task.read("other.txt") == "x\n"
    assert task.status() == ""
    assert old in person.git("log", "-g", "--format=%H", worktree.branch)


async def test_nothing_to_do(team, person, update):
    worktree, task = await team.task()
    tip = task.commit({"a": "1\n"})
    result = await update(worktree)
    assert isinstance(result, Updated)
    assert not result.moved
    assert task.tip() == tip


async def test_a_task_without_commits_follows_its_base(team, person, update):
    worktree, task = await team.task()
    base = person.commit({"new": "1\n", "README.md": None})
    result = await update(worktree)
    assert isinstance(result, Updated)
    assert result.new_tip == base
    assert task.read("new") == "1\n"
    assert not (task.path / "README.md").exists()
    assert task.status() == ""


async def test_a_conflict_moves_nothing_and_names_the_files(team, person, update):
    worktree, task = await team.task()
    task.commit({"README.md": "mine\n", "fine.txt": "1\n"}, "my change")
    task.commit({"src/app.py": "x\n"}, "later")
    person.commit({"README.md": "yours\n", "src/app.py": None})
    before = shape(task)
    result = await update(worktree)
    assert isinstance(result, Refusal)
    assert result.reason is RefusalReason.CONFLICT
    assert result.paths == ("README.md",)
    assert "my change" in result.message
    assert result.next_step
    assert shape(task) == before


async def test_a_conflict_of_delete_and_edit(team, person, update):
    worktree, task = await team.task()
    task.commit({"src/app.py": "x\n"})
    person.commit({"src/app.py": None})
    result = await update(worktree)
    assert isinstance(result, Refusal)
    assert result.paths == ("src/app.py",)


async def test_what_the_base_has_already_is_dropped(team, person, update):
    worktree, task = await team.task()
    task.commit({"same.txt": "1\n"}, "shared")
    task.commit({"mine.txt": "1\n"}, "mine")
    base = person.commit({"same.txt": "1\n"}, "shared too")
    result = await update(worktree)
    assert isinstance(result, Updated)
    assert (result.replayed, result.dropped) == (1, ("shared",))
    assert task.git("log", "--format=%s", f"{base}..HEAD") == "mine"


async def test_uncommitted_edits_are_named(team, person, update):
    worktree, task = await team.task()
    person.commit({"new": "1\n"})
    task.write("README.md", "edit\n")
    task.write("fresh.txt")
    before = shape(task)
    result = await update(worktree)
    assert isinstance(result, Refusal)
    assert result.reason is RefusalReason.UNCOMMITTED
    assert result.paths == ("README.md", "fresh.txt")
    assert shape(task) == before


async def test_an_ignored_file_is_not_run_over(team, person, update):
    worktree, task = await team.task()
    task.write(".env", "precious\n")
    task.write("build/out/x", "precious\n")
    person.write(".env", "from base\n")
    person.write("build/out/x", "from base\n")
    person.git("add", "-f", ".env", "build")
    person.commit()
    before = shape(task)
    result = await update(worktree)
    assert isinstance(result, Refusal)
    assert result.reason is RefusalReason.OVERLAP
    assert result.paths == (".env", "build/out/x")
    assert shape(task) == before


async def test_a_merge_commit_cannot_be_replayed(team, person, update):
    worktree, task = await team.task()
    task.commit({"a": "1\n"})
    person.commit({"b": "1\n"})
    task.git("merge", "-q", "--no-edit", "main")
    person.commit({"c": "1\n"})
    result = await update(worktree)
    assert isinstance(result, Refusal)
    assert result.reason is RefusalReason.MERGE_COMMITS


async def test_the_base_was_rewritten(team, person, update):
    worktree, task = await team.task()
    task.commit({"a": "1\n"}, "mine")
    person.git("commit", "-q", "--amend", "-m", "first, again")
    result = await update(worktree)
    assert isinstance(result, Updated)
    assert task.git("log", "--format=%s") == "mine\nfirst, again"


async def test_other_refusals(team, person, update):
    worktree, task = await team.task()
    task.commit({"a": "1\n"})
    person.commit({"b": "1\n"})
    lock = Path(task.git("rev-parse", "--path-format=absolute", "--git-path", "index.lock"))
    with lock.open("w"):
        locked = await update(worktree)
    assert isinstance(locked, Refusal)
    assert locked.reason is RefusalReason.INDEX_LOCKED
    assert str(os.getpid()) in locked.message
    lock.unlink()
    task.git("switch", "-q", "-c", "away")
    switched = await update(worktree)
    assert isinstance(switched, Refusal)
    assert switched.reason is RefusalReason.WORKTREE
    task.git("switch", "-q", worktree.branch)
    person.git("branch", "-m", "main", "trunk")
    missing = await update(worktree)
    assert isinstance(missing, Refusal)
    assert missing.reason is RefusalReason.BASE_MISSING


async def test_files_that_cannot_follow_put_the_branch_back(team, person, update, monkeypatch):
    worktree, task = await team.task()
    old = task.commit({"a": "1\n"})
    person.commit({"b": "1\n"})
    lock = Path(task.git("rev-parse", "--path-format=absolute", "--git-path", "index.lock"))
    real = team.repo.move_branch

    async def move(branch: str, **moves: str) -> None:
        await real(branch, **moves)
        lock.touch()

    monkeypatch.setattr(team.repo, "move_branch", move)
    result = await update(worktree)
    assert isinstance(result, Refusal)
    assert result.reason is RefusalReason.INDEX_LOCKED
    lock.unlink()
    assert task.tip() == old
    assert task.status() == ""
    assert not (task.path / "b").exists()


async def test_a_branch_that_moves_meanwhile(team, person, update, monkeypatch):
    worktree, task = await team.task()
    task.commit({"a": "1\n"})
    person.commit({"b": "1\n"})
    other = person.git("commit-tree", "-m", "other", "-p", "HEAD", "HEAD^{tree}")
    real = team.repo.move_branch

    async def move(branch: str, **moves: str) -> None:
        person.git("update-ref", f"refs/heads/{branch}", other)
        await real(branch, **moves)

    monkeypatch.setattr(team.repo, "move_branch", move)
    result = await update(worktree)
    assert isinstance(result, Refusal)
    assert result.reason is RefusalReason.BRANCH_MOVED
    assert person.tip(worktree.branch) == other
