"""Texts that mean to command a terminal, made by Hypothesis: the same ones at every run."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

SEQUENCES = (
    "\x1b]0;owned\x07",
    "\x1b]2;owned\x1b\\",
    "\x1b]52;c;b3du\x07",
    "\x1b]8;;http://x/\x1b\\",
    "\x1b]9;4;1;50\x07",
    "\x1b]0;unterminated ",
    "\x1bP$qm\x1b\\",
    "\x1bP unterminated ",
    "\x1b_app\x1b\\",
    "\x1b^pm\x1b\\",
    "\x1bXsos\x1b\\",
    "\x1b[8m",
    "\x1b[5;8m",
    "\x1b[2J",
    "\x1b[3J",
    "\x1b[999;999H",
    "\x1b[?1049l",
    "\x1b[?1000h",
    "\x1b[6n",
    "\x1b[21t",
    "\x1b[",
    "\x1b",
    "\x1bc",
    "\x1b#8",
    "\x1b(0",
    "\x9b8m",
    "\x9d0;own\x9c",
    "\x90q\x9c",
)
MARKUP = ("[/]", "[red]", "[b +", "\\[x]", "[@click=app.quit]Q[/]", "[link=x]", "$x", "[on red]R[/on red]")
INVISIBLE = "\u202e\u2066\u2069\u200b\u200d\u200f\u061c\ufeff\u00ad\ufe0f\u3164\u115f\U000e0041\U000e0100\u2028\u2029"
MAX_CHARS = 60


def _texts() -> st.SearchStrategy[str]:
    fragment = st.one_of(
        st.sampled_from(SEQUENCES),
        st.sampled_from(MARKUP),
        st.sampled_from(INVISIBLE),
        st.characters(min_codepoint=0, max_codepoint=0x9F),
        st.text(max_size=8),
        st.sampled_from(("plain", "words", " ", "漢字", "é́́́", "👩‍👩‍👧", "a" * 12, "/", "; ")),
    )
    return st.lists(fragment, min_size=1, max_size=6).map("".join).filter(bool).map(lambda text: text[:MAX_CHARS])


def hostile_strings(count: int) -> list[str]:
    """So many different strings, surrogates among them."""
    found: dict[str, None] = {}

    @settings(
        max_examples=2 * count + 100,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_texts())
    def collect(text: str) -> None:
        found[text] = None

    collect()
    strings = list(found)[:count]
    assert len(strings) == count, f"Hypothesis made {len(strings)} different strings"
    return strings
