"""The part of the facade that is about review and merge."""

from typing import TYPE_CHECKING

from codex_orch_tui.domain.checking import can_check_again
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.services.task_commands import TaskCommands

if TYPE_CHECKING:
    from codex_orch_tui.domain.merge import Merged, MergePreview, Updated
    from codex_orch_tui.domain.review import FileChange, FilePatch, ReviewSummary


class LandingCommands(TaskCommands):
    """What the screens ask of a task's commits; `Orchestrator` is one."""

    async def review(self, ref: TaskRef) -> "ReviewSummary":
        """The task's commits and files against its base. Edits that are not committed yet are committed first.

        Raises:
            NotPossibleError: there is nothing to review, or the worktree cannot be read.
        """
        async with self._commands[ref]:
            return await self._landing.review(await self._task_at_rest(ref))

    async def file_patch(self, change: "FileChange") -> "FilePatch":
        """One file's patch of a review."""
        return await self._landing.file_patch(change)

    def record_review(self, ref: TaskRef, summary: "ReviewSummary", files_viewed: int, *, waived: bool = False) -> None:
        """Keep that the person looked at exactly this tip on this base; `waived`: that they let it be merged unread."""
        self._landing.record_review(self._task(ref), summary, files_viewed, waived=waived)

    async def waive_review(self, ref: TaskRef, summary: "ReviewSummary") -> None:
        """Let exactly this tip on this base be merged though nobody has read it; the record says so."""
        self.record_review(ref, summary, 0, waived=True)

    async def preview_merge(self, ref: TaskRef) -> "MergePreview":
        """What `merge` would do now; its `refusal` says why it would do nothing.

        Raises:
            NotPossibleError: the task is at work or has nothing to merge.
        """
        async with self._commands[ref]:
            return await self._landing.preview_merge(await self._task_at_rest(ref))

    async def merge(self, ref: TaskRef, preview: "MergePreview") -> "Merged":
        """Fast-forward the base branch to exactly the previewed commit.

        Raises:
            NotPossibleError: refused; nothing moved. Its text is for the person.
        """
        async with self._commands[ref]:
            task = await self._task_at_rest(ref)
            merged = await self._landing.merge(task, preview)
            await self._supervisor.release_worker(ref)
            await self._landing.remove_merged(task)
            return merged

    async def update(self, ref: TaskRef) -> "Updated":
        """Replay the task's commits on its base branch's tip. The checks of work that is done run again there.

        Raises:
            ConflictError: files clash; nothing moved. They are in the task's `conflicts`.
            NotPossibleError: refused for another reason; nothing moved.
        """
        async with self._commands[ref]:
            task = await self._task_at_rest(ref)
            await self._supervisor.release_worker(ref)
            updated = await self._landing.update(task)
            if updated.moved and can_check_again(self._task(ref)) and self._supervisor.is_open:
                await self._supervisor.resume(ref)
            return updated

    async def send_conflicts(self, ref: TaskRef) -> str:
        """Put the clash with the base into the worktree as conflict markers and ask the worker to resolve it.

        Raises:
            NotPossibleError: there is no conflict, or the task cannot take a message now.
        """
        async with self._commands[ref]:
            task = await self._task_at_rest(ref)
            await self._supervisor.release_worker(ref)
            return await self._message(ref, await self._landing.lay_out_conflict(task))
