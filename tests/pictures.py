"""Makes screenshots/*.svg: real scenarios, the real Codex, the real screen. Run: .venv/bin/python -m tests.pictures"""

import argparse
import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from unittest.mock import patch

from textual.pilot import Pilot
from textual.widgets import TextArea

from codex_orch_tui.ui.app import OrchApp
from tests.picture_scene import PATIENCE_S, Scene, scene
from tests.picture_stage import fixed_ids, stopped_time
from tests.picture_svg import portable
from tests.picture_team import FIRST, team_scene

REPOSITORY = Path(__file__).parent.parent


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
        return portable(self.app.export_screenshot(title="codex-orch-tui", simplify=True))


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
    await camera.see("back to the question", "branch")


async def review(camera: Camera) -> None:
    """One file viewed, the next one open."""
    await camera.select("product-search")
    await camera.press("d")
    await camera.see("shop_api/search.py", "def search")
    await camera.press("space")
    await camera.see("/3 viewed", "parse_qs")


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


async def team(camera: Camera) -> None:
    """What a navigator proposed, at work."""
    await camera.select(FIRST)
    await camera.see(
        "1 working", "waits for search-tests", "planned", "Needs you", "Run outside the sandbox?", "[>] Route"
    )


async def help_keys(camera: Camera) -> None:
    """Keys and signs."""
    await camera.select("product-cache")
    await camera.press("question_mark")
    await camera.see("Here:")


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
    "team": ((160, 36), team),
}
SCENES = (({"team"}, team_scene), (set(PICTURES) - {"team"}, scene))
"""Which pictures are taken of which scene."""


async def take(stage: Scene, size: tuple[int, int], shooting: Shooting) -> str:
    """One picture."""
    app = OrchApp(stage.orchestrator)
    app.animation_level = "none"
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
    """Plays each scene that is wanted once, and takes the pictures."""
    for of_scene, played in SCENES:
        if wanted := [name for name in names if name in of_scene]:
            await _take_all(folder, wanted, played)


async def _take_all(
    folder: Path, names: list[str], played: Callable[[Path], AbstractAsyncContextManager[Scene]]
) -> None:
    base = REPOSITORY / ".scratch"
    base.mkdir(exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="p-", dir=base)).resolve()
    try:
        with fixed_ids():
            async with played(root) as stage:
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
