"""Messages, interrupts, updates and the way out, from the keyboard on the real Codex."""

from pathlib import Path

import pytest

from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script, Shell
from codex_orch_tui.ui.app import OrchApp
from tests.scenarios.stage import Stage, add_file, change_line, git, make_repository, running
from tests.scenarios.tui.user import User, user

pytestmark = pytest.mark.codex


async def test_a_message_in_mid_turn_is_taken_into_the_turn(scratch: Path) -> None:
    scripts = [
        Script("BEGIN", (Hang(name="gate"), Say(text="began"))),
        Script("STEER", (Patch(text=add_file("steered.txt", "yes")), Say(text="I was steered."))),
    ]
    async with user(scratch, scripts) as me:
        ref = await me.new_task("BEGIN")
        await me.on.model.hanging("gate")
        await me.press("s")
        await me.see("Message")
        await me.type("STEER now")
        await me.press("ctrl+s")
        await me.see("STEER now")
        me.on.model.release("gate")
        task = await me.done(ref)
        assert len(task.turns) == 1
        await me.see("I was steered.")


async def test_a_message_after_the_turn_starts_another(scratch: Path) -> None:
    scripts = [
        Script("BEGIN", (Say(text="began"),)),
        Script("AGAIN", (Patch(text=add_file("again.txt", "yes")), Say(text="Once more."))),
    ]
    async with user(scratch, scripts) as me:
        ref = await me.new_task("BEGIN")
        await me.done(ref)
        await me.press("s")
        await me.see("Message")
        await me.type("AGAIN")
        await me.press("ctrl+s")
        await me.on.until(lambda: bool(me.on.task(ref).commits))
        await me.done(ref)
        assert len(me.on.task(ref).turns) == 2
        await me.see("Once more.")


async def test_interrupt_and_continue(scratch: Path) -> None:
    scripts = [
        Script("BEGIN", (Hang(name="gate"), Say(text="never"))),
        Script("cut off before its end", (Say(text="I went on."),)),
    ]
    async with user(scratch, scripts) as me:
        ref = await me.new_task("BEGIN")
        await me.on.model.hanging("gate")
        await me.press("i")
        await me.on.until_state(ref, TaskState.INTERRUPTED)
        await me.see("interrupted")
        await me.press("c")
        await me.done(ref)
        await me.see("I went on.")


@pytest.mark.slow
async def test_an_update_with_a_conflict_names_the_files_and_goes_back_to_the_worker(scratch: Path) -> None:
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
        Script("FRENCH", (Patch(text=change_line("README.md", "hello", "bonjour")), Say(text="ok"))),
        Script("SPANISH", (Patch(text=change_line("README.md", "hello", "hola")), Say(text="ok"))),
        Script("conflict markers", (Patch(text=resolve), Say(text="Both are in."))),
    ]
    async with user(scratch, scripts) as me:
        first = await me.new_task("FRENCH")
        second = await me.new_task("SPANISH")
        for ref in (first, second):
            await me.done(ref)
        await me.on.merged(first)
        await me.select(second)
        tip = me.on.task(second).tip
        await me.press("u")
        await me.see("README.md", "nothing")
        assert me.on.task(second).tip == tip
        await me.press("s")
        await me.on.until(lambda: me.on.task(second).answer == "Both are in.")
        await me.done(second)
        await me.on.merged(second)
        assert (me.on.repository / "README.md").read_text() == "bonjour, hola\n"


async def test_discard_asks_and_keeps_a_backup(scratch: Path) -> None:
    scripts = [Script("EDIT", (Patch(text=add_file("kept.txt", "kept")), Say(text="ok")))]
    async with user(scratch, scripts) as me:
        ref = await me.new_task("EDIT")
        await me.done(ref)
        await me.press("D")
        await me.see("Discard")
        await me.press("escape")
        await me.pilot.pause()
        assert me.on.task(ref).state is TaskState.DONE
        await me.press("D")
        await me.see("Discard", "kept")
        await me.press("D")
        await me.on.until_state(ref, TaskState.DISCARDED)
        assert "kept.txt" in git(me.on.repository, "ls-tree", "--name-only", me.on.task(ref).backup_ref)


async def test_leaving_asks_while_a_worker_runs(scratch: Path) -> None:
    async with user(scratch, [Script("BEGIN", (Hang(name="gate"), Say(text="never")))]) as me:
        ref = await me.new_task("BEGIN")
        await me.on.model.hanging("gate")
        await me.press("q")
        await me.see("1 working", "stop and quit", "esc")
        await me.press("escape")
        await me.pilot.pause()
        assert me.app.is_running
        assert me.on.task(ref).state is TaskState.RUNNING


async def test_closed_with_a_question_open_and_opened_again(scratch: Path) -> None:
    (scratch / "outside").mkdir()
    repository = make_repository(scratch, {"README.md": "hello\n"})
    touch = Shell(cmd=f"touch {scratch}/outside/mark", escalate=True, justification="the mark is elsewhere")
    scripts = [
        Script("MARK", (touch, Say(text="never"))),
        Script("cut off before its end", (touch, Say(text="Marked at last."))),
    ]
    async with ModelServer(scripts, roots=[str(scratch)]) as model:
        for number in (1, 2):
            async with running(scratch, repository, model, {"approval_guard_ms": 0}) as orchestrator:
                on = Stage(scratch, repository, model, orchestrator)
                app = OrchApp(orchestrator)
                async with app.run_test(size=(160, 45)) as pilot:
                    me = User(on, app, pilot)
                    if number == 1:
                        await me.new_task("MARK")
                        await me.see("1 needs you")
                        await me.press("q")
                        await me.see("question")
                        await me.press("x")
                        assert app.return_value == 0
                        continue
                    (ref,) = me.refs
                    await me.see("interrupted", "expired")
                    await me.press("c")
                    await me.see("1 needs you")
                    await me.press("g")
                    await me.see("touch", "the mark is elsewhere", "a accept")
                    await me.press("a")
                    await me.done(ref)
                    await me.see("Marked at last.")
                    outcomes = [approval.outcome for approval in orchestrator.state.approvals.values()]
                    assert outcomes == [Outcome.EXPIRED, Outcome.ACCEPTED]
    assert (scratch / "outside" / "mark").exists()
