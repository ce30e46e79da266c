"""The layers at run time: below the screen nothing loads the terminal toolkit, and what starts first is light."""

import json
import pkgutil
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import codex_orch_tui

TOP = Path(__file__).parents[2]
BELOW_THE_SCREEN = (
    "paths", "resources", "domain", "config", "policy", "plans", "codex", "gitrepo", "store", "services", "scripted",
)  # fmt: skip
TOOLKIT = {"textual", "rich"}

_LOADED = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted({*sys.modules, *(name.partition(".")[0] for name in sys.modules)})))
"""


def loaded_by(*modules: str) -> set[str]:
    """What a fresh interpreter has loaded after it imported these modules, with and without submodules."""
    ended = subprocess.run(
        [sys.executable, "-c", _LOADED, *modules], capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(ended.stdout))


def modules_below(*packages: str) -> list[str]:
    names = [
        module.name
        for module in pkgutil.walk_packages(codex_orch_tui.__path__, "codex_orch_tui.")
        if module.name.split(".")[1] in packages
    ]
    assert names
    return names


def test_below_the_screen_nothing_loads_the_toolkit() -> None:
    assert not loaded_by(*modules_below(*BELOW_THE_SCREEN)) & TOOLKIT


def test_no_layer_is_forgotten_here() -> None:
    layers = {module.name for module in pkgutil.iter_modules(codex_orch_tui.__path__)} - {"_data"}
    assert layers == {*BELOW_THE_SCREEN, "ui", "cli", "__main__"}


def test_the_command_line_loads_neither_the_toolkit_nor_the_orchestrator_before_it_needs_them() -> None:
    loaded = loaded_by("codex_orch_tui.cli.main")
    assert not loaded & {*TOOLKIT, "click", "pydantic", "git", "asyncio", "yaml"}
    loaded = loaded_by(*modules_below("cli"))
    assert not loaded & TOOLKIT


def test_the_first_frame_waits_for_nothing_that_only_a_worker_a_review_or_a_merge_needs() -> None:
    loaded = loaded_by("codex_orch_tui.services.orchestrator", "codex_orch_tui.ui.run")
    late = {"codex_orch_tui.services.worker", "codex_orch_tui.services.landing", "codex_orch_tui.services.workspace"}
    late |= {"codex_orch_tui.services.evidence.making", "codex_orch_tui.services.evidence.models"}
    assert not loaded & {*late, "codex_orch_tui.gitrepo.merge", "git", "psutil"}
    assert not [name for name in loaded if name.startswith("codex_orch_tui.codex.")]


def test_the_domain_is_pure() -> None:
    loaded = loaded_by(*modules_below("domain"))
    assert not loaded & {*TOOLKIT, "pydantic", "asyncio", "subprocess", "git", "click", "psutil"}


@pytest.mark.parametrize(
    ("modules", "at_most"),
    [
        # A bare interpreter takes about 10 ms where the goal for all services is 150 ms.
        (("codex_orch_tui.cli.main",), 6),
        (("codex_orch_tui.services.orchestrator", "codex_orch_tui.services.connect"), 60),
    ],
)
def test_import_time_as_a_ratio_to_a_bare_interpreter(
    modules: tuple[str, ...], at_most: float, record_property: Callable[[str, object], None]
) -> None:
    """The bound is generous, because machines that run tests are busy; the ratio is printed with -s."""
    timed = """
import subprocess, sys, time
def best(program):
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True)
        taken.append(time.perf_counter() - begun)
    return min(taken)
print(best("pass"), best("import " + ", ".join(sys.argv[1:])))
"""
    ended = subprocess.run(
        [sys.executable, "-c", timed, *modules], capture_output=True, text=True, timeout=100, check=True
    )
    bare_s, import_s = map(float, ended.stdout.split())
    ratio = import_s / bare_s
    record_property("ratio", ratio)
    print(f"{modules[0]}: {import_s * 1000:.0f} ms, {ratio:.1f} times a bare interpreter ({bare_s * 1000:.0f} ms)")
    assert ratio < at_most


def test_the_layers_as_they_are_written_down() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    command = str(linter) if linter.exists() else shutil.which("lint-imports")
    assert command, "import-linter is missing: .venv/bin/pip install -e '.[dev]'"
    ended = subprocess.run([command, "--no-cache"], cwd=TOP, capture_output=True, text=True, timeout=100, check=False)
    assert ended.returncode == 0, ended.stdout
