"""The short form of the figure, and what the corpora must hold for it to mean something."""

import pytest

from codex_orch_tui.policy.rule import Rule, RuleDecision
from tests.figures import shell_lines


@pytest.fixture(scope="module")
def rules() -> tuple[Rule, ...]:
    return shell_lines.example_rules()


def test_the_figure_holds() -> None:
    figure = shell_lines.run()
    assert figure["accepted_lines"] == []
    assert figure["benign_share"] >= shell_lines.GOAL_BENIGN, figure["asked_lines"]
    assert figure["holds"]


def test_the_corpora_are_as_large_as_they_claim() -> None:
    written, made = shell_lines.lines("adversarial.txt"), shell_lines.generated()
    assert len(set(written)) == len(written) >= 250
    assert len(set(made)) == len(made) >= 250
    benign = shell_lines.lines("benign.txt")
    assert len(set(benign)) == len(benign) >= 200


def test_the_grammar_holds_with_other_seeds(rules: tuple[Rule, ...]) -> None:
    accepted = [
        line
        for seed in range(4)
        for line in shell_lines.generated(250, seed)
        if shell_lines.verdict(line, rules).decision is RuleDecision.ACCEPT
    ]
    assert accepted == []


def test_a_long_chain_of_good_commands_with_one_bad_one_is_asked(rules: tuple[Rule, ...]) -> None:
    good = shell_lines.lines("benign.txt")[:15]
    plain = [line for line in good if shell_lines.verdict(line, rules).decision is RuleDecision.ACCEPT]
    assert shell_lines.verdict(" && ".join(plain), rules).decision is RuleDecision.ACCEPT
    for at in range(len(plain) + 1):
        line = " && ".join([*plain[:at], "touch owned", *plain[at:]])
        assert shell_lines.verdict(line, rules).decision is RuleDecision.ASK, line


@pytest.mark.parametrize("sign", [*'|<>$`"\\*?[](){}#!\r\0\x1b\u00a0\u2028', " & ", " ~", " || "])
def test_one_sign_too_many_takes_a_line_from_the_rules(sign: str, rules: tuple[Rule, ...]) -> None:
    for line in shell_lines.lines("benign.txt")[::3]:
        plain = shell_lines.judging.judge(shell_lines.asked(line), rules, now_s=0.0)
        if plain.decision is not RuleDecision.ACCEPT:
            continue
        for at in {0, len(line) // 3, len(line) // 2, len(line)}:
            if line[:at].count("'") % 2:
                continue  # inside quotes it is text
            changed = line[:at] + sign + line[at:]
            assert shell_lines.verdict(changed, rules).decision is not RuleDecision.ACCEPT, changed


@pytest.mark.parametrize(
    "line", ["ls", "git status", "cat README.md", "rg TODO", "find . -name x", "git --no-pager log -3"]
)
def test_a_line_that_is_accepted_is_not_in_another_place(line: str, rules: tuple[Rule, ...]) -> None:
    def decided(**more: object) -> RuleDecision:
        return shell_lines.judging.judge(shell_lines.asked(line, **more), rules, now_s=0.0).decision

    assert decided() is RuleDecision.ACCEPT
    for more in (
        {"cwd": "/etc"},
        {"cwd": ""},
        {"worktree": ""},
        {"find_program": lambda _: None},
        {"find_program": lambda name: f"{shell_lines.WORKTREE}/node_modules/.bin/{name}"},
        {"real_path": lambda _: None},
        {"real_path": lambda path: "/elsewhere" if path.endswith(("README.md", "/.")) else path}
        if " ." in line
        else {"cwd": "/"},
    ):
        assert decided(**more) is RuleDecision.ASK, more
