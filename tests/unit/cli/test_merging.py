"""Merging without a screen: nothing that nobody read gets through without being allowed to, this time."""

from typing import Any

import pytest

from codex_orch_tui.cli.merging import Merging
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.merge import Merged, MergePreview, Refusal, RefusalReason
from codex_orch_tui.services.errors import NotPossibleError
from tests.fakes.states import Story

NOT_REVIEWED = Refusal(reason=RefusalReason.NOT_REVIEWED, message="not reviewed")
OVERLAP = Refusal(reason=RefusalReason.OVERLAP, message="in the way", paths=("a.py",))


class Repository:
    """A run of one task that is done."""

    def __init__(self, obstacle: Refusal | None = None) -> None:
        self.story = Story()
        (self.ref,) = self.story.run(["Add search"])
        self.story.start(self.ref)
        self.story.finish(self.ref)
        self.obstacle = obstacle
        self.merged = False

    @property
    def state(self) -> Any:
        return self.story.state

    async def preview_merge(self, ref: TaskRef) -> MergePreview:
        refusal = self.obstacle or (None if self.state.tasks[ref].is_cleared else NOT_REVIEWED)
        return MergePreview(base_branch="main", branch="b", old=CommitId("a"), new=CommitId("b"), refusal=refusal)

    async def review(self, ref: TaskRef) -> None:
        """Nothing has to be committed."""

    async def waive_review(self, ref: TaskRef, summary: object) -> None:
        task = self.state.tasks[ref]
        base = task.worktree.base_commit
        self.story.tell(ev.ReviewRecorded(ref=ref, base=base, tip=task.tip, files_viewed=0, files_total=1, waived=True))

    async def merge(self, ref: TaskRef, preview: MergePreview) -> Merged:
        self.merged = True
        return Merged(base_branch="main", old=CommitId("a"), new=CommitId("b"))


async def merge(on: Repository, **how: Any) -> Merged | None:
    return await Merging(run=on.ref.run, **how).merge(on)  # type: ignore[arg-type] # a stand-in


async def test_what_nobody_read_is_refused_without_permission() -> None:
    on = Repository()
    with pytest.raises(NotPossibleError, match="--allow-automerge merges it unread"):
        await merge(on)
    assert not on.merged and on.state.tasks[on.ref].reviewed is None


async def test_with_permission_it_is_merged_and_the_record_says_unread() -> None:
    on = Repository()
    assert await merge(on, may_be_unread=True) is not None
    task = on.state.tasks[on.ref]
    assert on.merged and task.is_cleared and not task.is_reviewed


async def test_another_obstacle_is_told_first_and_nothing_is_let_pass() -> None:
    on = Repository(OVERLAP)
    with pytest.raises(NotPossibleError, match=r"in the way: a\.py"):
        await merge(on, may_be_unread=True)
    assert not on.merged and on.state.tasks[on.ref].reviewed is None


async def test_a_permission_counts_for_its_own_merge_alone() -> None:
    on = Repository()
    await on.waive_review(on.ref, None)
    with pytest.raises(NotPossibleError, match="not reviewed"):
        await merge(on)
    assert not on.merged


async def test_the_only_task_cannot_be_left_out() -> None:
    on = Repository()
    with pytest.raises(NotPossibleError, match="left out"):
        await merge(on, left_out=(on.ref,))
