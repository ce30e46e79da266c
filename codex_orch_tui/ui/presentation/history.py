"""The history as rows, and one of its entries as text: what it was, how it was decided, who or what allowed it."""

import time
from collections.abc import Iterator, Mapping, Sequence

from codex_orch_tui.domain.allowance import AllowanceKind
from codex_orch_tui.domain.approval import DECIDER_WORDS, Approval, ApprovalKind, Decider, Outcome
from codex_orch_tui.domain.history import (
    Asked,
    Ending,
    HistoryEntry,
    HistoryFilter,
    allowed_line,
    decided_text,
    ending_of,
    rule_text,
)
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.item import Item, ItemStatus
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.terminal_text import clean_line, clean_text
from codex_orch_tui.ui.presentation.clock import elapsed, hour_minute, moment, took
from codex_orch_tui.ui.presentation.glyphs import Look, Tone
from codex_orch_tui.ui.presentation.paragraphs import BLANK, Paragraph, aligned, labelled
from codex_orch_tui.ui.presentation.rows import Row, Sheet
from codex_orch_tui.ui.presentation.status import Piece, StatusLine

ENDING_LOOKS: Mapping[Ending, Look] = {
    Ending.WAITS: Look("waits for you", "!", "!", Tone.ASKS),
    Ending.ACCEPTED: Look("accepted", "✓", "+", Tone.GOOD),
    Ending.BY_RULE: Look("by a rule of yours", "§", "r", Tone.PLAIN),
    Ending.CODEX_RULE: Look("by Codex's own rule", "△", "^", Tone.PLAIN),
    Ending.SANDBOX: Look("in the sandbox", "·", ".", Tone.QUIET),
    Ending.NO_SANDBOX: Look("without a sandbox", "△", "^", Tone.PLAIN),
    Ending.DECLINED: Look("declined", "✗", "x", Tone.BAD),
    Ending.NOT_ANSWERED: Look("not answered", "–", "-", Tone.QUIET),
    Ending.NOT_KNOWN: Look("not known", "?", "?", Tone.PLAIN),
}
"""How an entry was decided: word, sign and tone. The words are those of the filter too."""

KIND_WORDS: Mapping[ApprovalKind, str] = {
    ApprovalKind.COMMAND: "commands",
    ApprovalKind.STDIN: "typed into a program",
    ApprovalKind.NETWORK: "network",
    ApprovalKind.FILE_CHANGE: "edits",
    ApprovalKind.PERMISSIONS: "permissions",
    ApprovalKind.USER_INPUT: "questions to you",
    ApprovalKind.ELICITATION: "forms",
    ApprovalKind.MCP_TOOL: "tools",
}
ASKED_WORDS: Mapping[Asked, str] = {
    Asked.ALL: "",
    Asked.ASKED: "what was asked for",
    Asked.UNASKED: "what ran without a question",
}
_KIND_SIGNS: Mapping[ApprovalKind, str] = {
    ApprovalKind.COMMAND: "$",
    ApprovalKind.STDIN: "⌨",
    ApprovalKind.FILE_CHANGE: "±",
    ApprovalKind.USER_INPUT: "?",
}
_ASCII_KIND_SIGNS: Mapping[ApprovalKind, str] = {ApprovalKind.STDIN: "<", ApprovalKind.FILE_CHANGE: "%"}
_SESSION_WORDS = {
    Outcome.ACCEPTED: "by {by}",
    Outcome.ACCEPTED_FOR_SESSION: "by {by}, session",
    Outcome.ACCEPTED_FOR_GOOD: "by {by}, for good",
    Outcome.ANSWERED: "answered",
    Outcome.GRANTED: "granted",
    Outcome.DECLINED: "declined",
    Outcome.CANCELLED: "cancelled",
    Outcome.EXPIRED: "expired",
    Outcome.SUPERSEDED: "superseded",
    Outcome.WORKER_LOST: "worker lost",
}
_UNASKED_WORDS = {
    AllowanceKind.SANDBOX: "sandbox",
    AllowanceKind.READ_ONLY_SANDBOX: "sandbox, reads",
    AllowanceKind.CODEX_RULE: "Codex's rule",
    AllowanceKind.FOR_SESSION: "by {by}, session",
    AllowanceKind.FULL_ACCESS: "no sandbox",
    AllowanceKind.REFUSED_BY_CODEX: "refused by Codex",
}
_TASK_CELLS = 16
_SHORT_TASK_CELLS = 8
_WIDE_CELLS = 84
_RULE_CELLS = 12


class HistoryRows:
    """The rows of the list. A row is kept until its entry changes.

    Args:
        ascii_only: Signs for terminals without the others.
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        self.ascii_only = ascii_only
        self._kept: dict[str, tuple[HistoryEntry, Row]] = {}
        self._form = (0, False)

    def sheet(self, entries: Sequence[HistoryEntry], *, names_tasks: bool, width: int) -> Sheet:
        """One row for each entry, in the order given.

        Args:
            entries: What is shown, newest first.
            names_tasks: Whether each row names its task; all rows of one task need not.
            width: Cells of a row.
        """
        most = _TASK_CELLS if width >= _WIDE_CELLS else _SHORT_TASK_CELLS
        cells = min(most, max((len(entry.ref.task) for entry in entries), default=0)) if names_tasks else 0
        with_day = bool(entries) and _day(entries[0].at_s) != _day(entries[-1].at_s)
        if self._form != (cells, with_day):
            self._form = cells, with_day
            self._kept.clear()
        rows = [self._row(entry) for entry in entries]
        remarks = max((len(row.remark) for row in rows), default=0)
        tails = max((len(row.tail) for row in rows), default=0)
        return Sheet(rows, remarks, tails)

    def _row(self, entry: HistoryEntry) -> Row:
        kept = self._kept.get(entry.key)
        if kept is not None and kept[0] is entry:
            return kept[1]
        cells, with_day = self._form
        row = _row(entry, cells, ascii_only=self.ascii_only, with_day=with_day)
        self._kept[entry.key] = entry, row
        return row


def who(entry: HistoryEntry) -> str:
    """Who or what decided, in a few words: one row has room for no more."""
    approval = entry.approval
    if approval is None:
        allowed = entry.allowance
        if allowed is None:
            return "not known"
        return _UNASKED_WORDS.get(allowed.kind, "not known").format(by=DECIDER_WORDS[allowed.by or Decider.YOU])
    if approval.outcome is Outcome.BY_RULE and approval.rule is not None:
        return f"rule {_cut(approval.rule.id, _RULE_CELLS)}"
    if approval.outcome is Outcome.PENDING:
        return "asks" if approval.choice is None else "being sent"
    return _SESSION_WORDS[approval.outcome].format(by=DECIDER_WORDS[approval.by or Decider.YOU])


def head_line(
    state: State, shown: int, total: int, wanted: HistoryFilter, *, waiting: int, is_wide: bool
) -> StatusLine:
    """The line above the list: how many entries there are, and which of them are shown.

    Args:
        state: What is known now.
        shown: How many entries the filter leaves.
        total: How many there are.
        wanted: The filter.
        waiting: Questions that wait for the person.
        is_wide: There is room for the tasks' titles.
    """
    only = tuple(filter_words(state, wanted, is_wide=is_wide))
    number = f"{shown:,} of {total:,}" if only else f"{total:,}"
    entries = "entry" if total == 1 else "entries"
    left = [Piece("History", Tone.PLAIN), Piece(f"{number} {entries}", Tone.QUIET, 1)]
    left += [Piece(f"only {' · '.join(only)}", Tone.ACCENT)] if only else []
    counts = (Piece(f"! {waiting} need{'s' if waiting == 1 else ''} you", Tone.ASKS),) if waiting else ()
    return StatusLine(tuple(left), counts, ())


def filter_words(state: State, wanted: HistoryFilter, *, is_wide: bool = True) -> Iterator[str]:
    """The filter in words; nothing when it takes everything."""
    if wanted.task is not None:
        yield _task_title(state, wanted.task) if is_wide else clean_line(wanted.task.task)
    if wanted.asked is not Asked.ALL:
        yield ASKED_WORDS[wanted.asked]
    if wanted.ending is not None:
        yield ENDING_LOOKS[wanted.ending].word
    if wanted.kind is not None:
        yield KIND_WORDS[wanted.kind]
    if wanted.text:
        yield f"“{clean_line(wanted.text)}”"


def empty_text(state: State, total: int) -> str:
    """What to say where there is no row; it names the next key."""
    if total:
        return "Nothing of that kind. a, o, y, t and / change what is shown; x shows all of it again."
    if not state.tasks:
        return "Nothing has run yet. esc goes back."
    return "No command has run yet and nothing was asked. They are listed here, with who allowed them."


def details(entry: HistoryEntry, state: State, *, ascii_only: bool = False) -> tuple[Paragraph, ...]:
    """Everything about an entry."""
    look = ENDING_LOOKS[ending_of(entry)]
    sign = "$ " if entry.kind is ApprovalKind.COMMAND else ""
    approval = entry.approval
    asked_for = approval.request.command if approval is not None and approval.request.command else entry.title
    lines = [
        Paragraph(text=f"{look.sign(ascii_only=ascii_only)} {allowed_line(entry)}", tone=look.tone, is_strong=True),
        BLANK,
        Paragraph(text=f"{sign}{asked_for}", indent=3, is_verbatim=True),
        BLANK,
        *(labelled(label, text) for label, text in _facts(entry, state) if text),
    ]
    if approval is not None:
        lines += _question(approval)
    return aligned(lines)


def _row(entry: HistoryEntry, task_cells: int, *, ascii_only: bool, with_day: bool) -> Row:
    look = ENDING_LOOKS[ending_of(entry)]
    task = f"{_cut(entry.ref.task, task_cells):<{task_cells}}  " if task_cells else ""
    sign = _KIND_SIGNS.get(entry.kind, "◇")
    if ascii_only:
        sign = _ASCII_KIND_SIGNS.get(entry.kind, sign if sign.isascii() else "&")
    when = f"{_day(entry.at_s)} {hour_minute(entry.at_s)}" if with_day else hour_minute(entry.at_s)
    waited = entry.waited_s
    is_by_person = entry.approval is not None and entry.approval.rule is None
    return Row(
        key=entry.key,
        ref=entry.ref,
        sign=look.sign(ascii_only=ascii_only),
        sign_tone=look.tone,
        text=f"{when}  {task}{sign} {entry.title}",
        text_tone=Tone.QUIET if look.tone is Tone.QUIET else Tone.PLAIN,
        remark=who(entry),
        remark_tone=look.tone if look.tone in {Tone.ASKS, Tone.BAD} else Tone.QUIET,
        tail=elapsed(waited) if waited is not None and is_by_person else _exit(entry.item),
        tail_tone=Tone.QUIET,
    )


def _exit(item: Item | None) -> str:
    return f"exit {item.exit_code}" if item is not None and item.exit_code else ""


def _facts(entry: HistoryEntry, state: State) -> Iterator[tuple[str, str]]:
    yield "task", _task_title(state, entry.ref)
    yield "run", str(entry.ref.run)
    yield "turn", str(entry.turn.number) if entry.turn is not None else ""
    yield "when", moment(entry.at_s)
    if entry.approval is not None:
        yield "where", entry.approval.request.cwd
    elif entry.item is not None:
        yield "where", entry.item.cwd or "its worktree"
    if entry.item is not None:
        yield "ended", _ended(entry.item, entry)


def _ended(item: Item, entry: HistoryEntry) -> str:
    if not entry.did_run:
        return "did not run"
    if item.status is ItemStatus.IN_PROGRESS:
        return "runs"
    if entry.turn is not None and item.id in entry.turn.cut_off:
        return "cut off: the worker ended before it"
    parts = [item.status.value if item.exit_code is None else f"exit {item.exit_code}"]
    parts += [took(item.duration_ms)] if item.duration_ms is not None else []
    return " · ".join(parts)


def _question(approval: Approval) -> list[Paragraph]:
    """The question's own life."""
    request, assessment = approval.request, approval.assessment
    facts = [
        ("reason", request.reason),
        ("host", request.host),
        ("edits", "\n".join(f"{edit.path}  +{edit.insertions} −{edit.deletions}" for edit in request.files)),
        ("wants", "\n".join(_wanted(approval))),
        ("asks", "\n".join(question.text for question in request.questions)),
        ("risk", "\n".join((assessment.risk.value, *assessment.reasons))),
        (
            "runs",
            "\n".join(f"{program.name}  {program.path}  {program.note}".strip() for program in assessment.programs),
        ),
        ("no rule", "" if approval.rule is not None else assessment.why_asked),
        ("sent as", request.wrapped),
    ]
    life = [
        ("asked", moment(approval.asked_at_s)),
        ("shown", _after(approval.shown_at_s, approval)),
        ("changed", ", ".join(approval.changed)),
        ("decided", _after(approval.decided_at_s, approval)),
        ("answer", decided_text(approval)),
        ("rule", rule_text(approval)),
        ("told it", clean_text(approval.message)),
        ("id", str(approval.id)),
    ]
    shown = [labelled(label, text, is_verbatim=label in {"edits", "sent as"}) for label, text in facts if text]
    return [
        BLANK,
        Paragraph(text="What was asked", tone=Tone.QUIET),
        *shown,
        BLANK,
        Paragraph(text="What became of it", tone=Tone.QUIET),
        *(labelled(label, text) for label, text in life if text),
    ]


def _wanted(approval: Approval) -> Iterator[str]:
    is_granted = approval.outcome is Outcome.GRANTED
    for position, entry in enumerate(approval.request.permissions):
        mark = " · granted" if position in approval.granted else " · not granted"
        yield f"{entry.access} {entry.target}{mark if is_granted else ''}"


def _after(at_s: float | None, approval: Approval) -> str:
    if at_s is None:
        return ""
    return f"{moment(at_s)}, {elapsed(at_s - approval.asked_at_s)} after it was asked"


def _day(at_s: float) -> str:
    return time.strftime("%m-%d", time.localtime(at_s))


def _task_title(state: State, ref: TaskRef) -> str:
    task = state.tasks.get(ref)
    return clean_line(task.spec.title if task is not None else ref.task)


def _cut(text: str, cells: int) -> str:
    return text if len(text) <= cells else f"{text[: max(0, cells - 1)]}…"
