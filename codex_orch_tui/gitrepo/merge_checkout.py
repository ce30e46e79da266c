"""The folder that has a base branch checked out, and whether a fast-forward may write there."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.domain.merge import Overlap, OverlapKind, Refusal, RefusalReason
from codex_orch_tui.domain.terminal_text import clean_name
from codex_orch_tui.gitrepo.checkout import read_edits
from codex_orch_tui.gitrepo.environment import Place
from codex_orch_tui.gitrepo.errors import IndexLocked
from codex_orch_tui.gitrepo.index_lock import IndexLock
from codex_orch_tui.gitrepo.overlap import changed_paths, paths_in_the_way
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.worktree_list import WorktreeEntry, unfinished_in

_LFS_COMMANDS = {
    "git-lfs clean -- %f",
    "git-lfs smudge -- %f",
    "git-lfs smudge --skip -- %f",
    "git-lfs filter-process",
    "git-lfs filter-process --skip",
}
"""What `git lfs install --local` writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseCheckout:
    """A folder with its git folder. The person's own settings count there: it is the person's checkout."""

    repo: Repository
    path: Path
    admin_dir: Path

    @property
    def place(self) -> Place:
        """Where git works in it; both folders named, so that git does not search."""
        return Place(cwd=self.path, git_dir=self.admin_dir, work_tree=self.path, user_config=True)

    async def examine(self, old: str, new: str) -> tuple[list[Overlap], Refusal | None]:
        """Look whether the files can go from one commit to the other.

        Args:
            old: The commit that is checked out.
            new: Where it would go.

        Returns:
            The person's work that is in the way, and any other reason to refuse.
        """
        index = self.admin_dir / "index"
        try:
            await IndexLock.of_index(index).check()
        except IndexLocked as error:
            return [], Refusal(
                reason=RefusalReason.INDEX_LOCKED,
                message=error.message,
                paths=error.paths,
                next_step=error.next_step,
            )
        if unfinished := await asyncio.to_thread(unfinished_in, self.admin_dir):
            return [], _in_progress(self.path, unfinished.name, unfinished.how_to_end)
        with self.repo.clean(head=old, index=index) as clean:
            changed = await changed_paths(self.repo.git, clean, old, new)
            edits = await read_edits(self.repo.git, clean, work_tree=self.path, index=index)
        if edits.unmerged:
            return [], Refusal(
                reason=RefusalReason.IN_PROGRESS,
                message=f"{shown_path(self.path)} has files in conflict",
                paths=edits.unmerged,
                next_step="resolve them there: git status names them, git add marks them as resolved",
            )
        blockers = set(await asyncio.to_thread(paths_in_the_way, self.path, changed))
        edited = edits.raw_edited & changed.all
        overlaps = [Overlap(path=_shown(path), kind=OverlapKind.EDITED) for path in edited]
        overlaps += [Overlap(path=_shown(path), kind=OverlapKind.UNTRACKED) for path in blockers - edited]
        return overlaps, await self._filter_refusal(new, changed.all)

    async def settings(self) -> tuple[tuple[str, str], ...]:
        """Settings that keep the filters of the repository's own config from running."""
        return tuple(
            entry
            for name in sorted(await self._untrusted_filters())
            for entry in (
                (f"filter.{name}.clean", ""),
                (f"filter.{name}.smudge", ""),
                (f"filter.{name}.process", ""),
                (f"filter.{name}.required", "false"),
            )
        )

    async def _untrusted_filters(self) -> set[str]:
        """Filters that the repository's config names: an agent may have written it. The person's own are trusted."""
        place = Place(cwd=self.path, git_dir=self.admin_dir, work_tree=self.path)
        result = await self.repo.git.run(
            place,
            *("config", "--includes", "--null", "--get-regexp", r"^filter\..*\.(clean|smudge|process)$"),
            ok_codes=(0, 1),
        )
        names: set[str] = set()
        for entry in result.fields:
            key, _, command = os.fsdecode(entry).partition("\n")
            if command and command not in _LFS_COMMANDS:
                names.add(key.removeprefix("filter.").rpartition(".")[0])
        return names

    async def _filter_refusal(self, new: str, changed: frozenset[bytes]) -> Refusal | None:
        """Refuse when files would be written that need a filter which is not run."""
        untrusted = await self._untrusted_filters()
        if not untrusted:
            return None
        with self.repo.clean() as clean:
            await self.repo.git.run(clean.place(), "read-tree", new)
            place = Place(
                cwd=self.path,
                git_dir=self.admin_dir,
                work_tree=self.path,
                index=clean.index,
                user_config=True,
            )
            result = await self.repo.git.run(
                place,
                *("check-attr", "--cached", "-z", "--stdin", "filter"),
                stdin=b"".join(path + b"\0" for path in sorted(changed)),
            )
        fields = result.fields
        needing = [
            _shown(path)
            for path, value in zip(fields[::3], fields[2::3], strict=True)
            if os.fsdecode(value) in untrusted
        ]
        if not needing:
            return None
        return Refusal(
            reason=RefusalReason.FILTER,
            message=f"{len(needing)} files need a filter from this repository's own config, which is not run",
            paths=tuple(needing),
            next_step=f"if you trust that config, merge by hand in {shown_path(self.path)}: git merge --ff-only {new}",
        )


async def find_checkout(repo: Repository, branch: str) -> BaseCheckout | None:
    """The worktree that has a branch checked out; None when none has."""
    entry = next((entry for entry in await repo.worktrees() if entry.branch == branch), None)
    if entry is None:
        return None
    admin_dir = await asyncio.to_thread(repo.admin_dir, entry.path)
    return BaseCheckout(repo=repo, path=entry.path, admin_dir=admin_dir or repo.git_dir)


async def unfinished_on(repo: Repository, branch: str) -> Refusal | None:
    """Refuse when some worktree will come back to a branch (a rebase, a bisect), or its folder is gone."""
    for entry in await repo.worktrees():
        if refusal := await asyncio.to_thread(_blocks, repo, entry, branch):
            return refusal
    return None


def _blocks(repo: Repository, entry: WorktreeEntry, branch: str) -> Refusal | None:
    admin_dir = repo.admin_dir(entry.path)
    if entry.branch == branch and (admin_dir is None or not entry.path.is_dir()):
        path = shown_path(entry.path)
        return Refusal(
            reason=RefusalReason.CHECKOUT_MISSING,
            message=f"{branch} is checked out in {path}, and that folder is gone",
            paths=(path,),
            next_step=f"bring it back (git worktree repair), or forget it: git worktree remove {path}",
        )
    unfinished = unfinished_in(admin_dir) if admin_dir else None
    if unfinished is not None and branch in {entry.branch, unfinished.branch}:
        return _in_progress(entry.path, unfinished.name, unfinished.how_to_end)
    return None


def _in_progress(path: Path, name: str, how_to_end: str) -> Refusal:
    return Refusal(
        reason=RefusalReason.IN_PROGRESS,
        message=f"a {name} is unfinished in {shown_path(path)}",
        paths=(shown_path(path),),
        next_step=f"end it there: {how_to_end}",
    )


def shown_path(path: Path) -> str:
    """A folder of the person's, whose name need not be clean."""
    return clean_name(os.fsencode(path))


def _shown(path: bytes) -> str:
    return clean_name(path)
