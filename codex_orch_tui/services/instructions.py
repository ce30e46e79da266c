"""What a repository tells everybody who works in it: its files of instructions, as they are in the task's base commit.

They are read from git and not from the worktree, where the worker itself may write them. Codex reads none of them by
itself: its workers are told not to trust what lies in a worktree, and AGENTS.md is part of that.
"""

from dataclasses import dataclass

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.terminal_text import clean_text
from codex_orch_tui.gitrepo.repository import Repository

FILES = ("AGENTS.md", "docs/AGENTS.md", ".agent/AGENTS.md")
_NAMES = frozenset(name.encode("ascii") for name in FILES)
MAX_BYTES = 64 * 1024
"""What a worker gets of one file; more would take the place of the task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """One file. `text` is clean; `is_cut`: it is only the beginning."""

    path: str
    text: str
    is_cut: bool = False


async def read_instructions(repository: Repository, commit: CommitId) -> tuple[Instructions, ...]:
    """The files that the commit has, in their order.

    Raises:
        GitRepoError: Git cannot read the commit.
    """
    listed = await repository.git.run(repository.main(), "ls-tree", "-z", "-r", commit, "--", *FILES)
    found: list[Instructions] = []
    for entry in listed.fields:
        head, _, name = entry.partition(b"\t")
        mode, kind, blob = head.decode("ascii").split()
        if kind != "blob" or mode == "120000" or name not in _NAMES:
            continue  # A link's text is a path and no instruction; a folder of such a name holds none.
        result = await repository.git.run(
            repository.main(), "cat-file", "blob", blob, max_bytes=MAX_BYTES, keep_partial=True
        )
        text = clean_text(result.stdout.removeprefix(b"\xef\xbb\xbf")).strip()
        if text:
            found.append(Instructions(path=name.decode("ascii"), text=text, is_cut=result.is_cut))
    return tuple(sorted(found, key=lambda each: FILES.index(each.path)))
