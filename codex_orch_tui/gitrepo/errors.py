"""What can go wrong with a repository.

Every error has a `message` for the person and a `next_step` (what to do, a command where one helps); both are clean
text.

    GitRepoError
    ├── GitUnavailable
    │   ├── GitMissing            no git on PATH
    │   └── GitTooOld             below MIN_GIT_VERSION
    ├── RepositoryError
    │   ├── NotARepository
    │   ├── BareRepository        no folder with files
    │   ├── NoCommits             nothing to branch from
    │   ├── NotOurRepository      git does not trust the folder's owner
    │   ├── PathNotUtf8           its path has bytes that are no UTF-8
    │   ├── IdentityMissing       no name or mail to commit with
    │   └── NotWritable           the git folder or the worktrees' root: read-only, or the disk is full
    ├── GitError                  a git command failed
    │   ├── GitTimeout
    │   ├── IndexLocked           another git works there, or one was killed
    │   └── RefMoved              compare-and-swap lost: the branch is not where it was
    ├── LockTimeout               another process of ours holds the repository for too long
    ├── BranchNameError
    │   ├── BranchNameInvalid
    │   ├── BranchExists
    │   └── BranchBlocked         another branch's name is in the way
    └── WorktreeError
        ├── OutsideRoot           not below the folder that holds our worktrees
        ├── WorktreeMissing       folder deleted or moved
        ├── WorktreeReplaced      something else stands in its place
        ├── BranchSwitched        the worktree is on another branch
        ├── WorktreeBusy          in the middle of a merge, rebase or the like
        ├── WorktreeDirty         holds edits that are in no commit
        └── WorktreeUnsaved       its commits are in no other branch and no backup
"""

# ruff: noqa: N818 - the names say what is the case; the tree above says that they are errors

from codex_orch_tui.domain.terminal_text import clean_line, clean_text


class GitRepoError(Exception):
    """Base of everything that this package raises.

    Args:
        message: One sentence; cleaned here.
        next_step: What the person can do; cleaned here.
        paths: Files that it is about.
    """

    def __init__(self, message: str, *, next_step: str = "", paths: tuple[str, ...] = ()) -> None:
        self.message = clean_line(message)
        self.next_step = clean_line(next_step)
        self.paths = tuple(clean_line(path) for path in paths)
        super().__init__(self.message)


class GitUnavailable(GitRepoError):
    """Git cannot be used."""


class GitMissing(GitUnavailable):
    """There is no git on PATH."""


class GitTooOld(GitUnavailable):
    """This git lacks what we need."""


class RepositoryError(GitRepoError):
    """The folder cannot be worked in."""


class NotARepository(RepositoryError):
    """The folder is in no git repository."""


class PathNotUtf8(RepositoryError):
    """The folder's path has bytes that are no UTF-8: no state file and no message of Codex could name it."""


class BareRepository(RepositoryError):
    """The repository has no folder with files."""


class NoCommits(RepositoryError):
    """The repository has no commit yet."""


class NotOurRepository(RepositoryError):
    """The folder belongs to another user and git does not trust it."""


class IdentityMissing(RepositoryError):
    """Git does not know the person's name or mail address."""


class NotWritable(RepositoryError):
    """A file of ours cannot be made: no rights, a read-only disk, or no space."""


class GitError(GitRepoError):
    """A git command failed.

    Args:
        command: The command line, for the person.
        exit_code: Negative for a signal, None when it never ended.
        stderr: What git said.
    """

    def __init__(
        self,
        message: str,
        *,
        command: str,
        exit_code: int | None,
        stderr: str = "",
        next_step: str = "",
        paths: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, next_step=next_step, paths=paths)
        self.command = clean_line(command)
        self.exit_code = exit_code
        self.stderr = clean_text(stderr)


class GitTimeout(GitError):
    """A git command took too long and was stopped."""


class IndexLocked(GitError):
    """`index.lock` is there. `holder` names the process that has it open, as far as that can be told."""

    def __init__(self, message: str, *, lock: str, holder: str, next_step: str) -> None:
        super().__init__(message, command="", exit_code=None, next_step=next_step, paths=(lock,))
        self.holder = holder


class RefMoved(GitError):
    """A branch was not where it was expected, so it was not moved."""


class LockTimeout(GitRepoError):
    """Another process holds our lock on the repository; nothing was done."""


class BranchNameError(GitRepoError):
    """The branch cannot be made under this name."""


class BranchNameInvalid(BranchNameError):
    """Git does not allow the name."""


class BranchExists(BranchNameError):
    """There is a branch of this name."""


class BranchBlocked(BranchNameError):
    """A branch `a` and a branch `a/b` exclude each other."""


class WorktreeError(GitRepoError):
    """A worktree is not in the state that the operation needs; nothing was changed."""


class OutsideRoot(WorktreeError):
    """The path is not below the folder that holds our worktrees."""


class WorktreeMissing(WorktreeError):
    """The folder is gone."""


class WorktreeReplaced(WorktreeError):
    """A symlink, another folder or another repository stands where the worktree was."""


class BranchSwitched(WorktreeError):
    """Another branch is checked out in the worktree."""


class WorktreeBusy(WorktreeError):
    """A merge, rebase, cherry-pick or the like is unfinished in the worktree."""


class WorktreeDirty(WorktreeError):
    """The worktree holds edits that are in no commit."""


class WorktreeUnsaved(WorktreeError):
    """The branch's commits are neither in the base nor under a backup ref."""
