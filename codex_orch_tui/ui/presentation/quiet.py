"""Workers that have reported nothing for a while: what stands where they otherwise are called working."""

from collections.abc import Mapping

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.ui.presentation.clock import roughly

Quiet = Mapping[TaskRef, str]
"""The word of each task whose worker is quiet."""
NOBODY: Quiet = {}


def quiet_words(since_s: Mapping[TaskRef, float], now_s: float) -> Quiet:
    """Since when each of them is quiet, in words that stay the same for a minute: `quiet 3m`."""
    return {ref: f"quiet {roughly(now_s - then_s)}" for ref, then_s in since_s.items()}
