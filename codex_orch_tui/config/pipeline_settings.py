"""The table `pipelines` of the settings: stages by name, in the order in which they stand there."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from codex_orch_tui.config.numbers import no_truth
from codex_orch_tui.domain.check import CHECK_NAME, words_of
from codex_orch_tui.domain.pipeline import PipelineError, Pipelines, Stage, steps
from codex_orch_tui.domain.secrets import redact

_MAX_VALUE_CHARS = 4_096
_OURS = re.compile(
    r"(?:PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TMP|TEMP|ENV|BASH_ENV|XDG_RUNTIME_DIR|NODE_OPTIONS|NODE_PATH"
    r"|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|(?:LD|DYLD|CODEX|GIT)_.*)"
)
"""Variables that decide which program runs, or what its sandbox is: Codex, which makes the sandbox, reads them too."""


def _line(line: str) -> str:
    words_of(line)
    return line


def _variable(name: str) -> str:
    if _OURS.fullmatch(name):
        raise ValueError("cannot be set: it decides which program runs, or how it is kept in its sandbox")
    return name


def _harmless(value: str) -> str:
    if "\0" in value:
        raise ValueError("holds a NUL")
    if redact(value) != value:
        raise ValueError("looks like a secret, which does not belong in a file; name its variable in pass_environment")
    return value


def _as_table(stage: object) -> object:
    """A stage that is only a command may stand there as such."""
    return {"run": stage} if isinstance(stage, str) else stage


def _some(stages: object) -> object:
    if not stages:
        raise ValueError("holds no stage; a stage is a name with a command, `tests: pytest -q`")
    return stages


_Name = Annotated[str, StringConstraints(pattern=f"^{CHECK_NAME}$")]
_VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
_Value = Annotated[str, StringConstraints(max_length=_MAX_VALUE_CHARS), AfterValidator(_harmless)]


class StageSettings(BaseModel):
    """A stage: its command, or a table."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    run: Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_line)] | None = None
    """One command without a shell, as for a check. Either this or `pipeline`."""

    pipeline: _Name | None = None
    """The name of another pipeline, all of whose stages run here."""

    time_limit_s: Annotated[float, BeforeValidator(no_truth), Field(gt=0, le=86_400, allow_inf_nan=False)] | None = None
    """Seconds until it is ended and has failed, for a pipeline all of it together; otherwise `check_time_limit_s`."""

    environment: dict[Annotated[_VariableName, AfterValidator(_variable)], _Value] = Field(default_factory=dict)
    """Environment variables with their values. A value that looks like a secret is refused."""

    pass_environment: tuple[_VariableName, ...] = ()
    """Names of variables that are passed on; what a worker wrote is able to read them."""

    @model_validator(mode="after")
    def _either(self) -> "StageSettings":
        if (self.run is None) == (self.pipeline is None):
            raise ValueError("should hold either run, a command, or pipeline, the name of another one")
        return self

    def stage(self, name: str) -> Stage:
        """The same for the domain."""
        return Stage(
            name=name,
            line=self.run or "",
            pipeline=self.pipeline or "",
            time_limit_s=self.time_limit_s,
            values=tuple(self.environment.items()),
            passed=self.pass_environment,
        )


_Stages = Annotated[dict[_Name, Annotated[StageSettings, BeforeValidator(_as_table)]], BeforeValidator(_some)]
PipelineTable = dict[_Name, _Stages]


def pipelines_of(table: Mapping[str, Mapping[str, StageSettings]]) -> Pipelines:
    """The same for the domain."""
    return {name: tuple(stage.stage(key) for key, stage in stages.items()) for name, stages in table.items()}


def read_pipelines(table: object) -> Pipelines | None:
    """A table as it stands in a file; None when there is a mistake in it."""
    try:
        found = pipelines_of(TypeAdapter(PipelineTable).validate_python(table))
    except ValidationError:
        return None
    return found if not any(pipeline_problems(found, ())) else None


def pipeline_problems(pipelines: Pipelines, checks: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with pipelines that are well formed: the keys that lead to each mistake, and the mistake.

    Args:
        pipelines: those of one place.
        checks: the names of the checks there.
    """
    seen: set[tuple[str, ...]] = set()
    for name in pipelines:
        if name in checks:
            yield ("pipelines", name), f"{name!r} is the name of a check too; what a task names has to be clear"
        try:
            steps(pipelines, name)
        except PipelineError as error:
            keys = ("pipelines", *error.keys)
            if keys not in seen:
                seen.add(keys)
                yield keys, str(error)
