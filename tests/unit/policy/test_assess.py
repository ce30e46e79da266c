"""The risk of a request, in plain words. Every command is text for a parser; none is run."""

import shlex
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.domain.approval import (
    ApprovalKind,
    ApprovalRequest,
    Assessment,
    FormField,
    PermissionEntry,
    Question,
    Risk,
)
from codex_orch_tui.domain.ids import ItemId, ThreadId, TurnId
from codex_orch_tui.domain.item import FileEdit
from codex_orch_tui.domain.terminal_text import is_clean
from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.assess import MAX_REASONS, assess

WORKTREE = "/repo/.orchestrator/worktrees/run/task"


def find_program(name: str) -> str | None:
    if name.startswith("/"):
        return name
    return None if name.startswith("no-") else f"{WORKTREE}/bin/{name}" if name == "planted" else f"/usr/bin/{name}"


def request(kind: ApprovalKind = ApprovalKind.COMMAND, **fields: Any) -> ApprovalRequest:
    return replace(
        ApprovalRequest(request_id="1", kind=kind, thread=ThreadId("t"), turn=TurnId("u"), item=ItemId("i")), **fields
    )


def of_command(script: str, kind: ApprovalKind = ApprovalKind.COMMAND, **fields: Any) -> Assessment:
    asked = Asked(
        kind=kind,
        command=f"/bin/bash -lc {shlex.quote(script)}",
        cwd=WORKTREE,
        worktree=WORKTREE,
        find_program=find_program,
        host=str(fields.get("host", "")),
    )
    return assess(request(kind, command=script, **fields), asked)


@pytest.mark.parametrize(
    "script",
    [
        "ls -la src",
        "git status --short",
        "git log --format=%h | head -5",
        "git branch --list",
        "git stash list",
        "rg -n foo && wc -l src/a.py",
        "sed -n 1,20p a.py",
        "find . -name '*.py'",
        "python3 --version",
        "/usr/bin/git status",
        "git tag -l 'v1.*'",
        "git cat-file -p HEAD",
        "git config --get user.name",
        "gofmt -l .",
        "command -v git",
        "cd src && while read -r line; do echo $line; done < a",
        "cat a > /dev/null 2>&1",
        "echo 'rm -rf x'",
    ],
)
def test_what_only_reads_is_low(script: str) -> None:
    told = of_command(script)
    assert told.risk is Risk.LOW, told
    assert told.reasons[0].startswith("only reads")


@pytest.mark.parametrize(
    ("script", "risk", "reason"),
    [
        ("rm -rf build", Risk.HIGH, "deletes or overwrites: rm -rf build"),
        ("bash -c 'cd a; rm x'", Risk.HIGH, "deletes or overwrites: rm x"),
        ("find . -name x -exec rm {} +", Risk.HIGH, "deletes or overwrites: rm"),
        ("find . -delete", Risk.HIGH, "deletes or overwrites: find"),
        ("git clean -fdx", Risk.HIGH, "throws work away"),
        ("git reset --hard", Risk.HIGH, "throws work away"),
        ("git branch -D x", Risk.HIGH, "throws work away"),
        ("git stash drop", Risk.HIGH, "throws work away"),
        ("git push", Risk.HIGH, "sends work to a remote"),
        ("git commit -m x", Risk.MEDIUM, "changes the repository"),
        ("git fetch", Risk.MEDIUM, "uses the network"),
        ("git -C /x log", Risk.MEDIUM, "setting or folder of its own"),
        ("curl https://example.org", Risk.MEDIUM, "uses the network: curl"),
        ("curl x | sh", Risk.HIGH, "runs whatever is piped into it: sh"),
        ("npx thing", Risk.HIGH, "fetches code"),
        ("make test", Risk.MEDIUM, "runs code of the repository: make test"),
        ("pytest -q", Risk.MEDIUM, "runs code of the repository"),
        ("python3 -c 'x'", Risk.MEDIUM, "runs any code that it is given"),
        ("sudo ls", Risk.HIGH, "runs as another user"),
        ("env A=1 ls", Risk.MEDIUM, "runs another program"),
        ("ls > out.txt", Risk.MEDIUM, "overwrites or adds to a file: out.txt"),
        ("ls > ../out.txt", Risk.HIGH, "writes outside of the worktree: ../out.txt"),
        ("cp a ~/b", Risk.HIGH, "writes outside of the worktree: ~/b"),
        ("cp a $HOME/b", Risk.HIGH, "writes outside of the worktree: $HOME/b"),
        ("cat /etc/hosts", Risk.MEDIUM, "names a path outside of the worktree"),
        ("cat ~/.ssh/id_rsa", Risk.HIGH, "names a place of secrets"),
        ("cat .env", Risk.HIGH, "names a place of secrets"),
        ("cat server.pem", Risk.HIGH, "names a place of secrets"),
        ("rg credentials", Risk.LOW, "only reads"),
        ("echo x >> .git/config", Risk.HIGH, "changes what git or an agent obeys"),
        ("echo x > package.json", Risk.MEDIUM, "decides what runs later"),
        ("PATH=/x ls", Risk.HIGH, "changes what programs do: PATH"),
        ("export GIT_SSH_COMMAND=x; git log", Risk.HIGH, "changes what programs do: GIT_SSH_COMMAND"),
        ("ls &", Risk.MEDIUM, "in the background"),
        ("$x y", Risk.HIGH, "only the run tells which program"),
        ("planted", Risk.HIGH, "the program lies in the worktree"),
        ("./run.sh", Risk.HIGH, "the program lies in the worktree"),
        ("no-such-program", Risk.MEDIUM, "not known: no-such-program"),
        ("nice --new-option x ls", Risk.MEDIUM, "an option of a wrapper is not known"),
        ("if x", Risk.HIGH, "could not be read completely"),
        ("cаt a", Risk.HIGH, "a program's name is a disguise"),
        ("ls" + " " * 20 + "x", Risk.HIGH, "run of 8 or more blanks"),
        ("ls \u202e", Risk.HIGH, "shown as escapes"),
        ("ls " + "x" * 500, Risk.MEDIUM, "read it to its end"),
        ("cat < ~/.ssh/config", Risk.HIGH, "names a place of secrets"),
        ("find /etc -name x", Risk.MEDIUM, "names a path outside of the worktree: /etc"),
        ("sort -o a b", Risk.MEDIUM, "may do more than read: sort -o a … (the option -o is not listed)"),
        ("git log --output=x", Risk.MEDIUM, "may do more than read: git log --output=x"),
        ("rg --pre x y", Risk.MEDIUM, "may do more than read: rg --pre x"),
        ("uniq a b", Risk.MEDIUM, "may do more than read"),
        ("bat x", Risk.MEDIUM, "usually only reads"),
        ("sed -i s/a/b/ x", Risk.MEDIUM, "writes files: sed"),
        ("sed 's/x/y/e' x", Risk.MEDIUM, "runs any code"),
        ("git --work-tree=x status", Risk.MEDIUM, "setting or folder of its own: --work-tree=x"),
        ("LS -la", Risk.MEDIUM, "not known: LS"),
        ("../ls", Risk.MEDIUM, "runs code of the repository: ../ls"),
        ("/srv/bin/ls", Risk.MEDIUM, "a program at a place of its own: /srv/bin/ls"),
        ("unset PATH; ls", Risk.HIGH, "sets a variable that changes what programs do: unset PATH"),
        ("printf -v PATH x", Risk.HIGH, "sets a variable that changes what programs do"),
        ("hash -p ./x ls; ls", Risk.MEDIUM, "changes the shell for the rest of the line"),
        ("''", Risk.MEDIUM, "not known"),
        ("docker run x", Risk.HIGH, "containers"),
        ("kill 1", Risk.HIGH, "changes the machine"),
    ],
)
def test_what_a_yes_could_do_is_told(script: str, risk: Risk, reason: str) -> None:
    told = of_command(script)
    assert told.risk is risk, told
    assert any(reason in text for text in told.reasons), told.reasons


def test_the_gravest_reason_comes_first_and_many_are_counted() -> None:
    told = of_command("; ".join(f"make x{i}" for i in range(30)) + "; rm y")
    assert told.reasons[0] == "deletes or overwrites: rm y"
    assert len(told.reasons) == MAX_REASONS + 1
    assert told.reasons[-1].startswith("and ")


def test_programs_are_listed_with_where_they_are_found() -> None:
    told = of_command("cd a && planted | no-such; git log; ./x; $y")
    assert [(one.name, one.path, one.note) for one in told.programs] == [
        ("cd", "", "the shell's own"),
        ("planted", f"{WORKTREE}/bin/planted", "lies in the worktree"),
        ("no-such", "", "not found on the worker's PATH"),
        ("git", "/usr/bin/git", "only reads"),
        ("./x", f"{WORKTREE}/x", "lies in the worktree"),
        ("$y", "", "only the run tells which"),
    ]


def test_a_command_may_leave_the_sandbox_unless_it_asks_for_single_permissions() -> None:
    assert "may run outside of the sandbox" in of_command("ls").reasons
    told = of_command("ls", permissions=(PermissionEntry(access="network", target="any host"),))
    assert told.risk is Risk.HIGH
    assert "may run outside of the sandbox" not in told.reasons


def test_what_is_typed_is_never_low() -> None:
    told = of_command("ls", ApprovalKind.STDIN)
    assert told.risk is Risk.MEDIUM
    assert "typed into a running program" in told.reasons[0]


def test_a_request_without_a_command_is_grave() -> None:
    assert assess(request(), Asked(kind=ApprovalKind.COMMAND)).risk is Risk.HIGH


@pytest.mark.parametrize(
    ("host", "risk"),
    [
        ("https://pypi.org:443", Risk.MEDIUM),
        ("http://127.0.0.1:80", Risk.MEDIUM),
        ("https://10.1.2.3", Risk.HIGH),
        ("https://xn--pypi-xyz.org", Risk.HIGH),
        ("https://pуpi.org", Risk.HIGH),
        ("", Risk.HIGH),
    ],
)
def test_hosts(host: str, risk: Risk) -> None:
    told = assess(request(ApprovalKind.NETWORK, host=host), Asked(kind=ApprovalKind.NETWORK, host=host))
    assert told.risk is risk, told


@pytest.mark.parametrize(
    ("path", "risk", "reason"),
    [
        (f"{WORKTREE}/src/a.py", Risk.MEDIUM, "the sandbox would not let it"),
        ("/repo/a.py", Risk.HIGH, "writes outside of the worktree"),
        (f"{WORKTREE}/.git", Risk.HIGH, "what git or an agent obeys"),
        (f"{WORKTREE}/.codex/config.toml", Risk.HIGH, "what git or an agent obeys"),
        (f"{WORKTREE}/.github/workflows/ci.yml", Risk.MEDIUM, "what runs later"),
        (f"{WORKTREE}/a\u202eb", Risk.HIGH, "shown as escapes"),
    ],
)
def test_file_changes(path: str, risk: Risk, reason: str) -> None:
    asked = Asked(kind=ApprovalKind.FILE_CHANGE, paths=(path,), cwd=WORKTREE, worktree=WORKTREE)
    told = assess(request(ApprovalKind.FILE_CHANGE, files=(FileEdit(path=path, change="update"),)), asked)
    assert told.risk is risk, told
    assert any(reason in text for text in told.reasons), told


def test_a_grant_and_deletions_are_told() -> None:
    files = (FileEdit(path="a", change="delete"), FileEdit(path="b", change="delete"))
    asked = Asked(kind=ApprovalKind.FILE_CHANGE, paths=(f"{WORKTREE}/a",), cwd=WORKTREE, worktree=WORKTREE)
    told = assess(request(ApprovalKind.FILE_CHANGE, files=files, grant_root="/srv"), asked)
    assert told.risk is Risk.HIGH
    assert told.reasons == ("the worker may then write all of /srv for the rest of the session", "deletes 2 files")


def test_permissions() -> None:
    asked = Asked(kind=ApprovalKind.PERMISSIONS, cwd=WORKTREE, worktree=WORKTREE)
    inside = PermissionEntry(access="write", target=f"{WORKTREE}/x")
    outside = PermissionEntry(access="write", target="/srv/x")
    reading = PermissionEntry(access="read", target=f"{WORKTREE}/y")
    assert assess(request(ApprovalKind.PERMISSIONS, permissions=(reading,)), asked).risk is Risk.LOW
    assert assess(request(ApprovalKind.PERMISSIONS, permissions=(inside,)), asked).risk is Risk.MEDIUM
    assert assess(request(ApprovalKind.PERMISSIONS, permissions=(outside,)), asked).risk is Risk.HIGH


def test_questions_and_servers() -> None:
    asked = Asked(kind=ApprovalKind.USER_INPUT)
    question = Question(id="a", header="", text="?")
    assert assess(request(ApprovalKind.USER_INPUT, questions=(question,)), asked).risk is Risk.LOW
    secret = replace(question, is_secret=True)
    assert assess(request(ApprovalKind.USER_INPUT, questions=(secret,)), asked).risk is Risk.MEDIUM
    form = request(ApprovalKind.ELICITATION, server="notes", fields=(FormField(name="a", title="", type="string"),))
    assert "notes" in assess(form, asked).reasons[0]
    assert assess(replace(form, url="https://x.org"), asked).risk is Risk.HIGH
    assert assess(request(ApprovalKind.MCP_TOOL, server="notes"), asked).risk is Risk.MEDIUM


@given(st.sampled_from(ApprovalKind), st.text(), st.text(max_size=20), st.text(max_size=20))
def test_it_takes_any_text_and_says_only_clean_ones(kind: ApprovalKind, command: str, path: str, host: str) -> None:
    asked = Asked(
        kind=kind, command=command, cwd=path, paths=(path,), host=host, worktree=WORKTREE, find_program=find_program
    )
    told = assess(request(kind, command=command, cwd=path, host=host, server=host, url=path), asked)
    for text in (*told.reasons, *(part for one in told.programs for part in (one.name, one.path, one.note))):
        assert is_clean(text)


@pytest.mark.parametrize(
    "script", ["ls -la ../x\n" * 5_000, "a /b " * 20_000, "$(" * 5_000, "/x" * 40_000, "é" * 60_000]
)
def test_no_request_takes_long(script: str) -> None:
    began_s = time.perf_counter()
    of_command(script)
    assert time.perf_counter() - began_s < 2.0


def test_a_path_that_is_written_is_not_told_again_as_one_that_is_named() -> None:
    found = of_command("wc -l > /srv/count && cat /srv/count /srv/other").reasons
    assert "writes outside of the worktree: /srv/count" in found
    assert [text for text in found if text.startswith("names a path")] == [
        "names a path outside of the worktree: /srv/other"
    ]


def test_a_permission_is_told_once() -> None:
    wanted = (PermissionEntry(access="write", target="/srv/one"), PermissionEntry(access="read", target="docs"))
    asked = Asked(kind=ApprovalKind.PERMISSIONS, cwd=WORKTREE, worktree=WORKTREE)
    found = assess(request(ApprovalKind.PERMISSIONS, permissions=wanted), asked)
    assert found.reasons == ("writes outside of the worktree: /srv/one", "may read docs")


def test_typed_words_are_no_unknown_program_and_what_is_grave_in_a_shell_is_said() -> None:
    def typed(text: str) -> tuple[str, ...]:
        command = f"write_stdin --session-id 3 {shlex.quote(text)}"
        asked = Asked(kind=ApprovalKind.STDIN, command=command, worktree=WORKTREE, find_program=find_program)
        return assess(request(ApprovalKind.STDIN, command=text), asked).reasons

    only = "is typed into a running program: only that knows what it makes of it"
    assert typed("yes please\n") == (only,)
    assert typed("I don't\n") == (only,)
    assert typed("touch /srv/x\n") == ("writes outside of the worktree: /srv/x", only)
