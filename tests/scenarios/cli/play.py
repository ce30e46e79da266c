"""What scenarios of the command line have in common: scripts, and reading what a command says while it runs."""

import asyncio
import json
from pathlib import Path

from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script, Shell
from tests.scenarios.cli.shell import Begun
from tests.scenarios.stage import add_file

EDIT = Script("EDIT", (Patch(text=add_file("search.py", "x = 1")), Say(text="Done: search.py.\nNothing else.")))
DONE = json.loads(read_resource(ResourceKind.SCHEMAS, "done"))


def asks(root: Path) -> Script:
    """Wants to write outside of its sandbox."""
    return Script("ASKS", (Shell(cmd=f"touch {root / 'outside' / 'marker'}", escalate=True), Say(text="Did it.")))


def hangs() -> Script:
    """Edits, then never comes to its end."""
    return Script("HANGS", (Patch(text=add_file("half.py", "x = 0")), Hang(name="for ever")))


async def said(begun: Begun, text: str) -> str:
    """What a command has printed, up to the line that holds this."""
    assert begun.process.stdout is not None
    seen = ""
    async with asyncio.timeout(20):
        while text not in seen:
            line = await begun.process.stdout.readline()
            assert line, f"it ended before it said {text!r}: {seen}"
            seen += line.decode()
    return seen


def run_id(seen: str) -> str:
    """The run that a headless command tells of in its first line."""
    return seen.split()[1].rstrip(":")
