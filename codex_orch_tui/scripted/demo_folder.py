"""Where the demo plays: a folder of its own, marked and locked, that the next demo may remove.

<cache folder>/demo/<stamp>/
    .codex-orch-tui-demo    the mark: only a folder that holds it is ever removed
    lock                    flock held while the demo runs
    shop-api/               the repository
    home/ codex-home/       HOME and CODEX_HOME of the workers
    build-server/           what the escalation writes to
"""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.paths import APP_NAME, home_folder, is_shared_temporary
from codex_orch_tui.store.atomic import make_folder
from codex_orch_tui.store.errors import StoreError, told
from codex_orch_tui.store.lock import LockHeld, RepositoryLock

MARK_NAME = ".codex-orch-tui-demo"
MARK_TEXT = "A demo of codex-orch-tui played here. It may be removed, and the next demo does so.\n"
LOCK_NAME = "lock"
PARTS = ("shop-api", "home", "codex-home", "build-server")


class DemoRefusedError(Exception):
    """The demo does not start, or does not go on; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFolder:
    """The places of one demo; `root` is resolved, so that what Codex tells can be compared."""

    root: Path

    @property
    def home(self) -> Path:
        """The workers' HOME."""
        return self.root / "home"

    @property
    def codex_home(self) -> Path:
        """The workers' CODEX_HOME."""
        return self.root / "codex-home"

    @property
    def build_server(self) -> Path:
        """A folder that no worker's sandbox may write."""
        return self.root / "build-server"

    def check_is_scratch(self, *places: Path) -> None:
        """Sees that places are the demo's own. Whatever accepts questions by itself asks this first.

        Raises:
            DemoRefusedError: One is not in this folder, or the folder is not marked as a demo's.
        """
        if not _is_marked(self.root):
            raise DemoRefusedError(f"{self.root} is not marked as a demo's folder; nothing is started there")
        for place in places:
            if not place.resolve().is_relative_to(self.root) or place.resolve() == self.root:
                raise DemoRefusedError(f"{place} is not in the demo's own folder {self.root}; nothing is started there")


def demos_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where demos play when no folder is named: in the user's cache.

    Raises:
        PathsError: HOME would be needed and is not usable.
    """
    cache = environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(cache):  # noqa: PTH117 - XDG: a relative path is to be ignored
        return Path(cache) / APP_NAME / "demo"
    return home_folder(environ) / ("Library/Caches" if platform == "darwin" else ".cache") / APP_NAME / "demo"


@contextmanager
def demo_folder(chosen: Path | None, environ: Mapping[str, str] = os.environ) -> Iterator[DemoFolder]:
    """Makes the folder of one demo and holds its lock. It is kept; the next demo removes it if it was not chosen.

    Args:
        chosen: A new or empty folder of the person's choice; None makes one in the cache, after older ones there that
            no demo plays in are removed.
        environ: Our own environment.

    Raises:
        DemoRefusedError: It would lie where every sandbox may write, is not empty, or cannot be made.
        PathsError: HOME would be needed and is not usable.
    """
    wanted = demos_folder(environ) if chosen is None else chosen.expanduser().absolute()
    if is_shared_temporary(wanted, environ):
        advice = "name another with --folder" if chosen is None else "name another folder"
        raise DemoRefusedError(f"{wanted} lies under /tmp or $TMPDIR, where the sandbox may write; {advice}")
    with contextlib.ExitStack() as held:
        try:
            if chosen is None:
                make_folder(wanted)
                _remove_older(wanted)
                wanted = _new_folder(wanted)
            else:
                _take_empty(wanted)
            held.enter_context(RepositoryLock.acquire(wanted / LOCK_NAME))
            folder = DemoFolder(root=wanted.resolve())
            (folder.root / MARK_NAME).write_text(MARK_TEXT, encoding="utf-8")
            for each in (folder.home, folder.codex_home, folder.build_server):
                make_folder(each)
            (folder.build_server / "builds.log").write_text("1.0.0 built by shop-api\n", encoding="utf-8")
        except StoreError as error:
            raise DemoRefusedError(f"{error} → {error.next_step}" if error.next_step else str(error)) from error
        except OSError as error:
            raise DemoRefusedError(told(error, "make the demo's folder", wanted)) from error
        yield folder


def _take_empty(folder: Path) -> None:
    """Makes the folder, or leaves an empty one as it is."""
    try:
        if any(folder.iterdir()):
            raise DemoRefusedError(f"{folder} is not empty; name a new or empty folder")
    except FileNotFoundError:
        make_folder(folder)


def _new_folder(parent: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for number in range(1, 100):
        folder = parent / (stamp if number == 1 else f"{stamp}-{number}")
        with contextlib.suppress(FileExistsError):
            folder.mkdir(0o700)
            return folder
    raise DemoRefusedError(f"{parent} holds a hundred demos of this second; try again")


def _remove_older(parent: Path) -> None:
    """Removes finished demos. What is not marked, locked, or a link is left alone."""
    for folder in sorted(parent.iterdir()):
        if folder.is_symlink() or not folder.is_dir() or not _is_marked(folder):
            continue
        with contextlib.suppress(LockHeld), RepositoryLock.acquire(folder / LOCK_NAME):
            for part in (folder / name for name in PARTS):
                shutil.rmtree(part, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)  # the mark goes last: what is cut off here goes on next time


def _is_marked(folder: Path) -> bool:
    mark = folder / MARK_NAME
    try:
        return not mark.is_symlink() and mark.read_text(encoding="utf-8") == MARK_TEXT
    except (OSError, UnicodeDecodeError):
        return False
