"""Reads the raw bytes of a line: a notification, a request of the server, or a response.

What cannot be read raises `Unreadable`, which says why in a few words; a method that we do not know is a value.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from codex_orch_tui.codex.params import PARAMS_OF, Number, RequestId, Text, Wire

QUIET = tuple(
    b'{"method":"' + method
    for method in (
        b'item/agentMessage/delta"',
        b'item/commandExecution/outputDelta"',
        b'item/reasoning/summaryTextDelta"',
        b'item/reasoning/textDelta"',
        b'item/plan/delta"',
        b'item/fileChange/outputDelta"',
        b'item/reasoning/summaryPartAdded"',
        b'item/commandExecution/terminalInteraction"',
        b'command/exec/outputDelta"',
        b'process/outputDelta"',
        b'turn/diff/updated"',
        b'thread/status/changed"',
        b"thread/realtime/",
    )
)
"""How lines begin that say nothing to the supervisor: nearly all of a stream, and never decoded there."""


class Unreadable(ValueError):  # noqa: N818
    """A line that is no message. `kind` groups them: not JSON, not an object, too deep, unexpected shape."""

    def __init__(self, kind: str, line: bytes) -> None:
        super().__init__(kind)
        self.kind = kind
        self.head = line[:200]


ParamsT = TypeVar("ParamsT", bound=Wire)
ResultT = TypeVar("ResultT", bound=Wire)


class _Line(Wire, Generic[ParamsT]):
    method: str
    id: RequestId | None = None
    params: ParamsT
    emitted_at_ms: Number = None


class ReplyError(Wire):
    """The error of a response."""

    code: Number = None
    message: Text = ""


class Reply(Wire):
    """A response without its result: whose it is, and the error if there is one."""

    id: RequestId | None = None
    method: str | None = None
    error: ReplyError | None = None


class _Result(Wire, Generic[ResultT]):
    result: ResultT


class _Anything(Wire):
    params: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A notification, or with an id a request of the server. `params` is None where the method is not known."""

    method: str
    id: RequestId | None
    params: Wire | None
    at_s: float | None


@cache
def _line_model(params: type[Wire]) -> type[BaseModel]:
    return _Line[params]  # type: ignore[valid-type]


@cache
def _result_model(result: type[Wire]) -> type[BaseModel]:
    return _Result[result]  # type: ignore[valid-type]


_METHOD = re.compile(rb'\{"method":\s*"([A-Za-z0-9_/]{1,80})"')


def is_reply(line: bytes) -> bool:
    """Whether the line begins like a response, as Codex writes them."""
    return line.startswith((b'{"id":', b'{"error":', b'{"result":'))


def read_message(line: bytes) -> Message | Reply:
    """Reads one line; it is a `Reply` when it has no method.

    Raises:
        Unreadable: It is no message.
    """
    found = _METHOD.match(line)
    method = found[1].decode() if found else None
    if method is None:
        reply = _validate(Reply, line)
        if reply.method is None:
            return reply
        method = reply.method
    params = PARAMS_OF.get(method)
    if params is None:
        reply = _validate(Reply, line)
        return Message(method=method, id=reply.id, params=None, at_s=None)
    read: Any = _validate(_line_model(params), line)
    at_s = None if read.emitted_at_ms is None else read.emitted_at_ms / 1000
    return Message(method=method, id=read.id, params=read.params, at_s=at_s)


def read_result(line: bytes, result: type[ResultT]) -> ResultT:
    """Reads the result of a response.

    Raises:
        Unreadable: It has none of the expected shape.
    """
    read: Any = _validate(_result_model(result), line)
    return read.result  # type: ignore[no-any-return]


def params_json(line: bytes) -> str:
    """The params of a readable line as JSON in plain ASCII, so that nothing hides in it."""
    return json.dumps(_validate(_Anything, line).params, ensure_ascii=True)


ModelT = TypeVar("ModelT", bound=BaseModel)


def _validate(model: type[ModelT], line: bytes) -> ModelT:
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] not in {"json_invalid", "value_error"}:
            raise _shape(first, line) from error
    try:
        return model.model_validate_json(_repaired(line))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _shape(first, line) from error


def _shape(first: Any, line: bytes) -> Unreadable:
    if first["type"] == "json_invalid":
        return Unreadable("too deep" if "recursion" in first["msg"] else "not JSON", line)
    return Unreadable("unexpected shape" if first["loc"] else "not an object", line)


def _repaired(line: bytes) -> bytes:
    """The same JSON without invalid UTF-8, raw control characters and lone surrogates, which pydantic refuses."""
    try:
        value = json.loads(line.decode("utf-8", "replace"), strict=False)
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    except RecursionError as error:
        raise Unreadable("too deep", line) from error
    except ValueError as error:
        raise Unreadable("not JSON", line) from error
