"""The fold: what each event makes of the state, and that no order of events can break it."""

import dataclasses
import typing
from dataclasses import replace
from functools import reduce as fold_left

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest, Choice, Decider, Outcome
from codex_orch_tui.domain.ids import (
    ApprovalId,
    CommitId,
    EpochId,
    ItemId,
    RunId,
    TaskId,
    TaskRef,
    ThreadId,
    TurnId,
)
from codex_orch_tui.domain.item import (
    Fault,
    FaultKind,
    Item,
    ItemKind,
    ItemStatus,
    PlanStep,
    StepStatus,
    TurnStatus,
    Usage,
)
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.reducer import reduce, reduce_all
from codex_orch_tui.domain.state import RateLimits, State
from codex_orch_tui.domain.task import DiffTotals, Task, TaskCommit, TaskState
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.store.event_codec import decode, encode
from tests.fakes.event_strategies import EVENT_TYPES, EVENTS, recorded

RUN, REF, OTHER = RunId("r"), TaskRef(RunId("r"), TaskId("one")), TaskRef(RunId("r"), TaskId("two"))
TURN, APPROVAL = TurnId("u1"), ApprovalId("e:1")
BASE, TIP = CommitId("base"), CommitId("tip")
PLAN = Plan(
    title="Search",
    tasks=(
        TaskSpec(id=REF.task, title="One", prompt="do one"),
        TaskSpec(id=OTHER.task, title="Two", prompt="do two"),
    ),
)
CREATED = ev.RunCreated(run=RUN, plan=PLAN, base_branch="main")
WORKTREE = Worktree(path="/r/one", branch="orch/one", base_branch="main", base_commit=BASE)
FAULT = Fault(kind=FaultKind.MODEL_ERROR, message="the model said no", next_step="wait")
COMMIT = TaskCommit(id=TIP, subject="Add search", files=1, insertions=2, deletions=0)
TOTALS = DiffTotals(files=1, insertions=2)


def after(*events: ev.Event, state: State | None = None) -> State:
    """The state after a run was created and these events happened, a second apart from 100 s on."""
    start = State() if state is None else state
    made = [
        ev.Recorded(seq=start.seq + index, at_s=99.0 + start.seq + index, event=event)
        for index, event in enumerate((CREATED, *events) if state is None else events, start=1)
    ]
    return fold_left(reduce, made, start)


def task_after(*events: ev.Event) -> Task:
    return after(*events).tasks[REF]


def asked(kind: ApprovalKind = ApprovalKind.COMMAND, approval: ApprovalId = APPROVAL) -> ev.ApprovalRequested:
    request = ApprovalRequest(
        request_id="1", kind=kind, thread=ThreadId("th"), turn=TURN, item=ItemId("i"), choices=(Choice.ACCEPT,)
    )
    return ev.ApprovalRequested(ref=REF, approval=approval, request=request)


STARTED = (
    ev.TaskStarted(ref=REF),
    ev.WorktreeCreated(ref=REF, worktree=WORKTREE),
    ev.WorkerStarted(ref=REF, epoch=EpochId("e"), pid=7, process_started_s=5.0, version="0.163.0"),
    ev.ThreadOpened(ref=REF, thread=ThreadId("th"), resumed=False),
)
IN_TURN = (*STARTED, ev.TurnStarted(ref=REF, turn=TURN, prompt="do one"))
FINISHED = (
    *IN_TURN,
    ev.TurnEnded(ref=REF, turn=TURN, status=TurnStatus.COMPLETED),
    ev.CommitMade(ref=REF, commit=COMMIT, totals=TOTALS),
    ev.TaskFinished(ref=REF),
)


def test_a_run_is_created_with_its_tasks_in_plan_order() -> None:
    state = after()
    assert list(state.runs) == [RUN]
    assert state.runs[RUN].tasks == (REF, OTHER)
    assert list(state.tasks) == [REF, OTHER]
    task = state.tasks[REF]
    assert (task.state, task.since_s, task.created_at_s, task.base_branch) == (TaskState.QUEUED, 100.0, 100.0, "main")
    assert task.spec is PLAN.tasks[0]


def test_sessions_and_limits() -> None:
    state = after(ev.SessionOpened(pid=1, version="1"), ev.RateLimitsUpdated(used_percent=80, resets_at_s=9))
    assert state.session_open
    assert state.rate_limits == RateLimits(used_percent=80, resets_at_s=9)
    assert not after(ev.SessionClosed(pid=1), state=state).session_open


def test_a_task_starts() -> None:
    task = task_after(*STARTED)
    assert (task.state, task.started_at_s, task.since_s) == (TaskState.STARTING, 101.0, 101.0)
    assert (task.worktree, task.tip, task.thread) == (WORKTREE, BASE, "th")
    assert task.worker is not None
    assert (task.worker.pid, task.worker.epoch, task.worker.version) == (7, "e", "0.163.0")


def test_planning_a_worktree_makes_none() -> None:
    assert task_after(ev.WorktreePlanned(ref=REF, worktree=WORKTREE)).worktree is None


def test_a_turn_runs_and_a_second_one_is_counted_on() -> None:
    task = task_after(*IN_TURN)
    assert task.state is TaskState.RUNNING
    assert task.turn is not None
    assert (task.turn.number, task.turn.prompt, task.turn.status) == (1, "do one", TurnStatus.IN_PROGRESS)
    task = task_after(*FINISHED, ev.TurnStarted(ref=REF, turn=TurnId("u2"), prompt="more"))
    assert [turn.number for turn in task.turns] == [1, 2]
    assert (task.state, task.ended_at_s) == (TaskState.RUNNING, None)


def test_a_steer_and_an_intent_change_nothing_but_the_count() -> None:
    before = after(*IN_TURN)
    for event in (ev.TurnRequested(ref=REF, prompt="x"), ev.TurnSteered(ref=REF, turn=TURN, text="x")):
        assert after(event, state=before) == replace(before, seq=before.seq + 1)


def test_items_are_added_once_and_replaced_when_they_end() -> None:
    item = Item(id=ItemId("i1"), kind=ItemKind.COMMAND, title="pytest")
    other = Item(id=ItemId("i2"), kind=ItemKind.AGENT_MESSAGE, title="Done")
    ended = replace(item, status=ItemStatus.COMPLETED, exit_code=0)
    task = task_after(
        *IN_TURN,
        ev.ItemStarted(ref=REF, turn=TURN, item=item),
        ev.ItemStarted(ref=REF, turn=TURN, item=other),
        ev.ItemCompleted(ref=REF, turn=TURN, item=ended),
        ev.ItemCompleted(ref=REF, turn=TURN, item=other, answer="Done.\nAll of it."),
    )
    assert task.turn is not None
    assert task.turn.items == (ended, other)
    assert task.answer == "Done.\nAll of it."


def test_an_item_without_text_leaves_the_answer() -> None:
    item = Item(id=ItemId("i1"), kind=ItemKind.COMMAND, title="ls")
    message = ev.ItemCompleted(ref=REF, turn=TURN, item=item, answer="Done.")
    assert task_after(*IN_TURN, message, ev.ItemCompleted(ref=REF, turn=TURN, item=item)).answer == "Done."


def test_the_workers_plan_and_tokens() -> None:
    steps = (PlanStep(text="read", status=StepStatus.COMPLETED), PlanStep(text="write", status=StepStatus.PENDING))
    usage = Usage(input_tokens=5, total_tokens=9)
    task = task_after(*IN_TURN, ev.PlanUpdated(ref=REF, turn=TURN, steps=steps), ev.UsageUpdated(ref=REF, usage=usage))
    assert task.turn is not None
    assert task.turn.steps == steps
    assert task.usage == usage


def test_a_completed_turn_is_done_only_when_it_is_committed() -> None:
    ended = (*IN_TURN, ev.TurnEnded(ref=REF, turn=TURN, status=TurnStatus.COMPLETED))
    assert task_after(*ended).state is TaskState.RUNNING
    task = task_after(*FINISHED)
    assert (task.state, task.commits, task.tip, task.totals) == (TaskState.DONE, (COMMIT,), TIP, TOTALS)
    assert task.ended_at_s == task.since_s == 108.0


def test_nothing_to_commit_is_done_as_well() -> None:
    task = task_after(*IN_TURN, ev.NothingToCommit(ref=REF), ev.TaskFinished(ref=REF))
    assert (task.state, task.commits, task.tip) == (TaskState.DONE, (), BASE)
    assert [note.text for note in task.notes][-1] == "the turn changed no file: nothing to commit"


def test_a_task_that_gets_another_turn_is_queued_until_it_starts() -> None:
    failed = (*FINISHED, ev.TaskFailed(ref=REF, fault=FAULT))
    task = task_after(*failed, ev.TaskQueued(ref=REF))
    assert (task.state, task.fault, task.ended_at_s) == (TaskState.QUEUED, None, None)
    assert task.commits == (COMMIT,)


def test_a_branch_that_others_moved_is_followed_and_its_review_no_longer_counts() -> None:
    reviewed = ev.ReviewRecorded(ref=REF, base=BASE, tip=TIP, files_viewed=1, files_total=1)
    unread = ev.ReviewRecorded(ref=REF, base=BASE, tip=TIP, files_viewed=0, files_total=1, waived=True)
    let_pass = task_after(*FINISHED, unread)
    assert let_pass.is_cleared and not let_pass.is_reviewed, "the record does not say that somebody read it"
    assert task_after(*FINISHED, reviewed).is_reviewed
    theirs = TaskCommit(id=CommitId("theirs"), subject="By hand", files=1, insertions=1, deletions=0)
    rebased = replace(WORKTREE, base_commit=CommitId("newer"))
    followed = ev.BranchFollowed(ref=REF, worktree=rebased, tip=theirs.id, commits=(COMMIT, theirs), totals=TOTALS)
    task = task_after(*FINISHED, reviewed, followed)
    assert (task.state, task.worktree, task.tip, task.commits) == (TaskState.DONE, rebased, theirs.id, (COMMIT, theirs))
    assert not task.is_reviewed


@pytest.mark.parametrize(
    ("status", "state"),
    [(TurnStatus.FAILED, TaskState.FAILED), (TurnStatus.INTERRUPTED, TaskState.INTERRUPTED)],
)
def test_a_turn_that_did_not_complete(status: TurnStatus, state: TaskState) -> None:
    task = task_after(*IN_TURN, ev.TurnEnded(ref=REF, turn=TURN, status=status, fault=FAULT))
    assert (task.state, task.ended_at_s) == (state, 106.0)
    assert task.turn is not None
    assert (task.turn.status, task.turn.ended_at_s) == (status, 106.0)


def test_a_fault_is_told_and_forgotten_with_the_next_turn() -> None:
    told = (*IN_TURN, ev.FaultTold(ref=REF, fault=FAULT))
    assert task_after(*told).fault == FAULT
    failed = ev.TurnEnded(ref=REF, turn=TURN, status=TurnStatus.FAILED)
    assert task_after(*told, failed).fault == FAULT, "a turn that fails without words keeps the last fault"
    assert task_after(*told, ev.TurnStarted(ref=REF, turn=TurnId("u2"), prompt="again")).fault is None
    assert task_after(*told, ev.TaskStarted(ref=REF)).fault is None
    assert task_after(*told, ev.TaskFinished(ref=REF)).fault is None


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (ev.TaskLost(ref=REF, fault=FAULT), TaskState.LOST),
        (ev.TaskInterrupted(ref=REF, cause="the program ended", next_step="c"), TaskState.INTERRUPTED),
    ],
)
def test_a_task_that_is_cut_off_shows_its_turn_and_its_running_items_so(event: ev.Event, state: TaskState) -> None:
    done = Item(id=ItemId("i1"), kind=ItemKind.COMMAND, title="ls", status=ItemStatus.COMPLETED)
    running = Item(id=ItemId("i2"), kind=ItemKind.COMMAND, title="make")
    items = tuple(ev.ItemStarted(ref=REF, turn=TURN, item=item) for item in (done, running))
    task = task_after(*IN_TURN, *items, event)
    assert task.state is state
    assert task.turn is not None
    assert task.turn.status is TurnStatus.INTERRUPTED
    assert [item.status for item in task.turn.items] == [ItemStatus.COMPLETED, ItemStatus.FAILED]


def test_a_task_that_was_cut_off_between_turns_keeps_its_last_turn() -> None:
    task = task_after(*FINISHED, ev.TaskInterrupted(ref=REF, cause="x"))
    assert task.turn is not None
    assert task.turn.status is TurnStatus.COMPLETED


def test_stop_and_the_workers_end() -> None:
    assert task_after(*IN_TURN, ev.StopRequested(ref=REF)).state is TaskState.STOPPING
    ended = ev.WorkerEnded(ref=REF, epoch=EpochId("e"), exit_code=0, expected=True)
    task = task_after(*IN_TURN, ended)
    assert task.worker is None
    assert task.state is TaskState.RUNNING, "what the end means for the task is told by its own event"


def test_a_failed_setup() -> None:
    setup = ev.SetupFinished(ref=REF, command="make", exit_code=2, duration_ms=10, output_tail="no rule")
    task = task_after(*STARTED, setup, ev.TaskFailed(ref=REF, fault=FAULT))
    assert (task.state, task.fault) == (TaskState.FAILED, FAULT)
    assert "setup: make · exit 2\nno rule" in [note.text for note in task.notes]


def test_a_review_counts_for_exactly_what_was_seen() -> None:
    seen = ev.ReviewRecorded(ref=REF, base=BASE, tip=TIP, files_viewed=1, files_total=1)
    assert task_after(*FINISHED, seen).is_reviewed
    more = ev.CommitMade(ref=REF, commit=replace(COMMIT, id=CommitId("later")), totals=TOTALS)
    assert not task_after(*FINISHED, seen, more).is_reviewed
    moved = replace(WORKTREE, base_commit=CommitId("new base"))
    updated = ev.UpdateFinished(ref=REF, worktree=moved, tip=CommitId("replayed"), totals=TOTALS)
    task = task_after(*FINISHED, seen, ev.UpdateStarted(ref=REF, base=CommitId("new base")), updated)
    assert not task.is_reviewed
    assert (task.reviewed, task.worktree, task.tip) == (None, moved, "replayed")


def test_conflicts_stay_until_an_update_or_a_merge_works() -> None:
    refused = ev.UpdateRefused(ref=REF, reason="they clash", conflicts=("a.py", "b.py"))
    assert task_after(*FINISHED, refused).conflicts == ("a.py", "b.py")
    updated = ev.UpdateFinished(ref=REF, worktree=WORKTREE, tip=TIP, totals=TOTALS)
    assert task_after(*FINISHED, refused, updated).conflicts == ()


def test_a_merge() -> None:
    begun = ev.MergeStarted(ref=REF, base_branch="main", old=BASE, new=TIP)
    assert task_after(*FINISHED, begun).merging
    task = task_after(*FINISHED, begun, ev.MergeRefused(ref=REF, reason="dirty", paths=("a.py",)))
    assert (task.merging, task.merged_from, task.state) == (False, None, TaskState.DONE)
    merged = ev.MergeFinished(ref=REF, base_branch="main", old=BASE, new=TIP)
    removed = ev.WorktreeRemoved(ref=REF, backup_ref="refs/codex-orch/r/one")
    task = task_after(*FINISHED, begun, merged, removed)
    assert (task.merging, task.state, task.merged_from, task.merged_as) == (False, TaskState.MERGED, BASE, TIP)
    assert (task.worktree_removed, task.backup_ref) == (True, "refs/codex-orch/r/one")
    settled = replace(merged, old=CommitId("what it stood on"))
    assert task_after(*FINISHED, begun, settled).merged_from == BASE, (
        "told after a crash, when nobody knows it any more"
    )
    kept = task_after(*FINISHED, begun, merged, ev.WorktreeKept(ref=REF, reason="edits"))
    assert not kept.worktree_removed


def test_a_removed_worktree_keeps_the_backup_it_has() -> None:
    discarded = ev.TaskDiscarded(ref=REF, backup_ref="refs/codex-orch/r/one")
    task = task_after(*FINISHED, discarded, ev.WorktreeRemoved(ref=REF))
    assert (task.state, task.backup_ref, task.worktree_removed) == (
        TaskState.DISCARDED,
        "refs/codex-orch/r/one",
        True,
    )


class TestApprovals:
    """A question and the state of its task go together."""

    @pytest.mark.parametrize("kind", ApprovalKind)
    def test_the_task_asks(self, kind: ApprovalKind) -> None:
        task = task_after(*IN_TURN, asked(kind))
        answers = {ApprovalKind.USER_INPUT, ApprovalKind.ELICITATION}
        assert task.state is (TaskState.WAITING_INPUT if kind in answers else TaskState.WAITING_APPROVAL)
        assert task.since_s == 106.0

    def test_an_approval_weighs_more_than_a_question(self) -> None:
        both = (asked(ApprovalKind.USER_INPUT), asked(ApprovalKind.COMMAND, ApprovalId("e:2")))
        assert task_after(*IN_TURN, *both).state is TaskState.WAITING_APPROVAL

    @pytest.mark.parametrize(
        ("choice", "outcome"),
        [
            (Choice.ACCEPT, Outcome.ACCEPTED),
            (Choice.ACCEPT_FOR_SESSION, Outcome.ACCEPTED_FOR_SESSION),
            (Choice.DECLINE, Outcome.DECLINED),
            (Choice.CANCEL, Outcome.CANCELLED),
            (Choice.ANSWER, Outcome.ANSWERED),
            (Choice.GRANT, Outcome.GRANTED),
        ],
    )
    def test_decided_then_sent(self, choice: Choice, outcome: Outcome) -> None:
        decided = ev.ApprovalDecided(ref=REF, approval=APPROVAL, choice=choice)
        state = after(*IN_TURN, asked(), decided)
        approval = state.approvals[APPROVAL]
        assert (approval.is_pending, approval.outcome, approval.sent) == (False, Outcome.PENDING, False)
        assert approval.decided_at_s == 107.0
        assert state.tasks[REF].state is TaskState.RUNNING
        approval = after(ev.AnswerSent(ref=REF, approval=APPROVAL), state=state).approvals[APPROVAL]
        assert (approval.outcome, approval.sent) == (outcome, True)

    def test_a_decision_that_the_disk_did_not_keep_is_open_again(self) -> None:
        decided = ev.ApprovalDecided(ref=REF, approval=APPROVAL, choice=Choice.ACCEPT)
        not_kept = ev.DecisionNotKept(ref=REF, approval=APPROVAL, cause="no space")
        assert after(*IN_TURN, asked(), decided).approvals[APPROVAL].by is Decider.YOU
        state = after(*IN_TURN, asked(), decided, not_kept)
        assert state.approvals[APPROVAL].is_pending
        assert state.approvals[APPROVAL].by is None
        assert state.tasks[REF].state is TaskState.WAITING_APPROVAL

    def test_an_end_is_an_end(self) -> None:
        closed = ev.ApprovalClosed(ref=REF, approval=APPROVAL, outcome=Outcome.EXPIRED, cause="the turn ended")
        state = after(*IN_TURN, asked(), closed)
        late = (
            ev.ApprovalDecided(ref=REF, approval=APPROVAL, choice=Choice.ACCEPT),
            ev.AnswerSent(ref=REF, approval=APPROVAL),
            replace(closed, outcome=Outcome.WORKER_LOST),
        )
        later = after(*late, state=state)
        assert later.approvals == state.approvals
        assert later.approvals[APPROVAL].cause == "the turn ended"

    def test_an_answer_that_was_never_decided_is_no_acceptance(self) -> None:
        approval = after(*IN_TURN, asked(), ev.AnswerSent(ref=REF, approval=APPROVAL)).approvals[APPROVAL]
        assert approval.outcome is Outcome.PENDING

    def test_the_oldest_comes_first(self) -> None:
        ids = [ApprovalId(f"e:{number}") for number in (9, 1, 5)]
        state = after(*IN_TURN, *(asked(approval=name) for name in ids))
        assert list(state.approvals) == ids

    def test_a_question_after_the_turn_does_not_wake_the_task(self) -> None:
        assert task_after(*FINISHED, asked()).state is TaskState.DONE


def test_an_event_of_an_unknown_task_or_turn_changes_nothing() -> None:
    before = after(*IN_TURN)
    stranger = TaskRef(RunId("r"), TaskId("stranger"))
    ghost = TurnId("ghost")
    item = Item(id=ItemId("i"), kind=ItemKind.COMMAND, title="x")
    for event in (
        ev.TaskFinished(ref=stranger),
        ev.AnswerSent(ref=REF, approval=ApprovalId("ghost")),
        ev.ItemStarted(ref=REF, turn=ghost, item=item),
        ev.PlanUpdated(ref=REF, turn=ghost, steps=()),
    ):
        assert after(event, state=before) == replace(before, seq=before.seq + 1)


def test_other_tasks_are_left_alone() -> None:
    before = after()
    state = after(*FINISHED[1:], state=before)
    assert state.tasks[OTHER] is before.tasks[OTHER]
    assert list(state.tasks) == [REF, OTHER]


def test_a_note_is_a_line_of_the_log() -> None:
    task = task_after(ev.NoteAdded(ref=REF, kind=LogKind.WARNING, text="mind this"))
    assert [(note.at_s, note.kind, note.text) for note in task.notes] == [(101.0, LogKind.WARNING, "mind this")]


def test_every_event_is_in_exactly_one_group() -> None:
    """A new event type that the reducer's dispatch does not reach would end the program; this says it earlier."""
    of_tasks = [ev.ApprovalEvent, ev.TurnEvent, ev.LifeEvent, ev.GitEvent, ev.CheckEvent, ev.ScheduleEvent]
    grouped = [cls for group in (ev.SessionEvent, *of_tasks) for cls in typing.get_args(group)]
    declared = [
        cls
        for cls in vars(ev).values()
        if isinstance(cls, type)
        and dataclasses.is_dataclass(cls)
        and cls.__module__.startswith(ev.__name__)
        and cls not in (ev.TaskEvent, ev.Recorded)
    ]
    assert sorted(grouped, key=repr) == sorted(declared, key=repr) == sorted(EVENT_TYPES, key=repr)


SEQUENCES = st.lists(EVENTS, max_size=30).map(
    lambda events: recorded(
        [
            ev.RunCreated(
                run=RunId("r1"),
                plan=Plan(title="p", tasks=(TaskSpec(id=TaskId("t1"), title="t", prompt="p"),)),
                base_branch="main",
            ),
            *events,
        ]
    )
)


@given(SEQUENCES)
@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_event_in_any_state_is_taken_and_a_replay_gives_the_same(events: list[ev.Recorded]) -> None:
    states = [State()]
    for event in events:
        states.append(reduce(states[-1], event))
    assert [state.seq for state in states] == list(range(len(states)))
    # The second fold sees an earlier state only as it was left: a state that was written to would differ here.
    again = State()
    for event, seen in zip(events, states[1:], strict=True):
        again = reduce(again, decode(encode(event)))
        assert again == seen
    last = states[-1]
    middle = len(events) // 2
    halfway = reduce_all(State(), events[:middle])
    assert reduce_all(halfway, events[middle:]) == last
    assert halfway == states[middle]
    assert set(last.tasks) >= {ref for run in last.runs.values() for ref in run.tasks}
    for approval in last.approvals.values():
        assert approval.ref in last.tasks
        assert not (approval.is_pending and approval.choice)
    for task in last.tasks.values():
        assert [turn.number for turn in task.turns] == list(range(1, len(task.turns) + 1))


def test_open_questions_are_kept_oldest_first_also_when_one_is_open_again() -> None:
    ref = TaskRef(RunId("r"), TaskId("t"))
    plan = Plan(title="p", tasks=(TaskSpec(id=ref.task, title="t", prompt="p"),))

    def asked(name: str) -> ev.ApprovalRequested:
        request = ApprovalRequest(
            request_id=name, kind=ApprovalKind.COMMAND, thread=ThreadId("th"), turn=TurnId("u"), item=ItemId("i")
        )
        return ev.ApprovalRequested(ref=ref, approval=ApprovalId(name), request=request)

    def pending(*happened: ev.Event) -> list[str]:
        state = State()
        for seq, event in enumerate((ev.RunCreated(run=ref.run, plan=plan, base_branch="main"), *happened), 1):
            state = reduce(state, ev.Recorded(seq=seq, at_s=float(seq), event=event))
        return [approval.id for approval in state.pending]

    first, second = asked("1"), asked("2")
    decided = ev.ApprovalDecided(ref=ref, approval=ApprovalId("1"), choice=Choice.ACCEPT)
    unkept = ev.DecisionNotKept(ref=ref, approval=ApprovalId("1"), cause="no space")
    closed = ev.ApprovalClosed(ref=ref, approval=ApprovalId("2"), outcome=Outcome.EXPIRED, cause="the turn ended")
    assert pending(first, second) == ["1", "2"]
    assert pending(first, second, decided) == ["2"]
    assert pending(first, second, decided, unkept) == ["1", "2"]
    assert pending(first, second, closed) == ["1"]
