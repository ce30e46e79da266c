"""What a worker's output may hold: whatever it is, the reader lives, the turn ends and the next one works."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain.approval import Choice, Decision, Outcome
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.errors import AnswerRefusedError
from codex_orch_tui.services.worker import Worker
from tests.faults.rig import asks, both, item, opened, received, says, standin
from tests.scenarios.stage import ACCEPT, Stage

AFTER = says("after it", "after")
MIB = 1024 * 1024


def warnings(on: Stage, ref: TaskRef) -> list[str]:
    return [note.text for note in on.task(ref).notes if note.kind is LogKind.WARNING]


def log_of(on: Stage, ref: TaskRef) -> str:
    return "\n".join(entry.text for entry in on.orchestrator.log(ref).tail())


async def played(on: Stage, marker: str) -> TaskRef:
    """A task that plays these steps to its end, and says what came after them."""
    (ref,) = await on.start(marker)
    task = await on.until_state(ref, TaskState.DONE)
    assert task.answer == "done"
    assert "after it" in log_of(on, ref)
    return ref


UNREADABLE = {
    "not JSON": "Reading prompt from stdin...\n",
    "half a line": '{"method":"item/completed","params":{"it\n',
    "an array": '[{"method":"turn/completed"}]\n',
    "a number": "17\n",
    "NaN": '{"method":"thread/tokenUsage/updated","params":{"threadId":"t","tokenUsage":NaN}}\n',
    "deep": '{"method":"item/completed","params":' + "[" * 10_000 + "]" * 10_000 + "}\n",
    "deep objects": '{"method":"odd/thing","params":' + '{"a":' * 10_000 + "1" + "}" * 10_000 + "}\n",
}


async def test_lines_that_are_no_messages_are_told_and_the_reader_lives(scratch: Path) -> None:
    steps = [{"raw": line} for line in UNREADABLE.values()]
    async with opened(scratch, standin(scratch, {"GO": [*steps, AFTER]})) as on:
        ref = await played(on, "GO")
        told = log_of(on, ref)
        for kind in ("not JSON", "not an object", "too deep"):
            assert f"could not be read ({kind})" in told
        print(told)


async def test_bytes_that_are_no_text_are_shown_escaped(scratch: Path) -> None:
    head = '{"method":"item/completed","params":{"threadId":"$T","turnId":"$U","item":{"type":"agentMessage","id":"%s",'
    steps = [
        {"raw": head % "a" + '"text":"bad \xff\xfe utf-8"}}}\n'},
        {"raw": head % "b" + '"text":"a nul \x00 inside"}}}\n'},
        {"raw": head % "c" + '"text":"an escaped nul \\u0000 too"}}}\n'},
        {"raw": head % "d" + '"text":"lone \\ud800 surrogate"}}}\n'},
        *both("e", "commandExecution", command="printf '\x1b]52;c;Zm9v\x07'", aggregatedOutput="\x1b[31mred\udc00"),
    ]
    async with opened(scratch, standin(scratch, {"GO": [*steps, AFTER]})) as on:
        shown = log_of(on, await played(on, "GO"))
    assert "bad \ufffd\ufffd utf-8" in shown
    assert "\\x00 too" in shown
    assert "lone" in shown
    assert "␛]52;c;Zm9v\\x07" in shown
    assert not {"\x1b", "\x00", "\x07", "\ud800"} & set(shown)


UNKNOWN: dict[str, dict[str, Any]] = {
    "notification": {"send": {"method": "galaxy/brain/grown", "params": {"size": [1, {"x": None}]}}},
    "notification without params": {"send": {"method": "galaxy/brain/shrunk"}},
    "item type": item("n1", "telepathy", thought="hm", status="dreaming"),
    "item of no form": {"send": {"method": "item/completed", "params": {"item": "a string"}}},
    "item status": item("n2", "commandExecution", command="ls", status="levitating", exitCode="nine"),
    "change kind": item("n3", "fileChange", status="completed", changes=[{"path": 7, "kind": {"type": "fold"}}, "x"]),
    "turn status": {"send": {"method": "turn/completed", "params": {"threadId": "other", "turn": {"status": "odd"}}}},
    "plan status": {
        "send": {
            "method": "turn/plan/updated",
            "params": {"threadId": "$THREAD", "turnId": "$TURN", "plan": [{"step": "think", "status": "pondering"}, 3]},
        }
    },
    "error": {
        "send": {"method": "error", "params": {"error": {"codexErrorInfo": {"moonPhase": 3}}, "willRetry": True}}
    },
    "response": {"raw": '{"id":424242,"result":{}}\n'},
    "usage": {
        "send": {"method": "thread/tokenUsage/updated", "params": {"tokenUsage": {"total": {"totalTokens": 1e99}}}}
    },
    "rate limits": {"send": {"method": "account/rateLimits/updated", "params": {"rateLimits": {"primary": None}}}},
}


async def test_what_this_version_does_not_know_is_shown_and_harms_nothing(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"GO": [*UNKNOWN.values(), AFTER]})) as on:
        ref = await played(on, "GO")
        assert "telepathy" in log_of(on, ref)
        turn = on.task(ref).turn
        assert turn is not None
        assert [step.text for step in turn.steps] == ["think"]


async def test_an_unknown_request_is_refused_at_once_and_told(scratch: Path) -> None:
    ask = {"ask": {"method": "item/mind/read", "params": {"threadId": "$THREAD"}}}
    async with opened(scratch, standin(scratch, {"GO": [ask, {"await": "answer"}, AFTER]})) as on:
        ref = await played(on, "GO")
        assert "item/mind/read" in "\n".join(warnings(on, ref))
        assert on.orchestrator.state.approvals == {}
    answer = next(line for line in received(scratch) if line.get("id") == 1001)
    assert answer["error"]["code"] == -32601


async def test_a_question_that_codex_takes_back_is_closed_and_its_answer_dropped(scratch: Path) -> None:
    resolved = {"send": {"method": "serverRequest/resolved", "params": {"threadId": "$THREAD", "requestId": 1001}}}
    steps = [asks("touch it"), {"await": "steer"}, resolved, {"hold": True}]
    async with opened(scratch, standin(scratch, {"GO": steps})) as on:
        (ref,) = await on.start("GO")
        approval = await on.asked()
        await on.orchestrator.message(ref, "go on")
        await on.until(lambda: not on.orchestrator.state.pending)
        closed = on.orchestrator.state.approvals[approval.id]
        assert closed.outcome is Outcome.SUPERSEDED
        assert on.task(ref).state is TaskState.RUNNING
        with pytest.raises(AnswerRefusedError, match="no longer open"):
            await on.orchestrator.answer(approval.id, ACCEPT)
        await on.orchestrator.stop(ref)
    assert not [line for line in received(scratch) if line.get("id") == 1001]


async def test_the_same_question_is_answered_once_whoever_presses_again(scratch: Path) -> None:
    steps = [asks("touch it"), {"await": "answer"}, AFTER]
    async with opened(scratch, standin(scratch, {"GO": steps})) as on:
        (ref,) = await on.start("GO")
        approval = await on.asked()
        first = on.orchestrator.answer(approval.id, ACCEPT)
        second = on.orchestrator.answer(approval.id, Decision(choice=Choice.DECLINE))
        results = await asyncio.gather(first, second, return_exceptions=True)
        assert [type(result) for result in results] == [type(None), AnswerRefusedError]
        await on.until_state(ref, TaskState.DONE)
        with pytest.raises(AnswerRefusedError):
            await on.orchestrator.answer(approval.id, ACCEPT)
    assert [line["result"] for line in received(scratch) if line.get("id") == 1001] == [{"decision": "accept"}]


async def test_a_question_of_an_ended_turn_takes_no_answer(scratch: Path) -> None:
    async with opened(scratch, standin(scratch, {"GO": [asks("touch it"), AFTER]})) as on:
        (ref,) = await on.start("GO")
        await on.until_state(ref, TaskState.DONE)
        (approval,) = on.orchestrator.state.approvals.values()
        assert approval.outcome is Outcome.EXPIRED
        with pytest.raises(AnswerRefusedError):
            await on.orchestrator.answer(approval.id, ACCEPT)
    assert not [line for line in received(scratch) if line.get("id") == 1001]


async def test_a_line_of_more_than_64_mib_is_kept_in_a_file_and_the_next_ones_are_fine(scratch: Path) -> None:
    head = (
        '{"method":"item/completed","params":{"item":{"type":"commandExecution","id":"big","command":"yes",'
        '"aggregatedOutput":"'
    )
    tail = '"},"threadId":"th","turnId":"turn-1","completedAtMs":1}}\n'
    steps = [{"fill": [head, "x" * 1024, 65 * 1024, tail]}, AFTER]
    async with opened(scratch, standin(scratch, {"GO": steps})) as on:
        ref = await played(on, "GO")
        assert "too long to read" in log_of(on, ref)
        (kept,) = (on.repository / ".orchestrator").rglob("long-line-*.json")
        assert kept.stat().st_size == len(head) + 65 * MIB + len(tail) - 1
        turn = on.task(ref).turn
        assert turn is not None
        assert "cut off" in next(one.title for one in turn.items if one.id == "big")


async def test_the_output_ends_in_the_middle_of_a_line(scratch: Path) -> None:
    steps = [{"raw": '{"method":"item/completed","params":{"item":{"type":"agentMess'}, {"die": 7}]
    async with opened(scratch, standin(scratch, {"GO": steps, "cut off before": [AFTER]})) as on:
        (ref,) = await on.start("GO")
        task = await on.until_state(ref, TaskState.LOST)
        assert task.fault is not None
        assert "exit 7" in task.fault.message
        await on.orchestrator.resume(ref)
        await on.until_state(ref, TaskState.DONE)


async def test_a_message_of_20_mib_is_kept_in_part(scratch: Path) -> None:
    head = '{"method":"item/completed","params":{"turnId":"turn-1","item":{"id":"m","type":"agentMessage","text":"'
    long = {"fill": [head, "\x7f" * 1024, 20 * 1024, '"}}}\n']}
    async with opened(scratch, standin(scratch, {"GO": [long, {"await": "steer"}, AFTER]})) as on:
        (ref,) = await on.start("GO")
        await on.until(lambda: bool(on.task(ref).answer))
        assert len(on.task(ref).answer) < MIB
        assert on.task(ref).answer.endswith("20,771,520 more characters, which only the raw log has")
        await on.orchestrator.message(ref, "go on")
        await on.until_state(ref, TaskState.DONE)


async def test_a_question_longer_than_a_person_can_read_is_refused(scratch: Path) -> None:
    head = (
        '{"method":"item/commandExecution/requestApproval","id":1001,"params":{"turnId":"turn-1","itemId":"c",'
        '"kind":"command","command":"printf '
    )
    long = {"fill": [head, "x" * 1024, 2 * 1024, '"}}\n']}
    async with opened(scratch, standin(scratch, {"GO": [long, {"await": "line"}, AFTER]})) as on:
        ref = await played(on, "GO")
        assert "more than anybody could read" in "\n".join(warnings(on, ref))
        assert on.orchestrator.state.approvals == {}
    assert "error" in next(line for line in received(scratch) if line.get("id") == 1001)


async def test_a_fault_of_our_own_in_a_report_ends_its_worker_and_no_other(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_worker: Worker, _request: object) -> None:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr(Worker, "_asked", broken)
    plays = {"ASK": [asks("touch it"), {"hold": True}], "QUIET": [{"await": "steer"}, AFTER], "cut off before": [AFTER]}
    async with opened(scratch, standin(scratch, plays)) as on:
        quiet, asking = await on.start("QUIET", "ASK")
        task = await on.until_state(asking, TaskState.LOST)
        assert task.fault is not None
        assert "nobody thought of this" in task.fault.message
        assert "(c)" in task.fault.next_step
        await on.until(lambda: on.task(asking).worker is None)
        await on.until_state(quiet, TaskState.RUNNING)
        await on.orchestrator.message(quiet, "go on")
        await on.until_state(quiet, TaskState.DONE)
        await on.orchestrator.resume(asking)
        await on.until_state(asking, TaskState.DONE)
