"""Reads a specification: UTF-8 text that every worker of a run gets."""

import codecs
import re
from pathlib import Path

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.plans.named_file import read_named
from codex_orch_tui.plans.plain_text import visible

MAX_SPEC_BYTES = 1_000 * 1_024
"""It goes into every prompt, and Codex takes about a million characters at once."""

_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class SpecError(Exception):
    """A specification that cannot be used: one clean sentence with the file's name."""


def read_spec(path: Path) -> str:
    """The text, with every character that cannot be seen as a visible escape.

    Raises:
        SpecError: It is missing, a folder, no text, not UTF-8, empty or too long.
    """
    try:
        data = read_named(path, MAX_SPEC_BYTES)
    except ValueError as error:
        raise _failed(path, str(error)) from error
    if data.startswith(_UTF_16):
        raise _failed(path, "is UTF-16; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _failed(path, f"is not UTF-8: byte 0x{data[error.start]:02x} in line {line}; save it as UTF-8") from None
    if found := _NOT_TEXT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _failed(path, f"is not text: byte 0x{ord(found.group()):02x} in line {line}")
    text = visible(text)
    if not text.strip():
        raise _failed(path, "is empty")
    return text


def _failed(path: Path, message: str) -> SpecError:
    return SpecError(clean_line(f"{path}: {message}"))
