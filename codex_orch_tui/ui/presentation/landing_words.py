"""How far a run's landing is, in words."""

from collections.abc import Mapping

from codex_orch_tui.domain.ids import TaskRef
from codex_orch_tui.domain.run_landing import LandingStage, RunLanding
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.terminal_text import clean_line

_WORDS = {
    LandingStage.CHECKING: "checking",
    LandingStage.MERGING: "merging",
    LandingStage.LANDED: "landed",
    LandingStage.NOT_LANDED: "not landed",
}


def landing_word(landing: RunLanding) -> str:
    """In a word or two, fit for a row: `checking tests`, `not landed`."""
    word = _WORDS[landing.stage]
    return clean_line(f"{word} {landing.check.name}") if landing.check is not None else word


def landing_told(landing: RunLanding, tasks: Mapping[TaskRef, Task]) -> str:
    """The same with what it stopped at, and why, or with how many tasks it is about."""
    if landing.stage is LandingStage.NOT_LANDED:
        culprit = tasks.get(landing.culprit) if landing.culprit is not None else None
        at = f" at {culprit.spec.title}" if culprit is not None else ""
        first = landing.reason.partition("\n")[0]
        return clean_line(f"{landing_word(landing)}{at}: {first}" if first else f"{landing_word(landing)}{at}")
    count = len(landing.tasks)
    return f"{landing_word(landing)} ({count:,} task{'s' if count != 1 else ''})"
