"""The lists of options are read as the programs read them: nothing by guess."""

import posixpath
from collections.abc import Iterator, Mapping

import pytest

from codex_orch_tui.policy.known_programs import BUILTINS, PROGRAMS, usages_of
from codex_orch_tui.policy.never import why_never
from codex_orch_tui.policy.options import Usage, Value, reason_against
from codex_orch_tui.policy.usage import usage

SHORT = usage("-a -b --all", values="-n:number -o:name --only:text", attached="--color:name", operands="path")


def against(path: str) -> str:
    return "" if posixpath.normpath(path).split("/")[0] != ".." and not path.startswith("/") else f"{path} is outside"


def reason(line: str, listed: Usage = SHORT) -> str:
    return reason_against(tuple(line.split()), listed, against)[0]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "x",
        "-a",
        "-ab x",
        "-n5",
        "-n 5",
        "-n -5",
        "-abn5 x",
        "-an 5 x",
        "--all",
        "--only=x",
        "--only x",
        "--color=auto",
        "-- -z",
        "-ox",
    ],
)
def test_what_is_listed_passes(line: str) -> None:
    assert reason(line) == ""


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("-z", "the option -z is not listed"),
        ("-az", "the option -z in -az is not listed"),
        ("--al", "the option --al is not listed"),
        ("--all=x", "the option --all=x is not listed"),
        ("--color", "the option --color is not listed"),
        ("--color auto", "the option --color is not listed"),
        ("--onl=x", "the option --onl=x is not listed"),
        ("-n", "the option -n has no value"),
        ("-n x", "x is no number"),
        ("-n5x", "5x is no number"),
        ("-o -a", "the value of -o looks like an option"),
        ("--only --all", "the value of --only looks like an option"),
        ("-o a/b", "a/b is no plain name"),
        ("--color=a/b", "a/b is no plain name"),
        ("/x", "/x is outside"),
        ("-- ../x", "../x is outside"),
        ("-", "- stands for the standard input"),
        ("-- -", "- stands for the standard input"),
        ("@x", "@x may be more than a path"),
        ("+5", "+5 may be more than a path"),
        ("-20", "the option -2 in -20 is not listed"),
        ("−a /x", "/x is outside"),
    ],
)
def test_what_is_not_listed_is_named(line: str, why: str) -> None:
    assert reason(line) == why


def test_the_first_word_is_a_pattern_unless_an_option_brings_it() -> None:
    listed = usage("--files", values="-e:text", operands="text path", paths_after="-e --files")
    assert reason("/x src", listed) == ""
    assert reason("x /x", listed) == "/x is outside"
    assert reason("-e x /x", listed) == "/x is outside"
    assert reason("/x -e x", listed) == "/x is outside"
    assert reason("--files /x", listed) == "/x is outside"


def test_what_is_needed_must_be_there() -> None:
    listed = usage("--check --diff -n", operands="path", needs=("--check --diff", "-n"))
    assert reason("--check -n x", listed) == ""
    assert reason("-n x", listed) == "without --check or --diff it may do more than read"
    assert reason("--diff x", listed) == "without -n it may do more than read"
    assert reason("-n -- --check", listed) == "without --check or --diff it may do more than read"


def test_operands_are_counted() -> None:
    assert reason("a b", usage("", operands="path", most=1)) == "the word b is one too many"
    assert reason("a", usage("")) == "the word a is one too many"


def test_options_of_find_are_not_bundled() -> None:
    listed = usage("-print -o", values="-name:text", operands="path", is_find=True)
    assert reason(". -name x -o -print", listed) == ""
    assert reason(". -p", listed) == "the option -p is not listed"
    assert reason(". -name=x", listed) == "the option -name=x is not listed"
    assert reason("-- x", listed) == "the option -- is not listed"


def test_a_program_that_reads_its_bundles_by_itself_takes_no_value_in_them() -> None:
    """`tree -Po -I FILE` writes FILE: both letters take a word of their own."""
    listed = usage("-a", values="-P:text -L:number", operands="path", is_apart=True)
    assert reason("-aL 2 x", listed) == ""
    assert reason("-P o x", listed) == ""
    for line in ("-Po x", "-L2 x", "-aPo x"):
        assert "is not a word of its own" in reason(line, listed)
    assert all(one.is_apart for name, one in all_usages() if name == "tree")


def test_an_option_behind_an_operand_may_be_an_operand_too() -> None:
    """To getopt of BSD it is: the file of that name can be a link that leads anywhere."""

    def leads_out(path: str) -> str:
        return f"{path} leads out" if path in {"-a", "-20", "--", "out"} else ""

    listed = usage("-a -b", values="-t:text", operands="path", has_count=True)
    for line, why in (
        ("-a x", ""),
        ("-t out x", ""),
        ("x -b", ""),
        ("x -a", "-a leads out"),
        ("x -t out", "out leads out"),
        ("x -20", "-20 leads out"),
        ("-- x", ""),
        ("x --", "-- leads out"),
    ):
        assert reason_against(tuple(line.split()), listed, leads_out)[0] == why


@pytest.mark.parametrize("program", ["uniq", "xxd"])
def test_what_writes_its_second_word_takes_options_first(program: str) -> None:
    listed = usages_of((program,))[0][0]
    assert reason("-u x", listed) == ""
    assert reason("x -u", listed) == "the option -u comes after x"
    assert reason("x --", listed) == "the option -- comes after x"
    assert reason("x y", listed) == "the word y is one too many"


def test_a_sign_is_one_character() -> None:
    listed = usage("", values="-d:sign", operands="path")
    assert reason("-d, x", listed) == reason("-d : x", listed) == ""
    assert reason("-d /etc/hosts x", listed) == "/etc/hosts is not one character"


def test_ruff_mends_nothing_that_the_repositorys_settings_ask_for() -> None:
    """Its setting `fix-only` writes even with --no-fix, through links too."""
    (listed,) = usages_of(("ruff", "check"))[0]
    assert "--no-fix-only" in reason("--no-cache --no-fix x", listed)
    for line in ("--no-fix --no-fix-only", "--diff", "--isolated"):
        assert reason(f"--no-cache {line} x", listed) == ""


def all_usages() -> Iterator[tuple[str, Usage]]:
    for name, known in PROGRAMS.items():
        parts = known.values() if isinstance(known, Mapping) else (known,)
        for part in parts:
            for one in part if isinstance(part, tuple) else (part,):
                yield name, one


def test_the_lists_are_written_as_they_are_meant() -> None:
    for name, one in all_usages():
        options = [*one.flags, *one.values, *one.attached]
        assert all(option.startswith("-") and "=" not in option for option in options), name
        assert not one.flags & set(one.values), name
        assert all(option.startswith("--") for option in one.attached), name
        assert all(need and need <= one.flags for need in one.needs), name
        assert one.paths_after <= set(options), name
        assert all(len(option) == 2 or option.startswith("--") for option in options) or one.is_find, name


def test_what_needs_an_option_never_runs_without_a_word() -> None:
    """A bare interpreter reads a script from its input, a bare make runs the Makefile."""
    for name in PROGRAMS:
        if why_never(name) and name not in BUILTINS:
            for one in usages_of((name,))[0]:
                assert one.needs, name
                assert reason("", one), name


@pytest.mark.parametrize(
    "program",
    [
        "python3.12",
        "ipython3",
        "bash5.2",
        "pytest-3",
        "pdb3.11",
        "clang-tidy-15",
        "latexmk",
        "ctest",
        "mise",
        "watchexec",
    ],
)
def test_what_runs_code_has_other_names_too(program: str) -> None:
    assert "can run other programs" in why_never(program)


def test_every_git_usage_is_for_the_top_folder() -> None:
    assert all(one.in_top for name, one in all_usages() if name == "git")
    assert {value for name, one in all_usages() if name == "git" for value in one.operands} <= {
        Value.REVISION,
        Value.TEXT,
        Value.NAME,
    }
