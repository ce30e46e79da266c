"""What a name stands for that a plan, a run or a person gives: a check, a pipeline, or a command as it stands."""

from codex_orch_tui.config import Config
from codex_orch_tui.config.pipeline_settings import pipelines_of
from codex_orch_tui.domain.check import CheckLineError, words_of
from codex_orch_tui.domain.pipeline import PipelineError, Pipelines, steps, told
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.check_result import Check
from codex_orch_tui.services.trust import RepositoryChecks


def find_check(name: str, config: Config, brought: RepositoryChecks) -> Check:
    """The check of this name: of the person's settings, of the repository's, or the name read as a command.

    Args:
        name: as it is named.
        config: the person's settings.
        brought: what counts of the repository's.
    """
    if name in config.checks:
        return _read(name, config.checks[name])
    if name in config.pipelines:
        return read_pipeline(name, pipelines_of(config.pipelines))
    if name in brought.checks:
        return _read(name, brought.checks[name], brought.allowed_programs)
    if name in brought.pipelines:
        return read_pipeline(name, brought.pipelines, allowed=brought.allowed_programs)
    if name in brought.held:
        return Check(name=name, command="", why_not=brought.why_not)
    return _read(name, name, brought.allowed_programs)


def read_pipeline(name: str, pipelines: Pipelines, target: str = "", *, allowed: tuple[str, ...] = ()) -> Check:
    """A pipeline as a check.

    Args:
        name: the pipeline.
        pipelines: all that it may name.
        target: the path of the last stage that is to run; all of them when it is empty.
        allowed: see `Check`.
    """
    try:
        found = steps(pipelines, name, target)
    except PipelineError as error:
        return Check(name=name, command="", why_not=clean_line(str(error)))
    return Check(name=name, command=clean_line(told(found)), steps=found, allowed=allowed)


def _read(name: str, line: str, allowed: tuple[str, ...] = ()) -> Check:
    shown = clean_line(line)
    try:
        return Check(name=name, command=shown, words=words_of(line), allowed=allowed)
    except CheckLineError as error:
        return Check(name=name, command=shown, why_not=str(error))
