"""The demo's stage: a scratch repository, workers with a home of their own, and the scripted model that they follow.

Whether a person plays on it with the screen or `demo_player` without one, all of it lies in the demo's folder.
"""

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from codex_orch_tui.codex.binary import check_codex, find_codex
from codex_orch_tui.config import Config
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.plan import SandboxMode
from codex_orch_tui.scripted.codex_home import write_codex_home
from codex_orch_tui.scripted.demo_folder import DemoFolder
from codex_orch_tui.scripted.demo_guide import guide_of
from codex_orch_tui.scripted.demo_scripts import NAVIGATOR, Pace, demo_scripts
from codex_orch_tui.scripted.model_server import ModelServer, RecordedRequest
from codex_orch_tui.scripted.shop_api import BRANCH, make_shop
from codex_orch_tui.scripted.simulated import SimulatedConnector
from codex_orch_tui.services.connect import CodexConnector
from codex_orch_tui.services.orchestrator import Orchestrator
from codex_orch_tui.services.ports import Connector

_REAL = "This is a demo: real Codex, scripted model, nothing of yours is touched"
_SIMULATED = "This is a simulated demo: no Codex takes part, nothing of yours is touched"

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TERM", "TZ", "USER", "LOGNAME")
_OF_THE_PERSON = ("codex_path", "editor", "theme", "ascii_glyphs", "approval_guard_ms", "keymap")
"""Settings that are about the person or the machine; all others would change what the demo shows."""


class Prompter(Protocol):
    """Whoever plays the scripts: the model server, or the stand-in for Codex."""

    def release(self, name: str) -> None:
        """Lets every script go on that is or will be held at `Hang(name)`."""


class DemoOrchestrator(Orchestrator):
    """An orchestrator that says what this is and what to do next, and that can begin as a person would."""

    is_simulated = False

    @property
    def introduction(self) -> str:
        """What this is, in a sentence."""
        return _SIMULATED if self.is_simulated else _REAL

    @property
    def guide(self) -> str:
        """What the person does next, in a sentence or two; what this is, before they have begun."""
        return guide_of(self.state, self.introduction)

    async def begin(self) -> TaskRef:
        """Lets the demo's sentence be planned, as the new-task dialog does.

        Raises:
            NotPossibleError: The run cannot start.
        """
        (planner,) = await self.create_run(NAVIGATOR, BRANCH)
        return planner


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that a demo plays on. `environment` is what workers are made from."""

    folder: DemoFolder
    shop: Path
    orchestrator: DemoOrchestrator
    prompter: Prompter
    environment: Mapping[str, str]

    @property
    def is_simulated(self) -> bool:
        """No Codex takes part."""
        return self.orchestrator.is_simulated

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """What Codex asked the scripted model."""
        return tuple(self.prompter.requests) if isinstance(self.prompter, ModelServer) else ()

    def check_is_scratch(self) -> None:
        """Sees that repository and homes are the demo's own.

        Raises:
            DemoRefusedError: One is not; nothing may be answered there without a person.
        """
        homes = (Path(self.environment[name]) for name in ("HOME", "CODEX_HOME"))
        self.folder.check_is_scratch(self.orchestrator.root, *homes)


@asynccontextmanager
async def demo_stage(
    folder: DemoFolder, config: Config, *, pace: Pace, simulated: bool, environ: Mapping[str, str] = os.environ
) -> AsyncIterator[Stage]:
    """Sets the stage. Whoever uses it runs and closes its orchestrator.

    Args:
        folder: Where, freshly made.
        config: The person's settings; only those that are about the person and the machine are taken.
        pace: How fast the model talks.
        simulated: Without Codex.
        environ: Our own environment.

    Raises:
        CodexUnusableError: There is no Codex that can be used, and no stand-in was asked for.
        DemoRefusedError: Something of it would not be the demo's own.
        UnsafeScriptError: The folder's name cannot be used in a command.
        GitRepoError: Git is missing, too old or failed.
        OpenError: The repository cannot be opened.
    """
    shop = await make_shop(folder.root)
    environment = {name: environ[name] for name in _PASSED_ON if name in environ}
    environment |= {"HOME": str(folder.home), "CODEX_HOME": str(folder.codex_home)}
    # The check is run by a python3; where the person has none on PATH, by the one that runs this program.
    environment["PATH"] = os.pathsep.join((environment.get("PATH", os.defpath), str(Path(sys.executable).parent)))
    scripts = demo_scripts(folder.build_server, pace)
    roots = [str(folder.root)]
    if simulated:
        stand_in = SimulatedConnector(scripts, roots=roots, environment=environment)
        yield await _staged(folder, shop, config, stand_in, stand_in, environment)
        return
    # In the demo's home: even to tell its version, Codex makes folders in its own.
    await check_codex(find_codex(config.codex_path, environment), environment)
    async with ModelServer(scripts, roots=roots) as model:
        write_codex_home(folder.codex_home, model.base_url)
        connector = CodexConnector(codex_path=config.codex_path, environment=environment)
        yield await _staged(folder, shop, config, connector, model, environment)


async def _staged(
    folder: DemoFolder,
    shop: Path,
    config: Config,
    connector: Connector,
    prompter: Prompter,
    environment: Mapping[str, str],
) -> Stage:
    folder.check_is_scratch(shop, Path(environment["HOME"]), Path(environment["CODEX_HOME"]))
    is_simulated = isinstance(connector, SimulatedConnector)
    kept = {name: getattr(config, name) for name in _OF_THE_PERSON}
    if is_simulated:
        # The sandbox is Codex's. What the check runs was written by our own scripts.
        kept["check_sandbox"] = SandboxMode.DANGER_FULL_ACCESS
    orchestrator = await DemoOrchestrator.open(shop, Config(**kept), connector, environ=environment)
    assert isinstance(orchestrator, DemoOrchestrator), "open makes one of the class that it is called on"
    orchestrator.is_simulated = is_simulated
    stage = Stage(folder=folder, shop=shop, orchestrator=orchestrator, prompter=prompter, environment=environment)
    stage.check_is_scratch()
    return stage
