"""`trust`: look at what comes with a repository and would act for you, and let it count."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.done import AS_JSON
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.output import say

if TYPE_CHECKING:
    from codex_orch_tui.services.trust import Trust, TrustItem


SCHEMA_VERSION = 1


@click.command()
@click.option("--show", is_flag=True, help="Only show what there is and whether it counts.")
@click.option("--revoke", is_flag=True, help="Trust nothing of this repository any more.")
@AS_JSON
@in_place
def trust(place: Place, show: bool, revoke: bool, as_json: bool) -> int:
    """Let rules and commands that come with this repository count.

    Rules in .orchestrator/policy.yaml and the commands in .orchestrator/orchestrator.yaml (setup_command,
    notify_command, checks, pipelines) do nothing until you have seen them here, or in the screen, and said yes. A yes
    counts for exactly that content: after any change you are asked again. Ends with 1 while something is not trusted.

    --json only shows, too: a yes is taken from a terminal. Its document has "schema_version" 1 and is described by
    schemas/trust.json.
    """
    from codex_orch_tui.cli.repository_files import trust_here
    from codex_orch_tui.services.errors import NotPossibleError

    if revoke and (show or as_json):
        other = "--show" if show else "--json"
        raise CommandFailedError(f"{other} and --revoke do not go together", ExitCode.NOT_USABLE)
    here = trust_here(place)
    try:
        if revoke:
            count = here.revoke()
            say(f"trusted before: {count}; now nothing of this repository is")
            return ExitCode.DONE
        return _show(here, as_json=as_json) if show or as_json else _ask(here)
    except NotPossibleError as error:
        raise CommandFailedError(str(error)) from error


def _show(here: "Trust", *, as_json: bool) -> int:
    items = here.items()
    if as_json:
        import json

        say(json.dumps({"schema_version": SCHEMA_VERSION, "files": list(map(_entry, items))}, indent=2))
    elif items:
        for item in items:
            say(*_lines(item))
    else:
        say("this repository brings no rules and no commands")
    return ExitCode.FAILED if any(not item.is_trusted for item in items) else ExitCode.DONE


def _ask(here: "Trust") -> int:
    if problem := here.store.problem:
        raise CommandFailedError(problem)
    wanted = here.wanted()
    if not wanted:
        say("nothing to trust: this repository brings no rules or commands that you have not accepted")
        return ExitCode.DONE
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    left = 0
    for item in wanted:
        say(*_lines(item))
        if not is_terminal or not _says_yes():
            left += 1
            continue
        here.accept(item)
        say("trusted, as it is now", "")
    if left and not is_terminal:
        raise CommandFailedError("nothing was trusted: a yes is only taken from a terminal")
    if left:
        say("not trusted: it does nothing, and everything else works")
    return ExitCode.FAILED if left else ExitCode.DONE


def _entry(item: "TrustItem") -> dict[str, object]:
    """As schemas/trust.json says."""
    from codex_orch_tui.domain.terminal_text import clean_line

    return {
        "path": clean_line(str(item.path)),
        "kind": item.kind.value,
        "state": "trusted" if item.is_trusted else "changed" if item.changed_since_trusted else "new",
        "means": item.means,
        "what": list(item.what),
        "sha256": item.sha256,
        "problems": list(item.problems),
    }


def _lines(item: "TrustItem") -> Iterator[str]:
    state = "trusted" if item.is_trusted else "changed since you trusted it" if item.changed_since_trusted else "new"
    yield f"{item.path} · {state}"
    yield item.means
    yield ""
    yield from (f"  │ {line}" for line in item.what)
    yield ""


def _says_yes() -> bool:
    """Only a typed y counts: enter, end of input and anything else are a no."""
    sys.stdout.write("Trust exactly this? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
