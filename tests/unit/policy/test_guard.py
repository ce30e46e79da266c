"""What a guarded command must not be."""

import shlex

import pytest

from codex_orch_tui.domain.terminal_text import is_clean
from codex_orch_tui.policy.guard import why_refused

ALLOWED = ("git", "npm", "pytest", "env", "cat", "python", "sh", "./check.sh", "/bin/ls", "../up")


@pytest.mark.parametrize(
    "line",
    [
        "pytest -q",
        "npm run test",
        "git status",
        "git diff --exit-code",
        "git config user.name",
        "./check.sh",
        "cat push",
    ],
)
def test_what_may_run(line: str) -> None:
    assert why_refused(tuple(shlex.split(line)), ALLOWED) == ""


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("touch x", "touch is not among the programs that may run"),
        ("./other.sh", "exactly so"),
        ("/usr/bin/git push", "exactly so"),
        ("/bin/ls", "leads out of the worktree"),
        ("../up", "leads out of the worktree"),
        ("git push origin main", "git push is blocked"),
        ("git -c core.pager=cat push", "git push is blocked"),
        ("git -c alias.x=push x", "git push is blocked"),
        ("env git push", "git push is blocked"),
        ("env A=1 /usr/bin/git push", "git push is blocked"),
        ("sh -c 'git reset'", "git reset is blocked"),
        ("git remote -v", "git remote is blocked"),
        ("git rebase main", "git rebase is blocked"),
        ("git config remote.origin.url x", "git config of remote"),
        ("git send-pack x", "git push and its like"),
        ("git -C .. status", "somewhere else"),
        ("git --git-dir=/x log", "somewhere else"),
        ("sh -c 'git -C /x log'", "somewhere else"),
        ("cat 'a\0b'", "a NUL"),
    ],
)
def test_what_is_refused(line: str, why: str) -> None:
    told = why_refused(tuple(shlex.split(line)), ALLOWED)
    assert why in told
    assert is_clean(told)


def test_a_program_with_a_hostile_name_is_told_clean() -> None:
    assert is_clean(why_refused(("\x1b]0;x\x07",), ALLOWED))
