"""Kill a process that writes a journal, at random moments, and look whether a record that it acknowledged is lost.

    python tests/faults/journal_kills.py --kills 300

prints what it found as JSON and ends with 1 when a record was lost, doubled or out of order. A kill proves nothing
about power loss (the page cache survives it); that is what the tests with failing syncs are for.
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
from pathlib import Path

from codex_orch_tui.store.journal import Journal

WRITERS = 4


async def _write_for_ever(path: Path) -> None:
    """Append numbered records; print a number once it and all before it are on disk."""
    journal, loaded = Journal.open(path)
    count = len(loaded.records)
    print("ready", flush=True)

    async def write() -> None:
        nonlocal count
        while True:
            for _ in range(random.randrange(1, 20)):
                journal.append(json.dumps({"seq": count, "pad": "x" * random.randrange(300)}).encode())
                count += 1
            mine = count - 1
            await journal.flush()
            print(mine, flush=True)

    async with asyncio.TaskGroup() as group:
        for _ in range(WRITERS):
            group.create_task(write())


def _one_kill(path: Path, delay_s: float) -> int:
    """The last record that the child acknowledged before it was killed; -1 for none."""
    command = [sys.executable, __file__, "--write", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(delay_s)
        child.kill()
        acknowledged = [int(line) for line in child.stdout.read().splitlines(keepends=True) if line.endswith(b"\n")]
    return max(acknowledged, default=-1)


def run(kills: int, seed: int) -> dict[str, int]:
    """Kill and open again so many times, always on the same journal."""
    random.seed(seed)
    found = {"kills": kills, "seed": seed, "records": 0, "acknowledged": 0, "lost": 0, "disordered": 0, "torn": 0}
    folder = Path(tempfile.mkdtemp())
    try:
        for _ in range(kills):
            last = _one_kill(folder / "journal.jsonl", random.random() * 0.04)
            journal, loaded = Journal.open(folder / "journal.jsonl")
            journal.close()
            numbers = [json.loads(record)["seq"] for record in loaded.records]
            found["acknowledged"] = max(found["acknowledged"], last + 1)
            found["lost"] += last >= len(numbers)
            found["disordered"] += numbers != list(range(len(numbers)))
            found["torn"] += loaded.cut_bytes > 0
            found["records"] = len(numbers)
    finally:
        shutil.rmtree(folder)
    return found


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    if options.write:
        asyncio.run(_write_for_ever(options.write))
    found = run(options.kills, options.seed)
    print(json.dumps(found))
    return 1 if found["lost"] or found["disordered"] or not found["acknowledged"] else 0


if __name__ == "__main__":
    sys.exit(main())
