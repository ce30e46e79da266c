"""A task that is being written: the draft, what each choice means, what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len, set_cell_size

from codex_orch_tui.domain.ids import TaskId, slug
from codex_orch_tui.domain.plan import ApprovalPolicy, Plan, Role, RoleName, SandboxMode, TaskSpec, title_of
from codex_orch_tui.domain.role import RoleProfile, with_role

_NAMED_PATHS = 4
_LINE_CELLS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDraft:
    """What was filled in so far. Empty: `base_branch` is the checked-out branch, `model` is Codex's default."""

    text: str = ""
    role: RoleName = Role.IMPLEMENTER
    base_branch: str = ""
    model: str = ""
    sandbox: SandboxMode = SandboxMode.WORKSPACE_WRITE
    approval_policy: ApprovalPolicy = ApprovalPolicy.ON_REQUEST
    is_planned_first: bool = False
    """A navigator proposes tasks, and the person approves them before anything begins."""

    @property
    def sandbox_in_force(self) -> SandboxMode:
        """What the worker's commands may touch; planning changes nothing."""
        return SandboxMode.READ_ONLY if self.is_planned_first else self.sandbox


AT_ONCE, PLAN_FIRST = "do it", "plan it first"
WAY_WORDS: Mapping[str, str] = {
    AT_ONCE: "One worker does all of it.",
    PLAN_FIRST: "A navigator proposes tasks; none begins before you approve.",
}
ROLE_WORDS: Mapping[RoleName, str] = {
    Role.IMPLEMENTER: "Edits the code and tries it.",
    Role.NAVIGATOR: "Explores the code and explains.",
    Role.TESTER: "Writes tests and runs them.",
    Role.REVIEWER: "Reads a change and says what is wrong with it.",
}
OWN_ROLE_WORDS = "A role of your own."
SANDBOX_WORDS: Mapping[SandboxMode, str] = {
    SandboxMode.WORKSPACE_WRITE: "Writes in its own worktree; no network.",
    SandboxMode.READ_ONLY: "Reads; asks for every change.",
    SandboxMode.DANGER_FULL_ACCESS: "No sandbox: its commands can do all that you can.",
}
POLICY_WORDS: Mapping[ApprovalPolicy, str] = {
    ApprovalPolicy.ON_REQUEST: "Asks you before it leaves the sandbox.",
    ApprovalPolicy.UNTRUSTED: "Asks you before commands not known to be harmless.",
    ApprovalPolicy.NEVER: "Never asks; what is refused, fails.",
}


def shortened(name: str, cells: int) -> str:
    """A name that fits: its beginning and its end tell more than its middle."""
    if cell_len(name) <= cells:
        return name
    half = (cells - 1) // 2
    return f"{set_cell_size(name, cells - 1 - half).rstrip()}…{name[len(name) - half :]}"


def choice_lines(names: Sequence[str], words: Mapping[str, str]) -> list[str]:
    """A line for each choice: its name, and what it means in a column."""
    shown = [shortened(name, _LINE_CELLS) for name in names]
    cells = max(map(cell_len, shown), default=0)
    return [
        f"{set_cell_size(line, cells)}  {words[name]}" if name in words else line
        for name, line in zip(names, shown, strict=True)
    ]


def danger(draft: TaskDraft) -> str:
    """What the choices together risk; empty when a sandbox and a person stand in between."""
    is_open = draft.sandbox_in_force is SandboxMode.DANGER_FULL_ACCESS
    never_asks = draft.approval_policy is ApprovalPolicy.NEVER
    if is_open and never_asks:
        return "Nothing holds it back: no sandbox, and it never asks. Only for a machine that you can lose."
    if is_open:
        return "Without a sandbox a command can change or send away anything of yours, not only this repository."
    if never_asks:
        return "You will not be asked anything: it works on with what the sandbox lets it do."
    return ""


def confirmation(draft: TaskDraft) -> str:
    """What has to be typed before such a task is started; empty when a sandbox and a person stand in between."""
    words = []
    if draft.sandbox_in_force is SandboxMode.DANGER_FULL_ACCESS:
        words.append("full access")
    if draft.approval_policy is ApprovalPolicy.NEVER:
        words.append("never")
    return " ".join(words)


def is_confirmed(draft: TaskDraft, typed: str) -> bool:
    """Whether the right words were typed; blanks and capitals do not count."""
    return typed.casefold().split() == confirmation(draft).split()


def unseen_edits(dirty: tuple[str, ...]) -> str:
    """What of the person's checkout the task will not see; empty for a clean one."""
    if not dirty:
        return ""
    named = ", ".join(dirty[:_NAMED_PATHS])
    more = f" and {len(dirty) - _NAMED_PATHS:,} more" if len(dirty) > _NAMED_PATHS else ""
    if len(dirty) == 1:
        return f"1 edit in your checkout is not committed and the task will not see it: {named}"
    return f"{len(dirty):,} edits in your checkout are not committed and the task will not see them: {named}{more}"


def problems(draft: TaskDraft) -> dict[str, str]:
    """What is wrong, by the field's name; empty when the task can start."""
    found = {}
    if not draft.text.strip():
        found["text"] = "Write what to do first."
    if not draft.base_branch:
        found["base"] = "There is no branch to start from."
    if any(not letter.isprintable() or letter.isspace() for letter in draft.model.strip()):
        found["model"] = "The name of a model has no blanks in it."
    return found


def plan_of(draft: TaskDraft) -> Plan:
    """The draft as a plan of one task."""
    text = draft.text.strip()
    title = title_of(text)
    spec = TaskSpec(
        id=TaskId(slug(title)),
        title=title,
        prompt=text,
        role=Role.NAVIGATOR if draft.is_planned_first else draft.role,
        model=draft.model.strip() or None,
        sandbox=draft.sandbox_in_force,
        approval_policy=draft.approval_policy,
        checked_answer=True if draft.is_planned_first else None,
    )
    return Plan(title=title, tasks=(spec,))


def with_navigator(plan: Plan, navigator: RoleProfile) -> Plan:
    """A plan of one task that plans, with what the settings say of navigators; its sandbox stays read-only."""
    (spec,) = plan.tasks
    full = with_role(spec, navigator)
    kept = replace(full, sandbox=spec.sandbox, approval_policy=spec.approval_policy, checked_answer=True)
    return replace(plan, tasks=(kept,))
