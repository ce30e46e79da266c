"""Raw lines as they may be shown."""

import json

from codex_orch_tui.codex.raw_view import shown_lines

TOKEN = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3bC6"


def delta(text: str, item: str = "i") -> bytes:
    params = {"threadId": "t", "turnId": "u", "itemId": item, "delta": text}
    return json.dumps({"method": "item/agentMessage/delta", "params": params}, separators=(",", ":")).encode()


def shown(*lines: bytes) -> list[str]:
    return shown_lines((line, False) for line in lines)


def test_lines_without_a_secret_are_as_they_came() -> None:
    lines = [b'{"method":"x", "params" : {}}', delta("a pl"), delta("ain text"), b"no json \xff", delta("\n")]
    assert shown(*lines) == [line.decode("utf-8", "replace") for line in lines]


def test_a_secret_that_two_lines_share_is_in_neither() -> None:
    streamed = delta("so "), delta(f"it is {TOKEN[:9]}"), delta("other", "j"), delta(f"{TOKEN[9:]} and"), delta(" more")
    lines = shown(*streamed)
    text = "".join(lines)
    assert TOKEN[:9] not in text
    assert TOKEN[9:] not in text
    pieces = [json.loads(line)["params"] for line in lines]
    whole = "".join(piece["delta"] for piece in pieces if piece["itemId"] == "i")
    assert whole == "so it is ‹secret: GitHub token› and more"
    assert [piece["delta"] for piece in pieces if piece["itemId"] == "j"] == ["other"]


def test_a_page_that_begins_or_a_line_that_is_cut_in_the_middle() -> None:
    assert TOKEN[12:] not in "".join(shown(delta(f"{TOKEN[12:]} and"), delta(" more\n")))
    ((line),) = shown_lines([(delta(f"it is {TOKEN}")[:-8], True)])
    assert TOKEN[4:20] not in line
