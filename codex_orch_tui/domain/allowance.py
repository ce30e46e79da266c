"""Who or what allowed a command: the question that an audit has to answer for each one that ran.

Codex tells of a command that runs inside its sandbox, of one that a person let out of it and of one that its own rules
let out of it in the same words. What tells them apart is the question that was asked, or not, and what Codex's rules
say (`OwnRule`). Codex does not report every command that its sandbox stops at once; nothing here knows of such a one.
"""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from typing import assert_never

from codex_orch_tui.domain.approval import DECIDER_WORDS, Approval, ApprovalKind, Choice, Decider, Outcome
from codex_orch_tui.domain.ids import ApprovalId, ItemId, TaskRef, TurnId
from codex_orch_tui.domain.item import Item, ItemKind, ItemStatus, OwnRule
from codex_orch_tui.domain.plan import SandboxMode
from codex_orch_tui.domain.selectors import approvals_of
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import Task, Turn
from codex_orch_tui.domain.values import dataclass


class AllowanceKind(StrEnum):
    """What allowed an item, or kept it from running."""

    BY_YOU = "by_you"
    BY_CALLER = "by_caller"
    FOR_SESSION = "for_session"
    FOR_GOOD = "for_good"
    BY_RULE = "by_rule"
    CODEX_RULE = "codex_rule"
    SANDBOX = "sandbox"
    READ_ONLY_SANDBOX = "read_only_sandbox"
    FULL_ACCESS = "full_access"
    WAITS = "waits"
    DECLINED = "declined"
    DECLINED_BY_RULE = "declined_by_rule"
    REFUSED_BY_CODEX = "refused_by_codex"
    NOT_ANSWERED = "not_answered"
    NOT_KNOWN = "not_known"


DID_NOT_RUN = frozenset(
    {
        AllowanceKind.WAITS,
        AllowanceKind.DECLINED,
        AllowanceKind.DECLINED_BY_RULE,
        AllowanceKind.REFUSED_BY_CODEX,
        AllowanceKind.NOT_ANSWERED,
    }
)
"""The kinds of what has not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What allowed an item. `text` says it in a clean line.

    `approval` is the question that settled it, and `by` who answered that, if one did.
    """

    kind: AllowanceKind
    text: str
    approval: ApprovalId | None = None
    by: Decider | None = None


def allowance(state: State, task: Task, turn: Turn, item: Item) -> Allowance:
    """Who or what allowed one item; for many of them `Allowances` is quicker."""
    return Allowances(approvals_of(state, task.ref)).of(task, turn, item)


class Allowances:
    """Who or what allowed each item, given all questions that were asked."""

    def __init__(self, approvals: Iterable[Approval]) -> None:
        self._of_item: defaultdict[tuple[TaskRef, TurnId, ItemId], list[Approval]] = defaultdict(list)
        self._of_session: defaultdict[TaskRef, list[Approval]] = defaultdict(list)
        for approval in approvals:
            request = approval.request
            self._of_item[approval.ref, request.turn, request.item].append(approval)
            if approval.outcome in {Outcome.ACCEPTED_FOR_SESSION, Outcome.GRANTED}:
                self._of_session[approval.ref].append(approval)

    def of(self, task: Task, turn: Turn, item: Item) -> Allowance:
        """What allowed an item of a turn, or kept it from running."""
        asked = self._of_item.get((task.ref, turn.id, item.id), ())
        settled = [each for each in asked if each.request.kind is not ApprovalKind.STDIN]
        # A question that Codex asked again stands for the one before.
        if settled:
            return _asked(settled[-1], item, typed=len(asked) - len(settled))
        return self._unasked(task, turn, item)

    def _unasked(self, task: Task, turn: Turn, item: Item) -> Allowance:
        own = turn.own_rules.get(item.id)
        if item.status is ItemStatus.DECLINED:
            text = "refused by Codex, which asked nobody; it did not run"
            return Allowance(kind=AllowanceKind.REFUSED_BY_CODEX, text=text)
        if own is not None and own.rule:
            text = f"Codex's own rule: {own.rule}; outside the sandbox, nobody was asked"
            return Allowance(kind=AllowanceKind.CODEX_RULE, text=text)
        if (earlier := self._for_session(task, turn, item)) is not None:
            text = (
                f"accepted by {_by(earlier)} for this session, when it asked for the same before;"
                " in the sandbox unless it left it"
            )
            return Allowance(kind=AllowanceKind.FOR_SESSION, text=text, approval=earlier.id, by=earlier.by)
        if item.kind is ItemKind.MCP_TOOL:
            text = "a tool of an MCP server: Codex did not ask, and its sandbox does not hold such a server"
            return Allowance(kind=AllowanceKind.NOT_KNOWN, text=text)
        if task.spec.sandbox is SandboxMode.DANGER_FULL_ACCESS:
            return Allowance(kind=AllowanceKind.FULL_ACCESS, text="full access: no sandbox, nobody was asked")
        if item.kind is ItemKind.COMMAND and (own is None or own.problem):
            return Allowance(kind=AllowanceKind.NOT_KNOWN, text=f"not known: {_why_not_known(own, item)}")
        return _sandboxed(task.spec.sandbox, self._grants(task, turn, item))

    def _for_session(self, task: Task, turn: Turn, item: Item) -> Approval | None:
        """The earlier answer that counts for this item: Codex keeps it for the same words in the same folder."""
        for approval in reversed(self._of_session.get(task.ref, ())):
            if approval.outcome is not Outcome.ACCEPTED_FOR_SESSION or not _holds(approval, turn, item):
                continue
            accepted = _item_of(task, approval)
            if accepted is None or accepted.kind is not item.kind:
                continue
            if item.kind is ItemKind.COMMAND and (accepted.title, accepted.cwd) == (item.title, item.cwd):
                return approval
            if item.kind is ItemKind.FILE_CHANGE and _paths(item) <= _paths(accepted):
                return approval
        return None

    def _grants(self, task: Task, turn: Turn, item: Item) -> list[str]:
        """What answers have added to the sandbox by then."""
        return [
            f"{entry.access} {entry.target}"
            for approval in self._of_session.get(task.ref, ())
            if approval.outcome is Outcome.GRANTED and _holds(approval, turn, item)
            if approval.for_session or approval.request.turn == turn.id
            for position, entry in enumerate(approval.request.permissions)
            if position in approval.granted
        ]


def _asked(approval: Approval, item: Item, *, typed: int) -> Allowance:
    kind, text = _answer(approval, item)
    if typed and kind not in DID_NOT_RUN:
        text += f"; asked {typed} more time{'s' if typed > 1 else ''} about what was typed into it"
    return Allowance(kind=kind, text=text, approval=approval.id, by=approval.by)


def _answer(approval: Approval, item: Item) -> tuple[AllowanceKind, str]:
    rule, by = approval.rule, _by(approval)
    once = AllowanceKind.BY_CALLER if approval.by is Decider.CALLER else AllowanceKind.BY_YOU
    match approval.outcome:
        case Outcome.PENDING:
            told = "waits for your answer" if approval.choice is None else "decided; the answer is on its way"
            return AllowanceKind.WAITS, told
        case Outcome.BY_RULE:
            name = f"rule {rule.id} ({rule.file})" if rule is not None else "a rule"
            if approval.choice in {Choice.DECLINE, Choice.CANCEL}:
                return AllowanceKind.DECLINED_BY_RULE, f"declined by {name}; it did not run"
            return AllowanceKind.BY_RULE, f"accepted by {name}"
        case Outcome.ACCEPTED | Outcome.ANSWERED:
            return once, f"accepted by {by}"
        case Outcome.GRANTED:
            return once, f"granted by {by}"
        case Outcome.ACCEPTED_FOR_SESSION:
            return AllowanceKind.FOR_SESSION, f"accepted by {by}, for this session"
        case Outcome.ACCEPTED_FOR_GOOD:
            return AllowanceKind.FOR_GOOD, f"accepted by {by}, for good: Codex keeps a rule of its own"
        case Outcome.DECLINED:
            return AllowanceKind.DECLINED, f"declined by {by}; it did not run"
        case Outcome.CANCELLED:
            return AllowanceKind.DECLINED, f"cancelled by {by}; it did not run, and the turn ended"
        case Outcome.EXPIRED | Outcome.SUPERSEDED | Outcome.WORKER_LOST:
            return _unanswered(approval, item)
        case _:
            assert_never(approval.outcome)


def _by(approval: Approval) -> str:
    return DECIDER_WORDS[approval.by or Decider.YOU]


def _unanswered(approval: Approval, item: Item) -> tuple[AllowanceKind, str]:
    """A question that no answer of ours ended: the item ran all the same only when Codex says so."""
    why = f": {approval.cause}" if approval.cause else ""
    if item.status is ItemStatus.COMPLETED or approval.outcome is Outcome.WORKER_LOST:
        return AllowanceKind.NOT_KNOWN, f"not known: it was asked for and not settled{why}"
    return AllowanceKind.NOT_ANSWERED, f"not answered, so it did not run{why}"


def _why_not_known(own: OwnRule | None, item: Item) -> str:
    if own is not None:
        return own.problem
    if item.status is ItemStatus.IN_PROGRESS:
        return "Codex's own rules are being asked"
    return "nobody looked whether a rule of Codex's own let it run"


def _sandboxed(mode: SandboxMode, grants: list[str]) -> Allowance:
    more = f", widened by what was granted: {', '.join(dict.fromkeys(grants))}" if grants else ""
    if mode is SandboxMode.READ_ONLY:
        text = f"ran without a question: inside the sandbox, which may only read{more}"
        return Allowance(kind=AllowanceKind.READ_ONLY_SANDBOX, text=text)
    return Allowance(kind=AllowanceKind.SANDBOX, text=f"ran without a question: inside the sandbox{more}")


def _holds(approval: Approval, turn: Turn, item: Item) -> bool:
    """The answer came before the item, in the same worker process: Codex forgets it with the process."""
    epoch = approval.id.partition(":")[0]
    if turn.epoch is not None and epoch != turn.epoch:
        return False
    began_at_s = turn.began_at_s.get(item.id)
    return began_at_s is None or approval.decided_at_s is None or approval.decided_at_s <= began_at_s


def _item_of(task: Task, approval: Approval) -> Item | None:
    """The item that a question was about."""
    request = approval.request
    turn = next((turn for turn in task.turns if turn.id == request.turn), None)
    return next((item for item in turn.items if item.id == request.item), None) if turn is not None else None


def _paths(item: Item) -> frozenset[str]:
    return frozenset(edit.path for edit in item.files)
