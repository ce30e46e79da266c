"""Where everything lies. Nothing outside this file builds a path of ours.

.orchestrator/                      in the repository's main worktree
    orchestrator.yaml policy.yaml prompts/ schemas/     the user's own, may be committed
    lock  journal.jsonl  status.cache
    drafts.json                     what was written and not sent when the program was left
    inbox/{doing, done, failed}/    commands of other programs: dropped, begun, and what became of them
    runs/<run>/{journal.jsonl, manifest.json, metrics.json, context.json, report.md, plan.yaml, approvals.jsonl,
      commands.jsonl}
    runs/<run>/tasks/<task>/{prompt.md, events.jsonl, stderr.log, result.json, report.md, patch.diff, logs.txt}
    pipelines/{<name>.log, commands.jsonl}              of pipelines that ran outside of any run
    worktrees/<run>/<task>          unless a base folder is configured
    tmp/<8 hex digits>              private TMPDIR of a worker: short, and not under /tmp, which the sandbox may write
<common git folder>/codex-orch.lock                     the lock's twin
<common git folder>/info/exclude                        keeps the state out of the user's commits
"""

import shutil
from hashlib import sha256
from pathlib import Path

from codex_orch_tui.domain.ids import RunId, TaskId
from codex_orch_tui.domain.values import dataclass
from codex_orch_tui.store.atomic import make_folder, remove_stray
from codex_orch_tui.store.errors import StoreError, told
from codex_orch_tui.store.git_exclude import exclude_state

STATE_FOLDER = ".orchestrator"
JOURNAL = "journal.jsonl"
RUNS = "runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFiles:
    """The files of one task."""

    folder: Path
    prompt: Path
    """What its worker was told at the start of its thread, without secrets."""
    events: Path
    stderr: Path
    result: Path
    report: Path
    patch: Path
    logs: Path


class Layout:
    """The paths of one repository's state. Only the methods named `make_…`, `remove_…` and `create` touch the disk."""

    def __init__(self, main_worktree: Path, common_git_folder: Path, *, worktree_base: Path | None = None) -> None:
        """Resolve the places once, so that a symlink on the way leads every program to the same files.

        Args:
            main_worktree: The repository's main worktree.
            common_git_folder: What `git rev-parse --git-common-dir` tells, absolute.
            worktree_base: Where worktrees go instead of the state folder (setting `worktree_base`).
        """
        self.main_worktree = main_worktree.resolve()
        self.common_git_folder = common_git_folder.resolve()
        self.folder = self.main_worktree / STATE_FOLDER
        self.config = self.folder / "orchestrator.yaml"
        self.policy = self.folder / "policy.yaml"
        self.prompts = self.folder / "prompts"
        self.schemas = self.folder / "schemas"
        self.journal = self.folder / JOURNAL
        self.drafts = self.folder / "drafts.json"
        self.status_cache = self.folder / "status.cache"
        self.inbox = self.folder / "inbox"
        self.inbox_doing = self.inbox / "doing"
        self.inbox_done = self.inbox / "done"
        self.inbox_failed = self.inbox / "failed"
        self.runs = self.folder / RUNS
        self.temporary = self.folder / "tmp"
        self.pipelines = self.folder / "pipelines"
        self.locks = (self.common_git_folder / "codex-orch.lock", self.folder / "lock")
        self.worktrees = self._worktree_root(worktree_base)

    def _worktree_root(self, base: Path | None) -> Path:
        """Two repositories of one name may share a base folder."""
        if base is None:
            return self.folder / "worktrees"
        mark = sha256(str(self.main_worktree).encode("utf-8", "surrogateescape")).hexdigest()[:6]
        return base.resolve() / f"{self.main_worktree.name}-{mark}"

    def run_folder(self, run: RunId) -> Path:
        """The folder of a run."""
        return self.runs / _name(run)

    def manifest(self, run: RunId) -> Path:
        """What a run did, for other programs."""
        return self.run_folder(run) / "manifest.json"

    def run_report(self, run: RunId) -> Path:
        """The same for people."""
        return self.run_folder(run) / "report.md"

    def metrics(self, run: RunId) -> Path:
        """What a run used."""
        return self.run_folder(run) / "metrics.json"

    def context(self, run: RunId) -> Path:
        """Where a run stands, for whoever takes it up again."""
        return self.run_folder(run) / "context.json"

    def plan(self, run: RunId) -> Path:
        """The plan that a run of a navigator ended with, to be read, edited and run."""
        return self.run_folder(run) / "plan.yaml"

    def approvals(self, run: RunId) -> Path:
        """The audit of a run: what was asked, decided and run, and who allowed it."""
        return self.run_folder(run) / "approvals.jsonl"

    def commands(self, run: RunId) -> Path:
        """Every command that we ran, or refused to run, in the worktrees of a run."""
        return self.run_folder(run) / "commands.jsonl"

    def run_journal(self, run: RunId) -> Path:
        """The run's part of the journal: a copy, so that the run's folder can be replayed wherever it lies."""
        return self.run_folder(run) / JOURNAL

    def task(self, run: RunId, task: TaskId) -> TaskFiles:
        """The files of a task."""
        return task_files(self.run_folder(run), task)

    def worktree(self, run: RunId, task: TaskId) -> Path:
        """The place of a task's worktree."""
        return self.worktrees / _name(run) / _name(task)

    def private_tmp(self, run: RunId, task: TaskId) -> Path:
        """The TMPDIR of a task's worker; its name is short because a socket's path holds about 100 bytes."""
        return self.temporary / sha256(f"{_name(run)}/{_name(task)}".encode()).hexdigest()[:8]

    def create(self) -> None:
        """Make the state folder and keep it out of git; safe to repeat. Called before the lock is taken.

        Raises:
            StoreError: With what to do: a read-only folder, a symlink in the way, no git folder.
        """
        if not self.common_git_folder.is_dir():
            raise StoreError(f"{self.common_git_folder} is not a git folder")
        make_folder(self.folder)
        for folder in (self.runs, self.inbox, self.inbox_doing, self.inbox_done, self.inbox_failed, self.temporary):
            make_folder(folder)
        exclude_state(self.common_git_folder, STATE_FOLDER)

    def remove_stray(self) -> int:
        """Remove what a kill left of atomic writes; only for the holder of the lock. Returns how many there were."""
        ours = [self.folder, self.inbox_doing, self.inbox_done, self.inbox_failed]
        folders = [*ours, *self.runs.glob("*"), *self.runs.glob("*/tasks/*")]
        return sum(remove_stray(folder) for folder in folders)

    def make_task(self, run: RunId, task: TaskId) -> TaskFiles:
        """Make a task's folder.

        Raises:
            StoreError: The folder cannot be made.
        """
        files = self.task(run, task)
        make_folder(files.folder)
        return files

    def make_private_tmp(self, run: RunId, task: TaskId) -> Path:
        """Make an empty private TMPDIR.

        Raises:
            StoreError: The folder cannot be made, or an old one cannot be removed.
        """
        folder = self.private_tmp(run, task)
        self.remove_private_tmp(run, task)
        make_folder(folder)
        return folder

    def remove_private_tmp(self, run: RunId, task: TaskId) -> None:
        """Remove a private TMPDIR with all that is in it; links in it are not followed.

        Raises:
            StoreError: Something in it cannot be removed.
        """
        folder = self.private_tmp(run, task)
        try:
            if folder.is_symlink():
                folder.unlink()
            elif folder.exists():
                shutil.rmtree(folder)
        except OSError as error:
            raise StoreError(told(error, "remove", folder)) from error

    def is_plain(self, path: Path) -> bool:
        """Whether a path below the state folder lies where it seems to: no link stands in its place or above it."""
        return not path.is_symlink() and path.parent.resolve() == path.parent

    def remove_run_folder(self, run: RunId) -> None:
        """Remove a run's folder with all that is in it; links in it are not followed.

        Raises:
            StoreError: It is no folder of ours, or something in it cannot be removed.
        """
        folder = self.run_folder(run)
        if not self.is_plain(folder):
            raise StoreError(f"{folder} is not where it seems to be: a link is in the way")
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise StoreError(told(error, "remove", folder)) from error


def task_files(run_folder: Path, task: TaskId) -> TaskFiles:
    """The files of a task of a run, wherever the run's folder lies."""
    folder = run_folder / "tasks" / _name(task)
    return TaskFiles(
        folder=folder,
        prompt=folder / "prompt.md",
        events=folder / "events.jsonl",
        stderr=folder / "stderr.log",
        result=folder / "result.json",
        report=folder / "report.md",
        patch=folder / "patch.diff",
        logs=folder / "logs.txt",
    )


def _name(part: str) -> str:
    """An id as the name of one folder.

    Raises:
        StoreError: It would lead somewhere else.
    """
    if not part or part.startswith(".") or "/" in part or not part.isprintable() or len(part.encode()) > 200:
        raise StoreError(f"{part!r} cannot name a folder")
    return part
