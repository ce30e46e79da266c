"""Bytes to lines."""

from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.codex.framing import Framed, LineFramer, Spilled


def framed(blocks: list[bytes], folder: Path, limit: int = 1 << 20) -> tuple[list[bytes], list[Spilled]]:
    framer = LineFramer(spill_folder=folder, max_line_bytes=limit)
    results: list[Framed] = [framer.feed(block) for block in blocks]
    results.append(framer.finish())
    lines = [line for result in results for line in result.whole.split(b"\n")[:-1]]
    return lines, [result.spilled for result in results if result.spilled is not None]


@given(
    lines=st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"\r")), max_size=12),
    cuts=st.lists(st.integers(min_value=0, max_value=400), max_size=12),
)
def test_lines_come_out_whole_wherever_the_stream_is_cut(lines: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    blocks = [stream[start:end] for start, end in pairwise(edges)]
    assert framed(blocks, Path("unused")) == (lines, [])


def test_a_line_without_an_end_is_handed_out_at_the_end(tmp_path: Path) -> None:
    assert framed([b"one\ntw", b"o"], tmp_path) == ([b"one", b"two"], [])


def test_a_line_above_the_limit_goes_to_a_file_and_the_next_ones_are_fine(tmp_path: Path) -> None:
    blocks = [b"one\n", b"x" * 900, b"y" * 900, b"z" * 10_000, b"end\ntwo\nthr", b"ee\n", b"q" * 2000, b"\nfour\n"]
    lines, (first, second) = framed(blocks, tmp_path / "long", limit=1000)
    assert lines == [b"one", b"two", b"three", b"four"]
    whole = b"x" * 900 + b"y" * 900 + b"z" * 10_000 + b"end"
    assert first.path is not None
    assert first.path.read_bytes() == whole
    assert first.path.stat().st_mode & 0o777 == 0o600
    assert first.size_bytes == len(whole)
    assert first.head == whole[:4096]
    assert first.tail == whole[-4096:]
    assert second.path is not None
    assert second.path.read_bytes() == b"q" * 2000


def test_a_line_above_the_limit_without_an_end(tmp_path: Path) -> None:
    lines, (spilled,) = framed([b"one\n", b"x" * 5000], tmp_path, limit=1000)
    assert lines == [b"one"]
    assert spilled.size_bytes == 5000


def test_a_long_line_that_cannot_be_kept_is_counted(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    lines, (spilled,) = framed([b"x" * 5000, b"\none\n"], blocked / "long", limit=1000)
    assert lines == [b"one"]
    assert (spilled.path, spilled.size_bytes) == (None, 5000)
