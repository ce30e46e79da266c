"""The fold: what an event makes of the state.

The same function serves the live view, crash recovery, replay and read-only viewers, so it must be pure and must take
any event in any state: an event about something unknown leaves the state as it is.
"""

from collections.abc import Iterable
from typing import assert_never

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import OUTCOME_OF_CHOICE, Approval, ApprovalKind, Decider, Outcome
from codex_orch_tui.domain.checking import with_check_event, with_checks_cut_off
from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.item import TurnStatus
from codex_orch_tui.domain.landing_steps import with_landing_event
from codex_orch_tui.domain.limits import with_room
from codex_orch_tui.domain.notes import note_of
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.replanning import with_plan_edited
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.scheduling import with_removal_event, with_run_event, with_schedule_event
from codex_orch_tui.domain.state import RateLimits, State
from codex_orch_tui.domain.task import ASKING, DiffTotals, Note, Reviewed, Task, TaskState, Turn, WorkerProcess
from codex_orch_tui.domain.turns import with_item_at, with_open_turn_cut, with_own_rule, with_turn
from codex_orch_tui.domain.usage import with_model, with_usage

_NEEDS_INPUT = frozenset({ApprovalKind.USER_INPUT, ApprovalKind.ELICITATION})


def reduce(state: State, recorded: ev.Recorded) -> State:
    """The state after one more event."""
    return reduce_all(state, (recorded,))


def reduce_all(state: State, events: Iterable[ev.Recorded]) -> State:
    """The state after some more events: one table of tasks for all of them, where `reduce` makes one for each."""
    tasks, seq = dict(state.tasks), state.seq
    state = replace(state, tasks=tasks)
    for recorded in events:
        event, at_s, seq = recorded.event, recorded.at_s, recorded.seq
        if isinstance(event, ev.SessionEvent):
            state = _reduce_session_event(state, event, at_s)
            if state.tasks is not tasks:
                tasks = dict(state.tasks)
                state = replace(state, tasks=tasks)
        elif (task := tasks.get(event.ref)) is not None:
            if isinstance(event, ev.ApprovalEvent):
                state = _reduce_approval(state, event, at_s)
            if (seen := _base_seen(event)) is not None:
                state = replace(state, base_tips={**state.base_tips, seen[0]: seen[1]})
            tasks[event.ref] = _reduce_task(state, task, event, at_s)
    return replace(state, seq=seq)


def _base_seen(event: ev.OfTask) -> tuple[str, CommitId] | None:
    """The base branch and its tip, as the event shows it."""
    match event:
        case ev.WorktreeCreated(worktree=worktree) if event.base_tip is not None:
            return worktree.base_branch, event.base_tip
        case ev.WorktreeCreated(joins=joins) if joins:
            return None
        case ev.WorktreeCreated(worktree=worktree) | ev.UpdateFinished(worktree=worktree):
            return worktree.base_branch, worktree.base_commit
        case ev.MergeFinished(base_branch=branch, new=new):
            return branch, new
        case _:
            return None


def _reduce_session_event(state: State, event: ev.SessionEvent, at_s: float) -> State:
    if isinstance(event, ev.RunLandingEvent):
        if (run := state.runs.get(event.run)) is None:
            return state
        return replace(state, runs={**state.runs, run.id: with_landing_event(run, event, at_s)})
    if isinstance(event, ev.RunRemovalEvent):
        if (run := state.runs.get(event.run)) is None:
            return state
        return replace(state, runs={**state.runs, run.id: with_removal_event(run, event)})
    match event:
        case ev.SessionOpened():
            return replace(state, session_open=True)
        case ev.SessionClosed():
            return replace(state, session_open=False)
        case ev.RateLimitsUpdated():
            return replace(
                state, rate_limits=RateLimits(used_percent=event.used_percent, resets_at_s=event.resets_at_s)
            )
        case ev.RunCreated():
            return _with_run(state, event, at_s)
        case ev.PlanEdited():
            return with_plan_edited(state, event, at_s)
        case ev.RunPaused() | ev.RunResumed():
            if (run := state.runs.get(event.run)) is None:
                return state
            return replace(state, runs={**state.runs, run.id: with_run_event(run, event)})
        case _:
            assert_never(event)


def _with_run(state: State, event: ev.RunCreated, at_s: float) -> State:
    refs = tuple(TaskRef(event.run, spec.id) for spec in event.plan.tasks)
    run = Run(
        id=event.run,
        title=event.plan.title,
        base_branch=event.base_branch,
        created_at_s=at_s,
        tasks=refs,
        spec=event.plan.spec,
        shares_worktree=event.shares_worktree,
        proposed_by=event.proposed_by,
    )
    tasks = {
        ref: Task(
            ref=ref,
            spec=spec,
            base_branch=event.base_branch,
            state=TaskState.QUEUED,
            since_s=at_s,
            created_at_s=at_s,
        )
        for ref, spec in zip(refs, event.plan.tasks, strict=True)
    }
    planner = state.tasks.get(event.proposed_by) if event.proposed_by is not None else None
    if planner is not None:
        tasks[planner.ref] = replace(planner, taken_up=planner.accepted)
    return replace(state, runs={**state.runs, event.run: run}, tasks={**state.tasks, **tasks})


def _reduce_task(state: State, task: Task, event: ev.OfTask, at_s: float) -> Task:
    if isinstance(event, ev.ApprovalEvent):
        task = _with_waiting(state, task, at_s)
    elif isinstance(event, ev.TurnEvent):
        task = _reduce_turn(task, event, at_s)
    elif isinstance(event, ev.LifeEvent):
        task = _reduce_life(task, event, at_s)
    elif isinstance(event, ev.GitEvent):
        task = _reduce_git(task, event, at_s)
    elif isinstance(event, ev.ScheduleEvent):
        task = with_schedule_event(task, event, at_s)
    elif isinstance(event, ev.CheckEvent):
        task = with_check_event(task, event, at_s)
    else:
        assert_never(event)
    note = note_of(event, state)
    if note is None:
        return task
    kind, text = note
    return replace(task, notes=(*task.notes, Note(at_s=at_s, kind=kind, text=text)))


def _reduce_life(task: Task, event: ev.LifeEvent, at_s: float) -> Task:
    match event:
        case ev.TaskQueued():
            task = with_room(task, at_s)
            queued = replace(_to(task, TaskState.QUEUED, at_s), ended_at_s=None, fault=None)
            return replace(queued, unsent=event.text, check_retries=0)
        case ev.TaskStarted():
            started = task.started_at_s if task.started_at_s is not None else at_s
            return replace(_to(task, TaskState.STARTING, at_s), started_at_s=started, ended_at_s=None, fault=None)
        case ev.WorktreePlanned():
            return task
        case ev.WorktreeCreated():
            is_on_base = event.base_tip == event.worktree.base_commit
            return replace(
                task,
                worktree=event.worktree,
                tip=event.worktree.base_commit,
                base_tip=None if is_on_base else event.base_tip,
                worktree_removed=False,
                branch_removed=False,
                joins=event.joins,
                conflicts=event.conflicts,
            )
        case ev.SetupFinished() | ev.NoteAdded():
            return task
        case ev.WorkerStarted():
            worker = WorkerProcess(
                epoch=event.epoch,
                pid=event.pid,
                process_started_s=event.process_started_s,
                version=event.version,
            )
            return replace(task, worker=worker, codex_version=event.version)
        case ev.WorkerEnded():
            return replace(task, worker=None)
        case ev.TaskFailed():
            # A message that could not be sent takes nothing from work that is done.
            was_done = bool(task.unsent) and task.turn is not None and task.turn.status is TurnStatus.COMPLETED
            return _ended(replace(task, fault=event.fault), TaskState.DONE if was_done else TaskState.FAILED, at_s)
        case ev.TaskLost():
            return _ended(replace(with_open_turn_cut(task, at_s), fault=event.fault), TaskState.LOST, at_s)
        case ev.TaskInterrupted():
            return _ended(with_open_turn_cut(task, at_s), TaskState.INTERRUPTED, at_s)
        case ev.StopRequested():
            return _to(task, TaskState.STOPPING, at_s)
        case ev.TaskFinished():
            return _ended(replace(task, fault=None), TaskState.DONE, at_s)
        case ev.TaskDiscarded():
            return _ended(replace(task, backup_ref=event.backup_ref, worktree_removed=True), TaskState.DISCARDED, at_s)
        case _:
            assert_never(event)


def _reduce_turn(task: Task, event: ev.TurnEvent, at_s: float) -> Task:
    match event:
        case ev.ThreadOpened():
            return with_model(replace(task, thread=event.thread), model=event.model or task.model)
        case ev.TurnRequested() | ev.TurnSteered():
            return task
        case ev.TurnStarted():
            epoch = task.worker.epoch if task.worker is not None else None
            turn = Turn(id=event.turn, number=len(task.turns) + 1, prompt=event.prompt, started_at_s=at_s, epoch=epoch)
            running = _to(with_model(task, model=task.model), TaskState.RUNNING, at_s)
            return replace(running, turns=(*task.turns, turn), fault=None, unsent="", ended_at_s=None)
        case ev.ItemStarted():
            return with_item_at(task, event.turn, event.item, at_s)
        case ev.ItemCompleted():
            task = with_item_at(task, event.turn, event.item, at_s)
            return replace(task, answer=event.answer) if event.answer else task
        case ev.CommandAllowed():
            return with_own_rule(task, event.turn, event.item, event.own_rule)
        case ev.PlanUpdated():
            return with_turn(task, event.turn, lambda turn: replace(turn, steps=event.steps))
        case ev.UsageUpdated():
            return with_usage(task, event.thread, event.usage)
        case ev.ModelRerouted():
            return with_model(task, model=task.model, rerouted_to=event.model)
        case ev.TurnEnded():
            return _turn_ended(task, event, at_s)
        case ev.FaultTold():
            return replace(task, fault=event.fault)
        case ev.AnswerAccepted():
            return replace(
                task, accepted=event.answer, result=event.result, decisions=event.decisions, answer_problems=()
            )
        case ev.AnswerRefused():
            return replace(task, answer_problems=event.problems)
        case _:
            assert_never(event)


def _turn_ended(task: Task, event: ev.TurnEnded, at_s: float) -> Task:
    task = with_turn(task, event.turn, lambda turn: replace(turn, status=event.status, ended_at_s=at_s))
    match event.status:
        case TurnStatus.COMPLETED | TurnStatus.IN_PROGRESS:
            # The task is done only when its edits are committed: TaskFinished follows.
            return _to(task, TaskState.RUNNING, at_s)
        case TurnStatus.INTERRUPTED:
            return _ended(task, TaskState.INTERRUPTED, at_s)
        case TurnStatus.FAILED:
            return _ended(replace(task, fault=event.fault or task.fault), TaskState.FAILED, at_s)
        case _:
            assert_never(event.status)


def _reduce_git(task: Task, event: ev.GitEvent, at_s: float) -> Task:
    match event:
        case ev.CommitMade():
            return replace(task, commits=(*task.commits, event.commit), tip=event.commit.id, totals=event.totals)
        case ev.NothingToCommit() | ev.UpdateStarted() | ev.WorktreeKept():
            return task
        case ev.BranchFollowed():
            return replace(
                task, worktree=event.worktree, tip=event.tip, commits=event.commits, totals=event.totals, conflicts=()
            )
        case ev.ReviewRecorded():
            reviewed = Reviewed(
                base=event.base,
                tip=event.tip,
                files_viewed=event.files_viewed,
                files_total=event.files_total,
                waived=event.waived,
            )
            return replace(task, reviewed=reviewed)
        case ev.UpdateFinished():
            task = replace(task, worktree=event.worktree, tip=event.tip, totals=event.totals)
            return replace(task, reviewed=None, conflicts=(), joins=(), base_tip=None)
        case ev.UpdateRefused():
            return replace(task, conflicts=event.conflicts)
        case ev.ConflictLaidOut():
            return replace(
                task,
                worktree=event.worktree,
                tip=event.worktree.base_commit,
                totals=DiffTotals(),
                commits=(),
                reviewed=None,
                conflicts=event.conflicts,
                joins=(),
                base_tip=None,
                backup_ref=event.backup_ref,
            )
        case ev.MergeStarted():
            return replace(task, merging=True, merged_from=event.old)
        case ev.MergeFinished():
            # After a crash only the intent knows where the base branch was.
            old = task.merged_from if task.merging else event.old
            merged = replace(task, merging=False, merged_as=event.new, merged_from=old, conflicts=())
            return _ended(merged, TaskState.MERGED, at_s)
        case ev.MergeRefused():
            return replace(task, merging=False, merged_from=None)
        case ev.WorktreeRemoved():
            return replace(task, worktree_removed=True, backup_ref=event.backup_ref or task.backup_ref)
        case ev.BranchRemoved():
            return replace(task, branch_removed=True, backup_ref=event.backup_ref)
        case _:
            assert_never(event)


def _reduce_approval(state: State, event: ev.ApprovalEvent, at_s: float) -> State:
    if isinstance(event, ev.ApprovalRequested):
        return _with_approval(state, _asked(event, at_s))
    approval = state.approvals.get(event.approval)
    if approval is None or approval.outcome is not Outcome.PENDING:
        return state
    match event:
        case ev.ApprovalShown():
            approval = approval if approval.shown_at_s is not None else replace(approval, shown_at_s=at_s)
        case ev.ApprovalChanged():
            approval = replace(approval, changed=event.paths, times_asked=approval.times_asked + 1)
        case ev.ApprovalDecided():
            approval = replace(
                approval,
                choice=event.choice,
                by=event.by,
                decided_at_s=at_s,
                message=event.message,
                granted=event.granted,
                for_session=event.for_session,
            )
        case ev.DecisionNotKept():
            approval = replace(approval, choice=None, by=None, rule=None, decided_at_s=None, message="", granted=())
        case ev.AnswerSent():
            approval = replace(approval, sent=True, outcome=_outcome(approval))
        case ev.ApprovalClosed():
            approval = replace(approval, outcome=event.outcome, cause=event.cause)
        case _:
            assert_never(event)
    return _with_approval(state, approval)


def _asked(event: ev.ApprovalRequested, at_s: float) -> Approval:
    return Approval(
        id=event.approval,
        ref=event.ref,
        request=event.request,
        asked_at_s=at_s,
        assessment=event.assessment,
        rule=event.rule,
        choice=event.choice,
        by=Decider.RULE if event.choice is not None else None,
        message=event.message,
        decided_at_s=at_s if event.choice is not None else None,
    )


def _outcome(approval: Approval) -> Outcome:
    if approval.choice is None:
        return Outcome.PENDING
    return Outcome.BY_RULE if approval.rule is not None else OUTCOME_OF_CHOICE[approval.choice]


def _with_approval(state: State, approval: Approval) -> State:
    others = tuple(pending for pending in state.pending if pending.id != approval.id)
    pending = others
    if approval.is_pending:
        # Oldest first, also when a question is open again because its answer could not be kept.
        pending = tuple(sorted((*others, approval), key=lambda one: one.asked_at_s))
    return replace(state, approvals={**state.approvals, approval.id: approval}, pending=pending)


def _with_waiting(state: State, task: Task, at_s: float) -> Task:
    """The task's state follows from its pending approvals while a turn is under way."""
    if task.state not in ASKING and task.state is not TaskState.RUNNING:
        return task
    pending = [approval for approval in state.pending if approval.ref == task.ref]
    if not pending:
        return _to(task, TaskState.RUNNING, at_s)
    if all(approval.request.kind in _NEEDS_INPUT for approval in pending):
        return _to(task, TaskState.WAITING_INPUT, at_s)
    return _to(task, TaskState.WAITING_APPROVAL, at_s)


def _to(task: Task, state: TaskState, at_s: float) -> Task:
    if task.state is state:
        return task
    worked_s = task.worked_s + (max(0.0, at_s - task.since_s) if task.state is TaskState.RUNNING else 0.0)
    return replace(task, state=state, since_s=at_s, worked_s=worked_s)


def _ended(task: Task, state: TaskState, at_s: float) -> Task:
    return replace(_to(with_checks_cut_off(task), state, at_s), ended_at_s=at_s)
