"""The scripted model cannot be given harm to play, nor the user's own Codex home."""

import asyncio
import json
from pathlib import Path

import pytest

from codex_orch_tui.scripted.codex_home import UsersOwnHomeError, write_codex_home
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.scripted.script import (
    Fail,
    Patch,
    Say,
    Script,
    Shell,
    UnsafeScriptError,
    WriteStdin,
    check_command,
    chosen,
)

HARMLESS = [
    "touch a b",
    "touch /root-of-test/out/x && printf '%s\\n' done",
    "mkdir -p deep/er; printf x > deep/er/file",
    "printf 'a;b|c &' 2>/dev/null",
    "read word; printf got-$word",
    "cat /etc/hostname | head -n 1 | wc -c",
    "sleep 0.5\necho next",
    "ls -la | head",
    "false || true",
    "echo x >> log.txt",
]
HARMFUL = [
    "rmdir x",
    "./touch x",
    "/bin/touch x",
    "env touch x",
    "X=1 touch x",
    "touch /elsewhere/x",
    "touch ../x",
    "touch ~/x",
    "touch $HOME/x",
    "printf x > /elsewhere/y",
    "printf x >/elsewhere/y",
    "printf x > ~/y",
    "printf x &> /elsewhere/y",
    "printf x >| y",
    "echo $(touch x)",
    "echo `touch x`",
    "echo ${x}",
    "touch x & touch y",
    "( touch x )",
    "{ touch x; }",
    "cat <<EOF",
    "cat <(touch x)",
    "sleep 100000",
    "sleep $n",
    "sleep infinity",
    "printf 'open",
    "echo x\rtouch y",
    "$program x",
    "while read x; do touch y; done",
    "! touch x",
    "read PATH; touch x",
    "printf -v PATH x",
]


@pytest.mark.parametrize("command", HARMLESS)
def test_harmless_commands_may_be_played(command: str) -> None:
    check_command(command, roots=["/root-of-test"])


@pytest.mark.parametrize("command", HARMFUL)
def test_anything_else_is_refused(command: str) -> None:
    with pytest.raises(UnsafeScriptError):
        check_command(command, roots=["/root-of-test"])


@pytest.mark.parametrize(
    "step",
    [
        Shell(cmd="rmdir x", escalate=True),
        WriteStdin(chars="x; touch y\n"),
        Patch(text="*** Begin Patch\n*** Add File: /elsewhere/x\n+x\n*** End Patch"),
        Patch(text="*** Begin Patch\n*** Update File: a\n*** Move to: ../b\n@@\n*** End Patch"),
    ],
)
def test_a_server_refuses_a_script_that_could_do_harm(step: Shell | WriteStdin | Patch) -> None:
    with pytest.raises(UnsafeScriptError):
        ModelServer([Script("X", (step,))], roots=["/root-of-test"])


def test_a_script_answers_by_the_number_of_tool_outputs() -> None:
    first, second = Shell(cmd="true"), Shell(cmd="false")
    script = Script("X", (Say(text="a"), first, second))
    assert script.answer(0) == (Say(text="a"), first)
    assert script.answer(1) == (second,)
    assert script.answer(2) == script.answer(9) == (Say(text="Done."),)


async def ask(server: ModelServer, items: list[dict[str, object]]) -> tuple[str, str]:
    """Status line and body of one request."""
    port = int(server.base_url.rsplit(":", 1)[1].split("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps({"model": "m", "input": items}).encode()
    head = f"POST /v1/responses HTTP/1.1\r\nuser-agent: test\r\ncontent-length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    status, _, rest = answer.partition("\r\n")
    return status, rest


def user(text: str) -> dict[str, object]:
    return {"role": "user", "content": [{"type": "input_text", "text": text}]}


OUTPUT: dict[str, object] = {"type": "function_call_output", "output": "x"}


async def test_the_newest_marked_message_chooses_the_script_and_others_change_nothing() -> None:
    scripts = [
        Script("ONE", (Shell(cmd="touch first"), Say(text="first said"))),
        Script("ONE AGAIN", (Say(text="again said"),)),
        Script("SHAKY", (Fail(status=503, times=1), Say(text="late said"))),
    ]
    async with ModelServer(scripts, roots=[]) as server:
        assert "touch first" in (await ask(server, [user("do ONE")]))[1]
        assert "first said" in (await ask(server, [user("do ONE"), OUTPUT, user("be brief")]))[1]
        assert "again said" in (await ask(server, [user("do ONE"), OUTPUT, user("ONE AGAIN")]))[1]
        assert "Nothing is scripted" in (await ask(server, [user("what?")]))[1]
        assert " 503 " in (await ask(server, [user("SHAKY")]))[0]
        assert "late said" in (await ask(server, [user("SHAKY")]))[1]
        assert [(request.marker, request.step) for request in server.requests][:3] == [
            ("ONE", 0),
            ("ONE", 1),
            ("ONE AGAIN", 0),
        ]
        assert server.requests[0].user_agent == "test"


def test_the_users_own_codex_home_is_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "mine"))
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    logged_in = tmp_path / "logged-in"
    logged_in.mkdir()
    (logged_in / "auth.json").write_text("{}")
    configured = tmp_path / "configured"
    configured.mkdir()
    (configured / "config.toml").write_text('model = "x"\n')
    for folder in (tmp_path / ".codex", tmp_path / "mine", tmp_path / "link", logged_in, configured):
        with pytest.raises(UsersOwnHomeError):
            write_codex_home(folder, "http://127.0.0.1:1/v1")
    assert (configured / "config.toml").read_text() == 'model = "x"\n'
    home = write_codex_home(tmp_path / "scratch", "http://127.0.0.1:1/v1")
    assert write_codex_home(home, "http://127.0.0.1:2/v1") == home
    assert "127.0.0.1:2" in (home / "config.toml").read_text()


def test_the_longest_marker_chooses_and_then_the_schema_that_the_answer_has_to_fit() -> None:
    anything = Script("", (Say(text="any"),))
    report = Script("", (Say(text="report"),), "A report")
    search = Script("search", (Say(text="search"),))
    scripts = (anything, report, search)
    assert chosen(scripts, "a search, please", "A report") is search
    assert chosen(scripts, "something", "A report") is report
    assert chosen(scripts, "something", "Another") is anything
    assert chosen((report,), "something", "") is None
