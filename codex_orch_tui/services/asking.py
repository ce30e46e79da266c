"""A question as the rules see it: the raw request, the task that asks, and the programs that its PATH would find."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest
from codex_orch_tui.domain.plan import Role
from codex_orch_tui.domain.task import Task
from codex_orch_tui.paths import is_shared_temporary
from codex_orch_tui.policy.asked import Asked

_NOT_A_PATH = ("\\", " → ", "‹", "…+")
"""What stands for something else in a cleaned path: an escape, a move, a secret or marks that were taken out."""
_OF_COMMANDS = frozenset({ApprovalKind.COMMAND, ApprovalKind.NETWORK})
"""The kinds that one request of Codex's stands for."""

GitLook = Callable[[Path, Path], str]
"""Worktree, folder of the command -> why git there could run what a worker wrote; empty when it cannot."""


def asked_of(
    request: ApprovalRequest, task: Task | None, environ: Mapping[str, str], git_trouble: GitLook | None
) -> Asked:
    """The question for the rules.

    Args:
        request: As Codex asked it; of an old one the copy that was kept, which may have secrets taken out.
        task: Whose worker asks; None: not known any more.
        environ: What the worker's environment is made from: its PATH.
        git_trouble: Looks at the worktree's git. None for an old question, whose worktree is not what it was: links
            are not followed then, and git counts as harmless.
    """
    raw = raw_params(request)
    worktree = task.worktree.path if task is not None and task.worktree is not None else ""
    cwd = _text(raw.get("cwd")) or worktree
    return Asked(
        kind=request.kind,
        command=_text(raw.get("command")),
        cwd=cwd,
        paths=tuple(os.path.join(worktree, edit.path) for edit in request.files),  # noqa: PTH118 - any text
        host=request.host,
        role=task.spec.role if task is not None else Role.IMPLEMENTER,
        worktree=worktree,
        find_program=program_finder(environ.get("PATH", ""), cwd=cwd, worktree=worktree),
        real_path=os.path.normpath if git_trouble is None else os.path.realpath,
        git_trouble=(lambda: "") if git_trouble is None else (lambda: git_trouble(Path(worktree), Path(cwd))),
    )


def why_only_a_person(request: ApprovalRequest) -> str:
    """Why no rule may answer a question whatever it matches; empty when one may."""
    if request.kind in _OF_COMMANDS and (more := _more_than_asked(request)):
        return more
    if request.grant_root:
        return "it asks for a whole folder to write in, not only for this change"
    if request.kind is not ApprovalKind.FILE_CHANGE:
        return ""
    if not request.files:
        return "Codex did not say which files it changes"
    for edit in request.files:
        if any(sign in edit.path for sign in _NOT_A_PATH):
            return f"{edit.path} is a move, or has signs in its name that a rule cannot tell apart"
        if ".git" in edit.path.casefold().split("/"):
            return f"{edit.path} belongs to git itself"
    return ""


def _more_than_asked(request: ApprovalRequest) -> str:
    """What a request for a command or a host brings besides; looked for in the raw params, whatever its form there."""
    raw = raw_params(request)
    if request.permissions or raw.get("additionalPermissions"):
        return f"it asks for permissions beside the {request.kind.value}"
    if request.kind is ApprovalKind.COMMAND and raw.get("networkApprovalContext"):
        return "it asks for the network beside the command"
    if raw.get("kind", "command") != "command":
        return "it asks for something that this version does not know"
    if (raw.get("environmentId") or "local") != "local":
        return "it would run in another environment than this machine"
    return ""


def raw_params(request: ApprovalRequest) -> dict[str, object]:
    """The request's params as they came; empty when they are no object."""
    try:
        raw = json.loads(request.raw_json)
    except ValueError:
        return {}
    return raw if isinstance(raw, dict) else {}


def program_finder(path: str, *, cwd: str, worktree: str) -> Callable[[str], str | None]:
    """Finds programs as a shell in `cwd` would, links followed.

    A PATH that leads through the worktree, through a relative folder, or through one that every sandbox may write
    finds nothing from there on: what lies behind could be hidden by a file that the worker puts there in a moment.
    Codex puts two folders of its own in front (its ripgrep, its apply_patch), which no sandbox may write either.

    Args:
        path: The worker's PATH.
        cwd: Where the command would run.
        worktree: The folder of the task; empty: not known.
    """
    safe: list[str] | None = None

    def find(name: str) -> str | None:
        nonlocal safe
        if not name or "\0" in name:
            return None
        if safe is None:  # With the first program: most questions of the past never come that far.
            safe = list(_safe_folders(path, worktree))
        for folder in [cwd] if "/" in name else safe:
            place = os.path.join(folder, name)  # noqa: PTH118 - any text
            if os.path.isfile(place) and os.access(place, os.X_OK):  # noqa: PTH113
                return os.path.realpath(place)
        return None

    return find


def _safe_folders(path: str, worktree: str) -> Iterator[str]:
    top = os.path.realpath(worktree) if worktree else None
    for folder in path.split(os.pathsep):
        real = os.path.realpath(folder)
        is_below = top is not None and (real == top or real.startswith(top + os.sep))
        if not os.path.isabs(folder) or is_below or is_shared_temporary(Path(folder)):  # noqa: PTH117 - any text
            return
        yield folder


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
