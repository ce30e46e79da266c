"""Text of a plan or a specification as a person can read it: what cannot be seen becomes a visible escape.

It goes to an agent. A person who read it must have read all that the agent reads. Secrets stay: a prompt has to be
whole when it is sent, and what is shown or kept is redacted there.
"""

from codex_orch_tui.domain.terminal_text import clean_line, is_clean

_KEPT = {ord(char): None for char in "\t\n\u200c\u200d\ufe0f"}
"""Tabs and newlines; joiners and the emoji sign, without which Persian and emoji read as something else."""


def visible(text: str) -> str:
    """The text with LF as its line ends, and without blank lines before and blanks after it."""
    text = text.replace("\r\n", "\n")
    if not is_clean(text.translate(_KEPT)):
        text = "".join(char if ord(char) in _KEPT or is_clean(char) else clean_line(char) for char in text)
    return text.strip("\n").rstrip()
