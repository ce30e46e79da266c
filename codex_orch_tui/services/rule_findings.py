"""What the doctor tells of rules, and of what comes with the repository."""

from collections.abc import Iterator, Mapping

from codex_orch_tui.config.role_settings import role_names
from codex_orch_tui.domain.plan import RoleName
from codex_orch_tui.services.finding import Area, Finding, Verdict
from codex_orch_tui.services.policy_types import RuleFile, Where
from codex_orch_tui.services.rule_files import RuleFiles
from codex_orch_tui.services.trust import Trust, TrustKind, trust_of
from codex_orch_tui.store.layout import Layout

_WHOSE = {Where.REPOSITORY: "of the repository", Where.USER: "of your own"}
ACCEPT = "look at it and accept it: codex-orch-tui trust"


def rule_findings(
    layout: Layout, environ: Mapping[str, str], roles: tuple[RoleName, ...] = role_names({})
) -> Iterator[Finding]:
    """Which rules are in force, and what waits for a yes; `roles` are those that rules can speak of."""
    trust = trust_of(layout.main_worktree, layout.policy, layout.config, environ)
    files = [file for file in RuleFiles(trust, layout.policy, environ, lambda: roles).files() if file.exists]
    for file in files:
        yield from _of_file(file)
    if not files:
        yield _found("policy", Verdict.OK, "none: every question is for you")
    yield from _of_trust(trust)


def _of_file(file: RuleFile) -> Iterator[Finding]:
    for problem in file.problems:
        yield _found("policy", Verdict.WARN, problem, "mend it: a broken file gives no rules")
    if not file.problems and file.why_silent and file.where is Where.USER:
        yield _found("policy", Verdict.WARN, file.why_silent)
    elif not file.problems and file.is_trusted:
        yield _found("policy", Verdict.OK, f"{len(file.rules)} {_WHOSE[file.where]} in force ({file.path})")


def _of_trust(trust: Trust) -> Iterator[Finding]:
    if problem := trust.store.problem:
        yield _found("repository-trust", Verdict.WARN, problem)
        return
    items = trust.items()
    for item in items:
        what = "rules" if item.kind is TrustKind.RULES else "commands"
        if item.is_trusted:
            yield _found("repository-trust", Verdict.OK, f"the {what} in {item.path} are trusted as they are")
        else:
            since = "have changed since you trusted them" if item.changed_since_trusted else "are not trusted"
            yield _found("repository-trust", Verdict.WARN, f"the {what} in {item.path} {since}, and do nothing", ACCEPT)
    if not items:
        yield _found("repository-trust", Verdict.OK, "the repository brings no rules and no commands")


def _found(name: str, verdict: Verdict, found: str, next_step: str = "") -> Finding:
    title = "rules" if name == "policy" else "brought along"
    return Finding.of(Area.REPOSITORY, name, title, verdict, found, next_step)
