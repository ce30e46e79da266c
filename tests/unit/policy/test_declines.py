"""A command that must be declined is found however it is dressed up. Every line is text for a parser; none is run."""

import pytest

from codex_orch_tui.policy.declines import declined_command, find_command, forms, is_word
from codex_orch_tui.policy.rule import Rule, RuleDecision, RuleKind
from codex_orch_tui.policy.shell_tree import read_shell


def found(script: str, program: str, *beginning: str) -> bool:
    fits = find_command(read_shell(script), program, lambda words: words[: len(beginning)] == beginning)
    return fits is not None


@pytest.mark.parametrize(
    "script",
    [
        "rm x",
        "/bin/rm x",
        "sudo rm x",
        "env A=1 timeout 5 rm x",
        "find . -name x -exec rm {} +",
        "ls | xargs rm",
        "bash -lc 'cd a && rm x'",
        "echo $(rm x)",
        "'rm' x",
        "r\\m x",
        "r? x",
        "x() { rm y; }",
        "git rebase -x 'rm x' main",
        "git submodule foreach --recursive 'rm x'",
        "git bisect run rm x",
        "git -c alias.x='!rm y' x",
        "git -c core.pager='rm x' log",
        "git -c core.fsmonitor='rm x' status",
        "git filter-branch --tree-filter 'rm x' HEAD",
        "git difftool --extcmd='rm x'",
        "git grep -Orm x",
        "rm x '",
        "RM x",
        "nice --an-option-of-tomorrow 5 rm x",
    ],
)
def test_a_program_is_found(script: str) -> None:
    assert found(script, "rm")


@pytest.mark.parametrize(
    "script",
    [
        "ls rm",
        "echo rm",
        "git rm x",
        "grep -r rm .",
        "rmdir x",
        "cat 'rm x'",
        "ls -- *",
        "git log --grep 'rm x'",
        "nohup cat rm",
    ],
)
def test_a_word_that_is_no_command_is_not_found(script: str) -> None:
    assert not found(script, "rm")


@pytest.mark.parametrize(
    "script",
    [
        "git stash drop",
        "git -C /x stash drop",
        "git -c a.b=c --no-pager stash drop",
        "git --git-dir x --work-tree=y stash drop",
        "GIT_DIR=x git stash drop",
        "/usr/lib/git-core/git-stash drop",
        "git -c alias.s=stash s drop",
        "git config alias.d 'stash drop'",
    ],
)
def test_git_is_looked_through(script: str) -> None:
    assert found(script, "git", "stash", "drop")


def test_git_with_its_own_options_is_one_of_the_forms() -> None:
    assert ("git", "-C", "/x", "log") in forms(read_shell("/usr/bin/git -C /x log"))
    assert ("git", "log") in forms(read_shell("/usr/bin/git -C /x log"))


def test_what_is_found_is_told_as_a_rule_would_write_it() -> None:
    assert find_command(read_shell("sudo /bin/rm -f 'a b'"), "rm", lambda _: True) == ("rm", "-f", "a b")


def test_a_glob_needs_a_letter_to_be_about_a_word() -> None:
    assert is_word("pu*", "push")
    assert is_word("gi?", "git")
    assert not is_word("*", "push")
    assert not is_word("*", "git")
    assert not is_word("pull*", "push")


@pytest.mark.parametrize(
    ("script", "is_found"),
    [
        ("npm publish", True),
        ("npm publish --tag x", True),
        ("npm --silent publish", True),
        ("sudo npm publish", True),
        ("npm run publish", False),
        ("npm", False),
        ("npm 'publish", True),
        ("npm --registry x publish", True),
        ("npm -w a --tag=b -d publish", True),
        ("npm -w a b publish", False),
    ],
)
def test_a_rule_is_looked_for_at_the_beginning(script: str, is_found: bool) -> None:
    rule = Rule(id="x", kind=RuleKind.COMMAND, decision=RuleDecision.DECLINE, program="npm", args=("publish",))
    assert (declined_command(rule, read_shell(script)) is not None) is is_found


def test_a_rule_without_a_program_speaks_of_any_command() -> None:
    rule = Rule(id="x", kind=RuleKind.COMMAND, decision=RuleDecision.DECLINE, cwd=("/x",))
    assert declined_command(rule, read_shell("ls -l")) == ("ls", "-l")
