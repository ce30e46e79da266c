"""What a worker's shell sees, asked of the real Codex."""

import os
from pathlib import Path

import pytest

from codex_orch_tui.codex.app_server import AppServer
from codex_orch_tui.codex.binary import find_codex
from codex_orch_tui.codex.environment import worker_environment
from codex_orch_tui.codex.launch import Launch
from codex_orch_tui.codex.transport import Sinks
from codex_orch_tui.domain.secrets import remember
from codex_orch_tui.services.environment_probe import (
    SeenEnvironment,
    environment_finding,
    listed,
    probe,
    secrets_finding,
)
from codex_orch_tui.services.finding import Verdict
from tests.faults.rig import environment, opened, standin
from tests.scenarios.stage import stage

VALUE = "q1w2e3r4t5y6"


async def seen(root: Path, settings: str, *, codex: Path | None = None) -> tuple[SeenEnvironment, bytes]:
    """What the probe finds with these lines in the person's config.toml, and the raw log."""
    ours = environment(root) | {"SHOP_API_KEY": VALUE, "SHOP_SECRET": VALUE, "PLAIN": VALUE}
    (root / "codex-home" / "config.toml").write_text(settings)
    raw = bytearray()
    launch = Launch(
        codex=codex or find_codex(None, os.environ).path,
        cwd=root,
        env=worker_environment(ours, tmpdir=root, extra_names=("SHOP_API_KEY", "SHOP_SECRET", "PLAIN")),
        tmpdir=root,
        sinks=Sinks(events=raw.extend, stderr=lambda _: None, long_lines=root),
    )
    server = await AppServer.open(launch)
    try:
        return await probe(server), bytes(raw)
    finally:
        await server.stop()


@pytest.mark.codex
async def test_what_the_worker_itself_has_its_shell_does_not_see(scratch: Path) -> None:
    found, raw = await seen(scratch, "")
    assert found.names is not None
    assert {"PATH", "HOME"} <= set(found.names)
    assert found.secret_names == ()
    assert found.warning == ""
    assert environment_finding(found).verdict is Verdict.OK
    assert VALUE.encode() not in raw


@pytest.mark.codex
async def test_a_secret_that_codex_was_told_to_set_is_named_and_its_value_is_not(scratch: Path) -> None:
    found, raw = await seen(scratch, f'[shell_environment_policy.set]\nDEPLOY_TOKEN = "{VALUE}"\nCOLOUR = "no"\n')
    assert found.secret_names == ("DEPLOY_TOKEN",)
    finding = environment_finding(found)
    assert finding.verdict is Verdict.WARN
    assert "DEPLOY_TOKEN" in finding.found
    assert "DEPLOY_TOKEN" in found.warning
    assert VALUE.encode() not in raw
    assert VALUE not in repr((found, finding))


async def test_a_codex_without_that_request_is_no_reason_to_stop(scratch: Path) -> None:
    codex = standin(scratch)
    found, _ = await seen(scratch, "", codex=codex)
    assert found.names is None
    assert found.warning == ""
    assert environment_finding(found).verdict is Verdict.WARN
    async with opened(scratch, codex) as on:
        (ref,) = await on.start("anything")
        await on.until(lambda: bool(on.task(ref).answer))


@pytest.mark.codex
async def test_the_first_worker_tells_it_in_its_log(scratch: Path) -> None:
    from codex_orch_tui.scripted.script import Say, Script

    async with stage(scratch, [Script("GO", (Say(text="done"),))]) as on:
        config = scratch / "codex-home" / "config.toml"
        config.write_text(f'{config.read_text()}\n[shell_environment_policy.set]\nDEPLOY_TOKEN = "{VALUE}"\n')
        first, second = await on.start("GO one", "GO two")
        await on.until(lambda: bool(on.task(first).answer and on.task(second).answer))
        told = [note.text for ref in (first, second) for note in on.task(ref).notes if "DEPLOY_TOKEN" in note.text]
    assert len(told) == 1
    assert "the shell of this worker sees DEPLOY_TOKEN" in told[0]


def test_our_own_secrets_are_named() -> None:
    ours = {"SHOP_API_KEY": VALUE, "DB_PASSWORD": "postgres", "HOME": "/home/me"}
    remember(ours)
    try:
        finding = secrets_finding(ours)
    finally:
        remember({})
    assert finding.verdict is Verdict.WARN
    assert "SHOP_API_KEY" in finding.found
    assert "DB_PASSWORD" in finding.found
    assert VALUE not in finding.found
    assert secrets_finding({}).verdict is Verdict.OK
    assert listed(map(str, range(12))) == "0, 1, 2, 3, 4, 5, 6, 7 and 4 more"
