"""Decline beats ask beats accept, and an accept needs everything about a command to be known. Lines are text only."""

import posixpath
from dataclasses import replace
from typing import Any

import pytest

from codex_orch_tui.domain.approval import ApprovalKind
from codex_orch_tui.domain.plan import Role
from codex_orch_tui.policy.asked import NOT_LOOKED_AT, Asked
from codex_orch_tui.policy.judge import NO_RULE, Verdict, judge, speaks_of
from codex_orch_tui.policy.rule import Rule, RuleDecision, RuleKind

TREE = "/home/anna/shop/tree"
ACCEPT, ASK, DECLINE = RuleDecision.ACCEPT, RuleDecision.ASK, RuleDecision.DECLINE


def asked(command: str = "", **more: Any) -> Asked:
    values: dict[str, Any] = {
        "kind": ApprovalKind.COMMAND,
        "command": command,
        "cwd": TREE,
        "worktree": TREE,
        "find_program": lambda name: f"/usr/bin/{name}",
        "real_path": posixpath.normpath,
        "git_trouble": str,
    }
    return Asked(**(values | more))


def rule(program: str = "", *args: str, decision: RuleDecision = ACCEPT, **more: Any) -> Rule:
    values: dict[str, Any] = {
        "id": f"{program or 'rule'}-{decision.value}",
        "kind": RuleKind.COMMAND,
        "args": args or ("...",),
    }
    return Rule(decision=decision, program=program, **(values | more))


def told(command: str, *rules: Rule, now_s: float = 0.0, **more: Any) -> Verdict:
    return judge(asked(command, **more), rules, now_s=now_s)


LS, CAT, GIT = rule("ls"), rule("cat"), rule("git")


def test_without_a_rule_a_person_is_asked() -> None:
    assert told("ls") == Verdict(decision=ASK, why=NO_RULE)
    assert told("ls", CAT).why == "no rule accepts ls"


def test_every_command_of_a_line_needs_a_rule() -> None:
    verdict = told("ls && cat x; ls", LS, CAT)
    assert (verdict.decision, verdict.rule, verdict.rules) == (ACCEPT, LS, (LS, CAT))
    assert told("ls && cat x; id", LS, CAT).why == "no rule accepts id"
    assert told("/bin/bash -lc 'ls && cat x'", LS, CAT).decision is ACCEPT
    assert told("ls | cat", LS, CAT).why == "the rules do not read a pipe at character 4"


def test_decline_beats_ask_beats_accept_in_any_order() -> None:
    rules = [LS, rule("ls", decision=ASK), rule("ls", decision=DECLINE, reason="not here")]
    for order in (rules, rules[::-1]):
        verdict = told("ls", *order)
        assert (verdict.decision, verdict.why) == (DECLINE, "not here")
    assert told("ls", *rules[:2]).rule == rules[1]


@pytest.mark.parametrize(
    "line", ["ls && env touch x", "bash -c 'touch x'", "ls $(touch x)", "/usr/bin/touch x", "touch $x"]
)
def test_a_decline_looks_through_wrappers(line: str) -> None:
    assert told(line, LS, rule("touch", decision=DECLINE)).decision is DECLINE
    assert told(line, LS, rule("touch", decision=ASK)).decision is ASK


def test_a_decline_looks_at_the_beginning_of_the_words_only() -> None:
    stash = rule("git", "stash", decision=DECLINE)
    assert told("git stash pop", stash).decision is DECLINE
    assert told("git -C x stash", stash).decision is DECLINE
    assert told("git status", GIT, stash).decision is ACCEPT


def test_a_push_is_declined_whatever_the_rules_say() -> None:
    verdict = told("git push", rule("git", "push"))
    assert (verdict.decision, verdict.rule) == (DECLINE, None)
    assert verdict.builtin


def test_a_rule_counts_until_it_expires_and_for_its_roles() -> None:
    assert told("ls", replace(LS, expires_s=10.0), now_s=9.9).decision is ACCEPT
    assert told("ls", replace(LS, expires_s=10.0), now_s=10.0).decision is ASK
    tester = replace(LS, roles=(Role.TESTER,))
    assert told("ls", tester).decision is ASK
    assert told("ls", tester, role=Role.TESTER).decision is ACCEPT


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (None, "was not found on the worker's PATH"),
        ("ls", "was not found at an absolute place"),
        ("/usr/bin/../x/ls", "was not found at an absolute place"),
        (f"{TREE}/bin/ls", "lies in the worktree"),
        ("/real/tree/bin/ls", "lies in the worktree"),
        ("/home/anna/.asdf/shims/ls", "is chosen by files of the repository (a version manager)"),
        (
            "/home/anna/.local/share/aquaproj-aqua/bin/aqua-proxy",
            "is chosen by files of the repository (a version manager)",
        ),
        ("/home/anna/.local/bin/mise", "is chosen by files of the repository (a version manager)"),
        ("/home/anna/b/.orchestrator/worktrees/2/ls", "is chosen by files of the repository (a version manager)"),
    ],
)
def test_the_program_must_be_the_one_that_its_name_says(found: str | None, why: str) -> None:
    def real_path(path: str) -> str:
        return path.replace(TREE, "/real/tree")

    assert told("ls", LS, find_program=lambda _: found, real_path=real_path).why == f"ls-accept: ls {why}"


def test_a_decline_for_a_folder_counts_through_links_and_in_capitals() -> None:
    def real_path(path: str) -> str:
        return path.replace("/link", "/infra")

    declines = rule("ls", id="no", decision=DECLINE, cwd=("infra/**",))
    for folder in ("infra", "infra/x", "link", "Infra/x"):
        assert told("ls", LS, declines, cwd=f"{TREE}/{folder}", real_path=real_path).decision is DECLINE
    assert told("ls", LS, declines, cwd=f"{TREE}/src").decision is ACCEPT
    edits = rule(kind=RuleKind.FILE_CHANGE, decision=DECLINE, paths=("infra/**",), args=None)
    for path in ("infra/a", "link/a", "INFRA/a"):
        verdict = told("", edits, kind=ApprovalKind.FILE_CHANGE, paths=(f"{TREE}/{path}",), real_path=real_path)
        assert verdict.decision is DECLINE


def test_a_word_that_a_rule_names_is_no_link_that_leads_out() -> None:
    """What is done with it is not known: the worker could have it done to any file."""
    copies = rule("cp", args=("a", "notes/b", "/srv/copy"))
    line = "cp a notes/b /srv/copy"
    assert told(line, copies).decision is ACCEPT
    verdict = told(line, copies, real_path=lambda path: "/home/anna/.profile" if path.endswith("notes/b") else path)
    assert (verdict.decision, verdict.why) == (ASK, "cp-accept: notes/b leads out of the worktree")


@pytest.mark.parametrize("line", ["ls src", "ls -l src", "ls --color=never src x", "env ls -a src"])
def test_an_ask_is_not_passed_by_with_an_option_in_front(line: str) -> None:
    asks = rule("ls", id="asks", decision=ASK, args=("src",))
    verdict = told(line, LS, asks)
    assert (verdict.decision, verdict.rule) == (ASK, asks)


def test_a_builtin_of_the_shell_needs_no_program_but_none_of_the_worktree() -> None:
    echo = rule("echo")
    assert told("echo -x '$y'", echo, find_program=lambda _: None).decision is ACCEPT
    assert told("echo x", echo, find_program=lambda _: f"{TREE}/echo").decision is ASK


@pytest.mark.parametrize("path", ["/etc/hosts", "..", "a/../../x", "../tree2/x", "//etc/x", f"{TREE}2/x"])
def test_paths_stay_in_the_worktree(path: str) -> None:
    assert told(f"cat {path}", CAT).decision is ASK
    assert told(f"cat -- {path}", CAT).decision is ASK
    assert told(f"cat x {path}", CAT).decision is ASK


def test_paths_are_followed() -> None:
    def real_path(path: str) -> str | None:
        links = {f"{TREE}/out": "/etc", f"{TREE}/in": f"{TREE}/src", f"{TREE}/unknown": None}
        return links.get(path, path)

    assert told("cat out", CAT, real_path=real_path).why == "cat-accept: out leads out of the worktree"
    assert told("cat in", CAT, real_path=real_path).decision is ACCEPT
    assert told("cat unknown", CAT, real_path=real_path).why == "cat-accept: unknown could not be followed"


def test_a_worktree_behind_a_link_is_still_the_worktree() -> None:
    def real_path(path: str) -> str:
        return posixpath.normpath(path.replace(TREE, "/data/tree"))

    assert told("cat src/x", CAT, real_path=real_path).decision is ACCEPT
    assert told(f"cat {TREE}/x", CAT, real_path=real_path).decision is ACCEPT


def test_a_rule_may_name_other_paths() -> None:
    docs = replace(CAT, paths=("/usr/share/doc/**", "docs/*"))
    assert told("cat /usr/share/doc/a/b docs/x", docs).decision is ACCEPT
    assert told("cat README.md", docs).decision is ASK
    assert told("cat docs/a/b", docs).decision is ASK
    assert told("cat /usr/share/doc/../x", docs).decision is ASK


@pytest.mark.parametrize("cwd", ["/", "/etc", "", f"{TREE}/..", f"{TREE}2"])
def test_the_folder_is_in_the_worktree(cwd: str) -> None:
    assert told("ls", LS, cwd=cwd).decision is ASK


@pytest.mark.parametrize("worktree", ["", "/", "//", "tree"])
def test_a_worktree_that_is_none_accepts_nothing(worktree: str) -> None:
    assert told("ls", LS, worktree=worktree, cwd=worktree or "/").decision is ASK


def test_a_rule_may_name_its_folders() -> None:
    only_src = replace(LS, cwd=("src/**",))
    assert told("ls", only_src, cwd=f"{TREE}/src").decision is ACCEPT
    assert told("ls", only_src, cwd=f"{TREE}/src/a").decision is ACCEPT
    assert told("ls", only_src).decision is ASK


def test_git_is_accepted_in_the_top_folder_of_a_worktree_that_was_looked_at() -> None:
    assert told("git status", GIT).decision is ACCEPT
    assert told("git --no-pager log -3", rule("git", "log", "...")).decision is ACCEPT
    below = told("git status", GIT, cwd=f"{TREE}/src")
    assert "may read what a worker put there" in below.why
    assert told("git status", GIT, git_trouble=lambda: "its .git is another").why.endswith("its .git is another")


def test_what_was_not_given_is_taken_for_the_worst() -> None:
    bare = {"kind": ApprovalKind.COMMAND, "cwd": TREE, "worktree": TREE}
    assert judge(Asked(command="ls", **bare), [LS], now_s=0).decision is ASK
    found = {**bare, "find_program": lambda name: f"/usr/bin/{name}", "real_path": posixpath.normpath}
    assert judge(Asked(command="ls", **found), [LS], now_s=0).decision is ACCEPT
    assert judge(Asked(command="git status", **found), [GIT], now_s=0).why.endswith(NOT_LOOKED_AT)


def test_exact_words_are_exact() -> None:
    exact = rule("ls", "-la", "src")
    assert told("ls -la src", exact).decision is ACCEPT
    assert told("ls '-la' src", exact).decision is ACCEPT
    for line in ("ls", "ls -la", "ls -la src x", "ls -al src", "ls src -la"):
        assert told(line, exact).decision is ASK


def test_options_of_a_rule_narrow_the_list_and_never_widen_it() -> None:
    narrow = replace(LS, options=("-l", "--dired"))
    assert told("ls -l src", narrow).decision is ACCEPT
    assert told("ls -la", narrow).why == "ls-accept: the option -a is not one of the rule's"
    assert told("ls --dired", narrow).decision is ASK


def test_a_program_without_a_list_gets_plain_paths_only() -> None:
    frob = replace(rule("frob", "build", "..."), options=("-v",))
    assert told("frob build -v src/a.c", frob).decision is ACCEPT
    for words in (
        "-x",
        "--out=y",
        "a=b",
        "../x",
        "/etc/x",
        "@x",
        "+x",
        ".git/config",
        "sub/.GIT/hooks",
        "'a b'",
        "''",
        "http://x",
    ):
        assert told(f"frob build {words}", frob).decision is ASK, words
    assert told("frob build --out=/x", rule("frob", "build", "--out=/x")).decision is ACCEPT


def test_nothing_is_accepted_after_a_program_without_a_list() -> None:
    assert told("ls && touch a", LS, rule("touch")).decision is ACCEPT
    later = told("touch a && ls", LS, rule("touch"))
    assert later.why == "what follows touch cannot be judged before that has run"


@pytest.mark.parametrize(
    "line",
    [
        "env ls",
        "sh x",
        "python3 x.py",
        "python3.12 x",
        "make",
        "npm x",
        "./x",
        "/bin/x",
        "cd x",
        "sed p x",
        "xargs x",
        "eval x",
    ],
)
def test_no_rule_can_accept_what_runs_other_code(line: str) -> None:
    words = line.split()
    assert told(line, rule(words[0])).decision is ASK
    assert told(line, rule(*words)).decision is ASK


@pytest.mark.parametrize("kind", [kind for kind in ApprovalKind if kind not in set(RuleKind)])
def test_other_kinds_are_always_a_persons(kind: ApprovalKind) -> None:
    assert told("ls", LS, kind=kind).decision is ASK


def change(**more: Any) -> Rule:
    return Rule(**({"id": "edit", "kind": RuleKind.FILE_CHANGE, "decision": ACCEPT} | more))


def changing(*paths: str, **more: Any) -> Asked:
    return asked(kind=ApprovalKind.FILE_CHANGE, paths=paths, **more)


def test_a_file_change_is_accepted_when_every_file_is() -> None:
    docs = change(paths=("docs/**", "/data/notes/*"))
    assert judge(changing(f"{TREE}/docs/a.md", "/data/notes/x"), [docs], now_s=0).decision is ACCEPT
    assert judge(changing(f"{TREE}/docs/a.md", f"{TREE}/x"), [docs], now_s=0).decision is ASK
    assert judge(changing(), [docs], now_s=0).decision is ASK
    assert judge(changing(f"{TREE}/docs/../x"), [docs], now_s=0).decision is ASK


@pytest.mark.parametrize(
    "path", [".git", ".git/hooks/x", "docs/.Git/x", ".codex/config.toml", ".orchestrator/policy.yaml", "a/GIT~1/x"]
)
def test_no_rule_accepts_a_change_of_what_decides_what_runs(path: str) -> None:
    anything = change(paths=("**", "/**"))
    assert judge(changing(f"{TREE}/{path}"), [anything], now_s=0).why == f"edit: {TREE}/{path} decides what runs"
    linked = changing(f"{TREE}/docs/x", real_path=lambda p: f"{TREE}/{path}" if p.endswith("/x") else p)
    assert judge(linked, [anything], now_s=0).decision is ASK


def test_a_file_change_through_a_link_counts_where_it_lands() -> None:
    def real_path(path: str) -> str:
        return path.replace(f"{TREE}/docs/out", "/home/anna/.ssh")

    there = changing(f"{TREE}/docs/out/x", real_path=real_path)
    assert judge(there, [change(paths=("docs/**",))], now_s=0).decision is ASK
    keep = change(decision=DECLINE, paths=("/home/anna/.ssh/**",))
    assert judge(there, [keep], now_s=0).decision is DECLINE


def test_a_decline_of_one_file_declines_the_change() -> None:
    keep = change(decision=DECLINE, paths=("*.lock",), args=None)
    assert judge(changing(f"{TREE}/src/a", f"{TREE}/x.lock"), [change(paths=("**",)), keep], now_s=0).rule == keep


@pytest.mark.parametrize(
    ("host", "decision"),
    [
        ("pypi.org", ACCEPT),
        ("https://PyPI.org", ACCEPT),
        ("https://pypi.org:443", ACCEPT),
        ("files.example.net", ACCEPT),
        ("example.net", ASK),
        ("pypi.org.evil.net", ASK),
        ("evil.net/.example.net", ASK),
        ("evil.net#.example.net", ASK),
        ("evil.net?.example.net", ASK),
        ("x@pypi.org", ASK),
        ("evilexample.net", ASK),
        ("рypi.org", ASK),
        ("", ASK),
    ],
)
def test_hosts(host: str, decision: RuleDecision) -> None:
    hosts = Rule(id="net", kind=RuleKind.NETWORK, decision=ACCEPT, hosts=("pypi.org", "*.example.net"))
    assert judge(asked(kind=ApprovalKind.NETWORK, host=host), [hosts], now_s=0).decision is decision


def test_one_rule_alone_can_be_asked_what_it_says() -> None:
    assert speaks_of(LS, asked("ls"))
    assert not speaks_of(LS, asked("ls", role=Role.TESTER, kind=ApprovalKind.STDIN))
    assert speaks_of(replace(LS, expires_s=1.0), asked("ls"))
    assert speaks_of(rule("ls", decision=DECLINE), asked("env ls"))
    assert not speaks_of(replace(LS, roles=(Role.TESTER,)), asked("ls"))
