"""What a checkout holds that is in no commit."""

from pathlib import Path

from codex_orch_tui.domain.terminal_text import clean_name
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.gitrepo.clean_dir import CleanDir
from codex_orch_tui.gitrepo.runner import Git

LISTED_PATHS = 200
_UNMERGED = frozenset({b"DD", b"AU", b"UD", b"UA", b"DU", b"AA", b"UU"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutEdits:
    """Paths with work that is in no commit: the first `LISTED_PATHS` of each, clean, and how many there are.

    `raw_edited` has the names as bytes, all of them. A folder of untracked files counts once and ends in a slash.
    """

    edited: tuple[str, ...] = ()
    edited_count: int = 0
    untracked: tuple[str, ...] = ()
    untracked_count: int = 0
    deleted_count: int = 0
    """Of the edited ones."""
    unmerged: tuple[str, ...] = ()
    """Of the edited ones: in conflict, from a merge, stash or the like that is not resolved."""
    raw_edited: frozenset[bytes] = frozenset()

    @property
    def is_clean(self) -> bool:
        """Every file is as it was committed."""
        return not self.edited_count and not self.untracked_count

    @property
    def summary(self) -> str:
        """`2 edited, 1 untracked`; empty when clean."""
        counts = ((self.edited_count, "edited"), (self.untracked_count, "untracked"))
        return ", ".join(f"{count} {word}" for count, word in counts if count)


async def read_edits(git: Git, clean: CleanDir, *, work_tree: Path, index: Path) -> CheckoutEdits:
    """Compare a checkout with its commit through a clean git folder, so that nothing of its config runs.

    Args:
        git: How git is run.
        clean: A clean folder whose HEAD names the checkout's commit.
        work_tree: The checkout.
        index: Its index; it is read and not written.
    """
    result = await git.run(
        clean.place(work_tree=work_tree, index=index),
        "status",
        "--porcelain=v1",
        "-z",
        "--untracked-files=normal",
        "--ignore-submodules=dirty",
        "--no-renames",
        "--no-ahead-behind",
    )
    edited: list[bytes] = []
    untracked: list[bytes] = []
    unmerged: list[bytes] = []
    deleted = 0
    for record in result.fields:
        state, path = record[:2], record[3:]
        if state == b"??":
            untracked.append(path)
        else:
            edited.append(path)
            deleted += b"D" in state
            if state in _UNMERGED:
                unmerged.append(path)
    return CheckoutEdits(
        edited=_shown(edited),
        edited_count=len(edited),
        untracked=_shown(untracked),
        untracked_count=len(untracked),
        deleted_count=deleted,
        unmerged=_shown(unmerged),
        raw_edited=frozenset(edited),
    )


def _shown(paths: list[bytes]) -> tuple[str, ...]:
    return tuple(clean_name(path) for path in paths[:LISTED_PATHS])
