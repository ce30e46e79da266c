"""A rule in words: what it is about, what it says, where it stands."""

import time
from collections.abc import Mapping
from pathlib import Path

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.policy.rule import REST, Rule, RuleDecision, RuleKind
from codex_orch_tui.ui.presentation.glyphs import Look, Tone
from codex_orch_tui.ui.presentation.paragraphs import Paragraph, aligned, labelled
from codex_orch_tui.ui.presentation.trust import short_path

RULE_LOOKS: Mapping[RuleDecision, Look] = {
    RuleDecision.ACCEPT: Look("accepts", "✓", "+", Tone.PLAIN),
    RuleDecision.ASK: Look("asks", "?", "?", Tone.PLAIN),
    RuleDecision.DECLINE: Look("declines", "✗", "x", Tone.PLAIN),
}
"""A rule that asks has no `!`: that sign is for what waits now."""


def what(rule: Rule) -> str:
    """What a rule is about, as one clean line."""
    match rule.kind:
        case RuleKind.COMMAND:
            return clean_line(" ".join([rule.program or "any program", *_patterns(rule)]))
        case RuleKind.FILE_CHANGE:
            return clean_line("changes of " + (", ".join(rule.paths) or "files in the worktree"))
        case RuleKind.NETWORK:
            return clean_line("the network: " + (", ".join(rule.hosts) or "any host"))


def _patterns(rule: Rule) -> list[str]:
    if rule.args is None:
        return [REST]
    is_open = rule.decision is not RuleDecision.ACCEPT and (not rule.args or rule.args[-1] != REST)
    return [*rule.args, REST] if is_open else list(rule.args)


def rule_lines(rule: Rule, root: Path, home: Path, now_s: float) -> tuple[Paragraph, ...]:
    """All that a rule says, field by field.

    Args:
        rule: Any rule.
        root: The repository's main worktree.
        home: The person's home folder.
        now_s: The time now, seconds since the epoch.
    """
    look = RULE_LOOKS[rule.decision]
    lines = [labelled(look.word, what(rule), is_verbatim=True, is_strong=True)]
    if REST in _patterns(rule) and rule.kind is RuleKind.COMMAND:
        lines.append(labelled("", _open_words(rule)))
    for label, values in (
        ("options", rule.options),
        ("in", rule.cwd),
        ("paths", rule.paths if rule.kind is not RuleKind.FILE_CHANGE else ()),
        ("hosts", rule.hosts if rule.kind is not RuleKind.NETWORK else ()),
        ("roles", rule.roles),
    ):
        if values:
            lines.append(labelled(label, clean_line("  ".join(values)), is_verbatim=True))
    if rule.options == ():
        lines.append(labelled("options", "none"))
    if rule.expires_s is not None:
        lines.append(labelled("until", _until(rule, now_s)))
    if rule.reason:
        lines.append(labelled("reason", clean_line(rule.reason)))
    for label, examples in (("such as", rule.match), ("but not", rule.no_match)):
        lines += [
            labelled(label if at == 0 else "", clean_line(example), is_verbatim=True)
            for at, example in enumerate(examples)
        ]
    if rule.file:
        place = short_path(Path(rule.file), root, home) + (f", line {rule.line}" if rule.line else "")
        lines.append(labelled("stands in", place))
    lines.append(labelled("sha256", f"{rule.sha256[:12]}…", tone=Tone.QUIET))
    return aligned(lines)


def _open_words(rule: Rule) -> str:
    if rule.decision is not RuleDecision.ACCEPT:
        return f"{REST} stands for any further words"
    named = "every option that is listed as reading only" if rule.options is None else "the options below"
    return f"{REST} stands for {named}, and for words that name something in the allowed folders"


def _until(rule: Rule, now_s: float) -> str:
    day = time.strftime("%d %b %Y, %H:%M", time.localtime(rule.expires_s))
    return day if rule.is_in_force(now_s) else f"{day}: it has expired and says nothing"
