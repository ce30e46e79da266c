"""What is declined in every repository, whatever the rules say: a push, and a change of the remotes.

Work leaves this machine by the person's own hand only; a remote that was bent to another address would make that hand
send it elsewhere.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.declines import find_command, is_word
from codex_orch_tui.policy.shell_tree import read_shell

_PUSHES = ("push", "send-pack", "http-push")
_PUSHES_OF = {
    "subtree": ("push",),
    "lfs": ("push",),
    "svn": ("dcommit",),
    "p4": ("submit",),
}
_REMOTE_CHANGES = ("add", "rename", "rm", "remove", "set-head", "set-branches", "set-url")
_REMOTE_KEY = re.compile(r"(?:remote|url)\..+|branch\..+\.pushremote", re.IGNORECASE)
_REMOTE_SECTION = re.compile(r"(?:remote|url)\b.*", re.IGNORECASE)
_SECTION_CHANGES = ("rename-section", "remove-section", "--rename-section", "--remove-section")
_UNSETS = ("unset", "unset-all", "--unset", "--unset-all")
_SETS = ("set", "--add", "--replace-all")
_READS = frozenset(
    {"get", "list", "--get", "--get-all", "--get-regexp", "--get-urlmatch", "--get-color", "-l", "--list"}
)
_CONFIG_VALUES = frozenset({"-f", "--file", "--blob", "--type", "--default", "--comment", "--value", "--url"})


@dataclass(frozen=True, slots=True)
class BuiltinDecline:
    """A rule that is always in force. `fits` judges the words after `git`."""

    id: str
    what: str
    reason: str
    fits: Callable[[tuple[str, ...]], bool]


def _is_push(words: tuple[str, ...]) -> bool:
    if not words:
        return False
    if any(is_word(words[0], push) for push in _PUSHES) or words[0].startswith("remote-"):
        return True
    return any(
        is_word(words[0], name) and any(is_word(word, push) for word in words[1:2] for push in pushes)
        for name, pushes in _PUSHES_OF.items()
    )


def _is_remote_change(words: tuple[str, ...]) -> bool:
    if not words or not is_word(words[0], "remote"):
        return False
    action = next((word for word in words[1:] if not word.startswith("-")), "")
    return any(is_word(action, change) for change in _REMOTE_CHANGES)


def _is_remote_setting(words: tuple[str, ...]) -> bool:
    """`git config` that writes or removes a key of a remote; to read one is another thing."""
    if not words or not is_word(words[0], "config"):
        return False
    rest = words[1:]
    if any(word.partition("=")[0] in _READS for word in rest[:1] if not word.startswith("-")):
        return False
    if any(word in _READS for word in rest if word.startswith("-")):
        return False
    plain = _operands(rest)
    if any(word in _SECTION_CHANGES for word in rest):
        return any(_REMOTE_SECTION.fullmatch(word) for word in plain)
    at = next((i for i, word in enumerate(plain) if _REMOTE_KEY.fullmatch(word)), None)
    if at is None:
        return False
    return len(plain) > at + 1 or any(word in _UNSETS or word in _SETS for word in rest)


def _operands(words: tuple[str, ...]) -> tuple[str, ...]:
    found: list[str] = []
    is_value = False
    for word in words:
        if is_value:
            is_value = False
        elif word in _CONFIG_VALUES:
            is_value = True
        elif not word.startswith("-"):
            found.append(word)
    return tuple(found)


BUILTIN_DECLINES = (
    BuiltinDecline(
        "builtin.git-push", "git push and its like", "work leaves this machine by your own hand only", _is_push
    ),
    BuiltinDecline(
        "builtin.git-remote",
        "git remote add, set-url, remove, rename, set-head, set-branches",
        "the remotes are changed by your own hand only",
        _is_remote_change,
    ),
    BuiltinDecline(
        "builtin.git-remote-setting",
        "git config of remote.* and url.*",
        "the remotes are changed by your own hand only",
        _is_remote_setting,
    ),
)
"""In the order in which they are looked for."""


def builtin_decline(asked: Asked) -> tuple[str, str] | None:
    """The id and the reason of the built-in decline that a request falls under; None: none.

    Args:
        asked: Any request; one without a command falls under none.
    """
    if not asked.command.strip():
        return None
    reading = read_shell(asked.command)
    for decline in BUILTIN_DECLINES:
        if find_command(reading, "git", decline.fits) is not None:
            return decline.id, decline.reason
    return None
