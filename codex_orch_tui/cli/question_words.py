"""A worker's question in one line."""

from codex_orch_tui.domain.approval import Approval


def subject(asked: Approval) -> str:
    """What it is about."""
    request = asked.request
    if request.command:
        return f"$ {request.command}"
    if request.files:
        return "edit " + ", ".join(edit.path for edit in request.files)
    if request.questions:
        return request.questions[0].text
    if request.host:
        return f"connect to {request.host}"
    if request.permissions:
        return ", ".join(f"{entry.access} {entry.target}" for entry in request.permissions)
    return request.reason or request.kind.replace("_", " ")
