"""From a task's commits to the base branch: review, update, merge, and what is left afterwards.

Every git effect has its intent in the journal before it and its outcome after it. A refusal moves nothing and is told
with the next step.
"""

from dataclasses import replace

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.checking import awaits_only_checks, can_check_again, missing_passes
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.merge import Merged, MergePreview, Refusal, RefusalReason, Updated
from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.review import FileChange, FilePatch, ReviewSummary
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.backup import Backup, back_up_branch, back_up_worktree
from codex_orch_tui.gitrepo.branch_names import check_branch_names
from codex_orch_tui.gitrepo.conflict import TASK_SIDE, files_with_markers, lay_out_conflict
from codex_orch_tui.gitrepo.diff import Reviews
from codex_orch_tui.gitrepo.errors import GitRepoError, WorktreeMissing
from codex_orch_tui.gitrepo.merge import Merges
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.update import update_from_base
from codex_orch_tui.gitrepo.worktree_state import Condition
from codex_orch_tui.services.errors import ConflictError, NotPossibleError, WorkspaceError
from codex_orch_tui.services.guardrails import Guardrails, merge_refusal
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.own_branches import why_it_stays
from codex_orch_tui.services.workspace import Workspace
from codex_orch_tui.store.errors import JournalError

_NOT_REVIEWED = Refusal(
    reason=RefusalReason.NOT_REVIEWED,
    message="this exact commit has not been reviewed",
    next_step="read its diff (d)",
)


class Landing:
    """Reviews, updates, merges and discards tasks that no worker is changing."""

    def __init__(self, hub: Hub, repository: Repository, workspace: Workspace, guardrails: Guardrails) -> None:
        self._hub = hub
        self._repository = repository
        self._workspace = workspace
        self._guardrails = guardrails
        self._reviews = Reviews(repository)
        self._merges = Merges(repository)

    async def check_start(self, run: RunId, plan: Plan, base_branch: str, at_s: float) -> None:
        """Tell before anything starts what would stop the plan's tasks.

        Raises:
            NotPossibleError: no identity to commit with, no such base, or a branch in the way.
        """
        try:
            await self._repository.identity()
            if await self._repository.tip(base_branch) is None:
                raise NotPossibleError(f"there is no branch {base_branch} to start from")
            names = (self._workspace.branch_for(run, spec.id, at_s) for spec in plan.tasks if not spec.is_group)
            await check_branch_names(self._repository, names)
        except GitRepoError as error:
            raise NotPossibleError(sentence(error)) from error

    # -- review -------------------------------------------------------------------------------------------------

    async def review(self, task: Task) -> ReviewSummary:
        """See `Orchestrator.review`."""
        task = await self.committed(task)
        worktree, tip = _worktree(task), task.tip
        assert tip is not None, "a task with a worktree has a tip"
        try:
            summary = await self._reviews.summary(worktree.base_commit, tip)
        except GitRepoError as error:
            raise NotPossibleError(sentence(error)) from error
        if summary.commit_count == 0:
            raise NotPossibleError("the task has changed no file yet: send it a message (s)")
        return summary

    async def file_patch(self, change: FileChange) -> FilePatch:
        """See `Orchestrator.file_patch`."""
        try:
            return await self._reviews.file_patch(change)
        except GitRepoError as error:
            raise NotPossibleError(sentence(error)) from error

    def record_review(self, task: Task, summary: ReviewSummary, files_viewed: int, *, waived: bool) -> None:
        """See `Orchestrator.record_review`."""
        self._hub.apply(
            ev.ReviewRecorded(
                ref=task.ref,
                base=summary.base,
                tip=summary.tip,
                files_viewed=files_viewed,
                files_total=summary.file_count,
                waived=waived,
            )
        )

    # -- merge --------------------------------------------------------------------------------------------------

    async def preview_merge(self, task: Task) -> MergePreview:
        """See `Orchestrator.preview_merge`."""
        self._refuse_part_of_run(task)
        task = await self.committed(task)
        worktree = _worktree(task)
        try:
            preview = await self._merges.preview(
                task.base_branch, worktree.branch, reviewed_base=worktree.base_commit, reviewed_tip=task.tip
            )
            unresolved = await files_with_markers(self._repository, worktree.branch, task.conflicts)
        except GitRepoError as error:
            raise NotPossibleError(sentence(error)) from error
        if preview.refusal is not None:
            return preview
        if unresolved:
            return replace(preview, refusal=_unresolved(unresolved))
        if unchecked := _unchecked(task):
            return replace(preview, refusal=unchecked)
        preview = replace(preview, guardrails=await self._guardrails.of_task(task.ref))
        if stopped := merge_refusal(preview.guardrails):
            return replace(preview, refusal=stopped)
        return preview if task.is_cleared else replace(preview, refusal=_NOT_REVIEWED)

    async def merge(self, task: Task, preview: MergePreview) -> Merged:
        """Move the base branch; the task's folder stays. See `Orchestrator.merge`."""
        if not task.is_cleared or preview.new != task.tip:
            raise NotPossibleError("this exact commit has not been reviewed: read its diff (d)")
        if unchecked := _unchecked(task):
            raise NotPossibleError(told(unchecked))
        if stopped := merge_refusal(await self._guardrails.of_task(task.ref)):
            raise NotPossibleError(told(stopped))
        if preview.refusal is not None or preview.old is None or preview.new is None:
            raise NotPossibleError(told(preview.refusal))
        started = ev.MergeStarted(ref=task.ref, base_branch=preview.base_branch, old=preview.old, new=preview.new)
        try:
            await self._hub.record(started)
            done = await self._merges.merge(preview)
        except JournalError as error:
            reason = f"nothing was merged, the intent could not be written to disk: {error}"
            self._hub.apply(ev.MergeRefused(ref=task.ref, reason=reason))
            raise NotPossibleError(reason) from error
        except GitRepoError as error:
            self._hub.apply(ev.MergeRefused(ref=task.ref, reason=str(error)))
            raise NotPossibleError(sentence(error)) from error
        if isinstance(done, Refusal):
            self._hub.apply(ev.MergeRefused(ref=task.ref, reason=done.message, paths=done.paths))
            raise NotPossibleError(told(done))
        self._hub.apply(ev.MergeFinished(ref=task.ref, base_branch=done.base_branch, old=done.old, new=done.new))
        return done

    async def settle_merge(self, task: Task) -> None:
        """Say how a merge ended that was under way when the program did; asked again next time if git does not tell."""
        try:
            base = await self._repository.tip(task.base_branch)
            done = base is not None and task.tip is not None and await self._repository.is_merged(task.tip, base)
        except GitRepoError as error:
            text = f"whether the merge was done is not known: {sentence(error)}"
            self._hub.apply(ev.NoteAdded(ref=task.ref, kind=LogKind.ERROR, text=text))
            return
        if done and base is not None and task.worktree is not None:
            old = task.merged_from or task.worktree.base_commit
            self._hub.apply(ev.MergeFinished(ref=task.ref, base_branch=task.base_branch, old=old, new=base))
            await self.remove_merged(task)
        else:
            self._hub.apply(ev.MergeRefused(ref=task.ref, reason="the program ended before the merge; nothing moved"))

    async def remove_merged(self, task: Task) -> None:
        """Remove the folder of a merged task when it holds nothing more than what was merged; the branch stays."""
        try:
            await self._workspace.worktrees.remove(_worktree(task))
        except GitRepoError as error:
            self._hub.apply(ev.WorktreeKept(ref=task.ref, reason=sentence(error)))
        else:
            self._hub.apply(ev.WorktreeRemoved(ref=task.ref))
        await self._hub.flush()

    # -- update -------------------------------------------------------------------------------------------------

    async def update(self, task: Task) -> Updated:
        """See `Orchestrator.update`."""
        self._refuse_part_of_run(task)
        task = await self._with_folder(await self.committed(task))
        worktree = _worktree(task)
        try:
            base = await self._repository.tip(task.base_branch)
            if base is not None:
                await back_up_branch(self._repository, worktree, task.ref)
                await self._hub.record(ev.UpdateStarted(ref=task.ref, base=base))
            done = await update_from_base(
                self._repository,
                worktree,
                identity=await self._repository.identity(),
                root=self._workspace.worktrees.root,
            )
        except (GitRepoError, JournalError) as error:
            self._hub.apply(ev.UpdateRefused(ref=task.ref, reason=str(error)))
            raise NotPossibleError(sentence(error)) from error
        if isinstance(done, Refusal):
            clash = done.reason is RefusalReason.CONFLICT
            self._hub.apply(ev.UpdateRefused(ref=task.ref, reason=done.message, conflicts=done.paths if clash else ()))
            raise ConflictError(told(done), done.paths) if clash else NotPossibleError(told(done))
        if done.moved or done.base != worktree.base_commit:
            await self._tell_update(task, done)
        return done

    async def _tell_update(self, task: Task, done: Updated) -> None:
        worktree = _worktree(task)
        moved = Worktree(
            path=worktree.path, branch=worktree.branch, base_branch=worktree.base_branch, base_commit=done.base
        )
        try:
            totals = await self._reviews.totals(done.base, done.new_tip)
        except GitRepoError:  # The branch has moved: that must be told, whatever its size.
            totals = task.totals
        self._hub.apply(ev.UpdateFinished(ref=task.ref, worktree=moved, tip=done.new_tip, totals=totals))
        await self._hub.flush()

    async def lay_out_conflict(self, task: Task) -> str:
        """Put the clash into the worktree as conflict markers, on the base tip; the old commits stay as a backup.

        Returns:
            The message that asks the worker to resolve it.

        Raises:
            NotPossibleError: there is no clash, or git did not take it; nothing was moved.
        """
        if not task.conflicts:
            raise NotPossibleError("no conflict is known: update the task from its base (u)")
        self._refuse_part_of_run(task)
        task = await self._with_folder(task)
        try:
            backup = await back_up_branch(self._repository, _worktree(task), task.ref)
            laid_out = await lay_out_conflict(self._repository, _worktree(task), root=self._workspace.worktrees.root)
        except GitRepoError as error:
            raise NotPossibleError(sentence(error)) from error
        if isinstance(laid_out, Refusal):
            raise NotPossibleError(told(laid_out))
        self._hub.apply(
            ev.ConflictLaidOut(
                ref=task.ref, worktree=laid_out.worktree, conflicts=laid_out.paths, backup_ref=backup.ref
            )
        )
        await self._hub.flush()
        names = "\n".join(f"- {path}" for path in laid_out.paths)
        return (
            f"Your branch was put on the newest {task.base_branch}. Your edits and those of {task.base_branch} clash "
            f"in these files, which now hold conflict markers (<<<<<<< {task.base_branch}, =======, "
            f">>>>>>> {TASK_SIDE}):\n"
            f"{names}\n"
            "Resolve each so that both intentions hold, remove every marker, and check that the rest still fits."
        )

    # -- discard ------------------------------------------------------------------------------------------------

    async def discard(self, task: Task) -> str:
        """See `Orchestrator.discard`."""
        backup_ref = await self.set_aside(task)
        self._hub.apply(ev.TaskDiscarded(ref=task.ref, backup_ref=backup_ref))
        await self._hub.flush()
        return backup_ref

    async def set_aside(self, task: Task) -> str:
        """Keep all that a task has made under a backup ref, and remove its folder and branch.

        Of a worktree that its run shares, only the commit is kept: the others work on in it.

        Returns:
            The backup ref; empty when there was nothing to keep.

        Raises:
            NotPossibleError: git did not take it; nothing was removed.
        """
        worktree = task.worktree
        if worktree is None or task.worktree_removed:
            return ""
        try:
            if sel.shares_worktree(self._hub.state, task):
                return (await back_up_branch(self._repository, worktree, task.ref)).ref
            if why := await why_it_stays(self._repository, self._hub.state, task.ref.run, worktree):
                raise NotPossibleError(f"nothing was removed: {why}")
            backup = await self._back_up(task, worktree)
            await self._workspace.worktrees.remove(worktree, saved=backup, delete_branch=True)
        except GitRepoError as error:
            raise NotPossibleError(f"nothing was removed: {sentence(error)}") from error
        return backup.ref if backup else ""

    async def _back_up(self, task: Task, worktree: Worktree) -> Backup | None:
        try:
            return await back_up_worktree(
                self._repository,
                worktree,
                task.ref,
                await self._repository.identity(),
                root=self._workspace.worktrees.root,
            )
        except WorktreeMissing:
            pass
        try:
            return await back_up_branch(self._repository, worktree, task.ref)
        except WorktreeMissing:
            return None

    # -- inside -------------------------------------------------------------------------------------------------

    def _refuse_part_of_run(self, task: Task) -> None:
        """Raise for a task whose commits cannot go to the base branch without those of others."""
        if sel.shares_worktree(self._hub.state, task):
            raise NotPossibleError("the tasks of this run share one worktree: land them together (m on the run)")
        if others := sel.unmerged_joins(self._hub.state, task):
            names = " and ".join(other.spec.title for other in others)
            raise NotPossibleError(f"it stands on {names}, which is not merged yet: land all of it (m on the run)")

    async def committed(self, task: Task) -> Task:
        """The task with all that its branch and its worktree hold: commits and edits of the person, or of a cut turn.

        A worktree whose folder is gone holds nothing: what was committed is on the branch. In one that its run shares,
        what came after the task's own turn is the others'.
        """
        worktree = _worktree(task)
        if sel.shares_worktree(self._hub.state, task):
            return task
        try:
            status = await self._workspace.worktrees.status(worktree)
        except GitRepoError as error:
            raise NotPossibleError(sentence(error)) from error
        is_missing = status.condition is Condition.MISSING and status.tip is not None
        if status.message and not is_missing:
            raise NotPossibleError(with_step(status.message, status.next_step))
        try:
            task = await self._workspace.follow(task)
            if status.edits is not None and not status.edits.is_clean:
                await self._workspace.commit_edits(task)
        except WorkspaceError as error:
            raise NotPossibleError(with_step(error.fault.message, error.fault.next_step)) from error
        return self._hub.state.tasks[task.ref]

    async def _with_folder(self, task: Task) -> Task:
        """The task with its worktree made again where its folder is gone."""
        _worktree(task)
        try:
            await self._workspace.make_again(task)
        except WorkspaceError as error:
            raise NotPossibleError(with_step(error.fault.message, error.fault.next_step)) from error
        return self._hub.state.tasks[task.ref]


def sentence(error: Exception) -> str:
    """An error with its next step, as one sentence for the person."""
    return with_step(str(error), getattr(error, "next_step", ""))


def with_step(message: str, next_step: str) -> str:
    return f"{message} → {next_step}" if next_step else message


def told(refusal: Refusal | None) -> str:
    assert refusal is not None, "only a refusal is told"
    text = with_step(refusal.message, refusal.next_step)
    return "\n".join((text, *(f"  {path}" for path in refusal.paths)))


def _worktree(task: Task) -> Worktree:
    if task.worktree is None or task.worktree_removed:
        raise NotPossibleError(f"{task.spec.title} has no worktree")
    return task.worktree


def _unchecked(task: Task) -> Refusal | None:
    """What is merged has a receipt: each of its checks passed on exactly the commit that becomes the tip."""
    gaps = missing_passes(task)
    if not gaps:
        return None
    if can_check_again(task) or awaits_only_checks(task):
        step = "run them on it (c); it is merged when they pass"
    else:
        step = "continue the task (c); they run when its turn is over"
    message = f"its checks have not passed on exactly this commit: {'; '.join(gaps)}"
    return Refusal(reason=RefusalReason.CHECK, message=clean_line(message), next_step=step)


def _unresolved(paths: tuple[str, ...]) -> Refusal:
    return Refusal(
        reason=RefusalReason.CONFLICT,
        message="conflict markers are still in the files",
        paths=paths,
        next_step="tell the worker (s) or open the editor (e)",
    )
