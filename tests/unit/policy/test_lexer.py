"""The strict lexer takes plain words, single quotes, `&&`, `;` and newlines, and refuses everything else."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.policy.lexer import MAX_BYTES, MAX_COMMANDS, NotPlainError, lex
from codex_orch_tui.policy.shell_tree import read_shell

SIGNS = "ab-=~/.:1@^%+,'\" \t\n;&|<>$`\\*?[](){}#!\r\0é\u00a0\u202e"


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("ls", (("ls",),)),
        ("  ls   -la\t", (("ls", "-la"),)),
        ("ls && cat x;pwd\nid", (("ls",), ("cat", "x"), ("pwd",), ("id",))),
        ("a&&b", (("a",), ("b",))),
        ("ls;", (("ls",),)),
        ("\n\nls\n\n", (("ls",),)),
        ("a &&\n b", (("a",), ("b",))),
        ("rg 'a b' ''", (("rg", "a b", ""),)),
        ("rg '$HOME `x` \"y\" \\ * ~ #'", (("rg", '$HOME `x` "y" \\ * ~ #'),)),
        ("l's' a'b'c", (("ls", "abc"),)),
        ("rg 'Größe'", (("rg", "Größe"),)),
        ("git show HEAD~2 HEAD^ main~~", (("git", "show", "HEAD~2", "HEAD^", "main~~"),)),
        ("git log --format='%h %s'", (("git", "log", "--format=%h %s"),)),
        ("cat a=b", (("cat", "a=b"),)),
        ("echo if then done", (("echo", "if", "then", "done"),)),
    ],
)
def test_plain_lines_are_read(script: str, commands: tuple[tuple[str, ...], ...]) -> None:
    assert lex(script) == commands


@pytest.mark.parametrize(
    ("script", "reason", "position"),
    [
        ("", "no command", 0),
        (" \n", "no command", 0),
        ("ls | wc", "a pipe", 3),
        ("ls || id", "a pipe", 3),
        ("ls & id", "a command in the background", 3),
        ("a &&& b", "a command in the background", 4),
        ("ls > x", "a redirection", 3),
        ("ls $x", "an expansion", 3),
        ("ls `x`", "a substitution", 3),
        ('ls "x"', "double quotes", 3),
        ("ls \\x", "a backslash", 3),
        ("ls *", "a glob", 3),
        ("ls a?", "a glob", 4),
        ("ls {a,b}", "braces", 3),
        ("(ls)", "a subshell", 0),
        ("ls #x", "a comment", 3),
        ("! ls", "an exclamation mark", 0),
        ("ls ~", "a tilde", 3),
        ("ls ~/x", "a tilde", 3),
        ("ls a=~", "a tilde", 5),
        ("ls a:~", "a tilde", 5),
        ("ls ''~", "a tilde", 5),
        ("ls 'x", "a quote without an end", 3),
        ("ls\r", "a carriage return", 2),
        ("ls\0", "a NUL", 2),
        ("ls\x1b", "a control character", 2),
        ("ls\u00a0x", "a character outside ASCII", 2),
        ("lѕ", "a character outside ASCII", 1),
        ("ls 'a\nb'", "a character that cannot be seen", 3),
        ("ls 'a\u202eb'", "a character that cannot be seen", 3),
        ("A=1 ls", "an assignment", 0),
        ("A='1' ls", "an assignment", 0),
        ("A+=1", "an assignment", 0),
        ("ls; A=1", "an assignment", 4),
        ("if x", "the shell's own word if", 0),
        ("ls; time ls", "the shell's own word time", 4),
        ("; ls", "a separator without a command before it", 0),
        ("ls;;ls", "a separator without a command before it", 3),
        ("ls\n;ls", "a separator without a command before it", 3),
        ("&& ls", "a separator without a command before it", 0),
        ("ls\n&& ls", "a separator without a command before it", 3),
        ("ls &&", "an && without a command after it", 3),
        ("ls &&\n", "an && without a command after it", 3),
    ],
)
def test_everything_else_is_refused_and_named(script: str, reason: str, position: int) -> None:
    with pytest.raises(NotPlainError) as caught:
        lex(script)
    assert (caught.value.reason, caught.value.position) == (reason, position)


def test_long_lines_are_refused() -> None:
    assert len(lex(";".join(["ls"] * MAX_COMMANDS))) == MAX_COMMANDS
    with pytest.raises(NotPlainError, match="more than 20 commands"):
        lex(";".join(["ls"] * (MAX_COMMANDS + 1)))
    assert lex("x" * MAX_BYTES)
    with pytest.raises(NotPlainError, match="more than 4 KiB"):
        lex("x" * (MAX_BYTES + 1))
    with pytest.raises(NotPlainError, match="more than 4 KiB"):
        lex("'" + "é" * (MAX_BYTES // 2) + "'")


@given(st.text(alphabet=SIGNS, max_size=12))
def test_what_is_read_is_what_two_other_readers_see(script: str) -> None:
    """No line means one thing to us and another to others: the grammar of bash and Python's shlex agree with us."""
    try:
        commands = lex(script)
    except NotPlainError:
        return
    reading = read_shell(script)
    assert reading.is_broken or reading.commands == commands
    assert _by_shlex(script) == commands


def _by_shlex(script: str) -> tuple[tuple[str, ...], ...]:
    reader = shlex.shlex(script, posix=True, punctuation_chars=";&\n")
    reader.whitespace, reader.commenters, reader.whitespace_split = " \t", "", True
    commands: list[list[str]] = [[]]
    for word in reader:
        if word and set(word) <= set(";&\n"):
            commands.append([])
        else:
            commands[-1].append(word)
    return tuple(tuple(words) for words in commands if words)


@given(st.text(max_size=40))
def test_no_text_breaks_it(script: str) -> None:
    try:
        commands = lex(script)
    except NotPlainError as error:
        assert 0 <= error.position <= len(script)
    else:
        assert commands
        assert all(commands)
