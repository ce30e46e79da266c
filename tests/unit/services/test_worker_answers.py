"""An answer reaches the question that it was given to, and no other one."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from codex_orch_tui.domain import signals as sg
from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest, Assessment, Choice, Decision, Outcome, RuleRef
from codex_orch_tui.domain.ids import EpochId, ItemId, ThreadId, TurnId
from codex_orch_tui.services.approvals import Approvals
from codex_orch_tui.services.judgement import Judgement
from codex_orch_tui.services.worker import Worker
from codex_orch_tui.store.errors import JournalError
from tests.fakes.hub import HubStory

ACCEPT = Decision(choice=Choice.ACCEPT)


class Told:
    """A connection that keeps what it was to send."""

    pid = 1
    version = "1"
    model = ""

    def __init__(self) -> None:
        self.answered: list[tuple[str, Decision]] = []

    async def answer(self, request: ApprovalRequest, decision: Decision) -> None:
        self.answered.append((request.command, decision))


def question(command: str) -> ApprovalRequest:
    return ApprovalRequest(
        request_id="7",
        kind=ApprovalKind.COMMAND,
        thread=ThreadId("thread"),
        turn=TurnId("turn"),
        item=ItemId("item"),
        command=command,
        choices=(Choice.ACCEPT, Choice.DECLINE, Choice.CANCEL),
    )


async def test_an_answer_on_its_way_is_not_sent_when_the_turn_has_ended() -> None:
    story = HubStory()
    (task,) = story.run(["one"])
    story.start(task)
    judge = SimpleNamespace(judge=lambda *_: Judgement(assessment=Assessment()))
    approvals = Approvals(story.hub, judge)
    connection = Told()
    worker = Worker(task, cast("Any", connection), story.hub, approvals)
    worker._take(sg.Asked(request=question("touch it")))
    (asked,) = story.hub.state.approvals
    await approvals.decide(asked, ACCEPT)
    approvals.close(asked, Outcome.EXPIRED, "the turn ended")
    for _ in range(5):
        await asyncio.sleep(0)
    approval = story.hub.state.approvals[asked]
    assert connection.answered == []
    assert (approval.outcome, approval.sent) == (Outcome.EXPIRED, False)


@pytest.mark.parametrize("is_reused", [True, False])
async def test_an_answer_on_its_way_does_not_reach_a_question_that_took_its_id(is_reused: bool) -> None:
    story = HubStory()
    (task,) = story.run(["one"])
    story.start(task)
    judge = SimpleNamespace(judge=lambda *_: Judgement(assessment=Assessment()))
    approvals = Approvals(story.hub, judge)
    connection = Told()
    worker = Worker(task, cast("Any", connection), story.hub, approvals)
    worker._take(sg.Asked(request=question("touch old")))
    (old,) = story.hub.state.approvals
    await asyncio.sleep(0)
    await approvals.decide(old, ACCEPT)
    if is_reused:
        worker._take(sg.Asked(request=question("touch new")))  # before the answer was sent
    for _ in range(5):
        await asyncio.sleep(0)
    approval = story.hub.state.approvals[old]
    if is_reused:
        assert connection.answered == []
        assert (approval.outcome, approval.sent) == (Outcome.SUPERSEDED, False)
        (pending,) = story.hub.state.pending
        approvals.close(pending.id, Outcome.EXPIRED, "the end")
    else:
        assert connection.answered == [("touch old", ACCEPT)]
        assert (approval.outcome, approval.sent) == (Outcome.ACCEPTED, True)


async def test_a_rules_answer_that_was_not_kept_to_a_question_that_ended_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = HubStory()
    (task,) = story.run(["one"])
    story.start(task)
    by_rule = Judgement(
        assessment=Assessment(), choice=Choice.ACCEPT, rule=RuleRef(id="ls", file="policy.yaml", sha256="0")
    )
    approvals = Approvals(story.hub, SimpleNamespace(judge=lambda *_: by_rule))
    approval = approvals.ask(task, EpochId("epoch"), question("ls"))

    async def ends_and_fails() -> None:
        approvals.close(approval, Outcome.EXPIRED, "the turn ended")
        raise JournalError("full")

    monkeypatch.setattr(story.hub, "flush", ends_and_fails)
    with pytest.raises(asyncio.CancelledError):
        await approvals.decision(approval)
