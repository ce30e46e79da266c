"""Pipelines: named lists of stages, each a command or another pipeline, and the one order in which they run."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from codex_orch_tui.domain.values import dataclass

MAX_STEPS = 200
"""Commands that one pipeline may come to when all that it names is written out."""
MAX_DEPTH = 16
"""Pipelines in pipelines."""
_MAX_LISTED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage as it is written: `line` is a command, otherwise `pipeline` names another pipeline."""

    name: str
    line: str = ""
    pipeline: str = ""
    time_limit_s: float | None = None
    """Of the command, or of all that the other pipeline runs, together."""
    values: tuple[tuple[str, str], ...] = ()
    """Environment variables that are set, name and value."""
    passed: tuple[str, ...] = ()
    """Names of variables that are passed on from our own environment."""


Pipelines = Mapping[str, tuple[Stage, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command of a pipeline that is written out. `path` leads to it: `tests`, or `full/tests` in a nested one."""

    path: str
    line: str
    time_limit_s: float | None = None
    """Of this command alone; None: the one that holds for every check."""
    within: tuple[tuple[str, float], ...] = ()
    """The stages around it that have a time limit of their own, by their paths, outermost first; seconds."""
    values: tuple[tuple[str, str], ...] = ()
    passed: tuple[str, ...] = ()


class PipelineError(ValueError):
    """A pipeline that cannot be run; the text says why, for the person.

    Attributes:
        keys: the way to the mistake: the pipeline, and the stage in it where it is about one.
    """

    def __init__(self, message: str, *keys: str) -> None:
        super().__init__(message)
        self.keys = keys


def steps(pipelines: Pipelines, name: str, target: str = "") -> tuple[Step, ...]:
    """The commands of a pipeline in their order.

    Args:
        pipelines: all that can be named.
        name: the pipeline.
        target: the path of the last stage that is to run; all of them when it is empty.

    Raises:
        PipelineError: there is no such pipeline or stage, it leads back to itself, or it comes to too much.
    """
    if name not in pipelines:
        raise PipelineError(f"there is no pipeline {name}{_meant(name, pipelines)}", name)
    found: list[Step] = []
    for step in _written_out(pipelines, name, (name,), Step(path="", line="")):
        found.append(step)
        if len(found) > MAX_STEPS:
            raise PipelineError(f"comes to more than {MAX_STEPS} commands", name)
    return _up_to(tuple(found), name, target) if target else tuple(found)


def told(found: tuple[Step, ...]) -> str:
    """A pipeline in a line: each command with its stage."""
    return " → ".join(f"{step.path}: {step.line}" for step in found)


def _written_out(pipelines: Pipelines, name: str, way: tuple[str, ...], around: Step) -> Iterator[Step]:
    """`way` are the pipelines from the outermost to this one; `around` holds what the stages outside give to it."""
    for stage in pipelines[name]:
        path = f"{around.path}/{stage.name}" if around.path else stage.name
        is_nested = bool(stage.pipeline)
        limit = ((path, stage.time_limit_s),) if is_nested and stage.time_limit_s is not None else ()
        step = Step(
            path=path,
            line=stage.line,
            time_limit_s=None if is_nested else stage.time_limit_s,
            within=(*around.within, *limit),
            values=tuple({**dict(around.values), **dict(stage.values)}.items()),
            passed=tuple(dict.fromkeys((*around.passed, *stage.passed))),
        )
        if not is_nested:
            yield step
            continue
        if stage.pipeline not in pipelines:
            message = f"there is no pipeline {stage.pipeline}{_meant(stage.pipeline, pipelines)}"
            raise PipelineError(message, name, stage.name)
        if stage.pipeline in way:
            circle = " → ".join((*way[way.index(stage.pipeline) :], stage.pipeline))
            raise PipelineError(f"leads back to itself: {circle}", name, stage.name)
        if len(way) >= MAX_DEPTH:
            raise PipelineError(f"holds pipelines in pipelines deeper than {MAX_DEPTH}", name, stage.name)
        yield from _written_out(pipelines, stage.pipeline, (*way, stage.pipeline), step)


def _up_to(found: tuple[Step, ...], name: str, target: str) -> tuple[Step, ...]:
    last = max((at for at, step in enumerate(found) if _is_at(step.path, target)), default=None)
    if last is None:
        paths = dict.fromkeys(path for step in found for path in _paths(step.path))
        raise PipelineError(f"{name} has no stage {target}{_meant(target, paths)}", name)
    return found[: last + 1]


def _is_at(path: str, target: str) -> bool:
    return path == target or path.startswith(f"{target}/")


def _paths(path: str) -> Iterator[str]:
    """The stage itself and those around it."""
    parts = path.split("/")
    return ("/".join(parts[: count + 1]) for count in range(len(parts)))


def _meant(name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    listed = sorted(known)
    if not listed:
        return "; there are none"
    more = f" and {len(listed) - _MAX_LISTED} more" if len(listed) > _MAX_LISTED else ""
    return f"; there are: {', '.join(listed[:_MAX_LISTED])}{more}"
