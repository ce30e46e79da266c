"""The files of rules: read again when they change, kept when they break, extended without touching the rest."""

import os
import stat
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from codex_orch_tui.policy.load import parse_rules
from codex_orch_tui.policy.rule import Rule, RuleDecision, RuleKind
from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.policy_types import Where
from codex_orch_tui.services.rule_files import FILE_NAME, RuleFiles
from codex_orch_tui.services.trust import TrustKind, trust_of

LS = "rules:\n  - id: ls\n    kind: command\n    program: ls\n    args: [...]\n    decision: accept\n"
CAT = LS.replace("ls", "cat")
ALIASES = "".join(f"r{n}: &r{n} [{f'*r{n - 1}, ' * 9 if n else ''}x]\n" for n in range(9))
RULE = Rule(
    id="pwd",
    kind=RuleKind.COMMAND,
    decision=RuleDecision.ACCEPT,
    program="pwd",
    args=(),
    reason="only reads: # nothing",
    expires_s=4102444800.25,
    match=("pwd",),
)


class Place:
    """A repository and a home with their files of rules."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "shop"
        self.brought = self.repository / ".orchestrator" / FILE_NAME
        self.own = folder / "home" / ".config" / "codex-orch-tui" / FILE_NAME
        self.environ = {"HOME": str(folder / "home")}
        self.trust = trust_of(self.repository, self.brought, self.brought.with_name("orchestrator.yaml"), self.environ)
        self.files = RuleFiles(self.trust, self.brought, self.environ)
        self.repository.mkdir()

    def write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def accept(self) -> None:
        self.trust.accept_content(TrustKind.RULES, sha256(self.brought.read_bytes()).hexdigest())

    @property
    def ids(self) -> list[str]:
        return [rule.id for rule in self.files.rules()]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


class TestInForce:
    def test_trust_that_was_taken_back_ends_what_held_before_the_file_broke(self, place: Place) -> None:
        place.write(place.brought, LS)
        place.accept()
        assert place.ids == ["ls"]
        place.write(place.brought, "rules: [")
        assert place.ids == ["ls"], "a mistake changes nothing"
        place.trust.revoke()
        assert place.ids == []

    def test_without_files_there_are_none(self, place: Place) -> None:
        assert place.ids == []
        assert [file.exists for file in place.files.files()] == [False, False]
        assert place.files.problems == ()
        assert list(place.files.news()) == []

    def test_the_persons_own_count_at_once(self, place: Place) -> None:
        place.write(place.own, LS)
        assert place.ids == ["ls"]
        place.write(place.own, CAT)
        assert place.ids == ["cat"]
        place.own.unlink()
        assert place.ids == []

    def test_the_repositorys_count_as_long_as_they_are_trusted(self, place: Place) -> None:
        place.write(place.brought, LS)
        assert place.ids == []
        place.accept()
        assert place.ids == ["ls"]
        place.write(place.brought, CAT)
        assert place.ids == []
        place.write(place.brought, LS)
        assert place.ids == ["ls"]
        place.trust.revoke()
        assert place.ids == []

    def test_what_another_program_trusts_counts_here_too(self, place: Place) -> None:
        place.write(place.brought, LS)
        assert place.ids == []
        os.utime(place.brought, (1, 1))
        assert place.ids == []
        elsewhere = trust_of(place.repository, place.brought, place.brought, place.environ)
        elsewhere.accept_content(TrustKind.RULES, sha256(place.brought.read_bytes()).hexdigest())
        assert place.ids == ["ls"]

    def test_both_files_together(self, place: Place) -> None:
        place.write(place.brought, LS)
        place.accept()
        place.write(place.own, CAT)
        assert place.ids == ["ls", "cat"]

    def test_an_unchanged_file_is_not_read_again(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        place.write(place.own, LS)
        reads: list[Path] = []
        real = RuleFiles._load
        monkeypatch.setattr(RuleFiles, "_load", lambda self, known: (reads.append(known.path), real(self, known))[1])
        monkeypatch.setattr("codex_orch_tui.services.rule_files._is_fresh", lambda signature: False)
        for _ in range(3):
            assert place.ids == ["ls"]
        assert reads.count(place.own) == 1

    def test_a_change_in_the_same_moment_and_of_the_same_size_is_seen(self, place: Place) -> None:
        place.write(place.own, LS)
        assert place.ids == ["ls"]
        before = place.own.stat()
        with place.own.open("r+") as file:
            file.write(LS.replace("id: ls", "id: xx"))
        os.utime(place.own, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert place.ids == ["xx"]

    def test_own_rules_inside_of_the_repository_do_not_count(self, place: Place) -> None:
        place.write(place.repository / "dotfiles.yaml", LS)
        place.own.parent.mkdir(parents=True)
        place.own.symlink_to(place.repository / "dotfiles.yaml")
        assert place.ids == []
        (told,) = place.files.news()
        assert "lies in this repository" in told

    def test_without_a_home_there_is_only_the_repository(self, place: Place) -> None:
        files = RuleFiles(place.trust, place.brought, {})
        assert [file.where for file in files.files()] == [Where.REPOSITORY]
        with pytest.raises(NotPossibleError, match="HOME is not set"):
            files.store(RULE, Where.USER)


class TestBroken:
    @pytest.mark.parametrize(
        ("text", "where"),
        [
            (LS + "    decison: x\n", ":7: ls.decison"),
            (LS + "    program: cat\n", ":7: rules.0.program: is set twice"),
            (LS.replace("command", "comand"), ":3: ls.kind"),
            (LS.replace("[...]", "7"), ":5: ls.args"),
            ("rules: {}\n", ":1: rules"),
            ("rules:\n  - 7\n", ":2: rules[0]"),
            ("rules:\n\t- id: x\n", ":2: is not YAML"),
            (ALIASES, "its aliases make more than"),
            ("x: &x [*x]\n", "alias of itself"),
            ("rules: " + "[" * 50, "nested deeper"),
            ("rules: [" + "[x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x]," * 2000 + "]", "more than"),
        ],
    )  # fmt: skip
    def test_the_old_rules_stay_and_the_mistake_is_told_once(self, place: Place, text: str, where: str) -> None:
        place.write(place.own, CAT)
        assert place.ids == ["cat"]
        place.write(place.own, text)
        assert place.ids == ["cat"]
        (told,) = place.files.news()
        assert where in told
        assert "what held before stays in force" in told
        assert list(place.files.news()) == []
        assert place.files.problems
        place.write(place.own, LS)
        assert place.ids == ["ls"]
        assert list(place.files.news()) == []

    def test_broken_from_the_start_there_are_none(self, place: Place) -> None:
        place.write(place.own, "rules: 7\n")
        assert place.ids == []
        assert len(list(place.files.news())) == 1

    def test_a_folder_in_its_place(self, place: Place) -> None:
        place.own.mkdir(parents=True)
        assert place.ids == []
        assert "is not a plain file" in place.files.problems[0]

    def test_a_broken_file_of_the_repository_keeps_only_what_was_trusted(self, place: Place) -> None:
        place.write(place.brought, LS)
        place.accept()
        assert place.ids == ["ls"]
        place.write(place.brought, "rules: 7\n")
        assert place.ids == ["ls"]
        other = RuleFiles(place.trust, place.brought, place.environ)
        assert other.rules() == ()


class TestStore:
    def test_a_new_file_of_the_persons_own(self, place: Place) -> None:
        assert "for all repositories" in place.files.store(RULE, Where.USER)
        assert place.ids == ["pwd"]
        assert place.files.rules()[0].sha256 == RULE.sha256
        assert stat.S_IMODE(place.own.stat().st_mode) == 0o600

    def test_the_rest_of_a_file_stays(self, place: Place) -> None:
        before = "# mine\n" + LS + "# and more\n"
        place.write(place.own, before)
        place.own.chmod(0o644)
        place.files.store(RULE, Where.USER)
        after = place.own.read_text()
        assert after.startswith("# mine\n" + LS)
        assert after.endswith("# and more\n")
        assert place.ids == ["ls", "pwd"]
        assert stat.S_IMODE(place.own.stat().st_mode) == 0o644

    def test_a_link_stays_a_link(self, place: Place, tmp_path: Path) -> None:
        place.write(tmp_path / "dotfiles" / "rules", LS)
        place.own.parent.mkdir(parents=True)
        place.own.symlink_to(tmp_path / "dotfiles" / "rules")
        place.files.store(RULE, Where.USER)
        assert place.own.is_symlink()
        assert place.ids == ["ls", "pwd"]

    def test_a_new_file_of_the_repository_is_trusted_with_it(self, place: Place) -> None:
        assert "for this repository" in place.files.store(RULE, Where.REPOSITORY)
        assert place.ids == ["pwd"]
        assert place.trust.wanted() == ()

    def test_a_trusted_one_stays_trusted(self, place: Place) -> None:
        place.write(place.brought, LS)
        place.accept()
        place.files.store(RULE, Where.REPOSITORY)
        assert place.ids == ["ls", "pwd"]

    def test_what_was_not_trusted_is_not_trusted_by_it(self, place: Place) -> None:
        place.write(place.brought, LS)
        assert "does not count until you trust it" in place.files.store(RULE, Where.REPOSITORY)
        assert place.ids == []
        (item,) = place.trust.wanted()
        assert any("id: pwd" in line for line in item.what)

    def test_the_same_id_twice_is_refused(self, place: Place) -> None:
        place.files.store(RULE, Where.USER)
        before = place.own.read_bytes()
        with pytest.raises(NotPossibleError, match="has a rule pwd already"):
            place.files.store(replace(RULE, args=("-P",)), Where.USER)
        assert place.own.read_bytes() == before

    def test_a_broken_file_is_to_be_mended_first(self, place: Place) -> None:
        place.write(place.own, "rules: 7\n")
        with pytest.raises(NotPossibleError, match="mended first"):
            place.files.store(RULE, Where.USER)
        assert place.own.read_text() == "rules: 7\n"

    def test_a_rule_that_the_file_would_not_say_again_is_refused(self, place: Place) -> None:
        with pytest.raises(NotPossibleError, match="nothing can be added"):
            place.files.store(replace(RULE, program="bash", args=("-c", "..."), match=()), Where.USER)
        assert not place.own.exists()

    def test_a_file_that_changes_meanwhile_is_left_alone(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        place.write(place.own, LS)

        def meanwhile(path: Path, where: Where) -> None:
            path.write_text(CAT)

        monkeypatch.setattr("codex_orch_tui.services.rule_files._make_parent", meanwhile)
        with pytest.raises(NotPossibleError, match="changed in this moment"):
            place.files.store(RULE, Where.USER)
        assert place.own.read_text() == CAT

    @pytest.mark.parametrize(
        "rule",
        [
            Rule(id="net", kind=RuleKind.NETWORK, decision=RuleDecision.ACCEPT, hosts=("pypi.org", "*.pypi.org")),
            Rule(id="docs", kind=RuleKind.FILE_CHANGE, decision=RuleDecision.ASK, paths=("docs/**", "/srv/*")),
            Rule(
                id="no",
                kind=RuleKind.COMMAND,
                decision=RuleDecision.DECLINE,
                program="curl",
                reason="no: 'really' # no",
            ),
        ],
    )
    def test_every_kind_comes_back_as_it_was(self, place: Place, rule: Rule) -> None:
        place.files.store(rule, Where.USER)
        (found,) = parse_rules(place.own, place.own.read_bytes()).rules
        assert found.sha256 == rule.sha256


def test_rules_speak_of_the_roles_that_there_are_now(place: Place) -> None:
    place.write(
        place.own, "rules:\n- {id: ls, kind: command, program: ls, args: [], decision: accept, roles: [docs]}\n"
    )
    names = ["tester"]
    files = RuleFiles(place.trust, place.brought, place.environ, lambda: tuple(names))
    assert files.rules() == ()
    assert "ls.roles[0]: should be 'tester'" in files.problems[0]
    names.append("docs")
    assert [rule.id for rule in files.rules()] == ["ls"]
