"""What commands print with --json beside a program that works, each as its schema says."""

import json
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.resources import ResourceKind, read_resource
from tests.fakes.json_schema import violations
from tests.scenarios.cli.play import DONE, asks, run_id, said
from tests.scenarios.cli.shell import shell

pytestmark = pytest.mark.codex

QUESTION = json.loads(read_resource(ResourceKind.SCHEMAS, "questions"))["properties"]["questions"]["items"]


async def test_a_question_shown_a_message_and_a_stop(scratch: Path) -> None:
    async with shell(scratch, [asks(scratch)]) as sh:
        begun = await sh.begin("run", "ASKS", "--headless")
        run = run_id(await said(begun, "approvals answer"))
        (question,) = (await sh.run("approvals", "list", "--json")).document["questions"]
        shown = await sh.run("approvals", "show", question["id"], "--json")
        assert shown.code == ExitCode.DONE and list(violations(shown.document, QUESTION)) == [], shown
        assert {name: shown.document[name] for name in question} == question

        told = await sh.run("message", run, "look at the README, too", "--json")
        assert told.code == ExitCode.DONE and list(violations(told.document, DONE)) == [], told
        assert (told.document["task"], told.document["how"]) == (f"{run}/asks", "steered")
        stopped = await sh.run("stop", run, "--json")
        assert stopped.code == ExitCode.DONE and list(violations(stopped.document, DONE)) == [], stopped
        assert (stopped.document["run"], stopped.document["tasks"]) == (run, [f"{run}/asks"])
        assert (await begun.ended()).code == ExitCode.WAITING
        assert not (sh.outside / "marker").exists()
