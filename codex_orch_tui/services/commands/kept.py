"""What is kept of a command after it was done: no secret, and nothing that the journal or a card had for itself."""

import json
from typing import Any

from codex_orch_tui.domain.secrets import may_hold_secret, redact_values
from codex_orch_tui.services.commands.model import Answer, Command, Shown

NOT_KEPT = "(not kept)"
_NAMES = frozenset({"command", "task", "run", "approval", "base_branch", "base", "tip", "old", "new", "id", "viewer"})
"""Texts that name something."""


def kept(command: Command) -> dict[str, Any]:
    """The command as it is kept."""
    if isinstance(command, Answer) and command.answers:
        command = command.model_copy(update={"answers": dict.fromkeys(command.answers, (NOT_KEPT,))})
    elif isinstance(command, Shown):
        command = command.model_copy(update={"painted": NOT_KEPT})
    plain = {"command": command.command, **command.model_dump(mode="json", exclude_defaults=True)}
    if may_hold_secret(json.dumps(plain, ensure_ascii=False)):
        redacted = redact_values(plain, names=_NAMES)
        assert isinstance(redacted, dict)
        return redacted
    return plain
