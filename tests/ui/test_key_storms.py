"""The short form of the figure: keys that come faster than anybody reads answer nothing that was not on screen."""

from tests.figures.key_storms import run


def test_no_storm_of_keys_answers_what_was_not_shown() -> None:
    told = run(storms=40, processes=1)
    assert told["wrong"] == 0, told["examples"]
    assert sum(told["answers"].values()) > 0, "the storms reach the card"
