"""What the last session left open, told truthfully when the repository is opened again.

A question that was open when the program ended reaches nobody any more, and a turn that was running is cut off: Codex
does not take either up again by itself. Both are said; nothing is sent or started.
"""

import asyncio
import contextlib
import os
import signal

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.task import ACTIVE, Task, TaskState
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.process_identity import is_same
from codex_orch_tui.services.scheduler import pause_at_end

CONTINUE_STEP = "continue it (c) or discard it (D)"
TERM_S = 2.0
KILL_S = 2.0
_ASK_AGAIN_S = 0.02


async def recover(hub: Hub) -> None:
    """Close what a dead session left open. Called once, with the lock held, before anything is started."""
    for approval in tuple(hub.state.approvals.values()):
        if approval.outcome is not Outcome.PENDING:
            continue
        if approval.choice is None:
            outcome, cause = Outcome.EXPIRED, "the program ended before you answered; run the turn again"
        else:
            words = approval.choice.replace("_", " ")
            outcome, cause = Outcome.WORKER_LOST, f"decided “{words}”, delivery unknown; it is not sent again"
        hub.apply(ev.ApprovalClosed(ref=approval.ref, approval=approval.id, outcome=outcome, cause=cause))
    at_work = frozenset(task.ref for task in hub.state.tasks.values() if task.state in ACTIVE)
    for task in tuple(hub.state.tasks.values()):
        await _recover_task(hub, task)
    for run in tuple(hub.state.runs.values()):
        if event := pause_at_end(hub.state, run, at_work):
            hub.apply(event)


async def _recover_task(hub: Hub, task: Task) -> None:
    if task.worker is not None:
        worker = task.worker
        if await end_leftover(worker.pid, worker.process_started_s):
            text = f"the worker (process {worker.pid}) had outlived the program and was ended"
            hub.apply(ev.NoteAdded(ref=task.ref, kind=LogKind.WARNING, text=text))
        hub.apply(ev.WorkerEnded(ref=task.ref, epoch=worker.epoch, exit_code=None, expected=True))
    for check in task.checks:
        process = check.process
        if process is not None and await end_leftover(process.pid, process.started_s):
            text = f"the check {check.name} (process {process.pid}) had outlived the program and was ended"
            hub.apply(ev.NoteAdded(ref=task.ref, kind=LogKind.WARNING, text=text))
    if task.spec.is_group or (sel.is_planned(task) and len(hub.state.runs[task.ref.run].tasks) > 1):
        return  # The plan is paused as a whole.
    if task.state is TaskState.QUEUED:
        cause = "the program ended before this task got " + ("its next turn" if task.turns else "started")
    elif task.state in ACTIVE:
        cause = "the program ended while this task was at work"
    else:
        return
    hub.apply(ev.TaskInterrupted(ref=task.ref, cause=cause, next_step=CONTINUE_STEP))


async def end_leftover(pid: int, started_s: float) -> bool:
    """End a process group of a dead session; tells whether it was there.

    A worker's Codex ends by itself when its stdin closes, so one that is left is stuck.
    """
    is_there = False
    for number, bound_s in ((signal.SIGTERM, TERM_S), (signal.SIGKILL, KILL_S)):
        if not await asyncio.to_thread(is_same, pid, started_s):
            break
        is_there = True
        with contextlib.suppress(ProcessLookupError, PermissionError):  # It may go at this moment.
            os.killpg(pid, number)
            os.killpg(pid, signal.SIGCONT)  # A stopped process takes no other signal.
        await _gone(pid, started_s, bound_s)
    return is_there


async def _gone(pid: int, started_s: float, bound_s: float) -> None:
    """Return when the process is gone or the time is over. It is no child of ours: there is only asking."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(bound_s):
            while await asyncio.to_thread(is_same, pid, started_s):  # noqa: ASYNC110 - see above
                await asyncio.sleep(_ASK_AGAIN_S)
