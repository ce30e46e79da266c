"""Questions that come at the wrong time, under a used number, in a heap, or dressed up."""

import asyncio
from pathlib import Path

import pytest

from codex_orch_tui.domain.approval import Choice, Decision, Outcome
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.errors import AnswerRefusedError
from tests.faults.rig import asks, opened, received, says, shown, standin
from tests.scenarios.stage import ACCEPT

WORKERS = 20
EACH = 5
DECLINE = Decision(choice=Choice.DECLINE)
SPACES = " " * 5_000


def answers(root: Path) -> list[object]:
    """What the stand-in was answered, in order."""
    return [line["result"] for line in received(root) if "method" not in line and "result" in line]


def renamed(step: dict[str, object], request_id: int, **params: object) -> dict[str, object]:
    """The question as a message of its own, under this number."""
    ask = step["ask"]
    assert isinstance(ask, dict)
    return {"send": {**ask, "id": request_id, "params": {**ask["params"], **params}}}


async def test_a_question_for_a_turn_that_has_ended_is_closed_and_takes_no_answer(scratch: Path) -> None:
    late = renamed(asks("touch it"), 7, turnId="turn-1")
    plays = {"ONE": [says("first")], "TWO": [late, {"await": "steer"}]}
    async with opened(scratch, standin(scratch, plays)) as on:
        (ref,) = await on.start("ONE")
        await on.until_state(ref, TaskState.DONE)
        await on.orchestrator.message(ref, "TWO")
        await on.until(lambda: bool(on.orchestrator.state.approvals))
        (approval,) = on.orchestrator.state.approvals.values()
        assert (approval.outcome, approval.cause) == (Outcome.EXPIRED, "its turn had ended when it was asked")
        assert on.orchestrator.state.pending == ()
        assert on.task(ref).state is TaskState.RUNNING
        with pytest.raises(AnswerRefusedError):
            await on.orchestrator.answer(approval.id, ACCEPT)
        await on.orchestrator.message(ref, "go on")
        await on.until_state(ref, TaskState.DONE)
    assert answers(scratch) == []


async def test_a_number_that_is_still_open_is_taken_over_by_the_newer_question(scratch: Path) -> None:
    steps = [renamed(asks("touch old"), 7), renamed(asks("touch new"), 7), {"await": "line"}, {"await": "steer"}]
    async with opened(scratch, standin(scratch, {"GO": steps})) as on:
        (ref,) = await on.start("GO")
        await on.until(lambda: len(on.orchestrator.state.approvals) == 2)
        old, new = on.orchestrator.state.approvals.values()
        assert (old.outcome, new.outcome) == (Outcome.SUPERSEDED, Outcome.PENDING)
        with pytest.raises(AnswerRefusedError):
            await on.orchestrator.answer(old.id, ACCEPT)
        await on.orchestrator.answer(new.id, DECLINE)
        await on.until(lambda: on.orchestrator.state.approvals[new.id].sent)
        await on.orchestrator.message(ref, "go on")
        await on.until_state(ref, TaskState.DONE)
    assert answers(scratch) == [{"decision": "decline"}]


async def test_a_number_that_was_answered_is_another_question_when_it_comes_again(scratch: Path) -> None:
    steps = [
        renamed(asks("touch one"), 7),
        {"await": "line"},
        renamed(asks("touch two"), 7),
        {"await": "line"},
        {"await": "steer"},
    ]
    async with opened(scratch, standin(scratch, {"GO": steps})) as on:
        (ref,) = await on.start("GO")
        first = await on.asked()
        await on.orchestrator.answer(first.id, ACCEPT)
        await on.until(lambda: len(on.orchestrator.state.approvals) == 2 and bool(on.orchestrator.state.pending))
        second = await on.asked()
        assert second.id != first.id
        assert on.orchestrator.state.approvals[first.id].outcome is Outcome.ACCEPTED
        with pytest.raises(AnswerRefusedError):
            await on.orchestrator.answer(first.id, ACCEPT)
        await on.orchestrator.stop(ref)
        assert on.orchestrator.state.approvals[second.id].outcome is Outcome.EXPIRED
    assert answers(scratch) == [{"decision": "accept"}]


async def test_answers_from_a_screen_and_from_elsewhere_at_once(scratch: Path) -> None:
    """The screen's key and another caller of the facade: one of them is taken, and Codex is told once."""
    steps = [asks("touch it"), {"await": "answer"}, {"await": "steer"}]
    async with opened(scratch, standin(scratch, {"GO": steps})) as on, shown(on) as me:
        (ref,) = await on.start("GO")
        approval = await on.asked()
        await me.see("Run outside the sandbox")
        await me.press("g")
        await me.see("a accept")
        _, refused = await asyncio.gather(
            me.press("a"), on.orchestrator.answer(approval.id, DECLINE), return_exceptions=True
        )
        await on.until(lambda: on.orchestrator.state.approvals[approval.id].sent)
        outcome = on.orchestrator.state.approvals[approval.id].outcome
        assert outcome is (Outcome.DECLINED if refused is None else Outcome.ACCEPTED)
        assert refused is None or isinstance(refused, AnswerRefusedError)
        await on.orchestrator.message(ref, "go on")
        await on.until_state(ref, TaskState.DONE)
    assert answers(scratch) == [{"decision": "decline" if outcome is Outcome.DECLINED else "accept"}]


@pytest.mark.slow
async def test_a_hundred_questions_of_twenty_workers_are_one_queue(scratch: Path) -> None:
    """Oldest first; no key acts on a card that has just come to the place of another one."""
    steps = [*(renamed(asks(f"touch {number}"), number) for number in range(EACH)), {"hold": True}]
    async with (
        opened(scratch, standin(scratch, {"GO": steps}), max_workers=WORKERS, approval_guard_ms=5_000) as on,
        shown(on) as me,
    ):
        await on.start(*["GO"] * WORKERS)
        await on.until(lambda: len(on.orchestrator.state.pending) == WORKERS * EACH)
        pending = on.orchestrator.state.pending
        assert [one.asked_at_s for one in pending] == sorted(one.asked_at_s for one in pending)
        assert len({one.id for one in pending}) == WORKERS * EACH
        await me.see(f"{WORKERS * EACH} needs you")
        await me.press("g")
        await me.see("a accept")
        await me.press(*"aaaAyydc")
        assert len(on.orchestrator.state.pending) == WORKERS * EACH
        await on.orchestrator.answer(pending[0].id, DECLINE)
        await on.until(lambda: len(on.orchestrator.state.pending) == WORKERS * EACH - 1)
        await me.see(f"{WORKERS * EACH - 1} needs you")
        await me.press(*"ayA")
        assert [one.id for one in on.orchestrator.state.pending] == [one.id for one in pending[1:]]
        assert not [one for one in on.orchestrator.state.approvals.values() if one.outcome is Outcome.ACCEPTED]


HIDDEN = f"printf a{SPACES}\u202eb\u200bc\n" + "\n".join(f"printf {number}" for number in range(200)) + "\ntouch last"


async def test_what_hides_in_a_command_is_seen_and_accept_waits_for_the_end(scratch: Path) -> None:
    steps = [asks(HIDDEN), {"await": "answer"}, {"await": "steer"}]
    async with opened(scratch, standin(scratch, {"GO": steps})) as on, shown(on) as me:
        (ref,) = await on.start("GO")
        approval = await on.asked()
        assert approval.assessment.reasons, "it is warned about"
        await me.see("Run outside the sandbox")
        await me.press("g")
        await me.see("a accept")
        await me.press("a")
        await me.pilot.pause()
        assert on.orchestrator.state.pending
        for _ in range(40):
            await me.press("pagedown")
        assert on.orchestrator.state.pending, "the first key did nothing"
        await me.press("a")
        await on.until(lambda: not on.orchestrator.state.pending)
        assert "\\u{202E}b\\u{200B}c" in approval.request.command
        assert on.orchestrator.state.approvals[approval.id].choice is Choice.ACCEPT
        await on.orchestrator.message(ref, "go on")
        await on.until_state(ref, TaskState.DONE)
    assert answers(scratch) == [{"decision": "accept"}]
