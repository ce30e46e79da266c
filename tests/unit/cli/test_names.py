"""Runs, tasks and questions by what a person types."""

import pytest

from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.names import find_approval, find_run, find_task
from tests.fakes.states import Story, command_request


@pytest.fixture
def story() -> Story:
    story = Story()
    story.run(["Add search"])
    story.run(["Fix auth", "Fix docs"], title="Shop")
    return story


def refused(error: pytest.ExceptionInfo[CommandFailedError]) -> str:
    assert error.value.exit_code == ExitCode.NOT_USABLE
    return str(error.value)


def test_a_run_by_its_id_or_a_beginning_that_only_one_has(story: Story) -> None:
    assert find_run(story.state, "1120-1240-0001").title == "Shop"
    assert find_run(story.state, "1120-1240-0001"[:-1] + "1").id == "1120-1240-0001"
    with pytest.raises(CommandFailedError) as error:
        find_run(story.state, "1120")
    assert "can be 1120-1240-0000, 1120-1240-0001; type more" in refused(error)


@pytest.mark.parametrize(
    ("text", "hint"), [("1120-1240-0011", "did you mean 1120-1240-0001?"), ("x", "the newest is 1120-1240-0001")]
)
def test_an_unknown_run_names_the_nearest_one(story: Story, text: str, hint: str) -> None:
    with pytest.raises(CommandFailedError) as error:
        find_run(story.state, text)
    assert hint in refused(error)


def test_without_any_run_that_is_said() -> None:
    with pytest.raises(CommandFailedError) as error:
        find_run(Story().state, "1")
    assert "there is no run here yet" in refused(error)


@pytest.mark.parametrize("text", ["", "\x1b[31m", "\u202e", "[/]", "a\nb", "../x"])
def test_hostile_names_are_told_without_harm(story: Story, text: str) -> None:
    with pytest.raises(CommandFailedError) as error:
        find_run(story.state, text)
    assert refused(error).isprintable()


@pytest.mark.parametrize(
    "text", ["1120-1240-0001/fix-auth", "1120-1240-0001/fix-a", "fix-auth", "fix-a"]
)  # fmt: skip
def test_a_task_by_run_and_id_or_by_its_id_alone(story: Story, text: str) -> None:
    assert str(find_task(story.state, text)) == "1120-1240-0001/fix-auth"


def test_a_whole_id_counts_before_the_beginning_of_one_that_is_open(story: Story) -> None:
    first, second = story.run(["Lint", "Lint more"], title="Lint")
    story.start(first)
    story.finish(first)
    story.merge(first)
    assert find_task(story.state, "lint") == first
    assert find_task(story.state, "lint-") == second


def test_a_run_of_one_task_stands_for_it(story: Story) -> None:
    assert find_task(story.state, "1120-1240-0000").task == "add-search"


def test_what_several_tasks_could_be_is_refused_and_an_ended_one_does_not_count(story: Story) -> None:
    with pytest.raises(CommandFailedError) as error:
        find_task(story.state, "fix")
    assert "can be 1120-1240-0001/fix-auth, 1120-1240-0001/fix-docs" in refused(error)
    (again,) = story.run(["Add search"])
    with pytest.raises(CommandFailedError):
        find_task(story.state, "add-search")
    first = find_task(story.state, "1120-1240-0000")
    story.start(first)
    story.finish(first)
    story.merge(first)
    assert find_task(story.state, "add-search") == again


def test_an_unknown_task_names_the_nearest_one(story: Story) -> None:
    with pytest.raises(CommandFailedError) as error:
        find_task(story.state, "1120-1240-0001/fix-duth")
    assert "did you mean fix-auth?" in refused(error)


def test_a_question_by_the_beginning_of_its_id_and_never_another_than_the_one_that_was_told() -> None:
    story = Story()
    (ref,) = story.run(["Add search"])
    story.start(ref)
    first = story.ask(ref)
    story.answered(first)
    second = story.ask(ref, command_request(story, ref, number=1))
    with pytest.raises(CommandFailedError, match=f"several questions begin with 'epoch'; {second} waits"):
        find_approval(story.state, "epoch")
    assert find_approval(story.state, str(second)).id == second
    assert find_approval(story.state, str(first)).id == first
    with pytest.raises(CommandFailedError) as error:
        find_approval(story.state, "nothing")
    assert "there is no question 'nothing'" in refused(error)
