"""A stand-in for the orchestrator: holds a state, records what the screens ask of it, does nothing by itself."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from codex_orch_tui.config import Config
from codex_orch_tui.config.role_settings import profile_of
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.approval import Decision
from codex_orch_tui.domain.drafts import KeptDrafts
from codex_orch_tui.domain.ids import ApprovalId, CommitId, RunId, TaskId, TaskRef
from codex_orch_tui.domain.log import LogEntry
from codex_orch_tui.domain.merge import Merged, MergePreview, Updated
from codex_orch_tui.domain.plan import Plan, RoleName
from codex_orch_tui.domain.review import FileChange, FilePatch, ReviewSummary
from codex_orch_tui.domain.role import BUILT_IN, RoleProfile
from codex_orch_tui.domain.run_landing import RunLandingPreview
from codex_orch_tui.domain.schedule import Wait
from codex_orch_tui.domain.state import RateLimits, State
from codex_orch_tui.services.announce import News
from tests.fakes.states import BASE, Story

if TYPE_CHECKING:
    from codex_orch_tui.policy.back_test import BackTest
    from codex_orch_tui.policy.rule import Rule
    from codex_orch_tui.services.judgement import Judgement
    from codex_orch_tui.services.live_settings import SettingsNews
    from codex_orch_tui.services.orchestrator import BaseInfo
    from codex_orch_tui.services.plan_reading import Proposal
    from codex_orch_tui.services.policy_types import Proposals, RuleFile, Where
    from codex_orch_tui.services.session import Viewing
    from codex_orch_tui.services.trust import TrustItem


class FakeTaskLog:
    """A log whose entries a test puts there."""

    def __init__(self, entries: Sequence[LogEntry] = (), raw: Sequence[str] = ()) -> None:
        self.entries = list(entries)
        self.raw = list(raw)
        self.older_pages: list[list[LogEntry]] = []
        self.partial: LogEntry | None = None
        self.added_calls = 0
        self._next = 0

    @property
    def has_older(self) -> bool:
        """There is another page above."""
        return bool(self.older_pages)

    def tail(self) -> list[LogEntry]:
        """Everything so far."""
        self._next = len(self.entries)
        return list(self.entries)

    def added(self) -> list[LogEntry]:
        """What was put there since the last call."""
        self.added_calls += 1
        fresh = self.entries[self._next :]
        self._next = len(self.entries)
        return fresh

    def older(self) -> list[LogEntry]:
        """The next page above."""
        return self.older_pages.pop() if self.older_pages else []

    def raw_tail(self) -> list[str]:
        """The raw lines."""
        return list(self.raw)

    def raw_grown(self) -> list[str] | None:
        """The same."""
        return list(self.raw)

    def raw_older(self) -> list[str]:
        """Nothing is above."""
        return []

    def close(self) -> None:
        """Nothing is held."""


class FakeOrchestrator:
    """Has the methods of services.orchestrator.Orchestrator.

    `calls` lists what was asked, as (name, *arguments). An exception in `raises[name]` is raised by that command.
    """

    def __init__(self, story: Story | None = None, **settings: Any) -> None:
        self.story = story or Story()
        self.config: Any = SimpleNamespace(**{**Config().model_dump(), "keymap": {}, **settings})
        self.root = Path("/home/ada/shop-api")
        self.codex_home: Path | None = Path("/home/ada/.codex")
        self.notes: tuple[str, ...] = ()
        self.viewing: Viewing | None = None
        self.calls: list[tuple[Any, ...]] = []
        self.raises: dict[str, Exception] = {}
        self.logs: dict[TaskRef, FakeTaskLog] = {}
        self.quiet_since: dict[TaskRef, float] = {}
        self.unmatched: dict[TaskId, tuple[str, ...]] = {}
        self.preview: MergePreview | None = None
        self.run_preview: RunLandingPreview | None = None
        self.summary: ReviewSummary | None = None
        self.patches: dict[str, FilePatch] = {}
        self.files_of_rules: tuple[RuleFile, ...] = ()
        self.back_test: BackTest | None = None
        self.proposals: Proposals | None = None
        self.judgement: Judgement | None = None
        self.untrusted: tuple[TrustItem, ...] = ()
        self.waiting: dict[TaskRef, Wait] = {}
        self.rate_hold: RateLimits | None = None
        self.own_roles: dict[RoleName, RoleProfile] = {}
        self.plan_files: dict[str, Plan] = {}
        self.spec_files: dict[str, str] = {}
        self.kept = KeptDrafts()
        self.proposed: dict[TaskRef, Proposal] = {}
        self.branches: tuple[str, ...] = ("main", "develop")
        self.dirty: tuple[str, ...] = ()
        self._watchers: list[Callable[[], None]] = []
        self._event_watchers: list[Callable[[ev.Recorded], None]] = []
        self._log_watchers: list[Callable[[TaskRef], None]] = []
        self._news_watchers: list[Callable[[News], None]] = []
        self._settings_watchers: list[Callable[[SettingsNews], None]] = []
        self._closing = asyncio.Event()

    # -- what tests do ------------------------------------------------------------------------------------------

    def apply(self, event: ev.Event, *, after_s: float = 0.0) -> None:
        """Something happened: reduce it and wake the watchers."""
        self.wake(self.story.tell(event, after_s=after_s))

    def wake(self, recorded: ev.Recorded | None = None) -> None:
        """Wake the watchers after the story was told by hand."""
        for watcher in tuple(self._watchers):
            watcher()
        if recorded is not None:
            for event_watcher in tuple(self._event_watchers):
                event_watcher(recorded)

    def change_settings(self, news: "SettingsNews", **settings: Any) -> None:
        """The files of settings have changed."""
        vars(self.config).update(settings)
        for watcher in tuple(self._settings_watchers):
            watcher(news)

    def tell_news(self, news: News) -> None:
        """Something that a person wants to hear of."""
        for watcher in tuple(self._news_watchers):
            watcher(news)

    def grow(self, ref: TaskRef, *entries: LogEntry) -> None:
        """The task's log has grown."""
        self.log(ref).entries.extend(entries)
        for watcher in tuple(self._log_watchers):
            watcher(ref)

    def asked(self, name: str) -> list[tuple[Any, ...]]:
        """The arguments of each call of one command."""
        return [call[1:] for call in self.calls if call[0] == name]

    def _called(self, name: str, *arguments: Any) -> None:
        self.calls.append((name, *arguments))
        if name in self.raises:
            raise self.raises[name]

    # -- the facade ---------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Wait for `close`."""
        await self._closing.wait()

    def close(self) -> None:
        """End `run`."""
        self.calls.append(("close",))
        self._closing.set()

    @property
    def state(self) -> State:
        """The story's state."""
        return self.story.state

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """As the real one."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def watch_events(self, watcher: Callable[[ev.Recorded], None]) -> Callable[[], None]:
        """As the real one."""
        self._event_watchers.append(watcher)
        return lambda: self._event_watchers.remove(watcher)

    def watch_news(self, watcher: Callable[[News], None]) -> Callable[[], None]:
        """As the real one; a test calls `tell_news`."""
        self._news_watchers.append(watcher)
        return lambda: self._news_watchers.remove(watcher)

    def watch_settings(self, watcher: "Callable[[SettingsNews], None]") -> Callable[[], None]:
        """As the real one; a test calls `change_settings`."""
        self._settings_watchers.append(watcher)
        return lambda: self._settings_watchers.remove(watcher)

    def watch_logs(self, watcher: Callable[[TaskRef], None]) -> Callable[[], None]:
        """As the real one."""
        self._log_watchers.append(watcher)
        return lambda: self._log_watchers.remove(watcher)

    def log(self, ref: TaskRef) -> FakeTaskLog:
        """The task's log; empty at first."""
        return self.logs.setdefault(ref, FakeTaskLog())

    def quiet(self) -> Mapping[TaskRef, float]:
        """What the test put there."""
        return self.quiet_since

    def kept_drafts(self) -> KeptDrafts:
        """What the test put there, or what was kept since."""
        return self.kept

    def keep_drafts(self, drafts: KeptDrafts) -> None:
        """Kept."""
        self.kept = drafts

    async def base_info(self) -> "BaseInfo":
        """The fake checkout."""
        from codex_orch_tui.services.orchestrator import BaseInfo

        return BaseInfo(branches=self.branches, current=self.branches[0], dirty=self.dirty)

    async def create_run(
        self, plan: Plan, base_branch: str, *, proposed_by: TaskRef | None = None
    ) -> tuple[TaskRef, ...]:
        """Queue the plan's tasks."""
        self._called("create_run", plan, base_branch)
        refs = self.story.begin(plan, base=base_branch, proposed_by=proposed_by)
        self.wake()
        return refs

    def role_profiles(self) -> Mapping[RoleName, RoleProfile]:
        """Our own roles with the settings of now, and what the test put there."""
        config = self.config
        ours = {
            name: profile_of(
                name, {}, sandbox=config.sandbox, approval_policy=config.approval_policy, model=config.model
            )
            for name in BUILT_IN
        }
        return {**ours, **self.own_roles}

    async def open_plan(self, path: Path) -> Plan:
        """The plan that the test put into `plan_files`."""
        self._called("open_plan", path)
        return self.plan_files[str(path)]

    async def read_spec(self, path: Path) -> str:
        """The text that the test put into `spec_files`."""
        from codex_orch_tui.services.errors import NotPossibleError

        self._called("read_spec", path)
        if str(path) not in self.spec_files:
            raise NotPossibleError(f"{path}: there is no such file")
        return self.spec_files[str(path)]

    async def save_plan(self, plan: Plan, path: Path, *, may_replace: bool = False) -> Path:
        """Recorded; a file that is in `plan_files` is there already."""
        from codex_orch_tui.services.errors import FileThereError

        self._called("save_plan", plan, path, may_replace)
        if str(path) in self.plan_files and not may_replace:
            raise FileThereError(f"{path} is there already")
        self.plan_files[str(path)] = plan
        return self.root / path

    async def unmatched_paths(self, plan: Plan, base_branch: str) -> Mapping[TaskId, tuple[str, ...]]:
        """What the test put there."""
        return {task.id: self.unmatched[task.id] for task in plan.tasks if task.id in self.unmatched}

    async def edit_run(self, run: RunId, before: Plan, after: Plan) -> None:
        """Recorded, and told."""
        self._called("edit_run", run, before, after)
        self.apply(ev.PlanEdited(run=run, title=after.title, tasks=after.tasks))

    async def proposal(self, ref: TaskRef) -> "Proposal":
        """The proposal that the test put there."""
        from codex_orch_tui.services.errors import NotPossibleError

        self._called("proposal", ref)
        if ref not in self.proposed:
            raise NotPossibleError("It is being planned; the plan is there when the turn has ended.")
        return self.proposed[ref]

    async def message(self, ref: TaskRef, text: str) -> str:
        """Recorded only."""
        self._called("message", ref, text)
        return "steered"

    async def resume(self, ref: TaskRef) -> None:
        """Recorded only."""
        self._called("resume", ref)

    async def interrupt(self, ref: TaskRef) -> None:
        """Recorded only."""
        self._called("interrupt", ref)

    async def stop(self, ref: TaskRef) -> None:
        """Recorded only."""
        self._called("stop", ref)

    async def discard(self, ref: TaskRef) -> str:
        """Recorded, and told."""
        self._called("discard", ref)
        backup = f"refs/orch/backup/{ref.task}"
        self.apply(ev.TaskDiscarded(ref=ref, backup_ref=backup))
        return backup

    async def answer(self, approval: ApprovalId, decision: Decision) -> None:
        """Recorded, and told as sent."""
        self._called("answer", approval, decision)
        self.story.answered(approval, decision.choice)
        self.wake()

    async def shown(self, approval: ApprovalId, painted: str) -> None:
        """Recorded."""
        self._called("shown", approval, painted)

    def waits(self) -> Mapping[TaskRef, Wait]:
        """What the test put there."""
        return self.waiting

    async def pause(self, ref: TaskRef) -> None:
        """Recorded, and told."""
        self._called("pause", ref)
        self.apply(ev.TaskHeld(ref=ref))

    async def unpause(self, ref: TaskRef) -> None:
        """Recorded, and told."""
        self._called("unpause", ref)
        self.apply(ev.TaskReleased(ref=ref))

    async def pause_run(self, run: RunId) -> None:
        """Recorded, and told."""
        self._called("pause_run", run)
        self.apply(ev.RunPaused(run=run, cause="paused by you"))

    async def resume_run(self, run: RunId) -> None:
        """Recorded, and told."""
        self._called("resume_run", run)
        self.apply(ev.RunResumed(run=run))

    async def retry(self, ref: TaskRef) -> str:
        """Recorded, and told."""
        self._called("retry", ref)
        self.apply(ev.TaskRestarted(ref=ref, backup_ref=f"refs/orch/backup/{ref.task}"))
        return f"refs/orch/backup/{ref.task}"

    async def skip(self, ref: TaskRef) -> None:
        """Recorded, and told."""
        self._called("skip", ref)
        self.apply(ev.TaskSkipped(ref=ref))

    async def change_priority(self, ref: TaskRef, by: int) -> None:
        """Recorded, and told."""
        self._called("change_priority", ref, by)
        self.apply(ev.PriorityChanged(ref=ref, priority=self.state.tasks[ref].spec.priority + by))

    async def wait_idle(self) -> None:
        """At once."""
        self.calls.append(("wait_idle",))

    async def review(self, ref: TaskRef) -> ReviewSummary:
        """The summary that the test put there."""
        self._called("review", ref)
        assert self.summary is not None, "put a ReviewSummary into `summary`"
        return self.summary

    async def file_patch(self, change: FileChange) -> FilePatch:
        """The patch that the test put there, or an empty one."""
        self._called("file_patch", change.path)
        return self.patches.get(change.path) or FilePatch(change=change, hunks=())

    def record_review(self, ref: TaskRef, summary: ReviewSummary, files_viewed: int, *, waived: bool = False) -> None:
        """Recorded, and told."""
        self._called("record_review", ref, summary, files_viewed)
        self.apply(
            ev.ReviewRecorded(
                ref=ref,
                base=summary.base,
                tip=summary.tip,
                files_viewed=files_viewed,
                files_total=summary.file_count,
                waived=waived,
            )
        )

    async def preview_merge(self, ref: TaskRef) -> MergePreview:
        """A fast-forward of one commit, unless the test put another one into `preview`."""
        self._called("preview_merge", ref)
        if self.preview is not None:
            return self.preview
        task = self.state.tasks[ref]
        branch = task.worktree.branch if task.worktree else ""
        return MergePreview(
            base_branch=task.base_branch,
            branch=branch,
            old=BASE,
            new=task.tip,
            tree="77ab01c",
            commit_count=len(task.commits),
            files=task.totals.files,
        )

    async def merge(self, ref: TaskRef, preview: MergePreview) -> Merged:
        """Recorded, and told."""
        self._called("merge", ref, preview)
        self.story.merge(ref)
        self.wake()
        return Merged(base_branch=preview.base_branch, old=BASE, new=preview.new or BASE)

    async def preview_run_landing(self, run: RunId, without: Collection[TaskRef] = ()) -> RunLandingPreview:
        """The preview that the test put there."""
        self._called("preview_run_landing", run, frozenset(without))
        assert self.run_preview is not None, "put a RunLandingPreview into `run_preview`"
        return self.run_preview

    async def land_run(self, run: RunId, preview: RunLandingPreview) -> Merged:
        """Recorded only."""
        self._called("land_run", run, preview)
        return Merged(base_branch=preview.base_branch, old=preview.old or BASE, new=preview.new or BASE)

    def stop_landing(self, run: RunId) -> None:
        """Recorded only."""
        self._called("stop_landing", run)

    async def update(self, ref: TaskRef) -> Updated:
        """Recorded only."""
        self._called("update", ref)
        tip = self.state.tasks[ref].tip or BASE
        return Updated(branch=str(ref.task), base=CommitId("9b07d31"), old_tip=tip, new_tip=tip)

    async def send_conflicts(self, ref: TaskRef) -> str:
        """Recorded only."""
        self._called("send_conflicts", ref)
        return "new turn"

    async def rule_files(self) -> tuple["RuleFile", ...]:
        """The files that the test put there."""
        self._called("rule_files")
        return self.files_of_rules

    async def policy_back_test(self, since_s: float, extra_rule: "Rule | None" = None) -> "BackTest":
        """The back-test that the test put there."""
        self._called("policy_back_test", since_s, extra_rule)
        assert self.back_test is not None, "put a BackTest into `back_test`"
        return self.back_test

    async def propose_rules(self, approval: ApprovalId) -> "Proposals":
        """The proposals that the test put there; without any it says why."""
        from codex_orch_tui.services.policy_types import Proposals

        self._called("propose_rules", approval)
        return self.proposals or Proposals(why_none="a pipeline is for a person")

    async def store_rule(self, rule: "Rule", where: "Where") -> str:
        """Recorded only."""
        self._called("store_rule", rule, where)
        return f"stored, and in force: {rule.id}"

    async def judge_again(self, approval: ApprovalId) -> "Judgement | None":
        """What the test put there."""
        self._called("judge_again", approval)
        return self.judgement

    async def trust_wanted(self) -> tuple["TrustItem", ...]:
        """What the test put there and nobody trusted yet."""
        self._called("trust_wanted")
        return self.untrusted

    async def trust(self, item: "TrustItem") -> None:
        """Recorded; it is not asked for again."""
        self._called("trust", item)
        self.untrusted = tuple(other for other in self.untrusted if other != item)
