"""Update a task from its base: its commits are replayed on the base tip, and nothing moves until that is known to work.

Each commit C with parent P is put on the new tip T by a three-way merge of trees with P as the common ancestor. Git
finds the ancestor from parents, so a stand-in commit with the tree of T and the parent P is merged with C
(`merge-tree --write-tree`, which touches no files). Only then the branch moves, by compare-and-swap, and the files
follow. All of it in a clean git folder: no merge driver, filter or hook runs.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.merge import Refusal, RefusalReason, Updated
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.clean_dir import CleanDir
from codex_orch_tui.gitrepo.errors import IndexLocked, WorktreeError
from codex_orch_tui.gitrepo.index_lock import IndexLock
from codex_orch_tui.gitrepo.move import move_worktree, uncommitted
from codex_orch_tui.gitrepo.repository import Identity, Repository
from codex_orch_tui.gitrepo.worktree_state import verify

_MAX_COMMITS = 1_000


async def update_from_base(
    repo: Repository, worktree: Worktree, *, identity: Identity, root: Path | None = None
) -> Updated | Refusal:
    """Replay a task's commits on the tip of its base branch.

    The caller keeps the old tip (it is in the result and in the branch's reflog) and takes `Updated.base` as the
    task's new base commit.

    Args:
        repo: The repository.
        worktree: The task's worktree; its commits are those after `base_commit`.
        identity: The committer; authors and messages are kept.
        root: The folder that the worktree must lie below.

    Returns:
        What was moved, or why nothing was.

    Raises:
        GitError: Git failed; nothing was moved unless the message says so.
    """
    try:
        found = await verify(repo, worktree, root=root)
        await IndexLock.of_index(found.admin_dir / "index").check()
    except WorktreeError as error:
        return _refusal(RefusalReason.WORKTREE, error.message, step=error.next_step)
    except IndexLocked as error:
        return _refusal(RefusalReason.INDEX_LOCKED, error.message, error.paths, error.next_step)
    base = await repo.tip(worktree.base_branch)
    if base is None:
        return _refusal(RefusalReason.BASE_MISSING, f"there is no branch {worktree.base_branch} any more")
    if await repo.is_merged(base, found.tip):
        return Updated(branch=worktree.branch, base=base, old_tip=found.tip, new_tip=found.tip)
    if refusal := await uncommitted(repo, found):
        return refusal
    with repo.clean(index=found.admin_dir / "index") as clean:
        replayed = await _replay(repo, clean, worktree.base_commit, found.tip, base, identity)
        if isinstance(replayed, Refusal):
            return replayed
        refusal = await move_worktree(repo, clean, worktree, found, replayed.tip)
    return refusal or Updated(
        branch=worktree.branch,
        base=base,
        old_tip=found.tip,
        new_tip=replayed.tip,
        replayed=replayed.count,
        dropped=tuple(replayed.dropped),
    )


@dataclass(slots=True)
class _Replayed:
    tip: CommitId
    tree: str
    count: int
    dropped: list[str]


@dataclass(frozen=True, slots=True)
class _Original:
    """A commit as it is stored."""

    tree: str
    author: dict[str, str]
    encoding: str
    message: bytes

    @property
    def subject(self) -> str:
        return clean_line(self.message.partition(b"\n")[0])


async def _replay(
    repo: Repository, clean: CleanDir, since: str, tip: str, base: CommitId, identity: Identity
) -> _Replayed | Refusal:
    """Make the new commits; they are objects that nothing names yet."""
    listed = await repo.git.run(
        clean.place(), "rev-list", "--reverse", "--topo-order", "--parents", f"{since}..{tip}", "--"
    )
    rows = [line.split() for line in listed.line.splitlines()]
    if any(len(row) != 2 for row in rows):
        return _refusal(
            RefusalReason.MERGE_COMMITS,
            "the task's branch has merge commits, which cannot be replayed one by one",
            step="merge the base into the branch by hand in the task's worktree",
        )
    if len(rows) > _MAX_COMMITS:
        return _refusal(
            RefusalReason.MERGE_COMMITS,
            f"{len(rows)} commits are too many to replay (at most {_MAX_COMMITS})",
            step="rebase the branch by hand in the task's worktree",
        )
    done = _Replayed(base, await _tree(repo, clean, base), 0, [])
    for commit, parent in rows:
        original = await _read_commit(repo, clean, commit)
        merged = await _merge_trees(repo, clean, done.tree, parent, commit, identity)
        if isinstance(merged, tuple):
            names = tuple(clean_line(os.fsdecode(path)) for path in merged)
            return _refusal(
                RefusalReason.CONFLICT,
                f"“{original.subject}” and the new base changed the same lines of {len(names)} files",
                names,
                "send the conflict to the worker as a message, or resolve it by hand in the task's worktree",
            )
        if merged == done.tree:
            done.dropped.append(original.subject)
            continue
        done.tip = await _write_commit(repo, clean, original, merged, done.tip, identity)
        done.tree = merged
        done.count += 1
    return done


async def _merge_trees(
    repo: Repository, clean: CleanDir, onto_tree: str, parent: str, commit: str, identity: Identity
) -> str | tuple[bytes, ...]:
    """The tree of `commit` put on `onto_tree`, or the files in conflict."""
    stand_in = await repo.git.run(
        clean.place(), "commit-tree", onto_tree, "-p", parent, "-m", "base", env=identity.environment()
    )
    merged = await repo.git.run(
        clean.place(),
        *("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", stand_in.line, commit),
        ok_codes=(0, 1),
    )
    tree, *names = merged.fields
    if merged.exit_code:
        return tuple(dict.fromkeys(name for name in names if name))
    return tree.decode()


async def _tree(repo: Repository, clean: CleanDir, commit: str) -> str:
    return (await repo.git.run(clean.place(), "rev-parse", "--verify", f"{commit}^{{tree}}")).line


async def _read_commit(repo: Repository, clean: CleanDir, commit: str) -> _Original:
    stored = (await repo.git.run(clean.place(), "cat-file", "commit", commit)).stdout
    head, _, message = stored.partition(b"\n\n")
    headers = dict(line.partition(b" ")[::2] for line in head.split(b"\n") if line[:1] != b" ")
    who, _, when = headers[b"author"].rpartition(b"> ")
    name, _, email = who.rpartition(b"<")
    return _Original(
        tree=headers[b"tree"].decode(),
        author={
            "GIT_AUTHOR_NAME": os.fsdecode(name.strip()),
            "GIT_AUTHOR_EMAIL": os.fsdecode(email),
            "GIT_AUTHOR_DATE": "@" + os.fsdecode(when),
        },
        encoding=headers.get(b"encoding", b"").decode("ascii", "replace"),
        message=message,
    )


async def _write_commit(
    repo: Repository, clean: CleanDir, original: _Original, tree: str, parent: str, identity: Identity
) -> CommitId:
    made = await repo.git.run(
        clean.place(),
        *("commit-tree", tree, "-p", parent, "-F", "-"),
        stdin=original.message,
        settings=(("i18n.commitEncoding", original.encoding),) if original.encoding else (),
        env=identity.committer_environment() | original.author,
    )
    return CommitId(made.line)


def _refusal(reason: RefusalReason, message: str, paths: tuple[str, ...] = (), step: str = "") -> Refusal:
    return Refusal(reason=reason, message=message, paths=paths, next_step=step)
