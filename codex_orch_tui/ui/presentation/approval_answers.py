"""The answers that a question takes: their keys, and what each of them does."""

from collections.abc import Iterator
from typing import NamedTuple

from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest, Choice


class AnswerKey(NamedTuple):
    """A key of the card: the id of its binding, what it does in a few words, and the whole of it."""

    id: str
    label: str
    effect: str = ""


_ACCEPTS = {
    ApprovalKind.COMMAND: ("accept, run it once", "accept for this session"),
    ApprovalKind.STDIN: ("accept, type it", "accept for this session"),
    ApprovalKind.NETWORK: ("accept, this once", "accept this host for the session"),
    ApprovalKind.FILE_CHANGE: ("accept, write it", "accept, and more there this session"),
    ApprovalKind.MCP_TOOL: ("accept, use it once", "accept for this session"),
    ApprovalKind.ELICITATION: ("accept", "accept for this session"),
}
_EFFECTS = {
    ApprovalKind.COMMAND: (
        "It runs now, once. The next command asks again.",
        "It runs now. Codex runs exactly this command again without a question until this worker ends.",
    ),
    ApprovalKind.STDIN: ("The text is typed into the program, once.", "Typed now, and again without a question."),
    ApprovalKind.NETWORK: (
        "It connects now, once.",
        "It may connect to this host without a question until this worker ends.",
    ),
    ApprovalKind.FILE_CHANGE: (
        "Codex writes the change, once.",
        "Codex writes it, and further changes to these files without a question until this worker ends.",
    ),
    ApprovalKind.MCP_TOOL: (
        "The tool is called, once.",
        "The tool is called, and again without a question until this worker ends.",
    ),
    ApprovalKind.ELICITATION: ("The server is told yes.", "The server is told yes, for this session."),
}
_CANCEL_WORDS = {
    ApprovalKind.MCP_TOOL: "cancel the call",
    ApprovalKind.ELICITATION: "close the question",
}
_RULE_KINDS = frozenset({ApprovalKind.COMMAND, ApprovalKind.FILE_CHANGE, ApprovalKind.NETWORK})
"""What a rule of ours can be about."""


def answer_keys(request: ApprovalRequest) -> tuple[AnswerKey, ...]:
    """The keys of this card, only those that the request offers."""
    return tuple(_keys(request))


def _keys(request: ApprovalRequest) -> Iterator[AnswerKey]:
    offered = request.choices
    once, session = _ACCEPTS.get(request.kind, ("accept", "accept for this session"))
    once_does, session_does = _EFFECTS.get(request.kind, ("", ""))
    if Choice.GRANT in offered:
        yield AnswerKey("approval.pick", "check")
        once, session = "grant the checked for this turn", "grant them for this session"
        once_does = "What is checked is granted until the turn ends; the rest is refused."
        session_does = "What is checked is granted until this worker ends; the rest is refused."
    if Choice.ANSWER in offered:
        yield AnswerKey("approval.enter", "fill in")
        yield AnswerKey("approval.send", "send your answers", "The worker gets what you filled in.")
    if offers_yes(request):
        yield AnswerKey("approval.accept", once, once_does)
    if Choice.ACCEPT_FOR_SESSION in offered or Choice.GRANT in offered:
        yield AnswerKey("approval.accept_session", session, session_does)
    yield from _refusals(request)
    if offers_rule(request):
        effect = "Shows a rule of ours that would answer the like of it, and what it would have done; nothing is sent."
        yield AnswerKey("approval.rule", "make a rule", effect)
    if Choice.ACCEPT_FOR_GOOD in offered and request.amendment:
        effect = (
            "Codex keeps a rule of its own, in a file for every repository; what it matches runs outside the sandbox "
            "without a question. Asks twice before it is sent."
        )
        yield AnswerKey("approval.accept_for_good", "for good, Codex's own rule", effect)
    yield AnswerKey("approval.view", "view all")


def _refusals(request: ApprovalRequest) -> Iterator[AnswerKey]:
    if Choice.DECLINE in request.choices:
        is_question = request.kind is ApprovalKind.USER_INPUT
        alone = "decline, no answer" if is_question else "decline, it goes on"
        effect = "The worker gets no answer and goes on." if is_question else "Nothing is done; the worker goes on."
        yield AnswerKey("approval.decline", alone, effect)
        message_does = "The same, and the worker is told what to do instead."
        yield AnswerKey("approval.decline_message", "decline and say why", message_does)
    if Choice.CANCEL in request.choices:
        words = _CANCEL_WORDS.get(request.kind)
        effect = "The server is told that nobody answers." if words else "Nothing is done, and the turn ends."
        yield AnswerKey("approval.cancel", words or "cancel the turn", effect)


def offers_yes(request: ApprovalRequest) -> bool:
    """Whether a key says yes to it, or to the checked part of it."""
    return Choice.ACCEPT in request.choices or Choice.GRANT in request.choices


def offers_rule(request: ApprovalRequest) -> bool:
    """Whether a rule of ours could be about it."""
    return request.kind in _RULE_KINDS
