"""Folders of the user that are not in a repository.

The XDG variables count on every system; without them Linux has `~/.config` and `~/.local/state`, macOS has
`~/Library/Application Support`. Nothing is made here.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

APP_NAME = "codex-orch-tui"


class PathsError(Exception):
    """The user's folders cannot be told; the message says what to set."""


def home_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's home, from HOME only: under sudo and in services the password database names another one.

    Raises:
        PathsError: HOME is unset or not absolute.
    """
    home = environ.get("HOME", "")
    if not home:
        raise PathsError("HOME is not set; set it to your home folder")
    if not os.path.isabs(home):  # noqa: PTH117 - a string from outside
        raise PathsError(f"HOME is {home!r}, which is not an absolute path; set it to your home folder")
    return Path(home)


def config_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """The folder of the user's own `config.yaml`.

    Raises:
        PathsError: HOME would be needed and is not usable.
    """
    return _folder(environ, platform, "XDG_CONFIG_HOME", ".config")


def state_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """The folder for state that belongs to no repository.

    Raises:
        PathsError: HOME would be needed and is not usable.
    """
    return _folder(environ, platform, "XDG_STATE_HOME", ".local/state")


def user_config_file(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """The user's own settings, for every repository.

    Raises:
        PathsError: HOME would be needed and is not usable.
    """
    return config_folder(environ, platform) / "config.yaml"


def is_shared_temporary(path: Path, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the Codex sandbox may write there by default: /tmp and TMPDIR, on macOS under /private."""
    resolved = path.resolve()
    places = [Path(place).resolve() for place in ("/tmp", environ.get("TMPDIR", "")) if place]  # noqa: S108
    return any(resolved.is_relative_to(place) for place in places)


def _folder(environ: Mapping[str, str], platform: str, variable: str, under_home: str) -> Path:
    told = environ.get(variable, "")
    if os.path.isabs(told):  # noqa: PTH117 - XDG: a relative path is to be ignored
        return Path(told) / APP_NAME
    home = home_folder(environ)
    if platform == "darwin":
        return home / "Library" / "Application Support" / APP_NAME
    return home / under_home / APP_NAME
