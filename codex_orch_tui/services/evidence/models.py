"""The documents of the evidence, schema 1: result.json of a task; manifest.json, metrics.json, context.json of a run.

The JSON Schemas in schemas/ are made from these. Fields may be added; none is renamed or gets another meaning without
a new `schema_version`.
"""

from typing import Literal

from pydantic import Field

from codex_orch_tui.domain.plan import ApprovalPolicy, Level, SandboxMode
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.services.evidence.parts import (
    ApprovalPart,
    CheckPart,
    CleanJson,
    CommandPart,
    CommitPart,
    FaultPart,
    FileStat,
    GuardrailPart,
    Heartbeat,
    LandingPart,
    Line,
    Lines,
    MergePart,
    Part,
    PatchPart,
    Text,
    Tokens,
    TurnPart,
    Versions,
)

SCHEMA_VERSION: Literal[1] = 1


class Document(Part):
    """What every file begins with."""

    schema_version: Literal[1] = SCHEMA_VERSION
    program_version: Line
    evidence_of: str
    """Marks the state that this file tells of; empty while it, or a file beside it, is behind."""
    written_at_s: float
    run: Line


class TaskSettings(Part):
    """A task as its plan has it."""

    id: Line
    title: Line
    prompt: Text
    role: Line
    model: Line | None
    """Null: Codex's own default."""
    effort: Line | None
    sandbox: SandboxMode
    approval_policy: ApprovalPolicy
    level: Level
    parent: Line | None
    depends_on: list[Line]
    paths: list[Line]
    """The paths that it claims, as globs."""
    checks: list[Line]
    priority: int


class TaskEntry(Part):
    """Where a task stands."""

    id: Line
    title: Line
    is_group: bool
    """It holds other tasks and does no work of its own."""
    state: TaskState
    since_s: float
    created_at_s: float
    started_at_s: float | None
    ended_at_s: float | None
    attempt: int
    turns: list[TurnPart]
    fault: FaultPart | None
    branch: Line | None
    base_branch: Line
    base_commit: Line | None
    """The commit that it stands on."""
    joins: list[Line] = Field(default_factory=list)
    """The tasks whose results that is; the base branch itself was never there."""
    base_tip: Line | None = None
    """Where the base branch was when it began, if the task stands on work of other tasks and not on that."""
    tip: Line | None
    commits: list[CommitPart]
    """The newest of them."""
    diff: Lines
    reviewed: bool
    """A person looked at exactly the commit that is the tip."""
    review_waived: bool
    """Nobody looked: the person let exactly this commit be merged all the same."""
    checks_passed: bool
    conflicts: list[Line]
    merged_as: Line | None
    backup_ref: Line | None
    thread: Line | None
    model: Line | None
    """The model of its thread, as Codex says."""
    codex_version: Line | None
    tokens: Tokens
    cost_usd: float | None
    """By the person's rate card; null where it does not name the model."""


class TaskResult(Document):
    """result.json of a task: what it was to do, what came of it, and on what grounds."""

    spec: TaskSettings
    task: TaskEntry
    answer: Text | None
    """The worker's last message."""
    output: CleanJson = None
    """The last answer that fitted its role's schema."""
    answer_problems: list[Line]
    decisions: list[Line]
    files: list[FileStat]
    """The first of the files that its commits change."""
    files_omitted: int
    patch: PatchPart
    checks: list[CheckPart]
    approvals: list[ApprovalPart]
    """The newest of them."""
    approvals_omitted: int
    commands: list[CommandPart]
    """The newest of them."""
    commands_omitted: int
    log: Line | None
    """The readable log; events.jsonl beside it is the raw one."""


class PlanPart(Part):
    """What was approved."""

    title: Line
    spec: Text
    tasks: list[TaskSettings]


class RunManifest(Document):
    """manifest.json of a run: everything that it did, with the files that hold the rest."""

    repository: Line
    title: Line
    base_branch: Line
    base_tip: Line | None
    """Where the base branch was when it was last seen or moved."""
    created_at_s: float
    shares_worktree: bool
    paused: bool
    pause_cause: Line | None
    proposed_by: Line | None
    """The navigator's task whose plan this is."""
    heartbeat: Heartbeat
    versions: Versions
    plan: PlanPart
    tasks: list[TaskEntry]
    commands: list[CommandPart]
    """The newest of them, oldest first."""
    commands_omitted: int
    approvals: list[ApprovalPart]
    """The newest of them, oldest first."""
    approvals_omitted: int
    checks: list[CheckPart]
    guardrails: list[GuardrailPart]
    merges: list[MergePart]
    landing: LandingPart | None
    files: dict[str, Line]
    """What else the run's folder holds, by what it is."""


class ApprovalCounts(Part):
    """Questions, by how they ended."""

    asked: int
    by_rule: int
    by_caller: int = 0
    """By a function of the program that called the library."""
    accepted: int
    declined: int
    unanswered: int
    """Expired, superseded, or lost with their worker."""
    open: int
    waited_ms: int
    """From question to decision, added up; a rule's take none."""


class CheckCounts(Part):
    """Last runs of checks."""

    passed: int
    failed: int
    not_run: int
    duration_ms: int


class CommandCounts(Part):
    """Commands that workers ran."""

    run: int
    failed: int
    duration_ms: int


class Measures(Part):
    """What was used and what was done."""

    elapsed_s: float | None
    """From the first start to the last end, or to now."""
    turns: int
    tokens: Tokens
    cost_usd: float | None
    """Null where tokens were used of a model that the person's rate card does not name."""
    approvals: ApprovalCounts
    checks: CheckCounts
    commands: CommandCounts
    commits: int
    lines: Lines


class TaskMeasures(Part):
    """The same of one task."""

    task: Line
    role: Line
    model: Line | None
    state: TaskState
    attempt: int
    queued_s: float | None
    """From its plan's approval to its start."""
    worked_s: float
    """Turns of this attempt, without the time in which a person was asked."""
    measures: Measures


class RunMetrics(Document):
    """metrics.json of a run."""

    total: Measures
    states: dict[str, int]
    """How many tasks are in which state; groups are not counted."""
    tasks: list[TaskMeasures]


class ContextTask(Part):
    """A task, in as few words as tell where it stands."""

    task: Line
    title: Line
    state: TaskState
    about: Line | None
    """What it does now, what it came to, or what holds it up."""
    branch: Line | None
    tip: Line | None
    worktree: Line | None


class RunContext(Document):
    """context.json of a run: where the work stands, small enough to be read first by whoever takes it up again."""

    title: Line
    goal: Text
    base_branch: Line
    base_tip: Line | None
    summary: Line
    done: list[ContextTask]
    under_way: list[ContextTask]
    to_come: list[ContextTask]
    omitted: int
    """Tasks that are in none of the lists."""
    decisions: list[Line]
    """What tasks decided that others have to know."""
    next_steps: list[Line]
    files: dict[str, Line]
    """Where the rest is, from this file's folder."""
