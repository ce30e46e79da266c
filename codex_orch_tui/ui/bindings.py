"""The one table of actions and keys.

Screens and widgets take their BINDINGS from here, and so do the line of keys, the help screen, the palette, the
keymap of the configuration and the table of the README.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding, BindingType


class Where(StrEnum):
    """What has to be in front for a key to act."""

    ANYWHERE = "anywhere"
    MAIN = "main screen"
    LIST = "worktrees and tasks"
    TREE = "tasks"
    LOG = "log"
    APPROVAL = "needs you"
    REVIEW = "review"
    DIFF = "diff"
    HISTORY = "history"
    PLAN = "plan"
    REPLAY = "replay"
    DIALOG = "dialog"


class Group(StrEnum):
    """How help and README sort the actions."""

    TASK = "Task"
    LANDING = "Review and merge"
    MOVE = "Find your way"
    LIST = "Worktrees and tasks"
    LOG = "Log"
    APPROVAL = "A question of a worker"
    REVIEW = "Reading a diff"
    HISTORY = "The history"
    PLAN = "The plan"
    REPLAY = "A replay"
    DIALOG = "In a dialog"
    PROGRAM = "Program"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person can do.

    The id ends in the name of the action method of whoever has the binding. `keys` are Textual's names, separated by
    commas. `rank` is the place in the line of keys (1 stays longest when there is little room, 0 is never on it).
    """

    id: str
    keys: str
    description: str
    where: Where
    group: Group
    tooltip: str
    rank: int = 0
    in_palette: bool = False
    """It needs no cursor and so can be called by its name."""
    priority: bool = False
    """It acts before, and in spite of, whatever has the focus."""
    is_bound: bool = True
    """False: the widget binds it itself, because its action takes an argument; it is here to be listed and moved."""
    command: str = ""
    """The command of the command line that does the same, where its name is another one: the palette has both."""

    @property
    def name(self) -> str:
        """The action method's name, without `action_`."""
        return self.id.partition(".")[2]

    @property
    def called(self) -> str:
        """What the palette calls it, with the name of the command where that is another one."""
        return f"{self.description} · {self.command}" if self.command else self.description


def _table() -> Iterator[Action]:
    main, task, landing, move = Where.MAIN, Group.TASK, Group.LANDING, Group.MOVE
    typed = "Type a task; a worker does it in a worktree"
    yield Action("task.new_task", "n", "new task", main, task, typed, 3, True, command="run")
    yield Action("task.message", "s", "message", main, task, "Steer the running turn, or begin a new one", 4, True)
    yield Action("task.interrupt", "i", "interrupt", main, task, "End the running turn; the worker stays", 7, True)
    yield Action("task.stop", "x", "stop", main, task, "End the worker; its edits are committed", 12, True)
    stopped = "Go on with a task that stopped before its end"
    yield Action("task.resume", "c", "continue", main, task, stopped, 8, True, command="resume")
    yield Action("task.discard", "D", "discard", main, task, "Give the task up; a backup ref keeps it", 0, True)
    yield Action("task.pause", "p", "pause", main, task, "Let a task or run wait, or go on: pause and resume", 0, True)
    yield Action("task.retry", "r", "retry", main, task, "Begin a task again from nothing; its work is kept", 0, True)
    yield Action("task.skip", "S", "skip", main, task, "Do without a task; what waits for it begins", 0, True)
    yield Action("task.earlier", "plus,equals_sign", "earlier", main, task, "Among what could begin: sooner", 0, True)
    yield Action("task.later", "minus", "later", main, task, "Among what could begin: after the others", 0, True)
    yield Action("task.edit", "e", "editor", main, task, "Your editor in the task's worktree", 13, True)
    yield Action("task.shell", "exclamation_mark", "shell", main, task, "Your shell in the task's worktree", 0, True)
    yield Action("task.copy", "y", "copy", main, task, "Copy the branch, the path or the thread id", 0, True)
    yield Action("task.review", "d", "review", main, landing, "The diff of the task against its base", 5, True)
    yield Action("task.merge", "m", "merge", main, landing, "Fast-forward the base; on a run land it; asks", 6, True)
    yield Action("task.update", "u", "update", main, landing, "Replay the task's commits on its base's tip", 0, True)

    yield Action("go.needs_me", "g", "needs me", main, move, "The next thing that waits for you", 2, True)
    yield Action("go.what_next", "w", "what next", main, move, "What needs you, what begins next, and why", 15, True)
    yield Action("go.next_pane", "tab", "next pane", main, move, "To the next pane")
    yield Action("go.previous_pane", "shift+tab", "previous pane", main, move, "To the previous pane")
    yield Action("go.worktrees", "1", "worktrees", main, move, "To the worktrees", 0, True)
    yield Action("go.tasks", "2", "tasks", main, move, "To the tasks", 0, True)
    yield Action("go.log", "3", "log", main, move, "To the log", 0, True, command="logs")
    yield Action("go.history", "H", "history", main, move, "What was asked and what ran, and who allowed it", 0, True)
    asked = "To the questions that wait for you"
    yield Action("go.inbox", "4", "needs you", main, move, asked, 0, True, command="approvals")
    yield Action("go.plan", "P", "plan", main, move, "The plan of the run, or a new one: look, edit, approve", 0, True)
    in_force = "The rules in force, what they would have answered"
    yield Action("go.rules", "R", "rules", main, move, in_force, 0, True, command="policy")

    lists, rows = Where.LIST, Group.LIST
    yield Action("list.open", "enter", "open", lists, rows, "Show the log and result; fold a run")
    yield Action("list.fold", "space", "fold", lists, rows, "Fold or unfold the row")
    yield Action("list.leave", "left,h", "fold, go up", lists, rows, "Fold the row, or go to the one above it")
    yield Action("list.enter", "right", "unfold", lists, rows, "Unfold the row, or go to the one below")
    yield Action("list.up", "up,k", "up", lists, rows, "One row up")
    yield Action("list.down", "down,j", "down", lists, rows, "One row down")
    yield Action("list.page_up", "pageup", "page up", lists, rows, "One page up")
    yield Action("list.page_down", "pagedown", "page down", lists, rows, "One page down")
    yield Action("list.first", "home", "first", lists, rows, "To the first row")
    yield Action("list.last", "end,G", "last", lists, rows, "To the last row")

    tree = Where.TREE
    yield Action("tree.filter", "slash", "filter", tree, rows, "Tasks: only those with a word, or in a state", 9)
    yield Action("tree.end_filter", "escape", "end filter", tree, rows, "Tasks: all of them again", 8)
    yield Action("tree.fold_all", "z", "fold all", tree, rows, "Tasks: fold or unfold every run and group")

    log, logs = Where.LOG, Group.LOG
    yield Action("log.raw", "l", "log or raw", main, logs, "The worker's raw JSONL, or the log again", 14, True)
    yield Action("log.search", "slash", "search", main, logs, "Look for a text in the log", 9, True)
    yield Action("log.follow", "f", "follow", main, logs, "Stay at the newest line, or hold still", 0, True)
    yield Action("log.newest", "G,end", "newest", log, logs, "To the newest line, and stay there", is_bound=False)
    yield Action("log.oldest", "home", "oldest", log, logs, "To the oldest line that is held", is_bound=False)
    yield Action("log.next", "n", "next found", log, logs, "While searching: the next place", is_bound=False)
    yield Action("log.previous", "N", "found before", log, logs, "While searching: the place before", is_bound=False)
    yield Action("log.end_search", "escape", "end search", log, logs, "End the search", is_bound=False)
    yield Action("log.down", "down,j", "line down", log, logs, "One line down")
    yield Action("log.up", "up,k", "line up", log, logs, "One line up")

    ask, asks = Where.APPROVAL, Group.APPROVAL
    yield Action("approval.accept", "a,y", "accept", ask, asks, "Yes, this once", 1)
    yield Action("approval.accept_session", "A", "for this session", ask, asks, "Yes, and to the same later on", 5)
    yield Action("approval.decline_message", "n", "decline and tell", ask, asks, "No, and what to do instead", 4)
    yield Action("approval.decline", "d", "decline", ask, asks, "No; the worker goes on without it", 2)
    yield Action("approval.cancel", "c", "cancel turn", ask, asks, "No, and the turn ends", 6)
    yield Action("approval.view", "v", "view all", ask, asks, "Everything that the request carries", 3)
    yield Action("approval.rule", "r", "make a rule", ask, asks, "A rule of yours that would answer the like of it", 7)
    yield Action(
        "approval.accept_for_good", "P", "for good", ask, asks, "Yes, and a rule of Codex's own; asks twice first", 8
    )

    yield Action("approval.send", "ctrl+s", "send", ask, asks, "Send the answers of a form", is_bound=False)
    yield Action("approval.next", "right_square_bracket,right", "next", ask, asks, "The next question", is_bound=False)
    yield Action(
        "approval.previous", "left_square_bracket,left", "previous", ask, asks, "The question before", is_bound=False
    )
    yield Action("approval.enter", "enter", "fill in", ask, asks, "To the fields of a form", is_bound=False)
    yield Action("approval.pick", "space", "check", ask, asks, "Check an option, or a page down", is_bound=False)
    yield Action("approval.leave", "escape", "leave", ask, asks, "Back to where you were; no answer", is_bound=False)
    yield Action("approval.down", "j", "line down", ask, asks, "One line down", is_bound=False)
    yield Action("approval.up", "k", "line up", ask, asks, "One line up", is_bound=False)

    review, reading = Where.REVIEW, Group.REVIEW
    yield Action("review.viewed", "space", "viewed", review, reading, "Mark the file as viewed, go to the next", 1)
    yield Action("review.next_file", "right_curly_bracket", "next file", review, reading, "To the next file", 4)
    yield Action("review.previous_file", "left_curly_bracket", "previous file", review, reading, "To the file before")
    yield Action("review.merge", "m", "merge", review, reading, "Leave the review and merge; asks first", 2)
    yield Action("review.message", "s", "message", review, reading, "A message to the worker")
    yield Action("review.question", "g", "needs me", review, reading, "Leave the review for the open question")
    yield Action("review.back", "escape,q", "back", review, reading, "Leave the review", 5)
    yield Action("review.editor", "e", "editor", review, reading, "The file in your editor", is_bound=False)
    yield Action("review.switch", "tab,shift+tab", "switch", review, reading, "Files or diff", is_bound=False)
    yield Action("review.mark", "space", "viewed", review, reading, "The same, in the list of files", is_bound=False)
    diff = Where.DIFF
    yield Action("diff.next_hunk", "right_square_bracket", "next hunk", diff, reading, "To the next hunk", 3)
    yield Action("diff.previous_hunk", "left_square_bracket", "previous hunk", diff, reading, "To the hunk before")
    yield Action("diff.wrap", "w", "wrap", diff, reading, "Wrap long lines, or scroll sideways")
    yield Action("diff.down", "j", "line down", diff, reading, "One line down", is_bound=False)
    yield Action("diff.up", "k", "line up", diff, reading, "One line up", is_bound=False)

    history, past = Where.HISTORY, Group.HISTORY
    yield Action("history.asked", "a", "asked or not", history, past, "All, what was asked for, what was not")
    yield Action("history.outcome", "o", "outcome", history, past, "One outcome after the other")
    yield Action("history.kind", "y", "kind", history, past, "One kind of question after the other")
    yield Action("history.task", "t", "task", history, past, "One task after the other")
    yield Action("history.search", "slash", "search", history, past, "Only what holds a text")
    yield Action("history.all", "x", "show all", history, past, "Everything again")
    yield Action("history.question", "g", "needs me", history, past, "Leave the history for the open question")
    yield Action("history.back", "escape,q", "back", history, past, "End the search, leave the entry, the history")
    yield Action("history.switch", "tab,shift+tab", "switch", history, past, "List or entry", is_bound=False)

    plan, plans = Where.PLAN, Group.PLAN
    yield Action("plan.start", "ctrl+s", "approve", plan, plans, "Approve the plan and start it")
    yield Action("plan.add", "a", "add", plan, plans, "Another task behind this one")
    yield Action("plan.remove", "x,delete", "remove", plan, plans, "Take the task out, with all that is part of it")
    yield Action("plan.take_back", "u", "take back", plan, plans, "Take the last change back")
    yield Action("plan.up", "K,shift+up", "move up", plan, plans, "The task before the one above")
    yield Action("plan.down", "J,shift+down", "move down", plan, plans, "The task behind the one below")
    yield Action("plan.role", "r", "role", plan, plans, "Another role for the task")
    yield Action("plan.view", "v", "waves", plan, plans, "As a tree, or as waves of what can run side by side")
    yield Action("plan.next_problem", "exclamation_mark", "problem", plan, plans, "To the next problem")
    yield Action("plan.branch", "b", "branch", plan, plans, "Another branch to start from")
    yield Action("plan.open", "o", "open a file", plan, plans, "A plan from a file, JSON or YAML")
    yield Action("plan.save", "S", "save", plan, plans, "Write the plan to a file")
    yield Action("plan.new", "n", "new plan", plan, plans, "The plan that you write, or an empty one")
    yield Action("plan.question", "g", "needs me", plan, plans, "Leave the plan for the open question")
    yield Action("plan.switch", "tab,shift+tab", "switch", plan, plans, "Tasks, or all of one task")
    yield Action("plan.back", "escape,q,P", "back", plan, plans, "Leave the plan; it is kept until you quit")

    yield from _replay()

    dialog, dialogs = Where.DIALOG, Group.DIALOG
    yield Action("new_task.submit", "ctrl+s", "start", dialog, dialogs, "New task: start it", is_bound=False)
    yield Action("new_task.way", "ctrl+o", "way", dialog, dialogs, "New task: plan it first, or do it", is_bound=False)
    yield Action(
        "new_task.close",
        "escape",
        "close",
        dialog,
        dialogs,
        "New task: close; the draft is kept",
        is_bound=False,
    )
    yield Action("message.send", "ctrl+s", "send", dialog, dialogs, "Message: send it", is_bound=False)
    yield Action(
        "message.close",
        "escape",
        "close",
        dialog,
        dialogs,
        "Message: close; the draft is kept",
        is_bound=False,
    )
    yield Action("plan_task.keep", "ctrl+s", "keep", dialog, dialogs, "A task of a plan: keep it so", is_bound=False)
    yield Action("plan_task.close", "escape", "back", dialog, dialogs, "A task of a plan: back", is_bound=False)
    head = "Title and specification of a plan"
    yield Action("plan_head.keep", "enter,ctrl+s", "keep", dialog, dialogs, f"{head}: keep it so", is_bound=False)
    yield Action("plan_head.close", "escape", "back", dialog, dialogs, f"{head}: back", is_bound=False)
    yield Action("line.take", "enter", "take", dialog, dialogs, "A file or a title: take it", is_bound=False)
    yield Action("line.close", "escape", "back", dialog, dialogs, "A file or a title: back", is_bound=False)
    yield Action("merge.merge", "enter", "merge", dialog, dialogs, "Merge: yes, as it is told", is_bound=False)
    yield Action("merge.review", "d", "read", dialog, dialogs, "Merge: read what was not reviewed", is_bound=False)
    yield Action("merge.update", "u", "update", dialog, dialogs, "Merge: update from its base first", is_bound=False)
    yield Action("merge.tell", "s", "send", dialog, dialogs, "Merge: tell the worker what fails", is_bound=False)
    yield Action("merge.close", "escape", "leave", dialog, dialogs, "Merge: leave everything as it is", is_bound=False)
    yield Action("land_run.land", "enter", "land", dialog, dialogs, "Run: land it, as it is told", is_bound=False)
    yield Action("land_run.review", "d", "read", dialog, dialogs, "Run: read the next diff", is_bound=False)
    yield Action("land_run.without", "o", "without", dialog, dialogs, "Run: without what is in the way", is_bound=False)
    yield Action("land_run.tell", "s", "send", dialog, dialogs, "Run: tell the workers what fails", is_bound=False)
    yield Action("land_run.close", "escape", "leave", dialog, dialogs, "Run: leave everything as it is", is_bound=False)
    yield Action("landing.stop", "x", "stop", dialog, dialogs, "Run that is landing: stop it", is_bound=False)
    yield Action("landing.close", "escape", "back", dialog, dialogs, "Run that is landing: back", is_bound=False)
    yield Action(
        "confirm.close", "escape", "back", dialog, dialogs, "Stop, discard, quit: back; nothing changes", is_bound=False
    )
    yield Action("choose.choose", "enter", "choose", dialog, dialogs, "Copy: take the marked line", is_bound=False)
    yield Action("choose.close", "escape", "back", dialog, dialogs, "Copy: back", is_bound=False)
    yield Action(
        "approval.close",
        "escape,v,q",
        "back",
        dialog,
        dialogs,
        "The whole request: back to the question",
        is_bound=False,
    )
    yield Action(
        "for_good.confirm", "P", "for good", dialog, dialogs, "Codex's own rule: the second yes", is_bound=False
    )
    yield Action(
        "for_good.close", "escape", "back", dialog, dialogs, "Codex's own rule: back; nothing is sent", is_bound=False
    )
    yield Action("rule.narrower", "left", "narrower", dialog, dialogs, "A new rule: a narrower one", is_bound=False)
    yield Action("rule.wider", "right", "wider", dialog, dialogs, "A new rule: a wider one", is_bound=False)
    yield Action("rule.accept", "a", "accept", dialog, dialogs, "A new rule: it accepts", is_bound=False)
    yield Action("rule.ask", "s", "ask", dialog, dialogs, "A new rule: it asks, whatever others say", is_bound=False)
    yield Action("rule.decline", "d", "decline", dialog, dialogs, "A new rule: it declines", is_bound=False)
    yield Action("rule.where", "w", "where", dialog, dialogs, "A new rule: this repository's, or yours", is_bound=False)
    yield Action("rule.store", "ctrl+s", "store", dialog, dialogs, "A new rule: store it", is_bound=False)
    yield Action("rule.close", "escape", "back", dialog, dialogs, "A new rule: back; none is stored", is_bound=False)
    yield Action("policy.trust", "t", "trust", dialog, dialogs, "Rules: look at what is not trusted", is_bound=False)
    yield Action("policy.look_again", "u", "read again", dialog, dialogs, "Rules: read the files again", is_bound=False)
    yield Action("policy.switch", "tab,shift+tab", "switch", dialog, dialogs, "Rules: list or rule", is_bound=False)
    yield Action("policy.close", "escape,q,R", "back", dialog, dialogs, "Rules: back", is_bound=False)
    yield Action("trust.trust", "t", "trust", dialog, dialogs, "Trust: let exactly this count", is_bound=False)
    yield Action("trust.close", "escape", "leave out", dialog, dialogs, "Trust: leave it out", is_bound=False)
    yield Action("search.end", "escape", "end", dialog, dialogs, "Search line: end the search", is_bound=False)
    yield Action("search.keep", "down", "keep", dialog, dialogs, "Filter of the tasks: keep it", is_bound=False)
    yield Action("what_next.close", "escape,q,w", "back", dialog, dialogs, "What next: back", is_bound=False)
    yield Action("help.back", "escape,q,?", "back", dialog, dialogs, "Help: close it", is_bound=False)
    yield Action("help.down", "j", "line down", dialog, dialogs, "Help: one line down", is_bound=False)
    yield Action("help.up", "k", "line up", dialog, dialogs, "Help: one line up", is_bound=False)

    any_, program = Where.ANYWHERE, Group.PROGRAM
    yield Action("program.command_palette", "ctrl+p", "commands", any_, program, "Every command by its name", 10)
    yield Action("program.help", "question_mark,f1", "help", any_, program, "Every key, and the signs", 1, True)
    gone = "Looking on: hold the repository, when nobody does any more"
    yield Action("program.take_over", "t", "take over", Where.MAIN, program, gone, 1, True)
    yield Action("program.suspend_process", "ctrl+z", "suspend", any_, program, "To the shell; fg comes back", 0, True)
    yield Action("program.quit", "q", "quit", any_, program, "Leave; asks when workers run or ask", 11, True)
    yield Action(
        "program.break",
        "ctrl+c,ctrl+q",
        "quit",
        any_,
        program,
        "Leave, out of a dialog too",
        priority=True,
    )


def _replay() -> Iterator[Action]:
    """Before all others, also where a list or a log has the same key; they are on no other screen."""
    for name, keys, description, tooltip, rank in (
        ("play", "space", "play or pause", "Pause, or go on; at the end begin again", 1),
        ("step", "right", "step", "One event on, and pause", 3),
        ("step_back", "left", "step back", "One event back, and pause", 4),
        ("steps", "shift+right", "100 on", "A hundred events on, and pause", 0),
        ("steps_back", "shift+left", "100 back", "A hundred events back, and pause", 0),
        ("faster", "right_square_bracket", "faster", "Up to 100 times as fast as it was", 5),
        ("slower", "left_square_bracket", "slower", "Down to as fast as it was", 6),
        ("to_start", "home", "start", "To the run's creation", 7),
        ("to_end", "end", "end", "To the last event", 8),
    ):
        yield Action(f"replay.{name}", keys, description, Where.REPLAY, Group.REPLAY, tooltip, rank, priority=True)


ACTIONS: tuple[Action, ...] = tuple(_table())
BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}


def bindings(*places: Where) -> list[BindingType]:
    """The BINDINGS of whoever is in front at these places."""
    return [
        Binding(
            action.keys,
            action.name,
            action.description,
            show=action.rank > 0,
            tooltip=action.tooltip,
            id=action.id,
            priority=action.priority,
        )
        for action in ACTIONS
        if action.where in places and action.is_bound
    ]


def keys_of(action_id: str, keymap: Mapping[str, str]) -> tuple[str, ...]:
    """All keys of an action by Textual's names, the person's own when the keymap has them."""
    return tuple(key.strip() for key in keymap.get(action_id, BY_ID[action_id].keys).split(","))


def unknown_ids(keymap: Mapping[str, str]) -> tuple[str, ...]:
    """Names in a keymap that no action has."""
    return tuple(name for name in keymap if name not in BY_ID)
