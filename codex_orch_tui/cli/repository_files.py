"""The rules and the trust of the repository around a folder, for commands that only look at files."""

from typing import TYPE_CHECKING

from codex_orch_tui.cli.commands import Place
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.location import located

if TYPE_CHECKING:
    from codex_orch_tui.domain.plan import RoleName
    from codex_orch_tui.services.roles import Roles
    from codex_orch_tui.services.rule_files import RuleFiles
    from codex_orch_tui.services.trust import Trust


def trust_here(place: Place) -> "Trust":
    """What of this repository counts.

    Raises:
        CommandFailedError: Not a repository to work in.
    """
    from codex_orch_tui.services.trust import trust_of
    from codex_orch_tui.store.layout import Layout

    location = located(place.repo)
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


def roles_of(place: Place) -> "Roles":
    """The roles that there are here; a plan can be checked outside of a repository, too.

    Raises:
        CommandFailedError: The settings are wrong.
    """
    from codex_orch_tui.cli.location import locate
    from codex_orch_tui.cli.settings import load_settings
    from codex_orch_tui.config import ConfigError
    from codex_orch_tui.services.roles import Roles
    from codex_orch_tui.store.layout import STATE_FOLDER

    try:
        config = load_settings(place.repo, place.config).config
    except ConfigError as error:
        raise CommandFailedError(str(error), ExitCode.NOT_USABLE) from error
    location = locate(place.repo)
    folder = (location.main_worktree if location is not None else place.repo) / STATE_FOLDER
    return Roles(config, prompts=folder / "prompts", schemas=folder / "schemas")
