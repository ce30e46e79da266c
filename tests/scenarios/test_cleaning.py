"""`clean` and `prune` as a shell sees them, after runs of the real Codex: alone, and while another program works."""

import json
import re
import time
from pathlib import Path

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.resources import ResourceKind, read_resource
from codex_orch_tui.scripted.script import Hang, Patch, Say, Script
from tests.fakes.json_schema import violations
from tests.scenarios.cli.shell import Begun, shell
from tests.scenarios.cli.shell import Shell as Terminal
from tests.scenarios.stage import add_file, git

pytestmark = pytest.mark.codex

SCHEMA = json.loads(read_resource(ResourceKind.SCHEMAS, "cleaned"))
SCRIPTS = (
    Script("EDIT", (Patch(text=add_file("search.py", "x = 1")), Say(text="Done."))),
    Script("HANGS", (Patch(text=add_file("half.py", "x = 0")), Hang(name="for ever"))),
)


async def run_of(sh: Terminal, text: str) -> str:
    ended = await sh.run("run", text, "--headless")
    assert ended.code == ExitCode.DONE, ended
    return str(ended.out.split()[1].rstrip(":"))


async def begun_run(begun: Begun) -> str:
    assert begun.process.stdout is not None
    return (await begun.process.stdout.readline()).decode().split()[1].rstrip(":")


def branches(sh: Terminal) -> set[str]:
    return set(git(sh.repository, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines())


@pytest.mark.slow
async def test_a_run_is_cleaned_brought_back_and_pruned(scratch: Path) -> None:
    async with shell(scratch, SCRIPTS) as sh:
        run = await run_of(sh, "EDIT: add a search")
        kept = await sh.run("clean", "--run-id", run)
        assert kept.code == ExitCode.WAITING and "not in main yet" in kept.out, kept
        (branch,) = branches(sh) - {"main"}
        assert (await sh.run("merge", "--run-id", run, "--allow-automerge")).code == ExitCode.DONE

        cleaned = await sh.run("clean", "--run-id", run)
        assert cleaned.code == ExitCode.DONE and branches(sh) == {"main"}, cleaned
        undo = re.search(r"git branch (\S+) (\S+)", cleaned.out)
        assert undo is not None and undo[1] == branch
        git(sh.repository, *undo[0].split()[1:])
        assert git(sh.repository, "rev-parse", branch) == git(sh.repository, "rev-parse", "main")
        status = (await sh.run("status", "--json")).document
        assert status["runs"][0]["tasks"][0]["branch"] is None

        folder = sh.repository / ".orchestrator" / "runs" / run
        assert (await sh.run("prune")).out == "No run that old has anything left to remove.\n"
        dry = await sh.run("prune", "--older-than", "0d", "--json")
        assert dry.code == ExitCode.DONE and list(violations(dry.document, SCHEMA)) == []
        assert dry.document["runs"][0]["removed"][-1]["name"] == str(folder) and folder.is_dir()
        young = await sh.run("prune", "--run-id", run, "--older-than", "1h", "--apply")
        assert young.code == ExitCode.REFUSED and folder.is_dir()
        pruned = await sh.run("prune", "--run-id", run, "--apply", "--json")
        assert pruned.code == ExitCode.DONE and list(violations(pruned.document, SCHEMA)) == [], pruned
        assert not folder.exists() and branch in branches(sh)

        assert (await sh.run("report", "--run-id", run)).code == ExitCode.DONE, "the journal still knows it"
        assert "nothing is left" in (await sh.run("clean", "--run-id", run)).out
        assert not folder.exists()


@pytest.mark.slow
async def test_cleaning_while_another_program_works(scratch: Path) -> None:
    async with shell(scratch, SCRIPTS) as sh:
        run = await run_of(sh, "EDIT: add a search")
        assert (await sh.run("merge", "--run-id", run, "--allow-automerge")).code == ExitCode.DONE
        begun = await sh.begin("run", "HANGS", "--headless")
        busy = await begun_run(begun)
        began_s = time.monotonic()
        told = await sh.run("clean", "--run-id", busy, "--json")
        assert told.code == ExitCode.WAITING and told.document["runs"][0]["removed"] == [], told
        assert time.monotonic() - began_s < 20
        dry = await sh.run("prune", "--run-id", busy, "--no-resume")
        assert "at work" in dry.out and "would remove" not in dry.out
        pruned = await sh.run("prune", "--run-id", run, "--apply")
        assert pruned.code == ExitCode.DONE, pruned
        assert not (sh.repository / ".orchestrator" / "runs" / run).exists()
        assert (await sh.run("stop", busy)).code == ExitCode.DONE
        assert (await begun.ended()).code == ExitCode.WAITING

        kept = await sh.run("prune", "--run-id", busy, "--apply")
        assert kept.code == ExitCode.WAITING and "can be resumed" in kept.out
        given_up = await sh.run("prune", "--run-id", busy, "--no-resume", "--apply")
        assert given_up.code == ExitCode.DONE and branches(sh) == {"main"}, given_up
        refs = git(sh.repository, "for-each-ref", "--format=%(refname)", f"refs/codex-orch/backup/{busy}")
        assert refs and refs in given_up.out
