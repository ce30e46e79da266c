"""Several tasks, one after the other, on a base tip."""

import pytest

from codex_orch_tui.domain.ids import CommitId, RunId, TaskId, TaskRef
from codex_orch_tui.domain.merge import RefusalReason
from codex_orch_tui.gitrepo.join import Tip, join_tips
from codex_orch_tui.gitrepo.landing_order import Piece, Stage, Stuck, replay_in_order


class Work:
    """Commits of tasks, made in the person's checkout and named by nothing afterwards."""

    def __init__(self, team, person) -> None:
        self.team = team
        self.person = person
        self.start = CommitId(person.tip("main"))

    def piece(self, name: str, base: str, *changes: dict[str, str | None]) -> Piece:
        """A task that starts from a commit; its commits are called `<name> <n>`."""
        self.person.git("checkout", "-q", "--detach", base)
        for number, files in enumerate(changes, 1):
            self.person.commit(files, f"{name} {number}")
        tip = CommitId(self.person.tip())
        self.person.git("checkout", "-q", "main")
        return Piece(ref=TaskRef(RunId("r1"), TaskId(name)), tip=tip, base=CommitId(base))

    async def join(self, *pieces: Piece) -> tuple[CommitId, tuple[str, ...]]:
        joined = await join_tips(
            self.team.repo,
            [Tip(name=piece.ref.task, commit=piece.tip) for piece in pieces],
            identity=self.team.identity,
        )
        return joined.commit, joined.conflicts

    async def land(self, *pieces: Piece) -> tuple[Stage, ...] | Stuck:
        base = CommitId(self.person.tip("main"))
        return await replay_in_order(self.team.repo, base, pieces, identity=self.team.identity)

    async def landed(self, *pieces: Piece) -> tuple[Stage, ...]:
        stages = await self.land(*pieces)
        assert not isinstance(stages, Stuck), stages
        return stages

    def subjects(self, commit: str) -> list[str]:
        """The commits on the base, oldest first."""
        return self.person.git("log", "--reverse", "--format=%s", f"main..{commit}").splitlines()

    def content(self, commit: str, path: str) -> str:
        return self.person.git("show", f"{commit}:{path}")


@pytest.fixture
def work(team, person) -> Work:
    return Work(team, person)


async def test_in_their_order_on_a_base_that_has_moved(work):
    one = work.piece("one", work.start, {"one.txt": "1\n"}, {"one.txt": "1\n2\n"})
    two = work.piece("two", work.start, {"src/app.py": "a = 1\nb = 2\nc = 4\n"})
    none = Piece(ref=TaskRef(RunId("r1"), TaskId("none")), tip=work.start, base=work.start)
    base = work.person.commit({"src/app.py": "a = 0\nb = 2\nc = 3\n"}, "moved")
    before = work.person.everything()
    stages = await work.landed(one, none, two)
    assert [(stage.ref.task, stage.commits) for stage in stages] == [("one", 2), ("none", 0), ("two", 1)]
    assert work.subjects(stages[-1].commit) == ["one 1", "one 2", "two 1"]
    assert work.subjects(stages[0].commit) == ["one 1", "one 2"]
    assert stages[1].commit == stages[0].commit
    assert work.content(stages[-1].commit, "src/app.py") == "a = 0\nb = 2\nc = 4"
    assert work.person.git("merge-base", "main", stages[-1].commit) == base
    assert work.person.everything() == before, "nothing names them"


async def test_on_an_unmoved_base_commits_stay_what_was_reviewed(work):
    one = work.piece("one", work.start, {"one.txt": "1\n"}, {"one.txt": "2\n"})
    (stage,) = await work.landed(one)
    assert stage.commit == one.tip


async def test_what_a_task_started_from_lands_once(work):
    one = work.piece("one", work.start, {"one.txt": "1\n"})
    two = work.piece("two", work.start, {"two.txt": "2\n"})
    joined, _ = await work.join(one, two)
    both = work.piece("both", joined, {"both.txt": "3\n"})
    after = work.piece("after", both.tip, {"after.txt": "4\n"})
    stages = await work.landed(one, two, both, after)
    assert work.subjects(stages[-1].commit) == ["one 1", "two 1", "both 1", "after 1"]
    # Also when the range of a task was looked at from the base branch: commits of earlier ones are not its own.
    wide = Piece(ref=both.ref, tip=both.tip, base=work.start)
    stages = await work.landed(one, two, wide)
    assert stages[-1].commits == 1
    assert set(work.person.git("ls-tree", "--name-only", stages[-1].commit).splitlines()) >= {"one.txt", "both.txt"}


async def test_a_clash_stops_at_the_task_that_has_it(work):
    one = work.piece("one", work.start, {"README.md": "one\n"})
    two = work.piece("two", work.start, {"fine.txt": "x\n"}, {"README.md": "two\n"})
    three = work.piece("three", work.start, {"three.txt": "3\n"})
    stuck = await work.land(one, two, three)
    assert isinstance(stuck, Stuck)
    assert stuck.ref.task == "two"
    assert stuck.refusal.reason is RefusalReason.CONFLICT
    assert stuck.refusal.paths == ("README.md",)
    assert "“two 2” clashes" in stuck.refusal.message


async def test_a_clash_that_a_later_task_resolved_lands_with_it(work):
    one = work.piece("one", work.start, {"README.md": "one\n", "one.txt": "1\n"})
    two = work.piece("two", work.start, {"README.md": "two\n", "two.txt": "2\n"})
    joined, clashes = await work.join(one, two)
    assert clashes == ("README.md",)
    both = work.piece("both", joined, {"README.md": "one and two\n"}, {"both.txt": "3\n"})
    other = work.piece("other", work.start, {"other.txt": "4\n"})
    work.person.commit({"src/app.py": "moved\n"}, "moved")
    stages = await work.landed(one, two, other, both)
    assert [(stage.ref.task, stage.commits) for stage in stages] == [("one", 1), ("other", 1), ("two", 0), ("both", 1)]
    tip = stages[-1].commit
    assert work.subjects(tip) == ["one 1", "other 1", "both 2"]
    assert "Landed together with two:" in work.person.git("log", "-1", "--format=%B", tip)
    assert work.content(tip, "README.md") == "one and two"
    assert work.content(tip, "src/app.py") == "moved"
    names = set(work.person.git("ls-tree", "--name-only", tip).splitlines())
    assert names >= {"one.txt", "two.txt", "both.txt", "other.txt"}


async def test_a_resolution_that_clashes_with_the_moved_base_is_the_later_task_s(work):
    one = work.piece("one", work.start, {"README.md": "one\n"})
    two = work.piece("two", work.start, {"README.md": "two\n"})
    joined, _ = await work.join(one, two)
    both = work.piece("both", joined, {"README.md": "one and two\n", "src/app.py": "both\n"})
    work.person.commit({"src/app.py": "moved\n"}, "moved")
    stuck = await work.land(one, two, both)
    assert isinstance(stuck, Stuck)
    assert (stuck.ref.task, stuck.refusal.paths) == ("both", ("src/app.py",))


async def test_a_branch_with_merges_lands_as_one_commit(work):
    person = work.person
    one = work.piece("one", work.start, {"one.txt": "1\n"})
    person.git("checkout", "-q", "--detach", work.start)
    person.commit({"mine.txt": "1\n"}, "mine")
    base = person.git("rev-parse", "main")
    person.git("checkout", "-q", "main")
    person.commit({"moved.txt": "m\n"}, "moved")
    person.git("checkout", "-q", "--detach", one.tip)
    person.git("merge", "-q", "--no-edit", "main")
    merged = Piece(ref=one.ref, tip=CommitId(person.tip()), base=CommitId(base))
    person.git("checkout", "-q", "main")
    (stage,) = await work.landed(merged)
    assert stage.commits == 1
    assert person.git("diff", "--name-only", "main", stage.commit) == "one.txt"
