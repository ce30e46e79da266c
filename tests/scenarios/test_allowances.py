"""Who or what allowed each command, on the real Codex: every way that can be raised, in state, audit and history."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain.allowance import AllowanceKind
from codex_orch_tui.domain.approval import Choice, Decision
from codex_orch_tui.domain.history import HistoryEntries, HistoryEntry
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.scripted.script import RequestPermissions, Say, Script, Shell, Step, WriteStdin
from tests.fakes.json_schema import violations
from tests.scenarios.stage import Stage, running, stage

pytestmark = pytest.mark.codex

SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "approvals"))
Answers = dict[str, Choice]


def escalated(cmd: str) -> Shell:
    return Shell(cmd=cmd, escalate=True, justification="it lies elsewhere")


@asynccontextmanager
async def played(
    root: Path, *steps: Step, answers: Answers | None = None, **settings: Any
) -> AsyncIterator[tuple[Stage, TaskRef]]:
    """One task, played to its end by somebody who answers by the command's beginning."""
    async with stage(root, [Script("GO", (*steps, Say(text="done")))]) as on:
        answering = asyncio.create_task(_answer(on, answers or {}))
        (ref,) = await on.start("GO on", **settings)
        try:
            task = await on.until_state(ref, TaskState.DONE, TaskState.FAILED, TaskState.INTERRUPTED)
            assert task.state is not TaskState.FAILED, task.fault
            await on.until(lambda: all(turn.own_rules.keys() >= commands(on, ref) for turn in on.task(ref).turns))
            yield on, ref
        finally:
            answering.cancel()


async def _answer(on: Stage, answers: Answers) -> None:
    while True:
        approval = await on.asked()
        command = approval.request.command
        choice = next((choice for begin, choice in answers.items() if command.startswith(begin)), Choice.ACCEPT)
        if approval.request.permissions:
            choice = Choice.GRANT
        await on.orchestrator.answer(approval.id, Decision(choice=choice))


def commands(on: Stage, ref: TaskRef) -> set[str]:
    turn = on.task(ref).turn
    assert turn is not None
    return {item.id for item in turn.items if item.kind.value == "command"}


def entries(on: Stage) -> list[HistoryEntry]:
    return list(reversed(HistoryEntries().newest_first(on.orchestrator.state)))


def allowed(on: Stage) -> list[tuple[str, AllowanceKind]]:
    """Command and what allowed it, oldest first; the folder of the scenario is not of interest."""
    return [
        (entry.title.replace(str(on.root), "~"), entry.allowance.kind)
        for entry in entries(on)
        if entry.allowance is not None
    ]


def audit(root: Path) -> list[dict[str, Any]]:
    found = list((root / "repository" / ".orchestrator" / "runs").glob("*/approvals.jsonl"))
    lines = [json.loads(line) for file in found for line in file.read_text("utf-8").splitlines()]
    for line in lines:
        assert list(violations(line, SCHEMA)) == [], line
    return lines


async def test_each_answer_of_a_person_and_the_sandbox(scratch: Path) -> None:
    out = scratch / "outside"
    steps = (
        Shell(cmd="cat README.md"),
        Shell(cmd="cat missing.md"),
        escalated(f"touch {out}/yes"),
        escalated(f"printf a >> {out}/session"),
        escalated(f"printf a >> {out}/session"),
        escalated(f"touch {out}/no"),
    )
    answers = {f"touch {out}/no": Choice.DECLINE, "printf": Choice.ACCEPT_FOR_SESSION}
    async with played(scratch, *steps, answers=answers) as (on, _ref):
        kind = AllowanceKind
        assert allowed(on) == [
            ("cat README.md", kind.SANDBOX),
            ("cat missing.md", kind.SANDBOX),
            ("touch ~/outside/yes", kind.BY_YOU),
            ("printf a >> ~/outside/session", kind.FOR_SESSION),
            ("printf a >> ~/outside/session", kind.FOR_SESSION),
            ("touch ~/outside/no", kind.DECLINED),
        ]
        assert [entry.did_run for entry in entries(on)] == [True] * 5 + [False]
        assert (out / "session").read_text() == "aa"
        assert not (out / "no").exists()
    told = [(line["what"], line["allowed_by"], line["did_run"]) for line in audit(scratch) if "allowed_by" in line]
    assert told == [
        ("ran", "sandbox", True),
        ("ran", "sandbox", True),
        ("followed", "by_you", True),
        ("followed", "for_session", True),
        ("followed", "for_session", True),
        ("followed", "declined", False),
    ]


async def test_a_rule_of_codexs_own_is_seen_though_nobody_was_asked(scratch: Path) -> None:
    out = scratch / "outside"
    rules = scratch / "codex-home" / "rules"
    rules.mkdir(parents=True)
    (rules / "default.rules").write_text('prefix_rule(pattern=["touch"], decision="allow")\n', encoding="utf-8")
    steps = (
        Shell(cmd=f"touch {out}/one"),
        Shell(cmd=f"touch {out}/two && touch {out}/three; touch {out}/four | touch {out}/five"),
        Shell(cmd="touch inside > more"),
        Shell(cmd="touch inside && ls"),
    )
    async with played(scratch, *steps) as (on, _ref):
        # The first two wrote where no sandbox lets them; a redirection, or a command that no rule knows, is held by it.
        assert {path.name for path in out.iterdir()} == {"one", "two", "three", "four", "five"}
        kinds = [kind for _, kind in allowed(on)]
        assert kinds == [AllowanceKind.CODEX_RULE] * 2 + [AllowanceKind.SANDBOX] * 2
        assert f"touch ({rules}/default.rules)" in entries(on)[0].allowance.text  # type: ignore[union-attr]
        assert not on.orchestrator.state.approvals
    assert [line["allowed_by"] for line in audit(scratch)] == ["codex_rule", "codex_rule", "sandbox", "sandbox"]


@pytest.mark.parametrize("is_trusted", [False, True])
async def test_rules_of_the_repository_never_count(scratch: Path, is_trusted: bool) -> None:
    files = {".codex/rules/team.rules": 'prefix_rule(pattern=["touch"], decision="allow")\n'}
    out = scratch / "outside"
    script = Script("GO", (Shell(cmd=f"touch {out}/mark"), Shell(cmd="touch inside"), Say(text="done")))
    async with stage(scratch, [script], files=files) as on:
        if is_trusted:
            with (scratch / "codex-home" / "config.toml").open("a", encoding="utf-8") as config:
                config.write(f'[projects."{on.repository}"]\ntrust_level = "trusted"\n')
        (ref,) = await on.start("GO on")
        await on.until_state(ref, TaskState.DONE, TaskState.FAILED)
        await on.until(lambda: all(turn.own_rules.keys() >= commands(on, ref) for turn in on.task(ref).turns))
        assert not (out / "mark").exists()
        # Codex does not report every command that its sandbox stops at once.
        kinds = [kind for _, kind in allowed(on)]
        assert set(kinds) == {AllowanceKind.SANDBOX}


async def test_an_answer_for_good_makes_the_rule_that_allows_the_next_one(scratch: Path) -> None:
    out = scratch / "outside"
    steps = (escalated(f"touch {out}/mark"), escalated(f"touch {out}/mark"))
    async with played(scratch, *steps, answers={"touch": Choice.ACCEPT_FOR_GOOD}) as (on, _ref):
        assert [kind for _, kind in allowed(on)] == [AllowanceKind.FOR_GOOD, AllowanceKind.CODEX_RULE]
        assert "changed since the worker started" in entries(on)[1].allowance.text  # type: ignore[union-attr]


async def test_full_access_and_a_sandbox_that_may_only_read(scratch: Path) -> None:
    (scratch / "full").mkdir()
    (scratch / "read").mkdir()
    settings = {"approval_policy": ApprovalPolicy.NEVER}
    async with played(scratch / "full", Shell(cmd="ls"), sandbox=SandboxMode.DANGER_FULL_ACCESS, **settings) as (
        on,
        _ref,
    ):
        assert allowed(on) == [("ls", AllowanceKind.FULL_ACCESS)]
    async with played(scratch / "read", Shell(cmd="ls"), sandbox=SandboxMode.READ_ONLY) as (on, _ref):
        assert allowed(on) == [("ls", AllowanceKind.READ_ONLY_SANDBOX)]


async def test_what_was_granted_and_what_was_typed(scratch: Path) -> None:
    out = scratch / "outside"
    steps = (
        RequestPermissions(permissions={"file_system": {"write": [str(out)]}}, reason="the marks"),
        Shell(cmd=f"touch {out}/granted"),
        Shell(cmd="read word; printf got-$word", tty=True, escalate=True, justification="talk", yield_time_ms=300),
        WriteStdin(chars="hello\n"),
    )
    async with played(scratch, *steps) as (on, _ref):
        told = {entry.title.partition(" ")[0]: entry.allowance for entry in entries(on) if entry.allowance is not None}
        assert (out / "granted").exists()
        assert told["touch"].text.endswith(f"inside the sandbox, widened by what was granted: write {out}")
        assert told["read"].text == "accepted by you; asked 1 more time about what was typed into it"


async def test_the_audit_is_whole_after_a_session_that_could_not_write_it(scratch: Path) -> None:
    async with played(scratch, Shell(cmd="cat README.md"), escalated(f"touch {scratch}/outside/yes")) as (on, _ref):
        repository = on.repository
    whole = audit(scratch)
    (file,) = (repository / ".orchestrator" / "runs").glob("*/approvals.jsonl")
    file.unlink()
    async with ModelServer([], roots=[str(scratch)]) as model, running(scratch, repository, model, {}):
        pass
    assert audit(scratch) == whole
    assert [line["what"] for line in whole] == ["ran", "asked", "decided", "sent", "followed"]
