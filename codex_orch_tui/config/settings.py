"""The settings, each with what it does, its default and its bounds."""

import re
from pathlib import Path
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from codex_orch_tui.config.guardrail_settings import GuardrailSettings
from codex_orch_tui.config.numbers import no_truth
from codex_orch_tui.config.pipeline_settings import PipelineTable
from codex_orch_tui.config.rates import RateSettings
from codex_orch_tui.config.role_settings import OwnRoleName, RoleSettings
from codex_orch_tui.domain.check import CHECK_NAME, words_of
from codex_orch_tui.domain.plan import ApprovalPolicy, Role, RoleName, SandboxMode

ALLOWED_PROGRAMS = (
    *("git", "codex", "ls", "pwd", "cat", "grep", "diff", "test", "true", "false"),
    *("python", "python3", "pytest", "ruff", "mypy", "tox", "nox", "uv", "poetry", "hatch", "pre-commit"),
    *("node", "npm", "yarn", "pnpm", "deno", "bun", "jest", "vitest", "tsc", "eslint"),
    *("make", "just", "cmake", "ctest", "cargo", "go", "mvn", "gradle", "dotnet", "bundle", "rake", "mix", "swift"),
)
"""What checks usually are: readers, test runners and build tools; no shell, and nothing that installs."""

BRANCH_FIELDS = frozenset({"date", "id", "task"})

_BAD_IN_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|^[-/.]|[/.]$")


def _role(name: str) -> RoleName:
    return Role(name) if name in set(Role) else name


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


def _check_line(line: str) -> str:
    words_of(line)
    return line


_Number = BeforeValidator(no_truth)
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
CheckName = Annotated[str, StringConstraints(pattern=f"^{CHECK_NAME}$")]
_Check = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_check_line)]
_AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
_Seconds = Annotated[float, _Number, Field(gt=0, le=7 * 86_400, allow_inf_nan=False)]


class Config(BaseModel):
    """All settings. A value of this class is complete and valid."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    codex_path: _AbsolutePath | None = None
    """The codex to use; otherwise the one of the Python package, then the one on PATH."""

    max_workers: Annotated[int, _Number, Field(ge=1, le=64)] = 8
    """How many workers run at a time; further tasks wait."""

    rate_limit_hold_percent: Annotated[int, _Number, Field(ge=1, le=100)] = 95
    """From so many percent of the account's rate limit on, no task begins until the limit is reset."""

    max_proposed_tasks: Annotated[int, _Number, Field(ge=1, le=5_000)] = 60
    """How many tasks a navigator may propose; a plan with more is refused: nobody reads it before approving it."""

    use_single_workspace: bool = False
    """Whether all tasks of a run work in one worktree, one after the other; otherwise each has one of its own."""

    claims_allow: tuple[_Text, ...] = ()
    """Globs: only claims on paths in them keep tasks from running together; without any, all claims do."""

    claims_ignore: tuple[_Text, ...] = ()
    """Globs: claims on paths in them keep no tasks from running together, say `CHANGELOG.md` or `docs/**`."""

    idle_worker_s: _Seconds = 600.0
    """After so many seconds without a turn a worker's process is ended; a message starts it again."""

    quiet_worker_s: _Seconds = 120.0
    """After so many seconds without an event the row of a working worker says since when it is quiet."""

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

    checks: dict[CheckName, _Check] = Field(default_factory=dict)
    """Checks by name, for the `checks` of a plan's tasks: each one command without a shell, `tests: pytest -q`."""

    run_checks: tuple[_Check, ...] = ()
    """Checks of every run that lands, after its tasks' own: names of `checks` or `pipelines`, or commands.

    A red one stops it.
    """

    pipelines: PipelineTable = Field(default_factory=dict)
    """Pipelines by name, for what tasks and runs name as their checks: stages by name, which run in their order.

    A stage is a command or another pipeline; the first that is red ends it.
    """

    check_time_limit_s: _Seconds = 600.0
    """After so many seconds a check is ended and has failed."""

    check_retries: Annotated[int, _Number, Field(ge=0, le=20)] = 2
    """How often failed checks go back to the worker with their output before the task has failed."""

    check_sandbox: SandboxMode = SandboxMode.WORKSPACE_WRITE
    """The sandbox of checks, which run what workers wrote: no network, and nothing to write but the worktree."""

    check_environment: tuple[_VariableName, ...] = ()
    """Names of further environment variables that checks get; what a worker wrote is able to read them."""

    allowed_programs: tuple[_Text, ...] = ALLOWED_PROGRAMS
    """The programs that checks may be; a path in the worktree (`./run-tests`) counts exactly as it stands here."""

    guardrails: dict[CheckName, GuardrailSettings] = Field(default_factory=dict)
    """What commits must hold to before they are merged, by name; looked at in commits, never in a worktree's files."""

    trace: bool = False
    """Whether a task's log tells of each check how it was run: program, folder, sandbox, names of variables."""

    dry_run: bool = False
    """Whether checks are only logged and skipped; none of them has passed then."""

    notify_command: _Text | None = None
    """A line for /bin/sh, run when a task asks, is done or failed, with JSON on its standard input. No sandbox."""

    pass_environment: tuple[_VariableName, ...] = ()
    """Names of further environment variables that workers get; a worker's commands may be able to read them."""

    role: Annotated[OwnRoleName, AfterValidator(_role)] = Role.IMPLEMENTER
    """The role of a new task: one of ours, or one of `roles`."""

    roles: dict[OwnRoleName, RoleSettings] = Field(default_factory=dict)
    """How workers of a role work. A name that is not one of ours makes a role of yours, which needs a prompt."""

    model: _Text | None = None
    """The model of a new task; otherwise Codex's own default."""

    rate_card: dict[_Text, RateSettings] = Field(default_factory=dict)
    """What models cost, in USD per million tokens: `gpt-5.5: {input: 1.25, cached: 0.13, output: 10}`, as you pay it.

    For the tasks of a model that is not on it there is no figure.
    """

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


LIST_FIELDS = frozenset({"claims_allow", "claims_ignore", "pass_environment", "check_environment", "allowed_programs"})
"""What is a list in a file is separated by commas or blanks in a variable."""

LINE_LIST_FIELDS = frozenset({"run_checks"})
"""The same by commas only: what stands in these lists may hold blanks."""

NOT_IN_PROJECT = frozenset(
    {"codex_path", "editor", "shell", "pass_environment", "approval_guard_ms", "check_environment", "dry_run", "keymap"}
)
"""A repository's file comes with a clone: it names no program of the user's, weakens no guard and moves no key.

A key that declines everywhere else must not accept here.
"""

NEED_TRUST = ("setup_command", "notify_command", "checks", "run_checks", "pipelines", "allowed_programs")
"""What a repository's file may set, but what counts only after the person accepted that file's content."""

NOT_AS_PROJECT_DEFAULT = {
    "sandbox": SandboxMode.DANGER_FULL_ACCESS.value,
    "approval_policy": ApprovalPolicy.NEVER.value,
    "check_sandbox": SandboxMode.DANGER_FULL_ACCESS.value,
}
"""The same for single values."""
