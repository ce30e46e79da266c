"""The history: every question that was asked and every command that ran, of all runs, with who or what allowed it."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from codex_orch_tui.domain.allowance import DID_NOT_RUN, Allowance, AllowanceKind, Allowances
from codex_orch_tui.domain.approval import (
    DECIDER_WORDS,
    Approval,
    ApprovalKind,
    Choice,
    Decider,
    Outcome,
    granted_words,
)
from codex_orch_tui.domain.ids import ItemId, TaskRef
from codex_orch_tui.domain.item import Item, ItemKind
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import Task, Turn
from codex_orch_tui.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """A question with what followed from it, or a command that ran without one. Times are seconds since the epoch.

    `title` is one clean line. `approval` is the question; for a command that an earlier answer allowed, it is None and
    `allowance.approval` names that question. `allowance` is None for a question that is about no item.
    """

    key: str
    ref: TaskRef
    at_s: float
    title: str
    kind: ApprovalKind
    approval: Approval | None = None
    turn: Turn | None = None
    item: Item | None = None
    allowance: Allowance | None = None

    @property
    def was_asked(self) -> bool:
        """Somebody, or a rule, was asked about exactly this."""
        return self.approval is not None

    @property
    def did_run(self) -> bool:
        """It is a command, an edit or a call that was begun."""
        if self.item is None:
            return False
        return self.allowance is None or self.allowance.kind not in DID_NOT_RUN

    @property
    def waited_s(self) -> float | None:
        """From the question to the decision, or to its end without one; None for what waits or was not asked."""
        if self.approval is None or self.approval.decided_at_s is None:
            return None
        return max(0.0, self.approval.decided_at_s - self.approval.asked_at_s)


class Asked(StrEnum):
    """Which entries are wanted."""

    ALL = "all"
    ASKED = "asked"
    UNASKED = "unasked"


class Ending(StrEnum):
    """How it was decided, in as few words as a filter needs."""

    WAITS = "waits"
    ACCEPTED = "accepted"
    BY_RULE = "by_rule"
    CODEX_RULE = "codex_rule"
    SANDBOX = "sandbox"
    NO_SANDBOX = "no_sandbox"
    DECLINED = "declined"
    NOT_ANSWERED = "not_answered"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFilter:
    """What is wanted of the history. None and empty want everything."""

    task: TaskRef | None = None
    kind: ApprovalKind | None = None
    ending: Ending | None = None
    asked: Asked = Asked.ALL
    text: str = ""

    def wants(self, entry: HistoryEntry) -> bool:
        """Whether an entry is one of them."""
        return (
            self.task in {None, entry.ref}
            and self.kind in {None, entry.kind}
            and (self.asked is Asked.ALL or entry.was_asked is (self.asked is Asked.ASKED))
            and self.ending in {None, ending_of(entry)}
            and (not self.text or _holds(entry, self.text.casefold()))
        )


class HistoryEntries:
    """Makes the history of one state after the other; what belongs to a turn is made anew only when that changed."""

    def __init__(self) -> None:
        self._kept: dict[tuple[TaskRef, int], tuple[object, tuple[Approval, ...], tuple[HistoryEntry, ...]]] = {}

    def newest_first(self, state: State) -> tuple[HistoryEntry, ...]:
        """All entries."""
        approvals: dict[TaskRef, list[Approval]] = {}
        for approval in state.approvals.values():
            approvals.setdefault(approval.ref, []).append(approval)
        entries: list[HistoryEntry] = []
        for task in state.tasks.values():
            entries.extend(self._of_task(task, tuple(approvals.get(task.ref, ()))))
        entries.sort(key=lambda entry: entry.at_s, reverse=True)
        return tuple(entries)

    def _of_task(self, task: Task, approvals: tuple[Approval, ...]) -> Iterator[HistoryEntry]:
        allowances: Allowances | None = None
        for index, turn in enumerate(task.turns):
            kept = self._kept.get((task.ref, index))
            if kept is None or kept[0] is not turn or not _same(kept[1], approvals):
                allowances = allowances or Allowances(approvals)
                kept = turn, approvals, tuple(_of_turn(task, turn, approvals, allowances))
                self._kept[task.ref, index] = kept
            yield from kept[2]
        known = {turn.id for turn in task.turns}
        for approval in approvals:
            if approval.request.turn not in known:
                yield _question(task, approval, None, None, None)


def ending_of(entry: HistoryEntry) -> Ending:
    """How it was decided."""
    approval = entry.approval
    if approval is not None:
        return _ending_of_question(approval)
    match entry.allowance.kind if entry.allowance is not None else AllowanceKind.NOT_KNOWN:
        case AllowanceKind.SANDBOX | AllowanceKind.READ_ONLY_SANDBOX:
            return Ending.SANDBOX
        case AllowanceKind.CODEX_RULE:
            return Ending.CODEX_RULE
        case AllowanceKind.FULL_ACCESS:
            return Ending.NO_SANDBOX
        case AllowanceKind.FOR_SESSION | AllowanceKind.BY_YOU | AllowanceKind.BY_CALLER | AllowanceKind.FOR_GOOD:
            return Ending.ACCEPTED
        case AllowanceKind.REFUSED_BY_CODEX | AllowanceKind.DECLINED | AllowanceKind.DECLINED_BY_RULE:
            return Ending.DECLINED
        case _:
            return Ending.NOT_KNOWN


def allowed_line(entry: HistoryEntry) -> str:
    """Who or what allowed it, or kept it from running, as a sentence without its full stop."""
    is_typing = entry.kind is ApprovalKind.STDIN  # the item is the program that it was typed into
    if entry.allowance is not None and not is_typing:
        return entry.allowance.text
    return decided_text(entry.approval) if entry.approval is not None else "not known"


def decided_text(approval: Approval) -> str:
    """How a question was decided, and by whom."""
    by = DECIDER_WORDS[approval.by or Decider.YOU]
    match approval.outcome:
        case Outcome.PENDING:
            return "waits for you" if approval.choice is None else "decided; on its way to the worker"
        case Outcome.BY_RULE:
            verb = "declined" if approval.choice in {Choice.DECLINE, Choice.CANCEL} else "accepted"
            return f"{verb} by {rule_text(approval)}" if approval.rule is not None else f"{verb} by a rule"
        case Outcome.EXPIRED | Outcome.SUPERSEDED | Outcome.WORKER_LOST:
            cause = f": {approval.cause}" if approval.cause else ""
            return f"{approval.outcome.replace('_', ' ')}{cause}"
        case Outcome.GRANTED:
            span = "the session" if approval.for_session else "the turn"
            return f"granted by {by} for {span}: {granted_words(approval.request, approval.granted) or 'nothing'}"
        case _:
            words = approval.outcome.replace("_for_session", " for this session").replace("_for_good", " for good")
            return f"{words} by {by}"


def rule_text(approval: Approval) -> str:
    """The rule that decided, with its file and the beginning of its hash; empty where none did."""
    rule = approval.rule
    return f"rule {rule.id} in {rule.file} ({rule.sha256[:12]})" if rule is not None else ""


def ran_commands(entries: Iterable[HistoryEntry]) -> tuple[HistoryEntry, ...]:
    """The commands among them that ran, each once: what was typed into one is no command of its own."""
    found: dict[tuple[TaskRef, str, str], HistoryEntry] = {}
    for entry in entries:
        if entry.did_run and entry.item is not None and entry.turn is not None and entry.item.kind is ItemKind.COMMAND:
            key = entry.ref, str(entry.turn.id), str(entry.item.id)
            if key not in found or found[key].kind is ApprovalKind.STDIN:
                found[key] = entry
    return tuple(found.values())


def _ending_of_question(approval: Approval) -> Ending:
    match approval.outcome:
        case Outcome.PENDING:
            return Ending.WAITS
        case Outcome.BY_RULE:
            return Ending.DECLINED if approval.choice in {Choice.DECLINE, Choice.CANCEL} else Ending.BY_RULE
        case Outcome.DECLINED | Outcome.CANCELLED:
            return Ending.DECLINED
        case Outcome.EXPIRED | Outcome.SUPERSEDED:
            return Ending.NOT_ANSWERED
        case Outcome.WORKER_LOST:
            return Ending.NOT_KNOWN
        case _:
            return Ending.ACCEPTED


def _of_turn(task: Task, turn: Turn, approvals: tuple[Approval, ...], allowances: Allowances) -> Iterator[HistoryEntry]:
    items = {item.id: item for item in turn.items}
    asked: set[ItemId] = set()
    for approval in approvals:
        if approval.request.turn != turn.id:
            continue
        item = items.get(approval.request.item)
        if item is not None:
            asked.add(item.id)
        yield _question(task, approval, turn, item, allowances)
    for item in turn.items:
        if item.kind is ItemKind.COMMAND and item.id not in asked:
            yield HistoryEntry(
                key=f"{task.ref}:{turn.id}:{item.id}",
                ref=task.ref,
                at_s=turn.began_at_s.get(item.id, turn.started_at_s),
                title=item.title,
                kind=ApprovalKind.COMMAND,
                turn=turn,
                item=item,
                allowance=allowances.of(task, turn, item),
            )


def _question(
    task: Task, approval: Approval, turn: Turn | None, item: Item | None, allowances: Allowances | None
) -> HistoryEntry:
    allowed = None
    if allowances is not None and turn is not None and item is not None:
        allowed = allowances.of(task, turn, item)
    return HistoryEntry(
        key=f"approval:{approval.id}",
        ref=task.ref,
        at_s=approval.asked_at_s,
        title=_title(approval),
        kind=approval.request.kind,
        approval=approval,
        turn=turn,
        item=item,
        allowance=allowed,
    )


def _title(approval: Approval) -> str:
    """What was asked for, in a line."""
    request = approval.request
    match request.kind:
        case ApprovalKind.COMMAND | ApprovalKind.STDIN:
            told = request.command
        case ApprovalKind.NETWORK:
            told = f"reach {request.host}"
        case ApprovalKind.FILE_CHANGE:
            told = ", ".join(edit.path for edit in request.files) or request.grant_root
        case ApprovalKind.PERMISSIONS:
            told = ", ".join(f"{entry.access} {entry.target}" for entry in request.permissions)
        case ApprovalKind.USER_INPUT:
            told = " / ".join(question.text or question.header for question in request.questions)
        case ApprovalKind.ELICITATION | ApprovalKind.MCP_TOOL:
            told = f"{request.server}: {request.reason}" if request.reason else request.server
    return " ⏎ ".join(line.strip() for line in told.strip().split("\n") if line.strip()) or request.kind.value


def _holds(entry: HistoryEntry, needle: str) -> bool:
    approval = entry.approval
    texts = [entry.title, entry.ref.task, entry.allowance.text if entry.allowance is not None else ""]
    if approval is not None:
        texts += [approval.request.command, approval.request.reason, approval.message, approval.cause]
        texts += [approval.rule.id] if approval.rule is not None else []
    return any(needle in text.casefold() for text in texts)


def _same(one: tuple[Approval, ...], other: tuple[Approval, ...]) -> bool:
    return len(one) == len(other) and all(left is right for left, right in zip(one, other, strict=True))
