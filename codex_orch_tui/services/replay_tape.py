"""A run's records as a tape: the state after each of them, forwards and backwards, at constant memory.

The records are read from the file when they are needed and not kept. To go back, the tape keeps the last few states
one by one, and a few older ones spread over what it has seen; from the nearest of these it goes forward again. A state
shares with the next one all that did not change, so those that are kept cost little.
"""

import time
from collections import deque
from dataclasses import dataclass

from codex_orch_tui.domain.events import Recorded
from codex_orch_tui.domain.reducer import reduce, reduce_all
from codex_orch_tui.domain.state import State
from codex_orch_tui.services.recording import Recording
from codex_orch_tui.store.event_codec import NewerSchemaError, RecordError, decode
from codex_orch_tui.store.journal_pages import run_of

KEPT = 16
"""States that are spread over the tape: going back means going forward over a sixteenth of it at most."""

STEPS_KEPT = 64
"""The last states, one by one: so many steps back are immediate."""

END = 1 << 62
"""A position behind every end."""

_FIRST_GAP = 1_024
_BATCH = 256

_Read = tuple[Recorded | None, int]
"""A record and the offset after it; None in place of one that cannot be read."""


@dataclass(frozen=True, slots=True)
class Place:
    """After so many records: where the next one begins, the time of the last one, and the state."""

    position: int
    offset: int
    at_s: float
    state: State


class Tape:
    """Where the replay stands.

    Args:
        recording: the run.
        until_seq: the last record that belongs to the tape, by its number in the journal; None is the recording's end.
    """

    def __init__(self, recording: Recording, until_seq: int | None = None) -> None:
        self._recording = recording
        self._until_seq = until_seq
        self._here = Place(0, recording.start_bytes, 0.0, State())
        self._kept: list[Place] = [self._here]
        self._gap = _FIRST_GAP
        self._steps: deque[Place] = deque(maxlen=STEPS_KEPT)
        self._records: deque[tuple[bytes, int]] = deque()
        self._read_on = recording.start_bytes
        self._next: _Read | None = None
        self._counted: int | None = None
        self._counting = recording.pages.counts(recording.run, recording.start_bytes)
        self._count = 0
        self.notes: list[str] = []
        """What could not be read, for the person."""

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self._here

    @property
    def total(self) -> int | None:
        """How many records there are; None until they are counted or their end was reached."""
        return self._counted

    @property
    def next_s(self) -> float | None:
        """When the next record was made; None at the end. A record that cannot be read has the time of the last."""
        following = self._following()
        if following is None:
            return None
        return self._here.at_s if following[0] is None else max(self._here.at_s, following[0].at_s)

    def step(self) -> bool:
        """Go one record on; False at the end."""
        following = self._following()
        if following is None:
            return False
        self._steps.append(self._here)
        self._advance([following], one_by_one=True)
        return True

    def seek(self, position: int, budget_s: float) -> bool:
        """Go towards a position, for so long at most; True when it is reached, or the end before it.

        Args:
            position: after so many records.
            budget_s: how long this call may take, in seconds.
        """
        until_s = time.perf_counter() + budget_s
        if position < self._here.position:
            self._go_back(position)
        while self._here.position < position:
            alone = position - self._here.position <= STEPS_KEPT
            if alone:
                if not self.step():
                    return True
            elif not self._stride(min(_BATCH, position - STEPS_KEPT - self._here.position)):
                return True
            if time.perf_counter() > until_s and self._here.position < position:
                return False
        return True

    def count_on(self) -> bool:
        """Count a piece of the tape; False when it is counted."""
        if self._counted is not None:
            return False
        number = next(self._counting, None) if self._until_seq is None else None
        if number is not None:
            self._count += number
            return True
        if self._until_seq is None:
            self._counted = self._count
        return False

    def _stride(self, count: int) -> bool:
        """Some records at once."""
        batch: list[_Read] = []
        while len(batch) < count and (following := self._following()) is not None:
            batch.append(following)
            self._next = None
        if not batch:
            return False
        self._steps.clear()
        self._advance(batch, one_by_one=False)
        return True

    def _advance(self, batch: list[_Read], *, one_by_one: bool) -> None:
        self._next = None
        known = [recorded for recorded, _ in batch if recorded is not None]
        state, at_s = self._here.state, self._here.at_s
        if known:
            state = reduce(state, known[0]) if one_by_one else reduce_all(state, known)
            at_s = max(at_s, known[-1].at_s)
        self._here = Place(self._here.position + len(batch), batch[-1][1], at_s, state)
        if self._here.position >= self._kept[-1].position + self._gap:
            self._keep()

    def _keep(self) -> None:
        self._kept.append(self._here)
        if len(self._kept) > KEPT:
            self._gap *= 2
            del self._kept[1::2]

    def _go_back(self, position: int) -> None:
        place = next((step for step in self._steps if step.position == position), None)
        if place is None:
            place = max((kept for kept in self._kept if kept.position <= position), key=lambda kept: kept.position)
            self._steps.clear()
        while self._steps and self._steps[-1].position >= place.position:
            self._steps.pop()
        self._here = place
        self._records.clear()
        self._read_on = place.offset
        self._next = None

    def _following(self) -> _Read | None:
        """The next record; None at the end."""
        if self._next is not None:
            return self._next
        if not self._records and not self._read_page():
            return self._end()
        record, end = self._records.popleft()
        try:
            recorded = decode(record)
        except NewerSchemaError as error:
            self._tell(str(error))
            return self._end()
        except RecordError as error:
            self._tell(f"passed over a record: {error}")
            self._next = None, end
            return self._next
        if self._until_seq is not None and recorded.seq > self._until_seq:
            self._records.appendleft((record, end))
            return self._end()
        self._next = recorded, end
        return self._next

    def _end(self) -> _Read | None:
        self._counted = self._here.position
        return None

    def _read_page(self) -> bool:
        while not self._records:
            page = self._recording.pages.page(self._read_on)
            if page.damage:
                self._tell(f"{self._recording.pages.path.name}: {page.damage}; what follows is not shown")
            self._records.extend(each for each in page.records if run_of(each[0]) == self._recording.run)
            self._read_on = page.next_bytes
            if page.is_end and not self._records:
                return False
        return True

    def _tell(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)
