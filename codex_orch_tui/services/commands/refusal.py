"""What a command was refused with, as a reply and as the error of the facade again: both sides speak the same words."""

from codex_orch_tui.domain.secrets import redact
from codex_orch_tui.domain.terminal_text import clean_text
from codex_orch_tui.services.commands.reply import Outcome, Reply
from codex_orch_tui.services.errors import (
    AnswerRefusedError,
    ConflictError,
    NoReplyError,
    NotPossibleError,
    PlanRefusedError,
)


def refusal(error: NotPossibleError) -> Reply:
    """The reply that tells why nothing was done."""
    reason = redact(clean_text(str(error)))
    match error:
        case AnswerRefusedError():
            return Reply(outcome=Outcome.ANSWER_REFUSED, reason=reason)
        case ConflictError():
            return Reply(outcome=Outcome.CONFLICT, reason=reason, paths=error.paths)
        case PlanRefusedError():
            return Reply(outcome=Outcome.PLAN_REFUSED, reason=reason, problems=error.problems)
        case _:
            return Reply(outcome=Outcome.NOT_POSSIBLE, reason=reason)


def refused(reply: Reply) -> NotPossibleError:
    """The error of a reply that is not ok."""
    match reply.outcome:
        case Outcome.ANSWER_REFUSED:
            return AnswerRefusedError(reply.reason)
        case Outcome.CONFLICT:
            return ConflictError(reply.reason, reply.paths)
        case Outcome.PLAN_REFUSED:
            what = reply.reason.partition(": ")[0]
            return PlanRefusedError(what, reply.problems or (reply.reason,))
        case Outcome.CUT_OFF | Outcome.FAILED:
            return NoReplyError(reply.reason)
        case _:
            return NotPossibleError(reply.reason)
