"""The files that rules come from, read again whenever they change.

The person's own file counts at once; the repository's counts as long as it is trusted as it is. A file that is broken
changes nothing: the rules from before stay in force, and the person is told.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from codex_orch_tui.config.role_settings import role_names
from codex_orch_tui.config.yaml_file import read_bounded
from codex_orch_tui.domain.plan import RoleName
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.paths import PathsError, config_folder
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.policy_types import RuleFile, Where
from codex_orch_tui.services.trust import Trust, TrustKind
from codex_orch_tui.store.atomic import make_folder, write_atomic
from codex_orch_tui.store.errors import StoreError

if TYPE_CHECKING:
    from codex_orch_tui.policy.rule import Rule

FILE_NAME = "policy.yaml"
_FRESH_S = 2.0
"""A file that changed so short ago may change again within the same tick of the file system's clock."""
_OLD_RULES = "what held before stays in force until it is mended"

_Signature = tuple[int, int, int, int]


@dataclass(slots=True)
class _Known:
    """What was read of one file."""

    path: Path
    where: Where
    read: bool = False
    signature: tuple[_Signature | None, object] | None = None
    rules: "tuple[Rule, ...]" = ()
    """In force."""
    sha256: str = ""
    """Of the file that they were read from."""
    exists: bool = False
    is_trusted: bool = False
    problems: tuple[str, ...] = ()
    told: str = ""
    why_silent: str = ""


@dataclass(slots=True)
class RuleFiles:
    """The rules in force.

    Args:
        trust: What of the repository counts.
        repository: Its file of rules.
        environ: Where the person's own folder is told.
        roles: The names of the roles that rules can speak of, as they are now.
    """

    trust: Trust
    repository: Path
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    roles: Callable[[], tuple[RoleName, ...]] = lambda: role_names({})
    _known: list[_Known] = field(init=False)
    _reading: RLock = field(default_factory=RLock)
    """A screen reads in a thread while a question is judged on the loop."""

    def __post_init__(self) -> None:
        self._known = [_Known(self.repository, Where.REPOSITORY)]
        if (own := own_file(self.environ)) is not None:
            self._known.append(_Known(own, Where.USER))

    def rules(self) -> "tuple[Rule, ...]":
        """The rules in force now, of all files."""
        with self._reading:
            self.refresh()
            return tuple(rule for known in self._known for rule in known.rules)

    def files(self) -> tuple[RuleFile, ...]:
        """Each file as it is now."""
        with self._reading:
            self.refresh()
            return tuple(
                RuleFile(
                    path=known.path,
                    where=known.where,
                    exists=known.exists,
                    is_trusted=known.is_trusted,
                    rules=known.rules,
                    problems=known.problems,
                    why_silent=known.why_silent,
                )
                for known in self._known
            )

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the files, as they were read last."""
        return tuple(problem for known in self._known for problem in known.problems)

    def refresh(self) -> None:
        """Read again what may have changed. It takes a few system calls when nothing has."""
        with self._reading:
            for known in self._known:
                signature = _signature(known.path), (self.trust.store.signature(), self.roles())
                if known.read and signature == known.signature and not _is_fresh(signature[0]):
                    continue
                known.signature, known.read = signature, True
                self._load(known)

    def news(self) -> Iterator[str]:
        """What the person has not been told yet of files that do not count as they are; each once."""
        for known in self._known:
            if known.why_silent != known.told:
                known.told = known.why_silent
                if known.why_silent:
                    yield known.why_silent

    def store(self, rule: "Rule", where: Where) -> str:
        """Add a rule at the end of a file; the rest of it stays byte for byte.

        Returns:
            A sentence on where it stands and whether it counts.

        Raises:
            NotPossibleError: The file is broken, or written in a way that nothing can be added to, and nothing was
                written; or it was written and the trust in it could not be kept.
        """
        known = next((known for known in self._known if known.where is where), None)
        if known is None:
            raise NotPossibleError("the folder of your own rules is not known: HOME is not set")
        path = known.path.resolve()  # A link, as those who keep their settings elsewhere make it, stays one.
        try:
            before = read_bounded(path)
            was_trusted = before is None or self.trust.counts(TrustKind.RULES, sha256(before).hexdigest())
            after = _extended(path, before or b"", rule, self.roles())
            _make_parent(path, where)
            if read_bounded(path) != before:
                raise NotPossibleError(f"{path} has changed in this moment; nothing was stored, try again")
            mode = path.stat().st_mode & 0o777 if before is not None else 0o600
            with self._reading:  # Nobody reads the file between its new content and the trust in it.
                write_atomic(path, after)
                path.chmod(mode)
                if where is Where.REPOSITORY and was_trusted:
                    self.trust.accept_content(TrustKind.RULES, sha256(after).hexdigest())
        except (OSError, ValueError, StoreError) as error:
            raise NotPossibleError(clean_line(f"{path}: {error}")) from error
        if where is Where.USER:
            return clean_line(f"{rule.id} is in force, for all repositories · {known.path}")
        if was_trusted:
            return clean_line(f"{rule.id} is in force, for this repository · {known.path}")
        return clean_line(f"{rule.id} is stored in {known.path}, which does not count until you trust it")

    def _load(self, known: _Known) -> None:
        if known.signature is None or known.signature[0] is None:
            known.rules, known.problems, known.why_silent = (), (), ""
            known.exists, known.is_trusted = False, known.where is Where.USER
            return
        from codex_orch_tui.policy.load import load_rules  # noqa: PLC0415 - a start without rules does not pay for it

        known.exists = True
        if known.where is Where.USER and known.path.resolve().is_relative_to(self.trust.repository):
            known.rules, known.problems, known.is_trusted = (), (), False
            known.why_silent = clean_line(
                f"your own rules do not count here: {known.path} lies in this repository, where a merge may change it"
            )
            return
        loaded = load_rules(known.path, self.roles())
        known.is_trusted = known.where is Where.USER or self.trust.counts(TrustKind.RULES, loaded.sha256_of_file)
        known.problems = tuple(clean_line(str(problem)) for problem in loaded.problems)
        if known.problems:
            more = f" (and {len(known.problems) - 1} more)" if len(known.problems) > 1 else ""
            known.why_silent = f"rules: {known.problems[0]}{more} · {_OLD_RULES}"
            if known.where is Where.REPOSITORY and not self.trust.counts(TrustKind.RULES, known.sha256):
                known.rules, known.why_silent = (), f"rules: {known.problems[0]}{more}"
        elif known.is_trusted:
            known.rules, known.sha256, known.why_silent = loaded.rules, loaded.sha256_of_file, ""
        else:
            known.rules = ()
            known.why_silent = clean_line(
                f"the rules of {known.path} do not count: that file is not trusted as it is now"
                " → look at it and accept it with: codex-orch-tui trust"
            )


def own_file(environ: Mapping[str, str]) -> Path | None:
    """The person's own rules, for every repository; None when their folder is not known."""
    try:
        return config_folder(environ) / FILE_NAME
    except PathsError:
        return None


def _extended(path: Path, before: bytes, rule: "Rule", roles: tuple[RoleName, ...]) -> bytes:
    """The file with the rule, read again to see that it says what it said, and the rule."""
    from codex_orch_tui.policy.load import parse_rules  # noqa: PLC0415 - see above
    from codex_orch_tui.services.rule_writer import rule_fields, with_rule  # noqa: PLC0415 - see above

    held = parse_rules(path, before, roles)
    if held.problems:
        raise NotPossibleError(clean_line(f"{path} is to be mended first: {held.problems[0]}"))
    if any(other.id == rule.id for other in held.rules):
        raise NotPossibleError(clean_line(f"{path} has a rule {rule.id} already; give this one another id"))
    after = with_rule(before, rule_fields(rule))
    found = parse_rules(path, after, roles)
    said = [other.sha256 for other in found.rules]
    if found.problems or said != [*(other.sha256 for other in held.rules), rule.sha256]:
        told = f": {found.problems[0]}" if found.problems else ""
        raise NotPossibleError(clean_line(f"nothing can be added to {path} without changing what it says{told}"))
    return after


def _make_parent(path: Path, where: Where) -> None:
    if where is Where.REPOSITORY:
        make_folder(path.parent)
    else:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def _signature(path: Path) -> _Signature | None:
    """Changes whenever the file may have changed; None without a file. Also tells one that cannot be looked at."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError:
        return (0, 0, 0, 0)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _is_fresh(signature: _Signature | None) -> bool:
    return signature is not None and time.time() - max(signature[2], signature[3]) / 1e9 < _FRESH_S
