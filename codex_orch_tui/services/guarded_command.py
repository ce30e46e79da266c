"""One command in a named worktree, guarded: a known program, in its jail, within its time, and in the log.

The words are looked at (policy/guard.py), the folder is looked at, the command runs in Codex's sandbox with an
environment built from a list and in a group of its own, and commands.jsonl has it before it begins. What an agent
wrote may run in it, so the sandbox is the wall; the rest keeps mistakes small and visible.
"""

import contextlib
import os
import shlex
import shutil
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from codex_orch_tui.codex.binary import CodexUnusableError, find_codex
from codex_orch_tui.codex.child import Child
from codex_orch_tui.codex.environment import worker_environment
from codex_orch_tui.codex.sandbox_command import sandboxed
from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.plan import SandboxMode
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.policy.guard import why_refused
from codex_orch_tui.services.command_log import CommandLog
from codex_orch_tui.services.command_output import CommandOutput
from codex_orch_tui.store.errors import StoreError

_QUIET = {"CI": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""Tools ask nothing, and Python leaves no caches in the worktree."""
_PROBE_S = 10.0
_TERM_S = 2.0
_KILL_S = 2.0


class CommandEnd(StrEnum):
    """How a command ended."""

    ENDED = "ended"
    TIMED_OUT = "timed_out"
    REFUSED = "refused"
    SKIPPED = "skipped"
    """The dry-run switch is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedCommand:
    """What is to be run.

    `worktree` is the jail, `folder` a place in it. `what` says in a few words what it is for. The whole output is added
    to `log`. `tmpdir` exists and is the command's alone. `allowed` are programs beside those of the settings, `passed`
    names of variables beside those of the settings; `values` are variables with what they are set to.
    """

    ref: TaskRef
    what: str
    words: tuple[str, ...]
    worktree: Path
    tmpdir: Path
    log: Path
    time_limit_s: float
    folder: str = ""
    commit: CommitId | None = None
    allowed: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What came back. `output_tail` is the end of stdout and stderr as they came, clean and without secrets.

    `reason`: why it was not run. `trace`: with that switch on, how it was run.
    """

    end: CommandEnd
    exit_code: int | None = None
    duration_ms: int | None = None
    output_tail: str = ""
    reason: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A command as it is started."""

    program: Path
    argv: tuple[str, ...]
    cwd: Path
    sandbox: SandboxMode
    environment: Mapping[str, str]

    @property
    def trace(self) -> str:
        """How it is run, for the person: names of variables, no values."""
        return clean_line(
            f"trace: {self.program} in {self.cwd} · sandbox {self.sandbox} · {shlex.join(self.argv)}"
            f" · variables {' '.join(sorted(self.environment))}"
        )


class _RefusedError(Exception):
    """The command must not, or cannot, be run; the text is for the person."""


class GuardedCommands:
    """Runs commands.

    Args:
        config: the settings in force now.
        log: takes a line for each command.
        environ: our own environment.
        kept: folders that no command may write, also where its worktree holds them.
    """

    def __init__(
        self, config: Callable[[], Config], log: CommandLog, environ: Mapping[str, str], *, kept: Sequence[Path] = ()
    ) -> None:
        self._config = config
        self._log = log
        self._environ = environ
        self._kept = kept
        self._sandbox_works = False

    async def run(self, command: GuardedCommand, on_begun: Callable[[int], None]) -> CommandResult:
        """Run a command to its end or its time limit, or say why not.

        Args:
            command: what.
            on_begun: told the process id, which is the group's too, as soon as it runs.
        """
        config = self._config()
        facts = {
            "task": command.ref.task,
            "what": command.what,
            "argv": list(command.words),
            "cwd": str(command.worktree / command.folder),
            "commit": command.commit,
            "sandbox": config.check_sandbox.value,
        }
        try:
            line = self._line(command, config)
            trace = line.trace if config.trace else ""
            if config.dry_run:
                await self._log.add(command.ref.run, "skipped", facts)
                return CommandResult(end=CommandEnd.SKIPPED, trace=trace)
            if config.trace:
                facts |= {"program": str(line.program), "line": list(line.argv), "variables": sorted(line.environment)}
            result = await self._begun(command, line, facts, trace, on_begun)
            await self._blame_sandbox(command, line, result)
            return result
        except _RefusedError as refusal:
            reason = str(refusal)
            with contextlib.suppress(StoreError):  # Nothing was run; that is told on the screen.
                await self._log.add(command.ref.run, "refused", {**facts, "reason": reason})
        except StoreError as error:
            reason = f"the log of commands could not be written: {error}"
        return CommandResult(end=CommandEnd.REFUSED, reason=clean_line(reason))

    async def _blame_sandbox(self, command: GuardedCommand, line: _Line, result: CommandResult) -> None:
        """A failure is the command's own only where the sandbox works at all; looked at once.

        Raises:
            _RefusedError: It does not.
        """
        self._sandbox_works = self._sandbox_works or result.exit_code == 0
        if self._sandbox_works or line.sandbox is SandboxMode.DANGER_FULL_ACCESS or result.exit_code is None:
            return
        nothing = shutil.which("true", path=line.environment.get("PATH", os.defpath))
        if nothing is None:
            return
        said = bytearray()
        child = Child(
            self._sandboxed((nothing,), command, self._config()),
            cwd=line.cwd,
            env=line.environment,
            on_stdout=said.extend,
            on_stderr=said.extend,
            on_ended=lambda _code: None,
        )
        try:
            child.end_input()
            await child.wait(_PROBE_S)
        finally:
            await child.stop(close_s=0.0, term_s=_TERM_S, kill_s=_KILL_S)
        if child.exit_code != 0:
            told = clean_line(bytes(said[-500:]).strip()) or f"exit {child.exit_code}"
            raise _RefusedError(f"Codex's sandbox does not work here ({told}) → codex-orch-tui doctor")
        self._sandbox_works = True

    def _line(self, command: GuardedCommand, config: Config) -> _Line:
        """The command as it is to be started.

        Raises:
            _RefusedError: the guard or the disk says no.
        """
        if refusal := why_refused(command.words, (*config.allowed_programs, *command.allowed)):
            raise _RefusedError(refusal)
        cwd = _place(command)
        names = (*config.check_environment, *command.passed)
        environment = worker_environment(self._environ, tmpdir=command.tmpdir, extra_names=names)
        program = _program(command, cwd, environment.get("PATH", os.defpath))
        return _Line(
            program=program,
            argv=self._sandboxed((str(program), *command.words[1:]), command, config),
            cwd=cwd,
            sandbox=config.check_sandbox,
            environment=environment | _QUIET | dict(command.values),
        )

    def _sandboxed(self, argv: tuple[str, ...], command: GuardedCommand, config: Config) -> tuple[str, ...]:
        mode = config.check_sandbox
        if mode is SandboxMode.DANGER_FULL_ACCESS:
            return argv
        try:
            codex = find_codex(config.codex_path, self._environ).path
        except CodexUnusableError as error:
            step = f" → {error.fault.next_step}" if error.fault.next_step else ""
            raise _RefusedError(f"its sandbox is Codex's own: {error.fault.message}{step}") from error
        kept = [folder for folder in self._kept if folder.is_relative_to(command.worktree) and folder.is_dir()]
        return sandboxed(codex, argv, worktree=command.worktree, tmpdir=command.tmpdir, mode=mode, read_only=kept)

    async def _begun(
        self,
        command: GuardedCommand,
        line: _Line,
        facts: Mapping[str, object],
        trace: str,
        on_begun: Callable[[int], None],
    ) -> CommandResult:
        started_s = time.monotonic()
        outcome, exit_code = "not_started", None
        try:
            await self._log.add(command.ref.run, "began", {**facts, "time_limit_s": command.time_limit_s})
            with CommandOutput(command.log, f"{command.what}: {shlex.join(command.words)}") as output:
                child = _start(line, output)
                outcome = "cut_off"
                try:
                    on_begun(child.pid)
                    child.end_input()
                    in_time = await child.wait(command.time_limit_s)
                finally:
                    await child.stop(close_s=0.0, term_s=_TERM_S, kill_s=_KILL_S)
            end = CommandEnd.ENDED if in_time else CommandEnd.TIMED_OUT
            outcome, exit_code = end.value, child.exit_code if in_time else None
        finally:  # Also when it was cut off: a command that began has an end in the log.
            duration_ms = round((time.monotonic() - started_s) * 1000)
            ended = {"outcome": outcome, "exit_code": exit_code, "duration_ms": duration_ms}
            with contextlib.suppress(StoreError):  # It is over; its end is in the journal too.
                await self._log.add(command.ref.run, "ended", {**facts, **ended})
        return CommandResult(
            end=end, exit_code=exit_code, duration_ms=duration_ms, output_tail=output.tail, trace=trace
        )


def _start(line: _Line, output: CommandOutput) -> Child:
    """Start it.

    Raises:
        _RefusedError: The system does not.
    """
    try:
        return Child(
            line.argv,
            cwd=line.cwd,
            env=line.environment,
            on_stdout=output.take,
            on_stderr=output.take,
            on_ended=lambda _code: None,
        )
    except (OSError, ValueError) as error:
        raise _RefusedError(f"it could not be started: {error}") from error


def _place(command: GuardedCommand) -> Path:
    """The folder that the command runs in: there, and in its worktree after every symlink is followed.

    Raises:
        _RefusedError: It is not.
    """
    worktree, place = command.worktree, command.worktree / command.folder
    try:
        if not worktree.is_absolute() or not stat.S_ISDIR(worktree.lstat().st_mode):
            raise _RefusedError(f"{worktree} is no folder of its own")
        if not place.resolve(strict=True).is_relative_to(worktree.resolve(strict=True)) or not place.is_dir():
            raise _RefusedError(f"{place} is not a folder in the worktree {worktree}")
    except OSError as error:
        raise _RefusedError(f"{error.filename or place}: {error.strerror or error}") from error
    return place


def _program(command: GuardedCommand, cwd: Path, path: str) -> Path:
    """The program's file: on PATH and not in the worktree, or exactly where the settings say in it.

    Raises:
        _RefusedError: It is not there.
    """
    name = command.words[0]
    if "/" in name:
        program = cwd / name
        if not program.resolve().is_relative_to(command.worktree.resolve()):
            raise _RefusedError(f"{name} leads out of the worktree")
        if not os.access(program, os.X_OK) or program.is_dir():
            raise _RefusedError(f"{name} is not there, or not executable")
        return program
    found = shutil.which(name, path=path)
    if found is None or not Path(found).is_absolute():
        raise _RefusedError(f"{name} is not on PATH")
    if Path(found).is_relative_to(command.worktree):
        raise _RefusedError(f"{name} would be {found}, which a worker can write")
    return Path(found)
