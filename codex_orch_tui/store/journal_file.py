"""The form of a journal on disk: `{"e": {...}, "crc": "8 hex digits"}`, one record a line.

The checksum is over the bytes of `e` as they stand between the line's fixed ends, and is compared as text: one
bit anywhere in a line makes it bad. A line without its LF is no record: it was never acknowledged.
"""

import os
import stat
from dataclasses import field
from pathlib import Path
from zlib import crc32

from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.store.errors import JournalError, told

MAX_RECORD_BYTES = 64 * 1024 * 1024
"""The longest `e`. A longer run of bytes without LF is not looked at further."""

MAX_JOURNAL_BYTES = 1024 * 1024 * 1024
"""How much of a journal is read; what follows counts as damaged."""

_BLOCK_BYTES = 4 * 1024 * 1024
_HEAD = b'{"e": '
_TAIL = b', "crc": "%08x"}'
_TAIL_BYTES = len(_TAIL % 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a journal held.

    Attributes:
        records: The bytes of each `e`, oldest first.
        notes: What the person must be told; empty when all was well.
        end_bytes: Where the good records end in the file.
        cut_bytes: Bytes after them that are no records: torn or damaged.
        quarantine: Where the damaged file was put, None when there was no damage or nothing was written.
    """

    records: list[bytes]
    notes: list[str] = field(default_factory=list)
    end_bytes: int = 0
    cut_bytes: int = 0
    quarantine: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The good records of a file from some offset on; `damage` says why a line inside it is bad, empty if none is."""

    records: list[bytes]
    end_bytes: int
    damage: str = ""


def encode_line(record: bytes) -> bytes:
    """The line of a record.

    Raises:
        ValueError: The record is not one line with a JSON object, or too long.
    """
    if not (record.startswith(b"{") and record.endswith(b"}")) or b"\n" in record:
        raise ValueError("a journal record is one JSON object on one line")
    if len(record) > MAX_RECORD_BYTES:
        raise ValueError(f"a journal record has {len(record)} bytes; at most {MAX_RECORD_BYTES} are taken")
    return b"%b%b%b\n" % (_HEAD, record, _TAIL % crc32(record))


def decode_line(line: bytes) -> bytes | None:
    """The record of a line without its LF; None when one bit of it is not as it was written."""
    record = line[len(_HEAD) : -_TAIL_BYTES]
    if line.startswith(_HEAD) and line.endswith(_TAIL % crc32(record)) and len(line) > len(_HEAD) + _TAIL_BYTES:
        return record
    return None


def open_file(path: Path, flags: int) -> int:
    """Open a journal that is a plain file, not a link, a pipe or a device.

    Raises:
        FileNotFoundError: There is none.
        JournalError: It is something else, or cannot be opened.
    """
    try:
        fd = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise JournalError(told(error, "open", path)) from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise JournalError(f"{path} is not a plain file", next_step="move it away")
    return fd


def scan(fd: int, start_bytes: int = 0) -> Scan:
    """Read the records from a line's start on, up to the first that is bad.

    Raises:
        OSError: The medium failed.
    """
    records: list[bytes] = []
    end_bytes = start_bytes
    rest = b""
    read_bytes = start_bytes
    while block := os.pread(fd, _BLOCK_BYTES, read_bytes):
        read_bytes += len(block)
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        for line in lines:
            record = decode_line(line)
            if record is None:
                return Scan(records=records, end_bytes=end_bytes, damage=f"the line at byte {end_bytes} is damaged")
            records.append(record)
            end_bytes += len(line) + 1
        if len(rest) > MAX_RECORD_BYTES + 1024:
            damage = f"at byte {end_bytes} more than {MAX_RECORD_BYTES} bytes follow without a line's end"
            return Scan(records=records, end_bytes=end_bytes, damage=damage)
        if end_bytes > MAX_JOURNAL_BYTES:
            damage = f"it is longer than the {MAX_JOURNAL_BYTES} bytes that are read"
            return Scan(records=records, end_bytes=end_bytes, damage=damage)
    return Scan(records=records, end_bytes=end_bytes)


def read_journal(path: Path, start_bytes: int = 0) -> Loaded:
    """Read a journal and change nothing: for viewers and `status`, also while its writer is at work.

    Args:
        path: The journal; none there is an empty one.
        start_bytes: `end_bytes` of an earlier look, to get only what is new.

    Raises:
        JournalError: It cannot be read, or is shorter than `start_bytes`.
    """
    try:
        fd = open_file(path, os.O_RDONLY)
    except FileNotFoundError:
        return Loaded(records=[])
    try:
        size_bytes = os.fstat(fd).st_size
        if size_bytes < start_bytes:
            raise JournalError(f"{path} was replaced by a shorter one", next_step="read it again from its start")
        found = scan(fd, start_bytes)
    except OSError as error:
        raise JournalError(told(error, "read", path)) from error
    finally:
        os.close(fd)
    notes = [f"{path.name}: {found.damage}; what follows is not shown"] if found.damage else []
    cut_bytes = max(0, size_bytes - found.end_bytes)
    return Loaded(records=found.records, notes=notes, end_bytes=found.end_bytes, cut_bytes=cut_bytes)
