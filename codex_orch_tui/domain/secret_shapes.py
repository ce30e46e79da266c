"""The shapes of tokens, keys and passwords that are known by their look.

Services mark their tokens so that a search finds them; the prefixes are theirs. Patterns are kept as text: what they
are tried on is rare (see secrets), so they are compiled late.
"""

from typing import NamedTuple


class Shape(NamedTuple):
    """A kind of secret: what must stand in a text before the pattern is tried, and what takes the place of a match."""

    kind: str
    anchors: tuple[str, ...]
    source: str
    replaced: str = ""
    """A template for the match; empty: the mark alone."""


SIGNS = "_-AJS./:i"
"""Signs of which each anchor has one: a text without the sign needs no search for its anchors."""


def first_sign(anchor: str) -> str:
    """The first of `SIGNS` that the anchor has."""
    return next(sign for sign in SIGNS if sign in anchor)


_B = r"(?:(?<![A-Za-z0-9_-])|(?<=[\[;\d]m)|(?<=\\[nrt]))"
"""A token begins here: no letter before it, but for the end of a colour sequence and an escaped line end."""
_SET = "[A-Za-z0-9_-]"
_HAS_DIGIT = r"(?=[A-Za-z0-9_+/=.~-]*\d)"

_WITH_UNDERSCORE = (
    Shape("GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{30,}"),
    Shape("GitHub token", ("github_pat_",), r"github_pat_[A-Za-z0-9_]{36,}"),
    Shape("Stripe key", ("k_live_", "k_test_"), r"[prs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    Shape("webhook key", ("whsec_",), r"whsec_[A-Za-z0-9+/=]{24,}"),
    Shape("npm token", ("npm_",), r"npm_[A-Za-z0-9]{36,}"),
    Shape("Hugging Face token", ("hf_",), rf"{_B}hf_[A-Za-z0-9]{{30,}}"),
    Shape("DigitalOcean token", ("_v1_",), r"do[opr]_v1_[a-f0-9]{40,}"),
    Shape("Shopify token", ("shpat_", "shpca_", "shppa_", "shpss_"), r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32,}"),
    Shape("Docker token", ("dckr_pat_",), rf"dckr_pat_{_SET}{{20,}}"),
    Shape("Linear key", ("lin_api_",), r"lin_api_[A-Za-z0-9]{32,}"),
    Shape("Supabase token", ("sbp_",), r"sbp_[a-f0-9]{40,}"),
    Shape("Grafana token", ("glsa_",), r"glsa_[A-Za-z0-9_]{36,}"),
)
_WITH_HYPHEN = (
    Shape("API key", ("sk-",), rf"(?:{_B}sk-|sk-(?:proj|ant|svcacct|admin|or)-){_HAS_DIGIT}{_SET}{{20,}}"),
    Shape("GitLab token", ("glpat-", "gldt-", "glrt-", "glptt-"), rf"gl(?:pat|dt|rt|ptt)-{_SET}{{20,}}"),
    Shape(
        "Slack token",
        ("xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"),
        r"xox[abeoprs]-(?:\d-)?[A-Za-z0-9-]{15,}",
    ),
    Shape("Slack token", ("xapp-",), r"xapp-\d-[A-Za-z0-9-]{20,}"),
    Shape("PyPI token", ("pypi-",), rf"pypi-{_SET}{{50,}}"),
    Shape("Google key", ("GOCSPX-",), rf"GOCSPX-{_SET}{{20,}}"),
    Shape("age key", ("AGE-SECRET-KEY-",), r"AGE-SECRET-KEY-1[A-Z0-9]{40,}"),
    Shape("Postman key", ("PMAK-",), r"PMAK-[a-f0-9]{24}-[a-f0-9]{24,}"),
)
_BARE = (
    Shape("AWS key", ("AKIA", "ASIA", "ABIA", "ACCA"), r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16,}"),
    Shape("Google key", ("AIza",), rf"AIza{_SET}{{35,}}"),
    Shape("Google token", ("ya29.",), rf"ya29\.{_SET}{{20,}}"),
    Shape("JSON web token", ("eyJ",), rf"eyJ{_SET}{{17,}}\.{_SET}{{8,}}(?:\.{_SET}*)*"),
    Shape("SendGrid key", ("SG.",), rf"SG\.{_SET}{{20,}}\.{_SET}{{20,}}"),
    Shape("Vault token", ("hvs.", "hvb."), rf"hv[sb]\.{_SET}{{24,}}"),
    Shape("Databricks token", ("dapi",), r"dapi[a-f0-9]{32,}"),
    Shape("Twilio key", ("SK",), rf"{_B}SK[a-f0-9]{{32}}"),
    Shape("Telegram token", (":AA",), rf"\d{{8,10}}:AA{_SET}{{32,}}"),
    Shape("Atlassian token", ("ATATT3",), r"ATATT3[A-Za-z0-9_=-]{30,}"),
    Shape("webhook address", ("hooks.slack.com/",), r"(hooks\.slack\.com/\w+/)[A-Za-z0-9/_-]{20,}", r"\1{mark}"),
    Shape("webhook address", ("/api/webhooks/",), rf"(/api/webhooks/)\d+/{_SET}{{30,}}", r"\1{mark}"),
)

# In an approval's command the hidden part could itself be a command. So the lines of a key are hidden only when they
# are long base64; what stands between them, and a last line that could be a word, stays to be read.
_SEPARATOR = r"(?:\\+[nrt]|[ \t\r\n])"
KEY_LINE = r"(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[A-Z])[A-Za-z0-9+/]{20,}={0,2}"
"""A line of base64 as private keys have it."""
KEY_BEGIN = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
KEY_END = r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_KEY = Shape(
    "private key",
    ("PRIVATE KEY",),
    rf"{KEY_BEGIN}(?:{_SEPARATOR}*[+ -]?{_SEPARATOR}*{KEY_LINE}(?={_SEPARATOR}|[-\"'`]|$))*"
    rf"(?:{_SEPARATOR}*[+ -]?{_SEPARATOR}*{KEY_END})?",
)

_PLACEHOLDER = r"(?!\$|\{|<|\*|‹|%[^0-9A-Fa-f])"
_URL = Shape("password", ("://",), rf"(://[^\s/:@\"'<>]{{0,64}}:){_PLACEHOLDER}[^\s/@\"'<>]{{3,}}@", r"\1{mark}@")

KEYWORDS = (
    *("passw", "passphrase", "passcode", "_pass", "pwd", "secret", "token", "credential", "bearer", "authorization"),
    *("apikey", "_key", "-key", "accesskey", "secretkey", "privatekey", "accountkey", "authkey"),
)
"""Of these a text has at least one, in small letters, before `ASSIGNMENT` is tried."""
_MIXED = r"(?=[^\s\"'`\\]*\d)(?=[^\s\"'`\\]*[a-z])"
"""A password or key has a digit and a letter; without that, every variable named `token` would count."""
ASSIGNMENT = (
    r"(?P<lead>"
    r"(?:pass(?:word|wd|phrase|code)?|pwd|(?<!‹)secret|token|credentials?"
    r"|(?:api|access|secret|private|account|auth|client|signing|encryption)[_-]?key)"
    r"\\*[\"']?\s{0,3}(?::=|=>|=|:)\s{0,3})"
    rf"(?:(?P<quote>\\*[\"'`]){_PLACEHOLDER}{_MIXED}[^\s\"'`\\]{{8,200}}(?=(?P=quote))"
    rf"|(?P<open>\\*[\"'`]?){_PLACEHOLDER}{_MIXED}[a-z0-9+/=_!@#%^*~-]{{12,}}(?![a-z0-9(\[.]))"
    rf"|(?P<option>--[a-z-]{{0,20}}(?:password|passwd|passphrase|token|secret|api-key)\s{{1,3}}[\"']?)"
    rf"{_PLACEHOLDER}{_MIXED}[^\s\"'`\\-][^\s\"'`\\]{{7,200}}"
    r"|(?P<bearer>\bbearer\s{1,3}|\bauthorization\\*[\"']?\s{0,3}[:=]\s{0,3}\\*[\"']?(?:basic|token)\s{1,3})"
    r"(?=[^\s\"']*\d)[a-z0-9._~+/-]{16,}=*"
)

TOKENS = (*_WITH_UNDERSCORE, *_WITH_HYPHEN, *_BARE)
"""Each has a word of `MIN_TOKEN_CHARS` in it."""
MIN_TOKEN_CHARS = 20
SHAPES = (_KEY, *TOKENS, _URL)
"""In the order in which they are tried."""

ANCHORS = tuple(anchor for shape in TOKENS for anchor in shape.anchors)
"""How the tokens begin."""

KEYWORD_BEFORE = (
    r"(?i)(?:[\w-]*(?:pass\w*|pwd|secret|token|credentials?|key)\\*[\"'`]?\s{0,3}(?::=|=>|=|:)?\s{0,3}\\*[\"'`]?"
    r"|\bbearer\s{1,3}|\bauthorization\\*[\"']?\s{0,3}(?:[:=]\s{0,3}\\*[\"']?(?:(?:basic|token)\s{0,3})?)?)$"
)
"""What a text ends with when the next word may be a secret for the sake of what stands before it."""
