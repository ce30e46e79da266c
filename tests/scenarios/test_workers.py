"""What happens around a turn: messages, interrupts, stops, deaths, login, setup, and several tasks at once."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.domain.item import FaultKind, TurnStatus
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Fail, Hang, Patch, Say, Script, Shell
from codex_orch_tui.services.errors import ConflictError, NotPossibleError
from tests.scenarios.stage import PATIENCE_S, add_file, change_line, git, stage

pytestmark = pytest.mark.codex


def escalation(root: Path, marker: str = "MARK") -> Script:
    """A task whose one command asks to run outside the sandbox."""
    touch = Shell(cmd=f"touch {root}/outside/mark", escalate=True, justification="the mark is elsewhere")
    return Script(marker, (touch, Say(text="done")))


async def test_two_tasks_in_parallel_both_land_the_second_after_an_update(scratch: Path) -> None:
    names = ("LEFT", "RIGHT")
    scripts = [
        Script(name, (Hang(name=name), Patch(text=add_file(f"{name}.txt", name)), Say(text="ok"))) for name in names
    ]
    async with stage(scratch, scripts) as on:
        first, second = await on.start(*names)
        for name in names:
            await on.model.hanging(name)
        for name in names:
            on.model.release(name)
        for ref in (first, second):
            await on.until_state(ref, TaskState.DONE)
        await on.merged(first)
        preview = await on.orchestrator.preview_merge(second)
        assert preview.refusal is not None
        updated = await on.orchestrator.update(second)
        assert updated.replayed == 1
        assert not on.task(second).is_reviewed
        await on.merged(second)
        assert git(on.repository, "log", "--format=%s", "main").splitlines() == ["RIGHT", "LEFT", "first"]


async def test_a_message_in_mid_turn_steers_and_after_it_starts_a_turn(scratch: Path) -> None:
    scripts = [
        Script("BEGIN", (Hang(name="gate"), Say(text="began"))),
        Script("STEER", (Patch(text=add_file("steered.txt", "yes")), Say(text="steered"))),
        Script("AGAIN", (Patch(text=add_file("again.txt", "yes")), Say(text="again"))),
    ]
    async with stage(scratch, scripts) as on:
        (ref,) = await on.start("BEGIN")
        await on.model.hanging("gate")
        assert await on.orchestrator.message(ref, "STEER it") == "steered"
        on.model.release("gate")
        await on.until_state(ref, TaskState.DONE)
        assert len(on.task(ref).turns) == 1
        assert on.task(ref).answer == "steered"
        assert await on.orchestrator.message(ref, "AGAIN please") == "new turn"
        await on.until(lambda: len(on.task(ref).commits) == 2)
        assert len(on.task(ref).turns) == 2


async def test_an_interrupted_turn_keeps_its_edits_as_a_commit(scratch: Path) -> None:
    scripts = [Script("EDIT", (Patch(text=add_file("half.txt", "half")), Hang(name="gate"), Say(text="never")))]
    async with stage(scratch, scripts) as on:
        (ref,) = await on.start("EDIT")
        await on.model.hanging("gate")
        await on.orchestrator.interrupt(ref)
        await on.until(lambda: bool(on.task(ref).commits))
        task = on.task(ref)
        assert task.state is TaskState.INTERRUPTED
        assert task.commits[0].subject == "EDIT (interrupted)"


async def test_a_stopped_worker_leaves_no_process(scratch: Path) -> None:
    scripts = [Script("HOLD", (Hang(name="gate"), Say(text="never")))]
    async with stage(scratch, scripts) as on:
        (ref,) = await on.start("HOLD")
        await on.model.hanging("gate")
        worker = on.task(ref).worker
        assert worker is not None
        await on.orchestrator.stop(ref)
        assert on.task(ref).state is TaskState.INTERRUPTED
        assert on.task(ref).worker is None
        with pytest.raises(ProcessLookupError):
            os.killpg(worker.pid, 0)


async def test_what_a_worker_left_running_in_a_session_of_its_own_ends_with_it(scratch: Path) -> None:
    scripts = [Script("LEAVES", (Shell(cmd="sleep 25", yield_time_ms=250), Hang(name="gate"), Say(text="never")))]
    async with stage(scratch, scripts) as on:
        (ref,) = await on.start("LEAVES")
        await on.model.hanging("gate")
        worker = on.task(ref).worker
        assert worker is not None
        below = psutil.Process(worker.pid).children(recursive=True)
        left = [one for one in below if one.cmdline() == ["sleep", "25"]]
        assert [os.getsid(one.pid) == worker.pid for one in left] == [False]
        await on.orchestrator.stop(ref)
        assert psutil.wait_procs(below, PATIENCE_S)[1] == []


async def test_a_killed_worker_is_lost_its_question_expires_and_it_can_be_continued(scratch: Path) -> None:
    scripts = [escalation(scratch), Script("cut off before its end", (Say(text="resumed"),))]
    async with stage(scratch, scripts) as on:
        (ref,) = await on.start("MARK")
        approval = await on.asked()
        worker = on.task(ref).worker
        assert worker is not None
        os.kill(worker.pid, signal.SIGKILL)
        task = await on.until_state(ref, TaskState.LOST)
        assert task.turns[-1].status is TurnStatus.INTERRUPTED
        assert task.fault is not None
        assert task.fault.kind is FaultKind.WORKER_DIED
        assert on.orchestrator.state.approvals[approval.id].outcome is Outcome.EXPIRED
        thread = task.thread
        await on.orchestrator.resume(ref)
        task = await on.until_state(ref, TaskState.DONE)
        assert task.thread == thread
        assert task.answer == "resumed"


@pytest.mark.parametrize(
    ("status", "kind"), [(401, FaultKind.NOT_LOGGED_IN), (429, FaultKind.RATE_LIMITED), (500, FaultKind.MODEL_ERROR)]
)
async def test_a_model_error_fails_the_task_with_a_next_step(scratch: Path, status: int, kind: FaultKind) -> None:
    async with stage(scratch, [Script("ASK", (Fail(status=status),))]) as on:
        (ref,) = await on.start("ASK")
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert task.fault.kind is kind
        assert task.fault.next_step
        asked = len(on.model.requests)
        await on.orchestrator.wait_idle()
        assert len(on.model.requests) == asked


async def test_more_tasks_than_slots_wait_their_turn(scratch: Path) -> None:
    scripts = [Script("HOLD", (Hang(name="gate"), Say(text="ok")))]
    async with stage(scratch, scripts, max_workers=2) as on:
        refs = await on.start("HOLD a", "HOLD b", "HOLD c")
        await on.until_state(refs[0], TaskState.RUNNING)
        await on.until_state(refs[1], TaskState.RUNNING)
        assert on.task(refs[2]).state is TaskState.QUEUED
        on.model.release("gate")
        for ref in refs:
            await on.until_state(ref, TaskState.DONE)


async def test_a_queued_task_can_be_stopped_and_continued(scratch: Path) -> None:
    scripts = [Script("HOLD", (Hang(name="gate"), Say(text="ok")))]
    async with stage(scratch, scripts, max_workers=1) as on:
        first, second = await on.start("HOLD a", "HOLD b")
        await on.model.hanging("gate")
        await on.orchestrator.stop(second)
        assert on.task(second).state is TaskState.INTERRUPTED
        on.model.release("gate")
        await on.until_state(first, TaskState.DONE)
        await on.orchestrator.resume(second)
        await on.until_state(second, TaskState.DONE)


async def test_setup_runs_before_the_first_turn_with_included_files(scratch: Path) -> None:
    files = {".gitignore": ".env\n", ".worktreeinclude": ".env\n"}
    scripts = [Script("LOOK", (Shell(cmd="cat .env setup.txt"), Say(text="seen")))]
    command = 'printf "%s" "$ROOT" > setup.txt'
    async with stage(scratch, scripts, files=files, setup_command=command) as on:
        (on.repository / ".env").write_text("PORT=1\n", encoding="utf-8")
        (ref,) = await on.start("LOOK")
        task = await on.until_state(ref, TaskState.DONE)
        assert task.worktree is not None
        folder = Path(task.worktree.path)
        assert (folder / ".env").read_text() == "PORT=1\n"
        assert (folder / "setup.txt").read_text() == str(on.repository)
        assert git(on.repository, "ls-tree", "--name-only", task.worktree.branch).split() == [
            ".gitignore",
            ".worktreeinclude",
            "setup.txt",
        ]


async def test_a_failing_setup_stops_the_task_with_its_output(scratch: Path) -> None:
    async with stage(scratch, [], setup_command="printf 'no database here'; false") as on:
        (ref,) = await on.start("ANY")
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert task.fault.kind is FaultKind.SETUP_FAILED
        assert "no database here" in task.fault.message
        assert on.model.requests == []


async def test_a_setup_without_end_reaches_its_time_limit(scratch: Path) -> None:
    async with stage(scratch, [], setup_command="sleep 60", setup_time_limit_s=0.3) as on:
        (ref,) = await on.start("ANY")
        task = await on.until_state(ref, TaskState.FAILED)
        assert task.fault is not None
        assert "time limit" in task.fault.message


async def test_a_turn_without_edits_commits_nothing_and_cannot_be_merged(scratch: Path) -> None:
    async with stage(scratch, [Script("TALK", (Say(text="only words"),))]) as on:
        (ref,) = await on.start("TALK")
        task = await on.until_state(ref, TaskState.DONE)
        assert task.commits == ()
        assert any("changed no file" in note.text for note in task.notes)
        with pytest.raises(NotPossibleError, match="changed no file"):
            await on.orchestrator.review(ref)


async def test_a_branch_named_orch_is_told_before_anything_starts(scratch: Path) -> None:
    async with stage(scratch, []) as on:
        git(on.repository, "branch", "orch")
        with pytest.raises(NotPossibleError, match="orch"):
            await on.start("ANY")
        assert on.orchestrator.state.runs == {}


async def test_a_conflict_moves_nothing_and_can_go_back_to_the_worker(scratch: Path) -> None:
    def edit(marker: str, word: str) -> Script:
        return Script(marker, (Patch(text=change_line("README.md", "hello", word)), Say(text="ok")))

    resolve = """*** Begin Patch
*** Update File: README.md
@@
-<<<<<<< main
-bonjour
-=======
-hola
->>>>>>> your-edits
+bonjour, hola
*** End Patch"""
    scripts = [
        edit("FRENCH", "bonjour"),
        edit("SPANISH", "hola"),
        Script("conflict markers", (Patch(text=resolve), Say(text="both"))),
    ]
    async with stage(scratch, scripts) as on:
        first, second = await on.start("FRENCH", "SPANISH")
        for ref in (first, second):
            await on.until_state(ref, TaskState.DONE)
        await on.merged(first)
        tip = on.task(second).tip
        with pytest.raises(ConflictError) as clash:
            await on.orchestrator.update(second)
        assert clash.value.paths == ("README.md",)
        assert on.task(second).tip == tip
        worktree = on.task(second).worktree
        assert worktree is not None
        assert git(on.repository, "rev-parse", worktree.branch) == tip
        await on.orchestrator.send_conflicts(second)
        await on.until(lambda: on.task(second).answer == "both" and bool(on.task(second).commits))
        await on.until_state(second, TaskState.DONE)
        await on.merged(second)
        assert (on.repository / "README.md").read_text() == "bonjour, hola\n"
        assert git(on.repository, "log", "--format=%s", "main").splitlines() == ["SPANISH", "FRENCH", "first"]
        assert git(on.repository, "rev-parse", on.task(second).backup_ref) == tip


async def test_edits_of_the_person_are_an_obstacle_only_where_they_overlap(scratch: Path) -> None:
    scripts = [Script("EDIT", (Patch(text=change_line("README.md", "hello", "bye")), Say(text="ok")))]
    async with stage(scratch, scripts, files={"README.md": "hello\n", "other.md": "a\n"}) as on:
        (ref,) = await on.start("EDIT")
        await on.until_state(ref, TaskState.DONE)
        (on.repository / "other.md").write_text("mine\n")
        (on.repository / "README.md").write_text("mine too\n")
        await on.reviewed(ref)
        preview = await on.orchestrator.preview_merge(ref)
        assert preview.refusal is not None
        assert preview.refusal.paths == ("README.md",)
        before = git(on.repository, "rev-parse", "main")
        with pytest.raises(NotPossibleError, match="README"):
            await on.orchestrator.merge(ref, preview)
        assert git(on.repository, "rev-parse", "main") == before
        assert (on.repository / "README.md").read_text() == "mine too\n"
        git(on.repository, "checkout", "--", "README.md")
        await on.merged(ref)
        assert (on.repository / "other.md").read_text() == "mine\n"
        assert (on.repository / "README.md").read_text() == "bye\n"


async def test_a_discarded_task_is_kept_whole_under_a_backup_ref(scratch: Path) -> None:
    scripts = [Script("EDIT", (Patch(text=add_file("kept.txt", "kept")), Say(text="ok")))]
    async with stage(scratch, scripts) as on:
        (ref,) = await on.start("EDIT")
        task = await on.until_state(ref, TaskState.DONE)
        assert task.worktree is not None
        (Path(task.worktree.path) / "loose.txt").write_text("loose\n")
        backup = await on.orchestrator.discard(ref)
        assert on.task(ref).state is TaskState.DISCARDED
        assert not Path(task.worktree.path).exists()
        assert git(on.repository, "ls-tree", "--name-only", backup).split() == ["README.md", "kept.txt", "loose.txt"]
        assert task.worktree.branch not in git(on.repository, "branch", "--list")


async def test_a_task_that_is_being_set_up_can_be_stopped(scratch: Path) -> None:
    async with stage(scratch, [], setup_command=f"touch {scratch}/began; sleep 60") as on:
        (ref,) = await on.start("ANY")
        async with asyncio.timeout(PATIENCE_S):
            while not (scratch / "began").exists():
                await asyncio.sleep(0.01)
        await on.orchestrator.stop(ref)
        assert on.task(ref).state is TaskState.INTERRUPTED
        assert on.task(ref).worker is None


async def test_a_message_to_a_task_that_waits_for_a_worker_reaches_its_first_turn(scratch: Path) -> None:
    scripts = [
        Script("HOLD", (Hang(name="gate"), Say(text="ok"))),
        Script("LATER", (Hang(name="later"), Say(text="started"))),
        Script("STEER", (Say(text="steered"),)),
    ]
    async with stage(scratch, scripts, max_workers=1) as on:
        (first,) = await on.start("HOLD")
        (second,) = await on.start("LATER")
        await on.model.hanging("gate")
        sending = asyncio.create_task(on.orchestrator.message(second, "STEER it"))
        await on.until_state(second, TaskState.QUEUED)
        on.model.release("gate")
        await on.until_state(first, TaskState.DONE)
        await on.model.hanging("later")
        assert await sending == "steered"
        on.model.release("later")
        await on.until_state(second, TaskState.DONE)
        assert on.task(second).answer == "steered"


async def test_a_message_that_cannot_be_sent_is_kept_and_takes_nothing_from_work_that_is_done(scratch: Path) -> None:
    scripts = [Script("EDIT", (Patch(text=add_file("a.txt", "a")), Say(text="ok")))]
    async with stage(scratch, scripts, idle_worker_s=0.01) as on:
        (ref,) = await on.start("EDIT")
        await on.until_state(ref, TaskState.DONE)
        await on.until(lambda: on.task(ref).worker is None)
        config = scratch / "codex-home" / "config.toml"
        config.write_text("this is no configuration [", encoding="utf-8")
        await on.orchestrator.message(ref, "and another thing")
        await on.until(lambda: on.task(ref).fault is not None)
        await on.orchestrator.wait_idle()
        task = on.task(ref)
        assert task.state is TaskState.DONE
        assert task.unsent == "and another thing"
        await on.merged(ref)
        assert on.task(ref).state is TaskState.MERGED
