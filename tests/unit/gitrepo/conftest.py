"""Real repositories to work on, with a HOME of their own."""

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.repository import Identity, Repository
from codex_orch_tui.gitrepo.worktrees import Worktrees

IDENTITY = Identity(name="Ada Person", email="ada@example.org")


class Checkout:
    """A folder in which the test acts as a person would: plain git, plain files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def git(self, *args: str, check: bool = True, **env: str) -> str:
        """Plain git with nothing of ours around it; stdout without the last newline."""
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env={**os.environ, **env},
            capture_output=True,
            timeout=60,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"git {args}: {done.stderr.decode(errors='replace')}")
        return os.fsdecode(done.stdout).rstrip("\n")

    def feed(self, text: str, *args: str) -> None:
        """Plain git that reads from its stdin."""
        subprocess.run(["git", *args], cwd=self.path, input=text.encode(), timeout=60, check=True)

    def write(self, name: str, content: str | bytes = "x\n") -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def read(self, name: str) -> str:
        return (self.path / name).read_text()

    def commit(self, files: dict[str, str | bytes | None] | None = None, message: str = "work") -> str:
        """Write files (None deletes), commit all, give the commit's id."""
        for name, content in (files or {}).items():
            if content is None:
                (self.path / name).unlink()
            else:
                self.write(name, content)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def tip(self, revision: str = "HEAD") -> str:
        return self.git("rev-parse", "--verify", "-q", revision, check=False)

    def status(self) -> str:
        return self.git("status", "--porcelain")

    def everything(self) -> tuple[str, str, dict[str, bytes]]:
        """Branches, status and files: what must be the same when nothing was moved."""
        refs = self.git("for-each-ref", "refs/heads")
        files = {
            str(path.relative_to(self.path)): path.read_bytes()
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(self.path).parts[:1]
        }
        return refs, self.status(), files


class Planted:
    """Helper programs that a hostile config names; each leaves a file in `marks` when it runs."""

    def __init__(self, marks: Path, scripts: Path) -> None:
        self.marks = marks
        self._scripts = scripts
        marks.mkdir()
        scripts.mkdir()

    def script(self, name: str) -> str:
        path = self._scripts / name
        body = "exec cat" if name in {"clean", "smudge", "textconv"} else ":"
        path.write_text(f"#!/bin/sh\ntouch '{self.marks}/{name}'\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    def plant(self, checkout: Checkout, git_dir: Path) -> None:
        """Every program that git's config, hooks and attributes can name."""
        settings = {
            "core.fsmonitor": self.script("fsmonitor"),
            "core.pager": self.script("pager"),
            "core.editor": self.script("editor"),
            "core.sshCommand": self.script("ssh"),
            "core.askPass": self.script("askpass"),
            "credential.helper": self.script("credential"),
            "diff.external": self.script("external"),
            "diff.evil.textconv": self.script("textconv"),
            "diff.evil.command": self.script("diff-command"),
            "filter.evil.clean": self.script("clean"),
            "filter.evil.smudge": self.script("smudge"),
            "filter.evil.required": "true",
            "merge.evil.driver": self.script("merge-driver"),
            "merge.default": "evil",
            "gpg.program": self.script("gpg"),
            "commit.gpgSign": "true",
            "log.showSignature": "true",
            "merge.verifySignatures": "true",
        }
        hooks = git_dir / "planted-hooks"
        hooks.mkdir()
        for hook in (
            *("pre-commit", "commit-msg", "prepare-commit-msg", "post-commit", "post-checkout", "post-merge"),
            *("reference-transaction", "post-index-change", "pre-merge-commit", "fsmonitor-watchman", "post-rewrite"),
        ):
            (hooks / hook).symlink_to(self.script(f"hook-{hook}"))
        for key, value in settings.items():
            checkout.git("config", key, value)
        checkout.git("config", "core.hooksPath", str(hooks))
        (git_dir / "info").mkdir(exist_ok=True)
        (git_dir / "info" / "attributes").write_text("* filter=evil diff=evil merge=evil\n")
        self.forget()

    def ran(self) -> list[str]:
        return sorted(path.name for path in self.marks.iterdir())

    def forget(self) -> None:
        for path in self.marks.iterdir():
            path.unlink()


class Team:
    """A repository as the program sees it, with its worktrees."""

    def __init__(self, repo: Repository, worktrees: Worktrees) -> None:
        self.repo = repo
        self.worktrees = worktrees
        self.identity = IDENTITY
        self._count = 0

    @property
    def root(self) -> Path:
        return self.worktrees.root

    def ref(self, task: str = "t1") -> TaskRef:
        return TaskRef(RunId("r1"), TaskId(task))

    async def task(self, name: str = "", *, base: str = "main") -> tuple[Worktree, Checkout]:
        """A worktree for a new task."""
        self._count += 1
        name = name or f"t{self._count}"
        commit = await self.repo.tip(base)
        assert commit is not None
        worktree = await self.worktrees.add(
            self.root / "r1" / name,
            branch=f"orch/r1/{name}",
            base_branch=base,
            base_commit=commit,
            reason="codex-orch-tui works here",
        )
        return worktree, Checkout(Path(worktree.path))


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests counts, and every inherited GIT_ variable is gone."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ada Person\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
        '[protocol "file"]\n\tallow = always\n[gc]\n\tauto = 0\n'
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def empty(tmp_path: Path) -> Checkout:
    """A repository without a commit."""
    path = tmp_path / "project"
    path.mkdir()
    checkout = Checkout(path.resolve())
    checkout.git("init", "-q")
    return checkout


@pytest.fixture
def person(empty: Checkout) -> Checkout:
    """The person's checkout of `main` with one commit of a few files."""
    empty.commit(
        {"README.md": "hello\n", "src/app.py": "a = 1\nb = 2\nc = 3\n", ".gitignore": ".env\nbuild/\n"}, "first"
    )
    return empty


@pytest.fixture
async def team(person: Checkout, tmp_path: Path) -> Team:
    repo = await Repository.open(person.path)
    return Team(repo, Worktrees(repo, tmp_path / "worktrees"))


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[Planted]:
    return Planted(tmp_path / "marks", tmp_path / "scripts")


@pytest.fixture
def checkout_type() -> type[Checkout]:
    return Checkout
