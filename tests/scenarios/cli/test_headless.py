"""Runs without a screen, as a shell sees them: output, exit codes, questions, signals."""

import json
import os
import signal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.resources import ResourceKind, read_resource
from tests.fakes.json_schema import violations
from tests.scenarios.cli.play import DONE, EDIT, asks, hangs, run_id, said
from tests.scenarios.cli.shell import shell
from tests.scenarios.stage import git

pytestmark = pytest.mark.codex

QUESTIONS = json.loads(read_resource(ResourceKind.SCHEMAS, "questions"))
EVENTS = Draft202012Validator(json.loads(read_resource(ResourceKind.SCHEMAS, "event.schema")))


async def test_a_sentence_is_done_and_told_in_plain_lines_and_in_jsonl(scratch: Path) -> None:
    async with shell(scratch, [EDIT]) as sh:
        (sh.repository / "draft.txt").write_text("mine")
        ended = await sh.run("run", "EDIT: add a search", "--headless")
        assert ended.code == ExitCode.DONE, ended
        run = run_id(ended.out)
        assert ended.out.startswith(f"run {run}: EDIT: add a search (1 task, from main)\n")
        for line in ("works", "edited search.py +1 -0", "committed 1 file +1 -0", "Done: search.py.\nNothing else."):
            assert line in ended.out
        assert "\x1b" not in ended.out and "\r" not in ended.out
        assert ended.err == (
            "codex-orch-tui: no task sees the 1 edit in your checkout (draft.txt): commit it first if a task needs it\n"
        )
        assert git(sh.repository, "rev-list", "--count", "main") == "1"

        ended = await sh.run("task", "--role", "tester", "EDIT: once more", "--headless", "--json")
        assert ended.code == ExitCode.DONE
        assert [EVENTS.is_valid(record) for record in ended.lines].count(False) == 0
        kinds = [record["type"] for record in ended.lines]
        assert kinds[0] == "RunCreated" and "TaskFinished" in kinds and kinds[-1] == "SessionClosed"
        runs = {record["data"]["ref"][0] for record in ended.lines if "ref" in record["data"]}
        assert run not in runs and len(runs) == 1
        assert [record["seq"] for record in ended.lines] == sorted({record["seq"] for record in ended.lines})
        plan = ended.lines[0]["data"]["plan"]["tasks"][0]
        assert plan["role"] == "tester"


@pytest.mark.slow
async def test_a_question_waits_and_is_answered_by_a_second_process(scratch: Path) -> None:
    async with shell(scratch, [asks(scratch)]) as sh:
        begun = await sh.begin("run", "ASKS", "--headless")
        ended = await sh.run("wait", "--until", "asks", "--json", "--timeout", "30")
        assert ended.code == ExitCode.DONE, ended
        assert list(violations(ended.document, DONE)) == []
        (question,) = ended.document["questions"]
        listed = (await sh.run("approvals", "list", "--json")).document
        assert list(violations(listed, QUESTIONS)) == []
        assert [one["id"] for one in listed["questions"]] == [question]
        assert listed["questions"][0]["waits"] is True
        shown = await sh.run("approvals", "show", question[:6])
        assert "Run outside the sandbox?" in shown.out and "approvals answer" in shown.out
        assert not (sh.outside / "marker").exists()

        for arguments, code, told in (
            (("answer", "nothing", "accept"), ExitCode.NOT_USABLE, f"the newest is {question}"),
            (("answer", question, "grant"), ExitCode.NOT_USABLE, "it takes: accept"),
            (("answer", question, "accept", "--message", "x"), ExitCode.NOT_USABLE, "--message goes with decline"),
            (("answer", question, "maybe"), ExitCode.NOT_USABLE, "maybe"),
            (("answer", question[:6], "accept"), ExitCode.NOT_USABLE, f"approvals answer {question} accept\n"),
        ):
            refused = await sh.run("approvals", *arguments)
            assert (refused.code, refused.out) == (code, "") and told in refused.err, refused
        assert not (sh.outside / "marker").exists()

        answered = await sh.run("approvals", "answer", question, "accept", "--json")
        assert answered.code == ExitCode.DONE, answered
        assert list(violations(answered.document, DONE)) == []
        ended = await begun.ended()
        assert ended.code == ExitCode.DONE, ended
        assert "asks: $ touch" in ended.out and "accept: $ touch" in ended.out
        assert (sh.outside / "marker").exists()
        again = await sh.run("approvals", "answer", question, "accept")
        assert again.code == ExitCode.REFUSED and "is no longer open: it was accepted" in again.err
        assert (await sh.run("approvals", "list")).out == "No question waits for you.\n"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGTERM, ExitCode.TERMINATED),
        (signal.SIGINT, ExitCode.INTERRUPTED),
        (signal.SIGHUP, ExitCode.HUNG_UP),
        (signal.SIGQUIT, ExitCode.QUIT),
    ],
)
async def test_a_signal_stops_the_workers_and_commits_their_edits(
    scratch: Path, number: signal.Signals, code: ExitCode
) -> None:
    async with shell(scratch, [hangs()]) as sh:
        begun = await sh.begin("run", "HANGS", "--headless")
        seen = await said(begun, "edited half.py")
        begun.process.send_signal(number)
        begun.process.send_signal(number)  # the second one must not cut short what the first began
        ended = await begun.ended()
        assert ended.code == code, ended
        assert "interrupted" in ended.out and "committed 1 file" in ended.out
        told = "codex-orch-tui: stopping 1 worker; edits are committed …"
        assert ended.err == f"{told} → codex-orch-tui resume --run-id {run_id(seen)} goes on with it\n"
        status = (await sh.run("status", "--json")).document
        assert status["open_in"] is None
        (task,) = status["runs"][0]["tasks"]
        assert task["state"] == TaskState.INTERRUPTED
        assert git(sh.repository, "show", f"{task['branch']}:half.py") == "x = 0"
        waited = await sh.run("wait", "--until", "done", "--run", run_id(seen), "--timeout", "1")
        assert waited.code == ExitCode.WAITING


def ignore_hangup() -> None:
    """What nohup does before it starts a command."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


async def test_a_reader_that_goes_away_ends_the_output_and_not_the_work(scratch: Path) -> None:
    """Nor does the end of the terminal under nohup, which has SIGHUP ignored."""
    async with shell(scratch, [EDIT]) as sh:
        reading, writing = os.pipe()
        begun = await sh.begin("run", "EDIT", "--headless", stdout=writing, preexec_fn=ignore_hangup)
        os.close(writing)
        os.read(reading, 1)
        os.close(reading)
        begun.process.send_signal(signal.SIGHUP)
        ended = await begun.ended()
        assert (ended.code, ended.err) == (ExitCode.DONE, "")
        status = (await sh.run("status", "--json")).document
        assert status["runs"][0]["tasks"][0]["state"] == TaskState.DONE
