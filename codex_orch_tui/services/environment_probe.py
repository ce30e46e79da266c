"""What a worker's shell sees of our environment: asked of Codex itself, as settings do not always do what they say.

Only names are asked for and told; no value leaves the process that has it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from codex_orch_tui.codex.app_server import AppServer
from codex_orch_tui.codex.transport import TransportError
from codex_orch_tui.codex.wire import Unreadable
from codex_orch_tui.domain.secrets import known_names, looks_secret, weak_names
from codex_orch_tui.domain.terminal_text import clean_line
from codex_orch_tui.services.finding import Area, Finding, Verdict

PROBE_TIMEOUT_S = 3.0
MAX_NAMED = 8

_PRINT_NAMES = (("awk", "BEGIN { for (name in ENVIRON) print name }"), ("bash", "-c", "compgen -e"))
"""Programs that print the names and nothing else, the first that is there counts."""
_STEP = "look at shell_environment_policy in Codex's config.toml; Codex sets what it names there"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEnvironment:
    """The names that a worker's shell sees, sorted. `names` None: it could not be found out, and `why`."""

    names: tuple[str, ...] | None
    why: str = ""

    @property
    def secret_names(self) -> tuple[str, ...]:
        """Those that look as if they held a secret."""
        return tuple(name for name in self.names or () if looks_secret(name))

    @property
    def warning(self) -> str:
        """A sentence for the person; empty when all is well or nothing is known."""
        if not self.secret_names:
            return ""
        return clean_line(f"the shell of this worker sees {listed(self.secret_names)} → {_STEP}")


async def probe(server: AppServer) -> SeenEnvironment:
    """Have Codex run a program that prints the names of its variables."""
    why = ""
    for argv in _PRINT_NAMES:
        try:
            result = await server.run_command(argv, timeout_s=PROBE_TIMEOUT_S)
        except (TransportError, Unreadable) as error:
            why = str(error)
            continue
        if result.exit_code == 0:
            return SeenEnvironment(names=tuple(sorted(set(result.stdout.split()))))
        why = f"{argv[0]} ended with exit {result.exit_code}"
    return SeenEnvironment(names=None, why=clean_line(why))


def environment_finding(seen: SeenEnvironment) -> Finding:
    """What the doctor says of the worker's environment."""
    if seen.names is None:
        found = f"what a worker's shell sees could not be found out: {seen.why}"
        return _finding("environment", "worker's environment", Area.CODEX, Verdict.WARN, found)
    if seen.secret_names:
        found = f"a worker's shell sees {listed(seen.secret_names)}"
        return _finding("environment", "worker's environment", Area.CODEX, Verdict.WARN, found, _STEP)
    found = f"{len(seen.names)} variables, none with the name of a secret: {listed(seen.names, most=40)}"
    return _finding("environment", "worker's environment", Area.CODEX, Verdict.OK, found)


def secrets_finding(environment: Mapping[str, str]) -> Finding:
    """What the doctor says of the secrets in our own environment; see `secrets.remember`.

    Args:
        environment: Ours; only names are told.
    """
    known, weak = known_names(), tuple(name for name in weak_names() if name in environment)
    hidden = f"the values of {listed(known)} are hidden wherever they turn up" if known else "none in your environment"
    if not weak:
        return _finding("secrets", "secrets", Area.MACHINE, Verdict.OK, hidden)
    found = f"{hidden}; too short or too plain to be hidden: {listed(weak)}"
    return _finding("secrets", "secrets", Area.MACHINE, Verdict.WARN, found, "a longer value can be hidden")


def listed(names: Iterable[str], *, most: int = MAX_NAMED) -> str:
    """Names in a row; of very many the first."""
    all_names = tuple(names)
    more = len(all_names) - most
    return ", ".join(all_names[:most]) + (f" and {more} more" if more > 0 else "")


def _finding(name: str, title: str, area: Area, verdict: Verdict, found: str, next_step: str = "") -> Finding:
    return Finding.of(area, name, title, verdict, found, next_step)
