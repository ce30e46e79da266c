"""Lines of the event log, as the log view shows them."""

from enum import StrEnum

from codex_orch_tui.domain.values import dataclass


class LogKind(StrEnum):
    """What a line tells; presentation/ gives each its sign and colour."""

    TURN = "turn"
    USER = "user"
    MESSAGE = "message"
    REASONING = "reasoning"
    PLAN = "plan"
    COMMAND = "command"
    OUTPUT = "output"
    EDIT = "edit"
    TOOL = "tool"
    ASK = "ask"
    ANSWER = "answer"
    NOTE = "note"
    COMMIT = "commit"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry: clean text of one or more lines, and a short remark for the right edge (`exit 1 · 4.2s`, `+84`).

    `time_s` is seconds since the epoch, None where Codex told no time. `continues` marks text that belongs to the entry
    above (streamed output): no time and no sign are painted.
    """

    kind: LogKind
    text: str
    time_s: float | None = None
    remark: str = ""
    continues: bool = False
