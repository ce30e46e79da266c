"""News in the words of a terminal's title and of a desktop notification."""

from collections import Counter
from collections.abc import Sequence
from typing import assert_never

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.announce import Moment, News

PROGRAM = "codex-orch-tui"
MAX_CHARS = 160
"""More than any desktop shows."""


def title_text(project: str, waiting: int, *, ascii_only: bool = False) -> str:
    """The terminal's title: how many questions are open, and where."""
    count = f"({waiting}) " if waiting else ""
    end = f" - {PROGRAM}"
    return _plain(f"{count}{project}", MAX_CHARS - len(end), ascii_only=ascii_only) + end


def notification_text(news: Sequence[News], *, ascii_only: bool = False) -> str:
    """One notification for all of it.

    It begins with our name, never with a worker's words: some terminals take a number and a semicolon at the beginning
    for a command.
    """
    told = _sentence(news[0]) if len(news) == 1 else _counts(news)
    return _plain(f"{PROGRAM}: {told}", MAX_CHARS, ascii_only=ascii_only)


def _sentence(news: News) -> str:
    about = news.command or news.about
    end = f": {about}" if about else ""
    match news.moment:
        case Moment.ASKS:
            return f"{news.title} asks{end}"
        case Moment.DONE:
            return f"{news.title} is ready for review"
        case Moment.FAILED:
            return f"{news.title} stopped{end}"
        case _:
            assert_never(news.moment)


def _counts(news: Sequence[News]) -> str:
    number = Counter(each.moment for each in news)
    words = ((Moment.ASKS, "need you"), (Moment.FAILED, "stopped"), (Moment.DONE, "to review"))
    return ", ".join(f"{number[moment]} {word}" for moment, word in words if number[moment])


def _plain(text: str, max_chars: int, *, ascii_only: bool) -> str:
    """What may stand in a sequence of the terminal's: no control character, and no semicolon, which ends a field."""
    text = clean_line(text).replace(";", ",")
    if ascii_only:
        text = text.encode("ascii", "replace").decode("ascii")
    return text if len(text) <= max_chars else text[: max_chars - 3] + "..."
