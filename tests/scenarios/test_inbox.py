"""Commands of other programs: dropped as files, done once, answered; whatever else is dropped there does no harm."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain.approval import Choice
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.commands import inbox, model
from codex_orch_tui.services.commands.model import MAX_COMMAND_BYTES
from codex_orch_tui.services.commands.reply import Handled, Outcome, Reply
from codex_orch_tui.services.commands.sender import send
from codex_orch_tui.services.errors import (
    AnswerRefusedError,
    NoHolderError,
    NoReplyError,
    NotPossibleError,
    PlanRefusedError,
)
from codex_orch_tui.store.atomic import make_folder
from codex_orch_tui.store.inbox_files import InboxFiles, put_file
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.store.lock import RepositoryLock
from tests.faults.rig import asks, opened, says, standin
from tests.scenarios.stage import Stage, git, make_repository

EDIT = [{"write": ["new.txt", "new\n"]}, says("done")]
PLAYS = {"EDIT": EDIT, "HOLD": [{"hold": True}], "ASK": [asks("touch asked"), {"await": "answer"}, says("went on")]}
PATIENCE_S = 15.0


@asynccontextmanager
async def holder(root: Path, **config: Any) -> AsyncIterator[Stage]:
    async with opened(root, standin(root, PLAYS), **config) as on:
        yield on


def drop(on: Stage, name: str, document: Mapping[str, Any] | bytes) -> None:
    """What a script does: a whole file, renamed into the folder."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    put_file(on.orchestrator.layout.inbox / f"{name}.json", data)


async def handled(on: Stage, name: str) -> Handled:
    """What became of it."""
    layout = on.orchestrator.layout
    async with asyncio.timeout(PATIENCE_S):
        while True:
            for folder in (layout.inbox_done, layout.inbox_failed):
                path = folder / f"{name}.json"
                if path.exists():
                    found = Handled.model_validate_json(path.read_bytes())
                    assert found.reply.ok == (folder == layout.inbox_done)
                    return found
            await asyncio.sleep(0.02)


async def sent(on: Stage, command: model.Command) -> Reply:
    return await send(on.orchestrator.layout, command, timeout_s=PATIENCE_S)


def one(prompt: str, **task: Any) -> dict[str, Any]:
    return {"tasks": [{"id": "a", "role": "implementer", "prompt": prompt, **task}]}


async def begun(on: Stage, prompt: str) -> TaskRef:
    reply = await sent(on, model.CreateRun(plan=model.PlanForm.model_validate(one(prompt))))
    return TaskRef(RunId(reply.data["run"]), TaskId("a"))


async def test_a_script_starts_a_task_and_merges_what_was_reviewed(scratch: Path) -> None:
    async with holder(scratch) as on:
        drop(on, "mine", {"command": "create_run", "plan": one("EDIT"), "base_branch": "main"})
        found = await handled(on, "mine")
        (name,) = found.reply.data["tasks"]
        ref = TaskRef(*name.split("/"))
        await on.until_state(ref, TaskState.DONE)
        seen = (await sent(on, model.Review(task=name))).data
        assert seen == {"base": git(on.repository, "rev-parse", "main"), "tip": on.task(ref).tip}
        with pytest.raises(NotPossibleError, match="not been reviewed"):
            await sent(on, model.Merge(task=name, old=seen["base"], new=seen["tip"]))
        await sent(on, model.RecordReview(task=name, **seen, files_viewed=1, files_total=1))
        preview = (await sent(on, model.PreviewMerge(task=name))).data["preview"]
        assert (preview["old"], preview["new"]) == (seen["base"], seen["tip"])
        with pytest.raises(NotPossibleError, match="another commit"):
            await sent(on, model.Merge(task=name, old=seen["tip"], new=seen["tip"]))
        assert on.task(ref).state is TaskState.DONE
        await sent(on, model.Merge(task=name, old=preview["old"], new=preview["new"]))
        assert git(on.repository, "rev-parse", "main") == seen["tip"]
        assert not list(on.orchestrator.layout.inbox.glob("*.json"))
        assert not list(on.orchestrator.layout.inbox_doing.iterdir())


async def test_refusals_come_back_as_the_errors_of_the_facade(scratch: Path) -> None:
    async with holder(scratch) as on:
        with pytest.raises(NotPossibleError, match="there is no task x/y"):
            await sent(on, model.Interrupt(task="x/y"))
        with pytest.raises(NotPossibleError, match="there is no run x"):
            await sent(on, model.PauseRun(run="x"))
        with pytest.raises(NotPossibleError, match="there is no branch nowhere"):
            await sent(on, model.CreateRun(plan=model.PlanForm.model_validate(one("EDIT")), base_branch="nowhere"))
        form = {"tasks": [one("EDIT", depends_on=["b"])["tasks"][0], {**one("EDIT")["tasks"][0], "id": "c"}]}
        with pytest.raises(PlanRefusedError) as refused:
            await sent(on, model.CreateRun(plan=model.PlanForm.model_validate(form)))
        assert any("b" in problem for problem in refused.value.problems)
        wide = one("EDIT", sandbox="danger-full-access")
        with pytest.raises(PlanRefusedError, match="wider"):
            await sent(on, model.CreateRun(plan=model.PlanForm.model_validate(wide)))
        assert not on.orchestrator.state.runs


async def test_a_question_is_answered_for_what_was_seen(scratch: Path) -> None:
    async with holder(scratch) as on:
        ref = await begun(on, "ASK")
        approval = await on.asked()
        answer = model.Answer(approval=approval.id, times_asked=2, choice=Choice.ACCEPT)
        with pytest.raises(AnswerRefusedError, match="changed since it was shown"):
            await sent(on, answer)
        assert on.orchestrator.state.pending
        await sent(on, model.Shown(approval=approval.id, painted="$ touch asked", viewer="v"))
        assert on.orchestrator.state.approvals[approval.id].shown_at_s is not None
        await sent(on, answer.model_copy(update={"times_asked": 1, "viewer": "v"}))
        await on.until_state(ref, TaskState.DONE)
        with pytest.raises(AnswerRefusedError, match="no longer open"):
            await sent(on, answer.model_copy(update={"times_asked": 1}))


async def test_what_another_viewer_saw_counts_for_that_viewer_only(scratch: Path) -> None:
    """A file is exchanged between two looks: the yes of who saw the first one is refused."""
    mark = scratch / "mark"
    plays = {"MARK": [asks(f"printf done > {mark}"), {"await": "answer"}, says("went on")]}
    async with opened(scratch, standin(scratch, plays)) as on:
        await begun(on, "MARK")
        approval = await on.asked()
        mark.write_text("one")
        early = model.Shown(approval=approval.id, painted="one", viewer="early")
        await sent(on, early)
        mark.write_text("somebody else's")
        await sent(on, early.model_copy(update={"painted": "two", "viewer": "late"}))
        yes = model.Answer(approval=approval.id, times_asked=1, choice=Choice.ACCEPT, viewer="early")
        with pytest.raises(AnswerRefusedError, match="mark changed since it was shown"):
            await sent(on, yes)
        assert on.orchestrator.state.approvals[approval.id].times_asked == 2
        with pytest.raises(AnswerRefusedError, match="changed since"):
            await sent(on, yes.model_copy(update={"viewer": "late"}))
        await sent(on, early)
        await sent(on, yes.model_copy(update={"times_asked": 2}))
        assert not on.orchestrator.state.pending


async def test_a_no_counts_whatever_was_seen(scratch: Path) -> None:
    async with holder(scratch) as on:
        await begun(on, "ASK")
        approval = await on.asked()
        await sent(on, model.Answer(approval=approval.id, times_asked=7, choice=Choice.DECLINE))
        assert not on.orchestrator.state.pending


async def test_no_command_waits_for_the_end_of_another(scratch: Path) -> None:
    async with holder(scratch, max_workers=1) as on:
        ref = await begun(on, "HOLD")
        await on.until_state(ref, TaskState.RUNNING)
        name = str(ref)
        message = asyncio.create_task(sent(on, model.Message(task=name, text="more")))
        await sent(on, model.Interrupt(task=name))
        await on.until_state(ref, TaskState.INTERRUPTED)
        message.cancel()


SECRET = "ghp_" + "a1B2" * 9


async def test_no_secret_is_kept_of_a_command(scratch: Path) -> None:
    async with holder(scratch) as on:
        ref = await begun(on, "HOLD")
        await on.until_state(ref, TaskState.RUNNING)
        drop(on, "told", {"command": "message", "task": str(ref), "text": f"use {SECRET}"})
        await handled(on, "told")
        answers = {"pin": ["my own word"]}
        drop(
            on, "pin", {"command": "answer", "approval": "x", "times_asked": 1, "choice": "answer", "answers": answers}
        )
        found = await handled(on, "pin")
        assert found.command is not None
        assert found.command["answers"] == {"pin": ["(not kept)"]}
        kept = b"".join(path.read_bytes() for path in on.orchestrator.layout.inbox.rglob("*") if path.is_file())
        assert SECRET.encode() not in kept
        assert b"my own word" not in kept


async def test_odd_files_are_put_aside_with_the_reason_and_the_next_command_is_done(scratch: Path) -> None:
    async with holder(scratch) as on:
        box, outside = on.orchestrator.layout.inbox, scratch / "outside.json"
        outside.write_text('{"command": "pause_run", "run": "x"}')
        (box / "link.json").symlink_to(outside)
        (box / "broken.json").symlink_to(scratch / "nowhere")
        (box / "second.json").hardlink_to(outside)
        (box / "folder.json").mkdir()
        os.mkfifo(box / "pipe.json")
        drop(on, "large", b" " * (MAX_COMMAND_BYTES + 1))
        drop(on, "text", b"no JSON")
        drop(on, "list", b"[1]")
        drop(on, "deep", b"[" * 100_000)
        drop(on, "bytes", b'{"command": "\xff"}')
        drop(on, "other", {"command": "rm"})
        drop(on, "field", {"command": "pause_run", "run": "x", "force": True})
        drop(on, "newer", {"command": "pause_run", "run": "x", "version": 2})
        drop(on, "path", {"command": "stop", "task": "../../x"})
        drop(on, "a b\n" + "x" * 200, {"command": "pause_run", "run": "x"})
        (box / "kept.txt").write_text("no command")
        expected = {
            "link": "link",
            "broken": "link",
            "second": "second name",
            "folder": "no plain file",
            "pipe": "no plain file",
            "large": "1,048,576 bytes",
            "text": "it is no command",
            "list": "it is no command",
            "deep": "it is no command",
            "bytes": "it is no command",
            "other": "does not match any of the expected tags",
            "field": "force",
            "newer": "version 1",
            "path": "task",
        }
        for name, reason in expected.items():
            found = await handled(on, name)
            assert found.reply.outcome is Outcome.NO_COMMAND, name
            assert reason in found.reply.reason, name
            assert os.path.lexists(on.orchestrator.layout.inbox_failed / f"{name}.odd"), name
        assert outside.read_text() == '{"command": "pause_run", "run": "x"}'
        assert outside.stat().st_nlink == 2, "moved, and neither read nor changed"
        assert (on.orchestrator.layout.inbox_failed / "link.odd").is_symlink()
        assert (await handled(on, "a-b-" + "x" * 116)).reply.outcome is Outcome.NOT_POSSIBLE
        drop(on, "good", {"command": "pause_run", "run": "x"})
        assert (await handled(on, "good")).reply.reason == "there is no run x"
        assert [path.name for path in box.iterdir() if not path.is_dir()] == ["kept.txt"]


async def test_the_same_name_again_is_another_command(scratch: Path) -> None:
    async with holder(scratch) as on:
        drop(on, "mine", {"command": "pause_run", "run": "one"})
        assert "run one" in (await handled(on, "mine")).reply.reason
        drop(on, "mine", {"command": "pause_run", "run": "two"})
        assert "run two" in (await handled(on, "mine-2")).reply.reason
        assert "run one" in (await handled(on, "mine")).reply.reason


async def test_what_was_begun_and_cut_off_is_told_and_not_done_again(scratch: Path) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    layout = Layout(repository, repository / ".git")
    layout.create()
    command = json.dumps({"command": "create_run", "plan": one(f"EDIT {SECRET}")}).encode()
    put_file(layout.inbox_doing / "begun.json", command)
    put_file(layout.inbox_doing / "answered.json", command)
    put_file(layout.inbox_done / "answered.json", b'{"reply": {"outcome": "done"}}')
    put_file(layout.inbox_doing / "odd.json", b"\x00")
    put_file(layout.inbox / "waits.json", json.dumps({"command": "pause_run", "run": "x"}).encode())
    async with opened(scratch, standin(scratch, PLAYS), repository=repository) as on:
        found = await handled(on, "begun")
        assert found.reply.outcome is Outcome.CUT_OFF
        assert found.reply.reason == inbox.CUT_OFF
        assert found.command is not None
        assert SECRET not in json.dumps(found.command)
        assert (await handled(on, "odd")).reply.outcome is Outcome.NO_COMMAND
        assert (await handled(on, "waits")).reply.outcome is Outcome.NOT_POSSIBLE
        assert (await handled(on, "answered")).reply.ok
        assert not on.orchestrator.state.runs
        assert not list(layout.inbox_doing.iterdir())


async def test_without_a_holder_nothing_is_left_to_be_done_later(scratch: Path) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    layout = Layout(repository, repository / ".git")
    command = model.PauseRun(run="x")
    with pytest.raises(NoHolderError, match="nothing was done"):
        await send(layout, command, timeout_s=1)
    layout.create()
    with RepositoryLock.acquire(*layout.locks), pytest.raises(NoHolderError, match="did not take it"):
        await send(layout, command, timeout_s=0.1)
    lock = RepositoryLock.acquire(*layout.locks)
    sending = asyncio.create_task(send(layout, command, timeout_s=PATIENCE_S))
    while not list(layout.inbox.glob("*.json")):
        await asyncio.sleep(0.01)
    lock.release()
    with pytest.raises(NoHolderError):
        await sending
    with RepositoryLock.acquire(*layout.locks):
        sending = asyncio.create_task(send(layout, command, timeout_s=PATIENCE_S))
        while not list(layout.inbox.glob("*.json")):
            await asyncio.sleep(0.01)
        sending.cancel()
        await asyncio.wait({sending})
    assert not list(layout.inbox.glob("*.json"))


async def test_a_holder_that_ends_in_between_leaves_it_open_what_became_of_it(scratch: Path) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    layout = Layout(repository, repository / ".git")
    layout.create()
    lock = RepositoryLock.acquire(*layout.locks)
    sending = asyncio.create_task(send(layout, model.PauseRun(run="x"), timeout_s=PATIENCE_S))
    files = InboxFiles(layout)
    while not (names := files.waiting()):
        await asyncio.sleep(0.01)
    assert files.begin(names[0]) is not None
    lock.release()
    with pytest.raises(NoReplyError, match="look at the state"):
        await sending


async def test_what_is_too_large_is_not_sent(scratch: Path) -> None:
    async with holder(scratch) as on:
        tasks = [{"id": f"t{number}", "role": "implementer", "prompt": "x" * 90_000} for number in range(12)]
        with pytest.raises(NotPossibleError, match="1,048,576"):
            await sent(on, model.CreateRun(plan=model.PlanForm.model_validate({"tasks": tasks})))


async def test_the_folder_may_go_and_come_back(scratch: Path) -> None:
    async with holder(scratch) as on:
        layout = on.orchestrator.layout
        with pytest.raises(NotPossibleError):
            await sent(on, model.PauseRun(run="x"))
        layout.inbox.rename(scratch / "moved")
        make_folder(layout.inbox)
        layout.create()
        with pytest.raises(NotPossibleError, match="no run y"):
            await sent(on, model.PauseRun(run="y"))


@pytest.mark.parametrize("name", ["doing", "done", "failed"])
async def test_a_folder_of_the_inbox_may_go(scratch: Path, name: str) -> None:
    async with holder(scratch) as on:
        (on.orchestrator.layout.inbox / name).rename(scratch / "moved")
        ref = await begun(on, "EDIT")
        with pytest.raises(NotPossibleError, match="no run y"):
            await sent(on, model.PauseRun(run="y"))
        await on.until_state(ref, TaskState.DONE)


async def test_what_cannot_be_begun_is_told_once(scratch: Path) -> None:
    async with holder(scratch) as on:
        doing = on.orchestrator.layout.inbox_doing
        doing.rename(scratch / "moved")
        doing.symlink_to(scratch / "nowhere")
        with pytest.raises(NotPossibleError, match="doing is a symlink"):
            await sent(on, model.PauseRun(run="y"))
        with pytest.raises(NotPossibleError, match="doing is a symlink"):
            await sent(on, model.PauseRun(run="y"))
        assert len(list(on.orchestrator.layout.inbox_failed.iterdir())) == 2


def test_the_folders_are_the_persons_own(tmp_path: Path) -> None:
    repository = make_repository(tmp_path, {"README.md": "hello\n"})
    layout = Layout(repository, repository / ".git")
    layout.create()
    for folder in (layout.inbox, layout.inbox_doing, layout.inbox_done, layout.inbox_failed):
        assert folder.stat().st_mode & 0o777 == 0o700


async def test_the_audit_tells_what_came_through_the_inbox(scratch: Path) -> None:
    async with holder(scratch) as on:
        await begun(on, "ASK")
        approval = await on.asked()
        await sent(on, model.Answer(approval=approval.id, times_asked=1, choice=Choice.DECLINE, viewer="4711-ab"))
    audit = on.orchestrator.layout.approvals(approval.ref.run).read_text().splitlines()
    (decided,) = (line for line in map(json.loads, audit) if line.get("event") == "decided" or "choice" in line)
    assert (decided["by"], decided["via"]) == ("you", "4711-ab")
