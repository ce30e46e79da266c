"""What the lines of an app-server carry, as far as we read it: one pydantic model for each kind of params.

Nothing that Codex may add is an error here: unknown fields are left out, unknown types, statuses and kinds are plain
strings, a field of an unexpected type becomes text or nothing.
"""

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

RequestId = int | str


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _as_int(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return int(value)
    except (OverflowError, ValueError):
        return None


def _as_dict(value: object) -> object:
    return value if isinstance(value, dict) else {}


def _as_words(value: object) -> list[str]:
    """A list of strings; anything else is none, as half of it would mean something else."""
    return value if isinstance(value, list) and all(isinstance(word, str) for word in value) else []


def _as_dicts(value: object) -> list[object]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


Text = Annotated[str, BeforeValidator(_as_text)]
Number = Annotated[int | None, BeforeValidator(_as_int)]
Table = Annotated[dict[str, Any], BeforeValidator(_as_dict)]


class Wire(BaseModel):
    """Base of all: camelCase outside, unknown fields left out, built at first use."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", defer_build=True, frozen=True
    )


class FileChange(Wire):
    """One file of a fileChange item. `diff` is hunks for an update, the whole text for add and delete."""

    path: Text = ""
    kind: Any = None
    diff: Text = ""


FileChanges = Annotated[list[FileChange], BeforeValidator(_as_dicts)]


class WireItem(Wire):
    """An item of any type: the fields of all types side by side, each empty where the type has none."""

    type: Text = ""
    id: Text = ""
    text: Text = ""
    status: Text = ""
    command: Text = ""
    cwd: Text = ""
    aggregated_output: Text = ""
    exit_code: Number = None
    duration_ms: Number = None
    changes: FileChanges = []
    content: Annotated[list[Any], BeforeValidator(_as_list)] = []
    summary: Annotated[list[Any], BeforeValidator(_as_list)] = []
    server: Text = ""
    tool: Text = ""
    arguments: Any = None
    error: Any = None
    result: Any = None
    query: Text = ""
    path: Text = ""
    review: Text = ""
    kind: Text = ""
    name: Text = ""
    prompt: Text = ""
    agent_path: Text = ""


Item = Annotated[WireItem, BeforeValidator(_as_dict)]


class ItemParams(Wire):
    """item/started, item/completed."""

    item: Item = Field(default_factory=WireItem)
    thread_id: Text = ""
    turn_id: Text = ""
    started_at_ms: Number = None
    completed_at_ms: Number = None


class PatchParams(Wire):
    """item/fileChange/patchUpdated."""

    item_id: Text = ""
    changes: FileChanges = []


class ErrorInfo(Wire):
    """Why a turn failed. `codex_error_info` is a word, or an object whose key is the word."""

    message: Text = ""
    codex_error_info: Any = None
    additional_details: Text = ""


class WireTurn(Wire):
    """A turn; times in seconds since the epoch."""

    id: Text = ""
    status: Text = ""
    error: ErrorInfo | None = None
    started_at: Number = None
    completed_at: Number = None
    duration_ms: Number = None


class TurnParams(Wire):
    """turn/started, turn/completed."""

    thread_id: Text = ""
    turn: WireTurn = Field(default_factory=WireTurn)


class WireStep(Wire):
    """One step of a worker's plan."""

    step: Text = ""
    status: Text = ""


class PlanParams(Wire):
    """turn/plan/updated."""

    thread_id: Text = ""
    turn_id: Text = ""
    plan: Annotated[list[WireStep], BeforeValidator(_as_dicts)] = []


class TokenCounts(Wire):
    """Tokens."""

    total_tokens: Number = None
    input_tokens: Number = None
    cached_input_tokens: Number = None
    output_tokens: Number = None
    reasoning_output_tokens: Number = None


class TokenUsage(Wire):
    """Tokens of a thread."""

    total: Annotated[TokenCounts, BeforeValidator(_as_dict)] = Field(default_factory=TokenCounts)
    model_context_window: Number = None


class UsageParams(Wire):
    """thread/tokenUsage/updated."""

    thread_id: Text = ""
    token_usage: Annotated[TokenUsage, BeforeValidator(_as_dict)] = Field(default_factory=TokenUsage)


class LimitWindow(Wire):
    """One rate limit window."""

    used_percent: Number = None
    resets_at: Number = None


class RateLimits(Wire):
    """A snapshot of the account's limits."""

    primary: LimitWindow | None = None
    secondary: LimitWindow | None = None


class RateLimitsParams(Wire):
    """account/rateLimits/updated, and the answer of account/rateLimits/read."""

    rate_limits: Annotated[RateLimits, BeforeValidator(_as_dict)] = Field(default_factory=RateLimits)


class ErrorParams(Wire):
    """error."""

    error: Annotated[ErrorInfo, BeforeValidator(_as_dict)] = Field(default_factory=ErrorInfo)
    will_retry: bool = False
    thread_id: Text = ""
    turn_id: Text = ""


class NoticeParams(Wire):
    """The several notifications that carry words for the person."""

    message: Text = ""
    summary: Text = ""
    details: Text = ""
    path: Text = ""
    thread_id: Text = ""
    turn_id: Text = ""
    from_model: Text = ""
    to_model: Text = ""
    name: Text = ""
    status: Text = ""
    error: Text = ""


class ResolvedParams(Wire):
    """serverRequest/resolved."""

    request_id: RequestId = ""


class RequestParams(Wire):
    """The fields that a server request of any kind may bring; the whole is kept beside it as JSON."""

    thread_id: Text = ""
    turn_id: Text = ""
    item_id: Text = ""
    kind: Text = ""
    command: Text = ""
    cwd: Text = ""
    reason: Text = ""
    grant_root: Text = ""
    available_decisions: list[Any] | None = None
    proposed_execpolicy_amendment: Annotated[list[str], BeforeValidator(_as_words)] = []
    network_approval_context: Table = Field(default_factory=dict)
    additional_permissions: Table = Field(default_factory=dict)
    permissions: Table = Field(default_factory=dict)
    questions: Annotated[list[dict[str, Any]], BeforeValidator(_as_dicts)] = []
    server_name: Text = ""
    mode: Text = ""
    message: Text = ""
    title: Text = ""
    description: Text = ""
    url: Text = ""
    requested_schema: Table = Field(default_factory=dict)
    meta: Table = Field(default_factory=dict, alias="_meta")
    started_at_ms: Number = None


PARAMS_OF: dict[str, type[Wire]] = {
    "item/started": ItemParams,
    "item/completed": ItemParams,
    "item/fileChange/patchUpdated": PatchParams,
    "turn/started": TurnParams,
    "turn/completed": TurnParams,
    "turn/plan/updated": PlanParams,
    "thread/tokenUsage/updated": UsageParams,
    "account/rateLimits/updated": RateLimitsParams,
    "error": ErrorParams,
    "warning": NoticeParams,
    "guardianWarning": NoticeParams,
    "configWarning": NoticeParams,
    "deprecationNotice": NoticeParams,
    "model/rerouted": NoticeParams,
    "modelProvider/authRecoveryStarted": NoticeParams,
    "mcpServer/startupStatus/updated": NoticeParams,
    "serverRequest/resolved": ResolvedParams,
    "item/commandExecution/requestApproval": RequestParams,
    "item/fileChange/requestApproval": RequestParams,
    "item/permissions/requestApproval": RequestParams,
    "item/tool/requestUserInput": RequestParams,
    "mcpServer/elicitation/request": RequestParams,
}
"""Methods whose params we read. A method that is not here is a value as well, without params."""
