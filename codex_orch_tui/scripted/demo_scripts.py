"""What the demo's three workers are asked, and what the scripted model has them do.

Every file is edited by one task only, so that all three land; `docs/requests.md` is for whatever else a person writes.
What a task writes outside of its worktree lies in the demo's own folder.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.scripted import demo_patches as patches
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script, Shell, Step, Think, UpdatePlan

SEARCH = TaskId("product-search")
BUILD = TaskId("build-record")
CHANGELOG = TaskId("changelog")

PLAN = Plan(
    title="Release 1.1.0",
    tasks=(
        TaskSpec(
            id=SEARCH,
            title="Add product search",
            prompt="Add a product search.\n\n"
            "GET /products?q=lamp answers with the products whose name holds every word of q, whatever the case. "
            "An empty q is a 400. With tests.",
            checked_answer=False,
        ),
        TaskSpec(
            id=BUILD,
            title="Record the build",
            prompt="Record the build of 1.1.0 in the build server's log, then list it in docs/builds.md.",
            checked_answer=False,
        ),
        TaskSpec(
            id=CHANGELOG,
            title="Write the changelog",
            prompt="Write a CHANGELOG.md with an entry for 1.1.0, for people who use the API.",
            checked_answer=False,
        ),
    ),
)

MESSAGE = "Name the release date, and say where builds are recorded."
"""What the demo itself sends to the changelog's worker after its first turn."""

MEETING = "all three are at work"
"""Where every worker waits for the others, when the demo has to prove that they work at the same time."""

_REQUESTS = "docs/requests.md"
_PLAN_STEPS = ("Read products and routes", "Search and route", "Tests")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the model talks: seconds between pieces of a message, and whether workers wait for one another."""

    piece_s: float = 0.0
    meets: bool = False


AT_ONCE = Pace(meets=True)
FOR_PEOPLE = Pace(piece_s=0.2)


def build_command(build_server: Path) -> str:
    """The one command of the demo that asks to run outside of the sandbox.

    Args:
        build_server: The folder that stands for the build server, outside of every worktree.
    """
    return f"printf '1.1.0 built by shop-api\\n' >> {shlex.quote(str(build_server / 'builds.log'))}"


def demo_scripts(build_server: Path, pace: Pace) -> tuple[Script, ...]:
    """All that the model can play; the last one answers whatever else a person writes."""
    meeting: tuple[Step, ...] = (Hang(name=MEETING),) if pace.meets else ()

    def script(marker: str, *steps: Step) -> Script:
        return Script(marker, (*meeting, *steps) if marker in _FIRST_PROMPTS else steps)

    def say(text: str) -> Say:
        return Say(text=text, chunks=max(1, len(text) // 6), delay_s=pace.piece_s)

    return (
        script(
            "Add a product search",
            say("I will look at the products and the routes first."),
            _plan(0),
            Shell(cmd="cat shop_api/products.py shop_api/server.py"),
            Think(text="**Where the search goes**\n\nThe route stays thin; the matching gets a module of its own."),
            say("The names are all there is to search in. I will keep the matching apart from the route."),
            _plan(1),
            Patch(text=patches.SEARCH),
            say("Now the tests: case, several words, and the empty query."),
            _plan(2),
            Patch(text=patches.SEARCH_TESTS),
            Shell(cmd="ls shop_api tests"),
            _plan(3),
            say(
                "GET /products?q=… now searches the names, every word and whatever the case; an empty q is a 400.\n\n"
                "- shop_api/search.py holds the matching\n- shop_api/server.py has the route\n"
                "- tests/test_search.py covers both"
            ),
        ),
        script(
            "Record the build of 1.1.0",
            say("The build server's log lies outside of my worktree, so I have to ask before I write to it."),
            Shell(cmd="cat docs/builds.md"),
            Shell(
                cmd=build_command(build_server),
                escalate=True,
                justification="The build server's log lies outside of this worktree. Shall I add the line for 1.1.0?",
            ),
            say("On to the list in docs/builds.md."),
            Patch(text=patches.BUILDS),
            say("docs/builds.md lists 1.1.0 now."),
        ),
        script(
            "Write a CHANGELOG.md",
            say("I will see what the README promises to the users of the API."),
            Shell(cmd="cat README.md docs/api.md"),
            say("Short, and from the user's side: what is new, and what they have to do, which is nothing."),
            Patch(text=patches.CHANGELOG),
            say("CHANGELOG.md has an entry for 1.1.0. It names no date yet; tell me if it should."),
        ),
        script(
            "Name the release date",
            say("The date belongs beside the version."),
            Patch(text=patches.CHANGELOG_DATE),
            say("The entry names the date now, and says where builds are recorded."),
        ),
        script(
            "cut off before its end",
            say("I will see what is there already."),
            Shell(cmd="ls"),
            _note("A turn was cut off, and went on here."),
            say(f"That is as far as this demo's script goes; I have noted it in {_REQUESTS}."),
        ),
        script(
            "conflict markers",
            say("Both sides added lines. I will keep what both say, in one list."),
            Shell(cmd=f"printf '%s\\n' '- Several workers were written to.' > {_REQUESTS}"),
            say(f"{_REQUESTS} holds one list now, without markers."),
        ),
        script(
            "",
            say("This is a demo: the model follows a script and cannot read. I note that you wrote."),
            _note("Somebody wrote to the demo."),
            say(f"I have added a line to {_REQUESTS}, so that there is something to review and merge."),
        ),
    )


_FIRST_PROMPTS = frozenset({"Add a product search", "Record the build of 1.1.0", "Write a CHANGELOG.md"})


def _note(line: str) -> Shell:
    """An edit that succeeds whatever the worktree holds, and changes something every time."""
    return Shell(cmd=f"printf '%s\\n' {shlex.quote('- ' + line)} >> {_REQUESTS}")


def _plan(done: int) -> UpdatePlan:
    statuses = ["completed"] * done + ["in_progress"] + ["pending"] * len(_PLAN_STEPS)
    return UpdatePlan(steps=tuple(zip(_PLAN_STEPS, statuses, strict=False)))
