"""What the doctor tells of roles: which are there, and which cannot be worked with."""

from collections.abc import Iterator
from functools import partial

from codex_orch_tui.config import Config
from codex_orch_tui.services.finding import Area, Finding, Verdict
from codex_orch_tui.services.roles import RoleError, Roles
from codex_orch_tui.store.layout import Layout

MEND = "mend it: tasks of this role do not begin"

_found = partial(Finding.of, Area.REPOSITORY, "roles", "roles")


def role_findings(layout: Layout, config: Config) -> Iterator[Finding]:
    """Every role that is not as it ships, and all that is wrong with any."""
    roles = Roles(config, prompts=layout.prompts, schemas=layout.schemas, settings_place=str(layout.config))
    problems = roles.problems()
    for problem in problems:
        yield _found(Verdict.WARN, str(problem), MEND)
    brought = [told for name in roles.names for told in _brought(roles, name)]
    for told in brought:
        yield _found(Verdict.OK, told)
    if not problems and not brought:
        yield _found(Verdict.OK, ", ".join(roles.names))


def _brought(roles: Roles, name: str) -> Iterator[str]:
    """What of a role comes from the repository, which a clone may have brought."""
    try:
        prompt, schema = roles.prompt(name), roles.schema(name)
    except RoleError:
        return
    if not prompt.is_shipped:
        yield f"{name}: prompt from {prompt.place}"
    if schema is not None and not schema.is_shipped:
        yield f"{name}: schema from {schema.place}"
