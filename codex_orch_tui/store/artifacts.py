"""What a task leaves behind for people and other programs: result.json, patch.diff and their like, whole or not at all.

Whoever calls this has redacted what is written; only events.jsonl and stderr.log are raw.
"""

from pathlib import Path

from codex_orch_tui.store.atomic import make_folder, write_atomic


def write_text(path: Path, text: str) -> None:
    """Write UTF-8; a lone surrogate, which has no UTF-8, becomes `\\udcff`.

    Raises:
        StoreError: The old file is as it was.
    """
    make_folder(path.parent)
    write_atomic(path, text.encode("utf-8", "backslashreplace"))
