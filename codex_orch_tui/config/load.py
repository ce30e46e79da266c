"""Where settings come from. Later ones win: the repository's file, the user's file, environment, command line."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from codex_orch_tui.config.guardrail_settings import GuardrailSettings
from codex_orch_tui.config.pipeline_settings import StageSettings, pipeline_problems, pipelines_of
from codex_orch_tui.config.problems import ConfigError, Problem, unknown
from codex_orch_tui.config.rates import RateSettings
from codex_orch_tui.config.role_sources import merged_roles, not_looser, role_keys, unknown_role, weakened
from codex_orch_tui.config.settings import (
    LINE_LIST_FIELDS,
    LIST_FIELDS,
    NEED_TRUST,
    NOT_AS_PROJECT_DEFAULT,
    NOT_IN_PROJECT,
    Config,
)
from codex_orch_tui.config.yaml_file import read_yaml
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.paths import is_shared_temporary

PREFIX = "CODEX_ORCH_"
BASE_VARIABLE = "ORCHESTRATOR_BASE_DIR"
"""Means `worktree_base`; `CODEX_ORCH_WORKTREE_BASE` wins."""

_KNOWN = tuple(Config.model_fields)
_MAX_SHOWN_CHARS = 60
_NOT_FROM_A_CLONE = "can only be set in your own config.yaml: a repository's file comes with a clone"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """The settings, where each that is not a default was set, and what is odd but harmless.

    Commands of the repository's file are not in `config`: services/trust.py reads them when they are to be run, and
    asks the person first. `held` says where they stand, unless a later place sets another one.
    """

    config: Config
    origins: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    held: Mapping[str, str] = field(default_factory=dict)
    role_origins: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Where each key of each role was set: places are joined key by key there."""
    places: "SettingsPlaces | None" = None
    """Where they were read, when they can be read there again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPlaces:
    """Where the settings of one program come from, to be read again when the files change; see `load_config`."""

    project_file: Path | None = None
    user_file: Path | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    overrides: Mapping[str, object] = field(default_factory=dict)

    def load(self) -> LoadedConfig:
        """Read them all.

        Raises:
            ConfigError: All that is wrong, in all places.
        """
        loaded = load_config(
            project_file=self.project_file,
            user_file=self.user_file,
            environ=self.environ,
            overrides=self.overrides,
        )
        return replace(loaded, places=self)

    @property
    def files(self) -> tuple[Path, ...]:
        """The two files, as far as they are known; they may be missing."""
        return tuple(path for path in (self.project_file, self.user_file) if path is not None)


@dataclass(slots=True)
class _Source:
    """One place that settings come from: its values and, for each key, the words for where it is."""

    values: dict[str, object] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    deep_places: dict[tuple[str | int, ...], str] = field(default_factory=dict)

    def place(self, keys: tuple[str | int, ...]) -> str:
        """The nearest place that is known of something below a setting."""
        for length in range(len(keys), 1, -1):
            if (found := self.deep_places.get(keys[:length])) is not None:
                return found
        return self.places.get(str(keys[0]), "")


def load_config(
    *,
    project_file: Path | None = None,
    user_file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    overrides: Mapping[str, object] | None = None,
) -> LoadedConfig:
    """Read all places and check each by itself, so that a mistake is told even where a later place overrules it.

    Args:
        project_file: `.orchestrator/orchestrator.yaml`; it may be missing.
        user_file: `paths.user_config_file()`; it may be missing.
        environ: `CODEX_ORCH_<SETTING>` and `ORCHESTRATOR_BASE_DIR`; an empty one counts as unset.
        overrides: The options of the command line by setting; None counts as not given.

    Raises:
        ConfigError: All that is wrong, in all places.
    """
    problems: list[Problem] = []
    warnings: list[str] = []
    sources = [
        _from_file(project_file, problems, is_project=True),
        _from_file(user_file, problems, is_project=False),
        _from_environment(environ, warnings),
        _from_command_line(overrides or {}),
    ]
    own = {key: value for source in sources[1:] for key, value in source.values.items()}
    if "roles" in sources[0].values:
        brought = _places_in_roles(sources[0])
        sources[0].values["roles"] = not_looser(sources[0].values["roles"], own)
        for name, key in sorted(brought.keys() - _places_in_roles(sources[0]).keys()):
            told = f"roles.{name}.{key} is looser than your own {key} and does not count"
            warnings.append(clean_line(f"{brought[name, key]}: {told}"))
    merged: dict[str, object] = {}
    origins: dict[str, str] = {}
    held: dict[str, str] = {}
    role_origins: dict[tuple[str, str], str] = {}
    for source in sources:
        problems += _mistakes(source, environ)
        if source is sources[0]:
            held = _take_out(source, NEED_TRUST)
        roles = merged_roles(merged.get("roles"), source.values["roles"]) if "roles" in source.values else None
        guardrails = _joined(merged.get("guardrails"), source.values.get("guardrails"))
        merged |= source.values | ({"roles": roles} if roles is not None else {})
        merged |= {"guardrails": guardrails} if guardrails is not None else {}
        origins |= source.places
        role_origins |= _places_in_roles(source)
    wrong = unknown_role(merged.get("role"), merged.get("roles"))
    if wrong and not any(problem.key == "role" for problem in problems):
        problems.append(Problem(place=origins["role"], key="role", message=f"{_shown(merged['role'])} {wrong}"))
    if problems:
        raise ConfigError(problems)
    # Building the validator takes about 15 ms, which a start with nothing set does not pay.
    config = Config.model_validate(merged) if merged else Config.model_construct()
    held = {key: place for key, place in held.items() if key not in origins}
    return LoadedConfig(config=config, origins=origins, warnings=tuple(warnings), held=held, role_origins=role_origins)


def _from_file(path: Path | None, problems: list[Problem], *, is_project: bool) -> _Source:
    """The settings of a file that exist and that it may set; the rest goes to the problems."""
    source = _Source()
    if path is None:
        return source
    file = read_yaml(path)
    problems += file.problems
    for key, value in file.values.items():
        place = f"{path}:{file.lines[key]}"
        if key not in _KNOWN:
            problems.append(Problem(place=place, key=key, message=unknown(key, _KNOWN)))
        elif is_project and (key in NOT_IN_PROJECT or NOT_AS_PROJECT_DEFAULT.get(key) == value):
            what = f"{_shown(value)} " if key in NOT_AS_PROJECT_DEFAULT else ""
            message = f"{what}{_NOT_FROM_A_CLONE}"
            problems.append(Problem(place=place, key=key, message=message))
        else:
            source.values[key] = value
            source.places[key] = place
    source.deep_places = {keys: f"{path}:{line}" for keys, line in file.deep_lines.items()}
    if is_project:
        for name, key, value in weakened(source.values.get("roles"), NOT_AS_PROJECT_DEFAULT):
            message = f"{_shown(value)} {_NOT_FROM_A_CLONE}"
            problems.append(
                Problem(place=source.place(("roles", name, key)), key=f"roles.{name}.{key}", message=message)
            )
    return source


def _joined(earlier: object, later: object) -> object:
    """Two tables of guardrails as one: of each name the later one. What is no table is left as it is."""
    return {**earlier, **later} if isinstance(earlier, Mapping) and isinstance(later, Mapping) else later or earlier


def _places_in_roles(source: _Source) -> dict[tuple[str, str], str]:
    roles = source.values.get("roles")
    tables = roles.items() if isinstance(roles, Mapping) else ()
    return {
        (str(name), str(key)): source.place(("roles", name, key))
        for name, settings in tables
        if isinstance(settings, Mapping)
        for key in settings
    }


def _take_out(source: _Source, keys: Iterable[str]) -> dict[str, str]:
    """Remove these settings; returns where they stood."""
    taken = {key: source.places.pop(key) for key in keys if key in source.places}
    for key in taken:
        del source.values[key]
    return taken


def _from_environment(environ: Mapping[str, str], warnings: list[str]) -> _Source:
    source = _Source()
    if base := environ.get(BASE_VARIABLE):
        source.values["worktree_base"] = base
        source.places["worktree_base"] = BASE_VARIABLE
    for variable, text in sorted(environ.items()):
        if not variable.startswith(PREFIX) or not text:
            continue
        key = variable.removeprefix(PREFIX).lower()
        if key not in _KNOWN:
            warnings.append(clean_line(f"{variable}: {unknown(key, _KNOWN)}"))
            continue
        source.values[key] = _from_text(key, text)
        source.places[key] = variable
    return source


def _from_text(key: str, text: str) -> object:
    """The value of a variable."""
    if key in LINE_LIST_FIELDS:
        return [line.strip() for line in text.split(",") if line.strip()]
    return text.replace(",", " ").split() if key in LIST_FIELDS else text


def _from_command_line(overrides: Mapping[str, object]) -> _Source:
    given = {key: value for key, value in overrides.items() if value is not None}
    return _Source(given, {key: f"--{key.replace('_', '-')}" for key in given})


def _mistakes(source: _Source, environ: Mapping[str, str]) -> list[Problem]:
    """What is wrong with the values of one source."""
    if not source.values:
        return []
    try:
        checked = Config.model_validate(source.values)
    except ValidationError as error:
        problems: dict[str, Problem] = {}
        for detail in error.errors(include_url=False, include_context=False):
            keys = _keys(detail["loc"], source)
            key = ".".join(each for each in keys if isinstance(each, str))
            if detail["type"] == "extra_forbidden":
                message = unknown(str(keys[-1]), _keys_beside(keys))
            else:
                message = f"{_shown(detail['input'])} {_words(detail['msg'])}"
            problems.setdefault(key, Problem(place=source.place(keys), key=key, message=message))
        return list(problems.values())
    if checked.pipelines:
        wrong = pipeline_problems(pipelines_of(checked.pipelines), tuple(checked.checks))
        found = [
            Problem(place=source.place(keys), key=".".join(keys), message=clean_line(message))
            for keys, message in wrong
        ]
        if found:
            return found
    base = checked.worktree_base
    if base is not None and is_shared_temporary(base, environ):
        message = (
            f"{_shown(str(base))} lies where every worker's sandbox may write; take a folder outside /tmp and TMPDIR"
        )
        return [Problem(place=source.places["worktree_base"], key="worktree_base", message=message)]
    return []


def _keys_beside(keys: tuple[str | int, ...]) -> Iterable[str]:
    """What can stand in the table that `keys` lead into."""
    match keys[0]:
        case "rate_card":
            return RateSettings.model_fields
        case "pipelines":
            return StageSettings.model_fields
        case "guardrails":
            return GuardrailSettings.model_fields
        case _:
            return role_keys(keys)


def _keys(found: tuple[str | int, ...], source: _Source) -> tuple[str | int, ...]:
    """The way to a mistake as the file has it: pydantic adds which of several types it tried."""
    keys = tuple(found)
    while len(keys) > 1 and keys not in source.deep_places:
        keys = keys[:-1]
    return keys


def _shown(value: object) -> str:
    """A value as it stands in the message: short, whatever it is."""
    shown = clean_line(str(value) if isinstance(value, str | int | float) else type(value).__name__)
    return repr(shown if len(shown) <= _MAX_SHOWN_CHARS else shown[: _MAX_SHOWN_CHARS - 1] + "…")


def _words(message: str) -> str:
    """Pydantic's words without its openings, which a sentence with a value in front does not need."""
    return message.removeprefix("Value error, ").replace("Input should", "should").replace("String should", "should")
