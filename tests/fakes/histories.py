"""A story in which every way was taken in which a command can come to run, or not to."""

from dataclasses import replace

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest, Assessment, Choice, Decider, Outcome, RuleRef
from codex_orch_tui.domain.ids import ApprovalId, ItemId, TaskRef
from codex_orch_tui.domain.item import FileEdit, Item, ItemKind, ItemStatus, OwnRule
from tests.fakes.states import NOW_S, Story, command_request

RULE = RuleRef(id="npm-install", file="/home/ada/.config/codex-orch-tui/policy.yaml", sha256="ab" * 32)


def asked(
    story: Story,
    ref: TaskRef,
    command: str,
    choice: Choice | None,
    *,
    rule: RuleRef | None = None,
    outcome: Outcome | None = None,
    kind: ApprovalKind = ApprovalKind.COMMAND,
    cause: str = "",
    waits_s: float = 12.0,
    by: Decider = Decider.YOU,
    **more: object,
) -> ApprovalId:
    """A question about an item of its own, its answer or its end, and the item's end."""
    number = len(story.state.approvals)
    item = ItemId(f"asked-{number}")
    request = replace(
        command_request(story, ref, number=number, command=command),
        kind=kind,
        item=item,
        **more,  # type: ignore[arg-type]
    )
    approval = ApprovalId(f"epoch-{ref.task}:{number}")
    turn = story.turn(ref)
    begun = Item(id=item, kind=ItemKind.COMMAND, title=command)
    is_command = kind in {ApprovalKind.COMMAND, ApprovalKind.STDIN}
    if is_command:
        story.tell(ev.ItemStarted(ref=ref, turn=turn, item=begun), after_s=3)
    by_rule = choice if rule is not None else None
    assessment = Assessment(why_asked="" if rule else "no rule matches npm", reasons=("runs outside the sandbox",))
    story.tell(
        ev.ApprovalRequested(
            ref=ref, approval=approval, request=request, assessment=assessment, rule=rule, choice=by_rule
        )
    )
    if rule is None:
        story.tell(ev.ApprovalShown(ref=ref, approval=approval, painted=f"Run this?\n  $ {command}"), after_s=1)
    if choice is not None:
        if rule is None:
            decided = ev.ApprovalDecided(
                ref=ref, approval=approval, choice=choice, by=by, granted=(0,) if choice is Choice.GRANT else ()
            )
            story.tell(decided, after_s=waits_s)
        story.tell(ev.AnswerSent(ref=ref, approval=approval))
    elif outcome is not None:
        story.tell(ev.ApprovalClosed(ref=ref, approval=approval, outcome=outcome, cause=cause), after_s=waits_s)
    if is_command and (choice is not None or outcome is not None):
        runs = choice in {Choice.ACCEPT, Choice.ACCEPT_FOR_SESSION, Choice.ACCEPT_FOR_GOOD}
        status = ItemStatus.COMPLETED if runs else ItemStatus.DECLINED
        ended = replace(begun, status=status, exit_code=0 if runs else None, duration_ms=1200 if runs else None)
        story.tell(ev.ItemCompleted(ref=ref, turn=turn, item=ended), after_s=1)
    return approval


def unasked(story: Story, ref: TaskRef, command: str, own_rule: OwnRule | None = None, *, exit_code: int = 0) -> None:
    """A command that ran without a question."""
    task = story.state.tasks[ref]
    assert task.turn is not None
    item = Item(id=ItemId(f"unasked-{len(task.turn.items)}"), kind=ItemKind.COMMAND, title=command)
    story.tell(ev.ItemStarted(ref=ref, turn=task.turn.id, item=item), after_s=2)
    if own_rule is not None:
        story.tell(ev.CommandAllowed(ref=ref, turn=task.turn.id, item=item.id, own_rule=own_rule))
    status = ItemStatus.FAILED if exit_code else ItemStatus.COMPLETED
    ended = replace(item, status=status, exit_code=exit_code, duration_ms=420)
    story.tell(ev.ItemCompleted(ref=ref, turn=task.turn.id, item=ended), after_s=1)


def every_way() -> Story:
    """Two tasks, each allowance once or more, one question open."""
    story = Story(NOW_S - 900)
    search, auth = story.run(("Search endpoint", "Fix auth middleware"), title="Add product search")
    story.start(search)
    unasked(story, search, "rg -n parse_query src", OwnRule())
    unasked(story, search, "pytest -q tests/test_search.py", OwnRule(), exit_code=1)
    asked(story, search, "npm install --save-dev supertest@7", Choice.ACCEPT)
    asked(story, search, "npm ci", Choice.ACCEPT, rule=RULE)
    asked(story, search, "npm run build", Choice.ACCEPT_FOR_SESSION, waits_s=41.0)
    unasked(story, search, "npm run build", OwnRule())
    asked(story, search, "npm run seed", Choice.DECLINE, waits_s=75.0)
    asked(story, search, "git remote --verbose", Choice.DECLINE, rule=replace(RULE, id="no-remotes"))
    rule = OwnRule(rule="touch (/home/ada/.codex/rules/default.rules)")
    unasked(story, search, "touch /home/ada/marks/done", rule)
    unasked(story, search, "make all", OwnRule(problem="Codex's own rules could not be asked: no answer within 5 s"))
    unasked(story, search, "ls")
    story.start(auth)
    edits = (FileEdit(path="/home/ada/notes.md", change="add", insertions=3),)
    asked(story, auth, "", Choice.DECLINE, kind=ApprovalKind.FILE_CHANGE, files=edits)
    asked(story, auth, "curl -sS https://example.org", None, outcome=Outcome.EXPIRED, cause="the turn ended")
    asked(story, auth, "npm test -- --watch=false", None)
    story.now_s = NOW_S
    return story


def request_of(story: Story, approval: ApprovalId) -> ApprovalRequest:
    """The request of a question."""
    return story.state.approvals[approval].request
