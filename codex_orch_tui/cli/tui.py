"""The default command: open the repository and its screen."""

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.location import locate, refuse
from codex_orch_tui.cli.settings import load_settings
from codex_orch_tui.config import Config, ConfigError, LoadedConfig
from codex_orch_tui.ui.tty import why_no_screen

if TYPE_CHECKING:
    from codex_orch_tui.services.connect import CodexConnector
    from codex_orch_tui.services.orchestrator import Orchestrator
    from codex_orch_tui.services.ports import Connection, Launch


def open_screen(
    repo: Path | None = None, config_file: Path | None = None, overrides: Mapping[str, object] | None = None
) -> int:
    """Open the repository around a folder and show its screen until the person leaves.

    Args:
        repo: Any folder in the repository; the current folder when None.
        config_file: Read instead of the repository's own settings.
        overrides: What the command line sets, by setting.

    Returns:
        The exit code.

    Raises:
        CommandFailedError: No repository, no terminal, wrong settings, or the repository is in use.
    """
    import asyncio

    folder = (repo or Path()).absolute()
    if locate(folder) is None:
        refuse(folder)
    if reason := why_no_screen(os.environ):
        raise CommandFailedError(reason, ExitCode.NO_TERMINAL)
    try:
        loaded = load_settings(folder, config_file, overrides)
    except ConfigError as error:
        raise CommandFailedError(str(error), ExitCode.NOT_USABLE) from error
    return asyncio.run(_session(folder, loaded, config_file.absolute() if config_file is not None else None))


async def _session(folder: Path, loaded: LoadedConfig, config_file: Path | None) -> int:
    from codex_orch_tui.store.errors import StoreError
    from codex_orch_tui.ui.run import run_app

    orchestrator = await _open(folder, loaded, config_file)
    try:
        return await run_app(orchestrator)
    except ExceptionGroup as group:
        unkept, rest = group.split(StoreError)
        if unkept is None or rest is not None:
            raise
        raise CommandFailedError(f"not everything was kept: {_first(unkept)}") from group


def _first(group: ExceptionGroup[Exception]) -> Exception:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, ExceptionGroup) else inner


async def _open(folder: Path, loaded: LoadedConfig, config_file: Path | None) -> "Orchestrator":
    from codex_orch_tui.services.errors import OpenError
    from codex_orch_tui.services.orchestrator import Orchestrator

    try:
        connector = _LateConnector(loaded.config)
        return await Orchestrator.open(folder, loaded.config, connector, settings_file=config_file, loaded=loaded)
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
