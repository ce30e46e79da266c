"""The supervisor's commit."""

import asyncio
import os
from pathlib import Path

import pytest

from codex_orch_tui.gitrepo.commit import CommitReport, commit_message, commit_worktree
from codex_orch_tui.gitrepo.errors import (
    BranchSwitched,
    IndexLocked,
    RefMoved,
    WorktreeBusy,
    WorktreeMissing,
    WorktreeReplaced,
)
from codex_orch_tui.gitrepo.repository import Repository


@pytest.fixture
def commit(team):
    async def commit(worktree, message: str = "Do it\n") -> CommitReport:
        return await commit_worktree(team.repo, worktree, message=message, identity=team.identity, root=team.root)

    return commit


async def test_everything_that_is_not_ignored(team, person, commit):
    worktree, task = await team.task()
    task.write("README.md", "changed\n")
    task.write("deep/er/new.py", "1\n2\n")
    task.write(".env", "SECRET\n")
    (task.path / "src" / "app.py").unlink()
    message = commit_message("Fix it", "Because.", [("Orch-Run", "r1"), ("Codex-Thread", "th"), ("Codex-Turn", "")])
    report = await commit(worktree, message)
    assert report.commit is not None
    assert report.commit.id == task.tip() == person.tip(worktree.branch)
    assert (report.commit.files, report.commit.insertions, report.commit.deletions) == (3, 3, 4)
    assert report.commit.subject == "Fix it"
    assert task.status() == ""
    assert task.git("log", "-1", "--format=%an <%ae> %cn <%ce>") == (
        "Ada Person <ada@example.org> Ada Person <ada@example.org>"
    )
    assert task.git("log", "-1", "--format=%(trailers:key=Orch-Run,valueonly)").strip() == "r1"
    assert task.git("log", "-1", "--format=%B").endswith("Orch-Run: r1\nCodex-Thread: th")
    assert person.git("fsck", "--no-dangling", "--no-progress") == ""
    assert person.status() == ""


async def test_nothing_changed(team, commit):
    worktree, task = await team.task()
    os.utime(task.path / "README.md", (1, 1))
    report = await commit(worktree)
    assert report == CommitReport(commit=None, tip=worktree.base_commit)


async def test_one_commit_after_another(team, commit):
    worktree, task = await team.task()
    for number in range(3):
        task.write("n", f"{number}\n")
        report = await commit(worktree)
        assert report.commit is not None
        assert report.commit.files == 1
    assert task.git("rev-list", "--count", "main..HEAD") == "3"


async def test_everything_deleted(team, commit):
    worktree, task = await team.task()
    for path in task.path.rglob("*"):
        if path.is_file() and path.name != ".git":
            path.unlink()
    report = await commit(worktree)
    assert report.commit is not None
    assert report.commit.files == 3
    assert {change.status for change in report.changes} == {"deleted"}
    assert task.git("ls-tree", "HEAD") == ""


async def test_only_a_mode(team, commit):
    worktree, task = await team.task()
    (task.path / "src" / "app.py").chmod(0o755)
    report = await commit(worktree)
    assert report.commit is not None
    assert [change.is_mode_only for change in report.changes] == [True]
    assert (report.commit.insertions, report.commit.deletions) == (0, 0)


async def test_a_file_becomes_a_folder_and_a_folder_a_file(team, commit):
    worktree, task = await team.task()
    (task.path / "README.md").unlink()
    task.write("README.md/part.txt")
    (task.path / "src" / "app.py").unlink()
    (task.path / "src").rmdir()
    task.write("src", "a file\n")
    await commit(worktree)
    assert task.status() == ""
    assert task.git("ls-files") == ".gitignore\nREADME.md/part.txt\nsrc"


async def test_a_nested_repository_is_told_and_left_out(team, commit, checkout_type):
    worktree, task = await team.task()
    task.git("init", "-q", "vendor/inner")
    inner = checkout_type(task.path / "vendor" / "inner")
    inner.commit({"x.py": "1\n"})
    task.git("init", "-q", "fresh")
    task.write("fresh/y.py")
    task.write("plain.txt")
    report = await commit(worktree)
    assert report.commit is not None
    assert "plain.txt" in task.git("ls-files")
    assert "160000" not in task.git("ls-tree", "-r", "HEAD")
    assert "vendor/inner/" in report.notes[0]
    assert "fresh/" in report.notes[0]


async def test_only_a_nested_repository(team, commit, checkout_type):
    worktree, task = await team.task()
    task.git("init", "-q", "inner")
    report = await commit(worktree)
    assert report.commit is None
    assert "inner/" in report.notes[0]


async def test_symlinks_are_committed_as_such_and_not_followed(team, commit, tmp_path):
    worktree, task = await team.task()
    (tmp_path / "secret").write_text("secret\n")
    (task.path / "out").symlink_to(tmp_path / "secret")
    (task.path / "folder").symlink_to(tmp_path)
    (task.path / "in").symlink_to("README.md")
    report = await commit(worktree)
    assert report.commit is not None
    assert task.git("cat-file", "blob", "HEAD:out") == str(tmp_path / "secret")
    assert {change.path: change.points_outside for change in report.changes} == {
        "folder": True,
        "in": False,
        "out": True,
    }
    assert any("out: a symlink that leaves the repository" in note for note in report.notes)


async def test_files_that_deserve_a_second_look_are_noted(team, commit):
    worktree, task = await team.task()
    for name in (".gitattributes", ".github/workflows/ci.yml", ".codex/config.toml", "sub/.gitmodules", "plain.txt"):
        task.write(name, "# x\n")
    report = await commit(worktree)
    noted = "\n".join(report.notes)
    for name in (".gitattributes", "ci.yml: CI", ".codex/config.toml", "sub/.gitmodules"):
        assert name in noted
    assert "plain.txt" not in noted


async def test_a_filter_that_did_not_run_is_noted(team, person, commit):
    person.commit({".gitattributes": "*.bin filter=lfs\n"})
    worktree, task = await team.task()
    task.write("big.bin", "raw\n")
    report = await commit(worktree)
    assert "without their git filter" in report.notes[0]
    assert "big.bin" in report.notes[0]
    assert task.git("cat-file", "blob", "HEAD:big.bin") == "raw"


async def test_line_endings_follow_the_repositorys_attributes(team, person, commit):
    person.commit({".gitattributes": "*.txt text eol=crlf\n", "a.txt": "one\n"})
    worktree, task = await team.task()
    assert (task.path / "a.txt").read_bytes() == b"one\r\n"
    assert (await commit(worktree)).commit is None
    task.write("a.txt", "one\r\ntwo\r\n")
    await commit(worktree)
    assert person.git("cat-file", "blob", f"{worktree.branch}:a.txt") == "one\ntwo"
    assert task.status() == ""


async def test_the_persons_ignore_lists_are_honoured(person, tmp_path, home, commit, team):
    (home / "ignored").write_text("*.local\n")
    person.git("config", "--global", "core.excludesFile", str(home / "ignored"))
    (person.path / ".git" / "info" / "exclude").write_text("/private\n")
    team.repo = team.worktrees.repo = await Repository.open(person.path)
    worktree, task = await team.task()
    task.write("x.local")
    task.write("private")
    assert (await commit(worktree)).commit is None


async def test_a_locked_index_names_its_holder_and_nothing_moves(team, person, commit):
    worktree, task = await team.task()
    task.write("new.txt")
    lock = Path(task.git("rev-parse", "--path-format=absolute", "--git-path", "index.lock"))
    with lock.open("w"), pytest.raises(IndexLocked) as caught:
        await commit(worktree)
    assert str(os.getpid()) in caught.value.holder
    assert lock.exists()
    assert task.tip() == worktree.base_commit
    lock.unlink()
    assert (await commit(worktree)).commit is not None


async def test_a_branch_that_moves_meanwhile_is_not_run_over(team, person, commit, monkeypatch):
    worktree, task = await team.task()
    task.write("new.txt")
    real = team.repo.move_branch

    async def move(branch: str, **moves: str) -> None:
        person.git("update-ref", f"refs/heads/{branch}", other)
        await real(branch, **moves)

    other = person.git("commit-tree", "-m", "other", "-p", "HEAD", "HEAD^{tree}")
    monkeypatch.setattr(team.repo, "move_branch", move)
    with pytest.raises(RefMoved):
        await commit(worktree)
    assert person.tip(worktree.branch) == other


async def test_an_index_that_somebody_changes_meanwhile_is_left(team, commit, monkeypatch):
    worktree, task = await team.task()
    task.write("new.txt")
    real = team.repo.move_branch

    async def move(branch: str, **moves: str) -> None:
        task.write("theirs.txt")
        task.git("add", "theirs.txt")
        await real(branch, **moves)

    monkeypatch.setattr(team.repo, "move_branch", move)
    report = await commit(worktree)
    assert any("left as it is" in note for note in report.notes)
    assert "theirs.txt" in task.git("ls-files")
    monkeypatch.undo()
    assert (await commit(worktree)).commit is not None
    assert task.status() == ""


async def test_a_stale_index_is_made_right_by_the_next_commit(team, person, commit):
    worktree, task = await team.task()
    index = Path(task.git("rev-parse", "--path-format=absolute", "--git-path", "index"))
    before = index.read_bytes()
    task.write("new.txt")
    await commit(worktree)
    index.write_bytes(before)
    assert task.status() != ""
    assert (await commit(worktree)).commit is None
    assert task.status() == ""


async def test_a_broken_or_missing_index_is_no_obstacle(team, commit):
    worktree, task = await team.task()
    index = Path(task.git("rev-parse", "--path-format=absolute", "--git-path", "index"))
    index.write_bytes(b"broken")
    assert (await commit(worktree)).commit is None
    index.unlink()
    task.write("new.txt")
    report = await commit(worktree)
    assert report.commit is not None
    assert report.commit.files == 1
    assert task.status() == ""


async def test_flags_that_hide_edits_do_not_hide_them(team, commit):
    worktree, task = await team.task()
    task.git("update-index", "--assume-unchanged", "README.md")
    task.git("update-index", "--skip-worktree", "src/app.py")
    task.write("README.md", "edit\n")
    task.write("src/app.py", "edit\n")
    report = await commit(worktree)
    assert report.commit is not None
    assert report.commit.files == 2


async def test_a_sparse_checkout_deletes_nothing(team, person, commit):
    worktree, task = await team.task()
    task.git("sparse-checkout", "set", "--no-cone", "/README.md")
    assert not (task.path / "src").exists()
    task.write("README.md", "edit\n")
    report = await commit(worktree)
    assert [change.path for change in report.changes] == ["README.md"]
    assert any("sparse" in note and "src/app.py" in note for note in report.notes)


async def test_a_split_index(team, commit):
    worktree, task = await team.task()
    task.git("update-index", "--split-index")
    task.write("new.txt")
    report = await commit(worktree)
    assert report.commit is not None
    assert report.commit.files == 1
    assert task.status() == ""


async def test_same_size_and_same_time_is_seen(team, commit):
    worktree, task = await team.task()
    task.write("n", "1\n")
    await commit(worktree)
    stat = (task.path / "n").stat()
    task.write("n", "2\n")
    os.utime(task.path / "n", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert (await commit(worktree)).commit is not None
    assert task.git("show", "HEAD:n") == "2"


async def test_refused_where_the_worktree_is_not_what_it_was(team, person, commit, tmp_path):
    worktree, task = await team.task()
    task.write("new.txt")
    task.git("switch", "-q", "-c", "elsewhere")
    with pytest.raises(BranchSwitched) as switched:
        await commit(worktree)
    assert "git switch" in switched.value.next_step
    task.git("switch", "-q", worktree.branch)
    task.path.rename(tmp_path / "away")
    with pytest.raises(WorktreeMissing):
        await commit(worktree)
    task.path.symlink_to(tmp_path / "away")
    with pytest.raises(WorktreeReplaced):
        await commit(worktree)
    assert person.tip("main") == worktree.base_commit


async def test_refused_in_the_middle_of_a_merge(team, person, commit):
    worktree, task = await team.task()
    task.commit({"README.md": "mine\n"})
    person.commit({"README.md": "yours\n"})
    task.git("merge", "main", check=False)
    with pytest.raises(WorktreeBusy) as caught:
        await commit(worktree)
    assert "git merge --abort" in caught.value.next_step


async def test_the_agents_own_commits_stay(team, commit):
    worktree, task = await team.task()
    own = task.commit({"own.txt": "1\n"}, "by the agent")
    task.write("more.txt")
    await commit(worktree)
    assert task.tip("HEAD~1") == own


async def test_odd_names_and_contents(team, commit):
    worktree, task = await team.task()
    for name in ("line\nbreak", "-dash", ":(top)x", "*", "ta\tb", "blank ", "\x1b[31mred", "ünï"):
        task.write(name)
    os.mkfifo(task.path / "pipe")
    (task.path / os.fsdecode(b"\xff\xfe")).write_bytes(b"\0\x01")
    report = await commit(worktree)
    assert report.commit is not None
    assert report.commit.files == 9
    assert all("\x1b" not in change.path and "\n" not in change.path for change in report.changes)
    assert task.status() == ""


async def test_many_commits_at_once(team, person, commit):
    made = [await team.task() for _ in range(6)]
    for number, (_, task) in enumerate(made):
        task.write("n", f"{number}\n")
    reports = await asyncio.gather(*(commit(worktree) for worktree, _ in made))
    assert all(report.commit is not None for report in reports)
    assert all(task.status() == "" for _, task in made)
    assert list((person.path / ".git" / "codex-orch").glob("clean-*")) == []


def test_messages():
    assert commit_message("  One\nline  ") == "One line\n"
    assert commit_message("") == "Edits\n"
    long = commit_message("word " * 40)
    subject, blank, rest = long.split("\n", 2)
    assert len(subject) <= 72
    assert blank == ""
    assert rest.startswith("…")
    assert commit_message("T", "a\0b  \nc\n\n", [("K", "v\nw"), ("Empty", " ")]) == "T\n\nab\nc\n\nK: v w\n"
