"""Takes the shell off that Codex wraps around a command: exactly bash, -c or -lc, and one script."""

import re

_WRAPPED = re.compile(r"(?:/usr/bin/|/bin/)?bash -l?c (?P<script>\S.*)", re.DOTALL)
_WRAPPED_BY_ANY = re.compile(r"(?:/[^\s'\"]*/)?(?:ba|z|da|k)?sh -l?c (?P<script>\S.*)", re.DOTALL)
_TYPED = re.compile(r"write_stdin --session-id \d+ (?P<script>\S.*)", re.DOTALL)
_BARE = re.compile(r"[A-Za-z0-9_./:@%+,=^-]+")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\$`]|\\[$`"\\])*)"')


def unfold(command: str) -> str:
    """The script inside `/bin/bash -c '…'`; any other command as it is.

    Codex joins the words of a command by the quoting rules of a shell: bare, in single or in double quotes, where a
    backslash stands before `$`, a backtick, `"` and `\\` only. What does not read so is no wrapping that we know, and
    comes back unchanged: the lexer then refuses it or sees `bash`, which no rule accepts. Python's own shlex keeps the
    backslash of `\\$`, and would have the rules judge another script than the one that runs.
    """
    return _unwrapped(_WRAPPED, command)


def shown_script(command: str) -> str:
    """The script inside whichever shell Codex wraps around it: for reading, not for deciding."""
    return _unwrapped(_WRAPPED_BY_ANY, command)


def typed_text(command: str) -> str:
    """What Codex's own `write_stdin --session-id N '…'` types into a program; any other text as it is."""
    return _unwrapped(_TYPED, command)


def _unwrapped(form: re.Pattern[str], command: str) -> str:
    wrapped = form.fullmatch(command)
    script = _one_word(wrapped["script"]) if wrapped is not None else None
    return command if script is None else script


def _one_word(text: str) -> str | None:
    """The word that quoted text stands for; None: it is not exactly one, or not quoted as Codex does."""
    parts: list[str] = []
    position = 0
    while position < len(text):
        if bare := _BARE.match(text, position):
            parts.append(bare[0])
            position = bare.end()
        elif single := _SINGLE.match(text, position):
            parts.append(single[1])
            position = single.end()
        elif double := _DOUBLE.match(text, position):
            parts.append(re.sub(r"\\(.)", r"\1", double[1]))
            position = double.end()
        else:
            return None
    return "".join(parts)
