"""Questions as they are shown, and decisions as Codex takes them."""

import json
from typing import Any

import pytest

from codex_orch_tui.codex.answers import ImpossibleAnswerError, result_for
from codex_orch_tui.codex.decode import Decoder
from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest, Choice, Decision
from codex_orch_tui.domain.signals import Asked

COMMAND = "item/commandExecution/requestApproval"
FILES = "item/fileChange/requestApproval"
PERMISSIONS = "item/permissions/requestApproval"
QUESTIONS = "item/tool/requestUserInput"
FORM = "mcpServer/elicitation/request"


def ask(method: str, **params: Any) -> ApprovalRequest:
    line = json.dumps({"method": method, "id": 7, "params": {"threadId": "t", "turnId": "u", "itemId": "i", **params}})
    (asked,) = Decoder(cwd="/wt", codex="codex").decode(line.encode()).signals
    assert isinstance(asked, Asked)
    return asked.request


def decide(choice: Choice, **fields: Any) -> Decision:
    return Decision(choice=choice, **fields)


NETWORK = {"networkApprovalContext": {"host": "pypi.org", "protocol": "https"}}
REQUESTS = [
    ask(COMMAND, kind="command", command="ls"),
    ask(COMMAND, kind="writeStdin", command="write_stdin"),
    ask(COMMAND, kind="command", availableDecisions=["accept", "cancel"], **NETWORK),
    ask(FILES),
    ask(PERMISSIONS, permissions={"network": {"enabled": True}}),
    ask(QUESTIONS, questions=[{"id": "q", "question": "?"}]),
    ask(FORM, mode="form", requestedSchema={"properties": {"a": {"type": "string"}}}),
    ask(FORM, mode="url", url="https://example.org/\x1b[0m"),
    ask(FORM, mode="form", _meta={"codex_approval_kind": "mcp_tool_call"}),
    ask(FORM, mode="openai/userVerification", title="prove it"),
]


def test_every_request_can_be_declined_and_no_decision_is_taken_that_it_does_not_offer() -> None:
    assert {request.kind for request in REQUESTS} == set(ApprovalKind)
    for request in REQUESTS:
        assert Choice.DECLINE in request.choices
        for choice in Choice:
            if choice not in request.choices:
                with pytest.raises(ImpossibleAnswerError):
                    result_for(request, decide(choice))
        declined = json.dumps(result_for(request, decide(Choice.DECLINE)))
        assert "accept" not in declined
        assert "enabled" not in declined


def test_the_words_of_command_and_file_decisions() -> None:
    words = {choice: result_for(REQUESTS[0], decide(choice))["decision"] for choice in REQUESTS[0].choices}
    assert words == {
        Choice.ACCEPT: "accept",
        Choice.ACCEPT_FOR_SESSION: "acceptForSession",
        Choice.DECLINE: "decline",
        Choice.CANCEL: "cancel",
    }
    assert Choice.ACCEPT_FOR_SESSION not in REQUESTS[1].choices
    assert Choice.ACCEPT_FOR_SESSION not in REQUESTS[2].choices
    assert REQUESTS[2].host == "https://pypi.org"


def test_the_whole_command_is_shown_and_nothing_in_it_is_obeyed() -> None:
    script = "echo one\necho '\x1b[8mtwo\u202e' | wc -c"
    request = ask(COMMAND, kind="command", command=f'/bin/bash -lc "{script}"', cwd="/w\nt", reason="be\x07cause")
    assert request.command == "echo one\necho '␛[8mtwo\\u{202E}' | wc -c"
    assert (request.cwd, request.reason) == ("/w\\nt", "be\\x07cause")
    assert request.raw_json.isascii()
    assert request.raw_json.isprintable()
    assert json.loads(request.raw_json)["command"] == f'/bin/bash -lc "{script}"'
    assert ask(COMMAND, command="/bin/bash -c 'a' extra").command == "/bin/bash -c 'a' extra"
    assert ask(COMMAND, command="evil/bash -x 'a'").command == "evil/bash -x 'a'"
    assert ask(COMMAND, command="bash -c 'open").command == "bash -c 'open"


def profile() -> dict[str, Any]:
    def entry(path: Any, access: str) -> dict[str, Any]:
        return {"path": path, "access": access}

    return {
        "fileSystem": {
            "read": ["/a", "/only-read"],
            "write": ["/b"],
            "globScanMaxDepth": 3,
            "entries": [
                entry({"type": "path", "path": "/a"}, "read"),
                entry({"type": "path", "path": "/b"}, "write"),
                entry({"type": "glob_pattern", "pattern": "**/.env"}, "deny"),
                entry({"type": "special", "value": {"kind": "project_roots", "subpath": "x"}}, "write"),
            ],
        },
        "network": {"enabled": True},
    }


def test_a_grant_gives_the_chosen_parts_and_keeps_out_what_the_request_keeps_out() -> None:
    request = ask(PERMISSIONS, permissions=profile())
    assert [(entry.access, entry.target) for entry in request.permissions] == [
        ("read", "/a"),
        ("write", "/b"),
        ("deny", "**/.env"),
        ("write", "project_roots/x"),
        ("read", "/only-read"),
        ("network", "any host"),
    ]
    some = result_for(request, decide(Choice.GRANT, granted=(1, 4), for_session=True))
    entries = profile()["fileSystem"]["entries"]
    only_read = {"path": {"type": "path", "path": "/only-read"}, "access": "read"}
    assert some == {
        "permissions": {"fileSystem": {"entries": [entries[1], only_read, entries[2]], "globScanMaxDepth": 3}},
        "scope": "session",
    }
    assert result_for(request, decide(Choice.GRANT, granted=(5,))) == {
        "permissions": {"network": {"enabled": True}},
        "scope": "turn",
    }
    everything = result_for(request, decide(Choice.GRANT))["permissions"]
    assert len(everything["fileSystem"]["entries"]) == 5
    assert everything["network"] == {"enabled": True}
    assert result_for(request, decide(Choice.GRANT, granted=())) == {"permissions": {}, "scope": "turn"}
    assert result_for(request, decide(Choice.DECLINE)) == {"permissions": {}, "scope": "turn"}
    with pytest.raises(ImpossibleAnswerError):
        result_for(request, decide(Choice.GRANT, granted=(6,)))


def test_an_answer_is_the_label_that_codex_wrote_not_the_one_that_was_shown() -> None:
    options = [{"label": "Red\x1b", "description": "warm"}, {"label": "Blue", "description": ""}]
    request = ask(QUESTIONS, questions=[{"id": "q", "header": "H", "question": "Q?", "options": options}])
    assert request.questions[0].options[0].label == "Red␛"
    assert not request.questions[0].allows_other
    given = result_for(request, decide(Choice.ANSWER, answers={"q": ("Red␛",)}))
    assert given == {"answers": {"q": {"answers": ["Red\x1b"]}}}
    for answers in ({}, {"q": ()}, {"q": ("Green",)}):
        with pytest.raises(ImpossibleAnswerError):
            result_for(request, decide(Choice.ANSWER, answers=answers))
    free = ask(QUESTIONS, questions=[{"id": "q", "question": "Q?", "isSecret": True}])
    assert free.questions[0].allows_other
    assert free.questions[0].is_secret
    assert result_for(free, decide(Choice.ANSWER, answers={"q": ("x",)})) == {"answers": {"q": {"answers": ["x"]}}}


SCHEMA = {
    "properties": {
        "name": {"type": "string", "title": "Name", "default": "Ada"},
        "age": {"type": "integer"},
        "ratio": {"type": "number"},
        "ok": {"type": "boolean"},
        "size": {"type": "string", "oneOf": [{"const": "s", "title": "Small"}, {"const": "l", "title": "Large"}]},
        "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b", "c"]}},
    },
    "required": ["name"],
}


def test_a_form_is_answered_with_typed_values() -> None:
    request = ask(FORM, mode="form", message="Fill in", requestedSchema=SCHEMA)
    assert [(field.type, field.required) for field in request.fields] == [
        ("string", True),
        ("integer", False),
        ("number", False),
        ("boolean", False),
        ("enum", False),
        ("enum", False),
    ]
    assert request.fields[4].choices == ("s", "l")
    answers = {"name": ("B",), "age": ("-3",), "ratio": ("2.50",), "ok": ("No",), "size": ("l",), "tags": ("a", "c")}
    assert result_for(request, decide(Choice.ANSWER, answers=answers)) == {
        "action": "accept",
        "content": {"name": "B", "age": -3, "ratio": 2.5, "ok": False, "size": "l", "tags": ["a", "c"]},
    }
    left_out = result_for(request, decide(Choice.ANSWER, answers={"name": ("B",), "age": ("",)}))
    assert left_out["content"] == {"name": "B"}


@pytest.mark.parametrize(
    ("name", "word", "says"),
    [
        ("name", "", "needs an answer"),
        ("age", "3.5", "a whole number"),
        ("ratio", "nan", "a number"),
        ("ok", "maybe", "yes or no"),
        ("size", "m", "one of: s, l"),
    ],
)
def test_a_form_refuses_what_has_the_wrong_type(name: str, word: str, says: str) -> None:
    request = ask(FORM, mode="form", requestedSchema=SCHEMA)
    with pytest.raises(ImpossibleAnswerError, match=says):
        result_for(request, decide(Choice.ANSWER, answers={"name": ("B",), name: (word,)}))


def test_a_tool_is_accepted_for_the_session_only_where_codex_offers_it() -> None:
    meta = {"codex_approval_kind": "mcp_tool_call", "persist": ["session", "always"], "tool_params": {"path": "/x"}}
    request = ask(FORM, mode="form", _meta=meta, message="Allow?", requestedSchema={"properties": {}})
    assert '"path": "/x"' in request.reason
    assert result_for(request, decide(Choice.ACCEPT_FOR_SESSION)) == {
        "action": "accept",
        "content": {},
        "_meta": {"persist": "session"},
    }
    assert Choice.ACCEPT_FOR_SESSION not in REQUESTS[8].choices
    assert REQUESTS[9].choices == (Choice.DECLINE, Choice.CANCEL)


def test_of_what_is_typed_the_text_is_shown_and_the_words_around_it_are_kept() -> None:
    request = ask(COMMAND, kind="writeStdin", command="write_stdin --session-id 7 'y\n'")
    assert request.command == "y\n"
    assert request.wrapped == "write_stdin --session-id 7 'y\n'"
