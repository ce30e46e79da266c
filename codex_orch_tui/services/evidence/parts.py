"""What the documents of the evidence are made of.

Every text goes through the sanitiser where a part is made, so no document can hold a secret or a control character.
Each docstring below a field is its description in the schema. Times are seconds since the epoch.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from codex_orch_tui.domain.allowance import AllowanceKind
from codex_orch_tui.domain.approval import ApprovalKind, Choice, Decider, Outcome, Risk
from codex_orch_tui.domain.check import CheckOutcome
from codex_orch_tui.domain.guardrail import GuardrailOutcome, Severity
from codex_orch_tui.domain.item import FaultKind, ItemStatus, TurnStatus
from codex_orch_tui.domain.review import ChangeStatus
from codex_orch_tui.domain.secrets import redact_values
from codex_orch_tui.domain.terminal_text import clean_line, clean_text


def _clean_values(value: Any) -> Any:
    """A JSON value with every text clean."""
    match value:
        case str():
            return clean_text(value)
        case dict():
            return {clean_line(str(key)): _clean_values(each) for key, each in value.items()}
        case list():
            return [_clean_values(each) for each in value]
        case _:
            return value


Line = Annotated[str, AfterValidator(clean_line)]
Text = Annotated[str, AfterValidator(clean_text)]
CleanJson = Annotated[Any, AfterValidator(lambda value: _clean_values(redact_values(value)))]


class Part(BaseModel):
    """A piece of a document. Fields may be added; none gets another meaning without a new schema_version."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, defer_build=True)


class FaultPart(Part):
    """What keeps a task from going on."""

    kind: FaultKind
    message: Line
    next_step: Line | None


class Tokens(Part):
    """Tokens of all threads of a task, or of all tasks of a run."""

    input: int
    cached: int
    """The part of the input that was read from the cache."""
    output: int
    reasoning: int
    """The part of the output that was reasoning."""
    total: int


class Lines(Part):
    """The size of a difference."""

    files: int
    insertions: int
    deletions: int


class FileStat(Part):
    """One file of a difference."""

    path: Line
    status: ChangeStatus
    old_path: Line | None
    """Where a renamed or copied file came from."""
    insertions: int | None
    """Null where lines were not counted: binaries, very large files."""
    deletions: int | None
    binary: bool
    watched: Line | None
    """Why this file deserves a second look."""


class CommitPart(Part):
    """A commit of a task's branch."""

    id: Line
    subject: Line
    files: int
    insertions: int
    deletions: int


class StagePart(Part):
    """A stage of a check that is a pipeline."""

    name: Line
    """Its path in the pipeline: `tests`, or `full/tests` in a nested one."""
    command: Line
    outcome: CheckOutcome | None
    """Null while it runs."""
    exit_code: int | None
    duration_ms: int | None
    started_at_s: float
    output_tail: Text | None
    """The end of its output; null when it passed."""
    reason: Line | None


class CheckPart(Part):
    """The last run of a check. It says something about exactly the commit that it names."""

    task: Line | None
    """Null for a check of the whole run."""
    name: Line
    command: Line
    commit: Line | None
    outcome: CheckOutcome | None
    """Null while it runs."""
    exit_code: int | None
    duration_ms: int | None
    started_at_s: float
    reason: Line | None
    """Why it was not run."""
    stages: list[StagePart] = Field(default_factory=list)
    """Of a pipeline those that have begun, in their order; empty for a check that is one command."""


class ApprovalPart(Part):
    """A question of a worker, and what became of it. What was shown word for word is in approvals.jsonl."""

    id: Line
    task: Line
    kind: ApprovalKind
    subject: Line
    """What was asked for, in a line."""
    reason: Line | None
    risk: Risk
    asked_at_s: float
    outcome: Outcome
    choice: Choice | None
    by: Decider | None
    """Who decided; null where nobody did."""
    rule: Line | None
    message: Text | None
    """What the worker was told beside the decision."""
    cause: Line | None
    waited_ms: int | None
    """From the question to the decision."""


class CommandPart(Part):
    """A command that a worker ran, or that we ran for the task (a check)."""

    task: Line
    by: Literal["worker", "us"]
    command: Line
    at_s: float
    duration_ms: int | None
    exit_code: int | None
    status: ItemStatus | None
    """Of a worker's command."""
    allowed_by: AllowanceKind | None
    """Who or what let a worker's command run; null for ours."""
    allowed_text: Line | None
    outcome: Line | None
    """Of a command of ours: ended, timed_out, refused, skipped, cut_off, not_started."""
    commit: Line | None
    """What a command of ours looked at."""


class TurnPart(Part):
    """One turn of a task's thread."""

    number: int
    id: Line
    earlier_attempt: bool
    """The task was begun again from nothing after it."""
    status: TurnStatus
    started_at_s: float
    ended_at_s: float | None
    commands: int
    edits: int


class GuardrailPart(Part):
    """How a guardrail came out, the last time, on exactly what is between two commits."""

    name: Line
    task: Line
    condition: Line
    """What has to hold, in a few words."""
    severity: Severity
    outcome: GuardrailOutcome
    detail: Line | None
    paths: list[Line]
    """What it is about, the first of it."""
    base: Line
    commit: Line
    at_s: float


class Receipt(Part):
    """A check that passed on exactly the commit `new`."""

    check: Line
    command: Line
    duration_ms: int | None


class EarlierReceipt(Receipt):
    """A check that passed on what was the task's tip, before its commits were put on the base branch's."""

    commit: Line


class MergePart(Part):
    """A fast-forward of the base branch, or what one task had in that of the whole run."""

    task: Line | None
    """Null for the landing of the whole run."""
    with_run: bool = False
    """The base branch did not move for this task alone: the entry whose `tasks` name it has the move."""
    tasks: list[Line] = Field(default_factory=list)
    """Of the landing of the whole run: what it brought, in that order."""
    base_branch: Line
    old: Line | None
    """Where the base branch was; null for a task that came with the whole run."""
    new: Line
    """Where it is then; of a task that came with the whole run the commit with it and all before it."""
    at_s: float | None
    reviewed_tip: Line | None
    """The commit that a person looked at; null where they let it be merged without a look."""
    receipts: list[Receipt]
    earlier_receipts: list[EarlierReceipt] = Field(default_factory=list)


class LandingPart(Part):
    """The last landing of the run as a whole."""

    base_branch: Line
    old: Line
    new: Line
    tasks: list[Line]
    began_at_s: float
    ended_at_s: float | None
    outcome: Line | None
    """Null while it is under way."""
    reason: Line | None
    culprit: Line | None
    paths: list[Line]


class PatchPart(Part):
    """The file patch.diff: what the task's commits change, without secrets."""

    file: Line | None
    """Null where there is none."""
    size_bytes: int
    cut: bool
    """Only the first files are in it."""
    redacted: bool
    """A secret was taken out: it cannot be applied."""
    note: Line | None


class Heartbeat(Part):
    """When these files were written, and by whom; at most once in 30 s while something happens."""

    at_s: float
    pid: int | None
    """The program that has the repository open; null when it was closed in good order."""
    at_work: list[Line]
    """The tasks with a worker."""
    questions: int


class Versions(Part):
    """What was used."""

    program: Line
    codex: list[Line]
    """Every version of Codex that worked for the run's tasks last."""
    git: Line | None
    python: Line
