"""The person's own command that is told what is new: a chat message, a sound, a light.

It runs outside of every sandbox, so it is only ever the person's own line or one that they trusted. It gets its
facts as JSON on standard input and never as words of the line: nothing that a worker wrote becomes part of a command.
"""

import asyncio
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui.codex.child import Child
from codex_orch_tui.codex.environment import worker_environment
from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.terminal_text import clean_text
from codex_orch_tui.services.announce import News, still_holds
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.trust import RepositoryCommand, Trust

if TYPE_CHECKING:
    from codex_orch_tui.domain.ids import TaskRef

TIME_LIMIT_S = 10.0
AT_ONCE = 2
_GRACE_S = 1.0
"""How long leaving the program waits for commands that run."""
_MAX_CHARS = 4_000
"""Of a command in the JSON: a message wants a beginning, and the pipe must hold it all."""
_TAIL_BYTES = 500

_OF_THE_DESKTOP = (
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_CURRENT_DESKTOP",
    "TMUX",
    "TMUX_PANE",
    "WSL_DISTRO_NAME",
    "WSL_INTEROP",
)
"""What programs that show or sound something need beside what workers get."""


def notify_environment(source: Mapping[str, str], extra_names: Iterable[str] = ()) -> dict[str, str]:
    """What the command sees: a list, as for workers, and where the person's desktop is."""
    tmpdir = Path(source.get("TMPDIR") or tempfile.gettempdir())
    return worker_environment(source, tmpdir=tmpdir, extra_names=(*_OF_THE_DESKTOP, *extra_names))


def notify_command_of(hub: Hub, settings: Callable[[], Config], trust: Trust, *, root: Path) -> "NotifyCommand":
    """The person's own command, else the one that the repository brings and the person trusted."""

    def find() -> RepositoryCommand:
        own = settings().notify_command
        return RepositoryCommand(text=own) if own else trust.command("notify_command")

    environment = notify_environment(os.environ, settings().pass_environment)
    return NotifyCommand(hub, find, root=root, environment=environment)


class NotifyCommand:
    """Runs the command for each piece of news, in order, at most two at a time.

    Of what waits for its turn each task keeps only the newest, and what was dealt with meanwhile is not told.

    Args:
        hub: tells whether news still hold, and takes the note of a failure.
        find_command: the line for /bin/sh that counts now, or why there is none; called in a thread.
        root: the repository, the command's folder.
        environment: the command's whole environment.
        time_limit_s: after this the command's process group is ended.
    """

    def __init__(
        self,
        hub: Hub,
        find_command: Callable[[], RepositoryCommand],
        *,
        root: Path,
        environment: Mapping[str, str],
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        self._hub = hub
        self._find_command = find_command
        self._root = root
        self._environment = environment
        self._time_limit_s = time_limit_s
        self._waiting: dict[TaskRef, News] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._failure_told = False
        self._is_closed = False

    def take(self, news: News) -> None:
        """Run the command for this as soon as there is room."""
        if not self._is_closed:
            self._waiting.pop(news.ref, None)
            self._waiting[news.ref] = news
            self._start_next()

    async def close(self) -> None:
        """Run nothing more; what runs is given a moment and then ended."""
        self._is_closed = True
        self._waiting.clear()
        if self._running:
            await asyncio.wait(self._running, timeout=_GRACE_S)
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    def _start_next(self) -> None:
        while self._waiting and len(self._running) < AT_ONCE:
            news = self._waiting.pop(next(iter(self._waiting)))
            if not still_holds(news, self._hub.state):
                continue
            task = asyncio.get_running_loop().create_task(self._run(news), name=f"notify {news.ref.task}")
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._start_next()

    async def _run(self, news: News) -> None:
        found = await asyncio.to_thread(self._find_command)
        failure = found.why_not
        if found.text and still_holds(news, self._hub.state):
            failure = await self._failure_of(found.text, self._payload(news))
            failure = failure and f"notify_command: {failure}; told again only after it worked"
        if failure and not self._failure_told:
            self._hub.apply(ev.NoteAdded(ref=news.ref, kind=LogKind.WARNING, text=failure))
        self._failure_told = bool(failure)

    def _payload(self, news: News) -> bytes:
        told = {
            "event": news.moment.value,
            "task": news.ref.task,
            "title": news.title,
            "run": news.ref.run,
            "repository": str(self._root),
            "question_kind": news.kind.value if news.kind is not None else None,
            "command": news.command[:_MAX_CHARS],
            "about": news.about[:_MAX_CHARS],
            "open_questions": len(self._hub.state.pending),
        }
        return json.dumps(told).encode() + b"\n"

    async def _failure_of(self, command: str, payload: bytes) -> str:
        """What went wrong, in words; empty when nothing did."""
        tail = bytearray()

        def keep_tail(block: bytes) -> None:
            tail.extend(block)
            del tail[:-_TAIL_BYTES]

        try:
            child = Child(
                ["/bin/sh", "-c", command],
                cwd=self._root,
                env=self._environment,
                on_stdout=lambda _block: None,
                on_stderr=keep_tail,
                on_ended=lambda _code: None,
            )
        except OSError as error:
            return f"could not be started: {error.strerror}"
        try:
            child.write(payload)
            child.end_input()
            in_time = await child.wait(self._time_limit_s)
        finally:
            await child.stop(close_s=0.1, term_s=1.0, kill_s=1.0)
        if not in_time:
            return f"did not end within {self._time_limit_s:g} s and was stopped"
        if child.exit_code == 0:
            return ""
        said = clean_text(bytes(tail)).strip()
        return f"exit {child.exit_code}" + (f": {said}" if said else "")
