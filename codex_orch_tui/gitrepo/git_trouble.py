"""Whether git, run by a worker in its worktree, could start a program that the worker wrote.

Everyday commands start what the configuration names: hooks, fsmonitor, filters, textconv, pagers. That configuration
lies where no sandbox may write; but it may name a file of the worktree, and a folder in the worktree may be made to
look like a git folder with a configuration of its own. Asked before a rule lets a git command run outside the sandbox.

It blocks for the few milliseconds of two git commands: whoever asks is a judge that must answer at once.
"""

import os
import posixpath
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.gitrepo.environment import Place, environment_for
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.worktree_state import Condition, inspect
from codex_orch_tui.policy.never import RUNNERS

TIMEOUT_S = 2.0
_SIGNS = (".git", "HEAD", "commondir")
"""A folder with one of these may be taken for a git folder, or for the top of another worktree."""
_PROGRAM_KEY = re.compile(
    r"core\.(fsmonitor|hookspath|pager|sshcommand|editor|askpass|gitproxy|alternaterefscommand)|pager\..*|"
    r"diff\.external|diff\..*\.(command|textconv)|filter\..*\.(clean|smudge|process)|merge\..*\.driver|"
    r"gpg\.program|gpg\..*\.(program|defaultkeycommand)|interactive\.difffilter|credential\..*helper|"
    r"sequence\.editor|trailer\..*\.(cmd|command)|hook\..*\.command",
    re.DOTALL,
)
_INCLUDE_KEY = re.compile(r"include\.path|includeif\..*\.path", re.DOTALL)
_SWITCH = re.compile(r"true|false|yes|no|on|off|[01]|", re.IGNORECASE)
_WORD = re.compile(r"[^\s'\"`;&|<>()$=,!]+")
_RUNNERS = RUNNERS - {"gh", "hub"} | {"jupyter"}
"""Programs that run what the folder around them says; gh and hub, as helpers for credentials, do not."""
_LOOKS_HERE = re.compile(r"(?:python|pypy)[0-9.]* (?:.* )?-[A-Za-z]*[mc]|node(?:js)? (?:.* )?-[epr]")
"""Interpreters that look for modules in the folder where git starts them: the worktree."""
_SCRIPT = re.compile(r"\.(?:py|[cm]?js|ts|sh|bash|rb|pl|php|lua)$")
"""A script in the folder where git starts its program, whether or not it is there yet."""
_ISOLATED = re.compile(r"(?:python|pypy)[0-9.]* (?:-[A-Za-z]+ )*-[A-Za-z]*[IP]")


class GitTrouble:
    """Looks at the git of one repository's worktrees.

    Args:
        repository: The repository.
        environ: What the worker's environment is made from: its git reads the settings of that home.
    """

    def __init__(self, repository: Repository, environ: Mapping[str, str]) -> None:
        self._repository = repository
        self._environ = environ
        self._links: dict[Path, tuple[tuple[int, int], tuple[str, ...]]] = {}

    def found(self, worktree: Path, cwd: Path) -> str:
        """Why git in `cwd` could run what a worker wrote, in words for a person; empty when it cannot.

        Args:
            worktree: The task's worktree.
            cwd: Where git would run.
        """
        state = inspect(self._repository, worktree)
        if state.condition is not Condition.PRESENT or state.admin_dir is None:
            return f"git would work in something else: {state.message}"
        try:
            return (
                _planted(worktree, Path(os.path.normpath(cwd)))
                or self._submodule(worktree, state.admin_dir)
                or self._configured(worktree, state.admin_dir)
            )
        except (OSError, subprocess.SubprocessError) as error:
            return clean_line(f"git's settings could not be looked at: {error}")

    def _configured(self, worktree: Path, admin_dir: Path) -> str:
        """Settings that lie in the worktree, or that start a program of it."""
        listed = self._git(admin_dir, "config", "--list", "--includes", "--show-origin", "-z", user_config=True)
        fields = listed.split(b"\0")
        for origin, entry in zip(fields[::2], fields[1::2], strict=False):
            kind, _, place = os.fsdecode(origin).partition(":")
            if kind == "file" and _is_in(os.path.join(admin_dir, place), worktree):  # noqa: PTH118 - any text
                return clean_line(f"git reads settings from {place}, which the worker can write")
            key, _, value = os.fsdecode(entry).partition("\n")
            if _INCLUDE_KEY.fullmatch(key):
                # told of a file that is not there too: the worker can put it there
                included = os.path.join(admin_dir, os.path.dirname(place), self._home(value))  # noqa: PTH118, PTH120
                if _is_in(included, worktree):
                    return clean_line(f"git reads settings from {value}, which the worker can write")
            if not _PROGRAM_KEY.fullmatch(key) or not value:
                continue
            if key == "core.hookspath" and not os.path.isabs(self._home(value)):  # noqa: PTH117 - any text
                return clean_line(f"git's hooks lie in {value}, which the worker can write")
            if _SWITCH.fullmatch(value):
                continue
            if interpreter := _looks_here(value):
                return clean_line(f"git's setting {key} runs {interpreter}, which looks for code in the worktree first")
            if word := next((word for word in _WORD.findall(value) if self._is_of_worker(word, value, worktree)), ""):
                return clean_line(f"git's setting {key} runs {word}, which is the worktree's")
        return ""

    def _is_of_worker(self, word: str, value: str, worktree: Path) -> bool:
        path = self._home(word)
        if posixpath.basename(word) in _RUNNERS:
            return True
        if os.path.isabs(path):  # noqa: PTH117 - any text
            return _is_in(path, worktree)
        is_program = value.lstrip("!'\" ").startswith(word)
        if is_program and "/" not in word:
            return False
        return "/" in word or _SCRIPT.search(word) is not None or (worktree / word).is_file()

    def _home(self, path: str) -> str:
        return path.replace("~", self._environ.get("HOME", "~"), 1) if path.startswith("~/") else path

    def _submodule(self, worktree: Path, admin_dir: Path) -> str:
        """A submodule that is there: git looks into it, with the settings of its own git folder."""
        found = (admin_dir / "index").stat()
        mark = found.st_mtime_ns, found.st_size
        known = self._links.get(admin_dir)
        if known is None or known[0] != mark:
            listed = self._git(admin_dir, "ls-files", "--stage", "-z", user_config=False)
            links = (entry for entry in listed.split(b"\0") if entry.startswith(b"160000 "))
            known = mark, tuple(os.fsdecode(entry.partition(b"\t")[2]) for entry in links)
            self._links[admin_dir] = known
        there = next((path for path in known[1] if os.path.lexists(worktree / path / ".git")), "")
        return clean_line(f"the submodule {there} has settings of its own, which the worker can write") if there else ""

    def _git(self, admin_dir: Path, *args: str, user_config: bool) -> bytes:
        place = Place(cwd=Path("/"), git_dir=admin_dir, user_config=user_config)
        environment = environment_for(place)
        if user_config:  # the settings as they are, not as we harden them for ourselves
            environment = {name: value for name, value in environment.items() if not name.startswith("GIT_CONFIG_")}
            environment.pop("XDG_CONFIG_HOME", None)
            environment |= {name: self._environ[name] for name in ("PATH", "HOME") if name in self._environ}
        ended = subprocess.run(
            [self._repository.git.executable, *args],
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=True,
        )
        return ended.stdout


def _looks_here(value: str) -> str:
    """The interpreter in a setting that takes modules from the folder it is started in; empty: there is none."""
    words = [posixpath.basename(word) for word in _WORD.findall(value)]
    line = " ".join(words)
    found = next((word for word in words if _LOOKS_HERE.match(line[line.index(word) :])), "")
    return "" if found and _ISOLATED.match(line[line.index(found) :]) else found


def _planted(worktree: Path, cwd: Path) -> str:
    """A folder between the command and the top of the worktree that git would take for a repository."""
    for place in _up_to(worktree, cwd):
        if any(os.path.lexists(place / sign) for sign in _SIGNS):
            return clean_line(f"{place} looks like a git folder of its own, whose settings could run anything")
    return ""


def _up_to(worktree: Path, cwd: Path) -> Iterator[Path]:
    if cwd.is_relative_to(worktree):
        for place in (cwd, *cwd.parents):
            if place == worktree:
                return
            yield place


def _is_in(path: str, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
