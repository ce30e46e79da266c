"""The commands that we ran for a run, read from its commands.jsonl."""

import json
from pathlib import Path
from typing import Any

from codex_orch_tui.services.evidence.parts import CommandPart
from codex_orch_tui.store.raw_log import RawLogReader

MAX_KEPT = 2_000
_PAGE_BYTES = 256 * 1024
_ENDS = frozenset({"ended", "refused", "skipped"})


class CommandsFile:
    """What the file holds; only what was added is read again.

    Args:
        path: it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._kept: list[CommandPart] = []

    def read(self) -> tuple[CommandPart, ...]:
        """The newest commands that have ended, or were not run, oldest first.

        Raises:
            RawLogError: the file cannot be read.
        """
        with RawLogReader(self._path) as reader:
            if reader.size_bytes < self._offset:
                self._offset, self._kept = 0, []
            while True:
                lines, after = reader.read_after(self._offset, _PAGE_BYTES)
                if after == self._offset:
                    break
                self._offset = after
                self._kept += [part for line in lines if (part := _part(line.data)) is not None]
                del self._kept[:-MAX_KEPT]
        return tuple(self._kept)


def _part(line: bytes) -> CommandPart | None:
    """A command, from the line that tells its end; None for other lines, and for what cannot be read."""
    try:
        told: dict[str, Any] = json.loads(line)
        if told["phase"] not in _ENDS:
            return None
        duration_ms = told.get("duration_ms")
        return CommandPart(
            task=told["task"],
            by="us",
            command=" ".join(map(str, told["argv"])),
            at_s=float(told["ts"]) - (duration_ms or 0) / 1000,
            duration_ms=duration_ms,
            exit_code=told.get("exit_code"),
            status=None,
            allowed_by=None,
            allowed_text=None,
            outcome=told.get("outcome", told["phase"]),
            commit=told.get("commit"),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
