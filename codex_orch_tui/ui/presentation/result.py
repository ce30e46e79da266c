"""What came of a task: the worker's last answer, or why there is none, in a block of its own."""

from dataclasses import dataclass
from functools import lru_cache

from codex_orch_tui.domain.answer_text import readable
from codex_orch_tui.domain.task import ACTIVE, Task, TaskState
from codex_orch_tui.ui.presentation.glyphs import Tone
from codex_orch_tui.ui.presentation.worktree_rows import base_name, size_of


@dataclass(frozen=True, slots=True)
class Result:
    """A title, paragraphs with their tones, and the size of what was committed."""

    title: str
    paragraphs: tuple[tuple[str, Tone], ...]
    remark: str


def result_of(task: Task, *, is_checked: bool = False, can_act: bool = True) -> Result | None:
    """The result of a task that is not at work; None while there is none.

    Args:
        task: The task.
        is_checked: Its turns are asked for an answer that fits a schema; else an object is what the worker wrote.
        can_act: The person can do something about it, and is told what.
    """
    if task.state in ACTIVE or task.state is TaskState.QUEUED:
        return None
    paragraphs: list[tuple[str, Tone]] = []
    fault = task.fault if task.state is not TaskState.MERGED else None
    if fault is not None:
        paragraphs.append((fault.message, Tone.BAD))
        if fault.next_step and can_act:
            paragraphs.append((f"→ {fault.next_step}", Tone.ACCENT))
    if task.state is TaskState.INTERRUPTED:
        keys = " c continues, s sends another message." if can_act else ""
        paragraphs.append((f"Stopped before its end.{keys}", Tone.PLAIN))
    if task.conflicts:
        paragraphs.append((f"Clashes with {base_name(task)}: {', '.join(task.conflicts)}", Tone.BAD))
        if can_act:
            paragraphs.append(("→ u tries again, or sends the files to the worker", Tone.ACCENT))
    if task.said:
        paragraphs.append((_told(task.said) if is_checked else task.said, Tone.PLAIN))
    if task.state is TaskState.DONE and not task.commits:
        paragraphs.append(("No file was changed: there is nothing to merge.", Tone.QUIET))
    if not paragraphs:
        return None
    return Result("Result" if fault is None else "What went wrong", tuple(paragraphs), _remark(task))


@lru_cache(4)
def _told(text: str) -> str:
    """The last message; an answer that was refused is JSON all the same."""
    return readable(text) or text


def _remark(task: Task) -> str:
    if task.state is TaskState.MERGED and task.merged_as is not None:
        return f"in {base_name(task)} as {task.merged_as[:7]}"
    if not task.commits:
        return ""
    commits = f"{len(task.commits)} commit{'s' if len(task.commits) != 1 else ''}"
    files = f"{task.totals.files} file{'s' if task.totals.files != 1 else ''}"
    return f"{commits} · {files} {size_of(task.totals.insertions, task.totals.deletions)}".rstrip()


def log_title(task: Task, quiet: str = "") -> str:
    """What the log pane is called: `search-endpoint · implementer · turn 2`, and since when its worker is quiet."""
    parts = [str(task.ref.task), task.spec.level.value.replace("_", " ") if task.spec.is_group else task.spec.role]
    if task.turns:
        parts.append(f"turn {len(task.turns)}")
    if quiet:
        parts.append(quiet)
    return " · ".join(parts)
