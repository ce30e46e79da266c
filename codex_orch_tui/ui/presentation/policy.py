"""The rules in force: rows by file, and all that is known of one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.policy.back_test import BackTest, RuleTest
from codex_orch_tui.policy.builtin import BUILTIN_DECLINES, BuiltinDecline
from codex_orch_tui.policy.rule import Rule, RuleDecision
from codex_orch_tui.services.policy_types import RuleFile, Where
from codex_orch_tui.services.trust import TrustItem, TrustKind
from codex_orch_tui.ui.presentation.back_test import builtin_test, tried_line, tried_questions, tried_tone
from codex_orch_tui.ui.presentation.glyphs import Look, Tone
from codex_orch_tui.ui.presentation.paragraphs import BLANK, Paragraph, aligned, labelled
from codex_orch_tui.ui.presentation.rows import Row, Sheet
from codex_orch_tui.ui.presentation.rule_words import RULE_LOOKS, rule_lines
from codex_orch_tui.ui.presentation.status import Piece, StatusLine
from codex_orch_tui.ui.presentation.trust import numbered, short_path

_BUILT_IN = "builtin"
_WHOSE = {Where.REPOSITORY: "of this repository", Where.USER: "your own"}
_IN_FORCE = Look("in force", "✓", "+")
_BROKEN = Look("broken", "✗", "x", Tone.BAD)
_WAITS = Look("not trusted", "!", "!", Tone.ASKS)
_NONE = Look("none yet", "○", "o")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What was read. `days`: how far the back-test goes back."""

    files: tuple[RuleFile, ...]
    back_test: BackTest
    untrusted: tuple[TrustItem, ...]
    days: int
    now_s: float


def head_line(overview: Overview) -> StatusLine:
    """The numbers at the top."""
    rules = [rule for file in overview.files for rule in file.rules if rule.is_in_force(overview.now_s)]
    counts = Counter(rule.decision for rule in rules)
    told = " · ".join(f"{counts[decision]} {decision}" for decision in RULE_LOOKS if counts[decision])
    test = overview.back_test
    asked = f"last {overview.days} days: {len(test.answers)} of {test.total} questions answered by rules"
    left = [Piece("Rules"), Piece(f"in force: {told}" if told else "none in force", rank=1), Piece(asked, rank=2)]
    problems = sum(bool(file.problems) for file in overview.files)
    marks = []
    if problems:
        marks.append(Piece(f"✗ {problems} file{'s' if problems != 1 else ''} broken", Tone.BAD))
    if overview.untrusted:
        marks.append(Piece(f"! {len(overview.untrusted)} not trusted", Tone.ASKS))
    return StatusLine(tuple(left), tuple(marks), ())


class PolicyRows:
    """Makes the rows.

    Args:
        root: The repository's main worktree.
        home: The person's home folder.
        ascii_only: Signs for terminals without the others.
    """

    def __init__(self, root: Path, home: Path, *, ascii_only: bool) -> None:
        self._root, self._home, self._ascii_only = root, home, ascii_only

    def sheet(self, overview: Overview) -> Sheet:
        """A row for each file, with its rules below, and what is built in."""
        rows = [*self._files(overview), *self._commands(overview), *self._built_in(overview)]
        return Sheet(
            rows,
            remark_cells=max(len(row.remark) for row in rows if not row.is_free),
            tail_cells=max(len(row.tail) for row in rows),
        )

    def _files(self, overview: Overview) -> Iterator[Row]:
        for file in overview.files:
            look = file_look(file)
            yield Row(
                key=file_key(file),
                text=f"{_WHOSE[file.where]} · {short_path(file.path, self._root, self._home)}",
                sign=look.sign(ascii_only=self._ascii_only),
                sign_tone=look.tone,
                remark=look.word,
                remark_tone=look.tone,
                is_free=True,
            )
            for rule in file.rules:
                yield self._rule(rule_key(file, rule), rule, overview, file_key(file))

    def _commands(self, overview: Overview) -> Iterator[Row]:
        """Files that hold no rules and wait for trust as well."""
        for item in commands_wanted(overview):
            yield Row(
                key=item_key(item),
                text=f"{_WHOSE[Where.REPOSITORY]} · {short_path(item.path, self._root, self._home)}",
                sign=_WAITS.sign(ascii_only=self._ascii_only),
                sign_tone=_WAITS.tone,
                remark=_WAITS.word,
                remark_tone=_WAITS.tone,
                is_free=True,
            )

    def _rule(self, key: str, rule: Rule, overview: Overview, parent: str) -> Row:
        is_in_force = rule.is_in_force(overview.now_s)
        test = overview.back_test.of(rule)
        differs, total = len(test.disagreements), len(test.answers)
        look = RULE_LOOKS[rule.decision]
        return Row(
            key=key,
            text=clean_line(rule.id),
            parent=parent,
            depth=1,
            sign=look.sign(ascii_only=self._ascii_only),
            sign_tone=Tone.PLAIN if is_in_force else Tone.QUIET,
            text_tone=Tone.PLAIN if is_in_force else Tone.QUIET,
            remark=look.word if is_in_force else "expired",
            tail=f"≠{differs} of {total}" if differs else str(total or "–"),
            tail_tone=tried_tone(test) if differs else Tone.QUIET,
        )

    def _built_in(self, overview: Overview) -> Iterator[Row]:
        yield Row(key=_BUILT_IN, text="built in", sign=_IN_FORCE.sign(ascii_only=self._ascii_only), is_free=True)
        look = RULE_LOOKS[RuleDecision.DECLINE]
        for decline in BUILTIN_DECLINES:
            total = len(builtin_test(overview.back_test, decline.id).answers)
            yield Row(
                key=f"{_BUILT_IN}:{decline.id}",
                text=decline.id.removeprefix("builtin."),
                parent=_BUILT_IN,
                depth=1,
                sign=look.sign(ascii_only=self._ascii_only),
                sign_tone=Tone.PLAIN,
                remark=look.word,
                tail=str(total or "–"),
            )


def file_look(file: RuleFile) -> Look:
    """How a file's state is told."""
    if not file.exists:
        return _NONE
    if file.problems:
        return _BROKEN
    return _IN_FORCE if file.is_trusted else _WAITS


def commands_wanted(overview: Overview) -> list[TrustItem]:
    """What waits for trust and is no file of rules."""
    return [item for item in overview.untrusted if item.kind is TrustKind.COMMANDS]


def item_key(item: TrustItem) -> str:
    """The key of the row of a file that holds no rules."""
    return f"trust:{item.path}"


def file_key(file: RuleFile) -> str:
    """The key of a file's row."""
    return f"file:{file.where}"


def rule_key(file: RuleFile, rule: Rule) -> str:
    """The key of a rule's row."""
    return f"rule:{file.where}:{rule.id}"


def detail(overview: Overview, key: str, root: Path, home: Path) -> tuple[str, Sequence[Paragraph]]:
    """A title and all that is known of what a row stands for."""
    for file in overview.files:
        if key == file_key(file):
            return short_path(file.path, root, home), _file_lines(file, overview)
        for rule in file.rules:
            if key == rule_key(file, rule):
                return clean_line(rule.id), _rule_lines(rule, overview, root, home)
    for decline in BUILTIN_DECLINES:
        if key == f"{_BUILT_IN}:{decline.id}":
            return decline.id, _built_in_lines(decline, overview)
    for item in commands_wanted(overview):
        if key == item_key(item):
            return short_path(item.path, root, home), [*numbered(item.what), BLANK, _LOOK_AT_IT]
    return "built in", _ALWAYS


_LOOK_AT_IT = Paragraph(text="t shows it, and lets exactly that content count.", is_strong=True)
_ALWAYS = (
    Paragraph(text="These hold in every repository, whatever the rules say. Nothing switches them off."),
    Paragraph(
        text="A rule declines before it asks, and asks before it accepts. Without a rule every question is yours."
    ),
)


def _file_lines(file: RuleFile, overview: Overview) -> list[Paragraph]:
    if not file.exists:
        return [
            Paragraph(text=f"There is no such file yet. r in a question makes a rule {_WHOSE[file.where]}."),
            Paragraph(text="codex-orch-tui policy example prints rules for commands that only read.", tone=Tone.QUIET),
        ]
    lines = [Paragraph(text=problem, label="✗", tone=Tone.BAD, label_tone=Tone.BAD) for problem in file.problems]
    if file.problems:
        lines.append(Paragraph(text="What held before stays in force until it is mended."))
    elif not file.is_trusted:
        lines.append(Paragraph(text="It is not trusted as it is now: nothing of it counts.", tone=Tone.ASKS))
        if any(item.path == file.path for item in overview.untrusted):
            lines.append(_LOOK_AT_IT)
    elif file.why_silent:
        lines.append(Paragraph(text=file.why_silent, tone=Tone.BAD))
    number = len(file.rules)
    told = "None of its rules is" if not number else "Its one rule is" if number == 1 else f"Its {number} rules are"
    lines.append(Paragraph(text=f"{told} in force."))
    if file.where is Where.REPOSITORY and file.is_trusted:
        lines.append(Paragraph(text="You trust it as it is; any change asks again.", tone=Tone.QUIET))
    return lines


def _rule_lines(rule: Rule, overview: Overview, root: Path, home: Path) -> list[Paragraph]:
    return [
        *rule_lines(rule, root, home, overview.now_s),
        BLANK,
        *_past(overview.back_test.of(rule), overview),
    ]


def _built_in_lines(decline: BuiltinDecline, overview: Overview) -> list[Paragraph]:
    return [
        *aligned([labelled("declines", decline.what, is_strong=True), labelled("reason", decline.reason)]),
        Paragraph(text="Also inside of other commands, and with options of git before it.", tone=Tone.QUIET),
        BLANK,
        *_past(builtin_test(overview.back_test, decline.id), overview),
    ]


def _past(test: RuleTest, overview: Overview) -> list[Paragraph]:
    told = tried_line(test, overview.days)
    return [
        Paragraph(text=told, tone=tried_tone(test), is_strong=bool(test.disagreements)),
        *tried_questions(test, overview.now_s),
    ]
