"""Secrets in prompt, output, environment and diff: sent where they are needed, and readable nowhere else."""

from pathlib import Path

import pytest

from codex_orch_tui.domain import secret_stream, secrets
from codex_orch_tui.domain.approval import Choice, Decision
from codex_orch_tui.domain.item import FaultKind
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Patch, Say, Script, Shell
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.store.layout import Layout
from tests.faults.rig import asks, opened, received, says, standin
from tests.figures import secrets as figure
from tests.scenarios.stage import ACCEPT, Stage, add_file, git, make_repository, stage

TOKEN = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3bC6"
SHOWN = "‹secret: GitHub token›"


def kept(on: Stage) -> str:
    """Everything that is on disk and may leave the machine."""
    return "".join(path.read_text("utf-8", "replace") for path in figure.files_that_may_leave(on.repository))


@pytest.mark.slow
def test_fifty_secrets_are_readable_nowhere(scratch: Path) -> None:
    found = figure.run(scratch)
    assert found["planted"] >= figure.PLANTED
    assert found["files_looked_at"] >= 5
    evidence = {"result.json", "patch.diff", "logs.txt", "report.md", "manifest.json", "metrics.json", "context.json"}
    assert evidence <= set(found["kinds_looked_at"])
    assert (found["found_in_files"], found["found_on_screen"]) == ([], [])


@pytest.mark.slow
def test_without_redaction_every_one_of_them_would_be_found(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_redacted", lambda text: text)
    monkeypatch.setattr(secret_stream.KeyBlock, "hides", lambda _self, _line: False)
    found = figure.run(scratch)
    places = {name.rpartition(" in ")[0] for name in (*found["found_in_files"], *found["found_on_screen"])}
    assert len(places) == found["planted"]


@pytest.mark.codex
async def test_on_the_real_codex_what_is_sent_stays_whole(scratch: Path) -> None:
    reason = f"it needs {TOKEN} for a moment"
    steps = (
        Shell(cmd=f"printf {TOKEN} > {scratch / 'outside' / 'token'}", escalate=True, justification=reason),
        Shell(cmd=f"printf '%s\\n' {TOKEN}"),
        Patch(text=add_file("token.txt", TOKEN)),
        Say(text=f"used {TOKEN}"),
    )
    async with stage(scratch, [Script("GO", steps)]) as on:
        (ref,) = await on.start(f"GO with {TOKEN}")
        approval = await on.asked()
        assert TOKEN not in repr(approval)
        assert SHOWN in approval.request.command
        assert SHOWN in approval.request.reason
        await on.orchestrator.answer(approval.id, ACCEPT)
        task = await on.until_state(ref, TaskState.DONE)
        assert (on.outside / "token").read_text() == TOKEN, "the command itself ran as it was asked"
        assert any(TOKEN in repr(request) for request in on.model.requests), "so went the prompt"
        assert task.answer == f"used {SHOWN}"
        log = on.orchestrator.log(ref)
        texts = [entry.text for entry in log.tail()]
        assert any(SHOWN in text for text in texts)
        assert TOKEN not in "".join((*texts, *log.raw_tail()))
        assert TOKEN not in git(on.repository, "log", "--all", "--format=%B")
        summary = await on.orchestrator.review(ref)
        patch = await on.orchestrator.file_patch(summary.files[0])
        assert [line.text for line in patch.hunks[0].lines] == [SHOWN]
    text = kept(on)
    assert SHOWN in text
    assert TOKEN not in text


async def test_a_prompt_with_a_secret_is_not_sent_in_part_after_a_restart(scratch: Path) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    codex = standin(scratch, {"GO": [says("gone")]})
    async with opened(scratch, scratch / "missing", repository=repository) as on:
        (ref,) = await on.start(f"GO with {TOKEN}")
        await on.until_state(ref, TaskState.FAILED)
        assert on.task(ref).spec.prompt == f"GO with {TOKEN}", "this session has it whole"
    assert TOKEN not in kept(on)
    async with opened(scratch, codex, repository=repository) as on:
        await on.orchestrator.resume(ref)
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert task.fault.kind is FaultKind.OTHER
        assert "had a secret in it" in task.fault.message
        with pytest.raises(NotPossibleError, match="stands where a secret was"):
            await on.orchestrator.message(ref, task.spec.prompt)
        await on.orchestrator.message(ref, f"GO once more with {TOKEN}")
        await on.until_state(ref, TaskState.DONE)
    prompts = [message["params"]["input"] for message in received(scratch) if message.get("method") == "turn/start"]
    assert prompts == [[{"type": "text", "text": f"GO once more with {TOKEN}"}]]
    assert TOKEN not in kept(on)


async def test_the_answer_that_looks_like_a_secret_is_sent_as_it_is_called(scratch: Path) -> None:
    other = TOKEN[:-1] + "7"
    question = {"id": "q", "header": "Which", "question": "this?", "options": [{"label": TOKEN}, {"label": "no"}]}
    alike = {"id": "q", "header": "Which", "question": "this?", "options": [{"label": TOKEN}, {"label": other}]}
    about = {"threadId": "$THREAD", "turnId": "$TURN", "itemId": "i"}
    steps = [
        {"ask": {"method": "item/tool/requestUserInput", "params": {**about, "questions": [entry]}}}
        for entry in (question, alike)
    ]
    codex = standin(scratch, {"GO": [steps[0], {"await": "answer"}, steps[1], {"await": "answer"}]})
    async with opened(scratch, codex) as on:
        (ref,) = await on.start("GO")
        chosen = Decision(choice=Choice.ANSWER, answers={"q": (SHOWN,)})
        await on.orchestrator.answer((await on.asked()).id, chosen)
        await on.until(lambda: len(on.orchestrator.state.approvals) == 2)
        with pytest.raises(NotPossibleError, match="ready answers"):
            await on.orchestrator.answer(on.orchestrator.state.pending[0].id, chosen)
        await on.orchestrator.answer(on.orchestrator.state.pending[0].id, Decision(choice=Choice.DECLINE))
        await on.until_state(ref, TaskState.DONE)
    answers = [message["result"]["answers"] for message in received(scratch) if "answers" in message.get("result", {})]
    assert answers == [{"q": {"answers": [TOKEN]}}, {}]


async def test_what_a_worker_is_told_beside_a_decline_is_whole(scratch: Path) -> None:
    codex = standin(scratch, {"GO": [asks("printf x"), {"await": "answer"}, {"await": "steer"}]})
    async with opened(scratch, codex) as on:
        (ref,) = await on.start("GO")
        decline = Decision(choice=Choice.DECLINE, message=f"use {TOKEN}")
        await on.orchestrator.answer((await on.asked()).id, decline)
        await on.until_state(ref, TaskState.DONE)
        assert TOKEN not in repr([note.text for note in on.task(ref).notes])
        assert TOKEN not in repr(on.orchestrator.state.approvals)
    steered = [message["params"]["input"] for message in received(scratch) if message.get("method") == "turn/steer"]
    assert steered == [[{"type": "text", "text": f"use {TOKEN}"}]]
    assert TOKEN not in kept(on)


async def test_the_raw_log_has_it_and_nobody_else_may_read_that(scratch: Path) -> None:
    codex = standin(scratch, {"GO": [{"stderr": f"trace {TOKEN}\n"}, says(f"it is {TOKEN}")]})
    async with opened(scratch, codex) as on:
        (ref,) = await on.start("GO")
        await on.until_state(ref, TaskState.DONE)
    layout = Layout(on.repository, on.repository / ".git")
    files = layout.task(*ref)
    assert TOKEN in files.events.read_text()
    assert files.events.stat().st_mode & 0o777 == 0o600
    assert files.stderr.read_text() == f"trace {SHOWN}\n"
