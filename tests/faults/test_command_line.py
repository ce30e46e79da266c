"""Rows 16 to 19 and 40 of the faults for work without a screen: whatever a worker writes, its output stays plain."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.resources import ResourceKind, read_resource
from tests.faults.rig import both, item, says, standin
from tests.scenarios.cli.shell import Ended, shell

EVENTS = Draft202012Validator(json.loads(read_resource(ResourceKind.SCHEMAS, "event.schema")))
TOKEN = "ghp_" + "a1B2" * 9
VALUE = "correct-horse-battery-7"
MIB = 1024 * 1024

ODD: list[dict[str, Any]] = [
    {"raw": "Reading prompt from stdin...\n"},
    {"raw": '[{"method":"turn/completed"}]\n'},
    {"raw": '{"method":"item/completed","params":' + "[" * 10_000 + "]" * 10_000 + "}\n"},
    {"raw": '{"method":"thread/tokenUsage/updated","params":{"threadId":"t","tokenUsage":NaN}}\n'},
    {"send": {"method": "galaxy/brain/grown", "params": {"size": [1, {"x": None}]}}},
    item("strange", "holodeck", deck=5),
    *both("osc", "commandExecution", command="printf '\x1b]52;c;Zm9v\x07\x9b31m\u202e'", exitCode=0),
    *both("sec", "commandExecution", command=f"curl -H 'Authorization: Bearer {TOKEN}' --user a:{VALUE}", exitCode=0),
    {"raw": '{"method":"item/completed","params":{"text":"' + "x" * (2 * MIB) + '"}}\n'},
]  # fmt: skip


async def played(scratch: Path, *options: str) -> Ended:
    codex = standin(scratch, {"GO": [*ODD, says(f"after it [/] \x1b[2J {TOKEN}", "after")]})
    async with shell(scratch, []) as sh:
        sh.environment = {**sh.environment, "CODEX_ORCH_CODEX_PATH": str(codex), "MY_PASSWORD": VALUE}
        ended = await sh.run("run", f"GO with {TOKEN} and {VALUE}", "--headless", *options)
        journal = (sh.repository / ".orchestrator" / "journal.jsonl").read_text()
        assert TOKEN not in journal and VALUE not in journal
        return ended


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["lines", "json"])
async def test_what_a_worker_writes_is_told_in_plain_text_and_without_secrets(
    scratch: Path, options: tuple[str, ...]
) -> None:
    ended = await played(scratch, *options)
    assert ended.code == ExitCode.DONE, ended
    told = ended.out + ended.err
    assert all(letter.isprintable() or letter == "\n" for letter in told)
    assert TOKEN not in told and VALUE not in told
    if options:
        assert all(EVENTS.is_valid(line) for line in ended.lines)
        assert ended.lines[-1]["type"] == "SessionClosed"
    else:
        assert "␛]52;c;Zm9v" in told and "done" in told
