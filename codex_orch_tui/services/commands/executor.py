"""Does a command with the facade, and puts what it tells into a form that other programs read."""

import asyncio
from typing import TYPE_CHECKING, Any, assert_never

from codex_orch_tui.domain.approval import REFUSALS, Decision
from codex_orch_tui.domain.cleaning import CleanHow
from codex_orch_tui.domain.ids import ApprovalId, CommitId, RunId, TaskRef
from codex_orch_tui.domain.review import ReviewSummary
from codex_orch_tui.domain.task import DiffTotals
from codex_orch_tui.services.approvals import CHANGED, GONE
from codex_orch_tui.services.commands import model
from codex_orch_tui.services.commands.data import CLEANED, LANDING_PREVIEW, MERGE_PREVIEW, MERGED, UPDATED
from codex_orch_tui.services.commands.plan_form import plan_of
from codex_orch_tui.services.errors import AnswerRefusedError, NotPossibleError

if TYPE_CHECKING:
    from codex_orch_tui.domain.run_landing import RunLandingPreview
    from codex_orch_tui.services.orchestrator import Orchestrator

Data = dict[str, Any]

_KEPT_PREVIEWS = 50
_OTHER = "it would be another commit now than the one that was previewed; nothing was moved, look at it again"


class Executor:
    """The commands of one session."""

    def __init__(self, orchestrator: "Orchestrator") -> None:
        self._orchestrator = orchestrator
        self._landings: dict[tuple[RunId, CommitId | None, CommitId | None], RunLandingPreview] = {}
        """What was previewed: only exactly that is landed."""

    async def do(self, command: model.Command) -> Data:
        """Do it, and return what it tells.

        Raises:
            NotPossibleError: As the facade does.
        """
        match command:
            case model.CreateRun() | model.EditRun():
                return await self._plan(command)
            case model.Shown() | model.Answer():
                return await self._question(command)
            case model.PauseRun() | model.ResumeRun() | model.PreviewLanding() | model.LandRun() | model.StopLanding():
                return await self._run(command)
            case model.CleanRun() | model.PruneRun():
                return await self._clean(command)
            case (
                model.Review()
                | model.RecordReview()
                | model.PreviewMerge()
                | model.Merge()
                | model.Update()
                | model.SendConflicts()
            ):
                return await self._commits(command)
            case _:
                return await self._work(command)

    async def _plan(self, command: model.CreateRun | model.EditRun) -> Data:
        orchestrator = self._orchestrator
        roles = await asyncio.to_thread(orchestrator.role_profiles)
        if isinstance(command, model.EditRun):
            run = self._known_run(command.run)
            before, after = plan_of(command.before, roles), plan_of(command.after, roles)
            await orchestrator.edit_run(run, before, after)
            return {}
        base = command.base_branch or (await orchestrator.base_info()).current
        if base is None:
            raise NotPossibleError("no branch is checked out to start from; name one: base_branch")
        proposed_by = self._known_task(TaskRef.named(command.proposed_by)) if command.proposed_by else None
        refs = await orchestrator.create_run(plan_of(command.plan, roles), base, proposed_by=proposed_by)
        return {"run": str(refs[0].run), "tasks": [str(ref) for ref in refs]}

    async def _question(self, command: model.Shown | model.Answer) -> Data:
        approval_id = ApprovalId(command.approval)
        if isinstance(command, model.Shown):
            await self._orchestrator.shown(approval_id, command.painted, viewer=command.viewer)
            return {}
        approval = self._orchestrator.state.approvals.get(approval_id)
        if approval is None:
            raise AnswerRefusedError(GONE)
        if approval.times_asked != command.times_asked and command.choice not in REFUSALS:
            raise AnswerRefusedError(f"{', '.join(approval.changed) or 'the question'} {CHANGED}")
        decision = Decision(
            choice=command.choice,
            answers=command.answers,
            granted=command.granted,
            for_session=command.for_session,
            message=command.message,
        )
        await self._orchestrator.answer(approval_id, decision, viewer=command.viewer or model.NOBODY)
        return {}

    async def _run(
        self,
        command: model.PauseRun | model.ResumeRun | model.PreviewLanding | model.LandRun | model.StopLanding,
    ) -> Data:
        orchestrator, run = self._orchestrator, self._known_run(command.run)
        match command:
            case model.PauseRun():
                await orchestrator.pause_run(run)
            case model.ResumeRun():
                await orchestrator.resume_run(run)
            case model.StopLanding():
                orchestrator.stop_landing(run)
            case model.PreviewLanding():
                without = [self._known_task(TaskRef.named(task)) for task in command.without]
                preview = await orchestrator.preview_run_landing(run, without)
                self._landings[run, preview.old, preview.new] = preview
                if len(self._landings) > _KEPT_PREVIEWS:
                    del self._landings[next(iter(self._landings))]
                return {"preview": LANDING_PREVIEW.dump_python(preview, mode="json")}
            case model.LandRun():
                known = self._landings.get((run, CommitId(command.old), CommitId(command.new)))
                if known is None:
                    raise NotPossibleError(_OTHER)
                merged = await orchestrator.land_run(run, known)
                return {"merged": MERGED.dump_python(merged, mode="json")}
            case _:
                assert_never(command)
        return {}

    async def _clean(self, command: model.CleanRun | model.PruneRun) -> Data:
        run = self._known_run(command.run)
        if isinstance(command, model.CleanRun):
            how = CleanHow(keep_branches=command.keep_branches)
        else:
            how = CleanHow(prunes=True, no_resume=command.no_resume)
        return {"cleaned": CLEANED.dump_python(await self._orchestrator.clean_run(run, how), mode="json")}

    async def _commits(
        self,
        command: model.Review
        | model.RecordReview
        | model.PreviewMerge
        | model.Merge
        | model.Update
        | model.SendConflicts,
    ) -> Data:
        orchestrator, ref = self._orchestrator, self._known_task(command.ref)
        match command:
            case model.Review():
                summary = await orchestrator.review(ref)
                return {"base": str(summary.base), "tip": str(summary.tip)}
            case model.RecordReview():
                orchestrator.record_review(ref, _seen(command), command.files_viewed, waived=command.waived)
                return {}
            case model.PreviewMerge():
                preview = await orchestrator.preview_merge(ref)
                return {"preview": MERGE_PREVIEW.dump_python(preview, mode="json")}
            case model.Merge():
                preview = await orchestrator.preview_merge(ref)
                if preview.refusal is None and (preview.old, preview.new) != (command.old, command.new):
                    raise NotPossibleError(_OTHER)
                merged = await orchestrator.merge(ref, preview)
                return {"merged": MERGED.dump_python(merged, mode="json")}
            case model.Update():
                return {"updated": UPDATED.dump_python(await orchestrator.update(ref), mode="json")}
            case model.SendConflicts():
                return {"how": await orchestrator.send_conflicts(ref)}
            case _:
                assert_never(command)

    async def _work(
        self,
        command: model.Message
        | model.Resume
        | model.Interrupt
        | model.Stop
        | model.Discard
        | model.Pause
        | model.Unpause
        | model.Retry
        | model.Skip
        | model.ChangePriority,
    ) -> Data:
        orchestrator, ref = self._orchestrator, self._known_task(command.ref)
        match command:
            case model.Message():
                return {"how": await orchestrator.message(ref, command.text)}
            case model.Resume():
                await orchestrator.resume(ref)
            case model.Interrupt():
                await orchestrator.interrupt(ref)
            case model.Stop():
                await orchestrator.stop(ref)
            case model.Discard():
                return {"backup_ref": await orchestrator.discard(ref)}
            case model.Retry():
                return {"backup_ref": await orchestrator.retry(ref)}
            case model.Pause():
                await orchestrator.pause(ref)
            case model.Unpause():
                await orchestrator.unpause(ref)
            case model.Skip():
                await orchestrator.skip(ref)
            case model.ChangePriority():
                await orchestrator.change_priority(ref, command.by)
            case _:
                assert_never(command)
        return {}

    def _known_task(self, ref: TaskRef) -> TaskRef:
        if ref not in self._orchestrator.state.tasks:
            raise NotPossibleError(f"there is no task {ref}")
        return ref

    def _known_run(self, run: str) -> RunId:
        if run not in self._orchestrator.state.runs:
            raise NotPossibleError(f"there is no run {run}")
        return RunId(run)


def _seen(command: model.RecordReview) -> ReviewSummary:
    """As much of a review as is kept of it."""
    return ReviewSummary(
        base=CommitId(command.base),
        tip=CommitId(command.tip),
        commits=(),
        commit_count=0,
        files=(),
        file_count=command.files_total,
        totals=DiffTotals(),
    )
