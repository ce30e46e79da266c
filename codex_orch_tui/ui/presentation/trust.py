"""What a repository brings that would act for the person: exactly its content, and what a yes to it means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.domain.text_warnings import text_warnings
from codex_orch_tui.services.trust import TrustItem, TrustKind
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import BLANK, Paragraph

_FINGERPRINT_CHARS = 12
_MAX_WARNINGS = 5
_WITHOUT = {TrustKind.RULES: "none of its rules counts", TrustKind.COMMANDS: "these commands do not run"}


@dataclass(frozen=True, slots=True)
class TrustText:
    """A dialog's text: what a yes would mean, then the content."""

    title: str
    lines: tuple[Paragraph, ...]


def trust_text(item: TrustItem, root: Path, *, position: int = 0, total: int = 1) -> TrustText:
    """The dialog for one file.

    Args:
        item: The file.
        root: The repository's main worktree; paths in it are told from there.
        position: Which of the files that wait it is, counted from 0.
        total: How many wait.
    """
    of = f" ({position + 1} of {total})" if total > 1 else ""
    name = short_path(item.path, root)
    return TrustText(
        title=f"Trust {name}?{of}" if not item.problems else f"{name} cannot be trusted as it is{of}",
        lines=(
            *_meaning(item),
            *_warnings(item),
            BLANK,
            *numbered(item.what),
            Paragraph(text=f"End of what counts in {name}.", tone=Tone.QUIET),
        ),
    )


def _meaning(item: TrustItem) -> list[Paragraph]:
    lines = [Paragraph(text=f"{item.means[:1].upper()}{item.means[1:].removesuffix('.')}.")]
    if item.changed_since_trusted:
        lines.append(
            Paragraph(text="It has changed since you trusted it: your yes of then does not count.", tone=Tone.ASKS)
        )
    else:
        lines.append(Paragraph(text="It lies in the repository, and you have not accepted it yet.", tone=Tone.QUIET))
    lines += [Paragraph(text=problem, label="✗", tone=Tone.BAD, label_tone=Tone.BAD) for problem in item.problems]
    return [
        *lines,
        Paragraph(
            text=f"sha256 {item.sha256[:_FINGERPRINT_CHARS]}…  any change of it asks again. "
            f"Left out, {_WITHOUT[item.kind]} and everything else works.",
            tone=Tone.QUIET,
        ),
    ]


def _warnings(item: TrustItem) -> Iterator[Paragraph]:
    """What is easily read as something else, by line."""
    found = [(number, words) for number, line in enumerate(item.what, start=1) for words in text_warnings(line)]
    for number, words in found[:_MAX_WARNINGS]:
        yield Paragraph(text=f"line {number} {clean_line(words)}", label="△", label_tone=Tone.BAD)
    if len(found) > _MAX_WARNINGS:
        yield Paragraph(text=f"and {len(found) - _MAX_WARNINGS} more lines like these", label="△", label_tone=Tone.BAD)


def numbered(lines: Sequence[str]) -> list[Paragraph]:
    """A file's clean lines with their numbers, wrapped at the edge and never cut."""
    cells = len(str(len(lines))) + 2
    return [
        Paragraph(text=line, label=f"{number:>{cells - 2}}", label_cells=cells, is_verbatim=True)
        for number, line in enumerate(lines, start=1)
    ]


def short_path(path: Path, root: Path, home: Path | None = None) -> str:
    """A path as people say it, clean: from the repository's root, or from the home folder."""
    for folder, sign in ((root, ""), (home, "~/")):
        if folder is not None and path.is_relative_to(folder):
            return clean_line(sign + str(path.relative_to(folder)))
    return clean_line(str(path))


def left_out(item: TrustItem, root: Path) -> str:
    """What is told after escape."""
    return f"{short_path(item.path, root)}: {_WITHOUT[item.kind]}. R shows the rules, t there asks again."


def trusted(item: TrustItem, root: Path) -> str:
    """What is told after a yes."""
    return f"{short_path(item.path, root)} is trusted, as long as it stays as it is."
