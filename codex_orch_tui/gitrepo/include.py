"""`.worktreeinclude`: ignored files, such as .env, that a task's worktree gets a copy of.

The file lists patterns in the form of .gitignore. Only files that git ignores in the person's checkout are copied: what
is tracked comes with the branch, and what is merely untracked is the person's unfinished work. No symlink is followed,
on neither side. The names that were copied are kept beside git's record of the worktree, so that they are not committed
even when a task takes them off .gitignore.
"""

import asyncio
import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.domain.review import leaves_tree
from codex_orch_tui.domain.terminal_text import clean_line, clean_name
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.staging import INCLUDED_FILES, included_files
from codex_orch_tui.gitrepo.worktree_state import verify

INCLUDE_FILE = ".worktreeinclude"
_PATTERN_BYTES = 256 * 1024
_BLOCK_BYTES = 1024 * 1024
_LIST_TIMEOUT_S = 30.0
_STATE_FOLDER = b".orchestrator"
"""Our own folder in the person's checkout; it holds the other worktrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludeLimits:
    """How much is copied at most."""

    max_files: int = 1_000
    max_file_bytes: int = 20 * 1024 * 1024
    max_total_bytes: int = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludeReport:
    """What was copied, and what was not with the reason. The names are clean."""

    copied: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()


async def copy_included(
    repo: Repository, worktree: Worktree, *, limits: IncludeLimits | None = None, root: Path | None = None
) -> IncludeReport:
    """Copy the files that `.worktreeinclude` of the person's checkout names into a worktree.

    Args:
        repo: The repository.
        worktree: A fresh worktree.
        limits: How much at most.
        root: The folder that the worktree must lie below.

    Raises:
        WorktreeError: The worktree is not what it was.
        GitError: Git failed, or looking for the files took too long.
    """
    patterns = await asyncio.to_thread(_read_patterns, repo.top / INCLUDE_FILE)
    if isinstance(patterns, IncludeReport):
        return patterns
    found = await verify(repo, worktree, root=root)
    with repo.clean(index=repo.git_dir / "index") as clean:
        pattern_file = clean.path / "include"
        await asyncio.to_thread(pattern_file.write_bytes, patterns)
        place = clean.place(work_tree=repo.top, index=repo.git_dir / "index")
        listed = await repo.git.run(
            place,
            *("ls-files", "-z", "--others", "--ignored", f"--exclude-from={pattern_file}"),
            timeout_s=_LIST_TIMEOUT_S,
        )
        names = [name for name in listed.fields if name.split(b"/", 1)[0] != _STATE_FOLDER]
        checked = await repo.git.run(
            place,
            *("check-ignore", "-z", "--stdin"),
            # This command knows no literal pathspecs; `./` keeps a name such as `:(top)` from being one.
            stdin=b"".join(b"./" + name + b"\0" for name in names),
            env={"GIT_LITERAL_PATHSPECS": "0"},
            ok_codes=(0, 1),
        )
    copier = _Copier(
        repo.top, found.path, {name.removeprefix(b"./") for name in checked.fields}, limits or IncludeLimits()
    )
    return await asyncio.to_thread(copier.copy, names, found.admin_dir)


def _read_patterns(path: Path) -> bytes | IncludeReport:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return IncludeReport()
    except OSError as error:
        return IncludeReport(skipped=((INCLUDE_FILE, f"cannot be read: {error.strerror}"),))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return IncludeReport(skipped=((INCLUDE_FILE, "is no plain file"),))
        content = os.read(descriptor, _PATTERN_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > _PATTERN_BYTES:
        return IncludeReport(skipped=((INCLUDE_FILE, f"is larger than {_PATTERN_BYTES:,} bytes"),))
    return content


class _Skipped(Exception):  # noqa: N818 - no error: it carries the reason up from where it is seen
    """A file is not copied, and why."""


class _Copier:
    """Copies files from one folder to the same names in another, one descriptor at a time."""

    def __init__(self, source: Path, target: Path, ignored: set[bytes], limits: IncludeLimits) -> None:
        self._source = source
        self._target = target
        self._ignored = ignored
        self._limits = limits
        self._total_bytes = 0

    def copy(self, names: list[bytes], admin_dir: Path) -> IncludeReport:
        """Copy what may be copied; remember the names first, so that none is ever committed."""
        wanted = [name for name in names if name in self._ignored]
        kept = sorted(included_files(admin_dir) | set(wanted))
        if wanted:
            (admin_dir / INCLUDED_FILES).write_bytes(b"\0".join(kept))
        copied: list[str] = []
        skipped: list[tuple[str, str]] = []
        for name in names:
            try:
                if len(copied) >= self._limits.max_files:
                    raise _Skipped(f"more than {self._limits.max_files:,} files")
                self._copy_one(name)
            except _Skipped as reason:
                skipped.append((clean_name(name), str(reason)))
            except OSError as error:
                skipped.append((clean_name(name), clean_line(error.strerror or str(error))))
            else:
                copied.append(clean_name(name))
        return IncludeReport(copied=tuple(copied), skipped=tuple(skipped))

    def _copy_one(self, name: bytes) -> None:
        if name.endswith(b"/"):
            raise _Skipped("a git repository of its own")
        if name not in self._ignored:
            raise _Skipped("not ignored by git: commit it, or add it to .gitignore")
        *folders, last = name.split(b"/")
        with _folder(self._source, folders, make=False) as source, _folder(self._target, folders, make=True) as target:
            mode = os.stat(last, dir_fd=source, follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                self._copy_link(name, last, source, target)
            elif stat.S_ISREG(mode):
                self._copy_file(last, source, target)
            else:
                raise _Skipped("no plain file")

    def _copy_link(self, name: bytes, last: bytes, source: int, target: int) -> None:
        text = os.readlink(last, dir_fd=source)
        if leaves_tree(os.fsdecode(name), os.fsdecode(text)):
            raise _Skipped(f"a symlink that leaves the repository, to {clean_name(text)}")
        try:
            os.symlink(text, last, dir_fd=target)
        except FileExistsError:
            raise _Skipped("there already") from None

    def _copy_file(self, last: bytes, source: int, target: int) -> None:
        with os.fdopen(os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=source), "rb") as reading:
            info = os.fstat(reading.fileno())
            if info.st_size > self._limits.max_file_bytes:
                raise _Skipped(f"larger than {self._limits.max_file_bytes:,} bytes")
            if self._total_bytes + info.st_size > self._limits.max_total_bytes:
                raise _Skipped(f"more than {self._limits.max_total_bytes:,} bytes in all")
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            try:
                descriptor = os.open(last, flags, 0o600, dir_fd=target)
            except FileExistsError:
                raise _Skipped("there already") from None
            with os.fdopen(descriptor, "wb") as writing:
                self._total_bytes += _pump(reading.fileno(), writing.fileno(), info.st_size)
                os.fchmod(writing.fileno(), stat.S_IMODE(info.st_mode) & 0o777)


def _pump(reading: int, writing: int, size_bytes: int) -> int:
    """Copy at most the size that was looked at: a file that grows meanwhile stays within the limits."""
    done = 0
    while done < size_bytes and (block := os.read(reading, min(_BLOCK_BYTES, size_bytes - done))):
        view = memoryview(block)
        while view:
            view = view[os.write(writing, view) :]
        done += len(block)
    return done


@contextlib.contextmanager
def _folder(top: Path, names: list[bytes], *, make: bool) -> Iterator[int]:
    """Descend from a folder by names, following no symlink; the descriptor of the last."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(top, flags)
    try:
        for name in names:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o755, dir_fd=descriptor)
            try:
                below = os.open(name, flags, dir_fd=descriptor)
            except NotADirectoryError:
                raise _Skipped("a folder above it is a symlink or a file") from None
            except OSError as error:
                raise _Skipped(f"a folder above it cannot be entered: {error.strerror}") from None
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)
