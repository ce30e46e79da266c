"""Tests that are named elsewhere, as `folder/file.py::test`, so that none is dropped when tests are moved."""

import re
from pathlib import Path

TESTS = Path(__file__).parent


def assert_there(name: str) -> None:
    """Fail when there is no such test."""
    file, _, test = name.partition("::")
    path = TESTS / file
    assert path.is_file(), f"{name}: there is no such file"
    assert re.search(rf"^\s*(?:async )?def {test}\(", path.read_text("utf-8"), re.MULTILINE), f"{name}: is not in it"
