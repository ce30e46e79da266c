"""A request as the rules see it: raw, with the programs that the worker's own PATH finds."""

import json
from pathlib import Path

import pytest

from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest, PermissionEntry
from codex_orch_tui.domain.ids import ItemId, ThreadId, TurnId
from codex_orch_tui.domain.item import FileEdit
from codex_orch_tui.services.asking import asked_of, program_finder, why_only_a_person
from tests.fakes.states import Story


def request(kind: ApprovalKind = ApprovalKind.COMMAND, **fields: object) -> ApprovalRequest:
    known = {"request_id": "1", "kind": kind, "thread": ThreadId("t"), "turn": TurnId("u"), "item": ItemId("i")}
    return ApprovalRequest(**(known | fields))  # type: ignore[arg-type]


def program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("")
    path.chmod(0o755)
    return path


def test_the_command_is_the_raw_one() -> None:
    story = Story()
    (ref,) = story.run(["A task"])
    story.start(ref)
    task = story.state.tasks[ref]
    assert task.worktree is not None
    raw = json.dumps({"command": "/bin/bash -lc 'git status \x1b'", "cwd": "/w/src"})
    asked = asked_of(request(command="git status \\x1b", raw_json=raw), task, {}, None)
    assert (asked.command, asked.cwd) == ("/bin/bash -lc 'git status \x1b'", "/w/src")
    assert (asked.worktree, asked.role) == (task.worktree.path, task.spec.role)


@pytest.mark.parametrize("raw", ["[]", "{", '{"command": 7, "cwd": []}', "null"])
def test_params_of_another_form_are_no_command(raw: str) -> None:
    assert asked_of(request(raw_json=raw), None, {}, None).command == ""


def test_files_are_absolute() -> None:
    story = Story()
    (ref,) = story.run(["A task"])
    story.start(ref)
    task = story.state.tasks[ref]
    assert task.worktree is not None
    edits = (FileEdit(path="src/a.py", change="add"), FileEdit(path="/etc/x", change="add"))
    asked = asked_of(request(ApprovalKind.FILE_CHANGE, files=edits), task, {}, None)
    assert asked.paths == (f"{task.worktree.path}/src/a.py", "/etc/x")


def test_an_old_worktree_is_not_looked_at_and_a_live_one_is(scratch: Path) -> None:
    (scratch / "link").symlink_to("/usr")
    looked: list[Path] = []
    raw = json.dumps({"command": "git status", "cwd": str(scratch)})
    old = asked_of(request(raw_json=raw), None, {}, None)
    assert old.real_path(f"{scratch}/link") == f"{scratch}/link"
    assert old.git_trouble() == ""
    live = asked_of(request(raw_json=raw), None, {}, lambda top, cwd: looked.append(cwd) or "trouble")  # type: ignore[func-returns-value]
    assert live.real_path(f"{scratch}/link") == "/usr"
    assert live.git_trouble() == "trouble"
    assert looked == [scratch]


class TestPrograms:
    def test_the_first_on_the_path_with_links_followed(self, scratch: Path) -> None:
        real = program(scratch / "real", "tool")
        (scratch / "bin").mkdir()
        (scratch / "bin" / "tool").symlink_to(real)
        (scratch / "plain").mkdir()
        (scratch / "plain" / "tool").write_text("no program")
        find = program_finder(f"{scratch}/plain:{scratch}/bin:{scratch}/real", cwd="/", worktree="/w")
        assert find("tool") == str(real)
        assert find("other") is None
        assert find("") is None
        assert find("to\0ol") is None

    def test_a_path_is_not_looked_for_on_the_path(self, scratch: Path) -> None:
        tool = program(scratch / "src", "tool")
        find = program_finder("/usr/bin:/bin", cwd=str(scratch), worktree=str(scratch))
        assert find("src/tool") == str(tool)
        assert find("./src/tool") == str(tool)
        assert find("src") is None

    @pytest.mark.parametrize("first", ["", ".", "node_modules/.bin", "{worktree}/bin", "{link}", "/tmp"])
    def test_behind_a_folder_that_the_worker_can_write_nothing_is_found(self, scratch: Path, first: str) -> None:
        worktree = scratch / "worktree"
        (worktree / "bin").mkdir(parents=True)
        (scratch / "link").symlink_to(worktree)
        program(scratch / "bin", "tool")
        first = first.format(worktree=worktree, link=scratch / "link")
        find = program_finder(f"{first}:{scratch}/bin", cwd=str(worktree), worktree=str(worktree))
        assert find("tool") is None


class TestOnlyAPerson:
    def test_a_plain_question_is_for_rules(self) -> None:
        assert why_only_a_person(request()) == ""
        edits = (FileEdit(path="src/ä b.py", change="add"),)
        assert why_only_a_person(request(ApprovalKind.FILE_CHANGE, files=edits)) == ""

    def test_more_than_the_command(self) -> None:
        permissions = (PermissionEntry(access="write", target="/etc"),)
        assert "permissions" in why_only_a_person(request(permissions=permissions))

    @pytest.mark.parametrize(
        "more",
        [
            {"additionalPermissions": {"unknown": 1}},
            {"additionalPermissions": "all"},
            {"networkApprovalContext": "any"},
            {"kind": "somethingNew"},
            {"kind": ["command"]},
            {"environmentId": "cloud-7"},
        ],
    )
    def test_what_the_raw_request_brings_besides(self, more: dict[str, object]) -> None:
        plain = {"kind": "command", "command": "ls", "environmentId": "local", "additionalPermissions": None}
        assert why_only_a_person(request(raw_json=json.dumps(plain))) == ""
        assert why_only_a_person(request(raw_json=json.dumps(plain | more)))

    @pytest.mark.parametrize(
        "more", [{"additionalPermissions": {"fileSystem": {}}}, {"kind": "somethingNew"}, {"environmentId": "cloud-7"}]
    )
    def test_a_host_is_not_all_that_its_request_may_bring(self, more: dict[str, object]) -> None:
        plain = {"networkApprovalContext": {"host": "pypi.org", "protocol": "https"}}
        assert why_only_a_person(request(ApprovalKind.NETWORK, raw_json=json.dumps(plain))) == ""
        assert why_only_a_person(request(ApprovalKind.NETWORK, raw_json=json.dumps(plain | more)))

    def test_a_folder_for_the_rest_of_the_session(self) -> None:
        edits = (FileEdit(path="a", change="add"),)
        assert "folder" in why_only_a_person(request(ApprovalKind.FILE_CHANGE, files=edits, grant_root="/etc"))

    def test_a_change_of_no_known_file(self) -> None:
        assert "which files" in why_only_a_person(request(ApprovalKind.FILE_CHANGE))

    @pytest.mark.parametrize("path", ["a → b", r"a\x1b", "‹secret: token›", "e\u0301…+4", ".git", "sub/.GIT/config"])
    def test_a_path_that_is_not_what_it_reads(self, path: str) -> None:
        edits = (FileEdit(path="fine", change="add"), FileEdit(path=path, change="update"))
        assert path in why_only_a_person(request(ApprovalKind.FILE_CHANGE, files=edits))
