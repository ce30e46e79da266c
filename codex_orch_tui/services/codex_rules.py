"""Codex's own rules: which of them lets a command run without a question, and outside the sandbox.

Codex asks nobody about a command that its rules allow, and reports it like any other. So the same files are put before
`codex execpolicy check`, which only reads them. As Codex does, the command line is taken apart where it is nothing but
plain words joined by operators, and every command in it has to be allowed.

The rules are the person's own in `$CODEX_HOME/rules` and the machine's in /etc/codex/rules. Those of a repository do
not count for our workers: codex/launch.py.
"""

import asyncio
import contextlib
import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codex_orch_tui.codex.child import Child
from codex_orch_tui.domain.item import OwnRule
from codex_orch_tui.domain.terminal_text import clean_line

CHECK_TIMEOUT_S = 5.0
MAX_COMMANDS = 20
"""A longer command line is not looked up, and that is told."""
_MAX_KEPT = 256
_OF_THE_MACHINE = Path("/etc/codex/rules")
_SHELLS = frozenset({"sh", "bash", "zsh"})
_WORD = r"(?:'[^']*'|\"[^\"$`\\]*\"|[\w@%+:,./=^-])+"
_TOKEN = re.compile(rf"[ \t]*(?:(?P<word>{_WORD})(?=[ \t\n;|&]|\Z)|(?P<joint>&&|\|\||[;|\n]+))")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_ASSIGNMENT = re.compile(r"\w+=")

_Stamp = tuple[tuple[str, int, int], ...]


class CodexRules:
    """The rules of one worker's Codex."""

    def __init__(self, codex: Path, environment: Mapping[str, str]) -> None:
        """Remembers the rule files as they are when the worker starts.

        Args:
            codex: The program.
            environment: The worker's; its CODEX_HOME, or else its HOME, tells where the rules are.
        """
        self._codex = codex
        self._environment = environment
        home = Path(environment.get("CODEX_HOME") or f"{environment.get('HOME', '')}/.codex")
        self._folders = [home / "rules", _OF_THE_MACHINE]
        self._at_start = self._stamp()
        self._kept: dict[tuple[_Stamp, str], OwnRule] = {}

    def files(self) -> tuple[Path, ...]:
        """The rule files that are there."""
        found: list[Path] = []
        for folder in self._folders:
            with contextlib.suppress(OSError):
                found += sorted(folder.glob("*.rules"))
        return tuple(found)

    async def rule_of(self, command: str) -> OwnRule:
        """What lets a command line run without a question; empty when no rule does.

        Args:
            command: The command line as Codex reports it, with the shell around it.
        """
        stamp = await asyncio.to_thread(self._stamp)
        if not stamp:
            return OwnRule()
        key = stamp, command
        if key not in self._kept:
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            self._kept[key] = await self._look_up(command, stamp)
        return self._kept[key]

    async def _look_up(self, command: str, stamp: _Stamp) -> OwnRule:
        commands = commands_of(command)
        if not commands or len(commands) > MAX_COMMANDS:
            return OwnRule(problem=f"Codex's own rules were not asked: {len(commands)} commands in one line")
        files = [Path(name) for name, _, _ in stamp]
        told: dict[str, None] = {}
        try:
            for words in dict.fromkeys(commands):
                prefix = await self._allowing(words, files)
                if prefix is None:
                    return OwnRule()
                told[f"{shlex.join(prefix)} ({await self._named(words, files)})"] = None
        except _NotCheckedError as error:
            return OwnRule(problem=f"Codex's own rules could not be asked: {error}")
        changed = "" if stamp == self._at_start else ", of files that were changed since the worker started"
        return OwnRule(rule=clean_line(", ".join(told) + changed))

    async def _named(self, words: tuple[str, ...], files: list[Path]) -> str:
        """The file, or files, that allow a command."""
        if len(files) > 1:
            files = [file for file in files if await self._allowing(words, [file]) is not None]
        return ", ".join(str(file) for file in files)

    async def _allowing(self, words: tuple[str, ...], files: list[Path]) -> tuple[str, ...] | None:
        """The prefix of the rule that allows one command; None when none does, or a stricter one applies."""
        rules = [argument for file in files for argument in ("--rules", str(file))]
        output = await self._run(["execpolicy", "check", "--resolve-host-executables", *rules, "--", *words])
        try:
            found = json.loads(output)
            matches = [match["prefixRuleMatch"] for match in found["matchedRules"] if "prefixRuleMatch" in match]
            if found.get("decision") != "allow":
                return None
            return max((_words(match["matchedPrefix"]) for match in matches), key=len, default=None)
        except (ValueError, KeyError, TypeError) as error:
            raise _NotCheckedError(f"its answer was not understood ({clean_line(str(error))})") from error

    async def _run(self, arguments: list[str]) -> bytes:
        output: list[bytes] = []
        errors: list[bytes] = []
        ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        try:
            child = Child(
                [str(self._codex), *arguments],
                cwd=self._codex.parent,
                env=self._environment,
                on_stdout=output.append,
                on_stderr=errors.append,
                on_ended=ended.set_result,
            )
        except OSError as error:
            raise _NotCheckedError(clean_line(error.strerror or str(error))) from error
        except ValueError as error:  # a NUL in a word
            raise _NotCheckedError(clean_line(str(error))) from error
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                code = await ended
        except TimeoutError as error:
            raise _NotCheckedError(f"no answer within {CHECK_TIMEOUT_S:g} s") from error
        finally:
            await child.stop(close_s=0, term_s=0.5)
        if code != 0:
            first = b"".join(errors).partition(b"\n")[0]
            raise _NotCheckedError(clean_line(first[:300]) or f"exit {code}")
        return b"".join(output)

    def _stamp(self) -> _Stamp:
        """The rule files with what tells that they were changed; a file that goes meanwhile is none."""
        found = []
        for file in self.files():
            try:
                info = file.stat()
            except OSError:
                continue
            found.append((str(file), info.st_size, info.st_mtime_ns))
        return tuple(found)


class _NotCheckedError(Exception):
    """Codex did not tell what its rules say."""


def commands_of(command: str) -> tuple[tuple[str, ...], ...]:
    """The commands that Codex holds against its rules: those of a plain script, else the command line as one.

    Args:
        command: The command line as Codex reports it.
    """
    try:
        words = tuple(shlex.split(command))
    except ValueError:
        return ((command,),)
    if len(words) == 3 and words[0].rpartition("/")[2] in _SHELLS and words[1] in {"-c", "-lc"}:
        return plain_commands(words[2]) or (words,)
    return (words,)


def plain_commands(script: str) -> tuple[tuple[str, ...], ...] | None:
    """The commands of a script that holds only words, quotes without expansion, and `&&`, `||`, `;`, `|`, newlines."""
    commands: list[list[str]] = [[]]
    position, end = 0, len(script.rstrip())
    while position < end:
        token = _TOKEN.match(script, position)
        if token is None:
            return None
        position = token.end()
        if token["joint"]:
            if not commands[-1]:
                return None
            commands.append([])
        elif not commands[-1] and _ASSIGNMENT.match(token["word"]):
            return None
        else:
            commands[-1].append(_QUOTED.sub(lambda quoted: quoted[1] or quoted[2] or "", token["word"]))
    if not commands[-1]:
        commands.pop()
    return tuple(map(tuple, commands)) or None


def _words(value: Any) -> tuple[str, ...]:
    return tuple(str(word) for word in value)
