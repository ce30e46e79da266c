"""What `wait` says when the time is over: what was waited for, and how it stands instead."""

import pytest

from codex_orch_tui.cli.wait import not_yet
from tests.fakes.states import Story


@pytest.fixture
def story() -> Story:
    """A run that is done, and a newer one at work."""
    story = Story()
    done, working = story.run(["Add search"])[0], story.run(["Fix auth"])[0]
    story.start(done)
    story.finish(done)
    story.start(working)
    return story


@pytest.mark.parametrize(
    ("what", "place", "is_at_work", "told"),
    [
        ("asks", None, True, "nothing asks yet: 1 review, 1 working"),
        ("asks", 1, True, "1120-1240-0001 asks nothing yet: 1 working"),
        ("idle", None, True, "it is not idle yet: 1 review, 1 working"),
        ("idle", 1, True, "1120-1240-0001 is not idle yet: 1 working"),
        ("idle", None, False, "nothing has begun yet: 1 review, 1 working"),
        ("done", None, True, "1120-1240-0001 is not done: 1 working"),
        ("done", 1, True, "1120-1240-0001 is not done: 1 working"),
    ],
)
def test_it_names_what_was_waited_for(story: Story, what: str, place: int | None, is_at_work: bool, told: str) -> None:
    run = None if place is None else tuple(story.state.runs)[place]
    assert not_yet(story.state, what, run, is_at_work=is_at_work) == told


def test_a_newest_run_that_is_done_is_not_told_to_be_not_done(story: Story) -> None:
    (ref,) = story.run(["Third"])
    story.start(ref)
    story.finish(ref)
    told = not_yet(story.state, "done", None, is_at_work=True)
    assert told == "it is not idle yet: 2 review, 1 working"
