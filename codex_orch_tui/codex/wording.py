"""Questions, results and durations of a worker in the words of the log."""

from codex_orch_tui.codex.params import WireItem
from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest
from codex_orch_tui.domain.terminal_text import clean_text

_ASK_WORDS = {
    ApprovalKind.COMMAND: "asks to run a command",
    ApprovalKind.STDIN: "asks to type into a running program",
    ApprovalKind.NETWORK: "asks for the network",
    ApprovalKind.FILE_CHANGE: "asks to change files",
    ApprovalKind.PERMISSIONS: "asks for permissions",
    ApprovalKind.USER_INPUT: "asks you",
    ApprovalKind.ELICITATION: "asks for input",
    ApprovalKind.MCP_TOOL: "asks to call a tool",
}


SHOWN_HEAD_LINES = 16
SHOWN_TAIL_LINES = 6


def ask_text(request: ApprovalRequest, *, is_command_told: bool) -> str:
    """A question as the log tells it, in some lines.

    Args:
        request: the question.
        is_command_told: the line above is the very command; otherwise the whole command is in the text.
    """
    lines = [f"{_ASK_WORDS[request.kind]}{f' ({request.server})' if request.server else ''}"]
    command = "" if is_command_told else request.command
    lines += [part for part in (command, request.host, request.grant_root, request.url) if part]
    lines += [f"{permission.access} {permission.target}" for permission in request.permissions]
    lines += [file.path for file in request.files]
    lines += [": ".join(part for part in (asked.header, asked.text) if part) for asked in request.questions]
    lines += [field.title for field in request.fields]
    if request.reason:
        lines.append(request.reason if request.server else f"why: {request.reason}")
    return "\n".join(lines)


def shortened(output: str) -> str:
    """A long output with a count in the place of its middle; the raw log has all of it."""
    lines = output.split("\n")
    left_out = len(lines) - SHOWN_HEAD_LINES - SHOWN_TAIL_LINES
    if left_out <= 1:
        return output
    head, tail = lines[:SHOWN_HEAD_LINES], lines[-SHOWN_TAIL_LINES:]
    return "\n".join((*head, f"↵ {left_out} lines more, whole in the raw log (l)", *tail))


def tool_text(wire: WireItem) -> str:
    """What a tool gave back, as far as it is text."""
    if isinstance(wire.error, dict):
        return clean_text(str(wire.error.get("message", "")))
    parts = wire.result.get("content") if isinstance(wire.result, dict) else None
    texts = [str(part.get("text", "")) for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return clean_text("\n".join(text for text in texts if text))


def duration(milliseconds: int | None) -> str:
    """A duration as people read it: `0.3s`, `4.2s`, `3m12s`, `1h05m`; empty when it is not known."""
    if milliseconds is None or milliseconds < 0:
        return ""
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02d}s"
    return f"{minutes // 60}h{minutes % 60:02d}m"


def exit_word(wire: WireItem) -> str:
    """How a command ended: `exit 1`, `declined`, `failed`; empty when Codex did not say."""
    if wire.status == "declined":
        return "declined"
    if wire.exit_code is not None:
        return f"exit {wire.exit_code}"
    return "failed" if wire.status == "failed" else ""
