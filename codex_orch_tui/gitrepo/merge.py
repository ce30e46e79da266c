"""The fast-forward of a base branch to a task's branch: what it would do, and doing it.

A merge is bound to the two commits that were reviewed. The base moves by compare-and-swap when nobody has it checked
out; otherwise by `git merge --ff-only` in the folder that has it, because a moved ref would leave that folder with a
staged revert. Nothing is pushed, reset, stashed or forced, and a refusal has moved nothing.
"""

import asyncio
from dataclasses import replace

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.merge import Merged, MergePreview, Overlap, OverlapKind, Refusal, RefusalReason
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.gitrepo.cancel import to_the_end
from codex_orch_tui.gitrepo.clean_dir import OWN_FOLDER
from codex_orch_tui.gitrepo.diff import commits_between
from codex_orch_tui.gitrepo.errors import GitError, IndexLocked, RefMoved
from codex_orch_tui.gitrepo.locks import RepositoryLock
from codex_orch_tui.gitrepo.merge_checkout import BaseCheckout, find_checkout, shown_path, unfinished_on
from codex_orch_tui.gitrepo.repository import Repository

MERGE_TIMEOUT_S = 600.0
_LISTED_COMMITS = 50


class Merges:
    """Fast-forwards of one repository.

    Args:
        repo: The repository.
        lock_timeout_s: How long to wait for another process of ours that merges.
    """

    def __init__(self, repo: Repository, *, lock_timeout_s: float = 60.0) -> None:
        self._repo = repo
        self._lock = RepositoryLock(repo.git_dir / OWN_FOLDER / "merge.lock", timeout_s=lock_timeout_s)

    async def preview(
        self,
        base_branch: str,
        branch: str,
        *,
        reviewed_base: CommitId | None = None,
        reviewed_tip: CommitId | None = None,
    ) -> MergePreview:
        """What a fast-forward would do, or why it is refused. Nothing is changed and no helper program runs.

        Args:
            base_branch: The branch that would move.
            branch: The branch that it would move to.
            reviewed_base: The base commit that the person has seen the diff against; None: not asked for.
            reviewed_tip: The tip that the person has seen.

        Raises:
            GitError: Git failed.
        """
        preview = await self._compared(base_branch, branch)
        refusal = preview.refusal or _moved_since(preview, reviewed_base, reviewed_tip)
        if refusal is not None:
            return replace(preview, refusal=refusal)
        return await self.examined(preview)

    async def examined(self, preview: MergePreview) -> MergePreview:
        """The preview with what the person's own folders have to say to its two commits.

        Raises:
            GitError: Git failed.
        """
        assert preview.old is not None
        assert preview.new is not None
        base_branch = preview.base_branch
        blocked = await unfinished_on(self._repo, base_branch)
        if blocked is not None:
            return replace(preview, refusal=blocked)
        checkout = await find_checkout(self._repo, base_branch)
        if checkout is None:
            return preview
        overlaps, refusal = await checkout.examine(preview.old, preview.new)
        shown = tuple(sorted(overlaps, key=lambda overlap: overlap.path))
        if refusal is None and shown:
            refusal = _overlap_refusal(base_branch, shown_path(checkout.path), shown)
        return replace(preview, checkout=shown_path(checkout.path), overlaps=shown, refusal=refusal)

    async def merge(self, preview: MergePreview) -> Merged | Refusal:
        """Do what a preview showed, if everything still is as it showed it.

        Args:
            preview: A preview without a refusal.

        Returns:
            What was moved, or why nothing was.

        Raises:
            LockTimeout: Another process of ours merges all the time.
            GitError: Git failed in a way that is no refusal.
        """
        if preview.refusal is not None:
            return preview.refusal
        async with self._lock.held():
            now = await self.preview(
                preview.base_branch, preview.branch, reviewed_base=preview.old, reviewed_tip=preview.new
            )
            if now.refusal is not None:
                return now.refusal
            assert now.old is not None
            assert now.new is not None
            checkout = await find_checkout(self._repo, now.base_branch)
            # Not to be stopped half way: a cancelled caller still gets the branch and the files to agree.
            moving = self._move_ref(now) if checkout is None else self._fast_forward(now, checkout)
            refusal = await to_the_end(moving)
        if refusal is not None:
            return refusal
        return Merged(
            base_branch=now.base_branch,
            old=now.old,
            new=now.new,
            checkout=shown_path(checkout.path) if checkout else "",
        )

    async def _compared(self, base_branch: str, branch: str) -> MergePreview:
        """The part of a preview that commits alone decide."""
        old, new = await asyncio.gather(self._repo.tip(base_branch), self._repo.tip(branch))
        preview = MergePreview(base_branch=base_branch, branch=branch, old=old, new=new)
        if old is None:
            return _refused(preview, RefusalReason.BASE_MISSING, f"there is no branch {base_branch} any more")
        if new is None:
            return _refused(preview, RefusalReason.BRANCH_MISSING, f"there is no branch {branch} any more")
        with self._repo.clean() as clean:
            counts, (commits, commit_count), trees = await asyncio.gather(
                self._repo.ahead_behind(new, old),
                commits_between(self._repo.git, clean, old, new, limit=_LISTED_COMMITS),
                self._repo.git.run(clean.place(), "rev-parse", f"{old}^{{tree}}", f"{new}^{{tree}}"),
            )
            old_tree, tree = trees.line.split()
            files = await self._repo.git.run(
                clean.place(), "diff-tree", "-r", "-z", "--name-only", "--no-renames", old, new, "--"
            )
        preview = replace(
            preview,
            tree=tree,
            commits=commits,
            commit_count=commit_count,
            behind=counts.behind,
            files=len(files.fields),
        )
        if not counts.ahead or tree == old_tree:
            message = f"{branch} has nothing that {base_branch} does not have"
            return _refused(preview, RefusalReason.NOTHING_TO_MERGE, message)
        if counts.behind:
            return _refused(
                preview,
                RefusalReason.NOT_FAST_FORWARD,
                f"{base_branch} has {_counted(counts.behind)} that {branch} does not have",
                "update the task from its base (u), then review it again",
            )
        return preview

    async def _move_ref(self, preview: MergePreview) -> Refusal | None:
        assert preview.old is not None
        assert preview.new is not None
        reason = f"merge {preview.branch}: Fast-forward"
        try:
            await self._repo.move_branch(preview.base_branch, old=preview.old, new=preview.new, reason=reason)
        except RefMoved as error:
            return Refusal(reason=RefusalReason.BASE_MOVED, message=error.message, next_step="review the task again")
        except GitError as error:
            return Refusal(reason=RefusalReason.GIT_REFUSED, message=error.message, next_step=error.next_step)
        return None

    async def _fast_forward(self, preview: MergePreview, checkout: BaseCheckout) -> Refusal | None:
        """`git merge --ff-only <commit id>` in the folder that has the base checked out."""
        assert preview.new is not None
        try:
            await self._repo.git.run(
                checkout.place,
                *("merge", "--ff-only", "--no-squash", "--no-autostash", "--no-stat", "--no-verify-signatures"),
                *("--no-overwrite-ignore", "--quiet", preview.new),
                settings=await checkout.settings(),
                env={"GIT_REFLOG_ACTION": f"codex-orch: merge {preview.branch}"},
                timeout_s=MERGE_TIMEOUT_S,
            )
        except IndexLocked as error:
            return _locked(error)
        except GitError as error:
            if await self._repo.tip(preview.base_branch) == preview.new:
                return None
            paths = tuple(
                clean_line(line.strip()) for line in error.stderr.split("\n") if line.startswith(("\t", "  "))
            )
            return Refusal(
                reason=RefusalReason.GIT_REFUSED,
                message=error.message,
                paths=paths,
                next_step=f"look at the state of {checkout.path}: git status",
            )
        now = await self._repo.tip(preview.base_branch)
        if now != preview.new:
            return Refusal(
                reason=RefusalReason.BASE_MOVED,
                message=f"{preview.base_branch} is at {str(now)[:9]} after the merge: somebody moved it at once",
                next_step=f"look at it: git log {preview.base_branch}",
            )
        return None


def _counted(commits: int) -> str:
    return "1 commit" if commits == 1 else f"{commits:,} commits"


def _moved_since(
    preview: MergePreview, reviewed_base: CommitId | None, reviewed_tip: CommitId | None
) -> Refusal | None:
    step = "review the task again"
    if reviewed_tip is not None and preview.new != reviewed_tip:
        message = f"{preview.branch} has moved since the review: {reviewed_tip[:9]} → {str(preview.new)[:9]}"
        return Refusal(reason=RefusalReason.BRANCH_MOVED, message=message, next_step=step)
    if reviewed_base is not None and preview.old != reviewed_base:
        message = f"{preview.base_branch} has moved since the review: {reviewed_base[:9]} → {str(preview.old)[:9]}"
        return Refusal(reason=RefusalReason.BASE_MOVED, message=message, next_step=step)
    return None


def _overlap_refusal(base_branch: str, checkout: str, overlaps: tuple[Overlap, ...]) -> Refusal:
    kinds = {overlap.kind for overlap in overlaps}
    what = {
        frozenset({OverlapKind.EDITED}): "edits of yours",
        frozenset({OverlapKind.UNTRACKED}): "files of yours that git does not know",
    }.get(frozenset(kinds), "edits and untracked files of yours")
    return Refusal(
        reason=RefusalReason.OVERLAP,
        message=f"{checkout}, where {base_branch} is checked out, has {what} in files that the merge would write",
        paths=tuple(overlap.path for overlap in overlaps),
        next_step="commit these paths, stash them or move them away, then merge again",
    )


def _locked(error: IndexLocked) -> Refusal:
    return Refusal(
        reason=RefusalReason.INDEX_LOCKED, message=error.message, paths=error.paths, next_step=error.next_step
    )


def _refused(preview: MergePreview, reason: RefusalReason, message: str, step: str = "") -> MergePreview:
    return replace(preview, refusal=Refusal(reason=reason, message=clean_line(message), next_step=step))
