"""What a person does to the current task: the key, the question that comes first, the command."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.screen import Screen

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.state import State
from codex_orch_tui.domain.task import IN_TURN, Task
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.errors import ConflictError, NotPossibleError
from codex_orch_tui.ui.bindings import BY_ID, Action
from codex_orch_tui.ui.drafts import Drafts
from codex_orch_tui.ui.errands import Errands
from codex_orch_tui.ui.keys_ahead import keys_ahead_of
from codex_orch_tui.ui.lending import lent
from codex_orch_tui.ui.presentation.available import why_not
from codex_orch_tui.ui.presentation.programs import editor_command, shell_command
from codex_orch_tui.ui.screens import dialogs

if TYPE_CHECKING:
    from codex_orch_tui.domain.guardrail import GuardrailResult
    from codex_orch_tui.domain.merge import MergePreview
    from codex_orch_tui.services.reading import BaseInfo
    from codex_orch_tui.services.session import Session
    from codex_orch_tui.ui.bridge import Bridge
    from codex_orch_tui.ui.presentation.merge import MergeAnswer
    from codex_orch_tui.ui.screens.new_task import NewTaskResult
    from codex_orch_tui.ui.screens.review import ReviewResult


class TaskActions(Screen[None]):
    """The actions of the main screen that command the orchestrator. What cannot be done is told with its reason."""

    orchestrator: "Session"
    errands: Errands
    current: TaskRef | None
    drafts: Drafts
    is_lent: bool
    """Another program has the terminal."""
    is_recorded: ClassVar[bool] = False
    """It shows what has happened, in which nothing can be begun, answered or changed."""

    @property
    def state(self) -> State:
        """What is known now."""
        return self.orchestrator.state

    @property
    def acts_on(self) -> TaskRef | None:
        """The task that keys act on."""
        raise NotImplementedError

    def tell(self, text: str) -> None:
        """A short word to the person."""
        self.notify(text, severity="information", markup=False, timeout=4)

    @property
    def bridge(self) -> "Bridge":
        """The frame gate."""
        raise NotImplementedError

    def go_to_task(self, ref: TaskRef | None) -> None:
        """Makes a task the current one."""
        raise NotImplementedError

    def show_pane(self, pane: str) -> None:
        """Brings a pane to the front."""
        raise NotImplementedError

    def why_refused(self, action: Action) -> str:  # noqa: ARG002 - for those that refuse some
        """Why an action cannot be done here whatever it is about; empty when it can."""
        return ""

    def refuses(self, action_id: str) -> bool:
        """Whether an action cannot be done here whatever it is about; tells why."""
        if reason := self.why_refused(BY_ID[action_id]):
            self.notify(reason, severity="warning", markup=False, timeout=5)
        return bool(reason)

    def _with_task(self, action_id: str, act: Callable[[Task], object]) -> None:
        """Acts on the current task, or tells why not."""
        if self.refuses(action_id):
            return
        ref = self.acts_on
        reason = why_not(action_id, self.state, ref)
        if reason or ref is None:
            self.notify(reason, severity="warning", markup=False, timeout=5)
            return
        act(self.state.tasks[ref])

    def action_history(self) -> None:
        """What was asked and what ran, and who or what allowed it."""
        dialogs.history(self, self.orchestrator, self.acts_on, lambda: self.call_later(self.action_needs_me))

    # -- the worker ---------------------------------------------------------------------------------------------

    def action_new_task(self) -> None:
        """Asks for a task and starts it."""
        if self.refuses("task.new_task"):
            return
        keys_ahead_of(self).hold()
        self.errands.start(self._base_info(), self._ask_for_task)

    async def _base_info(self) -> "BaseInfo":
        try:
            return await self.orchestrator.base_info()
        except BaseException:
            keys_ahead_of(self).drop()
            raise

    def _ask_for_task(self, base: "BaseInfo") -> None:
        dialogs.new_task(self, self.drafts, base, self.orchestrator, self._start_task)

    def _start_task(self, result: "NewTaskResult") -> None:
        assert result.plan is not None, "a dialog that was closed starts nothing"
        self.errands.start(self.orchestrator.create_run(result.plan, result.base_branch), self._started)

    def _started(self, refs: tuple[TaskRef, ...]) -> None:
        self.drafts.task = None
        self.go_to_task(refs[0])
        self.show_pane("tasks")

    def action_message(self) -> None:
        """Asks for a message and sends it."""
        self._with_task("task.message", self._ask_for_message)

    def write_to(self, ref: TaskRef) -> None:
        """Asks for a message to the worker of a task, or tells why it gets none."""
        if reason := why_not("task.message", self.state, ref):
            self.notify(reason, severity="warning", markup=False, timeout=5)
        else:
            self._ask_for_message(self.state.tasks[ref])

    def _ask_for_message(self, task: Task) -> None:
        dialogs.message(self, self.drafts, task, lambda text: self._send(task.ref, text))

    def _send(self, ref: TaskRef, text: str) -> None:
        told = {
            "steered": "The running turn has it.",
            "new turn": "A new turn begins with it.",
            "first turn": "Its first turn will get it.",
        }

        def sent(how: str) -> None:
            self.drafts.sent(ref)
            self.tell(told.get(how, how))

        self.errands.start(self.orchestrator.message(ref, text), sent, may_wait=True)

    def action_interrupt(self) -> None:
        """Ends the running turn."""
        self._with_task("task.interrupt", self._interrupt)

    def _interrupt(self, task: Task) -> None:
        def told(_done: None) -> None:
            self.tell("Interrupted. c continues, s sends a message.")

        self.errands.start(self.orchestrator.interrupt(task.ref), told)

    def action_stop(self) -> None:
        """Ends the turn and the worker; asks when a turn is running."""
        self._with_task("task.stop", self._ask_to_stop)

    def _ask_to_stop(self, task: Task) -> None:
        def stop() -> None:
            self.errands.start(self.orchestrator.stop(task.ref))

        if task.state in IN_TURN:
            dialogs.confirm_stop(self, self.orchestrator, task, stop)
        else:
            stop()

    def action_resume(self) -> None:
        """Goes on with a task that stopped before its end."""
        self._with_task("task.resume", lambda task: self.errands.start(self.orchestrator.resume(task.ref)))

    def action_discard(self) -> None:
        """Gives the task up, after a question."""
        self._with_task("task.discard", self._ask_to_discard)

    def _ask_to_discard(self, task: Task) -> None:
        def told(backup: str) -> None:
            self.tell(
                f"Discarded. All of it is kept as {backup}." if backup else "Discarded; there was nothing to keep."
            )

        dialogs.confirm_discard(self, task, lambda: self.errands.start(self.orchestrator.discard(task.ref), told))

    # -- review and merge ---------------------------------------------------------------------------------------

    def action_review(self) -> None:
        """Opens the diff."""
        self._with_task("task.review", self._review)

    def _review(self, task: Task) -> None:
        def then(result: "ReviewResult") -> None:
            if result.value == "merge":
                self.action_merge()
            else:
                self.call_later(self.action_needs_me)

        dialogs.review(self, self.orchestrator, task.ref, self.drafts, then)

    def action_needs_me(self) -> None:
        """To the next thing that waits for the person."""
        raise NotImplementedError

    def action_merge(self) -> None:
        """Shows what a merge would do, and asks."""
        self._with_task("task.merge", self._preview)

    def _preview(self, task: Task) -> None:
        def ask(preview: "MergePreview") -> None:
            dialogs.merge(
                self, self.state.tasks[task.ref], preview, lambda answer: self._go_on(task.ref, preview, answer)
            )

        self.errands.start(self.orchestrator.preview_merge(task.ref), ask)

    def _go_on(self, ref: TaskRef, preview: "MergePreview", answer: "MergeAnswer") -> None:
        """What the person chose at the merge question."""
        match answer.value:
            case "merge":
                self._merge(ref, preview)
            case "review":
                self._review(self.state.tasks[ref])
            case "tell":
                self._send_guardrails({ref: preview.guardrails})
            case _:
                self._update(self.state.tasks[ref])

    def _merge(self, ref: TaskRef, preview: "MergePreview") -> None:
        self.errands.start(
            self.orchestrator.merge(ref, preview),
            lambda merged: self.tell(f"Merged: {merged.base_branch} is at {merged.new[:7]}."),
        )

    def _send_guardrails(self, of_tasks: Mapping[TaskRef, "Sequence[GuardrailResult]"]) -> None:
        """Sends each task's worker what does not hold of it; that begins its next turn."""
        from codex_orch_tui.services.guardrails import mend_prompt  # noqa: PLC0415 - not for the first frame

        def send(ref: TaskRef, results: "Sequence[GuardrailResult]") -> None:
            told = f"The worker of {clean_line(self.state.tasks[ref].spec.title)} has it."
            sending = self.orchestrator.message(ref, mend_prompt(results))
            self.errands.start(sending, lambda _how: self.tell(told), may_wait=True)

        for ref, results in of_tasks.items():
            send(ref, results)

    def action_update(self) -> None:
        """Replays the task's commits on its base's tip; a conflict can go back to the worker."""
        self._with_task("task.update", self._update)

    def _update(self, task: Task) -> None:
        def clashed(error: NotPossibleError) -> bool:
            if not isinstance(error, ConflictError):
                return False
            dialogs.confirm_conflicts(self, task, error, lambda: self._send_conflicts(task.ref))
            return True

        self.errands.start(
            self.orchestrator.update(task.ref),
            lambda updated: self.tell(
                f"Updated: it stands on {task.base_branch} {updated.base[:7]} now."
                f" {'Its checks run again.' if task.spec.checks else 'd reads its diff.'}"
                if updated.moved
                else f"Nothing to update: it stands on {task.base_branch}'s tip."
            ),
            refused=clashed,
        )

    def _send_conflicts(self, ref: TaskRef) -> None:
        self.errands.start(self.orchestrator.send_conflicts(ref), lambda _how: self.tell("The worker has the files."))

    # -- the worktree -------------------------------------------------------------------------------------------

    def action_edit(self) -> None:
        """Opens the editor in the worktree."""
        self._with_task(
            "task.edit",
            lambda task: self._open_program(task, editor_command(self.orchestrator.config.editor, os.environ)),
        )

    def action_shell(self) -> None:
        """Opens a shell in the worktree."""
        self._with_task("task.shell", lambda task: self._open_program(task, shell_command(os.environ)))

    def _open_program(self, task: Task, command: list[str]) -> None:
        if task.worktree is not None:
            self.lend_terminal(command, task.worktree.path)

    def action_copy(self) -> None:
        """Asks what to copy, and copies it."""
        self._with_task("task.copy", lambda task: dialogs.copy(self, task, self._copy))

    def _copy(self, name: str, text: str) -> None:
        self.app.copy_to_clipboard(text)
        self.tell(f"Copied the {name}.")

    # -- other programs -----------------------------------------------------------------------------------------

    def lend_terminal(self, command: list[str], folder: str) -> None:
        """Gives the terminal to another program until that ends; the workers go on."""
        self.errands.start(self._lend(command, folder))

    async def _lend(self, command: list[str], folder: str) -> None:
        self.bridge.hold()
        self.is_lent = True
        fault = await lent(self.app, command, folder)
        self.is_lent = False
        self.bridge.release()
        if fault:
            self.notify(clean_line(fault), severity="warning", markup=False)
