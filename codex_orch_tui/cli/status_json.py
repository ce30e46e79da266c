"""The JSON document of `status`: schema 1. Fields may be added; a change of meaning needs a new version."""

from typing import Any

from codex_orch_tui import __version__
from codex_orch_tui.cli.repository_state import SeenState
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.services.run_status import run_status
from codex_orch_tui.services.status_keeper import rate_limit

SCHEMA_VERSION = 1


def status_document(seen: SeenState) -> dict[str, Any]:
    """The whole document: plain values that every JSON parser takes."""
    state, holder = seen.state, seen.holder
    counted = sel.counts(state)
    return {
        "schema_version": SCHEMA_VERSION,
        "program_version": __version__,
        "repository": str(seen.root),
        "open_in": None
        if holder is None
        else {"pid": holder.pid or None, "host": holder.host, "since_s": holder.started_at_s or None},
        "notes": list(seen.notes),
        "counts": {
            "working": counted.working,
            "needs_you": counted.needs_you,
            "to_review": counted.to_review,
            "queued": counted.queued,
            "stopped": counted.stopped,
            "merged": counted.merged,
        },
        "tokens": sel.total_tokens(state),
        "rate_limit": rate_limit(state.rate_limits),
        "runs": [run_status(state, run, is_held=holder is not None) for run in state.runs.values()],
    }
