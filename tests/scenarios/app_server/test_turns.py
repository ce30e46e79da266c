"""Turns of the real Codex: what is reported, messages in mid-turn, interrupts, deaths, errors of the model."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.codex.app_server import AppServer
from codex_orch_tui.codex.binary import check_codex, find_codex
from codex_orch_tui.codex.child import Ending
from codex_orch_tui.codex.launch import AppServerError, Launch
from codex_orch_tui.codex.narrate import Narrator
from codex_orch_tui.codex.transport import RpcError
from codex_orch_tui.domain.ids import ThreadId
from codex_orch_tui.domain.item import FaultKind, ItemKind, ItemStatus, StepStatus, TurnStatus
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode
from codex_orch_tui.domain.signals import (
    Asked,
    Faulted,
    ItemBegan,
    ItemEnded,
    PlanChanged,
    StreamEnded,
    TurnBegan,
    TurnEnded,
    UsageChanged,
    Warned,
)
from codex_orch_tui.scripted.script import Fail, Hang, Patch, Say, Script, Shell, Think, UpdatePlan

pytestmark = pytest.mark.codex

LaunchWith = Callable[[Path], Launch]


async def test_a_turn_is_reported_from_its_start_to_its_answer(make_rig: Any) -> None:
    steps = (
        Think(text="**Looking around**"),
        Say(text="I will write\nit down.", chunks=4),
        UpdatePlan(steps=[("write", "in_progress"), ("check", "pending")]),
        Shell(cmd="printf 'one\\ntwo\\n'; false"),
        Patch(text="*** Begin Patch\n*** Add File: note.txt\n+one\n+two\n*** End Patch"),
        Patch(text="*** Begin Patch\n*** Update File: note.txt\n@@\n-one\n+uno\n two\n*** End Patch"),
        Say(text="It is written.\nBoth lines.", chunks=3),
    )
    async with make_rig([Script("NOTE", steps)]) as rig:
        turn = await rig.start("NOTE it")
        assert rig.worker.model == "gpt-5.5"
        assert (await rig.until(TurnBegan)).turn == turn
        plan = await rig.until(PlanChanged)
        assert [(step.text, step.status) for step in plan.steps] == [
            ("write", StepStatus.IN_PROGRESS),
            ("check", StepStatus.PENDING),
        ]
        command = await rig.until(ItemEnded, lambda ended: ended.item.kind is ItemKind.COMMAND)
        assert command.item.title == "printf 'one\\ntwo\\n'; false"
        assert (command.item.exit_code, command.item.status) == (1, ItemStatus.FAILED)
        edit = await rig.until(ItemEnded, lambda ended: ended.item.kind is ItemKind.FILE_CHANGE)
        assert [(file.path, file.change, file.insertions) for file in edit.item.files] == [("note.txt", "add", 2)]
        edit = await rig.until(ItemEnded, lambda ended: ended.item.kind is ItemKind.FILE_CHANGE)
        assert [(file.change, file.insertions, file.deletions) for file in edit.item.files] == [("update", 1, 1)]
        answer = await rig.until(ItemEnded, lambda ended: ended.item.kind is ItemKind.AGENT_MESSAGE)
        assert answer.text == "It is written.\nBoth lines."
        ended = await rig.turn_end()
        assert (ended.turn, ended.status, ended.fault) == (turn, TurnStatus.COMPLETED, None)
        usage = [signal for signal in rig.seen if isinstance(signal, UsageChanged)][-1].usage
        assert (usage.input_tokens, usage.context_window) == (6000, 258400)
        assert rig.worker._decoder.unreadable == {}
        entries = Narrator(cwd=str(rig.worktree)).feed(rig.log)
        told = [(entry.kind, entry.text, entry.remark) for entry in entries if not entry.continues]
        assert (LogKind.COMMAND, "printf 'one\\ntwo\\n'; false", "") in told
        assert (LogKind.EDIT, "note.txt", "+1 −1") in told
        assert (LogKind.REASONING, "**Looking around**", "") in told
        assert [entry.text for entry in entries if entry.kind is LogKind.MESSAGE] == [
            "I will write",
            "it down.",
            "It is written.",
            "Both lines.",
        ]
        assert any(entry.remark.startswith("exit 1 · ") for entry in entries)
        assert not [entry for entry in entries if entry.kind is LogKind.UNKNOWN]
        assert [entry.time_s for entry in entries] == sorted(entry.time_s or 0 for entry in entries)


async def test_only_an_answer_that_was_asked_for_with_a_schema_is_named_by_what_it_says(make_rig: Any) -> None:
    answer = '{"summary":"It is there."}'
    schema = {
        "type": "object",
        "properties": {"summary": {"type": "string"}},
        "required": ["summary"],
        "additionalProperties": False,
    }
    async with make_rig([Script("ANSWER", (Say(text=answer),))]) as rig:
        titles = []
        for asked in (None, schema, None):
            await rig.start("ANSWER", schema=asked)
            ended = await rig.until(ItemEnded, lambda ended: ended.item.kind is ItemKind.AGENT_MESSAGE)
            titles.append(ended.item.title)
            await rig.turn_end()
        assert titles == [answer, "It is there.", answer]


async def test_output_with_escapes_is_shown_and_not_obeyed(make_rig: Any) -> None:
    show = Shell(cmd="printf '\\033[31mred\\033]0;title\\007 \\xe2\\x80\\xae \\xff\\n'")
    async with make_rig([Script("ESC", (show, Say(text="\x1b[2Jdone\u202e")))]) as rig:
        await rig.start("ESC")
        answer = await rig.until(ItemEnded, lambda ended: ended.item.kind is ItemKind.AGENT_MESSAGE)
        assert answer.text == "␛[2Jdone\\u{202E}"
        await rig.turn_end()
        assert b"\\u001b[31mred" in b"\n".join(rig.log)
        texts = [entry.text for entry in Narrator(cwd=str(rig.worktree)).feed(rig.log)]
        assert "␛[31mred␛]0;title\\x07 \\u{202E} \ufffd" in texts
        assert all(text.replace("\n", "").isprintable() for text in texts)


async def test_a_message_in_mid_turn_reaches_the_model(make_rig: Any) -> None:
    script = Script("WAIT", (Hang(name="gate"), Shell(cmd="true"), Say(text="done")))
    async with make_rig([script]) as rig:
        turn = await rig.start("WAIT")
        await rig.model.hanging("gate")
        await rig.worker.steer(rig.thread, turn, "and be brief")
        rig.model.release("gate")
        assert (await rig.turn_end()).status is TurnStatus.COMPLETED
        assert "and be brief" in json.dumps(rig.model.requests[-1].input)
        with pytest.raises(RpcError):
            await rig.worker.steer(rig.thread, turn, "too late")


async def test_an_interrupt_ends_the_turn_and_the_next_one_works(make_rig: Any) -> None:
    scripts = [Script("SLOW", (Shell(cmd="sleep 60"),)), Script("QUICK", (Say(text="done"),))]
    async with make_rig(scripts) as rig:
        turn = await rig.start("SLOW")
        await rig.until(ItemBegan, lambda began: began.item.kind is ItemKind.COMMAND)
        await rig.worker.interrupt(rig.thread, turn)
        assert (await rig.turn_end()).status is TurnStatus.INTERRUPTED
        await rig.start("QUICK")
        assert (await rig.turn_end()).status is TurnStatus.COMPLETED


async def test_a_killed_worker_is_told_and_its_thread_is_taken_up_again(
    make_rig: Any, open_again: Callable[[], Awaitable[AppServer]], scratch: Path
) -> None:
    mark = Shell(cmd=f"touch {scratch}/outside/mark", escalate=True, justification="outside")
    scripts = [Script("MARK", (mark,)), Script("AGAIN", (Say(text="here again"),))]
    async with make_rig(scripts) as rig:
        await rig.start("MARK")
        request = await rig.asked()
        os.kill(rig.worker.pid, signal.SIGKILL)
        async with asyncio.timeout(10):
            while not rig.worker.has_ended:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        assert isinstance(rig.seen[-1], StreamEnded)
        assert rig.seen[-1].exit_code == -signal.SIGKILL
        assert not rig.worker.answer(request.request_id, {"decision": "accept"})
        second = await open_again()
        try:
            thread = await second.resume_thread(rig.thread, approval_policy=ApprovalPolicy.ON_REQUEST)
            assert thread == rig.thread
            await second.start_turn(
                thread, "AGAIN", sandbox=SandboxMode.WORKSPACE_WRITE, approval_policy=ApprovalPolicy.ON_REQUEST
            )
            seen = []
            async with asyncio.timeout(10):
                async for reported in second.signals():
                    seen.append(reported)
                    if isinstance(reported, TurnEnded):
                        break
            assert not any(isinstance(reported, Asked) for reported in seen)
            assert any(isinstance(reported, ItemEnded) and reported.text == "here again" for reported in seen)
        finally:
            assert await second.stop() is Ending.STDIN_CLOSED
        assert not (rig.outside / "mark").exists()


async def test_an_unknown_thread_is_refused_in_codex_own_words(make_rig: Any) -> None:
    async with make_rig([]) as rig:
        with pytest.raises(RpcError) as caught:
            await rig.worker.resume_thread(
                ThreadId("01a1f80a-0d36-7953-96ca-c2c3595da084"), approval_policy=ApprovalPolicy.ON_REQUEST
            )
        assert "no rollout found" in rig.worker.fault_of(caught.value).message


@pytest.mark.parametrize(
    ("failure", "kind", "step"),
    [
        (Fail(status=401, message="no key"), FaultKind.NOT_LOGGED_IN, " login"),
        (Fail(status=429, message="slow down"), FaultKind.RATE_LIMITED, "continue the task"),
        (Fail(status=429, code="usage_limit_reached"), FaultKind.USAGE_LIMIT, "limit resets"),
        (Fail(status=400, code="context_length_exceeded"), FaultKind.CONTEXT_FULL, "new task"),
        (Fail(status=500), FaultKind.MODEL_ERROR, "try again"),
    ],
)
async def test_an_error_of_the_model_is_a_fault_with_a_next_step(
    make_rig: Any, failure: Fail, kind: FaultKind, step: str
) -> None:
    async with make_rig([Script("FAIL", (failure,))]) as rig:
        await rig.start("FAIL")
        fault = (await rig.until(Faulted)).fault
        ended = await rig.turn_end()
        assert ended.status is TurnStatus.FAILED
        assert ended.fault == fault
        assert fault.kind is kind
        assert step in fault.next_step
        assert len(rig.model.requests) == 1
        entries = Narrator(cwd=str(rig.worktree)).feed(rig.log)
        assert sum(fault.message in entry.text for entry in entries) == 1


async def test_read_only_and_full_access_reach_codex(make_rig: Any, scratch: Path) -> None:
    inside = Script("INSIDE", (Shell(cmd="touch mark"), Say(text="done")))
    outside = Script("OUTSIDE", (Shell(cmd=f"touch {scratch}/outside/mark"), Say(text="done")))
    async with make_rig([inside, outside]) as rig:
        await rig.start("INSIDE", sandbox=SandboxMode.READ_ONLY)
        await rig.turn_end()
        assert not (rig.worktree / "mark").exists()
        await rig.start("OUTSIDE", sandbox=SandboxMode.DANGER_FULL_ACCESS)
        await rig.turn_end()
        assert (rig.outside / "mark").exists()


async def test_models_login_and_limits_are_told(make_rig: Any) -> None:
    async with make_rig([]) as rig:
        assert "gpt-5.5" in {model.model for model in await rig.worker.models()}
        assert await rig.worker.login_fault() is None
        assert await rig.worker.rate_limits() is None


async def test_a_worker_that_is_stopped_by_sigstop_is_ended_all_the_same(make_rig: Any) -> None:
    async with make_rig([]) as rig:
        os.kill(rig.worker.pid, signal.SIGSTOP)
        assert await rig.worker.stop(close_s=0.2, term_s=0.2) is Ending.KILLED


async def test_two_tasks_are_played_by_one_model_server(make_rig: Any) -> None:
    scripts = [Script("FIRST", (Shell(cmd="printf a"), Say(text="first"))), Script("SECOND", (Say(text="second"),))]
    async with make_rig(scripts) as rig:
        threads = [await rig.worker.start_thread(approval_policy=ApprovalPolicy.NEVER) for _ in range(2)]
        for thread, text in zip(threads, ("FIRST", "SECOND"), strict=True):
            await rig.worker.start_turn(
                thread, text, sandbox=SandboxMode.READ_ONLY, approval_policy=ApprovalPolicy.NEVER
            )
        for _ in threads:
            assert (await rig.turn_end()).status is TurnStatus.COMPLETED
        texts = {signal.thread: signal.text for signal in rig.seen if isinstance(signal, ItemEnded) and signal.text}
        assert texts == dict(zip(threads, ("first", "second"), strict=True))
        assert {request.thread for request in rig.model.requests} == set(threads)


async def test_a_codex_that_is_not_logged_in_says_how(scratch: Path, launch_with: LaunchWith) -> None:
    home = scratch / "empty-home"
    home.mkdir()
    worker = await AppServer.open(launch_with(home))
    try:
        fault = await worker.login_fault()
        assert fault is not None
        assert fault.kind is FaultKind.NOT_LOGGED_IN
        assert fault.next_step == f"{find_codex(None, os.environ).path} login"
    finally:
        await worker.stop()


async def test_a_broken_config_of_codex_is_named_with_its_line(scratch: Path, launch_with: LaunchWith) -> None:
    home = scratch / "broken-home"
    home.mkdir()
    (home / "config.toml").write_text("model = [", encoding="utf-8")
    worker = await AppServer.open(launch_with(home))
    try:
        with pytest.raises(RpcError) as caught:
            await worker.start_thread(approval_policy=ApprovalPolicy.NEVER)
        assert f"{home}/config.toml:1:10" in worker.fault_of(caught.value).message
    finally:
        await worker.stop()


async def test_a_missing_worktree_is_told(scratch: Path, launch_with: LaunchWith) -> None:
    launch = launch_with(scratch)
    (scratch / "worktree").rmdir()
    with pytest.raises(AppServerError) as caught:
        await AppServer.open(launch)
    assert caught.value.fault.kind is FaultKind.GIT
    assert "worktree" in caught.value.fault.message


async def test_the_real_codex_tells_its_version_and_starts_quickly(
    make_rig: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    checked = await check_codex(find_codex(None, os.environ), os.environ)
    assert tuple(map(int, checked.version.split("."))) >= (0, 163, 0)
    began_s = time.perf_counter()
    async with make_rig([]) as rig:
        took_ms = (time.perf_counter() - began_s) * 1000
        with capsys.disabled():
            print(f"\n  codex {checked.version}: spawn to initialize {took_ms:.0f} ms")
        assert not any(isinstance(signal, Warned) and "could not be read" in signal.message for signal in rig.seen)
