"""From a change in the program that holds a repository to the screen of a second one that looks on.

    python -m tests.figures.viewer --hold REPOSITORY --changes 100

holds a repository and changes something at random moments, as often as it is told.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.state import State
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.services.viewer import Viewer
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.ui.app import OrchApp
from tests.conftest import SCRATCH_ROOT
from tests.figures.inbox import RUN, NoWorker, prepared

GOAL_MS = 250
_MARK = "change"
_LONGEST_PAUSE_S = 0.3
_PATIENCE_S = 60.0


async def hold(repository: Path, changes: int) -> None:
    """Change something now and then. Nobody waits for it to be on disk, as with most of what a worker does."""
    orchestrator = await Orchestrator.open(repository, Config(), NoWorker())
    running = asyncio.create_task(orchestrator.run())
    print("holds", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    rng, ref = random.Random(changes), TaskRef(RUN, TaskId("t0"))
    for number in range(changes):
        await asyncio.sleep(rng.random() * _LONGEST_PAUSE_S)
        note = ev.NoteAdded(ref=ref, kind=LogKind.NOTE, text=f"{_MARK} {number} {time.time():.6f}")
        orchestrator._hub.apply(note)
    await asyncio.to_thread(sys.stdin.readline)
    orchestrator.close()
    await running


class _Clock:
    """When each change was known, and when a frame was drawn with it."""

    def __init__(self, viewer: Viewer, app: OrchApp) -> None:
        self._viewer, self._app = viewer, app
        self._unseen: list[float] = []
        self.known_ms: list[float] = []
        self.shown_ms: list[float] = []
        viewer.watch_events(lambda recorded: self._take(recorded.event))
        self._draw_state, app.main_screen._draw_state = app.main_screen._draw_state, self._drawn  # type: ignore[method-assign]

    def _take(self, event: ev.Event) -> None:
        if isinstance(event, ev.NoteAdded) and event.text.startswith(_MARK):
            at_s = float(event.text.split()[-1])
            self._unseen.append(at_s)
            self.known_ms.append((time.time() - at_s) * 1000)

    def _drawn(self, state: State, now_s: float) -> None:
        seen, self._unseen = self._unseen, []
        self._draw_state(state, now_s)
        self.shown_ms += [(time.time() - at_s) * 1000 for at_s in seen]


async def _measured(layout: Layout, changes: int) -> dict[str, dict[str, float]]:
    arguments = ("-m", "tests.figures.viewer", "--hold", str(layout.main_worktree), "--changes", str(changes))
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=pipe, stdout=pipe, cwd=Path(__file__).parents[2]
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        await child.stdout.readline()
        viewer = await Viewer.open(layout.main_worktree, Config())
        app = OrchApp(viewer)
        async with app.run_test(size=(120, 40)):
            following = asyncio.create_task(viewer.run())
            clock = _Clock(viewer, app)
            await asyncio.sleep(0.5)
            child.stdin.write(b"go\n")
            async with asyncio.timeout(_PATIENCE_S + changes):
                while len(clock.shown_ms) < changes:
                    await asyncio.sleep(0.05)
            await app.errands.settle()
            viewer.close()
            await following
        child.stdin.write(b"end\n")
        await child.wait()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return {"known_ms": _percentiles(clock.known_ms), "shown_ms": _percentiles(clock.shown_ms)}


def _percentiles(values: list[float]) -> dict[str, float]:
    ranked = sorted(values)
    places = {"p50": 0.5, "p95": 0.95, "worst": 1.0}
    return {name: round(ranked[min(len(ranked) - 1, int(len(ranked) * at))], 1) for name, at in places.items()}


def run(changes: int = 200) -> dict[str, Any]:
    """The figure: in milliseconds, from the moment at which something happens in the program that holds."""
    SCRATCH_ROOT.mkdir(exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="viewer-", dir=SCRATCH_ROOT))
    try:
        found = asyncio.run(_measured(prepared(root), changes))
    finally:
        shutil.rmtree(root)
    return {"changes": changes, **found, "goal": {"shown_ms": GOAL_MS}, "holds": found["shown_ms"]["worst"] <= GOAL_MS}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--hold", type=Path, required=True)
    parser.add_argument("--changes", type=int, required=True)
    asked = parser.parse_args()
    asyncio.run(hold(asked.hold, asked.changes))
