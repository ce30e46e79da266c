"""Fixtures for every test, and the count of tests that drove the real Codex."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from codex_orch_tui.codex.binary import CodexUnusableError, find_codex

SCRATCH_ROOT = Path(__file__).parent.parent / ".scratch"
DROVE = "drove the real codex"

if threading.current_thread() is threading.main_thread():
    # In the background of a script SIGINT is ignored, and what is started inherits that: ctrl+c would do nothing to it.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

# How long one example takes is the machine's affair; what has to be quick is measured by name.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: the tests wait for real processes as long as they work."""
    return max(1, (os.cpu_count() or 1) * 3 // 2)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A fresh folder outside /tmp: the Codex sandbox may write /tmp, so nothing under it proves anything."""
    SCRATCH_ROOT.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="t-", dir=SCRATCH_ROOT))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def codex_binary() -> Path:
    """The real Codex. Without it a test fails: one that is skipped proves nothing and is soon forgotten."""
    try:
        return find_codex(None, os.environ).path
    except CodexUnusableError as error:
        missing = str(error)
    pytest.fail(
        f"This test drives the real Codex. {missing}. Install what tests need: .venv/bin/pip install -e '.[dev]'",
        pytrace=False,
    )


@pytest.fixture(scope="session")
def codex_version(codex_binary: Path) -> str:
    """What the real Codex calls itself: `0.163.0`."""
    told = subprocess.run([codex_binary, "--version"], capture_output=True, text=True, timeout=20, check=True)
    return told.stdout.split()[-1]


@pytest.fixture(autouse=True)
def _real_codex(request: pytest.FixtureRequest) -> None:
    """A test with the marker `codex` needs the real one, whether or not it asks for the fixture, and is counted."""
    if request.node.get_closest_marker("codex") is not None:
        version = request.getfixturevalue("codex_version")
        request.node.user_properties.append((DROVE, version))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests drove the real Codex: a green run without it would mean little."""
    versions = [
        version
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
        for name, version in report.user_properties
        if name == DROVE
    ]
    named = " and ".join(sorted(set(versions)))
    tests = "1 test" if len(versions) == 1 else f"{len(versions)} tests"
    terminalreporter.write_line(f"{tests} drove the real Codex {named}".rstrip())
