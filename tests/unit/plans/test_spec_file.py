"""Specifications: row 43, and what a worker gets of one."""

import os
from pathlib import Path

import pytest

from codex_orch_tui.plans.spec_file import MAX_SPEC_BYTES, SpecError, read_spec


def told(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        read_spec(path)
    return str(caught.value).replace(f"{path.parent}/", "")


def test_text_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "spec.md"
    file.write_bytes("\ufeff\r\n# Größe\r\n\r\n\tcode\r\n\r\n".encode())
    assert read_spec(file) == "# Größe\n\n\tcode"


def test_what_cannot_be_seen_is_written_out(tmp_path: Path) -> None:
    file = tmp_path / "spec.md"
    file.write_text("Add it.\u202e\U000e0061\x9b \u200dok")
    assert read_spec(file) == "Add it.\\u{202E}\\u{E0061}\\x9b \u200dok"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"one\ntwo \xff\n", "spec.md: is not UTF-8: byte 0xff in line 2; save it as UTF-8"),
        ("größe".encode("latin-1"), "spec.md: is not UTF-8: byte 0xf6 in line 1; save it as UTF-8"),
        ("größe".encode("utf-16"), "spec.md: is UTF-16; save it as UTF-8"),
        (b"one\ntwo\n\x00", "spec.md: is not text: byte 0x00 in line 3"),
        (b"\x7fELF", "spec.md: is not text: byte 0x7f in line 1"),
        (b"", "spec.md: is empty"),
        (b" \n\t\n", "spec.md: is empty"),
        (b"x" * (MAX_SPEC_BYTES + 1), "spec.md: is longer than the 1000 KiB that are read"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_specification(tmp_path: Path, data: bytes, problem: str) -> None:
    (tmp_path / "spec.md").write_bytes(data)
    assert told(tmp_path / "spec.md") == problem


def test_places_that_hold_none(tmp_path: Path) -> None:
    folder, pipe, huge = tmp_path / "folder", tmp_path / "pipe", tmp_path / "huge"
    folder.mkdir()
    os.mkfifo(pipe)
    with huge.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    assert told(folder) == "folder: is a folder; name the file"
    assert told(pipe) == "pipe: is not a plain file"
    assert told(huge) == "huge: is longer than the 1000 KiB that are read"
    assert told(tmp_path / "none\x1b[2J.md") == "none␛[2J.md: there is no such file"
