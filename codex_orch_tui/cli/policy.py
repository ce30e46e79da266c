"""`policy`: check rules, see what they would have answered, and start with an example."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.done import AS_JSON
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.output import say

if TYPE_CHECKING:
    from codex_orch_tui.services.policy_types import RuleFile

_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


@click.group()
def policy() -> None:
    """Rules that answer questions of workers for you.

    Yours, for every repository, are in policy.yaml in the folder of your config.yaml; those of a repository are in
    .orchestrator/policy.yaml and count once you trust them (codex-orch-tui trust).
    """


@policy.command(short_help="Say what is wrong with the rules.")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@AS_JSON
@in_place
def check(place: Place, file: Path | None, as_json: bool) -> int:
    """Say what is wrong with the rules: FILE, or those in force here.

    Every mistake is told with its file, line and key. Ends with 1 when there is one.

    The JSON document has "schema_version" 1 and is described by schemas/policy_check.json.
    """
    from codex_orch_tui.cli.policy_report import check_document
    from codex_orch_tui.cli.repository_files import roles_here, rules_here

    files = (_named(file, roles_here(place)),) if file is not None else tuple(rules_here(place).files())
    if as_json:
        import json

        say(json.dumps(check_document(files), indent=2))
    else:
        say(*_check_lines(files, "" if file is not None else " in force"))
    return ExitCode.FAILED if any(one.problems for one in files) else ExitCode.DONE


@policy.command(short_help="Print rules to start from.")
def example() -> int:
    """Print rules to start from: what only reads is accepted, the rest asks."""
    from importlib.resources import files

    sys.stdout.write(files("codex_orch_tui.policy").joinpath("example.yaml").read_text("utf-8"))
    return ExitCode.DONE


@policy.command(short_help="What the rules would have answered.")
@click.option("--since", default="7d", metavar="N", help="How far back: 30m, 12h, 7d, 4w.  [default: 7d]")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@in_place
def test(place: Place, since: str, as_json: bool) -> int:
    """Ask the rules in force the questions of the past, and compare with what you answered.

    Reads the journal in .orchestrator/ and changes nothing. The programs of a command are looked for on the PATH of
    now, and no worktree is looked at: what a rule would have refused for these reasons then is not seen.

    The JSON document has "schema_version" 1 and is described by schemas/policy_test.json.
    """
    import os
    import time

    from codex_orch_tui.cli.policy_report import back_test_document, back_test_lines
    from codex_orch_tui.cli.repository_files import rules_here
    from codex_orch_tui.cli.repository_state import read_state
    from codex_orch_tui.services.back_test import tested

    since_s = time.time() - _duration_s(since)
    seen = read_state(place)
    rules = rules_here(place)
    found = tested(seen.state, rules.rules(), since_s, os.environ)
    files = rules.files()
    if as_json:
        import json

        say(json.dumps(back_test_document(found, files, seen, since_s), indent=2))
    else:
        say(*back_test_lines(found, files, since_s))
    return ExitCode.FAILED if any(file.problems for file in files) else ExitCode.DONE


def _named(path: Path, roles: tuple[str, ...]) -> "RuleFile":
    """A file that was named, as if it were the person's own."""
    from codex_orch_tui.domain.terminal_text import clean_line
    from codex_orch_tui.policy.load import load_rules
    from codex_orch_tui.services.policy_types import RuleFile, Where

    if not path.exists():
        raise CommandFailedError(clean_line(f"there is no file {path}"), ExitCode.NOT_USABLE)
    loaded = load_rules(path, roles)
    problems = tuple(clean_line(str(problem)) for problem in loaded.problems)
    return RuleFile(
        path=path, where=Where.USER, exists=True, is_trusted=True, rules=tuple(loaded.rules), problems=problems
    )


def _check_lines(files: "tuple[RuleFile, ...]", standing: str) -> Iterator[str]:
    for file in files:
        yield from _of_known(file, standing)
    if not any(file.exists for file in files):
        yield "there are no rules: every question is for you → codex-orch-tui policy example shows some"


def _of_known(file: "RuleFile", standing: str) -> Iterator[str]:
    from codex_orch_tui.domain.terminal_text import clean_line

    yield from file.problems
    if file.problems or not file.exists:
        return
    if file.is_trusted:
        yield clean_line(f"{file.path}: {_count(len(file.rules))}{standing}, nothing wrong")
    else:
        yield file.why_silent


def _duration_s(text: str) -> float:
    number, unit = text[:-1], text[-1:].lower()
    if unit not in _SECONDS or not number.isascii() or not number.isdigit() or len(number) > 6:
        raise CommandFailedError(f"--since {text!r} is not like 30m, 12h, 7d or 4w", ExitCode.NOT_USABLE)
    return float(int(number) * _SECONDS[unit])


def _count(number: int) -> str:
    return f"{number} rule" if number == 1 else f"{number} rules"
