"""A repository as the program opens it: where it is, its branches, who commits, what the person has not committed.

The errors are drawn in errors.py.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.gitrepo.checkout import CheckoutEdits, read_edits
from codex_orch_tui.gitrepo.clean_dir import CleanDir, clean_dir
from codex_orch_tui.gitrepo.discovery import Found, find_repository, read_config
from codex_orch_tui.gitrepo.environment import Place
from codex_orch_tui.gitrepo.errors import GitError, IdentityMissing, RefMoved
from codex_orch_tui.gitrepo.runner import Git
from codex_orch_tui.gitrepo.worktree_list import WorktreeEntry, admin_dir_of, parse_worktree_list

BRANCHES = "refs/heads/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the person's checkout stands on. `branch` None: detached; `commit` None: a branch without commits."""

    branch: str | None
    commit: CommitId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A local branch. `committed_at_s` is seconds since the epoch."""

    name: str
    commit: CommitId
    committed_at_s: float
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who commits."""

    name: str
    email: str

    def environment(self) -> dict[str, str]:
        """For a commit as author and committer."""
        return {
            "GIT_AUTHOR_NAME": self.name,
            "GIT_AUTHOR_EMAIL": self.email,
            "GIT_COMMITTER_NAME": self.name,
            "GIT_COMMITTER_EMAIL": self.email,
        }

    def committer_environment(self) -> dict[str, str]:
        """For a commit that keeps its author."""
        return {"GIT_COMMITTER_NAME": self.name, "GIT_COMMITTER_EMAIL": self.email}


@dataclass(frozen=True, slots=True, kw_only=True)
class AheadBehind:
    """Commits that only the branch has, and commits that only the base has."""

    ahead: int
    behind: int


class Repository:
    """An opened repository. Make one with `Repository.open`."""

    def __init__(self, git: Git, found: Found) -> None:
        self.git = git
        self.top = found.top
        """The main worktree: the person's own checkout."""
        self.git_dir = found.git_dir
        """The main worktree's git folder, which is the common one."""
        self.is_shallow = found.is_shallow
        self.notices = found.notices
        """What is special about the repository, one sentence each."""
        self.settings = found.settings
        self.null_id = CommitId("0" * (64 if found.settings.object_format == "sha256" else 40))

    @classmethod
    async def open(cls, path: Path, *, git: Git | None = None) -> "Repository":
        """Open the repository that holds a folder.

        Args:
            path: Any folder in it: the top, a subfolder, a linked worktree, or a symlink to one of them.
            git: How git is run.

        Raises:
            GitMissing, GitTooOld: Git cannot be used.
            NotARepository, BareRepository, NotOurRepository, PathNotUtf8, NoCommits: The folder cannot be worked in.
            GitError: Git failed for another reason.
        """
        git = git or Git()
        await git.version()
        return cls(git, await find_repository(git, path))

    def main(self, *, user_config: bool = False) -> Place:
        """Where commands on refs and on the list of worktrees run."""
        return Place(cwd=self.git_dir, git_dir=self.git_dir, user_config=user_config)

    def main_of(self, admin_dir: Path) -> Place:
        """Where commands on the HEAD of one worktree run. Without its files: nothing there is looked at."""
        return Place(cwd=self.git_dir, git_dir=admin_dir)

    @contextlib.contextmanager
    def clean(self, *, head: str = "", index: Path | None = None) -> Iterator[CleanDir]:
        """A clean git folder for one operation; see clean_dir.py."""
        with clean_dir(self.git_dir, self.settings, head=head, index=index) as clean:
            yield clean

    async def head(self) -> Head:
        """What is checked out in the main worktree."""
        name = await self.git.run(self.main(), "symbolic-ref", "--quiet", "HEAD", ok_codes=(0, 1))
        branch = name.line.removeprefix(BRANCHES) if name.exit_code == 0 else None
        return Head(branch=branch, commit=await self.resolve("HEAD"))

    async def branches(self) -> tuple[Branch, ...]:
        """All local branches, the one with the newest commit first."""
        fields = "%(refname)%00%(objectname)%00%(committerdate:unix)%00%(contents:subject)"
        result = await self.git.run(
            self.main(), "for-each-ref", "--sort=-committerdate", f"--format={fields}", BRANCHES
        )
        found: list[Branch] = []
        for line in result.stdout.splitlines():
            name, commit, time_s, subject = line.split(b"\0", 3)
            found.append(
                Branch(
                    name=os.fsdecode(name).removeprefix(BRANCHES),
                    commit=CommitId(commit.decode()),
                    committed_at_s=float(time_s or 0),
                    subject=clean_line(subject),
                )
            )
        return tuple(found)

    async def resolve(self, revision: str) -> CommitId | None:
        """The commit that a ref or id names; None when there is none."""
        result = await self.git.run(
            self.main(),
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            f"{revision}^{{commit}}",
            ok_codes=(0, 1, 128),
        )
        return CommitId(result.line) if result.exit_code == 0 else None

    async def tip(self, branch: str) -> CommitId | None:
        """The commit of a local branch; None when there is no such branch."""
        return await self.resolve(BRANCHES + branch)

    async def move_branch(self, branch: str, *, old: str, new: str, reason: str) -> None:
        """Compare-and-swap of a branch. Nothing else moves: index and files of a checkout stay behind.

        Raises:
            RefMoved: The branch is not at `old`.
        """
        try:
            await self.git.run(
                self.main(), "update-ref", "-m", f"codex-orch: {reason}", f"{BRANCHES}{branch}", new, old
            )
        except GitError as error:
            now = await self.tip(branch)
            if now == old:
                raise
            raise RefMoved(
                f"the branch {branch} is at {str(now)[:9]} and not at {old[:9]}: it was moved meanwhile",
                command=error.command,
                exit_code=error.exit_code,
                stderr=error.stderr,
                next_step="look at the branch again, then repeat",
            ) from error

    async def worktrees(self) -> tuple[WorktreeEntry, ...]:
        """All worktrees that git knows, the main one first."""
        result = await self.git.run(self.main(), "worktree", "list", "--porcelain", "-z")
        return parse_worktree_list(result.stdout, main=self.top)

    def admin_dir(self, worktree: Path) -> Path | None:
        """The git folder of one worktree; None when git knows no worktree there."""
        return self.git_dir if worktree == self.top else admin_dir_of(self.git_dir, worktree)

    async def identity(self) -> Identity:
        """Who commits, from git's configuration as it is now.

        Raises:
            IdentityMissing: With the commands that set it.
        """
        # Git itself, not GitPython: conditional includes choose between a person's identities.
        config = await read_config(self.git, self.git_dir)
        name, email = (config.get(f"user.{key}", "").strip() for key in ("name", "email"))
        missing = [key for key, value in (("name", name), ("email", email)) if not value]
        if missing:
            examples = {"name": "git config --global user.name 'Your Name'"}
            examples["email"] = "git config --global user.email you@example.org"
            raise IdentityMissing(
                f"git does not know your {' and '.join(missing)}, which every commit needs",
                next_step=" && ".join(examples[key] for key in missing),
            )
        return Identity(name=name, email=email)

    async def edits(self) -> CheckoutEdits:
        """What the person's checkout holds that is in no commit, and that a task does not see."""
        head = await self.head()
        with self.clean(head=head.commit or "", index=self.git_dir / "index") as clean:
            return await read_edits(self.git, clean, work_tree=self.top, index=self.git_dir / "index")

    async def ahead_behind(self, branch: str, base: str) -> AheadBehind:
        """Compare two revisions (branch names or ids).

        Raises:
            GitError: One of them does not exist.
        """
        result = await self.git.run(
            self.main(), "rev-list", "--left-right", "--count", "--end-of-options", f"{base}...{branch}", "--"
        )
        behind, ahead = result.line.split()
        return AheadBehind(ahead=int(ahead), behind=int(behind))

    async def is_merged(self, branch: str, base: str) -> bool:
        """Whether everything of `branch` is in `base` (branch names or ids)."""
        result = await self.git.run(
            self.main(), "merge-base", "--is-ancestor", "--end-of-options", branch, base, ok_codes=(0, 1)
        )
        return result.exit_code == 0
