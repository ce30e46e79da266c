"""`status --watch`: the same again and again, of what was added to the journal since the last time."""

import os
import sys
import time
from collections.abc import Iterator

from codex_orch_tui.cli.commands import Place
from codex_orch_tui.cli.failure import unreadable
from codex_orch_tui.cli.location import located
from codex_orch_tui.cli.output import say
from codex_orch_tui.cli.repository_state import SeenState, read_state
from codex_orch_tui.cli.status_text import status_text
from codex_orch_tui.domain.events import Recorded
from codex_orch_tui.domain.reducer import reduce_all
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.event_codec import NewerSchemaError, RecordError, decode
from codex_orch_tui.store.journal_file import read_journal
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.store.lock import holder_of

_HOME_AND_CLEAR = "\x1b[H\x1b[J"


def watch_status(place: Place, run: str | None, *, as_json: bool, interval_s: float) -> int:
    """Tell it until the person ends it: on a terminal in the same place, in a pipe whenever it is another.

    Raises:
        CommandFailedError: not a repository, no such run, or the state cannot be read.
        KeyboardInterrupt: the person ended it.
    """
    is_terminal = sys.stdout.isatty() and os.environ.get("TERM", "") not in {"", "dumb"}
    told = ""
    for seen in _looks(place, interval_s):
        text = status_text(seen, run, as_json=as_json, indent=None)
        if is_terminal and not as_json:
            sys.stdout.write(_HOME_AND_CLEAR)
            say(text)
        elif text != told:
            say(*(("",) if told and not as_json else ()), text)
        sys.stdout.flush()
        told = text
    return 0


def _looks(place: Place, interval_s: float) -> Iterator[SeenState]:
    """The state now, and again after each interval.

    Raises:
        CommandFailedError: the state cannot be read any more.
    """
    location = located(place.repo)
    layout = Layout(location.main_worktree, location.git_folder)
    end_bytes = _end_of(layout)
    seen = read_state(place)
    while True:
        yield seen
        time.sleep(interval_s)
        try:
            added = read_journal(layout.journal, end_bytes)
            state = reduce_all(seen.state, _events(added.records, seen.state.seq))
        except NewerSchemaError as error:
            raise unreadable(error) from error
        except StoreError:  # another journal is there now
            end_bytes, seen = _end_of(layout), read_state(place)
            continue
        try:
            holder = holder_of(*layout.locks)
        except StoreError as error:
            raise unreadable(error) from error
        seen = SeenState(root=seen.root, state=state, holder=holder, notes=seen.notes)
        end_bytes = max(end_bytes, added.end_bytes)


def _end_of(layout: Layout) -> int:
    """Where the records end. Taken before they are read: what comes in between is read twice and counted once."""
    try:
        return read_journal(layout.journal).end_bytes
    except StoreError as error:
        raise unreadable(error) from error


def _events(records: list[bytes], after_seq: int) -> Iterator[Recorded]:
    for record in records:
        try:
            recorded = decode(record)
        except NewerSchemaError:
            raise
        except RecordError:
            continue
        if recorded.seq > after_seq:
            yield recorded
