"""The default command: open the repository and its screen, as a viewer while another program holds it."""

import os
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError, not_kept
from codex_orch_tui.cli.location import locate, refuse
from codex_orch_tui.cli.settings import load_settings
from codex_orch_tui.config import Config, ConfigError, LoadedConfig
from codex_orch_tui.ui.tty import why_no_screen

if TYPE_CHECKING:
    from codex_orch_tui.services.connect import CodexConnector
    from codex_orch_tui.services.ports import Connection, Launch
    from codex_orch_tui.services.session import Session
    from codex_orch_tui.ui.screens.plan_actions import Beginning


def open_screen(
    repo: Path | None = None,
    config_file: Path | None = None,
    overrides: Mapping[str, object] | None = None,
    *,
    beginning: "Beginning | None" = None,
) -> int:
    """Open the repository around a folder and show its screen until the person leaves.

    Args:
        repo: Any folder in the repository; the current folder when None.
        config_file: Read instead of the repository's own settings.
        overrides: What the command line sets, by setting.
        beginning: What is begun as soon as the screen is there.

    Returns:
        The exit code.

    Raises:
        CommandFailedError: No repository, no terminal, wrong settings, or a state that cannot be read.
    """
    import asyncio

    folder = (repo or Path()).absolute()
    if locate(folder) is None:
        refuse(folder)
    if reason := why_no_screen(os.environ):
        raise CommandFailedError(reason, ExitCode.NO_TERMINAL)

    def load() -> LoadedConfig:
        try:
            return load_settings(folder, config_file, overrides)
        except ConfigError as error:
            raise CommandFailedError(str(error), ExitCode.NOT_USABLE) from error

    settings_file = config_file.absolute() if config_file is not None else None
    return asyncio.run(_session(folder, load, settings_file, beginning))


async def _session(
    folder: Path, load: Callable[[], LoadedConfig], config_file: Path | None, beginning: "Beginning | None"
) -> int:
    import asyncio

    loaded = load()

    from codex_orch_tui.services.orchestrator import Orchestrator  # noqa: F401 - two threads must not import it at once

    # Opening mostly waits for git. What the screen needs is imported meanwhile.
    screen = asyncio.create_task(asyncio.to_thread(_load_screen))
    session = await _open(folder, loaded, config_file)
    run_app = await screen
    try:
        code = await (run_app(session) if beginning is None else run_app(session, beginning=beginning))
        while code == _take_over():
            # What looked on may have done so for hours: a sandbox that was tightened meanwhile counts for workers.
            code = await run_app(await _open(folder, load(), config_file))
        return code
    except ExceptionGroup as group:
        if (failure := not_kept(group)) is None:
            raise
        raise failure from group


def _load_screen() -> "Callable[..., Awaitable[int]]":
    from codex_orch_tui.ui.run import run_app

    return run_app


def _take_over() -> int:
    from codex_orch_tui.ui.screens.viewing import TAKE_OVER

    return TAKE_OVER


async def _open(folder: Path, loaded: LoadedConfig, config_file: Path | None) -> "Session":
    """The repository, to work in; to look at while another program holds it."""
    from codex_orch_tui.services.errors import OpenError
    from codex_orch_tui.services.orchestrator import Orchestrator
    from codex_orch_tui.store.lock import LockHeld

    try:
        try:
            connector = _LateConnector(loaded.config)
            return await Orchestrator.open(folder, loaded.config, connector, settings_file=config_file, loaded=loaded)
        except OpenError as error:
            if not isinstance(error.__cause__, LockHeld):
                raise
        from codex_orch_tui.services.viewer import Viewer

        return await Viewer.open(folder, loaded.config, settings_file=config_file, loaded=loaded)
    except OpenError as error:
        raise CommandFailedError(str(error), error.exit_code) from error


class _LateConnector:
    """Loads what speaks with Codex when the first worker is started: the first frame does not need it."""

    def __init__(self, config: Config) -> None:
        self._config = config

    async def connect(self, launch: "Launch") -> "Connection":
        """See `ports.Connector`."""
        return await self._connector.connect(launch)

    @cached_property
    def _connector(self) -> "CodexConnector":
        from codex_orch_tui.services.connect import CodexConnector

        return CodexConnector(codex_path=self._config.codex_path, extra_names=self._config.pass_environment)
