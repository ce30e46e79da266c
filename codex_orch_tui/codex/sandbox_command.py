"""A command of ours in Codex's own sandbox: what an agent wrote is run without what the agent itself was denied."""

import json
from collections.abc import Sequence
from pathlib import Path

from codex_orch_tui.codex.launch import untrusted
from codex_orch_tui.domain.plan import SandboxMode


def sandboxed(codex: Path, argv: Sequence[str], *, worktree: Path, tmpdir: Path, mode: SandboxMode) -> tuple[str, ...]:
    """The command line that runs `argv` in the sandbox: no network, and nothing to write but worktree and `tmpdir`.

    Every setting that counts is in it: the person's own configuration and a planted one change none of them. The exit
    code is the command's own.

    Args:
        codex: The binary.
        argv: Program and arguments; the program is an absolute path.
        worktree: Where it runs, and may write unless the mode is read-only.
        tmpdir: Its own folder for temporary files, outside /tmp.
        mode: With danger-full-access there is no sandbox, and `argv` comes back as it is.
    """
    if mode is SandboxMode.DANGER_FULL_ACCESS:
        return tuple(argv)
    settings = (
        "features.plugins=false",
        f"sandbox_mode={json.dumps(mode.value)}",
        "sandbox_workspace_write.network_access=false",
        "sandbox_workspace_write.exclude_slash_tmp=true",
        "sandbox_workspace_write.exclude_tmpdir_env_var=true",
        f"sandbox_workspace_write.writable_roots=[{json.dumps(str(tmpdir), ensure_ascii=False)}]",
        untrusted(worktree),
    )
    options = [word for setting in settings for word in ("-c", setting)]
    return (str(codex), "sandbox", *options, "--", *argv)
