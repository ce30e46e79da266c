"""What counts as a secret and what does not. The tokens are put together here: no file has the shape of one."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.domain.plan import title_of
from codex_orch_tui.domain.secret_stream import ByteRedactor, KeyBlock, StreamRedactor, beginning, ending
from codex_orch_tui.domain.secrets import (
    MARK,
    holds_mark,
    known_names,
    looks_secret,
    redact,
    redact_json,
    redact_values,
    remember,
    weak_names,
)
from codex_orch_tui.domain.terminal_text import clean_line, clean_text

BODY = "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3bC6dE9fG2hJ5kL8mN1pQ4rS7tU0vW3xY6zA9bC2dE5"
HEX = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
CAPITALS = re.sub("[a-z]", "", BODY) * 2
NAME = "PRIVATE" + " KEY"
KEY = "\n".join((f"-----BEGIN {NAME}-----", BODY[:64], BODY[5:69], BODY[9:73], f"-----END {NAME}-----"))
TOKENS = {
    "GitHub token": ("gh" + "p_" + BODY[:36], "gh" + "s_" + BODY[:36], "github" + "_pat_" + BODY),
    "GitLab token": ("glp" + "at-" + BODY[:20],),
    "API key": ("s" + "k-" + BODY[:48], "s" + "k-proj-" + BODY[:60], "s" + "k-ant-api03-" + BODY[:60]),
    "AWS key": ("AK" + "IA" + CAPITALS[:16],),
    "Slack token": ("xo" + "xb-1234567890-" + BODY[:24], "xap" + "p-1-" + BODY[:30]),
    "Stripe key": ("s" + "k_live_" + BODY[:24], "r" + "k_test_" + BODY[:24]),
    "Google key": ("AI" + "za" + BODY[:35],),
    "npm token": ("np" + "m_" + BODY[:36],),
    "PyPI token": ("py" + "pi-" + BODY,),
    "Hugging Face token": ("h" + "f_" + BODY[:34],),
    "SendGrid key": ("S" + "G." + BODY[:22] + "." + BODY[:43],),
    "JSON web token": (".".join("ey" + "J" + BODY[:30] for _ in range(2)) + "." + BODY[:43],),
    "DigitalOcean token": ("do" + "p_v1_" + HEX,),
    "Databricks token": ("da" + "pi" + HEX[:32],),
    "Twilio key": ("S" + "K" + HEX[:32],),
    "Telegram token": ("123456789:A" + "A" + BODY[:33],),
}
ALL_TOKENS = [token for tokens in TOKENS.values() for token in tokens]

OWN = {
    "DEPLOY_TOKEN": "zq81-plain-value-44",
    "DB_PASSWORD": "q1\"w2\\e3'r4",
    "SIGNING_SECRET": "three words 4you here",
    "CLIENT_SECRET": "grün-äpfel-81",
    "URL_TOKEN": "a8/+&b9?c0=",
    "LINES_KEY": "first line of it, 0001\nsecond line of it, 0002",
}


@pytest.fixture
def own() -> Iterator[Mapping[str, str]]:
    """Our environment has secrets."""
    remember(OWN)
    yield OWN
    remember({})


@pytest.mark.parametrize(("kind", "token"), [(kind, token) for kind, tokens in TOKENS.items() for token in tokens])
@pytest.mark.parametrize(
    "around", ["{}", "a {} b", "key={},", '"{}"', "\x1b[31m{}\x1b[0m", "({})", "first\\n{}\\n", "/{}/"]
)
def test_a_token_is_replaced_and_nothing_around_it(kind: str, token: str, around: str) -> None:
    before, _, after = around.partition("{}")
    assert redact(around.replace("{}", token)) == f"{before}‹secret: {kind}›{after}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('password = "hunter2x9"', 'password = "‹secret: password or key›"'),
        (f"DB_PASS={BODY[:14]}", "DB_PASS=‹secret: password or key›"),
        (f"aws_secret_access_key: {BODY[:40]}", "aws_secret_access_key: ‹secret: password or key›"),
        (f'{{"api_key":"{BODY[:20]}"}}', '{"api_key":"‹secret: password or key›"}'),
        (f'"{{\\"token\\": \\"{BODY[:20]}\\"}}"', '"{\\"token\\": \\"‹secret: password or key›\\"}"'),
        ("mysql --password s3cretpw -u me", "mysql --password ‹secret: password or key› -u me"),
        (f"authorization: Bearer {BODY[:30]}", "authorization: Bearer ‹secret: bearer token›"),
        (f"Authorization: Basic {BODY[:20]}==", "Authorization: Basic ‹secret: bearer token›"),
        ("https://me:p4ssw0rd@example.org/x", "https://me:‹secret: password›@example.org/x"),
        ("postgres://:p4ss@db/shop", "postgres://:‹secret: password›@db/shop"),
    ],
)
def test_what_says_that_a_secret_follows(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "thread 01900000-0000-7000-8000-000000000000",
        "sha256:" + HEX,
        "task-sk-learning-rate-2-with-a-long-name-here",
        "def read(token: str, tokens: int = 12345678901234) -> Token:",
        "token = get_token12345(request)",
        "password = os.environ['DB_PASSWORD_12345']",
        "secret = self.secrets2.next_one_of_them",
        "password: ${DB_PASSWORD_1234567}",
        "password = <your-password-123>",
        "password_hash_of_user1234567 = 1",
        "https://example.org:8080/a@b",
        "https://me@example.org/x",
        "import ApprovalPolicyDescriptionOfTheWorker",
        "the secret of a good token is a key: practice",
        "‹secret: GITHUB_TOKEN_NUMBER_1›",
        "eyJustAName",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_a_private_key_goes_whole_and_its_ends_stay_readable() -> None:
    assert redact(f"before\n{KEY}\nafter") == "before\n‹secret: private key›\nafter"
    in_diff = "\n".join(f"+{line}" for line in KEY.split("\n"))
    assert redact(f"{in_diff}\n after") == "+‹secret: private key›\n after"
    assert redact(json.dumps({"key": KEY})) == '{"key": "‹secret: private key›"}'
    assert BODY[5:69] not in redact(KEY.partition("-----END")[0]), "also one without its end"


def test_a_command_cannot_be_hidden_as_a_private_key() -> None:
    command = f"-----BEGIN {NAME}-----\ntouch marker && ./run.sh\nmake\n-----END {NAME}-----"
    assert "touch marker && ./run.sh\nmake\n" in redact(command)


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        ("GITHUB_TOKEN", True), ("OPENAI_API_KEY", True), ("DB_PASSWORD", True), ("MYSQL_PWD", True),
        ("SENTRY_DSN", True),
        ("npm_config_//registry.npmjs.org/:_authToken", True), ("GH_PAT", True), ("AWS_SECRET_ACCESS_KEY", True),
        ("authToken", True), ("PATH", False), ("PWD", False), ("OLDPWD", False), ("SSH_AUTH_SOCK", False),
        ("GIT_AUTHOR_NAME", False), ("XAUTHORITY", False), ("TOKENIZERS_PARALLELISM", False), ("KEYMAP", False),
        ("GPG_KEY_ID", False), ("SSL_KEY_FILE", False), ("MONKEY", False),
    ],
)  # fmt: skip
def test_names_that_say_so(name: str, is_secret: bool) -> None:
    assert looks_secret(name) == is_secret


def test_values_of_our_environment_go_however_they_are_written(own: Mapping[str, str]) -> None:
    assert known_names() == tuple(sorted(own))
    for name, value in own.items():
        for written in (
            value,
            json.dumps(value)[1:-1],
            json.dumps(json.dumps(value)[1:-1])[1:-1],
            quote(value, safe=""),
        ):
            assert redact(f"it is {written}!") == f"it is ‹secret: {name}›!", written
        coded = b64encode(value.encode()).decode()
        assert coded.rstrip("=") not in redact(f"{coded} x")
    assert redact("+second line of it, 0002") == "+‹secret: LINES_KEY›"


def test_values_that_could_be_any_word_stay_and_are_named() -> None:
    remember(
        {
            "POSTGRES_PASSWORD": "postgres",
            "SHORT_TOKEN": "a1b2",
            "PIN_SECRET": "12345678",
            "TOKEN_DIR_KEY": "/home/me/keys/id",
            "EMPTY_TOKEN": "",
            "HOME": "/home/me",
        }
    )
    try:
        assert known_names() == ()
        assert weak_names() == ("PIN_SECRET", "POSTGRES_PASSWORD", "SHORT_TOKEN")
        assert (
            redact("psql -U postgres a1b2 12345678 /home/me/keys/id")
            == "psql -U postgres a1b2 12345678 /home/me/keys/id"
        )
    finally:
        remember({})


def test_the_one_door_redacts_before_it_escapes(own: Mapping[str, str]) -> None:
    assert clean_line(f"a\n{own['LINES_KEY']}\tb") == "a\\n‹secret: LINES_KEY›\\tb"
    assert clean_text(b"\x1b[1m" + ALL_TOKENS[0].encode()) == "␛[1m‹secret: GitHub token›"
    assert title_of(f"{ALL_TOKENS[0]} is in here") == "‹secret: GitHub token› is in here"


def test_json_stays_json(own: Mapping[str, str]) -> None:
    value = {"a": [own["DB_PASSWORD"], 1, None, {"token": BODY[:20]}], "id": ALL_TOKENS[0]}
    assert json.loads(redact_json(json.dumps(value))) == {
        "a": ["‹secret: DB_PASSWORD›", 1, None, {"token": "‹secret: password or key›"}],
        "id": "‹secret: GitHub token›",
    }
    assert redact_values(value, names=frozenset({"id"}))["id"] == ALL_TOKENS[0]  # type: ignore[index]
    plain = '{"a" : 1}'
    assert redact_json(plain) is plain


WORDS = st.sampled_from(
    [
        "the parser ",
        "x=1",
        "\n",
        "\r\n",
        "\t",
        " ",
        "",
        "(",
        ")",
        '"',
        "ä ",
        "👍 ",
        "next-",
        "a_b ",
        "1 ",
        ": ",
        "‹",
        "›",
    ]
)
SECRETS = st.sampled_from([*ALL_TOKENS, *OWN.values(), 'password = "hunter2x9"', "--token s3cretvalue", KEY])
TEXTS = st.lists(st.one_of(WORDS, SECRETS, st.text(max_size=5)), max_size=8).map(" ".join)


@given(TEXTS)
def test_twice_is_as_once(text: str) -> None:
    remember(OWN)
    try:
        assert redact(redact(text)) == redact(text)
    finally:
        remember({})


@given(st.lists(WORDS, max_size=4), SECRETS, st.lists(WORDS, max_size=4), st.lists(st.integers(1, 30), min_size=1))
def test_no_border_of_pieces_lets_a_secret_through(
    before: list[str], secret: str, after: list[str], sizes: list[int]
) -> None:
    """Neither what was given on nor what is shown of the rest holds a secret that the whole text would not show."""
    remember(OWN)
    try:
        text = f"{''.join(before)} {secret} {''.join(after)}"
        whole, redactor, given_on, position, turn = redact(text), StreamRedactor(), "", 0, 0
        parts = {line for line in secret.split("\n") if len(line) > 8 and line not in whole and NAME not in line}
        while position < len(text):
            size = sizes[turn % len(sizes)]
            given_on += redactor.feed(text[position : position + size])
            assert not any(part in given_on + redactor.pending for part in parts)
            position, turn = position + size, turn + 1
        given_on += redactor.end()
        assert not any(part in given_on for part in parts)
        if "\n" not in secret:
            assert given_on == whole
    finally:
        remember({})


def test_the_open_end_of_a_stream_is_shown_as_far_as_it_is_harmless(own: Mapping[str, str]) -> None:
    redactor = StreamRedactor()
    assert redactor.feed("a plain beg") + redactor.pending == "a plain beg"
    redactor = StreamRedactor()
    assert redactor.feed(f"use {ALL_TOKENS[0][:14]}") + redactor.pending == "use …"
    assert redactor.feed(ALL_TOKENS[0][14:]) + redactor.pending == "‹secret: GitHub token›"
    redactor = StreamRedactor()
    assert redactor.feed(own["DEPLOY_TOKEN"][:9]) + redactor.pending == "…"


def test_a_stream_that_begins_in_the_middle_of_a_secret() -> None:
    redactor = StreamRedactor(mid=True)
    assert redactor.feed(f"{BODY[20:]} and then\n") + redactor.end() == "… and then\n"
    redactor = StreamRedactor(mid=True)
    assert redactor.feed("plain words\n") + redactor.end() == "plain words\n"
    redactor = StreamRedactor(mid=True)
    assert redactor.feed(f"{BODY[:64]}\n{BODY[5:69]}\nlast\n") + redactor.end() == "…\nlast\n"


def test_a_word_without_an_end_is_not_held_for_ever() -> None:
    redactor = StreamRedactor()
    given_on = "".join(redactor.feed("x" * 500) for _ in range(20))
    assert len(given_on) > 8_000
    assert len(given_on + redactor.end()) == 10_000
    redactor = StreamRedactor()
    long = f"{ALL_TOKENS[0]}{'Ab1' * 2_000}"
    given_on = "".join(redactor.feed(long[start : start + 100]) for start in range(0, len(long), 100))
    assert given_on + redactor.feed(" end") + redactor.end() == "‹secret: GitHub token› end"


def test_lines_of_a_key_are_hidden_one_by_one() -> None:
    block = KeyBlock()
    assert [block.hides(line) for line in KEY.split("\n")] == [False, True, True, True, True]
    assert not block.hides(BODY[:64]), "the key has ended"
    mid = KeyBlock(mid=True)
    assert [mid.hides(line) for line in (BODY[:64], "plain", BODY[:64])] == [True, False, False]
    assert not KeyBlock(mid=True).hides("    SomeVeryLongIdentifierWithoutAnythingElse2,")


def test_a_cut_leaves_no_half_of_a_secret() -> None:
    text = f"{'x ' * 20}{ALL_TOKENS[0]} end"
    for length in range(len(text) + 2):
        assert ALL_TOKENS[0][4:9] not in beginning(text, length)
        assert ALL_TOKENS[0][-8:] not in ending(text[length:])
    assert beginning("short", 10) == "short"
    assert ending("half-a-w0rd and more") == "… and more"


def test_bytes_of_a_log_are_kept_but_for_secrets() -> None:
    data = b"\x1b[2mtrace\x1b[0m \xff\xfe " + "ä ".encode() + ALL_TOKENS[0].encode() + b"\nrest"
    redactor = ByteRedactor()
    kept = b"".join(redactor.feed(data[index : index + 3]) for index in range(0, len(data), 3)) + redactor.end()
    assert kept == data.replace(ALL_TOKENS[0].encode(), "‹secret: GitHub token›".encode())


def test_a_mark_is_known_again() -> None:
    assert holds_mark(redact(f"use {ALL_TOKENS[0]}"))
    assert MARK.search("‹secret: GitHub token›")
    assert not holds_mark("‹secret› and › secret")
