"""Codex's own rules, asked of the real Codex."""

import os
from pathlib import Path

import pytest

from codex_orch_tui.domain.item import OwnRule
from codex_orch_tui.services.codex_rules import CodexRules, commands_of, plain_commands


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("touch a", (("touch", "a"),)),
        ("touch 'a b' \"c d\"", (("touch", "a b", "c d"),)),
        ("touch a && ls || pwd; cat b | wc -l\nls", (
            ("touch", "a"), ("ls",), ("pwd",), ("cat", "b"), ("wc", "-l"), ("ls",)
        )),
        ("touch a;", (("touch", "a"),)),
        ("a'b'\"c\"", (("abc",),)),
        ("touch a > b", None),
        ("touch $HOME", None),
        ('touch "$HOME"', None),
        ("touch a &", None),
        ("A=1 touch a", None),
        ("touch *", None),
        ("touch ~", None),
        ("touch a \\\n b", None),
        ("(touch a)", None),
        ("&& ls", None),
        ("ls # x", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_script_is_taken_apart_as_codex_does_it(script: str, commands: tuple[tuple[str, ...], ...] | None) -> None:
    assert plain_commands(script) == commands


def test_what_is_no_plain_script_is_one_command() -> None:
    assert commands_of("/bin/bash -c 'touch a > b'") == (("/bin/bash", "-c", "touch a > b"),)
    assert commands_of("/bin/bash -c 'touch a && ls'") == (("touch", "a"), ("ls",))
    assert commands_of("touch a") == (("touch", "a"),)
    assert commands_of("touch 'a") == (("touch 'a",),)


def rules(codex: Path, root: Path, **files: str) -> CodexRules:
    folder = root / "codex-home" / "rules"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.rules").write_text(text, encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "HOME": str(root), "CODEX_HOME": str(folder.parent)}
    return CodexRules(codex, environment)


@pytest.mark.codex
async def test_every_command_of_a_line_has_to_be_allowed(codex_binary: Path, scratch: Path) -> None:
    known = rules(
        codex_binary,
        scratch,
        default='prefix_rule(pattern=["touch"], decision="allow")\n',
        more='prefix_rule(pattern=["uname"], decision="prompt")\n'
        'prefix_rule(pattern=["printf", "x"], decision="allow")\n',
    )
    folder = scratch / "codex-home" / "rules"
    assert await known.rule_of("/bin/bash -c 'touch a'") == OwnRule(rule=f"touch ({folder}/default.rules)")
    both = await known.rule_of("/bin/bash -c 'touch a && printf x y'")
    assert both == OwnRule(rule=f"touch ({folder}/default.rules), printf x ({folder}/more.rules)")
    for command in ("touch a && ls", "uname", "ls", "touch a > b", "printf y"):
        assert await known.rule_of(f"/bin/bash -c '{command}'") == OwnRule(), command


@pytest.mark.codex
async def test_a_rule_that_came_after_the_worker_started_is_told_as_such(codex_binary: Path, scratch: Path) -> None:
    known = rules(codex_binary, scratch)
    assert await known.rule_of("touch a") == OwnRule()
    file = scratch / "codex-home" / "rules" / "default.rules"
    file.write_text('prefix_rule(pattern=["touch"], decision="allow")\n', encoding="utf-8")
    assert await known.rule_of("touch a") == OwnRule(
        rule=f"touch ({file}), of files that were changed since the worker started"
    )


@pytest.mark.codex
async def test_rules_that_cannot_be_read_are_a_problem_and_no_answer(codex_binary: Path, scratch: Path) -> None:
    known = rules(codex_binary, scratch, default="nonsense(\n")
    found = await known.rule_of("touch a")
    assert found.rule == ""
    assert "default.rules" in found.problem


async def test_a_codex_that_cannot_be_started_is_a_problem(tmp_path: Path) -> None:
    known = rules(tmp_path / "missing", tmp_path, default="")
    assert (await known.rule_of("touch a")).problem.startswith("Codex's own rules could not be asked: ")
    line = "; ".join(["touch a"] * 30)
    assert (await known.rule_of(f"/bin/bash -c '{line}'")).problem.endswith("30 commands in one line")
    assert await CodexRules(tmp_path / "missing", {"HOME": str(tmp_path)}).rule_of("touch a") == OwnRule()
