"""Files that ship with the program, in a wheel and in a checkout."""

import subprocess
import sys
from pathlib import Path

import pytest

from codex_orch_tui import resources
from codex_orch_tui.resources import SUFFIXES, ResourceError, ResourceKind, read_resource, resource_names

TOP = Path(__file__).parents[2]


def test_every_kind_has_a_suffix() -> None:
    assert set(SUFFIXES) == set(ResourceKind)


def test_the_checkout_is_read() -> None:
    names = resource_names(ResourceKind.THEMES)
    assert "calm-dark" in names
    assert list(names) == sorted(names)
    assert read_resource(ResourceKind.THEMES, "calm-dark") == (TOP / "themes" / "calm-dark.toml").read_text("utf-8")


@pytest.mark.parametrize("name", ["nothing", "../pyproject", "calm-dark.toml", ""])
def test_a_wrong_name_is_told_with_those_that_are_there(name: str) -> None:
    with pytest.raises(ResourceError, match=r"there are: .*calm-dark"):
        read_resource(ResourceKind.THEMES, name)


def test_a_wheel_is_read_and_a_damaged_one_told(tmp_path: Path) -> None:
    package = tmp_path / "codex_orch_tui"
    data = package / "_data" / "themes"
    data.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "resources.py").write_bytes(Path(resources.__file__).read_bytes())
    (data / "only.toml").write_text("here", "utf-8")
    program = """
from codex_orch_tui.resources import *
print(resource_names(ResourceKind.THEMES), read_resource(ResourceKind.THEMES, "only"))
try:
    resource_names(ResourceKind.PROMPTS)
except ResourceError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}){program}"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stdout.splitlines() == [
        "('only',) here",
        "prompts are missing from the installation of codex_orch_tui; install it again",
    ]
