"""The setup command of a fresh worktree: what makes it ready for work, before the first turn."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.codex.child import Child
from codex_orch_tui.domain.secret_stream import ByteRedactor, ending
from codex_orch_tui.domain.terminal_text import clean_text

_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupResult:
    """How the command ended. `exit_code` None: the time limit was reached. `output_tail` is clean."""

    exit_code: int | None
    duration_ms: int
    output_tail: str


async def run_setup(
    command: str, *, root: Path, worktree: Path, log: Path, time_limit_s: float, environment: Mapping[str, str]
) -> SetupResult:
    """Run the person's command in the worktree, with ROOT and WORKTREE in its environment.

    Args:
        command: a line for `/bin/sh`, from the configuration.
        root: the repository's main worktree.
        worktree: the task's worktree, the command's folder.
        log: where the whole output goes, without secrets.
        time_limit_s: after this the command's process group is ended.
        environment: what else the command sees.

    Raises:
        OSError: the shell or the log file cannot be opened.
    """
    tail, is_cut = bytearray(), False
    started_s = time.monotonic()
    redactor = ByteRedactor()
    with log.open("wb") as output:

        def take(block: bytes) -> None:
            keep(redactor.feed(block))

        def keep(block: bytes) -> None:
            nonlocal is_cut
            output.write(block)
            tail.extend(block)
            is_cut = is_cut or len(tail) > _TAIL_BYTES
            del tail[:-_TAIL_BYTES]

        child = Child(
            ["/bin/sh", "-c", command],
            cwd=worktree,
            env={**environment, "ROOT": str(root), "WORKTREE": str(worktree)},
            on_stdout=take,
            on_stderr=take,
            on_ended=lambda _: None,
        )
        try:
            in_time = await child.wait(time_limit_s)
        finally:
            await child.stop(close_s=0.1)
            keep(redactor.end())
    text = tail.decode("utf-8", "replace")
    return SetupResult(
        exit_code=child.exit_code if in_time else None,
        duration_ms=round((time.monotonic() - started_s) * 1000),
        output_tail=clean_text(ending(text) if is_cut else text).strip(),
    )
