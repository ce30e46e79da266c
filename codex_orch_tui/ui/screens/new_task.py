"""A new task: what to do, by whom, from where, and what it may do unasked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList, Select, Static, TextArea

from codex_orch_tui.domain.plan import ApprovalPolicy, Plan, Role, SandboxMode
from codex_orch_tui.ui.presentation.new_task import (
    POLICY_WORDS,
    ROLE_WORDS,
    SANDBOX_WORDS,
    TaskDraft,
    choice_lines,
    confirmation,
    danger,
    is_confirmed,
    plan_of,
    problems,
    shortened,
    unseen_edits,
)
from codex_orch_tui.ui.screens.frame import FramedScreen
from codex_orch_tui.ui.widgets.hints import Hint
from codex_orch_tui.ui.widgets.still_scroll import StillScroll

if TYPE_CHECKING:
    from codex_orch_tui.services.orchestrator import BaseInfo

_NAME_CELLS = 20
"""Of a closed list."""
_HINTS = (Hint("ctrl+s", "start the task"), Hint("tab", "next field"), Hint("esc", "close, kept until you quit"))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTaskResult:
    """How the dialog was left. `plan` is None when it was closed; the draft is what was filled in either way."""

    draft: TaskDraft
    plan: Plan | None = None

    @property
    def base_branch(self) -> str:
        """The branch that the task starts from and is merged into."""
        return self.draft.base_branch


class _Choice(Select[str]):
    """A compact list of choices, a line each: its name and what it means. All words are literal."""

    def __init__(self, names: Sequence[str], value: str, words: Mapping[Any, str], *, id: str) -> None:  # noqa: A002
        options = [(Content(shortened(name, _NAME_CELLS)), name) for name in names]
        super().__init__(options, value=value, allow_blank=False, compact=True, id=id)
        self._lines = choice_lines(names, words)

    def on_mount(self) -> None:
        """The open list has room for more than the closed one, which Textual fills with the same."""
        self.call_next(self._fill_list)

    def _fill_list(self) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Content(line) for line in self._lines])


class _Row(Horizontal):
    """A field with its name before it and what it means behind it."""

    def __init__(self, name: str, field: Widget, words: Widget) -> None:
        super().__init__(classes="row")
        self._parts = (Label(name, classes="name"), field, words)

    def compose(self) -> ComposeResult:
        yield from self._parts


class Fields(StillScroll, can_focus=False):
    """The fields; they scroll with the focus where there is too little room."""


class NewTaskScreen(FramedScreen[NewTaskResult]):
    """Asks for a task. Nothing that was written is lost: the result has the draft however it was left.

    What nothing would hold back is started only after its name was typed, each time: a draft does not keep that.
    """

    CSS_PATH = ["frame.tcss", "new_task.tcss"]  # noqa: RUF012 - Textual's own form
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (24, "-tall")]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "submit", "Start the task", id="new_task.submit"),
        Binding("escape", "close", "Close, the draft is kept", id="new_task.close"),
    ]

    def __init__(self, base: "BaseInfo", draft: TaskDraft | None = None, defaults: TaskDraft | None = None) -> None:
        """Makes the dialog.

        Args:
            base: Branches to start from, and what of the checkout the task will not see.
            draft: What was filled in before.
            defaults: What to begin with when there is no draft.
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
        self._role = _Choice([*Role], begun.role, ROLE_WORDS, id="role")
        self._branch = _Choice(branches or [""], wanted, {}, id="base")
        self._model = Input(placeholder="Codex's default", compact=True, select_on_focus=False, id="model")
        self._sandbox = _Choice([*SandboxMode], begun.sandbox, SANDBOX_WORDS, id="sandbox")
        self._policy = _Choice([*ApprovalPolicy], begun.approval_policy, POLICY_WORDS, id="policy")
        self._words = {name: Static("", markup=False, classes="words") for name in _WORDED}
        self._danger = Static("", markup=False, classes="danger")
        self._confirm = Input(compact=True, select_on_focus=False, id="confirm")
        self._confirm_row = _Row("Confirm", self._confirm, self._words["confirm"])
        self._problem = Static("", markup=False, classes="problem")

    def content(self) -> Sequence[Widget]:
        """The text and a row for each choice."""
        unseen = Static(Content(unseen_edits(self._base.dirty)), classes="unseen")
        unseen.display = bool(self._base.dirty)
        return (
            Fields(
                self._text,
                self._problem,
                _Row("Role", self._role, self._words["role"]),
                _Row("From", self._branch, self._words["base"]),
                _Row("Model", self._model, self._words["model"]),
                _Row("Sandbox", self._sandbox, self._words["sandbox"]),
                _Row("Asks", self._policy, self._words["policy"]),
                self._danger,
                self._confirm_row,
                unseen,
            ),
        )

    def on_mount(self) -> None:
        """Goes on where the draft ended."""
        self._model.value = self._begun.model
        self._text.focus()
        self._text.move_cursor(self._text.document.end)
        self._explain()

    @property
    def draft(self) -> TaskDraft:
        """What is filled in now."""
        return TaskDraft(
            text=self._text.text,
            role=_value(self._role, self._begun.role),
            base_branch=_value(self._branch, self._begun.base_branch),
            model=self._model.value,
            sandbox=SandboxMode(_value(self._sandbox, self._begun.sandbox)),
            approval_policy=ApprovalPolicy(_value(self._policy, self._begun.approval_policy)),
        )

    def on_select_changed(self) -> None:
        """Another choice: what it means."""
        self._explain()

    def on_text_area_changed(self) -> None:
        """What was wrong is being mended."""
        self._problem.remove_class("-told")

    def on_input_changed(self) -> None:
        """What was wrong is being mended."""
        self._problem.remove_class("-told")

    def _explain(self) -> None:
        draft = self.draft
        is_current = draft.base_branch == self._base.current
        words = {
            "role": ROLE_WORDS[draft.role],
            "base": "Checked out here; merged back into it." if is_current else "Merged back into it.",
            "model": "Leave it empty for the default.",
            "sandbox": SANDBOX_WORDS[draft.sandbox],
            "policy": POLICY_WORDS[draft.approval_policy],
        }
        for name, text in words.items():
            self._words[name].update(Content(text))
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
        if not found:
            self.dismiss(NewTaskResult(draft=draft, plan=plan_of(draft)))
            return
        name, text = next(iter(found.items()))
        self._problem.update(Content(text))
        self._problem.add_class("-told")
        self.query_one(f"#{name}").focus()

    def action_close(self) -> None:
        """Leaves without starting."""
        self.dismiss(NewTaskResult(draft=self.draft))


_WORDED = ("role", "base", "model", "sandbox", "policy", "confirm")


def _value(choice: Select[Any], begun: str) -> str:
    """What is chosen; a list that has not been mounted yet has nothing chosen, and a key may come that early."""
    return begun if choice.value is Select.NULL else str(choice.value)
