"""What landing a run would do, worked out to the very commit; nothing that anything names is made."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import CommitId, RunId, TaskRef
from codex_orch_tui.domain.merge import MergePreview, Refusal, RefusalReason
from codex_orch_tui.domain.plan_graph import working_graph
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.run_landing import LandingCheck, LandingTask, LeftOut, RunLandingPreview, StaysOut
from codex_orch_tui.domain.task import ENDED, Task, TaskState
from codex_orch_tui.gitrepo.conflict import files_with_markers
from codex_orch_tui.gitrepo.diff import Reviews
from codex_orch_tui.gitrepo.errors import GitRepoError
from codex_orch_tui.gitrepo.landing_order import Piece, Stuck, replay_in_order
from codex_orch_tui.gitrepo.merge import Merges
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.services.checks import Checks
from codex_orch_tui.services.errors import NotPossibleError, WorkspaceError
from codex_orch_tui.services.guardrails import Guardrails, merge_refusal
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.landing import Landing, sentence
from codex_orch_tui.services.run_graphs import RunGraphs
from codex_orch_tui.services.task_locks import TaskLocks
from codex_orch_tui.services.workspace import Workspace


@dataclass(slots=True)
class _Sorted:
    """A run's tasks, sorted into those that land and those that stay."""

    pieces: list[Piece] = field(default_factory=list)
    left: dict[TaskRef, LeftOut] = field(default_factory=dict)

    def stays(self, task: Task, why: StaysOut, text: str) -> None:
        self.left[task.ref] = LeftOut(ref=task.ref, why=why, text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingPreviews:
    """Makes previews.

    Args:
        hub: what is known.
        repository: the person's repository.
        landing: commits what the person left in a task's worktree.
        workspace: looks at worktrees.
        checks: finds checks.
        guardrails: look at what would land.
        locks: no command meets a worktree that another one is looking at.
    """

    hub: Hub
    repository: Repository
    landing: Landing
    workspace: Workspace
    checks: Checks
    guardrails: Guardrails
    locks: TaskLocks
    _graphs: RunGraphs = field(default_factory=RunGraphs)

    async def of(self, run_id: RunId, without: AbstractSet[TaskRef] = frozenset()) -> RunLandingPreview:
        """See `Orchestrator.preview_run_landing`."""
        run = self.hub.state.runs[run_id]
        blank = RunLandingPreview(run=run_id, base_branch=run.base_branch)
        try:
            old = await self.repository.tip(run.base_branch)
            if old is None:
                message = f"there is no branch {run.base_branch} any more"
                return replace(blank, refusal=Refusal(reason=RefusalReason.BASE_MISSING, message=message))
            found = await self._sorted(run, without)
            preview = replace(blank, old=old, left=tuple(found.left.values()))
            if run.shares_worktree and (refusal := await self._refuse_half(run, found)):
                return replace(preview, refusal=refusal)
            return await self._put_together(preview, old, found)
        except GitRepoError as error:
            raise NotPossibleError(sentence(error)) from error

    # -- what lands ---------------------------------------------------------------------------------------------

    async def _sorted(self, run: Run, without: AbstractSet[TaskRef]) -> _Sorted:
        """Each task after all that it depends on: a shared worktree holds them in the order in which they were made."""
        state = self.hub.state
        graph, _ = working_graph([state.tasks[ref].spec for ref in run.tasks])
        refs = [TaskRef(run.id, task) for task in graph.order()]
        needs = self._graphs.needs(state, run.id)
        found = _Sorted()
        for ref in refs:
            if state.tasks[ref].state in ENDED:
                continue
            async with self.locks.of(ref):
                await self._sort(found, ref, needs.get(ref, ()), without)
        return await self._in_branch_order(run, found) if run.shares_worktree else found

    async def _sort(
        self, found: _Sorted, ref: TaskRef, needs: tuple[TaskRef, ...], without: AbstractSet[TaskRef]
    ) -> None:
        task = self.hub.state.tasks[ref]
        lands = {piece.ref for piece in found.pieces}
        if ref in without:
            return found.stays(task, StaysOut.LEFT_OUT, "left out by you")
        if task.state is not TaskState.DONE or task.worktree is None:
            return found.stays(task, StaysOut.NOT_DONE, "not done")
        if others := self._missing(task.joins, lands):
            return found.stays(task, StaysOut.STANDS_ON, f"stands on {' and '.join(others)}")
        await self.locks.wound_up(ref)
        try:
            task = await self.landing.committed(self.hub.state.tasks[ref])
        except NotPossibleError as error:
            return found.stays(task, StaysOut.UNREADABLE, str(error))
        worktree, tip = task.worktree, task.tip
        assert worktree is not None, "it had one before"
        assert tip is not None, "a task with a worktree has a tip"
        if tip == worktree.base_commit:
            if others := self._missing(needs, lands):
                return found.stays(task, StaysOut.STANDS_ON, f"changed nothing; ends with {' and '.join(others)}")
        elif not task.is_cleared:
            return found.stays(task, StaysOut.NOT_REVIEWED, "not reviewed")
        elif paths := await files_with_markers(self.repository, worktree.branch, task.conflicts):
            return found.stays(task, StaysOut.CONFLICT_MARKERS, f"conflict markers are still in {', '.join(paths)}")
        found.pieces.append(Piece(ref=ref, tip=tip, base=worktree.base_commit))
        return None

    def _missing(self, needed: tuple[TaskRef, ...], lands: AbstractSet[TaskRef]) -> list[str]:
        """The names of those that neither land nor are merged."""
        tasks = self.hub.state.tasks
        done = {TaskState.MERGED, TaskState.SKIPPED}
        return [tasks[ref].spec.title for ref in needed if ref not in lands and tasks[ref].state not in done]

    # -- a shared worktree --------------------------------------------------------------------------------------

    async def _in_branch_order(self, run: Run, found: _Sorted) -> _Sorted:
        """One branch: each task brings what is on it up to its tip, commits of the person in between as well."""
        if not found.pieces:
            return found
        known = self.hub.state.tasks[found.pieces[0].ref]
        assert known.worktree is not None, "a piece is of a worktree"
        tip = await self.repository.tip(known.worktree.branch)
        if tip is None:
            return found
        listed = await self.repository.git.run(
            self.repository.main(), "rev-list", "--topo-order", "--end-of-options", f"{run.base_branch}..{tip}", "--"
        )
        place = {CommitId(line): -number for number, line in enumerate(listed.line.splitlines())}
        fork = await self.repository.git.run(
            self.repository.main(), "merge-base", "--end-of-options", run.base_branch, tip
        )
        base = CommitId(fork.line)
        pieces = [Piece(ref=one.ref, tip=one.tip, base=one.tip if one.tip == base else base) for one in found.pieces]
        pieces.sort(key=lambda piece: place.get(piece.tip, -len(place)))
        return _Sorted(pieces, found.left)

    async def _refuse_half(self, run: Run, found: _Sorted) -> Refusal | None:
        """Why a worktree that all tasks share cannot land now: part of what is in it is not to land."""
        tasks = self.hub.state.tasks
        worked = [ref for ref in run.tasks if tasks[ref].worktree is not None and not tasks[ref].worktree_removed]
        half = [found.left[ref] for ref in worked if ref in found.left]
        if half:
            told = ", ".join(f"{tasks[one.ref].spec.title}: {one.text}" for one in half)
            return Refusal(
                reason=RefusalReason.NOT_REVIEWED,
                message=f"the tasks of this run share one worktree and land together; {told}",
                next_step="review a task (d)",
            )
        worktree = next((tasks[ref].worktree for ref in worked), None)
        if worktree is None:
            return None
        try:
            edits = await self.workspace.edits(tasks[worked[0]])
        except WorkspaceError as error:
            return Refusal(reason=RefusalReason.WORKTREE, message=error.fault.message, next_step=error.fault.next_step)
        if not edits.is_clean:
            return Refusal(
                reason=RefusalReason.UNCOMMITTED,
                message=f"the shared worktree holds edits that are in no commit ({edits.summary})",
                paths=(*edits.edited, *edits.untracked),
                next_step="commit or remove them first",
            )
        tip = await self.repository.tip(worktree.branch)
        if tip is not None and found.pieces and tip not in {piece.tip for piece in found.pieces}:
            return Refusal(
                reason=RefusalReason.NOT_REVIEWED,
                message=f"{worktree.branch} holds commits after those that were reviewed",
                next_step="let a task of the run take them up, or move the branch back by hand",
            )
        return None

    # -- the whole ----------------------------------------------------------------------------------------------

    async def _put_together(self, preview: RunLandingPreview, old: CommitId, found: _Sorted) -> RunLandingPreview:
        if all(piece.tip == piece.base for piece in found.pieces):
            left = any(one.why is StaysOut.NOT_REVIEWED for one in found.left.values())
            nothing = Refusal(
                reason=RefusalReason.NOT_REVIEWED if left else RefusalReason.NOTHING_TO_MERGE,
                message="nothing of it is reviewed yet" if left else "nothing of it can land now",
                next_step="read the diff of a task (d)" if left else "",
            )
            return replace(preview, refusal=nothing)
        identity = await self.repository.identity()
        tasks_of_run = (self.hub.state.tasks[ref] for ref in self.hub.state.runs[preview.run].tasks)
        landed = [task.tip for task in tasks_of_run if task.state is TaskState.MERGED and task.tip is not None]
        stages = await replay_in_order(self.repository, old, found.pieces, identity=identity, landed=landed)
        if isinstance(stages, Stuck):
            step = "leave it out (o), then update it to the new base (u), where its worker can resolve the clash"
            return replace(preview, refusal=replace(stages.refusal, next_step=step), culprit=stages.ref)
        tip_of = {piece.ref: piece.tip for piece in found.pieces}
        tasks = tuple(
            LandingTask(ref=stage.ref, tip=tip_of[stage.ref], commit=stage.commit, commits=stage.commits)
            for stage in stages
        )
        preview = replace(preview, tasks=tasks, new=tasks[-1].commit)
        preview = replace(preview, checks=await self.checks_of(preview))
        return await self._examined(preview, old, tasks[-1].commit)

    async def _examined(self, preview: RunLandingPreview, old: CommitId, new: CommitId) -> RunLandingPreview:
        if new == old:
            message = f"{preview.base_branch} has all of it already"
            return replace(preview, refusal=Refusal(reason=RefusalReason.NOTHING_TO_MERGE, message=message))
        totals = await Reviews(self.repository).totals(old, new)
        merge = await Merges(self.repository).examined(
            MergePreview(base_branch=preview.base_branch, branch="", old=old, new=new)
        )
        guarded = await self.guardrails.of_landing(old, preview.tasks)
        preview = replace(
            preview,
            guarded=guarded,
            files=totals.files,
            checkout=merge.checkout,
            overlaps=merge.overlaps,
            refusal=merge.refusal,
        )
        if preview.refusal is None:
            for one in guarded:
                if stopped := merge_refusal(one.results):
                    return replace(preview, refusal=stopped, culprit=one.ref)
        unfit = next((check for check in preview.checks if check.why_not), None)
        if preview.refusal is not None or unfit is None:
            return preview
        message, _, step = unfit.why_not.partition(" → ")
        refusal = Refusal(
            reason=RefusalReason.CHECK, message=f"the check {unfit.name} cannot be run: {message}", next_step=step
        )
        return replace(preview, refusal=refusal)

    async def checks_of(self, preview: RunLandingPreview) -> tuple[LandingCheck, ...]:
        """The checks of the tasks that land, of the groups that are whole with them, and then those of every run."""
        wanted: dict[str, list[TaskRef]] = {}
        for ref in (*(task.ref for task in preview.tasks), *self._whole_groups(preview)):
            for name in self.hub.state.tasks[ref].spec.checks:
                wanted.setdefault(name, []).append(ref)
        of_runs = {one.name: one for one in await self.checks.of_runs()}
        found = {one.name: one for one in await self.checks.find(tuple(wanted))}
        return tuple(
            LandingCheck(
                name=one.name,
                command=one.command,
                wanted_by=tuple(wanted.get(one.name, ())),
                is_of_runs=one.name in of_runs,
                why_not=one.why_not,
            )
            for one in (of_runs.get(name, found.get(name)) for name in (found | of_runs))
            if one is not None
        )

    def _whole_groups(self, preview: RunLandingPreview) -> list[TaskRef]:
        """Groups with checks of which something lands and nothing stays out."""
        state = self.hub.state
        lands: Mapping[TaskRef, LandingTask] = {task.ref: task for task in preview.tasks}
        whole = []
        for ref in state.runs[preview.run].tasks:
            if not state.tasks[ref].spec.is_group or not state.tasks[ref].spec.checks:
                continue
            inside = [task for task in sel.working_tasks(state, ref) if task.state is not TaskState.SKIPPED]
            if any(task.ref in lands for task in inside) and all(
                task.ref in lands or task.state is TaskState.MERGED for task in inside
            ):
                whole.append(ref)
        return whole
