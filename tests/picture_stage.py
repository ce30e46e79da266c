"""What the pictures show of a real scenario: times, ids and paths are replaced by ones that are the same each time.

The scenario is real, down to Codex. Only on the way from the orchestrator to the screen a folder is shown as `~`, a
commit id as another one, and a moment as the one that the scene plays at.
"""

import bisect
import dataclasses
import hashlib
import itertools
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest.mock import patch

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.merge import MergePreview
from codex_orch_tui.domain.review import ReviewSummary
from codex_orch_tui.domain.selectors import is_checked
from codex_orch_tui.domain.state import State
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.services.task_log import TaskLog

DAY = datetime(2026, 2, 2, tzinfo=UTC)
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_MILLISECONDS = re.compile(r"\b1[0-9]{12}\b")
_SECONDS = re.compile(r"\b\d+(\.\d+)?s$|\b\d+m\d\ds$")
_UUID_SHOWN = "01a1f82f-c03d-7b10-9f75-5a32e2935db1"
_CALL = re.compile(r"\bcall_resp_\d+_\d+\b")

ValueT = TypeVar("ValueT")


class Clock:
    """Maps real moments to those of the scene that was on then; both in seconds since the epoch."""

    def __init__(self) -> None:
        self._real: list[float] = []
        self._shown: list[float] = []

    def set(self, at: str) -> None:
        """From now on it is this time of the pictures' day, `HH:MM:SS`."""
        hours, minutes, seconds = (int(part) for part in at.split(":"))
        self._real.append(time.time())
        self._shown.append(DAY.timestamp() + hours * 3600 + minutes * 60 + seconds)

    @property
    def now_s(self) -> float:
        """The scene's time."""
        return self._shown[-1]

    def shown(self, at_s: float) -> float:
        """The scene's time at a real moment."""
        return self._shown[max(0, bisect.bisect_right(self._real, at_s) - 1)]


class Names:
    """Replaces what differs from run to run and from machine to machine."""

    def __init__(self, clock: Clock, known: Mapping[str, str]) -> None:
        self._clock = clock
        self._known = dict(known)

    def add(self, real: str, shown: str) -> None:
        """Shows one text in place of another from now on."""
        self._known[real] = shown

    def add_commit(self, commit: str, subject: str) -> None:
        """Shows a commit, and its short id, as ids that depend on the subject only."""
        shown = hashlib.sha1(subject.encode(), usedforsecurity=False).hexdigest()
        self.add(commit, shown)
        self.add(commit[:7], shown[:7])

    def text(self, text: str) -> str:
        """A text as it is shown."""
        for real in sorted(self._known, key=len, reverse=True):
            text = text.replace(real, self._known[real])
        text = _CALL.sub("call_1", _UUID.sub(_UUID_SHOWN, text))
        return _MILLISECONDS.sub(lambda found: str(round(self._clock.shown(int(found[0]) / 1000) * 1000)), text)

    def value(self, value: ValueT) -> ValueT:
        """Any value of the domain as it is shown; what names a task stays, as commands carry it back."""
        return self._value(value)  # type: ignore[no-any-return]

    def _value(self, value: Any) -> Any:
        match value:
            case Enum() | bool() | bytes() | TaskRef():
                return value
            case str():
                return self.text(value)
            case float() if value > 1e9:
                return self._clock.shown(value)
            case tuple():
                return tuple(self._value(each) for each in value)
            case Mapping():
                return {key: self._value(each) for key, each in value.items()}
            case Approval(id=kept):
                return dataclasses.replace(self._fields(value), id=kept)
            case _ if dataclasses.is_dataclass(value):
                return self._fields(value)
            case _:
                return value

    def _fields(self, value: Any) -> Any:
        return type(value)(
            **{field.name: self._value(getattr(value, field.name)) for field in dataclasses.fields(value) if field.init}
        )

    def entry(self, entry: LogEntry) -> LogEntry:
        """A log line as it is shown; how long something took is left out, as it is never the same."""
        remark = _SECONDS.sub("", self.text(entry.remark)).removesuffix(" · ")
        return dataclasses.replace(
            entry,
            text=self.text(entry.text),
            time_s=None if entry.time_s is None else self._clock.shown(entry.time_s),
            remark=remark,
        )


class PictureLog:
    """A task's log as it is shown."""

    def __init__(self, log: TaskLog, names: Names) -> None:
        self._log = log
        self._names = names

    @property
    def partial(self) -> LogEntry | None:
        """See `TaskLog`."""
        partial = self._log.partial
        return None if partial is None else self._names.entry(partial)

    @property
    def has_older(self) -> bool:
        """See `TaskLog`."""
        return self._log.has_older

    def tail(self) -> list[LogEntry]:
        """See `TaskLog`."""
        return _in_one_form([self._names.entry(entry) for entry in self._log.tail()])

    def added(self) -> list[LogEntry]:
        """See `TaskLog`."""
        return [self._names.entry(entry) for entry in self._log.added()]

    def older(self) -> list[LogEntry]:
        """See `TaskLog`."""
        return [self._names.entry(entry) for entry in self._log.older()]

    def raw_tail(self) -> list[str]:
        """See `TaskLog`."""
        return [self._names.text(line) for line in self._log.raw_tail()]

    def raw_grown(self) -> list[str] | None:
        """See `TaskLog`."""
        lines = self._log.raw_grown()
        return None if lines is None else [self._names.text(line) for line in lines]

    def raw_older(self) -> list[str]:
        """See `TaskLog`."""
        return [self._names.text(line) for line in self._log.raw_older()]

    def close(self) -> None:
        """See `TaskLog`."""
        self._log.close()


def _in_one_form(entries: list[LogEntry]) -> list[LogEntry]:
    """A command's exit on the first line of its output, whether or not Codex had streamed that before the end."""
    shown: list[LogEntry] = []
    for entry in entries:
        first = len(shown) - 1
        while first > 0 and shown[first].continues and shown[first - 1].kind is LogKind.OUTPUT:
            first -= 1
        is_exit = entry.kind is LogKind.OUTPUT and entry.continues and not entry.text and entry.remark
        if is_exit and shown and shown[first].kind is LogKind.OUTPUT:
            shown[first] = dataclasses.replace(shown[first], remark=entry.remark)
        else:
            shown.append(entry)
    return shown


class PictureOrchestrator(Orchestrator):
    """A real orchestrator of which the screen sees what `Names` shows. `names` is set before the screen is."""

    names: Names
    _seen: tuple[State, State] | None = None

    def follow(self, clock: Clock, root: Path) -> None:
        """Shows `root` as the home folder, and learns every id as it comes up."""
        self.names = Names(clock, {str(root): "~"})
        self._hub.watch(self._learn)

    @property
    def real(self) -> State:
        """The state as it is."""
        return self._hub.state

    @property
    def state(self) -> State:
        """The state as it is shown."""
        if not hasattr(self, "names"):
            return self.real
        if self._seen is None or self._seen[0] is not self.real:
            self._seen = (self.real, self.names.value(self.real))
        return self._seen[1]

    def log(self, ref: TaskRef) -> Any:
        """The log as it is shown."""
        worktree = self.real.tasks[ref].worktree
        real = TaskLog(
            self._layout.task(*ref).events,
            lambda: self.real.tasks[ref].notes,
            cwd=worktree.path if worktree is not None else str(self._layout.worktree(*ref)),
            is_checked=is_checked(self.real, ref),
        )
        return PictureLog(real, self.names)

    async def review(self, ref: TaskRef) -> ReviewSummary:
        """The review as it is shown."""
        return self.names.value(await super().review(ref))

    async def preview_merge(self, ref: TaskRef) -> MergePreview:
        """The merge question as it is shown."""
        preview = await super().preview_merge(ref)
        self.names.add_commit(preview.tree, f"tree of {ref.task}")
        return self.names.value(preview)

    async def land(self, ref: TaskRef) -> None:
        """Reviews and merges for real."""
        await self.look(ref)
        await super().merge(ref, await super().preview_merge(ref))

    async def look(self, ref: TaskRef) -> None:
        """Records the review for real."""
        summary = await super().review(ref)
        super().record_review(ref, summary, summary.file_count)

    def record_review(self, ref: TaskRef, summary: ReviewSummary, files_viewed: int) -> None:
        """Nothing: what the screen reports names commits as they are shown."""

    def _learn(self, recorded: ev.Recorded) -> None:
        match recorded.event:
            case ev.RunCreated():
                self.names.add(f"orch/{time.strftime('%Y-%m-%d')}/", f"orch/{DAY:%Y-%m-%d}/")
            case ev.CommitMade(ref=ref, commit=commit):
                self.names.add_commit(commit.id, f"{ref.task} {commit.subject}")
            case ev.UpdateFinished(ref=ref, tip=tip):
                self.names.add_commit(tip, f"{ref.task} updated")
            case _:
                pass


@contextmanager
def fixed_ids() -> Iterator[None]:
    """Runs and workers get the same ids each time: they are carried in commands, so they cannot be shown as others."""
    run_time = SimpleNamespace(now=lambda: DAY.replace(hour=14, minute=3))
    runs = itertools.cycle(("7c1e", "93ad"))
    with (
        patch("codex_orch_tui.services.task_commands.datetime", run_time),
        patch("codex_orch_tui.services.task_commands.uuid4", lambda: SimpleNamespace(hex=next(runs))),
        patch("codex_orch_tui.services.worker.uuid4", lambda: SimpleNamespace(hex="e64e6f178597")),
    ):
        yield


def stopped_time(clock: Clock) -> SimpleNamespace:
    """In place of the module `time` in a screen: it is the scene's time and stays so."""
    return SimpleNamespace(time=lambda: clock.now_s, monotonic=time.monotonic)
