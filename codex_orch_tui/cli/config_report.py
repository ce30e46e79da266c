"""The settings that hold, each with its origin: as lines for people and as a JSON document (schema 1) for programs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codex_orch_tui import __version__
from codex_orch_tui.config import LoadedConfig, SettingsPlaces
from codex_orch_tui.config.load import BASE_VARIABLE, PREFIX
from codex_orch_tui.config.sections import SECTIONS, When
from codex_orch_tui.config.value_text import Plain, plain_value, value_text
from codex_orch_tui.domain.terminal_text import clean_line

SCHEMA_VERSION = 1
_DEFAULT = "default"
_NAME_CHARS = 26
_VALUE_CHARS = 31
_MAX_VALUE_CHARS = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One setting, or one key of a role (`roles.tester.model`); all text is clean.

    Attributes:
        origin: File and line, variable or option; "default" where none of them sets it.
        held: Where a repository's file sets it, as long as that counts only after it was trusted.
    """

    name: str
    section: str
    value: Plain
    text: str
    origin: str
    takes_effect: When
    held: str = ""

    @property
    def kind(self) -> str:
        """What its origin is."""
        if self.origin == _DEFAULT:
            return "default"
        if self.origin.startswith("--"):
            return "option"
        is_variable = self.origin.startswith(PREFIX) or self.origin == BASE_VARIABLE
        return "variable" if is_variable else "file"


def shown_settings(loaded: LoadedConfig) -> Iterator[Shown]:
    """All settings in the order of their sections."""
    for section, settings in SECTIONS.items():
        for name, when in settings.items():
            value = getattr(loaded.config, name)
            yield Shown(
                name=name,
                section=section,
                value=plain_value(value),
                text=value_text(value),
                origin=clean_line(loaded.origins.get(name, _DEFAULT)),
                takes_effect=when,
                held=clean_line(loaded.held.get(name, "")),
            )
            if name == "roles":
                yield from _keys_of_roles(loaded, section, when)


def _keys_of_roles(loaded: LoadedConfig, section: str, when: When) -> Iterator[Shown]:
    """Places are joined key by key in this table, so each key has an origin of its own."""
    for (role, key), place in loaded.role_origins.items():
        value = getattr(loaded.config.roles[role], key)
        yield Shown(
            name=clean_line(f"roles.{role}.{key}"),
            section=section,
            value=plain_value(value),
            text=value_text(value),
            origin=clean_line(place),
            takes_effect=when,
        )


def config_lines(places: SettingsPlaces, loaded: LoadedConfig, *, is_trusted: bool) -> list[str]:
    """All lines, each safe to print; a long value is cut.

    Args:
        places: Where settings can come from.
        loaded: What was read there.
        is_trusted: What the repository's file brings that needs trust counts.
    """
    lines = [
        clean_line(f"{'your own' if path == places.user_file else 'repository'}: {path}{_state(path)}")
        for path in places.files
    ]
    lines += [f"! {clean_line(warning)}" for warning in loaded.warnings]
    section = ""
    for shown in shown_settings(loaded):
        if shown.section != section:
            section = shown.section
            lines += ["", section]
        lines.append(f"  {shown.name:{_NAME_CHARS}} {_short(shown, loaded):{_VALUE_CHARS}}  {shown.origin}")
        if shown.held:
            told = "and you trusted it" if is_trusted else "and counts once you trusted it → codex-orch-tui trust"
            lines.append(f"  {'':{_NAME_CHARS}} {shown.held} sets it, {told}")
    return lines


def _short(shown: Shown, loaded: LoadedConfig) -> str:
    if shown.name == "roles" and loaded.role_origins:
        return f"{len(loaded.config.roles)} of them:"
    return shown.text if len(shown.text) <= _MAX_VALUE_CHARS else f"{shown.text[: _MAX_VALUE_CHARS - 1]}…"


def config_document(places: SettingsPlaces, loaded: LoadedConfig, *, is_trusted: bool) -> dict[str, Any]:
    """The whole document: plain values that every JSON parser takes; see `config_lines`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "program_version": __version__,
        "files": [
            {
                "whose": "person" if path == places.user_file else "repository",
                "path": clean_line(str(path)),
                "exists": path.exists(),
            }
            for path in places.files
        ],
        "settings": [
            {
                "name": shown.name,
                "section": shown.section,
                "value": shown.value,
                "origin": {"kind": shown.kind, "place": None if shown.origin == _DEFAULT else shown.origin},
                "takes_effect": shown.takes_effect.name.lower(),
                "brought": {"place": shown.held, "trusted": is_trusted} if shown.held else None,
            }
            for shown in shown_settings(loaded)
        ],
        "warnings": [clean_line(warning) for warning in loaded.warnings],
    }


def _state(path: Path) -> str:
    return "" if path.exists() else " (is not there)"
