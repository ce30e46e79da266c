"""What the fields of a task may hold, for plans that are read and for plans that are edited by hand."""

import re

from codex_orch_tui.domain.check import words_of
from codex_orch_tui.domain.terminal_text import is_clean

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""An id names a branch and a folder."""

ID_WORDS = "should be made of letters, digits, - and _, begin with one of the first two, and have at most 64 of them"

_ID = re.compile(ID_PATTERN.removesuffix("$"))


def check_id(task_id: str) -> str:
    """The id.

    Raises:
        ValueError: It cannot name a branch; the text says what can.
    """
    if not _ID.fullmatch(task_id):
        raise ValueError(ID_WORDS)
    return task_id


def check_claim(glob: str) -> str:
    """The claim, `**` for the whole repository.

    Raises:
        ValueError: It leads out of the repository, or cannot be read.
    """
    check_plain(glob)
    if "\\" in glob or glob.startswith(("/", "~")) or ".." in glob.split("/"):
        raise ValueError("should be a path from the top of the repository, with *, ? and ** where it is meant so")
    return glob if any(name not in {"", "."} for name in glob.split("/")) else "**"


def check_command(line: str) -> str:
    """The line of a check, or its name in the settings.

    Raises:
        ValueError: It is not one plain command.
    """
    check_plain(line)
    words_of(line)
    return line


def check_plain(text: str) -> str:
    """The text.

    Raises:
        ValueError: Something of it cannot be seen.
    """
    if not is_clean(text):
        raise ValueError("should hold no character that cannot be seen")
    return text
