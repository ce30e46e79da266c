"""Which codex is used, and whether it is one that we can talk to."""

import asyncio
import importlib
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from codex_orch_tui.codex.child import Child
from codex_orch_tui.domain.item import Fault, FaultKind
from codex_orch_tui.domain.terminal_text import clean_line

OLDEST_VERSION = (0, 163, 0)
VERSION_TIMEOUT_S = 10.0
HOW_TO_INSTALL = f"{sys.executable} -m pip install 'openai-codex-cli-bin>=0.163,<1'"
_VERSION = re.compile(rb"codex\S* v?(\d+)\.(\d+)\.(\d+)")


class Source(StrEnum):
    """Where a codex was found."""

    CONFIGURED = "configuration"
    PACKAGE = "Python package"
    PATH = "PATH"


class CodexUnusableError(Exception):
    """There is no codex that can be used; `fault` says why and what to do."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCodex:
    """A codex that is there and executable."""

    path: Path
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCodex:
    """A codex that told a version which we know how to talk to."""

    path: Path
    source: Source
    version: str


def find_codex(configured: str | Path | None, environment: Mapping[str, str]) -> FoundCodex:
    """Looks in the configuration, the Python package and PATH, in this order. It takes some milliseconds, no more.

    Args:
        configured: Path from the configuration; when it is set nothing else is looked at.
        environment: Our own environment, for PATH and `~`.

    Raises:
        CodexUnusableError: None is there, or the configured one is missing or not executable.
    """
    if configured:
        path = Path(configured).expanduser().absolute()
        return FoundCodex(path=_executable(path), source=Source.CONFIGURED)
    packaged = _packaged()
    if packaged is not None:
        return FoundCodex(path=_executable(packaged), source=Source.PACKAGE)
    on_path = shutil.which("codex", path=environment.get("PATH", os.defpath))
    if on_path is not None:
        return FoundCodex(path=Path(on_path).absolute(), source=Source.PATH)
    raise CodexUnusableError(
        Fault(
            kind=FaultKind.CODEX_MISSING,
            message="No codex was found: not in the configuration, not as a Python package, not on PATH",
            next_step=HOW_TO_INSTALL,
        )
    )


async def check_codex(
    found: FoundCodex, environment: Mapping[str, str], *, timeout_s: float = VERSION_TIMEOUT_S
) -> CheckedCodex:
    """Asks a codex for its version.

    Raises:
        CodexUnusableError: It cannot be started, is silent, is something else or is too old.
    """
    output = await _version_output(found.path, environment, timeout_s)
    version = _VERSION.search(output)
    if version is None:
        raise _unusable(found.path, f"is no codex: it calls itself “{clean_line(output.strip()[:200])}”")
    numbers = tuple(int(number) for number in version.groups())
    name = ".".join(map(str, numbers))
    if numbers < OLDEST_VERSION:
        oldest = ".".join(map(str, OLDEST_VERSION))
        raise _unusable(found.path, f"has version {name}; {oldest} or newer is needed")
    return CheckedCodex(path=found.path, source=found.source, version=name)


async def _version_output(path: Path, environment: Mapping[str, str], timeout_s: float) -> bytes:
    output: list[bytes] = []
    ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
    try:
        child = Child(
            [str(path), "--version"],
            cwd=path.parent,
            env=environment,
            on_stdout=output.append,
            on_stderr=lambda _: None,
            on_ended=ended.set_result,
        )
    except OSError as error:
        raise _unusable(path, f"cannot be started: {error.strerror or error}") from error
    try:
        async with asyncio.timeout(timeout_s):
            await ended
    except TimeoutError as error:
        silent = f"{clean_line(str(path))} did not tell its version within {timeout_s:g} s"
        fault = Fault(kind=FaultKind.CODEX_SILENT, message=silent, next_step=HOW_TO_INSTALL)
        raise CodexUnusableError(fault) from error
    finally:
        await child.stop(close_s=0, term_s=0.5)
    return b"".join(output)


def _packaged() -> Path | None:
    try:
        package = importlib.import_module("codex_cli_bin")
    except ImportError:
        return None
    try:
        return Path(str(package.bundled_codex_path()))
    except (AttributeError, OSError, RuntimeError):  # a package without its binary is as good as none
        return None


def _executable(path: Path) -> Path:
    if not path.is_file():
        raise _unusable(path, "is a folder" if path.is_dir() else "is missing")
    if not os.access(path, os.X_OK):
        raise _unusable(path, "is not executable")
    return path


def _unusable(path: Path, what: str) -> CodexUnusableError:
    return CodexUnusableError(
        Fault(
            kind=FaultKind.CODEX_MISSING,
            message=f"{clean_line(str(path))} {what}",
            next_step=HOW_TO_INSTALL,
        )
    )
