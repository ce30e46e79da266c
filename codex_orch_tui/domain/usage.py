"""Tokens added up, and kept under the model that did the work: pure replacements for the reducer."""

from collections.abc import Iterable, Mapping

from codex_orch_tui.domain.ids import ThreadId
from codex_orch_tui.domain.item import Usage
from codex_orch_tui.domain.replacing import replace
from codex_orch_tui.domain.task import Task


def added(usages: Iterable[Usage]) -> Usage:
    """All of them together; the window is the last one that is known."""
    total = Usage()
    for one in usages:
        total = Usage(
            input_tokens=total.input_tokens + one.input_tokens,
            cached_input_tokens=total.cached_input_tokens + one.cached_input_tokens,
            output_tokens=total.output_tokens + one.output_tokens,
            reasoning_tokens=total.reasoning_tokens + one.reasoning_tokens,
            total_tokens=total.total_tokens + one.total_tokens,
            context_window=one.context_window or total.context_window,
        )
    return total


def usage_by_model(task: Task) -> Mapping[str, Usage]:
    """What each model used for the task, in all of its attempts; the name is empty while it is not known."""
    known = task.used_by.get(task.works_with, Usage())
    return {**task.used_by, task.works_with: added((known, _present(task)))}


def with_usage(task: Task, thread: ThreadId | None, usage: Usage) -> Task:
    """The task after a thread of it told its tokens so far: its own one, or that of a sub-agent."""
    threads = {**task.usage_of_threads, thread or task.thread or ThreadId(""): usage}
    own = threads.get(task.thread or ThreadId(""), usage)
    total = replace(added(threads.values()), context_window=own.context_window)
    return replace(task, usage_of_threads=threads, usage=total)


def with_model(task: Task, *, model: str, rerouted_to: str = "") -> Task:
    """The task with another model at work: what was used before stays under the name of the one that used it."""
    changed = replace(task, model=model, rerouted_to="" if rerouted_to == model else rerouted_to)
    before = _present(task)
    if changed.works_with == task.works_with or not before.total_tokens:
        return changed
    known = task.used_by.get(task.works_with, Usage())
    return replace(changed, used_by={**task.used_by, task.works_with: added((known, before))})


def _present(task: Task) -> Usage:
    """What the model at work used: all that no other one has."""
    others = added(task.used_by.values())
    total = added((task.earlier_usage, task.usage))
    return Usage(
        input_tokens=max(0, total.input_tokens - others.input_tokens),
        cached_input_tokens=max(0, total.cached_input_tokens - others.cached_input_tokens),
        output_tokens=max(0, total.output_tokens - others.output_tokens),
        reasoning_tokens=max(0, total.reasoning_tokens - others.reasoning_tokens),
        total_tokens=max(0, total.total_tokens - others.total_tokens),
    )
