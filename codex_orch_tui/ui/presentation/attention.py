"""What waits for the person, in the order in which it is best looked at."""

from dataclasses import dataclass

from codex_orch_tui.domain.approval import Approval, Choice, Decision, granted_words
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ASKING, CONTINUABLE
from codex_orch_tui.ui.presentation.approval_rows import fitted


@dataclass(frozen=True, slots=True)
class Attention:
    """A task that waits for the person, by a question or by its state."""

    ref: TaskRef
    is_question: bool = False


def next_attention(
    state: State, current: TaskRef | None, *, shown: Approval | None = None, skip_questions: bool = False
) -> Attention | None:
    """The open question that the card shows, else the oldest; then the next stopped task, then the next to review.

    Args:
        state: What is known.
        current: The task that is looked at; the next one comes after it.
        shown: The question on the card: the person is led to the task of what they will read.
        skip_questions: The person is there already.
    """
    if not skip_questions and state.pending:
        is_open = shown is not None and any(each.id == shown.id for each in state.pending)
        question = shown if shown is not None and is_open else state.pending[0]
        return Attention(question.ref, is_question=True)
    waiting = [ref for ref, task in state.tasks.items() if task.state in CONTINUABLE]
    waiting += [ref for ref, task in state.tasks.items() if task.is_to_review]
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
    if newest is None or not newest.tasks:
        return None
    return next((ref for ref in newest.tasks if not state.tasks[ref].spec.is_group), newest.tasks[0])


_TOLD_CELLS = 48
"""Of what was answered: the word of it lies over another question for some seconds."""
_ANSWERED = {
    Choice.ACCEPT: "Accepted",
    Choice.ACCEPT_FOR_SESSION: "Accepted for this session",
    Choice.ACCEPT_FOR_GOOD: "Accepted, and for good by Codex's own rule",
    Choice.DECLINE: "Declined, it goes on without",
    Choice.CANCEL: "Cancelled, the turn ends",
    Choice.ANSWER: "Answered",
    Choice.GRANT: "Granted",
}


def answer_told(approval: Approval, decision: Decision) -> str:
    """What was just answered, in one line: the card itself is gone. Of a grant, exactly what was granted."""
    request = approval.request
    about = request.command or request.host or next((edit.path for edit in request.files), "") or request.reason
    told = _ANSWERED[decision.choice]
    if decision.choice is Choice.GRANT:
        told += " for this session" if decision.for_session else " for this turn"
        about = granted_words(request, decision.granted or ())
    line = about.partition("\n")[0]
    if decision.choice is not Choice.GRANT:
        line = fitted(line, _TOLD_CELLS)
    return f"{told}: {line} ({approval.ref.task})" if line else f"{told} ({approval.ref.task})"


def quiet_line(state: State) -> str:
    """What the empty inbox says: the next thing that a person could do."""
    stopped = sum(1 for task in state.tasks.values() if task.state in CONTINUABLE)
    to_review = sum(1 for task in state.tasks.values() if task.is_to_review)
    if stopped:
        tasks = "1 task" if stopped == 1 else f"{stopped} tasks"
        return f"No question is open. {tasks} stopped before the end: g goes there, c continues."
    if to_review:
        return "No question is open. g goes to what can be reviewed."
    return "Nothing needs you. n starts a task."
