"""What was written and not sent, over the end of the program."""

from pathlib import Path

from textual.widgets import TextArea

from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.ui.screens.message import MessageScreen
from codex_orch_tui.ui.screens.new_task import NewTaskScreen
from tests.faults.rig import opened, shown, standin


async def test_they_are_there_again_and_go_when_they_are_sent(scratch: Path) -> None:
    codex = standin(scratch, {})
    async with opened(scratch, codex) as on:
        kept = on.orchestrator.layout.drafts
        async with shown(on) as me:
            ref = await me.new_task("FIRST work")
            await on.until_state(ref, TaskState.DONE)
            await me.press("s")
            await me.see("Message to")
            await me.type("and then")
            await me.press("escape", "n")
            await me.see("New task")
            await me.type("Half a sentence")
            # The program is left with the dialog open.
    assert kept.is_file()
    async with opened(scratch, codex, repository=on.repository) as on, shown(on) as me:
        await me.press("n")
        await me.see("New task", "Half a sentence")
        assert isinstance(me.app.screen, NewTaskScreen)
        await me.type(", whole")
        await me.press("ctrl+s")
        await on.until(lambda: len(on.orchestrator.state.tasks) == 2)
        assert on.task(me.refs[1]).spec.prompt == "Half a sentence, whole"
        await on.until_state(me.refs[1], TaskState.DONE)
        await me.select(ref)
        await me.press("s")
        await me.see("Message to", "and then")
        assert isinstance(me.app.screen, MessageScreen)
        assert me.app.screen.query_one(TextArea).text == "and then"
        await me.press("ctrl+s")
        await on.until(lambda: len(on.task(ref).turns) == 2)
    assert not kept.exists()


async def test_a_kill_costs_the_last_moment_only(scratch: Path) -> None:
    codex = standin(scratch, {})
    async with opened(scratch, codex) as on, shown(on) as me:
        await me.press("n")
        await me.see("New task")
        await me.type("Half a sentence")
        kept = on.orchestrator.layout.drafts
        for _ in range(500):
            if kept.is_file() and b"Half a sentence" in kept.read_bytes():
                break
            await me.pilot.pause(0.02)
        assert b"Half a sentence" in kept.read_bytes(), "it is kept while it is written"
        await me.press("escape")
