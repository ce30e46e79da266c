"""The log view's entries, from lines as Codex writes them."""

import json
import time
from typing import Any

import pytest

from codex_orch_tui.codex.decode import Decoder
from codex_orch_tui.codex.narrate import Narrator
from codex_orch_tui.codex.wording import duration
from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.signals import ItemEnded


def line(method: str, at_ms: int | None = None, **params: Any) -> bytes:
    message: dict[str, Any] = {"method": method, "params": {"threadId": "t", "turnId": "u", **params}}
    if at_ms is not None:
        message["emittedAtMs"] = at_ms
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def delta(item: str, text: str, kind: str = "agentMessage/delta") -> bytes:
    return line(f"item/{kind}", itemId=item, delta=text)


def began(at_ms: int = 1_000, **item: Any) -> bytes:
    return line("item/started", item=item, startedAtMs=at_ms)


def ended(at_ms: int = 2_000, **item: Any) -> bytes:
    return line("item/completed", item=item, completedAtMs=at_ms)


def narrator(*, is_checked: bool = True) -> Narrator:
    return Narrator(cwd="/wt", codex="/bin/codex", is_checked=is_checked)


MESSAGE = {"type": "agentMessage", "id": "m"}
COMMAND = {"type": "commandExecution", "id": "c", "command": "/bin/bash -c 'make all'"}
OUTPUT = "commandExecution/outputDelta"


def test_a_streamed_message_comes_line_by_line_and_is_not_repeated() -> None:
    told = narrator()
    assert told.feed([began(**MESSAGE), delta("m", "Hel"), delta("m", "lo,\nwor")]) == [
        LogEntry(LogKind.MESSAGE, "Hello,", 1.0)
    ]
    assert told.partial == LogEntry(LogKind.MESSAGE, "wor", 1.0, continues=True)
    assert told.feed([delta("m", "ld"), ended(**MESSAGE, text="Hello,\nworld, again\n")]) == [
        LogEntry(LogKind.MESSAGE, "world, again", 2.0, continues=True)
    ]
    assert told.partial is None


ANSWER = {
    "summary": "The search is there.",
    "changes": [{"path": "src/search.py", "what": "the endpoint"}],
    "decisions": [],
    "open": ["a test of empty queries", "docs\nand all"],
}
TOLD = """The search is there.
changes:
- src/search.py · the endpoint
open:
- a test of empty queries
- docs\\nand all"""
WRITING = "writing its answer …"


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("size", [1, 7, 4_000])
def test_an_answer_in_json_is_one_word_while_it_streams_and_readable_when_it_is_there(
    indent: int | None, size: int
) -> None:
    told, text = narrator(), json.dumps(ANSWER, indent=indent)
    assert told.feed([began(**MESSAGE)]) == []
    for start in range(0, len(text), size):
        assert told.feed([delta("m", text[start : start + size])]) == []
        assert told.partial == LogEntry(LogKind.MESSAGE, WRITING, 1.0)
    assert told.feed([ended(**MESSAGE, text=text)]) == [LogEntry(LogKind.MESSAGE, TOLD, 2.0)]
    assert told.partial is None


def test_an_answer_that_was_not_streamed_is_readable_too() -> None:
    assert narrator().feed([began(**MESSAGE), ended(**MESSAGE, text=f"\n{json.dumps(ANSWER)}\n")]) == [
        LogEntry(LogKind.MESSAGE, TOLD, 2.0)
    ]


@pytest.mark.parametrize("begin", range(0, 150, 9))
def test_a_narrator_that_begins_amid_an_answer_shows_no_shreds_of_it(begin: int) -> None:
    """What came before its first sign of JSON cannot be told from prose."""
    told, text = narrator(), json.dumps(ANSWER)
    entries, shown = [], ""
    for start in range(begin, len(text), 4):
        entries += told.feed([delta("m", text[start : start + 4])])
        assert told.partial is not None
        shown = told.partial.text if told.partial.text != WRITING else shown
    assert told.partial.text == WRITING
    assert not set('"{}:') & set(shown.strip(' "')), "at most a part of the string that it began in"
    assert entries == []
    assert told.feed([ended(**MESSAGE, text=text)]) == [LogEntry(LogKind.MESSAGE, TOLD, 2.0)]


@pytest.mark.parametrize("text", ["{name} stands for the task.\nIt is filled in.", '{"half": "an object', "{}"])
def test_what_only_begins_like_json_is_shown_as_it_came_once_it_is_whole(text: str) -> None:
    told = narrator()
    assert told.feed([began(**MESSAGE), *(delta("m", letter) for letter in text)]) == []
    assert told.feed([ended(**MESSAGE, text=text)]) == [LogEntry(LogKind.MESSAGE, text, 2.0)]


@pytest.mark.parametrize("size", [1, 7, 4_000])
def test_where_no_schema_was_asked_for_an_object_is_what_the_worker_wrote(size: int) -> None:
    told, text = narrator(is_checked=False), json.dumps(ANSWER, indent=2)
    entries = told.feed([began(**MESSAGE), *(delta("m", text[at : at + size]) for at in range(0, len(text), size))])
    entries += told.feed([ended(**MESSAGE, text=text)])
    assert "\n".join(entry.text for entry in entries) == text
    at_once = narrator(is_checked=False).feed([began(**MESSAGE), ended(**MESSAGE, text=text)])
    assert at_once == [LogEntry(LogKind.MESSAGE, text, 2.0)]


def test_an_item_of_a_turn_without_a_schema_is_called_as_it_begins() -> None:
    decoder = Decoder(cwd="/wt", codex="codex")
    titles = []
    for is_checked in (False, True, False):
        decoder.begin_turn(is_checked=is_checked)
        (signal,) = decoder.decode(ended(**MESSAGE, text=json.dumps(ANSWER))).signals
        assert isinstance(signal, ItemEnded)
        titles.append(signal.item.title)
    assert titles == [json.dumps(ANSWER), "The search is there.", json.dumps(ANSWER)]


def test_prose_with_quotes_streams_as_prose() -> None:
    told = narrator()
    text = 'It says "no", and {"a": 1} is why.\nSo it is.'
    entries = told.feed([began(**MESSAGE), *(delta("m", letter) for letter in text)])
    assert [entry.text for entry in entries] == ['It says "no", and {"a": 1} is why.']


def test_output_that_is_json_streams_as_it_is() -> None:
    told = narrator()
    entries = told.feed([began(**COMMAND), delta("c", '{"a": 1,\n', OUTPUT)])
    assert entries[-1].text == '{"a": 1,'


def test_an_answer_that_is_cut_off_leaves_a_word() -> None:
    told = narrator()
    told.feed([began(**MESSAGE), delta("m", '{"summary": "Half')])
    turn = line("turn/completed", turn={"id": "u", "status": "interrupted"})
    assert [entry.text for entry in told.feed([turn])] == [
        "it was writing its answer, which was not finished",
        "turn interrupted",
    ]
    assert told.partial is None


def test_a_secret_in_an_answer_is_a_mark() -> None:
    key = "sk-proj-" + "a1B2" * 12
    text = json.dumps({"summary": f"the key is {key}", "password": "hunter2-hunter2"})
    told = narrator().feed([began(**MESSAGE), delta("m", text), ended(**MESSAGE, text=text)])
    assert key not in str(told)
    assert "hunter2" not in str(told)


def test_a_message_that_was_not_streamed_is_one_entry() -> None:
    assert narrator().feed([began(**MESSAGE), ended(**MESSAGE, text="one\ntwo\n")]) == [
        LogEntry(LogKind.MESSAGE, "one\ntwo", 2.0)
    ]


def test_a_command_its_output_and_its_exit() -> None:
    told = narrator()
    entries = told.feed(
        [
            began(**COMMAND),
            delta("c", "a\r\nb", OUTPUT),
            delta("c", "c\n", OUTPUT),
            ended(**COMMAND, aggregatedOutput="a\r\nbc\n", exitCode=1, durationMs=4_210, status="failed"),
        ]
    )
    assert entries == [
        LogEntry(LogKind.COMMAND, "make all", 1.0),
        LogEntry(LogKind.OUTPUT, "a", 1.0, continues=True),
        LogEntry(LogKind.OUTPUT, "bc", 1.0, continues=True),
        LogEntry(LogKind.OUTPUT, "", 2.0, "exit 1 · 4.2s", continues=True),
    ]


def test_the_exit_stands_on_the_last_line_and_a_long_output_is_shortened() -> None:
    whole = "\n".join(str(number) for number in range(100)) + "\n"
    entries = narrator().feed(
        [began(**COMMAND), ended(**COMMAND, aggregatedOutput=whole, exitCode=0, status="completed")]
    )
    head, last = entries[1], entries[2]
    assert head.text.splitlines()[:2] == ["0", "1"]
    assert "↵ 78 lines more, whole in the raw log (l)" in head.text.splitlines()
    assert (last.text, last.remark) == ("99", "exit 0")
    assert len(head.text.splitlines()) + 1 == 16 + 1 + 6


def test_a_question_about_the_command_above_does_not_repeat_it() -> None:
    asked = {"method": "item/commandExecution/requestApproval", "id": 0}
    params = {"threadId": "t", "turnId": "u", "itemId": "c", "command": "make all", "reason": "it is needed"}
    request = json.dumps({**asked, "params": params}, separators=(",", ":")).encode() + b"\n"
    assert narrator().feed([began(**COMMAND), request])[1].text == "asks to run a command\nwhy: it is needed"
    assert narrator().feed([request])[0].text == "asks to run a command\nmake all\nwhy: it is needed"


def test_the_headings_of_a_reasoning_are_plain() -> None:
    thought = {"type": "reasoning", "id": "r", "summary": ["**Where it goes**\nA module."]}
    assert narrator().feed([ended(**thought)])[0].text == "Where it goes\nA module."


def test_output_that_codex_streamed_only_from_the_middle_on_is_told_whole() -> None:
    entries = narrator().feed(
        [
            began(**COMMAND),
            delta("c", "three", OUTPUT),
            ended(**COMMAND, aggregatedOutput="one\ntwo\nthree", exitCode=0, durationMs=90),
        ]
    )
    assert entries[1:] == [
        LogEntry(LogKind.OUTPUT, "one\ntwo", 2.0, "came first", continues=True),
        LogEntry(LogKind.OUTPUT, "three", 2.0, "exit 0 · 0.1s", continues=True),
    ]


def test_output_of_two_commands_at_once_stays_apart() -> None:
    other = {**COMMAND, "id": "d", "command": "other"}
    entries = narrator().feed(
        [
            began(**COMMAND),
            began(**other),
            delta("c", "half ", OUTPUT),
            delta("d", "other\n", OUTPUT),
            delta("c", "line\n", OUTPUT),
        ]
    )
    assert [entry.text for entry in entries] == ["make all", "other", "other", "half line"]


def test_a_start_in_mid_stream_tells_the_rest_once() -> None:
    told = narrator()
    entries = told.feed([delta("m", "llo,\nwor"), delta("m", "ld"), ended(**MESSAGE, text="Hello,\nworld")])
    assert [entry.text for entry in entries] == ["llo,", "world"]


def test_a_command_is_told_whole_and_clean() -> None:
    long = "printf '\x1b]0;x\x07' && " + "echo word; " * 200
    (entry,) = narrator().feed([began(**{**COMMAND, "command": long})])
    assert entry.text == long.replace("\x1b", "␛").replace("\x07", "\\x07")


def test_each_changed_file_is_an_entry_with_its_counts() -> None:
    changes = [
        {"path": "/wt/src/new.py", "kind": {"type": "add"}, "diff": "a\nb\n"},
        {
            "path": "/wt/old.py",
            "kind": {"type": "update", "move_path": "/wt/moved.py"},
            "diff": "@@ -1 +1 @@\n-a\n+b\n",
        },
        {"path": "/else/gone.py", "kind": {"type": "delete"}, "diff": "x"},
        {"path": "/wt/odd", "kind": "brandNew", "diff": None},
    ]
    item = {"type": "fileChange", "id": "f", "changes": changes}
    entries = narrator().feed([began(**item, status="inProgress"), ended(**item, status="declined")])
    assert [(entry.text, entry.remark) for entry in entries] == [
        ("src/new.py", "declined +2"),
        ("old.py → moved.py", "declined +1 −1"),
        ("/else/gone.py", "declined −1"),
        ("odd", "declined"),
    ]


def test_asks_errors_warnings_and_unknown_things_are_visible() -> None:
    item = {"type": "fileChange", "id": "f", "changes": [{"path": "/wt/a", "kind": {"type": "add"}, "diff": "x\n"}]}
    error = {"message": "no key", "codexErrorInfo": "unauthorized"}
    entries = narrator().feed(
        [
            began(**item),
            b'{"method":"item/fileChange/requestApproval","id":3,"params":{"itemId":"f","startedAtMs":3000}}',
            b'{"method":"item/brandNew/request","id":4,"params":{}}',
            line("error", error=error, willRetry=True),
            line("error", error=error, willRetry=False),
            line("turn/completed", turn={"id": "u", "status": "failed", "error": error, "durationMs": 65_000}),
            line("warning", message="careful\x1b"),
            line("brand/new", x=1),
            ended(type="brandNewItem", id="b"),
            b"no json\x1b\n",
            b"\n",
            b'{"id":1,"result":{}}\n',
        ]
    )
    assert [(entry.kind, entry.text, entry.remark) for entry in entries] == [
        (LogKind.ASK, "asks to change files\na", ""),
        (LogKind.UNKNOWN, "item/brandNew/request was refused: not known here", ""),
        (LogKind.WARNING, "no key", "tries again"),
        (LogKind.ERROR, "no key\n/bin/codex login", ""),
        (LogKind.TURN, "turn failed", "1m05s"),
        (LogKind.WARNING, "careful␛", ""),
        (LogKind.UNKNOWN, "brand/new", ""),
        (LogKind.UNKNOWN, "brandNewItem", ""),
        (LogKind.WARNING, "a line that could not be read (not JSON): no json␛\\n", ""),
    ]


def test_a_line_that_never_ends_is_told_in_parts() -> None:
    told = narrator()
    entries = told.feed([delta("m", "x" * 1_000) for _ in range(100)])
    assert told.partial is not None
    text = "".join(entry.text for entry in entries) + told.partial.text
    assert text == "x" * 100_000
    assert max(len(entry.text) for entry in entries) < 10_000


@pytest.mark.parametrize(
    "odd",
    [
        b'{"method":"item/agentMessage/delta","params":[]}',
        b'{"method":"item/agentMessage/delta","params":{"itemId":"m","delta":5}}',
        b'{"method":"item/agentMessage/delta","params":{"itemId":[],"delta":"x"}}',
        b'{"method":"item/agentMessage/delta","params":{"itemId":"m","delta":"x\\ud800\\n"}}',
        b'{"method":"item/agentMessage/delta","params":{"itemId":"m","delta":"\xff\\n"}}',
        b'{"method":"item/agentMessage/delta" not json',
        b'{"method":"item/completed","params":{"item":[],"turnId":7}}',
        b'{"method":"turn/plan/updated","params":{"plan":[1,{"step":5}]}}',
        b'{"method":"orchestrator/lineTooLong","params":{"bytes":70000000,"file":"long-line-1.json"}}',
    ],
)
def test_odd_lines_are_told_and_end_nothing(odd: bytes) -> None:
    told = narrator()
    entries = told.feed([odd, began(**COMMAND)])
    assert len(entries) == 2
    assert all(entry.text.replace("\n", "").isprintable() for entry in entries)


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(None, ""), (0, "0.0s"), (4_200, "4.2s"), (192_000, "3m12s"), (3_900_000, "1h05m")],
)
def test_durations(milliseconds: int | None, words: str) -> None:
    assert duration(milliseconds) == words


def test_a_flood_is_narrated_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    text = "some streamed text that a worker says, once more, and a little longer than before"
    ids = {"threadId": "01a1f80a-0d36-7953-96ca-c2c3595da084", "turnId": "01a1f80a-0d6f-7062-b1e6-d3ca4c59e340"}
    flood = [
        line("item/agentMessage/delta", 1_795_162_772_417, **ids, itemId="m", delta=f"{number} {text}\n")
        for number in range(50_000)
    ]
    told = narrator()
    began_s = time.process_time()
    entries = told.feed(flood)
    rate = len(flood) / (time.process_time() - began_s)
    assert len(entries) == len(flood)
    with capsys.disabled():
        print(f"\n  narrate: {rate:,.0f} delta lines of {len(flood[0])} bytes per CPU second")
    assert rate > 100_000
