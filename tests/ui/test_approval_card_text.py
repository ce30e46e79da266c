"""What a card says for each kind of question; nothing of a screen."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from codex_orch_tui.domain.approval import Approval, ApprovalKind, Choice, FormField, PermissionEntry, Question
from codex_orch_tui.domain.item import FileEdit
from codex_orch_tui.domain.plan import ApprovalPolicy
from codex_orch_tui.domain.review import LineKind
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import clean_text
from codex_orch_tui.ui.presentation import approval_form as forms
from codex_orch_tui.ui.presentation.approval import answer_keys, card, everything, headline, inbox_title
from codex_orch_tui.ui.presentation.paragraphs import Paragraph, plain_text, rows
from codex_orch_tui.ui.widgets.hints import Hint, hint_lines
from codex_orch_tui.ui.widgets.key_guard import KeyGuard
from tests.fakes.states import Story, command_request, worktree


def asked(**changes: Any) -> tuple[Approval, Task]:
    """A question and the task of the worker that asks it."""
    story = Story()
    (ref,) = story.run(["Fix auth"])
    story.start(ref)
    approval_id = story.ask(ref, replace(command_request(story, ref), **changes))
    return story.state.approvals[approval_id], story.state.tasks[ref]


def said(**changes: Any) -> str:
    """The card as text."""
    return plain_text(card(*asked(**changes)))


ROOT = worktree(asked()[1].ref).path
INSIDE = FileEdit(path=f"{ROOT}/src/a.py", change="update", insertions=2, deletions=1, diff="@@ -1 +1 @@\n-x\n+y\n")
OUTSIDE = FileEdit(path="/etc/app.toml", change="add", insertions=4)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "Run outside the sandbox?"),
        ({"kind": ApprovalKind.STDIN}, "Type this into the running program?"),
        ({"kind": ApprovalKind.NETWORK, "host": "https://pypi.org"}, "Let it connect to https://pypi.org?"),
        ({"kind": ApprovalKind.NETWORK}, "Let it use the network?"),
        ({"kind": ApprovalKind.FILE_CHANGE}, "Change files outside the worktree?"),
        ({"kind": ApprovalKind.FILE_CHANGE, "files": (INSIDE,)}, "Change 1 file?"),
        ({"kind": ApprovalKind.FILE_CHANGE, "files": (OUTSIDE,)}, "Change 1 file outside the worktree?"),
        (
            {"kind": ApprovalKind.FILE_CHANGE, "files": (INSIDE, OUTSIDE)},
            "Change 2 files, 1 of them outside the worktree?",
        ),
        ({"kind": ApprovalKind.PERMISSIONS}, "Give it more permissions?"),
        (
            {"kind": ApprovalKind.USER_INPUT, "questions": (Question(id="a", header="", text=""),)},
            "The worker asks you",
        ),
        ({"kind": ApprovalKind.ELICITATION, "server": "tracker"}, "tracker asks you"),
        ({"kind": ApprovalKind.ELICITATION, "url": "https://x"}, "An MCP server wants you to open a page"),
        ({"kind": ApprovalKind.MCP_TOOL, "server": "tracker"}, "Let it use a tool of tracker?"),
    ],
)
def test_the_headline_says_what_is_asked(changes: dict[str, Any], expected: str) -> None:
    assert headline(*asked(**changes)) == expected


def test_where_every_command_is_asked_for_no_sandbox_is_named() -> None:
    approval, task = asked()
    spec = replace(task.spec, approval_policy=ApprovalPolicy.UNTRUSTED)
    assert headline(approval, replace(task, spec=spec)) == "Run this command?"
    assert headline(approval, None) == "Run outside the sandbox?"


@pytest.mark.parametrize("kind", list(ApprovalKind))
@pytest.mark.parametrize("offered", [(), tuple(Choice), (Choice.DECLINE,)])
def test_every_kind_has_a_card_whatever_is_missing(kind: ApprovalKind, offered: tuple[Choice, ...]) -> None:
    approval, task = asked(kind=kind, choices=offered, command="", cwd="", reason="", raw_json="no json")
    for known in (task, None):
        assert card(approval, known)
        assert "no json" in plain_text(everything(approval, known))
    keys = [key.id for key in answer_keys(approval.request)]
    assert "approval.view" in keys
    assert ("approval.accept" in keys) == bool({Choice.ACCEPT, Choice.GRANT} & set(offered))
    assert ("approval.decline" in keys) == (Choice.DECLINE in offered)
    assert forms.entries(approval.request) == ()


def test_places_are_told_from_the_worktree_on() -> None:
    assert "in fix-auth, its worktree" in said()
    assert "in src/deep" in said(cwd=f"{ROOT}/src/deep")
    assert "in /home/ada outside its worktree" in said(cwd="/home/ada")
    assert "in /home/x-fix-auth outside its worktree" in said(cwd="/home/x-fix-auth")
    assert "outside" in said(cwd=f"{ROOT}-other")


def test_a_file_change_has_its_diff_and_root() -> None:
    lines = card(*asked(kind=ApprovalKind.FILE_CHANGE, command="", files=(INSIDE, OUTSIDE), grant_root="/etc"))
    text = plain_text(lines)
    assert "changed src/a.py +2 −1" in text
    assert "new /etc/app.toml outside its worktree  +4" in text
    assert "grants writing under /etc until the worker ends" in text
    sides = [line.text for line in lines if line.side is LineKind.ADDED]
    assert sides == ["+y"]
    assert [line.text for line in lines if line.side is LineKind.REMOVED] == ["-x"]


def test_what_else_a_command_wants_is_told() -> None:
    assert "wants write /var" in said(permissions=(PermissionEntry(access="write", target="/var"),))
    assert "host pypi.org" in said(host="pypi.org")


@pytest.mark.parametrize("raw", ["ls \u202egnp.txt", "a\x1b[2Kb", "x\u200by", "a\rb", "\x9b1m"])
def test_hidden_characters_are_seen_and_told(raw: str) -> None:
    text = said(command=clean_text(raw))
    assert "characters that a terminal would hide or obey" in text


def test_a_long_run_of_blanks_is_told_and_kept() -> None:
    text = said(command="ls" + " " * 5_000 + "-l")
    assert "long run of blanks" in text
    assert " " * 5_000 + "-l" in text
    assert "△" not in said()


def test_a_wrapped_command_loses_no_character() -> None:
    command = "bash -lc '" + "日本語 x" * 400 + "'"
    lines = [line for line in card(*asked(command=command)) if line.label == "$"]
    for width in (20, 79, 80, 81, 200):
        pieces = [lines[0].text[row.start : row.end] for row in rows(lines, width)]
        assert "".join(pieces) == command


def test_the_title_counts_and_names() -> None:
    approval, _ = asked()
    assert inbox_title(0, 3, approval, approval.asked_at_s + 192) == "Needs you · 1 of 3 ─ fix-auth · waits 3m12s"


def test_labels_stand_in_one_column() -> None:
    lines = card(*asked(grant_root="/x"))
    assert len({line.label_cells for line in lines if len(line.label) > 1}) == 1


FIELD = FormField(name="n", title="N", type="string")


@pytest.mark.parametrize(
    ("field", "given", "wrong"),
    [
        (replace(FIELD, type="integer"), ["7"], False),
        (replace(FIELD, type="integer"), ["7.5"], True),
        (replace(FIELD, type="integer"), ["−7"], True),
        (replace(FIELD, type="number"), ["7.5"], False),
        (replace(FIELD, type="number"), ["nan"], True),
        (replace(FIELD, type="number"), ["1e999"], True),
        (replace(FIELD, type="number"), [""], False),
        (replace(FIELD, type="number", required=True), [""], True),
        (replace(FIELD, type="no type of ours"), ["anything"], False),
        (replace(FIELD, type="boolean", required=True), [], True),
        (replace(FIELD, type="enum", choices=("a",), required=True), ["a"], False),
    ],
)
def test_fields_are_checked(field: FormField, given: Sequence[str], wrong: bool) -> None:
    approval, _ = asked(kind=ApprovalKind.ELICITATION, fields=(field,), choices=(Choice.ANSWER,))
    (entry,) = forms.entries(approval.request)
    assert bool(forms.problem(entry, given)) is wrong


def test_a_proposal_that_is_no_option_is_dropped() -> None:
    def default(field: FormField) -> tuple[str, ...]:
        approval, _ = asked(kind=ApprovalKind.ELICITATION, fields=(field,), choices=(Choice.ANSWER,))
        return forms.entries(approval.request)[0].default

    assert default(replace(FIELD, type="enum", choices=("a", "b"), default="b")) == ("b",)
    assert default(replace(FIELD, type="enum", choices=("a", "b"), default="c")) == ()
    assert default(FIELD) == ()


def test_rows_keep_label_column_and_remark() -> None:
    lines = [Paragraph(text="word " * 12, label="why", label_cells=6, indent=3, remark="12 lines")]
    first, *others = rows(lines, 40)
    assert first.end - first.start <= 40 - 9 - 1 - 10
    assert all(row.end - row.start <= 30 for row in others)
    assert all(not row.is_first for row in others)


def test_hints_wrap_between_keys() -> None:
    hints = [Hint("a", "accept, run it once"), Hint("A", "accept for this session"), Hint("d", "decline")]
    assert [len(line) for line in hint_lines(hints, 200)] == [3]
    assert [len(line) for line in hint_lines(hints, 50)] == [2, 1]
    assert [len(line) for line in hint_lines(hints, 5)] == [1, 1, 1]
    assert hint_lines([], 10) == []


def test_the_guard_counts_from_the_painting() -> None:
    now = [0.0]
    guard = KeyGuard(0.4, clock=lambda: now[0])
    assert not guard.swallows()
    guard.arm()
    now[0] = 100.0
    assert guard.swallows(), "not painted yet"
    guard.painted()
    now[0] = 100.39
    assert guard.swallows()
    now[0] = 100.58
    assert guard.swallows(), "the keys have not gone quiet"
    now[0] = 100.79
    assert not guard.swallows()
    guard.painted()
    assert not guard.swallows(), "painting again what was seen before shuts nothing"
