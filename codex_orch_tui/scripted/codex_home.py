"""A scratch CODEX_HOME that points a real Codex at the scripted model."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

MODEL = "gpt-5.5"
"""A name that Codex knows: an unknown one has no apply_patch tool."""


class UsersOwnHomeError(ValueError):
    """The folder holds, or is, the user's own Codex home."""


def write_codex_home(
    folder: Path, base_url: str, *, mcp_servers: Mapping[str, list[str]] | None = None, features: tuple[str, ...] = ()
) -> Path:
    """Makes a CODEX_HOME with a config.toml that knows only the scripted model.

    Args:
        folder: New or empty folder; a config.toml of ours in it is replaced. Not under /tmp, where Codex refuses
            to put its helpers.
        base_url: The model server's.
        mcp_servers: Command line of each stdio MCP server by its name.
        features: Names of Codex features to switch on.

    Returns:
        The folder.

    Raises:
        UsersOwnHomeError: `folder` is or could be the user's own.
    """
    _refuse_users_own(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = [
        f'model = "{MODEL}"',
        'model_provider = "scripted"',
        "check_for_update_on_startup = false",
        "[analytics]",
        "enabled = false",
        "[features]",
        *(f"{name} = true" for name in features),
        "[tools.update_plan]",  # off by default with this model; a script may report a plan
        "enabled = true",
        "[model_providers.scripted]",
        'name = "scripted"',
        f"base_url = {json.dumps(base_url)}",
        'wire_api = "responses"',
        "request_max_retries = 0",
        "stream_max_retries = 0",
    ]
    for name, argv in (mcp_servers or {}).items():
        lines += [
            f"[mcp_servers.{json.dumps(name)}]",
            f"command = {json.dumps(argv[0])}",
            f"args = {json.dumps(argv[1:])}",
        ]
    (folder / "config.toml").write_text("\n".join([_MARK, *lines, ""]), encoding="utf-8")
    return folder


_MARK = "# scratch home of the scripted model"


def _refuse_users_own(folder: Path) -> None:
    real = folder.resolve()
    own = [Path.home() / ".codex"]
    if "CODEX_HOME" in os.environ:
        own.append(Path(os.environ["CODEX_HOME"]))
    if any(real == path.resolve() for path in own):
        raise UsersOwnHomeError(f"{folder} is your own Codex home")
    if (real / "auth.json").exists():
        raise UsersOwnHomeError(f"{folder} holds a login")
    config = real / "config.toml"
    if config.exists() and not config.read_text(encoding="utf-8", errors="replace").startswith(_MARK):
        raise UsersOwnHomeError(f"{folder} holds a config.toml that is not ours")
