"""Settings: read from four places, and every mistake named with its place."""

import itertools
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codex_orch_tui.config import Config, ConfigError, LoadedConfig, load_config
from codex_orch_tui.config.rates import rates_of
from codex_orch_tui.config.settings import LINE_LIST_FIELDS, LIST_FIELDS, NOT_AS_PROJECT_DEFAULT, NOT_IN_PROJECT
from codex_orch_tui.config.yaml_file import MAX_NODES
from codex_orch_tui.domain.cost import Rates
from codex_orch_tui.domain.plan import ApprovalPolicy, Role, SandboxMode


def _load(
    tmp_path: Path,
    *,
    user: str | bytes = "",
    project: str | bytes = "",
    environ: dict[str, str] | None = None,
    **options: object,
) -> LoadedConfig:
    for name, text in (("user.yaml", user), ("project.yaml", project)):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(
        project_file=tmp_path / "project.yaml",
        user_file=tmp_path / "user.yaml",
        environ=environ or {},
        overrides=options,
    )


def _problems(tmp_path: Path, **where: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, **where)  # type: ignore[arg-type]
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


def test_defaults_need_no_file(tmp_path: Path) -> None:
    loaded = load_config(project_file=tmp_path / "none", user_file=tmp_path / "no" / "folder", environ={})
    assert loaded.config == Config()
    assert (loaded.origins, loaded.warnings) == ({}, ())
    assert loaded.config.max_workers == 8
    assert loaded.config.branch_template == "orch/{date}/run-{id}/{task}"
    assert (loaded.config.role, loaded.config.sandbox) == (Role.IMPLEMENTER, SandboxMode.WORKSPACE_WRITE)


def test_later_places_win_and_are_remembered(tmp_path: Path) -> None:
    loaded = _load(
        tmp_path,
        user="max_workers: 1\ntheme: calm-light\nmodel: one\neditor: vi\n",
        project="# ours\nmax_workers: 2\nmodel: two\nrole: tester\n",
        environ={"CODEX_ORCH_MODEL": "three", "CODEX_ORCH_ROLE": "", "PATH": "/bin"},
        model="four",
        theme=None,
    )
    assert (loaded.config.max_workers, loaded.config.theme, loaded.config.model) == (1, "calm-light", "four")
    assert loaded.config.role is Role.TESTER
    places = {key: place.replace(f"{tmp_path}/", "") for key, place in loaded.origins.items()}
    assert places == {
        "max_workers": "user.yaml:1",
        "theme": "user.yaml:2",
        "editor": "user.yaml:4",
        "model": "--model",
        "role": "project.yaml:4",
    }


def test_commands_of_the_repository_are_held_until_they_are_trusted(tmp_path: Path) -> None:
    brought = "model: two\nsetup_command: make ready\nnotify_command: tell me\n"
    loaded = _load(tmp_path, project=brought)
    assert (loaded.config.setup_command, loaded.config.notify_command, loaded.config.model) == (None, None, "two")
    assert loaded.held == {
        "setup_command": f"{tmp_path}/project.yaml:2",
        "notify_command": f"{tmp_path}/project.yaml:3",
    }
    assert set(loaded.origins) == {"model"}


def test_a_command_of_the_persons_own_counts_at_once_and_wins(tmp_path: Path) -> None:
    loaded = _load(tmp_path, project="setup_command: theirs", user="setup_command: mine")
    assert (loaded.config.setup_command, loaded.held) == ("mine", {})


def test_checks_of_the_repository_are_held_and_the_persons_own_count(tmp_path: Path) -> None:
    loaded = _load(tmp_path, project="checks:\n  tests: npm test\nallowed_programs: [npm, sh]\n")
    assert loaded.config.checks == {}
    assert loaded.config.allowed_programs == Config().allowed_programs
    assert set(loaded.held) == {"checks", "allowed_programs"}
    loaded = _load(tmp_path, user="checks:\n  tests: pytest -q\n")
    assert loaded.config.checks == {"tests": "pytest -q"}


@pytest.mark.parametrize("text", ["checks: {tests: 'ls | cat'}", "checks: {'bad name': ls}", "checks: [ls]"])
def test_a_check_that_is_no_plain_command_is_told(tmp_path: Path, text: str) -> None:
    (told,) = _problems(tmp_path, user=text)
    assert told.startswith("user.yaml:1: checks")


def test_mistakes_in_a_held_command_are_told_all_the_same(tmp_path: Path) -> None:
    assert _problems(tmp_path, project="setup_command: [1]\n")[0].startswith("project.yaml:1: setup_command: ")


def test_every_setting_can_come_from_the_environment(tmp_path: Path) -> None:
    environ = {
        "CODEX_ORCH_CODEX_PATH": "/opt/codex",
        "CODEX_ORCH_MAX_WORKERS": "3",
        "CODEX_ORCH_IDLE_WORKER_S": "1.5",
        "CODEX_ORCH_RATE_LIMIT_HOLD_PERCENT": "80",
        "CODEX_ORCH_USE_SINGLE_WORKSPACE": "yes",
        "CODEX_ORCH_CLAIMS_ALLOW": "src/**, tests/**",
        "CODEX_ORCH_CLAIMS_IGNORE": "docs/**",
        "CODEX_ORCH_MAX_PROPOSED_TASKS": "12",
        "CODEX_ORCH_QUIET_WORKER_S": "10",
        "CODEX_ORCH_WORKTREE_BASE": "/srv/trees",
        "CODEX_ORCH_BRANCH_TEMPLATE": "x/{task}",
        "CODEX_ORCH_BASE_BRANCH": "develop",
        "CODEX_ORCH_SETUP_COMMAND": "make ready",
        "CODEX_ORCH_SETUP_TIME_LIMIT_S": "5",
        "CODEX_ORCH_RUN_CHECKS": "tests, ruff check .",
        "CODEX_ORCH_CHECK_TIME_LIMIT_S": "7",
        "CODEX_ORCH_CHECK_RETRIES": "0",
        "CODEX_ORCH_CHECK_SANDBOX": "danger-full-access",
        "CODEX_ORCH_CHECK_ENVIRONMENT": "DATABASE_URL",
        "CODEX_ORCH_ALLOWED_PROGRAMS": "pytest, ./check",
        "CODEX_ORCH_TRACE": "1",
        "CODEX_ORCH_DRY_RUN": "yes",
        "CODEX_ORCH_NOTIFY_COMMAND": "tell me",
        "CODEX_ORCH_PASS_ENVIRONMENT": "FOO, BAR,BAZ",
        "CODEX_ORCH_ROLE": "reviewer",
        "CODEX_ORCH_MODEL": "m",
        "CODEX_ORCH_SANDBOX": "danger-full-access",
        "CODEX_ORCH_APPROVAL_POLICY": "never",
        "CODEX_ORCH_APPROVAL_GUARD_MS": "0",
        "CODEX_ORCH_COMMIT_TRAILERS": "false",
        "CODEX_ORCH_EDITOR": "vi",
        "CODEX_ORCH_SHELL": "fish",
        "CODEX_ORCH_THEME": "t",
        "CODEX_ORCH_ASCII_GLYPHS": "1",
        "CODEX_ORCH_BELL": "0",
        "CODEX_ORCH_DESKTOP_NOTIFICATIONS": "no",
        "CODEX_ORCH_TERMINAL_TITLE": "off",
    }
    tables = {"keymap", "checks", "roles", "rate_card", "pipelines", "guardrails"}  # more than a variable holds
    assert {name.removeprefix("CODEX_ORCH_").lower() for name in environ} == set(Config.model_fields) - tables
    loaded = _load(tmp_path, environ=environ)
    assert loaded.config == Config(
        codex_path=Path("/opt/codex"),
        max_workers=3,
        idle_worker_s=1.5,
        rate_limit_hold_percent=80,
        use_single_workspace=True,
        claims_allow=("src/**", "tests/**"),
        claims_ignore=("docs/**",),
        max_proposed_tasks=12,
        quiet_worker_s=10,
        worktree_base=Path("/srv/trees"),
        branch_template="x/{task}",
        base_branch="develop",
        setup_command="make ready",
        setup_time_limit_s=5,
        run_checks=("tests", "ruff check ."),
        check_time_limit_s=7,
        check_retries=0,
        check_sandbox=SandboxMode.DANGER_FULL_ACCESS,
        check_environment=("DATABASE_URL",),
        allowed_programs=("pytest", "./check"),
        trace=True,
        dry_run=True,
        notify_command="tell me",
        pass_environment=("FOO", "BAR", "BAZ"),
        role=Role.REVIEWER,
        model="m",
        sandbox=SandboxMode.DANGER_FULL_ACCESS,
        approval_policy=ApprovalPolicy.NEVER,
        approval_guard_ms=0,
        commit_trailers=False,
        editor="vi",
        shell="fish",
        theme="t",
        ascii_glyphs=True,
        bell=False,
        desktop_notifications=False,
        terminal_title=False,
    )


def test_the_base_folder_has_a_variable_of_its_own(tmp_path: Path) -> None:
    base = {"ORCHESTRATOR_BASE_DIR": "/srv/a"}
    assert _load(tmp_path, environ=base).config.worktree_base == Path("/srv/a")
    both = base | {"CODEX_ORCH_WORKTREE_BASE": "/srv/b"}
    assert _load(tmp_path, environ=both).config.worktree_base == Path("/srv/b")


def test_home_is_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert _load(tmp_path, user="codex_path: ~/bin/codex").config.codex_path == Path("/home/somebody/bin/codex")


def test_all_mistakes_of_all_places_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(
            tmp_path,
            user="max_workers: many\nthemes: dark\n",
            project="\nsandbox: full\nmax_workers: 900\n",
            environ={"CODEX_ORCH_ROLE": "boss"},
            idle_worker_s=-1,
        )
    told = [(problem.place.replace(f"{tmp_path}/", ""), problem.key) for problem in caught.value.problems]
    assert sorted(told) == [
        ("--idle-worker-s", "idle_worker_s"),
        ("CODEX_ORCH_ROLE", "role"),
        ("project.yaml:2", "sandbox"),
        ("project.yaml:3", "max_workers"),
        ("user.yaml:1", "max_workers"),
        ("user.yaml:2", "themes"),
    ]
    text = str(caught.value)
    assert "user.yaml:2: themes: there is no such setting; did you mean theme?" in text
    assert "project.yaml:3: max_workers: '900' should be less than or equal to 64" in text
    assert "'full' should be 'read-only', 'workspace-write' or 'danger-full-access'" in text
    assert "'boss' should be 'navigator', 'implementer', 'tester' or 'reviewer'" in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("max_workers: true", "user.yaml:1: max_workers: 'True' should be a number"),
        ("max_workers: [1]", "user.yaml:1: max_workers: 'list' should be a valid integer"),
        ("idle_worker_s: .nan", "user.yaml:1: idle_worker_s: 'nan' should be"),
        ("setup_time_limit_s: 0", "user.yaml:1: setup_time_limit_s: '0' should be greater than 0"),
        ("theme: 2020-01-01", "user.yaml:1: theme: 'date' should be a valid string"),
        ("model: ''", "user.yaml:1: model: '' should have at least 1 character"),
        ("pass_environment: [A, 'B=C']", "user.yaml:1: pass_environment: 'B=C' should match pattern"),
        (
            "codex_path: bin/codex",
            "user.yaml:1: codex_path: 'bin/codex' should be an absolute path, or begin with '~/'",
        ),
        ("branch_template: orch/{date}", "should hold {task}"),
        ("branch_template: '{task}/{who}'", "should hold no other fields than {date}, {id} and {task}"),
        ("branch_template: '{task.__class__}'", "should hold no other fields"),
        ("branch_template: '{task!r}'", "should hold no other fields"),
        ("branch_template: '{task'", "is no template"),
        ("branch_template: 'a b/{task}'", "does not make branch names"),
        ("branch_template: '{task}.lock'", "does not make branch names"),
        ("branch_template: '-x/{task}'", "does not make branch names"),
        ("worktree_base: /tmp/trees", "user.yaml:1: worktree_base: '/tmp/trees' lies where every worker's sandbox"),
        ("max_workers: 1\nmax_workers: 2", "user.yaml:2: max_workers: is set twice, first in line 1"),
        ("maxworkers: 1", "user.yaml:1: maxworkers: there is no such setting; did you mean max_workers?"),
        ("1: 2", "user.yaml:1: 1: there is no such setting; the nearest are "),
        ("1: 2", "; codex-orch-tui config default tells all"),
        ('"a\\e[2Jb": 2', "user.yaml:1: a␛[2Jb: there is no such setting"),
        ("theme: [\nmodel", "user.yaml:2: is not YAML:"),
        ("a: b: c", "user.yaml:1: is not YAML: mapping values are not allowed"),
        ("\tmax_workers: 1", "user.yaml:1: is not YAML:"),
        ("--- 1\n--- 2", "user.yaml:2: is not YAML:"),
        ("- one\n- two", "user.yaml:1: should hold `key: value` lines"),
        ("just words", "user.yaml:1: should hold `key: value` lines"),
        ("theme: !!python/name:os.getpid x", "user.yaml:1: is not YAML: could not determine a constructor"),
        ("max_workers: " + "9" * 10_000, "user.yaml:1: max_workers: "),
        ("theme: a\x07b", "user.yaml: is not YAML:"),
        (b"theme: \xff\n", "user.yaml: is not UTF-8: byte 0xff in line 1"),
        (b"\x00\x01\x02", "user.yaml: is not YAML:"),
        ("[" * 50_000, "user.yaml: is nested deeper than 16 levels"),
        ("theme: " + "{a: " * 20 + "1" + "}" * 20, "user.yaml: is nested deeper than 16 levels"),
        ("theme: [" + "1," * 50_000 + "]", f"user.yaml: holds more than {MAX_NODES} values"),
        ("# " + "x" * 1024 * 1024, "user.yaml: is longer than the 1024 KiB that are read"),
        ("theme: &a [*a]", "holds an alias of itself"),
    ],
    ids=itertools.count(),
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str | bytes, told: str) -> None:
    (line,) = _problems(tmp_path, user=text)
    assert told in line
    assert len(line) < 500


def test_an_alias_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    started_s = time.perf_counter()
    (told,) = _problems(tmp_path, project="\n".join(lines))
    assert time.perf_counter() - started_s < 1
    assert f"project.yaml: its aliases make more than {MAX_NODES} values of it" in told


def test_a_plain_alias_is_fine(tmp_path: Path) -> None:
    loaded = _load(tmp_path, user="model: &m fast\nbase_branch: *m\n")
    assert (loaded.config.model, loaded.config.base_branch) == ("fast", "fast")


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "~\n", "\ufefftheme: calm-dark\n"])
def test_a_file_with_nothing_in_it_is_fine(tmp_path: Path, text: str) -> None:
    assert _load(tmp_path, user=text).config == Config()


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a plain file"):
        load_config(user_file=tmp_path, environ={})


def test_a_cloned_file_names_no_program_and_weakens_no_guard(tmp_path: Path) -> None:
    text = (
        "codex_path: /bin/sh\neditor: sh\nshell: sh\npass_environment: [AWS_SECRET]\napproval_guard_ms: 0\n"
        "sandbox: danger-full-access\napproval_policy: never\n"
        "check_sandbox: danger-full-access\ncheck_environment: [TOKEN]\ndry_run: true\n"
        "keymap: {approval.accept: n}\n"
    )
    told = _problems(tmp_path, project=text)
    assert len(told) == len(NOT_IN_PROJECT) + len(NOT_AS_PROJECT_DEFAULT)
    assert all("comes with a clone" in line for line in told)
    assert _load(tmp_path, user=text).config.codex_path == Path("/bin/sh")
    assert _load(tmp_path, project="sandbox: read-only\n").config.sandbox is SandboxMode.READ_ONLY


def test_a_cloned_file_makes_no_key_accept(tmp_path: Path) -> None:
    (told,) = _problems(tmp_path, project="keymap: {approval.accept: 'n,d,escape'}\n")
    assert "comes with a clone" in told
    assert _load(tmp_path, user="keymap: {approval.accept: z}\n").config.keymap == {"approval.accept": "z"}


def test_a_rate_card_names_all_three_prices_of_a_model(tmp_path: Path) -> None:
    card = _load(tmp_path, user="rate_card:\n  gpt-5.5: {input: 1.25, cached: 0.13, output: 10}\n").config.rate_card
    assert rates_of(card) == {"gpt-5.5": Rates(input=1.25, cached=0.13, output=10.0)}
    (told,) = _problems(tmp_path, user="rate_card:\n  gpt-5.5: {input: 1.25, output: 10}\n")
    assert "rate_card.gpt-5.5" in told
    (told,) = _problems(tmp_path, user="rate_card: {gpt-5.5: {input: -1, cached: 0, output: 10}}\n")
    assert "user.yaml:1: rate_card.gpt-5.5.input: " in told


def test_an_unknown_variable_is_a_warning(tmp_path: Path) -> None:
    loaded = _load(tmp_path, environ={"CODEX_ORCH_MAX_WORKER": "1", "CODEX_ORCHARD": "1"})
    assert loaded.warnings == ("CODEX_ORCH_MAX_WORKER: there is no such setting; did you mean max_workers?",)


def test_the_lists_of_names_are_of_settings_that_exist() -> None:
    assert LIST_FIELDS | LINE_LIST_FIELDS | NOT_IN_PROJECT | NOT_AS_PROJECT_DEFAULT.keys() <= set(Config.model_fields)


def test_a_start_without_files_loads_no_yaml() -> None:
    program = (
        "import sys, codex_orch_tui.config as c; c.load_config(environ={});"
        "sys.exit(any(name in sys.modules for name in ('yaml', 'pydantic_settings', 'textual')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
