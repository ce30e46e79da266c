"""A screen in a process of its own that shows foreign texts in every place where the program shows any.

    python -m tests.figures.shown_text FILE

FILE is a JSON list of batches, each a list of strings. The same screens are shown for each batch, with a mark in the
output before each of them (`mark`).
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from textual.screen import Screen

from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import (
    ApprovalKind,
    ApprovalRequest,
    Assessment,
    Choice,
    FormField,
    Outcome,
    PermissionEntry,
    Program,
    Question,
    QuestionOption,
)
from codex_orch_tui.domain.drafts import TaskDraft
from codex_orch_tui.domain.ids import ApprovalId, CommitId, ItemId, TaskId, TaskRef, ThreadId, TurnId
from codex_orch_tui.domain.item import Fault, FaultKind, FileEdit, ItemKind, StepStatus
from codex_orch_tui.domain.log import LogEntry, LogKind
from codex_orch_tui.domain.merge import MergePreview, Overlap, OverlapKind, Refusal, RefusalReason
from codex_orch_tui.domain.plan import Plan, TaskSpec
from codex_orch_tui.domain.review import (
    ChangeStatus,
    CommitSummary,
    DiffLine,
    EntryKind,
    FileChange,
    FilePatch,
    Hunk,
    LineKind,
    ReviewSummary,
)
from codex_orch_tui.domain.task import DiffTotals
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.policy.back_test import BackTest, RuleTest
from codex_orch_tui.policy.propose import Proposal
from codex_orch_tui.policy.rule import RuleDecision
from codex_orch_tui.services.announce import Moment, News
from codex_orch_tui.services.orchestrator import BaseInfo
from codex_orch_tui.services.policy_types import Proposals, RuleFile, Where
from codex_orch_tui.services.trust import TrustItem, TrustKind
from codex_orch_tui.ui.app import OrchApp
from codex_orch_tui.ui.bridge import Dirty
from codex_orch_tui.ui.presentation.approval_form import Option
from codex_orch_tui.ui.presentation.plan_draft import PlanDraft
from codex_orch_tui.ui.presentation.plan_form import form_of
from codex_orch_tui.ui.presentation.trust import trust_text
from codex_orch_tui.ui.screens.approval import ApprovalScreen
from codex_orch_tui.ui.screens.choose import ChooseScreen
from codex_orch_tui.ui.screens.confirm import ConfirmChoice, ConfirmScreen
from codex_orch_tui.ui.screens.for_good import ForGoodScreen
from codex_orch_tui.ui.screens.history import HistoryScreen
from codex_orch_tui.ui.screens.line import LineScreen
from codex_orch_tui.ui.screens.merge import MergeScreen
from codex_orch_tui.ui.screens.message import MessageScreen
from codex_orch_tui.ui.screens.new_task import NewTaskScreen
from codex_orch_tui.ui.screens.plan import PlanScreen
from codex_orch_tui.ui.screens.plan_task import PlanTaskScreen
from codex_orch_tui.ui.screens.policy import PolicyScreen
from codex_orch_tui.ui.screens.review import ReviewScreen
from codex_orch_tui.ui.screens.rule import RuleScreen
from codex_orch_tui.ui.screens.trust import TrustScreen
from tests.fakes.orchestrator import FakeOrchestrator
from tests.fakes.states import BASE, Story
from tests.ui.rule_scene import ROOT, SHARED, answer, past, rule

BATCH = 40
SIZE = (150, 200)
"""Rows and columns: every list of the screens shows a whole batch."""
MARK = "\x1b]1337;{}\x1b\\"
_CHOICES = (Choice.ACCEPT, Choice.ACCEPT_FOR_SESSION, Choice.DECLINE, Choice.CANCEL)
_LOG_KINDS = tuple(LogKind)
_FORM_TEXTS = 10
"""So many fields the form of a task has for texts: it is opened once for so many, as each opening takes a while."""


class Stage:
    """The app, its orchestrator, and the strings of the present batch."""

    def __init__(self, app: OrchApp, fake: FakeOrchestrator) -> None:
        self.app = app
        self.fake = fake
        self.batch: Sequence[str] = ()
        self.number = 0

    def take(self, count: int, *, skip: int = 0) -> list[str]:
        """So many strings of the batch, from the one at `skip` on, and from the beginning again after the last."""
        return list(islice(cycle(self.batch), skip, skip + count))

    async def painted(self) -> None:
        """Return when what was asked for is on screen."""
        for _ in range(2):
            done = asyncio.Event()
            self.app.call_after_refresh(done.set)
            await done.wait()

    async def draw(self) -> None:
        """Show the state as it is, without waiting for the frame gate."""
        self.app.main_screen.draw(Dirty.EVERYTHING)
        await self.painted()

    async def over(self, screen: Screen[Any], after: Callable[[], Awaitable[None]] | None = None) -> None:
        """Open a screen, look at it, leave it."""
        await self.app.push_screen(screen)
        await self.painted()
        if after is not None:
            await after()
            await self.painted()
        await self.app.pop_screen()
        await self.painted()

    @property
    def ref(self) -> TaskRef:
        """The first task."""
        return next(iter(self.fake.state.tasks))

    def tell(self, story: Story) -> None:
        """Another state."""
        self.fake.story = story
        self.fake.logs.clear()


def _run(strings: Sequence[str]) -> Story:
    """A run with a task for each string."""
    story = Story()
    specs = tuple(TaskSpec(id=f"t{number}", title=text, prompt=text) for number, text in enumerate(strings))  # type: ignore[arg-type]
    story.tell(ev.RunCreated(run="0", plan=Plan(title=strings[0], tasks=specs), base_branch=strings[0]))  # type: ignore[arg-type]
    return story


def _work(story: Story, ref: TaskRef, text: str) -> None:
    story.tell(
        ev.WorktreeCreated(
            ref=ref, worktree=Worktree(path=text, branch=text, base_branch=text, base_commit=BASE), copied=(text,)
        )
    )
    story.start(ref)


async def tasks(stage: Stage) -> None:
    """The tree of tasks, and with the first of them the top line and the terminal's title."""
    story = _run(stage.batch)
    stage.fake.root = SimpleNamespace(name=stage.batch[0])  # type: ignore[assignment]
    stage.tell(story)
    stage.app.main_screen.show_pane("tasks")
    await stage.draw()


async def worktrees(stage: Stage) -> None:
    """The table of branches, which never takes more than a part of the screen."""
    stage.app.main_screen.show_pane("worktrees")
    for part in range(0, len(stage.batch), 8):
        texts = [text.replace("/", "|") for text in stage.batch[part : part + 8]]  # of a branch the end is shown
        story = _run([f"{number}" for number in range(len(texts))])
        stage.tell(story)
        for ref, text in zip(tuple(story.state.tasks), texts, strict=True):
            _work(story, ref, text)
        await stage.draw()


async def items(stage: Stage) -> None:
    """What the workers say that they do: items, plans, faults."""
    story = _run([f"{number}" for number in range(len(stage.batch) // 2)])
    stage.tell(story)
    for ref, doing, step in zip(story.state.tasks, stage.batch[::2], stage.batch[1::2], strict=True):
        _work(story, ref, "branch")
        story.item(ref, ItemKind.COMMAND, doing, done=False)
        story.steps(ref, (step, StepStatus.IN_PROGRESS))
    stage.app.main_screen.show_pane("tasks")
    await stage.draw()
    for number, ref in enumerate(tuple(story.state.tasks)[:4]):
        text = stage.batch[number]
        story.fail(ref, Fault(kind=FaultKind.OTHER, message=text, next_step=text))
        stage.app.main_screen.go_to_task(ref)
        await stage.draw()


async def answers(stage: Stage) -> None:
    """The last message of a worker."""
    for part in range(0, len(stage.batch), 4):
        story = _run(["one"])
        stage.tell(story)
        _work(story, stage.ref, "branch")
        story.finish(stage.ref, answer="\n".join(stage.take(4, skip=part)))
        stage.app.main_screen.go_to_task(stage.ref)
        await stage.draw()


async def log(stage: Stage) -> None:
    """The log, entries of every kind with a text and a remark, and a line that is still being written."""
    story = _run(["one"])
    stage.tell(story)
    ref = next(iter(story.state.tasks))
    _work(story, ref, "branch")
    entries = [LogEntry(kind, text, 0.0, text[:12]) for kind, text in zip(cycle(_LOG_KINDS), stage.batch, strict=False)]
    stage.fake.log(ref).entries.extend(entries)
    stage.fake.log(ref).partial = LogEntry(LogKind.OUTPUT, stage.batch[0], continues=True)
    main = stage.app.main_screen
    main.current = None
    main.go_to_task(ref)
    main._open_log()
    main.show_pane("log")
    await stage.draw()


def _request(kind: ApprovalKind, texts: Sequence[str], number: int) -> ApprovalRequest:
    """A question with these texts in all of its places."""
    one, two, three, four = texts
    option = QuestionOption(label=two, description=three)
    question = Question(id="q", header=one, text=four, options=(option, option), allows_other=True)
    field = FormField(name="f", title=one, type="string", description=two, default=three)
    choice = FormField(name="c", title=four, type="enum", choices=(three, two))
    return ApprovalRequest(
        request_id=str(number),
        kind=kind,
        thread=ThreadId("thread"),
        turn=TurnId("turn-t0-1"),
        item=ItemId("ask"),
        command=one if kind in {ApprovalKind.COMMAND, ApprovalKind.STDIN} else "",
        wrapped=f"sh -c {two}" if kind is ApprovalKind.COMMAND else "",
        amendment=(three,) if kind is ApprovalKind.COMMAND else (),
        cwd=two,
        reason=three,
        host=four if kind is ApprovalKind.NETWORK else "",
        grant_root=four if kind is ApprovalKind.FILE_CHANGE else "",
        files=(FileEdit(path=one, change="update", diff=f"@@ -1 +1 @@ {two}\n-{three}\n+{four}\n"),)
        if kind is ApprovalKind.FILE_CHANGE
        else (),
        permissions=tuple(PermissionEntry(access="write", target=text) for text in texts)
        if kind is ApprovalKind.PERMISSIONS
        else (),
        questions=(question,) if kind is ApprovalKind.USER_INPUT else (),
        fields=(field, choice) if kind is ApprovalKind.ELICITATION else (),
        server=one if kind in {ApprovalKind.ELICITATION, ApprovalKind.MCP_TOOL} else "",
        url=two if kind is ApprovalKind.ELICITATION else "",
        choices=_CHOICES,
        raw_json=json.dumps({"anything": list(texts)}, ensure_ascii=False),
    )


async def cards(stage: Stage) -> None:
    """Questions of every kind on their card, and one of them with all that it carries."""
    story = _run(["one"])
    stage.tell(story)
    _work(story, stage.ref, "branch")
    kinds = tuple(ApprovalKind)
    for number in range(len(stage.batch) // 4):
        texts = stage.take(4, skip=4 * number)
        kind = kinds[(number + stage.number) % len(kinds)]
        assessment = Assessment(
            reasons=(texts[0],), programs=(Program(name=texts[1], path=texts[2], note=texts[3]),), why_asked=texts[0]
        )
        request = _request(kind, texts, number)
        approval = ApprovalId(f"epoch:{number}")
        story.tell(ev.ApprovalRequested(ref=stage.ref, approval=approval, request=request, assessment=assessment))
        await stage.draw()
        if not number:
            stage.app.main_screen.show_pane("inbox")
            await stage.painted()
            await stage.over(ApprovalScreen(story.state.approvals[approval], story.state.tasks[stage.ref]))
        story.answered(approval, Choice.DECLINE)
    stage.app.main_screen.show_pane("tasks")
    await stage.draw()


async def history(stage: Stage) -> None:
    """What was asked and what ran."""
    story = _run(stage.batch)
    stage.tell(story)
    for ref, text in zip(tuple(story.state.tasks), stage.batch, strict=True):
        story.start(ref)
        story.item(ref, ItemKind.COMMAND, text, exit_code=0)
    ref = stage.ref
    for number in range(4):
        request = _request(ApprovalKind.COMMAND, stage.take(4, skip=4 * number), number)
        story.answered(story.ask(ref, request))
    await stage.over(HistoryScreen(stage.fake, ref))  # type: ignore[arg-type]


def _change(path: str) -> FileChange:
    return FileChange(
        path=path,
        raw_path=b"x",
        status=ChangeStatus.RENAMED,
        old_kind=EntryKind.FILE,
        new_kind=EntryKind.SYMLINK,
        old_id="a" * 40,
        new_id="b" * 40,
        old_path=path,
        insertions=1,
        deletions=1,
        symlink_target=path,
        points_outside=True,
        watched="CI",
    )


async def review(stage: Stage) -> None:
    """The files, the commits and the diff."""
    story = _run(["one"])
    stage.tell(story)
    ref = stage.ref
    _work(story, ref, "branch")
    story.finish(ref)
    files = tuple(map(_change, stage.batch))
    tip = story.state.tasks[ref].tip or BASE
    commits = tuple(
        CommitSummary(id=tip, parents=(), subject=text, body=text, author=text, time_s=0.0) for text in stage.take(3)
    )
    stage.fake.summary = ReviewSummary(
        base=BASE,
        tip=tip,
        commits=commits,
        commit_count=len(commits),
        files=files,
        file_count=len(files),
        totals=DiffTotals(files=len(files), insertions=1, deletions=1),
    )
    lines = tuple(DiffLine(kind, 1, 1, text) for kind, text in zip(cycle(LineKind), stage.batch, strict=False))
    hunk = Hunk(old_start=1, old_count=1, new_start=1, new_count=1, section=stage.batch[0], lines=lines)
    stage.fake.patches = {file.path: FilePatch(change=file, hunks=(hunk,), note=file.path) for file in files}
    screen = ReviewScreen(stage.fake, ref)  # type: ignore[arg-type]

    async def read() -> None:
        async with asyncio.timeout(5):
            while screen.summary is None or screen._shown < 0:
                await asyncio.sleep(0.005)
        await stage.painted()

    await stage.over(screen, read)


async def merge(stage: Stage) -> None:
    """What a merge would do, and why it is refused."""
    story = _run([stage.batch[0]])
    stage.tell(story)
    _work(story, stage.ref, stage.batch[1])
    task = story.state.tasks[stage.ref]
    one, two, three = stage.take(3)
    commits = tuple(
        CommitSummary(id=BASE, parents=(), subject=text, body="", author=text, time_s=0.0) for text in stage.batch[:6]
    )
    preview = MergePreview(
        base_branch=one, branch=two, old=BASE, new=CommitId("b" * 40), commits=commits, commit_count=9, checkout=three
    )
    await stage.over(MergeScreen(task, preview))
    paths = stage.batch[2:]
    refusal = Refusal(
        reason=RefusalReason.OVERLAP, message=stage.batch[0], paths=tuple(paths), next_step=stage.batch[1]
    )
    overlaps = tuple(Overlap(path=text, kind=OverlapKind.EDITED) for text in paths)
    refused = MergePreview(base_branch=one, branch=two, old=BASE, new=BASE, overlaps=overlaps, refusal=refusal)
    await stage.over(MergeScreen(task, refused))


async def dialogs(stage: Stage) -> None:
    """Every other dialog that names something foreign."""
    texts = stage.batch
    await stage.over(ChooseScreen(texts[0], [Option(value=text, label=text, detail=text) for text in texts]))
    choice = ConfirmChoice(key="x", label="stop", consequence=texts[0])
    await stage.over(ConfirmScreen(texts[0], texts, (choice,)))
    await stage.over(MessageScreen(texts[0], texts[1], "\n".join(texts)))
    base = BaseInfo(branches=tuple(texts), current=texts[0], dirty=tuple(texts[:3]))
    await stage.over(NewTaskScreen(base, TaskDraft(text="\n".join(texts), model=texts[1]), TaskDraft()))


async def told(stage: Stage) -> None:
    """Toasts, the bell, notifications of the desktop and the terminal's title."""
    announcer = stage.app._announcer
    assert announcer is not None
    for part in range(0, len(stage.batch), 20):
        texts = stage.take(20, skip=part)
        stage.app.notify("\n".join(texts), title=texts[0], markup=False)
        await stage.painted()
        stage.app.main_screen.tell(texts[0])
        await stage.painted()
    for text in stage.batch:
        stage.fake.root = SimpleNamespace(name=text)  # type: ignore[assignment]
        announcer._project = text
        for sink in (announcer._bell, announcer._desktop):
            assert sink is not None
            sink.last_s = float("-inf")
        announcer.tell([News(moment=Moment.DONE, ref=stage.ref, title=text, command=text, about=text)])
    stage.app.clear_notifications()
    await stage.draw()


async def rules(stage: Stage) -> None:
    """Rules, what comes with a repository, and a rule that is made from a question."""
    texts = stage.batch
    item = TrustItem(path=SHARED, kind=TrustKind.RULES, means=texts[0], what=tuple(texts), sha256="0" * 64)
    await stage.over(TrustScreen(item, trust_text(item, ROOT), guard_s=0.0))
    stage.fake.root = ROOT
    there = tuple(
        rule(text, program=text, args=(text,), options=(text,), reason=text, match=(text,)) for text in texts[:20]
    )
    stage.fake.files_of_rules = (
        RuleFile(path=SHARED, where=Where.REPOSITORY, exists=True, is_trusted=True, rules=there, problems=(texts[1],)),
    )
    answers = (answer(past(texts[2], Outcome.DECLINED), RuleDecision.ACCEPT),)
    stage.fake.back_test = BackTest(
        total=1, rules=tuple(RuleTest(id=each.id, rule=each, answers=answers) for each in there), answers=answers
    )
    stage.fake.proposals = Proposals(
        options=(Proposal(rule=there[3], sentence=texts[3]),), texts=("\n".join(texts[4:12]),)
    )
    story = _run(["one"])
    stage.tell(story)
    _work(story, stage.ref, "branch")
    asked = story.ask(stage.ref, _request(ApprovalKind.COMMAND, texts[4:8], 0))
    approval = story.state.approvals[asked]

    async def read() -> None:
        for _ in range(5):
            await asyncio.sleep(0.01)
            await stage.painted()

    await stage.over(PolicyScreen(stage.fake, lambda _then: None), read)  # type: ignore[arg-type]
    await stage.over(RuleScreen(stage.fake, approval), read)  # type: ignore[arg-type]
    await stage.over(
        ForGoodScreen(approval, Path(f"/{texts[8]}"), is_open=lambda: True, watch=stage.fake.watch, guard_s=0.0)
    )


async def done(stage: Stage) -> None:
    """A task that stands finished, so that news of it hold."""
    story = _run(["one"])
    stage.tell(story)
    story.start(stage.ref)
    story.finish(stage.ref)
    await stage.draw()


async def plans(stage: Stage) -> None:
    """A plan with all that a navigator, a file and a person can write into it, and one of its tasks in fields."""
    texts = stage.batch
    specs = tuple(
        TaskSpec(
            id=TaskId(f"{number} {text}"),
            title=text,
            prompt=text,
            role=text,
            model=text,
            effort=text,
            parent=TaskId(text),
            depends_on=(TaskId(text),),
            paths=(text,),
            checks=(text,),
        )
        for number, text in enumerate(texts)
    )
    plan = Plan(title=texts[0], tasks=specs, spec="\n".join(texts))
    draft = PlanDraft(
        plan=plan, kept=plan, place=texts[0], base_branch=texts[0], summary="\n".join(texts), questions=tuple(texts)
    )
    screen = PlanScreen(stage.fake, stage.app.errands, draft, {})  # type: ignore[arg-type] # a fake

    async def read() -> None:
        for index in range(len(texts)):
            screen.task_list.go_to(index)
            await stage.painted()

    await stage.over(screen, read)
    roles = stage.fake.role_profiles()
    for skip in range(0, len(texts), _FORM_TEXTS):
        name, title, prompt, role, model, effort, parent, needed, path, check = stage.take(_FORM_TEXTS, skip=skip)
        spec = TaskSpec(
            id=TaskId(name),
            title=title,
            prompt=prompt,
            role=role,
            model=model,
            effort=effort,
            parent=TaskId(parent),
            depends_on=(TaskId(needed),),
            paths=(path,),
            checks=(check,),
        )
        form = form_of(spec, roles)
        await stage.over(PlanTaskScreen(form.title, form, tuple(texts[:_FORM_TEXTS]), lambda _form: specs[0]))
    await stage.over(LineScreen(texts[0], texts[1], texts[2]))


SCENES = (tasks, worktrees, items, answers, log, cards, history, review, merge, dialogs, rules, plans, done, told)


async def show(app: OrchApp, fake: FakeOrchestrator, batches: Sequence[Sequence[str]]) -> None:
    """Plays every scene with every batch, then leaves."""
    while app._announcer is None or app._driver is None:
        await asyncio.sleep(0.01)
    stage = Stage(app, fake)
    try:
        with app._context():
            for stage.number, stage.batch in enumerate(batches):
                for scene in SCENES:
                    await stage.painted()
                    app._driver.write(MARK.format(scene.__name__))
                    await scene(stage)
            await stage.painted()
    finally:
        app._driver.write(MARK.format("end"))
        app.exit(0)


async def main(file: Path) -> None:
    """Shows it all and leaves; a fault of a scene is told after the terminal was given back."""
    batches = json.loads(file.read_text(encoding="ascii"))
    fake = FakeOrchestrator(approval_guard_ms=0)
    app = OrchApp(fake)  # type: ignore[arg-type]
    shown = asyncio.create_task(show(app, fake, batches))
    await app.run_async()
    await shown


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
