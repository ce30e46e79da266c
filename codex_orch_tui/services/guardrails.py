"""The guardrails of tasks: what their commits change is read from git, and judged. No worktree is looked at."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from codex_orch_tui.config import Config
from codex_orch_tui.config.guardrail_settings import guardrails_of
from codex_orch_tui.domain import events as ev
from codex_orch_tui.domain.guardrail import GuardedTask, Guardrail, GuardrailOutcome, GuardrailResult
from codex_orch_tui.domain.guardrail_judgement import Changed, LockChange, judged, not_told
from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.lock_files import is_lock_file, packages
from codex_orch_tui.domain.merge import Refusal, RefusalReason
from codex_orch_tui.domain.review import EntryKind, FileChange, ReviewSummary
from codex_orch_tui.domain.run_landing import LandingTask
from codex_orch_tui.domain.secrets import MARK, redact
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.gitrepo.added_lines import added_lines
from codex_orch_tui.gitrepo.diff import Reviews
from codex_orch_tui.gitrepo.errors import GitRepoError
from codex_orch_tui.gitrepo.repository import Repository
from codex_orch_tui.gitrepo.whole_patch import whole_patch
from codex_orch_tui.services.hub import Hub

MAX_LOCK_BYTES = 32 * 1024 * 1024
"""Of all lock files together, as they were and as they are: some take seconds to parse."""
MAX_BINARY_BYTES = 16 * 1024 * 1024
"""The same of all files that a patch only names."""
_KEPT = 64
"""Answers that are remembered: a preview is followed by its merge."""

_MEND = (
    "Your work is committed, and then these guardrails did not hold on what it changes. Change it so that each of them"
    " holds. If what you were asked for cannot be done like that, say so and why."
)

_Key = tuple[CommitId, CommitId, tuple[str, ...], tuple[Guardrail, ...]]


class Guardrails:
    """Looks at commits.

    Args:
        hub: where outcomes go.
        repository: the person's repository.
        config: the settings in force now.
    """

    def __init__(self, hub: Hub, repository: Repository, config: Callable[[], Config]) -> None:
        self._hub = hub
        self._repository = repository
        self._config = config
        self._reviews = Reviews(repository)
        self._known: dict[_Key, tuple[GuardrailResult, ...]] = {}

    async def of_task(self, ref: TaskRef) -> tuple[GuardrailResult, ...]:
        """How they come out on a task's commits; kept in the journal when that is news."""
        task = self._hub.state.tasks[ref]
        base = None if task.worktree is None else task.worktree.base_commit
        if base is None or task.tip is None or task.tip == base:
            return ()
        results = await self.between(base, task.tip, task.spec.paths)
        self._keep(GuardedTask(ref=ref, base=base, commit=task.tip, results=results))
        return results

    async def of_landing(self, old: CommitId, tasks: Sequence[LandingTask]) -> tuple[GuardedTask, ...]:
        """How they come out on what each task of a landing brings, on top of those before it.

        Tasks that land in one commit are looked at together, with what all of them claim.
        """
        found: list[GuardedTask] = []
        claims: list[str] = []
        before = old
        for task in tasks:
            claims += self._hub.state.tasks[task.ref].spec.paths
            if task.commit == before or not task.commits:
                continue
            results = await self.between(before, task.commit, tuple(claims))
            if results:
                found.append(GuardedTask(ref=task.ref, base=before, commit=task.commit, results=results))
            before, claims = task.commit, []
        return tuple(found)

    def keep(self, guarded: Sequence[GuardedTask]) -> None:
        """Keep in the journal what is news of it."""
        for one in guarded:
            self._keep(one)

    async def between(self, base: CommitId, commit: CommitId, claims: tuple[str, ...]) -> tuple[GuardrailResult, ...]:
        """How each of them comes out on what is between two commits; none when none is set."""
        guardrails = guardrails_of(self._config().guardrails)
        if not guardrails:
            return ()
        key = (base, commit, claims, guardrails)
        if key not in self._known:
            try:
                changed = await self._changed(base, commit, claims, guardrails)
            except GitRepoError as error:
                return tuple(not_told(each, clean_line(f"git did not tell: {error}")) for each in guardrails)
            self._known[key] = tuple(_clean(judged(each, changed)) for each in guardrails)
            if len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]
        return self._known[key]

    # -- inside -------------------------------------------------------------------------------------------------

    def _keep(self, guarded: GuardedTask) -> None:
        known = self._hub.state.tasks[guarded.ref].guarded
        now = (guarded.base, guarded.commit, guarded.results)
        if guarded.results if known is None else now != (known.base, known.commit, known.results):
            self._hub.apply(
                ev.GuardrailsEvaluated(
                    ref=guarded.ref, base=guarded.base, commit=guarded.commit, results=guarded.results
                )
            )

    async def _changed(
        self, base: CommitId, commit: CommitId, claims: tuple[str, ...], guardrails: Sequence[Guardrail]
    ) -> Changed:
        """As much of it as these guardrails ask for.

        Raises:
            GitRepoError: git failed.
        """
        summary = await self._reviews.summary(base, commit)
        secrets: tuple[str, ...] = ()
        unread: tuple[str, ...] = ()
        is_cut = False
        if any(each.no_secrets for each in guardrails):
            patch = await whole_patch(self._repository, base, commit)
            secrets = await asyncio.to_thread(_secrets, patch.data)
            hidden, unread = await self._in_binaries(summary)
            secrets += hidden
            is_cut = patch.is_cut
        locks: tuple[LockChange, ...] = ()
        if any(each.no_new_dependencies for each in guardrails):
            locks = await self._locks(summary)
        return Changed(
            summary=summary, claims=claims, secrets=secrets, is_patch_cut=is_cut, unread_binaries=unread, locks=locks
        )

    async def _in_binaries(self, summary: ReviewSummary) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The files with secrets among those that a patch only names, as a NUL makes any text one; which are unread.

        Raises:
            GitRepoError: git failed.
        """
        kinds = {EntryKind.FILE, EntryKind.EXECUTABLE}
        named = [change for change in summary.files if change.insertions is None and change.new_kind in kinds]
        contents = await self._contents(named, MAX_BINARY_BYTES)
        read = [change for change in named if _ids(change) <= contents.keys()]
        unread = tuple(change.path for change in named if not _ids(change) <= contents.keys())
        return await asyncio.to_thread(_hidden, read, contents), unread

    async def _locks(self, summary: ReviewSummary) -> tuple[LockChange, ...]:
        # One that is gone has nothing new in it.
        changed = [change for change in summary.files if is_lock_file(change.path) and int(change.new_id, 16)]
        return await asyncio.to_thread(_grown, changed, await self._contents(changed, MAX_LOCK_BYTES))

    async def _contents(self, changed: Sequence[FileChange], max_bytes: int) -> dict[str, bytes]:
        """What these files were and are, as much of it as may be read."""
        return await self._reviews.contents({name for change in changed for name in _ids(change)}, max_bytes=max_bytes)


def merge_refusal(results: Sequence[GuardrailResult]) -> Refusal | None:
    """Why nothing is merged; None when no guardrail stops it."""
    stopping = [result for result in results if result.stops]
    if not stopping:
        return None
    told = "; ".join(f"{result.name} ({result.condition}): {_why(result)}" for result in stopping)
    number = "a guardrail stops it" if len(stopping) == 1 else f"{len(stopping)} guardrails stop it"
    return Refusal(
        reason=RefusalReason.GUARDRAIL,
        message=clean_line(f"{number}: {told}"),
        paths=tuple(dict.fromkeys(path for result in stopping for path in result.paths)),
        next_step="tell the worker what to mend (s); the settings have them under guardrails",
    )


def mend_prompt(results: Sequence[GuardrailResult]) -> str:
    """What a worker is told of the guardrails that do not hold: which, what was found, and where; never a secret."""
    lines = [_MEND]
    for result in results:
        if not result.holds:
            said = f"- {result.name} ({result.condition}): {_why(result)}"
            lines.append(f"{said}: {', '.join(result.paths)}" if result.paths else said)
    # A file's name may hold one as well, and a message with a mark of ours in it is not sent.
    return MARK.sub("…", "\n".join(map(clean_line, lines)))


def _why(result: GuardrailResult) -> str:
    if result.outcome is GuardrailOutcome.UNKNOWN:
        return f"it cannot be told: {result.detail}"
    return result.detail


def _clean(result: GuardrailResult) -> GuardrailResult:
    """Names of packages come out of a file that an agent wrote."""
    return GuardrailResult(
        name=result.name,
        condition=clean_line(result.condition),
        severity=result.severity,
        outcome=result.outcome,
        detail=clean_line(result.detail)[:500],
        paths=result.paths,
    )


def _ids(change: FileChange) -> set[str]:
    """What there is to read of a file: as it was, and as it is."""
    return {name for name in (change.old_id, change.new_id) if int(name, 16)}


def _grown(changed: Sequence[FileChange], contents: Mapping[str, bytes]) -> tuple[LockChange, ...]:
    """What is new in lock files, from their contents by id; in a thread, as some take seconds to parse."""
    found = []
    for change in changed:
        is_read = _ids(change) <= contents.keys()
        before = packages(change.path, contents.get(change.old_id, b"")) if is_read else None
        now = packages(change.path, contents[change.new_id]) if is_read else None
        new = None if before is None or now is None else tuple(sorted(now - before))
        found.append(LockChange(path=change.path, new=new, is_read=is_read))
    return tuple(found)


def _hidden(changed: Sequence[FileChange], contents: Mapping[str, bytes]) -> tuple[str, ...]:
    """Which of these files hold a secret that they did not hold before."""
    found = []
    for change in changed:
        before = frozenset(contents.get(change.old_id, b"").split(b"\n"))
        new = (line.decode("utf-8", "replace") for line in contents[change.new_id].split(b"\n") if line not in before)
        if any(redact(line) != line for line in new):
            found.append(change.path)
    return tuple(found)


def _secrets(patch: bytes) -> tuple[str, ...]:
    """Where secrets were added; what they are is not told."""
    return tuple(f"{line.path}:{line.number}" for line in added_lines(patch) if redact(line.text) != line.text)
