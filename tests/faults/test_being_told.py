"""Bell, notification, title and the person's own command, by the whole program in a pty."""

import asyncio
import json
import signal
from pathlib import Path

import psutil
import pytest

from tests.faults.rig import README, asks, says, standin
from tests.faults.terminal import Program, bells, program
from tests.scenarios.stage import make_repository

PLAYS = {"GO": [asks("printf hello; touch it"), {"await": "answer"}, says("the end", "end")]}
QUIET_S = 0.6


def told(me: Program) -> dict[str, int]:
    """How often each was written."""
    sent = bytes(me.output)
    return {
        "bell": bells(sent),
        "asks": sent.count(b"\x1b]9;codex-orch-tui: GO asks: printf hello, touch it\x1b\\"),
        "done": sent.count(b"\x1b]9;codex-orch-tui: GO is ready for review\x1b\\"),
        "notifications": sent.count(b"\x1b]9;"),
        "plain title": sent.count(b"\x1b]0;repository - codex-orch-tui\x1b\\"),
        "title of one": sent.count(b"\x1b]0;(1) repository - codex-orch-tui\x1b\\"),
        "titles kept": sent.count(b"\x1b[22;0t"),
        "titles given back": sent.count(b"\x1b]0;\x1b\\\x1b[23;0t"),
    }


async def one_question(me: Program) -> None:
    """A task asks, is answered, and is done."""
    await me.see("n starts")
    me.type("n")
    await me.see("New task")
    me.paste("GO")
    me.type("\x13")
    await me.see("1 needs you")
    me.type("g")
    await me.see("a accept")
    await me.gone("n new task")
    await me.press_until("a", lambda: "1 to review" in me.screen.text)


async def writes_nothing(me: Program) -> bool:
    """Nothing is written for a while; what is still being painted may come to its end first."""
    for _ in range(20):
        before = len(me.output)
        await asyncio.sleep(QUIET_S)
        if len(me.output) == before:
            return True
    return False


@pytest.mark.slow
async def test_each_change_is_told_once_and_the_title_is_given_back(scratch: Path) -> None:
    repository = make_repository(scratch, README)
    hook = "cat >> ../told"
    async with program(scratch, repository, codex=standin(scratch, PLAYS), CODEX_ORCH_NOTIFY_COMMAND=hook) as me:
        await me.see("n starts")
        assert await writes_nothing(me)
        assert told(me) == dict.fromkeys(told(me), 0) | {"plain title": 1, "titles kept": 1}
        await one_question(me)
        await me.until(lambda: told(me)["done"])
        assert await writes_nothing(me)
        everything = {
            "bell": 2,
            "asks": 1,
            "done": 1,
            "notifications": 2,
            "plain title": 2,
            "title of one": 1,
            "titles kept": 1,
            "titles given back": 0,
        }
        assert told(me) == everything
        me.type("q")
        assert await me.code() == 0
        assert told(me) == everything | {"titles given back": 1}
        assert me.is_restored
        assert bytes(me.output).rfind(b"\x1b[23;0t") < bytes(me.output).rfind(b"\x1b[?1049l")
    heard = [json.loads(line) for line in (scratch / "told").read_text().splitlines()]
    assert [(each["event"], each["title"], each["command"], each["open_questions"]) for each in heard] == [
        ("asks", "GO", "printf hello; touch it", 1),
        ("done", "GO", "", 0),
    ]
    assert heard[0]["repository"] == str(repository)


@pytest.mark.slow
async def test_who_wants_none_of_it_gets_none(scratch: Path) -> None:
    repository = make_repository(scratch, README)
    off = {f"CODEX_ORCH_{name}": "false" for name in ("BELL", "DESKTOP_NOTIFICATIONS", "TERMINAL_TITLE")}
    async with program(scratch, repository, codex=standin(scratch, PLAYS), **off) as me:
        await one_question(me)
        assert await writes_nothing(me)
        me.type("q")
        assert await me.code() == 0
        assert told(me) == dict.fromkeys(told(me), 0)


async def test_the_title_is_the_shells_while_the_program_is_stopped(scratch: Path) -> None:
    repository = make_repository(scratch, README)
    async with program(scratch, repository, codex=standin(scratch)) as me:
        process = psutil.Process(me.process.pid)
        await me.until(lambda: told(me)["plain title"] == 1)
        me.type("\x1a")
        await me.until(lambda: process.status() == psutil.STATUS_STOPPED)
        await me.until(lambda: told(me)["titles given back"] == 1)
        me.process.send_signal(signal.SIGCONT)
        await me.until(lambda: told(me)["plain title"] == 2)
        assert told(me)["titles kept"] == 2
        me.process.send_signal(signal.SIGTERM)
        await me.until(lambda: told(me)["titles given back"] == 2)


@pytest.mark.slow
async def test_a_terminal_that_has_the_focus_is_not_asked_for_notifications(scratch: Path) -> None:
    repository = make_repository(scratch, README)
    async with program(scratch, repository, codex=standin(scratch, PLAYS)) as me:
        await me.until(lambda: told(me)["plain title"] == 1)
        me.type("\x1b[I")
        await one_question(me)
        assert await writes_nothing(me)
        assert told(me)["notifications"] == 0
        assert told(me)["bell"] == 2
        me.type("q")
        assert await me.code() == 0
