"""The program with workers and a probe beside it: `python -m tests.bench.probed REPORT CODEX WORKERS ORDER`.

The probe sleeps two milliseconds at a time and notes by how much longer it slept. It costs some processor time of its
own, so SIGUSR1 ends it, and figures of processor time are taken after that. With WORKERS 0 a bare Textual app runs.
"""

import asyncio
import gc
import json
import signal
import sys
import time
from pathlib import Path

from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.ui.run import run_app
from tests.bench.bare import Bare

TICK_S = 0.002


class Probe:
    """How late the event loop is.

    Args:
        report: where the lags are written, in milliseconds, when the probe ends.
    """

    def __init__(self, report: Path) -> None:
        self._report = report
        self._lags_ms: list[float] = []
        self._task = asyncio.create_task(self._run())
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._task.cancel)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, self._lags_ms.clear)

    async def _run(self) -> None:
        try:
            while True:
                planned_s = time.perf_counter() + TICK_S
                await asyncio.sleep(TICK_S)
                self._lags_ms.append((time.perf_counter() - planned_s) * 1000)
        finally:
            part = self._report.with_suffix(".part")
            part.write_text(json.dumps(self._lags_ms))
            part.rename(self._report)


async def watched(report: Path, codex: Path, workers: int, order: str) -> int:
    """Runs until a signal."""
    probe = Probe(report)  # noqa: F841 - the loop holds tasks weakly
    if not workers:
        await Bare().run_async()
        return 0
    config = Config(max_workers=workers)
    orchestrator = await Orchestrator.open(Path(), config, CodexConnector(codex_path=codex))
    specs = tuple(
        TaskSpec(id=TaskId(f"task-{number}"), title=f"Task number {number:04}", prompt=order, checked_answer=False)
        for number in range(workers)
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(orchestrator.create_run(Plan(title="A busy run", tasks=specs), "main"))
        return await run_app(orchestrator)


if __name__ == "__main__":
    gc.disable()
    sys.exit(asyncio.run(watched(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])))
