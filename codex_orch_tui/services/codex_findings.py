"""What the doctor finds of Codex: the program, whether it starts and may call its model, its sandbox, its settings."""

import asyncio
import re
import sys
import tempfile
import time
import tomllib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from codex_orch_tui.codex.app_server import AppServer
from codex_orch_tui.codex.binary import CheckedCodex, CodexUnusableError, check_codex, find_codex
from codex_orch_tui.codex.child import Child
from codex_orch_tui.codex.environment import worker_environment
from codex_orch_tui.codex.launch import AppServerError, Launch
from codex_orch_tui.codex.transport import Sinks, TransportError
from codex_orch_tui.codex.wire import Unreadable
from codex_orch_tui.domain.item import Fault
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.paths import is_shared_temporary
from codex_orch_tui.services.environment_probe import environment_finding, probe
from codex_orch_tui.services.finding import Area, Finding, Verdict

START_TIMEOUT_S = 15.0
SANDBOX_TIMEOUT_S = 15.0
MAX_FILE_BYTES = 1024 * 1024

_RULE = re.compile(r"^\s*prefix_rule\s*\(", re.MULTILINE)
_ASKING_RULE = re.compile(r"""decision\s*=\s*["'](?:prompt|forbidden)["']""")
_NAMESPACE_SWITCHES = {
    "kernel/unprivileged_userns_clone": "0",
    "kernel/apparmor_restrict_unprivileged_userns": "1",
    "user/max_user_namespaces": "0",
}
"""Kernel settings below /proc/sys, with the value that keeps bubblewrap from making a sandbox."""

_finding = partial(Finding.of, Area.CODEX)


async def codex_findings(
    configured: Path | None, environ: Mapping[str, str], repository: Path | None
) -> AsyncIterator[Finding]:
    """Look at Codex. It is started twice for a moment, in a temporary folder of its own.

    Args:
        configured: The program that the settings name.
        environ: Our own environment; CODEX_HOME counts.
        repository: The main worktree, to see whether Codex trusts it.
    """
    home = codex_home(environ)
    if home is None:
        yield _finding("codex_home", "Codex home", Verdict.FAIL, "neither CODEX_HOME nor HOME is set")
        return
    try:
        codex = await check_codex(find_codex(configured, environ), environ)
    except CodexUnusableError as error:
        yield _fault("codex", "program", error.fault)
        codex = None
    if codex is not None:
        yield _finding("codex", "program", Verdict.OK, f"{codex.version} from {codex.source}, {codex.path}")
        with tempfile.TemporaryDirectory(prefix="codex-orch-doctor-") as folder:
            async for finding in _started(codex, Path(folder), environ):
                yield finding
            yield await _sandbox(codex, Path(folder), environ)
    for finding in _home_findings(home, environ, repository):
        yield finding


def codex_home(environ: Mapping[str, str]) -> Path | None:
    """Codex's own folder; None when the environment does not tell it."""
    if told := environ.get("CODEX_HOME"):
        return Path(told)
    return Path(environ["HOME"]) / ".codex" if environ.get("HOME") else None


async def _started(codex: CheckedCodex, folder: Path, environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    launch = Launch(
        codex=codex.path,
        cwd=folder,
        env=worker_environment(environ, tmpdir=folder),
        tmpdir=folder,
        sinks=Sinks(events=lambda _: None, stderr=lambda _: None, long_lines=folder),
    )
    begun_s = time.monotonic()
    try:
        server = await AppServer.open(launch, timeout_s=START_TIMEOUT_S)
    except AppServerError as error:
        yield _fault("app_server", "start", error.fault)
        return
    try:
        told = f"the app-server answered within {time.monotonic() - begun_s:.2f} s"
        yield _finding("app_server", "start", Verdict.OK, told)
        try:
            fault = await server.login_fault()
        except (TransportError, Unreadable) as error:
            fault = server.fault_of(error)
        if fault is not None:
            yield _fault("login", "login", fault)
        else:
            yield _finding("login", "login", Verdict.OK, "logged in, or the model provider needs no login")
        yield environment_finding(await probe(server))
    finally:
        await server.stop(close_s=2.0, term_s=1.0)


async def _sandbox(codex: CheckedCodex, folder: Path, environ: Mapping[str, str]) -> Finding:
    """Let Codex's own sandbox run a harmless command: one file inside, one outside of what it may write."""
    inside, outside = folder / "inside", folder / "outside"
    inside.mkdir()
    outside.mkdir()
    settings = ('sandbox_mode="workspace-write"', "exclude_slash_tmp", "exclude_tmpdir_env_var")
    argv = [str(codex.path), "sandbox"]
    for setting in settings:
        argv += ["-c", setting if "=" in setting else f"sandbox_workspace_write.{setting}=true"]
    argv += ["--", "/bin/sh", "-c", "printf x > marker; printf x > ../outside/marker"]
    output = await _output(argv, inside, worker_environment(environ, tmpdir=inside))
    runs, leaks = (inside / "marker").exists(), (outside / "marker").exists()
    if runs and not leaks:
        return _finding("sandbox", "sandbox", Verdict.OK, "it runs commands and kept one from writing outside")
    if runs:
        told = "it let a command write outside of its folder: workers would not be held"
        return _finding("sandbox", "sandbox", Verdict.FAIL, told, "codex doctor; do not run workers here before")
    told = f"no command runs in it: {output or 'it said nothing'}"
    return _finding("sandbox", "sandbox", Verdict.FAIL, told, _sandbox_step())


def _sandbox_step() -> str:
    if sys.platform == "linux":
        for name, value in _NAMESPACE_SWITCHES.items():
            path = Path("/proc/sys") / name
            if path.exists() and path.read_text("ascii", "replace").strip() == value:
                return f"this system forbids the user namespaces that it needs: {name.replace('/', '.')} is {value}"
    return "codex doctor tells more"


async def _output(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> str:
    """What a command said, as one line; it is ended at its time limit."""
    said: list[bytes] = []
    ended = asyncio.Event()
    try:
        child = Child(
            argv, cwd=cwd, env=env, on_stdout=said.append, on_stderr=said.append, on_ended=lambda _: ended.set()
        )
    except OSError as error:
        return clean_line(error.strerror or str(error))
    try:
        await asyncio.wait_for(ended.wait(), SANDBOX_TIMEOUT_S)
    except TimeoutError:
        return f"it did not end within {SANDBOX_TIMEOUT_S:g} s"
    finally:
        await child.stop(close_s=0.1, term_s=1.0)
    return clean_line(b" ".join(b"".join(said).split())[:500])


def _home_findings(home: Path, environ: Mapping[str, str], repository: Path | None) -> Iterator[Finding]:
    if is_shared_temporary(home, environ):
        told = f"{home} lies in a folder for temporary files: Codex does not put its helpers there"
        yield _finding("codex_home", "Codex home", Verdict.WARN, told, "set CODEX_HOME to a folder elsewhere")
    else:
        yield _finding("codex_home", "Codex home", Verdict.OK, str(home))
    yield _rules(home)
    config_file = home / "config.toml"
    try:
        config = tomllib.loads(_read(config_file))
    except (OSError, ValueError, RecursionError) as error:  # tomllib follows nesting however deep it is
        told = f"{config_file} cannot be read: {error}"
        yield _finding("codex_config", "Codex settings", Verdict.FAIL, told, "mend it; Codex does not start with it")
        return
    yield _hooks(home, config)
    yield _reviewer(config)
    if repository is not None:
        yield _trust(config, repository)


def _rules(home: Path) -> Finding:
    """Rules that let a command out of the sandbox without a question that we could show."""
    allowing = {}
    for path in sorted((home / "rules").glob("*.rules")):
        try:
            text = _read(path)
        except (OSError, ValueError) as error:
            return _finding("rules", "Codex rules", Verdict.WARN, f"{path} cannot be read: {error}")
        allowing[path] = len(_RULE.findall(text)) - len(_ASKING_RULE.findall(text))
    count = sum(allowing.values())
    if count <= 0:
        return _finding("rules", "Codex rules", Verdict.OK, "none of yours lets a command run without asking")
    named = ", ".join(str(path) for path, number in allowing.items() if number > 0)
    rules = "1 rule of yours lets a command" if count == 1 else f"{count} rules of yours let commands"
    told = f"{rules} run outside the sandbox, in every repository, and nobody is asked"
    return _finding("rules", "Codex rules", Verdict.WARN, told, f"read {named}")


def _hooks(home: Path, config: Mapping[str, Any]) -> Finding:
    places = [str(home / "config.toml")] if config.get("hooks") else []
    if (home / "hooks.json").exists():
        places.append(str(home / "hooks.json"))
    if not places:
        return _finding("hooks", "Codex hooks", Verdict.OK, "none of yours")
    told = "programs of yours are run by every worker, with your rights and outside its sandbox"
    return _finding("hooks", "Codex hooks", Verdict.WARN, told, f"read {', '.join(places)}")


def _reviewer(config: Mapping[str, Any]) -> Finding:
    reviewer = config.get("approvals_reviewer", "user")
    if reviewer == "user":
        return _finding("reviewer", "who answers", Verdict.OK, "you answer all questions")
    told = f"Codex's settings say {reviewer!r}; for workers of this program that is overruled, you answer all questions"
    return _finding("reviewer", "who answers", Verdict.OK, told)


def _trust(config: Mapping[str, Any], repository: Path) -> Finding:
    projects = config.get("projects")
    entries = projects if isinstance(projects, dict) else {}
    trusted = [
        path
        for path, entry in entries.items()
        if isinstance(entry, dict) and entry.get("trust_level") == "trusted" and repository.is_relative_to(path)
    ]
    if not trusted:
        told = "Codex does not trust this repository, so it loads no .codex/config.toml from it"
        return _finding("trust", "trust", Verdict.OK, told)
    told = f"Codex trusts {trusted[0]}; for workers of this program that is overruled: no .codex/ of a worktree counts"
    return _finding("trust", "trust", Verdict.OK, told)


def _read(path: Path) -> str:
    """A file's text; empty when there is none.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not UTF-8, or longer than `MAX_FILE_BYTES`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return ""
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"it is longer than {MAX_FILE_BYTES // 1024} KiB")
    return data.decode("utf-8")


def _fault(name: str, title: str, fault: Fault) -> Finding:
    return _finding(name, title, Verdict.FAIL, fault.message, fault.next_step)
