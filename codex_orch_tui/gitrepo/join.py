"""Several commits joined into one that a task can start from.

The commits are merged one after the other (`merge-tree --write-tree`, which touches no files and no branch) and each
step is stored as a merge commit, so that git knows in every later join what is already in. Where two results clash,
the commit holds the files with conflict markers: resolving them is the first thing that the task's worker does, and
its first commit shows how.

All of it in a clean git folder: no merge driver, filter or hook runs.
"""

from collections.abc import Sequence

from codex_orch_tui.domain.ids import CommitId, slug
from codex_orch_tui.domain.terminal_text import clean_name
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.gitrepo.clean_dir import CleanDir
from codex_orch_tui.gitrepo.repository import Identity, Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """A commit to join. `name` stands at its side in conflict markers."""

    name: str
    commit: CommitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The commit that holds all of them. `conflicts` are the files in it with conflict markers, clean lines."""

    commit: CommitId
    conflicts: tuple[str, ...] = ()


async def join_tips(repo: Repository, tips: Sequence[Tip], *, identity: Identity) -> Joined:
    """A commit that holds what all the tips hold; one of them, when it holds the others already.

    Args:
        repo: The repository.
        tips: At least one; the order decides about which side of a conflict stands first.
        identity: Who commits.

    Raises:
        GitError: Git failed; nothing was made that anything names.
    """
    kept = await _without_ancestors(repo, tips)
    at, names = kept[0].commit, [kept[0].name]
    conflicts: list[str] = []
    with repo.clean() as clean:
        for tip in kept[1:]:
            tree, clashes = await _merged(repo, clean, Tip(name="-and-".join(names), commit=at), tip)
            names.append(tip.name)
            conflicts += clashes
            made = await repo.git.run(
                clean.place(),
                *("commit-tree", tree, "-p", at, "-p", tip.commit, "-m", f"Join {' and '.join(names)}"),
                env=identity.environment() | await _date(repo, clean, at, tip.commit),
            )
            at = CommitId(made.line)
    return Joined(commit=at, conflicts=tuple(dict.fromkeys(conflicts)))


async def _without_ancestors(repo: Repository, tips: Sequence[Tip]) -> list[Tip]:
    """The tips that no other one holds; of equal ones the first."""
    unique = list({tip.commit: tip for tip in reversed(tips)}.values())[::-1]
    if len(unique) == 1:
        return unique
    listed = await repo.git.run(repo.main(), "merge-base", "--independent", *(tip.commit for tip in unique))
    independent = set(listed.line.split())
    return [tip for tip in unique if tip.commit in independent]


async def _date(repo: Repository, clean: CleanDir, *commits: CommitId) -> dict[str, str]:
    """The newest date of these: two tasks that start from the same results start from the same commit."""
    told = await repo.git.run(clean.place(), "show", "--no-patch", "--format=%ct", *commits, "--")
    newest = f"@{max(int(line) for line in told.line.split())} +0000"
    return {"GIT_AUTHOR_DATE": newest, "GIT_COMMITTER_DATE": newest}


async def _merged(repo: Repository, clean: CleanDir, ours: Tip, theirs: Tip) -> tuple[str, list[str]]:
    """The tree of both, and the files that clash in it."""
    # The markers carry the names that merge-tree is given: names help, ids do not.
    labels = (f"{slug(ours.name, max_chars=60)}", f"{slug(theirs.name, max_chars=60)}")
    if labels[0] == labels[1]:
        labels = (labels[0], f"{labels[1]}-2")
    for label, commit in zip(labels, (ours.commit, theirs.commit), strict=True):
        await repo.git.run(clean.place(), "update-ref", f"refs/heads/{label}", commit)
    merged = await repo.git.run(
        clean.place(),
        *("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", *labels),
        ok_codes=(0, 1),
    )
    tree, *names = merged.fields
    return tree.decode(), [clean_name(name) for name in names if name]
