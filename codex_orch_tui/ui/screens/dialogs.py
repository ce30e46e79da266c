"""The questions that the main screen puts, in words. Their screens are imported when they are first needed.

Each function opens a dialog over a screen and calls back with the answer; escape calls nothing.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.screen import Screen
from textual.widgets import Static

from codex_orch_tui.domain.approval import Approval
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.selectors import Counts, counts, edit_totals
from codex_orch_tui.domain.task import ABOUT_TO_BEGIN, IN_TURN, Task, TaskState
from codex_orch_tui.services.errors import ConflictError
from codex_orch_tui.ui.drafts import Drafts
from codex_orch_tui.ui.keys_ahead import FIELD_S, keys_ahead_of
from codex_orch_tui.ui.presentation.status import is_under_way
from codex_orch_tui.ui.presentation.worktree_rows import size_of

if TYPE_CHECKING:
    from codex_orch_tui.domain.drafts import TaskDraft
    from codex_orch_tui.domain.merge import MergePreview
    from codex_orch_tui.services.reading import BaseInfo
    from codex_orch_tui.services.session import Session
    from codex_orch_tui.ui.presentation.merge import MergeAnswer
    from codex_orch_tui.ui.screens.confirm import ConfirmChoice
    from codex_orch_tui.ui.screens.new_task import NewTaskResult
    from codex_orch_tui.ui.screens.review import ReviewResult
    from codex_orch_tui.ui.widgets.guide_line import Guide

# Screens are imported inside the functions: none of them is needed for the first frame.
# ruff: noqa: PLC0415

QUIT_ID = "quit"
SIMULATED = "SIMULATED: no Codex is running"


def open_over(
    screen: Screen[Any], dialog: Screen[Any], then: Callable[[Any], object], *, simulated: bool = False
) -> None:
    """Opens a screen; `then` gets its result unless it is None.

    A full screen says when nothing is real; whoever leads a newcomer leads them there too.
    """

    def closed(result: object) -> None:
        if result is not None:
            then(result)

    push(screen, dialog, closed)
    guide: Guide | None = getattr(screen.app, "guide", None)
    told = SIMULATED if simulated and not dialog.is_modal else ""
    line: Static | None = Static(told, id="simulated", markup=False) if told else None
    if guide is not None:
        from codex_orch_tui.ui.widgets.guide_line import GuideLine

        line = GuideLine(guide, prefix=f"{told} · " if told else "")
        line.add_class("guide")
    if line is not None:
        dialog.call_after_refresh(dialog.mount, line, before=0)


def push(screen: Screen[Any], dialog: Screen[Any], closed: Callable[[Any], None]) -> None:
    """Opens a screen; what is typed before the field that it begins with has the focus stands in that field."""
    if getattr(dialog, "WRITES", False):  # the frame's; it is not for the first paint
        keys_ahead_of(screen).hold(longest_s=FIELD_S)
    screen.app.push_screen(dialog, closed)


def new_task(
    screen: Screen[Any],
    drafts: Drafts,
    base: "BaseInfo",
    orchestrator: "Session",
    then: "Callable[[NewTaskResult], object]",
) -> None:
    """Asks for a task. What was filled in is kept until the task is started."""
    from codex_orch_tui.domain.plan import Role
    from codex_orch_tui.ui.presentation.new_task import begun_with
    from codex_orch_tui.ui.screens.new_task import NewTaskScreen

    config, profiles = orchestrator.config, orchestrator.role_profiles()
    profile = profiles.get(config.role, profiles[Role.IMPLEMENTER])
    wanted = config.base_branch
    defaults = begun_with(profile, wanted if wanted is not None and wanted in base.branches else "")

    def closed(result: "NewTaskResult") -> None:
        drafts.task = result.draft
        if result.plan is not None:
            if result.plan.spec:
                drafts.spec_files[result.plan.spec] = result.draft.spec
            then(result)

    def written(draft: "TaskDraft") -> None:
        drafts.task = draft

    dialog = NewTaskScreen(base, drafts.task, defaults, profiles, orchestrator.read_spec, written)
    open_over(screen, dialog, closed)


def message(screen: Screen[Any], drafts: Drafts, task: Task, then: Callable[[str], object]) -> None:
    """Asks for a message to the worker."""
    from codex_orch_tui.ui.screens.message import MessageScreen

    if task.state in IN_TURN:
        mode = "The running turn gets it at once."
    elif task.state in ABOUT_TO_BEGIN:
        mode = "Its turn is about to begin; it gets this then."
    else:
        mode = "The worker begins a new turn with it, in the same thread and worktree."
    begun = drafts.message(task.ref)
    if begun is None:
        begun = task.unsent
    # Kept until it was sent: what is refused is still there when the dialog is opened again.
    dialog = MessageScreen(f"Message to {task.ref.task}", mode, begun, lambda text: drafts.write(task.ref, text))

    def closed(text: str | None) -> None:
        if text is not None:
            then(text)

    push(screen, dialog, closed)


def review(
    screen: Screen[Any],
    orchestrator: "Session",
    ref: TaskRef,
    drafts: Drafts,
    then: "Callable[[ReviewResult], object]",
) -> None:
    """Opens the diff; `then` gets what the person wants next."""
    from codex_orch_tui.ui.screens.review import ReviewScreen

    simulated = bool(getattr(screen.app, "is_simulated", False))
    open_over(screen, ReviewScreen(orchestrator, ref, drafts.viewed), then, simulated=simulated)


def merge(screen: Screen[Any], task: Task, preview: "MergePreview", then: "Callable[[MergeAnswer], object]") -> None:
    """Shows what a merge would do, and asks; `then` gets what the person wants."""
    from codex_orch_tui.ui.screens.merge import MergeScreen

    open_over(screen, MergeScreen(task, preview), then)


def view_approval(screen: Screen[Any], approval: Approval, task: Task | None, read: Callable[[], object]) -> None:
    """Shows everything that a question carries; `read` is called when its end was seen."""
    from codex_orch_tui.ui.screens.approval import ApprovalScreen

    open_over(screen, ApprovalScreen(approval, task), lambda seen_end: read() if seen_end else None)


def confirm_for_good(
    screen: Screen[Any], orchestrator: "Session", approval: Approval, then: Callable[[], object]
) -> None:
    """Codex's own rule: what it would let through, and two questions; `then` is called after the second yes."""
    from codex_orch_tui.ui.screens.for_good import GONE, ForGoodScreen

    def is_open() -> bool:
        now = orchestrator.state.approvals.get(approval.id)
        return now is not None and now.is_pending and now.times_asked == approval.times_asked

    if not is_open():
        screen.notify(GONE, severity="warning", markup=False)
        return
    dialog = ForGoodScreen(
        approval,
        orchestrator.codex_home,
        is_open=is_open,
        watch=orchestrator.watch,
        guard_s=orchestrator.config.approval_guard_ms / 1000,
    )
    open_over(screen, dialog, lambda _yes: then())


def history(
    screen: Screen[Any], orchestrator: "Session", current: TaskRef | None, to_question: Callable[[], object]
) -> None:
    """What was asked and what ran; `to_question` is called when the person wants to go to the open question."""
    from codex_orch_tui.ui.screens.history import HistoryScreen

    simulated = bool(getattr(screen.app, "is_simulated", False))
    shown = HistoryScreen(orchestrator, current)
    open_over(screen, shown, lambda wants: to_question() if wants else None, simulated=simulated)


def help_keys(screen: Screen[Any], orchestrator: "Session") -> None:
    """Every key and every sign; first those of where the person is."""
    from codex_orch_tui.ui.screens.help import HelpScreen, group_at

    config = orchestrator.config
    here = group_at(screen.app.screen)
    screen.app.push_screen(HelpScreen(config.keymap, ascii_only=config.ascii_glyphs, here=here))


def copy(screen: Screen[Any], task: Task, then: Callable[[str, str], object]) -> None:
    """Asks which of the task's names to copy; `then` gets what it is and its text."""
    from codex_orch_tui.ui.presentation.approval_form import Option
    from codex_orch_tui.ui.screens.choose import ChooseScreen

    names: dict[str, str] = {}
    if task.worktree is not None and task.state is not TaskState.DISCARDED:
        names["branch"] = task.worktree.branch
        if not task.worktree_removed:
            names["path"] = task.worktree.path
    if task.backup_ref:
        names["backup ref"] = task.backup_ref
    if task.thread is not None:
        names["thread id"] = task.thread
    if task.said:
        names["result"] = task.said
    options = [Option(value=name, label=name, detail=_first_line(text)) for name, text in names.items()]
    open_over(screen, ChooseScreen("Copy", options), lambda name: then(name, names[name]))


def _first_line(text: str) -> str:
    line, _, rest = text.partition("\n")
    return f"{line} …" if rest else line


# -- yes or no -------------------------------------------------------------------------------------------------------


def _ask(
    screen: Screen[Any],
    title: str,
    lines: tuple[str, ...] | Callable[[], tuple[str, ...] | str],
    choices: "tuple[ConfirmChoice, ...]",
    then: Callable[[str], object],
    *,
    orchestrator: "Session | None" = None,
    name: str = "",
) -> None:
    from codex_orch_tui.ui.screens.confirm import ConfirmScreen

    question = ConfirmScreen(title, lines, choices, orchestrator.watch if orchestrator is not None else None)
    if name:
        question.id = name
    open_over(screen, question, then)


def confirm_stop(screen: Screen[Any], orchestrator: "Session", task: Task, then: Callable[[], object]) -> None:
    """Stopping cuts a turn off."""
    from codex_orch_tui.ui.screens.confirm import ConfirmChoice

    choice = ConfirmChoice(
        key="x", label="stop", consequence="The turn is cut off, its edits are committed; c continues later."
    )

    def lines() -> tuple[str, ...] | str:
        runs = orchestrator.state.tasks[task.ref].state in IN_TURN
        return ("Its turn is running.",) if runs else f"The turn of {task.ref.task} has ended by itself."

    title = f"Stop {task.ref.task}?"
    _ask(screen, title, lines, (choice,), lambda _key: then(), orchestrator=orchestrator)


def confirm_discard(screen: Screen[Any], task: Task, then: Callable[[], object]) -> None:
    """Discarding takes branch and worktree away."""
    from codex_orch_tui.ui.screens.confirm import ConfirmChoice

    choice = ConfirmChoice(
        key="D",
        label="discard",
        consequence="The worker ends; branch and worktree go. All of it is kept under a backup ref.",
        is_dangerous=True,
    )
    commits = f"{len(task.commits)} commit{'s' if len(task.commits) != 1 else ''}" if task.commits else "no commit"
    totals = edit_totals(task)
    line = ", ".join(filter(None, (f"{task.spec.title}: {commits}", size_of(totals.insertions, totals.deletions))))
    _ask(screen, f"Discard {task.ref.task}?", (line,), (choice,), lambda _key: then())


def confirm(
    screen: Screen[Any],
    title: str,
    lines: tuple[str, ...],
    key: str,
    label: str,
    consequence: str,
    then: Callable[[], object],
) -> None:
    """One thing that is asked before it is done, with the key that asked for it."""
    from codex_orch_tui.ui.screens.confirm import ConfirmChoice

    choice = ConfirmChoice(key=key, label=label, consequence=consequence, is_dangerous=True)
    _ask(screen, title, lines, (choice,), lambda _key: then())


def confirm_conflicts(screen: Screen[Any], task: Task, error: ConflictError, then: Callable[[], object]) -> None:
    """The files that clash can go to the worker."""
    from codex_orch_tui.ui.screens.confirm import ConfirmChoice

    choice = ConfirmChoice(
        key="s",
        label="send to the worker",
        consequence="It gets the list of files as a message and makes its commits fit.",
    )
    lines = (str(error), *(f"  {path}" for path in error.paths))
    _ask(screen, f"{task.ref.task} clashes with {task.base_branch}", lines, (choice,), lambda _key: then())


def confirm_quit(
    screen: Screen[Any], orchestrator: "Session", stop: Callable[[], object], wait: Callable[[], object]
) -> None:
    """Leaving with work under way: what each choice does to it."""
    from codex_orch_tui.ui.screens.confirm import ConfirmChoice

    def lines() -> tuple[str, ...] | str:
        if not is_under_way(orchestrator.state):
            return "Every turn has ended; q leaves."
        return _under_way(counts(orchestrator.state))

    choices = (
        ConfirmChoice(
            key="x",
            label="stop and quit",
            consequence="Turns are cut off and their edits committed, open questions expire. "
            "All of it is here again next time; c continues a task.",
        ),
        ConfirmChoice(
            key="w",
            label="wait, then quit",
            consequence="Running and queued turns go on to their end, then the program closes. "
            "Questions still need your answer.",
        ),
    )
    _ask(
        screen,
        "Quit while workers are busy?",
        lines,
        choices,
        lambda key: stop() if key == "x" else wait(),
        orchestrator=orchestrator,
        name=QUIT_ID,
    )


def _under_way(now: Counts) -> tuple[str, ...]:
    named = ((now.working, "working"), (now.needs_you, "waiting for you"), (now.queued, "queued"))
    words = [f"{number} {word}" for number, word in named if number]
    return (f"{', '.join(words)}.",) if words else ()
