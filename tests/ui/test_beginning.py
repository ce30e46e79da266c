"""What the command line asked for begins with the first frame of the screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from codex_orch_tui.cli.begin import Beginning, ResumeRun, StartPlan
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.plan import Role
from codex_orch_tui.domain.role import BUILT_IN
from codex_orch_tui.domain.typed_task import plan_of_text, plan_to_plan
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.ui.app import OrchApp
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.states import Story
from tests.ui.test_main_screen import WIDE, Screen

PLAN = plan_of_text("Add a search", BUILT_IN[Role.IMPLEMENTER])


@asynccontextmanager
async def begun(fake: FakeOrchestrator, beginning: Beginning) -> AsyncIterator[Screen]:
    app = OrchApp(fake, beginning=beginning)  # type: ignore[arg-type] # a fake
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.pause()
        yield Screen(app, fake, pilot)


async def test_a_plan_begins_and_its_first_task_is_the_current_one() -> None:
    fake = FakeOrchestrator(Story())
    async with begun(fake, StartPlan(plan=PLAN)) as on:
        await on.until(lambda: on.main.current is not None)
        assert fake.asked("create_run") == [(PLAN, "main")]
        assert on.main.current in fake.state.tasks
        assert on.main.planning == set()


async def test_the_plan_of_a_navigator_is_waited_for() -> None:
    plan = plan_to_plan("Add a search", BUILT_IN[Role.NAVIGATOR])
    async with begun(FakeOrchestrator(Story()), StartPlan(plan=plan, plans_first=True)) as on:
        await on.until(lambda: on.main.planning == set(on.fake.state.tasks) != set())
        assert "Nothing of its plan starts before you approve it" in on.notes()


async def test_a_run_goes_on() -> None:
    story = Story()
    (ref,) = story.run(["Add search"])
    story.start(ref)
    story.tell(ev.TaskInterrupted(ref=ref, cause="stopped by you"))
    async with begun(FakeOrchestrator(story), ResumeRun(run=ref.run)) as on:
        await on.until(lambda: on.fake.asked("resume") == [(ref,)])
        assert on.main.current == ref


async def test_what_cannot_begin_is_told_and_the_screen_stays() -> None:
    fake = FakeOrchestrator(Story())
    fake.raises["create_run"] = NotPossibleError("there is no branch nowhere")
    async with begun(fake, StartPlan(plan=PLAN, base_branch="nowhere")) as on:
        await on.until(lambda: "there is no branch nowhere" in on.notes())
        assert on.app.is_running
