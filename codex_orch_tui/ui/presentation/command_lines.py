"""A command line as a person reads it: a pipeline stage by stage, and the shell around it in a word."""

import re
from collections.abc import Sequence
from dataclasses import replace

from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import Paragraph, labelled

MAX_STAGED_CHARS = 4 * 1024
"""A longer command is shown line by line as it came: reading it as a shell would takes too long for a frame."""
_OPERATORS = frozenset("|;&")
_INDENT = 3
_WRAPPER = re.compile(r"(?:[!-~]+ -l?c|write_stdin --session-id \d+)(?= )")
_BLANKS = re.compile(r"\s+")


def command_lines(request: ApprovalRequest) -> list[Paragraph]:
    """The whole command, nothing of it left out; for what is typed into a program, that text."""
    if not request.command:
        return []
    if request.kind is ApprovalKind.STDIN:
        return [*_typed(request.command), *_wrapper_line(request)]
    return [*_lines("$", staged(request.command)), *_wrapper_line(request)]


def _typed(text: str) -> list[Paragraph]:
    """What is typed; a line end at its end is the enter key, and would not be seen."""
    *before, last = _lines("›", text.removesuffix("\n").split("\n"))
    return [*before, replace(last, remark="then enter") if text.endswith("\n") else last]


def _lines(sign: str, lines: Sequence[str]) -> list[Paragraph]:
    return [
        Paragraph(
            text=line,
            label=sign if number == 0 else "",
            label_cells=2,
            indent=_INDENT,
            is_verbatim=True,
            is_strong=True,
        )
        for number, line in enumerate(lines)
    ]


def staged(command: str) -> list[str]:
    """A line for each stage, with the operator that joins it to the one before; else the command's own lines.

    The stages are shown only when they have every character of the command but the blanks between them.
    """
    plain = command.split("\n")
    if len(command) > MAX_STAGED_CHARS or not _OPERATORS.intersection(command):
        return plain
    from codex_orch_tui.policy.shell_tree import read_shell  # noqa: PLC0415 - the grammar is not for the first paint

    reading = read_shell(command)
    if reading.is_broken or len(reading.stages) < 2:
        return plain
    lines = _joined([(stage.text, stage.operator.strip()) for stage in reading.stages])
    return lines if _squeezed("".join(lines)) == _squeezed(command) else plain


def _joined(stages: Sequence[tuple[str, str]]) -> list[str]:
    lines: list[str] = []
    for text, operator in stages:
        begun = f"{operator} {text}" if operator else text
        lines += begun.split("\n")
    return lines


def _squeezed(text: str) -> str:
    return _BLANKS.sub("", text)


def _wrapper_line(request: ApprovalRequest) -> list[Paragraph]:
    """What Codex puts around the command or the text, kept in sight."""
    if not request.wrapped:
        return []
    head = _WRAPPER.match(request.wrapped)
    if head is None:
        return [labelled("sent as", request.wrapped, tone=Tone.QUIET, is_verbatim=True)]
    return [labelled("sent as", f"{head[0]} '…'", tone=Tone.QUIET)]
