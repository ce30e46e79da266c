"""The form of a rule in a file, checked key by key."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)

from codex_orch_tui.domain.plan import RoleName
from codex_orch_tui.domain.terminal_text import is_clean
from codex_orch_tui.policy.rule import Rule, RuleDecision, RuleKind

_GLOB_SIGNS = re.compile(r"[?\[\]{}~$\\]|\*\*\*")


def _plain(text: str) -> str:
    if not is_clean(text):
        raise ValueError("should hold no character that cannot be seen")
    return text


def _place(pattern: str) -> str:
    if _GLOB_SIGNS.search(pattern) or ".." in pattern.split("/") or pattern.startswith("-"):
        raise ValueError("should be a path, relative to the worktree or absolute, with no other signs than * and **")
    return pattern.removeprefix("./") if pattern != "./" else "."


def _host(pattern: str) -> str:
    if not re.fullmatch(r"(?:\*\.)?[A-Za-z0-9][A-Za-z0-9.-]*", pattern):
        raise ValueError("should be a host such as pypi.org, or *.pypi.org for all below it")
    return pattern.lower()


def _moment(value: object) -> object:
    """YAML makes dates of what looks like one; without a zone they are UTC, and a day ends with its last second."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if "T" in value or ":" in value else date.fromisoformat(value)
        except ValueError:
            raise ValueError("should be a date such as 2030-12-31, or a date and time") from None
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, date):
        return datetime.combine(value, time.max, tzinfo=UTC).timestamp()
    raise ValueError("should be a date such as 2030-12-31, or a date and time")


def _sentence(value: object) -> object:
    """What YAML made no text of is not guessed at: `args: [1]`, `id: on`."""
    if not isinstance(value, str):
        raise ValueError("should be text; write it in quotes")
    return value


def _role(name: str, info: ValidationInfo) -> RoleName:
    """A rule for a role that does not exist would never apply; whoever reads the file says which there are."""
    known: tuple[RoleName, ...] = info.context or ()
    if known and name not in known:
        *others, last = map(repr, known)
        raise ValueError(f"should be {', '.join(others)} or {last}" if others else f"should be {last}")
    return name


_Text = Annotated[str, BeforeValidator(_sentence), AfterValidator(_plain)]
_Word = Annotated[_Text, StringConstraints(max_length=1_000)]
_Place = Annotated[_Text, StringConstraints(min_length=1, max_length=1_000), AfterValidator(_place)]
_Host = Annotated[_Text, StringConstraints(max_length=253), AfterValidator(_host)]
_Option = Annotated[_Text, StringConstraints(pattern=r"^-")]


class Examples(BaseModel):
    """Lines, paths or hosts, checked when the file is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    match: tuple[_Text, ...] = ()
    no_match: tuple[_Text, ...] = ()


class RuleEntry(BaseModel):
    """A rule as it is written; see `Rule` for what each key means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[_Text, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    kind: RuleKind
    decision: RuleDecision
    program: Annotated[_Text, StringConstraints(min_length=1, max_length=100)] = ""
    args: Annotated[tuple[_Word, ...], Field(max_length=100)] | None = None
    options: Annotated[tuple[_Option, ...], Field(max_length=200)] | None = None
    cwd: tuple[_Place, ...] = ()
    paths: tuple[_Place, ...] = ()
    hosts: tuple[_Host, ...] = ()
    roles: tuple[Annotated[_Text, AfterValidator(_role)], ...] = ()
    reason: Annotated[_Text, StringConstraints(max_length=500)] = ""
    expires: Annotated[float, BeforeValidator(_moment)] | None = None
    examples: Examples = Examples()

    def rule(self) -> Rule:
        """The rule, without the place where it stands."""
        return Rule(
            id=self.id,
            kind=self.kind,
            decision=self.decision,
            program=self.program,
            args=self.args,
            options=self.options,
            cwd=self.cwd,
            paths=self.paths,
            hosts=self.hosts,
            roles=self.roles,
            reason=self.reason,
            expires_s=self.expires,
            match=self.examples.match,
            no_match=self.examples.no_match,
        )
