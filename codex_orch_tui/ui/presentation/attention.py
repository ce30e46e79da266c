"""What waits for the person, in the order in which it is best looked at."""

from dataclasses import dataclass

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ASKING, CONTINUABLE, TaskState


@dataclass(frozen=True, slots=True)
class Attention:
    """A task that waits for the person, by a question or by its state."""

    ref: TaskRef
    is_question: bool = False


def next_attention(state: State, current: TaskRef | None, *, skip_questions: bool = False) -> Attention | None:
    """The oldest open question; without one the next stopped task after the current one, then the next to review."""
    if not skip_questions:
        for approval in state.pending:
            return Attention(approval.ref, is_question=True)
    waiting = [ref for ref, task in state.tasks.items() if task.state in CONTINUABLE]
    waiting += [ref for ref, task in state.tasks.items() if task.state is TaskState.DONE]
    if not waiting:
        return None
    place = waiting.index(current) + 1 if current in waiting else 0
    return Attention(waiting[place % len(waiting)])


def first_task(state: State) -> TaskRef | None:
    """What to look at first: a task that asks, else one at work, else the newest run's first."""
    for group in (ASKING, ACTIVE):
        for ref, task in state.tasks.items():
            if task.state in group:
                return ref
    newest = next(reversed(tuple(state.runs.values())), None)
    return newest.tasks[0] if newest is not None and newest.tasks else None
