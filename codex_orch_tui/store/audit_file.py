"""The audit of a run on disk: JSON lines that are only ever added."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from codex_orch_tui.store.atomic import FILE_MODE, make_folder, write_all
from codex_orch_tui.store.errors import StoreError, told
from codex_orch_tui.store.journal_file import decode_line
from codex_orch_tui.store.raw_log import RawLine, RawLogReader

_PAGE_BYTES = 1024 * 1024
_SEQ = re.compile(rb'\{"v":\d+,"seq":(\d+),')


def append_lines(path: Path, lines: Sequence[bytes]) -> None:
    """Add lines, in one write; the file is made with mode 0600, its folder with it. A torn last line is cut off.

    Raises:
        StoreError: They were not added, or not all of them.
    """
    make_folder(path.parent)
    try:
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, FILE_MODE)
        try:
            size_bytes = os.fstat(fd).st_size
            if size_bytes and os.pread(fd, 1, size_bytes - 1) != b"\n":
                size_bytes = _whole_bytes(path)
                os.ftruncate(fd, size_bytes)
            try:
                write_all(fd, b"".join(line + b"\n" for line in lines))
            except OSError:
                os.ftruncate(fd, size_bytes)  # a line that is there twice would be a lie
                raise
        finally:
            os.close(fd)
    except OSError as error:
        raise StoreError(told(error, "write", path)) from error


def last_seq(path: Path) -> tuple[int, int]:
    """The sequence number of the last whole line, and how many lines carry it; (0, 0) for a file without any.

    Raises:
        StoreError: It cannot be read.
    """
    seq, count = 0, 0
    for line in _backwards(path):
        found = _SEQ.match(line.data)
        if found is None:
            continue
        if seq and int(found[1]) != seq:
            break
        seq, count = int(found[1]), count + 1
    return seq, count


def records_from(journal: Path, first_seq: int, last_seq: int) -> list[bytes]:
    """The journal's records with these sequence numbers, both ends included, oldest first. Reads from its end.

    Raises:
        StoreError: It cannot be read.
    """
    found: list[bytes] = []
    for line in _backwards(journal):
        record = decode_line(line.data)
        seq = _SEQ.match(record) if record is not None else None
        if record is None or seq is None or int(seq[1]) > last_seq:
            continue
        if int(seq[1]) < first_seq:
            break
        found.append(record)
    found.reverse()
    return found


def _whole_bytes(path: Path) -> int:
    """Up to where the file holds whole lines."""
    with RawLogReader(path) as reader:
        lines, start = reader.read_before(reader.size_bytes, _PAGE_BYTES)
        return lines[-1].offset + lines[-1].size_bytes + 1 if lines else start


def _backwards(path: Path) -> Iterator[RawLine]:
    """Whole lines, the last one first."""
    with RawLogReader(path) as reader:
        offset = reader.size_bytes
        while offset > 0:
            lines, start = reader.read_before(offset, _PAGE_BYTES)
            for line in reversed(lines):
                if line.is_cut:
                    whole, _ = reader.read_after(line.offset, line.size_bytes + 1)
                    yield whole[0] if whole else line
                else:
                    yield line
            if start >= offset:
                return
            offset = start
