"""Commands beside a program that holds the repository, and work that goes on after it stopped."""

from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.scripted.script import Fail, Say, Script
from tests.fakes.json_schema import violations
from tests.scenarios.cli.play import DONE, EDIT, asks, hangs, run_id, said
from tests.scenarios.cli.shell import shell

pytestmark = pytest.mark.codex


@pytest.mark.slow
async def test_a_second_one_has_the_first_do_it_and_follows(scratch: Path) -> None:
    async with shell(scratch, [asks(scratch), EDIT, hangs()]) as sh:
        first = await sh.begin("run", "ASKS", "--headless")
        await said(first, "approvals answer")
        second = await sh.run("run", "EDIT: beside it", "--headless")
        assert second.code == ExitCode.DONE, second
        assert "does it; this program follows. ctrl+c stops this run there\n" in second.err
        assert "edited search.py +1 -0" in second.out and "asks" not in second.out

        third = await sh.begin("run", "HANGS", "--headless", "--json")
        await said(third, '"ItemCompleted"')
        third.process.terminate()
        ended = await third.ended()
        assert ended.code == ExitCode.TERMINATED, ended
        status = (await sh.run("status", "--json")).document
        states = {task["prompt"]: task["state"] for one in status["runs"] for task in one["tasks"]}
        assert states == {"ASKS": "waiting_approval", "EDIT: beside it": "done", "HANGS": "interrupted"}

        (question,) = (await sh.run("approvals", "list", "--json")).document["questions"]
        declined = await sh.run("approvals", "answer", question["id"][:6], "decline", "--message", "not there")
        assert declined.code == ExitCode.DONE, declined
        ended = await first.ended()
        assert ended.code == ExitCode.DONE, ended
        assert not (sh.outside / "marker").exists()


@pytest.mark.slow
async def test_workers_are_told_interrupted_stopped_and_go_on(scratch: Path) -> None:
    go_on = Script("GO ON", (Say(text="Went on."),))
    scripts = [hangs(), go_on, Script("Your last turn was cut off", (Say(text="Finished."),))]
    async with shell(scratch, scripts) as sh:
        begun = await sh.begin("run", "HANGS", "--headless")
        run = run_id(await said(begun, "edited half.py"))
        told = await sh.run("interrupt", run, "--json")
        assert told.code == ExitCode.DONE and list(violations(told.document, DONE)) == [], told
        ended = await begun.ended()
        assert ended.code == ExitCode.WAITING, ended
        assert f"codex-orch-tui resume --run-id {run}" in ended.out

        for command in (("interrupt", "hangs"), ("stop", "hangs"), ("stop", run)):
            refused = await sh.run(*command)
            assert refused.code == ExitCode.FAILED and "no worker is running here" in refused.err

        sent = await sh.run("message", "hangs", "GO ON with it")
        assert sent.code == ExitCode.DONE and "Went on." in sent.out, sent
        nothing = await sh.run("resume", "--run-id", run, "--headless")
        assert nothing.code == ExitCode.FAILED and "nothing to continue" in nothing.err


async def test_a_run_that_failed_or_was_stopped_goes_on(scratch: Path) -> None:
    scripts = [
        Script("FAILS", (Fail(status=400, message="no such model"),)),
        Script("Your last turn was cut off", (Say(text="Finished."),)),
    ]
    async with shell(scratch, scripts) as sh:
        ended = await sh.run("run", "FAILS", "--headless")
        assert ended.code == ExitCode.FAILED, ended
        assert "failed: " in ended.out
        again = await sh.run("resume", "--run-id", run_id(ended.out), "--headless")
        assert again.code == ExitCode.DONE, again
        assert "Finished." in again.out
