"""Run a team of OpenAI Codex workers on one git repository and stay in charge.

From Python: `run_orchestrator` (asynchronous) and `run_orchestrator_sync` do the same job as the program. What they
take and give is here too, and is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codex_orch_tui.domain.approval import Approval, Choice, Decision
    from codex_orch_tui.services.library import RunRefusedError, run_orchestrator, run_orchestrator_sync
    from codex_orch_tui.services.library_result import RunResult, TaskResult

__version__ = "0.1.0"

__all__ = [
    "Approval",
    "Choice",
    "Decision",
    "RunRefusedError",
    "RunResult",
    "TaskResult",
    "__version__",
    "run_orchestrator",
    "run_orchestrator_sync",
]

_FROM = {
    "Approval": "domain.approval",
    "Choice": "domain.approval",
    "Decision": "domain.approval",
    "RunRefusedError": "services.library",
    "RunResult": "services.library_result",
    "TaskResult": "services.library_result",
    "run_orchestrator": "services.library",
    "run_orchestrator_sync": "services.library",
}


def __getattr__(name: str) -> object:
    """What belongs to the library, when it is first used: the command line does without it."""
    if name not in _FROM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_FROM[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
