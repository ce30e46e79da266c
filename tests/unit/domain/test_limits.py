"""What a task may use."""

from dataclasses import replace

import pytest

from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef, TurnId
from codex_orch_tui.domain.item import FaultKind, Usage
from codex_orch_tui.domain.limits import left_s, no_further_turn, reached_limit, with_room, worked_s
from codex_orch_tui.domain.plan import Limits, TaskSpec
from codex_orch_tui.domain.task import Task, TaskState, Turn


def task(limits: Limits, *, turns: int = 0, tokens: int = 0, worked: float = 0.0) -> Task:
    spec = TaskSpec(id=TaskId("t"), title="t", prompt="p", limits=limits)
    made = tuple(Turn(id=TurnId(str(n)), number=n, prompt="p", started_at_s=0.0) for n in range(1, turns + 1))
    return Task(
        ref=TaskRef(RunId("r"), spec.id),
        spec=spec,
        base_branch="main",
        state=TaskState.DONE,
        since_s=100.0,
        created_at_s=0.0,
        turns=made,
        usage=Usage(total_tokens=tokens),
        worked_s=worked,
    )


def test_without_limits_nothing_is_reached() -> None:
    used = task(Limits(), turns=99, tokens=10**9, worked=1e9)
    assert no_further_turn(used, 0.0) is None
    assert with_room(used, 0.0) is used
    assert left_s(replace(used, state=TaskState.RUNNING), 0.0) is None


@pytest.mark.parametrize(
    ("used", "message"),
    [
        (task(Limits(tokens=1000), tokens=1000), "stopped: 1,000 tokens are used; its limit is 1,000"),
        (task(Limits(minutes=2), worked=120.0), "stopped: it has worked for 2 minutes, which is its limit"),
        (task(Limits(turns=2), turns=2), "stopped: it has had 2 turns, which is its limit"),
    ],
)
def test_a_limit_is_told_and_the_person_may_let_it_go_on(used: Task, message: str) -> None:
    fault = no_further_turn(used, 0.0)
    assert fault is not None
    assert (fault.kind, fault.message) == (FaultKind.LIMIT, message)
    again = with_room(used, 0.0)
    assert again.allowances == 2
    assert no_further_turn(again, 0.0) is None


def test_turns_end_no_turn_that_runs() -> None:
    assert reached_limit(task(Limits(turns=1), turns=1), 0.0) is None


def test_however_much_was_used_there_is_room_again() -> None:
    used = with_room(task(Limits(tokens=1000), tokens=5_300), 0.0)
    assert used.allowances == 6
    assert reached_limit(used, 0.0) is None
    assert with_room(task(Limits(minutes=5e-324), worked=1e300), 0.0).allowances > 1


def test_only_the_time_of_turns_counts() -> None:
    running = replace(task(Limits(minutes=1), worked=20.0), state=TaskState.RUNNING)
    assert worked_s(running, 130.0) == 50.0
    assert left_s(running, 130.0) == 10.0
    assert worked_s(replace(running, state=TaskState.WAITING_APPROVAL), 130.0) == 20.0


def test_another_attempt_has_its_own_turns() -> None:
    used = replace(task(Limits(turns=2), turns=3), earlier_turns=2)
    assert no_further_turn(used, 0.0) is None
