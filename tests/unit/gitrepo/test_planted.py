"""Helper programs that somebody planted in config, hooks and attributes: none of ours starts them.

Each leaves a marker file when it runs. A control test shows that plain git does start them.
"""

import pytest

from codex_orch_tui.domain.merge import Merged, Refusal, Updated
from codex_orch_tui.domain.review import FilePatch
from codex_orch_tui.gitrepo.backup import back_up_worktree
from codex_orch_tui.gitrepo.commit import commit_worktree
from codex_orch_tui.gitrepo.diff import Reviews
from codex_orch_tui.gitrepo.include import copy_included
from codex_orch_tui.gitrepo.merge import Merges
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.update import update_from_base

ATTRIBUTES = {".gitattributes": "* filter=evil diff=evil merge=evil\n"}


@pytest.fixture
def hostile(person, planted):
    """The person's repository, after somebody wrote to its config."""
    person.commit({**ATTRIBUTES, ".worktreeinclude": ".env\n"})
    planted.plant(person, person.path / ".git")
    return person


async def test_plain_git_starts_them(hostile, planted, tmp_path):
    hostile.git("status")
    hostile.write("README.md", "edit\n")
    hostile.git("-c", "gpg.program=true", "-c", "commit.gpgSign=false", "commit", "-qam", "x", check=False)
    hostile.git("diff", "HEAD~1", check=False)
    hostile.git("log", "-p", "-1", check=False)
    hostile.git("worktree", "add", "-q", str(tmp_path / "w"), check=False)
    ran = planted.ran()
    for name in ("clean", "smudge", "fsmonitor", "hook-pre-commit", "hook-post-checkout", "hook-reference-transaction"):
        assert name in ran
    assert {"diff-command", "external", "textconv"} & set(ran)


async def test_from_opening_to_merging(hostile, planted, team):
    hostile.write(".env", "SECRET\n")
    repo = team.repo
    await Repository.open(hostile.path)
    await repo.head()
    await repo.branches()
    await repo.identity()
    hostile.write("README.md", "edit\n")
    await repo.edits()
    hostile.write("README.md", "hello\n")
    assert planted.ran() == []

    worktree, task = await team.task()
    await copy_included(repo, worktree, root=team.root)
    assert planted.ran() == []

    task.write("src/app.py", "a = 1\nb = 2\nc = 9\n")
    task.write("new.txt", "new\n")
    await team.worktrees.status(worktree)
    report = await commit_worktree(repo, worktree, message="x\n", identity=team.identity, root=team.root)
    assert report.commit is not None
    assert planted.ran() == []

    reviews = Reviews(repo)
    summary = await reviews.summary(worktree.base_commit, report.tip)
    patches = [await reviews.file_patch(change) for change in summary.files]
    assert all(isinstance(patch, FilePatch) for patch in patches)
    assert planted.ran() == []


async def test_update_and_both_kinds_of_merge(hostile, planted, team):
    worktree, task = await team.task()
    task.write("src/app.py", "a = 1\nb = 2\nc = 9\n")
    await commit_worktree(team.repo, worktree, message="x\n", identity=team.identity)
    moving, other = await team.task("base")
    other.write("src/app.py", "a = 0\nb = 2\nc = 3\n")
    other.write("beside.txt", "1\n")
    await commit_worktree(team.repo, moving, message="base\n", identity=team.identity)
    merges = Merges(team.repo)
    preview = await merges.preview("main", moving.branch)
    assert planted.ran() == []
    # Files of the person's own checkout that need a filter from the repository's config are refused, not filtered.
    assert isinstance(await merges.merge(preview), Refusal)
    assert planted.ran() == []
    assert preview.new is not None
    await team.repo.move_branch("main", old=moving.base_commit, new=preview.new, reason="test")

    updated = await update_from_base(team.repo, worktree, identity=team.identity, root=team.root)
    assert isinstance(updated, Updated)
    assert task.read("src/app.py") == "a = 0\nb = 2\nc = 9\n"
    assert planted.ran() == []
    await back_up_worktree(team.repo, worktree, team.ref(), team.identity, root=team.root)
    await team.worktrees.remove(worktree)
    assert planted.ran() == []


async def test_a_conflict_does_not_start_a_merge_driver(hostile, planted, team):
    worktree, task = await team.task()
    task.write("src/app.py", "mine\n")
    await commit_worktree(team.repo, worktree, message="x\n", identity=team.identity)
    moving, other = await team.task("base")
    other.write("src/app.py", "theirs\n")
    report = await commit_worktree(team.repo, moving, message="base\n", identity=team.identity)
    await team.repo.move_branch("main", old=moving.base_commit, new=report.tip, reason="test")
    result = await update_from_base(team.repo, worktree, identity=team.identity)
    assert isinstance(result, Refusal)
    assert result.paths == ("src/app.py",)
    assert planted.ran() == []


async def test_a_merge_into_the_persons_checkout(person, planted, team):
    """Without attributes that ask for a filter: the fast-forward itself starts nothing."""
    worktree, task = await team.task()
    task.write("new.txt", "new\n")
    await commit_worktree(team.repo, worktree, message="x\n", identity=team.identity)
    planted.plant(person, person.path / ".git")
    (person.path / ".git" / "info" / "attributes").unlink()
    merges = Merges(team.repo)
    result = await merges.merge(await merges.preview("main", worktree.branch))
    assert isinstance(result, Merged)
    assert person.read("new.txt") == "new\n"
    assert planted.ran() == []


async def test_a_submodule_folder_with_a_config_of_its_own(person, planted, team, tmp_path, checkout_type):
    """Git looks into submodules with their own config, and that lies in the worktree, where the agent writes."""
    library = checkout_type(tmp_path / "library")
    library.path.mkdir()
    library.git("init", "-q")
    library.commit({"lib.py": "x\n"})
    person.git("submodule", "--quiet", "add", str(library.path), "lib")
    person.commit(message="submodule")
    worktree, task = await team.task()
    (task.path / "lib").rmdir()
    task.git("clone", "-q", str(library.path), "lib")
    inner = checkout_type(task.path / "lib")
    planted.plant(inner, inner.path / ".git")
    inner.write("lib.py", "changed\n")
    task.git("status")
    assert "fsmonitor" in planted.ran()
    planted.forget()

    await team.worktrees.status(worktree)
    task.write("new.txt", "1\n")
    report = await commit_worktree(team.repo, worktree, message="x\n", identity=team.identity)
    assert report.commit is not None
    assert report.commit.files == 1
    merges = Merges(team.repo)
    await merges.preview("main", worktree.branch)
    await team.repo.edits()
    assert planted.ran() == []


async def test_a_worktree_whose_git_file_leads_to_a_hostile_repository(person, planted, team, tmp_path, checkout_type):
    worktree, task = await team.task()
    evil = checkout_type(tmp_path / "evil")
    evil.path.mkdir()
    evil.git("init", "-q")
    evil.commit({"x": "1\n"})
    planted.plant(evil, evil.path / ".git")
    (task.path / ".git").write_text(f"gitdir: {evil.path}/.git\n")
    await team.worktrees.status(worktree)
    for step in (
        commit_worktree(team.repo, worktree, message="x\n", identity=team.identity),
        team.worktrees.remove(worktree),
        team.worktrees.repair(worktree),
    ):
        with pytest.raises(Exception, match="not what git put there"):
            await step
    assert isinstance(await update_from_base(team.repo, worktree, identity=team.identity), Refusal)
    assert planted.ran() == []
    assert task.path.exists()
