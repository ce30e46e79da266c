"""What an approval is about, as a fingerprint: a yes counts for what was shown and for nothing else.

A command may name files, scripts among them, that can change while the question is open. Their content is taken with
the command's text; where a file is too large to be read in a moment, its size, time and identity stand for it. A script
may still read files that its command does not name: the card says so, a fingerprint cannot.
"""

import json
import os
import re
import shlex
import stat
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import islice

from codex_orch_tui.domain.approval import ApprovalRequest
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.values import dataclass

MAX_READ_BYTES = 4 * 1024 * 1024
"""Larger files are told apart by size, time of change and inode."""
MAX_READ_FILES = 64
"""So are all after these."""
MAX_FOLDERS = 8
MAX_NAMES_BELOW = 256
"""Folders that a command names (`cd tools && sh x.sh`), and the names that are looked for in them too."""
_MOVED = " → "
_PIECE = re.compile(r"[^\s'\"`;&|<>()$=,\\]+")


@dataclass(frozen=True, slots=True)
class Subject:
    """A fingerprint: the request's own text, and the state of each file that it names."""

    text: str
    files: Mapping[str, str]

    @property
    def sha256(self) -> str:
        """One number for all of it, in hex."""
        return sha256(json.dumps([self.text, sorted(self.files.items())]).encode()).hexdigest()

    def changed_since(self, shown: "Subject") -> tuple[str, ...]:
        """The files that are not what they were, by cleaned path."""
        names = [name for name in {**shown.files, **self.files} if shown.files.get(name) != self.files.get(name)]
        return tuple(clean_line(name) for name in sorted(names))


def subject_of(request: ApprovalRequest, worktree: str = "") -> Subject:
    """The fingerprint of a request now. Reads files: call it off the event loop.

    Args:
        request: The request.
        worktree: The folder of the task, where one without a folder of its own stands; empty: not known.
    """
    raw = _raw(request.raw_json)
    cwd = str(raw.get("cwd") or worktree)
    command = str(raw.get("command") or "")
    named = _words(command) if command else (path for edit in request.files for path in edit.path.split(_MOVED))
    text = sha256(json.dumps([raw, [(e.path, e.diff) for e in request.files]], sort_keys=True).encode()).hexdigest()
    return Subject(text, dict(_states(cwd, named)))


def _raw(raw_json: str) -> dict[str, object]:
    try:
        raw = json.loads(raw_json)
    except ValueError:
        return {}
    return raw if isinstance(raw, dict) else {}


def _words(command: str, depth: int = 3) -> Iterator[str]:
    """Whatever in the command could be a path: its words as a shell reads them, and any piece between two signs.

    A word with blanks may be a command line of its own, as behind `bash -c`; it is looked into `depth` times.
    """
    yield from _PIECE.findall(command)
    try:
        words = shlex.split(command)
    except ValueError:
        return
    for word in words:
        yield word
        if depth and word != command and any(char.isspace() for char in word):
            yield from _words(word, depth - 1)


def _states(cwd: str, named: Iterable[str]) -> Iterator[tuple[str, str]]:
    read = 0
    names = tuple(dict.fromkeys(named))
    for name in (*names, *_below(cwd, names)):
        state = _state(os.path.join(cwd, name), may_read=read < MAX_READ_FILES)  # noqa: PTH118 - any text
        if state is not None:
            yield name, state
            read += 1


def _below(cwd: str, names: tuple[str, ...]) -> Iterator[str]:
    """The names once more, in the folders that the command names: it may go there first."""
    folders = (name for name in names if name.strip("./") and os.path.isdir(os.path.join(cwd, name)))  # noqa: PTH112, PTH118
    for folder in islice(folders, MAX_FOLDERS):
        yield from (os.path.join(folder, name) for name in names[:MAX_NAMES_BELOW])  # noqa: PTH118 - any text


def _state(path: str, *, may_read: bool) -> str | None:
    """What a plain file is now; None for what is none. Bounded, whatever is put in its place meanwhile."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - any text; to open a device may do something
            return None
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                return None
            if may_read and info.st_size <= MAX_READ_BYTES:
                return sha256(file.read(MAX_READ_BYTES + 1)).hexdigest()
            return f"{info.st_dev}:{info.st_ino}:{info.st_size}:{info.st_mtime_ns}"
    except (OSError, ValueError):
        return None
