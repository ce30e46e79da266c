"""A stand-in app-server that misbehaves: the worker's faults must not become ours."""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.codex.app_server import AppServer
from codex_orch_tui.codex.launch import AppServerError, Launch
from codex_orch_tui.codex.transport import (
    CallTimedOut,
    Listener,
    RpcError,
    Sinks,
    Transport,
    TransportError,
    WorkerGone,
    encode,
)
from codex_orch_tui.domain.ids import ThreadId, TurnId
from codex_orch_tui.domain.item import FaultKind
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode
from codex_orch_tui.domain.signals import (
    Asked,
    ItemEnded,
    RequestResolved,
    Signal,
    StreamEnded,
    TurnEnded,
    UnknownAsked,
    Warned,
)

StandIn = Callable[..., Launch]
THREAD = ThreadId("t1")
DONE = """raw(b'{"method":"turn/completed","params":{"threadId":"t1","turn":{"id":"u1","status":"completed"}}}\\n')"""


async def heard(worker: AppServer, last: type[Signal] = TurnEnded) -> list[Signal]:
    signals: list[Signal] = []
    async with asyncio.timeout(20):
        async for signal in worker.signals():
            signals.append(signal)
            if isinstance(signal, last):
                return signals
    return signals


async def turn(worker: AppServer) -> None:
    await worker.start_turn(THREAD, "go", sandbox=SandboxMode.READ_ONLY, approval_policy=ApprovalPolicy.ON_REQUEST)


def on_turn(*lines: str) -> str:
    body = "\n    ".join([*lines, DONE])
    return f"if message.get('method') == 'turn/start':\n    {body}\nreturn False"


async def test_what_is_sent_shuts_the_ways_round_the_person(stand_in: StandIn, tmp_path: Path) -> None:
    keep = f"open({str(tmp_path / 'sent')!r}, 'a').write(json.dumps([sys.argv, message]) + chr(10)); return False"
    worker = await AppServer.open(stand_in(keep))
    await worker.start_thread(approval_policy=ApprovalPolicy.UNTRUSTED)
    for mode in SandboxMode:
        await worker.start_turn(THREAD, "go", sandbox=mode, approval_policy=ApprovalPolicy.ON_REQUEST)
    await worker.stop()
    sent = [json.loads(line) for line in (tmp_path / "sent").read_text().splitlines()]
    argv = sent[0][0]
    for override in ("features.plugins=false", "allow_login_shell=false", 'shell_environment_policy.inherit="core"'):
        assert argv[argv.index(override) - 1] == "-c"
    messages = {message["method"]: message.get("params") for _, message in sent}
    assert messages["thread/start"] == {
        "cwd": str(tmp_path / "worktree"),
        "approvalPolicy": "untrusted",
        "approvalsReviewer": "user",
    }
    policies = [message["params"]["sandboxPolicy"] for _, message in sent if message["method"] == "turn/start"]
    assert policies == [
        {"type": "readOnly", "networkAccess": False},
        {
            "type": "workspaceWrite",
            "writableRoots": [str(tmp_path / "tmp")],
            "networkAccess": False,
            "excludeSlashTmp": True,
            "excludeTmpdirEnvVar": True,
        },
        {"type": "dangerFullAccess"},
    ]
    assert messages["turn/start"]["approvalPolicy"] == "on-request"
    assert messages["turn/start"]["approvalsReviewer"] == "user"


async def test_another_reviewer_than_the_person_is_refused(stand_in: StandIn) -> None:
    body = """if message.get("method") == "thread/start":
    reply(message, {"thread": {"id": "t1"}, "approvalsReviewer": "auto_review"})
    return True"""
    worker = await AppServer.open(stand_in(body))
    with pytest.raises(AppServerError, match="auto_review"):
        await worker.start_thread(approval_policy=ApprovalPolicy.ON_REQUEST)
    await worker.stop()


async def test_a_silent_codex_is_a_fault_after_the_time_out(stand_in: StandIn) -> None:
    began_s = time.monotonic()
    with pytest.raises(AppServerError) as caught:
        await AppServer.open(stand_in("return True"), timeout_s=0.3)
    assert time.monotonic() - began_s < 3
    assert caught.value.fault.kind is FaultKind.CODEX_SILENT
    assert "0.3 s" in caught.value.fault.message
    assert "codex" in caught.value.fault.message


async def test_a_codex_that_dies_at_once_says_its_last_words(stand_in: StandIn) -> None:
    with pytest.raises(AppServerError) as caught:
        await AppServer.open(stand_in("sys.exit('\\x1b[31mno such thing\\x1b[0m')"))
    assert caught.value.fault.kind is FaultKind.WORKER_DIED
    assert caught.value.fault.message.endswith("no such thing")


async def test_a_file_that_is_no_program_is_a_fault(stand_in: StandIn) -> None:
    launch = stand_in()
    launch.codex.chmod(0o600)
    with pytest.raises(AppServerError) as caught:
        await AppServer.open(launch)
    assert caught.value.fault.kind is FaultKind.CODEX_MISSING


async def test_an_overloaded_codex_is_asked_again(stand_in: StandIn) -> None:
    body = """if message.get("method") == "turn/start" and message["id"] < 5:
    send(id=message["id"], error={"code": -32001, "message": "overloaded"})
    return True"""
    worker = await AppServer.open(stand_in(body))
    assert await worker.start_turn(
        THREAD, "go", sandbox=SandboxMode.READ_ONLY, approval_policy=ApprovalPolicy.NEVER
    ) == TurnId("u1")
    await worker.stop()


async def test_an_error_is_typed_and_a_call_without_an_answer_times_out(stand_in: StandIn) -> None:
    body = """if message.get("method") == "turn/interrupt": return True
if message.get("method") == "turn/steer":
    raw(json.dumps({"error": {"code": -32600, "message": "no active turn"}, "id": message["id"]}).encode() + b"\\n")
    return True"""
    worker = await AppServer.open(stand_in(body))
    with pytest.raises(RpcError, match="no active turn") as caught:
        await worker.steer(THREAD, TurnId("u1"), "hello")
    assert caught.value.code == -32600
    with pytest.raises(CallTimedOut):
        await worker.interrupt(THREAD, TurnId("u1"), timeout_s=0.1)
    await worker.stop()


async def test_calls_under_way_fail_when_the_worker_ends(stand_in: StandIn) -> None:
    body = """if message.get("method") == "turn/start": sys.stderr.write("out of luck\\n"); os._exit(7)"""
    worker = await AppServer.open(stand_in(body))
    with pytest.raises(WorkerGone):
        await turn(worker)
    (ended,) = await heard(worker, StreamEnded)
    assert ended == StreamEnded(exit_code=7, stderr_tail="out of luck")
    with pytest.raises(WorkerGone):
        await turn(worker)


def emit(line: bytes) -> str:
    data = line + b"\n"
    return f"raw({data!r})"


ODD_LINES = [
    (b"not JSON at all", "not JSON"),
    (b"", None),
    (b"[1, 2, 3]", "not an object"),
    (b"NaN", "not an object"),
    (b'{"method":"error","params":NaN}', "unexpected shape"),
    (b'{"method":"turn/started"}', "unexpected shape"),
    (b'{"method":"x","params":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "too deep"),
    (b'{"method":"warning","params":{"message":"cut', "not JSON"),
    (b'{"method":"brand/new","params":{"a":[1]}}', None),
    (b'{"params":{}}', None),
    (b"\x00\x01", "not JSON"),
    (b'{"id":99,"result":{}}', None),
    (b'{"id":"odd","error":{"code":1,"message":"m"}}', None),
]


async def test_the_reader_lives_through_odd_lines_and_tells_each_kind_once(stand_in: StandIn, tmp_path: Path) -> None:
    odd = [emit(line) for line, _ in ODD_LINES]
    worker = await AppServer.open(stand_in(on_turn(*odd, *odd)))
    await turn(worker)
    signals = await heard(worker)
    await worker.stop()
    expected: dict[str, int] = {}
    for _, kind in ODD_LINES:
        if kind is not None:
            expected[kind] = expected.get(kind, 0) + 2
    assert worker._decoder.unreadable == expected
    warned = [signal.message for signal in signals if isinstance(signal, Warned)]
    assert len(warned) == len(expected)
    assert all(message.isprintable() for message in warned)
    log = (tmp_path / "events.jsonl").read_bytes()
    assert log.count(b"brand/new") == 2
    assert log.count(b"not JSON at all") == 2


async def test_invalid_text_is_replaced_and_shown_escaped(stand_in: StandIn) -> None:
    def message(text: bytes) -> str:
        item = b'{"type":"agentMessage","id":"m","text":"' + text + b'"}'
        params = b'{"threadId":"t1","turnId":"u1","item":' + item + b"}"
        return emit(b'{"method":"item/completed","params":' + params + b"}")

    bodies = [b"bad \xff\xfe utf8", b"nul \\u0000", b"raw nul \x00", b"lone \\ud800 half", b"esc \x1b[31m"]
    worker = await AppServer.open(stand_in(on_turn(*map(message, bodies))))
    await turn(worker)
    texts = [signal.text for signal in await heard(worker) if isinstance(signal, ItemEnded)]
    await worker.stop()
    assert texts == ["bad \ufffd\ufffd utf8", "nul \\x00", "raw nul \\x00", "lone ? half", "esc ␛[31m"]
    assert worker._decoder.unreadable == {}


async def test_a_line_above_the_limit_is_kept_in_a_file_and_its_item_is_closed(
    stand_in: StandIn, tmp_path: Path
) -> None:
    head = b'{"method":"item/completed","params":{"item":{"type":"commandExecution","id":"c1","aggregatedOutput":"'
    tail = b'"},"threadId":"t1","turnId":"u1","completedAtMs":5},"emittedAtMs":6}\n'
    line = f"raw({head!r} + b'x' * (65 * 1024 * 1024) + {tail!r})"
    worker = await AppServer.open(stand_in(on_turn(line)))
    await turn(worker)
    warned, ended, done = await heard(worker)
    await worker.stop()
    assert isinstance(warned, Warned)
    assert "long-line-1.json" in warned.message
    assert isinstance(ended, ItemEnded)
    assert (ended.item.id, ended.turn) == ("c1", "u1")
    assert isinstance(done, TurnEnded)
    (spilled,) = (tmp_path / "long").iterdir()
    assert spilled.stat().st_size > 65 * 1024 * 1024
    log = (tmp_path / "events.jsonl").read_bytes().splitlines()
    assert len(max(log, key=len)) < 1000
    assert sum(b"orchestrator/lineTooLong" in line for line in log) == 1


async def test_an_answer_above_the_limit_fails_its_call(stand_in: StandIn) -> None:
    body = """if message.get("method") == "turn/start":
    reply(message, {"turn": {"id": "u1", "items": ["x" * 900_000]}})
    return True"""
    worker = await AppServer.open(stand_in(body, max_line_bytes=100_000))
    with pytest.raises(TransportError, match="too long"):
        await turn(worker)
    await worker.stop()


async def test_a_request_above_the_limit_is_refused_so_that_its_turn_goes_on(stand_in: StandIn, tmp_path: Path) -> None:
    request = """send(method="item/commandExecution/requestApproval", id=0, params={"command": "x" * 900_000})"""
    body = f"""if message.get("error"): open({str(tmp_path / "refused")!r}, "w").write(json.dumps(message))
{on_turn(request)}"""
    worker = await AppServer.open(stand_in(body, max_line_bytes=100_000))
    await turn(worker)
    assert [type(signal) for signal in await heard(worker)] == [Warned, TurnEnded]
    await worker.stop()
    assert json.loads((tmp_path / "refused").read_text())["id"] == 0


async def test_a_line_without_an_end_before_the_end_of_the_stream(stand_in: StandIn, tmp_path: Path) -> None:
    ends = DONE.replace("\\n", "") + "; os._exit(0)"
    worker = await AppServer.open(stand_in(f"if message.get('method') == 'turn/start': {ends}"))
    with pytest.raises(WorkerGone):
        await turn(worker)
    signals = await heard(worker, StreamEnded)
    assert [type(signal) for signal in signals] == [TurnEnded, StreamEnded]
    assert (tmp_path / "events.jsonl").read_bytes().endswith(b"}\n")


REQUEST = """send(method="item/commandExecution/requestApproval", id=0, params={"threadId": "t1", "turnId": "u1",
        "itemId": "i1", "kind": "brandNewKind", "command": "printf x", "cwd": "/", "somethingNew": {"a": 1}})"""


async def test_an_unknown_request_is_refused_at_once_and_told(stand_in: StandIn, tmp_path: Path) -> None:
    body = f"""if message.get("error"): open({str(tmp_path / "refused")!r}, "w").write(json.dumps(message))
{on_turn('send(method="item/brandNew/request", id="odd-1", params={"x": [1]})')}"""
    worker = await AppServer.open(stand_in(body))
    await turn(worker)
    unknown = (await heard(worker))[0]
    assert unknown == UnknownAsked(request_id="odd-1", method="item/brandNew/request", raw_json='{"x": [1]}')
    assert not worker.answer("odd-1", {})
    await worker.stop()
    refused = json.loads((tmp_path / "refused").read_text())
    assert (refused["id"], refused["error"]["code"]) == ("odd-1", -32601)


async def test_a_question_that_is_resolved_takes_no_answer(stand_in: StandIn, tmp_path: Path) -> None:
    body = f"""open({str(tmp_path / "got")!r}, "a").write(json.dumps(message) + chr(10))
{on_turn(REQUEST, 'send(method="serverRequest/resolved", params={"threadId": "t1", "requestId": 0})')}"""
    worker = await AppServer.open(stand_in(body))
    await turn(worker)
    asked, resolved, _ = await heard(worker)
    assert isinstance(asked, Asked)
    assert asked.request.command == "printf x"
    assert json.loads(asked.request.raw_json)["somethingNew"] == {"a": 1}
    assert resolved == RequestResolved(request_id="0")
    assert not worker.answer("0", {"decision": "accept"})
    await worker.stop()
    assert "accept" not in (tmp_path / "got").read_text().replace("acceptFor", "")


async def test_a_full_disk_is_told_and_the_worker_goes_on(stand_in: StandIn) -> None:
    launch = stand_in(on_turn())

    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    broken = Launch(
        codex=launch.codex,
        cwd=launch.cwd,
        env=launch.env,
        tmpdir=launch.tmpdir,
        sinks=Sinks(events=full, stderr=full, long_lines=launch.sinks.long_lines),
    )
    worker = await AppServer.open(broken)
    await turn(worker)
    signals = await heard(worker)
    await worker.stop()
    assert [signal.message for signal in signals if isinstance(signal, Warned)] == [
        "The worker's log could not be written: No space left on device"
    ]


def test_what_is_sent_is_one_line_of_utf8_without_lone_surrogates() -> None:
    line = encode({"text": "a\nb \ud800 \udcff \N{PILE OF POO}\u2028"})
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"text": "a\nb \ufffd \ufffd \N{PILE OF POO}\u2028"}
    with pytest.raises(ValueError, match="JSON compliant"):
        encode({"x": float("nan")})


FLOOD = """
import sys, time
line = (b'{"method":"item/agentMessage/delta","params":{"threadId":"01a1f80a-0d36-7953-96ca-c2c3595da084","turnId":'
    b'"01a1f80a-0d6f-7062-b1e6-d3ca4c59e340","itemId":"msg_1","delta":"some streamed text that a worker says, '
    b'once more, and a little longer than before \\\\n"},"emittedAtMs":1795162772417}')
line += b" " * (289 - len(line)) + b"\\n"
"""


async def test_eight_floods_cost_well_under_half_a_core(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """7,500 lines a second from each of eight processes, written one by one as a real worker writes them."""
    paced = """
out = open(1, "wb", buffering=0)
began = time.perf_counter()
for tick in range(100):
    for _ in range(75): out.write(line)
    time.sleep(max(0, began + (tick + 1) / 100 - time.perf_counter()))
"""
    took_s, cpu_s, lines = await flood(tmp_path, FLOOD + paced, 8)
    assert lines == 8 * 7500
    free_s, free_cpu_s, free = await flood(tmp_path, FLOOD + "sys.stdout.buffer.write(line * 300000)", 1)
    assert free == 300_000
    with capsys.disabled():
        print(
            f"\n  transport: 8 x 7,500 lines/s took {cpu_s / took_s:.1%} of a core;"
            f" alone {free / free_cpu_s:,.0f} lines per CPU second ({free / free_s:,.0f} lines/s)"
        )
    assert cpu_s / took_s < 0.4


async def flood(folder: Path, code: str, children: int) -> tuple[float, float, int]:
    """Seconds, CPU seconds of this process, lines in the files."""
    files = [(folder / f"flood-{index}.jsonl").open("wb", buffering=0) for index in range(children)]
    ended: Any = asyncio.Queue()
    listener = Listener(
        line=ended.put_nowait, spilled=ended.put_nowait, unwritten=ended.put_nowait, ended=ended.put_nowait
    )
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    transports = [
        Transport(
            [sys.executable, "-c", code],
            cwd=folder,
            env={},
            sinks=Sinks(events=file.write, stderr=print, long_lines=folder),  # type: ignore[arg-type]
            listener=listener,
        )
        for file in files
    ]
    assert [await asyncio.wait_for(ended.get(), 60) for _ in transports] == [0] * children
    took = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    for file in files:
        file.close()
    lines = sum((folder / f"flood-{index}.jsonl").read_bytes().count(b"\n") for index in range(children))
    return *took, lines
