"""What the doctor says of rules and trust."""

from pathlib import Path

import pytest

from codex_orch_tui.services.finding import Finding, Verdict
from codex_orch_tui.services.rule_findings import rule_findings
from codex_orch_tui.services.trust import trust_of
from codex_orch_tui.store.layout import Layout

RULES = "rules:\n  - {id: ls, kind: command, program: ls, args: [...], decision: accept}\n"


class Place:
    """A repository and a home."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder / "shop", folder / "shop" / ".git")
        self.layout.policy.parent.mkdir(parents=True)
        self.own = folder / "home" / ".config" / "codex-orch-tui" / "policy.yaml"
        self.own.parent.mkdir(parents=True)
        self.environ = {"HOME": str(folder / "home")}

    def found(self) -> list[Finding]:
        return list(rule_findings(self.layout, self.environ))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_nothing_there_is_fine(place: Place) -> None:
    assert [(each.id, each.verdict) for each in place.found()] == [
        ("policy", Verdict.OK),
        ("repository-trust", Verdict.OK),
    ]


def test_rules_in_force(place: Place) -> None:
    place.own.write_text(RULES)
    rules, _ = place.found()
    assert (rules.verdict, rules.found) == (Verdict.OK, f"1 of your own in force ({place.own})")


def test_mistakes_are_told_with_their_line(place: Place) -> None:
    place.own.write_text(RULES + "  - 7\n")
    rules, _ = place.found()
    assert rules.verdict is Verdict.WARN
    assert f"{place.own}:3: " in rules.found
    assert rules.next_step


def test_what_waits_for_a_yes(place: Place) -> None:
    place.layout.policy.write_text(RULES)
    place.layout.config.write_text("setup_command: make ready\n")
    waiting = [each for each in place.found() if each.id == "repository-trust"]
    assert [each.verdict for each in waiting] == [Verdict.WARN, Verdict.WARN]
    assert all("codex-orch-tui trust" in each.next_step for each in waiting)
    trust = trust_of(place.layout.main_worktree, place.layout.policy, place.layout.config, place.environ)
    for item in trust.wanted():
        trust.accept(item)
    assert {each.verdict for each in place.found()} == {Verdict.OK}
    place.layout.config.write_text("setup_command: make more\n")
    assert any("have changed since you trusted them" in each.found for each in place.found())


def test_a_store_that_is_damaged(place: Place) -> None:
    folder = Path(place.environ["HOME"]) / ".local" / "state" / "codex-orch-tui"
    folder.mkdir(parents=True)
    (folder / "trust.json").write_text("{")
    (told,) = [each for each in place.found() if each.id == "repository-trust"]
    assert told.verdict is Verdict.WARN
    assert "nothing is trusted" in told.found
