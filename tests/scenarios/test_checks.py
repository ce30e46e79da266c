"""A task's checks from the person's side: passed, failing, mended by the worker, refused, cut off, trusted."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.checking import has_passed_checks
from codex_orch_tui.domain.item import FaultKind
from codex_orch_tui.domain.task import Task, TaskState
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script
from codex_orch_tui.services.errors import NotPossibleError
from tests.fakes.command_log import command_lines
from tests.scenarios.stage import PATIENCE_S, Stage, add_file, change_line, git, stage

pytestmark = pytest.mark.codex

LOOK = "grep -q bonjour greeting.txt"
RETRIED = "these checks failed in your worktree"


def write(word: str, marker: str = "WRITE") -> Script:
    """A worker that writes the greeting."""
    return Script(marker, (Patch(text=add_file("greeting.txt", word)), Say(text="written")))


def mend(old: str, new: str) -> Script:
    """What the worker does when it is told that checks failed."""
    return Script(RETRIED, (Patch(text=change_line("greeting.txt", old, new)), Say(text="mended")))


def notes(task: Task) -> str:
    return "\n".join(note.text for note in task.notes)


def commands(on: Stage, task: Task) -> list[dict[str, Any]]:
    """The log of commands."""
    return command_lines(on.repository / ".orchestrator" / "runs" / task.ref.run / "commands.jsonl")


def logs(on: Stage, task: Task) -> Path:
    return on.repository / ".orchestrator" / "runs" / task.ref.run / "tasks" / task.ref.task / "logs.txt"


async def test_a_check_that_passes_comes_before_the_review_and_names_its_commit(scratch: Path) -> None:
    async with stage(scratch, [write("bonjour")], checks={"greets": LOOK}) as on:
        (ref,) = await on.start("WRITE", checks=("greets", "ls greeting.txt"))
        seen: list[TaskState] = []
        on.orchestrator.watch(lambda: seen.append(on.task(ref).state))
        task = await on.until_state(ref, TaskState.DONE)
        assert [(run.name, run.outcome, run.exit_code, run.commit) for run in task.checks] == [
            ("greets", CheckOutcome.PASSED, 0, task.tip),
            ("ls greeting.txt", CheckOutcome.PASSED, 0, task.tip),
        ]
        assert has_passed_checks(task)
        assert list(dict.fromkeys(seen))[-2:] == [TaskState.CHECKING, TaskState.DONE]
        assert f"check greets: {LOOK} · exit 0" in notes(task)
        assert [(line["phase"], line["argv"][0]) for line in commands(on, task)] == [
            ("began", "grep"),
            ("ended", "grep"),
            ("began", "ls"),
            ("ended", "ls"),
        ]
        assert {line["commit"] for line in commands(on, task)} == {task.tip}
        assert "greeting.txt" in logs(on, task).read_text()


async def test_a_failing_check_goes_back_with_its_output_and_the_mended_work_is_done(scratch: Path) -> None:
    scripts = [write("hello"), mend("hello", "bonjour")]
    async with stage(scratch, scripts, checks={"greets": "diff -u expected.txt greeting.txt"}, **expecting()) as on:
        (ref,) = await on.start("WRITE", checks=("greets",))
        task = await on.until_state(ref, TaskState.DONE)
        first, second = task.turns
        assert "Check `greets: diff -u expected.txt greeting.txt` failed with exit code 1." in second.prompt
        assert "    -bonjour\n    +hello" in second.prompt
        assert task.checks[0].outcome is CheckOutcome.PASSED
        assert task.checks[0].commit == task.tip == task.commits[-1].id
        assert len(task.commits) == 2
        assert task.answer == "mended"
        assert "1 check failed and goes back to the worker, retry 1 of 2" in notes(task)
        assert first.prompt == "WRITE"


def expecting() -> dict[str, Any]:
    """A repository that knows what is wanted."""
    return {"files": {"expected.txt": "bonjour\n"}}


async def test_checks_that_fail_for_good_fail_the_task_and_the_person_decides(scratch: Path) -> None:
    scripts = [write("hello"), Script(RETRIED, (Say(text="I see nothing wrong"),))]
    async with stage(scratch, scripts, check_retries=1) as on:
        (ref,) = await on.start("WRITE", checks=(LOOK,))
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert task.fault.kind is FaultKind.CHECK_FAILED
        assert task.fault.message == f"the check {LOOK} failed with exit code 1, also after one more turn"
        assert "run the checks again (c)" in task.fault.next_step
        assert len(task.turns) == 2
        assert not has_passed_checks(task)
        assert sel.counts(on.orchestrator.state).to_review == 0
        assert task.worktree is not None
        (Path(task.worktree.path) / "greeting.txt").write_text("bonjour\n")
        asked = len(on.model.requests)
        await on.orchestrator.resume(ref)
        task = await on.until_state(ref, TaskState.DONE)
        assert len(on.model.requests) == asked, "the person mended it: no turn is needed"
        assert has_passed_checks(task)
        assert git(on.repository, "show", f"{task.tip}:greeting.txt") == "bonjour"


async def test_what_must_not_run_is_refused_and_told(scratch: Path) -> None:
    async with stage(scratch, [write("bonjour")]) as on:
        git(on.repository, "remote", "add", "origin", str(on.outside))
        refs = [
            (await on.start("WRITE", checks=(check,)))[0]
            for check in ("git -C . push origin main", "touch planted", "ls | cat", "no-such-check")
        ]
        whys = []
        for ref in refs:
            task = await on.until_state(ref, TaskState.FAILED)
            assert task.fault is not None
            whys.append(task.fault.message)
            assert task.commits, "its work is kept"
            assert len(task.turns) == 1, "no worker can mend that"
        assert "git push is blocked" in whys[0]
        assert "touch is not among the programs that may run" in whys[1]
        assert "holds a pipe" in whys[2]
        assert "no-such-check is not among the programs" in whys[3]
        assert commands(on, on.task(refs[0]))[0]["phase"] == "refused"
        assert list(on.outside.iterdir()) == []


async def test_what_a_worker_wrote_runs_in_the_sandbox(scratch: Path) -> None:
    script = "\n".join(
        (
            "import os, pathlib, socket",
            f"for place in ('inside', {str(scratch / 'outside' / 'mark')!r}, os.environ['TMPDIR'] + '/x'):",
            "    try:",
            "        pathlib.Path(place).touch()",
            "        print('wrote', place)",
            "    except OSError as error:",
            "        print('not', place, error.errno)",
            "try:",
            "    socket.create_connection(('127.0.0.1', 9), timeout=2)",
            "except OSError as error:",
            "    print('net', error.errno)",
            "print(sorted(os.environ))",
            "raise SystemExit(3)",
        )
    )
    planted = Script("PLANT", (Patch(text=add_file("probe.py", *script.split("\n"))), Say(text="ok")))
    os.environ["CHECK_PROBE_TOKEN"] = "hunter2-hunter2-hunter2"
    try:
        async with stage(scratch, [planted], check_retries=0) as on:
            (ref,) = await on.start("PLANT", checks=("python3 probe.py",))
            task = await on.until_state(ref, TaskState.FAILED)
            (run,) = task.checks
            assert run.exit_code == 3
            assert "wrote inside" in run.output_tail
            assert f"not {scratch}/outside/mark" in run.output_tail
            assert "CHECK_PROBE_TOKEN" not in run.output_tail
            assert "'CI'" in run.output_tail
            assert "net 1" in run.output_tail or "net 101" in run.output_tail
            assert list(on.outside.iterdir()) == []
            assert "the checks changed files" in notes(task)
    finally:
        del os.environ["CHECK_PROBE_TOKEN"]


async def test_a_check_without_end_is_ended_with_all_that_it_started(scratch: Path) -> None:
    script = (
        "import subprocess, time",
        "subprocess.Popen(['sleep', '61.5'])",
        "open('began', 'w').close()",
        "time.sleep(60)",
    )
    planted = Script("PLANT", (Patch(text=add_file("slow.py", *script)), Say(text="ok")))
    async with stage(scratch, [planted], check_retries=0, check_time_limit_s=1.0) as on:
        (ref,) = await on.start("PLANT", checks=("python3 slow.py",))
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.checks[0].outcome is CheckOutcome.TIMED_OUT
        assert task.fault is not None
        assert "was still running after 1 s and was ended" in task.fault.message
        assert task.worktree is not None
        assert (Path(task.worktree.path) / "began").exists()
        assert processes_in(task.worktree.path) == []


async def test_a_stop_cuts_a_check_off_and_going_on_runs_it_again(scratch: Path) -> None:
    planted = Script("PLANT", (Patch(text=add_file("slow.py", "import time; time.sleep(60)")), Say(text="ok")))
    async with stage(scratch, [planted]) as on:
        (ref,) = await on.start("PLANT", checks=("python3 slow.py",))
        await on.until_state(ref, TaskState.CHECKING)
        process = on.task(ref).checks[0].process
        assert process is not None
        async with asyncio.timeout(PATIENCE_S):
            await on.orchestrator.stop(ref)
        task = on.task(ref)
        assert task.state is TaskState.INTERRUPTED
        assert [run.outcome for run in task.checks] == [CheckOutcome.NOT_RUN]
        assert task.worktree is not None
        assert processes_in(task.worktree.path) == []
        assert commands(on, task)[-1]["outcome"] == "cut_off"
        (Path(task.worktree.path) / "slow.py").write_text("print('quick')\n")
        await on.orchestrator.resume(ref)
        task = await on.until_state(ref, TaskState.DONE)
        assert len(task.turns) == 1
        assert has_passed_checks(task)


async def test_a_message_while_checks_run_reaches_the_turn_that_they_ask_for(scratch: Path) -> None:
    scripts = [
        write("hello"),
        Script(RETRIED, (Hang(name="gate"), Say(text="retried"))),
        Script("STEER", (Patch(text=change_line("greeting.txt", "hello", "bonjour")), Say(text="steered"))),
    ]
    async with stage(scratch, scripts) as on:
        (ref,) = await on.start("WRITE", checks=(LOOK,))
        await on.until_state(ref, TaskState.CHECKING)
        sending = asyncio.create_task(on.orchestrator.message(ref, "STEER it"))
        await on.model.hanging("gate")
        assert await sending == "steered"
        on.model.release("gate")
        task = await on.until_state(ref, TaskState.DONE)
        assert task.answer == "steered"


async def test_a_message_that_waits_for_checks_begins_nothing_after_a_stop(scratch: Path) -> None:
    planted = Script("PLANT", (Patch(text=add_file("slow.py", "import time; time.sleep(60)")), Say(text="ok")))
    async with stage(scratch, [planted, Script("AND", (Say(text="more"),))]) as on:
        (ref,) = await on.start("PLANT", checks=("python3 slow.py",))
        await on.until_state(ref, TaskState.CHECKING)
        sending = asyncio.create_task(on.orchestrator.message(ref, "AND this"))
        await asyncio.sleep(0)  # it waits for the checks now
        await on.orchestrator.stop(ref)
        with pytest.raises(NotPossibleError, match="not sent: it was stopped while its checks ran"):
            await sending
        assert on.task(ref).state is TaskState.INTERRUPTED
        assert len(on.task(ref).turns) == 1


async def test_a_dry_run_logs_skips_and_passes_nothing(scratch: Path) -> None:
    async with stage(scratch, [write("hello")], dry_run=True, trace=True) as on:
        (ref,) = await on.start("WRITE", checks=(LOOK,))
        task = await on.until_state(ref, TaskState.DONE)
        assert task.checks[0].outcome is CheckOutcome.SKIPPED
        assert not has_passed_checks(task)
        assert "skipped: this is a dry run" in notes(task)
        assert "trace: " in notes(task)
        assert [line["phase"] for line in commands(on, task)] == ["skipped"]
        assert not logs(on, task).exists()


async def test_the_trace_tells_how_it_was_run(scratch: Path) -> None:
    async with stage(scratch, [write("bonjour")], trace=True) as on:
        (ref,) = await on.start("WRITE", checks=(LOOK,))
        task = await on.until_state(ref, TaskState.DONE)
        assert "sandbox workspace-write" in notes(task)
        assert "writable_roots" in notes(task)
        began = commands(on, task)[0]
        assert began["line"][1] == "sandbox"
        assert "PATH" in began["variables"]


async def test_checks_of_the_repository_count_after_trust(scratch: Path) -> None:
    async with stage(scratch, [write("bonjour")]) as on:
        settings = on.repository / ".orchestrator" / "orchestrator.yaml"
        settings.write_text(f"checks:\n  greets: {LOOK}\n")
        (ref,) = await on.start("WRITE", checks=("greets",))
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert "is not trusted as it is now" in task.fault.message
        assert "codex-orch-tui trust" in task.fault.next_step
        (item,) = await on.orchestrator.trust_wanted()
        assert item.what == (f"checks.greets: {LOOK}",)
        await on.orchestrator.trust(item)
        await on.orchestrator.resume(ref)
        task = await on.until_state(ref, TaskState.DONE)
        assert has_passed_checks(task)
        assert len(task.turns) == 1


async def test_a_secret_in_the_output_reaches_neither_the_worker_nor_a_file(scratch: Path) -> None:
    token = "ghp_" + "a1B2c3D4e5F6" * 3
    leak = f"raise SystemExit('{token[:20]}' + '{token[20:]}')"
    planted = Script("PLANT", (Patch(text=add_file("leak.py", leak)), Say(text="ok")))
    async with stage(scratch, [planted, Script(RETRIED, (Say(text="no"),))], check_retries=1) as on:
        (ref,) = await on.start("PLANT", checks=("python3 leak.py",))
        task = await on.until_state(ref, TaskState.FAILED)
        assert len(task.turns) == 2
        assert token not in task.turns[1].prompt
        assert token not in json.dumps(on.model.requests[-1].input)
        for file in (on.repository / ".orchestrator").rglob("*"):
            if file.is_file():
                assert token.encode() not in file.read_bytes(), file


def processes_in(folder: str) -> list[str]:
    """The processes that stand in a folder or run something of it, but for Codex's app-server."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            told = (entry / "cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ")
            place = str((entry / "cwd").readlink())
        except OSError:
            continue
        if place == folder and "app-server" not in told:
            found.append(told)
    return found
