"""The demo: what it claims is looked up here once more, from outside of the program."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.stage import git

WITHOUT_THE_PACKAGE = "import sys; sys.modules['codex_cli_bin'] = None; "
CONTROL = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")
MAIN = "from codex_orch_tui.cli.main import main; main()"


@pytest.fixture
def home(scratch: Path) -> Path:
    """A person's home with settings that would show if the demo used or changed them."""
    home = scratch / "person"
    for name, text in {
        ".gitconfig": "[user]\n\tname = Kim Person\n\temail = kim@example.org\n[commit]\n\tgpgSign = true\n",
        ".codex/config.toml": 'model_provider = "nobody"\n',
        ".codex/rules/default.rules": 'prefix_rule(pattern=["printf"], decision="forbidden")\n',
        ".codex/auth.json": "{}\n",
        ".config/codex-orch-tui/config.yaml": "max_workers: 1\nsandbox: read-only\n",
        "project/README.md": "mine\n",
    }.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(home / "project", "init", "--quiet", "--initial-branch=main")
    return home


def belongings(home: Path) -> dict[str, str]:
    """Every file of the person's, the demo's own cache folder left out."""
    files = (path for path in home.rglob("*") if not path.is_relative_to(home / ".cache" / "codex-orch-tui"))
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in files
    }


def demo(
    home: Path, *options: str, program: str = MAIN, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command as a person calls it, in a project of theirs."""
    own = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    command = [sys.executable, "-c", program, "demo", *options]
    return subprocess.run(
        command,
        cwd=home / "project",
        env=own | (environment or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def only_demo(home: Path) -> Path:
    """The one folder that was left behind."""
    (folder,) = (home / ".cache" / "codex-orch-tui" / "demo").iterdir()
    return folder


@pytest.mark.slow
@pytest.mark.codex
def test_the_headless_demo_lands_what_a_team_of_the_real_codex_made(home: Path, codex_version: str) -> None:
    before = belongings(home)
    done = demo(home, "--headless")
    assert done.returncode == 0, done.stdout + done.stderr
    assert belongings(home) | {".cache": "folder"} == before | {".cache": "folder"}

    folder = only_demo(home)
    shop = folder / "shop-api"
    log = git(shop, "log", "--reverse", "--format=%s|%an|%P|%(trailers:key=Codex-Thread,valueonly,separator=)")
    landed = [line.split("|") for line in log.splitlines()][2:]
    assert [subject for subject, *_ in landed] == [
        "Add product search",
        "Record the build",
        "Test the search",
    ]
    assert {author for _, author, _, _ in landed} == {"Robin Example"}
    assert all(" " not in parents for _, _, parents, _ in landed)
    assert git(shop, "status", "--porcelain") == ""
    (navigator,) = git(shop, "worktree", "list").splitlines()[1:]
    assert "/release-plan " in navigator, "those of the run are gone"
    for thread in {thread for *_, thread in landed}:
        (rollout,) = (folder / "codex-home" / "sessions").rglob(f"rollout-*{thread}.jsonl")
        first = json.loads(rollout.read_text(encoding="utf-8").splitlines()[0])["payload"]
        assert (first["id"], first["cli_version"]) == (thread, codex_version)
        assert first["cwd"].startswith(str(shop))
    assert (folder / "build-server" / "builds.log").read_text().count("1.1.0") == 1
    subprocess.run([sys.executable, "-B", "-m", "unittest", "-q"], cwd=shop, check=True, capture_output=True)

    assert f"requests of codex-orch-tui/{codex_version}" in done.stdout
    assert "NOT SO" not in done.stdout
    assert str(folder) in done.stdout


@pytest.mark.slow
def test_the_simulated_demo_says_so_on_every_line_and_starts_no_codex(home: Path, scratch: Path) -> None:
    before = belongings(home)
    tools = tools_without_codex(scratch)
    done = demo(home, "--headless", "--simulated", program=WITHOUT_THE_PACKAGE + MAIN, environment={"PATH": tools})
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(line.startswith("simulated ·") for line in done.stdout.splitlines())
    assert belongings(home) | {".cache": "folder"} == before | {".cache": "folder"}
    folder = only_demo(home)
    assert git(folder / "shop-api", "log", "--format=%s").count("\n") == 4
    assert list((folder / "codex-home").iterdir()) == []
    assert "rollout" not in done.stdout


def tools_without_codex(scratch: Path) -> str:
    """A PATH that holds git and nothing else."""
    tools = scratch / "tools"
    tools.mkdir()
    found = shutil.which("git")
    assert found is not None
    (tools / "git").symlink_to(found)
    return f"{tools}:/usr/bin:/bin" if not shutil.which("codex", path="/usr/bin:/bin") else str(tools)


def test_sigterm_ends_the_workers_and_says_where_everything_is(home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "demo", "--headless", "--simulated"],
        cwd=home / "project",
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process, process.stdout as said:
        assert "at work at the same time" in next(line for line in said if "at work" in line)
        process.terminate()
        rest = said.read()
    assert process.returncode == 143
    assert str(only_demo(home)) in rest
    journal = only_demo(home) / "shop-api" / ".orchestrator" / "journal.jsonl"
    assert '"SessionClosed"' in journal.read_text(encoding="utf-8").splitlines()[-1]


@pytest.mark.parametrize("options", [["--headless"], ["--headless", "--folder", "chosen"], []])
def test_without_codex_it_says_how_to_get_one_and_makes_nothing(home: Path, scratch: Path, options: list[str]) -> None:
    before = belongings(home)
    environment = {"PATH": tools_without_codex(scratch), "TERM": "xterm-256color"}
    code, said = on_a_terminal(home, *options, environment=environment)
    assert code == 1
    assert "No codex was found" in said
    assert "pip install 'openai-codex-cli-bin" in said
    assert "demo --simulated" in said
    assert belongings(home) == before


def on_a_terminal(home: Path, *options: str, environment: dict[str, str]) -> tuple[int, str]:
    """Runs the command to its end: its exit code and what it wrote."""
    with terminal(home, *options, environment=environment) as (process, keys):
        said = rest_of(keys)
        return process.wait(timeout=20), said.decode().replace("\r\n", "\n")


@contextlib.contextmanager
def terminal(home: Path, *options: str, environment: dict[str, str]) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """The command, without the Codex package, on a terminal of its own."""
    keys, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", WITHOUT_THE_PACKAGE + MAIN, "demo", *options],
        cwd=home / "project",
        env={"HOME": str(home), "LANG": "C.UTF-8"} | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield process, keys
    finally:
        process.kill()
        process.wait()
        os.close(keys)


def until_said(keys: int, *wanted: bytes, key: bytes = b"") -> bytes:
    """What the program writes until all of it was there, without control sequences; a key is pressed until then."""
    said = b""
    ends_at_s = time.monotonic() + 20
    while not all(text in CONTROL.sub(b"", said) for text in wanted):
        os.write(keys, key)
        left_s = max(0.0, ends_at_s - time.monotonic())
        ready, _, _ = select.select([keys], [], [], min(0.3, left_s) if key else left_s)
        if key and not ready and left_s:
            continue
        block = b""
        with contextlib.suppress(OSError):  # how Linux tells the end of a terminal
            block = os.read(keys, 65536) if ready else b""
        assert block, f"not said: {wanted}; {CONTROL.sub(b'', said)!r}"
        said += block
    return said


def rest_of(keys: int) -> bytes:
    """What the program writes until its end."""
    said = b""
    with contextlib.suppress(OSError):  # how Linux tells the end of a terminal
        while block := os.read(keys, 65536):
            said += block
    return said


def pressed_until_its_end(keys: int, key: bytes) -> bytes:
    """What the program writes until its end. A key that comes before its question is on screen does nothing."""
    said = b""
    with contextlib.suppress(OSError):  # how Linux tells the end of a terminal
        for number in range(60):
            # Pressed before its question was on screen it did nothing; the question may have gone since: q asks again.
            os.write(keys, b"q" if number % 2 else key)
            again_at_s = time.monotonic() + 0.3
            while (left_s := again_at_s - time.monotonic()) > 0 and select.select([keys], [], [], left_s)[0]:
                block = os.read(keys, 65536)
                if not block:
                    return said
                said += block
    return said


def test_without_a_terminal_the_screen_is_refused_with_the_way_out(home: Path) -> None:
    done = demo(home, "--simulated", environment={"TERM": "xterm-256color"})
    assert done.returncode == 3
    assert "demo --headless" in done.stderr


def test_a_configured_codex_that_is_missing_is_no_reason_to_take_another(home: Path) -> None:
    done = demo(home, "--headless", environment={"CODEX_ORCH_CODEX_PATH": str(home / "no-codex")})
    assert done.returncode == 1
    assert "no-codex is missing" in done.stderr


@pytest.mark.slow
def test_the_demo_with_its_screen_says_the_next_key_and_is_left_with_q(home: Path) -> None:
    before = belongings(home)
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color"}
    with terminal(home, "--simulated", environment=environment) as (process, keys):
        said = until_said(keys, b"step 1 of 6", b"New task", b"let people search the products", b"let it be planned")
        os.write(keys, b"\x13")
        said += until_said(keys, b"SIMULATED", b"step 3 of 6", b"not approved", b"Record the build")
        # A plan that comes by itself takes no key in its first moments: somebody may be typing something else.
        said += until_said(keys, b"step 4 of 6", b"needs you", key=b"\x13")
        os.write(keys, b"q")
        said += until_said(keys, b"Quit while workers are busy?")
        said += pressed_until_its_end(keys, b"x")
        assert process.wait(timeout=20) == 0
    assert str(only_demo(home)).encode() in said
    assert belongings(home) | {".cache": "folder"} == before | {".cache": "folder"}
