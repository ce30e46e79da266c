"""The doctor: looks at everything that has to be right before a worker can work, and changes nothing."""

import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from pathlib import Path

from codex_orch_tui import __version__
from codex_orch_tui.config import Config, ConfigError, LoadedConfig
from codex_orch_tui.config.role_settings import role_names
from codex_orch_tui.gitrepo.branch_names import check_branch_name
from codex_orch_tui.gitrepo.errors import GitRepoError, GitUnavailable, IdentityMissing, NotARepository
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.runner import MIN_GIT_VERSION, Git
from codex_orch_tui.paths import PathsError, home_folder, is_shared_temporary
from codex_orch_tui.services.codex_findings import codex_findings
from codex_orch_tui.services.environment_probe import secrets_finding
from codex_orch_tui.services.finding import Area, Finding, Verdict
from codex_orch_tui.services.opening import replay
from codex_orch_tui.services.role_findings import role_findings
from codex_orch_tui.services.rule_findings import rule_findings
from codex_orch_tui.store.errors import StoreError
from codex_orch_tui.store.event_codec import NewerSchemaError
from codex_orch_tui.store.journal_file import read_journal
from codex_orch_tui.store.layout import Layout
from codex_orch_tui.store.lock import holder_of

LOW_SPACE_BYTES = 1024**3

_machine = partial(Finding.of, Area.MACHINE)
_found = partial(Finding.of, Area.REPOSITORY)


async def examine(
    folder: Path, settings: LoadedConfig | ConfigError, environ: Mapping[str, str] = os.environ
) -> AsyncIterator[Finding]:
    """Look at the machine, the repository around `folder`, and Codex; each finding comes as it is known.

    Args:
        folder: Any folder; outside of a repository that part is left out.
        settings: What was read of the settings, or what is wrong with them.
        environ: Our own environment.
    """
    for finding in _program(settings, environ):
        yield finding
    yield secrets_finding(environ)
    git = await _git()
    yield git
    repository = None
    if git.verdict is not Verdict.FAIL:
        try:
            repository = await Repository.open(folder)
        except GitRepoError as error:
            outside = isinstance(error, NotARepository)
            yield _found(
                "repository", "repository", Verdict.WARN if outside else Verdict.FAIL, error.message, error.next_step
            )
    if repository is not None:
        async for finding in _repository(repository, settings, environ):
            yield finding
    codex_path = settings.config.codex_path if isinstance(settings, LoadedConfig) else None
    top = repository.top if repository is not None else None
    async for finding in codex_findings(codex_path, environ, top):
        yield finding


def _program(settings: LoadedConfig | ConfigError, environ: Mapping[str, str]) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    here = f"{version} on {sys.platform}, codex-orch-tui {__version__}"
    if sys.platform in {"linux", "darwin"}:
        yield _machine("python", "Python", Verdict.OK, here)
    else:
        yield _machine("python", "Python", Verdict.FAIL, here, "on Windows use WSL; Linux and macOS work as they are")
    try:
        yield _machine("home", "home folder", Verdict.OK, str(home_folder(environ)))
    except PathsError as error:
        yield _machine("home", "home folder", Verdict.FAIL, str(error))
    if isinstance(settings, ConfigError):
        for problem in settings.problems:
            yield _machine("settings", "settings", Verdict.FAIL, str(problem), "mend it; nothing starts before")
        return
    told = ", ".join(f"{key} ({origin})" for key, origin in settings.origins.items())
    yield _machine("settings", "settings", Verdict.OK, told or "all at their defaults")
    for warning in settings.warnings:
        yield _machine("settings", "settings", Verdict.WARN, warning)


async def _git() -> Finding:
    try:
        version = await Git().version()
    except GitUnavailable as error:
        wanted = ".".join(map(str, MIN_GIT_VERSION))
        step = f"{error.next_step}; {wanted} or newer is needed"
        return _machine("git", "git", Verdict.FAIL, error.message, step)
    return _machine("git", "git", Verdict.OK, ".".join(map(str, version)))


async def _repository(
    repository: Repository, settings: LoadedConfig | ConfigError, environ: Mapping[str, str]
) -> AsyncIterator[Finding]:
    top = repository.top
    if is_shared_temporary(top, environ):
        yield _found(
            "repository",
            "repository",
            Verdict.WARN,
            f"{top} lies in a folder for temporary files, where the sandbox of any Codex may write, its .git included",
            "keep repositories elsewhere, for example in your home folder",
        )
    else:
        yield _found("repository", "repository", Verdict.OK, str(top))
    for notice in repository.notices:
        yield _found("repository", "repository", Verdict.WARN, notice)
    yield await _identity(repository)
    if isinstance(settings, LoadedConfig):
        yield await _branches(repository, settings)
    base = settings.config.worktree_base if isinstance(settings, LoadedConfig) else None
    layout = Layout(top, repository.git_dir, worktree_base=base)
    config = settings.config if isinstance(settings, LoadedConfig) else Config()
    of_rules = rule_findings(layout, environ, role_names(config.roles))
    for finding in (*_folders(layout), *_state(layout), _lock(layout), *of_rules, *role_findings(layout, config)):
        yield finding


async def _identity(repository: Repository) -> Finding:
    try:
        identity = await repository.identity()
    except IdentityMissing as error:
        return _found("identity", "your name in commits", Verdict.FAIL, error.message, error.next_step)
    return _found("identity", "your name in commits", Verdict.OK, f"{identity.name} <{identity.email}>")


async def _branches(repository: Repository, settings: LoadedConfig) -> Finding:
    template = settings.config.branch_template
    try:
        await check_branch_name(repository, template.format(date="2000-01-01", id="doctor", task="task"))
    except GitRepoError as error:
        return _found("branches", "branches of tasks", Verdict.FAIL, error.message, error.next_step)
    return _found("branches", "branches of tasks", Verdict.OK, template)


def _folders(layout: Layout) -> Iterator[Finding]:
    state = layout.folder if layout.folder.is_dir() else layout.main_worktree
    worktrees = next((path for path in (layout.worktrees, *layout.worktrees.parents) if path.is_dir()), Path("/"))
    places = dict.fromkeys((state, layout.common_git_folder, worktrees))
    shut = [path for path in places if not os.access(path, os.W_OK | os.X_OK)]
    if shut:
        named = ", ".join(map(str, shut))
        yield _found("folders", "folders", Verdict.FAIL, f"you may not write in {named}", f"ls -ld {named}")
    elif layout.folder.is_symlink():
        yield _found(
            "folders", "folders", Verdict.FAIL, f"{layout.folder} is a symlink, which is not followed", "move it away"
        )
    elif layout.folder.is_dir() and layout.folder.stat().st_mode & 0o022:
        told = f"others may write in {layout.folder}"
        yield _found("folders", "folders", Verdict.WARN, told, f"chmod 700 {layout.folder}")
    else:
        yield _found("folders", "folders", Verdict.OK, f"state in {layout.folder}, worktrees in {layout.worktrees}")
    free_bytes = min(shutil.disk_usage(path).free for path in places)
    verdict = Verdict.WARN if free_bytes < LOW_SPACE_BYTES else Verdict.OK
    step = "" if verdict is Verdict.OK else "make room: every task takes a whole checkout"
    yield _found("space", "free space", verdict, f"{free_bytes / 1024**3:.1f} GiB", step)


def _state(layout: Layout) -> Iterator[Finding]:
    try:
        loaded = read_journal(layout.journal)
        state, skipped = replay(loaded.records)
    except StoreError as error:
        yield _found("state", "state", Verdict.FAIL, error.message, error.next_step)
        return
    except NewerSchemaError as error:
        yield _found("state", "state", Verdict.FAIL, str(error), "install a newer codex-orch-tui")
        return
    quarantined = sorted(path.name for path in layout.folder.glob("journal.jsonl.corrupt-*"))
    for note in (*loaded.notes, *skipped):
        yield _found("state", "state", Verdict.WARN, note, "the good part is used; the file is kept when it is mended")
    if quarantined:
        told = f"a damaged journal was put aside: {', '.join(quarantined)}"
        yield _found("state", "state", Verdict.WARN, told, "remove it when nothing in it is missed")
    if not (loaded.notes or skipped or quarantined):
        size = f"runs: {len(state.runs)}, tasks: {len(state.tasks)}, events: {len(loaded.records)}"
        yield _found("state", "state", Verdict.OK, size if loaded.records else "none yet")


def _lock(layout: Layout) -> Finding:
    try:
        holder = holder_of(*layout.locks)
    except StoreError as error:
        return _found("lock", "lock", Verdict.FAIL, error.message, error.next_step)
    return _found("lock", "lock", Verdict.OK, "free" if holder is None else f"this repository is open in {holder}")
