"""What of a repository can be looked at without holding it: the same for the program that holds it and for a viewer."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui.config import Config
from codex_orch_tui.domain.drafts import KeptDrafts
from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.selectors import is_checked
from codex_orch_tui.domain.state import State
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.store.layout import STATE_FOLDER, Layout

if TYPE_CHECKING:
    from codex_orch_tui.services.roles import Roles
    from codex_orch_tui.services.task_log import TaskLog

_OURS = f"{STATE_FOLDER}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseInfo:
    """What the new-task dialog needs to know of the user's checkout."""

    branches: tuple[str, ...]
    current: str | None
    """The branch that is checked out; None on a detached HEAD."""
    dirty: tuple[str, ...]
    """Paths with edits that a task will not see, because it starts from a commit. New files in our folder are none:
    settings and prompts count as they lie there."""


class Reading(ABC):
    """A repository that can be looked at."""

    _repository: Repository
    _layout: Layout
    _environ: Mapping[str, str]

    @property
    @abstractmethod
    def state(self) -> State:
        """The state now."""

    @property
    @abstractmethod
    def config(self) -> Config:
        """The settings in force."""

    @property
    def root(self) -> Path:
        """The repository's main worktree."""
        return self._repository.top

    @property
    def layout(self) -> Layout:
        """Where the files of the repository's state are."""
        return self._layout

    @property
    def codex_home(self) -> Path | None:
        """Codex's own folder, as the workers' Codex finds it; None when the environment does not tell it."""
        told, home = self._environ.get("CODEX_HOME"), self._environ.get("HOME")
        return Path(told) if told else Path(home) / ".codex" if home else None

    def log(self, ref: TaskRef) -> "TaskLog":
        """A reader of the task's log."""
        from codex_orch_tui.services.task_log import TaskLog  # noqa: PLC0415 - not for the first paint

        worktree = self.state.tasks[ref].worktree
        return TaskLog(
            self._layout.task(*ref).events,
            lambda: self.state.tasks[ref].notes,
            cwd=worktree.path if worktree is not None else str(self._layout.worktree(*ref)),
            is_checked=is_checked(self.state, ref),
        )

    def kept_drafts(self) -> KeptDrafts:
        """What was written and not sent when the program was left; nothing where another program holds it."""
        return KeptDrafts()

    def keep_drafts(self, drafts: KeptDrafts) -> None:  # noqa: B027 - only the holder keeps any
        """Keep what is written and not sent; without effect where another program holds the repository."""

    async def base_info(self) -> BaseInfo:
        """Branches to start from, and what of the user's checkout a task will not see."""
        edits = await self._repository.edits()
        return BaseInfo(
            branches=tuple(branch.name for branch in await self._repository.branches()),
            current=(await self._repository.head()).branch,
            dirty=(*edits.edited, *(path for path in edits.untracked if not path.startswith(_OURS))),
        )

    def roles(self) -> "Roles":
        """The roles that a task can have, as they are now."""
        from codex_orch_tui.services.roles import Roles  # noqa: PLC0415 - not for the first paint

        layout = self._layout
        return Roles(self.config, prompts=layout.prompts, schemas=layout.schemas, settings_place=str(layout.config))
