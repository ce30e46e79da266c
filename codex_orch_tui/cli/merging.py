"""Merging a run without a screen: what was reviewed, and, if that was allowed, what nobody has read."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.merge import Merged, Refusal, RefusalReason
from codex_orch_tui.domain.run_landing import LeftOut, StaysOut
from codex_orch_tui.domain.task import ENDED, TaskState
from codex_orch_tui.services.errors import NotPossibleError

if TYPE_CHECKING:
    from codex_orch_tui.services.facade import Facade

_STEP_UNREAD = "d on the screen shows it; --allow-automerge merges it unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """What is to be merged.

    Attributes:
        run: The run.
        left_out: Tasks of it that are not.
        may_be_unread: What nobody has reviewed is merged too, and marked.
    """

    run: RunId
    left_out: tuple[TaskRef, ...] = ()
    may_be_unread: bool = False

    async def merge(self, facade: "Facade") -> Merged | None:
        """Move the base branch; None: all of it is merged already.

        Raises:
            NotPossibleError: It was refused; nothing moved.
        """
        run = facade.state.runs[self.run]
        tasks = sel.work_of(facade.state, run)
        if all(task.state in ENDED for task in tasks) and any(task.state is TaskState.MERGED for task in tasks):
            return None
        if len(tasks) == 1:
            return await self._merge_task(facade, tasks[0].ref)
        return await self._land(facade)

    async def _merge_task(self, facade: "Facade", ref: TaskRef) -> Merged:
        if ref in self.left_out:
            raise NotPossibleError("the only task of the run is left out")
        preview = await facade.preview_merge(ref)
        if self.may_be_unread and preview.refusal is not None and preview.refusal.reason is RefusalReason.NOT_REVIEWED:
            await self._waive(facade, ref)
            preview = await facade.preview_merge(ref)
        _check(preview.refusal)
        self._check_read(facade, (ref,))
        return await facade.merge(ref, preview)

    async def _land(self, facade: "Facade") -> Merged:
        preview = await facade.preview_run_landing(self.run, self.left_out)
        # What stands on an unread task is told to do that, and not whether it is unread itself.
        while self.may_be_unread and (unread := _unread(preview.left)):
            for ref in unread:
                await self._waive(facade, ref)
            preview = await facade.preview_run_landing(self.run, self.left_out)
            if unread == _unread(preview.left):
                break  # somebody works on it beside us
        _check_left(preview.left)
        _check(preview.refusal)
        self._check_read(facade, [one.ref for one in preview.tasks if facade.state.tasks[one.ref].commits])
        return await facade.land_run(self.run, preview)

    def _check_read(self, facade: "Facade", refs: Iterable[TaskRef]) -> None:
        """An earlier merge may have let a task pass unread and then failed: that was for that merge alone."""
        unread = [str(ref.task) for ref in refs if not facade.state.tasks[ref].is_reviewed]
        if unread and not self.may_be_unread:
            raise NotPossibleError(f"{', '.join(unread)} (not reviewed) → {_STEP_UNREAD}")

    async def _waive(self, facade: "Facade", ref: TaskRef) -> None:
        summary = await facade.review(ref)
        await facade.waive_review(ref, summary)


def _unread(left: tuple[LeftOut, ...]) -> list[TaskRef]:
    return [one.ref for one in left if one.why is StaysOut.NOT_REVIEWED]


def _check_left(left: tuple[LeftOut, ...]) -> None:
    """Refuse to leave out what nobody named; what stands on such a task goes with it."""
    unnamed = [one for one in left if one.why not in {StaysOut.LEFT_OUT, StaysOut.STANDS_ON}]
    if not unnamed:
        return
    told = ", ".join(f"{one.ref.task} ({one.text})" for one in unnamed)
    if any(one.why is StaysOut.NOT_REVIEWED for one in unnamed):
        raise NotPossibleError(f"{told} → {_STEP_UNREAD}")
    raise NotPossibleError(f"{told} → --without TASK leaves one out")


def _check(refusal: Refusal | None) -> None:
    if refusal is None:
        return
    if refusal.reason is RefusalReason.NOT_REVIEWED:
        raise NotPossibleError(f"{refusal.message} → {_STEP_UNREAD}")
    paths = f": {', '.join(refusal.paths[:10])}" if refusal.paths else ""
    step = f" → {refusal.next_step}" if refusal.next_step else ""
    raise NotPossibleError(f"{refusal.message}{paths}{step}")
