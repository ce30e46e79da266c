"""What git knows about worktrees: its list, and the folder in which it keeps each."""

import os
from pathlib import Path

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.values import dataclass

_IN_PROGRESS = {
    "rebase-merge": "rebase",
    "rebase-apply": "rebase or git am",
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
}
_HOW_TO_END = {
    "rebase": "git rebase --continue or git rebase --abort",
    "rebase or git am": "git rebase --continue or git rebase --abort (git am likewise)",
    "merge": "git merge --continue or git merge --abort",
    "cherry-pick": "git cherry-pick --continue or git cherry-pick --abort",
    "revert": "git revert --continue or git revert --abort",
    "bisect": "git bisect reset",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorktreeEntry:
    """One worktree in git's list. `branch` None: detached. `locked` and `prunable` hold the reason."""

    path: Path
    head: CommitId
    branch: str | None
    is_main: bool = False
    is_bare: bool = False
    locked: str | None = None
    prunable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """An operation that somebody has begun in a worktree and not ended. `branch` is the one it will come back to."""

    name: str
    how_to_end: str
    branch: str | None = None


def parse_worktree_list(output: bytes, *, main: Path) -> tuple[WorktreeEntry, ...]:
    """Read `git worktree list --porcelain -z`.

    Args:
        output: What git printed.
        main: The main worktree, which git names wrongly for submodules and separate git folders.
    """
    entries: list[WorktreeEntry] = []
    for record in output.split(b"\0\0"):
        fields = dict(_field(line) for line in record.split(b"\0") if line)
        if "worktree" not in fields:
            continue
        is_main = not entries
        branch = fields.get("branch")
        entries.append(
            WorktreeEntry(
                path=main if is_main else Path(fields["worktree"]),
                head=CommitId(fields.get("HEAD", "")),
                branch=branch.removeprefix("refs/heads/") if branch is not None else None,
                is_main=is_main,
                is_bare="bare" in fields,
                locked=_reason(fields, "locked"),
                prunable=_reason(fields, "prunable"),
            )
        )
    return tuple(entries)


def admin_dir_of(common_dir: Path, worktree: Path) -> Path | None:
    """The folder `worktrees/<name>` of the git folder that belongs to a linked worktree."""
    wanted = os.fsencode(worktree / ".git")
    try:
        folders = sorted((common_dir / "worktrees").iterdir())
    except FileNotFoundError:
        return None
    for folder in folders:
        try:
            pointer = (folder / "gitdir").read_bytes().rstrip(b"\n")
        except OSError:
            continue
        if pointer == wanted or os.path.normpath(os.fsencode(folder) + b"/" + pointer) == wanted:
            return folder
    return None


def unfinished_in(admin_dir: Path) -> Unfinished | None:
    """The merge, rebase or the like that is under way in a worktree."""
    for entry, name in _IN_PROGRESS.items():
        path = admin_dir / entry
        if path.exists():
            branch = _text_of(path / "head-name") if path.is_dir() else None
            if name == "bisect":
                branch = _text_of(admin_dir / "BISECT_START")
            return Unfinished(
                name=name,
                how_to_end=_HOW_TO_END[name],
                branch=branch.removeprefix("refs/heads/") if branch else None,
            )
    return None


def _field(line: bytes) -> tuple[str, str]:
    key, _, value = os.fsdecode(line).partition(" ")
    return key, value


def _reason(fields: dict[str, str], key: str) -> str | None:
    return clean_line(fields[key]) if key in fields else None


def _text_of(path: Path) -> str | None:
    try:
        return os.fsdecode(path.read_bytes()).strip()
    except OSError:
        return None
