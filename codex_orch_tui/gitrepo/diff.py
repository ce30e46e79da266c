"""The difference of two commits, read from a clean git folder: commits are reviewed, not files.

Bounded: very many files are counted and the first part is listed; counting lines has a time limit; large files are
not compared line by line.
"""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.review import (
    ChangeStatus,
    CommitSummary,
    EntryKind,
    FileChange,
    FilePatch,
    ReviewSummary,
    entry_kind,
    leaves_tree,
    watched_reason,
)
from codex_orch_tui.domain.task import DiffTotals
from codex_orch_tui.domain.terminal_text import clean_line, clean_name, clean_text
from codex_orch_tui.gitrepo.clean_dir import CleanDir
from codex_orch_tui.gitrepo.patch import LARGE_FILE_BYTES, PatchLimits, read_patch
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.runner import Git

MAX_FILES = 10_000
"""Files that are listed; more are counted."""
MAX_COMMITS = 500
COUNT_TIMEOUT_S = 5.0
LIST_TIMEOUT_S = 60.0

RENAME_CANDIDATES = 1_000
_SYMLINK_BYTES = 4_096
_STATUS = {
    b"A": ChangeStatus.ADDED,
    b"M": ChangeStatus.MODIFIED,
    b"D": ChangeStatus.DELETED,
    b"R": ChangeStatus.RENAMED,
    b"C": ChangeStatus.COPIED,
    b"T": ChangeStatus.TYPE_CHANGED,
}
_LARGE = (("core.bigFileThreshold", str(LARGE_FILE_BYTES)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """The files between two commits."""

    changes: tuple[FileChange, ...]
    file_count: int
    totals: DiffTotals
    counts_known: bool


class Reviews:
    """Reads what a task's commits change."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo

    async def summary(self, base: str, tip: str) -> ReviewSummary:
        """Commits and files between two commits.

        Args:
            base: Commit id that the task stands on.
            tip: Commit id of its branch.

        Raises:
            GitError: One of them is not in the repository.
        """
        with self._repo.clean() as clean:
            diff, (commits, commit_count) = await asyncio.gather(
                changes_between(self._repo.git, clean, base, tip),
                commits_between(self._repo.git, clean, base, tip),
            )
        return ReviewSummary(
            base=CommitId(base),
            tip=CommitId(tip),
            commits=commits,
            commit_count=commit_count,
            files=diff.changes,
            file_count=diff.file_count,
            totals=diff.totals,
            counts_known=diff.counts_known,
        )

    async def totals(self, base: str, tip: str) -> DiffTotals:
        """Only the size of the difference."""
        with self._repo.clean() as clean:
            return (await changes_between(self._repo.git, clean, base, tip)).totals

    async def contents(self, ids: set[str], *, max_bytes: int) -> dict[str, bytes]:
        """The contents of files by their object ids, the smallest first, as long as all together are no longer.

        What comes after that, or is not there, is left out.
        """
        with self._repo.clean() as clean:
            sizes = await _sizes(self._repo.git, clean, ids)
            smallest_first = sorted(sizes, key=lambda one: (sizes[one], one))
            up_to = accumulate(sizes[one] for one in smallest_first)
            read = {one for one, total in zip(smallest_first, up_to, strict=True) if total <= max_bytes}
            return await _contents(self._repo.git, clean, read)

    async def file_patch(self, change: FileChange, *, limits: PatchLimits | None = None) -> FilePatch:
        """One file of a summary, line by line; the first part of a very large one."""
        with self._repo.clean() as clean:
            return await read_patch(self._repo.git, clean, change, limits or PatchLimits())


async def changes_between(git: Git, clean: CleanDir, base: str, tip: str) -> Diff:
    """The files between two commits, with counts."""
    # All of --raw comes before the first of --numstat: what the time limit cuts off are the counts.
    result = await git.run(
        clean.place(),
        *("diff-tree", "-r", "-z", "--raw", "--numstat", "--no-abbrev", "--no-ext-diff", "--no-textconv"),
        *("-M", f"-l{RENAME_CANDIDATES}", base, tip, "--"),
        settings=_LARGE,
        timeout_s=COUNT_TIMEOUT_S,
        keep_partial=True,
    )
    if result.is_cut and not result.stdout:
        result = await git.run(
            clean.place(),
            *("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", base, tip, "--"),
            timeout_s=LIST_TIMEOUT_S,
        )
    output = result.stdout[: result.stdout.rfind(b"\0") + 1]  # without a record that was cut off
    changes, file_count, counts = await asyncio.to_thread(_parse, output)
    changes = await _with_details(git, clean, changes)
    totals = DiffTotals(
        files=file_count,
        insertions=sum(count.insertions or 0 for count in counts.values()),
        deletions=sum(count.deletions or 0 for count in counts.values()),
    )
    counts_known = len(counts) >= file_count
    return Diff(changes=tuple(changes), file_count=file_count, totals=totals, counts_known=counts_known)


async def commits_between(
    git: Git, clean: CleanDir, base: str, tip: str, *, limit: int = MAX_COMMITS
) -> tuple[tuple[CommitSummary, ...], int]:
    """The commits of `base..tip`, newest first, and how many there are."""
    fields = "%H%x00%P%x00%at%x00%an%x00%s%x00%b%x00%(trailers:only,unfold)"
    listed = await git.run(
        clean.place(),
        *("log", "-z", "--no-show-signature", "--no-color", "--no-decorate", "--topo-order"),
        *(f"--max-count={limit}", f"--format=tformat:{fields}", f"{base}..{tip}", "--"),
    )
    values = listed.fields
    commits = tuple(_commit(values[start : start + 7]) for start in range(0, len(values) - 6, 7))
    if len(commits) < limit:
        return commits, len(commits)
    counted = await git.run(clean.place(), "rev-list", "--count", f"{base}..{tip}", "--")
    return commits, int(counted.line)


@dataclass(frozen=True, slots=True)
class _Count:
    insertions: int | None
    deletions: int | None


def _parse(output: bytes) -> tuple[list[FileChange], int, dict[bytes, _Count]]:
    """Read `--raw` and then `--numstat`, both NUL-separated; the last record may be cut off."""
    parts = iter(output.split(b"\0"))
    changes: list[FileChange] = []
    file_count = 0
    counts: dict[bytes, _Count] = {}
    for record in parts:
        if record.startswith(b":"):
            change = _raw(record, parts, is_listed=file_count < MAX_FILES)
            file_count += 1
            if change is not None:
                changes.append(change)
        elif record.count(b"\t") == 2:
            insertions, deletions, path = record.split(b"\t")
            if not path:  # a rename: the old and the new name follow
                next(parts, b"")
                path = next(parts, b"")
            counts[path] = _Count(_number(insertions), _number(deletions))
        elif record:  # a path may hold tabs: only the first two separate
            insertions, _, rest = record.partition(b"\t")
            deletions, _, path = rest.partition(b"\t")
            counts[path] = _Count(_number(insertions), _number(deletions))
    return [_counted(change, counts.get(change.raw_path)) for change in changes], file_count, counts


def _raw(record: bytes, parts: Iterator[bytes], *, is_listed: bool) -> FileChange | None:
    words = record[1:].split(b" ")
    path = next(parts, b"")
    letter = words[4][:1]
    old_path = b""
    if letter in b"RC":
        old_path, path = path, next(parts, b"")
    if not is_listed or not path:
        return None
    shown = clean_name(path)
    return FileChange(
        path=shown,
        raw_path=path,
        status=_STATUS.get(letter, ChangeStatus.MODIFIED),
        old_kind=entry_kind(words[0].decode()),
        new_kind=entry_kind(words[1].decode()),
        old_id=words[2].decode(),
        new_id=words[3].decode(),
        old_path=clean_name(old_path),
        watched=watched_reason(shown) or (watched_reason(clean_name(old_path)) if old_path else ""),
    )


def _number(text: bytes) -> int | None:
    return int(text) if text.isdigit() else None


def _counted(change: FileChange, count: _Count | None) -> FileChange:
    if count is None:
        return change
    return replace(
        change,
        insertions=count.insertions,
        deletions=count.deletions,
        is_binary=count.insertions is None,
    )


async def _with_details(git: Git, clean: CleanDir, changes: list[FileChange]) -> list[FileChange]:
    """Sizes of what was not counted by lines, and where symlinks point."""
    sized = [change for change in changes if change.insertions is None and not _is_submodule(change)]
    links = [change for change in changes if change.new_kind is EntryKind.SYMLINK]
    if not sized and not links:
        return changes
    ids = {name for change in sized for name in (change.old_id, change.new_id) if int(name, 16)}
    sizes = await _sizes(git, clean, ids | {change.new_id for change in links})
    small = {change.new_id for change in links if sizes.get(change.new_id, 0) <= _SYMLINK_BYTES}
    targets = await _contents(git, clean, small)
    detailed = {}
    for change in (*sized, *links):
        target = targets.get(change.new_id, b"") if change.new_kind is EntryKind.SYMLINK else b""
        detailed[change.raw_path] = replace(
            change,
            old_size_bytes=sizes.get(change.old_id),
            new_size_bytes=sizes.get(change.new_id),
            symlink_target=clean_name(target),
            points_outside=bool(target) and leaves_tree(os.fsdecode(change.raw_path), os.fsdecode(target)),
        )
    return [detailed.get(change.raw_path, change) for change in changes]


def _is_submodule(change: FileChange) -> bool:
    return EntryKind.SUBMODULE in {change.old_kind, change.new_kind}


async def _sizes(git: Git, clean: CleanDir, ids: set[str]) -> dict[str, int]:
    if not ids:
        return {}
    asked = "".join(f"{name}\n" for name in sorted(ids)).encode()
    result = await git.run(
        clean.place(), "cat-file", "--buffer", "--batch-check=%(objectname) %(objectsize)", stdin=asked
    )
    pairs = (line.split(b" ") for line in result.stdout.splitlines())
    return {pair[0].decode(): int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


async def _contents(git: Git, clean: CleanDir, ids: set[str]) -> dict[str, bytes]:
    """Small objects as they are."""
    if not ids:
        return {}
    asked = "".join(f"{name}\n" for name in sorted(ids)).encode()
    output = (await git.run(clean.place(), "cat-file", "--buffer", "--batch", stdin=asked)).stdout
    found: dict[str, bytes] = {}
    position = 0
    while (end := output.find(b"\n", position)) >= 0:
        words = output[position:end].split(b" ")
        if len(words) != 3:
            position = end + 1  # `<id> missing`
            continue
        size = int(words[2])
        found[words[0].decode()] = output[end + 1 : end + 1 + size]
        position = end + 2 + size
    return found


def _commit(values: list[bytes]) -> CommitSummary:
    name, parents, time_s, author, subject, body, trailers = values
    pairs = (line.partition(b": ") for line in trailers.splitlines())
    return CommitSummary(
        id=CommitId(name.decode()),
        parents=tuple(CommitId(parent.decode()) for parent in parents.split()),
        subject=clean_line(subject),
        body=clean_text(body).strip(),
        author=clean_line(author),
        time_s=float(time_s or 0),
        trailers=tuple((clean_line(key), clean_line(value)) for key, mark, value in pairs if mark),
    )
