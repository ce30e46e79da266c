"""The scene of the pictures: a real run with the real Codex, brought to one moment by a script."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

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
from tests.picture_stage import Clock, PictureOrchestrator

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


def plan(steps: Sequence[str], done: int) -> UpdatePlan:
    """A worker's plan of which so many steps are done and the next one is at work."""
    statuses = ["completed"] * done + ["in_progress"] + ["pending"] * len(steps)
    return UpdatePlan(steps=tuple(zip(steps, statuses, strict=False)))


def scripts(root: Path) -> tuple[Script, ...]:
    """What the workers do. Every `Hang` is where a scene ends."""

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
            plan(_CACHE_STEPS, 0),
            Shell(cmd="cat shop_api/server.py | head -n 20"),
            Hang(name="cache 2"),
            Think(text="The handler makes the body, so that is where it can be kept."),
            Say(text="The handler is the only place that makes a body. I will keep the cache apart from it."),
            plan(_CACHE_STEPS, 1),
            Hang(name="cache 3"),
            Patch(text=CACHE),
            Hang(name="cache 4"),
            Say(text="Now the tests: a body that is kept, and one whose time is up."),
            plan(_CACHE_STEPS, 2),
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
    """A real orchestrator, and the moments that its workers are brought to."""

    root: Path
    clock: Clock
    model: ModelServer
    orchestrator: PictureOrchestrator
    refs: dict[str, TaskRef] = field(default_factory=dict)

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
        """Up to the moment of the pictures: one merged, one to review, one at work, one that asks, one queued."""
        tasks = tuple(
            TaskSpec(id=TaskId(name), title=title, prompt=prompt, checked_answer=False)
            for name, (title, prompt) in PROMPTS.items()
        )
        refs = await self.orchestrator.create_run(Plan(title="Release 1.1.0", tasks=tasks), BRANCH)
        self.refs |= {ref.task: ref for ref in refs}
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
    """Five tasks of one run, played to the moment of the pictures."""
    async with staged(root, scripts(root), max_workers=2) as made:
        await made.play()
        yield made


@asynccontextmanager
async def staged(root: Path, played: Sequence[Script], *, max_workers: int) -> AsyncIterator[Scene]:
    """Makes the repository and the orchestrator, and ends every worker afterwards."""
    for name in ("home", "build-server"):
        (root / name).mkdir()
    shop = await make_shop(root)
    async with ModelServer(played, roots=[str(root)]) as model:
        home = write_codex_home(root / "codex-home", model.base_url)
        environment = {"PATH": os.environ["PATH"], "HOME": str(root / "home"), "CODEX_HOME": str(home)}
        config = Config(max_workers=max_workers, approval_guard_ms=0)
        connector = CodexConnector(environment=environment)
        orchestrator = await PictureOrchestrator.open(shop, config, connector, environ=environment)
        assert isinstance(orchestrator, PictureOrchestrator)
        clock = Clock()
        clock.set("14:03:02")
        orchestrator.follow(clock, root)
        # No TaskGroup: it would cancel the supervisor after a failed picture, and workers would go on for a while.
        supervising = asyncio.create_task(orchestrator.run())
        try:
            yield Scene(root, clock, model, orchestrator)
        finally:
            orchestrator.close()
            await supervising
