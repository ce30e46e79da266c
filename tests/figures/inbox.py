"""Commands in the inbox: how soon many are done, and whether one is lost or done twice when the holder is killed.

    python -m tests.figures.inbox --hold REPOSITORY

holds a repository until it is killed. Its commands are messages to tasks of a paused plan: each leaves its text in the
journal and starts nothing.
"""

import argparse
import asyncio
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.state import State
from codex_orch_tui.services.commands.model import Message
from codex_orch_tui.services.commands.reply import Handled, Outcome
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.services.ports import Launch
from codex_orch_tui.store.event_codec import decode
from codex_orch_tui.store.inbox_files import put_file
from codex_orch_tui.store.journal import Journal
from codex_orch_tui.store.journal_file import read_journal
from codex_orch_tui.store.layout import Layout
from tests.conftest import SCRATCH_ROOT
from tests.scenarios.stage import make_repository

GOAL_S = 5.0
TASKS = 20
RUN = RunId("0101-0000-feed")
_ROUND_S = 30.0
_LONGEST_LIFE_S = 0.4


class NoWorker:
    """Starts nothing."""

    async def connect(self, launch: Launch) -> NoReturn:
        raise AssertionError(f"{launch.ref} must not begin")


def prepared(root: Path) -> Layout:
    """A repository with a plan that is paused."""
    repository = make_repository(root, {"README.md": "hello\n"})
    layout = Layout(repository, repository / ".git")
    layout.create()
    specs = tuple(TaskSpec(id=TaskId(f"t{number}"), title="wait", prompt="wait") for number in range(TASKS))
    journal, _ = Journal.open(layout.journal)
    hub = Hub(journal, State())
    hub.apply(ev.RunCreated(run=RUN, plan=Plan(title="Wait", tasks=specs), base_branch="main"))
    hub.apply(ev.RunPaused(run=RUN, cause="a figure"))
    journal.close()
    return layout


def drop(layout: Layout, commands: int) -> None:
    """Drop so many, as a script would."""
    for number in range(commands):
        ref = TaskRef(RUN, TaskId(f"t{number % TASKS}"))
        data = Message(task=str(ref), text=f"message {number}").model_dump_json().encode()
        put_file(layout.inbox / f"{number:06d}.json", data)


async def hold(repository: Path) -> None:
    """Hold the repository until the end."""
    orchestrator = await Orchestrator.open(repository, Config(), NoWorker())
    print("holds", flush=True)
    await orchestrator.run()


async def _timed(layout: Layout, commands: int) -> float:
    """From the start of the program that finds them in the inbox to the last answer, in seconds."""
    drop(layout, commands)
    orchestrator = await Orchestrator.open(layout.main_worktree, Config(), NoWorker())
    began_s = time.monotonic()
    running = asyncio.create_task(orchestrator.run())
    while len(list(layout.inbox_done.iterdir())) < commands and time.monotonic() < began_s + 10 * GOAL_S:
        await asyncio.sleep(0.05)
    took_s = time.monotonic() - began_s
    orchestrator.close()
    await running
    return took_s


def _killed(layout: Layout, commands: int, kills: int, seed: int) -> dict[str, Any]:
    """Kill the holder at random moments until all is answered; what became of each command."""
    rng, killed = random.Random(seed), 0
    drop(layout, commands)
    until_s = time.monotonic() + _ROUND_S + kills * 3
    while list(layout.inbox.glob("*.json")) or list(layout.inbox_doing.iterdir()):
        command = [sys.executable, "-m", "tests.figures.inbox", "--hold", str(layout.main_worktree)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as child:
            assert child.stdout is not None
            child.stdout.readline()
            if killed < kills:
                time.sleep(0.3 + rng.random() * _LONGEST_LIFE_S)
                killed += 1
            else:
                while list(layout.inbox.glob("*.json")) and time.monotonic() < until_s:
                    time.sleep(0.05)
                time.sleep(1.0)
            child.kill()
        if time.monotonic() > until_s:
            break
    return _judged(layout, commands) | {"kills": killed}


def _judged(layout: Layout, commands: int) -> dict[str, Any]:
    told = Counter(
        event.text
        for event in (decode(record).event for record in read_journal(layout.journal).records)
        if isinstance(event, ev.TextAdded)
    )
    found: Counter[str] = Counter(lost=0, twice=0, told_and_not_done=0, wrong=0)
    for number in range(commands):
        times, outcome = told[f"message {number}"], _outcome(layout, f"{number:06d}.json")
        found["twice"] += times > 1
        found["lost"] += outcome is None
        found["told_and_not_done"] += outcome is Outcome.DONE and times == 0
        found["wrong"] += outcome not in (None, Outcome.DONE, Outcome.CUT_OFF)
        found["cut_off"] += outcome is Outcome.CUT_OFF
    return dict(found)


def _outcome(layout: Layout, name: str) -> Outcome | None:
    for folder in (layout.inbox_done, layout.inbox_failed):
        if (folder / name).exists():
            return Handled.model_validate(json.loads((folder / name).read_bytes())).reply.outcome
    return None


def run(commands: int = 1_000, kills: int = 12, seed: int = 0) -> dict[str, Any]:
    """Time the commands, then kill the holder while it does as many others."""
    SCRATCH_ROOT.mkdir(exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="inbox-", dir=SCRATCH_ROOT))
    try:
        for name in ("timed", "killed"):
            (root / name).mkdir()
        took_s = asyncio.run(_timed(prepared(root / "timed"), commands))
        found = _killed(prepared(root / "killed"), commands, kills, seed)
    finally:
        shutil.rmtree(root)
    holds = took_s < GOAL_S and not any(found[name] for name in ("lost", "twice", "told_and_not_done", "wrong"))
    return {"commands": commands, "took_s": round(took_s, 2), "goal_s": GOAL_S, **found, "holds": holds}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--hold", type=Path, required=True)
    asyncio.run(hold(parser.parse_args().hold))
