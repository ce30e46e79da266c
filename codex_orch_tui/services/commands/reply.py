"""What became of a command of another program, as it is told to who sent it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from codex_orch_tui.services.commands.model import Form


class Outcome(StrEnum):
    """What became of a command."""

    DONE = "done"
    NOT_POSSIBLE = "not_possible"
    """It does not fit the present state; nothing was done."""
    ANSWER_REFUSED = "answer_refused"
    CONFLICT = "conflict"
    PLAN_REFUSED = "plan_refused"
    CUT_OFF = "cut_off"
    """The program ended while it was done; how far it came is not known."""
    NO_COMMAND = "no_command"
    """The file is not what this form says."""
    FAILED = "failed"
    """A mistake of ours; how far it came is not known."""


class Reply(Form):
    """What became of a command, as it is told to who sent it."""

    version: Literal[1] = 1
    """The version of this form."""
    outcome: Outcome
    """What became of it."""
    reason: str = ""
    """Why it was not done, in words for a person."""
    paths: tuple[str, ...] = ()
    """The files that clash."""
    problems: tuple[str, ...] = ()
    """All that is wrong with a plan."""
    data: Mapping[str, Any] = {}
    """What the command tells; see each."""
    seq: int = 0
    """The last record of the journal when the command was done: who follows it waits for that one."""

    @property
    def ok(self) -> bool:
        """It was done."""
        return self.outcome is Outcome.DONE


class Handled(Form):
    """A file in inbox/done/ or inbox/failed/: what was asked, without secrets, and what became of it."""

    command: Mapping[str, Any] | None = None
    """The command; None when the file held none: it lies beside this one as it was, with the ending .odd."""
    reply: Reply
    """What became of it."""
