"""The fingerprint of what a question is about."""

import json
import os
from pathlib import Path

import pytest

from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest
from codex_orch_tui.domain.ids import ItemId, ThreadId, TurnId
from codex_orch_tui.domain.item import FileEdit
from codex_orch_tui.services import subject
from codex_orch_tui.services.subject import subject_of


def asked(command: str, cwd: Path, *files: FileEdit) -> ApprovalRequest:
    return ApprovalRequest(
        request_id="1",
        kind=ApprovalKind.FILE_CHANGE if files else ApprovalKind.COMMAND,
        thread=ThreadId("t"),
        turn=TurnId("u"),
        item=ItemId("i"),
        command=command,
        cwd=str(cwd),
        files=files,
        raw_json=json.dumps({"command": command, "cwd": str(cwd)} if command else {"cwd": str(cwd)}),
    )


def test_the_same_question_has_the_same_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_text("printf one")
    request = asked("/bin/bash -c 'sh ./x.sh'", tmp_path)
    assert subject_of(request) == subject_of(request)
    assert subject_of(request).sha256 == subject_of(request).sha256


@pytest.mark.parametrize(
    "command",
    [
        "sh ./x.sh",
        "/bin/bash -c 'sh ./x.sh'",
        "/bin/bash -lc 'cd . && sh x.sh --now'",
        '/bin/bash -c "printf ok; sh \\"x.sh\\""',
        "tool --script=x.sh",
        "tool <x.sh",
        "(x.sh)",
        "$(x.sh)",
    ],
)
def test_a_swapped_script_is_seen(tmp_path: Path, command: str) -> None:
    (tmp_path / "x.sh").write_text("printf one")
    shown = subject_of(asked(command, tmp_path))
    (tmp_path / "x.sh").write_text("printf two")
    now = subject_of(asked(command, tmp_path))
    assert [Path(path).name for path in now.changed_since(shown)] == ["x.sh"]
    assert now.sha256 != shown.sha256


def test_a_name_with_blanks_is_seen(tmp_path: Path) -> None:
    (tmp_path / "my script").write_text("printf one")
    request = asked("sh 'my script'", tmp_path)
    shown = subject_of(request)
    (tmp_path / "my script").write_text("printf two")
    assert subject_of(request).changed_since(shown) == ("my script",)


def test_a_file_that_comes_or_goes_is_seen(tmp_path: Path) -> None:
    request = asked("sh x.sh", tmp_path)
    shown = subject_of(request)
    (tmp_path / "x.sh").write_text("printf one")
    there = subject_of(request)
    assert there.changed_since(shown) == ("x.sh",)
    assert shown.changed_since(there) == ("x.sh",)


def test_a_link_is_followed_to_what_would_run(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(f"printf {name}")
    (tmp_path / "x.sh").symlink_to("one")
    request = asked("sh x.sh", tmp_path)
    shown = subject_of(request)
    (tmp_path / "x.sh").unlink()
    (tmp_path / "x.sh").symlink_to("two")
    assert subject_of(request).changed_since(shown) == ("x.sh",)


def test_other_files_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_text("printf one")
    request = asked("sh x.sh", tmp_path)
    shown = subject_of(request)
    (tmp_path / "other").write_text("new")
    assert subject_of(request).changed_since(shown) == ()


def test_a_change_of_a_large_file_is_told_by_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "MAX_READ_BYTES", 4)
    (tmp_path / "big").write_text("12345678")
    request = asked("sh big", tmp_path)
    shown = subject_of(request)
    (tmp_path / "big").write_text("123456789")
    assert subject_of(request).changed_since(shown) == ("big",)


def test_files_after_the_first_many_are_still_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "MAX_READ_FILES", 1)
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    request = asked("sh a b", tmp_path)
    shown = subject_of(request)
    (tmp_path / "b").write_text("longer")
    assert subject_of(request).changed_since(shown) == ("b",)


def test_a_file_change_is_about_the_files_as_they_are(tmp_path: Path) -> None:
    target = tmp_path / "note"
    target.write_text("one")
    request = asked("", tmp_path, FileEdit(path=str(target), change="update", diff="+two"))
    shown = subject_of(request)
    target.write_text("three")
    assert subject_of(request).changed_since(shown) == (str(target),)


def test_a_script_in_a_folder_that_the_command_goes_to_is_seen(tmp_path: Path) -> None:
    (tmp_path / "tools" / "in").mkdir(parents=True)
    script = tmp_path / "tools" / "in" / "x.sh"
    script.write_text("printf one")
    for command in ("cd tools/in && sh x.sh", "bash -lc 'cd ./tools/in; ./x.sh'", "make -C tools/in -f x.sh"):
        request = asked(command, tmp_path)
        shown = subject_of(request)
        script.write_text(f"printf {command}")
        assert [Path(path).name for path in subject_of(request).changed_since(shown)].count("x.sh") >= 1, command


@pytest.mark.parametrize("name", ["note", "old → note", "note → new"])
def test_a_file_change_in_the_worktree_is_about_that_worktree(tmp_path: Path, name: str) -> None:
    """Codex tells no folder with it, and paths in the worktree are shown without theirs."""
    from dataclasses import replace

    (tmp_path / "note").write_text("one")
    request = replace(asked("", tmp_path, FileEdit(path=name, change="update", diff="+two")), raw_json="{}")
    shown = subject_of(request, str(tmp_path))
    (tmp_path / "note").write_text("three")
    assert subject_of(request, str(tmp_path)).changed_since(shown) == ("note",)


def test_a_command_without_a_folder_stands_in_the_worktree(tmp_path: Path) -> None:
    from dataclasses import replace

    (tmp_path / "x.sh").write_text("one")
    request = replace(asked("sh x.sh", tmp_path), raw_json=json.dumps({"command": "sh x.sh", "cwd": None}))
    shown = subject_of(request, str(tmp_path))
    (tmp_path / "x.sh").write_text("two")
    assert subject_of(request, str(tmp_path)).changed_since(shown) == ("x.sh",)


def test_a_pipe_in_the_place_of_a_file_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it comes between the look and the opening."""
    plain, pipe = tmp_path / "plain", tmp_path / "x.sh"
    plain.write_text("one")
    os.mkfifo(pipe)
    request = asked("sh x.sh", tmp_path)
    assert subject_of(request).files == {}
    was = plain.stat()
    monkeypatch.setattr(subject.os, "stat", lambda *_args, **_more: was)
    assert subject_of(request).files == {}


@pytest.mark.parametrize("raw", ["", "[]", "{", '{"command": 7, "cwd": null}', '{"command": "sh \\u0000x"}'])
def test_odd_requests_have_a_fingerprint_too(tmp_path: Path, raw: str) -> None:
    from dataclasses import replace

    request = replace(asked("x", tmp_path), raw_json=raw)
    assert subject_of(request).changed_since(subject_of(request)) == ()
