"""What Codex's errors mean for the person: a kind, Codex's own words, and the next step."""

import json
import shlex
from pathlib import Path

from codex_orch_tui.codex.params import ErrorInfo
from codex_orch_tui.domain.item import Fault, FaultKind
from codex_orch_tui.domain.secret_stream import beginning
from codex_orch_tui.domain.terminal_text import clean_line

MAX_MESSAGE_CHARS = 2_000

_WORDS = {
    "contextWindowExceeded": FaultKind.CONTEXT_FULL,
    "sessionBudgetExceeded": FaultKind.USAGE_LIMIT,
    "usageLimitExceeded": FaultKind.USAGE_LIMIT,
    "rateLimitExceeded": FaultKind.RATE_LIMITED,
    "flexUnavailable": FaultKind.RATE_LIMITED,
    "serverOverloaded": FaultKind.RATE_LIMITED,
    "unauthorized": FaultKind.NOT_LOGGED_IN,
    "sandboxError": FaultKind.SANDBOX,
}
_STATUSES = {
    401: FaultKind.NOT_LOGGED_IN,
    402: FaultKind.USAGE_LIMIT,
    403: FaultKind.NOT_LOGGED_IN,
    429: FaultKind.RATE_LIMITED,
}
# Some refusals of the model come as text only ("other", "badRequest"): their stable parts, most telling first.
_PHRASES = (
    ("context_length_exceeded", FaultKind.CONTEXT_FULL),
    ("context window", FaultKind.CONTEXT_FULL),
    ("usage limit", FaultKind.USAGE_LIMIT),
    ("insufficient_quota", FaultKind.USAGE_LIMIT),
    ("rate limit", FaultKind.RATE_LIMITED),
    ("429 too many requests", FaultKind.RATE_LIMITED),
    ("401 unauthorized", FaultKind.NOT_LOGGED_IN),
    ("authentication required", FaultKind.NOT_LOGGED_IN),
    ("not logged in", FaultKind.NOT_LOGGED_IN),
)


def fault_of(error: ErrorInfo, codex: Path | str) -> Fault:
    """The fault of a failed turn or an error notification.

    Args:
        error: What Codex said.
        codex: Path of the codex that said it, for the command that logs in.
    """
    kind, status = _kind(error)
    message = " ".join(part for part in (_said(error.message), error.additional_details) if part)
    return Fault(
        kind=kind,
        message=clean_line(beginning(message.strip(), MAX_MESSAGE_CHARS)) or "Codex gave no reason",
        next_step=next_step(kind, codex, reached=status is not None),
    )


def next_step(kind: FaultKind, codex: Path | str, *, reached: bool = True) -> str:
    """What the person can do; empty where nothing can be said in general."""
    match kind:
        case FaultKind.NOT_LOGGED_IN:
            return f"{clean_line(shlex.quote(str(codex)))} login"
        case FaultKind.RATE_LIMITED:
            return "wait a little, then continue the task"
        case FaultKind.USAGE_LIMIT:
            return "wait until the limit resets, then continue the task"
        case FaultKind.CONTEXT_FULL:
            return "start a new task for what is left; this thread is full"
        case FaultKind.SANDBOX:
            return "codex-orch-tui doctor"
        case FaultKind.MODEL_ERROR if not reached:
            return "check the network and the proxy settings, then continue the task"
        case FaultKind.MODEL_ERROR:
            return "continue the task to try again"
        case _:
            return ""


def _said(message: str) -> str:
    """The model's own words where Codex passes its answer on as JSON."""
    try:
        body = json.loads(message) if message.startswith("{") else None
    except (ValueError, RecursionError):
        return message
    error = body.get("error") if isinstance(body, dict) else None
    words = error.get("message") if isinstance(error, dict) else None
    return words if isinstance(words, str) and words else message


def _kind(error: ErrorInfo) -> tuple[FaultKind, int | None]:
    info = error.codex_error_info
    word, status = "", 0
    unreached = False
    if isinstance(info, str):
        word = info
    elif isinstance(info, dict):
        for name, detail in info.items():
            word = str(name)
            code = detail.get("httpStatusCode") if isinstance(detail, dict) else None
            status = code if isinstance(code, int) else 0
            unreached = not status and word in {"httpConnectionFailed", "responseStreamConnectionFailed"}
    kind = _WORDS.get(word) or _STATUSES.get(status)
    if kind is None:
        said = error.message.lower()
        kind = next((kind for phrase, kind in _PHRASES if phrase in said), FaultKind.MODEL_ERROR)
    return kind, None if unreached else status
