"""Requests of the server as questions to the person, with the choices that Codex takes."""

import json
from typing import Any

from codex_orch_tui.codex.params import RequestParams
from codex_orch_tui.domain.approval import (
    ApprovalKind,
    ApprovalRequest,
    Choice,
    FormField,
    PermissionEntry,
    Question,
    QuestionOption,
)
from codex_orch_tui.domain.ids import ItemId, ThreadId, TurnId
from codex_orch_tui.domain.item import FileEdit
from codex_orch_tui.domain.terminal_text import clean_line, clean_text
from codex_orch_tui.policy.unfold import shown_script, typed_text

METHODS = {
    "item/commandExecution/requestApproval": ApprovalKind.COMMAND,
    "item/fileChange/requestApproval": ApprovalKind.FILE_CHANGE,
    "item/permissions/requestApproval": ApprovalKind.PERMISSIONS,
    "item/tool/requestUserInput": ApprovalKind.USER_INPUT,
    "mcpServer/elicitation/request": ApprovalKind.ELICITATION,
}
"""The requests that a person can answer; any other is refused."""

_YES_OR_NO = (Choice.ACCEPT, Choice.DECLINE, Choice.CANCEL)
_WITH_SESSION = (Choice.ACCEPT, Choice.ACCEPT_FOR_SESSION, Choice.DECLINE, Choice.CANCEL)


def approval_request(
    request_id: str, method: str, params: RequestParams, *, raw_json: str, files: tuple[FileEdit, ...]
) -> ApprovalRequest:
    """The question as it is shown.

    Args:
        request_id: Codex's id of the request, as text.
        method: A key of `METHODS`.
        params: What we read of the params.
        raw_json: The params whole, as JSON in plain ASCII.
        files: The changes of the item, for a file change: the request itself names none.
    """
    kind = _kind(METHODS[method], params)
    command = typed_text(params.command) if kind is ApprovalKind.STDIN else shown_script(params.command)
    network = params.network_approval_context
    host = "://".join(str(network[key]) for key in ("protocol", "host") if network.get(key))
    asked = params.permissions if kind is ApprovalKind.PERMISSIONS else params.additional_permissions
    return ApprovalRequest(
        request_id=request_id,
        kind=kind,
        thread=ThreadId(clean_line(params.thread_id)),
        turn=TurnId(clean_line(params.turn_id)),
        item=ItemId(clean_line(params.item_id)),
        command=clean_text(command),
        wrapped=clean_text(params.command) if command != params.command else "",
        amendment=_amendment(params),
        cwd=clean_line(params.cwd),
        reason=clean_text(_reason(kind, params)),
        host=clean_line(host),
        grant_root=clean_line(params.grant_root),
        files=files,
        permissions=tuple(
            PermissionEntry(access=clean_line(access), target=clean_line(target))
            for access, target, _ in permission_parts(asked)
        ),
        questions=tuple(_question(question) for question in params.questions),
        fields=() if kind is ApprovalKind.MCP_TOOL else form_fields(params.requested_schema),
        server=clean_line(params.server_name),
        url=clean_line(params.url),
        choices=_choices(kind, params),
        raw_json=raw_json,
    )


def permission_parts(profile: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """The parts of a permission profile in a fixed order: access, target, and the part in Codex's own form.

    A file system part is an entry {path, access}; the part for the network is {"enabled": …}. `read` and `write`
    lists repeat what `entries` say; what only they name comes after the entries.
    """
    parts: list[tuple[str, str, dict[str, Any]]] = []
    files = profile.get("fileSystem")
    if isinstance(files, dict):
        entries = [entry for entry in _list(files.get("entries")) if isinstance(entry, dict)]
        seen = set()
        for entry in entries:
            access, target = str(entry.get("access", "")), _target(entry.get("path"))
            seen.add((access, target))
            parts.append((access, target, entry))
        for access in ("read", "write"):
            parts += [
                (access, path, {"path": {"type": "path", "path": path}, "access": access})
                for path in _list(files.get(access))
                if isinstance(path, str) and (access, path) not in seen
            ]
    network = profile.get("network")
    if isinstance(network, dict) and network.get("enabled"):
        parts.append(("network", "any host", {"enabled": True}))
    return parts


def form_fields(schema: dict[str, Any]) -> tuple[FormField, ...]:
    """The fields of an MCP server's form."""
    required = _list(schema.get("required"))
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return ()
    return tuple(
        _field(str(name), spec, required=name in required)
        for name, spec in properties.items()
        if isinstance(spec, dict)
    )


def field_type(spec: dict[str, Any]) -> str:
    """string, number, integer, boolean or enum."""
    kind = str(spec.get("type", "string"))
    if kind == "array" or field_values(spec):
        return "enum"
    return kind if kind in {"string", "number", "integer", "boolean"} else "string"


def field_values(spec: dict[str, Any]) -> list[object]:
    """The values that an enum field takes, as the server wrote them."""
    inner = spec.get("items")
    source = inner if isinstance(inner, dict) else spec
    for key in ("oneOf", "anyOf"):
        options = [option for option in _list(source.get(key)) if isinstance(option, dict)]
        if options:
            return [option.get("const") for option in options if "const" in option]
    return _list(source.get("enum"))


def text_of(value: object) -> str:
    """A JSON value as it is shown and typed."""
    if isinstance(value, str):
        return clean_line(value)
    return "" if value is None else clean_line(json.dumps(value, ensure_ascii=False))


def _kind(kind: ApprovalKind, params: RequestParams) -> ApprovalKind:
    if kind is ApprovalKind.COMMAND:
        if params.kind == "writeStdin":
            return ApprovalKind.STDIN
        return ApprovalKind.NETWORK if params.network_approval_context else kind
    if kind is ApprovalKind.ELICITATION and params.meta.get("codex_approval_kind") == "mcp_tool_call":
        return ApprovalKind.MCP_TOOL
    return kind


def _choices(kind: ApprovalKind, params: RequestParams) -> tuple[Choice, ...]:
    match kind:
        case ApprovalKind.COMMAND if _amendment(params):
            return (*_WITH_SESSION, Choice.ACCEPT_FOR_GOOD)
        case ApprovalKind.COMMAND | ApprovalKind.FILE_CHANGE:
            return _WITH_SESSION
        case ApprovalKind.NETWORK:
            offered = params.available_decisions
            return _WITH_SESSION if offered is None or "acceptForSession" in offered else _YES_OR_NO
        case ApprovalKind.STDIN:
            return _YES_OR_NO
        case ApprovalKind.PERMISSIONS:
            return (Choice.GRANT, Choice.DECLINE)
        case ApprovalKind.USER_INPUT:
            return (Choice.ANSWER, Choice.DECLINE)
        case ApprovalKind.MCP_TOOL:
            return _WITH_SESSION if "session" in _list(params.meta.get("persist")) else _YES_OR_NO
        case ApprovalKind.ELICITATION:
            if params.mode == "url":
                return _YES_OR_NO
            if isinstance(params.requested_schema.get("properties"), dict):
                return (Choice.ANSWER, Choice.DECLINE, Choice.CANCEL)
            return (Choice.DECLINE, Choice.CANCEL)  # a form that we cannot show is never accepted


def _amendment(params: RequestParams) -> tuple[str, ...]:
    """The beginning of the commands that Codex would allow for good, when it offers that."""
    return tuple(clean_line(word) for word in params.proposed_execpolicy_amendment)


def _reason(kind: ApprovalKind, params: RequestParams) -> str:
    if kind in {ApprovalKind.ELICITATION, ApprovalKind.MCP_TOOL}:
        parts = [params.title, params.message, params.description]
        tool = params.meta.get("tool_params")
        if tool:
            parts.append(json.dumps(tool, ensure_ascii=False, indent=2))
        return "\n".join(part for part in parts if part)
    return params.reason


def _question(question: dict[str, Any]) -> Question:
    options = [option for option in _list(question.get("options")) if isinstance(option, dict)]
    return Question(
        id=str(question.get("id", "")),
        header=text_of(question.get("header")),
        text=clean_text(str(question.get("question") or "")),
        options=tuple(
            QuestionOption(label=text_of(option.get("label")), description=text_of(option.get("description")))
            for option in options
        ),
        allows_other=bool(question.get("isOther")) or not options,
        is_secret=bool(question.get("isSecret")),
    )


def _field(name: str, spec: dict[str, Any], *, required: bool) -> FormField:
    default = spec.get("default")
    return FormField(
        name=name,
        title=text_of(spec.get("title")) or clean_line(name),
        type=field_type(spec),
        description=text_of(spec.get("description")),
        choices=tuple(text_of(value) for value in field_values(spec)),
        required=required,
        default=text_of(default),
    )


def _target(path: object) -> str:
    if not isinstance(path, dict):
        return str(path)
    for key in ("path", "pattern"):
        if isinstance(path.get(key), str):
            return str(path[key])
    value = path.get("value")
    if isinstance(value, dict):
        return "/".join(str(value[key]) for key in ("kind", "path", "subpath") if value.get(key))
    return json.dumps(path)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
