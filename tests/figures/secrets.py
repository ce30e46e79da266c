"""50 made-up secrets are put wherever a text can come from; how many of them can be read afterwards?

    python -m tests.figures secrets

The whole program runs above a stand-in for Codex with its screen. Looked at are every file below .orchestrator but the
raw log, which never leaves the machine, and the worktrees, which are the person's own; the messages of commits; what
`status --json` and `report` print; and everything that was painted: log, raw log, cards, review, failure. The tokens
are made here from a seed, so that no file of the project has the shape of one.
"""

import asyncio
import json
import os
import string
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from codex_orch_tui.domain.approval import Approval, ApprovalKind, Choice, Decision
from codex_orch_tui.domain.drafts import TaskDraft
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.plan import Role
from codex_orch_tui.domain.role import BUILT_IN
from codex_orch_tui.domain.secrets import remember
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.ui.presentation.log_lines import raw_entries
from codex_orch_tui.ui.presentation.new_task import plan_of
from tests.faults.rig import asks, both, environment, item, opened, says, shown, standin
from tests.scenarios.stage import git
from tests.scenarios.tui.user import User

GOAL = 0
PLANTED = 50
LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
CAPITALS = string.ascii_uppercase + string.digits
PRINTED = (("status", "--json"), ("report",), ("report", "--json"))
"""The commands whose output is looked at."""
_ABOUT = {"threadId": "$THREAD", "turnId": "$TURN"}


@dataclass
class Garden:
    """The secrets, by the place where each was planted: the texts that must not be read anywhere."""

    random: Random = field(default_factory=lambda: Random(40))
    planted: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def plant(self, place: str, secret: str, *also: str) -> str:
        """Keep a secret, and other forms or parts of it that tell as much, under the place that it is put in."""
        assert place not in self.planted, place
        self.planted[place] = (secret, *also)
        return secret

    def signs(self, count: int, alphabet: str = LETTERS) -> str:
        """Random signs, at least one of them a digit."""
        return "".join(self.random.choices(alphabet, k=count - 1)) + "7"

    def token(self, place: str, shape: str = "gh") -> str:
        """A token of a known shape, planted."""
        return self.plant(place, self.made(shape))

    def made(self, shape: str) -> str:
        """A token of a known shape."""
        head, count, alphabet = {
            "gh": ("gh" + "p_", 36, LETTERS),
            "pat": ("github" + "_pat_", 82, LETTERS),
            "gl": ("glp" + "at-", 20, LETTERS),
            "sk": ("s" + "k-", 48, LETTERS),
            "ant": ("s" + "k-ant-api03-", 60, LETTERS),
            "aws": ("AK" + "IA", 16, CAPITALS),
            "slack": ("xo" + "xb-", 40, string.digits + LETTERS),
            "stripe": ("s" + "k_live_", 24, LETTERS),
            "google": ("AI" + "za", 35, LETTERS),
            "npm": ("np" + "m_", 36, LETTERS),
            "pypi": ("py" + "pi-", 90, LETTERS),
            "hf": ("h" + "f_", 34, LETTERS),
            "ocean": ("do" + "p_v1_", 64, HEX),
            "dapi": ("da" + "pi", 32, HEX),
        }[shape]
        return head + self.signs(count, alphabet)

    def jwt(self, place: str) -> str:
        """A JSON web token."""
        parts = (b'{"alg":"none"}', b'{"sub":"nobody"}', self.signs(32).encode())
        return self.plant(place, ".".join(b64encode(part).decode().rstrip("=") for part in parts))

    def private_key(self, place: str) -> str:
        """A private key of some lines; each of them is a secret."""
        lines = [self.signs(64) for _ in range(4)]
        self.plant(place, *lines)
        name = "PRIVATE" + " KEY"
        return "\n".join((f"-----BEGIN {name}-----", *lines, f"-----END {name}-----"))


def own_environment(garden: Garden) -> dict[str, str]:
    """Variables of ours that hold secrets without a shape."""
    quoted = f'{garden.signs(6)}"{garden.signs(6)}\\{garden.signs(6)}'
    lines = [garden.signs(24) for _ in range(3)]
    values = {
        "DEPLOY_TOKEN": garden.signs(24),
        "SHOP_API_KEY": garden.signs(16, HEX),
        "DB_PASSWORD": quoted,
        "SIGNING_SECRET": f"{garden.signs(9)} {garden.signs(9)} {garden.signs(9)}",
        "CLIENT_SECRET": f"grün-{garden.signs(12)}",
        "URL_TOKEN": f"{garden.signs(8)}/+&{garden.signs(8)}",
        "CODED_PASSWORD": garden.signs(15),
        "SMTP_PASS": garden.signs(8),
        "KEY_RING_SECRET": "\n".join(lines),
        "CUT_TOKEN": garden.signs(30),
    }
    written = {
        "DB_PASSWORD": (json.dumps(quoted)[1:-1],),
        "CLIENT_SECRET": (json.dumps(values["CLIENT_SECRET"])[1:-1],),
        "URL_TOKEN": (quote(values["URL_TOKEN"], safe=""),),
        "CODED_PASSWORD": (b64encode(values["CODED_PASSWORD"].encode()).decode().rstrip("="),),
        "KEY_RING_SECRET": tuple(lines),
    }
    for name, value in values.items():
        garden.plant(f"variable {name}", value, *written.get(name, ()))
    return values


def delta(kind: str, text: str, item_id: str) -> dict[str, Any]:
    """A step: a piece of a stream."""
    return {"send": {"method": f"item/{kind}", "params": {**_ABOUT, "itemId": item_id, "delta": text}}}


def streamed(garden: Garden) -> Iterator[dict[str, Any]]:
    """Tokens that are cut in two, or in many, at the border of two pieces."""
    shapes = ("gh", "aws", "sk", "slack", "gl", "stripe", "google", "npm")
    for number, shape in enumerate(shapes):
        token = garden.made(shape)
        cut = (1, 3, 5, len(token) // 2, len(token) - 1)[number % 5]
        garden.plant(f"cut in a stream at {cut}: {shape}", token, token[cut:] if cut < 6 else token[:cut])
        kind = ("agentMessage/delta", "commandExecution/outputDelta")[number % 2]
        yield delta(kind, f"first {token[:cut]}", f"stream-{number}")
        yield delta(kind, f"{token[cut:]} last\n", f"stream-{number}")
    token = garden.token("one sign a piece", "pat")
    for sign in f"so {token} it is\n":
        yield delta("agentMessage/delta", sign, "signs")
    for line in garden.private_key("a key, one line a piece").split("\n"):
        yield delta("commandExecution/outputDelta", f"{line}\n", "lines")


def story(garden: Garden, own: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the worker does and says."""
    plant = garden.token
    cut = own["CUT_TOKEN"]
    long_answer = "x " * 9_994 + plant("where a long message is cut", "ant")
    option = {"label": plant("label of an answer"), "description": plant("description of an answer", "pypi")}
    question = {
        "id": "q",
        "header": "Which",
        "question": f"this one? {plant('question', 'hf')}",
        "options": [option, {"label": "no"}],
    }
    change = {
        "path": f"notes/{plant('file name', 'gl')}.txt",
        "kind": {"type": "add"},
        "diff": f"{garden.private_key('diff of an edit')}\nkey {plant('line of an edit', 'google')}\n",
    }
    arguments = {"password": garden.plant("argument of a tool", garden.signs(20)), "note": own["DB_PASSWORD"]}
    return [
        {"stderr": f"tracing {plant('stderr', 'stripe')} {own['DEPLOY_TOKEN']}\n"},
        *both(
            "c",
            "commandExecution",
            command=f"printf {plant('command', 'aws')}",
            aggregatedOutput=f"{plant('output', 'slack')}\n{own['CLIENT_SECRET']}\n{own['KEY_RING_SECRET']}\n",
            exitCode=1,
        ),
        *both("r", "reasoning", summary=[f"I think {plant('reasoning', 'npm')} {own['SMTP_PASS']}"]),
        *both("m", "mcpToolCall", server="s", tool="t", arguments=arguments, error={"message": plant("tool", "ocean")}),
        item("w", "webSearch", query=plant("search", "dapi")),
        item("f", "fileChange", changes=[change], status="completed"),
        item("x", "unheardOf", name=garden.jwt("unknown item")),
        *streamed(garden),
        delta("agentMessage/delta", f"half {cut[:11]}", "own"),
        delta("agentMessage/delta", f"{cut[11:]} and {own['SIGNING_SECRET'][:14]}", "own"),
        delta("agentMessage/delta", f"{own['SIGNING_SECRET'][14:]}, both\n", "own"),
        {
            "send": {
                "method": "turn/plan/updated",
                "params": {**_ABOUT, "plan": [{"step": f"use {plant('plan', 'sk')}", "status": "inProgress"}]},
            }
        },
        {"send": {"method": "warning", "params": {"message": plant("warning", "ant"), "threadId": "$THREAD"}}},
        {"send": {"method": "error", "params": {**_ABOUT, "error": {"message": plant("error")}, "willRetry": True}}},
        {"write": [f"out/{plant('name of a file', 'hf')}", f"{plant('content of a file', 'pypi')}\n"]},
        {"write": ["id_key", f"{garden.private_key('key in a file')}\n"]},
        {"write": ["settings.ini", f"password = {garden.plant('assignment in a file', garden.signs(18))}\n"]},
        asks(
            f"printf https://me:{garden.plant('login in a URL', garden.signs(14))}@here/{plant('question: command')}",
            reason=f"needs {plant('question: reason', 'sk')} and {quote(own['URL_TOKEN'], safe='')}",
            cwd=f"/{plant('question: folder', 'gl')}",
        ),
        {"await": "answer"},
        asks(
            f"printf {b64encode(own['CODED_PASSWORD'].encode()).decode()}",
            reason=f"Authorization: Bearer {garden.plant('bearer', garden.signs(40))}",
        ),
        {"await": "answer"},
        {"ask": {"method": "item/tool/requestUserInput", "params": {**_ABOUT, "questions": [question]}}},
        {"await": "answer"},
        {"await": "steer"},
        says(long_answer, "long"),
        says(f"the end {plant('answer', 'stripe')} {own['SHOP_API_KEY']}", "end"),
    ]


def failure(garden: Garden) -> list[dict[str, Any]]:
    """A turn that fails."""
    error = {"message": f"refused {garden.token('failure', 'sk')}", "codexErrorInfo": "other"}
    turn = {"id": "$TURN", "status": "failed", "error": error}
    return [{"send": {"method": "turn/completed", "params": {"threadId": "$THREAD", "turn": turn}}}]


@contextmanager
def our_environment(values: Mapping[str, str]) -> Iterator[None]:
    """These variables, for as long as the program runs in this process."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        remember(os.environ)


async def played(me: User, garden: Garden) -> list[str]:
    """One session; returns what was painted."""
    on, seen = me.on, []

    async def look() -> None:
        await me.pilot.pause()
        seen.append(me.painted)

    async def answered(kind: ApprovalKind, decision: Decision) -> None:
        await on.until(lambda: any(approval.request.kind is kind for approval in on.orchestrator.state.pending))
        approval = on.orchestrator.state.pending[0]
        await me.press("g")
        await look()
        await me.press("v")
        await look()
        await me.press("escape")
        await on.orchestrator.answer(approval.id, _with_answer(approval, decision))

    prompt = f"GO on with {garden.token('prompt')}\nand {garden.token('second line of the prompt', 'pat')}"
    (ref,) = await on.orchestrator.create_run(plan_of(TaskDraft(text=prompt), BUILT_IN[Role.IMPLEMENTER]), "main")
    said = f"use {garden.token('reason of a decline', 'aws')}"
    await answered(ApprovalKind.COMMAND, Decision(choice=Choice.DECLINE, message=said))
    await answered(ApprovalKind.COMMAND, Decision(choice=Choice.ACCEPT))
    await answered(ApprovalKind.USER_INPUT, Decision(choice=Choice.ANSWER))
    await on.until(lambda: not on.orchestrator.state.pending)
    await on.orchestrator.message(ref, f"go on with {garden.token('message', 'npm')}")
    await on.until_state(ref, TaskState.DONE)
    await look()
    seen += await looked_through(me, ref)
    fails = plan_of(TaskDraft(text="FAIL please"), BUILT_IN[Role.IMPLEMENTER])
    (failed,) = await on.orchestrator.create_run(fails, "main")
    await on.until_state(failed, TaskState.FAILED)
    await look()
    return seen


def _with_answer(approval: Approval, decision: Decision) -> Decision:
    if decision.choice is not Choice.ANSWER:
        return decision
    question = approval.request.questions[0]
    return Decision(choice=Choice.ANSWER, answers={question.id: (question.options[0].label,)})


async def looked_through(me: User, ref: TaskRef) -> list[str]:
    """The log, the raw log and the review of a task: what is painted, and what would be when one scrolls."""
    orchestrator, seen = me.on.orchestrator, []
    log = orchestrator.log(ref)
    seen += [f"{entry.text} {entry.remark}" for entry in log.tail()]
    lines = log.raw_tail()
    while lines:
        seen += [entry.text for entry in raw_entries(lines)]
        lines = log.raw_older()
    log.close()
    await me.press("l")
    await me.pilot.pause()
    seen.append(me.painted)
    await me.press("l")
    summary = await orchestrator.review(ref)
    for change in summary.files:
        patch = await orchestrator.file_patch(change)
        seen += [change.path, *(line.text for hunk in patch.hunks for line in hunk.lines)]
    seen += [f"{commit.subject}\n{commit.body}" for commit in summary.commits]
    await me.press("d")
    await me.see("hunk")
    seen.append(me.painted)
    await me.press("escape")
    return seen


def files_that_may_leave(repository: Path) -> Iterator[Path]:
    """Everything that the program keeps, but for the raw log."""
    folder = repository / ".orchestrator"
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "events.jsonl" and folder / "worktrees" not in path.parents:
            yield path


def printed(repository: Path, words: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "codex_orch_tui", "--repo", str(repository), *words],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout


def found_in(garden: Garden, texts: Mapping[str, str]) -> list[str]:
    """Where which secret can be read."""
    return [
        f"{place} in {name}"
        for name, text in texts.items()
        for place, secrets in garden.planted.items()
        if any(secret in text for secret in secrets)
    ]


async def _session(root: Path) -> dict[str, Any]:
    garden = Garden()
    own = own_environment(garden)
    codex = standin(root, {"GO": story(garden, own), "FAIL": failure(garden)})
    setup = f"printf '%s\\n' {garden.token('output of the setup', 'stripe')}"
    with our_environment(own):
        async with opened(root, codex, setup_command=setup) as on:
            async with shown(on, size=(160, 300)) as me:
                painted = await played(me, garden)
            repository = on.repository
        told = {" ".join(words): printed(repository, words, environment(root) | own) for words in PRINTED}
    files = {str(path.relative_to(repository)): path.read_bytes() for path in files_that_may_leave(repository)}
    kept = {name: data.decode("utf-8", "replace") for name, data in files.items()}
    kept |= {"commits": git(repository, "log", "--all", "--format=%B")} | told
    raw = b"".join(path.read_bytes() for path in repository.rglob("events.jsonl")).decode()
    on_screen = {f"screen {number}": text for number, text in enumerate(painted)}
    return {
        "planted": len(garden.planted),
        "files_looked_at": len(files),
        "kinds_looked_at": sorted({Path(name).name for name in files} | set(told)),
        "screens_and_lines_looked_at": len(painted),
        "planted_and_sent": len({name.rpartition(" in ")[0] for name in found_in(garden, {"raw": raw})}),
        "found_in_files": found_in(garden, kept),
        "found_on_screen": found_in(garden, on_screen),
    }


def run(folder: Path | None = None) -> dict[str, Any]:
    """Plays it and counts.

    Args:
        folder: where the repository is made, outside of the folders for temporary files; a new one by default.
    """
    base = folder or Path(__file__).parents[2] / ".scratch"
    base.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="secrets-", dir=base) as root:
        found = asyncio.run(_session(Path(root)))
    readable = len(found["found_in_files"]) + len(found["found_on_screen"])
    holds = readable == GOAL and found["planted"] >= PLANTED
    return {**found, "readable": readable, "goal": {"readable": GOAL}, "holds": holds}


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
