"""What a worker can do with the inbox of the program that runs it: nothing. On the real Codex, in its own sandbox."""

import json
from pathlib import Path

import pytest

from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Say, Script, Shell
from tests.scenarios.stage import stage

pytestmark = pytest.mark.codex


async def test_no_worker_can_drop_a_command(scratch: Path) -> None:
    """Its worktree and its TMPDIR lie below the same folder, and are all that it can write there."""
    inbox = scratch / "repository" / ".orchestrator" / "inbox"
    command = json.dumps({"command": "pause_run", "run": "x"})
    script = Script(
        "DROP",
        (
            Shell(cmd=f"printf '%s' '{command}' > {inbox}/command.json"),
            Shell(cmd=f"touch {inbox}/doing/begun.json"),
            Shell(cmd=f"mkdir {inbox}/folder.json"),
            Shell(cmd="printf mine > here.txt"),
            Say(text="done"),
        ),
    )
    async with stage(scratch, [script]) as on:
        assert on.orchestrator.layout.inbox == inbox
        (ref,) = await on.start("DROP it")
        await on.until_state(ref, TaskState.DONE)
        # What the model was told: Codex reports no item of a command that the sandbox refuses at once.
        sent = on.model.requests[-1].input
        told = [str(item["output"]) for item in sent if item.get("type") == "function_call_output"]
        assert ["Read-only file system" in text for text in told] == [True, True, True, False]
        assert "exited with code 0" in told[-1]
        assert not on.orchestrator.state.approvals, "nobody was asked to let it"
    left = [path for path in inbox.rglob("*") if not path.is_dir()]
    assert left == []
    assert sorted(path.name for path in inbox.iterdir()) == ["doing", "done", "failed"]
