"""Everything that a question carries: the card, what each answer does, where it comes from, what Codex sent."""

import json
import time

from codex_orch_tui.domain.approval import Approval, ApprovalKind, ApprovalRequest
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import clean_text
from codex_orch_tui.ui.presentation.approval import card
from codex_orch_tui.ui.presentation.approval_answers import answer_keys
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import BLANK, Paragraph, aligned, labelled


def everything(approval: Approval, task: Task | None) -> tuple[Paragraph, ...]:
    """The card, where it comes from, and the request as Codex sent it."""
    request = approval.request
    facts = [
        ("task", task.spec.title if task is not None else str(approval.ref)),
        ("run", str(approval.ref.run)),
        ("branch", task.worktree.branch if task is not None and task.worktree is not None else ""),
        ("folder", request.cwd),
        ("sent as", request.wrapped),
        ("asked", time.strftime("%H:%M:%S", time.localtime(approval.asked_at_s))),
        ("thread", str(request.thread)),
        ("turn", str(request.turn)),
        ("item", str(request.item)),
        ("id", str(approval.id)),
        ("takes", ", ".join(choice.replace("_", " ") for choice in request.choices)),
    ]
    return (
        *card(approval, task, is_whole=True),
        *aligned(_form_lines(request)),
        BLANK,
        *_answers(request),
        BLANK,
        *aligned([labelled(label, text, is_verbatim=True) for label, text in facts if text]),
        BLANK,
        Paragraph(text="As Codex sent it", tone=Tone.QUIET),
        *(Paragraph(text=line, indent=3, is_verbatim=True) for line in _pretty(request.raw_json).split("\n")),
    )


def _answers(request: ApprovalRequest) -> list[Paragraph]:
    """What each answer does, whole."""
    told = [Paragraph(text=f"{key.label}: {key.effect}", indent=3) for key in answer_keys(request) if key.effect]
    return [Paragraph(text="What each answer does", tone=Tone.QUIET), *told] if told else []


def _form_lines(request: ApprovalRequest) -> list[Paragraph]:
    lines: list[Paragraph] = []
    if request.kind is ApprovalKind.PERMISSIONS:
        lines += [labelled("asks", f"{entry.access} {entry.target}") for entry in request.permissions]
    for question in request.questions:
        lines.append(labelled("asks", f"{question.header}: {question.text}" if question.header else question.text))
        lines += [labelled("", f"· {option.label}  {option.description}".rstrip()) for option in question.options]
    for form_field in request.fields:
        choices = f": {', '.join(form_field.choices)}" if form_field.choices else ""
        lines.append(
            labelled("field", f"{form_field.title} ({form_field.type}{choices}) {form_field.description}".rstrip())
        )
    return lines


def _pretty(raw_json: str) -> str:
    """The JSON over several lines. Reading it undoes its escapes, so it is cleaned again."""
    try:
        return clean_text(json.dumps(json.loads(raw_json), indent=2, ensure_ascii=False))
    except ValueError:
        return clean_text(raw_json)
