"""A journal read piece by piece at constant memory, and what of it concerns one run.

A replay has a million records before it and shows the first of them at once, so nothing here decodes a record or holds
more of the file than a block. Which run a record concerns is read from its fixed head.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from codex_orch_tui.domain.ids import RunId, TaskId, TaskRef
from codex_orch_tui.store.errors import JournalError, told
from codex_orch_tui.store.journal_file import MAX_RECORD_BYTES, decode_line, open_file

PAGE_BYTES = 256 * 1024
"""What is read at once: some hundred records."""

_BLOCK_BYTES = 4 * 1024 * 1024
_HEAD_BYTES = 512
"""The run's id stands in the first bytes of a line."""
_RUN = re.compile(rb'"data":\{"(?:ref":\[|run":)"([^"\\]{1,200})"')
_PROPOSED_BY = re.compile(rb'"proposed_by":\["([^"\\]{1,200})"')
_SEQ = re.compile(rb'\{"v":\d{1,9},"seq":(\d{1,18}),')
_REF = re.compile(rb'"data":\{"ref":\["([^"\\]{1,200})","([^"\\]{1,200})"\]')
_CREATED = re.compile(rb'"type":"RunCreated","data":\{"run":"([^"\\]{1,200})"')


class Page(NamedTuple):
    """Some records, each with the offset after its line; where the next page begins; why the reading ends there."""

    records: list[tuple[bytes, int]]
    next_bytes: int
    damage: str = ""

    @property
    def is_end(self) -> bool:
        """Nothing follows, or nothing that can be read."""
        return not self.records or bool(self.damage)


class JournalPages:
    """A journal that is only read. It may grow meanwhile; a line without its end is not there yet."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            FileNotFoundError: there is none.
            JournalError: it is no plain file, or cannot be opened.
        """
        self.path = path
        self._fd = open_file(path, os.O_RDONLY)

    @property
    def size_bytes(self) -> int:
        """The length of the file now."""
        return os.fstat(self._fd).st_size

    def page(self, start_bytes: int, max_bytes: int = PAGE_BYTES) -> Page:
        """The records from a line's start on, about `max_bytes` of them; a longer one comes alone.

        Raises:
            JournalError: the medium failed.
        """
        block = self._read(start_bytes, max_bytes)
        while (end := block.rfind(b"\n")) < 0:
            more = self._read(start_bytes + len(block), max(max_bytes, len(block)))
            if not more:
                return Page([], start_bytes)
            if len(block) > MAX_RECORD_BYTES + 1024:
                return Page([], start_bytes, f"at byte {start_bytes} a line has no end")
            block += more
        records: list[tuple[bytes, int]] = []
        offset = start_bytes
        for line in block[:end].split(b"\n"):
            record = decode_line(line)
            if record is None:
                return Page(records, offset, f"the line at byte {offset} is damaged")
            offset += len(line) + 1
            records.append((record, offset))
        return Page(records, offset)

    def raw(self, start_bytes: int, max_bytes: int) -> bytes:
        """Bytes as they stand there.

        Raises:
            JournalError: the medium failed.
        """
        return self._read(start_bytes, max_bytes)

    def start_of(self, run: RunId) -> int | None:
        """Where the line begins that tells of the run's creation; None when none does.

        Raises:
            JournalError: the medium failed.
        """
        needle = b'"type":"RunCreated","data":{"run":"%b"' % run.encode("utf-8", "replace")
        for offset, block in self._blocks():
            found = block.find(needle)
            if found >= 0:
                return offset + block.rfind(b"\n", 0, found) + 1
        return None

    def starts(self) -> dict[RunId, int]:
        """Every run whose creation it tells of, in that order, and where the line begins that does.

        Raises:
            JournalError: the medium failed.
        """
        starts: dict[RunId, int] = {}
        for offset, block in self._blocks():
            for found in _CREATED.finditer(block):
                line_start = offset + block.rfind(b"\n", 0, found.start()) + 1
                starts.setdefault(RunId(found[1].decode("utf-8", "replace")), line_start)
        return starts

    def counts(self, run: RunId, start_bytes: int) -> Iterator[int]:
        """How many records concern the run, block by block: a number for each, so that the caller can do it in pieces.

        Raises:
            JournalError: the medium failed.
        """
        name = re.escape(run.encode("utf-8", "replace"))
        pattern = re.compile(rb'"data":\{"(?:ref":\["%b"|run":"%b")' % (name, name))
        offset = start_bytes
        while block := self._read(offset, _BLOCK_BYTES // 4):
            end = block.rfind(b"\n") + 1
            offset += end or len(block)
            yield len(pattern.findall(block, 0, end or len(block)))

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _blocks(self) -> Iterator[tuple[int, bytes]]:
        """The whole file; each block begins with the end of the one before, so that no head is cut in two."""
        offset = 0
        while block := self._read(offset, _BLOCK_BYTES):
            yield offset, block
            if len(block) <= _HEAD_BYTES:
                return
            offset += len(block) - _HEAD_BYTES

    def _read(self, offset: int, max_bytes: int) -> bytes:
        try:
            return os.pread(self._fd, max_bytes, offset)
        except OSError as error:
            raise JournalError(told(error, "read", self.path)) from error


def run_of(record: bytes) -> RunId | None:
    """The run that a record concerns; None for those that concern the whole repository."""
    found = _RUN.search(record, 0, _HEAD_BYTES)
    return RunId(found[1].decode("utf-8", "replace")) if found else None


def runs_of(record: bytes) -> tuple[RunId, ...]:
    """The runs that a record changes: a plan that is taken up also changes the run whose task proposed it."""
    run = run_of(record)
    if run is None:
        return ()
    if b'"type":"RunCreated"' not in record[:_HEAD_BYTES]:
        return (run,)
    proposer = _PROPOSED_BY.search(record)
    return (run,) if proposer is None else (run, RunId(proposer[1].decode("utf-8", "replace")))


def ref_of(record: bytes) -> TaskRef | None:
    """The task that a record is about; None for those that are about a run or the repository."""
    found = _REF.search(record, 0, _HEAD_BYTES)
    if found is None:
        return None
    return TaskRef(RunId(found[1].decode("utf-8", "replace")), TaskId(found[2].decode("utf-8", "replace")))


def seq_of(record: bytes) -> int:
    """The number of a record in the journal; 0 for what is no record of ours."""
    found = _SEQ.match(record)
    return int(found[1]) if found else 0
