"""Rules that are offered for a request. Every command is text for a parser; none is run."""

import shlex
from pathlib import Path

import pytest
import yaml

from codex_orch_tui.domain.approval import ApprovalKind
from codex_orch_tui.policy.asked import Asked
from codex_orch_tui.policy.judge import judge
from codex_orch_tui.policy.load import load_rules
from codex_orch_tui.policy.propose import Proposed, propose
from codex_orch_tui.policy.rule import REST, Rule, RuleDecision, RuleKind

WORKTREE = "/repo/w"


def asked_for(script: str) -> Asked:
    return Asked(
        kind=ApprovalKind.COMMAND,
        command=f"/bin/bash -lc {shlex.quote(script)}",
        cwd=WORKTREE,
        worktree=WORKTREE,
        find_program=lambda name: f"/usr/bin/{name}",
        real_path=lambda path: path,
        git_trouble=lambda: "",
    )


def proposed(asked: Asked, *rules: Rule) -> Proposed:
    return propose(asked, judge(asked, rules, now_s=0.0), rules)


def rule(program: str, *args: str, decision: RuleDecision = RuleDecision.ACCEPT) -> Rule:
    return Rule(id=program, kind=RuleKind.COMMAND, decision=decision, program=program, args=args)


@pytest.mark.parametrize(
    "script",
    [
        "git log -n 5 --oneline",
        "ls -la src",
        "git status",
        "cat /etc/hosts",
        "mytool build --fast x",
        "rg 'a*b' src",
        "echo 'it is'",
        "mytool ...",
        "ls --color=never",
        "head -20 a",
        "ruff check --no-cache --no-fix --no-fix-only .",
        "grep -rn -e x .",
    ],
)
def test_each_proposal_accepts_the_request_and_can_be_stored(script: str, tmp_path: Path) -> None:
    asked = asked_for(script)
    found = proposed(asked)
    assert found.proposals
    assert found.why_none == ""
    entries = []
    for proposal in found.proposals:
        one = proposal.rule
        assert judge(asked, (one,), now_s=0.0).decision is RuleDecision.ACCEPT
        assert proposal.sentence
        entry: dict[str, object] = {
            "id": one.id,
            "kind": one.kind.value,
            "decision": one.decision.value,
            "program": one.program,
        }
        entry |= {"args": list(one.args or ()), "paths": list(one.paths), "examples": {"match": list(one.match)}}
        entries.append(entry if one.options is None else entry | {"options": list(one.options)})
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump({"rules": entries}), encoding="utf-8")
    loaded = load_rules(file)
    assert loaded.problems == ()
    assert loaded.rules == tuple(proposal.rule for proposal in found.proposals)


def test_they_go_from_narrow_to_wide() -> None:
    rules = [one.rule for one in proposed(asked_for("git log -n 5 --oneline")).proposals]
    assert [one.args for one in rules] == [("log", "-n", "5", "--oneline"), ("log", REST), ("log", REST), (REST,)]
    assert [one.options for one in rules] == [None, ("--oneline", "-n"), None, None]
    for script, accepted in {
        "git log -n 5 --oneline": 4,
        "git log -n 9": 3,
        "git log --graph": 2,
        "git status": 1,
        "git commit -m x": 0,
    }.items():
        answers = [judge(asked_for(script), (one,), now_s=0.0).decision for one in rules]
        assert answers.count(RuleDecision.ACCEPT) == accepted, script


def test_a_rule_for_a_program_without_a_list_names_its_options() -> None:
    found = proposed(asked_for("mytool build --fast x"))
    assert [one.rule.args for one in found.proposals] == [("build", "--fast", "x"), ("build", REST)]
    assert found.proposals[1].rule.options == ("--fast",)
    assert "not known to us" in found.proposals[1].sentence


def test_paths_outside_of_the_worktree_are_named_by_the_rule() -> None:
    found = proposed(asked_for("cat /etc/hosts"))
    assert {one.rule.paths for one in found.proposals} == {("**", "/etc/hosts")}
    assert judge(asked_for("cat /etc/fstab"), [found.proposals[-1].rule], now_s=0.0).decision is RuleDecision.ASK


def test_ids_are_plain_and_differ() -> None:
    ids = [one.rule.id for one in proposed(asked_for("git log -n 5")).proposals]
    assert len(set(ids)) == len(ids)
    assert ids[0].startswith("git-log-5-")


def test_of_several_commands_those_without_a_rule_need_one() -> None:
    asked = asked_for("ls && git diff && pwd")
    found = proposed(asked, rule("ls"), rule("pwd"))
    assert {one.rule.program for one in found.proposals} == {"git"}
    found = proposed(asked, rule("pwd"))
    assert {one.rule.program for one in found.proposals} == {"ls"}
    assert "2 commands without a rule" in found.proposals[0].sentence
    assert proposed(asked, rule("pwd"), rule("ls"), rule("git", REST)).why_none == "the rules accept it already"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("ls | wc", "do not read a pipe"),
        ("ls > x", "do not read a redirection"),
        ("make", "make can run other programs"),
        ("bash -c ls", "bash can run other programs"),
        ("env ls", "env can run other programs"),
        ("ls && make", "one of its commands is make"),
        ("make && ls", "make can run other programs"),
        ("git push", "declined in every repository"),
        ("git commit -m x", "git commit is not one of the sub-commands that only read"),
        ("git -C /x log", "the option -C is not listed"),
        ("sort -o x", "the option -o is not listed"),
        ("cat /home/me/.ssh/id_rsa", "a place of secrets"),
        ("./run.sh", "not the plain name of a program"),
    ],
)
def test_when_no_rule_could_accept_it_the_reason_is_told(script: str, why: str) -> None:
    found = proposed(asked_for(script))
    assert found.proposals == ()
    assert why in found.why_none


def test_a_rule_that_beats_an_accept_is_told() -> None:
    asked = asked_for("ls")
    assert "ls declines it" in proposed(asked, rule("ls", decision=RuleDecision.DECLINE)).why_none
    assert "ls leaves it to a person" in proposed(asked, rule("ls", decision=RuleDecision.ASK)).why_none


@pytest.mark.parametrize(
    ("host", "hosts"),
    [
        ("https://files.pypi.org:443", ["files.pypi.org", "*.pypi.org"]),
        ("pypi.org", ["pypi.org"]),
        ("b.co.uk", ["b.co.uk"]),
        ("a.b.co.uk", ["a.b.co.uk", "*.b.co.uk"]),
        ("me.github.io", ["me.github.io"]),
        ("a.me.github.io", ["a.me.github.io"]),
        ("10.0.0.1", ["10.0.0.1"]),
        ("no host", []),
        ("", []),
    ],
)
def test_hosts(host: str, hosts: list[str]) -> None:
    found = proposed(Asked(kind=ApprovalKind.NETWORK, host=host))
    assert [name for one in found.proposals for name in one.rule.hosts] == hosts
    assert bool(found.why_none) is not bool(hosts)


@pytest.mark.parametrize(
    ("paths", "offered"),
    [
        (("a/b/c.py", "a/d/e.py"), [("a/b/c.py", "a/d/e.py"), ("a/b/**", "a/d/**"), ("a/**",)]),
        (("a/b.py",), [("a/b.py",), ("a/**",)]),
        (("x",), [("x",)]),
        (("/srv/x",), [("/srv/x",)]),
        ((".git/config",), []),
        (("a/.git/config",), []),
        (("/home/me/.ssh/config",), []),
        (("a*b",), []),
        ((), []),
    ],
)
def test_files(paths: tuple[str, ...], offered: list[tuple[str, ...]]) -> None:
    full = tuple(path if path.startswith("/") else f"{WORKTREE}/{path}" for path in paths)
    asked = Asked(
        kind=ApprovalKind.FILE_CHANGE, paths=full, cwd=WORKTREE, worktree=WORKTREE, real_path=lambda path: path
    )
    found = proposed(asked)
    assert [one.rule.paths for one in found.proposals] == offered
    assert bool(found.why_none) is not bool(offered)


def test_other_kinds_are_a_persons() -> None:
    assert "only a person" in proposed(Asked(kind=ApprovalKind.USER_INPUT)).why_none
