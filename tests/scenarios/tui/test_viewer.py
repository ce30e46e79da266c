"""A person at the screen of a second program: they see what the holder does, answer for it, and take over from it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.config import Config
from codex_orch_tui.domain.approval import Outcome
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted.script import Patch, Say, Script, Shell
from codex_orch_tui.services.viewer import Viewer
from codex_orch_tui.ui.app import OrchApp
from codex_orch_tui.ui.screens.viewing import TAKE_OVER
from tests.scenarios.cli.shell import Shell as Commands
from tests.scenarios.cli.shell import shell
from tests.scenarios.stage import Stage, add_file, stage
from tests.scenarios.tui.user import User

pytestmark = pytest.mark.codex


def escalation(root: Path) -> Script:
    touch = Shell(cmd=f"touch {root}/outside/mark", escalate=True, justification="the mark is elsewhere")
    return Script("MARK", (touch, Patch(text=add_file("new.txt", "new")), Say(text="went on")))


@asynccontextmanager
async def second(on: Stage | Commands) -> AsyncIterator[User]:
    """The screen of a program that looks on."""
    viewer = await Viewer.open(on.repository, Config(approval_guard_ms=0), environ={"HOME": str(on.root / "home")})
    app = OrchApp(viewer)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        following = asyncio.create_task(viewer.run())
        yield User(Stage(on.root, on.repository, on.model, viewer), app, pilot)  # type: ignore[arg-type]
        await app.errands.settle()
        viewer.close()
        await following


async def test_a_viewer_answers_for_a_program_without_a_screen_reads_and_merges(scratch: Path) -> None:
    async with stage(scratch, [escalation(scratch)]) as on, second(on) as me:
        await me.see("viewing   process", "runs it")
        (ref,) = await on.start("MARK it")
        await me.see("1 needs you")
        await me.press("g")
        await me.see("outside the sandbox", "touch", "the mark is elsewhere", "decline")
        assert not (on.outside / "mark").exists()
        approval = on.orchestrator.state.pending[0]
        await on.until(lambda: on.orchestrator.state.approvals[approval.id].shown_at_s is not None)
        await me.press("a")
        await on.until_state(ref, TaskState.DONE)
        assert (on.outside / "mark").exists()
        assert on.orchestrator.state.approvals[approval.id].outcome is Outcome.ACCEPTED

        await me.see("1 to review")
        await me.press("d")
        await me.see("new.txt", "+new")
        await me.press("space", "m")
        await me.see("Merge")
        await me.press("enter")
        await on.until_state(ref, TaskState.MERGED)
        assert (on.repository / "new.txt").read_text() == "new\n"
        await me.see("all done")


async def test_a_viewer_answers_for_a_headless_run(scratch: Path) -> None:
    async with shell(scratch, [escalation(scratch)]) as commands:
        running = await commands.begin("run", "MARK it", "--headless")
        waited = await commands.run("wait", "--until", "asks")
        assert waited.code == ExitCode.DONE, waited
        async with second(commands) as me:
            await me.see("1 needs you")
            await me.press("g")
            await me.see("outside the sandbox", "touch", "the mark is elsewhere", "decline")
            (approval,) = me.on.orchestrator.state.pending
            await me.on.until(lambda: me.on.orchestrator.state.approvals[approval.id].shown_at_s is not None)
            assert not (commands.outside / "mark").exists()
            await me.press("a")
            ended = await running.ended()
            await me.see("1 to review")
    assert ended.code == ExitCode.DONE, ended
    assert "went on" in ended.out
    assert (commands.outside / "mark").exists()


async def test_it_starts_tasks_and_leaves_without_asking(scratch: Path) -> None:
    async with stage(scratch, [escalation(scratch)]) as on, second(on) as me:
        ref = await me.new_task("MARK it")
        await on.asked()
        await me.press("q")
        assert me.app.return_value == 0
        assert on.task(ref).state is TaskState.WAITING_APPROVAL


async def test_when_the_holder_goes_it_offers_to_take_over(scratch: Path) -> None:
    holding = stage(scratch, [escalation(scratch)])
    on = await holding.__aenter__()
    (ref,) = await on.start("MARK it")
    await on.asked()
    async with second(on) as me:
        await me.see("1 needs you")
        await me.press("t")
        assert me.app.return_value is None, "somebody holds it"
        await holding.__aexit__(None, None, None)
        await me.see("viewing   nobody runs it", "has ended", "t does", "t take over")
        assert me.on.task(ref).state is TaskState.INTERRUPTED
        await me.press("t")
        assert me.app.return_value == TAKE_OVER
