"""Which settings hold for a folder, before its repository is opened."""

from collections.abc import Mapping
from pathlib import Path

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.location import locate
from codex_orch_tui.config import LoadedConfig, SettingsPlaces
from codex_orch_tui.paths import PathsError, user_config_file
from codex_orch_tui.store.layout import STATE_FOLDER


def load_settings(
    folder: Path, config_file: Path | None, overrides: Mapping[str, object] | None = None
) -> LoadedConfig:
    """The settings of the user and of the repository around `folder`; see `settings_places`.

    Raises:
        CommandFailedError: HOME is not usable.
        ConfigError: Settings are wrong.
    """
    return settings_places(folder, config_file, overrides).load()


def settings_places(
    folder: Path, config_file: Path | None, overrides: Mapping[str, object] | None = None
) -> SettingsPlaces:
    """Where the settings for a folder come from.

    Args:
        folder: Any folder.
        config_file: Read instead of the repository's own file.
        overrides: What the command line sets, by setting.

    Raises:
        CommandFailedError: HOME is not usable.
    """
    try:
        user_file = user_config_file()
    except PathsError as error:
        raise CommandFailedError(str(error), ExitCode.NOT_USABLE) from error
    if config_file is None and (location := locate(folder)) is not None:
        config_file = location.main_worktree / STATE_FOLDER / "orchestrator.yaml"
    project_file = config_file.absolute() if config_file is not None else None
    return SettingsPlaces(project_file=project_file, user_file=user_file, overrides=overrides or {})
