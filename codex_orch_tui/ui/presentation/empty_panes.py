"""What the panes of the main screen say while they have nothing to show: the next key, if there is one that works."""

from dataclasses import dataclass

from codex_orch_tui.domain.state import State
from codex_orch_tui.ui.presentation.attention import quiet_line


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyPanes:
    """A sentence for each pane."""

    worktrees: str
    tasks: str
    log: str
    questions: str


def where_tasks_can_begin(state: State) -> EmptyPanes:
    """Of a program that does what it is asked, or lets the holder do it."""
    of_task = "Nothing here yet. Lines appear as its worker speaks."
    return EmptyPanes(
        worktrees="No worktrees yet. n starts a task.",
        tasks="No tasks yet. n starts one.",
        log=of_task if state.tasks else "Nothing here yet. n starts a task; its log appears here.",
        questions="" if state.pending else quiet_line(state),  # it looks at every task
    )


def where_nobody_works(take_over: str) -> EmptyPanes:
    """Of a program that looks on where nobody holds the repository any more.

    Args:
        take_over: The key that takes it over.
    """
    return EmptyPanes(
        worktrees="No worktrees yet.",
        tasks=f"No tasks yet. {take_over} takes over, then n starts one.",
        log="Nothing here yet.",
        questions=f"Nobody runs this repository: {take_over} takes over.",
    )


def of_a_recording(step: str, *, is_at_end: bool) -> EmptyPanes:
    """Of a replay, at a moment.

    Args:
        step: The key that goes one event on.
        is_at_end: All has happened.
    """
    return EmptyPanes(
        worktrees="There was no worktree at this moment.",
        tasks="There was no task at this moment.",
        log="Nothing of this task was recorded."
        if is_at_end
        else f"Nothing here at this moment. {step} is one event on.",
        questions="No question was open at this moment.",
    )
