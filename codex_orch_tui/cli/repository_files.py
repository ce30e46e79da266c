"""The rules and the trust of the repository around a folder, for commands that only look at files."""

from typing import TYPE_CHECKING

from codex_orch_tui.cli.commands import Place
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.location import locate, refuse

if TYPE_CHECKING:
    from codex_orch_tui.domain.plan import RoleName
    from codex_orch_tui.services.rule_files import RuleFiles
    from codex_orch_tui.services.trust import Trust


def trust_here(place: Place) -> "Trust":
    """What of this repository counts.

    Raises:
        CommandFailedError: Not a repository to work in.
    """
    from codex_orch_tui.services.trust import trust_of
    from codex_orch_tui.store.layout import Layout

    location = locate(place.repo)
    if location is None:
        refuse(place.repo)
        told = f"the main checkout cannot be found from {place.repo.absolute()} → go to the main checkout itself"
        raise CommandFailedError(told, ExitCode.NOT_USABLE)
    layout = Layout(location.main_worktree, location.git_folder)
    settings = place.config.absolute() if place.config is not None else layout.config
    return trust_of(layout.main_worktree, layout.policy, settings)


def rules_here(place: Place) -> "RuleFiles":
    """The rules in force for this repository.

    Raises:
        CommandFailedError: Not a repository to work in.
    """
    from codex_orch_tui.services.rule_files import RuleFiles
    from codex_orch_tui.services.trust import TrustKind

    trust = trust_here(place)
    roles = roles_here(place)
    return RuleFiles(trust, trust.file(TrustKind.RULES), roles=lambda: roles)


def roles_here(place: Place) -> "tuple[RoleName, ...]":
    """The names of the roles that there are; ours alone where the settings are broken, which is told elsewhere."""
    from codex_orch_tui.cli.settings import load_settings
    from codex_orch_tui.config import ConfigError
    from codex_orch_tui.config.role_settings import role_names

    try:
        return role_names(load_settings(place.repo, place.config).config.roles)
    except (CommandFailedError, ConfigError):
        return role_names({})
