"""What the doctor finds of the terminal."""

import os
import sys
from collections.abc import Iterator, Mapping
from functools import partial

from codex_orch_tui.services.finding import Area, Finding, Verdict
from codex_orch_tui.ui.tty import why_no_screen

SMALLEST = (60, 16)
"""Columns and lines below which the screen shows a sentence only."""

_finding = partial(Finding.of, Area.TERMINAL)


def terminal_findings(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Look at the terminal as far as its environment tells."""
    reason = why_no_screen(environ)
    if reason:
        yield _finding("terminal", "terminal", Verdict.WARN, reason)
    else:
        inside = " in tmux" if environ.get("TMUX") else " in screen" if environ.get("STY") else ""
        remote = " over ssh" if environ.get("SSH_CONNECTION") else ""
        yield _finding("terminal", "terminal", Verdict.OK, f"TERM={environ.get('TERM', '')}{inside}{remote}")
        if remote and not inside:
            told = "when this ssh connection drops, the screen ends and running turns are interrupted"
            yield _finding("connection", "connection", Verdict.WARN, told, "start it inside tmux or screen")
        yield _size()
    yield _colours(environ)
    yield _encoding(environ)


def _size() -> Finding:
    try:
        columns, lines = os.get_terminal_size(sys.__stderr__.fileno() if sys.__stderr__ else 2)
    except OSError as error:
        return _finding("size", "size", Verdict.WARN, f"it cannot be told: {error.strerror}")
    size = f"{columns} columns, {lines} lines"
    if columns < SMALLEST[0] or lines < SMALLEST[1]:
        step = f"at least {SMALLEST[0]} columns and {SMALLEST[1]} lines; from 120 columns on all panes are shown"
        return _finding("size", "size", Verdict.WARN, f"{size} are too few for the screen", step)
    panes = "all panes side by side" if columns >= 120 else "one pane at a time; all of them from 120 columns on"
    return _finding("size", "size", Verdict.OK, f"{size}: {panes}")


def _colours(environ: Mapping[str, str]) -> Finding:
    if "NO_COLOR" in environ:
        return _finding("colours", "colours", Verdict.OK, "none, as NO_COLOR is set; signs and words tell the states")
    term = environ.get("TERM", "")
    if environ.get("COLORTERM", "") in {"truecolor", "24bit"} or "direct" in term:
        return _finding("colours", "colours", Verdict.OK, "16 million")
    if "256" in term:
        return _finding("colours", "colours", Verdict.OK, "256; with COLORTERM=truecolor themes look as they are meant")
    return _finding("colours", "colours", Verdict.WARN, "16 as far as TERM tells", "TERM=xterm-256color, if it can")


def _encoding(environ: Mapping[str, str]) -> Finding:
    told = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    if "utf-8" in told.lower() or "utf8" in told.lower():
        return _finding("encoding", "characters", Verdict.OK, told)
    found = f"the locale is {told or 'not set'}, which does not say UTF-8: signs may come out wrong"
    return _finding("encoding", "characters", Verdict.WARN, found, "set LANG=C.UTF-8, or ascii_glyphs: true")
