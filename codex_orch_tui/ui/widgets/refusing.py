"""Screens on which some actions cannot be done, whatever they are about: a replay's, or one that only looks on."""

from typing import Any, Protocol, runtime_checkable

from textual.screen import Screen

from codex_orch_tui.ui.bindings import BY_ID, Action


@runtime_checkable
class Refusing(Protocol):
    """A screen that may refuse actions."""

    def why_refused(self, action: Action) -> str:
        """Why an action cannot be done here; empty when it can."""


def refused_on(screen: Screen[Any], action_id: str) -> str:
    """Why an action cannot be done on a screen; empty when it can."""
    return screen.why_refused(BY_ID[action_id]) if isinstance(screen, Refusing) else ""
