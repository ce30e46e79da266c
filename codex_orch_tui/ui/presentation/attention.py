"""What waits for the person, in the order in which it is best looked at."""

from dataclasses import dataclass

from codex_orch_tui.domain.approval import Approval, Choice
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


_ANSWERED = {
    Choice.ACCEPT: "Accepted",
    Choice.ACCEPT_FOR_SESSION: "Accepted for this session",
    Choice.ACCEPT_FOR_GOOD: "Accepted, and for good by Codex's own rule",
    Choice.DECLINE: "Declined, it goes on without",
    Choice.CANCEL: "Cancelled, the turn ends",
    Choice.ANSWER: "Answered",
    Choice.GRANT: "Granted",
}


def answer_told(approval: Approval, choice: Choice) -> str:
    """What was just answered, in one line: the card itself is gone."""
    request = approval.request
    about = request.command or request.host or next((edit.path for edit in request.files), "") or request.reason
    line = about.partition("\n")[0]
    return (
        f"{_ANSWERED[choice]}: {line} ({approval.ref.task})" if line else f"{_ANSWERED[choice]} ({approval.ref.task})"
    )


def quiet_line(state: State) -> str:
    """What the empty inbox says: the next thing that a person could do."""
    stopped = sum(1 for task in state.tasks.values() if task.state in CONTINUABLE)
    to_review = sum(1 for task in state.tasks.values() if task.state is TaskState.DONE)
    if stopped:
        tasks = "1 task" if stopped == 1 else f"{stopped} tasks"
        return f"No question is open. {tasks} stopped before the end: g goes there, c continues."
    if to_review:
        return "No question is open. g goes to what can be reviewed."
    return "Nothing needs you. n starts a task."
