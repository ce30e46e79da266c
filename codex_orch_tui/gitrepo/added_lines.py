"""The lines that a patch adds, file by file: what a file already held is nobody's fault now."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from codex_orch_tui.domain.terminal_text import clean_name

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")

_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_UNESCAPED = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}


@dataclass(frozen=True, slots=True)
class AddedLine:
    """A line of the new file. `number` counts from 1; `text` is as it stands there."""

    path: str
    number: int
    text: str


def added_lines(patch: bytes) -> Iterator[AddedLine]:
    """The added lines of a unified diff as git writes it.

    Hunks are counted out: a line that was added may look like the head of the next file.
    """
    path = ""
    old_left = new_left = number = 0
    for line in patch.split(b"\n"):
        if old_left or new_left:
            sign = line[:1]
            if sign == b"+":
                yield AddedLine(path, number, line[1:].decode("utf-8", "replace"))
            number += sign in {b"+", b" "}
            new_left -= sign in {b"+", b" "}
            old_left -= sign in {b"-", b" "}
        elif line.startswith(b"+++ "):
            path = _path(line[4:])
        elif (hunk := _HUNK.match(line)) is not None:
            old_left, number, new_left = int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)


def _path(name: bytes) -> str:
    """Git quotes odd names as C does, and ends those with blanks in them with a tab."""
    name = name.removesuffix(b"\t")
    if name.startswith(b'"'):
        name = _ESCAPE.sub(_unescaped, name[1:-1])
    return clean_name(name.removeprefix(b"b/"))


def _unescaped(found: re.Match[bytes]) -> bytes:
    what = found[1]
    return bytes([int(what, 8)]) if len(what) == 3 else _UNESCAPED.get(what, what)
