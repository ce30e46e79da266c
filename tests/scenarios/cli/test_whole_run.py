"""A shell script does a whole run with the commands alone, on the real Codex, and checks each exit code."""

import asyncio
import json
import shlex
import sys
from pathlib import Path

import pytest

from codex_orch_tui.scripted.script import Patch, Say, Script, Shell
from tests.scenarios.cli.shell import shell
from tests.scenarios.stage import add_file, git

pytestmark = pytest.mark.codex

SCRIPT = Path(__file__).with_name("whole_run.sh")
PLAN = """\
title: A search
tasks:
  - {id: code, role: implementer, prompt: CODE it, paths: [search.py]}
  - {id: docs, role: implementer, prompt: DOCS for it, depends_on: [code], paths: [docs/**]}
"""
ANSWER = json.dumps({"summary": "Did it.", "changes": [], "checks": [], "decisions": [], "open": []})


def scripts(root: Path) -> list[Script]:
    """One edits, the other one asks first."""
    marker = root / "outside" / "marker"
    return [
        Script("CODE it", (Patch(text=add_file("search.py", "x = 1")), Say(text=ANSWER))),
        Script(
            "DOCS for it",
            (Shell(cmd=f"touch {marker}", escalate=True), Patch(text=add_file("docs/a.md", "a")), Say(text=ANSWER)),
        ),
    ]


@pytest.mark.slow
async def test_a_shell_script_does_a_whole_run(scratch: Path) -> None:
    async with shell(scratch, scripts(scratch)) as sh:
        (scratch / "scratch-of-a-test").touch()
        plan = scratch / "plan.yaml"
        plan.write_text(PLAN)
        process = await asyncio.create_subprocess_exec(
            "sh",
            str(SCRIPT),
            str(scratch),
            str(sh.repository),
            str(plan),
            env={**sh.environment, "PROGRAM": shlex.join([sys.executable, "-m", "codex_orch_tui"])},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(100):
            out, err = await process.communicate()
        assert process.returncode == 0, (out.decode(), err.decode())
        assert git(sh.repository, "ls-tree", "-r", "--name-only", "main").split() == [
            "README.md",
            "docs/a.md",
            "search.py",
        ]


@pytest.mark.parametrize("name", ["HOME", "CODEX_HOME"])
async def test_it_refuses_to_begin_where_something_of_a_persons_is_in_reach(scratch: Path, name: str) -> None:
    async with shell(scratch, []) as sh:
        elsewhere = scratch.parent / f"{scratch.name}-elsewhere"
        elsewhere.mkdir()
        (scratch / "scratch-of-a-test").touch()
        try:
            process = await asyncio.create_subprocess_exec(
                "sh",
                str(SCRIPT),
                str(scratch),
                str(sh.repository),
                "plan.yaml",
                env={**sh.environment, "PROGRAM": "false", name: str(elsewhere)},
                stderr=asyncio.subprocess.PIPE,
            )
            _, err = await process.communicate()
        finally:
            elsewhere.rmdir()
        assert process.returncode == 1
        assert f"refused: {name} is not in the scratch folder" in err.decode()
