"""What a worker reports, decoded: the language between the Codex adapter and the supervisor.

Stream deltas are no signals. They are in the raw log, and the log view reads them there.
"""

from codex_orch_tui.domain.approval import ApprovalRequest
from codex_orch_tui.domain.ids import ThreadId, TurnId
from codex_orch_tui.domain.item import Fault, Item, PlanStep, TurnStatus, Usage
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnBegan:
    """turn/started."""

    thread: ThreadId
    turn: TurnId


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemBegan:
    """item/started. `command` is a command's line as it was sent, not cleaned; empty for other items."""

    thread: ThreadId
    turn: TurnId
    item: Item
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEnded:
    """item/completed. `text` is the whole text of an agent message, clean; empty for other items."""

    thread: ThreadId
    turn: TurnId
    item: Item
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanged:
    """turn/plan/updated."""

    thread: ThreadId
    turn: TurnId
    steps: tuple[PlanStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageChanged:
    """thread/tokenUsage/updated."""

    thread: ThreadId
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRerouted:
    """model/rerouted: another model does this turn."""

    thread: ThreadId
    turn: TurnId
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitsChanged:
    """account/rateLimits/updated: the fullest window, in percent, and when it resets (seconds since the epoch)."""

    used_percent: int
    resets_at_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded:
    """turn/completed."""

    thread: ThreadId
    turn: TurnId
    status: TurnStatus
    fault: Fault | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request of the server that a person answers."""

    request: ApprovalRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownAsked:
    """A request of the server that this version does not know; it was refused with a JSON-RPC error at once."""

    request_id: str
    method: str
    raw_json: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestResolved:
    """serverRequest/resolved: the question is gone, answered or not."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A warning of Codex, a line that could not be read, an item that was truncated: told once, harmless."""

    message: str
    is_logged: bool = True
    """The raw log holds the line that it is about, so the log view tells it already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulted:
    """error. When `will_retry`, Codex tries again by itself and the turn goes on."""

    fault: Fault
    will_retry: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnded:
    """The worker's stdout ended. `exit_code` is negative for a signal, None when not reaped in time."""

    exit_code: int | None
    stderr_tail: str = ""


Signal = (
    TurnBegan
    | ItemBegan
    | ItemEnded
    | PlanChanged
    | UsageChanged
    | ModelRerouted
    | RateLimitsChanged
    | TurnEnded
    | Asked
    | UnknownAsked
    | RequestResolved
    | Warned
    | Faulted
    | StreamEnded
)
