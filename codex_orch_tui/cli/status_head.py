"""What the JSON document of `status` says before its runs: schema 1.

Fields may be added; a change of meaning needs a new version.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from codex_orch_tui import __version__
from codex_orch_tui.store.lock import Holder

SCHEMA_VERSION = 1
COUNTS = ("working", "needs_you", "to_review", "queued", "stopped", "merged")
"""The names of the counts, in the order in which the status cache keeps them."""


def status_head(
    root: Path,
    holder: Holder | None,
    counts: Iterable[int],
    *,
    notes: Iterable[str] = (),
    tokens: int,
    rate_limit: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """All but the runs, which come last.

    Args:
        root: The main worktree.
        holder: The program that has the repository open.
        counts: How many tasks are where, by `COUNTS`.
        notes: What is odd about the state.
        tokens: Of all threads.
        rate_limit: As `run_status.rate_limit` tells it.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "program_version": __version__,
        "repository": str(root),
        "open_in": None
        if holder is None
        else {"pid": holder.pid or None, "host": holder.host, "since_s": holder.started_at_s or None},
        "notes": list(notes),
        "counts": dict(zip(COUNTS, counts, strict=True)),
        "tokens": tokens,
        "rate_limit": rate_limit,
    }
