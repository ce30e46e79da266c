"""A git folder of our own for every look at something that an agent can write.

Its config is empty but for the values that decide what bytes mean; it has no hooks, no attributes, no refs. Objects
are read from and written to the repository itself. So a filter, fsmonitor, hook, textconv or merge driver that
somebody planted in the repository's config has no name here and cannot start.

Each is made for one operation (under a millisecond) inside the repository's own git folder, which a sandboxed worker
cannot write, and removed afterwards.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path

from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.gitrepo.environment import Place
from codex_orch_tui.gitrepo.errors import NotWritable

OWN_FOLDER = "codex-orch"
"""Our folder inside the repository's common git folder."""

_PREFIX = "clean-"
_STALE_AFTER_S = 3600.0

CARRIED_SETTINGS = (
    "core.autocrlf",
    "core.checkstat",
    "core.eol",
    "core.filemode",
    "core.ignorecase",
    "core.precomposeunicode",
    "core.protecthfs",
    "core.protectntfs",
    "core.symlinks",
    "core.trustctime",
)
"""Settings without which the same file would become another blob, or the same blob another file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanSettings:
    """What a clean folder takes over. `excludes_file` is the person's own list of ignored files."""

    object_format: str = "sha1"
    carried: Mapping[str, str] = field(default_factory=dict)
    excludes_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanDir:
    """One clean git folder, while it exists."""

    path: Path
    common_dir: Path

    @property
    def index(self) -> Path:
        """An index of its own; empty until it is seeded."""
        return self.path / "index"

    def place(self, *, work_tree: Path | None = None, index: Path | None = None) -> Place:
        """Where git works with this folder.

        Args:
            work_tree: The files to look at; without it commits only.
            index: An index other than the folder's own.
        """
        return Place(
            cwd=work_tree or self.path,
            git_dir=self.path,
            work_tree=work_tree,
            index=index or self.index,
            objects=self.common_dir / "objects",
            shallow=self.common_dir / "shallow",
        )


@contextlib.contextmanager
def clean_dir(
    common_dir: Path, settings: CleanSettings, *, head: str = "", index: Path | None = None
) -> Iterator[CleanDir]:
    """Make a clean folder and remove it afterwards.

    Args:
        common_dir: The repository's common git folder.
        settings: What is taken over.
        head: Commit id that HEAD names; for `git status`.
        index: The index that will be read in place; a split index keeps its other half beside it.

    Raises:
        NotWritable: The repository's git folder cannot be written.
    """
    own = common_dir / OWN_FOLDER
    path: Path | None = None
    try:
        try:
            own.mkdir(mode=0o700, exist_ok=True)
            path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=own))
            _fill(path, common_dir, settings, head, index)
        except OSError as error:
            raise NotWritable(
                f"{own} cannot be written: {error.strerror}", next_step="make room on the disk, or mend its rights"
            ) from error
        yield CleanDir(path=path, common_dir=common_dir)
    finally:
        if path is not None:
            shutil.rmtree(path, ignore_errors=True)


def sweep(common_dir: Path) -> None:
    """Remove the clean folders that a killed process left: older than an hour, so in nobody's use."""
    before = time.time() - _STALE_AFTER_S
    for path in (common_dir / OWN_FOLDER).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if path.lstat().st_mtime < before and not path.is_symlink():
                shutil.rmtree(path)


def _fill(path: Path, common_dir: Path, settings: CleanSettings, head: str, index: Path | None) -> None:
    (path / "refs").mkdir()
    (path / "info").mkdir()
    (path / "HEAD").write_text(f"{head}\n" if head else "ref: refs/heads/none\n")
    (path / "config").write_text(_config(settings))
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(common_dir / "info" / "exclude", path / "info" / "exclude")
    if index is not None:
        for shared in index.parent.glob("sharedindex.*"):
            (path / shared.name).symlink_to(shared)


def _config(settings: CleanSettings) -> str:
    is_sha1 = settings.object_format == "sha1"
    lines = ["[core]", f"\trepositoryformatversion = {0 if is_sha1 else 1}", "\tbare = false"]
    lines += [f"\t{key.partition('.')[2]} = {_quoted(value)}" for key, value in settings.carried.items()]
    if settings.excludes_file is not None:
        lines.append(f"\texcludesFile = {_quoted(os.fspath(settings.excludes_file))}")
    if not is_sha1:
        lines += ["[extensions]", f"\tobjectFormat = {_quoted(settings.object_format)}"]
    return "\n".join([*lines, ""])


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
