"""What another program may ask of the one that holds the repository. schemas/command.schema.json is made from this.

A file in `.orchestrator/inbox/` holds one command as a JSON object. Each docstring below a field is its description in
the schema. What decides for the person is no command: rules and trust are files of theirs, and no question is answered
without naming what was seen.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from codex_orch_tui.domain.approval import Choice
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.terminal_text import clean_line, clean_text
from codex_orch_tui.plans.models import MAX_PROMPT_CHARS, PlanFile, TaskEntry
from codex_orch_tui.plans.plain_text import visible

VERSION = 1
MAX_COMMAND_BYTES = 1024 * 1024
MAX_PAINTED_CHARS = 100_000

_Text = Annotated[str, StringConstraints(max_length=MAX_PROMPT_CHARS), AfterValidator(visible)]
_Said = Annotated[_Text, StringConstraints(min_length=1)]
_Painted = Annotated[str, StringConstraints(max_length=MAX_PAINTED_CHARS), AfterValidator(clean_text)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(clean_line)]
_Task = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
_Run = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
_Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
_Count = Annotated[int, Field(ge=0, le=1_000_000_000)]


class Form(BaseModel):
    """Takes what its fields say and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class _Command(Form):
    version: Literal[1] = 1
    """The version of this form."""


class _OfTask(_Command):
    task: _Task
    """The task, as RUN/TASK."""

    @property
    def ref(self) -> TaskRef:
        """The task."""
        return TaskRef.named(self.task)


class _OfRun(_Command):
    run: _Run
    """The run's id."""


# -- plans ------------------------------------------------------------------------------------------------------------


class TaskForm(TaskEntry):
    """A task, as in a plan file."""

    checked_answer: bool | None = None
    """Whether its answer has to fit its role's schema; otherwise its role says it."""


class PlanForm(PlanFile):
    """A plan, as in a plan file."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, title="PlanForm")

    tasks: Annotated[tuple[TaskForm, ...], Field(min_length=1)]
    """The tasks, in the order in which a person would read them."""
    as_it_stands: bool = False
    """Take every setting as it stands here, and nothing from the roles; for programs that have asked them already."""


class CreateRun(_Command):
    """Approve a plan: its tasks are queued, and begin as the scheduler lets them. A single task is a plan of one."""

    command: Literal["create_run"] = "create_run"
    plan: PlanForm
    """What is to be done."""
    base_branch: _Name | None = None
    """What its tasks start from and are merged into; otherwise the branch that is checked out."""
    proposed_by: _Task | None = None
    """The navigator's task that the plan comes from, as RUN/TASK."""


class EditRun(_OfRun):
    """Change the plan of a run: tasks that have not begun can be changed, taken out and added."""

    command: Literal["edit_run"] = "edit_run"
    before: PlanForm
    """The plan as it was seen; what is the same in both stays as it is by now."""
    after: PlanForm
    """The plan as it is wanted."""


# -- the work of tasks ------------------------------------------------------------------------------------------------


class Message(_OfTask):
    """Steer the running turn, or begin a new one. The answer's data say which: how."""

    command: Literal["message"] = "message"
    text: _Said
    """What the worker is told."""


class Resume(_OfTask):
    """Go on with a task that stopped before its end."""

    command: Literal["resume"] = "resume"


class Interrupt(_OfTask):
    """End the running turn; the worker stays."""

    command: Literal["interrupt"] = "interrupt"


class Stop(_OfTask):
    """End the turn and the worker process; edits are committed first."""

    command: Literal["stop"] = "stop"


class Discard(_OfTask):
    """Give the task up; all of it is kept under a backup ref, which the answer names."""

    command: Literal["discard"] = "discard"


class Pause(_OfTask):
    """Let a task, or all in a group, not begin; a turn that runs is interrupted."""

    command: Literal["pause"] = "pause"


class Unpause(_OfTask):
    """Let a paused task begin, or go on."""

    command: Literal["unpause"] = "unpause"


class Retry(_OfTask):
    """Begin a task again from nothing; the attempt before is kept under a backup ref, which the answer names."""

    command: Literal["retry"] = "retry"


class Skip(_OfTask):
    """Do without a task: its dependents begin without its result."""

    command: Literal["skip"] = "skip"


class ChangePriority(_OfTask):
    """Let a task begin earlier or later among those that could begin."""

    command: Literal["change_priority"] = "change_priority"
    by: Annotated[int, Field(ge=-1_000, le=1_000)]
    """What is added to its priority; above 0 is earlier."""


class PauseRun(_OfRun):
    """Let no further task of the run begin; turns that run go on to their end."""

    command: Literal["pause_run"] = "pause_run"


class ResumeRun(_OfRun):
    """Let the run's tasks begin again."""

    command: Literal["resume_run"] = "resume_run"


# -- questions --------------------------------------------------------------------------------------------------------


class Shown(_Command):
    """A question's card was painted for a person in another program: what it is about now is what their yes is for."""

    command: Literal["shown"] = "shown"
    approval: _Name
    """The question's id."""
    painted: _Painted
    """The card's text, row by row as it stood there."""
    viewer: _Name
    """The program that painted it; its answers name it too."""


class Answer(_Command):
    """Answer a question. It is refused when the question is gone, or is not what it was when it was seen."""

    command: Literal["answer"] = "answer"
    approval: _Name
    """The question's id."""
    times_asked: Annotated[int, Field(ge=1)]
    """How often it had been asked when it was seen: a question that is asked again has changed."""
    choice: Choice
    """The decision."""
    answers: Mapping[str, tuple[_Text, ...]] | None = None
    """What was answered, by question or field of a form."""
    granted: tuple[_Count, ...] | None = None
    """The positions of the permissions that are granted; all of them otherwise."""
    for_session: bool = False
    """Let what is granted hold until the worker ends, not only for the turn."""
    message: _Text = ""
    """What the worker shall do instead, after a decline."""
    viewer: _Name | None = None
    """The program that painted the card, as in its `shown`; without it the yes is for what was asked first."""


# -- review and merge -------------------------------------------------------------------------------------------------


class Review(_OfTask):
    """Commit what a worktree holds, and tell what the task changes. The data are the commits base and tip."""

    command: Literal["review"] = "review"


class RecordReview(_OfTask):
    """Keep that a person looked at exactly this tip on this base."""

    command: Literal["record_review"] = "record_review"
    base: _Commit
    """The commit that the task was compared with."""
    tip: _Commit
    """The task's last commit."""
    files_viewed: _Count
    """How many files were looked at."""
    files_total: _Count
    """How many there are."""
    waived: bool = False
    """Nobody looked: the person lets exactly this be merged all the same."""


class PreviewMerge(_OfTask):
    """What a merge would do now; the data are the preview."""

    command: Literal["preview_merge"] = "preview_merge"


class Merge(_OfTask):
    """Fast-forward the base branch from exactly one commit to exactly another, or do nothing."""

    command: Literal["merge"] = "merge"
    old: _Commit
    """Where the base branch is, as it was previewed."""
    new: _Commit
    """The task's commit, as it was previewed and reviewed."""


class Update(_OfTask):
    """Replay the task's commits on its base branch's tip."""

    command: Literal["update"] = "update"


class SendConflicts(_OfTask):
    """Put the clash with the base into the worktree and ask the worker to resolve it."""

    command: Literal["send_conflicts"] = "send_conflicts"


class PreviewLanding(_OfRun):
    """What landing the run would do now, to the very commit; the data are the preview."""

    command: Literal["preview_run_landing"] = "preview_run_landing"
    without: Annotated[tuple[_Task, ...], Field(max_length=10_000)] = ()
    """Tasks that are to stay out, as RUN/TASK, with all that started from them."""


class LandRun(_OfRun):
    """Land a run as it was previewed: check exactly that commit and fast-forward the base branch to it."""

    command: Literal["land_run"] = "land_run"
    old: _Commit
    """Where the base branch is, as it was previewed."""
    new: _Commit
    """What it becomes, as it was previewed by the same session of the program that holds the repository."""


class StopLanding(_OfRun):
    """End the checks of a landing that is under way; nothing moves."""

    command: Literal["stop_landing"] = "stop_landing"


# -- cleaning ---------------------------------------------------------------------------------------------------------


class CleanRun(_OfRun):
    """Remove worktrees, branches and private folders of what is over in a run; its reports stay.

    What is at work, dirty or not merged stays too. The data tell what went, and why the rest did not: cleaned.
    """

    command: Literal["clean_run"] = "clean_run"
    keep_branches: bool = False
    """Let the branches stay."""


class PruneRun(_OfRun):
    """The same, and when all of the run is over its folder goes too, with reports and logs. The data are the same."""

    command: Literal["prune_run"] = "prune_run"
    no_resume: bool = False
    """Give up what could be resumed, with a backup of its commits; what holds edits in no commit stays."""


Command = (
    CreateRun
    | EditRun
    | Message
    | Resume
    | Interrupt
    | Stop
    | Discard
    | Pause
    | Unpause
    | Retry
    | Skip
    | ChangePriority
    | PauseRun
    | ResumeRun
    | Shown
    | Answer
    | Review
    | RecordReview
    | PreviewMerge
    | Merge
    | Update
    | SendConflicts
    | PreviewLanding
    | LandRun
    | StopLanding
    | CleanRun
    | PruneRun
)


COMMAND: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="command")])
"""Reads a command: `COMMAND.validate_json(data)`."""

NOBODY = "inbox"
"""Stands for a viewer that has no name: it painted nothing."""
