"""`status --json` from what the last session kept, and from what happened since: without decoding the whole journal.

The text is the same, byte for byte, as that of `status_json`. Whatever is odd leaves the work to that one.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from codex_orch_tui.cli.commands import Place
from codex_orch_tui.cli.location import located
from codex_orch_tui.cli.status_head import COUNTS, status_head
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.journal_pages import JournalPages, runs_of
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.store.lock import holder_of
from codex_orch_tui.store.status_cache import KeptRun, StatusCache, read_status_cache

if TYPE_CHECKING:
    from codex_orch_tui.domain.events import Recorded


class _Odd(Exception):  # noqa: N818 - not an error
    """The other way has to tell it."""


def quick_status(place: Place) -> str | None:
    """The whole document as text; None when nothing is kept that it can be made from.

    Raises:
        CommandFailedError: not a repository.
    """
    location = located(place.repo)
    layout = Layout(location.main_worktree, location.git_folder)
    try:
        holder = holder_of(*layout.locks)
        pages = JournalPages(layout.journal)
    except (FileNotFoundError, StoreError):
        return None
    try:
        kept = read_status_cache(layout.status_cache, pages)
        if kept is None:
            return None
        cache = _brought_up_to_date(kept, pages)
    except (StoreError, _Odd):
        return None
    finally:
        pages.close()
    runs = cache.runs.values()
    head = status_head(
        location.main_worktree,
        holder,
        [sum(run.counts[at] for run in runs) for at in range(len(COUNTS))],
        tokens=sum(run.tokens for run in runs),
        rate_limit=cache.rate_limit,
    )
    text = b",\n".join(b"    " + run.text.replace(b"\n", b"\n    ") for run in runs)
    if holder is not None:
        # Inside of a text the quotes are escaped, so only the field itself is met.
        text = text.replace(b'"cut_off": true', b'"cut_off": false')
    whole = json.dumps({**head, "runs": []}, indent=2)
    return whole.removesuffix("[]\n}") + f"[\n{text.decode()}\n  ]\n}}" if runs else whole


def _brought_up_to_date(kept: StatusCache, pages: JournalPages) -> StatusCache:
    """With the runs that something happened to since.

    Raises:
        _Odd: there is something in the journal that has to be told.
    """
    touched: dict[RunId, int] = {}
    limits: bytes | None = None
    for record, start in _records(pages, kept.journal_bytes):
        runs = runs_of(record)
        if runs:
            for run in runs:
                touched.setdefault(run, kept.runs[run].start_bytes if run in kept.runs else start)
        elif b'"type":"RateLimitsUpdated"' in record[:200]:
            limits = record
        elif b'"type":"Session' not in record[:200]:
            raise _Odd
    rate_limit: dict[str, Any] | None = kept.rate_limit
    if limits is not None:
        data = json.loads(limits)["data"]
        rate_limit = {"used_percent": data["used_percent"], "resets_at_s": data.get("resets_at_s")}
    if not touched:
        return StatusCache(kept.journal_bytes, rate_limit, kept.runs)
    return StatusCache(kept.journal_bytes, rate_limit, {**kept.runs, **_read_again(pages, touched)})


def _read_again(pages: JournalPages, touched: dict[RunId, int]) -> dict[RunId, KeptRun]:
    from codex_orch_tui.domain.reducer import reduce_all
    from codex_orch_tui.domain.state import State
    from codex_orch_tui.services.kept_run import kept_run

    state = reduce_all(State(), _events(pages, touched))
    return {run.id: kept_run(state, run, touched[run.id]) for run in state.runs.values() if run.id in touched}


def _events(pages: JournalPages, runs: dict[RunId, int]) -> "Iterator[Recorded]":
    from codex_orch_tui.store.event_codec import RecordError, decode

    wanted = runs.keys()
    for record, _ in _records(pages, min(runs.values())):
        if not wanted.isdisjoint(runs_of(record)):
            try:
                yield decode(record)
            except RecordError as error:
                raise _Odd from error


def _records(pages: JournalPages, start_bytes: int) -> Iterator[tuple[bytes, int]]:
    """The records from a place on, each with where its line begins."""
    offset = start_bytes
    while (page := pages.page(offset)).records or page.damage:
        if page.damage:
            raise _Odd
        for record, end in page.records:
            yield record, offset
            offset = end
