"""`history`: what was asked and what ran, and who or what allowed it, without a screen and without the lock."""

import click

from codex_orch_tui.cli.commands import Place, in_place


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@click.option("--run", metavar="RUN", help="Only this run.")
@in_place
def history(place: Place, as_json: bool, run: str | None) -> int:
    """Every question and every command, and who or what allowed it.

    Oldest first. Reads the files in .orchestrator/ and changes nothing, also while the screen is open elsewhere. A
    command that Codex's sandbox stops at once may be missing: Codex does not report every such one.

    The JSON document has "schema_version" 1 and is described by schemas/history.json. Fields may be added; none is
    renamed or gets another meaning without a new version. What was shown to the person, word for word, is in
    .orchestrator/runs/RUN/approvals.jsonl.
    """
    import sys

    from codex_orch_tui.cli.exit_codes import ExitCode
    from codex_orch_tui.cli.failure import CommandFailedError
    from codex_orch_tui.cli.history_text import history_document, history_lines
    from codex_orch_tui.cli.repository_state import read_state
    from codex_orch_tui.domain.history import HistoryEntries

    seen = read_state(place)
    if run is not None and run not in seen.state.runs:
        known = ", ".join(seen.state.runs) or "none"
        raise CommandFailedError(f"no run is called {run} → one of: {known}", ExitCode.NOT_USABLE)
    entries = tuple(
        entry for entry in reversed(HistoryEntries().newest_first(seen.state)) if run in {None, entry.ref.run}
    )
    if as_json:
        import json

        text = json.dumps(history_document(seen, entries), indent=2)
    else:
        text = "\n".join(history_lines(seen, entries))
    sys.stdout.write(text + "\n")
    return 0
