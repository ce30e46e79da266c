"""`config`: the file of settings to start from, and what holds here and where it comes from."""

import sys

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.output import say


@click.group(short_help="What there is to set, and what holds here.")
def config() -> None:
    """Settings: what there is to set, what holds here, and where that comes from."""


@config.command(short_help="Print a file of settings to start from.")
def default() -> int:
    """Print a file of settings in which everything is explained and commented out.

    \b
    For this repository:   codex-orch-tui config default > .orchestrator/orchestrator.yaml
    For all repositories:  into config.yaml; codex-orch-tui config show tells where that is.
    """
    from codex_orch_tui.config.default_file import default_text

    sys.stdout.write(default_text())
    return ExitCode.DONE


@config.command(short_help="Every setting that holds here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@in_place
def show(place: Place, as_json: bool) -> int:
    """Every setting that holds here: its value and the file and line, variable or option that it comes from.

    What a repository's file sets and what counts only after it was trusted is told with its line. Secrets are not
    shown. Ends with 2 when a place has a mistake in it; all mistakes are told then.

    The JSON document has "schema_version" 1 and is described by schemas/config.json. Fields may be added; none is
    renamed or gets another meaning without a new version.
    """
    from codex_orch_tui.cli.config_report import config_document, config_lines
    from codex_orch_tui.cli.settings import settings_places
    from codex_orch_tui.config import ConfigError

    places = settings_places(place.repo, place.config, place.overrides)
    try:
        loaded = places.load()
    except ConfigError as error:
        raise CommandFailedError(str(error), ExitCode.NOT_USABLE) from error
    is_trusted = bool(loaded.held) and _is_trusted(place)
    if as_json:
        import json

        say(json.dumps(config_document(places, loaded, is_trusted=is_trusted), indent=2))
    else:
        say(*config_lines(places, loaded, is_trusted=is_trusted))
    return ExitCode.DONE


def _is_trusted(place: Place) -> bool:
    """Whether the commands that the repository's file brings count."""
    from codex_orch_tui.cli.location import locate
    from codex_orch_tui.cli.repository_files import trust_here
    from codex_orch_tui.services.trust import TrustKind

    if locate(place.repo) is None:
        return False
    return not any(item.kind is TrustKind.COMMANDS for item in trust_here(place).wanted())
