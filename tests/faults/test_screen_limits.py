"""What no screen is made for: endless lines, piles of marks, tiny windows, a storm of sizes, a locale without signs."""

import random
import time
from pathlib import Path

import pytest

from tests.faults.rig import both, says, standin
from tests.faults.terminal import Program, program
from tests.scenarios.stage import make_repository

MIB = 1024 * 1024
KEY_S = 3.0
"""How long a key may take that is pressed while such a text is on screen. A hang takes minutes."""

TEXTS = {
    "a line of 1 MiB": "x" * MIB,
    "500,000 combining marks": "e" + "\u0301" * 500_000,
    "marks on every letter": "e\u0301\u0302\u0303\u0304\u0305\u0306\u0307" * 60_000,
    "wide signs at every edge": "\n".join("a" * (width % 5) + "🧪" * 100 + "界" * 100 for width in range(200)),
    "joined emoji": "👩\u200d👩\u200d👧\u200d👦" * 20_000,
    "500,000 short lines": "y\n" * 500_000,
}


async def task(me: Program, prompt: str) -> None:
    """Start a task from the keyboard."""
    await me.see("n starts")
    me.type("n")
    await me.see("New task")
    me.paste(prompt)
    me.type("\x13")


async def help_within(me: Program, seconds: float) -> None:
    """Press ? and escape; each is answered in time."""
    me.type("?")
    await me.see("Keys and signs", timeout_s=seconds)
    me.type("\x1b")
    await me.gone("Keys and signs")


@pytest.mark.slow
async def test_texts_of_any_length_hang_nothing(scratch: Path) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    steps = []
    for number, text in enumerate(TEXTS.values()):
        output = {"itemId": f"c{number}", "delta": text[:200_000]}
        steps += [
            *both(
                f"c{number}", "commandExecution", command=f"printf {text[:5_000]}", aggregatedOutput=text, exitCode=0
            ),
            {"send": {"method": "item/commandExecution/outputDelta", "params": output}},
            {"send": {"method": "item/agentMessage/delta", "params": {**output, "itemId": f"m{number}"}}},
            says(text, f"m{number}"),
        ]
        steps += [{"write": [f"{number}.txt", text.encode().decode("latin-1")]}]
    last = [says("the last word", "last"), {"await": "steer"}]
    async with program(scratch, repository, codex=standin(scratch, {"GO": [*steps, *last]})) as me:
        began_s = time.monotonic()
        await task(me, "GO")
        await me.see("the last word")
        assert time.monotonic() - began_s < 15
        me.type("3")
        for key in ("\x1b[H", "\x1b[5~", "\x1b[F", "l", "\x1b[5~", "l"):
            me.type(key)
            await help_within(me, KEY_S)
        me.type("s")
        await me.see("Message to")
        me.paste("go on")
        me.type("\x13")
        await me.see("1 to review")
        me.type("d")
        await me.see("0.txt", "/6 viewed")
        for _ in range(6):
            me.type("}")
            await help_within(me, KEY_S)
        me.type("\x1b")
        await me.see("1 to review")
        me.type("q")
        assert await me.code() == 0


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (59, 15)])
async def test_a_window_that_is_too_small_says_so_and_grows(scratch: Path, size: tuple[int, int]) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    async with program(scratch, repository, codex=standin(scratch), size=size) as me:
        if size != (1, 1):
            await me.see("too small")
        else:
            await me.until(lambda: b"\x1b[?1049h" in me.output)
        me.resize(100, 30)
        await me.see("n starts", "No tasks yet")
        me.type("q")
        assert await me.code() == 0
        assert me.is_restored


@pytest.mark.slow
async def test_a_storm_of_sizes(scratch: Path) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    says_much = [says(f"line {number} " + "🧪 words " * 30, f"m{number}") for number in range(50)]
    async with program(scratch, repository, codex=standin(scratch, {"GO": [*says_much, {"hold": True}]})) as me:
        await task(me, "GO")
        await me.see("line 49")
        chance = random.Random(7)
        for _ in range(300):
            me.resize(chance.randrange(1, 250), chance.randrange(1, 70))
        me.resize(160, 45)
        await me.see("Worktrees", "1 working", "line 49", "? help")
        me.resize(80, 24)
        await me.see("2 Tasks", "1 working")
        await help_within(me, KEY_S)
        assert await me.leave() == 0
        assert me.is_restored


@pytest.mark.parametrize(
    "environ",
    [
        {"LC_ALL": "C", "LANG": "C"},
        {"LC_ALL": "POSIX", "LANG": ""},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["C", "POSIX", "ASCII only"],
)
async def test_a_locale_without_our_signs(scratch: Path, environ: dict[str, str]) -> None:
    repository = make_repository(scratch, {"README.md": "hello\n"})
    async with program(scratch, repository, codex=standin(scratch), **environ) as me:
        await task(me, "GO")
        await me.see("1 to review")
        me.type("q")
        assert await me.code() == 0
        assert me.is_restored
        assert b"Traceback" not in me.output
