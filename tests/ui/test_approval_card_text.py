"""What a card says for each kind of question; nothing of a screen."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from codex_orch_tui.domain.approval import (
    Approval,
    ApprovalKind,
    Assessment,
    Choice,
    FormField,
    Outcome,
    PermissionEntry,
    Program,
    Question,
    Risk,
)
from codex_orch_tui.domain.item import FileEdit
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode
from codex_orch_tui.domain.review import LineKind
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import clean_text
from codex_orch_tui.domain.text_warnings import text_warnings
from codex_orch_tui.ui.presentation import approval_form as forms
from codex_orch_tui.ui.presentation.approval import card, gone_told, headline, inbox_title
from codex_orch_tui.ui.presentation.approval_answers import answer_keys
from codex_orch_tui.ui.presentation.approval_everything import everything
from codex_orch_tui.ui.presentation.approval_rows import line_pieces, pending_rows, row_pieces, window, worker_column
from codex_orch_tui.ui.presentation.cells import middle_cut
from codex_orch_tui.ui.presentation.for_good import breadth, for_good_paragraphs
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.paragraphs import Paragraph, painted_rows, plain_text, rows
from codex_orch_tui.ui.widgets.hints import Hint, hint_lines
from codex_orch_tui.ui.widgets.key_guard import KeyGuard
from tests.fakes.histories import asked as answered
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


def assessed(known: Assessment, **changes: Any) -> str:
    """The card as text, with what was found out."""
    approval, task = asked(**changes)
    return plain_text(card(replace(approval, assessment=known), task))


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
    assert "sandbox may write anything under /etc from now on, until the worker ends" in text
    sides = [line.text for line in lines if line.side is LineKind.ADDED]
    assert sides == ["+y"]
    assert [line.text for line in lines if line.side is LineKind.REMOVED] == ["-x"]


def test_what_else_a_command_wants_is_told() -> None:
    assert "wants write /var" in said(permissions=(PermissionEntry(access="write", target="/var"),))
    assert "host pypi.org" in said(host="pypi.org")


@pytest.mark.parametrize("raw", ["ls \u202egnp.txt", "a\x1b[2Kb", "x\u200by", "a\rb", "\x9b1m"])
def test_hidden_characters_are_seen_and_told(raw: str) -> None:
    text = said(command=clean_text(raw), raw_json=json.dumps({"command": raw}))
    assert "It holds control, invisible or direction characters, shown as escapes." in text


def test_a_long_run_of_blanks_is_told_and_kept() -> None:
    text = said(command="ls" + " " * 5_000 + "-l")
    assert "It holds a run of 8 or more blanks: look at what comes after it." in text
    assert " " * 5_000 + "-l" in text
    assert "△" not in said()


def test_a_wrapped_command_loses_no_character() -> None:
    command = "bash -lc '" + "日本語 x" * 400 + "'"
    lines = [line for line in card(*asked(command=command)) if line.label == "$"]
    for width in (20, 79, 80, 81, 200):
        pieces = [lines[0].text[row.start : row.end] for row in rows(lines, width)]
        assert "".join(pieces) == command


PIPELINE = "cd web && npm ci | tee 'a b.log'; npm test"


def test_a_pipeline_is_shown_stage_by_stage_and_whole() -> None:
    lines = [line.text for line in card(*asked(command=PIPELINE)) if line.is_verbatim]
    assert lines == ["cd web", "&& npm ci", "| tee 'a b.log'", "; npm test"]
    assert "".join("".join(lines).split()) == "".join(PIPELINE.split())


@pytest.mark.parametrize(
    "command", ["echo 'open", "a && b )", "cat <<E\nx | y\nE", "a \\\n  && b", "x" * 40_000 + "|y", "𝒙 | y"]
)
def test_what_is_not_read_completely_is_shown_as_it_came(command: str) -> None:
    shown = [line.text for line in card(*asked(command=command)) if line.is_verbatim]
    assert "".join("\n".join(shown).split()) == "".join(command.split())


def test_the_shell_around_a_command_is_one_quiet_line() -> None:
    wrapped = "/bin/bash -lc 'npm ci && npm test'"
    lines = card(*asked(command="npm ci && npm test", wrapped=wrapped))
    (quiet,) = [line for line in lines if line.label == "sent as"]
    assert (quiet.text, quiet.tone) == ("/bin/bash -lc '…'", Tone.QUIET)
    assert wrapped in plain_text(everything(*asked(command="npm ci && npm test", wrapped=wrapped)))
    assert "sent as" not in said()


def test_what_is_typed_tells_the_enter_key_and_no_program() -> None:
    known = Assessment(programs=(Program(name="yes", path="/usr/bin/yes"),))
    text = assessed(known, kind=ApprovalKind.STDIN, command="yes | no\n")
    assert "› yes | no then enter" in text
    assert "/usr/bin/yes" not in text
    assert "2 lines" not in text


def test_of_what_is_typed_the_program_and_the_form_as_sent_are_told() -> None:
    story = Story()
    (ref,) = story.run(["One"])
    story.start(ref)
    of_program = answered(story, ref, "python3 -i", Choice.ACCEPT)
    program = story.state.approvals[of_program]
    sent = "write_stdin --session-id 7 'quit()\n'"
    request = replace(program.request, kind=ApprovalKind.STDIN, command="quit()\n", wrapped=sent, request_id="77")
    typed = story.ask(ref, request)
    text = plain_text(card(story.state.approvals[typed], story.state.tasks[ref]))
    assert "› quit() then enter\nsent as write_stdin --session-id 7 '…'\ninto python3 -i" in text


def test_the_risk_has_its_word_and_the_gravest_reasons_before_the_command() -> None:
    known = Assessment(
        risk=Risk.HIGH,
        reasons=(
            "writes: /etc/a",
            "deletes: b",
            "writes: /etc/c",
            "reaches a host: x.org",
            "may run outside of the sandbox",
        ),
        programs=(Program(name="tee", path="/usr/bin/tee", note="writes files"), Program(name="cd")),
        why_asked="no rule is about tee",
    )
    text = assessed(known)
    assert "risk ▲ high: writes: /etc/a, /etc/c; deletes: b; 1 more under “also”\n$ npm" in text
    assert "runs tee /usr/bin/tee (writes files)\ncd\nalso reaches a host: x.org\nsandbox" in text
    assert "rules no rule is about tee" in text


def test_many_reasons_of_a_kind_are_counted() -> None:
    known = Assessment(reasons=tuple(f"writes: {number}" for number in range(9)))
    assert "risk ▷ medium: writes: 0, 1, 2, 3 and 5 more\n" in assessed(known)


def test_a_long_path_keeps_its_file_on_the_card_and_is_whole_where_everything_is_shown() -> None:
    path = f"/srv/{'deep/' * 40}credentials.json"
    root = f"/srv/{'deeper/' * 60}root"
    known = Assessment(
        reasons=(
            f"writes outside of the worktree: {path}",
            *(f"reaches: {number}.example.org" for number in range(6)),
            f"the worker may then write all of {root} for the rest of the session",
        )
    )
    approval, task = asked()
    approval = replace(approval, assessment=known)
    shown = plain_text(card(approval, task))
    assert path not in shown and root not in shown
    (cut,) = re.findall(r"worktree: (\S+);", shown)
    assert re.fullmatch(r"/srv/deep/.*….*/deep/credentials\.json", cut)
    assert cell_len(cut) == 60
    assert "root for the rest of the session" in shown
    whole = plain_text(everything(approval, task))
    assert path in whole and root in whole
    assert all(f"{number}.example.org" in whole for number in range(6))
    painted = "".join(row.strip() for row in painted_rows(everything(approval, task), 70))
    assert path in painted, "wrapped, and not cut"


def test_a_cut_keeps_wide_characters_whole() -> None:
    assert middle_cut("日" * 40 + "x.py", 20) == "日日日…日日日日x.py"
    assert middle_cut("short", 20) == "short"
    assert max(cell_len(middle_cut("日本" * 40, cells)) for cells in (20, 21)) <= 20


def test_what_is_warned_of_is_no_reason_too() -> None:
    command = "ls" + " " * 20 + "-l"
    (warning,) = text_warnings(command)
    assert assessed(Assessment(reasons=(f"the command {warning}",)), command=command).count("8 or more blanks") == 1


@pytest.mark.parametrize(
    ("changes", "spec", "expected"),
    [
        ({}, {}, "sandbox outside it: may read, change and send away what you can"),
        ({}, {"approval_policy": ApprovalPolicy.UNTRUSTED}, "sandbox not told"),
        ({}, {"sandbox": SandboxMode.DANGER_FULL_ACCESS}, "sandbox none: this task has full access"),
        (
            {"permissions": (PermissionEntry(access="write", target="/var"),)},
            {},
            "sandbox stays, and this command may also write /var",
        ),
        ({"kind": ApprovalKind.STDIN}, {}, "a program that was let outside it before"),
        ({"kind": ApprovalKind.NETWORK, "host": "https://x"}, {}, "sandbox opens for https://x only"),
        ({"kind": ApprovalKind.FILE_CHANGE}, {}, "sandbox Codex itself writes this change"),
        ({"kind": ApprovalKind.FILE_CHANGE, "grant_root": "/x"}, {}, "sandbox may write anything under /x from now on"),
        ({"kind": ApprovalKind.PERMISSIONS}, {}, "sandbox adds what you check"),
        ({"kind": ApprovalKind.MCP_TOOL}, {}, "sandbox MCP servers run outside it"),
    ],
)
def test_what_a_yes_does_to_the_sandbox_is_told(changes: dict[str, Any], spec: dict[str, Any], expected: str) -> None:
    approval, task = asked(**changes)
    assert expected in plain_text(card(approval, replace(task, spec=replace(task.spec, **spec))))


def test_a_question_to_the_person_changes_no_sandbox() -> None:
    assert "sandbox" not in said(kind=ApprovalKind.USER_INPUT)


def test_what_changed_since_it_was_seen_stands_on_top() -> None:
    approval, task = asked()
    again = replace(approval, times_asked=2, changed=("run.sh", "b"))
    assert card(again, task)[0].text == "Changed since you saw it: run.sh, b. Your yes was not sent; this asks again."
    assert "Changed" not in plain_text(card(approval, task))


def test_each_answer_tells_what_it_does() -> None:
    for kind in ApprovalKind:
        for choices in ((Choice.ACCEPT, Choice.ACCEPT_FOR_SESSION, Choice.DECLINE, Choice.CANCEL), (Choice.GRANT,)):
            keys = answer_keys(asked(kind=kind, choices=choices)[0].request)
            told = [key for key in keys if key.id.startswith(("approval.acc", "approval.dec", "approval.can"))]
            if kind not in {ApprovalKind.USER_INPUT, ApprovalKind.PERMISSIONS}:
                assert all(key.effect for key in told), kind
    text = plain_text(everything(*asked()))
    assert "accept for this session: It runs now. Codex runs exactly this command again without a question" in text


def test_codexs_own_rule_is_offered_only_with_its_words() -> None:
    choices = (Choice.ACCEPT, Choice.ACCEPT_FOR_GOOD)
    with_words = answer_keys(asked(choices=choices, amendment=("npm", "install"))[0].request)
    without = answer_keys(asked(choices=choices)[0].request)
    assert "approval.accept_for_good" in [key.id for key in with_words]
    assert "approval.accept_for_good" not in [key.id for key in without]


def test_codexs_own_rule_names_file_words_and_reach() -> None:
    text = plain_text(for_good_paragraphs(("npm", "install"), Path("/home/ada/.codex")))
    for part in (
        "/home/ada/.codex/rules/default.rules",
        "$ npm install",
        "for every repository, for good, outside the sandbox, without a question",
    ):
        assert part in text
    assert "$CODEX_HOME/rules/default.rules" in plain_text(for_good_paragraphs(("npm",), None))
    assert "1 ‹sh› \n2 ‹a  b›" in plain_text(for_good_paragraphs(("sh", "a  b"), None)).replace("›\n", "› \n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("npm", "install"), ""),
        (("ls",), "every command of ls"),
        (("/usr/bin/python3", "x.py"), "python3 runs whatever"),
        (("bash", "-lc", "ls"), "bash runs whatever"),
    ],
)
def test_a_wide_rule_of_codex_is_warned_of(words: tuple[str, ...], expected: str) -> None:
    assert expected in breadth(words)
    assert bool(breadth(words)) is bool(expected)


def test_why_a_question_went_is_told_unless_a_person_answered_it() -> None:
    approval, _ = asked()
    gone = replace(approval, outcome=Outcome.WORKER_LOST, cause="the worker ended")
    assert gone_told(gone) == "The question before has gone: the worker ended. Nothing was sent."
    assert gone_told(replace(approval, outcome=Outcome.ACCEPTED, choice=Choice.ACCEPT)) == ""
    assert gone_told(approval) == ""
    assert gone_told(None) == ""


def test_painted_rows_are_the_rows_of_the_screen() -> None:
    lines = [
        Paragraph(text="word " * 6, label="why", label_cells=6, indent=3, remark="note"),
        Paragraph(text="日本語" * 6, indent=3, is_verbatim=True),
    ]
    painted = painted_rows(lines, 30)
    assert painted[0] == "   why   word word word  note"
    assert painted[1] == "         word word word"
    assert all(cell_len(row) <= 30 for row in painted)
    assert "".join(row.strip() for row in painted[2:]) == "日本語" * 6


def pending(count: int) -> list[Approval]:
    """Questions of one worker."""
    story = Story()
    (ref,) = story.run(["Fix auth"])
    story.start(ref)
    for number in range(count):
        story.ask(ref, command_request(story, ref, number=number, command=f"touch {number}"), after_s=10)
    return list(story.state.pending)


def test_each_pending_question_has_age_worker_kind_and_risk() -> None:
    questions = pending(2)
    rows_ = pending_rows(questions, questions[0].asked_at_s + 75)
    assert [(row.age, row.worker, row.kind, row.risk.word, row.about) for row in rows_] == [
        ("1m15s", "fix-auth", "command", "medium", "touch 0"),
        ("1m05s", "fix-auth", "command", "medium", "touch 1"),
    ]
    text = "".join(text for text, _ in row_pieces(rows_[0], 70, worker_column(rows_), is_shown=True))
    assert text.startswith("▸  1m15s  fix-auth  command")
    assert cell_len(text) <= 70


@pytest.mark.parametrize("width", [20, 40, 60, 76, 200])
def test_the_one_line_of_other_questions_fits_and_counts_all(width: int) -> None:
    questions = pending(12)
    text = "".join(text for text, _ in line_pieces(pending_rows(questions, questions[-1].asked_at_s), 3, width))
    assert cell_len(text) <= max(width, 14)
    more = re.search(r"(\d+) more", text)
    assert text.count("command") + (int(more[1]) if more else 0) == 11


def test_the_question_that_is_shown_is_always_in_the_window() -> None:
    found = pending_rows(pending(12), 0.0)
    for shown in range(12):
        begin, end = window(found, shown, 4)
        assert begin <= shown < end
        assert end - begin == 4
    assert window(found[:3], 2, 4) == (0, 3)


@pytest.mark.parametrize("kind", list(ApprovalKind))
def test_every_kind_has_a_row(kind: ApprovalKind) -> None:
    approval, _ = asked(kind=kind, command="", files=(INSIDE, OUTSIDE))
    (row,) = pending_rows([approval], approval.asked_at_s)
    assert row.kind
    assert row.about == "a.py and 1 more"


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


def test_the_guard_asks_when_a_key_was_pressed_and_not_when_it_arrived() -> None:
    now = [0.0]
    guard = KeyGuard(0.4, clock=lambda: now[0])
    guard.arm()
    guard.painted()
    now[0] = 5.0
    assert guard.swallows(age_s=4.9), "pressed 0.1 s after the painting, on its way for the rest"
    now[0] = 6.0
    assert not guard.swallows(age_s=0.1)
