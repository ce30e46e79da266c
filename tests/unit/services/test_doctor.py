"""The doctor, on real repositories and the real Codex, and on some that are broken on purpose."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from codex_orch_tui.config import Config, ConfigError, LoadedConfig, Problem
from codex_orch_tui.domain import events as ev
from codex_orch_tui.scripted.codex_home import write_codex_home
from codex_orch_tui.services.codex_findings import codex_findings
from codex_orch_tui.services.doctor import examine
from codex_orch_tui.services.finding import Finding, Verdict
from codex_orch_tui.store.event_codec import encode
from codex_orch_tui.store.journal_file import encode_line
from codex_orch_tui.store.lock import RepositoryLock
from tests.fakes.states import Story

DEFAULTS = LoadedConfig(config=Config(), origins={})
NO_MODEL = "http://127.0.0.1:9/v1"
"""Nobody listens there: the doctor must not call a model."""


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(scratch: Path) -> Path:
    """A repository with a commit and an identity of its own."""
    folder = scratch / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "A")
    git(folder, "config", "user.email", "a@example.org")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


@pytest.fixture
def home(scratch: Path) -> Path:
    """A Codex home that needs no login."""
    return write_codex_home(scratch / "codex-home", NO_MODEL)


def environment(scratch: Path, home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(scratch), "CODEX_HOME": str(home), "LANG": "C.UTF-8"}


def program(folder: Path, script: str) -> Path:
    """A stand-in for codex."""
    path = folder / "codex"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


async def found(
    folder: Path, environ: Mapping[str, str], settings: LoadedConfig | ConfigError = DEFAULTS
) -> dict[str, Finding]:
    """Findings by id; the worst of an id where it has several."""
    order = [Verdict.OK, Verdict.WARN, Verdict.FAIL]
    findings: dict[str, Finding] = {}
    async for finding in examine(folder, settings, environ):
        assert "\x1b" not in finding.found
        before = findings.get(finding.id)
        if before is None or order.index(before.verdict) < order.index(finding.verdict):
            findings[finding.id] = finding
    return findings


async def of_codex(
    environ: Mapping[str, str], codex: Path | None = None, repository: Path | None = None
) -> dict[str, Finding]:
    return {finding.id: finding async for finding in codex_findings(codex, environ, repository)}


@pytest.mark.codex
async def test_where_all_is_well_every_finding_is_ok(repository: Path, home: Path, scratch: Path) -> None:
    settings = (home / "config.toml").read_bytes()
    findings = await found(repository, environment(scratch, home))
    assert (home / "config.toml").read_bytes() == settings, "Codex was started, and trusts nothing new"
    assert {name: finding.verdict for name, finding in findings.items()} == dict.fromkeys(
        [
            "python", "home", "settings", "secrets", "git", "repository", "identity", "branches", "folders", "space",
            "state", "lock", "policy", "repository-trust", "roles", "codex", "app_server", "login", "environment",
            "sandbox", "codex_home", "rules", "hooks", "reviewer", "trust",
        ],
        Verdict.OK,
    )  # fmt: skip
    assert [path.name for path in repository.iterdir()] == [".git"], "it looks, and leaves nothing"
    assert findings["identity"].found == "A <a@example.org>"


@pytest.mark.codex
async def test_without_a_login_the_command_that_helps_is_named_in_full(scratch: Path, codex_binary: Path) -> None:
    empty = scratch / "codex-home"
    empty.mkdir()
    login = (await of_codex(environment(scratch, empty)))["login"]
    assert login.verdict is Verdict.FAIL
    assert login.next_step == f"{codex_binary} login"


@pytest.mark.codex
async def test_a_codex_home_that_is_missing_is_told_by_codex_itself(scratch: Path) -> None:
    findings = await of_codex(environment(scratch, scratch / "nowhere"))
    assert findings["app_server"].verdict is Verdict.FAIL
    assert "nowhere" in findings["app_server"].found


class TestTheProgram:
    async def test_it_is_missing(self, scratch: Path, home: Path) -> None:
        findings = await of_codex(environment(scratch, home), scratch / "no-codex")
        assert findings["codex"].verdict is Verdict.FAIL
        assert "no-codex is missing" in findings["codex"].found
        assert "pip install" in findings["codex"].next_step
        assert "app_server" not in findings

    async def test_it_is_too_old(self, scratch: Path, home: Path) -> None:
        old = program(scratch, "echo codex-cli 0.12.0")
        finding = (await of_codex(environment(scratch, home), old))["codex"]
        assert finding.verdict is Verdict.FAIL
        assert "0.12.0" in finding.found

    async def test_a_sandbox_that_lets_commands_out_is_a_failure(self, scratch: Path, home: Path) -> None:
        leaky = program(
            scratch,
            'case "$1" in --version) echo codex-cli 0.163.0;; app-server) exit 3;;\n'
            'sandbox) while [ "$1" != "--" ]; do shift; done; shift; exec "$@";; esac',
        )
        findings = await of_codex(environment(scratch, home), leaky)
        assert findings["sandbox"].verdict is Verdict.FAIL
        assert "outside" in findings["sandbox"].found
        assert findings["app_server"].verdict is Verdict.FAIL

    async def test_a_sandbox_that_cannot_be_made_says_why(self, scratch: Path, home: Path) -> None:
        stuck = program(
            scratch,
            'case "$1" in --version) echo codex-cli 0.163.0;;\n'
            "sandbox) printf 'bwrap: \\033[31mno permissions\\n  to create namespaces' >&2; exit 1;; esac",
        )
        finding = (await of_codex(environment(scratch, home), stuck))["sandbox"]
        assert finding.verdict is Verdict.FAIL
        assert "bwrap: ␛[31mno permissions to create namespaces" in finding.found
        assert finding.next_step


class TestTheUsersCodexSettings:
    """Read from files only; a program that is missing ends the other checks early."""

    async def look(self, scratch: Path, home: Path, repository: Path | None = None) -> dict[str, Finding]:
        return await of_codex(environment(scratch, home), scratch / "no-codex", repository)

    async def test_rules_that_let_commands_out(self, scratch: Path, home: Path) -> None:
        rules = home / "rules"
        rules.mkdir()
        (rules / "default.rules").write_text(
            'prefix_rule(pattern=["npm", "test"])\n'
            'prefix_rule(pattern=["git", "push"], decision="forbidden")\n'
            'prefix_rule(\n  pattern=["ls"],\n  decision = "allow",\n)\n'
        )
        finding = (await self.look(scratch, home))["rules"]
        assert finding.verdict is Verdict.WARN
        assert "2 rules of yours let commands run outside the sandbox" in finding.found
        assert str(rules / "default.rules") in finding.next_step

    async def test_rules_that_only_forbid_or_ask(self, scratch: Path, home: Path) -> None:
        (home / "rules").mkdir()
        (home / "rules" / "a.rules").write_text('prefix_rule(pattern=["x"], decision="prompt")\n')
        assert (await self.look(scratch, home))["rules"].verdict is Verdict.OK

    async def test_hooks(self, scratch: Path, home: Path) -> None:
        (home / "hooks.json").write_text("{}")
        finding = (await self.look(scratch, home))["hooks"]
        assert finding.verdict is Verdict.WARN
        assert "hooks.json" in finding.next_step

    async def test_a_reviewer_that_is_not_the_person_is_overruled_and_told(self, scratch: Path, home: Path) -> None:
        config = home / "config.toml"
        config.write_text('approvals_reviewer = "auto_review"\n')
        finding = (await self.look(scratch, home))["reviewer"]
        assert finding.verdict is Verdict.OK
        assert "auto_review" in finding.found
        assert "overruled" in finding.found

    @pytest.mark.parametrize(("level", "told"), [("trusted", "overruled"), ("untrusted", "does not trust")])
    async def test_trust(self, scratch: Path, home: Path, repository: Path, level: str, told: str) -> None:
        table = f"[projects.{json.dumps(str(repository))}]\ntrust_level = {json.dumps(level)}\n"
        (home / "config.toml").write_text(table)
        finding = (await self.look(scratch, home, repository))["trust"]
        assert finding.verdict is Verdict.OK
        assert told in finding.found

    @pytest.mark.parametrize("content", [b"model = ", b"\xff\xfe", b"x" * (1024 * 1024 + 1), b"a = " + b"[" * 5000])
    async def test_a_file_that_is_broken(self, scratch: Path, home: Path, content: bytes) -> None:
        (home / "config.toml").write_bytes(content)
        finding = (await self.look(scratch, home))["codex_config"]
        assert finding.verdict is Verdict.FAIL
        assert str(home / "config.toml") in finding.found

    @pytest.mark.parametrize(
        "content", ["projects = 3", 'projects = {"/" = 4}', "hooks = 7", "approvals_reviewer = [1]"]
    )
    async def test_values_of_another_shape_do_no_harm(
        self, scratch: Path, home: Path, repository: Path, content: str
    ) -> None:
        (home / "config.toml").write_text(content + "\n")
        assert "reviewer" in await self.look(scratch, home, repository)


class TestTheRepository:
    """With a codex that is not there, which keeps these quick."""

    async def look(
        self, folder: Path, scratch: Path, settings: LoadedConfig | ConfigError | None = None
    ) -> dict[str, Finding]:
        environ = environment(scratch, scratch)
        return await found(folder, environ, settings or LoadedConfig(config=no_codex(scratch), origins={}))

    async def test_outside_of_one_the_machine_is_looked_at_all_the_same(self, tmp_path: Path, scratch: Path) -> None:
        findings = await self.look(tmp_path, scratch)
        assert findings["repository"].verdict is Verdict.WARN
        assert "git" in findings
        assert "codex" in findings

    async def test_a_name_for_commits_is_missing(self, repository: Path, scratch: Path) -> None:
        git(repository, "config", "user.email", "")
        finding = (await self.look(repository, scratch))["identity"]
        assert finding.verdict is Verdict.FAIL
        assert "git config --global user.email" in finding.next_step

    async def test_a_branch_in_the_way_of_the_template(self, repository: Path, scratch: Path) -> None:
        git(repository, "branch", "orch")
        finding = (await self.look(repository, scratch))["branches"]
        assert finding.verdict is Verdict.FAIL
        assert "orch" in finding.found

    async def test_who_has_it_open(self, repository: Path, scratch: Path) -> None:
        with RepositoryLock.acquire(repository / ".git" / "codex-orch.lock"):
            finding = (await self.look(repository, scratch))["lock"]
        assert finding.verdict is Verdict.OK
        assert str(os.getpid()) in finding.found

    async def test_a_damaged_journal(self, repository: Path, scratch: Path) -> None:
        story = Story()
        line = encode_line(encode(story.tell(ev.SessionOpened(pid=1, version="1"))))
        journal = repository / ".orchestrator" / "journal.jsonl"
        journal.parent.mkdir(mode=0o700)
        journal.write_bytes(line + b"garbage\n")
        assert (await self.look(repository, scratch))["state"].verdict is Verdict.WARN
        journal.write_bytes(encode_line(b'{"v":9,"seq":1,"ts":1.0,"type":"FromTomorrow","data":{}}'))
        assert (await self.look(repository, scratch))["state"].verdict is Verdict.FAIL

    async def test_a_journal_that_was_put_aside_is_remembered(self, repository: Path, scratch: Path) -> None:
        (repository / ".orchestrator").mkdir(mode=0o700)
        (repository / ".orchestrator" / "journal.jsonl.corrupt-20250101T000000Z-ab12").touch()
        finding = (await self.look(repository, scratch))["state"]
        assert finding.verdict is Verdict.WARN
        assert "corrupt-2025" in finding.found

    async def test_a_state_folder_that_is_a_symlink_or_open_to_others(self, repository: Path, scratch: Path) -> None:
        state = repository / ".orchestrator"
        state.mkdir()
        state.chmod(0o777)
        finding = (await self.look(repository, scratch))["folders"]
        assert (finding.verdict, finding.next_step) == (Verdict.WARN, f"chmod 700 {state}")
        state.rename(repository / "elsewhere")
        state.symlink_to(repository / "elsewhere")
        assert (await self.look(repository, scratch))["folders"].verdict is Verdict.FAIL

    async def test_a_repository_in_a_folder_for_temporary_files(self, tmp_path: Path, scratch: Path) -> None:
        git(tmp_path, "init", "-q")
        git(tmp_path, "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first")
        environ = environment(scratch, scratch) | {"TMPDIR": str(tmp_path.parent)}
        settings = LoadedConfig(config=no_codex(scratch), origins={})
        finding = (await found(tmp_path, environ, settings))["repository"]
        assert finding.verdict is Verdict.WARN
        assert "sandbox" in finding.found

    async def test_wrong_settings_are_told_one_by_one(self, repository: Path, scratch: Path) -> None:
        wrong = ConfigError([Problem(place="/x/orchestrator.yaml:2", key="theme", message="is no theme")])
        finding = (await self.look(repository, scratch, wrong))["settings"]
        assert finding.verdict is Verdict.FAIL
        assert finding.found == "/x/orchestrator.yaml:2: theme: is no theme"

    async def test_without_a_home(self, repository: Path) -> None:
        findings = await found(repository, {"PATH": os.environ["PATH"]})
        assert findings["home"].verdict is Verdict.FAIL
        assert findings["codex_home"].verdict is Verdict.FAIL


def no_codex(scratch: Path) -> Config:
    return Config(codex_path=scratch / "no-codex")
