"""Why a task does not begin, in few words."""

from collections.abc import Mapping, Sequence

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.schedule import Reason, Wait
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, CONTINUABLE, Task, TaskState
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.ui.presentation.glyphs import PLANNED, TASK_LOOKS, WAITS, Look

Waits = Mapping[TaskRef, Wait]

PAUSED = Look("paused", "‖", "|")
"""The person paused it, or its run."""
_NAMED = 2
"""So many of the tasks that are waited for are named in a row."""


def names(refs: Sequence[TaskRef], *, named: int = _NAMED) -> str:
    """The tasks by their ids: `a, b +3`."""
    told = ", ".join(clean_line(ref.task) for ref in refs[:named])
    return f"{told} +{len(refs) - named}" if len(refs) > named else told


def wait_words(wait: Wait, state: State, *, named: int = _NAMED) -> str:
    """What a task waits for: `waits for a, b`, `same files as c`, `blocked: d failed`; empty for a slot.

    A slot is what every queued task waits for, and so is no news.
    """
    match wait.reason:
        case Reason.DEPENDENCY:
            return f"waits for {names(wait.on, named=named)}"
        case Reason.CLAIM:
            return f"same files as {names(wait.on, named=named)}"
        case Reason.BLOCKED:
            return f"blocked: {_stopped(wait.on, state)}"
        case Reason.HELD:
            return PAUSED.word
        case Reason.RATE_LIMIT:
            return "rate limit"
        case Reason.SLOT:
            return ""


def _stopped(refs: Sequence[TaskRef], state: State) -> str:
    first = state.tasks.get(refs[0]) if refs else None
    if first is None:
        return "what it needs has stopped"
    more = f" +{len(refs) - 1}" if len(refs) > 1 else ""
    return f"{clean_line(first.ref.task)} {TASK_LOOKS[first.state].word}{more}"


def look_of(task: Task, wait: Wait | None) -> Look:
    """The sign and word of a task: its state's, unless it is paused or waits for another task."""
    if task.is_taken_up:
        return PLANNED
    if task.held and task.state in CONTINUABLE | {TaskState.QUEUED}:
        return PAUSED
    if task.state is TaskState.QUEUED and wait is not None:
        match wait.reason:
            case Reason.HELD:
                return PAUSED
            case Reason.DEPENDENCY | Reason.BLOCKED | Reason.CLAIM:
                return WAITS
            case Reason.RATE_LIMIT | Reason.SLOT:
                pass
    return TASK_LOOKS[task.state]


def state_words(task: Task, wait: Wait | None) -> frozenset[str]:
    """All words by which a person may ask for tasks in this state."""
    words = {TASK_LOOKS[task.state].word, look_of(task, wait).word}
    if task.state is TaskState.QUEUED and wait is not None and wait.reason is Reason.BLOCKED:
        words.add("blocked")
    return frozenset(words)


def is_stuck(state: State, waits: Waits) -> bool:
    """Nothing works, and nothing that is planned can begin without the person."""
    held_up = {Reason.BLOCKED, Reason.HELD, Reason.DEPENDENCY}
    for ref, task in state.tasks.items():
        if task.state in ACTIVE:
            return False
        wait = waits.get(ref)
        if task.state is TaskState.QUEUED and not task.spec.is_group and (wait is None or wait.reason not in held_up):
            return False
    return True
