"""Guardrails over real commits: what is read of them, and that a worktree's files say nothing."""

from pathlib import Path
from typing import Any

import pytest

from codex_orch_tui.config import Config
from codex_orch_tui.domain.guardrail import GuardrailOutcome, GuardrailResult
from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.domain.merge import RefusalReason
from codex_orch_tui.domain.secrets import redact
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.services import guardrails as module
from codex_orch_tui.services.guardrails import Guardrails, mend_prompt, merge_refusal
from tests.fakes.hub import HubStory
from tests.scenarios.stage import git, make_repository

SECRET = "ghp_" + "a1B2" * 9
LOCK = '[[package]]\nname = "rich"\n'


class Commits:
    """A repository with two commits between which something was changed."""

    def __init__(self, root: Path, before: dict[str, str], after: dict[str, str | None]) -> None:
        self.top = make_repository(root, {"README.md": "hello\n", **before})
        self.base = CommitId(git(self.top, "rev-parse", "HEAD"))
        for name, text in after.items():
            path = self.top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text)
        git(self.top, "add", "--all")
        git(self.top, "commit", "--quiet", "-m", "next")
        self.tip = CommitId(git(self.top, "rev-parse", "HEAD"))

    async def looked_at(self, *claims: str, **condition: Any) -> GuardrailResult:
        config = Config(guardrails={"g": condition})
        guardrails = Guardrails(HubStory().hub, await Repository.open(self.top), lambda: config)
        (result,) = await guardrails.between(self.base, self.tip, claims)
        return result


async def test_a_secret_that_was_added_is_told_by_its_place_only(tmp_path: Path) -> None:
    commits = Commits(
        tmp_path, {"old.txt": f"{SECRET}\n"}, {"src/new.py": f"a = 1\nb = '{SECRET}'\n", "old.txt": "x\n"}
    )
    (commits.top / "uncommitted.txt").write_text(SECRET)
    result = await commits.looked_at(no_secrets=True)
    assert (result.outcome, result.paths) == (GuardrailOutcome.FAILED, ("src/new.py:2",))
    assert SECRET not in str(result)


async def test_a_secret_that_is_taken_away_is_none(tmp_path: Path) -> None:
    commits = Commits(tmp_path, {"old.txt": f"{SECRET}\nrest\n"}, {"old.txt": "rest\n"})
    assert (await commits.looked_at(no_secrets=True)).outcome is GuardrailOutcome.PASSED


async def test_a_secret_in_what_git_takes_for_a_binary_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {"old.bin": f"{SECRET}\n\0"}
    commits = Commits(tmp_path, before, {"old.bin": f"{SECRET}\n\0more", "new.bin": f"\0\n{SECRET}\n", "ok.bin": "\0"})
    result = await commits.looked_at(no_secrets=True)
    assert (result.outcome, result.paths) == (GuardrailOutcome.FAILED, ("new.bin",))
    monkeypatch.setattr(module, "MAX_BINARY_BYTES", 3)
    result = await commits.looked_at(no_secrets=True)
    assert (result.outcome, result.detail) == (GuardrailOutcome.UNKNOWN, "2 files are too large to be read")
    assert result.paths == ("new.bin", "old.bin")


async def test_a_patch_that_is_too_long_has_not_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = Commits(tmp_path, {}, {"new.txt": "line\n" * 4_000})
    whole = module.whole_patch

    async def cut(repository: Repository, base: str, tip: str) -> Any:
        return await whole(repository, base, tip, max_bytes=2_000)

    monkeypatch.setattr(module, "whole_patch", cut)
    assert (await commits.looked_at(no_secrets=True)).outcome is GuardrailOutcome.UNKNOWN


@pytest.mark.parametrize(
    ("before", "after", "outcome", "detail"),
    [
        (LOCK, LOCK + '[[package]]\nname = "evil"\n', GuardrailOutcome.FAILED, "new: evil"),
        (LOCK, LOCK + 'version = "2"\n', GuardrailOutcome.PASSED, ""),
        (LOCK, None, GuardrailOutcome.NOT_RUN, "no lock file was changed"),
        (None, LOCK, GuardrailOutcome.FAILED, "new: rich"),
        (LOCK, "broken = \n", GuardrailOutcome.UNKNOWN, "which packages it names cannot be told"),
    ],
)
async def test_a_lock_file_is_compared_with_what_it_was(
    tmp_path: Path, before: str | None, after: str | None, outcome: GuardrailOutcome, detail: str
) -> None:
    commits = Commits(tmp_path, {} if before is None else {"uv.lock": before}, {"uv.lock": after, "README.md": "x\n"})
    result = await commits.looked_at(no_new_dependencies=True)
    assert (result.outcome, result.detail) == (outcome, detail)


async def test_lock_files_that_are_too_long_together_have_not_passed_and_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{letter}/uv.lock" for letter in "abc"]
    longer = {name: f'{LOCK}version = "{len(name) * place}"\n' for place, name in enumerate(names)}
    commits = Commits(tmp_path, dict.fromkeys(names, LOCK), {**longer})
    assert (await commits.looked_at(no_new_dependencies=True)).outcome is GuardrailOutcome.PASSED
    # All of them were the same, which is read once; two of the longer ones have room beside it.
    monkeypatch.setattr(module, "MAX_LOCK_BYTES", len(LOCK) + 2 * max(map(len, longer.values())))
    result = await commits.looked_at(no_new_dependencies=True)
    assert (result.outcome, result.detail) == (GuardrailOutcome.UNKNOWN, "1 file is too large to be read")
    assert result.paths == ("c/uv.lock",)


async def test_names_out_of_a_lock_file_are_clean(tmp_path: Path) -> None:
    commits = Commits(tmp_path, {}, {"package-lock.json": '{"packages": {"node_modules/a\\u001b[31mb": {}}}'})
    result = await commits.looked_at(no_new_dependencies=True)
    assert "\x1b" not in result.detail
    assert result.outcome is GuardrailOutcome.FAILED


async def test_a_binary_counts_by_its_size(tmp_path: Path) -> None:
    commits = Commits(tmp_path, {}, {"a.bin": "\0" * 3_000, "b.txt": "x\n"})
    assert (await commits.looked_at(max_binary_kib=3)).outcome is GuardrailOutcome.PASSED
    result = await commits.looked_at(max_binary_kib=2)
    assert (result.outcome, result.detail, result.paths) == (
        GuardrailOutcome.FAILED,
        "3 KiB of binary files",
        ("a.bin",),
    )


async def test_where_a_commit_is_gone_nothing_has_passed_and_it_is_asked_again(tmp_path: Path) -> None:
    commits = Commits(tmp_path, {}, {"a.txt": "x\n"})
    there, commits.tip = commits.tip, CommitId("1" * 40)
    result = await commits.looked_at("docs/**", within_claims=True)
    assert result.outcome is GuardrailOutcome.UNKNOWN
    assert result.stops
    commits.tip = there
    assert (await commits.looked_at("docs/**", within_claims=True)).paths == ("a.txt",)


async def test_a_worker_is_told_what_does_not_hold_and_no_secret(tmp_path: Path) -> None:
    commits = Commits(tmp_path, {}, {f"{SECRET}.py": f"b = '{SECRET}'\n", "ci/a.yml": "x\n", "uv.lock": "broken = \n"})
    leaks = await commits.looked_at(no_secrets=True)
    breaks = await commits.looked_at(forbidden_paths=["ci/**"])
    untold = await commits.looked_at(no_new_dependencies=True)
    holds = await commits.looked_at(max_files=99)
    told = mend_prompt([leaks, breaks, untold, holds])
    assert told.split("\n")[1:] == [
        "- g (adds no secret): 1 line holds a secret: ….py:1",
        "- g (changes nothing in ci/**): 1 path changed: ci/a.yml",
        "- g (adds no package to a lock file): it cannot be told: which packages it names cannot be told: uv.lock",
    ]
    assert redact(told) == told


async def test_a_refusal_says_which_and_why(tmp_path: Path) -> None:
    commits = Commits(tmp_path, {}, {"ci/a.yml": "x\n", "b.txt": "x\n"})
    stops = await commits.looked_at(forbidden_paths=["ci/**"])
    warns = await commits.looked_at(max_files=1, severity="warn")
    assert merge_refusal([warns]) is None
    refusal = merge_refusal([warns, stops])
    assert refusal is not None
    assert refusal.reason is RefusalReason.GUARDRAIL
    assert refusal.message == "a guardrail stops it: g (changes nothing in ci/**): 1 path changed"
    assert refusal.paths == ("ci/a.yml",)
