"""Text that means to command the terminal, or the screen's own markup, goes through the whole program in a pty.

The same story is played twice, once with plain words: the hostile one may send no kind of control sequence that the
plain one does not send, and what it says is read as it stands.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.rig import asks, both, environment, item, says, standin
from tests.faults.terminal import Program, program, shapes
from tests.scenarios.stage import git, make_repository

MARKUP = "[/][red]R[/red][b +[@click=app.quit]Q[/]\\[x]"
OSC = "\x1b]0;owned\x07\x1b]52;c;b3du\x07\x1b]8;;http://x/\x1b\\l\x1b]8;;\x1b\\"
CONTROLS = f"{OSC}\x1bP$qm\x1b\\\x1b[2J\x1b[8mhid\x1b[?1049l\x9b31m\x9d0;own\x9c\x08\x07\x7f\r"
INVISIBLE = "\u202eold\u2066\u200b\u200f\ufe0f\U000e0041"
HOSTILE = f"{MARKUP}{CONTROLS}{INVISIBLE}\x1b]0;unterminated "
PLAIN = "words, plain words "
FILE_NAME = f"n{OSC}[red]\u202e\x9b.txt".replace("/", "|")
BRANCH = "b\x9b31m\u202er\u200bx"
TITLE = f"{MARKUP}\x9b31m{INVISIBLE}"


def story(said: str, file_name: str) -> dict[str, list[object]]:
    """What the worker does, with these words wherever a worker has words."""
    change = {"path": file_name, "kind": {"type": "add"}, "diff": said}
    about = {"threadId": "$THREAD", "turnId": "$TURN", "itemId": "s"}
    question = {"id": "q", "header": said, "question": said, "options": [{"label": said, "description": said}]}
    steps: list[object] = [
        {"stderr": said.encode().decode("latin-1")},
        *both("c", "commandExecution", command=f"printf {said}", aggregatedOutput=f"{said}\n{said}\n", exitCode=1),
        {"send": {"method": "item/agentMessage/delta", "params": {**about, "delta": f"{said}\n{said}"}}},
        {"send": {"method": "item/commandExecution/outputDelta", "params": {**about, "delta": f"{said}\n"}}},
        *both("r", "reasoning", summary=[said]),
        *both("f", "fileChange", changes=[change], status="completed"),
        *both("m", "mcpToolCall", server=said, tool=said, arguments={said: said}, error={"message": said}),
        item("w", "webSearch", query=said),
        item(said, said, anything=said),
        {
            "send": {
                "method": "turn/plan/updated",
                "params": {**about, "plan": [{"step": f"step {said}", "status": "inProgress"}]},
            }
        },
        {"send": {"method": "warning", "params": {"message": said, "threadId": "$THREAD"}}},
        {"send": {"method": said, "params": {"x": said}}},
        {"send": {"method": "error", "params": {**about, "error": {"message": said}, "willRetry": True}}},
        {"ask": {"method": f"item/{said}", "params": {}}},
        {"write": [file_name.encode().decode("latin-1"), f"{said}\nlast\n".encode().decode("latin-1")]},
        asks(f"printf {said}", reason=said, cwd=f"/{said}"),
        {"await": "answer"},
        {"ask": {"method": "item/tool/requestUserInput", "params": {**about, "questions": [question]}}},
        {"await": "steer"},
        says(f"the end {said}", "end"),
    ]
    error = {"message": f"broken {said}", "codexErrorInfo": "other", "additionalDetails": said}
    failed = {"threadId": "$THREAD", "turn": {"id": "$TURN", "status": "failed", "error": error}}
    return {"FAIL": [{"send": {"method": "turn/completed", "params": failed}}], "GO": steps}


def a_repository(root: Path, branch: str, file_name: str) -> Path:
    """A repository with a branch and an edit of the person that are named like that."""
    repository = make_repository(root, {"README.md": "hello\n"})
    git(repository, "branch", "--quiet", "-m", "main", branch)
    (repository / f"mine {file_name}").write_text("mine\n")
    return repository


async def played(me: Program, title: str) -> None:
    """One session: task, question, answer, log, review, merge, failure, the ways round the screen."""
    await me.see("n starts")
    me.type("n")
    await me.see("New task", "is not committed")
    me.paste(f"GO {title}")
    me.type("\x13")
    await me.see("1 needs you")
    me.type("g")
    await me.see("Run outside the sandbox", "printf")
    await me.gone("n new task")  # the card has the focus, and its keys
    await me.press_until("v", lambda: "esc back" in me.screen.text)
    await me.see("printf")
    me.type("\x1b[F\x1b[F")
    me.type("\x1b")
    await me.see("a accept")
    await me.gone("n new task")  # the card has the focus, and its keys
    me.type("\x1b[F")
    await me.gone("below")  # the end of the question is on the screen
    await me.press_until("a", lambda: "accepted by you" in me.screen.text)
    await me.see("1 needs you")
    me.type("s")
    await me.see("Message to")
    me.paste("go on")
    me.type("\x13")
    await me.see("1 to review", "the end")
    me.type("l")
    await me.see("raw")
    me.type("l")
    await me.see("following")
    me.type("d")
    await me.see("last", "hunk 1 of 1")
    me.type(" m")
    await me.see("enter merge")
    await me.press_until("\r", lambda: "all done" in me.screen.text)
    await me.see("worktree removed")
    me.type("n")
    await me.see("New task")
    me.paste(f"FAIL {title}")
    me.type("\x13")
    await me.see("What went wrong", "broken")
    me.type("?")
    await me.see("Keys and signs")
    me.type("\x1b")
    await me.gone("Keys and signs")
    me.type("\x10")
    await me.see("Search for commands")
    me.type("\x1b")
    await me.gone("Search for commands")
    me.resize(80, 24)
    for key, seen in (("1", "Worktrees"), ("2", "Tasks"), ("3", "following"), ("4", "Needs you")):
        me.type(key)
        await me.see(seen)
    me.type("q")
    assert await me.code() == 0


async def session(root: Path, said: str, title: str, file_name: str, branch: str) -> bytes:
    """Play the story and return every byte that the terminal got."""
    root.mkdir()
    repository = a_repository(root, branch, file_name)
    codex = standin(root, story(said, file_name))
    async with program(root, repository, codex=codex) as me:
        await played(me, title)
        assert me.is_restored
        return bytes(me.output)


@pytest.mark.slow
async def test_no_control_sequence_of_anybody_else_reaches_the_terminal(scratch: Path) -> None:
    plain, hostile = await asyncio.gather(
        session(scratch / "plain", PLAIN, "plain words", "name.txt", "trunk"),
        session(scratch / "hostile", HOSTILE, TITLE, FILE_NAME, BRANCH),
    )
    assert len(shapes(f"{HOSTILE}{BRANCH}{TITLE}".encode()) - shapes(plain)) > 15, "the story is hostile"
    assert shapes(hostile) - shapes(plain) == set()
    for literal in ("[/][red]R[/red][b +[@click=app.quit]Q[/]", "␛]0;owned", "\\u{202E}"):
        assert literal in hostile.decode()
    told = subprocess.run(
        [sys.executable, "-m", "codex_orch_tui", "status"],
        cwd=scratch / "hostile" / "repository",
        env=environment(scratch / "hostile") | {"LANG": "C.UTF-8"},
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert shapes(told.stdout) <= {"\n"}
    assert b"broken" in told.stdout
