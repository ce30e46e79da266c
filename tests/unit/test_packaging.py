"""The wheel and the sdist: built, installed elsewhere, and run from another folder."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from codex_orch_tui import __version__

TOP = Path(__file__).parents[2]
SHIPPED = ("themes", "schemas", "prompts")


def run(arguments: Sequence[str | Path], cwd: Path) -> str:
    """Stdout of a command that must succeed; nothing of the checkout is on its path."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    ended = subprocess.run(arguments, cwd=cwd, env=environ, capture_output=True, text=True, timeout=100, check=False)
    assert ended.returncode == 0, f"{arguments}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and with the wheel that is built from it, as an index would get them."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, TOP], cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; its dependencies are those of this one, which need no download."""
    folder = tmp_path_factory.mktemp("installed")
    run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], cwd=folder)
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--quiet", "--disable-pip-version-check"]
    run([*pip, "install", "--no-deps", "--no-index", wheel], cwd=folder)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    # A path file adds the folder alone: the editable install that lies in it is not followed.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "venv" / "bin"


def test_it_holds_the_package_with_its_data_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"codex_orch_tui", f"codex_orch_tui-{__version__}.dist-info"}
    assert "codex_orch_tui/py.typed" in names
    assert f"codex_orch_tui-{__version__}.dist-info/licenses/LICENSE" in names
    for kind in SHIPPED:
        expected = {path.name for path in (TOP / kind).iterdir() if path.is_file()}
        packed = {Path(name).name for name in names if name.startswith(f"codex_orch_tui/_data/{kind}/")}
        assert packed == expected
        assert packed, f"{kind} is empty"
    styles = {path.relative_to(TOP).as_posix() for path in (TOP / "codex_orch_tui").rglob("*.tcss")}
    assert styles <= set(names)


def test_the_sdist_can_be_tested_and_holds_nothing_of_the_machine(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "tests/conftest.py"} <= names
    assert not [name for name in names if name.startswith((".venv", ".scratch", ".orchestrator", ".git/"))]


def test_the_command_runs_from_another_folder(installed: Path, tmp_path: Path) -> None:
    command = installed / "codex-orch-tui"
    assert run([command, "--version"], cwd=tmp_path) == f"codex-orch-tui, version {__version__}\n"
    assert "status" in run([command, "--help"], cwd=tmp_path)
    run(["git", "init", "-q", "-b", "main", "shop"], cwd=tmp_path)
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    run(["git", "-C", "shop", *identity, "commit", "-q", "--allow-empty", "-m", "first"], cwd=tmp_path)
    assert "No tasks yet" in run([command, "--repo", "shop", "status"], cwd=tmp_path)


def test_the_installed_package_finds_its_own_data_and_screen(installed: Path, tmp_path: Path) -> None:
    program = """
import codex_orch_tui, json, sys
from codex_orch_tui.resources import ResourceKind, read_resource, resource_names
import codex_orch_tui.ui.app
names = {kind.value: resource_names(kind) for kind in ResourceKind}
assert all(read_resource(kind, name).strip() for kind in ResourceKind for name in resource_names(kind))
print(json.dumps({"file": codex_orch_tui.__file__, "names": names}))
"""
    told = run([installed / "python", "-c", program], cwd=tmp_path)
    assert str(installed.parent) in told, "it is the installed one and not the checkout"
    for kind in SHIPPED:
        for path in (TOP / kind).iterdir():
            assert f'"{path.stem}"' in told


def test_what_the_readme_promises_of_the_extras() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert [line.partition(">")[0] for line in extras["codex"]] == ["openai-codex-cli-bin"]
    assert "codex-orch-tui[codex]" in extras["dev"]
    readme = (TOP / "README.md").read_text("utf-8")
    for command in (
        "python3 -m venv .venv && .venv/bin/pip install '.[codex]' && .venv/bin/codex-orch-tui demo",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest",
    ):
        assert readme.splitlines().count(command) == 1, "each stands once, on a line of its own, to be copied"
