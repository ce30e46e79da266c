"""What comes with a repository and would act for the person: it counts only after they accepted exactly that content.

A clone may bring rules that answer questions, and commands that run outside of any sandbox. Each such file is hashed
as a whole; the person's yes counts for that hash. Any change of the file asks again. What a command of it starts (a
script of the repository) is not hashed: the item says so.
"""

import os
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from codex_orch_tui.config.pipeline_settings import read_pipelines
from codex_orch_tui.config.settings import NEED_TRUST
from codex_orch_tui.config.yaml_file import parse_yaml, read_bounded
from codex_orch_tui.domain.check import is_check_line, is_check_name
from codex_orch_tui.domain.pipeline import Pipelines, Stage
from codex_orch_tui.domain.terminal_text import clean_line, clean_text
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.trust_store import TrustStore
from codex_orch_tui.store.errors import StoreError

_NOT_TRUSTED = "that file is not trusted as it is now → look at it and accept it with: codex-orch-tui trust"
CHANGED = "it has changed while you looked; nothing was trusted, look again"


_OF_RUNS = "run_checks"
_PIPELINES = "pipelines"


class TrustKind(StrEnum):
    """What a file of the repository would do."""

    RULES = "rules"
    COMMANDS = "commands"


_MEANS = {
    TrustKind.RULES: "these rules would answer questions of your workers without asking you",
    TrustKind.COMMANDS: "these commands would run as you, outside of any sandbox, with whatever scripts they start",
}
_MEANS_CHECKS = (
    "these checks would run after your workers' turns and before a run lands, in worktrees and in the sandbox of checks"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustItem:
    """A file of the repository that counts only when it is trusted; all text is clean.

    `what` is what would count, line by line: the whole file for rules, the settings that run a command otherwise.
    `sha256` is of the whole file, in hex. `problems`: why it says nothing as it is; it is to be mended first.
    """

    path: Path
    kind: TrustKind
    means: str
    """One sentence: what a yes allows."""
    what: tuple[str, ...]
    sha256: str
    is_trusted: bool = False
    changed_since_trusted: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryCommand:
    """A command that the repository's settings name. `text` is empty unless it is to be run.

    `why_not` says why a command that is there does not count, with what to do.
    """

    text: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryChecks:
    """The checks that the repository's settings name, as far as they count; with the programs that these may be.

    `pipelines` are those that may be named as checks. `held` are the names that are there and do not count; `why_not`
    says why, with what to do. `of_runs` is what it wants of every run that lands, also where that does not count: it is
    never left out in silence.
    """

    checks: Mapping[str, str] = field(default_factory=dict)
    pipelines: Pipelines = field(default_factory=dict)
    wanted: Pipelines = field(default_factory=dict)
    """Those that are there and do not count."""
    allowed_programs: tuple[str, ...] = ()
    held: frozenset[str] = frozenset()
    of_runs: tuple[str, ...] = ()
    why_not: str = ""


class Trust:
    """What of one repository counts. Reads files on every call, so that what counts is what is there now.

    Args:
        repository: Its main worktree, resolved.
        rules: Its file of rules.
        settings: Its file of settings.
        store: What the person accepted.
    """

    def __init__(self, repository: Path, *, rules: Path, settings: Path, store: TrustStore) -> None:
        self.repository = repository
        self._files = {TrustKind.RULES: rules, TrustKind.COMMANDS: settings}
        self.store = store

    def file(self, kind: TrustKind) -> Path:
        """The file that this kind of things stands in."""
        return self._files[kind]

    def items(self) -> tuple[TrustItem, ...]:
        """Every file that is there and would count, trusted or not."""
        return tuple(item for kind in TrustKind if (item := self._item(kind)) is not None)

    def wanted(self) -> tuple[TrustItem, ...]:
        """Those that do not count yet."""
        return tuple(item for item in self.items() if not item.is_trusted)

    def counts(self, kind: TrustKind, content_sha256: str) -> bool:
        """Whether exactly this content was accepted."""
        return self.store.sha256(self.repository, self._files[kind]) == content_sha256

    def accept(self, item: TrustItem) -> None:
        """Let exactly this content count.

        Raises:
            NotPossibleError: The file is another one by now, or the yes could not be kept.
        """
        now = self._item(item.kind)
        if now is None or now.path != item.path or now.sha256 != item.sha256:
            raise NotPossibleError(f"{clean_line(str(item.path))}: {CHANGED}")
        self.accept_content(item.kind, item.sha256)

    def accept_content(self, kind: TrustKind, content_sha256: str) -> None:
        """Let a content count that the person wrote through us.

        Raises:
            NotPossibleError: It could not be kept.
        """
        try:
            self.store.put(self.repository, self._files[kind], content_sha256)
        except StoreError as error:
            raise NotPossibleError(_sentence(error)) from error

    def revoke(self) -> int:
        """Trust nothing of this repository any more; returns how many files were trusted.

        Raises:
            NotPossibleError: It could not be kept.
        """
        try:
            return self.store.remove(self.repository)
        except StoreError as error:
            raise NotPossibleError(_sentence(error)) from error

    def command(self, name: str) -> RepositoryCommand:
        """The command that the repository's settings name, read and checked in one go: what was accepted is what runs.

        Args:
            name: One of `NEED_TRUST`.
        """
        place = self._files[TrustKind.COMMANDS]
        try:
            data = read_bounded(place) or b""
        except (OSError, ValueError) as error:
            return RepositoryCommand(why_not=clean_line(f"the {name} of the repository cannot be read: {error}"))
        command = _commands(place, data).get(name, "")
        if not command:
            return RepositoryCommand()
        if self.counts(TrustKind.COMMANDS, sha256(data).hexdigest()):
            return RepositoryCommand(text=command)
        return RepositoryCommand(why_not=clean_line(f"the {name} of {place} was not run: {_NOT_TRUSTED}"))

    def checks(self) -> RepositoryChecks:
        """The checks that the repository's settings name; see `command`."""
        place = self._files[TrustKind.COMMANDS]
        try:
            data = read_bounded(place) or b""
        except (OSError, ValueError) as error:
            return _unreadable(f"the checks of the repository cannot be read: {error}")
        values = _values(place, data)
        if not values and _OF_RUNS.encode() in data and parse_yaml(place, data).problems:
            return _unreadable(f"{place} holds a mistake → mend it; codex-orch-tui config show tells where")
        checks, of_runs, pipelines = _checks(values), _of_runs(values), _pipelines(values)
        if not checks and not of_runs and not pipelines and not _programs(values):
            return RepositoryChecks()
        if self.counts(TrustKind.COMMANDS, sha256(data).hexdigest()):
            return RepositoryChecks(
                checks=checks, pipelines=pipelines, allowed_programs=_programs(values), of_runs=of_runs
            )
        why_not = clean_line(f"what {place} says of checks does not count: {_NOT_TRUSTED}")
        held = frozenset((*checks, *pipelines))
        return RepositoryChecks(held=held, wanted=pipelines, of_runs=of_runs, why_not=why_not)

    def _item(self, kind: TrustKind) -> TrustItem | None:
        path = self._files[kind]
        try:
            data = read_bounded(path)
        except (OSError, ValueError):
            return None  # What cannot be read cannot count; whoever reads it for its content tells why.
        if data is None:
            return None
        what = _rules_lines(data) if kind is TrustKind.RULES else _command_lines(path, data)
        if not what:
            return None
        digest = sha256(data).hexdigest()
        known = self.store.sha256(self.repository, path)
        return TrustItem(
            path=path,
            kind=kind,
            means=_MEANS[kind] if kind is TrustKind.RULES or _commands(path, data) else _MEANS_CHECKS,
            what=what,
            sha256=digest,
            is_trusted=known == digest,
            changed_since_trusted=known is not None and known != digest,
        )


def trust_of(main_worktree: Path, rules: Path, settings: Path, environ: Mapping[str, str] = os.environ) -> Trust:
    """The trust of a repository, kept where the environment says."""
    return Trust(main_worktree, rules=rules, settings=settings, store=TrustStore(environ))


def _rules_lines(data: bytes) -> tuple[str, ...]:
    return tuple(clean_text(data).rstrip("\n").split("\n")) if data.strip() else ()


def _command_lines(path: Path, data: bytes) -> tuple[str, ...]:
    """Every setting that runs something; a command of several lines is shown whole, set in."""
    lines: list[str] = []
    for name, command in _commands(path, data).items():
        first, *rest = clean_text(command).split("\n")
        lines += [f"{name}: {first}", *(f"    {line}" for line in rest)]
    values = _values(path, data)
    lines += [f"checks.{name}: {clean_line(line)}" for name, line in _checks(values).items()]
    lines += [f"{_OF_RUNS}: {clean_line(line)}" for line in _of_runs(values)]
    for name, stages in _pipelines(values).items():
        lines += [clean_line(f"{_PIPELINES}.{name}.{stage.name}: {_stage_text(stage)}") for stage in stages]
    if programs := _programs(values):
        lines.append(f"allowed_programs: {clean_line(', '.join(programs))}")
    return tuple(lines)


def _commands(path: Path, data: bytes) -> dict[str, str]:
    """The commands of a file of settings that are lines for a shell; of a broken one none."""
    return {
        name: value.strip()
        for name, value in _values(path, data).items()
        if isinstance(value, str) and value.strip() and "\0" not in value
    }


def _values(path: Path, data: bytes) -> dict[str, object]:
    """What of a file of settings needs trust; of a broken one nothing."""
    if not any(name.encode() in data for name in NEED_TRUST):
        return {}  # No parser for a file that names none; a key that is written with escapes never counts.
    file = parse_yaml(path, data)
    return {} if file.problems else {name: file.values[name] for name in NEED_TRUST if name in file.values}


def _checks(values: Mapping[str, object]) -> dict[str, str]:
    """The checks by name; what the settings would refuse is left out here too."""
    table = values.get("checks")
    named = table.items() if isinstance(table, dict) else ()
    return {name: line.strip() for name, line in named if is_check_name(name) and is_check_line(line)}


def _of_runs(values: Mapping[str, object]) -> tuple[str, ...]:
    """The checks of every run. What the settings would refuse stays: whoever reads it says why it cannot be run."""
    named = values.get(_OF_RUNS)
    lines = named if isinstance(named, list) else () if named is None else (named,)
    return tuple(dict.fromkeys(line.strip() if isinstance(line, str) else str(line) for line in lines))


def _pipelines(values: Mapping[str, object]) -> Pipelines:
    """The pipelines by name; none where the settings would refuse one of them."""
    return (read_pipelines(values[_PIPELINES]) or {}) if values.get(_PIPELINES) else {}


def _stage_text(stage: Stage) -> str:
    """All that a stage does; the values of variables too, because they are part of what is accepted."""
    what = stage.line or f"the pipeline {stage.pipeline}"
    sets = f" · sets {', '.join(f'{name}={value}' for name, value in stage.values)}" if stage.values else ""
    passes = f" · is given your {', '.join(stage.passed)}" if stage.passed else ""
    return f"{what}{sets}{passes}"


def _unreadable(why: str) -> RepositoryChecks:
    """Nothing of it counts, and no run lands as if it wanted nothing."""
    return RepositoryChecks(of_runs=(_OF_RUNS,), why_not=clean_line(why))


def _programs(values: Mapping[str, object]) -> tuple[str, ...]:
    programs = values.get("allowed_programs")
    named = programs if isinstance(programs, list) else ()
    return tuple(name.strip() for name in named if isinstance(name, str) and name.strip())


def _sentence(error: StoreError) -> str:
    return clean_line(f"{error} → {error.next_step}" if error.next_step else str(error))
