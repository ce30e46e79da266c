"""How an app-server is started, and what its turns may touch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codex_orch_tui.codex.framing import MAX_LINE_BYTES
from codex_orch_tui.codex.transport import Sinks
from codex_orch_tui.domain.item import Fault, FaultKind
from codex_orch_tui.domain.plan import SandboxMode
from codex_orch_tui.domain.terminal_text import clean_line

OVERRIDES = (
    # No plugin sync with public hosts at start.
    "features.plugins=false",
    # A login shell reads the user's profile, which replaces PATH: the task's own tools would be gone.
    "allow_login_shell=false",
    # What the worker itself needs (proxies, CODEX_HOME) is no business of the commands that it runs.
    'shell_environment_policy.inherit="core"',
    "shell_environment_policy.ignore_default_excludes=false",
    'approvals_reviewer="user"',
)


class AppServerError(Exception):
    """The worker could not be started or refused what it must not; `fault` tells the person."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How an app-server is started.

    `tmpdir` is the worker's private folder for temporary files: it exists, and lies outside /tmp. `overrides` are
    further `key=value` of Codex's configuration, which cannot take back those of `OVERRIDES`.
    """

    codex: Path
    cwd: Path
    env: Mapping[str, str]
    tmpdir: Path
    sinks: Sinks
    overrides: tuple[str, ...] = ()
    max_line_bytes: int = MAX_LINE_BYTES


def sandbox_policy(mode: SandboxMode, tmpdir: Path) -> dict[str, Any]:
    """What a turn's commands may touch, in Codex's form.

    /tmp and $TMPDIR are shut in workspace-write: other workers, worktrees and repositories may lie there.
    """
    match mode:
        case SandboxMode.READ_ONLY:
            return {"type": "readOnly", "networkAccess": False}
        case SandboxMode.WORKSPACE_WRITE:
            return {
                "type": "workspaceWrite",
                "writableRoots": [str(tmpdir)],
                "networkAccess": False,
                "excludeSlashTmp": True,
                "excludeTmpdirEnvVar": True,
            }
        case SandboxMode.DANGER_FULL_ACCESS:
            return {"type": "dangerFullAccess"}


def command_line(launch: Launch) -> list[str]:
    """Program and arguments. Of two overrides of one key Codex takes the last: ours."""
    argv = [str(launch.codex), "app-server"]
    for override in (*launch.overrides, *OVERRIDES, untrusted(launch.cwd)):
        argv += ["-c", override]
    return argv


def untrusted(worktree: Path) -> str:
    """The override with which nothing in a worktree's `.codex` counts, whatever the person told Codex to trust.

    In a trusted repository Codex loads settings, MCP servers, and rules that let commands out of the sandbox unasked,
    all from files that a worker may have written.
    """
    places = dict.fromkeys((worktree, worktree.resolve(), *_main_worktree(worktree)))
    entries = (f'{json.dumps(str(place), ensure_ascii=False)}={{trust_level="untrusted"}}' for place in places)
    return f"projects={{{', '.join(entries)}}}"


def _main_worktree(worktree: Path) -> tuple[Path, ...]:
    """The repository of a linked worktree, where Codex looks for its trust: `.git` names `<main>/.git/worktrees/x`."""
    try:
        told = (worktree / ".git").read_text(encoding="utf-8").removeprefix("gitdir:").strip()
    except (OSError, ValueError):
        return ()
    place = Path(told)
    return (place.parents[2],) if place.parent.name == "worktrees" and len(place.parents) > 2 else ()


def start_fault(launch: Launch, error: OSError) -> Fault:
    """Why the process could not be started, in words for the person."""
    reason = error.strerror or str(error)
    if not launch.cwd.is_dir():
        return Fault(kind=FaultKind.GIT, message=f"The worktree {clean_line(str(launch.cwd))} is missing")
    return Fault(
        kind=FaultKind.CODEX_MISSING,
        message=f"{clean_line(str(launch.codex))} could not be started: {clean_line(reason)}",
        next_step="codex-orch-tui doctor",
    )
