"""The one place that runs git.

Each command is a process in a group of its own, with an environment built from a list (environment.py) and a time
limit. It is stopped by TERM before KILL: git removes its lock files on TERM, a killed git leaves them.
"""

import asyncio
import contextlib
import os
import re
import shlex
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from codex_orch_tui.domain.terminal_text import clean_text
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.gitrepo.environment import Place, environment_for
from codex_orch_tui.gitrepo.errors import (
    GitError,
    GitMissing,
    GitTimeout,
    GitTooOld,
    RefMoved,
    WorktreeMissing,
)
from codex_orch_tui.gitrepo.index_lock import IndexLock

MIN_GIT_VERSION = (2, 38)
"""The first with `merge-tree --write-tree`."""

DEFAULT_TIMEOUT_S = 60.0
_TERM_WAIT_S = 3.0
_KILL_WAIT_S = 2.0
_GROUP_WAIT_S = 0.5
"""For what a command started and left behind. Not longer: whoever ended and is reaped by nobody counts as there."""
_POLL_S = 0.005
_STDERR_LIMIT_BYTES = 64 * 1024
_BLOCK_BYTES = 256 * 1024

_LOCK_MESSAGE = re.compile(r"Unable to create '(.+index\.lock)': File exists")
_REF_MESSAGES = ("cannot lock ref", "but expected", "reference already exists")

Arg = str | bytes | Path


@dataclass(frozen=True, slots=True, kw_only=True)
class GitResult:
    """What a git command left. `is_cut`: it was stopped at the size or the time limit."""

    stdout: bytes
    stderr: str
    exit_code: int
    is_cut: bool = False

    @property
    def line(self) -> str:
        """Stdout as one line of text, for ids and names."""
        return os.fsdecode(self.stdout).strip()

    @property
    def fields(self) -> list[bytes]:
        """Stdout split at NUL, without the empty end."""
        return self.stdout.removesuffix(b"\0").split(b"\0") if self.stdout else []


class Git:
    """Runs git commands.

    Args:
        executable: Name or path of git.
    """

    def __init__(self, executable: str = "git") -> None:
        self.executable = executable

    async def version(self) -> tuple[int, ...]:
        """Git's version.

        Raises:
            GitMissing: No git on PATH.
            GitTooOld: Below `MIN_GIT_VERSION`.
        """
        text = (await self.run(Place(cwd=Path("/")), "version")).line
        found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
        version = tuple(int(part) for part in found.groups() if part) if found else ()
        if version < MIN_GIT_VERSION:
            wanted = ".".join(str(part) for part in MIN_GIT_VERSION)
            raise GitTooOld(f"{text} is too old: git {wanted} or newer is needed", next_step="install a newer git")
        return version

    async def run(
        self,
        place: Place,
        *args: Arg,
        stdin: bytes | None = None,
        settings: Iterable[tuple[str, str]] = (),
        env: Mapping[str, str] | None = None,
        ok_codes: Iterable[int] = (0,),
        timeout_s: float = DEFAULT_TIMEOUT_S,
        max_bytes: int | None = None,
        keep_partial: bool = False,
    ) -> GitResult:
        """Run one command to its end.

        Args:
            place: Where it works.
            *args: Arguments after `git`.
            stdin: What it reads.
            settings: Config entries for this command.
            env: More variables for this command.
            ok_codes: Exit codes that are no failure.
            timeout_s: Time limit in seconds.
            max_bytes: Stop the command when it has written this much; the result is cut, not failed.
            keep_partial: At the time limit return what came so far instead of raising.

        Raises:
            GitMissing: No git on PATH.
            WorktreeMissing: The folder to work in is gone.
            GitTimeout: The time limit was reached.
            IndexLocked: Another git holds the index, or one was killed while it did.
            RefMoved: A ref was not where the command expected it.
            GitError: Any other exit code.
        """
        argv = [self.executable, *(os.fspath(arg) for arg in args)]
        process = await self._start(place, argv, environment_for(place, settings=settings, extra=env), stdin)
        reading = _Reading(process, stdin, max_bytes)
        timed_out = False
        try:
            async with asyncio.timeout(timeout_s):
                await reading.finish()
                if not reading.is_cut:
                    await process.wait()
        except TimeoutError:
            timed_out = True
        finally:
            if process.returncode is None or reading.is_cut or timed_out:
                await _stop(process)
        result = reading.result(cut=reading.is_cut or timed_out)
        if timed_out and not keep_partial:
            raise GitTimeout(
                f"git {_verb(args)} did not end within {timeout_s:g} s and was stopped",
                command=_shown(argv),
                exit_code=None,
                stderr=result.stderr,
            )
        if not result.is_cut and result.exit_code not in tuple(ok_codes):
            raise await _failure(argv, result)
        return result

    async def _start(
        self, place: Place, argv: list[str | bytes], env: dict[str, str], stdin: bytes | None
    ) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *argv,
                cwd=place.cwd,
                env=env,
                stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except NotADirectoryError as error:
            raise WorktreeMissing(f"{place.cwd} is not a folder") from error
        except (FileNotFoundError, PermissionError) as error:
            if str(error.filename) == str(place.cwd):
                raise WorktreeMissing(f"the folder {place.cwd} cannot be entered: {error.strerror}") from error
            raise GitMissing(
                f"git cannot be started: {self.executable}: {error.strerror}",
                next_step="install git, or put it on PATH",
            ) from error


class _Reading:
    """Feeds and drains one process; what was read stays available when the waiting is cut short."""

    def __init__(self, process: asyncio.subprocess.Process, stdin: bytes | None, max_bytes: int | None) -> None:
        self._process = process
        self._stdin = stdin
        self._max_bytes = max_bytes
        self._stdout = bytearray()
        self._stderr = bytearray()
        self.is_cut = False

    async def finish(self) -> None:
        """Return when both pipes ended, or when the size limit is reached."""
        async with asyncio.TaskGroup() as group:
            feeding = group.create_task(self._feed())
            errors = group.create_task(self._drain_stderr())
            await self._read_stdout()
            if self.is_cut:
                feeding.cancel()
                errors.cancel()

    def result(self, *, cut: bool) -> GitResult:
        """What came so far."""
        code = self._process.returncode
        return GitResult(
            stdout=bytes(self._stdout),
            stderr=clean_text(bytes(self._stderr)).strip(),
            exit_code=code if code is not None else -signal.SIGKILL,
            is_cut=cut,
        )

    async def _feed(self) -> None:
        pipe = self._process.stdin
        if pipe is None:
            return
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            pipe.write(self._stdin or b"")
            await pipe.drain()
        pipe.close()

    async def _read_stdout(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        while block := await pipe.read(_BLOCK_BYTES):
            self._stdout += block
            if self._max_bytes is not None and len(self._stdout) > self._max_bytes:
                del self._stdout[self._max_bytes :]
                self.is_cut = True
                return

    async def _drain_stderr(self) -> None:
        pipe = self._process.stderr
        assert pipe is not None
        while block := await pipe.read(_BLOCK_BYTES):
            self._stderr += block[: max(0, _STDERR_LIMIT_BYTES - len(self._stderr))]


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End the whole group, TERM before KILL, within bounds, and let go of the pipes.

    `Process.wait()` is of no use here: it also waits for the pipes, and a grandchild that left the group can hold them.
    """
    for number, wait_s in ((signal.SIGTERM, _TERM_WAIT_S), (signal.SIGKILL, _KILL_WAIT_S)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        await _until(lambda: process.returncode is not None, wait_s)
        await _until(lambda: not _has_group(process.pid), _GROUP_WAIT_S)
        if process.returncode is not None and not _has_group(process.pid):
            break
    process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 - the only way to close the pipes


async def _until(holds: Callable[[], bool], wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while not holds() and time.monotonic() < deadline:  # noqa: ASYNC110 - asyncio has no such event
        await asyncio.sleep(_POLL_S)


def _has_group(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def _failure(argv: list[str | bytes], result: GitResult) -> GitError:
    if found := _LOCK_MESSAGE.search(result.stderr):
        lock = IndexLock(Path(found.group(1)))
        return await lock.error()
    kind = RefMoved if any(text in result.stderr for text in _REF_MESSAGES) else GitError
    said = _first_complaint(result.stderr)
    how = f"exit code {result.exit_code}" if result.exit_code >= 0 else f"signal {-result.exit_code}"
    return kind(
        f"git {_verb(argv[1:])}: {said or how}",
        command=_shown(argv),
        exit_code=result.exit_code,
        stderr=result.stderr,
    )


def _first_complaint(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    for mark in ("fatal: ", "error: "):
        for line in lines:
            if line.startswith(mark):
                return line.removeprefix(mark)
    return lines[0] if lines else ""


def _verb(args: Iterable[Arg]) -> str:
    return next((os.fsdecode(arg) for arg in args if not os.fsdecode(arg).startswith("-")), "")


def _shown(argv: list[str | bytes]) -> str:
    return shlex.join(os.fsdecode(arg) for arg in argv)
