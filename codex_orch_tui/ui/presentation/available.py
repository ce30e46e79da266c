"""Whether an action fits the current task, and if not, why: the sentence that is told when its key is pressed."""

from collections.abc import Callable, Mapping

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ENDED, Task, TaskState
from codex_orch_tui.ui.presentation.glyphs import TASK_LOOKS

NO_TASK = "No task is selected. n starts one."


def why_not(action_id: str, state: State, ref: TaskRef | None) -> str:
    """Why an action cannot be done on the task now; empty when it can."""
    reason = _REASONS.get(action_id)
    if reason is None:
        return ""
    task = state.tasks.get(ref) if ref is not None else None
    return NO_TASK if task is None else reason(task)


def _message(task: Task) -> str:
    if sel.can_message(task):
        return ""
    if task.state in ENDED:
        return f"It is {_word(task)}; n starts another task."
    return f"It is {_word(task)}; a message can be sent when its turn runs."


def _interrupt(task: Task) -> str:
    return "" if sel.can_interrupt(task) else f"No turn is running: it is {_word(task)}."


def _stop(task: Task) -> str:
    if task.state in ACTIVE or task.state is TaskState.QUEUED or task.worker is not None:
        return ""
    return f"No worker is at work: it is {_word(task)}."


def _resume(task: Task) -> str:
    if sel.can_continue(task):
        return ""
    return f"There is nothing to continue: it is {_word(task)}. s sends a message."


def _discard(task: Task) -> str:
    return f"It is {_word(task)} already." if task.state in ENDED else ""


def _folder(task: Task) -> str:
    if task.worktree is None:
        return "Its worktree is not made yet."
    return "Its worktree is removed; the branch is kept." if task.worktree_removed else ""


def _copy(task: Task) -> str:
    return "" if task.worktree is not None or task.thread is not None else "It has no branch and no thread yet."


def _review(task: Task) -> str:
    if task.worktree is None:
        return "There is nothing to review yet."
    return _at_rest(task)


def _merge(task: Task) -> str:
    if sel.can_merge(task):
        return ""
    if task.state in ENDED:
        return f"It is {_word(task)} already."
    return _at_rest(task) or "It has no commit to merge."


def _update(task: Task) -> str:
    if task.state in ENDED:
        return f"It is {_word(task)} already."
    return _folder(task) or _at_rest(task)


def _at_rest(task: Task) -> str:
    if task.state in ACTIVE or task.state is TaskState.QUEUED:
        return f"It is {_word(task)}: i interrupts the turn, x stops the worker."
    return ""


def _word(task: Task) -> str:
    word = TASK_LOOKS[task.state].word
    return {"asks": "waiting for your answer", "review": "done and waits for your review"}.get(word, word)


_REASONS: Mapping[str, Callable[[Task], str]] = {
    "task.message": _message,
    "task.interrupt": _interrupt,
    "task.stop": _stop,
    "task.resume": _resume,
    "task.discard": _discard,
    "task.edit": _folder,
    "task.shell": _folder,
    "task.copy": _copy,
    "task.review": _review,
    "task.merge": _merge,
    "task.update": _update,
}
