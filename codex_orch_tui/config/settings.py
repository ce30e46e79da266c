"""The settings, each with what it does, its default and its bounds."""

import re
from pathlib import Path
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from codex_orch_tui.domain.plan import ApprovalPolicy, Role, SandboxMode

BRANCH_FIELDS = frozenset({"date", "id", "task"})

_BAD_IN_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|^[-/.]|[/.]$")


def _no_truth(value: object) -> object:
    """Python takes true for the number 1."""
    if isinstance(value, bool):
        raise ValueError("should be a number")
    return value


def _absolute(path: Path) -> Path:
    try:
        path = path.expanduser()
    except RuntimeError:
        raise ValueError("'~' cannot be resolved: HOME is not set") from None
    if not path.is_absolute():
        raise ValueError("should be an absolute path, or begin with '~/'")
    return path


def _branch_template(template: str) -> str:
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"is no template: {error}") from None
    fields = {name for _, name, _, _ in parts if name is not None}
    if fields - BRANCH_FIELDS or any(spec or conversion for _, _, spec, conversion in parts):
        raise ValueError("should hold no other fields than {date}, {id} and {task}")
    if "task" not in fields:
        raise ValueError("should hold {task}: each task has a branch of its own")
    if _BAD_IN_BRANCH.search(template.format(date="2025-01-31", id="7", task="task")):
        raise ValueError("does not make branch names that git takes (no spaces, '..', ':', '~', '^', '?', '*')")
    return template


_Number = BeforeValidator(_no_truth)
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
_Seconds = Annotated[float, _Number, Field(gt=0, le=7 * 86_400, allow_inf_nan=False)]


class Config(BaseModel):
    """All settings. A value of this class is complete and valid."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    codex_path: _AbsolutePath | None = None
    """The codex to use; otherwise the one of the Python package, then the one on PATH."""

    max_workers: Annotated[int, _Number, Field(ge=1, le=64)] = 8
    """How many workers run at a time; further tasks wait."""

    idle_worker_s: _Seconds = 600.0
    """After so many seconds without a turn a worker's process is ended; a message starts it again."""

    quiet_worker_s: _Seconds = 120.0
    """After so many seconds without an event a working worker is shown as quiet."""

    worktree_base: _AbsolutePath | None = None
    """The folder that holds the worktrees, not under /tmp; otherwise `.orchestrator/worktrees/`."""

    branch_template: Annotated[str, AfterValidator(_branch_template)] = "orch/{date}/run-{id}/{task}"
    """The branch of a task. `{date}` is the run's day, `{id}` its number, `{task}` the task's id."""

    base_branch: _Text | None = None
    """The branch that tasks start from and merge to; otherwise the one that is checked out."""

    setup_command: _Text | None = None
    """A line for /bin/sh that makes a fresh worktree ready, with ROOT and WORKTREE in its environment. No sandbox."""

    setup_time_limit_s: _Seconds = 600.0
    """After so many seconds the setup command is ended and the task fails."""

    notify_command: _Text | None = None
    """A line for /bin/sh, run when a task asks, is done or failed, with JSON on its standard input. No sandbox."""

    pass_environment: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], ...] = ()
    """Names of further environment variables that workers get; a worker's commands may be able to read them."""

    role: Role = Role.IMPLEMENTER
    """The role of a new task."""

    model: _Text | None = None
    """The model of a new task; otherwise Codex's own default."""

    sandbox: SandboxMode = SandboxMode.WORKSPACE_WRITE
    """The sandbox of a new task."""

    approval_policy: ApprovalPolicy = ApprovalPolicy.ON_REQUEST
    """When the worker of a new task asks."""

    approval_guard_ms: Annotated[int, _Number, Field(ge=0, le=5_000)] = 400
    """For so long after an approval appeared or changed no key answers it."""

    commit_trailers: bool = True
    """Whether commits name their run, task, thread and turn."""

    editor: _Text | None = None
    """The command that opens a worktree or a file; otherwise VISUAL, then EDITOR."""

    shell: _Text | None = None
    """The command that opens a shell in a worktree; otherwise SHELL."""

    keymap: dict[str, str] = Field(default_factory=dict)
    """Other keys: from the id of an action (see the help screen) to its key, or several separated by commas."""

    theme: _Text = "calm-dark"
    """The name of a theme: one of ours, of Textual's, or of the user's own."""

    ascii_glyphs: bool = False
    """Signs for terminals and fonts without the others."""

    bell: bool = True
    """Whether the terminal's bell sounds when a task asks, is done or has failed."""

    desktop_notifications: bool = True
    """Whether the terminal is asked (OSC 9) to tell the same on the desktop; not while it has the focus."""

    terminal_title: bool = True
    """Whether the terminal's title tells the repository and how many questions are open."""


LIST_FIELDS = frozenset({"pass_environment"})
"""What is a list in a file is separated by commas or blanks in a variable."""

NOT_IN_PROJECT = frozenset({"codex_path", "editor", "shell", "pass_environment", "approval_guard_ms"})
"""A repository's file comes with a clone: it names no program of the user's and weakens no guard."""

NEED_TRUST = ("setup_command", "notify_command")
"""What a repository's file may set, but what counts only after the person accepted that file's content."""

NOT_AS_PROJECT_DEFAULT = {
    "sandbox": SandboxMode.DANGER_FULL_ACCESS.value,
    "approval_policy": ApprovalPolicy.NEVER.value,
}
"""The same for single values."""
