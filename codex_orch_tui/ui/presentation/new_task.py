"""A task that is being written: the draft, what each choice means, what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rich.cells import cell_len, set_cell_size

from codex_orch_tui.domain.drafts import TaskDraft
from codex_orch_tui.domain.plan import ApprovalPolicy, Limits, Plan, Role, RoleName, SandboxMode
from codex_orch_tui.domain.role import RoleProfile
from codex_orch_tui.domain.typed_task import plan_of_text

_NAMED_PATHS = 4
_LINE_CELLS = 50

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


def begun_with(profile: RoleProfile, base_branch: str) -> TaskDraft:
    """An empty draft with the settings of a role."""
    return TaskDraft(
        role=profile.name,
        base_branch=base_branch,
        model=profile.model or "",
        sandbox=profile.sandbox,
        approval_policy=profile.approval_policy,
    )


def with_profile(draft: TaskDraft, before: RoleProfile, now: RoleProfile) -> TaskDraft:
    """The draft with another role's settings, but for what the person chose otherwise than the role before has it."""
    old, new = begun_with(before, ""), begun_with(now, "")
    return replace(
        draft,
        model=new.model if draft.model == old.model else draft.model,
        sandbox=new.sandbox if draft.sandbox is old.sandbox else draft.sandbox,
        approval_policy=new.approval_policy if draft.approval_policy is old.approval_policy else draft.approval_policy,
    )


def role_words(profile: RoleProfile) -> str:
    """What a role does, and what else comes with it."""
    words = ROLE_WORDS.get(profile.name, OWN_ROLE_WORDS)
    brings = (f"effort {profile.effort}" if profile.effort else "", limits_words(profile.limits))
    told = "; ".join(filter(None, brings))
    return f"{words} {told[0].upper()}{told[1:]}." if told else words


def plan_of(draft: TaskDraft, profile: RoleProfile, spec: str = "") -> Plan:
    """The draft as a plan of one task.

    Args:
        draft: What was filled in.
        profile: The settings of its role in force.
        spec: The text of its specification.
    """
    plan = plan_of_text(draft.text, profile, spec=spec)
    (task,) = plan.tasks
    chosen = replace(
        task,
        model=draft.model.strip() or None,
        sandbox=draft.sandbox_in_force,
        approval_policy=draft.approval_policy,
        checked_answer=True if draft.is_planned_first else task.checked_answer,
    )
    return replace(plan, tasks=(chosen,))


def limits_words(limits: Limits) -> str:
    """`3 turns, 20 minutes`; empty without limits."""
    told = ((limits.turns, "turns"), (limits.minutes, "minutes"), (limits.tokens, "tokens"))
    return ", ".join(
        f"{number:,g} {name}" if number < 1e6 else f"{number:,} {name}" for number, name in told if number is not None
    )
