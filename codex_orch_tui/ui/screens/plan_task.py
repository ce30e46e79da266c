"""One task of a plan, field by field."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label, Select, Static, TextArea

from codex_orch_tui.domain.plan import Level, RoleName, TaskSpec
from codex_orch_tui.ui.presentation.new_task import OWN_ROLE_WORDS, ROLE_WORDS
from codex_orch_tui.ui.presentation.plan_form import FIELDS, LEVEL_WORDS, FormError, TaskForm
from codex_orch_tui.ui.screens.frame import FramedScreen
from codex_orch_tui.ui.widgets.fields import Choice, FieldRow, Fields
from codex_orch_tui.ui.widgets.hints import Hint

_HINTS = (Hint("ctrl+s", "keep it so"), Hint("tab", "next field"), Hint("esc", "back, nothing changes"))
_WORDS: Mapping[str, str] = {
    "title": "One line for lists; otherwise the beginning of the prompt.",
    "depends_on": "Ids of the tasks whose results it needs.",
    "paths": "Globs of what it will change, a line each; tasks whose paths meet do not run at once.",
    "checks": "Commands that must pass after its turn, a line each, or names of checks.",
    "model": "Empty: its role's.",
    "effort": "How hard the model thinks, in its own words.",
    "priority": "Of tasks that could begin, the higher number goes first.",
    "parent": "The id of the larger task that it is a part of.",
    "id": "Names branch and folder; empty: made from the title.",
}

_LABELS = {"depends_on": "after", "parent": "part of"}
"""How fields are called where that is not their name."""


class _Limits(Horizontal):
    """Three numbers in one row."""

    def __init__(self, parts: Sequence[Input]) -> None:
        super().__init__(classes="row")
        self._parts = parts

    def compose(self) -> ComposeResult:
        yield Label("Limits", classes="name")
        for part in self._parts:
            yield part
            yield Label(part.id or "", classes="unit")


class PlanTaskScreen(FramedScreen[TaskSpec | None]):
    """Edits a task. What no plan takes is told in place; how it fits the other tasks is for the plan's own screen."""

    WRITES = True
    CSS_PATH = ["frame.tcss", "fields.tcss", "plan_task.tcss"]  # noqa: RUF012 - Textual's own form
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (32, "-tall")]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "keep", "Keep it so", id="plan_task.keep"),
        Binding("escape", "close", "Back", id="plan_task.close"),
    ]

    def __init__(
        self, title: str, form: TaskForm, roles: Sequence[RoleName], make: Callable[[TaskForm], TaskSpec]
    ) -> None:
        """Makes the dialog.

        Args:
            title: What is edited.
            form: What stands in the fields at first.
            roles: The roles that there are.
            make: Makes the task of what was filled in, or raises FormError.
        """
        super().__init__(title, _HINTS)
        self._begun = form
        self._make = make
        role_words = {name: ROLE_WORDS.get(name, OWN_ROLE_WORDS) for name in roles}
        names = list(roles) if form.role in roles else [form.role, *roles]
        self._role = Choice(names, form.role, role_words, id="role")
        self._level = Choice([level.value for level in Level], form.level, LEVEL_WORDS, id="level")
        self._choice_words = {
            self._role: (role_words, Static("", markup=False, classes="words")),
            self._level: (LEVEL_WORDS, Static("", markup=False, classes="words")),
        }
        self._areas = {
            name: TextArea(getattr(form, name), highlight_cursor_line=False, id=name)
            for name in ("prompt", "paths", "checks")
        }
        self._inputs = {
            name: Input(getattr(form, name), compact=True, select_on_focus=False, id=name)
            for name in FIELDS
            if name not in {*self._areas, "role", "level"}
        }
        self._problem = Static("", markup=False, classes="problem")

    def content(self) -> Sequence[Widget]:
        """A row for each field, what matters most first."""
        self._areas["prompt"].placeholder = "What its worker has to do. Without a prompt it is a group."
        return (
            self._problem,
            Fields(
                self._row("Title", "title"),
                self._areas["prompt"],
                FieldRow("Role", self._role, self._choice_words[self._role][1]),
                self._row("After", "depends_on"),
                self._row("Paths", "paths"),
                self._row("Checks", "checks"),
                self._row("Model", "model"),
                self._row("Effort", "effort"),
                _Limits([self._inputs[name] for name in ("turns", "minutes", "tokens")]),
                self._row("Priority", "priority"),
                FieldRow("Level", self._level, self._choice_words[self._level][1]),
                self._row("Part of", "parent"),
                self._row("Id", "id"),
            ),
        )

    def _row(self, label: str, name: str) -> FieldRow:
        field = self._areas.get(name) or self._inputs[name]
        return FieldRow(label, field, Static(Content(_WORDS[name]), classes="words"))

    def on_mount(self) -> None:
        """Begins with the prompt where there is a title, else with the title."""
        self._explain()
        area = self._areas["prompt"]
        area.move_cursor(area.document.end)
        (area if self._begun.title or self._begun.prompt else self._inputs["title"]).focus()

    @property
    def form(self) -> TaskForm:
        """What is filled in now."""
        texts = {name: area.text for name, area in self._areas.items()}
        lines = {name: line.value for name, line in self._inputs.items()}
        role = self._begun.role if self._role.value is Select.NULL else str(self._role.value)
        level = self._begun.level if self._level.value is Select.NULL else str(self._level.value)
        return TaskForm(**texts, **lines, role=role, level=level)

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
        for choice, (words, place) in self._choice_words.items():
            place.update(Content(words.get(str(choice.value), "There is no such role here any more.")))

    def action_keep(self) -> None:
        """Keeps what was filled in, unless no plan takes it; then it says why, and goes there."""
        try:
            task = self._make(self.form)
        except FormError as error:
            name = _LABELS.get(error.field, error.field)
            self._problem.update(Content(f"{name}: {error}"))
            self._problem.add_class("-told")
            self.query_one(f"#{error.field}").focus()
            return
        self.dismiss(task)

    def action_close(self) -> None:
        """Changes nothing."""
        self.dismiss(None)
