"""A repository, the scripted model, the real Codex and the whole program above them, for one scenario."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codex_orch_tui.config import Config
from codex_orch_tui.domain.approval import Approval, Choice, Decision
from codex_orch_tui.domain.ids import TaskId, TaskRef
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.task import Task, TaskState
from codex_orch_tui.scripted.codex_home import write_codex_home
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.scripted.script import Script
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.services.orchestrator import Orchestrator

PATIENCE_S = 15.0
MCP_SERVER = Path(__file__).parents[1] / "fakes" / "mcp_server.py"
FEATURES = ("default_mode_request_user_input", "request_permissions_tool")

ACCEPT = Decision(choice=Choice.ACCEPT)
DECLINE = Decision(choice=Choice.DECLINE)
CANCEL = Decision(choice=Choice.CANCEL)


def git(folder: Path, *args: str) -> str:
    """Plain git, as the person would run it, with a configuration of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent / "home"),
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    done = subprocess.run(
        ["git", "-C", str(folder), *args], env=environment, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


def make_repository(root: Path, files: Mapping[str, str]) -> Path:
    """A repository with one commit on `main`."""
    repository = root / "repository"
    repository.mkdir()
    (root / "home").mkdir(exist_ok=True)
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "config", "user.name", "Robin Example")
    git(repository, "config", "user.email", "robin@example.org")
    for name, text in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "first")
    return repository


def add_file(name: str, *lines: str) -> str:
    """A patch that adds a file."""
    return "\n".join(["*** Begin Patch", f"*** Add File: {name}", *(f"+{line}" for line in lines), "*** End Patch"])


def change_line(name: str, old: str, new: str) -> str:
    """A patch that replaces one line of a file."""
    return "\n".join(["*** Begin Patch", f"*** Update File: {name}", "@@", f"-{old}", f"+{new}", "*** End Patch"])


@dataclass
class Stage:
    """What a scenario plays on."""

    root: Path
    repository: Path
    model: ModelServer
    orchestrator: Orchestrator

    @property
    def outside(self) -> Path:
        """A folder that no worker's sandbox may write."""
        return self.root / "outside"

    def task(self, ref: TaskRef) -> Task:
        """The task now."""
        return self.orchestrator.state.tasks[ref]

    async def start(self, *prompts: str, **settings: Any) -> tuple[TaskRef, ...]:
        """One run with a task for each prompt; their answers are free text unless `checked_answer` says otherwise."""
        settings.setdefault("checked_answer", False)
        specs = tuple(
            TaskSpec(id=TaskId(f"task-{number}"), title=prompt, prompt=prompt, **settings)
            for number, prompt in enumerate(prompts, 1)
        )
        return await self.orchestrator.create_run(Plan(title=prompts[0], tasks=specs), "main")

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for a condition on the state; looked at after every event."""
        changed = asyncio.Event()
        unwatch = self.orchestrator.watch(changed.set)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not holds():
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            tasks = {str(ref): (task.state, task.fault) for ref, task in self.orchestrator.state.tasks.items()}
            raise AssertionError(f"waited {PATIENCE_S:g} s in vain; {tasks}") from None
        finally:
            unwatch()

    async def until_state(self, ref: TaskRef, *states: TaskState) -> Task:
        """Wait until the task is in one of these states."""
        await self.until(lambda: self.task(ref).state in states)
        return self.task(ref)

    async def asked(self) -> Approval:
        """The oldest open question, when there is one."""
        await self.until(lambda: bool(self.orchestrator.state.pending))
        return self.orchestrator.state.pending[0]

    async def reviewed(self, ref: TaskRef) -> None:
        """Look at the task's diff as the review screen does."""
        summary = await self.orchestrator.review(ref)
        for change in summary.files:
            await self.orchestrator.file_patch(change)
        self.orchestrator.record_review(ref, summary, summary.file_count)

    async def merged(self, ref: TaskRef) -> None:
        """Review and merge."""
        await self.reviewed(ref)
        await self.orchestrator.merge(ref, await self.orchestrator.preview_merge(ref))


@asynccontextmanager
async def running(
    root: Path, repository: Path, model: ModelServer, settings: Mapping[str, Any], *, mcp: bool = False
) -> AsyncIterator[Orchestrator]:
    """The program without a screen, opened and closed in good order."""
    servers = {"asker": [sys.executable, str(MCP_SERVER)]} if mcp else {}
    home = write_codex_home(root / "codex-home", model.base_url, mcp_servers=servers, features=FEATURES)
    environment = {"PATH": os.environ["PATH"], "HOME": str(root / "home"), "CODEX_HOME": str(home)}
    config = Config(**settings)
    connector = CodexConnector(environment=environment)
    orchestrator = await Orchestrator.open(repository, config, connector, environ=environment)
    async with asyncio.TaskGroup() as group:
        group.create_task(orchestrator.run())
        try:
            yield orchestrator
        finally:
            orchestrator.close()


@asynccontextmanager
async def stage(
    root: Path,
    scripts: Iterable[Script],
    *,
    files: Mapping[str, str] | None = None,
    mcp: bool = False,
    **settings: Any,
) -> AsyncIterator[Stage]:
    """Everything that a scenario needs, in `root`; with `mcp` Codex has an MCP server `asker`."""
    (root / "outside").mkdir()
    repository = make_repository(root, files or {"README.md": "hello\n"})
    async with (
        ModelServer(scripts, roots=[str(root)]) as model,
        running(root, repository, model, settings, mcp=mcp) as orchestrator,
    ):
        yield Stage(root, repository, model, orchestrator)
