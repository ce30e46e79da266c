"""The form of a plan: what a file may hold, and what a navigator's answer may hold. The JSON Schemas are made from it.

Each docstring below a field is its description in the schema.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from codex_orch_tui.domain.check import MAX_LINE_CHARS
from codex_orch_tui.domain.plan import ApprovalPolicy, Level, SandboxMode
from codex_orch_tui.plans.field_rules import ID_PATTERN, check_claim, check_command, check_plain
from codex_orch_tui.plans.plain_text import visible

GROUP_LEVELS = (Level.EPIC, Level.FEATURE, Level.TEST_GROUP)
MAX_PROMPT_CHARS = 100_000
MAX_SPEC_CHARS = 1_000 * 1_024

_GROUP_OR_WORK: dict[str, Any] = {
    "anyOf": [
        {"required": ["role", "prompt"], "properties": {"prompt": {"minLength": 1}}},
        {"required": ["level"], "properties": {"level": {"enum": [level.value for level in GROUP_LEVELS]}}},
    ]
}


def _text(value: object) -> object:
    """What YAML made no text of is not guessed at: `id: 1`, `title: on`."""
    if value is not None and not isinstance(value, str):
        raise ValueError("should be text; write it in quotes")
    return value


def _number(value: object) -> object:
    """Python takes true for the number 1, and pydantic "1" too."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError("should be a number")
    return value


def _line(max_chars: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=max_chars)


_IsText = BeforeValidator(_text)
_IsNumber = BeforeValidator(_number)
_IsPlain = AfterValidator(check_plain)
_Id = Annotated[str, StringConstraints(pattern=ID_PATTERN), _IsText]
_Ids = Annotated[tuple[_Id, ...], Field(max_length=10_000)]
_Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), _IsText]
_Prompt = Annotated[str, StringConstraints(max_length=MAX_PROMPT_CHARS), _IsText, AfterValidator(visible)]
_Spec = Annotated[str, StringConstraints(max_length=MAX_SPEC_CHARS), _IsText, AfterValidator(visible)]
_Claims = Annotated[tuple[Annotated[str, _line(500), _IsText, AfterValidator(check_claim)], ...], Field(max_length=500)]
_Checks = Annotated[
    tuple[Annotated[str, _line(MAX_LINE_CHARS), _IsText, AfterValidator(check_command)], ...], Field(max_length=50)
]
_Priority = Annotated[int, Field(ge=-1_000, le=1_000), _IsNumber]
_Name = Annotated[str, _line(100), _IsText, _IsPlain]


class LimitsEntry(BaseModel):
    """What a task may use before it is stopped. What is not said is its role's."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    turns: Annotated[int, Field(ge=1, le=1_000), _IsNumber] | None = None
    """Turns of its worker."""
    minutes: Annotated[float, Field(gt=0, le=10_080, allow_inf_nan=False), _IsNumber] | None = None
    """Minutes of turns, without the time that it waits for an answer."""
    tokens: Annotated[int, Field(ge=1, le=1_000_000_000_000), _IsNumber] | None = None
    """Tokens, in and out."""


class ProposedTask(BaseModel):
    """What a navigator may say of a task. What it must not choose, as a sandbox, is not here and is not read."""

    model_config = ConfigDict(extra="ignore", frozen=True, use_attribute_docstrings=True)

    id: _Id
    """Short and unique, as it names a branch and a folder: letters, digits, - and _."""
    title: _Title = ""
    """One line for lists; otherwise the beginning of the prompt."""
    level: Level = Level.CASE
    """How large a piece of work it is. An epic, a feature or a test group without a prompt only holds other tasks."""
    parent: _Id | None = None
    """The id of the larger task that it is a part of."""
    role: _Name | None = None
    """navigator, implementer, tester, reviewer, or a role of your own."""
    prompt: _Prompt = ""
    """What its worker has to do."""
    depends_on: _Ids = ()
    """Ids of tasks that have to be done before it begins; their results are there when it does."""
    paths: _Claims = ()
    """Globs of what it will change, from the top of the repository. Tasks whose paths meet do not run at once."""
    checks: _Checks = ()
    """Commands that have to pass after its turn, each one without a shell, or names of checks in the settings."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: object) -> object:
        """An empty value is none: programs that have to name every key write null or ""."""
        if not isinstance(given, Mapping):
            return given
        return {key: value for key, value in given.items() if value is not None and value != ""}

    @model_validator(mode="after")
    def _is_work_or_group(self) -> Self:
        if self.prompt and self.role is None:
            raise ValueError("role: is missing")
        if not self.prompt and self.level not in GROUP_LEVELS:
            raise ValueError("prompt: is missing; only an epic, a feature or a test_group can be without")
        return self


class TaskEntry(ProposedTask):
    """A task. With a prompt it needs a role; without one it is a group that holds other tasks."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_GROUP_OR_WORK)

    priority: _Priority = 0
    """Of tasks that could begin, the one with the higher number goes first."""
    limits: LimitsEntry = LimitsEntry()
    """What it may use before it is stopped."""
    model: _Name | None = None
    """Its model; otherwise its role's."""
    effort: _Name | None = None
    """How hard its model thinks, in the model's own words; otherwise its role's."""
    sandbox: SandboxMode | None = None
    """What its commands may touch; not more than its role's."""
    approval_policy: ApprovalPolicy | None = None
    """When it asks; not less than its role's."""


class PlanAnswer(BaseModel):
    """A navigator's answer."""

    model_config = ConfigDict(extra="ignore", frozen=True, use_attribute_docstrings=True)

    title: _Title = ""
    """What all the tasks together are for, in one line."""
    tasks: tuple[ProposedTask, ...]
    """The tasks, in the order in which a person would read them."""


class PlanFile(BaseModel):
    """A plan for codex-orch-tui, as JSON or YAML. The least is {"tasks": [{"id": …, "role": …, "prompt": …}]}."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, title="codex-orch-tui plan")

    version: Literal[1] = 1
    """The version of this form."""
    title: _Title = ""
    """What all the tasks together are for, in one line; otherwise the file's name."""
    spec: _Spec = ""
    """A specification that every worker of the run gets."""
    tasks: Annotated[tuple[TaskEntry, ...], Field(json_schema_extra={"minItems": 1})]
    """The tasks, in the order in which a person would read them."""
