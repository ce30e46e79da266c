"""A request as the rules see it: raw, because a rule must judge the very bytes that would run."""

from collections.abc import Callable
from dataclasses import dataclass

from codex_orch_tui.domain.approval import ApprovalKind
from codex_orch_tui.domain.plan import Role, RoleName

NOT_LOOKED_AT = "its git folder and configuration were not looked at"


def _finds_nothing(name: str) -> str | None:  # noqa: ARG001 - the shape of a finder
    return None


def _follows_nothing(path: str) -> str | None:  # noqa: ARG001 - the shape of a follower
    return None


def _not_looked_at() -> str:
    return NOT_LOOKED_AT


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a worker asks for, and where it stands.

    Nothing in here is clean (see terminal_text): texts that leave the rules for a screen go through it again. What is
    not given is taken for the worst: without the three finders no rule accepts a command.
    """

    kind: ApprovalKind
    command: str = ""
    """The command line as Codex sent it, with the shell that Codex wraps around it."""
    cwd: str = ""
    """Absolute."""
    paths: tuple[str, ...] = ()
    """What a file change would touch; absolute."""
    host: str = ""
    role: RoleName = Role.IMPLEMENTER
    worktree: str = ""
    """The folder of the task, absolute; empty: not known."""
    find_program: Callable[[str], str | None] = _finds_nothing
    """Where the worker's PATH finds a program: absolute, links followed. None: it does not."""
    real_path: Callable[[str], str | None] = _follows_nothing
    """An absolute path with all links followed, as `os.path.realpath`; it need not exist. None: not known."""
    git_trouble: Callable[[], str] = _not_looked_at
    """Why git in the worktree could run what a worker wrote; empty: it cannot.

    Looked at are the worktree's own `.git` file (still ours), submodules (their `.git` lies where the worker writes)
    and
    the configuration: hooks, fsmonitor, filters, textconv, external diff, pager or gpg program inside the worktree
    (husky's relative
    `core.hooksPath` is one: `git status` runs its `post-index-change`).
    """
