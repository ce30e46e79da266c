"""The worktrees of our tasks: made, looked at, saved, repaired, removed; never anything outside our own root.

Git's own `worktree add`, `remove` and `prune` disturb each other when they run at once, so one lock (within this
process and across processes) is held around each. Files are checked out by a clean git folder afterwards, outside that
lock: no hook, fsmonitor or filter runs.
"""

import asyncio
import contextlib
import shlex
import shutil
from pathlib import Path

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.terminal_text import clean_name
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.backup import Backup, is_saved, saved_tree
from codex_orch_tui.gitrepo.branch_names import check_branch_name
from codex_orch_tui.gitrepo.cancel import to_the_end
from codex_orch_tui.gitrepo.checkout import CheckoutEdits, read_edits
from codex_orch_tui.gitrepo.clean_dir import OWN_FOLDER
from codex_orch_tui.gitrepo.errors import (
    GitError,
    GitRepoError,
    NotWritable,
    WorktreeDirty,
    WorktreeError,
    WorktreeMissing,
    WorktreeReplaced,
    WorktreeUnsaved,
)
from codex_orch_tui.gitrepo.locks import RepositoryLock
from codex_orch_tui.gitrepo.repository import BRANCHES, Repository
from codex_orch_tui.gitrepo.staging import stage_worktree
from codex_orch_tui.gitrepo.worktree_list import unfinished_in
from codex_orch_tui.gitrepo.worktree_state import (
    Condition,
    Verified,
    WorktreeStatus,
    branch_in,
    check_below,
    inspect,
    verify,
)

CHECKOUT_TIMEOUT_S = 600.0
_ADD_ATTEMPTS = 5
_TRANSIENT = "commondir"
"""In git's message when another `worktree add`, of the person's own, was half done."""


class Worktrees:
    """Worktrees below one root.

    Args:
        repo: Their repository.
        root: The folder that holds them; made when the first is added.
        lock_timeout_s: How long to wait for another process that adds or removes.
    """

    def __init__(self, repo: Repository, root: Path, *, lock_timeout_s: float = 60.0) -> None:
        self.repo = repo
        self.root = root.resolve()
        self._lock = RepositoryLock(repo.git_dir / OWN_FOLDER / "worktrees.lock", timeout_s=lock_timeout_s)

    async def add(self, path: Path, *, branch: str, base_branch: str, base_commit: str, reason: str) -> Worktree:
        """Make a branch at a commit and a folder with its files.

        Git's own lock is put on the worktree with the reason, so that `git worktree prune` and `remove` leave it.
        What was half made when something fails, or when this is cancelled, is taken away again.

        Args:
            path: The folder; it must not exist.
            branch: The new branch.
            base_branch: Where its commits will go; remembered only.
            base_commit: The commit that it starts from.
            reason: Shown by git to whoever wants to remove it.

        Raises:
            OutsideRoot: The folder is not below our root.
            BranchNameError: The branch cannot be made.
            WorktreeReplaced: Something is there already.
            NotWritable: The folder cannot be made.
            GitError: Git failed, for example because the disk is full.
        """
        await check_branch_name(self.repo, branch)
        path = await asyncio.to_thread(self._prepare_folder, path)
        await self._checked_add(path, ("--lock", "--reason", reason, "-b", branch), base_commit, made_branch=branch)
        return Worktree(path=str(path), branch=branch, base_branch=base_branch, base_commit=CommitId(base_commit))

    async def status(self, worktree: Worktree, *, with_edits: bool = True) -> WorktreeStatus:
        """How the worktree is found.

        Args:
            worktree: The worktree.
            with_edits: Also look for edits that are in no commit.

        Raises:
            OutsideRoot: It is not below our root.
            GitError: Git failed.
        """
        path = Path(worktree.path)
        check_below(self.root, path)
        found = await asyncio.to_thread(inspect, self.repo, path)
        tip = await self.repo.tip(worktree.branch)
        kept = "the branch is kept" if tip else f"the branch {worktree.branch} is gone as well"
        if found.condition is not Condition.PRESENT or found.admin_dir is None:
            steps = {
                Condition.MISSING: "repair makes it again from the branch, or finds it where it was moved to",
                Condition.REPLACED: f"move {path} away, then repair",
                Condition.UNREGISTERED: f"move {path} away, then repair makes it again from the branch",
            }
            step = steps.get(found.condition, "")
            return WorktreeStatus(
                condition=found.condition, message=f"{found.message}; {kept}", next_step=step, tip=tip
            )
        branch = await branch_in(self.repo, found.admin_dir)
        edits = await self._edits(path, found.admin_dir) if with_edits else None
        is_switched = branch != worktree.branch
        return WorktreeStatus(
            condition=Condition.SWITCHED if is_switched else Condition.PRESENT,
            message=f"on {branch or 'no branch'} and not on {worktree.branch}" if is_switched else "",
            next_step=f"switch back in that folder: git switch {worktree.branch}" if is_switched else "",
            tip=tip,
            branch_now=branch,
            edits=edits,
            unfinished=await asyncio.to_thread(unfinished_in, found.admin_dir),
        )

    async def remove(self, worktree: Worktree, *, saved: Backup | None = None, delete_branch: bool = False) -> None:
        """Remove the folder, and git's record of it. Files that git ignores go with it.

        Args:
            worktree: The worktree; also one whose folder is gone.
            saved: A backup of the edits: they are no obstacle when the folder holds exactly what it saved.
            delete_branch: Delete the branch as well; it must be in its base or saved, like everything else.

        Raises:
            WorktreeDirty: It holds edits that are in no commit.
            WorktreeUnsaved: Its commits are neither in the base branch nor under a backup ref.
            WorktreeError: It is not what it was; nothing was removed.
            GitError: Git failed.
        """
        path = Path(worktree.path)
        check_below(self.root, path)
        async with self._lock.held():
            found = await asyncio.to_thread(inspect, self.repo, path)
            tip = await self.repo.tip(worktree.branch)
            if tip is not None and not await is_saved(self.repo, tip, base=worktree.base_branch):
                raise WorktreeUnsaved(
                    f"the commits of {worktree.branch} are neither in {worktree.base_branch} nor in a backup",
                    next_step="merge it, or discard the task, which keeps a backup",
                )
            if found.condition is not Condition.MISSING:
                await self._check_clean(await verify(self.repo, worktree, root=self.root), saved)
            if found.admin_dir is not None:
                # Twice --force: also when locked and without git's own look at the files, which would run helpers.
                await self.repo.git.run(
                    self.repo.main(), "worktree", "remove", "--force", "--force", path, timeout_s=CHECKOUT_TIMEOUT_S
                )
            if delete_branch and tip is not None:
                await self._delete_branch(worktree.branch, tip)
        await asyncio.to_thread(self._remove_empty_parents, path)

    async def check_removable(self, worktree: Worktree) -> bool:
        """See that the folder holds nothing that is in no commit; changes nothing.

        Returns:
            Whether the folder is there.

        Raises:
            WorktreeMissing: It is not there, and git has a record of it: somebody may have moved it.
            WorktreeError: It is dirty, or not what it was.
            GitError: Git failed.
        """
        path = Path(worktree.path)
        check_below(self.root, path)
        found = await asyncio.to_thread(inspect, self.repo, path)
        if found.condition is not Condition.MISSING:
            await self._check_clean(await verify(self.repo, worktree, root=self.root), None)
            return True
        if found.admin_dir is not None:
            raise WorktreeMissing(
                f"{found.message}: deleted, or moved by hand",
                next_step="git worktree repair NEW_PLACE tells git where it is; of one that was deleted, "
                f"git worktree unlock {shlex.quote(str(path))} && git worktree prune lets git forget it",
                paths=(worktree.path,),
            )
        return False

    async def repair(self, worktree: Worktree, *, moved_to: Path | None = None) -> Worktree:
        """Bring a worktree back whose folder was deleted, moved, or forgotten by git.

        Args:
            worktree: The worktree as it was.
            moved_to: Where its folder is now, when it was moved; below our root.

        Returns:
            The worktree as it is now: at `moved_to`, or made again from the branch at its old place.

        Raises:
            WorktreeReplaced: Something else stands in its place; it is not touched.
            WorktreeMissing: The branch is gone as well, or `moved_to` is no worktree.
            GitError: Git failed.
        """
        path = Path(worktree.path)
        check_below(self.root, path)
        if moved_to is not None:
            return await self._adopt_moved(worktree, moved_to)
        found = await asyncio.to_thread(inspect, self.repo, path)
        if found.condition is Condition.PRESENT:
            return worktree
        if found.condition is not Condition.MISSING:
            raise WorktreeReplaced(
                found.message, next_step=f"move {path} away, then repair again", paths=(worktree.path,)
            )
        if await self.repo.tip(worktree.branch) is None:
            raise WorktreeMissing(
                f"the branch {worktree.branch} is gone, so its worktree cannot be made again",
                next_step="look for a backup: git for-each-ref refs/codex-orch/backup",
            )
        if found.admin_dir is not None:
            async with self._lock.held():
                await self.repo.git.run(self.repo.main(), "worktree", "remove", "--force", "--force", path)
        await asyncio.to_thread(self._prepare_folder, path)
        await self._checked_add(path, ("--lock", "--reason", "repaired"), worktree.branch, made_branch=None)
        return worktree

    async def lock(self, worktree: Worktree, reason: str) -> None:
        """Put git's lock on it, so that `git worktree prune` and `remove` leave it; again is no error."""
        await self._lock_command("lock", worktree, "--reason", reason)

    async def unlock(self, worktree: Worktree) -> None:
        """Take git's lock off; without one is no error."""
        await self._lock_command("unlock", worktree)

    async def _lock_command(self, command: str, worktree: Worktree, *options: str) -> None:
        path = Path(worktree.path)
        check_below(self.root, path)
        async with self._lock.held():
            try:
                await self.repo.git.run(self.repo.main(), "worktree", command, *options, path)
            except GitError as error:
                if "already locked" not in error.stderr and "is not locked" not in error.stderr:
                    raise

    def _prepare_folder(self, path: Path) -> Path:
        """The folder without symlinks above it, its parents made."""
        path = path.parent.resolve() / path.name
        check_below(self.root, path)
        if path.is_symlink() or path.exists():
            raise WorktreeReplaced(f"there is something at {path} already", paths=(str(path),))
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise NotWritable(
                f"{path.parent} cannot be made: {error.strerror}",
                next_step="make room on the disk, mend its rights, or configure another base folder",
            ) from error
        return path

    async def _checked_add(self, path: Path, options: tuple[str, ...], start: str, *, made_branch: str | None) -> None:
        """`worktree add` without files, then the files; all of it or nothing."""
        try:
            async with self._lock.held():
                await self._add_with_retries(path, options, start, made_branch=made_branch)
            await self._fill(path, start)
        except (GitRepoError, OSError, asyncio.CancelledError):
            await to_the_end(self._undo_add(path, made_branch, start))
            raise

    async def _add_with_retries(
        self, path: Path, options: tuple[str, ...], start: str, *, made_branch: str | None
    ) -> None:
        for attempt in range(1, _ADD_ATTEMPTS + 1):
            try:
                await self.repo.git.run(
                    self.repo.main(), "worktree", "add", "--quiet", "--no-checkout", *options, path, start
                )
            except GitError as error:
                if attempt == _ADD_ATTEMPTS or _TRANSIENT not in error.stderr:
                    raise
                await self._undo_add_locked(path, made_branch, start)
            else:
                return

    async def _fill(self, path: Path, start: str) -> None:
        """Check the files out through a clean folder, into the worktree's own index."""
        admin_dir = await asyncio.to_thread(self.repo.admin_dir, path)
        if admin_dir is None:
            raise WorktreeMissing(f"git has made no record of the worktree {path}")
        commit = await self.repo.resolve(start)
        assert commit is not None
        with self.repo.clean() as clean:
            place = clean.place(work_tree=path, index=admin_dir / "index")
            await self.repo.git.run(place, "read-tree", "-m", "-u", commit, timeout_s=CHECKOUT_TIMEOUT_S)

    async def _undo_add(self, path: Path, made_branch: str | None, start: str) -> None:
        async with self._lock.held():
            await self._undo_add_locked(path, made_branch, start)

    async def _undo_add_locked(self, path: Path, made_branch: str | None, start: str) -> None:
        """Take away what a failed add left. The folder was not there before, so everything in it is ours."""
        with contextlib.suppress(GitError):
            await self.repo.git.run(self.repo.main(), "worktree", "remove", "--force", "--force", path)
        check_below(self.root, path)
        await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)
        if admin_dir := await asyncio.to_thread(self.repo.admin_dir, path):
            await asyncio.to_thread(shutil.rmtree, admin_dir, ignore_errors=True)
        if made_branch is not None:
            with contextlib.suppress(GitError):
                await self._delete_branch(made_branch, start)

    async def _delete_branch(self, branch: str, at: str) -> None:
        await self.repo.git.run(self.repo.main(), "update-ref", "-d", BRANCHES + branch, at)

    async def _edits(self, path: Path, admin_dir: Path) -> CheckoutEdits:
        head = await self.repo.git.run(
            self.repo.main_of(admin_dir), "rev-parse", "--verify", "--quiet", "HEAD", ok_codes=(0, 1)
        )
        with self.repo.clean(head=head.line, index=admin_dir / "index") as clean:
            return await read_edits(self.repo.git, clean, work_tree=path, index=admin_dir / "index")

    async def _check_clean(self, found: Verified, saved: Backup | None) -> None:
        """Every byte that git does not ignore is in a commit."""
        with self.repo.clean() as clean:
            staged = await stage_worktree(
                self.repo.git, clean, work_tree=found.path, admin_dir=found.admin_dir, tip=found.tip
            )
        if staged.nested:
            names = tuple(map(clean_name, staged.nested))
            raise WorktreeDirty(
                f"{found.path} holds {len(names)} git repositories of their own, which no backup has",
                next_step="move them away, then try again",
                paths=names,
            )
        wanted = await saved_tree(self.repo, saved.commit if saved else found.tip)
        if staged.tree != wanted:
            edits = await self._edits(found.path, found.admin_dir)
            raise WorktreeDirty(
                f"{found.path} holds edits that are in no commit ({edits.summary or 'hidden from git status'})",
                next_step="commit them, or discard the task, which keeps a backup",
                paths=(*edits.edited, *edits.untracked),
            )

    async def _adopt_moved(self, worktree: Worktree, moved_to: Path) -> Worktree:
        path = moved_to.parent.resolve() / moved_to.name
        check_below(self.root, path)
        async with self._lock.held():
            await self.repo.git.run(self.repo.main(), "worktree", "repair", path)
        found = Worktree(
            path=str(path),
            branch=worktree.branch,
            base_branch=worktree.base_branch,
            base_commit=worktree.base_commit,
        )
        with contextlib.suppress(WorktreeError):
            await verify(self.repo, found, root=self.root)
            return found
        raise WorktreeMissing(f"{path} is not the worktree of {worktree.branch}", paths=(str(path),))

    def _remove_empty_parents(self, path: Path) -> None:
        for folder in path.parents:
            if folder == self.root or not folder.is_relative_to(self.root):
                return
            try:
                folder.rmdir()
            except OSError:
                return  # another worktree lives there
