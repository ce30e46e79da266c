"""What the demo's team is asked, and what the scripted model has each of them do.

One sentence, a navigator that cuts it into four tasks, two implementers side by side, a tester and a reviewer. What a
task writes outside of its worktree lies in the demo's own folder.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import Plan, Role, SandboxMode, TaskSpec
from codex_orch_tui.scripted import demo_answers as answers
from codex_orch_tui.scripted import demo_patches as patches
from codex_orch_tui.scripted.demo_fallback import fallback_scripts
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script, Shell, Step, Think, UpdatePlan

SEARCH = TaskId("product-search")
BUILD = TaskId("build-record")
TESTS = TaskId("search-tests")
REVIEW = TaskId("release-review")
TITLE = "Release 1.1.0"

SENTENCE = "Release 1.1.0: let people search the products, and record the build."
"""What the person wants. It stands in the new-task dialog when the demo begins."""

NAVIGATOR = Plan(
    title="Plan the release",
    tasks=(
        TaskSpec(
            id=TaskId("release-plan"),
            title="Plan the release",
            prompt=SENTENCE,
            role=Role.NAVIGATOR,
            sandbox=SandboxMode.READ_ONLY,
            checked_answer=True,
        ),
    ),
)
"""The run that plans, as the dialog makes it."""

CHECK = "python3 -m unittest -q"

MEETING = "both are at work"
"""Where each implementer waits for the other, when the demo has to prove that they work at the same time."""

_PLAN_STEPS = ("Read products and routes", "Search in a module of its own", "Route")
_PROMPTS = {
    SEARCH: "Add a product search.\n\n"
    "GET /products?q=lamp answers with the products whose name holds every word of q, whatever the case. "
    "An empty q is a 400. The matching goes into shop_api/search.py.",
    BUILD: "Record the build of 1.1.0 in the build server's log, then list it in docs/builds.md and write a "
    "CHANGELOG.md, for people who use the API.",
    TESTS: "Test the product search through the routes: case, several words, nothing found, an empty q.",
    REVIEW: "Review the release before a person merges it: the search, its tests, the changelog.",
}
PROPOSED = answers.planned(
    "The search and the record of the build touch different files, so two workers can go side by side. The tests "
    "need the search, and the review needs all of it.",
    TITLE,
    answers.task(
        SEARCH,
        "Add product search",
        Role.IMPLEMENTER,
        _PROMPTS[SEARCH],
        paths=["shop_api/**"],
        checks=[CHECK],
    ),
    answers.task(
        BUILD,
        "Record the build",
        Role.IMPLEMENTER,
        _PROMPTS[BUILD],
        paths=["docs/**", "*.md"],
    ),
    answers.task(
        TESTS,
        "Test the search",
        Role.TESTER,
        _PROMPTS[TESTS],
        needs=[SEARCH, BUILD],
        paths=["tests/**"],
        checks=[CHECK],
    ),
    answers.task(REVIEW, "Review the release", Role.REVIEWER, _PROMPTS[REVIEW], needs=[TESTS]),
)
"""What the navigator answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the model talks: seconds between pieces of a message, and whether implementers wait for each other."""

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


@dataclass(frozen=True, slots=True)
class _Voice:
    """How the model says things."""

    pace: Pace

    def say(self, text: str) -> Say:
        """For a person: as fast as it is read."""
        return Say(text=text, chunks=max(1, len(text) // 6), delay_s=self.pace.piece_s)

    def report(self, answer: answers.Answer) -> Say:
        """For the program: nobody reads along."""
        return Say(text=answers.as_json(answer), chunks=4, delay_s=self.pace.piece_s)

    def meeting(self) -> tuple[Step, ...]:
        """Where implementers wait for each other."""
        return (Hang(name=MEETING),) if self.pace.meets else ()


def demo_scripts(build_server: Path, pace: Pace) -> tuple[Script, ...]:
    """All that the model can play; the last ones answer whatever else a person writes."""
    voice = _Voice(pace)
    return (
        _navigator(voice),
        _search(voice),
        _build(voice, build_server),
        _tests(voice),
        _clash(voice),
        _review(voice),
        *fallback_scripts(voice.say, voice.report),
    )


def _navigator(voice: _Voice) -> Script:
    steps = (
        voice.say("I will read what is there before I cut the work."),
        Shell(cmd="ls shop_api docs tests && head -n 30 shop_api/server.py"),
        Think(text="**What can go side by side**\n\nThe search is in shop_api, the record of the build is in docs."),
        Shell(cmd="cat docs/builds.md README.md"),
        voice.say("Two parts touch different files and can go side by side; the tests and the review come after them."),
        voice.report(PROPOSED),
    )
    return Script(SENTENCE, steps, answers.title_of(Role.NAVIGATOR))


def _search(voice: _Voice) -> Script:
    done = answers.built(
        "GET /products?q=… searches the names, every word and whatever the case; an empty q is a 400.",
        {"shop_api/search.py": "Holds the matching.", "shop_api/server.py": "Has the route."},
        decisions=("q is split at blanks, and every word has to be in the name",),
    )
    steps = (
        *voice.meeting(),
        voice.say("I will look at the products and the routes first."),
        _steps(0),
        Shell(cmd="head -n 20 shop_api/products.py && head -n 20 shop_api/server.py"),
        Think(text="**Where the search goes**\n\nThe route stays thin; the matching gets a module of its own."),
        voice.say("The names are all there is to search in. I will keep the matching apart from the route."),
        _steps(1),
        Patch(text=patches.SEARCH),
        _steps(2),
        voice.say("Somebody else writes the tests of it; I look only whether the old ones still hold."),
        Shell(cmd="ls shop_api tests"),
        _steps(3),
        voice.report(done),
    )
    return Script("Add a product search", steps)


def _build(voice: _Voice, build_server: Path) -> Script:
    done = answers.built(
        "The build server's log and docs/builds.md have 1.1.0, and there is a changelog.",
        {"docs/builds.md": "Lists 1.1.0.", "CHANGELOG.md": "Says what is new, for those who use the API."},
    )
    steps = (
        *voice.meeting(),
        voice.say("The build server's log lies outside of my worktree, so I have to ask before I write to it."),
        Shell(cmd="cat docs/builds.md"),
        Shell(
            cmd=build_command(build_server),
            escalate=True,
            justification="The build server's log lies outside of this worktree. Shall I add the line for 1.1.0?",
        ),
        voice.say("On to the list in docs/builds.md, and to the changelog."),
        Patch(text=patches.BUILDS),
        Patch(text=patches.CHANGELOG),
        voice.report(done),
    )
    return Script("Record the build of 1.1.0", steps)


def _tests(voice: _Voice) -> Script:
    steps = (
        voice.say("I start from what both implementers left, so the search and the changelog are here."),
        Shell(cmd="cat shop_api/search.py"),
        voice.say("Four cases, each through the routes: case, several words, nothing found, an empty q."),
        Patch(text=patches.SEARCH_TESTS),
        Shell(cmd="ls tests"),
        voice.report(answers.tested("The search does what its task says, in four cases.", command=CHECK)),
    )
    return Script("Test the product search", steps)


def _clash(voice: _Voice) -> Script:
    """Only when a person wrote to both implementers, and both noted it in one file."""
    steps = (
        voice.say("Both noted that somebody wrote to them. I keep one list, and then test."),
        Shell(cmd="printf '%s\\n' '- Several workers were written to.' > docs/requests.md"),
        Patch(text=patches.SEARCH_TESTS),
        voice.report(answers.tested("The search does what its task says, in four cases.", command=CHECK)),
    )
    return Script("They clash in these files, which hold conflict markers", steps, answers.title_of(Role.TESTER))


def _review(voice: _Voice) -> Script:
    steps = (
        voice.say("I read the change itself, not only the reports."),
        Shell(cmd="cat shop_api/search.py tests/test_search.py"),
        Shell(cmd="cat CHANGELOG.md docs/builds.md"),
        Think(text="**What could hurt**\n\nAn empty q could give everything away; it is refused, and tested."),
        voice.report(answers.reviewed("Nothing is wrong: the search is small, tested through the routes, documented.")),
    )
    return Script("Review the release", steps)


def _steps(done: int) -> UpdatePlan:
    statuses = ["completed"] * done + ["in_progress"] + ["pending"] * len(_PLAN_STEPS)
    return UpdatePlan(steps=tuple(zip(_PLAN_STEPS, statuses, strict=False)))
