"""What a task leaves behind for people and other programs: result.json, patch.diff and their like, whole or not at all.

Whoever calls this has redacted what is written; only events.jsonl and stderr.log are raw.
"""

import json
from pathlib import Path

from codex_orch_tui.store.atomic import make_folder, write_atomic


def write_text(path: Path, text: str) -> None:
    """Write UTF-8; a lone surrogate, which has no UTF-8, becomes `\\udcff`.

    Raises:
        StoreError: The old file is as it was.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: object) -> None:
    """Write a JSON document of dicts, lists and plain values, indented, keys in the order given.

    Raises:
        StoreError: The old file is as it was.
        TypeError: A value has no JSON form.
        ValueError: A number is NaN or infinite, which other programs refuse.
    """
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes; the folder is made when it is missing.

    Raises:
        StoreError: The old file is as it was.
    """
    make_folder(path.parent)
    write_atomic(path, data)
