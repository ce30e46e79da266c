"""Raw lines of an app-server as signals. The reader survives every line; what it cannot read it counts and tells."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

from codex_orch_tui.codex.faults import fault_of
from codex_orch_tui.codex.framing import Spilled
from codex_orch_tui.codex.items import ItemReader, kind_of
from codex_orch_tui.codex.params import (
    ErrorParams,
    ItemParams,
    NoticeParams,
    PatchParams,
    PlanParams,
    RateLimitsParams,
    RequestId,
    RequestParams,
    ResolvedParams,
    TurnParams,
    UsageParams,
    Wire,
)
from codex_orch_tui.codex.requests import METHODS, approval_request
from codex_orch_tui.codex.wire import Message, Reply, Unreadable, params_json, read_message
from codex_orch_tui.domain.ids import ItemId, ThreadId, TurnId
from codex_orch_tui.domain.item import FileEdit, Item, ItemKind, ItemStatus, PlanStep, StepStatus, TurnStatus, Usage
from codex_orch_tui.domain.secret_stream import beginning
from codex_orch_tui.domain.signals import (
    Asked,
    Faulted,
    ItemBegan,
    ItemEnded,
    ModelRerouted,
    PlanChanged,
    RateLimitsChanged,
    RequestResolved,
    Signal,
    TurnBegan,
    TurnEnded,
    UnknownAsked,
    UsageChanged,
    Warned,
)
from codex_orch_tui.domain.terminal_text import clean_line, clean_text

MAX_ANSWER_CHARS = 200_000
MAX_REQUEST_BYTES = 1024 * 1024
"""A longer question is refused: it is shown whole or not at all, and nobody reads that much before an answer."""

_TURN_STATUSES = {
    "completed": TurnStatus.COMPLETED,
    "interrupted": TurnStatus.INTERRUPTED,
    "failed": TurnStatus.FAILED,
    "inProgress": TurnStatus.IN_PROGRESS,
}
_STEP_STATUSES = {"inProgress": StepStatus.IN_PROGRESS, "completed": StepStatus.COMPLETED}
_SPILLED_ITEM = re.compile(
    rb'\{"method":"item/(?:started|completed)","params":\{"item":\{"type":"([A-Za-z]+)","id":"([\w-]+)"'
)
_SPILLED_TURN = re.compile(rb'"threadId":"([\w-]+)","turnId":"([\w-]+)"[^"]*"completedAtMs"')


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one line says. `request_id` is set for a request of the server, in Codex's own type."""

    signals: tuple[Signal, ...] = ()
    request_id: RequestId | None = None


class Decoder:
    """Decodes the lines of one process. It keeps the open file changes, as their approvals name no files."""

    def __init__(self, *, cwd: str, codex: Path | str) -> None:
        """Takes the worktree, which paths are shown relative to, and the codex that is named in next steps."""
        self.unreadable: Counter[str] = Counter()
        self._items = ItemReader(cwd)
        self._codex = codex
        self._changes: dict[str, tuple[FileEdit, ...]] = {}
        self._told: set[str] = set()

    def begin_turn(self, *, is_checked: bool) -> None:
        """A turn is about to begin; `is_checked` says that it is asked for an answer that fits a schema."""
        self._items = replace(self._items, is_checked=is_checked)

    def decode(self, line: bytes) -> Decoded:
        """What the line says; it never raises for what a line holds."""
        try:
            message = read_message(line)
        except Unreadable as unreadable:
            return Decoded(self._unreadable(unreadable))
        if isinstance(message, Reply):
            return Decoded()
        if message.id is not None:
            return self._request(message, message.id, line)
        if isinstance(message.params, PatchParams):
            self._changes[message.params.item_id] = self._items.files(message.params.changes, with_diff=True)
        return Decoded(self._notification(message))

    def spilled(self, spilled: Spilled) -> tuple[Signal, ...]:
        """A line that was too long: told, and the item that it ended is closed as far as its ends are legible."""
        where = "dropped, as no file could be written" if spilled.path is None else f"kept as {spilled.path.name}"
        told = Warned(message=f"A line of {spilled.size_bytes:,} bytes was too long to read; {clean_line(where)}")
        item = _SPILLED_ITEM.match(spilled.head)
        turn = _SPILLED_TURN.search(spilled.tail)
        if item is None or turn is None:
            return (told,)
        self._changes.pop(item[2].decode(), None)
        closed = Item(
            id=ItemId(item[2].decode()),
            kind=kind_of(item[1].decode()),
            title=f"cut off: {spilled.size_bytes:,} bytes",
            status=ItemStatus.COMPLETED,
        )
        return told, ItemEnded(thread=ThreadId(turn[1].decode()), turn=TurnId(turn[2].decode()), item=closed)

    def _unreadable(self, unreadable: Unreadable) -> tuple[Signal, ...]:
        self.unreadable[unreadable.kind] += 1
        head = clean_line(unreadable.head)
        return self._once(unreadable.kind, f"Codex sent a line that could not be read ({unreadable.kind}): {head}")

    def _once(self, key: str, message: str) -> tuple[Signal, ...]:
        if key in self._told:
            return ()
        self._told.add(key)
        return (Warned(message=message),)

    def _request(self, message: Message, request_id: RequestId, line: bytes) -> Decoded:
        if len(line) > MAX_REQUEST_BYTES:
            method = f"{clean_line(message.method)} in {len(line):,} bytes, more than anybody could read"
            return Decoded((UnknownAsked(request_id=str(request_id), method=method, raw_json="null"),), request_id)
        raw_json = params_json(line)
        if not isinstance(message.params, RequestParams) or message.method not in METHODS:
            unknown = UnknownAsked(request_id=str(request_id), method=clean_line(message.method), raw_json=raw_json)
            return Decoded((unknown,), request_id)
        request = approval_request(
            str(request_id),
            message.method,
            message.params,
            raw_json=raw_json,
            files=self._changes.get(message.params.item_id, ()),
        )
        return Decoded((Asked(request=request),), request_id)

    def _notification(self, message: Message) -> tuple[Signal, ...]:
        params = message.params
        match params:
            case None:
                return ()
            case ItemParams():
                return self._item(message.method, params)
            case TurnParams():
                return self._turn(message.method, params)
            case PlanParams():
                return (_plan(params),)
            case UsageParams():
                return (_usage(params),)
            case RateLimitsParams():
                return rate_limits(params)
            case ErrorParams():
                fault = fault_of(params.error, self._codex)
                return (Faulted(fault=fault, will_retry=params.will_retry),)
            case ResolvedParams():
                return (RequestResolved(request_id=str(params.request_id)),)
            case NoticeParams():
                text = notice_text(message.method, params)
                told = self._once(text, text) if text else ()
                return (*told, _rerouted(params)) if message.method == "model/rerouted" else told
            case Wire():
                return ()
            case _:
                assert_never(params)

    def _item(self, method: str, params: ItemParams) -> tuple[Signal, ...]:
        wire = params.item
        thread, turn = ThreadId(clean_line(params.thread_id)), TurnId(clean_line(params.turn_id))
        if method == "item/started":
            if wire.changes:
                self._changes[wire.id] = self._items.files(wire.changes, with_diff=True)
            item = self._items.item(wire, ended=False)
            return (ItemBegan(thread=thread, turn=turn, item=item, command=wire.command),)
        self._changes.pop(wire.id, None)
        item = self._items.item(wire, ended=True)
        text = _answer(wire.text) if item.kind is ItemKind.AGENT_MESSAGE else ""
        return (ItemEnded(thread=thread, turn=turn, item=item, text=text),)

    def _turn(self, method: str, params: TurnParams) -> tuple[Signal, ...]:
        thread, turn = ThreadId(clean_line(params.thread_id)), TurnId(clean_line(params.turn.id))
        if method == "turn/started":
            return (TurnBegan(thread=thread, turn=turn),)
        self._changes.clear()
        error = params.turn.error
        return (
            TurnEnded(
                thread=thread,
                turn=turn,
                status=_TURN_STATUSES.get(params.turn.status, TurnStatus.FAILED),
                fault=None if error is None else fault_of(error, self._codex),
                duration_ms=params.turn.duration_ms,
            ),
        )


def _answer(text: str) -> str:
    """A message as it is kept beyond the raw log: in the journal, and in memory for as long as the task is known."""
    if len(text) <= MAX_ANSWER_CHARS:
        return clean_text(text)
    more = len(text) - MAX_ANSWER_CHARS
    return f"{clean_text(beginning(text, MAX_ANSWER_CHARS))}\n… {more:,} more characters, which only the raw log has"


def notice_text(method: str, params: NoticeParams) -> str:
    """A notice in words, clean; empty for one that needs nobody."""
    if method == "model/rerouted":
        return clean_line(f"Codex uses {params.to_model} instead of {params.from_model}")
    if method == "mcpServer/startupStatus/updated":
        if params.status != "failed":
            return ""
        return clean_line(f"MCP server {params.name} did not start: {params.error}")
    if "Codex will use the bundled bubblewrap" in params.summary:
        return ""  # said by every worker at every start, though the sandbox is there
    words = (params.message, params.summary, params.details, params.path)
    return clean_line(" · ".join(word for word in words if word))


def _plan(params: PlanParams) -> PlanChanged:
    return PlanChanged(
        thread=ThreadId(clean_line(params.thread_id)),
        turn=TurnId(clean_line(params.turn_id)),
        steps=tuple(
            PlanStep(text=clean_line(step.step), status=_STEP_STATUSES.get(step.status, StepStatus.PENDING))
            for step in params.plan
        ),
    )


def _rerouted(params: NoticeParams) -> ModelRerouted:
    thread, turn = ThreadId(clean_line(params.thread_id)), TurnId(clean_line(params.turn_id))
    return ModelRerouted(thread=thread, turn=turn, model=clean_line(params.to_model))


def _usage(params: UsageParams) -> UsageChanged:
    total = params.token_usage.total
    return UsageChanged(
        thread=ThreadId(clean_line(params.thread_id)),
        usage=Usage(
            input_tokens=total.input_tokens or 0,
            cached_input_tokens=total.cached_input_tokens or 0,
            output_tokens=total.output_tokens or 0,
            reasoning_tokens=total.reasoning_output_tokens or 0,
            total_tokens=total.total_tokens or 0,
            context_window=params.token_usage.model_context_window,
        ),
    )


def rate_limits(params: RateLimitsParams) -> tuple[Signal, ...]:
    """The fullest window of the account's limits; nothing when Codex knows of none."""
    windows = [window for window in (params.rate_limits.primary, params.rate_limits.secondary) if window is not None]
    known = [(window.used_percent, window.resets_at) for window in windows if window.used_percent is not None]
    if not known:
        return ()
    percent, resets_at = max(known, key=lambda window: window[0])
    return (RateLimitsChanged(used_percent=percent, resets_at_s=resets_at),)
