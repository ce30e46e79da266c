"""Raw logs: every byte kept, and any page of a file of any size."""

import errno
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.store.errors import RawLogError
from codex_orch_tui.store.raw_log import RawLine, RawLog, RawLogReader


def _forward(path: Path, max_bytes: int, *, tail: bool = False) -> list[RawLine]:
    lines: list[RawLine] = []
    offset = 0
    with RawLogReader(path) as reader:
        while True:
            page, next_offset = reader.read_after(offset, max_bytes, tail=tail)
            if not page:
                assert next_offset == offset
                return lines
            assert next_offset > offset
            lines += page
            offset = next_offset


def _backward(path: Path, max_bytes: int, *, tail: bool = False) -> list[RawLine]:
    lines: list[RawLine] = []
    with RawLogReader(path) as reader:
        offset = reader.size_bytes
        while offset > 0:
            page, start = reader.read_before(offset, max_bytes, tail=tail and not lines)
            assert start < offset
            if page:
                assert page[0].offset == start
            lines[:0] = page
            offset = start
    return lines


@given(
    content=st.lists(st.sampled_from([b"\n", b"a", b"bcd", b"0123456789"]), max_size=30).map(b"".join),
    max_bytes=st.integers(1, 25),
)
def test_pages_in_both_directions_give_every_line_once(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, max_bytes: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "pages.jsonl"
    path.write_bytes(content)
    whole = content.split(b"\n")
    unfinished = whole.pop()
    expected = [(line[:max_bytes], len(line)) for line in whole]
    for lines in (_forward(path, max_bytes), _backward(path, max_bytes)):
        assert [(line.data[:max_bytes], line.size_bytes) for line in lines] == expected
        assert all(content[line.offset :].startswith(line.data) for line in lines)
        assert all(line.is_cut == (len(line.data) < line.size_bytes) for line in lines)
    if unfinished:
        expected.append((unfinished[:max_bytes], len(unfinished)))
    for lines in (_forward(path, max_bytes, tail=True), _backward(path, max_bytes, tail=True)):
        assert [(line.data[:max_bytes], line.size_bytes) for line in lines] == expected


def test_a_line_of_a_megabyte_is_cut_and_the_next_ones_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"first\n" + b"x" * 1_049_274 + b"\nlast\n")
    for lines in (_forward(path, 65_536), _backward(path, 65_536)):
        assert [(len(line.data), line.size_bytes, line.is_cut) for line in lines] == [
            (5, 5, False),
            (65_536, 1_049_274, True),
            (4, 4, False),
        ]


def test_a_huge_file_is_paged_from_its_end_at_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    line = b'{"n": 123456789, "pad": "' + b"x" * 200 + b'"}\n'
    with path.open("wb") as file:
        file.seek(3 * 1024**3)
        file.write(b"\n" + line * 20_000)
    with RawLogReader(path) as reader:
        offset = reader.size_bytes
        tracemalloc.start()
        for _ in range(10):
            lines, offset = reader.read_before(offset, 65_536)
            assert len(lines) > 250
            assert {line.data for line in lines} == {line[:-1]}
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 1_000_000


def test_a_log_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with RawLogReader(path) as reader:
        assert reader.size_bytes == 0
        assert reader.read_after(0, 100) == ([], 0)
        assert reader.read_before(0, 100) == ([], 0)
        log = RawLog(path)
        log.append(b"one\ntw")
        assert [line.data for line in reader.read_after(0, 100)[0]] == [b"one"]
        log.append(b"o\n")
        assert reader.read_after(4, 100) == ([RawLine(b"two", 4, 3)], 8)
        log.close()


def test_blocks_are_kept_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = RawLog(path)
    blocks = [b"a\x00\xff", b"\n", b"", b"\x1b[31m\nrest"]
    offsets = [log.append(block) for block in blocks]
    assert offsets == [0, 3, 4, 4]
    assert path.read_bytes() == b"".join(blocks)
    assert log.size_bytes == path.stat().st_size
    assert path.stat().st_mode & 0o777 == 0o600
    log.close()
    log.close()


def test_a_new_writer_begins_on_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"torn": ')
    log = RawLog(path)
    assert log.append(b"{}\n") == 10
    log.append(b"{}\n")
    log.close()
    assert path.read_bytes() == b'{"torn": \n{}\n{}\n'


@pytest.mark.parametrize("take_half", [False, True])
def test_a_failure_is_raised_once_and_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, take_half: bool
) -> None:
    path = tmp_path / "events.jsonl"
    real_write = os.write

    def fail(fd: int, data: bytes) -> int:
        if take_half:
            real_write(fd, bytes(data[: len(data) // 2]))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    log = RawLog(path)
    log.append(b"one\nhal")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fail)
        with pytest.raises(RawLogError, match="No space left"):
            log.append(b"lost1\n")
        log.append(b"lost2\n")
        assert isinstance(log.error, RawLogError)
        assert log.lost_bytes == 12
        assert path.read_bytes() == b"one\nhal"
    assert log.append(b"two\n") == 8
    assert log.error is None
    assert log.lost_bytes == 12
    assert path.read_bytes() == b"one\nhal\ntwo\n"
    log.close()


def test_a_log_with_a_limit_stops_there(tmp_path: Path) -> None:
    log = RawLog(tmp_path / "stderr.log", max_bytes=10)
    log.append(b"12345678\n")
    with pytest.raises(RawLogError, match="10 bytes are kept"):
        log.append(b"9\n")
    log.append(b"more")
    assert (log.size_bytes, log.lost_bytes) == (9, 6)
    log.close()


def test_links_and_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("victim")
    for name in ("link", "."):
        with pytest.raises(RawLogError, match="cannot"):
            RawLog(tmp_path / name)
    with pytest.raises(RawLogError, match="cannot open"):
        RawLogReader(tmp_path / "link").read_after(0, 10)
    assert not (tmp_path / "victim").exists()
