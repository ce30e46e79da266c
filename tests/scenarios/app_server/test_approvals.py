"""Every kind of request, raised by the real Codex and answered."""

import tempfile
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain.approval import ApprovalKind, Choice, Decision
from codex_orch_tui.domain.item import ItemKind, ItemStatus, TurnStatus
from codex_orch_tui.domain.signals import Asked, ItemEnded, RequestResolved
from codex_orch_tui.scripted.script import (
    Ask,
    McpCall,
    Patch,
    RequestPermissions,
    Say,
    Script,
    Shell,
    WriteStdin,
)

pytestmark = pytest.mark.codex

ACCEPT = Decision(choice=Choice.ACCEPT)
DECLINE = Decision(choice=Choice.DECLINE)
CANCEL = Decision(choice=Choice.CANCEL)
FOR_SESSION = Decision(choice=Choice.ACCEPT_FOR_SESSION)


def escalation(root: Path) -> Script:
    touch = Shell(cmd=f"touch {root}/outside/mark", escalate=True, justification="the mark is elsewhere")
    return Script("MARK", (touch, Say(text="done")))


async def test_an_accepted_command_runs_outside_the_sandbox(make_rig: Any, scratch: Path) -> None:
    async with make_rig([escalation(scratch)]) as rig:
        await rig.start("MARK it")
        request = await rig.asked()
        assert request.kind is ApprovalKind.COMMAND
        assert request.command == f"touch {scratch}/outside/mark"
        assert request.cwd == str(rig.worktree)
        assert request.reason == "the mark is elsewhere"
        assert request.choices == (
            Choice.ACCEPT,
            Choice.ACCEPT_FOR_SESSION,
            Choice.DECLINE,
            Choice.CANCEL,
            Choice.ACCEPT_FOR_GOOD,
        )
        assert request.amendment == ("touch", f"{scratch}/outside/mark")
        assert not (rig.outside / "mark").exists()
        await rig.decide(request, ACCEPT)
        assert (await rig.turn_end()).status is TurnStatus.COMPLETED
        assert (rig.outside / "mark").exists()
        assert rig.model.requests[0].user_agent.startswith("codex-orch-tui/")


async def test_a_declined_command_does_not_run_and_the_worker_goes_on(make_rig: Any, scratch: Path) -> None:
    async with make_rig([escalation(scratch)]) as rig:
        await rig.start("MARK it")
        await rig.decide(await rig.asked(), DECLINE)
        ended = await rig.until(ItemEnded, lambda signal: signal.item.kind is ItemKind.COMMAND)
        assert ended.item.status is ItemStatus.DECLINED
        assert (await rig.turn_end()).status is TurnStatus.COMPLETED
        assert not (rig.outside / "mark").exists()


async def test_cancel_interrupts_the_turn(make_rig: Any, scratch: Path) -> None:
    async with make_rig([escalation(scratch)]) as rig:
        await rig.start("MARK it")
        await rig.decide(await rig.asked(), CANCEL)
        assert (await rig.turn_end()).status is TurnStatus.INTERRUPTED
        assert not (rig.outside / "mark").exists()


async def test_accept_for_session_asks_once_for_the_same_command(make_rig: Any, scratch: Path) -> None:
    touch = Shell(cmd=f"touch {scratch}/outside/mark", escalate=True, justification="twice")
    async with make_rig([Script("TWICE", (touch, touch, Say(text="done")))]) as rig:
        await rig.start("TWICE")
        await rig.decide(await rig.asked(), FOR_SESSION)
        assert (await rig.turn_end()).status is TurnStatus.COMPLETED
        assert sum(isinstance(signal, Asked) for signal in rig.seen) == 1
        assert not list((scratch / "codex-home").glob("rules/*"))


async def test_an_answer_counts_once(make_rig: Any, scratch: Path) -> None:
    async with make_rig([escalation(scratch)]) as rig:
        await rig.start("MARK it")
        request = await rig.asked()
        await rig.decide(request, DECLINE)
        assert not rig.worker.answer(request.request_id, {"decision": "accept"})
        assert (await rig.until(RequestResolved)).request_id == request.request_id
        await rig.turn_end()
        assert not (rig.outside / "mark").exists()


async def test_an_answer_after_the_turn_was_interrupted_is_dropped(make_rig: Any, scratch: Path) -> None:
    async with make_rig([escalation(scratch)]) as rig:
        turn = await rig.start("MARK it")
        request = await rig.asked()
        await rig.worker.interrupt(rig.thread, turn)
        assert (await rig.turn_end()).status is TurnStatus.INTERRUPTED
        assert (await rig.until(RequestResolved)).request_id == request.request_id
        assert not rig.worker.answer(request.request_id, {"decision": "accept"})
        assert not (rig.outside / "mark").exists()


@pytest.mark.parametrize("decision", [ACCEPT, DECLINE])
async def test_typing_into_a_program_outside_the_sandbox_is_asked_for(
    make_rig: Any, scratch: Path, decision: Decision
) -> None:
    steps = (
        Shell(cmd="read word; printf got-$word", tty=True, escalate=True, justification="talk", yield_time_ms=300),
        WriteStdin(chars="hello\n"),
        Say(text="done"),
    )
    async with make_rig([Script("TALK", steps)]) as rig:
        await rig.start("TALK")
        await rig.decide(await rig.asked(), ACCEPT)
        request = await rig.asked()
        assert request.kind is ApprovalKind.STDIN
        assert "hello" in request.command
        assert request.choices == (Choice.ACCEPT, Choice.DECLINE, Choice.CANCEL)
        await rig.decide(request, decision)
        assert (await rig.turn_end()).status is TurnStatus.COMPLETED
        assert any("got-hello" in output for output in rig.tool_outputs()) is (decision is ACCEPT)


@pytest.mark.parametrize("decision", [ACCEPT, DECLINE, CANCEL])
async def test_a_patch_outside_the_worktree_shows_its_files(make_rig: Any, scratch: Path, decision: Decision) -> None:
    path = f"{scratch}/outside/note.txt"
    patch = Patch(text=f"*** Begin Patch\n*** Add File: {path}\n+one\n+two\n*** End Patch")
    async with make_rig([Script("PATCH", (patch, Say(text="done")))]) as rig:
        await rig.start("PATCH")
        request = await rig.asked()
        assert request.kind is ApprovalKind.FILE_CHANGE
        (file,) = request.files
        assert (file.path, file.change, file.insertions) == (path, "add", 2)
        assert file.diff == "@@ -0,0 +1,2 @@\n+one\n+two\n"
        await rig.decide(request, decision)
        status = TurnStatus.INTERRUPTED if decision is CANCEL else TurnStatus.COMPLETED
        assert (await rig.turn_end()).status is status
        assert Path(path).exists() is (decision is ACCEPT)


QUESTIONS = (
    {
        "id": "colour",
        "header": "Colour",
        "question": "Which colour?",
        "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
    },
)


@pytest.mark.parametrize("answer", ["Blue", "a dark green"])
async def test_a_question_is_answered(make_rig: Any, answer: str) -> None:
    async with make_rig([Script("COLOUR", (Ask(questions=QUESTIONS), Say(text="done")))]) as rig:
        await rig.start("COLOUR")
        request = await rig.asked()
        assert request.kind is ApprovalKind.USER_INPUT
        (question,) = request.questions
        assert question.text == "Which colour?"
        assert [option.label for option in question.options] == ["Red", "Blue"]
        await rig.decide(request, Decision(choice=Choice.ANSWER, answers={"colour": (answer,)}))
        assert (await rig.turn_end()).status is TurnStatus.COMPLETED
        assert answer in rig.tool_outputs()[-1]


async def test_a_question_can_be_declined(make_rig: Any) -> None:
    async with make_rig([Script("COLOUR", (Ask(questions=QUESTIONS), Say(text="done")))]) as rig:
        await rig.start("COLOUR")
        await rig.decide(await rig.asked(), DECLINE)
        assert (await rig.turn_end()).status is TurnStatus.COMPLETED
        assert "Red" not in rig.tool_outputs()[-1]


def permissions_script(root: Path) -> Script:
    entries = [
        {"path": {"type": "path", "path": f"{root}/outside"}, "access": "write"},
        {"path": {"type": "path", "path": f"{root}/home"}, "access": "write"},
    ]
    profile = {"file_system": {"entries": entries}, "network": {"enabled": True}}
    return Script(
        "GRANT",
        (
            RequestPermissions(permissions=profile, reason="to write the marks"),
            Shell(cmd=f"touch {root}/outside/granted; touch {root}/home/granted"),
            Say(text="done"),
        ),
    )


@pytest.mark.parametrize(
    ("decision", "outside", "home"),
    [
        (Decision(choice=Choice.GRANT), True, True),
        (Decision(choice=Choice.GRANT, granted=(0,)), True, False),
        (Decision(choice=Choice.GRANT, granted=(1,), for_session=True), False, True),
        (DECLINE, False, False),
    ],
)
async def test_permissions_are_granted_in_full_in_part_or_not(
    make_rig: Any, scratch: Path, decision: Decision, outside: bool, home: bool
) -> None:
    async with make_rig([permissions_script(scratch)]) as rig:
        await rig.start("GRANT")
        request = await rig.asked()
        assert request.kind is ApprovalKind.PERMISSIONS
        assert [(entry.access, entry.target) for entry in request.permissions] == [
            ("write", f"{scratch}/outside"),
            ("write", f"{scratch}/home"),
            ("network", "any host"),
        ]
        await rig.decide(request, decision)
        assert (await rig.turn_end()).status is TurnStatus.COMPLETED
        assert (rig.outside / "granted").exists() is outside
        assert (scratch / "home" / "granted").exists() is home


async def test_an_mcp_tool_and_its_form_are_asked_for(make_rig: Any) -> None:
    steps = (McpCall(server="asker", tool="form"), Say(text="done"))
    async with make_rig([Script("FORM", steps)], mcp=True) as rig:
        await rig.start("FORM")
        tool = await rig.asked()
        assert tool.kind is ApprovalKind.MCP_TOOL
        assert tool.server == "asker"
        assert "form" in tool.reason
        assert tool.fields == ()
        await rig.decide(tool, ACCEPT)
        form = await rig.asked()
        assert form.kind is ApprovalKind.ELICITATION
        assert form.reason == "Fill in"
        assert {field.name: field.type for field in form.fields} == {
            "name": "string",
            "age": "integer",
            "ok": "boolean",
            "ratio": "number",
            "colour": "enum",
        }
        answers = {"name": ("Ada",), "age": ("36",), "ok": ("yes",), "ratio": ("0.5",), "colour": ("blue",)}
        await rig.decide(form, Decision(choice=Choice.ANSWER, answers=answers))
        await rig.turn_end()
        expected = '"age": 36, "colour": "blue", "name": "Ada", "ok": true, "ratio": 0.5'
        assert expected in rig.tool_outputs()[-1].replace('\\"', '"')


@pytest.mark.parametrize(("decision", "action"), [(DECLINE, "decline"), (CANCEL, "cancel")])
async def test_a_form_can_be_refused(make_rig: Any, decision: Decision, action: str) -> None:
    steps = (McpCall(server="asker", tool="form"), Say(text="done"))
    async with make_rig([Script("FORM", steps)], mcp=True) as rig:
        await rig.start("FORM")
        await rig.decide(await rig.asked(), ACCEPT)
        await rig.decide(await rig.asked(), decision)
        await rig.turn_end()
        assert action in rig.tool_outputs()[-1]


async def test_an_mcp_tool_is_accepted_for_the_session(make_rig: Any) -> None:
    call = McpCall(server="asker", tool="plain")
    async with make_rig([Script("TOOL", (call, call, Say(text="done")))], mcp=True) as rig:
        await rig.start("TOOL")
        request = await rig.asked()
        config = (rig.root / "codex-home" / "config.toml").read_bytes()
        await rig.decide(request, FOR_SESSION)
        assert (await rig.turn_end()).status is TurnStatus.COMPLETED
        assert sum(isinstance(signal, Asked) for signal in rig.seen) == 1
        assert all("hi" in output for output in rig.tool_outputs())
        assert (rig.root / "codex-home" / "config.toml").read_bytes() == config


@pytest.mark.parametrize("decision", [DECLINE, CANCEL])
async def test_a_refused_mcp_tool_is_not_called(make_rig: Any, decision: Decision) -> None:
    steps = (McpCall(server="asker", tool="plain"), Say(text="done"))
    async with make_rig([Script("TOOL", steps)], mcp=True) as rig:
        await rig.start("TOOL")
        await rig.decide(await rig.asked(), decision)
        await rig.turn_end()
        assert not any("'hi'" in output for output in rig.tool_outputs())


async def test_the_repository_is_not_made_trusted_and_a_planted_config_is_not_read(
    make_rig: Any, scratch: Path
) -> None:
    planted = scratch / "worktree" / ".codex"
    planted.mkdir(parents=True)
    (planted / "config.toml").write_text('approval_policy = "never"\nsandbox_mode = "danger-full-access"\n')
    probe = Shell(cmd=f"touch {scratch}/outside/planted")
    async with make_rig([Script("PROBE", (probe, Say(text="done")))]) as rig:
        config = (scratch / "codex-home" / "config.toml").read_bytes()
        await rig.start("PROBE")
        await rig.turn_end()
        assert not (rig.outside / "planted").exists()
        assert (scratch / "codex-home" / "config.toml").read_bytes() == config


async def test_a_worker_may_write_its_own_temporary_folder_but_not_tmp(
    make_rig: Any, scratch: Path, tmp_path: Path
) -> None:
    assert tmp_path.is_relative_to(tempfile.gettempdir())
    own = Shell(cmd=f"touch {scratch}/tmp/own")
    foreign = Shell(cmd=f"touch {tmp_path}/foreign")
    async with make_rig([Script("TMP", (own, foreign, Say(text="done")))], roots=(tmp_path,)) as rig:
        await rig.start("TMP")
        await rig.turn_end()
        assert (scratch / "tmp" / "own").exists()
        assert not (tmp_path / "foreign").exists()
