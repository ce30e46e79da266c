"""Each command that ran in the demo, and who or what allowed it."""

from codex_orch_tui.domain.allowance import AllowanceKind
from codex_orch_tui.domain.approval import DECIDER_WORDS, Decider
from codex_orch_tui.domain.history import HistoryEntries, HistoryEntry, ran_commands
from codex_orch_tui.domain.state import State

SCRIPT = "the demo's script"
"""What the calling program is here: it plays the person."""


def demo_commands(state: State) -> tuple[HistoryEntry, ...]:
    """The commands that ran, oldest first."""
    return tuple(reversed(ran_commands(HistoryEntries().newest_first(state))))


def is_explained(entry: HistoryEntry) -> bool:
    """It is known who or what allowed it."""
    return entry.allowance is not None and entry.allowance.kind is not AllowanceKind.NOT_KNOWN


def explained(entry: HistoryEntry) -> str:
    """The command and who or what allowed it, in two lines."""
    allowed = entry.allowance.text if entry.allowance is not None else "not known"
    if entry.allowance is not None and entry.allowance.by is Decider.CALLER:
        allowed = allowed.replace(DECIDER_WORDS[Decider.CALLER], SCRIPT)
    return f"$ {entry.title}\n    {allowed}"
