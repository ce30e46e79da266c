"""What screens and services ask of the state."""

from dataclasses import replace

import pytest

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.approval import Approval, ApprovalKind, ApprovalRequest, Choice, Outcome
from codex_orch_tui.domain.ids import ApprovalId, CommitId, ItemId, RunId, TaskId, TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.item import FileEdit, Item, ItemKind, TurnStatus, Usage
from codex_orch_tui.domain.plan import TaskSpec
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import DiffTotals, Task, TaskCommit, TaskState, Turn
from codex_orch_tui.domain.worktree import Worktree


def task_in(state: TaskState, name: str = "") -> Task:
    ref = TaskRef(RunId("r"), TaskId(name or state))
    spec = TaskSpec(id=ref.task, title=name, prompt="p")
    return Task(ref=ref, spec=spec, base_branch="main", state=state, since_s=1.0, created_at_s=1.0)


def state_of(*tasks: Task, approvals: tuple[Approval, ...] = ()) -> State:
    return State(
        tasks={task.ref: task for task in tasks},
        approvals={asked.id: asked for asked in approvals},
        pending=tuple(asked for asked in approvals if asked.is_pending),
    )


def approval(name: str, task: Task, **changes: object) -> Approval:
    request = ApprovalRequest(
        request_id=name, kind=ApprovalKind.COMMAND, thread=ThreadId("th"), turn=TurnId("u"), item=ItemId("i")
    )
    asked = Approval(id=ApprovalId(name), ref=task.ref, request=request, asked_at_s=1.0)
    return replace(asked, **changes)  # type: ignore[arg-type]


ALL = tuple(task_in(state) for state in TaskState)
COMMIT = TaskCommit(id=CommitId("c"), subject="s", files=1, insertions=1, deletions=0)


def names(*states: TaskState) -> set[str]:
    return set(states)


def test_every_state_is_counted_in_its_place() -> None:
    assert sel.counts(state_of(*ALL)) == sel.Counts(
        working=4, needs_you=0, to_review=1, queued=1, stopped=3, merged=1
    )  # waiting tasks are counted by their questions, discarded ones not at all


def test_needs_you_counts_open_questions_not_tasks() -> None:
    task = task_in(TaskState.WAITING_APPROVAL)
    asked = (approval("1", task), approval("2", task), approval("3", task, outcome=Outcome.DECLINED))
    assert sel.counts(state_of(task, approvals=asked)).needs_you == 2


def test_approvals_of_a_task_are_all_of_its_questions_in_their_order() -> None:
    one, two = task_in(TaskState.RUNNING, "one"), task_in(TaskState.RUNNING, "two")
    asked = (
        approval("9", two),
        approval("1", one),
        approval("5", two, choice=Choice.ACCEPT),
        approval("3", two, outcome=Outcome.EXPIRED),
    )
    state = state_of(one, two, approvals=asked)
    assert [asked.id for asked in sel.approvals_of(state, two.ref)] == ["9", "5", "3"]


def test_the_worktree_table_lists_what_is_or_will_be_on_disk() -> None:
    removed = replace(task_in(TaskState.DONE, "removed"), worktree_removed=True)
    listed = {task.state for task in ALL if sel.has_worktree(task)}
    assert listed == set(TaskState) - {TaskState.MERGED, TaskState.DISCARDED, TaskState.SKIPPED}
    assert not sel.has_worktree(removed)


def test_tokens_of_all_threads() -> None:
    tasks = (replace(task, usage=Usage(total_tokens=10)) for task in ALL[:3])
    assert sel.total_tokens(state_of(*tasks)) == 30


def test_a_running_turns_edits_come_on_top_of_what_is_committed() -> None:
    edits = (
        FileEdit(path="a.py", change="update", insertions=3, deletions=1),
        FileEdit(path="b.py", change="add", insertions=4),
    )
    again = (FileEdit(path="a.py", change="update", insertions=1),)
    items = tuple(
        Item(id=ItemId(str(number)), kind=kind, title="x", files=files)
        for number, (kind, files) in enumerate(
            [(ItemKind.FILE_CHANGE, edits), (ItemKind.FILE_CHANGE, again), (ItemKind.COMMAND, again)]
        )
    )
    turn = Turn(id=TurnId("u"), number=1, prompt="p", started_at_s=1.0, items=items)
    task = replace(task_in(TaskState.RUNNING), turns=(turn,), totals=DiffTotals(files=1, insertions=10, deletions=2))
    assert sel.edit_totals(task) == DiffTotals(files=2, insertions=18, deletions=3)
    ended = replace(task, turns=(replace(turn, status=TurnStatus.COMPLETED),))
    assert sel.edit_totals(ended) == task.totals
    assert sel.edit_totals(task_in(TaskState.QUEUED)) == DiffTotals()


@pytest.mark.parametrize("state", TaskState)
def test_what_a_person_can_do_with_a_task(state: TaskState) -> None:
    task = replace(task_in(state), commits=(COMMIT,))
    in_turn = names(TaskState.RUNNING, TaskState.WAITING_APPROVAL, TaskState.WAITING_INPUT)
    stopped = names(TaskState.FAILED, TaskState.INTERRUPTED, TaskState.LOST)
    assert sel.can_interrupt(task) is (state in in_turn)
    assert sel.can_continue(task) is (state in stopped)
    assert sel.can_message(task) is (
        state in in_turn | stopped | {TaskState.DONE, TaskState.QUEUED, TaskState.STARTING, TaskState.CHECKING}
    )
    assert sel.can_merge(task) is (state in stopped | {TaskState.DONE})


def test_only_commits_in_a_worktree_can_be_merged() -> None:
    done = task_in(TaskState.DONE)
    assert not sel.can_merge(done)
    assert not sel.can_merge(replace(done, commits=(COMMIT,), worktree_removed=True))


def test_a_task_is_behind_when_its_base_has_moved_on() -> None:
    worktree = Worktree(path="/w", branch="b", base_branch="main", base_commit=CommitId("1"))
    task = replace(task_in(TaskState.DONE), worktree=worktree)
    assert not sel.is_behind(State(), task)
    assert not sel.is_behind(State(base_tips={task.base_branch: CommitId("1")}), task)
    assert sel.is_behind(State(base_tips={task.base_branch: CommitId("2")}), task)
    assert not sel.is_behind(State(base_tips={task.base_branch: CommitId("2")}), replace(task, state=TaskState.MERGED))
