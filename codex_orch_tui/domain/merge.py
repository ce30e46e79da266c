"""What a fast-forward or an update would do, why it is refused, and what it did. Every text is clean."""

from enum import StrEnum

from codex_orch_tui.domain.guardrail import GuardrailResult
from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.review import CommitSummary
from codex_orch_tui.domain.values import dataclass


class RefusalReason(StrEnum):
    """Why nothing was moved."""

    BASE_MISSING = "base_missing"
    BRANCH_MISSING = "branch_missing"
    NOTHING_TO_MERGE = "nothing_to_merge"
    BASE_MOVED = "base_moved"
    BRANCH_MOVED = "branch_moved"
    NOT_REVIEWED = "not_reviewed"
    NOT_FAST_FORWARD = "not_fast_forward"
    OVERLAP = "overlap"
    IN_PROGRESS = "in_progress"
    INDEX_LOCKED = "index_locked"
    CHECKOUT_MISSING = "checkout_missing"
    FILTER = "filter"
    CONFLICT = "conflict"
    CHECK = "check"
    """A check is red, or cannot be run."""
    GUARDRAIL = "guardrail"
    """A guardrail does not hold, and it stops merges."""
    STOPPED = "stopped"
    UNCOMMITTED = "uncommitted"
    MERGE_COMMITS = "merge_commits"
    WORKTREE = "worktree"
    GIT_REFUSED = "git_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Nothing moved: the reason in a sentence, the paths it is about, and what to do next."""

    reason: RefusalReason
    message: str
    paths: tuple[str, ...] = ()
    next_step: str = ""


class OverlapKind(StrEnum):
    """What of the person's work a merge would run over."""

    EDITED = "edited"
    UNTRACKED = "untracked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """A path that the merge would write and the person has work in. UNTRACKED includes files that git ignores."""

    path: str
    kind: OverlapKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePreview:
    """What a fast-forward of `base_branch` to `branch` would do.

    `old` and `new` are the commits that the merge is bound to: when either branch has moved since, the merge is
    refused. None where the branch does not exist. `checkout` is the folder that has the base branch checked out,
    empty when none has.
    """

    base_branch: str
    branch: str
    old: CommitId | None
    new: CommitId | None
    tree: str = ""
    commits: tuple[CommitSummary, ...] = ()
    commit_count: int = 0
    behind: int = 0
    """Commits of the base that the branch does not have: above 0 it is no fast-forward."""
    files: int = 0
    checkout: str = ""
    overlaps: tuple[Overlap, ...] = ()
    guardrails: tuple[GuardrailResult, ...] = ()
    """How they came out on what would be merged; none where it was not looked at."""
    refusal: Refusal | None = None

    @property
    def is_fast_forward(self) -> bool:
        """The base tip is an ancestor of the branch tip and something is new."""
        return self.old is not None and self.new is not None and self.behind == 0 and self.commit_count > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The base branch went from `old` to `new`; `checkout` is the folder whose files followed, if any."""

    base_branch: str
    old: CommitId
    new: CommitId
    checkout: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """The task's commits stand on `base`; `old_tip` is what the branch was. `dropped` became empty in the replay."""

    branch: str
    base: CommitId
    old_tip: CommitId
    new_tip: CommitId
    replayed: int = 0
    dropped: tuple[str, ...] = ()
    """Subjects of the commits whose changes the base has already."""

    @property
    def moved(self) -> bool:
        """Whether the branch is another commit than before."""
        return self.old_tip != self.new_tip
