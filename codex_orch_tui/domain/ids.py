"""Names of things. Each is a plain string on disk and a type of its own in the code."""

import re
from typing import NamedTuple, NewType

RunId = NewType("RunId", str)
TaskId = NewType("TaskId", str)
"""Unique within its run."""
ThreadId = NewType("ThreadId", str)
TurnId = NewType("TurnId", str)
ItemId = NewType("ItemId", str)
ApprovalId = NewType("ApprovalId", str)
"""`<worker epoch>:<request id>`: request ids of Codex start again at 0 in every process."""
EpochId = NewType("EpochId", str)
"""One life of one worker process."""
CommitId = NewType("CommitId", str)

_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def slug(text: str, *, max_chars: int = 40) -> str:
    """A short name that is safe in a branch, a folder and an id; never empty."""
    words = _NOT_SLUG.sub("-", text.lower()).strip("-")
    if len(words) > max_chars:
        head, _, tail = words[: max_chars + 1].rpartition("-")
        words = head or tail[:max_chars]
    return words.strip("-") or "task"


class TaskRef(NamedTuple):
    """A task, named across runs."""

    run: RunId
    task: TaskId

    @classmethod
    def named(cls, text: str) -> "TaskRef":
        """The task that is written as RUN/TASK."""
        run, _, task = text.partition("/")
        return cls(RunId(run), TaskId(task))

    def __str__(self) -> str:
        return f"{self.run}/{self.task}"
