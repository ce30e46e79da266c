"""Stopping what another program works at."""

import asyncio
from typing import TYPE_CHECKING

from codex_orch_tui.cli.names import find_run
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.ids import RunId, TaskRef
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, TaskState
from codex_orch_tui.services.errors import NotPossibleError

if TYPE_CHECKING:
    from codex_orch_tui.services.facade import Facade


def whole_run(state: State, text: str) -> RunId | None:
    """The run that a text names; None when it names a task."""
    if "/" in text or any(ref.task == text for ref in state.tasks):
        return None
    if not any(str(run).startswith(text) for run in state.runs):
        return None
    return find_run(state, text).id


async def stop_run(facade: "Facade", run: RunId) -> tuple[TaskRef, ...]:
    """Let nothing more of a run begin, and end all its workers.

    Returns:
        The tasks that were stopped.

    Raises:
        NotPossibleError: nobody is there that could do it.
    """
    tasks = sel.work_of(facade.state, facade.state.runs[run])
    is_plan = len(facade.state.runs[run].tasks) > 1
    if is_plan:
        try:
            await facade.pause_run(run)
        except NotPossibleError as error:
            if type(error) is not NotPossibleError:
                raise  # nobody is there; otherwise it is paused already, or nothing of it is to come
    at_work = [task.ref for task in tasks if task.state in ACTIVE or (not is_plan and task.state is TaskState.QUEUED)]
    # One that is refused, as it has just ended, must not take back what was asked for the others.
    ends = await asyncio.gather(*(facade.stop(ref) for ref in at_work), return_exceptions=True)
    for end in ends:
        if end is not None:
            raise end
    return tuple(at_work)
