"""Our own, quicker `replace` gives what that of the standard library gives."""

import dataclasses

import pytest

from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import Task, TaskState
from tests.fakes.states import shop


@pytest.mark.parametrize("task", shop().state.tasks.values(), ids=lambda task: task.spec.id)
def test_it_does_what_the_standard_one_does_and_leaves_the_old_value_as_it_was(task: Task) -> None:
    before = dataclasses.replace(task)
    changed = replace(task, state=TaskState.LOST, answer="none")
    assert changed == dataclasses.replace(task, state=TaskState.LOST, answer="none")
    assert type(changed) is Task
    assert hash(changed) == hash(dataclasses.replace(task, state=TaskState.LOST, answer="none"))
    assert task == before
    assert replace(task) == task


def test_a_value_stays_frozen_and_an_unknown_field_is_told() -> None:
    state = replace(State(), seq=7)
    with pytest.raises(dataclasses.FrozenInstanceError):
        state.seq = 8  # type: ignore[misc]
    with pytest.raises(KeyError, match="sequence"):
        replace(state, sequence=8)
