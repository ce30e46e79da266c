"""Who or what allowed a command, for every way in which it can come to run or not to."""

from dataclasses import replace

import pytest

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.allowance import Allowance, AllowanceKind, allowance
from codex_orch_tui.domain.approval import ApprovalKind, Choice, Decider, Outcome, PermissionEntry
from codex_orch_tui.domain.history import HistoryEntries, ran_commands
from codex_orch_tui.domain.ids import EpochId, TaskRef
from codex_orch_tui.domain.item import Item, ItemKind, ItemStatus, OwnRule
from codex_orch_tui.domain.plan import Plan, SandboxMode, TaskSpec
from tests.fakes.histories import RULE, asked, every_way, unasked
from tests.fakes.states import Story


def begun(sandbox: SandboxMode = SandboxMode.WORKSPACE_WRITE) -> tuple[Story, TaskRef]:
    story = Story()
    spec = TaskSpec(id="t", title="T", prompt="T.", sandbox=sandbox)  # type: ignore[arg-type]
    story.tell(ev.RunCreated(run="r", plan=Plan(title="T", tasks=(spec,)), base_branch="main"))  # type: ignore[arg-type]
    (ref,) = story.state.tasks
    story.start(ref)
    return story, ref


def last(story: Story, ref: TaskRef) -> Allowance:
    task = story.state.tasks[ref]
    assert task.turn is not None
    return allowance(story.state, task, task.turn, task.turn.items[-1])


def test_every_way_is_told_apart() -> None:
    story = every_way()
    told = {
        (entry.title, entry.allowance.kind if entry.allowance else None)
        for entry in HistoryEntries().newest_first(story.state)
    }
    kind = AllowanceKind
    assert told == {
        ("rg -n parse_query src", kind.SANDBOX),
        ("pytest -q tests/test_search.py", kind.SANDBOX),
        ("npm install --save-dev supertest@7", kind.BY_YOU),
        ("npm ci", kind.BY_RULE),
        ("npm run build", kind.FOR_SESSION),
        ("npm run seed", kind.DECLINED),
        ("git remote --verbose", kind.DECLINED_BY_RULE),
        ("touch /home/ada/marks/done", kind.CODEX_RULE),
        ("make all", kind.NOT_KNOWN),
        ("ls", kind.NOT_KNOWN),
        ("/home/ada/notes.md", None),
        ("curl -sS https://example.org", kind.NOT_ANSWERED),
        ("npm test -- --watch=false", kind.WAITS),
    }
    ran = {entry.title for entry in ran_commands(HistoryEntries().newest_first(story.state))}
    assert not ran & {
        "npm run seed",
        "git remote --verbose",
        "curl -sS https://example.org",
        "npm test -- --watch=false",
    }


@pytest.mark.parametrize(
    ("sandbox", "kind", "text"),
    [
        (SandboxMode.WORKSPACE_WRITE, AllowanceKind.SANDBOX, "ran without a question: inside the sandbox"),
        (
            SandboxMode.READ_ONLY,
            AllowanceKind.READ_ONLY_SANDBOX,
            "ran without a question: inside the sandbox, which may only read",
        ),
        (SandboxMode.DANGER_FULL_ACCESS, AllowanceKind.FULL_ACCESS, "full access: no sandbox, nobody was asked"),
    ],
)
def test_without_a_question_the_sandbox_is_what_allowed_it(
    sandbox: SandboxMode, kind: AllowanceKind, text: str
) -> None:
    story, ref = begun(sandbox)
    unasked(story, ref, "ls", OwnRule())
    assert last(story, ref) == Allowance(kind=kind, text=text)


def test_a_rule_of_codexs_own_comes_before_the_sandbox_and_names_its_file() -> None:
    story, ref = begun()
    unasked(story, ref, "touch /x", OwnRule(rule="touch (/home/ada/.codex/rules/default.rules)"))
    told = last(story, ref)
    assert told.kind is AllowanceKind.CODEX_RULE
    assert "/home/ada/.codex/rules/default.rules" in told.text
    assert "outside the sandbox" in told.text


def test_the_rule_that_decided_is_named() -> None:
    story, ref = begun()
    approval = asked(story, ref, "npm ci", Choice.ACCEPT, rule=RULE)
    text = f"accepted by rule npm-install ({RULE.file})"
    assert last(story, ref) == Allowance(kind=AllowanceKind.BY_RULE, text=text, approval=approval, by=Decider.RULE)


def test_an_answer_for_the_session_counts_for_the_same_words_later() -> None:
    story, ref = begun()
    approval = asked(story, ref, "npm run build", Choice.ACCEPT_FOR_SESSION)
    unasked(story, ref, "npm run build", OwnRule())
    assert last(story, ref).kind is AllowanceKind.FOR_SESSION
    assert last(story, ref).approval == approval
    unasked(story, ref, "npm run build --fast", OwnRule())
    assert last(story, ref).kind is AllowanceKind.SANDBOX


def test_an_answer_for_the_session_ends_with_the_worker_process() -> None:
    story, ref = begun()
    asked(story, ref, "npm run build", Choice.ACCEPT_FOR_SESSION)
    story.tell(ev.WorkerEnded(ref=ref, epoch=EpochId("epoch-t"), exit_code=0, expected=True))
    story.tell(
        ev.WorkerStarted(ref=ref, epoch=EpochId("another"), pid=7, process_started_s=story.now_s, version="0.163.0")
    )
    story.start(ref)
    unasked(story, ref, "npm run build", OwnRule())
    assert last(story, ref).kind is AllowanceKind.SANDBOX


def test_an_answer_for_the_session_says_nothing_of_what_ran_before_it() -> None:
    story, ref = begun()
    unasked(story, ref, "npm run build", OwnRule())
    asked(story, ref, "npm run build", Choice.ACCEPT_FOR_SESSION)
    task = story.state.tasks[ref]
    assert task.turn is not None
    assert allowance(story.state, task, task.turn, task.turn.items[0]).kind is AllowanceKind.SANDBOX


def test_what_was_granted_is_part_of_the_sandbox_of_that_turn() -> None:
    story, ref = begun()
    wanted = (PermissionEntry(access="write", target="/srv/logs"), PermissionEntry(access="network", target="any host"))
    asked(story, ref, "", Choice.GRANT, kind=ApprovalKind.PERMISSIONS, permissions=wanted)
    unasked(story, ref, "ls /srv/logs", OwnRule())
    assert last(story, ref).text == (
        "ran without a question: inside the sandbox, widened by what was granted: write /srv/logs"
    )
    story.start(ref)
    unasked(story, ref, "ls /srv/logs", OwnRule())
    assert last(story, ref).text == "ran without a question: inside the sandbox"


def test_a_command_that_codex_refused_by_itself_did_not_run() -> None:
    story, ref = begun()
    turn = story.turn(ref)
    item = Item(id="i", kind=ItemKind.COMMAND, title="ls", status=ItemStatus.DECLINED)  # type: ignore[arg-type]
    story.tell(ev.ItemCompleted(ref=ref, turn=turn, item=item))
    assert last(story, ref).kind is AllowanceKind.REFUSED_BY_CODEX


@pytest.mark.parametrize(
    ("outcome", "status", "kind"),
    [
        (Outcome.EXPIRED, ItemStatus.DECLINED, AllowanceKind.NOT_ANSWERED),
        (Outcome.SUPERSEDED, ItemStatus.FAILED, AllowanceKind.NOT_ANSWERED),
        (Outcome.EXPIRED, ItemStatus.COMPLETED, AllowanceKind.NOT_KNOWN),
        (Outcome.WORKER_LOST, ItemStatus.FAILED, AllowanceKind.NOT_KNOWN),
    ],
)
def test_a_question_without_an_answer_allows_nothing(outcome: Outcome, status: ItemStatus, kind: AllowanceKind) -> None:
    story, ref = begun()
    asked(story, ref, "ls", None, outcome=outcome, cause="gone")
    task = story.state.tasks[ref]
    assert task.turn is not None
    item = replace(task.turn.items[-1], status=status)
    told = allowance(story.state, task, task.turn, item)
    assert told.kind is kind
    assert told.text.endswith(": gone")


def test_what_is_typed_into_a_program_is_told_with_the_command() -> None:
    story, ref = begun()
    approval = asked(story, ref, "python3 -i", Choice.ACCEPT)
    asked_before = story.state.approvals[approval].request
    request = replace(asked_before, kind=ApprovalKind.STDIN, request_id="77")
    typed = ev.ApprovalRequested(ref=ref, approval="epoch-t:77", request=request)  # type: ignore[arg-type]
    story.tell(typed)
    task = story.state.tasks[ref]
    assert task.turn is not None
    told = allowance(story.state, task, task.turn, task.turn.items[-1])
    assert told == Allowance(
        kind=AllowanceKind.BY_YOU,
        text="accepted by you; asked 1 more time about what was typed into it",
        approval=approval,
        by=Decider.YOU,
    )
