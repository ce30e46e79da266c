"""Finding codex, and a worker's environment."""

import os
from pathlib import Path

import pytest

from codex_orch_tui.codex import binary
from codex_orch_tui.codex.binary import CodexUnusableError, FoundCodex, Source, check_codex, find_codex
from codex_orch_tui.codex.environment import worker_environment
from codex_orch_tui.domain.item import FaultKind


def program(folder: Path, says: str, *, mode: int = 0o700) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "codex"
    path.write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
    path.chmod(mode)
    return path


def found(path: Path) -> FoundCodex:
    return FoundCodex(path=path, source=Source.PATH)


def test_the_configuration_comes_first_then_the_package_then_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = program(tmp_path / "configured", "exit")
    on_path = program(tmp_path / "bin", "exit")
    environment = {"PATH": str(tmp_path / "bin")}
    assert find_codex(configured, environment) == FoundCodex(path=configured, source=Source.CONFIGURED)
    assert find_codex(None, environment).source is Source.PACKAGE
    monkeypatch.setattr(binary, "_packaged", lambda: None)
    assert find_codex("", environment) == FoundCodex(path=on_path, source=Source.PATH)
    with pytest.raises(CodexUnusableError) as caught:
        find_codex(None, {"PATH": str(tmp_path)})
    assert caught.value.fault.kind is FaultKind.CODEX_MISSING
    assert "openai-codex-cli-bin" in caught.value.fault.next_step


def test_a_configured_codex_that_is_missing_or_no_program_is_told_and_nothing_else_is_tried(tmp_path: Path) -> None:
    for path, says in [
        (tmp_path / "nowhere", "is missing"),
        (tmp_path, "is a folder"),
        (program(tmp_path / "a", "exit", mode=0o600), "is not executable"),
    ]:
        with pytest.raises(CodexUnusableError, match=says) as caught:
            find_codex(path, os.environ)
        assert str(path) in caught.value.fault.message


async def test_a_version_is_read(tmp_path: Path) -> None:
    checked = await check_codex(found(program(tmp_path / "a", "echo codex-cli 0.200.1")), os.environ)
    assert checked.version == "0.200.1"


@pytest.mark.parametrize(
    ("says", "kind", "message"),
    [
        ("echo codex-cli 0.99.0", FaultKind.CODEX_MISSING, "has version 0.99.0; 0.163.0 or newer is needed"),
        ("printf 'hello\\033[0m'", FaultKind.CODEX_MISSING, "is no codex: it calls itself “hello␛[0m”"),
        ("sleep 60", FaultKind.CODEX_SILENT, "did not tell its version within 0.3 s"),
        ("exit 3", FaultKind.CODEX_MISSING, "is no codex"),
    ],
)
async def test_a_codex_that_cannot_be_used_is_a_fault(tmp_path: Path, says: str, kind: FaultKind, message: str) -> None:
    path = program(tmp_path / "a", says)
    with pytest.raises(CodexUnusableError) as caught:
        await check_codex(found(path), os.environ, timeout_s=0.3 if "sleep" in says else 10)
    assert caught.value.fault.kind is kind
    assert message in caught.value.fault.message
    assert str(path) in caught.value.fault.message


async def test_a_file_of_another_format_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "codex"
    path.write_bytes(b"\x00\x01\x02")
    path.chmod(0o700)
    with pytest.raises(CodexUnusableError, match="cannot be started"):
        await check_codex(found(path), os.environ)


def test_a_worker_sees_only_what_is_on_the_list(tmp_path: Path) -> None:
    source = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "LC_ALL": "C.UTF-8",
        "CODEX_HOME": "/home/me/.codex",
        "TMPDIR": "/tmp",
        "https_proxy": "http://proxy:3128",
        "HTTP_PROXY": "http://me:secret@proxy:3128",
        "OPENAI_API_KEY": "secret",
        "GITHUB_TOKEN": "secret",
        "PYTHONPATH": "/x",
        "GIT_DIR": "/y",
    }
    seen = worker_environment(source, tmpdir=tmp_path, extra_names=["OPENAI_API_KEY", "UNSET"])
    assert seen == {
        "PATH": "/bin",
        "HOME": "/home/me",
        "LC_ALL": "C.UTF-8",
        "CODEX_HOME": "/home/me/.codex",
        "TMPDIR": str(tmp_path),
        "https_proxy": "http://proxy:3128",
        "OPENAI_API_KEY": "secret",
    }
