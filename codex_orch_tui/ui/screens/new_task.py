"""A new task: what to do, by whom, from where, and what it may do unasked."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Select, Static, TextArea

from codex_orch_tui.domain.drafts import TaskDraft
from codex_orch_tui.domain.plan import ApprovalPolicy, Plan, Role, RoleName, SandboxMode
from codex_orch_tui.domain.role import BUILT_IN, RoleProfile
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.ui.errands import Errands
from codex_orch_tui.ui.presentation.new_task import (
    AT_ONCE,
    OWN_ROLE_WORDS,
    PLAN_FIRST,
    POLICY_WORDS,
    ROLE_WORDS,
    SANDBOX_WORDS,
    WAY_WORDS,
    confirmation,
    danger,
    is_confirmed,
    plan_of,
    problems,
    role_words,
    unseen_edits,
    with_profile,
)
from codex_orch_tui.ui.screens.frame import FramedScreen
from codex_orch_tui.ui.widgets.fields import Choice, FieldRow, Fields
from codex_orch_tui.ui.widgets.hints import Hint

if TYPE_CHECKING:
    from codex_orch_tui.services.reading import BaseInfo

ReadSpec = Callable[[Path], Coroutine[Any, Any, str]]
"""Gives the text of a specification, or refuses with a sentence."""
_REST = (Hint("tab", "next field"), Hint("esc", "close, what you wrote is kept"))
_HINTS = (Hint("ctrl+s", "start the task"), Hint("ctrl+o", "plan it first"), *_REST)
_PLAN_HINTS = (Hint("ctrl+s", "let it be planned"), Hint("ctrl+o", "do it at once"), *_REST)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTaskResult:
    """How the dialog was left. `plan` is None when it was closed; the draft is what was filled in either way."""

    draft: TaskDraft
    plan: Plan | None = None

    @property
    def base_branch(self) -> str:
        """The branch that the task starts from and is merged into."""
        return self.draft.base_branch


class NewTaskScreen(FramedScreen[NewTaskResult]):
    """Asks for a task. Nothing that was written is lost: the result has the draft however it was left.

    What nothing would hold back is started only after its name was typed, each time: a draft does not keep that.
    """

    WRITES = True
    CSS_PATH = ["frame.tcss", "fields.tcss", "new_task.tcss"]  # noqa: RUF012 - Textual's own form
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (24, "-tall")]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "submit", "Start the task", id="new_task.submit"),
        Binding("ctrl+o", "way", "Plan it first, or do it", id="new_task.way"),
        Binding("escape", "close", "Close, the draft is kept", id="new_task.close"),
    ]

    def __init__(
        self,
        base: "BaseInfo",
        draft: TaskDraft | None = None,
        defaults: TaskDraft | None = None,
        profiles: Mapping[RoleName, RoleProfile] = BUILT_IN,
        read_spec: ReadSpec | None = None,
        written: Callable[[TaskDraft], object] = lambda _draft: None,
    ) -> None:
        """Makes the dialog.

        Args:
            base: Branches to start from, and what of the checkout the task will not see.
            draft: What was filled in before.
            defaults: What to begin with when there is no draft.
            profiles: The roles that can be chosen, with their settings.
            read_spec: Reads the file of a specification; without it there is no field for one.
            written: Gets the draft whenever something was filled in otherwise.
        """
        super().__init__("New task", _HINTS)
        begun = draft or defaults or TaskDraft()
        branches = list(base.branches)
        wanted = begun.base_branch or base.current or ""
        if wanted not in branches:
            wanted = base.current if base.current in branches else next(iter(branches), "")
        self._base = base
        self._begun = replace(begun, base_branch=wanted)
        self._text = TextArea(begun.text, placeholder="What shall be done?", highlight_cursor_line=False, id="text")
        self._profiles = profiles
        words = {name: ROLE_WORDS.get(name, OWN_ROLE_WORDS) for name in profiles}
        # A role of one's own may be gone from the settings.
        role = begun.role if begun.role in profiles else Role.IMPLEMENTER
        self._begun = replace(self._begun, role=role)
        self._profile = profiles[self._begun.role_in_force]
        """Whose settings stand in the fields, but for what the person chose otherwise."""
        way = PLAN_FIRST if begun.is_planned_first else AT_ONCE
        self._way = Choice([*WAY_WORDS], way, WAY_WORDS, id="way")
        self._role = Choice(list(profiles), role, words, id="role")
        self._branch = Choice(branches or [""], wanted, {}, id="base")
        self._model = Input(placeholder="Codex's default", compact=True, select_on_focus=False, id="model")
        self._sandbox = Choice([*SandboxMode], begun.sandbox, SANDBOX_WORDS, id="sandbox")
        self._policy = Choice([*ApprovalPolicy], begun.approval_policy, POLICY_WORDS, id="policy")
        self._spec = Input(placeholder="none", compact=True, select_on_focus=False, id="spec")
        self._read_spec = read_spec
        self._written = written
        self._is_reading = False
        self._errands = Errands(lambda text, _severity: self._told_wrong("spec", text))
        self._words = {name: Static("", markup=False, classes="words") for name in _WORDED}
        self._danger = Static("", markup=False, classes="danger")
        self._confirm = Input(compact=True, select_on_focus=False, id="confirm")
        self._confirm_row = FieldRow("Confirm", self._confirm, self._words["confirm"])
        # Who plans has one role and changes nothing: there is nothing to choose then.
        self._role_row = FieldRow("Role", self._role, self._words["role"])
        self._sandbox_row = FieldRow("Sandbox", self._sandbox, self._words["sandbox"])
        self._spec_row = FieldRow("Spec", self._spec, self._words["spec"])
        self._problem = Static("", markup=False, classes="problem")

    def content(self) -> Sequence[Widget]:
        """The text and a row for each choice."""
        unseen = Static(Content(unseen_edits(self._base.dirty)), classes="unseen")
        unseen.display = bool(self._base.dirty)
        return (
            Fields(
                self._text,
                self._problem,
                FieldRow("Way", self._way, self._words["way"]),
                self._role_row,
                FieldRow("From", self._branch, self._words["base"]),
                FieldRow("Model", self._model, self._words["model"]),
                self._sandbox_row,
                FieldRow("Asks", self._policy, self._words["policy"]),
                self._spec_row,
                self._danger,
                self._confirm_row,
                unseen,
            ),
        )

    def on_mount(self) -> None:
        """Goes on where the draft ended."""
        self._model.value = self._begun.model
        self._spec.value = self._begun.spec
        self._spec_row.display = self._read_spec is not None
        self._text.focus()
        self._text.move_cursor(self._text.document.end)
        self._explain()

    @property
    def draft(self) -> TaskDraft:
        """What is filled in now."""
        begun_way = PLAN_FIRST if self._begun.is_planned_first else AT_ONCE
        return TaskDraft(
            text=self._text.text,
            role=_value(self._role, self._begun.role),
            base_branch=_value(self._branch, self._begun.base_branch),
            model=self._model.value,
            sandbox=SandboxMode(_value(self._sandbox, self._begun.sandbox)),
            approval_policy=ApprovalPolicy(_value(self._policy, self._begun.approval_policy)),
            is_planned_first=_value(self._way, begun_way) == PLAN_FIRST,
            spec=self._spec.value.strip(),
        )

    def on_select_changed(self) -> None:
        """Another choice: what it means, and what comes with a role."""
        self._take_role()
        self._explain()
        self._written(self.draft)

    def _take_role(self) -> None:
        """The settings of another role, where the person left those of the one before."""
        draft = self.draft
        profile = self._profiles[draft.role_in_force]
        if profile is self._profile:
            return
        draft = with_profile(draft, self._profile, profile)
        self._profile = profile
        self._model.value = draft.model
        self._sandbox.value = draft.sandbox.value
        self._policy.value = draft.approval_policy.value

    def on_text_area_changed(self) -> None:
        """What was wrong is being mended."""
        self._problem.remove_class("-told")
        self._written(self.draft)

    def on_input_changed(self) -> None:
        """What was wrong is being mended."""
        self._problem.remove_class("-told")
        self._written(self.draft)

    def _explain(self) -> None:
        draft = self.draft
        is_current = draft.base_branch == self._base.current
        words = {
            "way": WAY_WORDS[PLAN_FIRST if draft.is_planned_first else AT_ONCE],
            "role": role_words(self._profiles[draft.role]),
            "base": "Checked out here; merged back into it." if is_current else "Merged back into it.",
            "model": "Leave it empty for the default.",
            "sandbox": SANDBOX_WORDS[draft.sandbox],
            "policy": POLICY_WORDS[draft.approval_policy],
            "spec": "A text file; every worker of it gets the text.",
        }
        for name, text in words.items():
            self._words[name].update(Content(text))
        self._role_row.display = self._sandbox_row.display = not draft.is_planned_first
        self._hints.show(_PLAN_HINTS if draft.is_planned_first else _HINTS)
        wanted = confirmation(draft)
        self._words["confirm"].update(Content(f"Type “{wanted}” to start."))
        self._confirm_row.display = bool(wanted)
        warning = danger(draft)
        self._danger.update(Content(warning))
        self._danger.display = bool(warning)

    def action_submit(self) -> None:
        """Starts the task, unless something is wrong with it; then it says what, and goes there."""
        draft = self.draft
        found = problems(draft)
        if not is_confirmed(draft, self._confirm.value):
            found.setdefault("confirm", f"Type “{confirmation(draft)}” first, or choose what is held back.")
        if found:
            self._told_wrong(*next(iter(found.items())))
        elif not draft.spec or self._read_spec is None:
            self._start()
        elif not self._is_reading:
            self._is_reading = True
            self._errands.start(self._read_spec(Path(draft.spec)), self._start, refused=self._refused)

    def _start(self, spec: str = "") -> None:
        draft = self.draft
        if self.is_attached:
            self.dismiss(NewTaskResult(draft=draft, plan=plan_of(draft, self._profiles[draft.role_in_force], spec)))

    def _refused(self, error: NotPossibleError) -> bool:
        self._told_wrong("spec", str(error))
        return True

    def _told_wrong(self, name: str, text: str) -> None:
        """Says what is wrong, and goes there."""
        self._is_reading = False
        if self.is_attached:
            self._problem.update(Content(text))
            self._problem.add_class("-told")
            self.query_one(f"#{name}").focus()

    def action_way(self) -> None:
        """A navigator plans it first, or a worker does it."""
        self._way.value = AT_ONCE if self.draft.is_planned_first else PLAN_FIRST

    def action_close(self) -> None:
        """Leaves without starting."""
        self.dismiss(NewTaskResult(draft=self.draft))


_WORDED = ("way", "role", "base", "model", "sandbox", "policy", "spec", "confirm")


def _value(choice: Select[Any], begun: str) -> str:
    """What is chosen; a list that has not been mounted yet has nothing chosen, and a key may come that early."""
    return begun if choice.value is Select.NULL else str(choice.value)
