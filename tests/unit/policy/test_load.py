"""A file of rules counts as a whole or not at all, and each mistake is found by file, line and key."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from codex_orch_tui.domain.plan import Role
from codex_orch_tui.policy.load import LoadedRules, load_rules, parse_rules
from codex_orch_tui.policy.rule import RuleDecision, RuleKind
from tests.figures.shell_lines import EXAMPLE

PATH = Path("/x/policy.yaml")
LONG = "rules:\n- id: a\n  kind: command\n  decision: accept\n  program: ls\n  args: [...]\n"
GOOD = "- {id: ls, kind: command, decision: accept, program: ls, args: [...]}"


def parsed(text: str) -> LoadedRules:
    return parse_rules(PATH, text.encode())


def problems(text: str) -> list[str]:
    loaded = parsed(text)
    assert loaded.rules == ()
    return [str(problem) for problem in loaded.problems]


def test_the_shipped_example_is_sound() -> None:
    loaded = load_rules(EXAMPLE)
    assert loaded.problems == ()
    assert {rule.decision for rule in loaded.rules} == {RuleDecision.ACCEPT}
    assert loaded.sha256_of_file == sha256(EXAMPLE.read_bytes()).hexdigest()


def test_a_file_that_is_not_there_holds_no_rules(tmp_path: Path) -> None:
    assert load_rules(tmp_path / "policy.yaml") == LoadedRules()


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    assert [str(problem) for problem in load_rules(tmp_path).problems] == [f"{tmp_path}: is not a plain file"]


@pytest.mark.parametrize("text", ["", "version: 1\n", "rules:\n", "rules: []\n", "# nothing\n"])
def test_an_empty_file_holds_no_rules(text: str) -> None:
    assert parsed(text) == LoadedRules(sha256_of_file=sha256(text.encode()).hexdigest())


def test_all_that_a_rule_can_say() -> None:
    (rule,) = parsed(
        """
version: 1
rules:
  - id: docs
    kind: command
    decision: accept
    program: cat
    args: [-n, '*.md']
    options: [-n]
    cwd: [docs/**]
    paths: [./docs/**, /usr/share/doc/**]
    roles: [tester, reviewer]
    reason: reads the documents
    expires: 2030-12-31
    examples:
      match: [cat -n a.md]
      no_match: [cat a.md, cat -n a.txt]
"""
    ).rules
    assert (rule.id, rule.kind, rule.decision, rule.program) == ("docs", RuleKind.COMMAND, RuleDecision.ACCEPT, "cat")
    assert (rule.args, rule.options, rule.cwd) == (("-n", "*.md"), ("-n",), ("docs/**",))
    assert (rule.paths, rule.roles) == (("docs/**", "/usr/share/doc/**"), (Role.TESTER, Role.REVIEWER))
    assert rule.expires_s == datetime(2030, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC).timestamp()
    assert (rule.file, rule.line) == (str(PATH), 4)
    assert (rule.match, rule.no_match) == (("cat -n a.md",), ("cat a.md", "cat -n a.txt"))
    assert rule.ref.sha256 == rule.sha256


def test_other_kinds() -> None:
    rules = parsed(
        """
rules:
  - {id: a, kind: file_change, decision: accept, paths: [docs/**], examples: {match: [docs/a/b], no_match: [a, .git/x]}}
  - {id: b, kind: network, decision: decline, hosts: ['*.a.net'], examples: {match: [b.a.net], no_match: [a.net]}}
  - {id: c, kind: command, decision: decline, program: rm, examples: {match: [rm x, env rm], no_match: [ls]}}
  - {id: d, kind: file_change, decision: ask}
"""
    )
    assert [str(problem) for problem in rules.problems] == []
    assert [rule.id for rule in rules.rules] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rules: {", "/x/policy.yaml:1: is not YAML: "),
        ("- a\n", "/x/policy.yaml:1: should hold `key: value` lines"),
        ("rules: 3\n", "/x/policy.yaml:1: rules: should be a list of rules"),
        ("ruels: []\n", "/x/policy.yaml:1: ruels: there is no such key here; there are: rules, version"),
        ("version: 2\nrules: []\n", "/x/policy.yaml:1: version: '2' is not known"),
        ("version: true\n", "/x/policy.yaml:1: version: 'True' is not known"),
        ("rules:\n- 3\n", "/x/policy.yaml:2: rules[0]: should hold `key: value` lines"),
        ("rules:\n- {id: a, decision: ask}\n", "/x/policy.yaml:2: a.kind: is missing"),
        ("rules:\n- {kind: command, decision: ask, program: x}\n", "/x/policy.yaml:2: rules[0].id: is missing"),
        ("rules:\n- {id: A b, kind: command, decision: ask, program: x}\n", "/x/policy.yaml:2: A b.id: "),
        (
            "rules:\n- {id: on, kind: command, decision: ask, program: x}\n",
            "rules[0].id: should be text; write it in quotes",
        ),
        (
            "rules:\n- id: a\n  kind: command\n  decision: allow\n",
            "/x/policy.yaml:4: a.decision: should be 'accept', 'ask' or 'decline'",
        ),
        ("rules:\n- id: a\n  kind: stdin\n  decision: ask\n", "/x/policy.yaml:3: a.kind: should be"),
        (
            "rules:\n- id: a\n  kind: command\n  decision: ask\n  programm: x\n",
            "/x/policy.yaml:5: a.programm: there is no such setting; did you mean program?",
        ),
        (
            "rules:\n- id: a\n  kind: command\n  decision: ask\n  decision: accept\n  program: x\n",
            "/x/policy.yaml:5: rules.0.decision: is set twice",
        ),
        ("rules:\n- {id: a, kind: command, decision: ask}\n", "a.program: is missing"),
        (
            "rules:\n- {id: a, kind: command, decision: accept, program: ls}\n",
            "a.args: is missing: an accept names the words",
        ),
        ("rules:\n- {id: a, kind: command, decision: accept, program: ls, args: [1]}\n", "a.args[0]: should be text"),
        (
            "rules:\n- {id: a, kind: command, decision: accept, program: ls, args: [..., -l]}\n",
            "a.args: ... can only stand at the end",
        ),
        (
            "rules:\n- {id: a, kind: command, decision: accept, program: /bin/ls, args: []}\n",
            "a.program: /bin/ls is not the plain name",
        ),
        (
            "rules:\n- {id: a, kind: command, decision: accept, program: npm, args: [test]}\n",
            "a.program: npm can run other programs",
        ),
        (
            "rules:\n- {id: a, kind: command, decision: accept, program: git, args: [-c, x=y, status]}\n",
            "a.args: could never be accepted",
        ),
        (
            "rules:\n- {id: a, kind: command, decision: decline, program: /bin/ls}\n",
            "a.program: should be the bare name",
        ),
        (
            "rules:\n- {id: a, kind: command, decision: ask, program: x, hosts: [x.org]}\n",
            "a.hosts: says nothing about a command",
        ),
        (
            "rules:\n- {id: a, kind: command, decision: ask, program: x, options: [-l]}\n",
            "a.options: narrows an accept only",
        ),
        ("rules:\n- {id: a, kind: file_change, decision: accept}\n", "a.paths: an accept names the files"),
        ("rules:\n- {id: a, kind: file_change, decision: accept, paths: [../x]}\n", "a.paths[0]: should be a path"),
        ("rules:\n- {id: a, kind: file_change, decision: accept, paths: ['~/x']}\n", "a.paths[0]: should be a path"),
        ("rules:\n- {id: a, kind: network, decision: accept}\n", "a.hosts: an accept names the hosts"),
        ("rules:\n- {id: a, kind: network, decision: accept, hosts: ['*']}\n", "a.hosts[0]: should be a host"),
        ("rules:\n- {id: a, kind: network, decision: accept, hosts: ['x*.org']}\n", "a.hosts[0]: should be a host"),
        ("rules:\n- {id: a, kind: command, decision: ask, program: x, roles: [boss]}\n", "a.roles[0]: should be"),
        ("rules:\n- {id: a, kind: command, decision: ask, program: x, expires: soon}\n", "a.expires: should be a date"),
        ("rules:\n- {id: a, kind: command, decision: ask, program: x, expires: 1e9}\n", "a.expires: should be a date"),
        (
            'rules:\n- {id: a, kind: command, decision: ask, program: "x\\u202e"}\n',
            "a.program: should hold no character that cannot be seen",
        ),
        (f"rules:\n{GOOD}\n{GOOD}\n", "/x/policy.yaml:3: ls.id: is the id of two rules, the first in line 2"),
        (
            f"{LONG}  examples:\n    match:\n      - ls\n      - ls | wc\n",
            ":10: a.examples.match[1]: 'ls | wc' is not answered by this rule: the rules do not read a pipe",
        ),
        (
            f"{LONG}  examples:\n    no_match: [ls -l]\n",
            "/x/policy.yaml:8: a.examples.no_match[0]: 'ls -l' is answered by this rule",
        ),
        (
            "rules:\n- id: a\n  kind: command\n  decision: ask\n  program: x\n  examples: {matches: [x]}\n",
            "a.examples.matches: there is no such setting; did you mean match?",
        ),
    ],
)
def test_mistakes_are_told_with_line_and_key(text: str, problem: str) -> None:
    found = problems(text)
    assert len(found) == 1, found
    assert problem in found[0]


def test_one_mistake_takes_the_whole_file() -> None:
    assert len(problems(f"rules:\n{GOOD}\n- {{id: b}}\n")) == 2


def test_the_hash_of_a_rule_is_of_what_it_says_and_not_of_where() -> None:
    one = parsed(f"rules:\n{GOOD}\n").rules[0]
    moved = parse_rules(Path("/y.yaml"), f"version: 1\n\n# here\nrules:\n\n{GOOD}\n".encode()).rules[0]
    other = parsed(f"rules:\n{GOOD.replace('[...]', '[]')}\n").rules[0]
    assert one == moved
    assert one.sha256 == moved.sha256 != other.sha256
    assert (one.line, moved.line) == (2, 6)


def test_an_alias_cannot_make_a_rule_of_another_kind() -> None:
    text = "rules:\n- &a {id: a, kind: command, decision: ask, program: x}\n- {<<: *a, id: b, decision: decline}\n"
    assert [(rule.id, rule.decision.value) for rule in parsed(text).rules] == [("a", "ask"), ("b", "decline")]


def test_a_rule_can_speak_of_a_role_of_one_s_own() -> None:
    text = "rules:\n- {id: a, kind: command, decision: ask, program: x, roles: [docs, tester]}\n"
    assert parse_rules(PATH, text.encode(), ("tester", "docs")).rules[0].roles == ("docs", "tester")
    (problem,) = parse_rules(PATH, text.encode()).problems
    assert str(problem) == f"{PATH}:2: a.roles[0]: should be 'navigator', 'implementer', 'tester' or 'reviewer'"
