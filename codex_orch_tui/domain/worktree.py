"""Where a task works."""

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Worktree:
    """A folder with a branch of its own.

    `base_commit` is the commit that the task's commits stand on: what its diff is taken against. It moves only when
    the task is updated from its base branch, or rebased by hand.
    """

    path: str
    branch: str
    base_branch: str
    base_commit: CommitId
