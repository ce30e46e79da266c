"""A yes counts for what was shown: on the real Codex, with a file that changes while the question is open."""

import asyncio
from pathlib import Path

import pytest

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Say, Script, Shell
from codex_orch_tui.services.errors import AnswerRefusedError
from tests.scenarios.stage import ACCEPT, DECLINE, stage

pytestmark = pytest.mark.codex


def marks(root: Path) -> Script:
    touch = Shell(cmd=f"printf done > {root}/outside/mark", escalate=True, justification="the mark is elsewhere")
    return Script("MARK", (touch, Say(text="went on")))


async def test_what_changed_since_it_was_shown_is_asked_again(scratch: Path) -> None:
    async with stage(scratch, [marks(scratch)]) as on:
        (ref,) = await on.start("MARK it")
        approval = await on.asked()
        await on.orchestrator.shown(approval.id, "the card")
        mark = on.outside / "mark"
        mark.write_text("somebody else's")
        with pytest.raises(AnswerRefusedError, match=r"mark changed since it was shown; nothing was sent"):
            await on.orchestrator.answer(approval.id, ACCEPT)
        again = on.orchestrator.state.approvals[approval.id]
        assert again.is_pending
        assert again.times_asked == 2
        assert again.changed == (str(mark),)
        assert mark.read_text() == "somebody else's"

        await on.orchestrator.answer(approval.id, ACCEPT)
        await on.until_state(ref, TaskState.DONE)
        assert mark.read_text() == "done"
        assert on.orchestrator.state.approvals[approval.id].outcome is Outcome.ACCEPTED


async def test_what_was_shown_last_counts(scratch: Path) -> None:
    async with stage(scratch, [marks(scratch)]) as on:
        (ref,) = await on.start("MARK it")
        approval = await on.asked()
        (on.outside / "mark").write_text("before anybody saw it")
        await on.orchestrator.shown(approval.id, "the card")
        await on.orchestrator.answer(approval.id, ACCEPT)
        await on.until_state(ref, TaskState.DONE)
        assert on.orchestrator.state.approvals[approval.id].times_asked == 1


async def test_a_no_needs_no_second_look(scratch: Path) -> None:
    async with stage(scratch, [marks(scratch)]) as on:
        (ref,) = await on.start("MARK it")
        approval = await on.asked()
        (on.outside / "mark").write_text("somebody else's")
        await on.orchestrator.answer(approval.id, DECLINE)
        await on.until_state(ref, TaskState.DONE)
        assert (on.outside / "mark").read_text() == "somebody else's"


async def test_two_answers_at_once_make_one(scratch: Path) -> None:
    async with stage(scratch, [marks(scratch)]) as on:
        decided: list[ev.ApprovalDecided] = []
        on.orchestrator.watch_events(
            lambda recorded: decided.append(recorded.event) if isinstance(recorded.event, ev.ApprovalDecided) else None
        )
        (ref,) = await on.start("MARK it")
        approval = await on.asked()
        answers = [on.orchestrator.answer(approval.id, decision) for decision in (ACCEPT, DECLINE, ACCEPT)]
        results = await asyncio.gather(*answers, return_exceptions=True)
        assert [type(result) for result in results] == [type(None), AnswerRefusedError, AnswerRefusedError]
        await on.until_state(ref, TaskState.DONE)
        assert len(decided) == 1
        assert (on.outside / "mark").read_text() == "done"
