"""`status`: what the state folder says, without a screen and without the lock."""

import click

from codex_orch_tui.cli.commands import Place, in_place


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@in_place
def status(place: Place, as_json: bool) -> int:
    """Runs, tasks, branches and questions of this repository.

    Reads the files in .orchestrator/ and changes nothing, also while the screen is open elsewhere.

    The JSON document has "schema_version" 1 and is described by schemas/status.json. Fields may be added; none is
    renamed or gets another meaning without a new version.
    """
    import sys
    import time

    from codex_orch_tui.cli.plain_tree import status_lines
    from codex_orch_tui.cli.repository_state import read_state
    from codex_orch_tui.cli.status_json import status_document

    seen = read_state(place)
    if as_json:
        import json

        text = json.dumps(status_document(seen), indent=2)
    else:
        text = "\n".join(status_lines(seen, time.time()))
    sys.stdout.write(text + "\n")  # click.echo would write UTF-8 to a terminal that has said that it is not one
    return 0
