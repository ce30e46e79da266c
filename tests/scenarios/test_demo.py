"""The demo: what it claims is looked up here once more, from outside of the program."""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.task import Task, TaskState
from codex_orch_tui.scripted import demo_player
from codex_orch_tui.scripted.demo import FIRST_STEPS, Stage, demo_stage
from codex_orch_tui.scripted.demo_folder import (
    LOCK_NAME,
    MARK_NAME,
    MARK_TEXT,
    DemoRefusedError,
    demo_folder,
    demos_folder,
)
from codex_orch_tui.scripted.demo_player import DemoFailedError, DemoPlayer
from codex_orch_tui.scripted.demo_proof import Belongings, claims, tip
from codex_orch_tui.scripted.demo_scripts import AT_ONCE, BUILD, CHANGELOG, MEETING, SEARCH
from codex_orch_tui.services.errors import ConflictError
from codex_orch_tui.store.lock import RepositoryLock
from codex_orch_tui.ui.app import OrchApp
from tests.scenarios.stage import git

WITHOUT_THE_PACKAGE = "import sys; sys.modules['codex_cli_bin'] = None; "
MAIN = "from codex_orch_tui.cli.main import main; main()"


@pytest.fixture
def home(scratch: Path) -> Path:
    """A person's home with settings that would show if the demo used or changed them."""
    home = scratch / "person"
    for name, text in {
        ".gitconfig": "[user]\n\tname = Kim Person\n\temail = kim@example.org\n[commit]\n\tgpgSign = true\n",
        ".codex/config.toml": 'model_provider = "nobody"\n',
        ".codex/rules/default.rules": 'prefix_rule(pattern=["printf"], decision="forbidden")\n',
        ".codex/auth.json": "{}\n",
        ".config/codex-orch-tui/config.yaml": "max_workers: 1\nsandbox: read-only\n",
        "project/README.md": "mine\n",
    }.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(home / "project", "init", "--quiet", "--initial-branch=main")
    return home


def belongings(home: Path) -> dict[str, str]:
    """Every file of the person's, the demo's own cache folder left out."""
    files = (path for path in home.rglob("*") if not path.is_relative_to(home / ".cache" / "codex-orch-tui"))
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in files
    }


def demo(
    home: Path, *options: str, program: str = MAIN, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command as a person calls it, in a project of theirs."""
    own = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    command = [sys.executable, "-c", program, "demo", *options]
    return subprocess.run(
        command,
        cwd=home / "project",
        env=own | (environment or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def only_demo(home: Path) -> Path:
    """The one folder that was left behind."""
    (folder,) = (home / ".cache" / "codex-orch-tui" / "demo").iterdir()
    return folder


@pytest.mark.codex
def test_the_headless_demo_lands_three_tasks_of_the_real_codex(home: Path, codex_version: str) -> None:
    before = belongings(home)
    done = demo(home, "--headless")
    assert done.returncode == 0, done.stdout + done.stderr
    assert belongings(home) | {".cache": "folder"} == before | {".cache": "folder"}

    folder = only_demo(home)
    shop = folder / "shop-api"
    log = git(shop, "log", "--reverse", "--format=%s|%an|%P|%(trailers:key=Codex-Thread,valueonly,separator=)")
    landed = [line.split("|") for line in log.splitlines()][2:]
    assert [subject for subject, *_ in landed] == [
        "Add product search",
        "Record the build",
        "Write the changelog",
        "Write the changelog",
    ]
    assert {author for _, author, _, _ in landed} == {"Robin Example"}
    assert all(" " not in parents for _, _, parents, _ in landed)
    assert git(shop, "status", "--porcelain") == ""
    assert git(shop, "worktree", "list").count("\n") == 0
    for thread in {thread for *_, thread in landed}:
        (rollout,) = (folder / "codex-home" / "sessions").rglob(f"rollout-*{thread}.jsonl")
        first = json.loads(rollout.read_text(encoding="utf-8").splitlines()[0])["payload"]
        assert (first["id"], first["cli_version"]) == (thread, codex_version)
        assert first["cwd"].startswith(str(shop))
    assert (folder / "build-server" / "builds.log").read_text().count("1.1.0") == 1
    subprocess.run([sys.executable, "-B", "-m", "unittest", "-q"], cwd=shop, check=True, capture_output=True)

    assert f"requests of codex-orch-tui/{codex_version}" in done.stdout
    assert "NOT SO" not in done.stdout
    assert str(folder) in done.stdout


def test_the_simulated_demo_says_so_on_every_line_and_starts_no_codex(home: Path, scratch: Path) -> None:
    before = belongings(home)
    tools = tools_without_codex(scratch)
    done = demo(home, "--headless", "--simulated", program=WITHOUT_THE_PACKAGE + MAIN, environment={"PATH": tools})
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(line.startswith("simulated ·") for line in done.stdout.splitlines())
    assert belongings(home) | {".cache": "folder"} == before | {".cache": "folder"}
    folder = only_demo(home)
    assert git(folder / "shop-api", "log", "--format=%s").count("\n") == 5
    assert list((folder / "codex-home").iterdir()) == []
    assert "rollout" not in done.stdout


def tools_without_codex(scratch: Path) -> str:
    """A PATH that holds git and nothing else."""
    tools = scratch / "tools"
    tools.mkdir()
    found = shutil.which("git")
    assert found is not None
    (tools / "git").symlink_to(found)
    return f"{tools}:/usr/bin:/bin" if not shutil.which("codex", path="/usr/bin:/bin") else str(tools)


@pytest.mark.parametrize("option", ["--headless", ""])
def test_without_codex_it_says_how_to_get_one_and_makes_nothing(home: Path, scratch: Path, option: str) -> None:
    before = belongings(home)
    # The check for a terminal comes first, so without --headless it is a pseudo terminal's job; both ask for Codex.
    options = [option] if option else ["--headless", "--folder", str(scratch / "chosen")]
    environment = {"PATH": tools_without_codex(scratch)}
    done = demo(home, *options, program=WITHOUT_THE_PACKAGE + MAIN, environment=environment)
    assert done.returncode == 1
    assert "No codex was found" in done.stderr
    assert "pip install 'openai-codex-cli-bin" in done.stderr
    assert "demo --simulated" in done.stderr
    assert done.stdout == ""
    assert belongings(home) == before
    assert not (scratch / "chosen").exists()


def test_without_a_terminal_the_screen_is_refused_with_the_way_out(home: Path) -> None:
    done = demo(home, "--simulated", environment={"TERM": "xterm-256color"})
    assert done.returncode == 3
    assert "demo --headless" in done.stderr


def test_a_configured_codex_that_is_missing_is_no_reason_to_take_another(home: Path) -> None:
    done = demo(home, "--headless", environment={"CODEX_ORCH_CODEX_PATH": str(home / "no-codex")})
    assert done.returncode == 1
    assert "no-codex is missing" in done.stderr


# -- the folder ---------------------------------------------------------------------------------------------------


def test_finished_demos_are_removed_and_nothing_else(scratch: Path) -> None:
    environ = {"HOME": str(scratch)}
    with demo_folder(None, environ) as first:
        (first.home / "left-over").touch()
    others = demos_folder(environ, "linux")
    (others / "unmarked").mkdir()
    playing = others / "playing"
    playing.mkdir()
    (playing / MARK_NAME).write_text(MARK_TEXT, encoding="utf-8")
    elsewhere = scratch / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / MARK_NAME).write_text(MARK_TEXT, encoding="utf-8")
    (others / "link").symlink_to(elsewhere)
    with RepositoryLock.acquire(playing / LOCK_NAME), demo_folder(None, environ) as second:
        names = {path.name for path in others.iterdir()}
    assert not (first.home / "left-over").exists()
    assert names == {"unmarked", "playing", "link", second.root.name}
    assert (elsewhere / MARK_NAME).exists()


def test_a_folder_that_every_sandbox_may_write_is_refused(tmp_path: Path, scratch: Path) -> None:
    environ = {"HOME": str(scratch), "TMPDIR": str(scratch / "tmp")}
    for folder in (tmp_path / "demo", scratch / "tmp" / "demo"):
        with pytest.raises(DemoRefusedError, match="sandbox may write"), demo_folder(folder, environ):
            pass
        assert not folder.exists()
    with pytest.raises(DemoRefusedError, match="--folder"), demo_folder(None, {"HOME": str(tmp_path)}):
        pass


def test_a_chosen_folder_has_to_be_empty_and_is_never_removed(scratch: Path) -> None:
    environ = {"HOME": str(scratch)}
    chosen = scratch / "chosen"
    with demo_folder(chosen, environ):
        pass
    with demo_folder(None, environ):
        assert (chosen / MARK_NAME).exists()
    with pytest.raises(DemoRefusedError, match="not empty"), demo_folder(chosen, environ):
        pass


def test_only_places_in_a_marked_folder_are_scratch(scratch: Path) -> None:
    with demo_folder(scratch / "chosen", {"HOME": str(scratch)}) as folder:
        folder.check_is_scratch(folder.home, folder.codex_home)
        (folder.root / "way-out").symlink_to(scratch)
        for place in (folder.root, scratch, Path.home(), folder.root / "way-out"):
            with pytest.raises(DemoRefusedError, match="nothing is started"):
                folder.check_is_scratch(place)
        (folder.root / MARK_NAME).unlink()
        with pytest.raises(DemoRefusedError, match="not marked"):
            folder.check_is_scratch(folder.home)


# -- the play -----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def simulated(scratch: Path) -> AsyncIterator[Stage]:
    """A stage without Codex."""
    with demo_folder(scratch / "demo", {"HOME": str(scratch)}) as folder:
        async with demo_stage(folder, Config(), pace=AT_ONCE, simulated=True, environ=os.environ) as stage:
            yield stage


async def test_another_command_than_the_expected_one_is_declined(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_player, "build_command", lambda _folder: "touch something-else")
    async with simulated(scratch) as stage:
        before = Belongings({"HOME": str(scratch)}, scratch)
        first = await tip(stage)
        lines: list[str] = []
        played = await DemoPlayer(stage, lines.append).play()
        found = {claim.text: claim for claim in await claims(stage, played, before, first)}
    (question,) = [claim for text, claim in found.items() if text.startswith("one question")]
    assert not question.holds
    assert question.seen[0].startswith("declined: printf")
    assert all(claim.holds for claim in found.values() if claim is not question)
    assert any("answers: decline" in line for line in lines)
    assert "1.1.0" not in (stage.folder.build_server / "builds.log").read_text()


async def test_it_ends_at_its_time_limit_and_stops_its_workers(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_player, "MEETING", "where nobody waits")
    monkeypatch.setattr(demo_player, "TIME_LIMIT_S", 0.5)
    async with simulated(scratch) as stage:
        with pytest.raises(DemoFailedError, match="not at the end"):
            await DemoPlayer(stage, lambda _line: None).play()
        assert not stage.orchestrator.state.session_open
        assert {task.state for task in stage.orchestrator.state.tasks.values()} == {TaskState.INTERRUPTED}


async def test_a_changed_file_of_the_person_is_noticed(scratch: Path) -> None:
    before = Belongings({"HOME": str(scratch)}, scratch)
    assert before.changed() == ()
    (scratch / ".gitconfig").write_text("[user]\n", encoding="utf-8")
    (scratch / ".codex").mkdir()
    assert before.changed() == (str(scratch / ".codex"), str(scratch / ".gitconfig"))


async def test_a_person_can_write_to_any_worker_and_everything_can_land(scratch: Path) -> None:
    async with simulated(scratch) as stage, asyncio.TaskGroup() as group:
        orchestrator = stage.orchestrator
        group.create_task(orchestrator.run())
        refs = {ref.task: ref for ref in await orchestrator.begin()}
        stage.prompter.release(MEETING)
        try:
            for name, messages in ((SEARCH, 2), (CHANGELOG, 1)):
                await until_done(stage, refs[name])
                for commits in range(2, 2 + messages):
                    await orchestrator.message(refs[name], "something that no script knows")
                    await until_done(stage, refs[name], commits=commits)
            await land(stage, refs[SEARCH])
            with pytest.raises(ConflictError):
                await orchestrator.update(refs[CHANGELOG])
            await orchestrator.send_conflicts(refs[CHANGELOG])
            await until_done(stage, refs[CHANGELOG], conflicts=False)
            await land(stage, refs[CHANGELOG])
        finally:
            orchestrator.close()
    assert git(stage.shop, "show", "main:docs/requests.md") == "- Several workers were written to."
    assert FIRST_STEPS in orchestrator.state.tasks[refs[BUILD]].notes[0].text


async def land(stage: Stage, ref: TaskRef) -> None:
    """Review and merge."""
    summary = await stage.orchestrator.review(ref)
    stage.orchestrator.record_review(ref, summary, summary.file_count)
    await stage.orchestrator.merge(ref, await stage.orchestrator.preview_merge(ref))


async def until_done(stage: Stage, ref: TaskRef, *, commits: int = 1, conflicts: bool = True) -> Task:
    """Wait for the end of a turn that left a commit."""
    changed = asyncio.Event()
    unwatch = stage.orchestrator.watch(changed.set)
    try:
        async with asyncio.timeout(10):
            while True:
                task = stage.orchestrator.state.tasks[ref]
                settled = task.state is TaskState.DONE and len(task.commits) >= commits
                if settled and (conflicts or task.answer.endswith("without markers.")):
                    return task
                changed.clear()
                await changed.wait()
    finally:
        unwatch()


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_every_screen_of_a_simulated_demo_says_so(scratch: Path, size: tuple[int, int]) -> None:
    async with simulated(scratch) as stage, asyncio.TaskGroup() as group:
        group.create_task(stage.orchestrator.run())
        app = OrchApp(stage.orchestrator, simulated=True)
        try:
            async with app.run_test(size=size) as pilot:
                (first, *_) = await stage.orchestrator.begin()
                stage.prompter.release(MEETING)
                await until_done(stage, first)
                await pilot.pause()
                for key in ("?", "d", "n", "v"):
                    assert "SIMULATED" in app.export_screenshot(simplify=True)
                    await pilot.press(key)
                    await app.workers.wait_for_complete()
                    await pilot.pause()
                    assert "SIMULATED" in app.export_screenshot(simplify=True), key
                    await pilot.press("escape")
                    await pilot.pause()
        finally:
            stage.orchestrator.close()
