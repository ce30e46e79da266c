"""Reading a shell line for the eye and for declines. Every line here is text for a parser; none is run."""

import shlex
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.policy.shell_tree import ShellReading, Stage, read_shell

PIECES = st.sampled_from(
    ["git", "push", "-x", "'a b'", '"$x y"', "|", "&&", "||", ";", "&", "\n", " ", "$(", ")", "(", "`", "{", "}", ">f",
     "<<E\n", "E\n", "if", "then", "fi", "#c", "\\", "'", '"', "é", "\u202e", "\r", "\0", "$x", "bash -c", "env", "["]
)  # fmt: skip


def stages(script: str) -> list[tuple[str, str]]:
    return [(stage.operator, stage.text) for stage in read_shell(script).stages]


def test_a_pipeline_is_cut_into_its_stages() -> None:
    assert stages("git log --oneline | grep 'a | b' && wc -l x || ls; pwd") == [
        ("", "git log --oneline"),
        ("|", "grep 'a | b'"),
        ("&&", "wc -l x"),
        ("||", "ls"),
        (";", "pwd"),
    ]


def test_lines_begin_stages_and_continued_lines_do_not() -> None:
    assert stages("a\n\nb \\\n -x && \\\n c") == [("", "a"), ("", "b \\\n -x"), ("&&", "c")]


def test_what_is_inside_of_something_is_not_cut() -> None:
    assert [text for _, text in stages("(a; b) | for f in *; do c; done")] == ["(a; b)", "for f in *; do c; done"]
    assert stages("cat <<E\na | b\nE\nc") == [("", "cat <<E\na | b\nE"), ("", "c")]
    assert stages('echo "$(a | b)"') == [("", 'echo "$(a | b)"')]


def test_an_operator_at_the_end_is_kept() -> None:
    assert stages("sleep 1 &") == [("", "sleep 1 &")]
    assert stages("a & b") == [("", "a"), ("&", "b")]
    assert stages("a |& b") == [("", "a"), ("|&", "b")]


def test_comments_are_shown() -> None:
    assert stages("a # why\nb; # then") == [("", "a # why"), ("", "b"), (";", "# then")]


def test_a_broken_line_is_shown_whole_line_by_line() -> None:
    reading = read_shell("echo 'abc\ndef")
    assert reading.is_broken
    assert reading.stages == (Stage("echo 'abc", ""), Stage("def", ""))


def test_nothing_is_nothing() -> None:
    assert read_shell("") == ShellReading()
    assert read_shell(" \n ") == ShellReading()


@pytest.mark.parametrize(
    "script",
    [
        "git push",
        "  git   push  ",
        "/usr/bin/git push",
        "'git' \"push\"",
        "g'i't pu\\sh",
        "gi\\\nt push",
        "$'\\x67it' $'p\\165sh'",
        "git >x push",
        ">x git push",
        "2>&1 git push",
        "A=1 git push",
        "! git push",
        "a && b || c; git push",
        "a | git push",
        "a & git push",
        "a\ngit push",
        "(git push)",
        "{ git push; }",
        "echo $(git push)",
        "echo `git push`",
        'echo "x $(git push) y"',
        "cat <(git push)",
        "x=$(git push)",
        "export x=$(git push)",
        "cat <<E\n$(git push)\nE",
        "cat <<E | git push\nE",
        "ls > $(git push)",
        "if a; then git push; fi",
        "if git push; then a; fi",
        "while git push; do a; done",
        "for i in 1; do git push; done",
        "for i in $(git push); do a; done",
        "case x in x) git push;; esac",
        "f() { git push; }; f",
        "[[ -n $(git push) ]]",
        "echo $(( $(git push) ))",
        "x=git; $x push",
        "x='git push'; $x",
        "git ${x:-push}",
        "$(echo git) push",
        "`printf git` push",
        "for v in push; do git $v; done",
        "env git push",
        "env -i -u A B=c git push",
        "env -S 'git push'",
        "env -S'git push'",
        "env --split-string='git push'",
        "sudo -u me -E git push",
        "sudo -n -- git push",
        "doas git push",
        "nohup git push &",
        "timeout 5 git push",
        "timeout -s KILL -k 3 5 git push",
        "timeout --sig KILL 5 git push",
        "nice git push",
        "nice -n 5 git push",
        "nice -5 git push",
        "time -p git push",
        "time git push",
        "command git push",
        "builtin command git push",
        "exec git push",
        "exec -a x git push",
        "coproc git push",
        "eval git push",
        'eval "git push"',
        "trap 'git push' EXIT",
        "alias x='git push'",
        "xargs git push",
        "xargs -n1 -I{} git push {}",
        "xargs -0r git push",
        "echo push | xargs git",
        "echo git push | sh",
        "printf 'git push' | bash",
        "printf '%s push\\n' git | sh -s",
        "bash <<< 'git push'",
        "bash <<E\ngit push\nE",
        "sh -c 'git push'",
        "bash -lc 'git push'",
        "/bin/bash -lc \"git push\"",
        "bash --norc -o pipefail -c 'git push'",
        "bash -c '$0 $1' git push",
        "bash -c '\"$@\"' x git push",
        "bash -c \"bash -c 'git push'\"",
        "zsh -ic 'git push'",
        "find . -exec git push ;",
        "find . -name x -execdir git push {} +",
        "find . -ok git push \\;",
        "watch -n 5 git push",
        "flock /x git push",
        "flock -w 1 /x -c 'git push'",
        "su -c 'git push'",
        "su me -c 'git push'",
        "stdbuf -oL git push",
        "setsid -w git push",
        "strace -f -o x git push",
        "busybox timeout 5 git push",
        "chroot / git push",
        "ssh host git push",
        "sudo env A=1 timeout 5 nice bash -lc 'exec git push'",
    ],
)  # fmt: skip
def test_a_command_is_found_wherever_it_stands(script: str) -> None:
    reading = read_shell(script)
    found = [(words[0].rsplit("/", 1)[-1], *words[1:2]) for words in reading.commands]
    assert ("git", "push") in found, reading
    assert not reading.is_broken


@pytest.mark.parametrize(
    "script",
    [
        "echo git push",
        "echo 'git push'",
        "grep 'git push' file",
        "git log --grep push",
        "git commit -m 'git push later'",
        "cat <<'E'\ngit push\nE",
        "printf 'git push'",
        "command -v git",
        "rg -n 'git push' src | head",
        "# git push",
        "x='git push'",
        "python -c 'git push'",
    ],
)
def test_a_text_that_only_names_a_command_is_none(script: str) -> None:
    reading = read_shell(script)
    assert ("git", "push") not in [words[:2] for words in reading.commands]
    assert reading.loose == ()


@pytest.mark.parametrize(
    "script", ["{git,push}", "git push '", "if git push", "sudo --new-option git push", "git push\0"]
)
def test_what_cannot_be_read_is_looked_through_word_by_word(script: str) -> None:
    assert any(words[at : at + 2] == ("git", "push") for words in read_shell(script).loose for at in range(len(words)))


def test_wrappers_stand_before_what_they_run() -> None:
    assert read_shell("sudo env A=1 ls -l").commands == (
        ("sudo", "env", "A=1", "ls", "-l"),
        ("env", "A=1", "ls", "-l"),
        ("ls", "-l"),
    )


def test_writes_are_the_targets_of_redirections() -> None:
    reading = read_shell("a > x 2>&1; b >> 'y z'; c &> w; d < in; e >| v; bash -c 'f > u'; g >& t")
    assert reading.writes == ("x", "y z", "w", "v", "u", "t")
    assert reading.reads == ("in",)


def test_names_that_are_set_are_told() -> None:
    assert read_shell("GIT_DIR=x git log; export PATH=/x; A=1").assigned == ("GIT_DIR", "PATH", "A")


def test_what_stands_in_it_is_told_in_words() -> None:
    told = read_shell("a | b $(c) <<< x & for i in 1; do d; done").constructs
    assert "a pipeline" in told
    assert "a loop" in told
    assert "a command in the background" in told
    assert read_shell("git log 'x'").constructs == ()


@given(st.lists(PIECES, max_size=25).map(" ".join) | st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60))
def test_no_text_raises_and_no_stage_hides_anything(script: str) -> None:
    reading = read_shell(script)
    shown = "".join(stage.operator + stage.text for stage in reading.stages)
    expected = script.encode("utf-8", "replace").decode()

    def ink(text: str) -> str:
        return "".join(text.replace("\\\n", "").split())

    assert ink(shown) == ink(expected)


@pytest.mark.parametrize(
    "script",
    [
        "(" * 20_000,
        "$(" * 5_000,
        "$(" * 3_000 + "ls" + ")" * 3_000,
        "{" * 3_000 + ",}" * 3_000,
        "{a,b}" * 40,
        "x{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}",
        '"' * 30_001,
        "ls\n" * 20_000,
        "cat <<A\n" * 3_000,
        "sudo " * 12_000 + "ls",
        "env -S " * 3_000 + "ls",
        "eval " * 3_000 + "ls",
        "a=xxxxxxxxxx;" + "a=$a$a$a$a$a$a$a$a;" * 40 + "$a",
        "echo " + "a " * 2_000 + "| xargs " * 50,
        "a " * 200_000,
    ],
    ids=lambda script: script[:12],
)
def test_no_line_takes_long(script: str) -> None:
    began_s = time.perf_counter()
    read_shell(script)
    assert time.perf_counter() - began_s < 2.0


def test_scripts_in_scripts_are_read_to_a_depth() -> None:
    script = "git push"
    for _ in range(6):
        script = f"bash -c {shlex.quote(script)}"
    assert ("git", "push") in read_shell(script).commands
