"""The patch of all commits of a branch, as git writes it: for a file that `git apply` takes."""

from dataclasses import dataclass

from codex_orch_tui.gitrepo.diff import RENAME_CANDIDATES
from codex_orch_tui.gitrepo.patch import LARGE_FILE_BYTES
from codex_orch_tui.gitrepo.repository import Repository

MAX_PATCH_BYTES = 16 * 1024 * 1024
TIMEOUT_S = 30.0
_NEXT_FILE = b"\ndiff --git "


@dataclass(frozen=True, slots=True, kw_only=True)
class WholePatch:
    """A unified diff. `is_cut`: it is too long, or took too long; its first files are there, each of them whole."""

    data: bytes
    is_cut: bool


async def whole_patch(repo: Repository, base: str, tip: str, *, max_bytes: int = MAX_PATCH_BYTES) -> WholePatch:
    """What the commits between two commits change. Binary files are named and no more: they cannot be redacted.

    Args:
        repo: The repository.
        base: Commit id that the branch stands on.
        tip: Commit id of the branch.
        max_bytes: How much is read.

    Raises:
        GitRepoError: One of them is not in the repository.
    """
    with repo.clean() as clean:
        result = await repo.git.run(
            clean.place(),
            *("diff-tree", "-r", "-p", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv"),
            *("-M", f"-l{RENAME_CANDIDATES}", base, tip, "--"),
            settings=(("core.bigFileThreshold", str(LARGE_FILE_BYTES)),),
            max_bytes=max_bytes,
            timeout_s=TIMEOUT_S,
            keep_partial=True,
        )
    data = result.stdout
    if result.is_cut:
        end = data.rfind(_NEXT_FILE)
        data = data[: end + 1] if end >= 0 else b""
    return WholePatch(data=data, is_cut=result.is_cut)
