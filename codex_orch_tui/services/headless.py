"""The same supervisor without a screen: one open repository, worked on until what was asked for is over.

It answers no question: each waits for a person, who answers with `approvals answer` or on the screen of a second
program. Both come through the inbox, which the orchestrator serves as long as it runs.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from codex_orch_tui.config import Config, LoadedConfig
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.services.ports import Connector
from codex_orch_tui.services.session import Session

T = TypeVar("T")

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals that end a session in good order."""


class SessionEndedError(Exception):
    """The session was told to end before what it was asked for was over.

    Attributes:
        by: the signal; None when `end` was called.
    """

    def __init__(self, by: signal.Signals | None) -> None:
        super().__init__("ended by a signal" if by is not None else "ended")
        self.by = by


@dataclass(slots=True, kw_only=True)
class Waiting:
    """Waits for what is asked of a session, which may be ended in between.

    Attributes:
        session: what is commanded and looked at.
        ended_by: the signal that ended the waiting.
    """

    session: Session
    ended_by: signal.Signals | None = None
    _running: asyncio.Task[None]
    _end: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        """Give up what is waited for."""
        self._end.set()

    @contextmanager
    def signals(self, told: Callable[[signal.Signals], None] = lambda _number: None) -> Iterator[None]:
        """Let a signal end the session in good order; from here on none of them ends the program at once.

        Args:
            told: hears of the first one.
        """
        loop = asyncio.get_running_loop()

        def received(number: signal.Signals) -> None:
            if self.ended_by is None:
                self.ended_by = number
                told(number)
                self.end()

        heard = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]  # as nohup wants it
        for number in heard:
            loop.add_signal_handler(number, received, number)
        try:
            yield
        finally:
            # Kept, and not given back: while the workers are stopped a second signal must not cut that short.
            for number in heard:
                loop.add_signal_handler(number, lambda: None)

    async def result(self, work: Awaitable[T]) -> T:
        """What `work` gives, unless the session ends before.

        Raises:
            SessionEndedError: it ended; `work` was cancelled.
        """
        task = asyncio.ensure_future(work)
        ending = asyncio.create_task(self._end.wait())
        try:
            await asyncio.wait({task, ending, self._running}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return await task
            if self._running.done():
                await self._running  # which crashed: it ends only when it is closed
            raise SessionEndedError(self.ended_by)
        finally:
            ending.cancel()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ending

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return when a condition on the state holds; it is looked at after every change.

        Raises:
            SessionEndedError: the session ended before.
        """
        await self.result(self._until(holds))

    async def _until(self, holds: Callable[[], bool]) -> None:
        changed = asyncio.Event()
        unwatch = self.session.watch(changed.set)
        try:
            while not holds():
                changed.clear()
                await changed.wait()
        finally:
            unwatch()


@dataclass(slots=True, kw_only=True)
class HeadlessSession(Waiting):
    """An open repository without a screen. Made by `headless`. Leaving that stops the workers in good order.

    Attributes:
        orchestrator: the session.
    """

    orchestrator: Orchestrator

    async def until_idle(self) -> None:
        """Return when nothing is at work here and nothing can begin without a person.

        A question that waits keeps its task at work.

        Raises:
            SessionEndedError: the session ended before.
        """
        await self.result(self.orchestrator.wait_idle())


@asynccontextmanager
async def headless(
    folder: Path,
    config: Config,
    connector: Connector,
    *,
    settings_file: Path | None = None,
    loaded: LoadedConfig | None = None,
    environ: Mapping[str, str] = os.environ,
) -> AsyncIterator[HeadlessSession]:
    """Open the repository around a folder and supervise until the block is left; see `Orchestrator.open`.

    Leaving it takes no more commands, stops every worker, commits their edits and lets go of the repository.

    Raises:
        OpenError: not a repository, no commit yet, held by another program, state that cannot be read or written.
    """
    orchestrator = await Orchestrator.open(
        folder, config, connector, settings_file=settings_file, loaded=loaded, environ=environ
    )
    supervising = asyncio.create_task(orchestrator.run(), name="supervisor")
    try:
        yield HeadlessSession(session=orchestrator, orchestrator=orchestrator, _running=supervising)
    finally:
        orchestrator.close()
        # Whatever cancels us, and whenever, the workers are stopped in good order first.
        cancelled: asyncio.CancelledError | None = None
        while not supervising.done():
            try:
                await asyncio.wait({supervising})
            except asyncio.CancelledError as error:
                cancelled = error
        await supervising
        if cancelled is not None:
            raise cancelled
