"""`history`: what was asked and what ran, and who or what allowed it, without a screen and without the lock."""

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.completion import RUN


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@click.option("--run", "--run-id", "run", type=RUN, metavar="R", help="Only this run.")
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

    from codex_orch_tui.cli.history_text import history_document, history_lines
    from codex_orch_tui.cli.names import find_run
    from codex_orch_tui.cli.repository_state import read_state
    from codex_orch_tui.domain.history import HistoryEntries

    seen = read_state(place)
    wanted = find_run(seen.state, run).id if run is not None else None
    entries = tuple(
        entry for entry in reversed(HistoryEntries().newest_first(seen.state)) if wanted in {None, entry.ref.run}
    )
    if as_json:
        import json

        text = json.dumps(history_document(seen, entries), indent=2)
    else:
        text = "\n".join(history_lines(seen, entries))
    sys.stdout.write(text + "\n")
    return 0
