"""The commands of a program that looks on: the same as the holder's own, each sent to it as a file."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from codex_orch_tui.domain.approval import Decision
from codex_orch_tui.domain.cleaning import Cleaned, CleanHow
from codex_orch_tui.domain.ids import ApprovalId, RunId, TaskRef
from codex_orch_tui.domain.merge import Merged, MergePreview, Updated
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.review import FileChange, FilePatch, ReviewSummary
from codex_orch_tui.domain.run_landing import RunLandingPreview
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.gitrepo.diff import Reviews
from codex_orch_tui.gitrepo.errors import GitRepoError
from codex_orch_tui.services.approvals import GONE
from codex_orch_tui.services.commands import model
from codex_orch_tui.services.commands.data import CLEANED, LANDING_PREVIEW, MERGE_PREVIEW, MERGED, UPDATED
from codex_orch_tui.services.commands.model import Command
from codex_orch_tui.services.commands.plan_form import form_of
from codex_orch_tui.services.commands.reply import Reply
from codex_orch_tui.services.commands.sender import send
from codex_orch_tui.services.errors import AnswerRefusedError, NotPossibleError
from codex_orch_tui.services.landing import sentence, told
from codex_orch_tui.services.reading import Reading


class AskingHolder(Reading):
    """Sends what changes something; `Viewer` is one. Refusals come back with the holder's own classes and words."""

    _viewer: str
    """Names this program to the holder."""
    _asked: set[asyncio.Task[Any]]
    """What nobody waits for."""

    @abstractmethod
    async def _caught_up(self, seq: int) -> None:
        """Return when the state has what the holder had after a command."""

    # -- plans and the work of tasks ----------------------------------------------------------------------------

    async def create_run(
        self, plan: Plan, base_branch: str, *, proposed_by: TaskRef | None = None
    ) -> tuple[TaskRef, ...]:
        """See `Orchestrator.create_run`."""
        proposer = str(proposed_by) if proposed_by is not None else None
        reply = await self._ask(
            lambda: model.CreateRun(plan=form_of(plan), base_branch=base_branch, proposed_by=proposer)
        )
        return tuple(TaskRef.named(task) for task in reply.data["tasks"])

    async def edit_run(self, run: RunId, before: Plan, after: Plan) -> None:
        """See `Orchestrator.edit_run`."""
        await self._ask(lambda: model.EditRun(run=run, before=form_of(before), after=form_of(after)))

    async def message(self, ref: TaskRef, text: str) -> str:
        """See `Orchestrator.message`."""
        return str((await self._ask(lambda: model.Message(task=str(ref), text=text))).data["how"])

    async def resume(self, ref: TaskRef) -> None:
        """See `Orchestrator.resume`."""
        await self._ask(lambda: model.Resume(task=str(ref)))

    async def interrupt(self, ref: TaskRef) -> None:
        """See `Orchestrator.interrupt`."""
        await self._ask(lambda: model.Interrupt(task=str(ref)))

    async def stop(self, ref: TaskRef) -> None:
        """See `Orchestrator.stop`."""
        await self._ask(lambda: model.Stop(task=str(ref)))

    async def discard(self, ref: TaskRef) -> str:
        """See `Orchestrator.discard`."""
        return str((await self._ask(lambda: model.Discard(task=str(ref)))).data["backup_ref"])

    async def pause(self, ref: TaskRef) -> None:
        """See `Orchestrator.pause`."""
        await self._ask(lambda: model.Pause(task=str(ref)))

    async def unpause(self, ref: TaskRef) -> None:
        """See `Orchestrator.unpause`."""
        await self._ask(lambda: model.Unpause(task=str(ref)))

    async def pause_run(self, run: RunId) -> None:
        """See `Orchestrator.pause_run`."""
        await self._ask(lambda: model.PauseRun(run=run))

    async def resume_run(self, run: RunId) -> None:
        """See `Orchestrator.resume_run`."""
        await self._ask(lambda: model.ResumeRun(run=run))

    async def retry(self, ref: TaskRef) -> str:
        """See `Orchestrator.retry`."""
        return str((await self._ask(lambda: model.Retry(task=str(ref)))).data["backup_ref"])

    async def skip(self, ref: TaskRef) -> None:
        """See `Orchestrator.skip`."""
        await self._ask(lambda: model.Skip(task=str(ref)))

    async def change_priority(self, ref: TaskRef, by: int) -> None:
        """See `Orchestrator.change_priority`."""
        await self._ask(lambda: model.ChangePriority(task=str(ref), by=by))

    # -- questions ----------------------------------------------------------------------------------------------

    async def answer(self, approval: ApprovalId, decision: Decision) -> None:
        """See `Orchestrator.answer`. It is for the question as this program knows it at the moment of the call."""
        known = self.state.approvals.get(approval)
        if known is None:
            raise AnswerRefusedError(GONE)
        await self._ask(
            lambda: model.Answer(
                approval=approval,
                times_asked=known.times_asked,
                choice=decision.choice,
                answers=decision.answers,
                granted=decision.granted,
                for_session=decision.for_session,
                message=decision.message,
                viewer=self._viewer,
            )
        )

    async def shown(self, approval: ApprovalId, painted: str) -> None:
        """See `Orchestrator.shown`."""
        await self._ask(
            lambda: model.Shown(approval=approval, painted=painted[: model.MAX_PAINTED_CHARS], viewer=self._viewer)
        )

    # -- review and merge ---------------------------------------------------------------------------------------

    async def review(self, ref: TaskRef) -> ReviewSummary:
        """See `Orchestrator.review`. The holder commits what is left in the worktree; the commits are read here."""
        seen = (await self._ask(lambda: model.Review(task=str(ref)))).data
        try:
            return await Reviews(self._repository).summary(str(seen["base"]), str(seen["tip"]))
        except GitRepoError as error:
            raise NotPossibleError(sentence(error)) from error

    async def file_patch(self, change: FileChange) -> FilePatch:
        """See `Orchestrator.file_patch`."""
        try:
            return await Reviews(self._repository).file_patch(change)
        except GitRepoError as error:
            raise NotPossibleError(sentence(error)) from error

    def record_review(self, ref: TaskRef, summary: ReviewSummary, files_viewed: int) -> None:
        """See `Orchestrator.record_review`. Without it the holder refuses the merge."""
        self._send_along(self._record_review(ref, summary, files_viewed))

    async def waive_review(self, ref: TaskRef, summary: ReviewSummary) -> None:
        """See `Orchestrator.waive_review`."""
        await self._record_review(ref, summary, 0, waived=True)

    async def preview_merge(self, ref: TaskRef) -> MergePreview:
        """See `Orchestrator.preview_merge`."""
        data = (await self._ask(lambda: model.PreviewMerge(task=str(ref)))).data
        return MERGE_PREVIEW.validate_python(data["preview"])

    async def merge(self, ref: TaskRef, preview: MergePreview) -> Merged:
        """See `Orchestrator.merge`."""
        if preview.refusal is not None or preview.old is None or preview.new is None:
            raise NotPossibleError(_refusal_of(preview))
        old, new = preview.old, preview.new
        reply = await self._ask(lambda: model.Merge(task=str(ref), old=old, new=new))
        return MERGED.validate_python(reply.data["merged"])

    async def update(self, ref: TaskRef) -> Updated:
        """See `Orchestrator.update`."""
        return UPDATED.validate_python((await self._ask(lambda: model.Update(task=str(ref)))).data["updated"])

    async def send_conflicts(self, ref: TaskRef) -> str:
        """See `Orchestrator.send_conflicts`."""
        return str((await self._ask(lambda: model.SendConflicts(task=str(ref)))).data["how"])

    async def preview_run_landing(self, run: RunId, without: Collection[TaskRef] = ()) -> RunLandingPreview:
        """See `Orchestrator.preview_run_landing`."""
        names = tuple(map(str, without))
        reply = await self._ask(lambda: model.PreviewLanding(run=run, without=names))
        return LANDING_PREVIEW.validate_python(reply.data["preview"])

    async def land_run(self, run: RunId, preview: RunLandingPreview) -> Merged:
        """See `Orchestrator.land_run`."""
        if preview.refusal is not None or preview.old is None or preview.new is None:
            raise NotPossibleError(_refusal_of(preview))
        old, new = preview.old, preview.new
        reply = await self._ask(lambda: model.LandRun(run=run, old=old, new=new))
        return MERGED.validate_python(reply.data["merged"])

    async def clean_run(self, run: RunId, how: CleanHow) -> Cleaned:
        """See `Orchestrator.clean_run`."""

        def command() -> Command:
            if how.prunes:
                return model.PruneRun(run=run, no_resume=how.no_resume)
            return model.CleanRun(run=run, keep_branches=how.keep_branches)

        return CLEANED.validate_python((await self._ask(command)).data["cleaned"])

    def stop_landing(self, run: RunId) -> None:
        """See `Orchestrator.stop_landing`. That the landing is over is seen in the run's state."""
        self._send_along(self._ask(lambda: model.StopLanding(run=run)))

    # -- inside -------------------------------------------------------------------------------------------------

    async def _record_review(
        self, ref: TaskRef, summary: ReviewSummary, files_viewed: int, *, waived: bool = False
    ) -> None:
        await self._ask(
            lambda: model.RecordReview(
                task=str(ref),
                base=summary.base,
                tip=summary.tip,
                files_viewed=files_viewed,
                files_total=summary.file_count,
                waived=waived,
            )
        )

    async def _ask(self, make: Callable[[], Command]) -> Reply:
        try:
            command = make()
        except ValidationError as error:
            raise NotPossibleError(_cannot_be_sent(error)) from error
        reply = await send(self._layout, command)
        await self._caught_up(reply.seq)
        return reply

    def _send_along(self, work: Coroutine[Any, Any, Any]) -> None:
        """Send something that nobody waits for."""

        async def quietly() -> None:
            with suppress(NotPossibleError):  # What it would have changed is seen not to have changed.
                await work

        task = asyncio.get_running_loop().create_task(quietly())
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)


def _cannot_be_sent(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return clean_line(f"it cannot be sent: {'.'.join(map(str, first['loc']))}: {first['msg']}")


def _refusal_of(preview: MergePreview | RunLandingPreview) -> str:
    return told(preview.refusal) if preview.refusal is not None else "there is nothing to merge"
