"""Which tasks the tree shows while it is filtered: by words of title, id and role, and by state.

A word fits where it stands in the text or is the state's word; after a colon it is about the state only, from its
beginning: `:fail`. Several states are separated by commas: `:failed,asks`. All words have to fit.
"""

from dataclasses import dataclass

from codex_orch_tui.domain.plan import TaskSpec
from codex_orch_tui.domain.schedule import Wait
from codex_orch_tui.domain.task import Task
from codex_orch_tui.ui.presentation.wait_words import state_words


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What the person typed, taken apart; an empty one fits everything."""

    words: tuple[str, ...] = ()
    states: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.states)

    def fits(self, task: Task, wait: Wait | None, text: str) -> bool:
        """Whether a task is one of those.

        Args:
            task: the task.
            wait: why it does not begin.
            text: what `text_of` makes of it.
        """
        told = state_words(task, wait)
        return all(word in text or word in told for word in self.words) and all(
            any(word.startswith(begin) for begin in begins for word in told) for begins in self.states
        )

    def fits_group(self, text: str) -> bool:
        """Whether the name of a group or run is asked for: then all that is in it is shown."""
        return not self.states and all(word in text for word in self.words)


def parsed(typed: str) -> TaskFilter:
    """The filter that a text stands for."""
    words, states = [], []
    for word in typed.casefold().split():
        if not word.startswith(":"):
            words.append(word)
        elif begins := tuple(begin for begin in word[1:].split(",") if begin):
            states.append(begins)
    return TaskFilter(tuple(words), tuple(states))


def text_of(spec: TaskSpec) -> str:
    """What the words of a filter are looked for in."""
    return f"{spec.title}\n{spec.id}\n{spec.role}".casefold()
