"""`.worktreeinclude`: which ignored files a worktree gets, and which never."""

import os
import stat
from pathlib import Path

import pytest

from codex_orch_tui.gitrepo.commit import commit_worktree
from codex_orch_tui.gitrepo.include import IncludeLimits, IncludeReport, copy_included


@pytest.fixture
def include(team):
    async def include(worktree, limits: IncludeLimits | None = None) -> IncludeReport:
        return await copy_included(team.repo, worktree, limits=limits, root=team.root)

    return include


async def test_ignored_files_that_match(team, person, include):
    person.commit(
        {
            ".gitignore": ".env*\n/secrets/\n*.key\nnode_modules/\n",
            ".worktreeinclude": "# mine\n.env*\n!.env.old\nsecrets/\n*.key\nnotes.txt\nREADME.md\n",
        }
    )
    person.write(".env", "A=1\n").chmod(0o600)
    person.write(".env.old", "old\n")
    person.write("secrets/deep/x.pem", "pem\n")
    person.write("src/a.key", "key\n").chmod(0o755)
    person.write("notes.txt", "unfinished\n")
    person.write("node_modules/pkg/index.js", "js\n")
    worktree, task = await team.task()
    report = await include(worktree)
    assert report.copied == (".env", "secrets/deep/x.pem", "src/a.key")
    assert report.skipped == (("notes.txt", "not ignored by git: commit it, or add it to .gitignore"),)
    assert task.read(".env") == "A=1\n"
    assert stat.S_IMODE((task.path / ".env").stat().st_mode) == 0o600
    assert stat.S_IMODE((task.path / "src/a.key").stat().st_mode) == 0o755
    assert not (task.path / "node_modules").exists()
    assert task.status() == ""


async def test_without_the_file_nothing_is_copied(team, person, include):
    person.write(".env", "A=1\n")
    worktree, task = await team.task()
    assert await include(worktree) == IncludeReport()
    assert not (task.path / ".env").exists()


@pytest.mark.parametrize("kind", ["folder", "symlink", "large", "fifo"])
async def test_a_file_that_is_none(team, person, include, tmp_path, kind):
    path = person.path / ".worktreeinclude"
    (tmp_path / "elsewhere").write_text(".env\n")
    match kind:
        case "folder":
            path.mkdir()
        case "symlink":
            path.symlink_to(tmp_path / "elsewhere")
        case "large":
            path.write_text(".env\n" * 100_000)
        case "fifo":
            os.mkfifo(path)
    person.write(".env", "A=1\n")
    worktree, task = await team.task()
    report = await include(worktree)
    assert report.copied == ()
    assert report.skipped[0][0] == ".worktreeinclude"
    assert not (task.path / ".env").exists()


async def test_symlinks_are_not_followed(team, person, include, tmp_path):
    person.write(".worktreeinclude", "local/\n")
    person.write(".gitignore", "local/\n")
    (tmp_path / "secret").write_text("secret\n")
    person.write("local/real", "real\n")
    (person.path / "local" / "out").symlink_to(tmp_path / "secret")
    (person.path / "local" / "up").symlink_to("../../secret")
    (person.path / "local" / "in").symlink_to("real")
    (person.path / "local" / "tree").symlink_to(tmp_path)
    worktree, task = await team.task()
    report = await include(worktree)
    assert set(report.copied) == {"local/real", "local/in"}
    assert (task.path / "local" / "in").is_symlink()
    assert {name for name, reason in report.skipped if "leaves the repository" in reason} == {
        "local/out",
        "local/tree",
        "local/up",
    }


async def test_a_symlink_in_the_worktree_is_not_followed(team, person, include, tmp_path):
    (tmp_path / "outside").mkdir()
    (person.path / "config").symlink_to(tmp_path / "outside")
    person.commit()
    (person.path / "config").unlink()
    person.write("config/.env", "A=1\n")
    person.write(".worktreeinclude", ".env\n")
    worktree, _ = await team.task()
    report = await include(worktree)
    assert report.skipped == (("config/.env", "a folder above it is a symlink or a file"),)
    assert list((tmp_path / "outside").iterdir()) == []


async def test_limits(team, person, include):
    person.write(".worktreeinclude", "build/\n")
    for number in range(5):
        person.write(f"build/{number}", "x" * 100)
    person.write("build/big", "x" * 2_000)
    worktree, _ = await team.task()
    report = await include(worktree, IncludeLimits(max_files=3, max_file_bytes=1_000, max_total_bytes=250))
    assert len(report.copied) == 2
    reasons = {reason for _, reason in report.skipped}
    assert reasons == {"larger than 1,000 bytes", "more than 250 bytes in all"}
    again = await include(worktree, IncludeLimits(max_files=0))
    assert {reason for _, reason in again.skipped} == {"more than 0 files"}


async def test_what_is_there_is_kept(team, person, include):
    person.write(".env", "from the branch\n")
    person.git("add", "-f", ".env")
    person.commit()
    person.git("rm", "-q", "--cached", ".env")
    person.write(".env", "local\n")
    person.write(".worktreeinclude", ".env\n")
    worktree, task = await team.task()
    assert (await include(worktree)).skipped == ((".env", "there already"),)
    assert task.read(".env") == "from the branch\n"


async def test_our_own_folder_and_nested_repositories_are_left_out(team, person, include):
    person.write(".gitignore", ".env\n.orchestrator/\nvendor/\n")
    person.write(".worktreeinclude", ".env\nvendor/\n")
    person.write(".orchestrator/worktrees/r/t/.env", "other\n")
    person.git("init", "-q", "vendor/lib")
    worktree, _ = await team.task()
    report = await include(worktree)
    assert report.copied == ()
    assert report.skipped == (("vendor/lib/", "a git repository of its own"),)


async def test_odd_names(team, person, include):
    person.write(".worktreeinclude", "build/\n")
    for name in ("line\nbreak", "\x1b[31m", "*", " lead", ":(top)x"):
        person.write(f"build/{name}", "x")
    worktree, task = await team.task()
    report = await include(worktree)
    assert len(report.copied) == 5
    assert not any("\n" in name or "\x1b" in name for name in report.copied)
    assert len(list((task.path / "build").iterdir())) == 5


async def test_a_copy_is_not_committed_when_it_is_no_longer_ignored(team, person, include):
    person.write(".worktreeinclude", ".env\n")
    person.write(".env", "SECRET\n")
    worktree, task = await team.task()
    await include(worktree)
    task.write(".gitignore", "\n")
    report = await commit_worktree(team.repo, worktree, message="x\n", identity=team.identity)
    assert task.git("ls-files", ".env") == ""
    assert any(".env" in note and "left out" in note for note in report.notes)
    status = await team.worktrees.status(worktree)
    assert status.edits is not None
    assert status.edits.untracked == (".env",)


async def test_an_unreadable_one_is_told(team, person, include):
    person.write(".worktreeinclude", "build/\n")
    person.write(".gitignore", "build/\n")
    os.mkfifo(Path(person.write("build/x")).with_name("pipe"))
    worktree, _ = await team.task()
    assert (await include(worktree)).copied == ("build/x",)
