"""The history as plain lines for people and as a JSON document (schema 1) for programs."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from codex_orch_tui import __version__
from codex_orch_tui.cli.repository_state import SeenState
from codex_orch_tui.domain.approval import Approval, ApprovalKind
from codex_orch_tui.domain.history import HistoryEntry, allowed_line, ending_of
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.ui.presentation.clock import elapsed, moment
from codex_orch_tui.ui.presentation.glyphs import KIND_WORDS

SCHEMA_VERSION = 1
_SIGNS = {ApprovalKind.COMMAND: "$", ApprovalKind.FILE_CHANGE: "±"}
"""Those of the screen; the other kinds are named."""
_REST = re.compile(r"(?=[;:] )")
"""Where the words for what was decided end; how long it took stands before the rest."""


def history_lines(seen: SeenState, entries: Sequence[HistoryEntry]) -> list[str]:
    """All lines, each safe to print: an entry has two, what it was and who or what allowed it."""
    if not entries:
        return ["nothing was asked and no command has run"]
    return [clean_line(line) for line in _lines(seen, entries)]


def _lines(seen: SeenState, entries: Sequence[HistoryEntry]) -> Iterator[str]:
    before = None
    for entry in entries:
        if entry.ref != before:
            before = entry.ref
            task = seen.state.tasks[entry.ref]
            yield f"{task.spec.title}  ({entry.ref})"
        sign = _SIGNS.get(entry.kind) or KIND_WORDS[entry.kind]
        yield f"  {moment(entry.at_s)}  {sign} {entry.title}"
        decided, *rest = _REST.split(allowed_line(entry), maxsplit=1)
        code = entry.item.exit_code if entry.item is not None and entry.did_run else None
        ended = f" · exit {code}" if code is not None and entry.kind is not ApprovalKind.STDIN else ""
        yield f"  {'':19}    {decided}{_after(entry)}{''.join(rest)}{ended}"


def _after(entry: HistoryEntry) -> str:
    """How long the person took; a rule takes no time, and nobody answered what expired."""
    approval, waited = entry.approval, entry.waited_s
    is_persons = approval is not None and approval.rule is None and approval.choice is not None
    return f" after {elapsed(waited)}" if waited and is_persons else ""


def history_document(seen: SeenState, entries: Sequence[HistoryEntry]) -> dict[str, Any]:
    """The whole document: plain values that every JSON parser takes."""
    return {
        "schema_version": SCHEMA_VERSION,
        "program_version": __version__,
        "repository": str(seen.root),
        "notes": list(seen.notes),
        "entries": [_entry(entry) for entry in entries],
    }


def _entry(entry: HistoryEntry) -> dict[str, Any]:
    item, allowance = entry.item, entry.allowance
    return {
        "run": entry.ref.run,
        "task": entry.ref.task,
        "at_s": entry.at_s,
        "kind": entry.kind.value,
        "title": entry.title,
        "turn": entry.turn.id if entry.turn is not None else None,
        "item": item.id if item is not None else None,
        "did_run": entry.did_run,
        "status": item.status.value if item is not None else None,
        "exit_code": item.exit_code if item is not None else None,
        "duration_ms": item.duration_ms if item is not None else None,
        "cwd": item.cwd or None if item is not None else None,
        "ending": ending_of(entry).value,
        "allowed_by": allowance.kind.value if allowance is not None else None,
        "allowed_text": allowed_line(entry),
        "question": _question(entry.approval) if entry.approval is not None else None,
    }


def _question(approval: Approval) -> dict[str, Any]:
    rule = approval.rule
    return {
        "id": approval.id,
        "command": approval.request.command or None,
        "cwd": approval.request.cwd or None,
        "reason": approval.request.reason or None,
        "risk": approval.assessment.risk.value,
        "reasons": list(approval.assessment.reasons),
        "asked_at_s": approval.asked_at_s,
        "shown_at_s": approval.shown_at_s,
        "decided_at_s": approval.decided_at_s,
        "times_asked": approval.times_asked,
        "outcome": approval.outcome.value,
        "choice": approval.choice.value if approval.choice is not None else None,
        "by": approval.by.value if approval.by is not None else None,
        "rule": None if rule is None else {"id": rule.id, "file": rule.file, "sha256": rule.sha256},
        "message": clean_line(approval.message) or None,
        "cause": approval.cause or None,
    }
