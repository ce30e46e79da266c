"""Git in a worktree that a worker writes: what would let it start a program of the worker's is found beforehand."""

import os
from pathlib import Path

import pytest

from codex_orch_tui.gitrepo.git_trouble import GitTrouble


@pytest.fixture
async def placed(team):
    worktree, checkout = await team.task()
    return Placed(team, worktree, checkout)


class Placed:
    """A task's worktree, and the look at it."""

    def __init__(self, team, worktree, checkout) -> None:
        self.top = Path(worktree.path)
        self.checkout = checkout
        self.look = GitTrouble(team.repo, os.environ)

    def found(self, below: str = "") -> str:
        return self.look.found(self.top, self.top / below)


def test_an_ordinary_worktree_is_fine(placed):
    assert placed.found() == ""
    assert placed.found("src") == ""
    assert placed.found("src/../src") == ""


def test_settings_of_the_persons_own_programs_are_fine(placed, person):
    for key, value in {
        "core.pager": "less -FRX",
        "core.fsmonitor": "true",
        "filter.lfs.process": "git-lfs filter-process",
        "filter.lfs.clean": "git-lfs clean -- %f",
        "diff.image.textconv": "exiftool",
        "gpg.program": "/usr/bin/gpg",
        "alias.st": "!f() { ./tool; }; f",
        "filter.strip.clean": "/usr/bin/python3 -I -m nbstripout",
        "merge.notebook.driver": "/usr/bin/python3 /usr/share/tool.py -o %O",
        "include.path": "~/more.config",
        "credential.https://github.com.helper": "!gh auth git-credential",
        "remote.origin.url": "../other",
    }.items():
        person.git("config", key, value)
    assert placed.found() == ""


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("core.hooksPath", ".husky/_", ".husky/_"),
        ("core.hooksPath", "hooks", "hooks"),
        ("core.fsmonitor", "tools/watch", "tools/watch"),
        ("core.pager", "sh -c ./pager", "./pager"),
        ("diff.pdf.textconv", "python3 README.md", "README.md"),
        ("diff.pdf.textconv", "sh not-there-yet.sh", "not-there-yet.sh"),
        ("diff.external", "npx difft", "npx"),
        ("filter.format.clean", "fmt-all --plugin ./p.js", "./p.js"),
        ("filter.format.smudge", '"make" smudge', "make"),
        ("merge.lock.driver", "node scripts/merge.js %O %A %B", "scripts/merge.js"),
        ("gpg.ssh.program", "bin/sign", "bin/sign"),
        ("core.hooksPath", "false", "false"),
        ("core.hooksPath", "1", "1"),
        ("filter.nbstripout.clean", '"/usr/bin/python3" -m nbstripout', "python3"),
        ("diff.ipynb.textconv", "python3.11 -Wd -mnbstripout -t", "python3.11"),
        ("diff.json.textconv", "sh -c 'python -c \"import json\"'", "python"),
        ("filter.x.clean", "/usr/bin/node -e 'require(1)'", "node"),
        ("filter.y.clean", "/usr/bin/npx prettier", "npx"),
        ("filter.z.process", "env make filter", "make"),
        ("filter.a.clean", "prettier --stdin-filepath x", "prettier"),
        ("filter.b.clean", "jupyter nbconvert --stdin --stdout", "jupyter"),
        ("hook.x.command", "./hook", "./hook"),
        ("credential.https://example.org.helper", "!./helper", "./helper"),
    ],
)
def test_a_program_of_the_worktree_in_gits_settings_is_found(placed, person, key, value, named):
    person.git("config", key, value)
    assert named in placed.found()


def test_a_program_by_its_absolute_path_and_through_a_link(placed, person, tmp_path):
    person.git("config", "diff.external", str(placed.top / "tool"))
    assert "which is the worktree's" in placed.found()
    (tmp_path / "link").symlink_to(placed.top)
    person.git("config", "diff.external", str(tmp_path / "link" / "tool"))
    assert "which is the worktree's" in placed.found()
    person.git("config", "diff.external", "~/tool")
    assert placed.found() == ""


def test_settings_that_lie_in_the_worktree(placed, person):
    placed.checkout.write("shared.config", "[user]\n\tname = x\n")
    person.git("config", "include.path", str(placed.top / "shared.config"))
    assert "git reads settings from" in placed.found()


@pytest.mark.parametrize("key", ["include.path", "includeIf.onbranch:orch/**.path", "includeIf.gitdir:/nowhere/.path"])
def test_settings_that_the_worker_could_put_there_in_a_moment(placed, person, key):
    person.git("config", key, str(placed.top / "not-there-yet.config"))
    assert "not-there-yet.config, which the worker can write" in placed.found()
    person.git("config", key, os.path.relpath(placed.top / "not-there-yet.config", person.path / ".git"))
    assert "which the worker can write" in placed.found()


@pytest.mark.parametrize("sign", [".git/config", "HEAD", "commondir"])
def test_a_folder_that_looks_like_a_git_folder(placed, sign):
    placed.checkout.write(f"src/deep/{sign}", "x")
    (placed.top / "src/deep/more").mkdir()
    assert placed.found("src") == ""
    assert "looks like a git folder" in placed.found("src/deep")
    assert "looks like a git folder" in placed.found("src/deep/more")
    assert "looks like a git folder" in placed.found("src/../src/deep")


def test_a_git_file_that_is_not_ours_any_more(placed):
    (placed.top / ".git").write_text("gitdir: /elsewhere\n")
    assert "git would work in something else" in placed.found()
    (placed.top / ".git").unlink()
    assert "git would work in something else" in placed.found()


def test_a_submodule_that_is_there(placed, person, team):
    commit = person.tip()
    placed.checkout.git("update-index", "--add", "--cacheinfo", f"160000,{commit},vendored")
    assert placed.found() == "", "nothing lies there"
    placed.checkout.write("vendored/.git/config", "[core]\n\tfsmonitor = x\n")
    assert "the submodule vendored" in placed.found()


def test_a_folder_outside_of_the_worktree_has_no_signs_to_look_for(placed, tmp_path):
    assert placed.look.found(placed.top, tmp_path) == ""


def test_git_that_fails_is_trouble(placed, team, monkeypatch):
    monkeypatch.setattr(team.repo.git, "executable", "/bin/false")
    assert "could not be looked at" in placed.found()
    monkeypatch.setattr(team.repo.git, "executable", "/nowhere/git")
    assert "could not be looked at" in placed.found()


def test_nothing_that_is_planted_runs_while_it_is_looked_at(placed, planted, person):
    planted.plant(person, person.path / ".git")
    planted.forget()
    placed.found()
    assert planted.ran() == []
