"""The commented file of settings that `config default` prints: made from the docstrings, so that it cannot be stale."""

import textwrap
from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from codex_orch_tui.config.docstrings import docstrings
from codex_orch_tui.config.guardrail_settings import GuardrailSettings
from codex_orch_tui.config.pipeline_settings import StageSettings
from codex_orch_tui.config.rates import RateSettings
from codex_orch_tui.config.role_settings import LimitSettings, RoleSettings
from codex_orch_tui.config.sections import SECTIONS, When
from codex_orch_tui.config.settings import NEED_TRUST, NOT_AS_PROJECT_DEFAULT, NOT_IN_PROJECT, Config

_WIDTH = 118
_TIED = "\xa0"
"""A blank at which no line ends."""

_HEAD = """\
Settings of codex-orch-tui. Without this file everything is as it stands here; each setting is commented out.

Put it in .orchestrator/orchestrator.yaml of a repository, or in config.yaml in your own settings folder for all
repositories, and take the # away from what you want to set. Later places win: the repository's file, your own file,
variables (CODEX_ORCH_MAX_WORKERS=4), the command line. `codex-orch-tui config show` tells each value, where it comes
from, and where these files are. Lists in variables are separated by commas; tables are for files only.

The files are read again when they change, also while the program runs. In brackets: from when on a change counts.
A file with a mistake in it changes nothing, and the mistake is told."""

EXAMPLES: Mapping[str, str] = {
    "roles": """\
roles:
  reviewer:
    model: gpt-5.5
    effort: high
  docs:
    sandbox: workspace-write
    limits: {turns: 5, minutes: 30}""",
    "checks": """\
checks:
  tests: pytest -q
  types: mypy --strict src""",
    "run_checks": "run_checks: [tests, ruff check .]",
    "pipelines": """\
pipelines:
  quick:
    lint: ruff check .
    types: mypy --strict src
  full:
    quick: {pipeline: quick, time_limit_s: 120}
    tests: {run: pytest -q, environment: {LEVEL: "2"}}""",
    "guardrails": """\
guardrails:
  size: {max_lines: 2000, severity: warn}
  ci: {forbidden_paths: [.github/**]}
  secrets: {no_secrets: true}""",
    "keymap": """\
keymap:
  task.new_task: ctrl+n""",
    "claims_ignore": "claims_ignore: [CHANGELOG.md, docs/**]",
    "setup_command": 'setup_command: cp "$ROOT/.env" "$WORKTREE/"',
}
"""How a setting is written whose default does not show it."""

_TABLES: Mapping[str, type[BaseModel]] = {
    "roles": RoleSettings,
    "rate_card": RateSettings,
    "pipelines": StageSettings,
    "guardrails": GuardrailSettings,
}
_WHAT_HOLDS = {"pipelines": "Each stage is a command, or a table:"}
_NESTED: Mapping[tuple[type[BaseModel], str], type[BaseModel]] = {(RoleSettings, "limits"): LimitSettings}


def default_text() -> str:
    """The whole file. As it is, and with every setting's # taken away, it gives the defaults."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    for line in _HEAD.splitlines():
        yield _prose(line)
    told, defaults = docstrings(Config), Config().model_dump(mode="json")
    for title, settings in SECTIONS.items():
        yield ""
        yield ""
        yield _prose(f"-- {title} ".ljust(_WIDTH - 2, "-"))
        for name, when in settings.items():
            yield ""
            yield from _setting(name, told[name], defaults[name], when)


def _setting(name: str, told: str, default: object, when: When) -> Iterator[str]:
    yield from _wrapped(f"{told} [{when.replace(' ', _TIED)}]")
    if name in NOT_IN_PROJECT:
        yield _prose("Only in your own config.yaml: a repository's file comes with a clone.")
    if name in NEED_TRUST:
        yield _prose("From a repository's file it counts only after you trusted that file.")
    if name in NOT_AS_PROJECT_DEFAULT:
        yield _prose(f"A repository's file cannot set {NOT_AS_PROJECT_DEFAULT[name]}.")
    if (table := _TABLES.get(name)) is not None:
        yield _prose(_WHAT_HOLDS.get(name, "Each entry holds:"))
        yield from _fields(table, "  ")
    if (example := EXAMPLES.get(name)) is not None:
        yield _prose("For example:")
        yield from (_prose(f"  {line}") for line in example.splitlines())
    for line in _yaml(name, default).splitlines():
        yield f"#{line}"


def _fields(table: type[BaseModel], indent: str) -> Iterator[str]:
    told = docstrings(table)
    for name in table.model_fields:
        yield from _wrapped(f"{name}: {told[name]}", indent)
        if (inner := _NESTED.get((table, name))) is not None:
            yield from _fields(inner, f"{indent}  ")


def _yaml(name: str, default: object) -> str:
    """The setting as a file has it; nothing stands for what is not set."""
    import yaml  # noqa: PLC0415 - 15 ms that only this command pays

    if default is None:
        return f"{name}:"
    if isinstance(default, float) and default.is_integer():
        default = int(default)
    is_flow = None if isinstance(default, list | dict) else False
    text: str = yaml.safe_dump({name: default}, default_flow_style=is_flow, width=_WIDTH - 10, allow_unicode=True)
    return text


def _wrapped(text: str, indent: str = "") -> Iterator[str]:
    for line in textwrap.wrap(text, _WIDTH - 2, initial_indent=indent, subsequent_indent=indent):
        yield _prose(line.replace(_TIED, " "))


def _prose(line: str) -> str:
    return f"# {line}".rstrip()
