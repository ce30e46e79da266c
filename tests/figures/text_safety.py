"""Texts that mean to command a terminal, through every widget that shows a foreign text, read from a pty.

Half of them go through the door that decoding uses (domain/terminal_text.py), as all texts do; the other half is put
into the state as it is, so that nothing but the second net (ui/line_filter.py) holds it. The same screens are shown
with plain words too: what they send then is what we make ourselves, and nothing else may come.
"""

import contextlib
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path
from typing import Any

from codex_orch_tui.domain.terminal_text import clean_line, is_clean
from tests.figures.hostile_strings import hostile_strings
from tests.figures.shown_text import BATCH, SCENES, SIZE

ROOT = Path(__file__).parents[2]
STRINGS = 10_000
PATIENCE_S = 3_600.0
_PLAIN = "words, plain words"
_PROCESSES = 2
_TOKEN = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
    r"|[\x00-\x1f\x7f-\x9f]"
    r"|[^\x00-\x1f\x7f-\x9f]+"
)
_MARK = re.compile(rb"\x1b\]1337;(\w+)\x1b\\")
_NAME = re.compile(r"q(\d{5})")
_COLOUR = re.compile(r"[34]8;2;\d+;\d+;\d+")
_TITLE = re.compile(r"\x1b\]0;(?:\(\d+\) )?([^;]*) - codex-orch-tui\x1b\\")
_NOTIFICATION = re.compile(r"\x1b\]9;codex-orch-tui: ([^;]*)\x1b\\")
_ATTRIBUTES = frozenset(f"style {number}" for number in ("", 0, 1, 2, 3, 4, 7, 9))
"""Styles of ours that plain words need not have: never concealed (8) or blinking (5)."""


@dataclass(slots=True)
class Seen:
    """What one scene sent over all batches."""

    kinds: set[str] = field(default_factory=set)
    strings: set[int] = field(default_factory=set)


def run(strings: int = STRINGS) -> dict[str, Any]:
    """The figure: kinds of bytes that we did not make, by scene; none may be there."""
    made = hostile_strings(strings)
    half = len(made) // 2
    named = [f"q{number:05} {text}" for number, text in enumerate(made)]
    shown = [*map(clean_line, named[:half]), *named[half:]]
    parts = [_batches(shown[at::_PROCESSES]) for at in range(_PROCESSES)]
    plain = _batches([f"q{number:05} {_PLAIN}" for number in range(BATCH)])
    with ThreadPoolExecutor(_PROCESSES) as pool:
        ours, *seen = pool.map(_played, (plain, *parts))
    forbidden = _forbidden(ours, seen)
    hidden = {
        scene.__name__: missing
        for scene in SCENES
        if scene.__name__ != "done"
        and (missing := strings - len(set[int]().union(*(each[scene.__name__].strings for each in seen))))
    }
    return {
        "strings": strings,
        "through_the_door": half,
        "held_by_the_net_alone": strings - half,
        "scenes": len(SCENES) - 1,
        "forbidden": sum(map(len, forbidden.values())),
        "kinds": forbidden,
        "not_painted": hidden,
        "goal": 0,
        "holds": not forbidden and not hidden,
    }


def kinds_of(output: str) -> set[str]:
    """What of an output a terminal obeys, told apart as far as it matters, and characters that nobody may send."""
    found: set[str] = set()
    for token in _TOKEN.findall(output):
        if token.startswith("\x1b[") and token.endswith("m"):
            found.update(f"style {part}" for part in _COLOUR.sub("colour", token[2:-1]).split(";"))
        elif place := re.fullmatch(r"\x1b\[(\d+);(\d+)H", token):
            inside = int(place[1]) <= SIZE[0] + 1 and int(place[2]) <= SIZE[1] + 1
            found.add("cursor" if inside else token)
        elif told := _TITLE.fullmatch(token):
            found.add("title" if is_clean(told[1]) else token)
        elif told := _NOTIFICATION.fullmatch(token):
            found.add("notification" if is_clean(told[1]) else token)
        elif token[0] < " " or "\x7f" <= token[0] <= "\x9f":
            found.add(token)
        elif not is_clean(token):
            found.update(char for char in token if not is_clean(char))
    return found


def _forbidden(ours: Mapping[str, Seen], seen: Sequence[Mapping[str, Seen]]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for each in seen:
        for scene, what in each.items():
            found[scene] |= what.kinds - ours[scene].kinds - _ATTRIBUTES
    return {scene: sorted(map(repr, kinds)) for scene, kinds in found.items() if kinds}


def _batches(strings: Sequence[str]) -> list[Sequence[str]]:
    return [strings[at : at + BATCH] for at in range(0, len(strings), BATCH)]


def _played(batches: Sequence[Sequence[str]]) -> dict[str, Seen]:
    """What each scene sent; looked at while it comes, as all of it together is gigabytes.

    Raises:
        RuntimeError: the screen ended in another way than it should.
    """
    scenes: dict[str, Seen] = defaultdict(Seen)
    with tempfile.TemporaryDirectory(prefix="text-") as folder:
        file = Path(folder) / "strings.json"
        file.write_text(json.dumps(batches), encoding="ascii")
        for scene, sent in _scenes([sys.executable, "-m", "tests.figures.shown_text", str(file)], Path(folder)):
            scenes[scene].kinds |= kinds_of(sent)
            scenes[scene].strings.update(map(int, _NAME.findall(sent)))
    return scenes


def _scenes(command: Sequence[str], home: Path) -> Iterator[tuple[str, str]]:
    """What a program sends to its terminal, from each mark to the next one: the mark's name and what followed.

    Raises:
        RuntimeError: the program ended in another way than it should.
    """
    name, sent = "", bytearray()
    with _running(command, home) as (process, terminal):
        while block := _read(terminal):
            sent += block
            while (mark := _MARK.search(sent)) is not None:
                if name:
                    yield name, sent[: mark.start()].decode("utf-8", "surrogateescape")
                name = mark[1].decode()
                del sent[: mark.end()]
        if process.wait() or name != "end":
            told = sent[-3000:].decode("utf-8", "replace")
            raise RuntimeError(f"the screen ended with {process.returncode}; the end of what it sent:\n{told}")


@contextlib.contextmanager
def _running(command: Sequence[str], home: Path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """A program in a terminal of its own, with which it ends, and the other end of that terminal."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
    }
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    process = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - nothing of ours runs in between
    )
    os.close(slave)
    overdue = threading.Timer(PATIENCE_S, process.kill)
    overdue.start()
    try:
        yield process, master
    finally:
        overdue.cancel()
        os.close(master)
        process.wait()


def _read(terminal: int) -> bytes:
    """The next block; empty at the end."""
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end was closed
        return b""
