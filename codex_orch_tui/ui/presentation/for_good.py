"""What Codex's own rule would let through: said before it is asked for."""

from pathlib import Path

from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import BLANK, Paragraph

_RUNS_ANYTHING = frozenset(
    {"bash", "sh", "zsh", "dash", "fish", "env", "sudo", "doas", "xargs", "find", "nohup", "timeout", "nice", "time"}
    | {"python", "python3", "node", "deno", "bun", "perl", "ruby", "php", "awk", "sed", "make", "ssh", "eval", "exec"}
)
"""Programs that run what their arguments or files tell them."""
RULES_FILE = Path("rules") / "default.rules"
"""Below Codex's home."""


def for_good_paragraphs(amendment: tuple[str, ...], codex_home: Path | None) -> list[Paragraph]:
    """The file that Codex writes, the beginning that it matches, and what that means.

    Args:
        amendment: The words that a command has to begin with; clean text.
        codex_home: Codex's own folder; None when it is not known.
    """
    home = str(codex_home) if codex_home is not None else "$CODEX_HOME"
    told = [
        Paragraph(text="Codex keeps this rule itself. It writes it into"),
        Paragraph(text=f"{home}/{RULES_FILE.as_posix()}", indent=3, is_verbatim=True, is_strong=True),
        BLANK,
        Paragraph(text="and then runs every command that begins with"),
        *_words(amendment),
        BLANK,
        Paragraph(
            text="for every repository, for good, outside the sandbox, without a question: in this program, in every "
            "other one that uses Codex, and for every worker. Nothing here takes it back; its line has to be deleted "
            "from that file.",
            is_strong=True,
        ),
    ]
    if warning := breadth(amendment):
        told += [BLANK, Paragraph(text=warning, label="△", label_cells=2, is_strong=True, tone=Tone.BAD)]
    return told


def _words(amendment: tuple[str, ...]) -> list[Paragraph]:
    """The words in one line; each in a line of its own where a blank in one could be taken for one between two."""
    if not any(" " in word or not word for word in amendment):
        return [Paragraph(text=" ".join(amendment), label="$", label_cells=2, indent=3, is_verbatim=True)]
    return [
        Paragraph(text=f"‹{word}›", label=f"{number}", label_cells=3, indent=3, is_verbatim=True)
        for number, word in enumerate(amendment, 1)
    ]


def breadth(amendment: tuple[str, ...]) -> str:
    """How much such a rule lets through, when that is more than it looks; else empty."""
    name = amendment[0].rpartition("/")[2] if amendment else ""
    if name in _RUNS_ANYTHING:
        return f"{name} runs whatever its arguments say: this rule would let nearly anything through."
    if len(amendment) == 1:
        return f"That is every command of {name}, whatever comes after its name."
    return ""
