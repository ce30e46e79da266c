"""A plan in a few lines: what it is made of, and the waves in which its tasks could run."""

from collections import Counter
from collections.abc import Iterator

from codex_orch_tui.domain.plan import Plan
from codex_orch_tui.domain.plan_graph import working_graph
from codex_orch_tui.domain.terminal_text import clean_line

_MAX_WAVES = 20
_MAX_IN_WAVE = 8


def plan_lines(plan: Plan) -> Iterator[str]:
    """What it is made of, then a line for each wave."""
    work = [task for task in plan.tasks if not task.is_group]
    roles = ", ".join(f"{count:,} {role}" for role, count in Counter(str(task.role) for task in work).items())
    count = "1 task" if len(work) == 1 else f"{len(work):,} tasks"
    spec = ", with a specification" if plan.spec else ""
    yield clean_line(f"{plan.title}: {count} ({roles}){spec}")
    graph, _ = working_graph(plan.tasks)
    waves = graph.waves()
    for number, wave in enumerate(waves[:_MAX_WAVES], 1):
        more = f" and {len(wave) - _MAX_IN_WAVE:,} more" if len(wave) > _MAX_IN_WAVE else ""
        yield f"{number:>3}. {', '.join(wave[:_MAX_IN_WAVE])}{more}"
    if len(waves) > _MAX_WAVES:
        yield f"     and {len(waves) - _MAX_WAVES:,} more waves"
