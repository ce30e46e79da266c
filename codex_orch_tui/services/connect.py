"""Workers of the real Codex: an app-server for each task, seen through the ports."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from codex_orch_tui.codex.answers import result_for
from codex_orch_tui.codex.app_server import INITIALIZE_TIMEOUT_S, AppServer
from codex_orch_tui.codex.binary import (
    VERSION_TIMEOUT_S,
    CheckedCodex,
    CodexUnusableError,
    check_codex,
    find_codex,
)
from codex_orch_tui.codex.environment import worker_environment
from codex_orch_tui.codex.launch import AppServerError
from codex_orch_tui.codex.launch import Launch as ServerLaunch
from codex_orch_tui.codex.transport import Sinks, TransportError
from codex_orch_tui.codex.wire import Unreadable
from codex_orch_tui.domain.approval import ApprovalRequest, Decision
from codex_orch_tui.domain.ids import ThreadId, TurnId
from codex_orch_tui.domain.item import Fault, FaultKind, OwnRule
from codex_orch_tui.domain.secret_stream import ByteRedactor
from codex_orch_tui.domain.signals import Signal
from codex_orch_tui.services.codex_rules import CodexRules
from codex_orch_tui.services.environment_probe import probe
from codex_orch_tui.services.ports import ConnectionFailedError, Launch
from codex_orch_tui.store.errors import RawLogError
from codex_orch_tui.store.raw_log import RawLog

T = TypeVar("T")

STDERR_MAX_BYTES = 16 * 1024 * 1024
"""What is kept of a worker's stderr: it is tracing, and grows as long as the worker lives."""


@dataclass(slots=True, kw_only=True)
class CodexConnector:
    """Starts app-servers of one Codex.

    Args:
        codex_path: the configured program; None looks in the Python package and on PATH.
        environment: our own environment.
        extra_names: names of further variables that workers get.
        overrides: further `key=value` settings of Codex.
        version_timeout_s: how long it may take to tell its version.
        start_timeout_s: how long a started app-server may take to answer.
    """

    codex_path: Path | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    extra_names: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    version_timeout_s: float = VERSION_TIMEOUT_S
    start_timeout_s: float = INITIALIZE_TIMEOUT_S
    _checked: CheckedCodex | None = None
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _has_started: bool = False
    _has_probed: bool = False

    async def connect(self, launch: Launch) -> "CodexConnection":
        """See `ports.Connector`."""
        checked = await self._check()
        settings = launch.settings
        try:
            logs = RawLog(launch.events_path), RawLog(launch.stderr_path, max_bytes=STDERR_MAX_BYTES)
        except RawLogError as error:
            raise ConnectionFailedError(
                Fault(kind=FaultKind.STORAGE, message=str(error), next_step=error.next_step)
            ) from error
        events, stderr = logs
        sinks = Sinks(
            events=_growing(events, launch.on_growth), stderr=_redacting(stderr), long_lines=launch.events_path.parent
        )
        start = ServerLaunch(
            codex=checked.path,
            cwd=settings.cwd,
            env=worker_environment(self.environment, tmpdir=settings.private_tmp, extra_names=self.extra_names),
            tmpdir=settings.private_tmp,
            sinks=sinks,
            overrides=self.overrides,
        )
        try:
            server = await self._start(start)
        except BaseException as error:
            for log in logs:
                log.close()
            if isinstance(error, AppServerError):
                message = f"{error.fault.message} · Codex {checked.version}"
                raise ConnectionFailedError(replace(error.fault, message=message)) from error
            raise
        rules = CodexRules(checked.path, start.env)
        connection = CodexConnection(server, launch, checked.version, logs, rules)
        try:
            fault = await connection.login_fault()
            if fault is not None:
                raise ConnectionFailedError(fault)
            await self._probe(server)
        except BaseException:
            await connection.stop()
            raise
        return connection

    async def _probe(self, server: AppServer) -> None:
        """The first worker tells what all of them see: they are started alike."""
        if self._has_probed:
            return
        self._has_probed = True
        if warning := (await probe(server)).warning:
            server.warn(warning)

    async def _check(self) -> CheckedCodex:
        """Which codex, and whether it is one that we can talk to; asked until it is."""
        if self._checked is None:
            try:
                found = find_codex(self.codex_path, self.environment)
                self._checked = await check_codex(found, self.environment, timeout_s=self.version_timeout_s)
            except CodexUnusableError as error:
                raise ConnectionFailedError(error.fault) from error
        return self._checked

    async def _start(self, start: ServerLaunch) -> AppServer:
        """The first one alone: two that make a fresh CODEX_HOME's database at once make one of them fail."""
        async with self._starting:
            if not self._has_started:
                server = await AppServer.open(start, timeout_s=self.start_timeout_s)
                self._has_started = True
                return server
        return await AppServer.open(start, timeout_s=self.start_timeout_s)


class CodexConnection:
    """One app-server as a `ports.Connection`."""

    def __init__(
        self, server: AppServer, launch: Launch, version: str, logs: tuple[RawLog, ...], rules: CodexRules
    ) -> None:
        self._server = server
        self._settings = launch.settings
        self._version = version
        self._logs = logs
        self._rules = rules

    @property
    def pid(self) -> int:
        """Process id, which is its group id too."""
        return self._server.pid

    @property
    def version(self) -> str:
        """The version of Codex."""
        return self._version

    @property
    def model(self) -> str:
        """The model of the thread."""
        return self._server.model

    async def login_fault(self) -> Fault | None:
        """Why no turn could succeed: nobody is logged in."""
        return await self._told(self._server.login_fault())

    async def start_thread(self) -> ThreadId:
        """See `ports.Connection`."""
        settings = self._settings
        return await self._told(
            self._server.start_thread(
                approval_policy=settings.approval_policy,
                model=settings.model,
                developer_instructions=settings.instructions,
            )
        )

    async def resume_thread(self, thread: ThreadId) -> None:
        """See `ports.Connection`."""
        settings = self._settings
        await self._told(
            self._server.resume_thread(thread, approval_policy=settings.approval_policy, model=settings.model)
        )

    async def start_turn(self, thread: ThreadId, text: str, output_schema: Mapping[str, Any] | None = None) -> TurnId:
        """See `ports.Connection`."""
        settings = self._settings
        return await self._told(
            self._server.start_turn(
                thread,
                text,
                sandbox=settings.sandbox,
                approval_policy=settings.approval_policy,
                model=settings.model,
                effort=settings.effort,
                output_schema=output_schema,
            )
        )

    async def steer(self, thread: ThreadId, turn: TurnId, text: str) -> None:
        """See `ports.Connection`."""
        await self._told(self._server.steer(thread, turn, text))

    async def interrupt(self, thread: ThreadId, turn: TurnId) -> None:
        """See `ports.Connection`."""
        await self._told(self._server.interrupt(thread, turn))

    async def answer(self, request: ApprovalRequest, decision: Decision) -> None:
        """See `ports.Connection`."""
        if not self._server.answer(request.request_id, result_for(request, decision)):
            gone = Fault(kind=FaultKind.OTHER, message="the question was gone before the answer was sent")
            raise ConnectionFailedError(gone)

    async def own_rule(self, command: str) -> OwnRule:
        """See `ports.Connection`."""
        return await self._rules.rule_of(command)

    def signals(self) -> AsyncIterator[Signal]:
        """See `ports.Connection`."""
        return self._server.signals()

    async def stop(self) -> str:
        """See `ports.Connection`."""
        ending = await self._server.stop()
        for log in self._logs:
            log.close()
        return ending.value

    async def _told(self, call: Awaitable[T]) -> T:
        """A call's failure in words for the person."""
        try:
            return await call
        except AppServerError as error:
            raise ConnectionFailedError(error.fault) from error
        except (TransportError, Unreadable) as error:
            raise ConnectionFailedError(self._server.fault_of(error)) from error


def _sink(log: RawLog) -> Callable[[bytes], None]:
    def append(block: bytes) -> None:
        try:
            log.append(block)
        except RawLogError as error:
            raise OSError(str(error)) from error

    return append


def _redacting(log: RawLog) -> Callable[[bytes], None]:
    """Tracing is read and passed on when something is wrong. What ends in mid-line without a line end is not kept."""
    append, redactor = _sink(log), ByteRedactor()

    def redact(block: bytes) -> None:
        if ready := redactor.feed(block):
            append(ready)

    return redact


def _growing(log: RawLog, on_growth: Callable[[], None]) -> Callable[[bytes], None]:
    append = _sink(log)

    def grow(block: bytes) -> None:
        append(block)
        on_growth()

    return grow
