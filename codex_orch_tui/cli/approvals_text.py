"""Questions for people and for programs (schema 1 of schemas/questions.json)."""

from collections.abc import Iterator, Sequence
from typing import Any

from codex_orch_tui import __version__
from codex_orch_tui.cli.question_words import subject
from codex_orch_tui.cli.repository_state import SeenState
from codex_orch_tui.domain.approval import Approval, ApprovalRequest, Choice
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.ui.presentation.clock import elapsed

SCHEMA_VERSION = 1


def list_lines(seen: SeenState, found: Sequence[Approval], now_s: float) -> Iterator[str]:
    """A line for each question, and how one is answered."""
    if not found:
        yield "No question waits for you."
        return
    is_gone = seen.holder is None
    cells = [
        (
            str(approval.id),
            elapsed(now_s - approval.asked_at_s),
            str(approval.ref),
            approval.assessment.risk.value,
            _state(approval, is_gone=is_gone),
            clean_line(subject(approval)),
        )
        for approval in found
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    if not is_gone and any(approval.is_pending for approval in found):
        yield ""
        yield "codex-orch-tui approvals show ID tells all of it and which answers it takes;"
        yield "codex-orch-tui approvals answer ID accept, or ID decline, answers it; a yes takes the whole ID."


def _state(approval: Approval, *, is_gone: bool) -> str:
    if approval.is_pending:
        return "gone" if is_gone else "waits"
    return (approval.choice or approval.outcome).value.replace("_", " ")


def show_lines(seen: SeenState, approval: Approval, *, columns: int) -> Iterator[str]:
    """All of it, wrapped to the terminal's width."""
    from codex_orch_tui.ui.presentation.approval_everything import everything
    from codex_orch_tui.ui.presentation.paragraphs import painted_rows

    yield from painted_rows(everything(approval, seen.state.tasks.get(approval.ref)), max(40, columns))
    request = approval.request
    names = [question.id for question in request.questions] + [field.name for field in request.fields]
    yield ""
    if not approval.is_pending or seen.holder is None:
        yield f"   {_state(approval, is_gone=True)}{f': {approval.cause}' if approval.cause else ''}"
        return
    for choice in request.choices:
        if choice is Choice.ACCEPT_FOR_GOOD:
            continue
        more = "".join(f" --answer {name}=…" for name in names) if choice is Choice.ANSWER else ""
        word = choice.value.replace("_", "-")
        yield clean_line(f"   codex-orch-tui approvals answer {approval.id} {word}{more}")


def questions_document(seen: SeenState, found: Sequence[Approval]) -> dict[str, Any]:
    """The whole document: plain values that every JSON parser takes."""
    return {
        "schema_version": SCHEMA_VERSION,
        "program_version": __version__,
        "questions": [question_document(seen, approval) for approval in found],
    }


def question_document(seen: SeenState, approval: Approval) -> dict[str, Any]:
    """One question."""
    request, known = approval.request, approval.assessment
    return {
        "id": approval.id,
        "run": approval.ref.run,
        "task": approval.ref.task,
        "kind": request.kind.value,
        "waits": approval.is_pending and seen.holder is not None,
        "asked_at_s": approval.asked_at_s,
        "times_asked": approval.times_asked,
        "outcome": approval.outcome.value,
        "choice": None if approval.choice is None else approval.choice.value,
        "rule": None if approval.rule is None else approval.rule.id,
        "decided_at_s": approval.decided_at_s,
        "cause": approval.cause or None,
        "takes": [choice.value.replace("_", "-") for choice in request.choices],
        "risk": known.risk.value,
        "reasons": list(known.reasons),
        "why_asked": known.why_asked or None,
        **_asked(request),
    }


def _asked(request: ApprovalRequest) -> dict[str, Any]:
    return {
        "command": request.command or None,
        "cwd": request.cwd or None,
        "reason": request.reason or None,
        "host": request.host or None,
        "server": request.server or None,
        "url": request.url or None,
        "files": [
            {
                "path": edit.path,
                "change": edit.change,
                "insertions": edit.insertions,
                "deletions": edit.deletions,
                "diff": edit.diff,
            }
            for edit in request.files
        ],
        "permissions": [{"access": entry.access, "target": entry.target} for entry in request.permissions],
        "questions": [
            {
                "name": question.id,
                "header": question.header,
                "text": question.text,
                "options": [option.label for option in question.options],
                "takes_other": question.allows_other,
                "is_secret": question.is_secret,
            }
            for question in request.questions
        ],
        "fields": [
            {
                "name": field.name,
                "title": field.title,
                "type": field.type,
                "description": field.description,
                "choices": list(field.choices),
                "required": field.required,
                "default": field.default,
            }
            for field in request.fields
        ],
    }
