"""A plan on screen: as a tree, as waves, and all that is known of one task."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len

from codex_orch_tui.domain.ids import TaskId
from codex_orch_tui.domain.plan import ApprovalPolicy, Plan, RoleName, SandboxMode, TaskSpec
from codex_orch_tui.domain.plan_edit import tree_order
from codex_orch_tui.domain.plan_graph import working_graph
from codex_orch_tui.domain.secrets import holds_mark
from codex_orch_tui.domain.task import TaskState
from codex_orch_tui.domain.terminal_text import clean_line, clean_text
from codex_orch_tui.plans.problem import PlanProblem
from codex_orch_tui.plans.structure import problems_of
from codex_orch_tui.ui.presentation.glyphs import TASK_LOOKS, Look, Tone
from codex_orch_tui.ui.presentation.new_task import POLICY_WORDS, SANDBOX_WORDS, limits_words
from codex_orch_tui.ui.presentation.paragraphs import BLANK, Paragraph, aligned, labelled
from codex_orch_tui.ui.presentation.plan_draft import PlanDraft
from codex_orch_tui.ui.presentation.rows import Row, Sheet
from codex_orch_tui.ui.presentation.status import Piece, StatusLine

TOP = "plan"
"""The key of the row of the plan itself."""
_TO_DO = Look("to do", "○", "o")
_WRONG = Look("wrong", "✗", "x", Tone.BAD)
_GROUP = Look("group", "▪", "#")
_FIELD_WORDS = {"depends_on": "after", "parent": "part of", "tasks": ""}
"""A field as the dialog calls it."""
_MAX_AFTER_CELLS = 30
_MAX_PROBLEMS_AT_TOP = 8
_EMPTY = "No tasks yet: a adds one, o opens a file with a plan."
_MAX_SPEC_CHARS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """What follows from a plan. Made by `facts_of`, which takes a while for thousands of tasks."""

    plan: Plan
    problems: tuple[PlanProblem, ...] = ()
    waves: tuple[tuple[TaskId, ...], ...] = ()
    """Empty while something is wrong."""
    by_task: Mapping[int, tuple[PlanProblem, ...]] = field(default_factory=dict)
    order: tuple[tuple[int, int], ...] = ()
    keys: tuple[str, ...] = ()
    """The key of each task's row: its id, with a number where the id comes again."""
    states: Mapping[TaskId, TaskState] = field(default_factory=dict)
    """Of a plan that runs."""
    wave_of: Mapping[TaskId, int] = field(default_factory=dict)
    dependents: Mapping[TaskId, tuple[TaskId, ...]] = field(default_factory=dict)
    remarks: Mapping[TaskId, str] = field(default_factory=dict)
    """What is odd about a task and no mistake."""

    @property
    def work(self) -> tuple[TaskSpec, ...]:
        """The tasks that do something."""
        return tuple(task for task in self.plan.tasks if not task.is_group)


def facts_of(plan: Plan, roles: frozenset[RoleName], *, is_running: bool = False) -> PlanFacts:
    """What is wrong with a plan, its waves, the order of its rows.

    Args:
        plan: The plan.
        roles: The names of the roles that there are.
        is_running: It was approved: a role that is gone since then is no mistake of it.
    """
    problems = () if is_running else (*problems_of(plan.tasks, roles), *_lost_secrets(plan.tasks))
    by_task: defaultdict[int, list[PlanProblem]] = defaultdict(list)
    for problem in problems:
        if problem.index is not None:
            by_task[problem.index].append(problem)
    waves = () if problems else working_graph(plan.tasks)[0].waves()
    dependents: defaultdict[TaskId, list[TaskId]] = defaultdict(list)
    count: Counter[TaskId] = Counter()
    keys = []
    for task in plan.tasks:
        for one in task.depends_on:
            dependents[one].append(task.id)
        count[task.id] += 1
        keys.append(f"task {task.id}" if count[task.id] == 1 else f"task {task.id}#{count[task.id]}")
    return PlanFacts(
        plan=plan,
        problems=problems,
        waves=waves,
        by_task={index: tuple(found) for index, found in by_task.items()},
        order=tuple(tree_order(plan.tasks)),
        keys=tuple(keys),
        wave_of={task: number for number, wave in enumerate(waves, 1) for task in wave},
        dependents={task: tuple(found) for task, found in dependents.items()},
    )


def _lost_secrets(tasks: Sequence[TaskSpec]) -> Iterator[PlanProblem]:
    for index, task in enumerate(tasks):
        if holds_mark(task.prompt):
            told = "a secret stood here, which is not kept: write in its place where the worker finds it"
            yield PlanProblem(index=index, task=task.id, field="prompt", message=told)


class PlanRows:
    """Makes rows of a plan, with the folds of the tree.

    Args:
        ascii_only: Signs for terminals without the others.
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        self.ascii_only = ascii_only
        self.folded: set[str] = set()

    def tree(self, facts: PlanFacts, width: int) -> Sheet:
        """Each task below what it is part of, its problems below it."""
        parents = {task.parent for task in facts.plan.tasks}
        rows = list(self._top(facts))
        above: list[tuple[int, str]] = []
        hidden_below: int | None = None
        for index, depth in facts.order:
            if hidden_below is not None and depth > hidden_below:
                continue
            hidden_below = None
            while above and above[-1][0] >= depth:
                above.pop()
            key = facts.keys[index]
            is_parent = facts.plan.tasks[index].id in parents
            is_open = (key not in self.folded) if is_parent else None
            rows.append(
                self._task(facts, index, width, depth=depth, is_open=is_open, parent=above[-1][1] if above else TOP)
            )
            rows += self._problems(facts.by_task.get(index, ()), key, depth + 1)
            above.append((depth, key))
            if is_open is False:
                hidden_below = depth
        return _sheet(rows)

    def waves(self, facts: PlanFacts, width: int) -> Sheet:
        """The tasks that could run side by side, wave by wave."""
        rows = list(self._top(facts))
        index_of = {task.id: index for index, task in enumerate(facts.plan.tasks)}
        for number, wave in enumerate(facts.waves, 1):
            key = f"wave {number}"
            is_open = key not in self.folded
            count = f"{len(wave):,} side by side" if len(wave) > 1 else "1 task"
            rows.append(
                Row(key=key, text=f"Wave {number}", text_tone=Tone.ACCENT, is_open=is_open, remark=count, is_free=True)
            )
            if is_open:
                rows += (self._task(facts, index_of[task], width, depth=1, is_open=None, parent=key) for task in wave)
        if not facts.waves and facts.problems:
            told = "There are waves when nothing is wrong any more. v shows the tree."
            rows.append(Row(key="no waves", text=told, text_tone=Tone.QUIET, is_free=True))
        return _sheet(rows)

    def _top(self, facts: PlanFacts) -> Iterator[Row]:
        yield Row(
            key=TOP,
            text=clean_line(facts.plan.title) or "untitled plan",
            text_tone=Tone.ACCENT,
            remark=size_of(facts),
            is_free=True,
        )
        if facts.plan.tasks:
            yield from self._problems([problem for problem in facts.problems if problem.index is None], TOP, 1)
        else:
            yield Row(key="empty", text=_EMPTY, text_tone=Tone.QUIET, is_free=True)

    def _problems(self, problems: Sequence[PlanProblem], parent: str, depth: int) -> Iterator[Row]:
        for number, problem in enumerate(problems):
            yield Row(
                key=f"{parent}!{number}",
                parent=parent,
                depth=depth,
                sign=_WRONG.sign(ascii_only=self.ascii_only),
                sign_tone=Tone.BAD,
                text=_told(problem),
                text_tone=Tone.BAD,
                is_free=True,
            )

    def _task(self, facts: PlanFacts, index: int, width: int, *, depth: int, is_open: bool | None, parent: str) -> Row:
        task = facts.plan.tasks[index]
        state = facts.states.get(task.id)
        is_wrong = index in facts.by_task
        look = _WRONG if is_wrong else _GROUP if task.is_group else _TO_DO if state is None else TASK_LOOKS[state]
        word = task.level.value.replace("_", " ") if task.is_group else str(task.role)
        return Row(
            key=facts.keys[index],
            parent=parent,
            depth=depth,
            is_open=is_open,
            sign=look.sign(ascii_only=self.ascii_only),
            sign_tone=look.tone,
            text=clean_line(task.title),
            text_tone=Tone.PLAIN,
            remark=clean_line(word if state is None or task.is_group else f"{word} · {TASK_LOOKS[state].word}"),
            tail=_after(task, width),
            is_free=False,
        )


def _sheet(rows: Sequence[Row]) -> Sheet:
    tasks = [row for row in rows if not row.is_free]
    return Sheet(
        rows,
        remark_cells=max((cell_len(row.remark) for row in tasks), default=0),
        tail_cells=max((cell_len(row.tail) for row in tasks), default=0),
    )


def _after(task: TaskSpec, width: int) -> str:
    """What it waits for, in as many words as there is room for."""
    if not task.depends_on:
        return ""
    room = min(_MAX_AFTER_CELLS, width // 3)
    names = list(map(clean_line, task.depends_on))
    shown = f"after {', '.join(names)}"
    if cell_len(shown) <= room:
        return shown
    shown = f"after {names[0]} +{len(names) - 1}" if len(names) > 1 else f"after {names[0]}"
    return shown if cell_len(shown) <= room else f"after {len(names)}"


def _told(problem: PlanProblem) -> str:
    field = problem.field.partition("[")[0]
    field = _FIELD_WORDS.get(field, field)
    return clean_line(f"{field}: {problem.message}" if field else problem.message)


def size_of(facts: PlanFacts) -> str:
    """How large a plan is: `7 tasks · 3 waves`."""
    count = len(facts.work)
    told = "1 task" if count == 1 else f"{count:,} tasks"
    waves = len(facts.waves)
    return f"{told} · {waves:,} wave{'s' if waves != 1 else ''}" if waves else told


def head_line(facts: PlanFacts | None, draft: PlanDraft, *, waiting: int, of_run: str = "") -> StatusLine:
    """The line at the top."""
    left = [Piece("Plan"), Piece(draft.standing, Tone.PLAIN)]
    if draft.origin:
        left.append(Piece(clean_line(draft.origin), rank=2))
    left.append(Piece(clean_line(f"from {draft.base_branch}"), rank=3))
    if facts is None:
        return StatusLine((*left, Piece("looking it over…", rank=1)), (), ())
    marks = []
    if waiting:
        marks.append(Piece(f"! {waiting} need{'s' if waiting == 1 else ''} you", Tone.ASKS))
    if not facts.plan.tasks:
        marks.append(Piece("no tasks yet"))
    elif facts.problems:
        marks.append(Piece(f"✗ {len(facts.problems):,} problem{'s' if len(facts.problems) != 1 else ''}", Tone.BAD))
    elif draft.is_changed:
        marks.append(Piece("changed, not in force" if of_run else "changed, not saved", rank=1))
        marks.append(Piece("nothing wrong", Tone.GOOD, rank=2))
    else:
        marks.append(Piece(of_run) if of_run else Piece("nothing wrong", Tone.GOOD))
    return StatusLine(tuple(left), tuple(marks), ())


def plan_details(facts: PlanFacts, draft: PlanDraft) -> tuple[Paragraph, ...]:
    """All that is known of the plan itself."""
    told: list[Paragraph] = [Paragraph(text=clean_line(facts.plan.title) or "untitled plan", is_strong=True)]
    whole = [problem for problem in facts.problems if problem.index is None]
    elsewhere = len(facts.problems) - len(whole)
    if facts.plan.tasks:
        told += [Paragraph(text=f"✗ {_told(problem)}", tone=Tone.BAD) for problem in whole[:_MAX_PROBLEMS_AT_TOP]]
    if elsewhere:
        told.append(Paragraph(text=f"✗ {elsewhere:,} problems stand beside their tasks.", tone=Tone.BAD))
    roles = Counter(str(task.role) for task in facts.work)
    said = [
        labelled("tasks", ", ".join(f"{count:,} {clean_line(role)}" for role, count in roles.items()) or "none yet"),
        labelled("begins at", clean_line(draft.base_branch) or "no branch"),
    ]
    if draft.place:
        said.append(labelled("file", clean_line(draft.place)))
    if facts.plan.spec:
        size = f"{len(facts.plan.spec):,} characters"
        said.append(labelled("spec", f"{clean_line(draft.spec_file)} · {size}" if draft.spec_file else size))
    elif draft.run is None:
        said.append(labelled("spec", "none; enter on the plan attaches a file for every worker", tone=Tone.QUIET))
    if facts.remarks:
        names = ", ".join(map(clean_line, facts.remarks))
        said.append(labelled("new paths", f"claimed by {names}; each of them tells which", tone=Tone.QUIET))
    if draft.summary:
        told += [
            BLANK,
            Paragraph(text="The navigator says", tone=Tone.QUIET),
            Paragraph(text=clean_text(draft.summary), indent=3),
        ]
    if draft.questions:
        told += [BLANK, Paragraph(text="It asks before the work begins", tone=Tone.ASKS)]
        told += [
            Paragraph(text=clean_text(each), label="?", indent=3, label_tone=Tone.ASKS) for each in draft.questions
        ]
    told += [BLANK, *aligned(said)]
    if facts.plan.spec:
        spec = facts.plan.spec
        more = f"\n… and {len(spec) - _MAX_SPEC_CHARS:,} more characters" if len(spec) > _MAX_SPEC_CHARS else ""
        told += [BLANK, Paragraph(text="Specification for every worker", tone=Tone.QUIET)]
        told.append(Paragraph(text=clean_text(spec[:_MAX_SPEC_CHARS]) + more, indent=3))
    return tuple(told)


def task_details(facts: PlanFacts, index: int) -> tuple[Paragraph, ...]:
    """All that is known of one task of the plan."""
    task = facts.plan.tasks[index]
    told: list[Paragraph] = [Paragraph(text=clean_line(task.title), is_strong=True)]
    told += [Paragraph(text=f"✗ {_told(problem)}", tone=Tone.BAD) for problem in facts.by_task.get(index, ())]
    if remark := facts.remarks.get(task.id):
        told.append(Paragraph(text=remark, tone=Tone.QUIET))
    told += [BLANK, *aligned(list(_fields(facts, task)))]
    if task.prompt:
        told += [BLANK, Paragraph(text="Prompt", tone=Tone.QUIET), Paragraph(text=clean_text(task.prompt), indent=3)]
    return tuple(told)


def _fields(facts: PlanFacts, task: TaskSpec) -> Iterator[Paragraph]:
    yield labelled("id", clean_line(task.id))
    level = task.level.value.replace("_", " ")
    yield labelled("level", f"{level}, holds other tasks" if task.is_group else level)
    if task.parent is not None:
        yield labelled("part of", clean_line(task.parent))
    if (state := facts.states.get(task.id)) is not None and not task.is_group:
        yield labelled("state", TASK_LOOKS[state].word)
    if wave := facts.wave_of.get(task.id):
        yield labelled("wave", f"{wave} of {len(facts.waves):,}")
    yield labelled("after", ", ".join(map(clean_line, task.depends_on)) or "nothing: it can begin at once")
    if waiting := facts.dependents.get(task.id):
        yield labelled("before", ", ".join(map(clean_line, waiting)))
    if task.is_group:
        return
    yield labelled("role", clean_line(task.role), is_strong=True)
    is_open = task.sandbox is SandboxMode.DANGER_FULL_ACCESS
    yield labelled("sandbox", SANDBOX_WORDS[task.sandbox], tone=Tone.BAD if is_open else Tone.PLAIN)
    yield labelled("asks", POLICY_WORDS[task.approval_policy])
    model = " · effort ".join(
        filter(None, (clean_line(task.model or "Codex's default"), clean_line(task.effort or "")))
    )
    yield labelled("model", model)
    yield labelled("paths", "\n".join(map(clean_line, task.paths)) or "none claimed", is_verbatim=bool(task.paths))
    yield labelled("checks", "\n".join(map(clean_line, task.checks)) or "none", is_verbatim=bool(task.checks))
    if limits := limits_words(task.limits):
        yield labelled("limits", limits)
    if task.priority:
        yield labelled("priority", str(task.priority))


def dangers(plan: Plan) -> tuple[str, ...]:
    """What starting the plan risks: the tasks that no sandbox or no person holds back."""
    work = [task for task in plan.tasks if not task.is_group]
    is_open = [task.id for task in work if task.sandbox is SandboxMode.DANGER_FULL_ACCESS]
    silent = [task.id for task in work if task.approval_policy is ApprovalPolicy.NEVER]
    told = []
    if is_open:
        told.append(f"Without a sandbox: {_named(is_open)}. Their commands can do all that you can.")
    if silent:
        told.append(f"Never asks: {_named(silent)}.")
    return tuple(told)


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(map(clean_line, names[:6]))
    return f"{shown} and {len(names) - 6:,} more" if len(names) > 6 else shown
