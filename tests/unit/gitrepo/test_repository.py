"""Opening a repository: every kind of folder, branches, identity, what is not committed."""

import os
import subprocess
import sys
import time

import pytest

from codex_orch_tui.gitrepo.errors import (
    BareRepository,
    GitError,
    IdentityMissing,
    NoCommits,
    NotARepository,
    NotOurRepository,
    NotWritable,
    RefMoved,
)
from codex_orch_tui.gitrepo.repository import Head, Repository


async def test_opened_from_anywhere_in_it(person, tmp_path):
    linked = tmp_path / "linked"
    person.git("worktree", "add", "-q", "-b", "other", str(linked))
    (tmp_path / "link").symlink_to(person.path / "src")
    for place in (person.path, person.path / "src", linked, tmp_path / "link"):
        repo = await Repository.open(place)
        assert repo.top == person.path
        assert repo.git_dir == person.path / ".git"


async def test_a_git_variable_of_the_caller_does_not_mislead(person, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert (await Repository.open(person.path)).top == person.path


async def test_no_repository(tmp_path):
    with pytest.raises(NotARepository) as caught:
        await Repository.open(tmp_path)
    assert "git init" in caught.value.next_step
    with pytest.raises(NotARepository):
        await Repository.open(tmp_path / "nothing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotARepository):
        await Repository.open(tmp_path / "file")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / ".git").write_text("gitdir: /nowhere\n")
    with pytest.raises(NotARepository):
        await Repository.open(tmp_path / "broken")


async def test_a_broken_config_is_named_with_its_line(person):
    with (person.path / ".git" / "config").open("a") as file:
        file.write("[core\n")
    with pytest.raises(GitError) as caught:
        await Repository.open(person.path)
    assert "bad config line" in caught.value.message
    assert ".git/config" in caught.value.message


async def test_a_git_folder_that_cannot_be_written(person):
    (person.path / ".git" / "codex-orch").write_text("in the way")
    repo = await Repository.open(person.path)
    with pytest.raises(NotWritable) as caught:
        await repo.edits()
    assert "codex-orch" in caught.value.message


async def test_bare(tmp_path, person):
    bare = tmp_path / "bare.git"
    person.git("clone", "-q", "--bare", str(person.path), str(bare))
    with pytest.raises(BareRepository) as caught:
        await Repository.open(bare)
    assert "git clone" in caught.value.next_step
    person.git("-C", str(bare), "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    with pytest.raises(BareRepository):
        await Repository.open(tmp_path / "linked")


async def test_no_commit_yet(empty):
    with pytest.raises(NoCommits) as caught:
        await Repository.open(empty.path)
    assert "git commit" in caught.value.next_step


async def test_another_users_repository_is_refused(person, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    from codex_orch_tui.gitrepo import environment

    monkeypatch.setattr(environment, "_INHERITED", (*environment._INHERITED, "GIT_TEST_ASSUME_DIFFERENT_OWNER"))
    with pytest.raises(NotOurRepository) as caught:
        await Repository.open(person.path)
    assert "safe.directory" in caught.value.next_step


async def test_detached_head_works(person):
    person.git("checkout", "-q", "--detach")
    repo = await Repository.open(person.path)
    head = await repo.head()
    assert head.branch is None
    assert head.commit == person.tip()
    assert [branch.name for branch in await repo.branches()] == ["main"]


async def test_an_unborn_branch_beside_others_works(person):
    person.git("checkout", "-q", "--orphan", "fresh")
    repo = await Repository.open(person.path)
    assert await repo.head() == Head(branch="fresh", commit=None)


async def test_shallow(person, tmp_path, checkout_type):
    person.commit({"a": "1\n"})
    person.commit({"a": "2\n"})
    person.git("clone", "-q", "--depth=1", person.path.as_uri(), str(tmp_path / "shallow"))
    repo = await Repository.open(tmp_path / "shallow")
    assert repo.is_shallow
    assert "shallow" in repo.notices[0]
    assert (await repo.head()).branch == "main"


async def test_submodules_and_a_submodule_itself(person, tmp_path, checkout_type):
    library = checkout_type(tmp_path / "library")
    library.path.mkdir()
    library.git("init", "-q")
    library.commit({"lib.py": "x\n"})
    person.git("submodule", "--quiet", "add", str(library.path), "lib")
    person.commit(message="submodule")
    repo = await Repository.open(person.path)
    assert any("submodule" in notice for notice in repo.notices)
    within = await Repository.open(person.path / "lib")
    assert within.top == person.path / "lib"
    assert within.git_dir == person.path / ".git" / "modules" / "lib"
    assert (await within.worktrees())[0].path == person.path / "lib"


async def test_separate_git_folder(tmp_path, checkout_type):
    checkout = checkout_type(tmp_path / "files")
    checkout.path.mkdir()
    checkout.git("init", "-q", f"--separate-git-dir={tmp_path / 'store'}")
    checkout.commit({"a": "1\n"})
    repo = await Repository.open(checkout.path)
    assert (repo.top, repo.git_dir) == (checkout.path, tmp_path / "store")


async def test_sha256(tmp_path, checkout_type):
    checkout = checkout_type(tmp_path / "files")
    checkout.path.mkdir()
    checkout.git("init", "-q", "--object-format=sha256")
    checkout.commit({"a": "1\n"})
    repo = await Repository.open(checkout.path)
    assert len(repo.null_id) == 64
    assert (await repo.edits()).is_clean


async def test_branches_and_their_texts(person):
    person.git("branch", "older")
    person.git("checkout", "-q", "-b", "feature/ünï")
    person.git("commit", "-q", "--allow-empty", "-m", "evil \x1b]0;x\x07 title", GIT_COMMITTER_DATE="@4000000000 +0000")
    repo = await Repository.open(person.path)
    newest = (await repo.branches())[0]
    assert newest.name == "feature/ünï"
    assert "\x1b" not in newest.subject
    assert newest.committed_at_s == 4_000_000_000
    assert (await repo.head()).branch == "feature/ünï"
    assert await repo.tip("older") == person.tip("older")
    assert await repo.tip("nothing") is None


async def test_identity_and_its_absence(person, home):
    repo = await Repository.open(person.path)
    identity = await repo.identity()
    assert (identity.name, identity.email) == ("Ada Person", "ada@example.org")
    (home / ".gitconfig").write_text("[user]\n\tname = Ada\n")
    with pytest.raises(IdentityMissing) as caught:
        await repo.identity()
    assert "user.email" in caught.value.next_step
    assert "user.name" not in caught.value.next_step


async def test_identity_of_a_conditional_include(person, home):
    (home / "work").write_text("[user]\n\temail = ada@work.example\n")
    with (home / ".gitconfig").open("a") as file:
        file.write(f'[includeIf "gitdir:{person.path}/"]\n\tpath = {home}/work\n')
    repo = await Repository.open(person.path)
    assert (await repo.identity()).email == "ada@work.example"


async def test_edits_of_the_person(person):
    repo = await Repository.open(person.path)
    assert (await repo.edits()).is_clean
    person.write("README.md", "changed\n")
    person.write("staged.txt")
    person.git("add", "staged.txt")
    person.write("new\x1b[31m.txt")
    person.write(".env", "SECRET=1\n")
    (person.path / "src" / "app.py").unlink()
    edits = await repo.edits()
    assert set(edits.edited) == {"README.md", "src/app.py", "staged.txt"}
    assert edits.untracked == ("new␛[31m.txt",)
    assert edits.summary == "3 edited, 1 untracked"
    assert edits.deleted_count == 1


async def test_edits_do_not_refresh_the_persons_index(person):
    repo = await Repository.open(person.path)
    index = person.path / ".git" / "index"
    before = index.read_bytes()
    os.utime(person.path / "README.md")
    assert (await repo.edits()).is_clean
    assert index.read_bytes() == before


async def test_a_split_index_is_read(person):
    person.git("update-index", "--split-index")
    repo = await Repository.open(person.path)
    person.write("README.md", "changed\n")
    assert (await repo.edits()).edited == ("README.md",)


async def test_the_persons_own_ignore_list_counts(person, home):
    (home / "ignored").write_text("*.local\n")
    person.git("config", "--global", "core.excludesFile", "~/ignored")
    (person.path / ".git" / "info" / "exclude").write_text("/private\n")
    person.write("x.local")
    person.write("private")
    repo = await Repository.open(person.path)
    assert (await repo.edits()).is_clean


async def test_ahead_behind_and_merged(person):
    person.git("checkout", "-q", "-b", "side")
    person.commit({"s": "1\n"})
    person.commit({"s": "2\n"})
    person.git("checkout", "-q", "main")
    person.commit({"m": "1\n"})
    repo = await Repository.open(person.path)
    counts = await repo.ahead_behind("side", "main")
    assert (counts.ahead, counts.behind) == (2, 1)
    assert not await repo.is_merged("side", "main")
    assert await repo.is_merged("main~1", "side")


async def test_a_branch_moves_by_compare_and_swap(person):
    first = person.tip()
    person.git("branch", "side")
    second = person.commit({"a": "1\n"})
    repo = await Repository.open(person.path)
    await repo.move_branch("side", old=first, new=second, reason="test")
    with pytest.raises(RefMoved) as caught:
        await repo.move_branch("side", old=first, new=second, reason="test")
    assert second[:9] in caught.value.message
    assert "codex-orch: test" in person.git("reflog", "show", "side")


async def test_a_stale_clean_folder_is_swept(person):
    own = person.path / ".git" / "codex-orch"
    stale, fresh = own / "clean-old", own / "clean-new"
    stale.mkdir(parents=True)
    fresh.mkdir()
    os.utime(stale, (time.time() - 7_200, time.time() - 7_200))
    await Repository.open(person.path)
    assert not stale.exists()
    assert fresh.exists()


def test_gitpython_is_not_imported_with_the_package():
    code = "import sys, codex_orch_tui.gitrepo.worktrees, codex_orch_tui.gitrepo.merge; print('git' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
