"""What the last session left open, told truthfully when the repository is opened again.

A question that was open when the program ended reaches nobody any more, and a turn that was running is cut off: Codex
does not take either up again by itself. Both are said; nothing is sent or started.
"""

import os
import signal

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.domain.task import ACTIVE, Task, TaskState
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.process_identity import is_same

CONTINUE_STEP = "c continues it, D discards it"


def recover(hub: Hub) -> None:
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
    for task in tuple(hub.state.tasks.values()):
        _recover_task(hub, task)


def _recover_task(hub: Hub, task: Task) -> None:
    if task.worker is not None:
        how = "it was still running and was ended" if _end_leftover(task) else ""
        ended = ev.WorkerEnded(ref=task.ref, epoch=task.worker.epoch, exit_code=None, expected=True, how=how)
        hub.apply(ended)
    if task.state is TaskState.QUEUED:
        cause = "the program ended before this task was started"
    elif task.state in ACTIVE:
        cause = "the program ended while this task was at work"
    else:
        return
    hub.apply(ev.TaskInterrupted(ref=task.ref, cause=cause, next_step=CONTINUE_STEP))


def _end_leftover(task: Task) -> bool:
    """End a worker of a dead session. Codex ends by itself when its stdin closes, so one that is left is stuck."""
    worker = task.worker
    if worker is None or not is_same(worker.pid, worker.process_started_s):
        return False
    os.killpg(worker.pid, signal.SIGTERM)
    return True
