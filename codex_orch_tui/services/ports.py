"""What the services need of a worker, whoever provides it.

The real one is the Codex app-server (services/connect.py); the stand-ins are the simulated worker of the demo and the
load generators of the benches.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from codex_orch_tui.domain.approval import ApprovalRequest, Decision
from codex_orch_tui.domain.ids import TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.item import Fault, OwnRule
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode
from codex_orch_tui.domain.values import dataclass

if TYPE_CHECKING:
    from codex_orch_tui.domain.signals import Signal


class ConnectionFailedError(Exception):
    """A worker could not be reached, or refused a call.

    Attributes:
        fault: what happened and what to do, for the person.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How a worker works; sent with its thread and again with every turn."""

    cwd: Path
    private_tmp: Path
    """The worker's own TMPDIR: writable for its sandbox, where the shared /tmp is not."""
    model: str | None
    instructions: str
    """What the task's role is there for, and what it has to know; told to the model at the start of the thread."""
    sandbox: SandboxMode
    approval_policy: ApprovalPolicy
    effort: str | None = None
    """How hard the model thinks, in its own words; None is Codex's default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Where a worker starts and what is kept of it."""

    ref: TaskRef
    settings: WorkerSettings
    events_path: Path
    """The raw log: every line of the worker's stdout, before it is decoded."""
    stderr_path: Path
    on_growth: Callable[[], None]
    """Called, at most once per block that was read, after the raw log grew."""


class Connection(Protocol):
    """One live worker. Every call has a time-out and raises `ConnectionFailedError`."""

    @property
    def pid(self) -> int:
        """Process id, which is its group id too."""

    @property
    def version(self) -> str:
        """The worker program's own version."""

    @property
    def model(self) -> str:
        """The model of the thread, as the worker says; empty when it does not, and before there is a thread."""

    async def start_thread(self) -> ThreadId:
        """Open a new thread."""

    async def resume_thread(self, thread: ThreadId) -> None:
        """Take up a thread where it ended."""

    async def start_turn(self, thread: ThreadId, text: str, output_schema: Mapping[str, Any] | None = None) -> TurnId:
        """Begin a turn; its last message has to fit the JSON Schema, where there is one."""

    async def steer(self, thread: ThreadId, turn: TurnId, text: str) -> None:
        """Put a text into the running turn."""

    async def interrupt(self, thread: ThreadId, turn: TurnId) -> None:
        """Ask the turn to end; a TurnEnded signal follows."""

    async def answer(self, request: ApprovalRequest, decision: Decision) -> None:
        """Send a decision."""

    async def own_rule(self, command: str) -> OwnRule:
        """What the worker's own rules say of a command line, as it was sent. It raises nothing."""

    def signals(self) -> "AsyncIterator[Signal]":
        """What the worker reports, in order; ends after StreamEnded."""

    async def stop(self) -> str:
        """Go down the stop ladder: close stdin, TERM, KILL of the group, each with its bound. Tells how it ended."""


class Connector(Protocol):
    """Starts workers."""

    async def connect(self, launch: Launch) -> Connection:
        """A started worker that has answered its first call.

        Raises:
            ConnectionFailedError: the program is missing, too old, silent, or ended at once.
        """
