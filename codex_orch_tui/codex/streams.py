"""What Codex streams in pieces: the lines that bring a piece, and the text of an item that is still open."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.secret_stream import StreamRedactor

MAX_COMPARED_CHARS = 65_536
_JSON_INSIDE = re.compile(r'"\s*[:,}\]]|[{\[:,]\s*"|[\[:,]\s*[\[{]')
_MAX_LOOKED_AT_CHARS = 400
"""So much of a message whose beginning is not known is looked at for signs of JSON."""

DELTAS = {
    "item/agentMessage/delta": LogKind.MESSAGE,
    "item/commandExecution/outputDelta": LogKind.OUTPUT,
    "item/reasoning/summaryTextDelta": LogKind.REASONING,
    "item/reasoning/textDelta": LogKind.REASONING,
    "item/plan/delta": LogKind.PLAN,
    "item/fileChange/outputDelta": LogKind.OUTPUT,
}

DELTA_PREFIXES = tuple(f'{{"method":"{method}"'.encode() for method in DELTAS)


def parsed(line: bytes) -> Any:
    """A line's JSON, quickly.

    Raises:
        ValueError: It is none.
        RecursionError: It is nested too deeply.
    """
    try:
        return from_json(line)
    except ValueError:  # a lone surrogate, which only Python's own parser takes, or no JSON
        return json.loads(line)


def delta_of(line: bytes) -> tuple[str, str] | None:
    """The item and the piece of a streamed line; None for any other line."""
    if not line.startswith(DELTA_PREFIXES):
        return None
    try:
        params = parsed(line)["params"]
        item, piece = params["itemId"], params["delta"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return (item, piece) if type(item) is str and type(piece) is str else None


@dataclass(slots=True)
class Stream:
    """The streamed text of one open item: `pieces` make up the line that has not ended, without secrets.

    What `redactor` holds back may be the beginning of one. `streamed` is the text as it came.
    """

    id: str
    kind: LogKind
    time_s: float | None
    from_start: bool
    pieces: list[str] = field(default_factory=list)
    open_chars: int = 0
    streamed: list[str] = field(default_factory=list)
    streamed_chars: int = 0
    redactor: StreamRedactor = field(init=False)
    is_json: bool | None = None
    """Whether it looks like an object for programs, which says nothing before it is whole; None: not known yet."""

    def __post_init__(self) -> None:
        self.redactor = StreamRedactor(mid=not self.from_start)

    def feed(self, piece: str) -> str:
        """Take a piece as it came; returns what of it, and of what was held back before, may be shown."""
        if self.streamed_chars < MAX_COMPARED_CHARS:
            self.streamed.append(piece)
        self.streamed_chars += len(piece)
        return self.redactor.feed(piece)

    def look_for_json(self, piece: str) -> bool:
        """Whether a message is JSON as far as can be told; called with each piece as it came, once it was fed."""
        if self.is_json is None:
            if not self.from_start:
                found = _JSON_INSIDE.search("".join(self.streamed)) is not None
                self.is_json = found or (False if self.streamed_chars > _MAX_LOOKED_AT_CHARS else None)
            elif begun := piece.lstrip():
                self.is_json = begun[0] == "{"
            if self.is_json:
                self.pieces.clear()
        return bool(self.is_json)

    def text(self) -> str:
        """The line that has not ended."""
        return "".join(self.pieces)

    def missing_of(self, whole: str) -> tuple[str, str]:
        """What of the whole text was not streamed: the start of it, or the end."""
        if self.from_start and self.streamed_chars <= len(whole):
            streamed = "".join(self.streamed)
            if whole.startswith(streamed):
                return "", whole[self.streamed_chars :]
            if self.streamed_chars == len(streamed) and whole.endswith(streamed):
                return whole[: -len(streamed)], ""
        return "", ""
