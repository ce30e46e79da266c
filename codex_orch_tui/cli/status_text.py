"""`status` as one text: of all, or of one run."""

import json
import time
from dataclasses import replace

from codex_orch_tui.cli.names import find_run
from codex_orch_tui.cli.plain_tree import status_lines
from codex_orch_tui.cli.repository_state import SeenState
from codex_orch_tui.cli.status_json import status_document
from codex_orch_tui.services.kept_run import only


def status_text(seen: SeenState, run: str | None, *, as_json: bool, indent: int | None = 2) -> str:
    """The text, safe to print.

    Args:
        seen: what was read.
        run: what the person typed for a run; None is all of them.
        as_json: the JSON document in place of the lines.
        indent: of the document; None is one line.

    Raises:
        CommandFailedError: there is no such run; the nearest is named.
    """
    if run is not None:
        seen = replace(seen, state=only(seen.state, find_run(seen.state, run)))
    if as_json:
        return json.dumps(status_document(seen), indent=indent)
    return "\n".join(status_lines(seen, time.time()))
