"""The commits of several tasks, one task after the other, on a base tip.

Commits that a task started from are not its own: what an earlier task has brought is left out of every later one.

Two tasks may clash, and a third that started from both has resolved it: then the second waits for the third and lands
with it, as one commit. So does a task whose branch holds merges, which cannot be replayed one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from codex_orch_tui.domain.ids import CommitId, TaskRef
from codex_orch_tui.domain.merge import Refusal, RefusalReason
from codex_orch_tui.gitrepo.replay import MAX_COMMITS, Clash, Replay
from codex_orch_tui.gitrepo.repository import Identity, Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What a task brings: the commits of `tip` that are not in `base`. Both are the same when it has none."""

    ref: TaskRef
    tip: CommitId
    base: CommitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The commit that holds the task and all before it. `commits`: how many of them are this task's."""

    ref: TaskRef
    commit: CommitId
    commits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """The task that cannot be put on those before it, and why."""

    ref: TaskRef
    refusal: Refusal


async def replay_in_order(
    repo: Repository,
    base: CommitId,
    pieces: Sequence[Piece],
    *,
    identity: Identity,
    landed: Sequence[CommitId] = (),
) -> tuple[Stage, ...] | Stuck:
    """Make the commits; they are objects that nothing names yet.

    Args:
        repo: The repository.
        base: Where they go.
        pieces: Each after all that it started from.
        identity: The committer; authors and messages are kept.
        landed: Tips of tasks whose changes the base holds already, as commits of its own.

    Raises:
        GitError: Git failed.
    """
    there = [tip for tip in landed if await repo.resolve(tip) is not None]
    with repo.clean() as clean:
        return await _Order(repo, await Replay.on(repo, clean, base, identity), [base, *there], pieces).run()


class _Order:
    def __init__(self, repo: Repository, replay: Replay, known: list[CommitId], pieces: Sequence[Piece]) -> None:
        self._repo = repo
        self._replay = replay
        self._pieces = pieces
        self._known = known
        """What the tip holds: the base and the tasks' own tips."""
        self._waiting: dict[TaskRef, tuple[Piece, Stuck]] = {}
        """Tasks that clash, and that a later one has resolved."""

    async def run(self) -> tuple[Stage, ...] | Stuck:
        stages: list[Stage] = []
        for number, piece in enumerate(self._pieces):
            stuck = await self._put(piece, stages)
            if stuck is None:
                continue
            if not await self._is_in_one_of(piece, self._pieces[number + 1 :]):
                return stuck
            self._waiting[piece.ref] = (piece, stuck)
        assert not self._waiting, "what waits is in a later task, which either lands or is stuck"
        return tuple(stages)

    async def _put(self, piece: Piece, stages: list[Stage]) -> Stuck | None:
        """Put a task on the tip, with those that wait for it; when it is stuck, the tip is where it was."""
        with_it = [other for other, _ in self._waiting.values() if await self._repo.is_merged(other.tip, piece.tip)]
        links = [] if piece.tip == piece.base else await self._replay.links(piece.tip, (piece.base, *self._known))
        if len(links) > MAX_COMMITS:
            message = f"its {len(links)} commits are too many to replay (at most {MAX_COMMITS})"
            return _stuck(piece, Refusal(reason=RefusalReason.MERGE_COMMITS, message=message))
        before = self._replay.tip, self._replay.tree, self._replay.count
        if with_it or any(len(link.parents) != 1 for link in links):
            clash = await self._replay.fold(piece.tip, self._known, _remark(with_it, len(links)))
        else:
            clash = None
            for link in links:
                clash = clash or await self._replay.put(link.commit, link.parents[0])
        if clash is not None:
            self._replay.tip, self._replay.tree, self._replay.count = before
            return _stuck(piece, _refusal(clash))
        for other in with_it:
            del self._waiting[other.ref]
            stages.append(Stage(ref=other.ref, commit=self._replay.tip, commits=0))
        stages.append(Stage(ref=piece.ref, commit=self._replay.tip, commits=self._replay.count - before[2]))
        self._known += [*(other.tip for other in with_it), piece.tip]
        return None

    async def _is_in_one_of(self, piece: Piece, later: Sequence[Piece]) -> bool:
        for other in later:
            if await self._repo.is_merged(piece.tip, other.tip):
                return True
        return False


def _remark(with_it: Sequence[Piece], commits: int) -> str:
    number = "1 commit" if commits == 1 else f"{commits} commits"
    if not with_it:
        return f"Landed as one commit: {number} with merges among them."
    return f"Landed together with {', '.join(piece.ref.task for piece in with_it)}: {number}, with a clash resolved."


def _stuck(piece: Piece, refusal: Refusal) -> Stuck:
    return Stuck(ref=piece.ref, refusal=refusal)


def _refusal(clash: Clash) -> Refusal:
    files = "1 file" if len(clash.paths) == 1 else f"{len(clash.paths)} files"
    return Refusal(
        reason=RefusalReason.CONFLICT,
        message=f"“{clash.subject}” clashes with what is before it, in {files}",
        paths=clash.paths,
    )
