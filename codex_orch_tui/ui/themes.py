"""Themes from TOML files: ours and the user's.

    name = "calm-dark"
    dark = true

    [colours]
    background = "#14161a"
    ...

    [variables]
    text-muted = "#8b929c"

A file that is wrong is told and left out; the program starts with what is left.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.theme import Theme

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.resources import ResourceError, ResourceKind, read_resource, resource_names

DEFAULT_THEME = "calm-dark"
TEXTUALS_OWN = "textual-dark"
"""What is left when no theme could be loaded."""


@dataclass(frozen=True, slots=True)
class ThemeFailure:
    """A theme file that is not used, and why, in one clean line."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class LoadedThemes:
    """What the files gave. The last theme of a name counts, so a user's file can replace one of ours."""

    themes: tuple[Theme, ...]
    failures: tuple[ThemeFailure, ...]

    def pick(self, wanted: str, others: Iterable[str] = ()) -> str:
        """The name of the theme to use.

        Args:
            wanted: The configured name, possibly of no theme.
            others: Names that are there besides these themes, such as Textual's own.
        """
        names = [theme.name for theme in self.themes]
        if wanted in names or wanted in others:
            return wanted
        return DEFAULT_THEME if DEFAULT_THEME in names else next(iter(names), TEXTUALS_OWN)


def load_themes(*folders: Path) -> LoadedThemes:
    """Reads the themes that ship with the program, then every `*.toml` of the folders, in their order.

    Args:
        folders: The user's; one that is missing counts as empty.
    """
    themes: dict[str, Theme] = {}
    failures: list[ThemeFailure] = []
    try:
        for name in resource_names(ResourceKind.THEMES):
            themes[name] = _shipped(name)
    except (ResourceError, ValueError, KeyError) as error:
        failures.append(ThemeFailure("themes", clean_line(str(error))))
    for file in [file for folder in folders for file in sorted(folder.glob("*.toml"))]:
        from codex_orch_tui.ui.theme_file import parse_theme  # noqa: PLC0415 - loads pydantic, for a user's theme only

        try:
            theme = parse_theme(file.read_bytes())
        except (ValueError, OSError) as error:
            failures.append(ThemeFailure(clean_line(file.name), clean_line(str(error))))
        else:
            themes[theme.name] = theme
    return LoadedThemes(tuple(themes.values()), tuple(failures))


def _shipped(name: str) -> Theme:
    """One of our own, which the tests have checked."""
    file: dict[str, Any] = tomllib.loads(read_resource(ResourceKind.THEMES, name))
    return Theme(name=file["name"], dark=file["dark"], variables=file["variables"], **file["colours"])
