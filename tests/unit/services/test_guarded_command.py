"""Guarded commands on real processes: the jail, the log, the time limit, the environment, the output."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import CommitId, RunId, TaskId, TaskRef
from codex_orch_tui.domain.plan import SandboxMode
from codex_orch_tui.services.command_log import CommandLog
from codex_orch_tui.services.command_output import TAIL_BYTES
from codex_orch_tui.services.guarded_command import CommandEnd, CommandResult, GuardedCommand, GuardedCommands
from codex_orch_tui.store.layout import Layout
from tests.fakes.command_log import command_lines

REF = TaskRef(RunId("r"), TaskId("t"))
PYTHON = Path(sys.executable).name


class Rig:
    """A folder that stands for a worktree, and what runs in it without a sandbox."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.worktree = folder / "tree"
        self.tmpdir = folder / "private"
        (folder / "git").mkdir()
        for place in (self.worktree, self.tmpdir):
            place.mkdir()
        self.layout = Layout(folder, folder / "git")
        self.layout.create()
        self.log = folder / "logs.txt"
        self.environ = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "MY_TOKEN": "x", "MINE": "yes"}
        settings = {
            "allowed_programs": (PYTHON, "ls", "pwd", "git", "sleep", "./check"),
            "check_sandbox": SandboxMode.DANGER_FULL_ACCESS,
        } | settings
        self.config = Config(**settings)
        self.pids: list[int] = []
        self.begun = asyncio.Event()

    async def run(self, *words: str, **settings: Any) -> CommandResult:
        settings = {"time_limit_s": 10.0, "worktree": self.worktree} | settings
        command = GuardedCommand(
            ref=REF,
            what="check one",
            words=words,
            tmpdir=self.tmpdir,
            log=self.log,
            commit=CommitId("c1"),
            **settings,
        )
        commands = GuardedCommands(lambda: self.config, CommandLog(self.layout), self.environ)
        return await commands.run(command, self._begun)

    def _begun(self, pid: int) -> None:
        self.pids.append(pid)
        self.begun.set()

    async def until_gone(self) -> None:
        """Return when no process of the last command's group is left; whoever adopted it reaps it."""
        async with asyncio.timeout(5):
            while True:
                try:
                    os.killpg(self.pids[-1], 0)
                except ProcessLookupError:
                    return
                await asyncio.sleep(0.01)

    async def python(self, code: str, **settings: Any) -> CommandResult:
        return await self.run(PYTHON, "-c", code, **settings)

    def lines(self) -> list[dict[str, Any]]:
        return command_lines(self.layout.commands(REF.run))


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


async def test_output_exit_code_and_log_come_back(rig: Rig) -> None:
    result = await rig.python(
        "import sys; print('out \\x1b[31m'); sys.stdout.flush(); sys.stderr.write('err'); exit(3)"
    )
    assert (result.end, result.exit_code) == (CommandEnd.ENDED, 3)
    assert result.output_tail == "out ␛[31m\nerr"
    assert rig.log.read_text().startswith("── check one: ")
    began, ended = rig.lines()
    assert (began["phase"], ended["phase"]) == ("began", "ended")
    assert (ended["outcome"], ended["exit_code"], ended["commit"]) == ("ended", 3, "c1")
    assert began["cwd"] == str(rig.worktree)
    assert (rig.layout.commands(REF.run).stat().st_mode & 0o777) == 0o600


async def test_the_environment_is_a_list(tmp_path: Path) -> None:
    rig = Rig(tmp_path, check_environment=("MINE",))
    result = await rig.python("import os; print(*sorted(os.environ))")
    names = set(result.output_tail.split())
    assert {"PATH", "TMPDIR", "CI", "MINE"} <= names
    assert "MY_TOKEN" not in names


async def test_a_folder_outside_of_the_worktree_is_refused(rig: Rig) -> None:
    (rig.worktree / "sub").mkdir()
    (rig.worktree / "out").symlink_to("/")
    assert (await rig.run("pwd", folder="sub")).output_tail == str(rig.worktree / "sub")
    for folder in ("..", "out", "gone", "/"):
        result = await rig.run("pwd", folder=folder)
        assert result.end is CommandEnd.REFUSED, folder
    link = rig.worktree.parent / "link"
    link.symlink_to(rig.worktree)
    for worktree in (rig.worktree.parent / "gone", link, Path("tree")):
        assert (await rig.run("pwd", worktree=worktree)).end is CommandEnd.REFUSED
    assert {line["phase"] for line in rig.lines()[2:]} == {"refused"}


async def test_a_program_that_a_worker_can_write_is_refused(rig: Rig) -> None:
    planted = rig.worktree / "ls"
    planted.write_text("#!/bin/sh\ntouch planted\n")
    planted.chmod(0o755)
    rig.environ["PATH"] = f"{rig.worktree}:{rig.environ['PATH']}"
    result = await rig.run("ls")
    assert "which a worker can write" in result.reason
    rig.environ["PATH"] = "."
    assert (await rig.run("ls")).reason == "ls is not on PATH"
    assert not (rig.worktree / "planted").exists()


async def test_a_script_of_the_worktree_runs_when_the_settings_name_it(rig: Rig) -> None:
    assert "not there" in (await rig.run("./check")).reason
    script = rig.worktree / "check"
    script.write_text("#!/bin/sh\nprintf checked\n")
    script.chmod(0o755)
    assert (await rig.run("./check")).output_tail == "checked"
    script.unlink()
    script.symlink_to("/bin/ls")
    assert "leads out of the worktree" in (await rig.run("./check")).reason


async def test_the_time_limit_ends_the_whole_group(rig: Rig) -> None:
    code = "import subprocess, time; subprocess.Popen(['sleep', '60']); print('begun', flush=True); time.sleep(60)"
    result = await rig.python(code, time_limit_s=0.5)
    assert (result.end, result.exit_code, result.output_tail) == (CommandEnd.TIMED_OUT, None, "begun")
    await rig.until_gone()
    assert rig.lines()[-1]["outcome"] == "timed_out"


async def test_what_is_cut_off_has_an_end_in_the_log(rig: Rig) -> None:
    running = asyncio.create_task(rig.run("sleep", "60"))
    await rig.begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert rig.lines()[-1]["outcome"] == "cut_off"
    await rig.until_gone()


async def test_a_flood_of_output_keeps_its_end(rig: Rig) -> None:
    result = await rig.python("for i in range(200_000): print('line', i)")
    assert result.output_tail.endswith("line 199999")
    assert len(result.output_tail) <= TAIL_BYTES
    assert rig.log.read_text().count("\n") == 200_001


async def test_secrets_are_in_neither_log(rig: Rig) -> None:
    token = "ghp_" + "a1B2c3D4e5F6" * 3
    result = await rig.python(f"print('{token}')")
    assert token not in result.output_tail
    assert token not in rig.log.read_text()
    assert token not in rig.layout.commands(REF.run).read_text()


async def test_without_a_log_nothing_runs(rig: Rig) -> None:
    rig.layout.commands(REF.run).mkdir(parents=True)
    result = await rig.python("open('ran', 'w')")
    assert result.end is CommandEnd.REFUSED
    assert "log of commands" in result.reason
    assert not (rig.worktree / "ran").exists()


async def test_a_dry_run_only_logs(tmp_path: Path) -> None:
    rig = Rig(tmp_path, dry_run=True, trace=True)
    result = await rig.python("open('ran', 'w')")
    assert result.end is CommandEnd.SKIPPED
    assert result.trace.startswith("trace: ")
    assert [line["phase"] for line in rig.lines()] == ["skipped"]
    assert list(rig.worktree.iterdir()) == []
    assert (await rig.run("git", "push")).end is CommandEnd.REFUSED, "a dry run shows what would be refused"


async def test_without_codex_there_is_no_sandbox_and_nothing_runs(tmp_path: Path) -> None:
    rig = Rig(tmp_path, check_sandbox=SandboxMode.WORKSPACE_WRITE, codex_path=tmp_path / "no-codex")
    result = await rig.python("open('ran', 'w')")
    assert result.end is CommandEnd.REFUSED
    assert "sandbox" in result.reason
    assert list(rig.worktree.iterdir()) == []


async def test_a_sandbox_that_does_not_work_is_not_the_commands_fault(tmp_path: Path) -> None:
    broken = tmp_path / "codex"
    broken.write_text("#!/bin/sh\nprintf 'bwrap: no namespaces' >&2\nexit 1\n")
    broken.chmod(0o755)
    rig = Rig(tmp_path, check_sandbox=SandboxMode.WORKSPACE_WRITE, codex_path=broken)
    result = await rig.python("pass")
    assert result.end is CommandEnd.REFUSED
    assert "sandbox does not work here (bwrap: no namespaces) → " in result.reason
    # One that runs what stands behind `--`: then the failure is the command's.
    broken.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n')
    result = await rig.python("exit(4)")
    assert (result.end, result.exit_code) == (CommandEnd.ENDED, 4)


@pytest.mark.codex
async def test_the_sandbox_keeps_what_runs_in_its_worktree(scratch: Path) -> None:
    rig = Rig(scratch, check_sandbox=SandboxMode.WORKSPACE_WRITE)
    rig.environ |= {"HOME": str(scratch / "home"), "CODEX_HOME": str(scratch / "codex-home")}
    for name in ("home", "codex-home"):
        (scratch / name).mkdir()
    # What is planted in the worktree changes nothing of it.
    (rig.worktree / ".codex").mkdir()
    (rig.worktree / ".codex" / "config.toml").write_text('sandbox_mode = "danger-full-access"\n')
    (scratch / "codex-home" / "config.toml").write_text('sandbox_mode = "danger-full-access"\n')
    code = (
        "import os, pathlib\n"
        f"for place in ('in', os.environ['TMPDIR'] + '/in', {str(scratch / 'out')!r}, os.environ['HOME'] + '/out'):\n"
        "    try: pathlib.Path(place).touch(); print('wrote')\n"
        "    except OSError: print('not')\n"
        "raise SystemExit(5)\n"
    )
    result = await rig.python(code)
    assert (result.output_tail.split(), result.exit_code) == (["wrote", "wrote", "not", "not"], 5)
    rig.config = rig.config.model_copy(update={"check_sandbox": SandboxMode.READ_ONLY})
    assert (await rig.python(code)).output_tail.split()[0] == "not"
