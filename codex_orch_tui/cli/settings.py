"""Which settings hold for a folder, before its repository is opened."""

import os
from pathlib import Path

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.config import LoadedConfig, load_config
from codex_orch_tui.paths import PathsError, user_config_file
from codex_orch_tui.store.layout import STATE_FOLDER


def load_settings(folder: Path, config_file: Path | None) -> LoadedConfig:
    """The settings of the user and of the repository around `folder`.

    Args:
        folder: Any folder.
        config_file: Read instead of the repository's own file.

    Raises:
        CommandFailedError: HOME is not usable, or the file that was named is not there.
        ConfigError: Settings are wrong.
    """
    if config_file is not None and not config_file.is_file():
        raise CommandFailedError(f"--config: there is no file {config_file}", ExitCode.NOT_USABLE)
    try:
        user_file = user_config_file()
    except PathsError as error:
        raise CommandFailedError(str(error), ExitCode.NOT_USABLE) from error
    return load_config(project_file=config_file or project_file(folder), user_file=user_file)


def project_file(folder: Path) -> Path | None:
    """The settings in the main worktree, found without starting git; None outside of a repository.

    The repository is opened, and judged, later on; here only a path is wanted, early.
    """
    for place in (folder.absolute(), *folder.absolute().parents):
        entry = place / ".git"
        if entry.is_dir():
            return place / STATE_FOLDER / "orchestrator.yaml"
        if entry.is_file():
            return _main_worktree(entry) / STATE_FOLDER / "orchestrator.yaml"
    return None


def _main_worktree(pointer: Path) -> Path:
    """The folder that a linked worktree's `.git` file leads to: `gitdir: <main>/.git/worktrees/<name>`."""
    told = os.fsdecode(pointer.read_bytes()[:4096]).removeprefix("gitdir:").strip()
    admin = pointer.parent / told
    return admin.parent.parent.parent if admin.parent.name == "worktrees" else pointer.parent
