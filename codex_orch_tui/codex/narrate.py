"""Raw lines of a worker's log as entries for the log view, streamed text included.

A narrator may start anywhere in a log. It never repeats what it has streamed, and it must keep up with a flood: a
streamed piece costs one parsing of its JSON and an append.
"""

import json
from collections.abc import Callable, Iterable

from codex_orch_tui.codex.decode import notice_text
from codex_orch_tui.codex.faults import fault_of
from codex_orch_tui.codex.items import ItemReader, first_line, kind_of, reasoning_text, user_text
from codex_orch_tui.codex.params import (
    ErrorParams,
    ItemParams,
    NoticeParams,
    PlanParams,
    RequestParams,
    TurnParams,
    WireItem,
)
from codex_orch_tui.codex.requests import METHODS, approval_request
from codex_orch_tui.codex.streams import DELTA_PREFIXES, DELTAS, Stream, parsed
from codex_orch_tui.codex.wire import Message, Reply, Unreadable, params_json, read_message
from codex_orch_tui.codex.wording import ask_text, duration, exit_word, shortened, tool_text
from codex_orch_tui.domain.item import FileEdit, ItemKind
from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.secret_stream import beginning
from codex_orch_tui.domain.terminal_text import clean_line, clean_text
from codex_orch_tui.policy.unfold import shown_script

MAX_OPEN_CHARS = 8_192
"""A streamed line that is longer goes on in a further entry: it must not be held and cleaned whole every frame."""
MAX_STAMP_SKEW_S = 5.0

_SILENT = (
    b'{"method":"turn/diff/updated"',
    b'{"method":"thread/',
    b'{"method":"account/',
    b'{"method":"item/reasoning/summaryPartAdded"',
    b'{"method":"item/fileChange/patchUpdated"',
    b'{"method":"item/mcpToolCall/progress"',
    b'{"method":"item/autoApprovalReview/',
    b'{"method":"serverRequest/resolved"',
    b'{"method":"remoteControl/',
    b'{"method":"skills/changed"',
    b'{"method":"app/list/updated"',
    b'{"method":"hook/',
    b'{"method":"project/',
    b'{"method":"model/safetyBuffering/',
    b'{"method":"model/verification"',
    b'{"method":"process/',
    b'{"method":"command/exec/',
    b'{"method":"fs/changed"',
    b'{"method":"fuzzyFileSearch/',
    b'{"method":"externalAgentConfig/',
    b'{"method":"mcpServer/oauthLogin/',
    b'{"method":"mcpServer/event/',
    b'{"method":"turn/moderationMetadata"',
    b'{"id":',
    b'{"error":',
)
"""Lines that have nothing for the log view: bookkeeping, or the same again in another form."""
_WRITING = "writing its answer …"
"""Stands for JSON while it streams: half an object is no sentence."""
_CUT_OFF = "it was writing its answer, which was not finished"
_STEP_MARKS = {"completed": "[x]", "inProgress": "[>]"}


class Narrator:
    """Tells a worker's log. `feed` takes whole lines in order; `partial` is the streamed line that has not ended."""

    def __init__(self, *, cwd: str, codex: str = "codex", is_checked: bool = False) -> None:
        """Makes a narrator that has told nothing.

        Args:
            cwd: The worktree, which paths are shown relative to.
            codex: What is named in next steps.
            is_checked: The worker's turns are asked for answers that fit a schema.
        """
        self._items = ItemReader(cwd, is_checked)
        self._codex = codex
        self._streams: dict[str, Stream] = {}
        self._last_stream: str | None = None
        self._owner = ""
        self._time_s: float | None = None
        self._told_fault = ""
        self._files: dict[str, tuple[FileEdit, ...]] = {}
        self._out: list[LogEntry] = []

    def feed(self, lines: Iterable[bytes]) -> list[LogEntry]:
        """The entries that the lines complete. A trailing LF in a line does not matter."""
        out = self._out
        for line in lines:
            if line.startswith(DELTA_PREFIXES):
                self._delta(line)
            elif line and not line.startswith(_SILENT):
                self._message(line)
        self._out = []
        return out

    @property
    def partial(self) -> LogEntry | None:
        """The line that is being streamed, clean; None when there is none."""
        stream = self._streams.get(self._last_stream or "")
        if stream is None:
            return None
        if stream.is_json:
            return LogEntry(stream.kind, _WRITING, stream.time_s)
        if not (text := stream.text() + stream.redactor.pending):
            return None
        return LogEntry(stream.kind, clean_line(text), stream.time_s, continues=stream.id == self._owner)

    def _delta(self, line: bytes) -> None:
        try:
            message = parsed(line)
            params = message["params"]
            item, piece = params["itemId"], params["delta"]
            kind = DELTAS[message["method"]]
            if type(item) is not str or type(piece) is not str:
                raise TypeError
        except (ValueError, KeyError, TypeError, RecursionError):
            self._unreadable("unexpected shape", line)
            return
        stream = self._streams.get(item)
        if stream is None:
            stream = self._streams[item] = Stream(item, kind, self._time_s, from_start=False)
        self._last_stream = item
        came, piece = piece, stream.feed(piece)
        if self._items.is_checked and stream.kind is LogKind.MESSAGE and stream.look_for_json(came):
            return
        if "\n" in piece:
            self._end_lines(stream, piece, message.get("emittedAtMs"))
        elif piece:
            stream.pieces.append(piece)
            stream.open_chars += len(piece)
            if stream.open_chars > MAX_OPEN_CHARS:
                self._end_lines(stream, "\n", message.get("emittedAtMs"))

    def _end_lines(self, stream: Stream, piece: str, at_ms: object) -> None:
        stream.pieces.append(piece)
        lines, _, rest = stream.text().rpartition("\n")
        lines = lines.removesuffix("\r")
        stream.pieces = [rest] if rest else []
        stream.open_chars = len(rest)
        if isinstance(at_ms, int | float):
            self._at(at_ms / 1000)
        self._add_streamed(stream, lines)

    def _add_streamed(self, stream: Stream, lines: str, remark: str = "") -> None:
        self._add(stream.kind, clean_text(lines), remark, owner=stream.id)

    def _at(self, time_s: float) -> None:
        """Codex's several stamps of one moment differ by milliseconds; only a clock that was set goes back."""
        if self._time_s is None or not 0 < self._time_s - time_s < MAX_STAMP_SKEW_S:
            self._time_s = time_s

    def _add(self, kind: LogKind, text: str, remark: str = "", *, owner: str = "") -> None:
        """An entry of the item `owner` continues the entry above when that one is the item's too."""
        self._out.append(LogEntry(kind, text, self._time_s, remark, bool(owner) and owner == self._owner))
        self._owner = owner

    def _unreadable(self, why: str, line: bytes) -> None:
        text = beginning(line[:1_000].decode("utf-8", "replace"), 200)
        self._add(LogKind.WARNING, f"a line that could not be read ({why}): {clean_line(text)}")

    def _message(self, line: bytes) -> None:
        if line.isspace():
            return
        try:
            message = read_message(line)
        except Unreadable as unreadable:
            self._unreadable(unreadable.kind, line)
            return
        if isinstance(message, Reply):
            return
        if message.at_s is not None:
            self._at(message.at_s)
        if message.id is not None:
            self._request(message, line)
            return
        self._notification(message, line)

    def _notification(self, message: Message, line: bytes) -> None:
        params = message.params
        match params:
            case ItemParams():
                self._item(message.method, params)
            case TurnParams():
                self._turn(message.method, params)
            case PlanParams():
                steps = [f"{_STEP_MARKS.get(step.status, '[ ]')} {clean_line(step.step)}" for step in params.plan]
                self._add(LogKind.PLAN, "\n".join(steps))
            case ErrorParams():
                fault = fault_of(params.error, self._codex)
                if params.will_retry:
                    self._add(LogKind.WARNING, fault.message, "tries again")
                else:
                    self._told_fault = fault.message
                    self._add(LogKind.ERROR, "\n".join(part for part in (fault.message, fault.next_step) if part))
            case NoticeParams():
                text = notice_text(message.method, params)
                if text:
                    self._add(LogKind.WARNING, text)
            case None:
                self._unknown(message, line)
            case _:
                pass

    def _unknown(self, message: Message, line: bytes) -> None:
        match message.method:
            case "item/commandExecution/terminalInteraction":
                params = json.loads(params_json(line))
                if params.get("stdin"):
                    typed = f"typed: {clean_line(str(params['stdin']))}"
                    self._add(LogKind.OUTPUT, typed, owner=str(params.get("itemId", "")))
            case "orchestrator/lineTooLong":
                params = json.loads(params_json(line))
                where = f"; it is kept as {clean_line(str(params['file']))}" if params.get("file") else ""
                self._add(LogKind.WARNING, f"a line of {params.get('bytes', 0):,} bytes was too long to read{where}")
            case method:
                self._add(LogKind.UNKNOWN, clean_line(method))

    def _request(self, message: Message, line: bytes) -> None:
        if not isinstance(message.params, RequestParams) or message.method not in METHODS:
            self._add(LogKind.UNKNOWN, f"{clean_line(message.method)} was refused: not known here")
            return
        request = approval_request(
            str(message.id),
            message.method,
            message.params,
            raw_json=params_json(line),
            files=self._files.get(message.params.item_id, ()),
        )
        if message.params.started_at_ms is not None:
            self._at(message.params.started_at_ms / 1000)
        is_command_told = bool(request.command) and self._owner == request.item
        self._add(LogKind.ASK, ask_text(request, is_command_told=is_command_told))

    def _turn(self, method: str, params: TurnParams) -> None:
        turn = params.turn
        if any(stream.is_json for stream in self._streams.values()):
            self._add(LogKind.NOTE, _CUT_OFF)
        self._streams.clear()
        self._files.clear()
        self._last_stream = None
        if method == "turn/started":
            self._add(LogKind.TURN, "turn started")
            return
        word = {"completed": "turn completed", "interrupted": "turn interrupted"}.get(turn.status, "turn failed")
        if turn.error is not None:
            message = fault_of(turn.error, self._codex).message
            word = word if message == self._told_fault else f"{word}: {message}"
        self._add(LogKind.TURN, word, duration(turn.duration_ms))

    def _item(self, method: str, params: ItemParams) -> None:
        at_ms = params.completed_at_ms if method == "item/completed" else params.started_at_ms
        if at_ms is not None:
            self._at(at_ms / 1000)
        wire = params.item
        if method == "item/started":
            self._began(wire)
        else:
            self._ended(wire)

    def _began(self, wire: WireItem) -> None:
        kind = kind_of(wire.type)
        stream_kind = _STREAMED.get(kind)
        if stream_kind is not None:
            self._streams[wire.id] = Stream(wire.id, stream_kind, self._time_s, from_start=True)
        match kind:
            case ItemKind.COMMAND:
                self._add(LogKind.COMMAND, clean_text(shown_script(wire.command)), owner=wire.id)
            case ItemKind.MCP_TOOL | ItemKind.WEB_SEARCH | ItemKind.SUB_AGENT:
                self._add(LogKind.TOOL, self._items.title(wire), owner=wire.id)
            case ItemKind.FILE_CHANGE:
                self._files[wire.id] = self._items.files(wire.changes, with_diff=False)
            case _:
                pass  # told when it is complete, or streamed until then

    def _ended(self, wire: WireItem) -> None:
        stream = self._streams.pop(wire.id, None)
        if self._last_stream == wire.id:
            self._last_stream = None
        kind = kind_of(wire.type)
        tell = _TELLERS.get(kind)
        if tell is not None:
            tell(self, wire, stream)
        elif kind in {ItemKind.MCP_TOOL, ItemKind.WEB_SEARCH, ItemKind.SUB_AGENT}:
            self._ended_tool(wire)
        elif kind is ItemKind.COMPACTION:
            self._add(LogKind.NOTE, "context compacted")
        elif kind is ItemKind.REVIEW:
            self._add(LogKind.NOTE, self._items.title(wire))
        else:
            self._add(LogKind.UNKNOWN, self._items.title(wire))

    def _ended_user(self, wire: WireItem, _: Stream | None) -> None:
        self._add(LogKind.USER, clean_text(user_text(wire)))

    def _ended_text(self, wire: WireItem, stream: Stream | None) -> None:
        kind = _STREAMED[kind_of(wire.type)]
        text = reasoning_text(wire) if kind is LogKind.REASONING else wire.text
        if kind is LogKind.MESSAGE and (said := self._items.said(text)):
            self._add(kind, said)
            return
        if stream is None or not stream.streamed_chars or stream.is_json:
            if text.strip():
                self._add(kind, clean_text(text.strip("\n")))
            return
        self._finish_stream(stream, text)

    def _ended_command(self, wire: WireItem, stream: Stream | None) -> None:
        remark = " · ".join(
            part for part in (exit_word(wire), duration(wire.duration_ms) if wire.status != "declined" else "") if part
        )
        output = wire.aggregated_output
        if stream is None or not stream.streamed_chars:
            text = shortened(clean_text(output.removesuffix("\n").removesuffix("\r")))
            if not text and self._owner != wire.id:  # something came in between: the remark alone would say nothing
                text = first_line(self._items.title(wire))
            head, _, last = text.rpartition("\n")
            if head:
                self._add(LogKind.OUTPUT, head, owner=wire.id)
            self._add(LogKind.OUTPUT, last, remark, owner=wire.id)
            return
        self._finish_stream(stream, output, remark)

    def _finish_stream(self, stream: Stream, whole: str, remark: str = "") -> None:
        """What the stream did not bring: the end of it, or the start where Codex streamed only from the middle on."""
        missing_start, rest = stream.missing_of(whole)
        if missing_start:
            start = beginning(whole, len(missing_start)).removesuffix("\n")
            self._add(stream.kind, clean_text(start), "came first", owner=stream.id)
        rest = stream.redactor.feed(rest) + stream.redactor.end()
        last = (stream.text() + rest).removesuffix("\n").removesuffix("\r")
        if last or remark:
            self._add_streamed(stream, last, remark)

    def _ended_files(self, wire: WireItem, _: Stream | None) -> None:
        self._files.pop(wire.id, None)
        failed = {"failed": "failed", "declined": "declined"}.get(wire.status, "")
        for file in self._items.files(wire.changes, with_diff=False):
            counts = [f"+{file.insertions}"] if file.insertions else []
            counts += [f"−{file.deletions}"] if file.deletions else []
            self._add(LogKind.EDIT, file.path, " ".join(part for part in (failed, *counts) if part))

    def _ended_tool(self, wire: WireItem) -> None:
        word = {"failed": "failed", "declined": "declined"}.get(wire.status, "")
        remark = " · ".join(part for part in (word, duration(wire.duration_ms)) if part)
        text = tool_text(wire)
        if not text and self._owner != wire.id:
            text = self._items.title(wire)
        self._add(LogKind.OUTPUT, text, remark, owner=wire.id)


_STREAMED = {
    ItemKind.AGENT_MESSAGE: LogKind.MESSAGE,
    ItemKind.REASONING: LogKind.REASONING,
    ItemKind.PLAN: LogKind.PLAN,
    ItemKind.COMMAND: LogKind.OUTPUT,
}
_TELLERS: dict[ItemKind, Callable[[Narrator, WireItem, Stream | None], None]] = {
    ItemKind.USER_MESSAGE: Narrator._ended_user,  # noqa: SLF001
    ItemKind.AGENT_MESSAGE: Narrator._ended_text,  # noqa: SLF001
    ItemKind.REASONING: Narrator._ended_text,  # noqa: SLF001
    ItemKind.PLAN: Narrator._ended_text,  # noqa: SLF001
    ItemKind.COMMAND: Narrator._ended_command,  # noqa: SLF001
    ItemKind.FILE_CHANGE: Narrator._ended_files,  # noqa: SLF001
}
