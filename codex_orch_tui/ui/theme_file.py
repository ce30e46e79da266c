"""A theme file of the user's, checked before Textual sees it.

Importing this loads pydantic's models; the program does so only when the user has themes.
"""

import re
import tomllib
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from textual.color import Color, ColorParseError
from textual.theme import Theme

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MAX_FILE_BYTES = 65_536
_STYLE_WORDS = frozenset({"none", "bold", "dim", "italic", "underline", "reverse", "strike", "not", "b", "i", "u"})
_PERCENT = re.compile(r"(.*\S)\s+\d{1,3}%")


def _colour(value: str) -> str:
    try:
        Color.parse(value)
    except ColorParseError:
        raise ValueError(f"{value!r} is not a colour") from None
    return value


def _variable_name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]*", value):
        raise ValueError(f"{value!r} is not the name of a variable")
    return value


Colour = Annotated[str, AfterValidator(_colour)]


class _Colours(BaseModel):
    """The colours that a theme is made of; what is missing is derived from the others."""

    model_config = ConfigDict(extra="forbid")

    primary: Colour
    background: Colour
    foreground: Colour
    secondary: Colour | None = None
    accent: Colour | None = None
    surface: Colour | None = None
    panel: Colour | None = None
    boost: Colour | None = None
    warning: Colour | None = None
    error: Colour | None = None
    success: Colour | None = None


class _ThemeFile(BaseModel):
    """One theme's file."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    dark: bool
    colours: _Colours
    variables: dict[Annotated[str, AfterValidator(_variable_name)], str] = {}


def parse_theme(data: bytes) -> Theme:
    """A theme from the bytes of its file.

    Raises:
        ValueError: The file is not a theme; the message says where and why in one line.
    """
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"larger than {MAX_FILE_BYTES:,} bytes")
    try:
        file = _ThemeFile.model_validate(tomllib.loads(data.decode()))
    except ValidationError as error:
        raise ValueError("; ".join(map(_told, error.errors(include_url=False)[:3]))) from None
    for name, value in file.variables.items():
        _check_variable(name, value)
    colours = file.colours.model_dump(exclude_none=True)
    return Theme(name=file.name, dark=file.dark, variables=file.variables, **colours)


def _told(error: "ErrorDetails") -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"


def _check_variable(name: str, value: str) -> None:
    """Textual reads variables when it parses its style sheets, and a wrong one ends the app there.

    Raises:
        ValueError: The value is neither a colour nor, where the name says so, a text style.
    """
    if name.endswith("-style"):
        if not value.split() or not _STYLE_WORDS.issuperset(value.split()):
            raise ValueError(f"variables.{name}: {value!r} is not a text style")
        return
    found = _PERCENT.fullmatch(value)
    colour = found.group(1) if found else value
    if colour != "auto":
        try:
            _colour(colour)
        except ValueError as error:
            raise ValueError(f"variables.{name}: {error}") from None
