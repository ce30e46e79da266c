"""The pictures of the README: they are there, and their columns and boxes do not depend on a font."""

import re
from pathlib import Path

from tests.picture_svg import portable
from tests.pictures import PICTURES, REPOSITORY, check

SVG = """<svg><style>@font-face { font-family: "Fira Code"; src: url("https://fonts.example/a.woff2"); }
.terminal-1-matrix { font-family: Fira Code, monospace; font-variant-east-asian: full-width; }
.terminal-1-r1 { fill: #aabbcc }</style><g class="terminal-1-matrix">
<text class="terminal-1-r1" x="12.2" y="44.4" textLength="97.6" clip-path="url(#c)">╭── a b   c&amp;</text>
</g></svg>""".replace(" a b   ", "&#160;a&#160;b&#160;&#160;&#160;")


def test_words_have_their_own_place_and_boxes_are_lines() -> None:
    made = portable(SVG)
    assert re.findall(r'x="([\d.]+)"[^>]*>([^<]+)</text>', made) == [("61", "a&#160;b"), ("134.2", "c&amp;")]
    assert "fonts.example" not in made
    (lines,) = re.findall(r'<path d="([^"]+)" fill="none" stroke="#aabbcc"', made)
    assert lines.count("M") == 2
    assert lines.endswith("L48.8 38.1")


def test_every_picture_of_the_readme_is_there_and_shows_no_machine() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for name in re.findall(r"screenshots/([\w-]+)\.svg", readme):
        assert name in PICTURES
    for name in PICTURES:
        picture = (REPOSITORY / "screenshots" / f"{name}.svg").read_text(encoding="utf-8")
        check(name, picture, Path("/home"))
        assert "url(http" not in picture.replace('"', "")
