"""Sends a command to the program that holds the repository, and waits for what became of it."""

import asyncio
import os
import time
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from codex_orch_tui.services.commands.model import (
    MAX_COMMAND_BYTES,
    CleanRun,
    Command,
    LandRun,
    Merge,
    Message,
    PreviewLanding,
    PruneRun,
)
from codex_orch_tui.services.commands.refusal import refused
from codex_orch_tui.services.commands.reply import Handled, Reply
from codex_orch_tui.services.errors import NoHolderError, NoReplyError, NotPossibleError
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.inbox_files import SUFFIX, put_file, read_plain
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.store.lock import Holder, holder_of

NO_HOLDER = "no program has this repository open; nothing was done"
LOOK_FIRST = "look at the state before you send it again"

REPLY_S = 60.0
"""How long a command may take."""
LONG_REPLY_S = 4 * 3600.0
"""The same for one that may run checks, or waits for those of a task."""
_LONG = (Message, Merge, PreviewLanding, LandRun, CleanRun, PruneRun)

_FIRST_PAUSE_S = 0.005
_LAST_PAUSE_S = 0.1
_HOLDER_EVERY_S = 0.5
_MAX_REPLY_BYTES = 64 * 1024 * 1024


def holder(layout: Layout) -> Holder | None:
    """The program that has the repository open; None when none has, or that cannot be seen."""
    for path in reversed(layout.locks):
        with suppress(StoreError):
            if (found := holder_of(path)) is not None:
                return found
    return None


def reply_s(command: Command) -> float:
    """How long the answer to a command is waited for, in seconds."""
    return LONG_REPLY_S if isinstance(command, _LONG) else REPLY_S


async def send(layout: Layout, command: Command, *, timeout_s: float | None = None) -> Reply:
    """Have the holder do something. It is dropped before the first time that this waits.

    Args:
        layout: The repository's places.
        command: What is to be done.
        timeout_s: How long the answer is waited for; None: as long as such a command may take.

    Returns:
        What the command tells; it was done.

    Raises:
        NoHolderError: No program that has the repository open took it; nothing was done, and nothing will be.
        NoReplyError: The holder ended or did not answer in time: look at the state before it is sent again.
        NotPossibleError: It was refused, with the classes and words of the facade; nothing was done.
    """
    if holder(layout) is None:
        raise NoHolderError(NO_HOLDER)
    sent = _Sent(layout, _bytes_of(command))
    try:
        reply = await sent.reply(reply_s(command) if timeout_s is None else timeout_s)
    except asyncio.CancelledError:
        sent.take_back()
        raise
    if not reply.ok:
        raise refused(reply)
    return reply


class _Sent:
    """A command that was dropped.

    Its answer is looked for with two system calls every few milliseconds: most come at once, and a watch of the folders
    would take longer to begin.
    """

    def __init__(self, layout: Layout, data: bytes) -> None:
        self._layout = layout
        # In order of time, also where the clock of the file system is coarse.
        self._name = f"{time.time_ns():020d}-{os.getpid()}-{os.urandom(4).hex()}{SUFFIX}"
        self._place = layout.inbox / self._name
        try:
            put_file(self._place, data)
        except StoreError as error:
            raise NotPossibleError(f"not sent: {error}") from error

    async def reply(self, timeout_s: float) -> Reply:
        """What became of it; see `send`."""
        began_s = looked_s = time.monotonic()
        pause_s = _FIRST_PAUSE_S
        while (reply := self._look()) is None:
            now_s = time.monotonic()
            if now_s - looked_s >= _HOLDER_EVERY_S:
                looked_s = now_s
                if await asyncio.to_thread(holder, self._layout) is None:
                    return self._after_the_end()
            if now_s - began_s >= timeout_s:
                raise self._too_late(timeout_s)
            await asyncio.sleep(pause_s)
            pause_s = min(_LAST_PAUSE_S, pause_s * 1.3)
        return reply

    def take_back(self) -> bool:
        """Whether nobody had begun it, and now nobody will."""
        try:
            self._place.unlink()
        except OSError:
            return False
        return True

    def _look(self) -> Reply | None:
        for folder in (self._layout.inbox_done, self._layout.inbox_failed):
            path = folder / self._name
            if os.path.lexists(path):
                return _read(path)
        return None

    def _after_the_end(self) -> Reply:
        if self.take_back():
            raise NoHolderError(NO_HOLDER)
        reply = self._look()
        if reply is None:
            raise NoReplyError(f"the program that was doing it has ended; {LOOK_FIRST}")
        return reply

    def _too_late(self, timeout_s: float) -> NotPossibleError:
        who = holder(self._layout) or "the program that holds the repository"
        if self.take_back():
            return NoHolderError(f"{who} did not take it within {timeout_s:g} s; nothing was done")
        return NoReplyError(f"{who} has not finished it within {timeout_s:g} s; {LOOK_FIRST}")


def _bytes_of(command: Command) -> bytes:
    data = command.model_dump_json(exclude_none=True).encode()
    if len(data) > MAX_COMMAND_BYTES:
        raise NotPossibleError(
            f"it has {len(data):,} bytes, and another program takes {MAX_COMMAND_BYTES:,} at most; do it there"
        )
    return data


def _read(path: Path) -> Reply:
    try:
        return Handled.model_validate_json(read_plain(path, _MAX_REPLY_BYTES)).reply
    except (StoreError, FileNotFoundError, ValidationError) as error:
        raise NoReplyError(f"the answer cannot be read; {LOOK_FIRST}") from error
