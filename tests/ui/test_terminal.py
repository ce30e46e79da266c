"""The terminal is given back whatever ends the program: real processes in real ptys."""

import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path

import psutil
import pytest

from codex_orch_tui.ui.tty import why_no_screen

ROOT = Path(__file__).parents[2]
LEFT_SCREEN = b"\x1b[?1049l"
CURSOR_SHOWN = b"\x1b[?25h"


class Child:
    """A screen in a pty that is its controlling terminal, unless told otherwise."""

    def __init__(self, *arguments: str, controls: bool = True) -> None:
        self.master, self.slave = pty.openpty()
        ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.settings = termios.tcgetattr(self.slave)
        self.seen = b""

        def take_terminal() -> None:
            if controls:
                ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.ui.terminal_child", *arguments],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
            preexec_fn=take_terminal,  # noqa: PLW1509 - no thread runs yet
        )

    def read(self, timeout_s: float = 0.05) -> None:
        if self.master >= 0 and select.select([self.master], [], [], timeout_s)[0]:
            try:
                self.seen += os.read(self.master, 65536)
            except OSError:
                time.sleep(timeout_s)

    def until(self, condition: Callable[[], object], timeout_s: float = 15) -> None:
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            self.read()
            assert time.monotonic() < deadline_s, self.seen[-800:]

    def until_seen(self, text: bytes) -> None:
        self.until(lambda: text in self.seen)

    def until_quiet(self) -> None:
        """The start has ended: keys reach what has the focus."""
        before = -1
        while before != len(self.seen):
            before = len(self.seen)
            self.read(0.2)

    def code(self) -> int:
        """The exit code, with everything read that was written."""
        self.until(lambda: self.process.poll() is not None)
        self.read(0)
        return self.process.returncode

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def hang_up(self) -> None:
        os.close(self.slave)
        os.close(self.master)
        self.master = -1

    def is_restored(self) -> bool:
        return (
            self.seen.rfind(LEFT_SCREEN) > self.seen.rfind(b"\x1b[?1049h")
            and CURSOR_SHOWN in self.seen
            and termios.tcgetattr(self.slave) == self.settings
        )


@contextmanager
def child(*arguments: str, controls: bool = True) -> Iterator[Child]:
    made = Child(*arguments, controls=controls)
    try:
        made.until_seen(b"Tasks")
        if arguments[0] != "lend":
            made.until_quiet()
        yield made
    finally:
        if made.process.poll() is None:
            made.process.kill()
        made.process.wait()
        if made.master >= 0:
            os.close(made.master)
            os.close(made.slave)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGINT])
def test_a_signal_restores_the_terminal(number: signal.Signals) -> None:
    with child("rest") as screen:
        screen.process.send_signal(number)
        assert screen.code() == 128 + number
        assert screen.is_restored()


@pytest.mark.parametrize("controls", [True, False])
def test_a_closed_terminal_ends_the_program(controls: bool) -> None:
    with child("rest", controls=controls) as screen:
        screen.hang_up()
        assert screen.process.wait(timeout=10) == 128 + signal.SIGHUP


def test_bytes_that_are_no_text_do_no_harm_and_q_leaves() -> None:
    with child("rest") as screen:
        screen.type(b"\xff\xfe\x80\x00")
        screen.type(b"q")
        assert screen.code() == 0
        assert screen.is_restored()


def test_a_crash_restores_the_terminal_and_tells_no_locals() -> None:
    with child("crash") as screen:
        screen.type(b"3")
        assert screen.code() == 1
        assert screen.is_restored()
        assert b"this log is broken" in screen.seen
        assert b"locals" not in screen.seen


def test_suspend_and_continue() -> None:
    with child("rest") as screen:
        process = psutil.Process(screen.process.pid)
        screen.type(b"\x1a")
        screen.until(lambda: process.status() == psutil.STATUS_STOPPED)
        screen.until(screen.is_restored)
        screen.seen = b""
        screen.process.send_signal(signal.SIGCONT)
        screen.until_seen(b"Tasks")
        screen.type(b"q")
        assert screen.code() == 0


def test_an_editor_gets_the_terminal_and_gives_it_back(scratch: Path) -> None:
    """While it has it, nothing is painted, the loop does not block, and its ctrl+c is its own."""
    editor = scratch / "editor"
    editor.write_text(
        '#!/bin/sh\ntrap "printf caught" INT\nprintf "in %s" "$PWD"\nread line\nread line\nprintf "got $line"\n'
    )
    editor.chmod(0o755)
    with child("lend", str(scratch)) as screen:
        screen.type(b"e")
        screen.until_seen(b"in " + str(scratch).encode())
        assert screen.is_restored()
        screen.seen = b""
        time_over = time.monotonic() + 0.6
        while time.monotonic() < time_over:
            screen.read()
        assert screen.seen == b""
        screen.type(b"\x03")
        screen.until_seen(b"caught")
        screen.type(b"hello\n")
        screen.until_seen(b"got hello")
        screen.until_seen(b"Tasks")
        screen.type(b"q")
        assert screen.code() == 0


def test_no_screen_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tty:
        def isatty(self) -> bool:
            return True

    assert "this is none" in why_no_screen({"TERM": "xterm"})
    monkeypatch.setattr(sys, "__stdin__", Tty())
    monkeypatch.setattr(sys, "__stderr__", Tty())
    assert why_no_screen({"TERM": "xterm"}) == ""
    assert "TERM='dumb'" in why_no_screen({"TERM": "dumb"})
