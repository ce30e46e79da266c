"""The JSON document of `status`, from the whole state."""

from typing import Any

from codex_orch_tui.cli.repository_state import SeenState
from codex_orch_tui.cli.status_head import COUNTS, status_head
from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.services.run_status import rate_limit, run_status


def status_document(seen: SeenState) -> dict[str, Any]:
    """The whole document: plain values that every JSON parser takes."""
    state, counted = seen.state, sel.counts(seen.state)
    head = status_head(
        seen.root,
        seen.holder,
        [getattr(counted, name) for name in COUNTS],
        notes=seen.notes,
        tokens=sel.total_tokens(state),
        rate_limit=rate_limit(state.rate_limits),
    )
    is_held = seen.holder is not None
    return {**head, "runs": [run_status(state, run, is_held=is_held) for run in state.runs.values()]}
