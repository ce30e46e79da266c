"""The commands that we ran for a run, read from its commands.jsonl."""

import json
from pathlib import Path
from typing import Literal

from pydantic import Field

from codex_orch_tui.domain.plan import SandboxMode
from codex_orch_tui.services.evidence.parts import CommandPart, Line, Part
from codex_orch_tui.store.raw_log import RawLogReader

MAX_KEPT = 2_000
_PAGE_BYTES = 256 * 1024


class CommandLine(Part):
    """One line of commands.jsonl: a command that we run begins, has ended, or was not run."""

    v: Literal[1]
    """The version of this form."""
    ts: float
    """When, in seconds since the epoch."""
    phase: Literal["began", "ended", "refused", "skipped"]
    """Each that began has a line for its end, also when it was cut off. Skipped: the dry-run switch is on."""
    run: Line
    """The run; of a pipeline in your own checkout an id of its own."""
    task: Line
    what: Line
    """What it is for, in a few words."""
    argv: list[Line]
    """The command as the settings have it, without secrets."""
    cwd: Line
    commit: Line | None
    """What it looks at."""
    sandbox: SandboxMode
    reason: Line | None = None
    """Why it was refused."""
    time_limit_s: float | None = None
    """Of one that begins."""
    outcome: Literal["ended", "timed_out", "cut_off", "not_started"] | None = None
    """Of one that has ended."""
    exit_code: int | None = None
    duration_ms: int | None = None
    program: Line | None = None
    """With the trace switch on: the file that was run."""
    line: list[Line] = Field(default_factory=list)
    """With the trace switch on: the whole command line, with the sandbox."""
    variables: list[Line] = Field(default_factory=list)
    """With the trace switch on: the names of the variables that it got."""


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


def _part(data: bytes) -> CommandPart | None:
    """A command, from the line that tells its end; None for other lines, and for what cannot be read."""
    try:
        # By Python's reader: it also takes the names of files that are not UTF-8, as they stand there.
        told = CommandLine.model_validate(json.loads(data))
    except ValueError:
        return None
    if told.phase == "began":
        return None
    return CommandPart(
        task=told.task,
        by="us",
        command=" ".join(told.argv),
        at_s=told.ts - (told.duration_ms or 0) / 1000,
        duration_ms=told.duration_ms,
        exit_code=told.exit_code,
        status=None,
        allowed_by=None,
        allowed_text=None,
        outcome=told.outcome or told.phase,
        commit=told.commit,
    )
