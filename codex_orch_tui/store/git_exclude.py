"""The lines in `.git/info/exclude` that keep our state out of the user's commits and `git status`."""

import os
from pathlib import Path

from codex_orch_tui.store.atomic import write_all
from codex_orch_tui.store.errors import MAKE_WRITABLE, StoreError, told

# Open to edit and commit for the user; everything else is ours.
_OPEN = ("orchestrator.yaml", "policy.yaml", "prompts/", "schemas/")


def exclude_state(common_git_folder: Path, state_folder: str) -> bool:
    """Append our lines when one of them is missing; lines of others stay byte for byte. Returns whether it wrote.

    Args:
        common_git_folder: The one git folder of all worktrees.
        state_folder: The name of our folder in the main worktree.

    Raises:
        StoreError: The file cannot be read or written.
    """
    lines = [f"/{state_folder}/*", *(f"!/{state_folder}/{name}" for name in _OPEN)]
    path = common_git_folder / "info" / "exclude"
    try:
        path.parent.mkdir(exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            present = _read(fd)
            if _holds(present, lines):
                return False
            gap = "" if not present or present.endswith(b"\n") else "\n"
            # The last pattern that matches wins, so all of them go to the end together.
            write_all(fd, (gap + "\n".join(["# codex-orch-tui", *lines]) + "\n").encode())
        finally:
            os.close(fd)
    except OSError as error:
        raise StoreError(told(error, "write", path), next_step=MAKE_WRITABLE) from error
    return True


def _read(fd: int) -> bytes:
    with os.fdopen(os.dup(fd), "rb") as file:
        return file.read()


def _holds(present: bytes, lines: list[str]) -> bool:
    """Whether all lines are there, and no exception is overruled by the general line, which is the first."""
    last_place = {line.rstrip(): place for place, line in enumerate(present.splitlines())}
    places = [last_place.get(line.encode(), -1) for line in lines]
    return places[0] == min(places) >= 0
