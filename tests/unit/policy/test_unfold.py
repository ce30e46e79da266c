"""The shell that Codex wraps around a command is taken off where it is exactly that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_orch_tui.policy.unfold import shown_script, typed_text, unfold


@pytest.mark.parametrize(
    ("command", "script"),
    [
        # as the real Codex sends them
        ("/bin/bash -c 'printf hi'", "printf hi"),
        ("/bin/bash -c \"printf 'a b'\"", "printf 'a b'"),
        ('/bin/bash -c "printf \\"it\'s\\""', 'printf "it\'s"'),
        ("/bin/bash -c \"printf 'ö\"'^'\"'\"", "printf 'ö^'"),
        ("/bin/bash -c 'printf  lead '", "printf  lead "),
        # by the same rules of quoting; not seen from it
        ("/bin/bash -c \"rg 'foo\\$' src\"", "rg 'foo$' src"),
        ("bash -lc ls", "ls"),
        ("/usr/bin/bash -lc ls", "ls"),
    ],
)
def test_a_wrapped_script_is_taken_out(command: str, script: str) -> None:
    assert unfold(command) == script


@pytest.mark.parametrize(
    "command",
    [
        "ls",
        "",
        "bash",
        "bash -c",
        "bash -c ",
        "bash -c ls -la",
        "bash -c 'ls' x",
        "bash -cl ls",
        "bash -x -c ls",
        "bash  -c ls",
        " bash -c ls",
        "/tmp/bash -c ls",
        "./bash -c ls",
        "/bin/../x/bash -c ls",
        "sh -c ls",
        "/bin/zsh -c ls",
        "bash -c $'ls'",
        "bash -c ls\\ x",
        'bash -c "$x"',
        'bash -c "`x`"',
        'bash -c "a\\nb"',
        "bash -c 'ls",
        "bash -c ls;id",
        "bash -c 'ls'\n",
        "\nbash -c 'ls'",
    ],
)
def test_anything_else_comes_back_as_it_is(command: str) -> None:
    assert unfold(command) == command


@given(st.text(max_size=30))
def test_a_script_in_double_quotes_comes_back_whole(script: str) -> None:
    quoted = "".join(f"\\{char}" if char in '"\\$`' else char for char in script)
    assert unfold(f'/bin/bash -c "{quoted}"') == script


@pytest.mark.parametrize("shell", ["/bin/zsh -lc", "sh -c", "/opt/local/bin/bash -c", "/bin/dash -c"])
def test_any_shell_is_taken_off_for_reading(shell: str) -> None:
    assert shown_script(f"{shell} 'touch one && touch two'") == "touch one && touch two"
    assert shown_script(f'{shell} "printf \\$x \\"y\\""') == 'printf $x "y"'
    assert shown_script(f"{shell} one two") == f"{shell} one two"


def test_only_one_shell_is_taken_off() -> None:
    assert unfold("/bin/bash -c \"bash -c 'ls'\"") == "bash -c 'ls'"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("write_stdin --session-id 5 'yes please\n'", "yes please\n"),
        ("write_stdin --session-id 5 y", "y"),
        ('write_stdin --session-id 5 "it\'s"', "it's"),
        ("write_stdin --session-id 5 'a' 'b'", "write_stdin --session-id 5 'a' 'b'"),
        ("write_stdin", "write_stdin"),
    ],
)
def test_what_is_typed_is_taken_out_of_the_words_around_it(command: str, text: str) -> None:
    assert typed_text(command) == text
