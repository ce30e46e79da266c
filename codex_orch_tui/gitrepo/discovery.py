"""Finding the repository that holds a folder, and what has to be known about it before anything is done in it."""

import asyncio
import configparser
import os
from pathlib import Path
from types import ModuleType

from codex_orch_tui.domain.terminal_text import clean_name
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.gitrepo.clean_dir import CARRIED_SETTINGS, CleanSettings, sweep
from codex_orch_tui.gitrepo.environment import Place
from codex_orch_tui.gitrepo.errors import (
    BareRepository,
    GitError,
    NoCommits,
    NotARepository,
    NotOurRepository,
    PathNotUtf8,
)
from codex_orch_tui.gitrepo.runner import Git


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A repository that can be worked in."""

    top: Path
    git_dir: Path
    is_shallow: bool
    notices: tuple[str, ...]
    settings: CleanSettings


def load_gitpython() -> ModuleType:
    """GitPython, imported where it is needed: it costs start-up time and would run git at import."""
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import git  # noqa: PLC0415

    return git


async def find_repository(git: Git, path: Path) -> Found:
    """Find the repository around a folder, its main worktree and its settings.

    Raises:
        NotARepository, BareRepository, NotOurRepository, PathNotUtf8, NoCommits: The folder cannot be worked in.
    """
    start = await asyncio.to_thread(_search, path)
    common_dir = await _common_dir(git, start)
    config = await read_config(git, common_dir)
    top = await asyncio.to_thread(_main_worktree, start, common_dir, config)
    check_utf8(top)
    check_utf8(common_dir)
    main = Place(cwd=common_dir, git_dir=common_dir)
    if not (await git.run(main, "for-each-ref", "--count=1", "refs/heads/")).stdout:
        head = await git.run(main, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", ok_codes=(0, 1, 128))
        if head.exit_code:
            raise NoCommits(
                f"{top} has no commit yet, so there is nothing to branch from",
                next_step="make a first commit: git add . && git commit -m 'first commit'",
            )
    await asyncio.to_thread(sweep, common_dir)
    is_shallow = (common_dir / "shallow").exists()
    return Found(
        top=top,
        git_dir=common_dir,
        is_shallow=is_shallow,
        notices=_notices(top, config, is_shallow=is_shallow),
        settings=await _clean_settings(git, main, config),
    )


def _search(path: Path) -> Path:
    """The working folder or git folder that GitPython finds around a path, without symlinks."""
    git = load_gitpython()
    nowhere = f"{path} is not in a git repository"
    step = "go to a repository, or make one: git init"
    try:
        with git.Repo(path.resolve(), search_parent_directories=True, expand_vars=False) as repo:
            return Path(repo.git_dir).resolve() if repo.bare else Path(repo.working_dir).resolve()
    except git.NoSuchPathError as error:
        raise NotARepository(f"there is no folder {path}", next_step=step) from error
    except (git.InvalidGitRepositoryError, git.GitCommandNotFound) as error:
        raise NotARepository(nowhere, next_step=step) from error
    except configparser.Error:
        return path.resolve()  # git itself says which line of its config is wrong
    except (OSError, ValueError) as error:
        raise NotARepository(f"{nowhere}: {error}", next_step=step) from error


async def _common_dir(git: Git, start: Path) -> Path:
    """Git's own view of the place: it judges who owns the folder, which GitPython does not."""
    # git_dir None on purpose: with an explicit folder git would skip the look at its owner.
    place = Place(cwd=start, user_config=True)
    try:
        result = await git.run(place, "rev-parse", "--path-format=absolute", "--git-common-dir")
    except GitError as error:
        if "dubious ownership" in error.stderr:
            raise NotOurRepository(
                f"{start} belongs to another user and git does not trust it",
                next_step=f"if you trust it: git config --global --add safe.directory {start}",
            ) from error
        if "not a git repository" in error.stderr:
            raise NotARepository(
                f"{start} is not in a git repository", next_step="go to a repository, or make one: git init"
            ) from error
        raise
    return _resolved(result.stdout)


def _resolved(line: bytes) -> Path:
    return Path(os.fsdecode(line.removesuffix(b"\n"))).resolve()


async def read_config(git: Git, common_dir: Path) -> dict[str, str]:
    """All settings that count here; the last value of each."""
    place = Place(cwd=common_dir, git_dir=common_dir, user_config=True)
    result = await git.run(place, "config", "--includes", "--null", "--list")
    config: dict[str, str] = {}
    for entry in result.fields:
        key, mark, value = os.fsdecode(entry).partition("\n")
        config[key] = value if mark else "true"
    return config


def _main_worktree(start: Path, common_dir: Path, config: dict[str, str]) -> Path:
    """The folder of the main worktree, however the repository was reached."""
    if configured := config.get("core.worktree"):
        return (common_dir / configured).resolve()
    if config.get("core.bare", "false").lower() in {"true", "yes", "on", "1"}:
        raise BareRepository(
            f"{common_dir} is a bare repository: it has no folder with files",
            next_step="open a clone of it: git clone " + str(common_dir),
        )
    if common_dir.name == ".git":
        return common_dir.parent
    pointer = start / ".git"
    if pointer.is_file() and _points_to(pointer, common_dir):
        return start  # git init --separate-git-dir
    raise NotARepository(
        f"the main checkout of {common_dir} cannot be found from {start}", next_step="open the main checkout itself"
    )


def check_utf8(folder: Path) -> None:
    """See that a folder can be named in state files, and to Codex.

    Raises:
        PathNotUtf8: It cannot.
    """
    name = os.fsencode(folder)
    try:
        name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PathNotUtf8(
            f"the path {clean_name(name)} is not UTF-8 (byte 0x{name[error.start]:02x})",
            next_step="rename that folder, or make a clone at another path: git clone",
        ) from error


def _points_to(pointer: Path, common_dir: Path) -> bool:
    target = os.fsdecode(pointer.read_bytes()).removeprefix("gitdir:").strip()
    return (pointer.parent / target).resolve() == common_dir


async def _clean_settings(git: Git, main: Place, config: dict[str, str]) -> CleanSettings:
    object_format = (await git.run(main, "rev-parse", "--show-object-format")).line
    excludes: Path | None = None
    if "core.excludesfile" in config:
        place = Place(cwd=main.cwd, git_dir=main.git_dir, user_config=True)
        found = await git.run(
            place, "config", "--includes", "--type=path", "--get", "core.excludesFile", ok_codes=(0, 1)
        )
        excludes = Path(found.line) if found.line else None
    carried = {key: config[key] for key in CARRIED_SETTINGS if key in config}
    return CleanSettings(object_format=object_format, carried=carried, excludes_file=excludes)


def _notices(top: Path, config: dict[str, str], *, is_shallow: bool) -> tuple[str, ...]:
    notices = []
    if is_shallow:
        notices.append("shallow clone: older commits are not here")
    if (top / ".gitmodules").exists():
        notices.append("submodules: a task's worktree has their folders empty")
    if "extensions.partialclone" in config:
        notices.append("partial clone: what git has not fetched yet cannot be checked out in a task's worktree")
    if config.get("core.sparsecheckout", "false").lower() == "true":
        notices.append("sparse checkout: a task's worktree has all files")
    return tuple(notices)
