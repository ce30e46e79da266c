"""The person's own editor and shell."""

import shlex
from collections.abc import Mapping


def editor_command(
    configured: str | None, environ: Mapping[str, str], *, path: str = ".", line: int | None = None
) -> list[str]:
    """How the editor is started: as configured, else VISUAL, else EDITOR, else vi.

    Args:
        configured: the command line of the configuration.
        environ: the environment.
        path: what it opens, relative to the worktree.
        line: where, counted from 1, for editors of which it is known how they take it.
    """
    words = _words(configured) or _words(environ.get("VISUAL")) or _words(environ.get("EDITOR")) or ["vi"]
    name = words[0].rpartition("/")[2]
    if line is None:
        return [*words, path]
    if name in _PLUS_LINE:
        return [*words, f"+{line}", path]
    if name in _GOTO:
        return [*words, "--goto", f"{path}:{line}"]
    return [*words, f"{path}:{line}"] if name in _COLON_LINE else [*words, path]


def shell_command(environ: Mapping[str, str]) -> list[str]:
    """The person's shell."""
    return [environ.get("SHELL") or "/bin/sh"]


_PLUS_LINE = frozenset({"vi", "vim", "nvim", "view", "nano", "emacs", "emacsclient", "micro", "kak", "joe", "ne"})
_GOTO = frozenset({"code", "codium", "cursor"})
_COLON_LINE = frozenset({"hx", "helix", "subl", "zed"})


def _words(text: str | None) -> list[str]:
    try:
        return shlex.split(text or "")
    except ValueError:  # an open quote
        return (text or "").split()
