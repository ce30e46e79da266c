"""The rules and the trust of the repository around a folder, for commands that only look at files."""

from typing import TYPE_CHECKING

from codex_orch_tui.cli.commands import Place
from codex_orch_tui.cli.exit_codes import ExitCode
from codex_orch_tui.cli.failure import CommandFailedError
from codex_orch_tui.cli.location import locate, refuse

if TYPE_CHECKING:
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
    return RuleFiles(trust, trust.file(TrustKind.RULES))
