"""The audit: what was asked, shown, decided and run, in a file of each run that other programs can read.

It is written behind the events, in a thread and in their order, and says nothing that the journal does not know: the
journal is what answers rest on. So a file that cannot be written holds up nobody. It is told once, and what is missing
is added from the journal, at the next event or when the repository is opened again.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from itertools import groupby

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.events import Recorded
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.item import ItemKind
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.state import State
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.store.audit_file import append_lines, last_seq, records_from
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.event_codec import RecordError, decode
from codex_orch_tui.store.layout import Layout

_AUDITED = (ev.ApprovalEvent, ev.CommandAllowed, ev.TaskLost, ev.TaskInterrupted)
_DOING = frozenset({ItemKind.COMMAND, ItemKind.FILE_CHANGE, ItemKind.MCP_TOOL})

AT_REST_S = 2.0
"""What the last session left out is not read while the first frames are painted, unless something is to be written."""

MAX_WAITING = 10_000
"""Events that wait for a file that can be written; more are left to the next opening."""


class Audit:
    """Writes approvals.jsonl of every run. Made before anything of this session happens; all calls on the loop."""

    def __init__(self, hub: Hub, layout: Layout) -> None:
        self._hub = hub
        self._layout = layout
        self._before = hub.state
        """What the journal held at the opening."""
        self._is_complete = False
        self._is_wanted = asyncio.Event()
        self._written = 0
        """How many of those that wait are in their files."""
        self._has_told = False
        self._has_dropped = False
        self._waiting: list[tuple[Recorded, State]] = []
        self._writing: asyncio.Task[None] | None = None
        self._unwatch = hub.watch(self._take)

    async def close(self) -> None:
        """Write what waits, and watch no more."""
        self._unwatch()
        self._is_wanted.set()
        if self._writing is not None:
            await self._writing
        if self._waiting:
            await self._write()

    def _take(self, recorded: Recorded) -> None:
        is_audited = _is_audited(recorded.event)
        if is_audited and len(self._waiting) >= MAX_WAITING:
            self._has_dropped = True
        if is_audited:
            self._is_wanted.set()
        if is_audited and not self._has_dropped:
            self._waiting.append((recorded, self._hub.state))
        # The first event of a session is enough to add what the one before could not write.
        if self._writing is None or (is_audited and self._writing.done()):
            self._writing = asyncio.create_task(self._write(), name="audit")

    async def _write(self) -> None:
        """One batch after the other, until nothing waits or the disk refuses."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AT_REST_S):
                await self._is_wanted.wait()
        while self._waiting or not self._is_complete:
            batch = tuple(self._waiting)
            try:
                if not self._is_complete:
                    await asyncio.to_thread(self._complete)
                    self._is_complete = True
                await asyncio.to_thread(self._append, batch)
            except StoreError as error:
                self._tell(error, batch)
                return
            finally:
                del self._waiting[: self._written]
                self._written = 0

    def _tell(self, error: StoreError, batch: tuple[tuple[Recorded, State], ...]) -> None:
        event = batch[0][0].event if batch else None
        if not self._has_told and isinstance(event, ev.TaskEvent):
            self._has_told = True
            text = f"the audit is not complete: {error}; what is missing is added when the file can be written"
            self._hub.apply(ev.NoteAdded(ref=event.ref, kind=LogKind.WARNING, text=text))

    # -- in a thread --------------------------------------------------------------------------------------------

    def _append(self, batch: Iterable[tuple[Recorded, State]]) -> None:
        """Write whole events, in order: what is missing after a failure is always the end.

        Raises:
            StoreError: What comes from there on is not written.
        """
        from codex_orch_tui.services.audit_lines import lines_of  # noqa: PLC0415 - not for the first paint

        made = ((_run(recorded), lines_of(recorded, state)) for recorded, state in batch)
        for run, grouped in groupby(made, key=lambda each: each[0]):
            of_run = [lines for _, lines in grouped]
            if lines := [line for some in of_run for line in some]:
                append_lines(self._layout.approvals(run), lines)
            self._written += len(of_run)

    def _complete(self) -> None:
        """Add what the last session could not write: everything after the last line that is in any of the files.

        Raises:
            StoreError: A file cannot be read or written.
        """
        from codex_orch_tui.services.audit_lines import happened, lines_of  # noqa: PLC0415 - as above

        state = self._before
        ends = [last_seq(self._layout.approvals(run)) for run in state.runs if self._has_place(run)]
        seq, count = max(ends, default=(0, 0))
        records = records_from(self._layout.journal, max(seq, 1), state.seq)
        missing = [recorded for recorded in map(_decoded, records) if recorded is not None]
        missing = [recorded for recorded in missing if _is_audited(recorded.event) and self._has_place(_run(recorded))]
        later = [happened(recorded.event) for recorded in missing]
        open_ones = {each for each in later if each is not None}
        for recorded, this in zip(missing, later, strict=True):
            if this is not None:
                open_ones.discard(this)
            lines = lines_of(recorded, state, open_ones)
            if recorded.seq == seq:
                lines = lines[count:]
            if lines:
                append_lines(self._layout.approvals(_run(recorded)), lines)

    def _has_place(self, run: RunId) -> bool:
        """A folder that was removed is not made again."""
        known = self._hub.state.runs.get(run)
        return known is None or not known.folder_removed


def _is_audited(event: ev.Event) -> bool:
    """Whether a line may come from it."""
    if isinstance(event, ev.ItemCompleted):
        return event.item.kind in _DOING
    return isinstance(event, _AUDITED)


def _decoded(record: bytes) -> Recorded | None:
    try:
        return decode(record)
    except RecordError:
        return None  # told at the opening, which passed over it too


def _run(recorded: Recorded) -> RunId:
    assert isinstance(recorded.event, ev.TaskEvent), "only events of tasks are audited"
    return recorded.event.ref.run
