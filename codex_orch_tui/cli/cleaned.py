"""What `clean` and `prune` tell: lines for people, or the document of schemas/cleaned.json."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from codex_orch_tui.cli.output import say

if TYPE_CHECKING:
    from codex_orch_tui.domain.cleaning import Cleaned

SCHEMA_VERSION = 1
_APPLY = "Nothing was changed. With --apply it is done."


def cleaned_lines(cleaned: "list[Cleaned]", *, of_many: bool = False) -> Iterator[str]:
    """What went, or would go; what stays and why; how it comes back.

    Args:
        cleaned: run by run.
        of_many: they were found by their age: those of which nothing goes are counted.
    """
    there = [one for one in cleaned if one.removed or one.kept] if of_many else cleaned
    told = [one for one in there if one.removed] if of_many else cleaned
    for one in told:
        yield f"run {one.run}"
        verb = "removed" if one.applied else "would remove"
        for removed in one.removed:
            backup = f"  → {removed.backup_ref}" if removed.backup_ref and not removed.backup_ref.endswith("…") else ""
            yield f"  {verb} {removed.part} {removed.name}{backup}"
        for kept in one.kept:
            yield f"  kept {kept.part} {kept.name}: {kept.reason}"
        if not one.removed and not one.kept:
            yield "  nothing is left of it to remove"
        undo = [removed.undo for removed in one.removed if removed.undo]
        if undo and one.applied:
            yield "  to bring back:"
            yield from (f"    {line}" for line in undo)
    if untouched := len(there) - len(told):
        runs = "1 run" if untouched == 1 else f"{untouched:,} runs"
        yield f"{runs} of that age: nothing can go → --run-id R tells why"
    if not there:
        yield "No run that old has anything left to remove."
    if any(one.removed and not one.applied for one in cleaned):
        yield _APPLY


def tell_cleaned(command: str, cleaned: "list[Cleaned]", lines: Iterable[str], *, as_json: bool) -> None:
    """Tell it."""
    if not as_json:
        say(*lines)
        return
    import json

    document = {"schema_version": SCHEMA_VERSION, "command": command, "runs": [_run(one) for one in cleaned]}
    say(json.dumps(document, indent=2))


def _run(one: "Cleaned") -> dict[str, Any]:
    return {
        "run": one.run,
        "applied": one.applied,
        "removed": [
            {
                "part": removed.part.value,
                "name": removed.name,
                "backup_ref": removed.backup_ref if one.applied and removed.backup_ref else None,
                "undo": removed.undo or None,
            }
            for removed in one.removed
        ],
        "kept": [{"part": kept.part.value, "name": kept.name, "reason": kept.reason} for kept in one.kept],
    }
