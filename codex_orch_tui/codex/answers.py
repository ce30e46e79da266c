"""A person's decision as the JSON-RPC result that Codex takes. Nothing here accepts by default."""

import json
from typing import Any

from codex_orch_tui.codex.requests import field_values, permission_parts, text_of
from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest, Choice, Decision
from codex_orch_tui.domain.secrets import holds_mark

_WORDS = {
    Choice.ACCEPT: "accept",
    Choice.ACCEPT_FOR_SESSION: "acceptForSession",
    Choice.DECLINE: "decline",
    Choice.CANCEL: "cancel",
}


class ImpossibleAnswerError(ValueError):
    """The decision does not answer this request. The message says why, in words for the person."""


def result_for(request: ApprovalRequest, decision: Decision) -> dict[str, Any]:
    """The result that answers the request.

    Raises:
        ImpossibleAnswerError: The request does not offer that choice, or an answer is missing or of a wrong type.
    """
    if decision.choice not in request.choices:
        raise ImpossibleAnswerError(f"{decision.choice.value} is no answer to this request")
    match request.kind:
        case ApprovalKind.COMMAND if decision.choice is Choice.ACCEPT_FOR_GOOD:
            words = _raw(request).get("proposedExecpolicyAmendment") or []
            return {"decision": {"acceptWithExecpolicyAmendment": {"execpolicy_amendment": words}}}
        case ApprovalKind.COMMAND | ApprovalKind.STDIN | ApprovalKind.NETWORK | ApprovalKind.FILE_CHANGE:
            return {"decision": _WORDS[decision.choice]}
        case ApprovalKind.PERMISSIONS:
            return _permissions(request, decision)
        case ApprovalKind.USER_INPUT:
            return _user_input(request, decision)
        case ApprovalKind.MCP_TOOL:
            return _mcp_tool(decision)
        case ApprovalKind.ELICITATION:
            return _elicitation(request, decision)


def _permissions(request: ApprovalRequest, decision: Decision) -> dict[str, Any]:
    scope = "session" if decision.for_session else "turn"
    if decision.choice is not Choice.GRANT:
        return {"permissions": {}, "scope": "turn"}
    profile = _raw(request).get("permissions")
    parts = permission_parts(profile if isinstance(profile, dict) else {})
    wanted = range(len(parts)) if decision.granted is None else decision.granted
    if any(not 0 <= index < len(parts) for index in wanted):
        raise ImpossibleAnswerError("a permission that was not asked for")
    granted: dict[str, Any] = {}
    entries = [part for index, (access, _, part) in enumerate(parts) if access != "network" and index in wanted]
    if entries:
        # What the request itself keeps out stays out of every grant: a part without it would be wider than asked.
        kept_out = [part for access, _, part in parts if access == "deny" and part not in entries]
        granted["fileSystem"] = {"entries": entries + kept_out}
        depth = profile["fileSystem"].get("globScanMaxDepth") if isinstance(profile, dict) else None
        if depth is not None:
            granted["fileSystem"]["globScanMaxDepth"] = depth
    if any(access == "network" and index in wanted for index, (access, _, _) in enumerate(parts)):
        granted["network"] = {"enabled": True}
    return {"permissions": granted, "scope": scope}


def _user_input(request: ApprovalRequest, decision: Decision) -> dict[str, Any]:
    if decision.choice is not Choice.ANSWER:
        return {"answers": {}}
    given = decision.answers or {}
    labels = _labels(request)
    answers = {}
    for question in request.questions:
        words = given.get(question.id, ())
        if not words:
            raise ImpossibleAnswerError(f"no answer to “{question.header or question.text}”")
        known = labels.get(question.id, {})
        if not question.allows_other and any(word not in known for word in words):
            raise ImpossibleAnswerError(f"“{question.header or question.text}” takes only its ready answers")
        if any(holds_mark(word) and word not in known for word in words):
            raise ImpossibleAnswerError("a mark stands where a secret was: it is no answer")
        answers[question.id] = {"answers": [known.get(word, word) for word in words]}
    return {"answers": answers}


def _labels(request: ApprovalRequest) -> dict[str, dict[str, str]]:
    """Codex's own label for each label as it was shown: a cleaned one would not be recognised."""
    labels: dict[str, dict[str, str]] = {}
    for question in _raw(request).get("questions") or []:
        options = question.get("options") or [] if isinstance(question, dict) else []
        own = [str(option.get("label")) for option in options if isinstance(option, dict)]
        shown = [text_of(label) for label in own]
        labels[str(question.get("id", ""))] = {
            # Two that look the same, such as two secrets: nobody can tell which one was meant.
            label: raw
            for label, raw in zip(shown, own, strict=True)
            if shown.count(label) == 1 or len(set(own)) == 1
        }
    return labels


def _mcp_tool(decision: Decision) -> dict[str, Any]:
    match decision.choice:
        case Choice.ACCEPT:
            return {"action": "accept", "content": {}}
        case Choice.ACCEPT_FOR_SESSION:
            return {"action": "accept", "content": {}, "_meta": {"persist": "session"}}
        case Choice.CANCEL:
            return {"action": "cancel", "content": None}
        case _:
            return {"action": "decline", "content": None}


def _elicitation(request: ApprovalRequest, decision: Decision) -> dict[str, Any]:
    match decision.choice:
        case Choice.ACCEPT:
            return {"action": "accept", "content": None}
        case Choice.ANSWER:
            return {"action": "accept", "content": _form(request, decision)}
        case Choice.CANCEL:
            return {"action": "cancel", "content": None}
        case _:
            return {"action": "decline", "content": None}


def _form(request: ApprovalRequest, decision: Decision) -> dict[str, Any]:
    given = decision.answers or {}
    specs = _raw(request)["requestedSchema"]["properties"]
    content: dict[str, Any] = {}
    for field in request.fields:
        words = tuple(word for word in given.get(field.name, ()) if word != "")
        if words:
            content[field.name] = _typed(field.title, specs[field.name], words)
        elif field.required:
            raise ImpossibleAnswerError(f"“{field.title}” needs an answer")
    return content


def _typed(title: str, spec: dict[str, Any], words: tuple[str, ...]) -> object:
    shown = [text_of(value) for value in field_values(spec)]
    values = dict(zip(shown, field_values(spec), strict=True))
    if spec.get("type") == "array" or values:
        if any(shown.count(word) != 1 for word in words):
            raise ImpossibleAnswerError(f"“{title}” takes one of: {', '.join(values)}")
        chosen = [values[word] for word in words]
        return chosen if spec.get("type") == "array" else chosen[0]
    word, default = words[0], spec.get("default")
    if isinstance(default, str) and word == text_of(default):
        word = default  # as the server wrote it: what is shown may have a secret taken out
    elif holds_mark(word):
        raise ImpossibleAnswerError(f"“{title}” has a mark where a secret was: it is no answer")
    return _scalar(title, str(spec.get("type", "string")), word)


def _scalar(title: str, kind: str, word: str) -> object:
    try:
        match kind:
            case "integer":
                return int(word)
            case "number":
                number = float(word)
                if number != number or abs(number) == float("inf"):
                    raise ValueError(word)
                return int(number) if number.is_integer() else number
            case "boolean":
                return {"true": True, "yes": True, "y": True, "false": False, "no": False, "n": False}[word.lower()]
            case _:
                return word
    except (ValueError, KeyError) as error:
        needed = {"integer": "a whole number", "number": "a number", "boolean": "yes or no"}[kind]
        raise ImpossibleAnswerError(f"“{title}” takes {needed}") from error


def _raw(request: ApprovalRequest) -> dict[str, Any]:
    value = json.loads(request.raw_json)
    return value if isinstance(value, dict) else {}
