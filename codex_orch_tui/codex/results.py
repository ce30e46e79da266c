"""Answers of the app-server to our own calls."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from codex_orch_tui.codex.params import RateLimitsParams, Text, Wire, WireTurn

__all__ = [
    "AccountResult",
    "CommandResult",
    "InitializeResult",
    "Model",
    "ModelsResult",
    "NothingResult",
    "RateLimitsResult",
    "ThreadResult",
    "TurnResult",
]


class NothingResult(Wire):
    """An answer that only says that it was done."""


class InitializeResult(Wire):
    """initialize."""

    user_agent: Text = ""
    codex_home: Text = ""


class CommandResult(Wire):
    """command/exec."""

    exit_code: int | None = None
    stdout: Text = ""


class _Thread(Wire):
    id: str
    path: Text = ""


class ThreadResult(Wire):
    """thread/start, thread/resume."""

    thread: _Thread
    model: Text = ""
    approvals_reviewer: Text = ""


class TurnResult(Wire):
    """turn/start."""

    turn: WireTurn


class Model(Wire):
    """One model that the account may use."""

    id: Text = ""
    model: Text = ""
    display_name: Text = ""
    description: Text = ""
    is_default: bool = False
    hidden: bool = False


class ModelsResult(Wire):
    """model/list, one page."""

    data: list[Model] = Field(default_factory=list)
    next_cursor: str | None = None


def _table_or_none(value: object) -> object:
    return value if isinstance(value, dict) else None


class AccountResult(Wire):
    """account/read. `account` is None when nobody is logged in."""

    account: Annotated[dict[str, Any] | None, BeforeValidator(_table_or_none)] = None
    requires_openai_auth: bool = Field(default=True)


RateLimitsResult = RateLimitsParams
