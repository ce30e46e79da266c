"""`doctor`: is everything there that is needed, and what to do where it is not."""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING

import click

from codex_orch_tui.cli.commands import Place, in_place
from codex_orch_tui.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from codex_orch_tui.services.finding import Finding

SCHEMA_VERSION = 1


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@in_place
def doctor(place: Place, as_json: bool) -> int:
    """Check Python, git, this repository, Codex and this terminal.

    Every line says ok, warn or fail, what that means, and after → what to do. Nothing of yours is changed; Codex is
    started for a moment in a temporary folder, and no model is called. Ends with 1 when a check failed.

    The JSON document has "schema_version" 1 and is described by schemas/doctor.json.
    """
    import asyncio
    import sys

    from codex_orch_tui.services.finding import Verdict

    findings = asyncio.run(_collect(place))
    is_well = all(finding.verdict is not Verdict.FAIL for finding in findings)
    if as_json:
        import json

        text = json.dumps(_document(findings, is_well=is_well), indent=2)
    else:
        text = "\n".join(_lines(findings))
    sys.stdout.write(text + "\n")
    return ExitCode.DONE if is_well else ExitCode.FAILED


async def _collect(place: Place) -> list["Finding"]:
    from codex_orch_tui.cli.terminal_findings import terminal_findings

    return [*[finding async for finding in _examined(place)], *terminal_findings()]


def _examined(place: Place) -> AsyncIterator["Finding"]:
    from codex_orch_tui.cli.settings import load_settings
    from codex_orch_tui.config import ConfigError, LoadedConfig
    from codex_orch_tui.services.doctor import examine

    settings: LoadedConfig | ConfigError
    try:
        settings = load_settings(place.repo, place.config)
    except ConfigError as error:
        settings = error
    return examine(place.repo.absolute(), settings)


def _lines(findings: Iterable["Finding"]) -> Iterator[str]:
    from collections import Counter
    from itertools import groupby

    told = list(findings)
    width = max(len(finding.title) for finding in told)
    for area, members in groupby(told, key=lambda finding: finding.area):
        yield area.value
        for finding in members:
            yield f"  {finding.verdict.value:<4}  {finding.title:<{width}}  {finding.found}"
            if finding.next_step:
                yield f"        {'':<{width}}  → {finding.next_step}"
        yield ""
    counted = Counter(finding.verdict.value for finding in told)
    yield " · ".join(f"{counted[word]} {word}" for word in ("ok", "warn", "fail") if counted[word])


def _document(findings: Iterable["Finding"], *, is_well: bool) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "ok": is_well,
        "checks": [
            {
                "id": finding.id,
                "area": finding.area.name.lower(),
                "title": finding.title,
                "verdict": finding.verdict.value,
                "found": finding.found,
                "next_step": finding.next_step or None,
            }
            for finding in findings
        ],
    }
