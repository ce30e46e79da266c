"""Themes: ours are whole, readable and calm; a user's wrong file is told and left out."""

from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.theme_file import parse_theme
from codex_orch_tui.ui.themes import DEFAULT_THEME, TEXTUALS_OWN, LoadedThemes, load_themes
from codex_orch_tui.ui.widgets.event_log import EventLog

OURS = load_themes()
TEXTS = ("text-muted", "text-primary", "text-secondary", "text-accent", "text-warning", "text-error", "text-success")

GOOD = """
name = "mine"
dark = true
[colours]
primary = "#66ccff"
background = "black"
foreground = "rgb(200,200,200)"
[variables]
text-muted = "auto 60%"
block-cursor-text-style = "bold underline"
"""


def luminance(colour: Color) -> float:
    parts = [part / 255 for part in colour.rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it, 1 to 21."""
    low, high = sorted(luminance(Color.parse(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_ours_are_a_dark_a_light_and_a_high_contrast_one() -> None:
    assert OURS.failures == ()
    assert [(theme.name, theme.dark) for theme in OURS.themes] == [
        ("calm-dark", True),
        ("calm-light", False),
        ("high-contrast", True),
    ]
    assert OURS.pick("nothing") == DEFAULT_THEME


@pytest.mark.parametrize("theme", OURS.themes, ids=lambda theme: theme.name)
def test_ours_pass_the_check_that_the_users_pass(theme: Theme) -> None:
    assert parse_theme(read_resource(ResourceKind.THEMES, theme.name).encode()) == theme


@pytest.mark.parametrize("theme", OURS.themes, ids=lambda theme: theme.name)
def test_every_text_of_ours_can_be_read(theme: Theme) -> None:
    least = 7 if theme.name == "high-contrast" else 4.5
    variables = {**theme.to_color_system().generate(), **theme.variables}
    for ground in ("background", "surface", "panel"):
        for text in ("foreground", *TEXTS):
            assert contrast(variables[text], variables[ground]) >= least, (text, ground)
    for pair in ("block-cursor", "block-cursor-blurred"):
        assert contrast(variables[f"{pair}-foreground"], variables[f"{pair}-background"]) >= least


@pytest.mark.parametrize("theme", OURS.themes, ids=lambda theme: theme.name)
def test_ours_have_one_accent(theme: Theme) -> None:
    assert theme.accent == theme.primary == theme.variables["border"]


@pytest.mark.parametrize("theme", OURS.themes, ids=lambda theme: theme.name)
async def test_a_theme_of_ours_colours_the_log(theme: Theme) -> None:
    class Logged(App[None]):
        def compose(self) -> ComposeResult:
            yield EventLog()

    app = Logged()
    app.register_theme(theme)
    app.theme = theme.name
    async with app.run_test(size=(80, 10)) as pilot:
        log = app.query_one(EventLog)
        log.extend([LogEntry(LogKind.ERROR, "broken"), LogEntry(LogKind.ASK, "may I")])
        await pilot.pause()
        colours = [[*log.render_line(row)][1].style.color.triplet.hex for row in range(2)]
        assert colours == [theme.variables["text-error"], theme.variables["text-warning"]]
        assert {tone.colour[1:] for tone in Tone} <= set(app.theme_variables)


def test_a_users_theme_is_read_and_may_replace_one_of_ours(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD)
    (tmp_path / "dark.toml").write_text(GOOD.replace('"mine"', '"calm-dark"'))
    (tmp_path / "notes.txt").write_text("not a theme")
    loaded = load_themes(tmp_path, tmp_path / "missing")
    assert loaded.failures == ()
    themes = {theme.name: theme for theme in loaded.themes}
    assert themes["calm-dark"].primary == "#66ccff"
    assert loaded.pick("mine") == "mine"
    assert loaded.pick("nord", ["nord"]) == "nord"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("black", "blackish"), "colours.background: 'blackish' is not a colour"),
        (GOOD.replace("dark = true", ""), "dark: Field required"),
        (GOOD.replace("primary", "primarry"), "colours.primarry: Extra inputs"),
        (GOOD.replace('"mine"', '"Mine Own"'), "name: String should match"),
        (GOOD.replace("bold underline", "wavy"), "variables.block-cursor-text-style: 'wavy' is not a text style"),
        (GOOD.replace("auto 60%", "red; color: blue"), "variables.text-muted: 'red; color: blue' is not a colour"),
        (GOOD.replace("text-muted", '"$x"'), "is not the name of a variable"),
        ("name = ", "Invalid value"),
        ("x" * 70_000, "larger than"),
    ],
)
def test_a_wrong_file_is_told_with_the_place_and_left_out(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "bad\x1b[31m.toml").write_text(text)
    loaded = load_themes(tmp_path)
    assert [theme.name for theme in loaded.themes] == [theme.name for theme in OURS.themes]
    (failure,) = loaded.failures
    assert words in failure.reason
    assert "\n" not in failure.reason
    assert failure.file == "bad␛[31m.toml"


def test_bytes_that_are_no_text_are_a_failure(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    assert len(load_themes(tmp_path).failures) == 1


def test_without_any_theme_the_default_of_textual_can_still_be_named() -> None:
    nothing = LoadedThemes((), ())
    assert nothing.pick("nord", ["nord"]) == "nord"
    assert nothing.pick("gone", ["nord"]) == TEXTUALS_OWN
    assert TEXTUALS_OWN in BUILTIN_THEMES


async def test_every_variable_that_passes_can_be_used_by_textual(tmp_path: Path) -> None:
    theme = parse_theme(GOOD.encode())
    app: App[None] = App()
    app.register_theme(theme)
    async with app.run_test() as pilot:
        app.theme = "mine"
        await pilot.pause()
        assert app.theme_variables["text-muted"] == "auto 60%"
