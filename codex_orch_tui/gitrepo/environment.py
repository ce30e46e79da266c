"""The environment and the settings that git runs with: built from a list, never inherited as it is.

A repository's config, and files that an agent can write, name programs that everyday git commands start: hooks,
fsmonitor, filters, textconv, external diff, merge drivers, pagers, signing programs. The settings here switch off every
one that has a switch. Filters and drivers have none: whatever reads an agent's files goes through a clean folder
(clean_dir.py) in whose config they do not exist.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from codex_orch_tui.domain.values import dataclass

_INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_CONFIG_HOME", "USER", "LOGNAME")

_FIXED = {
    "LC_ALL": "C",  # git's messages in one language: some are recognised
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",  # a replace ref would show another diff than the one that is merged
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_EDITOR": "false",
    "GIT_PAGER": "cat",
    "GIT_ASKPASS": "false",
    "GIT_MERGE_AUTOEDIT": "no",
}

_NO_USER_CONFIG = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
}

_HARDENED: tuple[tuple[str, str], ...] = (
    ("core.fsmonitor", "false"),
    ("core.hooksPath", os.devnull),
    ("core.pager", "cat"),
    ("core.sshCommand", "false"),
    ("core.untrackedCache", "false"),
    ("core.quotePath", "false"),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("diff.ignoreSubmodules", "dirty"),  # a look into a submodule would run git with the submodule's config
    ("gc.auto", "0"),
    ("gpg.program", "false"),
    ("commit.gpgSign", "false"),
    ("log.showSignature", "false"),
    ("maintenance.auto", "false"),
    ("merge.verifySignatures", "false"),
    ("protocol.allow", "never"),
    ("submodule.recurse", "false"),
    ("status.submoduleSummary", "false"),
    # A branch must not name objects that a power cut can lose; `batch` makes that one flush for each command.
    ("core.fsync", "committed,reference"),
    ("core.fsyncMethod", "batch"),
)

_NO_USER_ATTRIBUTES = ("core.attributesFile", os.devnull)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a git command works.

    `git_dir` None lets git search upwards from `cwd`; only the opening of a repository does that. With `user_config`
    the person's own global and system settings count (trusted folders, LFS in the person's checkout).
    """

    cwd: Path
    git_dir: Path | None = None
    work_tree: Path | None = None
    index: Path | None = None
    objects: Path | None = None
    shallow: Path | None = None
    user_config: bool = False


def environment_for(
    place: Place,
    *,
    settings: Iterable[tuple[str, str]] = (),
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The whole environment of one git command.

    Args:
        place: Where it works.
        settings: Config entries on top of the hardened ones; the last one counts.
        extra: More variables, such as the identity of a commit.
    """
    env = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    env |= _FIXED
    if not place.user_config:
        env |= _NO_USER_CONFIG
    locations = {
        "GIT_DIR": place.git_dir,
        "GIT_WORK_TREE": place.work_tree,
        "GIT_INDEX_FILE": place.index,
        "GIT_OBJECT_DIRECTORY": place.objects,
        "GIT_SHALLOW_FILE": place.shallow,
    }
    env |= {name: str(path) for name, path in locations.items() if path is not None}
    entries = [*_HARDENED, *(() if place.user_config else (_NO_USER_ATTRIBUTES,)), *settings]
    env["GIT_CONFIG_COUNT"] = str(len(entries))
    for number, (key, value) in enumerate(entries):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    env.update(extra or {})
    return env
