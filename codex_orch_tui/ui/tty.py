"""Whether this terminal can hold the screen. Imports nothing of the screen, so the command line may ask first."""

import sys
from collections.abc import Mapping


def why_no_screen(environ: Mapping[str, str]) -> str:
    """Why the screen cannot be shown, in one sentence for the person; empty when it can.

    Args:
        environ: the environment, for TERM.
    """
    if not (sys.__stdin__ and sys.__stdin__.isatty() and sys.__stderr__ and sys.__stderr__.isatty()):
        return (
            "codex-orch-tui needs a terminal for its screen, and this is none; `codex-orch-tui status` works without."
        )
    if environ.get("TERM", "") in {"", "dumb"}:
        return (
            f"codex-orch-tui cannot draw on this terminal (TERM={environ.get('TERM', '')!r}); "
            "`codex-orch-tui status` works without a screen."
        )
    return ""
