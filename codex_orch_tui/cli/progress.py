"""How a run goes, told without a screen: a line for each thing that happens, and on a terminal a bar below them.

In a pipe and in a file there are only the lines. With `--json` each event is a line of JSON instead, in the form that
schemas/event.schema.json describes.
"""

import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from codex_orch_tui.cli.event_words import belongs_to, event_lines
from codex_orch_tui.cli.out import Out
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.events import Recorded
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import ACTIVE, ASKING, ENDED, Task, TaskState
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.store.event_codec import encode
from codex_orch_tui.ui.presentation.clock import count, elapsed

_BAR_CELLS = 20
_MAX_NAME = 24
_OVER = ENDED | {TaskState.DONE}
_NOT_PLAIN = re.compile("[^ -~]")


class Teller(Protocol):
    """Tells how a run goes."""

    def take(self, recorded: Recorded, state: State) -> None:
        """Something happened; `state` is the state after it."""

    def tick(self, state: State) -> None:
        """A second has passed."""

    def close(self) -> None:
        """There is no more to come."""


class JsonLines:
    """Events as JSONL.

    Args:
        out: where they go.
        run: whose events; those of the whole repository are told too.
    """

    def __init__(self, out: Out, run: Callable[[], RunId | None]) -> None:
        self._out = out
        self._run = run

    def take(self, recorded: Recorded, state: State) -> None:  # noqa: ARG002 - see Teller
        """See `Teller`."""
        run = self._run()
        if run is None or belongs_to(recorded.event, run):
            self._out.say(json_line(encode(recorded)))

    def tick(self, state: State) -> None:
        """Nothing happened."""

    def close(self) -> None:
        """Every line is written already."""


class Lines:
    """Lines for people, and the bar where there is a terminal.

    Args:
        out: where they go.
        run: whose events.
        clock: seconds since the epoch.
    """

    def __init__(self, out: Out, run: Callable[[], RunId | None], *, clock: Callable[[], float] = time.time) -> None:
        self._out = out
        self._run = run
        self._clock = clock
        self._has_bar = False

    def take(self, recorded: Recorded, state: State) -> None:
        """See `Teller`."""
        run = self._run()
        if run is None or run not in state.runs or not belongs_to(recorded.event, run):
            return
        cells = min(_MAX_NAME, max(len(ref.task) for ref in state.runs[run].tasks))
        at = time.strftime("%H:%M:%S", time.localtime(recorded.at_s))
        lines = [
            f"{at}  {who:{cells}}  {line}" if who else f"{at}  {line}"
            for who, line in event_lines(recorded.event, state)
        ]
        if lines:
            self._wipe()
            self._out.say(*lines)
            self._draw(state)

    def tick(self, state: State) -> None:
        """See `Teller`."""
        self._draw(state)

    def close(self) -> None:
        """Takes the bar away."""
        self._wipe()

    def _draw(self, state: State) -> None:
        run = self._run()
        if self._out.is_terminal and run is not None and run in state.runs:
            self._out.write(f"\r\x1b[K{bar_line(state, state.runs[run], self._clock())[: self._out.columns - 1]}")
            self._has_bar = True

    def _wipe(self) -> None:
        if self._has_bar:
            self._out.write("\r\x1b[K")
            self._has_bar = False


def bar_line(state: State, run: Run, now_s: float) -> str:
    """The bar: how many of the run's tasks are over, what the others do, and since when."""
    tasks = sel.work_of(state, run)
    over = sum(task.state in _OVER for task in tasks)
    filled = _BAR_CELLS * over // max(1, len(tasks))
    asks = sum(approval.ref.run == run.id for approval in state.pending)
    words = Counter(_word(task) for task in tasks)
    told = [f"{words[word]} {word}" for word in ("working", "queued", "to review", "stopped", "merged") if words[word]]
    if asks:
        told.insert(0, f"! {asks} need{'s' if asks == 1 else ''} you")
    tokens = sum(task.usage.total_tokens + task.earlier_usage.total_tokens for task in tasks)
    told += [f"{count(tokens)} tokens"] if tokens else []
    bar = "#" * filled + "-" * (_BAR_CELLS - filled)
    return clean_line(f"[{bar}] {over}/{len(tasks)}  {' · '.join((*told, elapsed(now_s - run.created_at_s)))}")


def _word(task: Task) -> str:
    match task.state:
        case TaskState.DONE:
            return "to review"
        case TaskState.MERGED:
            return "merged"
        case TaskState.QUEUED:
            return "queued"
        case state if state in ACTIVE and state not in ASKING:
            return "working"
        case _ if sel.can_continue(task):
            return "stopped"
        case _:
            return ""


def json_line(record: bytes) -> str:
    """A record as a line of ASCII: every terminal, locale and reader takes it, and nothing in it is hidden."""
    text = record.decode()
    return text if text.isascii() and text.isprintable() else _NOT_PLAIN.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    data = found[0].encode("utf-16-be")
    return "".join(f"\\u{data[place]:02x}{data[place + 1]:02x}" for place in range(0, len(data), 2))
