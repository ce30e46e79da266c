"""What the last session left running is ended when the repository is opened again."""

import asyncio
import os
import subprocess
import sys

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Choice, Outcome
from codex_orch_tui.domain.check import CheckOutcome, CheckProcess
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import TurnStatus
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.process_identity import started_at_s
from codex_orch_tui.services.recovery import recover
from tests.fakes.hub import HubStory


def checking(story: HubStory, process: CheckProcess) -> TaskRef:
    (ref,) = story.run(["Greet"])
    story.start(ref)
    epoch = story.state.tasks[ref].worker
    assert epoch is not None
    story.tell(ev.WorkerEnded(ref=ref, epoch=epoch.epoch, exit_code=0, expected=True))
    story.tell(ev.TurnEnded(ref=ref, turn=story.turn(ref), status=TurnStatus.COMPLETED))
    story.tell(ev.CheckStarted(ref=ref, check="tests", command="pytest", commit=None, process=process))
    return ref


async def test_a_check_that_outlived_the_program_is_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        story = HubStory()
        ref = checking(story, CheckProcess(pid=child.pid, started_s=started_at_s(child.pid)))
        reaping = asyncio.create_task(asyncio.to_thread(child.wait, 10))
        await recover(story.hub)
        assert await reaping < 0
        task = story.hub.state.tasks[ref]
        assert task.state is TaskState.INTERRUPTED
        assert [run.outcome for run in task.checks] == [CheckOutcome.NOT_RUN]
        assert any("had outlived the program and was ended" in note.text for note in task.notes)
    finally:
        child.kill()
        child.wait()


async def test_another_process_with_its_number_is_left_alone() -> None:
    story = HubStory()
    ref = checking(story, CheckProcess(pid=os.getpid(), started_s=1.0))
    await recover(story.hub)
    assert story.hub.state.tasks[ref].state is TaskState.INTERRUPTED


async def test_a_decision_whose_delivery_is_not_known_is_told_and_not_sent_again() -> None:
    """The program was killed between the two: the decision is on disk, and nobody knows whether the worker has it."""
    story = HubStory()
    (ref,) = story.run(["Greet"])
    story.start(ref)
    decided, open_ = story.ask(ref), story.ask(ref)
    story.tell(ev.ApprovalDecided(ref=ref, approval=decided, choice=Choice.ACCEPT))
    await recover(story.hub)
    found = story.hub.state.approvals
    assert found[decided].outcome is Outcome.WORKER_LOST
    assert found[decided].cause == "decided “accept”, delivery unknown; it is not sent again"
    assert found[open_].outcome is Outcome.EXPIRED and "run the turn again" in found[open_].cause
