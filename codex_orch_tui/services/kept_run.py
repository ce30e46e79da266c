"""A run as the status cache keeps it. What is imported here is on the way of `status --json` while a run is at work."""

import json

from codex_orch_tui.domain import selectors as sel
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.secrets import redact_values
from codex_orch_tui.domain.state import State
from codex_orch_tui.services.run_status import run_status
from codex_orch_tui.store.event_codec import NAMES
from codex_orch_tui.store.status_cache import KeptRun


def kept_run(state: State, run: Run, start_bytes: int) -> KeptRun:
    """What is kept of a run.

    Args:
        state: what is known.
        run: the run.
        start_bytes: where the journal begins to tell of it.
    """
    alone = only(state, run)
    # This session's state has what was typed as it was typed; what is kept is what the journal has.
    document = redact_values(run_status(alone, run, is_held=False), names=NAMES)
    text = json.dumps(document, indent=2).encode()
    here = sel.counts(alone)
    counts = here.working, here.needs_you, here.to_review, here.queued, here.stopped, here.merged
    return KeptRun(text, counts, sel.total_tokens(alone), start_bytes)


def only(state: State, run: Run) -> State:
    """The state with one run."""
    return State(
        seq=state.seq,
        runs={run.id: run},
        tasks={ref: state.tasks[ref] for ref in run.tasks},
        approvals={name: asked for name, asked in state.approvals.items() if asked.ref.run == run.id},
        pending=tuple(asked for asked in state.pending if asked.ref.run == run.id),
        base_tips=state.base_tips,
        rate_limits=state.rate_limits,
        session_open=state.session_open,
    )
