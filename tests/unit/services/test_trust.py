"""What comes with a repository counts only as exactly the content that the person accepted."""

import json
import os
import stat
from hashlib import sha256
from pathlib import Path

import pytest

from codex_orch_tui.services.errors import NotPossibleError
from codex_orch_tui.services.trust import Trust, TrustKind, trust_of

RULES = "rules:\n  - id: git-status\n    kind: command\n    program: git\n    args: [status]\n    decision: accept\n"
COMMANDS = "model: m\nsetup_command: make ready\nnotify_command: |\n  printf one\n  printf two\n"


class Place:
    """A repository with its two files, and a home."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "shop"
        self.rules = self.repository / ".orchestrator" / "policy.yaml"
        self.settings = self.repository / ".orchestrator" / "orchestrator.yaml"
        self.rules.parent.mkdir(parents=True)
        self.environ = {"HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state")}
        self.store_file = folder / "state" / "codex-orch-tui" / "trust.json"

    @property
    def trust(self) -> Trust:
        """Read afresh, as another program would."""
        return trust_of(self.repository, self.rules, self.settings, self.environ)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_repository_that_brings_nothing_asks_nothing(place: Place) -> None:
    place.settings.write_text("model: m\n")
    place.rules.write_text("\n")
    assert place.trust.items() == ()
    assert place.trust.command("setup_command").text == place.trust.command("setup_command").why_not == ""
    assert not place.store_file.exists(), "a look leaves nothing behind"


def test_what_would_count_is_shown_whole(place: Place) -> None:
    place.rules.write_text(RULES + "# \x1b]0;x\x07 \u202e\n")
    place.settings.write_text(COMMANDS)
    rules, commands = place.trust.wanted()
    assert (rules.kind, rules.path) == (TrustKind.RULES, place.rules)
    assert rules.what[:-1] == tuple(RULES.splitlines())
    assert commands.what == ("setup_command: make ready", "notify_command: printf one", "    printf two")
    for line in (*rules.what, *commands.what, rules.means, commands.means):
        assert line.isprintable()


def test_a_yes_counts_for_this_content_and_a_change_asks_again(place: Place) -> None:
    place.settings.write_text(COMMANDS)
    (item,) = place.trust.wanted()
    assert not item.changed_since_trusted
    place.trust.accept(item)
    assert place.trust.wanted() == ()
    assert place.trust.command("setup_command").text == "make ready"
    assert place.trust.command("notify_command").text == "printf one\nprintf two"
    place.settings.write_text(COMMANDS.replace("ready", "more"))
    (changed,) = place.trust.wanted()
    assert changed.changed_since_trusted
    refused = place.trust.command("setup_command")
    assert refused.text == ""
    assert "not trusted as it is now → " in refused.why_not
    place.settings.write_text(COMMANDS)
    assert place.trust.command("setup_command").text == "make ready", "the same content counts again"


def test_a_yes_to_rules_is_none_to_commands_and_none_in_another_repository(place: Place, tmp_path: Path) -> None:
    place.rules.write_text(COMMANDS)
    place.settings.write_text(COMMANDS)
    place.trust.accept(place.trust.wanted()[0])
    (left,) = place.trust.wanted()
    assert left.kind is TrustKind.COMMANDS
    other = trust_of(tmp_path / "copy", place.rules, place.settings, place.environ)
    assert len(other.wanted()) == 2


def test_content_that_changed_while_the_person_looked_is_not_accepted(place: Place) -> None:
    place.rules.write_text(RULES)
    (item,) = place.trust.wanted()
    place.rules.write_text(RULES + "# and more\n")
    with pytest.raises(NotPossibleError, match="changed while you looked"):
        place.trust.accept(item)
    place.rules.unlink()
    with pytest.raises(NotPossibleError, match="changed while you looked"):
        place.trust.accept(item)
    assert not place.store_file.exists()


def test_the_store_is_the_persons_alone_and_holds_no_content(place: Place) -> None:
    place.settings.write_text(COMMANDS)
    place.trust.accept(place.trust.wanted()[0])
    assert stat.S_IMODE(place.store_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.store_file.parent.stat().st_mode) == 0o700
    assert "make ready" not in place.store_file.read_text()
    assert json.loads(place.store_file.read_text())["version"] == 1


def test_revoked_it_counts_no_more(place: Place) -> None:
    place.settings.write_text(COMMANDS)
    place.rules.write_text(RULES)
    for item in place.trust.wanted():
        place.trust.accept(item)
    assert place.trust.revoke() == 2
    assert place.trust.revoke() == 0
    wanted = place.trust.wanted()
    assert len(wanted) == 2
    assert not any(item.changed_since_trusted for item in wanted)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 100_000,
        b'{"version": 2, "repositories": {}}',
        b'{"version": 1, "repositories": []}',
        b"\xff",
    ],
)
def test_a_store_that_cannot_be_read_trusts_nothing_and_says_so(place: Place, content: bytes) -> None:
    place.rules.write_text(RULES)
    place.trust.accept(place.trust.wanted()[0])
    place.store_file.write_bytes(content)
    assert len(place.trust.wanted()) == 1
    assert "nothing is trusted" in place.trust.store.problem
    with pytest.raises(NotPossibleError, match=r"nothing is trusted → move .* away"):
        place.trust.accept(place.trust.wanted()[0])
    assert place.store_file.read_bytes() == content


def test_entries_of_another_form_trust_nothing(place: Place) -> None:
    place.rules.write_text(RULES)
    place.trust.accept(place.trust.wanted()[0])
    document = json.loads(place.store_file.read_text())
    for files in ({"sha256": 1}, 7, {str(place.rules): {"sha256": ["x"]}}, {str(place.rules): "x"}):
        document["repositories"][str(place.repository)] = files
        place.store_file.write_text(json.dumps(document))
        assert len(place.trust.wanted()) == 1


def test_a_store_that_others_can_write_is_not_believed(place: Place) -> None:
    place.rules.write_text(RULES)
    place.trust.accept(place.trust.wanted()[0])
    place.store_file.chmod(0o666)
    assert len(place.trust.wanted()) == 1
    assert "not yours alone" in place.trust.store.problem


def test_a_link_in_the_place_of_the_store_is_not_followed(place: Place, tmp_path: Path) -> None:
    place.rules.write_text(RULES)
    place.trust.accept(place.trust.wanted()[0])
    place.store_file.rename(tmp_path / "elsewhere")
    place.store_file.symlink_to(tmp_path / "elsewhere")
    assert len(place.trust.wanted()) == 1


def test_without_a_home_nothing_is_trusted(place: Place) -> None:
    place.rules.write_text(RULES)
    place.environ = {}
    (item,) = place.trust.wanted()
    with pytest.raises(NotPossibleError, match="HOME is not set"):
        place.trust.accept(item)


@pytest.mark.parametrize(
    "settings",
    [
        b"setup_command: [make, ready]\n",
        b"setup_command: ''\n",
        b'setup_command: "a\\0b"\n',
        b"setup_command: x\nsetup_command: y\n",
        b"setup_command: x\n\tbroken",
        b'"setup\\u005fcommand": x\n',
        b"setup_command: \xff\n",
    ],
)
def test_settings_that_say_nothing_readable_run_nothing_even_when_trusted(place: Place, settings: bytes) -> None:
    place.settings.write_bytes(settings)
    assert place.trust.items() == ()
    place.trust.accept_content(TrustKind.COMMANDS, sha256(settings).hexdigest())
    assert place.trust.command("setup_command").text == ""


def test_a_file_that_is_none_brings_nothing(place: Place) -> None:
    place.rules.mkdir()
    os.mkfifo(place.settings)
    assert place.trust.items() == ()
    assert "cannot be read" in place.trust.command("setup_command").why_not


def test_checks_of_the_repository_count_as_a_whole_or_not_at_all(place: Place) -> None:
    place.settings.write_text(
        "checks:\n  tests: pytest -q\n  'bad name': ls\n  piped: ls | cat\nallowed_programs: [pytest, ./check]\n"
    )
    (item,) = place.trust.wanted()
    assert item.what == ("checks.tests: pytest -q", "allowed_programs: pytest, ./check")
    assert "sandbox" in item.means
    found = place.trust.checks()
    assert (found.checks, found.allowed_programs, found.held) == ({}, (), frozenset({"tests"}))
    assert "not trusted as it is now → " in found.why_not
    place.trust.accept(item)
    found = place.trust.checks()
    assert (found.checks, found.allowed_programs) == ({"tests": "pytest -q"}, ("pytest", "./check"))
    assert found.why_not == ""


def test_a_repository_without_checks_says_nothing_of_them(place: Place) -> None:
    assert place.trust.checks().why_not == ""
    place.settings.write_text(COMMANDS)
    assert place.trust.checks().why_not == ""
