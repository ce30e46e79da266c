"""The files that ship with the program: themes, schemas and prompts.

In a wheel they lie in `codex_orch_tui/_data/`; an editable install reads them from the top of the checkout.
"""

from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

_PACKAGE = "codex_orch_tui"


class ResourceKind(StrEnum):
    """The folders, and with `SUFFIXES` what they hold."""

    THEMES = "themes"
    SCHEMAS = "schemas"
    PROMPTS = "prompts"


SUFFIXES = {ResourceKind.THEMES: ".toml", ResourceKind.SCHEMAS: ".json", ResourceKind.PROMPTS: ".md"}


class ResourceError(Exception):
    """A file that ships with the program is missing: the name is wrong or the installation is damaged."""


def resource_names(kind: ResourceKind) -> tuple[str, ...]:
    """The names of a kind without their suffix, in order.

    Raises:
        ResourceError: The folder is missing.
    """
    suffix = SUFFIXES[kind]
    return tuple(
        sorted(entry.name.removesuffix(suffix) for entry in _folder(kind).iterdir() if entry.name.endswith(suffix))
    )


def read_resource(kind: ResourceKind, name: str) -> str:
    """The text of one file.

    Args:
        kind: What it is.
        name: Its name without the suffix.

    Raises:
        ResourceError: There is none of that name; the message lists those that are there.
    """
    known = resource_names(kind)
    if name not in known:
        raise ResourceError(f"no {kind.value} named {name!r}; there are: {', '.join(known) or 'none'}")
    return (_folder(kind) / f"{name}{SUFFIXES[kind]}").read_text("utf-8")


def _folder(kind: ResourceKind) -> Traversable:
    shipped = files(_PACKAGE) / "_data" / kind.value
    if shipped.is_dir():
        return shipped
    top = Path(__file__).resolve().parent.parent
    folder = top / kind.value
    if (top / "pyproject.toml").is_file() and folder.is_dir():
        return folder
    raise ResourceError(f"{kind.value} are missing from the installation of {_PACKAGE}; install it again")
