"""A command of ours in Codex's own sandbox: what an agent wrote is run without what the agent itself was denied."""

import json
from collections.abc import Sequence
from pathlib import Path

from codex_orch_tui.codex.launch import untrusted
from codex_orch_tui.domain.plan import SandboxMode

_CHECKOUT_PROFILE = "codex-orch-tui-checkout"
"""A name that nobody gives to a profile of their own: Codex puts two of one name together."""


def sandboxed(
    codex: Path,
    argv: Sequence[str],
    *,
    worktree: Path,
    tmpdir: Path,
    mode: SandboxMode,
    read_only: Sequence[Path] = (),
) -> tuple[str, ...]:
    """The command line that runs `argv` in the sandbox: no network, and nothing to write but worktree and `tmpdir`.

    Every setting that counts is in it: the person's own configuration and a planted one change none of them. The exit
    code is the command's own.

    Args:
        codex: The binary.
        argv: Program and arguments; the program is an absolute path.
        worktree: Where it runs, and may write unless the mode is read-only.
        tmpdir: Its own folder for temporary files, outside /tmp.
        mode: With danger-full-access there is no sandbox, and `argv` comes back as it is.
        read_only: Folders in the worktree that it may not write all the same; `tmpdir` may lie in one.
    """
    if mode is SandboxMode.DANGER_FULL_ACCESS:
        return tuple(argv)
    words: tuple[str, ...] = ()
    if read_only and mode is SandboxMode.WORKSPACE_WRITE:
        # Roots of the sandbox mode have no exceptions of ours; a profile that is named outright counts before any mode.
        words = ("-P", _CHECKOUT_PROFILE)
        settings: tuple[str, ...] = (f"permissions.{_CHECKOUT_PROFILE}={_profile(worktree, tmpdir, read_only)}",)
    else:
        settings = (
            f"sandbox_mode={json.dumps(mode.value)}",
            "sandbox_workspace_write.network_access=false",
            "sandbox_workspace_write.exclude_slash_tmp=true",
            "sandbox_workspace_write.exclude_tmpdir_env_var=true",
            f"sandbox_workspace_write.writable_roots=[{_quoted(tmpdir)}]",
        )
    options = [
        word for setting in ("features.plugins=false", *settings, untrusted(worktree)) for word in ("-c", setting)
    ]
    return (str(codex), "sandbox", *words, *options, "--", *argv)


def _profile(worktree: Path, tmpdir: Path, read_only: Sequence[Path]) -> str:
    """What may be read and written: of two folders that hold a file, the inner one counts.

    Codex itself keeps `.git`, `.codex` and `.agents` of a folder that may be written.
    """
    access = {worktree: "write", **dict.fromkeys(read_only, "read"), tmpdir: "write"}
    rules = ", ".join(f'{_quoted(path)}="{what}"' for path, what in access.items())
    return f'{{filesystem={{":root"="read", {rules}}}, network={{enabled=false}}}}'


def _quoted(path: Path) -> str:
    return json.dumps(str(path), ensure_ascii=False)
