"""The one table of how states and kinds look: word, sign and tone.

A state is never told by colour alone: each has a word and a sign, and each sign has an ASCII form. Every sign is one
terminal cell wide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from codex_orch_tui.domain.approval import ApprovalKind, Risk
from codex_orch_tui.domain.item import ItemKind, StepStatus
from codex_orch_tui.domain.log import LogKind
from codex_orch_tui.domain.task import TaskState


class Tone(StrEnum):
    """What a colour means. Yellow asks, red is failed or dangerous, green has passed; the rest is grey."""

    PLAIN = "plain"
    QUIET = "quiet"
    ACCENT = "accent"
    ASKS = "asks"
    GOOD = "good"
    BAD = "bad"

    @property
    def colour(self) -> str:
        """The theme variable, as Content and CSS take it."""
        return _COLOUR[self]


_COLOUR: Mapping[Tone, str] = {
    Tone.PLAIN: "$foreground",
    Tone.QUIET: "$text-muted",
    Tone.ACCENT: "$text-accent",
    Tone.ASKS: "$text-warning",
    Tone.GOOD: "$text-success",
    Tone.BAD: "$text-error",
}


@dataclass(frozen=True, slots=True)
class Look:
    """A word with its sign."""

    word: str
    glyph: str
    ascii_glyph: str
    tone: Tone = Tone.QUIET

    def sign(self, *, ascii_only: bool) -> str:
        """The sign for this terminal, one cell wide."""
        return self.ascii_glyph if ascii_only else self.glyph


@dataclass(frozen=True, slots=True)
class LogLook:
    """How entries of a log kind look.

    `is_verbatim` text is machine output: it wraps like a terminal does, at the edge and not between words. A message
    has no closing quote: while it streams in, its end is not known.
    """

    sign: str
    ascii_sign: str
    tone: Tone = Tone.QUIET
    text_tone: Tone = Tone.PLAIN
    is_verbatim: bool = False


TASK_LOOKS: Mapping[TaskState, Look] = {
    TaskState.QUEUED: Look("queued", "◌", "."),
    TaskState.STARTING: Look("starting", "◐", ">", Tone.PLAIN),
    TaskState.RUNNING: Look("working", "●", "*", Tone.PLAIN),
    TaskState.WAITING_APPROVAL: Look("asks", "!", "!", Tone.ASKS),
    TaskState.WAITING_INPUT: Look("asks", "!", "!", Tone.ASKS),
    TaskState.CHECKING: Look("checking", "◒", ":", Tone.PLAIN),
    TaskState.STOPPING: Look("stopping", "◑", "<", Tone.PLAIN),
    TaskState.DONE: Look("review", "✓", "+", Tone.GOOD),
    TaskState.MERGED: Look("merged", "✔", "=", Tone.QUIET),
    TaskState.FAILED: Look("failed", "✗", "x", Tone.BAD),
    TaskState.INTERRUPTED: Look("interrupted", "‖", "|", Tone.PLAIN),
    TaskState.LOST: Look("lost", "?", "?", Tone.BAD),
    TaskState.DISCARDED: Look("discarded", "–", "-"),
    TaskState.SKIPPED: Look("skipped", "»", "/"),
}

WAITS = Look("waits", "○", "o")
"""A task of a plan whose turn has not come: it waits for another task."""

PLANNED = Look("planned", "✓", "+")
"""A navigator's task whose plan was approved: there is nothing left to do about it."""

STEP_LOOKS: Mapping[StepStatus, Look] = {
    StepStatus.PENDING: Look("to do", "○", "o"),
    StepStatus.IN_PROGRESS: Look("now", "●", "*", Tone.PLAIN),
    StepStatus.COMPLETED: Look("done", "✓", "+", Tone.QUIET),
}

RISK_LOOKS: Mapping[Risk, Look] = {
    Risk.LOW: Look("low", "▽", "v"),
    Risk.MEDIUM: Look("medium", "▷", ">", Tone.PLAIN),
    Risk.HIGH: Look("high", "▲", "^", Tone.BAD),
}
"""How much a yes could do: down, ahead, up."""

KIND_WORDS: Mapping[ApprovalKind, str] = {
    ApprovalKind.COMMAND: "command",
    ApprovalKind.STDIN: "typing",
    ApprovalKind.NETWORK: "network",
    ApprovalKind.FILE_CHANGE: "files",
    ApprovalKind.PERMISSIONS: "permissions",
    ApprovalKind.USER_INPUT: "question",
    ApprovalKind.ELICITATION: "form",
    ApprovalKind.MCP_TOOL: "tool",
}
"""What a question is about, in a column of a list."""

LOG_LOOKS: Mapping[LogKind, LogLook] = {
    LogKind.TURN: LogLook("─", "-", Tone.QUIET, Tone.QUIET),
    LogKind.USER: LogLook("❯", ">", Tone.ACCENT, Tone.ACCENT),
    LogKind.MESSAGE: LogLook("“", '"', Tone.QUIET, Tone.PLAIN),
    LogKind.REASONING: LogLook("›", "~", Tone.QUIET, Tone.QUIET),
    LogKind.PLAN: LogLook("≡", "#", Tone.QUIET, Tone.QUIET),
    LogKind.COMMAND: LogLook("$", "$"),
    LogKind.OUTPUT: LogLook(" ", " ", Tone.QUIET, Tone.QUIET, is_verbatim=True),
    LogKind.EDIT: LogLook("±", "%"),
    LogKind.TOOL: LogLook("◇", "&"),
    LogKind.ASK: LogLook("!", "!", Tone.ASKS, Tone.ASKS),
    LogKind.ANSWER: LogLook("↵", "<", Tone.ACCENT, Tone.PLAIN),
    LogKind.NOTE: LogLook("·", ".", Tone.QUIET, Tone.QUIET),
    LogKind.COMMIT: LogLook("◆", "*", Tone.PLAIN, Tone.PLAIN),
    LogKind.WARNING: LogLook("△", "^", Tone.PLAIN, Tone.PLAIN),
    LogKind.ERROR: LogLook("✗", "x", Tone.BAD, Tone.BAD),
    LogKind.UNKNOWN: LogLook("?", "?", Tone.QUIET, Tone.QUIET, is_verbatim=True),
}

ITEM_LOOKS: Mapping[ItemKind, LogLook] = {
    ItemKind.USER_MESSAGE: LOG_LOOKS[LogKind.USER],
    ItemKind.AGENT_MESSAGE: LOG_LOOKS[LogKind.MESSAGE],
    ItemKind.REASONING: LOG_LOOKS[LogKind.REASONING],
    ItemKind.PLAN: LOG_LOOKS[LogKind.PLAN],
    ItemKind.COMMAND: LOG_LOOKS[LogKind.COMMAND],
    ItemKind.FILE_CHANGE: LOG_LOOKS[LogKind.EDIT],
    ItemKind.MCP_TOOL: LOG_LOOKS[LogKind.TOOL],
    ItemKind.SUB_AGENT: LOG_LOOKS[LogKind.TOOL],
    ItemKind.WEB_SEARCH: LOG_LOOKS[LogKind.TOOL],
    ItemKind.REVIEW: LOG_LOOKS[LogKind.NOTE],
    ItemKind.COMPACTION: LOG_LOOKS[LogKind.NOTE],
    ItemKind.OTHER: LOG_LOOKS[LogKind.UNKNOWN],
}
"""An item in the task tree carries the sign that its line in the log has."""


def remark_tone(remark: str) -> Tone:
    """The tone of a log entry's remark: an exit code tells passed or failed, everything else is quiet."""
    if remark.startswith("exit "):
        return Tone.GOOD if remark[5:].split(" ", 1)[0] == "0" else Tone.BAD
    return Tone.QUIET
