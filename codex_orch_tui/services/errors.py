"""What services refuse, in words for the person.

Exception
├── ConnectionFailedError   a worker could not be reached (services/ports.py)
├── OpenError               the repository cannot be opened; nothing was started
├── WorkspaceError          a task's worktree cannot be made, read or committed; carries a Fault
└── NotPossibleError        a command does not fit the present state; nothing was done
    ├── AnswerRefusedError  the answer to a question was not taken; nothing was sent
    ├── ConflictError       an update would clash; nothing was moved
    ├── PlanRefusedError    a plan that cannot be run; carries all that is wrong with it
    ├── FileThereError      a file would be replaced; nothing was written
    ├── NoHolderError       no program is there that could do it; nothing was done
    └── NoReplyError        it was sent to the program that holds the repository; what became of it is not known
"""

from codex_orch_tui.domain.item import Fault

EXIT_NOT_USABLE = 2
"""What the command line ends with where it cannot be worked in, or nothing is there to be shown."""


class OpenError(Exception):
    """The repository cannot be opened; the text says why and what to do.

    Attributes:
        exit_code: what the command line ends with.
    """

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class WorkspaceError(Exception):
    """A task's worktree cannot be made, read or committed.

    Attributes:
        fault: what happened and what to do.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class NotPossibleError(Exception):
    """The command does not fit the present state; the text says why, for the person."""


class AnswerRefusedError(NotPossibleError):
    """The answer was not taken; nothing was sent."""


class ConflictError(NotPossibleError):
    """An update would clash; nothing was moved.

    Attributes:
        paths: the files that clash.
    """

    def __init__(self, message: str, paths: tuple[str, ...]) -> None:
        super().__init__(message)
        self.paths = paths


class PlanRefusedError(NotPossibleError):
    """A plan that cannot be run.

    Attributes:
        problems: all that is wrong, in clean single lines.
    """

    def __init__(self, what: str, problems: tuple[str, ...]) -> None:
        more = f" (and {len(problems) - 1:,} more)" if len(problems) > 1 else ""
        super().__init__(f"{what}: {problems[0]}{more}")
        self.problems = problems


class FileThereError(NotPossibleError):
    """A file would be replaced; nothing was written."""


class NoHolderError(NotPossibleError):
    """No program has the repository open that could do it; nothing was done."""


class NoReplyError(NotPossibleError):
    """It was sent to the program that holds the repository, and what became of it is not known."""
