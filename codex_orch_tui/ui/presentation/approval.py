"""An approval as the card shows it: what is asked, everything it carries, and what each answer does."""

import json
import re
import time
from dataclasses import replace
from typing import NamedTuple, assert_never

from codex_orch_tui.domain.approval import Approval, ApprovalKind, ApprovalRequest, Choice
from codex_orch_tui.domain.item import FileEdit
from codex_orch_tui.domain.plan import ApprovalPolicy
from codex_orch_tui.domain.review import LineKind
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import clean_text
from codex_orch_tui.ui.presentation.clock import elapsed
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import BLANK, Paragraph

_ESCAPES = re.compile(r"␛|\\u\{[0-9A-F]{2,6}\}|\\x[0-9a-f]{2}|\\r")
_BLANKS = re.compile(r"[ \u00a0\u3000]{40,}")
_CHANGE_WORDS = {"add": "new", "delete": "deleted", "update": "changed"}


class AnswerKey(NamedTuple):
    """A key of the card: the id of its binding and what it does in a few words."""

    id: str
    label: str


def headline(approval: Approval, task: Task | None) -> str:
    """The question in a few words."""
    request = approval.request
    match request.kind:
        case ApprovalKind.COMMAND:
            asks_always = task is not None and task.spec.approval_policy is ApprovalPolicy.UNTRUSTED
            return "Run this command?" if asks_always else "Run outside the sandbox?"
        case ApprovalKind.STDIN:
            return "Type this into the running program?"
        case ApprovalKind.NETWORK:
            return f"Let it connect to {request.host}?" if request.host else "Let it use the network?"
        case ApprovalKind.FILE_CHANGE:
            return _file_headline(request, task)
        case ApprovalKind.PERMISSIONS:
            return "Give it more permissions?"
        case ApprovalKind.USER_INPUT:
            return "The worker asks you" if len(request.questions) == 1 else f"{len(request.questions)} questions"
        case ApprovalKind.ELICITATION:
            who = request.server or "An MCP server"
            return f"{who} wants you to open a page" if request.url else f"{who} asks you"
        case ApprovalKind.MCP_TOOL:
            return f"Let it use a tool of {request.server or 'an MCP server'}?"
        case _:
            assert_never(request.kind)


def _file_headline(request: ApprovalRequest, task: Task | None) -> str:
    if not request.files:
        return "Change files outside the worktree?"
    count = len(request.files)
    files = "1 file" if count == 1 else f"{count} files"
    outside = sum(1 for edit in request.files if _is_outside(edit.path, task))
    if outside in {0, count}:
        return f"Change {files} outside the worktree?" if outside else f"Change {files}?"
    return f"Change {files}, {outside} of them outside the worktree?"


def aside(request: ApprovalRequest) -> str:
    """What stands beside the headline: the size of what is asked, when it is more than a line."""
    if request.kind is ApprovalKind.FILE_CHANGE and request.files:
        return size_text(sum(e.insertions for e in request.files), sum(e.deletions for e in request.files))
    lines = request.command.count("\n") + 1
    return f"{lines} lines" if lines > 1 else ""


def size_text(insertions: int, deletions: int) -> str:
    """+84 −2, without what is zero."""
    parts = [f"+{insertions:,}" if insertions else "", f"−{deletions:,}" if deletions else ""]
    return " ".join(part for part in parts if part)


def inbox_title(position: int, count: int, approval: Approval, now_s: float) -> str:
    """The inbox's title. `position` counts from 0."""
    wait = elapsed(now_s - approval.asked_at_s)
    return f"Needs you · {position + 1} of {count} ─ {approval.ref.task} · waits {wait}"


def card(approval: Approval, task: Task | None) -> tuple[Paragraph, ...]:
    """Everything that a person needs to decide, the whole command and the whole diff included."""
    request = approval.request
    paragraphs = [
        Paragraph(text=headline(approval, task), remark=aside(request), is_strong=True),
        *_command(request),
        *_warnings(request),
    ]
    if request.url:
        paragraphs.append(_line("page", request.url, is_verbatim=True))
    if request.host and request.kind is not ApprovalKind.NETWORK:
        paragraphs.append(_line("host", request.host))
    if request.grant_root:
        paragraphs.append(_line("grants", f"writing under {request.grant_root} until the worker ends", is_strong=True))
    if request.kind is not ApprovalKind.PERMISSIONS:
        wanted = (f"{entry.access} {entry.target}" for entry in request.permissions)
        paragraphs += [_line("wants", text, is_strong=True) for text in wanted]
    paragraphs += [_line("kept out", target) for target in denied(request)]
    if request.kind is ApprovalKind.FILE_CHANGE and not request.files:
        paragraphs.append(_line("files", "Codex did not tell which; v shows what it sent"))
    paragraphs += [_file_line(edit, task) for edit in request.files]
    if request.reason:
        paragraphs.append(_line("why", f"“{request.reason}”"))
    if request.cwd and request.kind is not ApprovalKind.FILE_CHANGE:
        outside = "outside its worktree" if _is_outside(request.cwd, task) else ""
        paragraphs.append(replace(_line("in", place(request.cwd, task)), remark=outside))
    for edit in request.files:
        paragraphs += _diff(edit, task)
    return _aligned(paragraphs)


def _aligned(paragraphs: list[Paragraph]) -> tuple[Paragraph, ...]:
    """The paragraphs with one column for all labels that are words."""
    cells = max((len(paragraph.label) + 2 for paragraph in paragraphs if len(paragraph.label) > 1), default=0)
    return tuple(
        replace(paragraph, label_cells=cells) if len(paragraph.label) > 1 else paragraph for paragraph in paragraphs
    )


def denied(request: ApprovalRequest) -> tuple[str, ...]:
    """What a permissions request itself keeps out of what it asks for."""
    return tuple(entry.target for entry in request.permissions if entry.access == "deny")


def _line(label: str, text: str, *, is_verbatim: bool = False, is_strong: bool = False) -> Paragraph:
    return Paragraph(text=text, label=label, indent=3, is_verbatim=is_verbatim, is_strong=is_strong)


def _command(request: ApprovalRequest) -> list[Paragraph]:
    if not request.command:
        return []
    sign = "›" if request.kind is ApprovalKind.STDIN else "$"
    return [
        Paragraph(text=line, label=sign if number == 0 else "", label_cells=2, indent=3, is_verbatim=True)
        for number, line in enumerate(request.command.split("\n"))
    ]


def _warnings(request: ApprovalRequest) -> list[Paragraph]:
    shown = f"{request.command}\n{request.host}\n{request.url}\n" + "\n".join(edit.path for edit in request.files)
    found = []
    if _ESCAPES.search(shown):
        found.append("It holds characters that a terminal would hide or obey; they are shown as escapes.")
    if _BLANKS.search(request.command):
        found.append("It holds a long run of blanks: read on behind it.")
    return [Paragraph(text=text, label="△", label_cells=2, indent=3, is_strong=True) for text in found]


def _is_outside(path: str, task: Task | None) -> bool:
    if not path.startswith("/"):
        return False
    return task is None or task.worktree is None or not f"{path}/".startswith(f"{task.worktree.path}/")


def place(path: str, task: Task | None) -> str:
    """A path as a person knows it: from the task's worktree on, else whole."""
    if task is None or task.worktree is None:
        return path
    root = task.worktree.path
    if path == root:
        return f"{task.ref.task}, its worktree"
    if path.startswith(f"{root}/"):
        return path[len(root) + 1 :]
    return path


def _file_line(edit: FileEdit, task: Task | None) -> Paragraph:
    word = _CHANGE_WORDS.get(edit.change, edit.change or "changed")
    size = size_text(edit.insertions, edit.deletions)
    remark = f"outside its worktree  {size}" if _is_outside(edit.path, task) else size
    return Paragraph(text=place(edit.path, task), label=word, indent=3, remark=remark, is_verbatim=True)


def _diff(edit: FileEdit, task: Task | None) -> list[Paragraph]:
    if not edit.diff:
        return []
    head = Paragraph(text=place(edit.path, task), tone=Tone.ACCENT, indent=3, is_verbatim=True)
    return [BLANK, head, *(_diff_line(line) for line in edit.diff.rstrip("\n").split("\n"))]


def _diff_line(line: str) -> Paragraph:
    sides = {"+": LineKind.ADDED, "-": LineKind.REMOVED}
    is_head = line.startswith(("+++ ", "--- ", "@@"))
    side = None if is_head else sides.get(line[:1])
    tone = Tone.QUIET if is_head else Tone.PLAIN
    return Paragraph(text=line, indent=3, tone=tone, side=side, is_verbatim=True)


# What each answer does.

_ACCEPTS = {
    ApprovalKind.COMMAND: ("accept, run it once", "accept for this session"),
    ApprovalKind.STDIN: ("accept, type it", "accept for this session"),
    ApprovalKind.NETWORK: ("accept, this once", "accept this host for the session"),
    ApprovalKind.FILE_CHANGE: ("accept, write it", "accept, and more there this session"),
    ApprovalKind.MCP_TOOL: ("accept, use it once", "accept for this session"),
    ApprovalKind.ELICITATION: ("accept", "accept for this session"),
}
_CANCEL_WORDS = {
    ApprovalKind.MCP_TOOL: "cancel the call",
    ApprovalKind.ELICITATION: "close the question",
}


def answer_keys(request: ApprovalRequest) -> tuple[AnswerKey, ...]:
    """The keys of this card, only those that the request offers."""
    offered = request.choices
    once, session = _ACCEPTS.get(request.kind, ("accept", "accept for this session"))
    keys: list[AnswerKey] = []
    if Choice.GRANT in offered:
        keys.append(AnswerKey("approval.pick", "check"))
        once, session = "grant the checked for this turn", "grant them for this session"
    if Choice.ANSWER in offered:
        keys += [AnswerKey("approval.enter", "fill in"), AnswerKey("approval.send", "send your answers")]
    if offers_yes(request):
        keys.append(AnswerKey("approval.accept", once))
    if Choice.ACCEPT_FOR_SESSION in offered or Choice.GRANT in offered:
        keys.append(AnswerKey("approval.accept_session", session))
    if Choice.DECLINE in offered:
        alone = "decline, no answer" if request.kind is ApprovalKind.USER_INPUT else "decline, it goes on"
        keys.append(AnswerKey("approval.decline", alone))
        keys.append(AnswerKey("approval.decline_message", "decline and say why"))
    if Choice.CANCEL in offered:
        keys.append(AnswerKey("approval.cancel", _CANCEL_WORDS.get(request.kind, "cancel the turn")))
    keys.append(AnswerKey("approval.view", "view all"))
    return tuple(keys)


def offers_yes(request: ApprovalRequest) -> bool:
    """Whether a key says yes to it, or to the checked part of it."""
    return Choice.ACCEPT in request.choices or Choice.GRANT in request.choices


# Everything.


def everything(approval: Approval, task: Task | None) -> tuple[Paragraph, ...]:
    """The card, where it comes from, and the request as Codex sent it."""
    request = approval.request
    facts = [
        ("task", task.spec.title if task is not None else str(approval.ref)),
        ("run", str(approval.ref.run)),
        ("branch", task.worktree.branch if task is not None and task.worktree is not None else ""),
        ("folder", request.cwd),
        ("asked", time.strftime("%H:%M:%S", time.localtime(approval.asked_at_s))),
        ("thread", str(request.thread)),
        ("turn", str(request.turn)),
        ("item", str(request.item)),
        ("id", str(approval.id)),
        ("takes", ", ".join(choice.replace("_", " ") for choice in request.choices)),
    ]
    return (
        *card(approval, task),
        *_aligned(_form_lines(request)),
        BLANK,
        *_aligned([_line(label, text, is_verbatim=True) for label, text in facts if text]),
        BLANK,
        Paragraph(text="As Codex sent it", tone=Tone.QUIET),
        *(Paragraph(text=line, indent=3, is_verbatim=True) for line in _pretty(request.raw_json).split("\n")),
    )


def _form_lines(request: ApprovalRequest) -> list[Paragraph]:
    lines: list[Paragraph] = []
    if request.kind is ApprovalKind.PERMISSIONS:
        lines += [_line("asks", f"{entry.access} {entry.target}") for entry in request.permissions]
    for question in request.questions:
        lines.append(_line("asks", f"{question.header}: {question.text}" if question.header else question.text))
        lines += [_line("", f"· {option.label}  {option.description}".rstrip()) for option in question.options]
    for form_field in request.fields:
        choices = f": {', '.join(form_field.choices)}" if form_field.choices else ""
        lines.append(
            _line("field", f"{form_field.title} ({form_field.type}{choices}) {form_field.description}".rstrip())
        )
    return lines


def _pretty(raw_json: str) -> str:
    """The JSON over several lines. Reading it undoes its escapes, so it is cleaned again."""
    try:
        return clean_text(json.dumps(json.loads(raw_json), indent=2, ensure_ascii=False))
    except ValueError:
        return clean_text(raw_json)
