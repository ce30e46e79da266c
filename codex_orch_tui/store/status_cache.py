"""What `status` tells of each run, as text, up to a place in the journal.

A cache and no source: it is made from the journal, says which bytes of it, and is passed over whenever it does not fit
them. Without it `status` decodes the whole journal, which takes seconds after some thousand tasks.

The file is one line of JSON and then the texts, one behind the other.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from codex_orch_tui import __version__
from codex_orch_tui.domain.ids import RunId
from codex_orch_tui.store.atomic import write_atomic
from codex_orch_tui.store.journal_pages import JournalPages

_MARK_BYTES = 4_096
_MAX_BYTES = 256 * 1024 * 1024


class KeptRun(NamedTuple):
    """A run: its JSON as if no program had the repository open, what it adds to the totals, where it begins."""

    text: bytes
    counts: tuple[int, ...]
    tokens: int
    start_bytes: int


class StatusCache(NamedTuple):
    """All runs up to `journal_bytes`, in the order of their creation, and the last rate limits."""

    journal_bytes: int
    rate_limit: dict[str, Any] | None
    runs: dict[RunId, KeptRun]


def write_status_cache(path: Path, cache: StatusCache, pages: JournalPages) -> None:
    """Keep it.

    Raises:
        StoreError: the disk did not take it, or the journal cannot be read.
    """
    body = b"".join(run.text for run in cache.runs.values())
    head = {
        "version": __version__,
        "journal_bytes": cache.journal_bytes,
        "mark": _mark(pages, cache.journal_bytes),
        "rate_limit": cache.rate_limit,
        "runs": [[name, len(run.text), *run[1:]] for name, run in cache.runs.items()],
        "crc": crc32(body),
    }
    write_atomic(path, json.dumps(head).encode() + b"\n" + body)


def read_status_cache(path: Path, pages: JournalPages) -> StatusCache | None:
    """What is kept; None when nothing is, or not by this version, or not of this journal.

    Raises:
        JournalError: the journal cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = json.loads(file.readline(_MAX_BYTES))
            body = file.read(_MAX_BYTES)
        if head["version"] != __version__ or head["crc"] != crc32(body):
            return None
        journal_bytes = int(head["journal_bytes"])
        if journal_bytes > pages.size_bytes or head["mark"] != _mark(pages, journal_bytes):
            return None
        runs, at = {}, 0
        for name, length, counts, tokens, start_bytes in head["runs"]:
            runs[RunId(name)] = KeptRun(body[at : at + length], tuple(counts), tokens, start_bytes)
            at += length
        return StatusCache(journal_bytes, head["rate_limit"], runs)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _mark(pages: JournalPages, end_bytes: int) -> int:
    """What tells this journal from another one: its bytes before that place, with their times and numbers."""
    start = max(0, end_bytes - _MARK_BYTES)
    return crc32(pages.raw(start, end_bytes - start))
