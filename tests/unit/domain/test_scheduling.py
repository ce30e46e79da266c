"""What the person's decisions on when a task begins make of it."""

from dataclasses import replace

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import CommitId, RunId, TaskId, TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.item import TurnStatus, Usage
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.reducer import reduce_all
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.domain.worktree import Worktree

RUN = RunId("r")
EPIC, FEATURE, A, B = (TaskRef(RUN, TaskId(name)) for name in ("epic", "feature", "a", "b"))
PLAN = Plan(
    title="p",
    tasks=(
        TaskSpec(id=A.task, title="a", prompt="a", parent=FEATURE.task),
        TaskSpec(id=FEATURE.task, title="f", prompt="", parent=EPIC.task),
        TaskSpec(id=EPIC.task, title="e", prompt=""),
        TaskSpec(id=B.task, title="b", prompt="b", depends_on=(A.task,)),
    ),
)
TREE = Worktree(path="/w", branch="orch/a", base_branch="main", base_commit=CommitId("1"))
TURN = TurnId("u")


def after(*events: ev.Event) -> State:
    """The state after the plan was approved and these events, ten seconds apart."""
    every = (ev.RunCreated(run=RUN, plan=PLAN, base_branch="main"), *events)
    return reduce_all(
        State(), (ev.Recorded(seq=seq, at_s=10.0 * seq, event=event) for seq, event in enumerate(every, 1))
    )


DONE = (
    ev.TaskStarted(ref=A),
    ev.WorktreeCreated(ref=A, worktree=TREE),
    ev.ThreadOpened(ref=A, thread=ThreadId("t"), resumed=False),
    ev.TurnStarted(ref=A, turn=TURN, prompt="a"),
    ev.UsageUpdated(ref=A, usage=Usage(input_tokens=3, output_tokens=4, total_tokens=7)),
    ev.TurnEnded(ref=A, turn=TURN, status=TurnStatus.COMPLETED),
    ev.TaskFinished(ref=A),
)


def test_a_group_stands_for_what_is_in_it_and_is_no_task_of_its_own() -> None:
    state = after()
    assert [task.ref for task in sel.working_tasks(state, EPIC)] == [A]
    assert [task.ref for task in sel.working_tasks(state, B)] == [B]
    assert sel.counts(state).queued == 2
    assert {task.ref for task in state.tasks.values() if sel.has_worktree(task)} == {A, B}
    assert not sel.is_planned(state.tasks[EPIC])
    assert not sel.can_message(state.tasks[EPIC])


def test_held_and_released() -> None:
    assert after(ev.TaskHeld(ref=A)).tasks[A].held
    assert not after(ev.TaskHeld(ref=A), ev.TaskReleased(ref=A)).tasks[A].held


def test_priority_and_texts_for_the_first_turn() -> None:
    task = after(ev.PriorityChanged(ref=A, priority=3), ev.TextAdded(ref=A, text="x"), ev.TextAdded(ref=A, text="y"))
    assert task.tasks[A].spec.priority == 3
    assert task.tasks[A].unsent == "x\n\ny"


def test_a_run_is_paused_and_resumed() -> None:
    paused = after(ev.RunPaused(run=RUN, cause="the program ended", cut_off=(A,)))
    assert (paused.runs[RUN].paused, paused.runs[RUN].pause_cause, paused.runs[RUN].cut_off) == (
        True,
        "the program ended",
        (A,),
    )
    resumed = after(ev.RunPaused(run=RUN, cause="x", cut_off=(A,)), ev.RunResumed(run=RUN)).runs[RUN]
    assert (resumed.paused, resumed.pause_cause, resumed.cut_off) == (False, "", ())
    assert after(ev.RunPaused(run=RunId("other"), cause="x")).runs == after().runs


def test_another_attempt_knows_of_the_one_before_only_what_was_told() -> None:
    before, task = after(*DONE).tasks[A], after(*DONE, ev.TaskRestarted(ref=A, backup_ref="refs/x/1")).tasks[A]
    assert before.worked_s == 30.0
    assert (task.state, task.attempt, task.backup_ref) == (TaskState.QUEUED, 2, "refs/x/1")
    assert sel.is_planned(task)
    assert (task.worktree, task.tip, task.thread, task.answer, task.commits) == (None, None, None, "", ())
    assert (len(task.turns), task.earlier_turns, task.worked_s) == (1, 1, 0.0)
    assert sel.total_tokens(after(*DONE, ev.TaskRestarted(ref=A))) == 7


def test_what_is_skipped_has_ended_and_its_worktree_is_gone() -> None:
    state = after(*DONE, ev.TaskSkipped(ref=A, backup_ref="refs/x/1"))
    assert state.tasks[A].state is TaskState.SKIPPED
    assert state.tasks[A].worktree_removed
    assert {task.ref for task in state.tasks.values() if sel.has_worktree(task)} == {B}


def test_a_task_that_stands_on_results_is_behind_only_when_they_are_merged() -> None:
    tree = replace(TREE, branch="orch/b", base_commit=CommitId("2"))
    made = ev.WorktreeCreated(ref=B, worktree=tree, joins=(A,), base_tip=CommitId("1"))
    state = after(*DONE, made)
    assert state.base_tips == {"main": "1"}
    assert not sel.is_behind(state, state.tasks[B])
    assert [task.ref for task in sel.unmerged_joins(state, state.tasks[B])] == [A]
    merged = ev.MergeFinished(ref=A, base_branch="main", old=CommitId("1"), new=CommitId("9"))
    state = after(*DONE, made, merged)
    assert sel.is_behind(state, state.tasks[B])
    assert sel.unmerged_joins(state, state.tasks[B]) == ()
    assert state.tasks[B].notes[-1].text == "worktree on branch orch/b, from a 2"


def test_the_notes_tell_a_clash() -> None:
    made = ev.WorktreeCreated(ref=B, worktree=TREE, joins=(A,), conflicts=("x.py",))
    assert after(made).tasks[B].notes[-1].text.endswith("; they clash, with conflict markers in\n  x.py")
