"""commands.jsonl of a run: every guarded command, what began it and how it ended, for people and other programs.

A command is not begun before its line is in the file. A line is one JSON object, without secrets and without output.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.secrets import redact_values
from codex_orch_tui.store.audit_file import append_lines
from codex_orch_tui.store.layout import Layout

VERSION = 1


class CommandLog:
    """Adds lines. All calls on the loop; the writing is done in a thread.

    Args:
        layout: where the files of runs are.
        path: one file for all lines instead, of commands that belong to no run.
    """

    def __init__(self, layout: Layout, *, path: Path | None = None) -> None:
        self._layout = layout
        self._path = path

    async def add(self, run: RunId, phase: str, facts: Mapping[str, Any]) -> None:
        """Add one line; also one that is cut off meanwhile is in the file when this ends, before any later line.

        Args:
            run: whose file.
            phase: "began", "ended", "refused" or "skipped".
            facts: plain values.

        Raises:
            StoreError: it is not in the file.
        """
        line = {"v": VERSION, "ts": round(time.time(), 3), "phase": phase, "run": run}
        text = json.dumps({**line, **_plain(facts)}, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        path = self._path or self._layout.commands(run)
        writing = asyncio.ensure_future(asyncio.to_thread(append_lines, path, [text.encode()]))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])
            raise


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    shown = redact_values(dict(facts), names=frozenset({"task", "commit", "cwd", "sandbox"}))
    assert isinstance(shown, dict)
    return shown
