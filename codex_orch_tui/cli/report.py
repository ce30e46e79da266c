"""`report`: what a run did, good to read, without a screen and without the lock."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.completion import RUN

if TYPE_CHECKING:
    from codex_orch_tui.cli.repository_state import SeenState
    from codex_orch_tui.domain.cost import RateCard
    from codex_orch_tui.domain.ids import RunId

_MAX_BYTES = 64 * 1024 * 1024


@click.command(short_help="What a run did, and what is left.")
@click.option("--run-id", "--run", "run", type=RUN, metavar="R", help="The run.  [default: the newest]")
@click.option("--json", "as_json", is_flag=True, help="The run's manifest, for programs.")
@in_place
def report(place: Place, run: str | None, as_json: bool) -> int:
    """What a run did: tasks, questions, changes, checks, cost, and what is left.

    Markdown that reads well as it stands. Reads the files in .orchestrator/ and changes nothing, also while the screen
    is open elsewhere; a report that is missing, or older than the journal, is made anew from that.

    The JSON document is the run's manifest.json: it has "schema_version" 1 and is described by
    schemas/manifest.schema.json. metrics.json, context.json, and for each task result.json, report.md, patch.diff and
    logs.txt lie beside it in .orchestrator/runs/RUN/.

    \b
    Examples:
      codex-orch-tui report                              of the newest run
      codex-orch-tui report --run-id 1120-1240-0a1b      of this one
      codex-orch-tui report --json | jq '.tasks[].state' for programs
    """
    import sys

    from codex_orch_tui.cli.exit_codes import ExitCode
    from codex_orch_tui.cli.failure import CommandFailedError
    from codex_orch_tui.cli.names import find_run
    from codex_orch_tui.cli.repository_state import read_state

    seen = read_state(place)
    if run is not None:
        meant = find_run(seen.state, run).id
    elif seen.state.runs:
        meant = tuple(seen.state.runs)[-1]
    else:
        raise CommandFailedError("there is no run yet → codex-orch-tui run starts one", ExitCode.NOT_USABLE)
    for note in seen.notes:
        sys.stderr.write(f"note: {note}\n")
    sys.stdout.write(_text(place, seen, meant, as_json=as_json))
    return 0


def _text(place: Place, seen: "SeenState", run: "RunId", *, as_json: bool) -> str:
    """The file, if it tells of what the journal has; otherwise the same from the journal."""
    import time

    from codex_orch_tui.cli.failure import CommandFailedError
    from codex_orch_tui.cli.location import located
    from codex_orch_tui.domain.terminal_text import clean_text
    from codex_orch_tui.services.evidence.mark import run_mark
    from codex_orch_tui.services.evidence.on_disk import mark_in, rebuilt
    from codex_orch_tui.services.evidence.run_evidence import Beside
    from codex_orch_tui.store.errors import StoreError
    from codex_orch_tui.store.layout import Layout

    location = located(place.repo)
    layout = Layout(location.main_worktree, location.git_folder)
    if mark_in(layout.manifest(run)) == run_mark(seen.state, run):
        kept = _read(layout.manifest(run) if as_json else layout.run_report(run))
        if kept:
            return clean_text(kept)
    pid = seen.holder.pid if seen.holder is not None else None
    beside = Beside(repository=str(seen.root), card=_card(place), pid=pid or None)
    try:
        made = rebuilt(layout, seen.state, run, beside, time.time())
    except StoreError as error:
        raise CommandFailedError(str(error)) from error
    return made.evidence.manifest.model_dump_json(indent=2) + "\n" if as_json else made.report


def _read(path: Path) -> bytes:
    """The file; nothing where it is not there, or is not what we write."""
    try:
        return b"" if path.is_symlink() or path.stat().st_size > _MAX_BYTES else path.read_bytes()
    except OSError:
        return b""


def _card(place: Place) -> "RateCard":
    """What models cost; nothing is known where the settings are broken, which is told elsewhere."""
    from codex_orch_tui.cli.failure import CommandFailedError
    from codex_orch_tui.cli.settings import load_settings
    from codex_orch_tui.config import ConfigError
    from codex_orch_tui.config.rates import rates_of

    try:
        return rates_of(load_settings(place.repo, place.config).config.rate_card)
    except (CommandFailedError, ConfigError):
        return {}
