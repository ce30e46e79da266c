"""The line of keys of the main screen: what acts now."""

from typing import TYPE_CHECKING

from codex_orch_tui.ui.bindings import BY_ID, keys_of
from codex_orch_tui.ui.key_names import key_label
from codex_orch_tui.ui.presentation.available import FOR_RUNS, why_not
from codex_orch_tui.ui.widgets.status_bar import KeyHint

if TYPE_CHECKING:
    from codex_orch_tui.ui.screens.main import MainScreen

_LOG_FIRST = ("log.next", "log.previous", "log.end_search", "log.raw", "log.follow", "log.search", "log.newest")
"""What stays longest in the line while the log has the focus."""
_BESIDE_CARD = ("go.", "program.", "replay.")


def keys_now(screen: "MainScreen") -> list[KeyHint]:
    """The keys of whatever has the focus; none while a dialog or a line to write in takes them and tells its own."""
    takes_letters = screen.focused is not None and screen.focused.check_consume_key("n", "n")
    if screen.app.screen is not screen or takes_letters:
        return []
    in_log = screen.focused is screen.log_pane.log_view
    keymap = screen.orchestrator.config.keymap
    seen: dict[str, KeyHint] = {}
    for active in screen.active_bindings.values():
        action = BY_ID.get(active.binding.id or "")
        if action is None or action.id in seen:
            continue
        if screen.why_refused(action):
            continue
        rank = 1 if in_log and action.id in _LOG_FIRST else action.rank
        if rank:
            of_run = action.id in FOR_RUNS and screen.marked_run is not None
            reason = "" if of_run else why_not(action.id, screen.state, screen.acts_on)
            seen[action.id] = KeyHint(key_label(keys_of(action.id, keymap)[0]), action.description, rank, not reason)
    answering = any(name.startswith("approval.") for name in seen)
    # The card lists its own keys.
    order = [name for name in BY_ID if name in seen and (not answering or name.startswith(_BESIDE_CARD))]
    if in_log:
        order.sort(key=lambda name: _LOG_FIRST.index(name) if name in _LOG_FIRST else len(_LOG_FIRST))
    return [seen[name] for name in order]
