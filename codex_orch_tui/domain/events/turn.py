"""What a worker's thread tells: turns, items, plans, tokens."""

from codex_orch_tui.domain.events.task_event import TaskEvent
from codex_orch_tui.domain.ids import ItemId, ThreadId, TurnId
from codex_orch_tui.domain.item import Fault, Item, OwnRule, PlanStep, TurnStatus, Usage
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadOpened(TaskEvent):
    """Codex opened or resumed the task's thread."""

    thread: ThreadId
    resumed: bool
    model: str = ""
    """The model that Codex uses for it, as Codex says; empty when it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRequested(TaskEvent):
    """Intent: this text is about to be sent as a new turn."""

    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted(TaskEvent):
    """Codex began the turn."""

    turn: TurnId
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSteered(TaskEvent):
    """The person's text was taken into the running turn."""

    turn: TurnId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStarted(TaskEvent):
    """An item of the turn began."""

    turn: TurnId
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCompleted(TaskEvent):
    """An item of the turn ended. `answer` is the whole text of an agent message."""

    turn: TurnId
    item: Item
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAllowed(TaskEvent):
    """Whether a rule of Codex's own lets a command run without a question was looked up, also where nothing does."""

    turn: TurnId
    item: ItemId
    own_rule: OwnRule


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanUpdated(TaskEvent):
    """The worker told its plan."""

    turn: TurnId
    steps: tuple[PlanStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRerouted(TaskEvent):
    """Codex lets another model than the thread's do this turn."""

    turn: TurnId
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageUpdated(TaskEvent):
    """Tokens of a thread so far: the task's own, or with `thread` perhaps that of a sub-agent."""

    usage: Usage
    thread: ThreadId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded(TaskEvent):
    """The turn ended."""

    turn: TurnId
    status: TurnStatus
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultTold(TaskEvent):
    """Something is wrong but the turn goes on (Codex retries), shown in the worker's row."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAccepted(TaskEvent):
    """The turn's answer fits its role's schema. All text is clean.

    `answer` is the JSON text as the worker wrote it, `result` what it says, for people and for later workers;
    `decisions` are those that others have to know.
    """

    turn: TurnId
    answer: str
    result: str
    decisions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRefused(TaskEvent):
    """The turn's answer does not fit its role's schema; `is_asked_again` when the worker is told so in another turn."""

    turn: TurnId
    answer: str
    problems: tuple[str, ...]
    is_asked_again: bool = False


TurnEvent = (
    ThreadOpened
    | TurnRequested
    | TurnStarted
    | TurnSteered
    | ItemStarted
    | ItemCompleted
    | CommandAllowed
    | PlanUpdated
    | ModelRerouted
    | UsageUpdated
    | TurnEnded
    | FaultTold
    | AnswerAccepted
    | AnswerRefused
)
