"""Does `status --json` answer at once in a repository with a long past, and `--help` anywhere?

    python -m tests.figures status

100 runs of 50 tasks with a whole life behind them: commands, edits, a question, a commit, a merge; those of the newest
run are still to come. The program opens the repository once, pauses that run and leaves; then `status --json` is begun
again and again in a process of its own. Then something of the newest run follows in the journal, as while another
program works, and it is begun again: the goal is that of a repository at rest, as what is added here grows with the run
that is at work. The text is that which the whole journal gives; how long that takes is told too.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.item import FileEdit, ItemKind
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.store.event_codec import decode, encode
from codex_orch_tui.store.journal_file import decode_line, encode_line
from tests.fakes.recorded import RecordedStory

if TYPE_CHECKING:
    from codex_orch_tui.services.ports import Connector

GOAL_S = 0.2
HELP_GOAL_S = 0.15
RUNS, TASKS = 100, 50
PROGRAM = Path(sys.executable).with_name("codex-orch-tui")


def run(*, runs: int = RUNS, tasks: int = TASKS, rounds: int = 9) -> dict[str, Any]:
    """The figure; its short form has fewer runs."""
    with tempfile.TemporaryDirectory(prefix="codex-orch-status-") as folder:
        repository = _repository(Path(folder))
        events = write_past(repository, runs, tasks)
        asyncio.run(_one_session(repository))
        cache = repository / ".orchestrator" / "status.cache"
        taught, _ = told(repository, rounds, "--help")
        kept, text = told(repository, rounds)
        size_bytes = cache.stat().st_size
        _add_event(repository, RunId(json.loads(text)["runs"][-1]["id"]))
        meanwhile, text_meanwhile = told(repository, rounds)
        cache.unlink()
        whole, whole_text = told(repository, 1)
        same = text_meanwhile == whole_text
        found = len(json.loads(text)["runs"]), sum(len(shown["tasks"]) for shown in json.loads(text)["runs"])
    return {
        "runs_and_tasks": found,
        "events": events,
        "status_json": kept,
        "while_a_run_is_at_work": meanwhile,
        "from_the_whole_journal": whole,
        "kept_bytes": size_bytes,
        "same_text": same,
        "help": taught,
        "help_goal_s": HELP_GOAL_S,
        "goal_s": GOAL_S,
        "holds": kept["median_s"] < GOAL_S
        and taught["median_s"] < HELP_GOAL_S
        and same
        and found == (runs, runs * tasks),
    }


def told(repository: Path, rounds: int, *arguments: str) -> tuple[dict[str, float], bytes]:
    """Seconds from exec to the end, of the wall and of the processor, and the text; the first start is left out."""
    environment = {"HOME": str(repository), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    walls, processors, text = [], [], b""
    for _ in range(rounds + 1):
        began_s = time.perf_counter()
        command = [PROGRAM, "--repo", repository, *(arguments or ("status", "--json"))]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        assert process.stdout is not None
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        assert process.returncode == 0
        walls.append(time.perf_counter() - began_s)
        processors.append(usage.ru_utime + usage.ru_stime)
    return {
        "median_s": round(statistics.median(walls[1:]), 3),
        "lowest_s": round(min(walls[1:]), 3),
        "processor_s": round(min(processors[1:]), 3),
    }, text


def write_past(repository: Path, runs: int, tasks: int) -> int:
    """Write a journal; returns how many events it has."""
    story = RecordedStory()
    (first, *_) = story.run([f"Task number {number}" for number in range(tasks)], title="A run of the past")
    for ref in tuple(story.state.tasks):
        story.start(ref, after_s=0.1)
        for command in ("ls", "pytest -q", "ruff check"):
            story.item(ref, ItemKind.COMMAND, command, after_s=0.1)
        edit = FileEdit(path="src/a.py", change="update", insertions=3, deletions=1)
        story.item(ref, ItemKind.FILE_CHANGE, "src/a.py", files=(edit,), after_s=0.1)
        story.answered(story.ask(ref))
        story.finish(ref)
        story.merge(ref)
    records = [encode(event) for event in story.events]
    journal = repository / ".orchestrator" / "journal.jsonl"
    journal.parent.mkdir()
    seq = 0
    with journal.open("wb") as file:
        for number in range(runs):
            name = f"past-{number:08x}".encode()[: len(first.run)]
            for record in records if number < runs - 1 else records[:1]:
                seq += 1
                head, _, rest = record.partition(b',"seq":')
                _, _, rest = rest.partition(b",")
                moved = rest.replace(first.run.encode(), name).replace(b'"epoch-', b'"epoch-%b-' % name)
                file.write(encode_line(b'%b,"seq":%d,%b' % (head, seq, moved)))
    return seq


async def _one_session(repository: Path) -> None:
    """The program comes, the person pauses a run, and leaves."""
    environ = {"HOME": str(repository), "PATH": "/usr/bin:/bin"}
    orchestrator = await Orchestrator.open(repository, Config(), cast("Connector", None), environ=environ)
    async with asyncio.TaskGroup() as group:
        group.create_task(orchestrator.run())
        newest = next(reversed(orchestrator.state.runs))
        if not orchestrator.state.runs[newest].paused:
            await orchestrator.pause_run(newest)
        orchestrator.close()


def _add_event(repository: Path, newest: RunId) -> None:
    journal = repository / ".orchestrator" / "journal.jsonl"
    last = decode_line(journal.read_bytes().splitlines()[-1])
    assert last is not None
    recorded = decode(last)
    event = ev.Recorded(seq=recorded.seq + 1, at_s=recorded.at_s + 1, event=ev.RunResumed(run=newest))
    with journal.open("ab") as file:
        file.write(encode_line(encode(event)))


def _repository(folder: Path) -> Path:
    for arguments in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, timeout=30)
    return folder
