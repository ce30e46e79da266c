"""The holder's side of the inbox: what other programs drop there is done, and answered, one file after the other.

Each command is begun in the order in which it was dropped, and none waits for another's end: a landing is stopped while
it runs. A command is renamed before it is done, so a program that is killed in between leaves it as begun; the next one
tells that it was cut off and does not do it again. No file, however odd, ends the loop.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.commands.executor import Executor
from codex_orch_tui.services.commands.kept import kept
from codex_orch_tui.services.commands.model import COMMAND, MAX_COMMAND_BYTES, VERSION, Command
from codex_orch_tui.services.commands.refusal import refusal
from codex_orch_tui.services.commands.reply import Handled, Outcome, Reply
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.folder_watch import FolderWatch
from codex_orch_tui.store.errors import JournalError, StoreError
from codex_orch_tui.store.inbox_files import InboxFiles, OddFileError
from codex_orch_tui.store.layout import Layout

if TYPE_CHECKING:
    from codex_orch_tui.services.orchestrator import Orchestrator

LOOK_AGAIN_S = 5.0
"""How often it is looked without being told: some file systems tell nothing."""
AT_ONCE = 500
"""Commands under way; the next one waits for one of them."""
GRACE_S = 10.0
"""How long commands that were begun may take after the end; then they are cut off."""
_BATCH = 32
_BATCH_S = 0.2
"""So long the next ones are not begun while these are not done: a kill cuts off as few as can be."""
_STEP_MS = 50
_MAX_PROBLEMS = 20

CUT_OFF = "the program ended while this was done; look at the state before you send it again"


class Inbox:
    """Runs what is dropped against an orchestrator. All calls on the event loop's thread."""

    def __init__(self, orchestrator: "Orchestrator") -> None:
        self._orchestrator = orchestrator
        self._layout = orchestrator.layout
        self._files = InboxFiles(orchestrator.layout)
        self._executor = Executor(orchestrator)
        self._changed = asyncio.Event()
        self._is_closing = False
        self._doing: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Begin nothing more; `run` returns when what was begun has ended."""
        self._is_closing = True
        self._changed.set()

    async def run(self) -> None:
        """Take commands until `close`."""
        await asyncio.to_thread(self._files.tidy)
        watch = FolderWatch((self._layout.inbox,), self._changed.set, step_ms=_STEP_MS)
        try:
            while not self._is_closing:
                self._changed.clear()
                await self._look()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), LOOK_AGAIN_S)
        finally:
            await watch.close()
            await self._end()

    # -- inside -------------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        try:
            names = await asyncio.to_thread(self._files.waiting)
        except StoreError:
            with contextlib.suppress(StoreError):  # Somebody removed the folder; when it cannot be made, later.
                self._layout.create()
            return
        for first in range(0, len(names), _BATCH):
            while len(self._doing) >= AT_ONCE:
                await asyncio.wait(self._doing, return_when=asyncio.FIRST_COMPLETED)
            if self._is_closing:
                return
            begun = await asyncio.to_thread(self._begin, names[first : first + _BATCH])
            tasks = [asyncio.create_task(self._do(*each), name=f"command {each[0]}") for each in begun]
            self._doing.update(tasks)
            for task in tasks:
                task.add_done_callback(self._doing.discard)
            if tasks:
                await asyncio.wait(tasks, timeout=_BATCH_S)

    def _begin(self, names: Sequence[str]) -> list[tuple[str, Command]]:
        """Take what was dropped; called in a thread, as what writes files is."""
        begun: list[tuple[str, Command]] = []
        for name in names:
            try:
                stem = self._files.begin(name)
            except StoreError as error:
                reply = Reply(outcome=Outcome.NO_COMMAND, reason=str(error))
                write_reply(self._files, self._files.free_name(name), reply, None)
                continue
            if stem is None:
                continue
            command = read_command(self._files, stem)
            if isinstance(command, Reply):
                write_reply(self._files, stem, command, None, keep_odd=True)
            else:
                begun.append((stem, command))
        return begun

    async def _do(self, stem: str, command: Command) -> None:
        try:
            data = await self._executor.do(command)
            await self._orchestrator.flush()  # What is told as done outlives a kill.
            reply = Reply(outcome=Outcome.DONE, data=data)
        except NotPossibleError as error:
            reply = refusal(error)
        except asyncio.CancelledError:
            write_reply(self._files, stem, Reply(outcome=Outcome.CUT_OFF, reason=CUT_OFF), command)
            raise
        except JournalError as error:
            reply = Reply(outcome=Outcome.FAILED, reason=f"state could not be written: {error}")
        except Exception as error:  # noqa: BLE001 - a mistake of ours in one command must not end those of others
            told = clean_line(f"a mistake of this program: {type(error).__name__}: {error}")
            reply = Reply(outcome=Outcome.FAILED, reason=told)
        reply = reply.model_copy(update={"seq": self._orchestrator.state.seq})
        await asyncio.to_thread(write_reply, self._files, stem, reply, command)

    async def _end(self) -> None:
        if self._doing:
            await asyncio.wait(self._doing, timeout=GRACE_S)
        for task in self._doing:
            task.cancel()
        if self._doing:
            await asyncio.wait(self._doing)


def settle_begun(layout: Layout) -> None:
    """Tell of every command that a killed program had begun that it was cut off. Called before any is begun."""
    files = InboxFiles(layout)
    try:
        begun = files.begun()
    except StoreError:
        return
    for stem in begun:
        if files.is_answered(stem):  # Only its last step was missing.
            with contextlib.suppress(StoreError):
                files.forget(stem)
            continue
        command = read_command(files, stem)
        reply = Reply(outcome=Outcome.CUT_OFF, reason=CUT_OFF)
        if isinstance(command, Reply):
            write_reply(files, stem, command, None, keep_odd=True)
        else:
            write_reply(files, stem, reply, command)


def read_command(files: InboxFiles, stem: str) -> Command | Reply:
    """The command of a file that was begun, or the reply that says why it holds none."""
    try:
        return COMMAND.validate_json(files.read(stem, MAX_COMMAND_BYTES))
    except OddFileError as error:
        return Reply(outcome=Outcome.NO_COMMAND, reason=str(error))
    except FileNotFoundError:
        return Reply(outcome=Outcome.NO_COMMAND, reason="it was removed before it was read")
    except ValidationError as error:
        return _why_no_command(error)


def write_reply(files: InboxFiles, stem: str, reply: Reply, command: Command | None, *, keep_odd: bool = False) -> None:
    """Keep what became of a command; on a full disk it stays as begun, and is told as cut off at the next start."""
    document = Handled(command=None if command is None else kept(command), reply=reply)
    data = document.model_dump_json(exclude_defaults=True, indent=1).encode()
    with contextlib.suppress(StoreError):
        files.finish(stem, data, is_done=reply.ok, keep_odd=keep_odd)


def _why_no_command(error: ValidationError) -> Reply:
    problems = []
    for one in error.errors(include_url=False, include_input=False, include_context=False)[:_MAX_PROBLEMS]:
        place = ".".join(map(str, one["loc"]))
        if one["loc"] and one["loc"][-1] == "version":
            told = f"this program knows version {VERSION} of this form; a newer one may know that of the file"
            return Reply(outcome=Outcome.NO_COMMAND, reason=told)
        problems.append(clean_line(f"{place}: {one['msg']}" if place else one["msg"]))
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Reply(outcome=Outcome.NO_COMMAND, reason=f"it is no command: {problems[0]}{more}", problems=tuple(problems))
