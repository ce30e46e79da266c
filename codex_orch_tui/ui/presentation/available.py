"""Whether an action fits the current task, and if not, why: the sentence that is told when its key is pressed."""

from collections.abc import Callable, Mapping

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.checking import can_check_again
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ASKING, ENDED, Task, TaskState
from codex_orch_tui.ui.bindings import Action, Group
from codex_orch_tui.ui.presentation.glyphs import TASK_LOOKS

NO_TASK = "No task is marked: ↓ goes to one."
NO_TASK_YET = "There is no task yet: n starts one."
_A_GROUP = "It holds other tasks and has no worker of its own: ↓ goes to one of them."
_FOR_GROUPS = frozenset({"task.pause", "task.retry", "task.skip", "task.earlier", "task.later"})
"""On a group these act on the tasks in it."""
FOR_RUNS = _FOR_GROUPS | {"task.merge"}
"""On a run's own row these act on the run."""
_LOOKS_ONLY = frozenset({"task.copy", "approval.view"})
_OF_NOW = frozenset({"go.what_next", "go.rules", "task.edit", "task.shell", "program.take_over"})
"""These are about what is there now, and not about what was there at a moment of a recording."""


def is_command(action: Action) -> bool:
    """Whether it starts, answers or changes something: then somebody has to hold the repository."""
    is_of_work = action.group in {Group.TASK, Group.LANDING, Group.APPROVAL}
    return is_of_work and action.id not in _LOOKS_ONLY | _OF_NOW


def is_of_now(action: Action) -> bool:
    """Whether it is about what is there now or comes next: a recording knows neither."""
    return action.id in _OF_NOW


def why_not(action_id: str, state: State, ref: TaskRef | None) -> str:
    """Why an action cannot be done on the task now; empty when it can."""
    reason = _REASONS.get(action_id)
    if reason is None:
        return ""
    task = state.tasks.get(ref) if ref is not None else None
    if task is None:
        return NO_TASK if state.tasks else NO_TASK_YET
    if task.spec.is_group:
        return "" if action_id in _FOR_GROUPS else _A_GROUP
    return reason(task)


def _message(task: Task) -> str:
    if sel.can_message(task):
        return ""
    if task.state in ENDED:
        return _ended(task)
    return f"It is {_word(task)}; a message can be sent when its turn runs."


def _interrupt(task: Task) -> str:
    if sel.can_interrupt(task):
        return ""
    return "It has stopped already; c continues it." if sel.can_continue(task) else "No turn of it is running."


def _stop(task: Task) -> str:
    if task.state in ACTIVE or task.state is TaskState.QUEUED or task.worker is not None:
        return ""
    return "It has no worker that could be stopped."


def _resume(task: Task) -> str:
    if sel.can_continue(task) or can_check_again(task):
        return ""
    if task.state in ENDED:
        return _ended(task)
    return f"It did not stop: it is {_word(task)}. s sends it a message."


def _discard(task: Task) -> str:
    return _ended(task) if task.state in ENDED else ""


def _pause(task: Task) -> str:
    if task.held or task.state in ACTIVE or task.state is TaskState.QUEUED:
        return ""
    return f"There is nothing to pause: it is {_word(task)}."


def _retry(task: Task) -> str:
    if sel.can_continue(task) or task.state in {TaskState.DONE, TaskState.SKIPPED}:
        return ""
    if task.state is TaskState.QUEUED:
        return "It has not begun yet."
    if task.state in ENDED:
        return _ended(task)
    return f"It can begin again when it is at rest: it is {_word(task)}. x stops it."


def _skip(task: Task) -> str:
    if sel.can_continue(task) or task.state is TaskState.QUEUED:
        return ""
    if task.state in ENDED:
        return _ended(task)
    if task.state is TaskState.DONE:
        return "It is done; D gives up what it made."
    return f"It is {_word(task)}: x stops it, then S does without it."


def _order(task: Task) -> str:
    return "" if task.state is TaskState.QUEUED else f"It has begun: it is {_word(task)}."


def _ended(task: Task) -> str:
    kept = f"; all of it is kept as {task.backup_ref}" if task.state is TaskState.DISCARDED and task.backup_ref else ""
    return f"It is {_word(task)}{kept}. n starts another task."


def _folder(task: Task) -> str:
    if task.worktree is None:
        return "Its worktree is not made yet."
    return "Its worktree is removed; the branch is kept." if task.worktree_removed else ""


def _copy(task: Task) -> str:
    return "" if task.worktree is not None or task.thread is not None else "It has no branch and no thread yet."


def _review(task: Task) -> str:
    if task.state in ENDED:
        return _ended(task)
    if task.worktree is None:
        return "There is nothing to review yet."
    return _at_rest(task, "Its diff opens when the turn has ended")


def _merge(task: Task) -> str:
    if sel.can_merge(task):
        return ""
    if task.state in ENDED:
        return _ended(task)
    return _at_rest(task, "It can be merged when its turn has ended") or "It has no commit to merge."


def _update(task: Task) -> str:
    if task.state in ENDED:
        return _ended(task)
    return _folder(task) or _at_rest(task, "It can be updated when its turn has ended")


def _at_rest(task: Task, then: str) -> str:
    """The harmless key first: what waits for an answer wants that, not its end."""
    if task.state in ASKING:
        return f"It waits for your answer: g goes to it. {then}."
    if task.state in ACTIVE or task.state is TaskState.QUEUED:
        return f"{then}."
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
    "task.pause": _pause,
    "task.retry": _retry,
    "task.skip": _skip,
    "task.earlier": _order,
    "task.later": _order,
    "task.edit": _folder,
    "task.shell": _folder,
    "task.copy": _copy,
    "task.review": _review,
    "task.merge": _merge,
    "task.update": _update,
}
