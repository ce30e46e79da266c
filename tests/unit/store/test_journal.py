"""The journal: what was acknowledged is there after anything that can happen to a file."""

import asyncio
import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codex_orch_tui.store import journal as journal_module
from codex_orch_tui.store import journal_file
from codex_orch_tui.store.errors import JournalError
from codex_orch_tui.store.journal import Journal
from codex_orch_tui.store.journal_file import decode_line, encode_line, read_journal

KILLS = Path(__file__).parents[2] / "faults" / "journal_kills.py"


def _record(number: int) -> bytes:
    return json.dumps({"v": 1, "seq": number, "ts": 1.5, "type": "noted", "text": 'quote " crc", é\u2028'}).encode()


def _write(path: Path, count: int, start: int = 0) -> None:
    path.write_bytes(b"".join(encode_line(_record(number)) for number in range(start, start + count)))


def _load(path: Path) -> journal_file.Loaded:
    journal, loaded = Journal.open(path)
    journal.close()
    return loaded


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


class _Failing:
    """Stands before a system call: the calls whose numbers are given fail, the others go through."""

    def __init__(self, call: Callable[..., object], numbers: range, code: int, *, take_half: bool = False) -> None:
        self._call = call
        self._numbers = numbers
        self._code = code
        self._take_half = take_half
        self.count = 0

    def __call__(self, *args: object, **kwargs: object) -> object:
        self.count += 1
        if self.count - 1 not in self._numbers:
            return self._call(*args, **kwargs)
        if self._take_half:
            fd, data = args
            assert isinstance(data, bytes | memoryview)
            self._call(fd, bytes(data[: len(data) // 2]))
        raise OSError(self._code, os.strerror(self._code))


# --- the form -----------------------------------------------------------------------------------------------


def test_the_line_is_as_the_design_says() -> None:
    line = encode_line(b'{"v": 1}')
    assert line == b'{"e": {"v": 1}, "crc": "e572bcb4"}\n'
    assert json.loads(line) == {"e": {"v": 1}, "crc": "e572bcb4"}
    assert decode_line(line[:-1]) == b'{"v": 1}'


@pytest.mark.parametrize("record", [b"", b"[]", b"{", b'{"a":\n1}', b"{}\n", b" {}"])
def test_what_is_no_object_on_a_line_is_refused(record: bytes) -> None:
    with pytest.raises(ValueError, match="one JSON object"):
        encode_line(record)


@pytest.mark.parametrize("line", [b"", b"{}", b'{"e": , "crc": "00000000"}', b'{"e": {"v": 1}, "crc": "E572BCB4"}'])
def test_what_is_no_line_is_no_record(line: bytes) -> None:
    assert decode_line(line) is None


# --- writing and reading ------------------------------------------------------------------------------------


async def test_what_was_flushed_is_there_again(path: Path) -> None:
    journal, loaded = Journal.open(path)
    assert (loaded.records, loaded.notes) == ([], [])
    assert not path.exists()
    for number in range(5):
        journal.append(_record(number))
    await journal.flush()
    assert read_journal(path).records == [_record(number) for number in range(5)]
    assert path.stat().st_mode & 0o777 == 0o600
    journal.close()
    journal, loaded = Journal.open(path)
    assert (len(loaded.records), loaded.notes, loaded.cut_bytes) == (5, [], 0)
    journal.append(_record(5))
    journal.close()
    assert _load(path).records == [_record(number) for number in range(6)]


async def test_records_reach_the_disk_without_a_flush(path: Path) -> None:
    journal, _ = Journal.open(path)
    journal.append(_record(0))
    async with asyncio.timeout(5):
        while not path.exists() or read_journal(path).records != [_record(0)]:
            await asyncio.sleep(0.005)
    journal.close()


async def test_all_who_wait_share_one_write_and_one_sync(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, _ = Journal.open(path)
    journal.append(_record(0))
    await journal.flush()
    writes = _Failing(os.write, range(0), errno.EIO)
    syncs = _Failing(journal_module.sync_file, range(0), errno.EIO)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", writes)
        patch.setattr(journal_module, "sync_file", syncs)
        with journal._wake:  # the writer cannot begin before all have asked
            for number in range(1, 1000):
                journal.append(_record(number))
            waiting = [asyncio.ensure_future(journal.flush()) for _ in range(50)]
            while len(journal._waiting) < 50:
                await asyncio.sleep(0)
        await asyncio.gather(*waiting)
    assert (writes.count, syncs.count) == (1, 1)
    journal.close()
    assert len(_load(path).records) == 1000


async def test_a_flush_with_nothing_to_write_costs_nothing(path: Path) -> None:
    journal, _ = Journal.open(path)
    await journal.flush()
    assert not path.exists()
    journal.close()


async def test_a_cancelled_flush_disturbs_nobody(path: Path) -> None:
    journal, _ = Journal.open(path)
    journal.append(_record(0))
    with journal._wake:
        first = asyncio.ensure_future(journal.flush())
        second = asyncio.ensure_future(journal.flush())
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
    await second
    assert first.cancelled()
    journal.close()


def test_a_closed_journal_takes_nothing(path: Path) -> None:
    journal, _ = Journal.open(path)
    journal.append(_record(0))
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.append(_record(1))
    assert len(read_journal(path).records) == 1


async def test_a_viewer_reads_on_where_it_stopped(path: Path) -> None:
    journal, _ = Journal.open(path)
    journal.append(_record(0))
    await journal.flush()
    seen = read_journal(path)
    journal.append(_record(1))
    await journal.flush()
    more = read_journal(path, seen.end_bytes)
    assert more.records == [_record(1)]
    assert read_journal(path, more.end_bytes).records == []
    with pytest.raises(JournalError, match="replaced"):
        read_journal(path, more.end_bytes + 1)
    journal.close()


# --- damage -------------------------------------------------------------------------------------------------


def test_a_file_that_is_cut_at_any_byte_keeps_its_whole_records(path: Path) -> None:
    _write(path, 8)
    whole = path.read_bytes()
    for length in range(1, len(whole)):
        path.write_bytes(whole[:length])
        complete = whole[:length].count(b"\n")
        viewed = read_journal(path)
        assert viewed.records == [_record(number) for number in range(complete)]
        assert path.stat().st_size == length
        loaded = _load(path)
        assert loaded.records == viewed.records
        assert bool(loaded.notes) == (not whole[:length].endswith(b"\n"))
        assert loaded.end_bytes == length - loaded.cut_bytes
        assert (path.stat().st_size if complete else path.exists()) == loaded.end_bytes
        assert loaded.quarantine is None


@pytest.mark.parametrize("end", [b"", b'{"e": {"v": 1', b"no journal\n", b"no journal\n" + encode_line(b'{"v": 1}')])
@pytest.mark.parametrize("count", [0, 3])
def test_what_was_read_under_the_lock_already_is_mended_the_same(path: Path, count: int, end: bytes) -> None:
    _write(path, count)
    content = path.read_bytes() + end
    path.write_bytes(content)
    plain = _load(path)
    left = path.read_bytes() if path.exists() else None
    path.write_bytes(content)
    journal, loaded = Journal.open(path, known=read_journal(path))
    journal.close()
    assert (path.read_bytes() if path.exists() else None) == left
    assert (loaded.records, loaded.end_bytes, loaded.cut_bytes) == (plain.records, plain.end_bytes, plain.cut_bytes)
    assert len(loaded.notes) == len(plain.notes)
    assert (loaded.quarantine is None) == (plain.quarantine is None)


def test_what_was_known_of_a_file_that_is_shorter_now_does_not_count(path: Path) -> None:
    _write(path, 3)
    known = read_journal(path)
    _write(path, 1)
    journal, loaded = Journal.open(path, known=known)
    journal.close()
    assert len(loaded.records) == 1


def test_no_flipped_bit_goes_unnoticed(path: Path) -> None:
    _write(path, 3)
    whole = bytearray(path.read_bytes())
    records = [_record(number) for number in range(3)]
    line_of = [bytes(whole[:at]).count(b"\n") for at in range(len(whole))]
    for at in range(len(whole)):
        for bit in range(8):
            whole[at] ^= 1 << bit
            path.write_bytes(whole)
            assert read_journal(path).records == records[: line_of[at]], (at, bit)
            whole[at] ^= 1 << bit


def test_a_flipped_bit_at_any_byte_keeps_the_damaged_file(path: Path) -> None:
    _write(path, 3)
    whole = bytearray(path.read_bytes())
    for at in range(len(whole)):
        whole[at] ^= 1
        path.write_bytes(whole)
        loaded = _load(path)
        assert loaded.records == [_record(number) for number in range(bytes(whole[:at]).count(b"\n"))]
        assert loaded.notes
        if loaded.quarantine is None:  # the last LF itself: a torn line
            assert at == len(whole) - 1
        else:
            assert loaded.quarantine.read_bytes() == bytes(whole)
            loaded.quarantine.unlink()
        assert _load(path).notes == []
        whole[at] ^= 1


async def test_after_a_quarantine_the_journal_goes_on(path: Path) -> None:
    _write(path, 3)
    path.write_bytes(path.read_bytes() + b"\x00garbage\n" + encode_line(_record(3)))
    journal, loaded = Journal.open(path)
    assert len(loaded.records) == 3
    assert loaded.quarantine is not None
    assert loaded.quarantine.name in loaded.notes[0]
    assert loaded.quarantine.stat().st_mode & 0o777 == 0o600
    journal.append(_record(3))
    await journal.flush()
    journal.close()
    again = _load(path)
    assert (len(again.records), again.notes) == (4, [])


@pytest.mark.parametrize("content", [b"\x00" * 5000, bytes(range(256)) * 40, b"\n" * 100, b"not json\nat all\n"])
def test_a_file_that_is_no_journal_is_kept_or_cut(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert read_journal(path).records == []
    loaded = _load(path)
    assert loaded.records == []
    assert loaded.notes
    assert loaded.quarantine is None or loaded.quarantine.read_bytes() == content


def test_an_empty_file_is_told(path: Path) -> None:
    path.touch()
    loaded = _load(path)
    assert (loaded.records, loaded.quarantine) == ([], None)
    assert "empty" in loaded.notes[0]
    assert _load(path).notes == []


def test_a_huge_file_without_lines_is_kept_aside_at_once(path: Path) -> None:
    _write(path, 2)
    os.truncate(path, 2 * 1024**3)
    started_s = time.perf_counter()
    loaded = _load(path)
    assert time.perf_counter() - started_s < 5
    assert len(loaded.records) == 2
    assert loaded.quarantine is not None
    assert loaded.quarantine.stat().st_size == 2 * 1024**3
    assert path.stat().st_size == loaded.end_bytes


def test_more_than_is_read_counts_as_damage(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(path, 200)
    monkeypatch.setattr(journal_file, "MAX_JOURNAL_BYTES", 5000)
    monkeypatch.setattr(journal_file, "_BLOCK_BYTES", 1000)
    loaded = _load(path)
    assert 0 < len(loaded.records) < 200
    assert loaded.quarantine is not None
    assert "longer" in loaded.notes[0]


@pytest.mark.parametrize("kind", ["symlink", "folder", "pipe"])
def test_what_is_no_plain_file_is_refused(path: Path, kind: str) -> None:
    match kind:
        case "symlink":
            path.symlink_to(path.with_name("elsewhere"))
        case "folder":
            path.mkdir()
        case _:
            os.mkfifo(path)
    with pytest.raises(JournalError, match=r"journal\.jsonl"):
        Journal.open(path)
    with pytest.raises(JournalError, match=r"journal\.jsonl"):
        read_journal(path)


def test_stray_files_of_a_killed_copy_are_removed(path: Path) -> None:
    _write(path, 1)
    stray = path.with_name(".journal.jsonl.0123abcd.tmp")
    stray.touch()
    _load(path)
    assert not stray.exists()


@pytest.mark.parametrize("call", ["link", "open", "write", "replace"])
def test_a_failure_during_the_quarantine_loses_nothing(path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    _write(path, 3)
    damaged = path.read_bytes() + b"bad\n" + encode_line(_record(3))
    path.write_bytes(damaged)
    failing = _Failing(getattr(os, call), range(1 if call == "open" else 0, 9), errno.ENOSPC)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing)
        if call == "link":  # a file system without hard links: a copy does
            loaded = _load(path)
            assert loaded.quarantine is not None
            assert loaded.quarantine.read_bytes() == damaged
            return
        with pytest.raises(JournalError, match="No space left"):
            Journal.open(path)
    assert path.read_bytes() == damaged
    assert len(_load(path).records) == 3


# --- a medium that fails ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("take_half", [False, True])
async def test_a_failed_write_is_cut_back_and_made_good(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: int, take_half: bool
) -> None:
    told: list[JournalError | None] = []
    journal, _ = Journal.open(path, on_change=told.append)
    journal.append(_record(0))
    await journal.flush()
    good = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _Failing(os.write, range(1000), code, take_half=take_half))
        journal.append(_record(1))
        for _ in range(3):
            with pytest.raises(JournalError, match=os.strerror(code)):
                await journal.flush()
        assert path.read_bytes() == good
        assert journal.error is not None
        journal.append(_record(2))
    await journal.flush()
    assert journal.error is None
    assert [error is None for error in told] == [False, True]
    journal.close()
    assert _load(path).records == [_record(number) for number in range(3)]


async def test_it_recovers_by_itself_when_space_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "RETRY_S", 0.01)
    changed = asyncio.Event()
    loop = asyncio.get_running_loop()
    journal, _ = Journal.open(path, on_change=lambda _: loop.call_soon_threadsafe(changed.set))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _Failing(os.write, range(1000), errno.ENOSPC))
        journal.append(_record(0))
        await changed.wait()
        assert journal.error is not None
        changed.clear()
    await changed.wait()
    assert journal.error is None
    assert read_journal(path).records == [_record(0)]
    journal.close()


@pytest.mark.parametrize("number", range(6))
async def test_any_one_write_may_fail(path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    journal, _ = Journal.open(path)
    failed = 0
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _Failing(os.write, range(number, number + 1), errno.EIO, take_half=True))
        for index in range(6):
            journal.append(_record(index))
            try:
                await journal.flush()
            except JournalError:
                failed += 1
                assert read_journal(path).cut_bytes == 0
    assert failed == 1
    await journal.flush()
    journal.close()
    assert _load(path).records == [_record(index) for index in range(6)]


async def test_a_file_whose_sync_failed_is_never_trusted_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, _ = Journal.open(path)
    journal.append(_record(0))
    await journal.flush()
    distrusted = path.stat().st_ino
    kept_open = path.open("rb")  # so that the number of the old file is not given to the new one
    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "sync_file", _Failing(journal_module.sync_file, range(1), errno.EIO))
        journal.append(_record(1))
        with pytest.raises(JournalError, match="Input/output error"):
            await journal.flush()
        assert journal.error is not None
        assert read_journal(path).records == [_record(0)]
        await journal.flush()
    kept_open.close()
    assert path.stat().st_ino != distrusted
    assert path.stat().st_mode & 0o777 == 0o600
    assert journal.error is None
    journal.close()
    assert _load(path).records == [_record(0), _record(1)]


async def test_syncs_that_go_on_failing_are_never_success(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, _ = Journal.open(path)
    journal.append(_record(0))
    await journal.flush()
    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "sync_file", _Failing(journal_module.sync_file, range(1000), errno.EIO))
        journal.append(_record(1))
        for _ in range(4):
            with pytest.raises(JournalError):
                await journal.flush()
        with pytest.raises(JournalError):
            journal.close()
    assert [entry.name for entry in path.parent.iterdir()] == ["journal.jsonl"]
    assert _load(path).records == [_record(0)]


async def test_a_cut_that_fails_too_leads_to_a_new_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, _ = Journal.open(path)
    journal.append(_record(0))
    await journal.flush()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _Failing(os.write, range(1), errno.EIO, take_half=True))
        patch.setattr(os, "ftruncate", _Failing(os.ftruncate, range(1), errno.EIO))
        journal.append(_record(1))
        with pytest.raises(JournalError):
            await journal.flush()
        assert read_journal(path).cut_bytes > 0
        await journal.flush()
    journal.close()
    assert _load(path).records == [_record(0), _record(1)]


async def test_an_unsafe_journal_does_not_take_all_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MAX_PENDING_BYTES", 1000)
    journal, _ = Journal.open(path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _Failing(os.write, range(1000), errno.ENOSPC))
        journal.append(_record(0))
        with pytest.raises(JournalError):
            await journal.flush()
        taken = 1
        with pytest.raises(JournalError, match="No space left"):
            while taken < 100:
                journal.append(_record(taken))
                taken += 1
    journal.close()
    assert len(_load(path).records) == taken


async def test_a_journal_that_was_deleted_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "state" / "journal.jsonl"
    path.parent.mkdir()
    journal, _ = Journal.open(path)
    journal.append(_record(0))
    await journal.flush()
    path.unlink()
    path.parent.rmdir()
    journal.append(_record(1))
    await journal.flush()
    journal.close()
    assert _load(path).records == [_record(0), _record(1)]


@pytest.mark.parametrize("change", ["cut", "grown", "replaced"])
async def test_a_journal_that_another_program_changed_is_left_alone(path: Path, change: str) -> None:
    journal, _ = Journal.open(path)
    journal.append(_record(0))
    await journal.flush()
    match change:
        case "cut":
            os.truncate(path, 10)
        case "grown":
            with path.open("ab") as file:
                file.write(b"x")
        case _:
            path.with_name("other").write_bytes(b"{}\n")
            path.with_name("other").replace(path)
    changed = path.read_bytes()
    journal.append(_record(1))
    with pytest.raises(JournalError, match="changed by another program"):
        await journal.flush()
    assert path.read_bytes() == changed
    with pytest.raises(JournalError, match="changed by another program"):
        journal.close()


def test_a_real_limit_of_the_system(path: Path) -> None:
    """RLIMIT_FSIZE gives a short write and then an error, as a full disk does."""
    program = """
import asyncio, resource, sys
from pathlib import Path
from codex_orch_tui.store.journal import Journal
from codex_orch_tui.store.errors import JournalError

async def main():
    journal, _ = Journal.open(Path(sys.argv[1]))
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    count = refused = 0
    while not refused:
        journal.append(b'{"seq": %d}' % count)
        count += 1
        try:
            await journal.flush()
        except JournalError:
            refused += 1
    size = Path(sys.argv[1]).read_bytes()
    assert size.endswith(b"}\\n"), size[-20:]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await journal.flush()
    journal.close()
    print(count)

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program, path], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    loaded = _load(path)
    assert [json.loads(record)["seq"] for record in loaded.records] == list(range(int(done.stdout)))
    assert loaded.notes == []


def test_kills_lose_nothing_that_was_acknowledged() -> None:
    """12 kills; the long form is `python tests/faults/journal_kills.py --kills 1000`."""
    done = subprocess.run(
        [sys.executable, KILLS, "--kills", "12", "--seed", str(os.getpid())],
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
