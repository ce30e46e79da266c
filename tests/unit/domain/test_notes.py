"""What the supervisor's and the person's doings are called in a task's log."""

import typing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Approval, ApprovalKind, ApprovalRequest, Choice, Outcome
from codex_orch_tui.domain.ids import ApprovalId, CommitId, EpochId, ItemId, RunId, TaskId, TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.item import Fault, FaultKind, TurnStatus
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.notes import note_of, short
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import DiffTotals, TaskCommit
from codex_orch_tui.domain.worktree import Worktree
from tests.fakes.event_strategies import EVENT_TYPES, strategy_of

REF = TaskRef(RunId("r"), TaskId("t"))
APPROVAL = ApprovalId("e:1")
OLD, NEW = CommitId("1111111aaaa"), CommitId("2222222bbbb")
WORKTREE = Worktree(path="/r/t", branch="orch/t", base_branch="main", base_commit=OLD)
FAULT = Fault(kind=FaultKind.NOT_LOGGED_IN, message="Codex is not logged in", next_step="codex login")
COMMIT = TaskCommit(id=NEW, subject="Add search", files=2, insertions=5, deletions=1)
DECIDED = ev.ApprovalDecided(ref=REF, approval=APPROVAL, choice=Choice.ACCEPT)
REQUEST = ApprovalRequest(
    request_id="1", kind=ApprovalKind.COMMAND, thread=ThreadId("th"), turn=TurnId("u"), item=ItemId("i")
)


@pytest.mark.parametrize(
    ("event", "kind", "text"),
    [
        (
            ev.CommitMade(ref=REF, commit=COMMIT, totals=DiffTotals(), notes=("two files were left out",)),
            LogKind.COMMIT,
            "2222222 Add search (2 files +5 −1)\ntwo files were left out",
        ),
        (
            ev.CommitMade(ref=REF, commit=replace(COMMIT, files=1), totals=DiffTotals()),
            LogKind.COMMIT,
            "2222222 Add search (1 file +5 −1)",
        ),
        (ev.NothingToCommit(ref=REF), LogKind.NOTE, "the turn changed no file: nothing to commit"),
        (
            ev.BranchFollowed(ref=REF, worktree=WORKTREE, tip=NEW, commits=(COMMIT,), totals=DiffTotals()),
            LogKind.COMMIT,
            "the branch was moved by other hands: now at 2222222, 1 commit",
        ),
        (
            ev.TaskQueued(ref=REF, text="use tabs", must_wait=True),
            LogKind.NOTE,
            "waits for a free worker, which will get: use tabs",
        ),
        (
            ev.UpdateFinished(ref=REF, worktree=WORKTREE, tip=NEW, totals=DiffTotals()),
            LogKind.COMMIT,
            "updated: now stands on main 1111111",
        ),
        (
            ev.UpdateRefused(ref=REF, reason="they clash", conflicts=("a.py", "b.py")),
            LogKind.ERROR,
            "not updated: they clash\n  a.py\n  b.py",
        ),
        (
            ev.MergeFinished(ref=REF, base_branch="main", old=OLD, new=NEW),
            LogKind.COMMIT,
            "merged: main 1111111 → 2222222",
        ),
        (
            ev.MergeRefused(ref=REF, reason="you have edits there", paths=("a.py",)),
            LogKind.ERROR,
            "not merged: you have edits there\n  a.py",
        ),
        (ev.WorktreeRemoved(ref=REF), LogKind.NOTE, "worktree removed"),
        (
            ev.WorktreeRemoved(ref=REF, backup_ref="refs/codex-orch/r/t"),
            LogKind.NOTE,
            "worktree removed, kept as refs/codex-orch/r/t",
        ),
        (ev.WorktreeKept(ref=REF, reason="it has edits"), LogKind.NOTE, "worktree kept: it has edits"),
        (
            ev.WorktreeCreated(ref=REF, worktree=WORKTREE),
            LogKind.NOTE,
            "worktree on branch orch/t, from main 1111111",
        ),
        (
            ev.WorktreeCreated(ref=REF, worktree=WORKTREE, copied=(".env", "a.cfg")),
            LogKind.NOTE,
            "worktree on branch orch/t, from main 1111111, copied .env, a.cfg",
        ),
        (
            ev.SetupFinished(ref=REF, command="make", exit_code=0, duration_ms=1),
            LogKind.NOTE,
            "setup: make · exit 0",
        ),
        (
            ev.SetupFinished(ref=REF, command="make", exit_code=None, duration_ms=1, output_tail="working…"),
            LogKind.ERROR,
            "setup: make · time limit reached\nworking…",
        ),
        (
            ev.WorkerEnded(ref=REF, epoch=EpochId("e"), exit_code=-9, expected=False, how="killed"),
            LogKind.ERROR,
            "the worker process ended (exit -9) killed",
        ),
        (
            ev.WorkerEnded(ref=REF, epoch=EpochId("e"), exit_code=None, expected=False),
            LogKind.ERROR,
            "the worker process ended (no exit code)",
        ),
        (ev.TaskFailed(ref=REF, fault=FAULT), LogKind.ERROR, "Codex is not logged in → codex login"),
        (ev.TaskLost(ref=REF, fault=replace(FAULT, next_step="")), LogKind.ERROR, "Codex is not logged in"),
        (ev.FaultTold(ref=REF, fault=FAULT), LogKind.ERROR, "Codex is not logged in → codex login"),
        (
            ev.TurnEnded(ref=REF, turn=TurnId("u"), status=TurnStatus.FAILED, fault=FAULT),
            LogKind.ERROR,
            "Codex is not logged in → codex login",
        ),
        (
            ev.TaskInterrupted(ref=REF, cause="the program ended", next_step="c continues it"),
            LogKind.NOTE,
            "the program ended → c continues it",
        ),
        (ev.StopRequested(ref=REF), LogKind.NOTE, "you stopped the worker"),
        (ev.TaskDiscarded(ref=REF, backup_ref="refs/x"), LogKind.NOTE, "discarded; everything is kept as refs/x"),
        (ev.NoteAdded(ref=REF, kind=LogKind.WARNING, text="mind this"), LogKind.WARNING, "mind this"),
        (
            ev.ApprovalClosed(ref=REF, approval=APPROVAL, outcome=Outcome.WORKER_LOST, cause="it died"),
            LogKind.ANSWER,
            "worker lost: it died",
        ),
        (
            ev.DecisionNotKept(ref=REF, approval=APPROVAL, cause="no space"),
            LogKind.ERROR,
            "the answer was not sent: no space",
        ),
        (DECIDED, LogKind.ANSWER, "accepted by you"),
        (
            replace(DECIDED, choice=Choice.DECLINE, message="use the fake"),
            LogKind.ANSWER,
            "declined by you: use the fake",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ev.TaskEvent) else "",
)
def test_the_line_of_an_event(event: ev.OfTask, kind: LogKind, text: str) -> None:
    assert note_of(event, State()) == (kind, text)


def test_an_answer_says_how_long_the_worker_waited() -> None:
    approval = Approval(id=APPROVAL, ref=REF, request=REQUEST, asked_at_s=100.0, decided_at_s=141.4)
    state = State(approvals={APPROVAL: approval})
    assert note_of(DECIDED, state) == (LogKind.ANSWER, "accepted by you after 41s")
    long = State(approvals={APPROVAL: replace(approval, decided_at_s=349.0)})
    assert note_of(DECIDED, long) == (LogKind.ANSWER, "accepted by you after 4m09s")
    back = State(approvals={APPROVAL: replace(approval, decided_at_s=99.0)})
    assert note_of(DECIDED, back) == (LogKind.ANSWER, "accepted by you after 0s"), "the clock may be set back"


def test_an_expected_end_of_a_worker_needs_no_line() -> None:
    assert note_of(ev.WorkerEnded(ref=REF, epoch=EpochId("e"), exit_code=0, expected=True), State()) is None


@pytest.mark.parametrize("choice", Choice)
def test_every_choice_has_a_word(choice: Choice) -> None:
    note = note_of(replace(DECIDED, choice=choice), State())
    assert note is not None
    assert note[1].partition(" by you")[1]


@pytest.mark.parametrize("cls", [cls for cls in EVENT_TYPES if cls in typing.get_args(ev.OfTask)])
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_every_event_of_a_task_has_a_line_or_none(cls: type[ev.TaskEvent], data: st.DataObject) -> None:
    note = note_of(data.draw(strategy_of(cls)), State())
    if note is not None:
        kind, text = note
        assert isinstance(kind, LogKind)
        assert isinstance(text, str)


def test_a_short_commit() -> None:
    assert short(OLD) == "1111111"
