"""The risk of a request in a word, with its reasons: the gravest beside it, the others below the command."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from codex_orch_tui.domain.approval import Assessment, Program
from codex_orch_tui.ui.presentation.cells import middle_cut
from codex_orch_tui.ui.presentation.glyphs import RISK_LOOKS, Tone
from codex_orch_tui.ui.presentation.paragraphs import Paragraph, labelled

FIRST = 2
"""Reasons beside the word; what is asked must not be pushed off the screen by what is said about it."""
_MAX_NAMED = 4
"""Things that are named for one reason; the command has all of them."""
_MAX_THING_CELLS = 60
"""Of a thing beside the word: a row of the card where the terminal has 80 columns."""
_MAX_TEXT_CELLS = 240
"""Of a reason that does not say what it is about behind a colon."""


def reasons_of(known: Assessment, told: Sequence[str], *, is_whole: bool = False) -> tuple[str, ...]:
    """The reasons, the gravest first: those of one kind in one, and none that is told as a warning anyway.

    Args:
        known: What was found out.
        told: The warnings.
        is_whole: Each thing is named, and whole; otherwise long ones are cut, and many are counted.
    """
    kinds: dict[str, list[str]] = {}
    for reason in known.reasons:
        if any(warning in reason for warning in told):
            continue
        kind, _, thing = reason.partition(": ")
        kinds.setdefault(kind, []).extend([thing] if thing else [])
    if is_whole:
        return tuple(f"{kind}: {', '.join(things)}" if things else kind for kind, things in kinds.items())
    return tuple(
        f"{kind}: {_named(things)}" if things else middle_cut(kind, _MAX_TEXT_CELLS) for kind, things in kinds.items()
    )


def _named(things: Sequence[str]) -> str:
    more = f" and {len(things) - _MAX_NAMED} more" if len(things) > _MAX_NAMED else ""
    return f"{', '.join(middle_cut(thing, _MAX_THING_CELLS) for thing in things[:_MAX_NAMED])}{more}"


def risk_line(known: Assessment, reasons: Sequence[str]) -> list[Paragraph]:
    """The word and the gravest reasons; nothing when nobody looked the request over."""
    if not known.reasons and not known.programs:
        return []
    look = RISK_LOOKS[known.risk]
    first = "; ".join(reasons[:FIRST])
    more = f"; {len(reasons) - FIRST} more under “also”" if len(reasons) > FIRST else ""
    text = f"{look.glyph} {look.word}{': ' if first else ''}{first}{more}"
    return [replace(labelled("risk", text, is_strong=look.tone is Tone.BAD), tone=look.tone)]


def other_risks(reasons: Sequence[str]) -> list[Paragraph]:
    """The reasons that have no room beside the word."""
    return [labelled("also" if number == 0 else "", reason) for number, reason in enumerate(reasons[FIRST:])]


def program_lines(programs: Iterable[Program]) -> list[Paragraph]:
    """What would run: each program's name, the file that the worker's PATH finds for it, and what is special."""
    shown = []
    for program in dict.fromkeys(programs):
        where = f" {program.path}" if program.path and program.path != program.name else ""
        shown.append(f"{program.name}{where}{f' ({program.note})' if program.note else ''}")
    return [labelled("runs" if number == 0 else "", text) for number, text in enumerate(shown)]
