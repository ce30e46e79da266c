"""A run's integration worktree: where its tasks are together for the first time, and where the checks run."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.codex.environment import worker_environment
from codex_orch_tui.config import Config
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.ids import CommitId, RunId, TaskId, TaskRef
from codex_orch_tui.domain.merge import Refusal, RefusalReason
from codex_orch_tui.domain.run import Run
from codex_orch_tui.domain.run_landing import LandingCheck
from codex_orch_tui.domain.worktree import Worktree
from codex_orch_tui.gitrepo.backup import back_up_branch
from codex_orch_tui.gitrepo.branch_names import check_branch_name
from codex_orch_tui.gitrepo.errors import BranchExists, GitRepoError
from codex_orch_tui.gitrepo.include import copy_included
from codex_orch_tui.gitrepo.move import move_worktree
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.worktree_state import verify
from codex_orch_tui.services.check_result import Check, CheckPlace, CheckResult
from codex_orch_tui.services.check_tellers import run_teller
from codex_orch_tui.services.checks import Checks
from codex_orch_tui.services.hub import Hub
from codex_orch_tui.services.landing import sentence
from codex_orch_tui.services.setup import run_setup
from codex_orch_tui.services.trust import Trust
from codex_orch_tui.services.workspace import Workspace
from codex_orch_tui.store.layout import Layout

INTEGRATION = TaskId("integration")
"""Stands for the task's id in the branch, the folder and the files of a landing."""
_CHECKS_TMP = TaskId("integration.checks")
_MAX_PLACES = 100


class IntegrationError(Exception):
    """The worktree is not, or cannot be, what it has to be.

    Attributes:
        refusal: what is told.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """Makes, uses and removes integration worktrees.

    Args:
        hub: where events go.
        repository: the person's repository.
        layout: where worktrees and logs are kept.
        config: the settings in force now.
        trust: what of the repository's own commands counts.
        workspace: looks after worktrees.
        checks: runs checks.
        environ: our own environment.
    """

    hub: Hub
    repository: Repository
    layout: Layout
    config: Callable[[], Config]
    trust: Trust
    workspace: Workspace
    checks: Checks
    environ: Mapping[str, str]

    async def place(self, run: Run, commit: CommitId) -> Worktree:
        """Where it would be; with a number where one was kept.

        Raises:
            IntegrationError: there is no free name.
            GitRepoError: git allows no such branch.
        """
        branch = self.workspace.branch_for(run.id, INTEGRATION, run.created_at_s)
        for number in range(1, _MAX_PLACES):
            suffix = f"-{number}" if number > 1 else ""
            path = self.layout.worktree(run.id, TaskId(f"{INTEGRATION}{suffix}"))
            try:
                await check_branch_name(self.repository, f"{branch}{suffix}")
            except BranchExists:
                continue
            if not path.exists():
                return Worktree(
                    path=str(path), branch=f"{branch}{suffix}", base_branch=run.base_branch, base_commit=commit
                )
        raise IntegrationError(
            Refusal(
                reason=RefusalReason.WORKTREE,
                message=f"no free branch name like {branch}",
                next_step="remove integration branches that are no longer needed",
            )
        )

    async def make(self, run: RunId, worktree: Worktree, *, ready_for_checks: bool) -> None:
        """Make it, and make it ready as a task's worktree is made ready.

        Raises:
            IntegrationError: the setup command failed.
            GitRepoError, StoreError, OSError: it could not be made.
        """
        await self.workspace.worktrees.add(
            Path(worktree.path),
            branch=worktree.branch,
            base_branch=worktree.base_branch,
            base_commit=worktree.base_commit,
            reason=f"run {run} is landing",
        )
        if not ready_for_checks:
            return
        await copy_included(self.repository, worktree, root=self.workspace.worktrees.root)
        command = self.config().setup_command or (await asyncio.to_thread(self.trust.command, "setup_command")).text
        if command:
            await self._set_up(run, worktree, command)

    async def _set_up(self, run: RunId, worktree: Worktree, command: str) -> None:
        log = self.layout.make_task(run, INTEGRATION).folder / "setup.log"
        tmpdir = self.layout.make_private_tmp(run, INTEGRATION)
        try:
            result = await run_setup(
                command,
                root=self.repository.top,
                worktree=Path(worktree.path),
                log=log,
                time_limit_s=self.config().setup_time_limit_s,
                environment=worker_environment(os.environ, tmpdir=tmpdir),
            )
        finally:
            await asyncio.to_thread(self.layout.remove_private_tmp, run, INTEGRATION)
        if result.exit_code == 0:
            return
        ended = "reached its time limit" if result.exit_code is None else f"ended with exit {result.exit_code}"
        raise IntegrationError(
            Refusal(
                reason=RefusalReason.CHECK,
                message=f"the setup command {ended} in the integration worktree",
                next_step=f"whole output: {log}",
            )
        )

    async def run_check(self, run: RunId, worktree: Worktree, check: LandingCheck, commit: CommitId) -> CheckResult:
        """Run a check on a commit, with its events.

        Raises:
            IntegrationError: the worktree does not hold exactly this commit, before the check or after it.
            StoreError: its files cannot be made.
        """
        await self.require(worktree, commit)
        found = await self._found(check)
        files = self.layout.make_task(run, INTEGRATION)
        tmpdir = self.layout.make_private_tmp(run, _CHECKS_TMP)
        place = CheckPlace(
            ref=TaskRef(run, INTEGRATION),
            worktree=Path(worktree.path),
            commit=commit,
            log=files.logs,
            tmpdir=tmpdir,
        )

        try:
            result = await self.checks.run(found, place, run_teller(self.hub, run, commit))
        finally:
            await asyncio.to_thread(self.layout.remove_private_tmp, run, _CHECKS_TMP)
        await self.require(worktree, commit)
        return result

    async def _found(self, check: LandingCheck) -> Check:
        """The check as it was shown.

        Raises:
            IntegrationError: the settings say something else by now.
        """
        now = await (self.checks.of_runs() if check.is_of_runs else self.checks.find((check.name,)))
        found = next((one for one in now if one.name == check.name), None)
        if found is not None and (found.command == check.command or found.why_not):
            return found
        raise IntegrationError(
            Refusal(
                reason=RefusalReason.CHECK,
                message=f"the check {check.name} is another one than was shown",
                next_step="look at it again (m on the run)",
            )
        )

    async def require(self, worktree: Worktree, commit: CommitId) -> None:
        """See that the worktree holds exactly this commit; files that git does not know are not looked at.

        Raises:
            IntegrationError: it does not.
        """
        try:
            found = await verify(self.repository, worktree, root=self.workspace.worktrees.root)
            status = await self.workspace.worktrees.status(worktree)
        except GitRepoError as error:
            raise IntegrationError(Refusal(reason=RefusalReason.WORKTREE, message=sentence(error))) from error
        if found.tip != commit:
            message = f"somebody moved {worktree.branch}: {commit[:9]} → {found.tip[:9]}"
            raise IntegrationError(Refusal(reason=RefusalReason.BRANCH_MOVED, message=message))
        if status.edits is not None and status.edits.edited:
            raise IntegrationError(
                Refusal(
                    reason=RefusalReason.UNCOMMITTED,
                    message="a check changed files, so what it passed is not the commit that would land",
                    paths=status.edits.edited,
                    next_step="let the check only look, or commit what it makes",
                )
            )

    async def show(self, worktree: Worktree, commit: CommitId) -> Refusal | None:
        """Let the worktree hold another commit.

        Raises:
            GitRepoError: git failed.
        """
        found = await verify(self.repository, worktree, root=self.workspace.worktrees.root)
        with self.repository.clean(index=found.admin_dir / "index") as clean:
            return await move_worktree(self.repository, clean, worktree, found, commit)

    async def back_up(self, run: RunId, worktree: Worktree) -> str:
        """Keep what did not land under a backup ref; empty where there is nothing.

        Raises:
            GitRepoError: git failed.
        """
        if await self.repository.tip(worktree.branch) is None:
            return ""
        return (await back_up_branch(self.repository, worktree, TaskRef(run, INTEGRATION))).ref

    async def remove(self, run: RunId, worktree: Worktree, backup_ref: str = "") -> None:
        """Remove the worktree and its branch, or say why they are kept."""
        try:
            await self.workspace.worktrees.remove(worktree, delete_branch=True)
        except GitRepoError as error:
            self.hub.apply(ev.RunWorktreeKept(run=run, reason=sentence(error)))
        else:
            self.hub.apply(ev.RunWorktreeRemoved(run=run, backup_ref=backup_ref))
