"""What the rules say of a request. Decline beats ask beats accept, and where no rule speaks a person decides."""

import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from codex_orch_tui.domain.approval import ApprovalKind
from codex_orch_tui.domain.terminal_text import is_clean
from codex_orch_tui.policy.accept import Refusal, may_write, why_guarded, why_not, why_not_here, why_outside
from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.builtin import builtin_decline
from codex_orch_tui.policy.declines import declined_command
from codex_orch_tui.policy.lexer import NotPlainError, lex
from codex_orch_tui.policy.places import fits, host_fits
from codex_orch_tui.policy.rule import RULE_KINDS, Rule, RuleDecision, RuleKind
from codex_orch_tui.policy.shell_tree import ShellReading, read_shell
from codex_orch_tui.policy.unfold import unfold

NO_RULE = "no rule speaks of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the rules say.

    Attributes:
        rule: The rule that decided; of a line with several commands the one of the first. None: nobody's, or a
        built-in one.
        why: In words: the reason of a decline, or why no rule accepts. Not clean: it may quote the request.
        builtin: The id of the built-in decline; empty: none.
        rules: All the rules that an accept stands on, a command each.
    """

    decision: RuleDecision
    rule: Rule | None = None
    why: str = ""
    builtin: str = ""
    rules: tuple[Rule, ...] = ()


def judge(asked: Asked, rules: Iterable[Rule], *, now_s: float) -> Verdict:
    """Judge a request.

    Args:
        asked: What is asked for.
        rules: The rules of all files; their order is of no weight.
        now_s: Rules that expired by then say nothing; seconds since the epoch.
    """
    if declined := builtin_decline(asked):
        return Verdict(decision=RuleDecision.DECLINE, why=declined[1], builtin=declined[0])
    kind = RULE_KINDS.get(asked.kind)
    mine = [
        rule
        for rule in rules
        if rule.kind is kind and rule.is_in_force(now_s) and (not rule.roles or asked.role in rule.roles)
    ]
    if kind is None:
        return Verdict(decision=RuleDecision.ASK, why="only a person answers this kind of question")
    for decision in (RuleDecision.DECLINE, RuleDecision.ASK):
        against = [rule for rule in mine if rule.decision is decision]
        if against and (found := _first_against(asked, against)):
            return Verdict(decision=decision, rule=found, why=found.reason or f"rule {found.id}")
    return _accept(asked, [rule for rule in mine if rule.decision is RuleDecision.ACCEPT])


def speaks_of(rule: Rule, asked: Asked) -> bool:
    """Whether a rule alone, in force or not, would answer a request as it says; for examples and back-tests."""
    if RULE_KINDS.get(asked.kind) is not rule.kind or (rule.roles and asked.role not in rule.roles):
        return False
    if rule.decision is RuleDecision.ACCEPT:
        return _accept(asked, [rule]).decision is RuleDecision.ACCEPT
    return _first_against(asked, [rule]) is not None


def _first_against(asked: Asked, rules: list[Rule]) -> Rule | None:
    reading = read_shell(unfold(asked.command)) if asked.kind is ApprovalKind.COMMAND else None
    return next((rule for rule in rules if _is_against(rule, asked, reading)), None)


def _is_against(rule: Rule, asked: Asked, reading: ShellReading | None) -> bool:
    """A decline or ask looks through everything that hides a command, and takes any part of a request for the whole."""
    worktree = posixpath.normpath(asked.worktree) if asked.worktree else ""
    if rule.cwd and not _lies_in(asked.cwd, rule.cwd, asked, worktree):
        return False
    if rule.kind is RuleKind.NETWORK:
        return not rule.hosts or host_fits(asked.host, rule.hosts)
    if rule.kind is RuleKind.FILE_CHANGE:
        return not rule.paths or any(_lies_in(path, rule.paths, asked, worktree) for path in asked.paths)
    assert reading is not None
    return declined_command(rule, reading) is not None


def _lies_in(path: str, patterns: tuple[str, ...], asked: Asked, worktree: str) -> bool:
    """By its name or by its links; capitals count for small letters, as some file systems take them."""
    named = posixpath.normpath(posixpath.join(asked.cwd, path))
    places = (named, asked.real_path(named) or named)
    small = tuple(pattern.casefold() for pattern in patterns)
    return any(fits(place.casefold(), small, worktree.casefold()) for place in places)


def _accept(asked: Asked, rules: list[Rule]) -> Verdict:
    if not rules:
        return Verdict(decision=RuleDecision.ASK, why=NO_RULE)
    match RULE_KINDS[asked.kind]:
        case RuleKind.COMMAND:
            return _accept_command(asked, rules)
        case RuleKind.FILE_CHANGE:
            return _first_without_reason(rules, lambda rule: _why_not_changed(rule, asked))
        case RuleKind.NETWORK:
            return _first_without_reason(rules, lambda rule: _why_not_reached(rule, asked))


def _accept_command(asked: Asked, rules: list[Rule]) -> Verdict:
    """Every simple command needs a rule that accepts it; one that none accepts leaves the whole line to a person."""
    try:
        commands = lex(unfold(asked.command))
    except NotPlainError as error:
        return Verdict(decision=RuleDecision.ASK, why=f"the rules do not read {error}")
    used: list[Rule] = []
    for words, before in zip(commands, (None, *commands), strict=False):
        if before is not None and may_write(before):
            why = f"what follows {before[0]} cannot be judged before that has run"
            return Verdict(decision=RuleDecision.ASK, why=why)
        refusals: list[tuple[Refusal, Rule]] = []
        for rule in rules:
            refusal = why_not(words, rule, asked)
            if refusal is None:
                used.append(rule)
                break
            refusals.append((refusal, rule))
        else:
            near = next((pair for pair in refusals if pair[0].is_near), None)
            why = f"{near[1].id}: {near[0].reason}" if near else f"no rule accepts {' '.join(words[:3])}"
            return Verdict(decision=RuleDecision.ASK, why=why)
    return _accepted(tuple(dict.fromkeys(used)))


def _first_without_reason(rules: list[Rule], why: Callable[[Rule], str]) -> Verdict:
    reasons = []
    for rule in rules:
        reason = why(rule)
        if not reason:
            return _accepted((rule,))
        reasons.append(f"{rule.id}: {reason}")
    return Verdict(decision=RuleDecision.ASK, why=reasons[0])


def _accepted(rules: tuple[Rule, ...]) -> Verdict:
    return Verdict(decision=RuleDecision.ACCEPT, rule=rules[0], why=rules[0].reason, rules=rules)


def _why_not_changed(rule: Rule, asked: Asked) -> str:
    """A change is accepted when every file of it is."""
    if not asked.paths:
        return "the files are not known"
    if reason := why_not_here(rule, asked):
        return reason
    for path in asked.paths:
        if not is_clean(path):
            return "a path holds a character that cannot be seen"
        if reason := why_guarded(path, asked) or why_outside(path, rule, asked):
            return reason
    return ""


def _why_not_reached(rule: Rule, asked: Asked) -> str:
    if not rule.hosts or not host_fits(asked.host, rule.hosts):
        return f"{asked.host} is not one of the rule's hosts"
    return why_not_here(rule, asked) if rule.cwd else ""
