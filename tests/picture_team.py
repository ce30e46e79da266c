"""The scene of a team: what a navigator proposed runs, two implementers at work, tester and reviewer wait for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from codex_orch_tui.domain.plan import Role
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted import demo_answers as answers
from codex_orch_tui.scripted import demo_patches as patches
from codex_orch_tui.scripted.demo_scripts import BUILD, NAVIGATOR, PROPOSED, SEARCH, SENTENCE, build_command
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script, Shell, Think
from codex_orch_tui.scripted.shop_api import BRANCH
from tests.picture_scene import Scene, plan, staged

_STEPS = ("Read products and routes", "Search in a module of its own", "Route")


def scripts(root: Path) -> tuple[Script, ...]:
    """What they do. Every `Hang` is where the scene stops for a moment."""
    return (
        Script(
            SENTENCE,
            (
                Hang(name="plan 1"),
                Shell(cmd="ls shop_api docs tests"),
                Hang(name="plan 2"),
                Say(text=answers.as_json(PROPOSED)),
            ),
            answers.title_of(Role.NAVIGATOR),
        ),
        Script(
            "Add a product search",
            (
                Hang(name="search 1"),
                Say(text="I will look at the products and the routes first."),
                plan(_STEPS, 0),
                Shell(cmd="head -n 20 shop_api/server.py"),
                Hang(name="search 2"),
                Think(text="The route stays thin; the matching gets a module of its own."),
                Say(text="The names are all there is to search in. I will keep the matching apart from the route."),
                plan(_STEPS, 1),
                Patch(text=patches.SEARCH),
                Hang(name="search 3"),
                plan(_STEPS, 2),
                Hang(name="search 4"),
                Say(text="done"),
            ),
        ),
        Script(
            "Record the build of 1.1.0",
            (
                Hang(name="build 1"),
                Say(text="The build server's log lies outside of my worktree, so I have to ask."),
                Shell(cmd="cat docs/builds.md"),
                Hang(name="build 2"),
                Shell(
                    cmd=build_command(root / "build-server"),
                    escalate=True,
                    justification="The build server's log lies outside of this worktree. Shall I add the line?",
                ),
                Say(text="done"),
            ),
        ),
    )


async def play(scene: Scene) -> None:
    """From the sentence to the moment of the picture."""
    orchestrator = scene.orchestrator
    (planner,) = await orchestrator.create_run(NAVIGATOR, BRANCH)
    scene.refs[planner.task] = planner
    await scene.reached("plan 1")
    scene.go("14:03:09", "plan 1")
    await scene.reached("plan 2")
    scene.go("14:03:21", "plan 2")
    await scene.until(scene.is_in(planner.task, TaskState.DONE))
    scene.clock.set("14:04:02")
    proposal = await orchestrator.proposal(planner)
    refs = await orchestrator.create_run(proposal.plan, BRANCH, proposed_by=planner)
    scene.refs |= {ref.task: ref for ref in refs}
    await scene.reached("search 1")
    await scene.reached("build 1")
    scene.go("14:04:11", "search 1")
    await scene.reached("search 2")
    scene.go("14:04:19", "build 1")
    await scene.reached("build 2")
    scene.go("14:04:38", "search 2")
    await scene.reached("search 3")
    scene.go("14:04:51", "build 2")
    await scene.until(scene.is_in(BUILD, TaskState.WAITING_APPROVAL))
    scene.go("14:05:04", "search 3")
    await scene.reached("search 4")
    scene.clock.set("14:05:26")


@asynccontextmanager
async def team_scene(root: Path) -> AsyncIterator[Scene]:
    """A run that a navigator proposed, played to the moment of the picture."""
    async with staged(root, scripts(root), max_workers=4) as made:
        await play(made)
        yield made


FIRST = SEARCH
"""The task whose log is in the picture."""
