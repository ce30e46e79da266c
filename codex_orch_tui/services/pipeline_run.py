"""A pipeline that a person or a script runs: in the checkout that they are in, or in a task's worktree.

It runs as a check does, in the same sandbox and behind the same guard. The main checkout holds our own state as well,
commands in the inbox and the worktrees of tasks: what runs there may read them, and write none of it. It is no receipt:
only the checks of a task say something about its commit.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codex_orch_tui.config import Config
from codex_orch_tui.config.pipeline_settings import pipelines_of
from codex_orch_tui.domain.ids import CommitId, RunId, TaskId, TaskRef
from codex_orch_tui.domain.pipeline import Stage, steps
from codex_orch_tui.services.check_finding import read_pipeline
from codex_orch_tui.services.check_result import Check, CheckPlace, CheckResult, CheckTeller
from codex_orch_tui.services.check_runner import CheckRunner
from codex_orch_tui.services.command_log import CommandLog
from codex_orch_tui.services.guarded_command import GuardedCommands
from codex_orch_tui.services.trust import RepositoryChecks
from codex_orch_tui.store.layout import Layout

_CHECKOUT = RunId("checkout")
"""Stands for the run of what runs outside of any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPipeline:
    """A pipeline that there is. `why_not`: why it does not count."""

    name: str
    stages: tuple[Stage, ...]
    is_own: bool
    """It stands in the person's own settings."""
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelinePlace:
    """Where a pipeline runs. `task` None: in a checkout that belongs to no task."""

    worktree: Path
    commit: CommitId | None
    task: TaskRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRuns:
    """Finds pipelines and runs them.

    Args:
        layout: where logs and temporary folders are.
        config: the person's settings.
        brought: what counts of the repository's.
        environ: our own environment.
    """

    layout: Layout
    config: Config
    brought: RepositoryChecks
    environ: Mapping[str, str]

    @property
    def known(self) -> tuple[KnownPipeline, ...]:
        """Those of the person, then those of the repository that have no other name."""
        own = pipelines_of(self.config.pipelines)
        found = [KnownPipeline(name=name, stages=stages, is_own=True) for name, stages in own.items()]
        for name, stages in (self.brought.pipelines or self.brought.wanted).items():
            if name not in own:
                found.append(KnownPipeline(name=name, stages=stages, is_own=False, why_not=self.brought.why_not))
        return tuple(found)

    def find(self, name: str, target: str = "") -> Check:
        """The pipeline as a check; its `why_not` says why it may not run.

        Args:
            name: the pipeline.
            target: the path of the last stage that is to run; all of them when it is empty.

        Raises:
            PipelineError: there is no such pipeline or stage.
        """
        own, brought = pipelines_of(self.config.pipelines), self.brought.pipelines or self.brought.wanted
        place = own if name in own else brought if name in brought else {**brought, **own}
        steps(place, name, target)
        if place is own:
            return read_pipeline(name, own, target)
        if self.brought.why_not:
            return Check(name=name, command="", why_not=self.brought.why_not)
        return read_pipeline(name, brought, target, allowed=self.brought.allowed_programs)

    def log(self, name: str) -> Path:
        """The file that the output of this pipeline is added to."""
        return self.layout.pipelines / f"{name}.log"

    async def run(self, check: Check, at: PipelinePlace, teller: CheckTeller) -> CheckResult:
        """Run it.

        Args:
            check: from `find`.
            at: where.
            teller: told each start and each end.

        Raises:
            StoreError: its files cannot be made.
        """
        await asyncio.to_thread(self.layout.create)
        run, name = _CHECKOUT, TaskId(f"{check.name}.{os.getpid()}")
        tmpdir = await asyncio.to_thread(self.layout.make_private_tmp, run, name)
        log = CommandLog(self.layout, path=None if at.task is not None else self.layout.pipelines / "commands.jsonl")
        runner = CheckRunner(
            config=lambda: self.config,
            commands=GuardedCommands(
                lambda: self.config, log, self.environ, kept=(self.layout.folder, self.layout.worktrees)
            ),
        )
        place = CheckPlace(
            ref=at.task or TaskRef(run, TaskId(check.name)),
            worktree=at.worktree,
            commit=at.commit,
            log=self.log(check.name),
            tmpdir=tmpdir,
        )
        try:
            return await runner.run(check, place, teller)
        finally:
            await asyncio.to_thread(self.layout.remove_private_tmp, run, name)
