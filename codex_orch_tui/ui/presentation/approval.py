"""An approval as the card shows it: what is asked, how risky it is, and everything that a yes would count for."""

import json
import re
from dataclasses import replace
from typing import assert_never

from codex_orch_tui.domain.approval import Approval, ApprovalKind, ApprovalRequest, Outcome
from codex_orch_tui.domain.item import FileEdit
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode
from codex_orch_tui.domain.review import LineKind
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import is_clean
from codex_orch_tui.domain.text_warnings import text_warnings
from codex_orch_tui.ui.presentation.approval_rows import tool_of
from codex_orch_tui.ui.presentation.clock import elapsed
from codex_orch_tui.ui.presentation.command_lines import command_lines
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import BLANK, Paragraph, aligned, labelled
from codex_orch_tui.ui.presentation.risk_lines import other_risks, program_lines, reasons_of, risk_line
from codex_orch_tui.ui.presentation.sandbox_words import sandbox_words

_COUNTED = re.compile(r"has [\d,]+ lines")
"""Stands beside the headline already."""
_SANDBOX_REASON = "may run outside of the sandbox"
"""Told in a line of its own."""
_CHANGE_WORDS = {"add": "new", "delete": "deleted", "update": "changed"}


def headline(approval: Approval, task: Task | None) -> str:
    """The question in a few words."""
    request = approval.request
    match request.kind:
        case ApprovalKind.COMMAND:
            return _command_headline(request, task)
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
            tool = tool_of(request)
            return f"Let it use {f'the tool {tool}' if tool else 'a tool'} of {request.server or 'an MCP server'}?"
        case _:
            assert_never(request.kind)


def _command_headline(request: ApprovalRequest, task: Task | None) -> str:
    if request.permissions:
        return "Run this command with more permissions?"
    if task is None:
        return "Run outside the sandbox?"
    asks_always = task.spec.approval_policy is ApprovalPolicy.UNTRUSTED
    is_held = task.spec.sandbox is not SandboxMode.DANGER_FULL_ACCESS
    return "Run outside the sandbox?" if is_held and not asks_always else "Run this command?"


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
    lines = request.command.rstrip("\n").count("\n") + 1
    return f"{lines} lines" if lines > 1 else ""


def size_text(insertions: int, deletions: int) -> str:
    """+84 −2, without what is zero."""
    parts = [f"+{insertions:,}" if insertions else "", f"−{deletions:,}" if deletions else ""]
    return " ".join(part for part in parts if part)


def inbox_title(position: int, count: int, approval: Approval, now_s: float) -> str:
    """The inbox's title. `position` counts from 0."""
    wait = elapsed(now_s - approval.asked_at_s)
    return f"Needs you · {position + 1} of {count} ─ {approval.ref.task} · waits {wait}"


def gone_told(approval: Approval | None) -> str:
    """Why the question that was on the card a moment ago is not there any more; empty when the person answered it."""
    if approval is None or approval.choice is not None or approval.outcome is Outcome.PENDING:
        return ""
    why = f": {approval.cause}" if approval.cause else ""
    return f"The question before has gone{why}. Nothing was sent."


def card(approval: Approval, task: Task | None, rules: str = "", *, is_whole: bool = False) -> tuple[Paragraph, ...]:
    """Everything that a person needs to decide, the whole command and the whole diff included.

    Args:
        approval: The question.
        task: Who asks.
        rules: What the rules say of it since it was asked; empty: nothing else.
        is_whole: The risk names everything, and whole.
    """
    request, known = approval.request, approval.assessment
    warnings = _warnings(request)
    reasons = reasons_of(known, (*warnings, _SANDBOX_REASON), is_whole=is_whole)
    # The text that is typed into a program is not a command of the shell.
    programs = known.programs if request.kind is not ApprovalKind.STDIN else ()
    paragraphs = [
        *_changed(approval),
        Paragraph(text=headline(approval, task), remark=aside(request), is_strong=True),
        *risk_line(known, reasons),
        *command_lines(request),
        *_typed_into(request, task),
        *_pages(request),
        *(
            Paragraph(text=f"It {text}.", label="△", label_cells=2, indent=3, is_strong=True, tone=Tone.ASKS)
            for text in warnings
        ),
        *program_lines(programs),
        *other_risks(reasons),
        *_sandbox(request, task),
    ]
    if request.kind is ApprovalKind.FILE_CHANGE and not request.files:
        paragraphs.append(labelled("files", "Codex did not tell which; v shows what it sent"))
    paragraphs += [_file_line(edit, task) for edit in request.files]
    if request.reason:
        # Of an MCP server's question these are not a worker's words but the question itself.
        paragraphs.append(labelled("asks" if request.server else "why", f"“{request.reason}”"))
    if request.cwd and request.kind is not ApprovalKind.FILE_CHANGE:
        outside = "outside its worktree" if _is_outside(request.cwd, task) else ""
        paragraphs.append(replace(labelled("in", place(request.cwd, task)), remark=outside))
    if rules:
        paragraphs.append(labelled("rules", rules))
    elif known.why_asked:
        paragraphs.append(replace(labelled("rules", known.why_asked), tone=Tone.QUIET))
    for edit in request.files:
        paragraphs += _diff(edit, task)
    return aligned(paragraphs)


def _changed(approval: Approval) -> list[Paragraph]:
    """What is another thing than when the person said yes to it: the first thing to read."""
    if approval.times_asked < 2:
        return []
    told = ", ".join(approval.changed) or "what it names"
    text = f"Changed since you saw it: {told}. Your yes was not sent; this asks again."
    return [Paragraph(text=text, label="△", label_cells=2, is_strong=True, tone=Tone.BAD, label_tone=Tone.BAD), BLANK]


def _typed_into(request: ApprovalRequest, task: Task | None) -> list[Paragraph]:
    """The command whose program gets what is typed, as far as it is known."""
    if request.kind is not ApprovalKind.STDIN or task is None:
        return []
    items = (item for turn in task.turns for item in turn.items if item.id == request.item)
    return [labelled("into", item.title, is_verbatim=True) for item in items if item.title]


def _pages(request: ApprovalRequest) -> list[Paragraph]:
    """Where it would go and what it would be given, beside a command."""
    found = []
    if request.url:
        found.append(labelled("page", request.url, is_verbatim=True))
    if request.host and request.kind is not ApprovalKind.NETWORK:
        found.append(labelled("host", request.host))
    if request.kind is not ApprovalKind.PERMISSIONS:
        wanted = (f"{entry.access} {entry.target}" for entry in request.permissions)
        found += [labelled("wants", text, is_strong=True) for text in wanted]
    return found + [labelled("kept out", target) for target in denied(request)]


def _sandbox(request: ApprovalRequest, task: Task | None) -> list[Paragraph]:
    words = sandbox_words(request, task)
    return [labelled("sandbox", words, is_strong=bool(request.grant_root or request.permissions))] if words else []


def denied(request: ApprovalRequest) -> tuple[str, ...]:
    """What a permissions request itself keeps out of what it asks for."""
    return tuple(entry.target for entry in request.permissions if entry.access == "deny")


def _warnings(request: ApprovalRequest) -> tuple[str, ...]:
    """What is odd about the texts that a yes would count for."""
    names = (request.host, request.url, *(edit.path for edit in request.files))
    found = [*text_warnings(request.command), *(text for name in names for text in text_warnings(name))]
    raw = _raw_command(request)
    if not is_clean(raw, multiline=True):
        found.insert(0, text_warnings(raw)[0])
    return tuple(text for text in dict.fromkeys(found) if not _COUNTED.fullmatch(text))


def _raw_command(request: ApprovalRequest) -> str:
    """The command before it was cleaned: a carriage return's escape looks like one that the worker wrote."""
    try:
        raw = json.loads(request.raw_json)
    except ValueError:
        return ""
    command = raw.get("command") if isinstance(raw, dict) else None
    return command if isinstance(command, str) else ""


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
    return replace(labelled(word, place(edit.path, task), is_verbatim=True), remark=remark)


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
