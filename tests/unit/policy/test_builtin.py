"""A push and a change of the remotes are declined everywhere. Every line is text for a parser; none is run."""

import shlex

import pytest

from codex_orch_tui.domain.approval import ApprovalKind
from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.builtin import BUILTIN_DECLINES, builtin_decline

PUSH, REMOTE, SETTING = (decline.id for decline in BUILTIN_DECLINES)


def declined(command: str, kind: ApprovalKind = ApprovalKind.COMMAND) -> str:
    answer = builtin_decline(Asked(kind=kind, command=command))
    return "" if answer is None else answer[0]


@pytest.mark.parametrize(
    ("script", "id_"),
    [
        ("git push", PUSH),
        ("git push --dry-run origin HEAD", PUSH),
        ("git -C /x push", PUSH),
        ("git -c a=b push", PUSH),
        ("/usr/bin/git push", PUSH),
        ("env git push", PUSH),
        ("GIT_DIR=x git push", PUSH),
        ("git --exec-path=/x push", PUSH),
        ("git-push origin", PUSH),
        ("/usr/lib/git-core/git-push origin", PUSH),
        ("$(which git) push", PUSH),
        ("$(command -v git) push", PUSH),
        ("git pus?", PUSH),
        ("git $'push'", PUSH),
        ("p=push; git $p", PUSH),
        ("git -c alias.p=push p", PUSH),
        ("git -c alias.p='!git push' p", PUSH),
        ("git config --global alias.p push && git p", PUSH),
        ("git config alias.p '!git push'", PUSH),
        ("git submodule foreach git push", PUSH),
        ("git rebase --exec 'git push' main", PUSH),
        ("git for-each-repo --config=x push", PUSH),
        ("git send-pack x", PUSH),
        ("git http-push x", PUSH),
        ("git subtree push --prefix x y z", PUSH),
        ("git lfs push origin", PUSH),
        ("git svn dcommit", PUSH),
        ("git p4 submit", PUSH),
        ("git remote-https origin x", PUSH),
        ("git add . && git commit -m x && git push", PUSH),
        ("git push 'unterminated", PUSH),
        ("{git,push}", PUSH),
        ("cat <<E | bash\ngit push\nE", PUSH),
        ("GIT push", PUSH),
        ("git remote add x y", REMOTE),
        ("git remote -v add x y", REMOTE),
        ("git -C a remote set-url origin x", REMOTE),
        ("git remote rm x", REMOTE),
        ("git remote remove x", REMOTE),
        ("git remote rename x y", REMOTE),
        ("git remote set-head origin -a", REMOTE),
        ("git remote set-branches origin x", REMOTE),
        ("git config remote.origin.url x", SETTING),
        ("git config --local remote.origin.pushurl x", SETTING),
        ("git config set remote.origin.url x", SETTING),
        ("git config --file .git/config remote.origin.url x", SETTING),
        ("git config --add url.x.insteadOf y", SETTING),
        ("git config --global URL.x.pushInsteadOf y", SETTING),
        ("git config remote.pushDefault x", SETTING),
        ("git config branch.main.pushRemote x", SETTING),
        ("git config --unset remote.origin.url", SETTING),
        ("git config unset remote.origin.url", SETTING),
        ("git config --remove-section remote.origin", SETTING),
        ("git config rename-section remote.a remote.b", SETTING),
    ],
)  # fmt: skip
def test_it_is_declined(script: str, id_: str) -> None:
    assert declined(script) == id_
    assert declined(f"/bin/bash -lc {shlex.quote(script)}") == id_


@pytest.mark.parametrize(
    "script",
    [
        "git status",
        "git log --grep push",
        "git log push",
        "git stash push -m x",
        "git branch push",
        "git commit -m 'git push later'",
        "git commit -m 'now one can git push; git remote add x y'",
        "git remote",
        "git remote -v",
        "git remote show origin",
        "git remote get-url origin",
        "git config --get remote.origin.url",
        "git config get remote.origin.url",
        "git config remote.origin.url",
        "git config --get-regexp remote.*",
        "git config --list",
        "git config user.name remote.x",
        "git config core.pager cat",
        "git config alias.st status",
        "git fetch origin",
        "git help push",
        "echo git push",
        "rg 'git push' docs",
        "docker push x",
        "pushd git",
        "npm run git push",
        "sed -n 1,5p push",
        "cat git push",
        "for f in *; do cat $f; done",
        "",
    ],
)
def test_it_is_not_declined(script: str) -> None:
    assert declined(script) == ""
    assert declined(f"/bin/bash -lc {shlex.quote(script)}") == ""


def test_what_is_typed_into_a_terminal_counts_too() -> None:
    assert declined("git push\n", ApprovalKind.STDIN) == PUSH


def test_a_request_without_a_command_falls_under_none() -> None:
    assert builtin_decline(Asked(kind=ApprovalKind.FILE_CHANGE, paths=("/x/push",))) is None


def test_each_decline_says_why() -> None:
    for decline in BUILTIN_DECLINES:
        assert decline.id.startswith("builtin.")
        assert decline.what
        assert decline.reason
