"""The strict reading of a command line, for rules that accept: what it cannot read completely, a person reads.

It knows plain words, single quotes, and `&&`, `;` and newline between simple commands, and takes nothing else for
harmless because it looks so: two readers of one line (ours and bash) that differ in one character are a way round.
Nothing in what it takes is changed by bash: no expansion, substitution, glob, tilde, assignment, redirection, comment.
"""

import re

from codex_orch_tui.domain.terminal_text import is_clean

MAX_COMMANDS = 20
MAX_BYTES = 4 * 1024

_BLANKS = re.compile("[ \t]+")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=^-]+")
_INNER_TILDE = re.compile(r"(?<=[A-Za-z0-9_^~@/.-])~")
"""A tilde that follows a letter is one (`HEAD~2`); bash expands it at the beginning of a word and after `=` or `:`."""
_SINGLE = re.compile("'([^']*)'")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")

RESERVED = frozenset(
    {"if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do", "done", "in"}
    | {"function", "time", "coproc", "{", "}", "!", "[[", "]]"}
)
"""Words that are grammar, not programs, where a command begins."""

_NAMES = {
    "|": "a pipe",
    "&": "a command in the background",
    ">": "a redirection",
    "<": "a redirection",
    "$": "an expansion",
    "`": "a substitution",
    '"': "double quotes",
    "\\": "a backslash",
    "*": "a glob",
    "?": "a glob",
    "[": "a glob",
    "]": "a glob",
    "{": "braces",
    "}": "braces",
    "(": "a subshell",
    ")": "a subshell",
    "#": "a comment",
    "!": "an exclamation mark",
    "~": "a tilde",
    "'": "a quote without an end",
    "\r": "a carriage return",
    "\0": "a NUL",
}


class NotPlainError(Exception):
    """The line holds something that only a person should read.

    Attributes:
        reason: What it is, in words: "a pipe".
        position: Where, in characters from the beginning of the script.
    """

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(f"{reason} at character {position + 1}")
        self.reason = reason
        self.position = position


def lex(script: str) -> tuple[tuple[str, ...], ...]:
    """The simple commands of a script, in order, each as its words.

    Raises:
        NotPlainError: It holds anything else than plain words, single quotes, `&&`, `;` and newlines, or is too long.
    """
    if len(script) > MAX_BYTES or len(script.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise NotPlainError(f"more than {MAX_BYTES // 1024} KiB", MAX_BYTES)
    commands: list[tuple[str, ...]] = []
    words: list[str] = []
    position = 0
    must_follow = -1  # where an `&&` stands that still needs a command after it
    while position < len(script):
        char = script[position]
        if blanks := _BLANKS.match(script, position):
            position = blanks.end()
        elif char in ";\n" or script.startswith("&&", position):
            is_and = char == "&"
            if not words and (char != "\n" or is_and):
                raise NotPlainError("a separator without a command before it", position)
            if words:
                commands.append(tuple(words))
                words = []
                must_follow = -1
            if is_and:
                must_follow = position
            position += 2 if is_and else 1
        else:
            word, end = _word(script, position, is_first=not words)
            words.append(word)
            position = end
        if len(commands) + bool(words) > MAX_COMMANDS:
            raise NotPlainError(f"more than {MAX_COMMANDS} commands", position)
    if words:
        commands.append(tuple(words))
    elif must_follow >= 0:
        raise NotPlainError("an && without a command after it", must_follow)
    if not commands:
        raise NotPlainError("no command", 0)
    return tuple(commands)


def _word(script: str, start: int, *, is_first: bool) -> tuple[str, int]:
    """The word that begins at `start`, and where it ends."""
    parts: list[str] = []
    position = start
    is_plain = True
    while position < len(script):
        if part := _PLAIN.match(script, position) or (position > start and _INNER_TILDE.match(script, position)):
            parts.append(part[0])
        elif part := _SINGLE.match(script, position):
            if not is_clean(part[1]):
                raise NotPlainError("a character that cannot be seen", position)
            parts.append(part[1])
            is_plain = False
        elif script[position] in " \t\n;" or script.startswith("&&", position):
            break
        else:
            raise NotPlainError(_name(script[position]), position)
        position = part.end()
    text = script[start:position]
    if is_first and _ASSIGNMENT.match(text):
        raise NotPlainError("an assignment", start)
    if is_first and is_plain and text in RESERVED:
        raise NotPlainError(f"the shell's own word {text}", start)
    return "".join(parts), position


def _name(char: str) -> str:
    if char in _NAMES:
        return _NAMES[char]
    return "a character outside ASCII" if not char.isascii() else "a control character"
