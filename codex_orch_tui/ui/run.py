"""The screen and the supervisor side by side, and the ways in which both end."""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codex_orch_tui.domain.selectors import counts
from codex_orch_tui.domain.task import ACTIVE
from codex_orch_tui.ui.app import OrchApp

if TYPE_CHECKING:
    from codex_orch_tui.services.session import Session
    from codex_orch_tui.ui.screens.plan_actions import Beginning
    from codex_orch_tui.ui.widgets.guide_line import Guide

_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)
_SETTLE_S = 2.0
"""How long leaving waits for what the program that holds the repository was asked for."""
_OF_THE_KEYBOARD = (signal.SIGINT, signal.SIGQUIT)
"""While another program has the terminal its keys send us these too; they are meant for that program."""


async def run_app(
    orchestrator: "Session",
    *,
    simulated: bool = False,
    guide: "Guide | None" = None,
    beginning: "Beginning | None" = None,
) -> int:
    """Show the screen until the person leaves; then stop the workers and let go of the repository.

    Args:
        orchestrator: an open one; it is supervised here and closed.
        simulated: no Codex runs; every screen says so.
        guide: leads a newcomer, on every screen.
        beginning: what is begun as soon as the screen is there.

    Returns:
        The exit code: 0, 1 after a crash of the screen, 128 + n after signal n. TAKE_OVER: it is to be opened again.
    """
    gc.disable()
    app = OrchApp(orchestrator, simulated=simulated, guide=guide, beginning=beginning)
    code: int | None = None
    async with asyncio.TaskGroup() as group:
        group.create_task(orchestrator.run(), name="supervisor")
        with ending_signals(app):
            try:
                code = await app.run_async()
            finally:
                await app.errands.settle(None if orchestrator.viewing is None else _SETTLE_S)
                _say_what_is_stopped(orchestrator)
                orchestrator.close()
    if code == 0:
        _say_what_waits(orchestrator)
    if app.ended_by is not None:
        return 128 + app.ended_by
    return code if code is not None else app.return_code or 0


def _say_what_waits(orchestrator: "Session") -> None:
    """Nothing is lost by leaving; this says where it is."""
    here = counts(orchestrator.state)
    waiting = [
        f"{number} {word}" for number, word in ((here.to_review, "to review"), (here.stopped, "to continue")) if number
    ]
    if waiting and sys.stderr is not None and sys.stderr.isatty():
        with contextlib.suppress(OSError):  # the terminal may be what has gone
            print(f"codex-orch-tui: {', '.join(waiting)}; it is all here when you open it again", file=sys.stderr)  # noqa: T201


@contextlib.contextmanager
def ending_signals(app: OrchApp) -> Iterator[None]:
    """Ends the screen in good order at a signal. Textual would leave the terminal in raw mode."""
    loop = asyncio.get_running_loop()

    def received(number: signal.Signals) -> None:
        if not (app.is_lent and number in _OF_THE_KEYBOARD):
            app.end_by(number)

    for number in _ENDING:
        loop.add_signal_handler(number, received, number)
    try:
        yield
    finally:
        # Kept until here, and not given back: while the workers are stopped a second signal must not cut that short.
        for number in _ENDING:
            loop.add_signal_handler(number, lambda: None)


def _say_what_is_stopped(orchestrator: "Session") -> None:
    """The terminal is the shell's again; stopping takes some seconds, and silence would look like a hang."""
    active = sum(1 for task in orchestrator.state.tasks.values() if task.state in ACTIVE)
    if active and orchestrator.viewing is None and sys.stderr is not None and sys.stderr.isatty():
        workers = "1 worker" if active == 1 else f"{active} workers"
        with contextlib.suppress(OSError):  # the terminal may be what has gone
            print(f"codex-orch-tui: stopping {workers}; edits are committed …", file=sys.stderr)  # noqa: T201
