"""States for tests and pictures, built from events through the real reducer."""

from collections.abc import Iterable

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import ApprovalKind, ApprovalRequest, Choice
from codex_orch_tui.domain.ids import (
    ApprovalId,
    CommitId,
    EpochId,
    ItemId,
    RunId,
    TaskId,
    TaskRef,
    ThreadId,
    TurnId,
    slug,
)
from codex_orch_tui.domain.item import (
    Fault,
    FaultKind,
    FileEdit,
    Item,
    ItemKind,
    ItemStatus,
    OwnRule,
    PlanStep,
    StepStatus,
    TurnStatus,
    Usage,
)
from codex_orch_tui.domain.plan import Plan, Role, TaskSpec
from codex_orch_tui.domain.reducer import reduce
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import DiffTotals, TaskCommit
from codex_orch_tui.domain.worktree import Worktree

NOW_S = 1_763_642_400.0
"""A fixed moment: 20 November 2025, 12:40 UTC."""
BASE = CommitId("4f1c2aa" + "0" * 33)


class Story:
    """Tells events at a clock of its own and holds the state that they make.

    Args:
        start_s: when it begins, seconds since the epoch.
    """

    def __init__(self, start_s: float = NOW_S) -> None:
        self.now_s = start_s
        self.state = State()
        self._turns: dict[TaskRef, int] = {}

    def tell(self, event: ev.Event, *, after_s: float = 0.0) -> ev.Recorded:
        """One event, `after_s` seconds after the one before."""
        self.now_s += after_s
        recorded = ev.Recorded(seq=self.state.seq + 1, at_s=self.now_s, event=event)
        self.state = reduce(self.state, recorded)
        return recorded

    def run(self, titles: Iterable[str], *, title: str | None = None, base: str = "main") -> tuple[TaskRef, ...]:
        """A run with a queued task for each title; its id counts up."""
        run = RunId(f"1120-1240-{len(self.state.runs):04x}")
        names = tuple(titles)
        specs = tuple(
            TaskSpec(id=TaskId(slug(name)), title=name, prompt=f"{name}.", role=Role.IMPLEMENTER) for name in names
        )
        self.tell(ev.RunCreated(run=run, plan=Plan(title=title or names[0], tasks=specs), base_branch=base))
        return self.state.runs[run].tasks

    def begin(self, plan: Plan, *, base: str = "main", proposed_by: TaskRef | None = None) -> tuple[TaskRef, ...]:
        """A run of a plan; its id counts up."""
        run = RunId(f"1120-1240-{len(self.state.runs):04x}")
        self.tell(ev.RunCreated(run=run, plan=plan, base_branch=base, proposed_by=proposed_by))
        return self.state.runs[run].tasks

    def start(self, ref: TaskRef, *, prompt: str | None = None, after_s: float = 1.0) -> TurnId:
        """Worktree, worker, thread where they are missing, and a running turn."""
        task = self.state.tasks[ref]
        self.tell(ev.TaskStarted(ref=ref), after_s=after_s)
        if task.worktree is None:
            self.tell(ev.WorktreeCreated(ref=ref, worktree=worktree(ref)))
        if task.worker is None:
            epoch = EpochId(f"epoch-{ref.task}")
            self.tell(ev.WorkerStarted(ref=ref, epoch=epoch, pid=4242, process_started_s=self.now_s, version="0.163.0"))
        if task.thread is None:
            thread = ThreadId(f"0199-{ref.task}")
            self.tell(ev.ThreadOpened(ref=ref, thread=thread, resumed=False))
        number = len(self.state.tasks[ref].turns) + 1
        turn = TurnId(f"turn-{ref.task}-{number}")
        self.tell(ev.TurnStarted(ref=ref, turn=turn, prompt=prompt or task.spec.prompt), after_s=after_s)
        return turn

    def turn(self, ref: TaskRef) -> TurnId:
        """The task's last turn."""
        last = self.state.tasks[ref].turn
        assert last is not None
        return last.id

    def item(
        self,
        ref: TaskRef,
        kind: ItemKind,
        title: str,
        *,
        done: bool = True,
        exit_code: int | None = None,
        files: tuple[FileEdit, ...] = (),
        answer: str = "",
        after_s: float = 2.0,
    ) -> None:
        """An item of the task's last turn, begun and (with `done`) ended."""
        task = self.state.tasks[ref]
        assert task.turn is not None
        item_id = ItemId(f"item-{ref.task}-{task.turn.number}-{len(task.turn.items)}")
        item = Item(id=item_id, kind=kind, title=title, files=files)
        self.tell(ev.ItemStarted(ref=ref, turn=task.turn.id, item=item), after_s=after_s)
        if kind is ItemKind.COMMAND:
            self.tell(ev.CommandAllowed(ref=ref, turn=task.turn.id, item=item_id, own_rule=OwnRule()))
        if done:
            status = ItemStatus.FAILED if exit_code else ItemStatus.COMPLETED
            item = Item(
                id=item_id,
                kind=kind,
                title=title,
                files=files,
                status=status,
                exit_code=exit_code,
                duration_ms=int(after_s * 1000),
            )
            self.tell(ev.ItemCompleted(ref=ref, turn=task.turn.id, item=item, answer=answer), after_s=after_s)

    def steps(self, ref: TaskRef, *steps: tuple[str, StepStatus]) -> None:
        """The worker's plan."""
        told = tuple(PlanStep(text=text, status=status) for text, status in steps)
        self.tell(ev.PlanUpdated(ref=ref, turn=self.turn(ref), steps=told))

    def ask(self, ref: TaskRef, request: ApprovalRequest | None = None, *, after_s: float = 1.0) -> ApprovalId:
        """A question of the task's worker."""
        number = len(self.state.approvals)
        request = request or command_request(self, ref, number=number)
        approval = ApprovalId(f"epoch-{ref.task}:{number}")
        self.tell(ev.ApprovalRequested(ref=ref, approval=approval, request=request), after_s=after_s)
        return approval

    def finish(self, ref: TaskRef, *, answer: str = "Done.", commits: int = 1, files: int = 3) -> None:
        """The turn ends, its edits are committed, the task waits for review."""
        self.item(ref, ItemKind.AGENT_MESSAGE, answer.splitlines()[0], answer=answer)
        self.tell(ev.UsageUpdated(ref=ref, usage=Usage(input_tokens=90_000, output_tokens=4_000, total_tokens=94_000)))
        self.tell(ev.TurnEnded(ref=ref, turn=self.turn(ref), status=TurnStatus.COMPLETED), after_s=1.0)
        title = self.state.tasks[ref].spec.title
        for number in range(commits):
            commit = TaskCommit(
                id=CommitId(f"{hash_of(ref, number)}"), subject=title, files=files, insertions=142, deletions=18
            )
            totals = DiffTotals(files=files, insertions=142, deletions=18)
            self.tell(ev.CommitMade(ref=ref, commit=commit, totals=totals))
        if not commits:
            self.tell(ev.NothingToCommit(ref=ref))
        self.tell(ev.TaskFinished(ref=ref))

    def fail(self, ref: TaskRef, fault: Fault) -> None:
        """The turn fails."""
        self.tell(ev.TurnEnded(ref=ref, turn=self.turn(ref), status=TurnStatus.FAILED, fault=fault), after_s=1.0)

    def merge(self, ref: TaskRef) -> None:
        """The base branch takes the task's commits; its worktree is removed."""
        new = self.state.tasks[ref].tip or BASE
        base = self.state.tasks[ref].base_branch
        self.tell(ev.MergeStarted(ref=ref, base_branch=base, old=BASE, new=new), after_s=5.0)
        self.tell(ev.MergeFinished(ref=ref, base_branch=base, old=BASE, new=new))
        self.tell(ev.WorktreeRemoved(ref=ref))

    def answered(self, approval: ApprovalId, choice: Choice = Choice.ACCEPT) -> None:
        """A person's decision, and its delivery."""
        ref = self.state.approvals[approval].ref
        self.tell(ev.ApprovalDecided(ref=ref, approval=approval, choice=choice), after_s=4.0)
        self.tell(ev.AnswerSent(ref=ref, approval=approval))


def hash_of(ref: TaskRef, number: int = 0) -> str:
    """A commit id that is the same in every process."""
    digits = "".join(f"{ord(letter) % 16:x}" for letter in f"{ref.task}{number}{ref.run}")
    return (digits * 40)[:40]


def worktree(ref: TaskRef, *, base: str = "main") -> Worktree:
    """Where a task of the fakes works."""
    return Worktree(
        path=f"/home/ada/shop-api/.orchestrator/worktrees/{ref.run}/{ref.task}",
        branch=f"orch/20251120/run-{ref.run}/{ref.task}",
        base_branch=base,
        base_commit=BASE,
    )


def command_request(story: Story, ref: TaskRef, *, number: int = 0, command: str = "") -> ApprovalRequest:
    """A command that wants to leave the sandbox."""
    return ApprovalRequest(
        request_id=str(number),
        kind=ApprovalKind.COMMAND,
        thread=story.state.tasks[ref].thread or ThreadId("thread"),
        turn=story.turn(ref),
        item=ItemId(f"ask-{number}"),
        command=command or "npm install --save-dev supertest@7",
        cwd=worktree(ref).path,
        reason="supertest is needed by the new integration test",
        choices=(Choice.ACCEPT, Choice.ACCEPT_FOR_SESSION, Choice.DECLINE, Choice.CANCEL),
    )


NOT_LOGGED_IN = Fault(
    kind=FaultKind.NOT_LOGGED_IN, message="Codex is not logged in", next_step="run: codex login, then c continues"
)


def shop() -> Story:
    """The state of the main picture: each kind of task once, one open question."""
    story = Story(NOW_S - 400)
    search, auth, typo, limits = story.run(
        ("Search endpoint", "Fix auth middleware", "Correct the docs", "Rate limits"), title="Add product search"
    )
    story.start(typo)
    story.item(typo, ItemKind.FILE_CHANGE, "README.md", files=(_edit("README.md", 2, 2),))
    story.finish(typo, answer="I corrected the two misspelt names in README.md.\nNothing else changed.", files=1)
    story.start(search, after_s=20)
    story.steps(search, ("read routes and models", StepStatus.COMPLETED), ("write search.py", StepStatus.IN_PROGRESS))
    story.steps(
        search,
        ("read routes and models", StepStatus.COMPLETED),
        ("write search.py", StepStatus.IN_PROGRESS),
        ("tests", StepStatus.PENDING),
    )
    story.item(search, ItemKind.REASONING, "Reading src/api/routes.py")
    story.item(search, ItemKind.FILE_CHANGE, "src/api/search.py", files=(_edit("src/api/search.py", 84, 0),))
    story.item(search, ItemKind.COMMAND, "pytest -q tests/test_search.py", exit_code=1, after_s=4.2)
    story.item(search, ItemKind.COMMAND, "pytest -q tests/test_search.py", done=False)
    story.start(auth, after_s=30)
    story.item(auth, ItemKind.FILE_CHANGE, "src/auth.py", files=(_edit("src/auth.py", 12, 3),))
    story.ask(auth, after_s=20)
    (old,) = story.run(("Upgrade the linter",))
    story.start(old)
    story.fail(old, NOT_LOGGED_IN)
    (done,) = story.run(("Health endpoint",))
    story.start(done)
    story.finish(done, answer="GET /health answers 200.")
    story.merge(done)
    story.now_s = NOW_S
    assert limits in story.state.tasks
    return story


def _edit(path: str, insertions: int, deletions: int) -> FileEdit:
    return FileEdit(path=path, change="update", insertions=insertions, deletions=deletions)


def many(count: int, *, working: int = 8) -> Story:
    """A run of `count` tasks, of which `working` are in a turn and some have ended."""
    story = Story(NOW_S - 1_000)
    refs = story.run([f"Task number {number:04}" for number in range(count)], title="A long plan")
    for ref in refs[:working]:
        story.start(ref, after_s=0.0)
        story.item(ref, ItemKind.COMMAND, "pytest -q", after_s=0.0)
    for ref in refs[working : working + count // 4]:
        story.start(ref, after_s=0.0)
        story.finish(ref)
    story.now_s = NOW_S
    return story


def at_rest(count: int) -> Story:
    """A run of `count` tasks of which the first have ended with their workers still there; no turn is running."""
    story = Story(NOW_S - 1_000)
    refs = story.run([f"Task number {number:04}" for number in range(count)], title="A long plan")
    for ref in refs[: min(8, count)]:
        story.start(ref, after_s=0.0)
        story.finish(ref)
    story.now_s = NOW_S
    return story
