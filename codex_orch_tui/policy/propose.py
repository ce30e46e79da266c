"""Rules that would accept a request like this one, from narrow to wide, for a person to choose from.

Every proposal was tried on the request itself: with the rule in force `judge` accepts it, unless another rule beats it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from codex_orch_tui.domain.approval import ApprovalKind, Risk
from codex_orch_tui.policy.accept import why_not
from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.assess_paths import is_place_of_secrets, looks_like_path
from codex_orch_tui.policy.finding import named
from codex_orch_tui.policy.git_words import subcommand
from codex_orch_tui.policy.judge import Verdict, speaks_of
from codex_orch_tui.policy.known_programs import usages_of
from codex_orch_tui.policy.lexer import NotPlainError, lex
from codex_orch_tui.policy.never import why_never
from codex_orch_tui.policy.options import Usage, reason_against
from codex_orch_tui.policy.places import absolute, bare_host, is_guarded, is_within
from codex_orch_tui.policy.program_kinds import ProgramKind, git_kind, program_kind
from codex_orch_tui.policy.propose_names import parent_host, parent_places, rule_id, shown_words
from codex_orch_tui.policy.rule import REST, Rule, RuleDecision, RuleKind
from codex_orch_tui.policy.unfold import unfold


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A rule that is not stored, and a sentence of what it would let through. The sentence is not clean."""

    rule: Rule
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The proposals, from narrow to wide; without any, `why_none` says why no rule could accept the request."""

    proposals: tuple[Proposal, ...] = ()
    why_none: str = ""


def propose(asked: Asked, verdict: Verdict, rules: Iterable[Rule] = ()) -> Proposed:
    """Rules for a request.

    Args:
        asked: The request.
        verdict: What the rules in force say of it.
        rules: The rules in force: of a line of several commands, those that they accept already need no rule.
    """
    if verdict.builtin:
        return Proposed(why_none=f"it is declined in every repository: {verdict.why}")
    if verdict.decision is RuleDecision.DECLINE and verdict.rule is not None:
        return Proposed(why_none=f"the rule {verdict.rule.id} declines it, and decline beats accept")
    if verdict.decision is RuleDecision.ASK and verdict.rule is not None:
        return Proposed(why_none=f"the rule {verdict.rule.id} leaves it to a person, and ask beats accept")
    match asked.kind:
        case ApprovalKind.COMMAND:
            return _for_command(asked, [rule for rule in rules if rule.decision is RuleDecision.ACCEPT])
        case ApprovalKind.NETWORK:
            return _for_host(asked)
        case ApprovalKind.FILE_CHANGE:
            return _for_files(asked)
        case _:
            return Proposed(why_none="only a person answers this kind of question")


# -- commands -------------------------------------------------------------------------------------------------------


def _for_command(asked: Asked, rules: Sequence[Rule]) -> Proposed:
    try:
        commands = lex(unfold(asked.command))
    except NotPlainError as error:
        return Proposed(why_none=f"the rules do not read {error}")
    open_commands = list(
        dict.fromkeys(words for words in commands if all(why_not(words, rule, asked) for rule in rules))
    )
    if not open_commands:
        return Proposed(why_none="there is no command in it" if not commands else "the rules accept it already")
    for words in open_commands[1:]:  # each of the others needs a rule of its own: one of them may have no rule at all
        if not (other := _for_words(words, asked)).proposals:
            return Proposed(why_none=f"one of its commands is {named(' '.join(words))}, and {other.why_none}")
    made = _for_words(open_commands[0], asked)
    if not made.proposals or len(open_commands) == 1:
        return made
    more = f"; the line has {len(open_commands)} commands without a rule, and each needs its own"
    return Proposed(proposals=tuple(replace(one, sentence=one.sentence + more) for one in made.proposals))


def _for_words(words: tuple[str, ...], asked: Asked) -> Proposed:
    """Rules for one simple command."""
    why = ""
    found: dict[tuple[object, ...], Proposal] = {}
    for proposal in _candidates(words, asked):
        rule = proposal.rule
        refusal = why_not(words, rule, asked)
        if refusal is not None:
            why = why or refusal.reason
        else:
            found.setdefault((rule.args, rule.options, rule.paths), replace(proposal, rule=_finished(rule, words)))
    return Proposed(proposals=tuple(found.values()), why_none="" if found else _why_no_words(words, asked) or why)


def _why_no_words(words: tuple[str, ...], asked: Asked) -> str:
    """A plainer reason than that of the narrowest rule, where there is one."""
    secret = next((word for word in words[1:] if is_place_of_secrets(absolute(word, asked.cwd or "/"))), None)
    if secret is not None:
        return f"{named(secret)} is a place of secrets: no rule is offered for it"
    inner = subcommand(words[1:])
    if words[0] == "git" and inner and git_kind(inner).risk is not Risk.LOW:
        return f"git {named(inner[0])} is not one of the sub-commands that only read"
    return why_never(words[0])


def _candidates(words: tuple[str, ...], asked: Asked) -> Iterator[Proposal]:
    program, arguments = words[0], words[1:]
    places, where = _places(arguments, asked)
    if any(is_place_of_secrets(place) for place in places):
        places, where = (), "the worktree"  # no rule for those is offered; one may still be written by hand
    exact = Rule(
        id="",
        kind=RuleKind.COMMAND,
        decision=RuleDecision.ACCEPT,
        program=program,
        args=_as_patterns(arguments),
        paths=places,
    )
    stars = " (* stands for any characters)" if any("*" in word for word in arguments) else ""
    yield Proposal(rule=exact, sentence=f"exactly this{stars}: {shown_words(words)}")
    usages, rest = usages_of(words)
    sub = arguments[: len(arguments) - len(rest)] if usages else _first_word(arguments)
    called = shown_words((program, *sub))
    options = _options(rest, usages)
    told = f"the options {', '.join(options)}" if options else "no options"
    narrow = replace(exact, args=(*sub, REST), options=options)
    if not usages:
        yield Proposal(rule=narrow, sentence=f"{called} with {told} and any plain paths in {where}; {_known(program)}")
        return
    yield Proposal(rule=narrow, sentence=f"{called} with {told}, and any words that name something in {where}")
    wide = replace(narrow, options=None)
    yield Proposal(rule=wide, sentence=f"{called} with every option that only reads, in {where}")
    if sub:
        text = f"{program} with every sub-command and option that only reads, in {where}"
        yield Proposal(rule=replace(wide, args=(REST,)), sentence=text)


def _known(program: str) -> str:
    """What is known of a program whose options are in no list."""
    kind = program_kind(program)
    return f"what {program} does is not known to us" if kind is ProgramKind.UNKNOWN else f"{program} {kind.note}"


def _places(arguments: tuple[str, ...], asked: Asked) -> tuple[tuple[str, ...], str]:
    """The paths of a rule, when the command names some outside of the worktree; and how that reads."""
    paths = (
        absolute(word, asked.cwd or "/") for word in arguments if not word.startswith("-") and looks_like_path(word)
    )
    outside = tuple(dict.fromkeys(path for path in paths if asked.worktree and not is_within(path, asked.worktree)))
    if not outside:
        return (), "the worktree"
    return ("**", *outside), f"the worktree and {', '.join(map(named, outside))}"


def _first_word(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """What is probably the sub-command of a program without a list."""
    return arguments[:1] if arguments and arguments[0].replace("-", "a").isalnum() and arguments[0][0] != "-" else ()


def _options(words: tuple[str, ...], usages: Sequence[Usage]) -> tuple[str, ...]:
    """The options in some words: as the program's list names them, else as they are written."""
    for usage in usages:
        reason, seen = reason_against(words, usage, lambda _: "")
        if not reason:
            return tuple(sorted(seen))
    return tuple(dict.fromkeys(word for word in words if word.startswith("-") and word not in {"-", "--"}))


def _as_patterns(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """A last `...` of the command would be a pattern for anything: as `*` it is one word at least."""
    return (*arguments[:-1], "*") if arguments[-1:] == (REST,) else arguments


def _finished(rule: Rule, words: tuple[str, ...]) -> Rule:
    """With an id, and the command itself as an example where one can be written."""
    example = shown_words(words)
    rule = replace(rule, match=(example,) if not rule.paths and "'\"" not in example and len(example) < 200 else ())
    return replace(rule, id=rule_id(rule))


# -- the network and files ------------------------------------------------------------------------------------------


def _for_host(asked: Asked) -> Proposed:
    host = bare_host(asked.host)
    if not host:
        return Proposed(why_none="the request names no host")
    rule = Rule(id="", kind=RuleKind.NETWORK, decision=RuleDecision.ACCEPT, hosts=(host,))
    proposals = [Proposal(rule=rule, sentence=f"the network, to {host} and no other host, with any command")]
    if parent := parent_host(host):
        text = f"the network, to every host below {parent}, with any command"
        proposals.append(Proposal(rule=replace(rule, hosts=(f"*.{parent}",)), sentence=text))
    return _tried(proposals, asked, f"{named(host)} is not the plain name of a host")


def _for_files(asked: Asked) -> Proposed:
    if not asked.paths:
        return Proposed(why_none="the request names no files")
    paths = [absolute(path, asked.cwd or asked.worktree or "/") for path in asked.paths]
    guarded = next((path for path in paths if is_guarded(path.removeprefix(asked.worktree))), None)
    if guarded is not None:
        return Proposed(why_none=f"{named(guarded)} decides what runs")
    if any(any(sign in path for sign in "*?[]{}~$\\") for path in paths):
        return Proposed(why_none="a path holds signs that a rule would take for a pattern")
    secret = next((path for path in paths if is_place_of_secrets(path)), None)
    if secret is not None:
        return Proposed(why_none=f"{named(secret)} is a place of secrets: no rule is offered for it")
    shown = [path[len(asked.worktree) + 1 :] if is_within(path, asked.worktree) else path for path in paths]
    rule = Rule(id="", kind=RuleKind.FILE_CHANGE, decision=RuleDecision.ACCEPT, paths=tuple(dict.fromkeys(shown)))
    proposals = [Proposal(rule=rule, sentence=f"any change of {', '.join(map(named, rule.paths))}")]
    for places in parent_places(rule.paths):
        text = f"any change of, or new file in, {', '.join(map(named, places))}"
        proposals.append(Proposal(rule=replace(rule, paths=places), sentence=text))
    return _tried(proposals, asked, "the files lie where no rule reaches")


def _tried(proposals: Iterable[Proposal], asked: Asked, why_none: str) -> Proposed:
    finished = [replace(one, rule=replace(one.rule, id=rule_id(one.rule))) for one in proposals]
    fitting = tuple(one for one in finished if speaks_of(one.rule, asked))
    return Proposed(proposals=fitting, why_none="" if fitting else why_none)
