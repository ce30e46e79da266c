"""The task tree with 5,000 tasks of which 50 change in each frame: what a frame of the main screen costs."""

import asyncio
import time
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef, TurnId
from codex_orch_tui.domain.item import Item, ItemId, ItemKind, ItemStatus, TurnStatus, Usage
from codex_orch_tui.domain.plan import Level, Plan, TaskSpec
from codex_orch_tui.domain.schedule import Reason, Wait
from codex_orch_tui.ui.app import OrchApp
from codex_orch_tui.ui.bridge import Dirty
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.states import NOW_S, Story

TASKS = 5_000
CHANGES = 50
SIZE = (160, 45)
_GROUP = 25
"""Tasks in a feature; four features are an epic."""
_WORKERS = 48


def big_plan(tasks: int) -> Plan:
    """Epics, features and in them `tasks` cases, each of which needs the one before it in its feature."""
    specs: list[TaskSpec] = []
    for number in range(tasks):
        feature, epic = number // _GROUP, number // (4 * _GROUP)
        if number % (4 * _GROUP) == 0:
            specs.append(TaskSpec(id=TaskId(f"epic-{epic}"), title=f"Epic {epic}", prompt="", level=Level.EPIC))
        if number % _GROUP == 0:
            specs.append(
                TaskSpec(
                    id=TaskId(f"feature-{feature}"),
                    title=f"Feature {feature}",
                    prompt="",
                    level=Level.FEATURE,
                    parent=TaskId(f"epic-{epic}"),
                )
            )
        needed = (TaskId(f"case-{number - 1}"),) if number % _GROUP else ()
        specs.append(
            TaskSpec(
                id=TaskId(f"case-{number}"),
                title=f"Case {number} of the plan",
                prompt="do it",
                parent=TaskId(f"feature-{feature}"),
                depends_on=needed,
            )
        )
    return Plan(title=f"A plan of {tasks:,} tasks", tasks=tuple(specs))


def big_story(tasks: int) -> Story:
    """A run of that plan in which nothing has begun."""
    story = Story(NOW_S - 1_000)
    story.tell(ev.RunCreated(run=RunId("1120-1240-0000"), plan=big_plan(tasks), base_branch="main"))
    return story


def big_waits(story: Story) -> dict[TaskRef, Wait]:
    """What each of its tasks waits for."""
    waits = {}
    for ref, task in story.state.tasks.items():
        if not task.spec.is_group:
            needed = tuple(TaskRef(ref.run, one) for one in task.spec.depends_on)
            waits[ref] = Wait(Reason.DEPENDENCY, needed) if needed else Wait(Reason.SLOT)
    return waits


def happenings(story: Story) -> Iterator[ev.Event]:
    """What happens to task after task, over and over: it begins, runs commands, uses tokens, ends."""
    refs = [ref for ref, task in story.state.tasks.items() if not task.spec.is_group]
    lives = (_life(ref) for ref in refs)
    working = list(islice(lives, _WORKERS))
    while True:
        for place, life in enumerate(working):
            event = next(life, None)
            if event is None:
                if (after := next(lives, None)) is None:
                    return
                working[place] = after
                event = next(after)
            yield event


def _life(ref: TaskRef) -> Iterator[ev.Event]:
    turn = TurnId(f"turn-{ref.task}")
    yield ev.TaskStarted(ref=ref)
    yield ev.TurnStarted(ref=ref, turn=turn, prompt="do it")
    for number in range(8):
        item = Item(id=ItemId(f"{ref.task}-{number}"), kind=ItemKind.COMMAND, title=f"pytest -q tests/test_{number}.py")
        yield ev.ItemStarted(ref=ref, turn=turn, item=item)
        yield ev.UsageUpdated(
            ref=ref,
            usage=Usage(input_tokens=9_000 * number, output_tokens=400 * number, total_tokens=9_400 * number),
        )
        done = Item(id=item.id, kind=item.kind, title=item.title, status=ItemStatus.COMPLETED, exit_code=0)
        yield ev.ItemCompleted(ref=ref, turn=turn, item=done)
    yield ev.TurnEnded(ref=ref, turn=turn, status=TurnStatus.COMPLETED)
    yield ev.NothingToCommit(ref=ref)
    yield ev.TaskFinished(ref=ref)


async def frames_ms(*, tasks: int = TASKS, changes: int = CHANGES, frames: int = 200) -> dict[str, list[float]]:
    """Milliseconds of each frame, in which `changes` events have come, in a headless app.

    `tree` is the rows, the widget's work and the painting of its lines; `screen` is a frame of the main screen with
    all of its panes, painted; `typed` is one with another filter.
    """
    story = big_story(tasks)
    fake = FakeOrchestrator(story, max_workers=_WORKERS)
    fake.waiting = big_waits(story)
    app = OrchApp(fake)  # type: ignore[arg-type] # a fake
    found: dict[str, list[float]] = {"tree": [], "screen": [], "typed": []}
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        main, tree = app.main_screen, app.main_screen.task_tree
        main.bridge.hold()  # frames are drawn here, by hand
        coming = happenings(story)
        for frame in range(frames):
            for event in islice(coming, changes):
                story.tell(event, after_s=0.01)
            begun = time.perf_counter()
            if frame % 2:
                main.draw(Dirty.STATE)
                main._on_timer_update()  # what Textual calls to paint
                found["screen"].append((time.perf_counter() - begun) * 1000)
            else:
                tree.show_state(story.state, story.now_s, fake.waits())
                for line in range(tree.size.height):
                    tree.render_line(line)
                found["tree"].append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0)
        for typed in islice(cycle(("", "c", "ca", "case 4", ":work", ":waits")), 24):
            begun = time.perf_counter()
            tree.show_only(typed)
            main._on_timer_update()
            found["typed"].append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0)
    return {name: each[4:] for name, each in found.items()}  # the first ones find nothing kept


def measured(**settings: Any) -> dict[str, list[float]]:
    """The same from outside a loop."""
    return asyncio.run(frames_ms(**settings))
