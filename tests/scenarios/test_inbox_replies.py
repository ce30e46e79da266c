"""What lies in the inbox's done/ and failed/ after a script dropped files there: as the schema says, whatever came."""

import asyncio
import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.store.inbox_files import put_file
from tests.faults.rig import opened, says, standin
from tests.scenarios.stage import Stage

REPLY = Draft202012Validator(json.loads(read_resource(ResourceKind.SCHEMAS, "reply.schema")))
COMMAND = Draft202012Validator(json.loads(read_resource(ResourceKind.SCHEMAS, "command.schema")))
PLAN = {"tasks": [{"id": "a", "role": "implementer", "prompt": "EDIT"}]}
LOOP = {"tasks": [{"id": "a", "role": "implementer", "prompt": "x", "depends_on": ["a"]}]}


async def became(on: Stage, name: str, dropped: dict[str, Any] | bytes) -> dict[str, Any]:
    """Drop a file as a script does; what it finds afterwards."""
    layout = on.orchestrator.layout
    data = dropped if isinstance(dropped, bytes) else json.dumps(dropped).encode()
    put_file(layout.inbox / f"{name}.json", data)
    async with asyncio.timeout(15):
        while True:
            for folder in (layout.inbox_done, layout.inbox_failed):
                if (path := folder / f"{name}.json").exists():
                    found: dict[str, Any] = json.loads(path.read_bytes())
                    assert (folder == layout.inbox_done) == (found["reply"]["outcome"] == "done")
                    return found
            await asyncio.sleep(0.02)


async def test_every_reply_is_as_its_schema_says(scratch: Path) -> None:
    play = standin(scratch, {"EDIT": [{"write": ["new.txt", "new\n"]}, says("done")]})
    async with opened(scratch, play) as on:
        first = await became(on, "create", {"command": "create_run", "plan": PLAN})
        (task,) = first["reply"]["data"]["tasks"]
        found = [
            first,
            await became(on, "pause", {"command": "pause_run", "run": first["reply"]["data"]["run"]}),
            await became(on, "nobody", {"command": "interrupt", "task": "x/y"}),
            await became(on, "loop", {"command": "create_run", "plan": LOOP}),
            await became(on, "answer", {"command": "answer", "approval": "e:1", "times_asked": 1, "choice": "accept"}),
            await became(on, "priority", {"command": "change_priority", "task": task, "priority": 3}),
            await became(on, "odd", b"{"),
            await became(on, "unknown", {"command": "shutdown"}),
        ]
    for one in found:
        REPLY.validate(one)
        assert one.get("command") is None or COMMAND.is_valid(one["command"]), "what was asked is kept as it was"
    told = {one["reply"]["outcome"] for one in found}
    assert told == {"done", "not_possible", "plan_refused", "answer_refused", "no_command"}
