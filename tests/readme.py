"""Writes the parts of the README that come from the code: `python -m tests.readme`."""

from pathlib import Path

from codex_orch_tui.cli import command_table, exit_codes
from codex_orch_tui.ui import key_names

README = Path(__file__).parents[1] / "README.md"


def with_part(text: str, name: str, part: str) -> str:
    """The text with what stands between `<!-- name:begin -->` and `<!-- name:end -->` replaced."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    return f"{head}{begin}\n{part.strip()}\n{end}{tail}"


if __name__ == "__main__":
    text = README.read_text("utf-8")
    for name, part in (
        ("keys", key_names.markdown_table()),
        ("commands", command_table.markdown_table()),
        ("exit-codes", exit_codes.markdown_table()),
    ):
        text = with_part(text, name, part)
    README.write_text(text, "utf-8")
