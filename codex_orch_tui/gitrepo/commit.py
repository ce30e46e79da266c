"""The supervisor's commit of what an agent edited: a worker's sandbox cannot write the git folder.

Everything happens in a clean git folder (clean_dir.py): the agent's files are read and nothing that they, or the
repository's config, name is run. The branch moves by compare-and-swap; then the worktree's own index follows, so that
`git status` there is clean.
"""

import asyncio
import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.review import FileChange
from codex_orch_tui.domain.task import TaskCommit
from codex_orch_tui.domain.terminal_text import clean_line, clean_name
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.backup import saved_tree
from codex_orch_tui.gitrepo.cancel import to_the_end
from codex_orch_tui.gitrepo.clean_dir import CleanDir
from codex_orch_tui.gitrepo.diff import changes_between
from codex_orch_tui.gitrepo.index_lock import IndexLock
from codex_orch_tui.gitrepo.repository import Identity, Repository
from codex_orch_tui.gitrepo.staging import Staged, stage_worktree
from codex_orch_tui.gitrepo.worktree_state import Verified, verify

_SUBJECT_CHARS = 72
_NAMED_PATHS = 5

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitReport:
    """What a commit did. `commit` None: nothing was changed. `notes` are sentences that the person should see."""

    commit: TaskCommit | None
    tip: CommitId
    notes: tuple[str, ...] = ()
    changes: tuple[FileChange, ...] = ()
    """The files, or the first part of very many."""


def commit_message(title: str, body: str = "", trailers: Iterable[tuple[str, str]] = ()) -> str:
    """A commit message in git's form: subject, blank line, body, blank line, trailers.

    Args:
        title: Becomes the subject, on one line; what does not fit in 72 characters goes on in the body.
        body: Text; trailing blanks and NUL are dropped.
        trailers: Pairs such as ("Orch-Run", "r1"); pairs without a value are left out.
    """
    subject = " ".join(_without_nul(title).split()) or "Edits"
    parts = []
    if len(subject) > _SUBJECT_CHARS:
        head = subject[: _SUBJECT_CHARS - 1].rpartition(" ")[0] or subject[: _SUBJECT_CHARS - 1]
        parts = [f"{head}…", f"…{subject.removeprefix(head)}"]
    else:
        parts = [subject]
    lines = [line.rstrip() for line in _without_nul(body).strip().splitlines()]
    if lines:
        parts.append("\n".join(lines))
    pairs = [f"{key}: {' '.join(_without_nul(value).split())}" for key, value in trailers if value.strip()]
    if pairs:
        parts.append("\n".join(pairs))
    return "\n\n".join(parts) + "\n"


async def commit_worktree(
    repo: Repository, worktree: Worktree, *, message: str, identity: Identity, root: Path | None = None
) -> CommitReport:
    """Commit everything in the worktree that git does not ignore.

    Args:
        repo: The repository.
        worktree: The worktree; verified before anything is read.
        message: See `commit_message`.
        identity: Author and committer.
        root: The folder that the worktree must lie below.

    Raises:
        WorktreeError: The worktree is not what it was, or a merge or the like is unfinished in it.
        IndexLocked: Somebody works with git in the worktree.
        RefMoved: The branch moved meanwhile; nothing was moved by us.
        GitError: A file cannot be read, or git failed for another reason.
    """
    found = await verify(repo, worktree, root=root)
    index = found.admin_dir / "index"
    await IndexLock.of_index(index).check()
    before = await asyncio.to_thread(_stamp, index)
    with repo.clean() as clean:
        staged = await stage_worktree(repo.git, clean, work_tree=found.path, admin_dir=found.admin_dir, tip=found.tip)
        notes = list(_notes_of(staged))
        if staged.tree == await saved_tree(repo, found.tip):
            # Also here: an index that a killed process left behind its branch is made right.
            await asyncio.to_thread(_install_index, clean.index, index, before)
            return CommitReport(commit=None, tip=found.tip, notes=tuple(notes))
        made = await repo.git.run(
            clean.place(),
            *("commit-tree", staged.tree, "-p", found.tip, "-F", "-"),
            stdin=message.encode("utf-8", "replace"),
            env=identity.environment(),
        )
        commit = CommitId(made.line)
        diff = await changes_between(repo.git, clean, found.tip, commit)
        notes += await _notes_on(repo, clean, found, diff.changes)
        subject = clean_line(message.partition("\n")[0])
        if not await to_the_end(_publish(repo, worktree.branch, found, commit, subject, clean.index, before)):
            notes.append(f"the index of {worktree.path} was changed by another git meanwhile and was left as it is")
    return CommitReport(
        commit=TaskCommit(
            id=commit,
            subject=subject,
            files=diff.totals.files,
            insertions=diff.totals.insertions,
            deletions=diff.totals.deletions,
        ),
        tip=commit,
        notes=tuple(clean_line(note) for note in notes),
        changes=diff.changes,
    )


async def _publish(
    repo: Repository,
    branch: str,
    found: Verified,
    commit: CommitId,
    subject: str,
    ours: Path,
    before: _Stamp | None,
) -> bool:
    """The branch, then the index; False when the index could not follow."""
    await repo.move_branch(branch, old=found.tip, new=commit, reason=f"commit: {subject}")
    return await asyncio.to_thread(_install_index, ours, found.admin_dir / "index", before)


async def _notes_on(repo: Repository, clean: CleanDir, found: Verified, changes: tuple[FileChange, ...]) -> list[str]:
    """What the person should know about the files of a commit."""
    notes = [f"{change.path}: {change.watched}" for change in changes if change.watched]
    notes += [
        f"{change.path}: a symlink that leaves the repository, to {change.symlink_target}"
        for change in changes
        if change.points_outside
    ]
    if filtered := await _filtered(repo, clean, found, changes):
        notes.append(f"committed as they are on disk, without their git filter (such as LFS): {_listed(filtered)}")
    return notes


def _notes_of(staged: Staged) -> Iterable[str]:
    if staged.nested:
        yield f"git repositories within the worktree, left out of the commit: {_listed(_shown(staged.nested))}"
    if staged.kept_out:
        yield (
            "copied in by .worktreeinclude and no longer ignored, left out of the commit: "
            + _listed(_shown(staged.kept_out))
        )
    if staged.absent:
        yield f"left away by a sparse checkout, kept in the commit: {_listed(_shown(staged.absent))}"


async def _filtered(repo: Repository, clean: CleanDir, found: Verified, changes: tuple[FileChange, ...]) -> list[str]:
    """Changed files whose attributes ask for a filter; none has run."""
    written = [change for change in changes if int(change.new_id, 16)]
    if not written:
        return []
    result = await repo.git.run(
        clean.place(work_tree=found.path),
        *("check-attr", "--cached", "-z", "--stdin", "filter"),
        stdin=b"".join(change.raw_path + b"\0" for change in written),
    )
    values = result.fields[2::3]
    return [
        change.path for change, value in zip(written, values, strict=True) if value not in {b"unspecified", b"unset"}
    ]


def _stamp(index: Path) -> _Stamp | None:
    """What tells one state of an index file from another: git replaces the file whenever it writes it."""
    try:
        stat = index.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _install_index(ours: Path, index: Path, before: _Stamp | None) -> bool:
    """Put our index in the place of the worktree's, the way git does: through index.lock and a rename.

    Returns:
        False when somebody else changed or holds it.
    """
    lock = IndexLock.of_index(index).path
    try:
        os.link(ours, lock)  # appears with all its content, or not at all because somebody holds it
    except FileExistsError:
        return False
    if _stamp(index) != before:
        with contextlib.suppress(FileNotFoundError):
            lock.unlink()  # the one that this call has just made
        return False
    lock.replace(index)
    return True


def _without_nul(text: str) -> str:
    return text.replace("\0", "")


def _shown(paths: Iterable[bytes]) -> list[str]:
    return [clean_name(path) for path in paths]


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED_PATHS
    return ", ".join(names[:_NAMED_PATHS]) + (f" and {more} more" if more > 0 else "")
