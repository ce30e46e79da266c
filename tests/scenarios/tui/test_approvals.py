"""A worker's questions, answered from the keyboard on the real Codex."""

import asyncio
from pathlib import Path

import pytest

from codex_orch_tui.domain.approval import ApprovalKind, Outcome
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Ask, McpCall, Patch, RequestPermissions, Say, Script, Shell, WriteStdin
from tests.scenarios.stage import add_file
from tests.scenarios.tui.user import User, user

pytestmark = pytest.mark.codex


def escalation(root: Path) -> Script:
    """A task whose one command asks to run outside the sandbox."""
    touch = Shell(cmd=f"touch {root}/outside/mark", escalate=True, justification="the mark is elsewhere")
    return Script("MARK", (touch, Say(text="went on")))


async def asked(me: User, prompt: str = "MARK it") -> None:
    """Start a task and go to its question."""
    await me.new_task(prompt)
    await me.on.asked()
    await me.see("1 needs you")
    await me.press("g")


def outcome(me: User) -> Outcome:
    (approval,) = me.on.orchestrator.state.approvals.values()
    return approval.outcome


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_accept(scratch: Path, size: tuple[int, int]) -> None:
    async with user(scratch, [escalation(scratch)], size=size) as me:
        await asked(me)
        await me.see("outside the sandbox", "touch", "the mark is elsewhere", "decline")
        assert not (me.on.outside / "mark").exists()
        await me.press("a")
        await me.done(me.refs[0])
        assert (me.on.outside / "mark").exists()
        assert outcome(me) is Outcome.ACCEPTED


async def test_codexs_own_rule_is_kept_after_two_yeses_in_the_file_that_was_named(scratch: Path) -> None:
    async with user(scratch, [escalation(scratch)]) as me:
        rules = me.on.orchestrator.codex_home
        assert rules is not None
        await asked(me)
        await me.see("for good, Codex's own rule")
        await me.press("end", "P")
        await me.see("Accept for good", str(rules / "rules" / "default.rules"), "Type touch to go on")
        await me.type("touch")
        await me.press("enter")
        await me.see("Once more")
        assert not (rules / "rules" / "default.rules").exists()
        assert not (me.on.outside / "mark").exists()
        await me.press("P")
        await me.done(me.refs[0])
        assert (me.on.outside / "mark").exists()
        assert outcome(me) is Outcome.ACCEPTED_FOR_GOOD
        assert '"touch"' in (rules / "rules" / "default.rules").read_text()


async def test_what_is_painted_is_known_to_the_orchestrator(scratch: Path) -> None:
    async with user(scratch, [escalation(scratch)]) as me:
        await asked(me)
        await me.on.until(lambda: all(each.shown_at_s for each in me.on.orchestrator.state.approvals.values()))
        await me.press("d")
        await me.done(me.refs[0])


async def test_accept_waits_for_the_guard(scratch: Path) -> None:
    async with user(scratch, [escalation(scratch)], approval_guard_ms=400) as me:
        await me.new_task("MARK it")
        approval = await me.on.asked()
        await me.see("1 needs you")
        await me.press("g", "a", "y")
        if me.on.orchestrator.state.approvals[approval.id].is_pending:  # on a machine that is not busy for so long
            # The guard is a span of time: 0.4 s from the painting, and 0.2 s more after a key that came too early.
            await asyncio.sleep(0.7)
            await me.press("a")
        await me.done(me.refs[0])
        answered = me.on.orchestrator.state.approvals[approval.id]
        assert answered.outcome is Outcome.ACCEPTED
        assert answered.decided_at_s is not None
        assert answered.decided_at_s - answered.asked_at_s >= 0.4


async def test_decline_lets_the_worker_go_on(scratch: Path) -> None:
    async with user(scratch, [escalation(scratch)]) as me:
        await asked(me)
        await me.see("decline")
        await me.press("d")
        task = await me.done(me.refs[0])
        assert task.answer == "went on"
        assert outcome(me) is Outcome.DECLINED
        assert not (me.on.outside / "mark").exists()


async def test_decline_with_a_message_steers_the_turn(scratch: Path) -> None:
    script = Script("INSTEAD", (Patch(text=add_file("instead.txt", "yes")), Say(text="did that instead")))
    async with user(scratch, [escalation(scratch), script]) as me:
        await asked(me)
        await me.see("decline")
        await me.press("n")
        await me.type("INSTEAD write a file")
        await me.press("enter")
        await me.on.until(lambda: me.on.task(me.refs[0]).answer == "did that instead")
        assert outcome(me) is Outcome.DECLINED


async def test_cancel_ends_the_turn(scratch: Path) -> None:
    async with user(scratch, [escalation(scratch)]) as me:
        await asked(me)
        await me.see("cancel")
        await me.press("c")
        await me.on.until_state(me.refs[0], TaskState.INTERRUPTED)
        assert outcome(me) is Outcome.CANCELLED


async def test_a_patch_outside_the_workspace_shows_its_files(scratch: Path) -> None:
    patch = Patch(text=add_file(f"{scratch}/outside/note.txt", "written outside"))
    async with user(scratch, [Script("MARK", (patch, Say(text="ok")))]) as me:
        await asked(me)
        await me.see("note.txt", "written outside")
        await me.press("a")
        await me.done(me.refs[0])
        assert (me.on.outside / "note.txt").read_text() == "written outside\n"


async def test_stdin_of_a_running_terminal(scratch: Path) -> None:
    steps = (
        Shell(
            cmd=f"read answer; touch {scratch}/outside/typed",
            escalate=True,
            justification="it asks back",
            tty=True,
            yield_time_ms=300,
        ),
        WriteStdin(chars="yes\n"),
        Say(text="typed"),
    )
    async with user(scratch, [Script("MARK", steps)]) as me:
        await asked(me)
        await me.see("it asks back")
        await me.press("a")
        await me.on.until(lambda: len(me.on.orchestrator.state.approvals) == 2)
        typed = list(me.on.orchestrator.state.approvals.values())[1]
        assert typed.request.kind is ApprovalKind.STDIN
        await me.press("g")
        await me.see("yes")
        await me.press("a")
        await me.done(me.refs[0])
        assert (me.on.outside / "typed").exists()


async def test_a_question_is_answered_with_an_option(scratch: Path) -> None:
    question = {
        "id": "colour",
        "header": "Colour",
        "question": "Which colour shall it be?",
        "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
    }
    async with user(scratch, [Script("MARK", (Ask(questions=[question]), Say(text="thanks")))]) as me:
        await asked(me)
        await me.see("Which colour shall it be?", "Red", "Blue")
        await me.press("2", "ctrl+s")
        await me.done(me.refs[0])
        assert outcome(me) is Outcome.ANSWERED
        assert "Blue" in str(me.on.model.requests[-1].input[-1])


async def test_a_part_of_the_permissions_is_granted(scratch: Path) -> None:
    wanted = {
        "file_system": {
            "write": [f"{scratch}/outside/one", f"{scratch}/outside/two"],
        }
    }
    step = RequestPermissions(permissions=wanted, reason="two folders are needed")
    async with user(scratch, [Script("MARK", (step, Say(text="ok")))]) as me:
        await asked(me)
        await me.see("outside/one", "outside/two", "two folders are needed")
        await me.press("space", "a")
        await me.done(me.refs[0])
        assert outcome(me) is Outcome.GRANTED
        told = str(me.on.model.requests[-1].input[-1])
        assert ("outside/one" in told) != ("outside/two" in told)


async def test_nothing_is_answered_by_leaving(scratch: Path) -> None:
    async with user(scratch, [escalation(scratch)]) as me:
        await asked(me)
        await me.press("escape", "enter", "tab", "1", "2")
        await me.pilot.pause()
        (approval,) = me.on.orchestrator.state.approvals.values()
        assert approval.is_pending
    assert not (scratch / "outside" / "mark").exists()


async def test_a_form_of_an_mcp_server_is_filled_in(scratch: Path) -> None:
    steps = (McpCall(server="asker", tool="form"), Say(text="thanks"))
    async with user(scratch, [Script("MARK", steps)], mcp=True) as me:
        await asked(me)
        await me.see("asker", "form", "decline")
        await me.press("a")
        await me.on.until(lambda: len(me.on.orchestrator.state.approvals) == 2)
        form = list(me.on.orchestrator.state.approvals.values())[1]
        assert form.request.kind is ApprovalKind.ELICITATION
        await me.press("g")
        await me.see("Fill in", "Name")
        await me.press("enter", "tab", "tab")
        await me.type("Robin")
        await me.press("ctrl+s")
        await me.done(me.refs[0])
        assert me.on.orchestrator.state.approvals[form.id].outcome is Outcome.ANSWERED
        assert "Robin" in str(me.on.model.requests[-1].input[-1])
