"""What a guarded command must not be: a program that is not in the list, or a git that moves more than its worktree.

It looks at the words of a command. What a program that is allowed does in turn is the sandbox's affair.
"""

import shlex
from collections.abc import Iterable
from pathlib import PurePosixPath

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.policy.builtin import BUILTIN_DECLINES
from codex_orch_tui.policy.declines import find_command
from codex_orch_tui.policy.finding import named
from codex_orch_tui.policy.git_words import own_options
from codex_orch_tui.policy.shell_tree import read_shell

BLOCKED_GIT = ("push", "remote", "reset", "rebase")
"""Sub-commands of git that no guarded command holds, however they are dressed up."""
_ELSEWHERE = ("-C", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--super-prefix", "--config-env")


def why_refused(words: tuple[str, ...], allowed: Iterable[str]) -> str:
    """Why a command must not run, in words for the person, clean; empty when it may.

    Args:
        words: The program and its arguments.
        allowed: Names of programs; one with a slash in it is a path from the worktree.
    """
    program, names = words[0], tuple(allowed)
    if "\0" in "".join(words):
        return "it holds a NUL"
    if program not in names:
        return clean_line(
            f"{named(program)} is not among the programs that may run ({', '.join(names[:40])})"
            if "/" not in program
            else f"{named(program)} is a path; it has to stand in allowed_programs exactly so"
        )
    if "/" in program and (program.startswith("/") or ".." in PurePosixPath(program).parts):
        return clean_line(f"{named(program)} leads out of the worktree")
    return _git_refusal(words)


def _git_refusal(words: tuple[str, ...]) -> str:
    reading = read_shell(shlex.join(words))
    for name in BLOCKED_GIT:
        if find_command(reading, "git", lambda rest, name=name: rest[:1] == (name,)) is not None:  # type: ignore[misc]
            return f"git {name} is blocked"
    for decline in BUILTIN_DECLINES:
        if find_command(reading, "git", decline.fits) is not None:
            return f"{decline.what}: {decline.reason}"
    for found in reading.commands:
        if PurePosixPath(found[0]).name != "git":
            continue
        option = next((word for word in own_options(found[1:]) if word.startswith(_ELSEWHERE)), "")
        if option:
            return clean_line(f"git {named(option)} works somewhere else than in the worktree")
    return ""
