"""Results of several tasks, joined into one commit."""

from codex_orch_tui.domain.ids import CommitId
from codex_orch_tui.gitrepo.join import Joined, Tip, join_tips


async def joined(team, *tips: tuple[str, str]) -> Joined:
    return await join_tips(
        team.repo, [Tip(name=name, commit=CommitId(commit)) for name, commit in tips], identity=team.identity
    )


def files(person, commit: str) -> list[str]:
    return person.git("ls-tree", "-r", "--name-only", commit).splitlines()


async def test_one_tip_is_itself_and_what_a_tip_holds_is_not_joined_again(team, person):
    _, task = await team.task()
    first = task.commit({"a": "1\n"})
    second = task.commit({"b": "1\n"})
    assert await joined(team, ("a", first)) == Joined(commit=first)
    assert await joined(team, ("a", first), ("b", second), ("c", second)) == Joined(commit=second)


async def test_what_all_hold_is_in_it_and_no_branch_moved(team, person):
    tips = []
    for name in "abc":
        _, task = await team.task(name)
        tips.append((name, task.commit({f"{name}.txt": f"{name}\n"})))
    before = person.git("for-each-ref"), person.status()
    found = await joined(team, *tips)
    assert found.conflicts == ()
    assert {"a.txt", "b.txt", "c.txt", "README.md"} <= set(files(person, found.commit))
    assert (person.git("for-each-ref"), person.status()) == before
    assert person.git("log", "-1", "--format=%s|%an", found.commit) == "Join a and b and c|Ada Person"


async def test_the_same_results_make_the_same_commit(team, person):
    tips = []
    for name in "ab":
        _, task = await team.task(name)
        task.git("config", "user.name", "Ada Person")
        tips.append((name, task.commit({f"{name}.txt": f"{name}\n"})))
    first = await joined(team, *tips)
    person.git("commit", "-q", "--allow-empty", "-m", "time goes by", "--date=@1900000000 +0000")
    assert await joined(team, *tips) == first
    assert person.git("log", "-1", "--format=%ct", first.commit) == person.git("log", "-1", "--format=%ct", tips[1][1])


async def test_a_clash_is_in_the_commit_as_markers_with_the_names_of_both(team, person):
    _, one = await team.task()
    _, two = await team.task()
    tips = (
        ("Add search", one.commit({"README.md": "one\n", "x": "1\n"})),
        ("log in", two.commit({"README.md": "two\n"})),
    )
    found = await joined(team, *tips)
    assert found.conflicts == ("README.md",)
    assert person.git("show", f"{found.commit}:README.md") == ("<<<<<<< add-search\none\n=======\ntwo\n>>>>>>> log-in")
    assert person.git("show", f"{found.commit}:x") == "1"


async def test_a_clash_that_was_resolved_does_not_come_again(team, person):
    _, one = await team.task()
    _, two = await team.task()
    first, second = one.commit({"README.md": "one\n"}), two.commit({"README.md": "two\n"})
    clashed = await joined(team, ("one", first), ("two", second))
    one.git("checkout", "-q", "--detach", clashed.commit)
    resolved = one.commit({"README.md": "both\n"})
    assert await joined(team, ("two", second), ("both", resolved)) == Joined(commit=CommitId(resolved))


async def test_names_that_are_equal_or_strange_are_told_apart(team, person):
    _, one = await team.task()
    _, two = await team.task()
    tips = ("ä..~", one.commit({"README.md": "one\n"})), ("ä..^", two.commit({"README.md": "two\n"}))
    found = await joined(team, *tips)
    assert found.conflicts == ("README.md",)
    text = person.git("show", f"{found.commit}:README.md")
    assert text.startswith("<<<<<<< task\n")
    assert text.endswith(">>>>>>> task-2")


async def test_no_helper_of_the_repository_runs(team, person, planted):
    _, one = await team.task()
    _, two = await team.task()
    tips = ("one", one.commit({"README.md": "one\n"})), ("two", two.commit({"README.md": "two\n"}))
    planted.plant(person, person.path / ".git")
    await joined(team, *tips)
    assert planted.ran() == []
