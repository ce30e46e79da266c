"""The program as a shell sees it: commands in processes of their own, on a real Codex that follows a script.

Nothing of the person's is in reach: HOME, CODEX_HOME and the repository lie in the test's own folder, and `shell`
refuses to begin where they do not.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codex_orch_tui.scripted.codex_home import write_codex_home
from codex_orch_tui.scripted.model_server import ModelServer
from codex_orch_tui.scripted.script import Script
from tests.scenarios.stage import FEATURES, make_repository

PATIENCE_S = 40.0
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH")


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Its output as JSON."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Its output as JSONL."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Begun:
    """A command that runs."""

    process: asyncio.subprocess.Process

    async def ended(self) -> Ended:
        """Wait for its end."""
        async with asyncio.timeout(PATIENCE_S):
            out, err = await self.process.communicate()
        assert self.process.returncode is not None
        return Ended(self.process.returncode, (out or b"").decode(), (err or b"").decode())


@dataclass
class Shell:
    """Starts commands."""

    root: Path
    repository: Path
    model: ModelServer
    environment: Mapping[str, str]
    _begun: list[asyncio.subprocess.Process] = field(default_factory=list)

    @property
    def outside(self) -> Path:
        """A folder that no worker's sandbox may write."""
        return self.root / "outside"

    async def begin(self, *arguments: str | Path, stdin: int = asyncio.subprocess.DEVNULL, **options: Any) -> Begun:
        """Start a command of the program; it has no terminal."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "codex_orch_tui",
            *map(str, arguments),
            cwd=options.pop("cwd", self.repository),
            env=dict(self.environment),
            stdin=stdin,
            stdout=options.pop("stdout", asyncio.subprocess.PIPE),
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            **options,
        )
        self._begun.append(process)
        return Begun(process)

    async def run(self, *arguments: str | Path) -> Ended:
        """Start a command and wait for its end."""
        return await (await self.begin(*arguments)).ended()

    async def end(self) -> None:
        """End what still runs of what was begun here."""
        for process in self._begun:
            if process.returncode is None:
                process.terminate()
                await process.wait()


@asynccontextmanager
async def shell(
    root: Path, scripts: Iterable[Script], *, files: Mapping[str, str] | None = None
) -> AsyncIterator[Shell]:
    """A shell in a repository of its own, in `root`."""
    (root / "outside").mkdir()
    repository = make_repository(root, files or {"README.md": "hello\n"})
    async with ModelServer(scripts, roots=[str(root)]) as model:
        home = write_codex_home(root / "codex-home", model.base_url, features=FEATURES)
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {"HOME": str(root / "home"), "CODEX_HOME": str(home), "TERM": "dumb"}
        check_is_scratch(root, environment)
        opened = Shell(root, repository, model, environment)
        try:
            yield opened
        finally:
            await opened.end()


def check_is_scratch(root: Path, environment: Mapping[str, str]) -> None:
    """Answers are given without a person here: only where nothing of the person's is in reach."""
    own = Path.home().resolve()
    for name in ("HOME", "CODEX_HOME"):
        place = Path(environment[name]).resolve()
        assert place.is_relative_to(root.resolve()), f"{name} is not the test's own: {place}"
        assert place not in {own, own / ".codex"}, f"{name} is the person's own: {place}"
