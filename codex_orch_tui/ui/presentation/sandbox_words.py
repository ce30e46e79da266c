"""What a yes changes about the sandbox, in words."""

from typing import assert_never

from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode
from codex_orch_tui.domain.task import Task

_NONE_AT_ALL = "none: this task has full access, with or without your yes"
_OUTSIDE = "outside it: may read, change and send away what you can"
_NOT_TOLD = "not told: Codex asks for every such command, inside or outside"
_SERVER = "MCP servers run outside it, as you"


def sandbox_words(request: ApprovalRequest, task: Task | None) -> str:
    """What the sandbox no longer holds back after a yes; empty when a yes changes nothing about it."""
    if task is not None and task.spec.sandbox is SandboxMode.DANGER_FULL_ACCESS:
        return _NONE_AT_ALL
    match request.kind:
        case ApprovalKind.COMMAND:
            return _command(request, task)
        case ApprovalKind.STDIN:
            return "the text goes to a program that was let outside it before"
        case ApprovalKind.NETWORK:
            host = request.host or "the network"
            return f"opens for {host} only; nothing else changes" if request.host else f"opens for {host}"
        case ApprovalKind.FILE_CHANGE:
            if request.grant_root:
                return f"may write anything under {request.grant_root} from now on, until the worker ends"
            return "Codex itself writes this change, past the sandbox; nothing else changes"
        case ApprovalKind.PERMISSIONS:
            return "adds what you check, for this turn or until the worker ends"
        case ApprovalKind.MCP_TOOL:
            return _SERVER
        case ApprovalKind.USER_INPUT | ApprovalKind.ELICITATION:
            return ""
        case _:
            assert_never(request.kind)


def _command(request: ApprovalRequest, task: Task | None) -> str:
    if request.permissions:
        wanted = [entry for entry in request.permissions if entry.access != "deny"]
        told = ", ".join(f"{_ACCESS.get(entry.access, entry.access)} {entry.target}" for entry in wanted)
        return f"stays, and this command may also {told}" if told else "stays as it is"
    if task is not None and task.spec.approval_policy is ApprovalPolicy.UNTRUSTED:
        return _NOT_TOLD
    return _OUTSIDE


_ACCESS = {"write": "write", "read": "read", "network": "reach"}
