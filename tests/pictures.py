"""Makes screenshots/*.svg: real scenarios, the real Codex, the real screen. Run: .venv/bin/python -m tests.pictures"""

import argparse
import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from unittest.mock import patch

from textual.pilot import Pilot
from textual.widgets import TextArea

from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.scripted import demo_patches as patches
from codex_orch_tui.scripted.codex_home import write_codex_home
from codex_orch_tui.scripted.demo_scripts import build_command
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script, Shell, Step, Think, UpdatePlan
from codex_orch_tui.scripted.shop_api import BRANCH, make_shop
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.ui.app import OrchApp
from tests.picture_stage import Clock, PictureOrchestrator, fixed_ids, stopped_time

REPOSITORY = Path(__file__).parent.parent
PATIENCE_S = 20.0

CACHE = """*** Begin Patch
*** Add File: shop_api/cache.py
+\"\"\"Answers that are the same for everybody, kept for a while.\"\"\"
+
+import time
+
+
+class Cache:
+    \"\"\"Keeps one body for each target.\"\"\"
+
+    def __init__(self, keep_s: float = 60.0) -> None:
+        self._keep_s = keep_s
+        self._bodies: dict[str, tuple[float, bytes]] = {}
+
+    def get(self, target: str) -> bytes | None:
+        at_s, body = self._bodies.get(target, (0.0, None))
+        return body if time.monotonic() - at_s < self._keep_s else None
+
+    def put(self, target: str, body: bytes) -> None:
+        self._bodies[target] = time.monotonic(), body
*** End Patch"""

CACHE_TESTS = """*** Begin Patch
*** Add File: tests/test_cache.py
+import unittest
+
+from shop_api.cache import Cache
+
+
+class CacheTest(unittest.TestCase):
+    def test_what_was_put_comes_back(self) -> None:
+        cache = Cache()
+        cache.put("/products", b"[]")
+        self.assertEqual(cache.get("/products"), b"[]")
+
+    def test_it_is_not_kept_for_ever(self) -> None:
+        cache = Cache(keep_s=0.0)
+        cache.put("/products", b"[]")
+        self.assertIsNone(cache.get("/products"))
*** End Patch"""

_CACHE_STEPS = ("Read how a body is made", "Cache with a time to live", "Tests", "Use it in the handler")

PROMPTS = {
    "changelog": ("Write the changelog", "Write a CHANGELOG.md with an entry for 1.1.0."),
    "product-search": (
        "Add product search",
        "Add a product search: GET /products?q=lamp answers with the products whose name holds every word of q.",
    ),
    "product-cache": (
        "Cache the product list",
        "Cache the body of GET /products for a minute, and say in the tests what happens after it.",
    ),
    "build-record": (
        "Record the build",
        "Record the build of 1.1.0 in the build server's log, then list it in docs/builds.md.",
    ),
    "sort-by-price": ("Sort by price", "Let GET /products?sort=price sort by price."),
}


def scripts(root: Path) -> tuple[Script, ...]:
    """What the workers do. Every `Hang` is where a scene ends."""

    def plan(done: int) -> UpdatePlan:
        statuses = ["completed"] * done + ["in_progress"] + ["pending"] * len(_CACHE_STEPS)
        return UpdatePlan(steps=tuple(zip(_CACHE_STEPS, statuses, strict=False)))

    def script(name: str, *steps: Step) -> Script:
        return Script(PROMPTS[name][1], steps)

    return (
        script(
            "changelog",
            Hang(name="changelog 1"),
            Patch(text=patches.CHANGELOG),
            Say(text="CHANGELOG.md has an entry for 1.1.0."),
        ),
        script(
            "product-search",
            Hang(name="search 1"),
            Patch(text=patches.SEARCH),
            Patch(text=patches.SEARCH_TESTS),
            Hang(name="search 2"),
            Say(text="GET /products?q=… searches the names now; an empty q is a 400."),
        ),
        script(
            "product-cache",
            Hang(name="cache 1"),
            Say(text="I will see how a body is made before I decide where the cache goes."),
            plan(0),
            Shell(cmd="cat shop_api/server.py | head -n 20"),
            Hang(name="cache 2"),
            Think(text="The handler makes the body, so that is where it can be kept."),
            Say(text="The handler is the only place that makes a body. I will keep the cache apart from it."),
            plan(1),
            Hang(name="cache 3"),
            Patch(text=CACHE),
            Hang(name="cache 4"),
            Say(text="Now the tests: a body that is kept, and one whose time is up."),
            plan(2),
            Patch(text=CACHE_TESTS),
            Hang(name="cache 5"),
            Shell(cmd="ls shop_api tests"),
            Hang(name="cache 6"),
            Say(text="done"),
        ),
        script(
            "build-record",
            Hang(name="build 1"),
            Say(text="The build server's log lies outside of my worktree, so I have to ask before I write to it."),
            Shell(cmd="cat docs/builds.md"),
            Hang(name="build 2"),
            Shell(
                cmd=build_command(root / "build-server"),
                escalate=True,
                justification="The build server's log lies outside of this worktree. Shall I add the line for 1.1.0?",
            ),
            Patch(text=patches.BUILDS),
            Say(text="docs/builds.md lists 1.1.0 now."),
        ),
    )


@dataclass
class Scene:
    """A real run at the moment of the pictures: one merged, one to review, one at work, one that asks, one queued."""

    root: Path
    clock: Clock
    model: ModelServer
    orchestrator: PictureOrchestrator
    refs: dict[str, TaskRef]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits for the real state."""
        changed = asyncio.Event()
        unwatch = self.orchestrator.watch(changed.set)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not holds():
                    changed.clear()
                    await changed.wait()
        finally:
            unwatch()

    async def reached(self, gate: str) -> None:
        """Waits until a worker is held at a gate."""
        async with asyncio.timeout(PATIENCE_S):
            await self.model.hanging(gate)

    def go(self, at: str, gate: str) -> None:
        """Sets the clock, and lets go whoever is held at a gate."""
        self.clock.set(at)
        self.model.release(gate)

    def is_in(self, name: str, state: TaskState) -> Callable[[], bool]:
        """Whether a task is in a state."""
        return lambda: self.orchestrator.real.tasks[self.refs[name]].state is state

    async def play(self) -> None:
        """Up to the moment of the pictures."""
        await asyncio.gather(self.reached("changelog 1"), self.reached("search 1"))
        self.go("14:03:16", "search 1")
        await self.reached("search 2")
        self.go("14:03:41", "changelog 1")
        await self.until(self.is_in("changelog", TaskState.DONE))
        await self.reached("cache 1")
        self.clock.set("14:04:20")
        await self.orchestrator.land(self.refs["changelog"])
        self.go("14:04:52", "search 2")
        await self.until(self.is_in("product-search", TaskState.DONE))
        await self.reached("build 1")
        self.clock.set("14:05:03")
        await self.orchestrator.update(self.refs["product-search"])
        self.go("14:05:09", "cache 1")
        await self.reached("cache 2")
        self.go("14:05:38", "cache 2")
        await self.reached("cache 3")
        self.go("14:05:57", "build 1")
        await self.reached("build 2")
        self.go("14:06:12", "cache 3")
        await self.reached("cache 4")
        self.go("14:06:31", "cache 4")
        await self.reached("cache 5")
        self.go("14:06:44", "build 2")
        await self.until(self.is_in("build-record", TaskState.WAITING_APPROVAL))
        self.go("14:06:58", "cache 5")
        await self.reached("cache 6")
        self.clock.set("14:07:25")


@asynccontextmanager
async def scene(root: Path) -> AsyncIterator[Scene]:
    """Makes the repository, starts the run, and ends every worker afterwards."""
    for name in ("home", "build-server"):
        (root / name).mkdir()
    shop = await make_shop(root)
    async with ModelServer(scripts(root), roots=[str(root)]) as model:
        home = write_codex_home(root / "codex-home", model.base_url)
        environment = {"PATH": os.environ["PATH"], "HOME": str(root / "home"), "CODEX_HOME": str(home)}
        config = Config(max_workers=2, approval_guard_ms=0)
        orchestrator = await PictureOrchestrator.open(shop, config, CodexConnector(environment=environment))
        assert isinstance(orchestrator, PictureOrchestrator)
        clock = Clock()
        clock.set("14:03:02")
        orchestrator.follow(clock, root)
        async with asyncio.TaskGroup() as group:
            group.create_task(orchestrator.run())
            try:
                tasks = tuple(
                    TaskSpec(id=TaskId(name), title=title, prompt=prompt) for name, (title, prompt) in PROMPTS.items()
                )
                refs = await orchestrator.create_run(Plan(title="Release 1.1.0", tasks=tasks), BRANCH)
                made = Scene(root, clock, model, orchestrator, {ref.task: ref for ref in refs})
                await made.play()
                yield made
            finally:
                orchestrator.close()


# -- the pictures ---------------------------------------------------------------------------------------------------

Shooting = Callable[["Camera"], Awaitable[None]]


@dataclass
class Camera:
    """One screen of one size on the scene."""

    scene: Scene
    app: OrchApp
    pilot: Pilot[int]

    @property
    def painted(self) -> str:
        """The screen as text."""
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    async def press(self, *keys: str) -> None:
        """Presses keys."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Types a text."""
        await self.press(*("space" if char == " " else char for char in text))

    async def see(self, *texts: str) -> None:
        """Waits until all of these are painted; blanks and line breaks do not count."""
        wanted = [re.sub(r"\s+", "", text) for text in texts]
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await self.pilot.pause()
                    painted = re.sub(r"[\s│]+", "", self.painted)
                    if all(text in painted for text in wanted):
                        return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"not on the screen: {texts}\n{self.painted}") from None

    async def select(self, name: str) -> None:
        """Makes a task the current one, its log at the end."""
        main, ref = self.app.main_screen, self.scene.refs[name]
        main.go_to_task(ref)
        main.task_tree.focus()
        if self.app.size.width >= WIDE_FROM:
            await self.see(f"{name} · implementer")

    async def shoot(self) -> str:
        """The picture."""
        self.app.clear_notifications()
        for area in self.app.screen.query(TextArea):
            area.cursor_blink = False
        await self.pilot.pause()
        return self.app.export_screenshot(title="codex-orch-tui", simplify=True)


async def main_wide(camera: Camera) -> None:
    """All panes."""
    await camera.select("product-cache")
    await camera.see("Needs you", "tests/test_cache.py", "1 to review", "queued", "merged")


async def main_narrow(camera: Camera) -> None:
    """One pane at a time."""
    await camera.select("product-cache")
    await camera.press("2")
    await camera.see("Release 1.1.0", "1 needs you")


async def approval(camera: Camera) -> None:
    """The card has the focus."""
    await camera.select("product-cache")
    await camera.press("g")
    await camera.see("build-record · implementer", "Run outside the sandbox?", "~/build-server/builds.log")


async def approval_view(camera: Camera) -> None:
    """Everything that the question carries."""
    await approval(camera)
    await camera.press("v")
    await camera.see("As Codex sent it")


async def review(camera: Camera) -> None:
    """One file viewed, the next one open."""
    await camera.select("product-search")
    await camera.press("d")
    await camera.see("shop_api/search.py", "def search")
    await camera.press("space")
    await camera.see("1 of 3 viewed", "parse_qs")


async def merge(camera: Camera) -> None:
    """The question before a fast-forward."""
    await camera.scene.orchestrator.look(camera.scene.refs["product-search"])
    await camera.select("product-search")
    await camera.press("m")
    await camera.see("Merge product-search into main?", "fast-forward", "3 of 3 files")


async def new_task(camera: Camera) -> None:
    """A task that is being typed."""
    await camera.select("product-cache")
    await camera.press("n")
    await camera.see("New task")
    await camera.type("Answer HEAD requests like GET, without a body")
    await camera.see("without a body")


async def help_keys(camera: Camera) -> None:
    """Keys and signs."""
    await camera.select("product-cache")
    await camera.press("question_mark")
    await camera.see("needs me")


WIDE, NARROW = (160, 45), (80, 24)
WIDE_FROM = 120
"""Columns from which on the log is beside the tree."""
PICTURES: dict[str, tuple[tuple[int, int], Shooting]] = {
    "main-wide": (WIDE, main_wide),
    "main-narrow": (NARROW, main_narrow),
    "approval": ((120, 34), approval),
    "approval-view": ((120, 34), approval_view),
    "review": ((140, 36), review),
    "merge": ((120, 34), merge),
    "new-task": ((120, 34), new_task),
    "help": ((120, 40), help_keys),
}


async def take(stage: Scene, size: tuple[int, int], shooting: Shooting) -> str:
    """One picture."""
    app = OrchApp(stage.orchestrator)
    app.animation_level = "none"
    app.main_screen.task_tree._clock = lambda: stage.clock.now_s
    with patch("codex_orch_tui.ui.screens.main.time", stopped_time(stage.clock)):
        async with app.run_test(size=size) as pilot:
            camera = Camera(stage, app, pilot)
            await shooting(camera)
            return await camera.shoot()


def check(name: str, picture: str, root: Path) -> None:
    """Refuses a picture that shows where or by whom it was made.

    Raises:
        AssertionError: Names what it shows.
    """
    shown = unescape("".join(re.findall(r"<text[^>]*>([^<]*)</text>", picture))).replace("\xa0", " ")
    for private in (str(root), str(Path.home()), str(REPOSITORY), os.environ.get("USER", ""), os.uname().nodename):
        if len(private) > 2 and private in shown:
            raise AssertionError(f"{name} shows {private}")


async def make(folder: Path, names: list[str]) -> None:
    """Plays the scene once and takes the pictures."""
    base = REPOSITORY / ".scratch"
    base.mkdir(exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="p-", dir=base)).resolve()
    try:
        with fixed_ids():
            async with scene(root) as stage:
                for name in names:
                    size, shooting = PICTURES[name]
                    picture = await take(stage, size, shooting)
                    check(name, picture, root)
                    (folder / f"{name}.svg").write_text(picture, encoding="utf-8")
                    print(f"{name}.svg  {size[0]}x{size[1]}  {len(picture) // 1024} KiB")
    finally:
        shutil.rmtree(root, ignore_errors=True)


def main() -> None:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PICTURES)}; all when none is named")
    parser.add_argument("--folder", type=Path, default=REPOSITORY / "screenshots", help="where they go")
    options = parser.parse_args()
    if unknown := set(options.names) - set(PICTURES):
        parser.error(f"no picture is called {', '.join(sorted(unknown))}")
    os.environ["TZ"] = "UTC"
    time.tzset()
    options.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(make(options.folder, options.names or list(PICTURES)))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
