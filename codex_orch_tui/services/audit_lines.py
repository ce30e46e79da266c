"""What the audit says of an event: lines in the form that schemas/approvals.json describes.

A line is made from the event and the state after it, so it comes out the same from a journal that is read later. Every
text goes through the sanitiser once more here: what a person typed has not, and secrets are taken out there.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict
from enum import Enum
from hashlib import sha256
from typing import Any

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.allowance import DID_NOT_RUN, Allowance, allowance
from codex_orch_tui.domain.approval import Approval, ApprovalRequest, RuleRef
from codex_orch_tui.domain.ids import ItemId, TaskRef, TurnId
from codex_orch_tui.domain.item import Item, ItemKind, ItemStatus
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import Task, Turn
from codex_orch_tui.domain.terminal_text import clean_text

VERSION = 1
_SAME_S = 0.002
"""The journal keeps times to the millisecond."""

_Line = dict[str, Any]


Happened = tuple[type[ev.TaskEvent], TaskRef, TurnId, ItemId]
"""One of the two events that tell of a command's end: it ended, and Codex's own rules were asked about it."""


def happened(event: ev.Event) -> Happened | None:
    """Which of the two an event is, if it is one."""
    match event:
        case ev.ItemCompleted():
            return ev.ItemCompleted, event.ref, event.turn, event.item.id
        case ev.CommandAllowed():
            return ev.CommandAllowed, event.ref, event.turn, event.item
        case _:
            return None


def lines_of(recorded: ev.Recorded, state: State, later: Collection[Happened] = ()) -> list[bytes]:
    """The lines of an event, without line ends; mostly none.

    Args:
        recorded: What happened.
        state: The state after it, or a later one.
        later: What had not happened yet at that time, though `state` knows of it.
    """
    event = recorded.event
    if not isinstance(event, ev.TaskEvent) or event.ref not in state.tasks:
        return []
    head: _Line = {"v": VERSION, "seq": recorded.seq, "at_s": round(recorded.at_s, 3)}
    place: _Line = {"run": event.ref.run, "task": event.ref.task}
    return [_encoded(head | {"what": what} | place | body) for what, body in _bodies(recorded, event, state, later)]


def _encoded(line: _Line) -> bytes:
    return json.dumps(_clean(line), ensure_ascii=False, separators=(",", ":")).encode()


def _bodies(
    recorded: ev.Recorded, event: ev.TaskEvent, state: State, later: Collection[Happened]
) -> Iterator[tuple[str, _Line]]:
    task = state.tasks[event.ref]
    match event:
        case ev.ApprovalRequested():
            yield "asked", _asked(event)
            if event.choice is not None:
                decided: _Line = {"approval": event.approval, "choice": event.choice, "by": "rule"}
                yield "decided", decided | {"rule": _rule(event.rule), "message": event.message, "waited_ms": 0}
        case ev.ApprovalShown():
            digest = sha256(clean_text(event.painted).encode()).hexdigest()
            yield "shown", {"approval": event.approval, "painted": event.painted, "painted_sha256": digest}
        case ev.ApprovalChanged():
            yield "changed", {"approval": event.approval, "paths": event.paths}
        case ev.ApprovalDecided():
            yield "decided", _decided(event, state.approvals.get(event.approval))
        case ev.DecisionNotKept():
            yield "not_kept", {"approval": event.approval, "cause": event.cause}
        case ev.AnswerSent():
            yield "sent", {"approval": event.approval}
        case ev.ApprovalClosed():
            yield "closed", {"approval": event.approval, "outcome": event.outcome, "cause": event.cause}
        case ev.ItemCompleted():
            is_open = (ev.CommandAllowed, task.ref, event.turn, event.item.id) in later
            yield from _ended(state, task, event.turn, event.item.id, is_looked_up=not is_open)
        case ev.CommandAllowed():
            if (ev.ItemCompleted, task.ref, event.turn, event.item) not in later:
                yield from _looked_up(state, task, event.turn, event.item)
        case ev.TaskLost() | ev.TaskInterrupted():
            yield from _cut_off(state, task, recorded.at_s)
        case _:
            pass


def _asked(event: ev.ApprovalRequested) -> _Line:
    assessment = event.assessment
    return {
        "approval": event.approval,
        **_request(event.request),
        "risk": assessment.risk,
        "reasons": assessment.reasons,
        "programs": [asdict(program) for program in assessment.programs],
        "why_asked": assessment.why_asked,
    }


def _request(request: ApprovalRequest) -> _Line:
    """The question; what it does not carry is left out."""
    carried = {
        "command": request.command,
        "wrapped": request.wrapped,
        "amendment": request.amendment,
        "cwd": request.cwd,
        "reason": request.reason,
        "host": request.host,
        "grant_root": request.grant_root,
        "files": [asdict(edit) for edit in request.files],
        "permissions": [asdict(entry) for entry in request.permissions],
        "questions": [asdict(question) for question in request.questions],
        "fields": [asdict(field) for field in request.fields],
        "server": request.server,
        "url": request.url,
    }
    named: _Line = {"kind": request.kind, "turn": request.turn, "item": request.item}
    return named | {name: value for name, value in carried.items() if value} | {"choices": request.choices}


def _decided(event: ev.ApprovalDecided, approval: Approval | None) -> _Line:
    waited_ms = None
    if approval is not None and approval.decided_at_s is not None:
        # The same from the journal, which keeps milliseconds.
        waited_s = round(approval.decided_at_s, 3) - round(approval.asked_at_s, 3)
        waited_ms = max(0, round(waited_s * 1000))
    return {
        "approval": event.approval,
        "choice": event.choice,
        "by": event.by,
        **({"via": event.via} if event.via else {}),
        "rule": None,
        "message": event.message,
        "for_session": event.for_session,
        "granted": event.granted,
        "answers": event.answers,
        "waited_ms": waited_ms,
    }


def _rule(rule: RuleRef | None) -> _Line | None:
    return None if rule is None else asdict(rule)


def _ended(
    state: State, task: Task, turn_id: TurnId, item_id: ItemId, *, is_looked_up: bool
) -> Iterator[tuple[str, _Line]]:
    """An item has ended: what followed from a question, or ran without one.

    Whether a rule of Codex's own let a command run may not be known yet: then it is told when it is.
    """
    found = _find(task, turn_id, item_id)
    if found is None:
        return
    turn, item = found
    allowed = allowance(state, task, turn, item)
    if item.kind is ItemKind.COMMAND and not _was_asked(state, item, allowed):
        if is_looked_up and item_id in turn.own_rules:
            yield _told(turn, item, allowed)
    elif allowed.approval is not None:
        yield _told(turn, item, allowed)


def _looked_up(state: State, task: Task, turn_id: TurnId, item_id: ItemId) -> Iterator[tuple[str, _Line]]:
    """It is known whether a rule of Codex's own let a command run; unless it still runs, it is told now."""
    found = _find(task, turn_id, item_id)
    if found is None or found[1].status is ItemStatus.IN_PROGRESS or found[1].id in found[0].cut_off:
        return
    turn, item = found
    allowed = allowance(state, task, turn, item)
    if not _was_asked(state, item, allowed):
        yield _told(turn, item, allowed)


def _cut_off(state: State, task: Task, at_s: float) -> Iterator[tuple[str, _Line]]:
    """Commands whose end nobody saw, because the worker or the program ended at that time."""
    for turn in task.turns:
        if turn.cut_off and turn.ended_at_s is not None and abs(turn.ended_at_s - at_s) < _SAME_S:
            for item in turn.items:
                if item.kind is ItemKind.COMMAND and item.id in turn.cut_off:
                    what, line = _told(turn, item, allowance(state, task, turn, item))
                    yield what, line | {"cut_off": True}


def _was_asked(state: State, item: Item, allowed: Allowance) -> bool:
    """A question about this very item settled it."""
    approval = state.approvals.get(allowed.approval) if allowed.approval is not None else None
    return approval is not None and approval.request.item == item.id


def _told(turn: Turn, item: Item, allowed: Allowance) -> tuple[str, _Line]:
    if allowed.approval is None:
        return "ran", _item(turn, item, allowed)
    return "followed", {"approval": allowed.approval, **_item(turn, item, allowed)}


def _find(task: Task, turn_id: TurnId, item_id: ItemId) -> tuple[Turn, Item] | None:
    for turn in reversed(task.turns):
        if turn.id == turn_id:
            return next(((turn, item) for item in reversed(turn.items) if item.id == item_id), None)
    return None


def _item(turn: Turn, item: Item, allowed: Allowance) -> _Line:
    line: _Line = {
        "turn": turn.id,
        "item": item.id,
        "item_kind": item.kind,
        "title": item.title,
        "did_run": allowed.kind not in DID_NOT_RUN,
        "status": item.status,
        "exit_code": item.exit_code,
        "duration_ms": item.duration_ms,
        "allowed_by": allowed.kind,
        "allowed_text": allowed.text,
    }
    return line | ({"cwd": item.cwd} if item.cwd else {})


def _clean(value: Any) -> Any:
    """The value with every text clean, as JSON takes it."""
    match value:
        case Enum():
            return value.value
        case str():
            return clean_text(value)
        case dict():
            return {clean_text(str(key)): _clean(each) for key, each in value.items()}
        case tuple() | list():
            return [_clean(each) for each in value]
        case _:
            return value
