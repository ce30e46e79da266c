"""A rule is added to a file of the person's, and every other byte of it stays."""

import pytest
import yaml

from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.rule_writer import rule_yaml, with_rule

FIELDS = {
    "id": "git-log",
    "kind": "command",
    "program": "git",
    "args": ["log", "..."],
    "options": [],
    "reason": "it: only # reads",
    "examples": {"match": ["git log -1"], "no_match": []},
}

FILES = {
    "new": b"",
    "a comment": b"# my rules\n",
    "no list": b"# mine\nversion: 1",
    "an empty list": b"# mine\nrules: []   # none yet\nother: 1\n",
    "a key without a list": b"rules:\n# none\nother: 1\n",
    "plain": b"rules:\n  - id: a\n    kind: command\n",
    "no end of line": b"rules:\n  - id: a",
    "not set in": b"rules:\n- id: a\n  args: [x,\n    y]\n# tail\nother: 2\n",
    "CRLF": b"# \xc3\xa4\r\nrules:\r\n      - {id: x}\r\n      - id: y # hi\r\n"
    b"        list:\r\n          - 1\r\n\r\n# c\r\n",
    "a block of text": b"rules:\n  - id: a\n    reason: |\n      one\n\n      two\n\n# tail\nother: 2\n",
    "a folded text": b"rules:\n  - id: a\n    reason: one\n      two\n\nother: 2\n",
    "BOM": b"\xef\xbb\xbfrules:\n  - id: a\n",
    "document marks": b"---\nrules:\n  - id: a\n",
}


@pytest.mark.parametrize("name", FILES)
def test_the_rule_is_the_last_one_and_the_rest_is_as_it_was(name: str) -> None:
    before = FILES[name]
    after = with_rule(before, FIELDS)
    was = yaml.safe_load(before) or {}
    now = yaml.safe_load(after)
    assert now == {**was, "rules": [*(was.get("rules") or []), FIELDS]}
    changed = b"rules: []   # none yet" if name == "an empty list" else b""
    lines = iter(after.splitlines())
    assert all(line in lines for line in before.splitlines() if line != changed), "in their order"
    if b"\r\n" in before:
        assert b"\n" not in after.replace(b"\r\n", b"")


def test_a_second_one_goes_below_the_first() -> None:
    twice = with_rule(with_rule(b"", FIELDS), {**FIELDS, "id": "other"})
    assert [rule["id"] for rule in yaml.safe_load(twice)["rules"]] == ["git-log", "other"]


@pytest.mark.parametrize(
    "text",
    [
        b"rules: [{id: a}]\n",
        b"{rules: []}\n",
        b"{other: 1}\n",
        b"- a\n",
        b"rules: yes\n",
        b"rules: {a: 1}\n",
        b"a: [\n",
        b"\tx: 1",
    ],
)
def test_a_file_of_another_form_is_left_alone(text: bytes) -> None:
    with pytest.raises(NotPossibleError):
        with_rule(text, FIELDS)


@pytest.mark.parametrize(
    "value", ["\u202e", "a\nb", "- x", "yes", "1", "", "'", '"', "\x1b]0;", "a: b", "#", "é" * 400, "😀"]
)
def test_any_text_stays_what_it_is_and_is_written_so_that_it_can_be_seen(value: str) -> None:
    text = rule_yaml({"id": value, "args": [value, value]}, indent="    ")
    assert text.isascii()
    assert text.count("\n") == 2
    assert yaml.safe_load(text) == [{"id": value, "args": [value, value]}]
