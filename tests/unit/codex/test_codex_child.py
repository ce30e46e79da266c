"""Processes: how they end, and that nothing hangs on them."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from codex_orch_tui.codex.child import Child, Ending


@dataclass
class Heard:
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    ends: list[int | None] = field(default_factory=list)


def start(code: str, *, argv: list[str] | None = None) -> tuple[Child, Heard]:
    heard = Heard()
    child = Child(
        argv or [sys.executable, "-u", "-c", code],
        cwd=Path.cwd(),
        env={"PATH": os.environ["PATH"]},
        on_stdout=heard.stdout.extend,
        on_stderr=heard.stderr.extend,
        on_ended=heard.ends.append,
    )
    return child, heard


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def is_gone(pid: int) -> bool:
    """It runs no more; whoever adopted it may not have reaped it yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


READ_TO_END = "import sys; sys.stdin.buffer.read()"
DEAF = "import signal, time; print('up'); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(60)"


async def test_a_process_that_ends_by_itself() -> None:
    child, heard = start("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert await child.wait(10)
    assert (bytes(heard.stdout), bytes(heard.stderr), heard.ends) == (b"out\n", b"err\n", [3])
    assert await child.stop() is Ending.ALREADY_ENDED


@pytest.mark.parametrize(
    ("code", "ending", "exit_code"),
    [(READ_TO_END, Ending.STDIN_CLOSED, 0), (DEAF, Ending.TERMINATED, -15), (STUBBORN, Ending.KILLED, -9)],
)
async def test_the_stop_ladder_goes_as_far_as_it_must(code: str, ending: Ending, exit_code: int) -> None:
    child, heard = start(code)
    if code != READ_TO_END:
        await until(lambda: b"up" in heard.stdout)
    first, second = await asyncio.gather(
        child.stop(close_s=0.3 if exit_code else 5, term_s=0.3 if exit_code == -9 else 5),
        child.stop(),
    )
    assert first is second is ending
    assert heard.ends == [exit_code]
    assert child.is_stopping
    assert not psutil.pid_exists(child.pid)


async def test_it_is_the_leader_of_its_own_session() -> None:
    child, _ = start(READ_TO_END)
    assert os.getsid(child.pid) == os.getpgid(child.pid) == child.pid != os.getsid(0)
    await child.stop()


async def test_a_grandchild_that_holds_the_pipes_hangs_nothing() -> None:
    code = (
        "import subprocess, sys; held = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(held.pid); sys.exit(5)"
    )
    child, heard = start(code)
    began_s = time.monotonic()
    assert await child.wait(10)
    assert time.monotonic() - began_s < 3
    assert heard.ends == [5]
    await until(lambda: is_gone(int(heard.stdout)))


async def test_a_grandchild_of_its_own_session_hangs_nothing_either() -> None:
    code = (
        "import subprocess, sys;"
        "held = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'], start_new_session=True);"
        "print(held.pid)"
    )
    child, heard = start(code)
    assert await child.wait(10)
    assert heard.ends == [0]
    daemon = psutil.Process(int(heard.stdout))
    assert not is_gone(daemon.pid)
    daemon.kill()


async def test_a_wrapper_that_is_killed_takes_its_child_along() -> None:
    inner = "import os, time; print(os.getpid()); time.sleep(60)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-uc', {inner!r}])"
    child, heard = start(code)
    await until(lambda: heard.stdout.endswith(b"\n"))
    assert await child.stop(close_s=0.1, term_s=0) in {Ending.TERMINATED, Ending.KILLED}
    await until(lambda: is_gone(int(heard.stdout)))


async def test_much_input_does_not_block_and_arrives_whole() -> None:
    child, heard = start("import sys, time; time.sleep(0.1); print(len(sys.stdin.buffer.readline()))")
    child.write(b"x" * 3_000_000 + b"\n")
    assert await child.wait(10)
    assert heard.stdout == b"3000001\n"
    with pytest.raises(BrokenPipeError):
        child.write(b"more")


async def test_a_process_that_closes_its_stdout_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codex_orch_tui.codex.child._DEAF_S", 0.2)
    child, heard = start("import os, time; os.close(1); time.sleep(60)")
    assert await child.wait(10)
    assert heard.ends == [-15]


async def test_without_a_pidfd_the_exit_is_seen_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(pid: int) -> int:
        raise OSError(pid)

    monkeypatch.setattr(os, "pidfd_open", missing)
    child, heard = start("print('x')")
    assert await child.wait(10)
    assert heard.ends == [0]


async def test_what_cannot_be_started_raises() -> None:
    with pytest.raises(FileNotFoundError):
        start("", argv=["/nonexistent/codex"])


async def test_a_last_burst_before_the_exit_is_read_whole() -> None:
    child, heard = start("import os; os.write(1, b'x' * 200000); os.write(1, b'y' * 200000); os._exit(0)")
    assert await child.wait(10)
    assert len(heard.stdout) == 400_000
