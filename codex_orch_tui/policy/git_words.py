"""The words of a git command: git's own options in front, the sub-command, and what git itself would run."""

from codex_orch_tui.policy.wrapped import Inner

_WITH_VALUE = frozenset(
    {"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env", "--attr-source"}
)
_RUNS_A_COMMAND = frozenset(
    {
        "core.sshcommand",
        "core.pager",
        "core.editor",
        "core.fsmonitor",
        "core.askpass",
        "core.gitproxy",
        "sequence.editor",
        "diff.external",
        "gpg.program",
        "credential.helper",
        "uploadpack.packobjectshook",
    }
)
"""Settings whose value git runs; keys ending in one of `_RUNS_ENDINGS` too."""

_RUNS_ENDINGS = (".textconv", ".command", ".clean", ".smudge", ".process", ".driver", ".cmd", ".helper", ".program")
_SCRIPT_OPTIONS = {
    "rebase": ("-x", "--exec"),
    "difftool": ("-x", "--extcmd"),
    "fetch": ("--upload-pack",),
    "clone": ("-u", "--upload-pack"),
    "ls-remote": ("--upload-pack", "--exec"),
    "filter-branch": (
        "--env-filter",
        "--tree-filter",
        "--index-filter",
        "--parent-filter",
        "--msg-filter",
        "--commit-filter",
        "--tag-name-filter",
        "--setup",
    ),
    "grep": ("-O", "--open-files-in-pager"),
}


def subcommand(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The sub-command with its own words: what stands behind git's own options.

    Args:
        arguments: The words after `git`.
    """
    at = 0
    while at < len(arguments) and arguments[at].startswith("-") and arguments[at] != "-":
        at += 2 if arguments[at] in _WITH_VALUE else 1
    return arguments[at:]


def own_options(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Git's own options, those in front of the sub-command, with their values."""
    return arguments[: len(arguments) - len(subcommand(arguments))]


def settings(arguments: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The settings that `-c key=value` makes for one command: key in small letters, value."""
    options = own_options(arguments)
    texts = [options[at + 1] for at, word in enumerate(options[:-1]) if word == "-c"]
    pairs = (text.partition("=") for text in texts)
    return tuple((key.lower(), value) for key, _, value in pairs)


def run_by_git(arguments: tuple[str, ...]) -> list[Inner]:
    """The commands that git would run for these words, aliases included.

    Args:
        arguments: The words after `git`.
    """
    words = subcommand(arguments)
    found: list[Inner] = []
    for key, value in settings(arguments):
        if words and key == f"alias.{words[0].lower()}":
            found.append(_of_alias(value, words[1:]))
        elif key in _RUNS_A_COMMAND or key.endswith(_RUNS_ENDINGS):
            found.append(Inner(script=value.removeprefix("!")))
    if words:
        found += _of_subcommand(words)
    return found


def _of_subcommand(words: tuple[str, ...]) -> list[Inner]:
    name, rest = words[0], words[1:]
    plain = tuple(word for word in rest if not word.startswith("-"))
    match name:
        case "submodule" if "foreach" in plain[:1]:
            behind = rest[rest.index("foreach") + 1 :]
            while behind[:1] and behind[0].startswith("-"):
                behind = behind[1:]
            return [Inner(script=" ".join(behind))]
        case "bisect" if "run" in rest[:1]:
            return [Inner(words=rest[1:])] if rest[1:] else []
        case "for-each-repo":
            return [Inner(words=("git", *rest), is_guess=True)]
        case "config":
            at = next((i for i, word in enumerate(plain[:-1]) if word.lower().startswith("alias.")), None)
            return [] if at is None else [_of_alias(plain[at + 1], ())]
        case _:
            return [Inner(script=script) for script in _option_values(rest, _SCRIPT_OPTIONS.get(name, ()))]


def _option_values(words: tuple[str, ...], options: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for at, word in enumerate(words):
        for option in options:
            if word == option and at + 1 < len(words):
                found.append(words[at + 1])
            elif option.startswith("--") and word.startswith(f"{option}="):
                found.append(word.partition("=")[2])
            elif not option.startswith("--") and word.startswith(option) and len(word) > len(option):
                found.append(word[len(option) :])
    return found


def _of_alias(value: str, rest: tuple[str, ...]) -> Inner:
    if value.startswith("!"):
        return Inner(script=" ".join([value[1:], *rest]))
    return Inner(words=("git", *value.split(), *rest))
