"""What tokens cost, by the person's own rate card. A model that is not on it has no figure: nothing is guessed."""

from collections.abc import Mapping

from codex_orch_tui.domain.item import Usage
from codex_orch_tui.domain.task import Task
from codex_orch_tui.domain.usage import usage_by_model
from codex_orch_tui.domain.values import dataclass

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What a model costs, in USD per million tokens. `cached` is for input that was read from the cache."""

    input: float
    cached: float
    output: float


RateCard = Mapping[str, Rates]
"""The rates by the model's name."""


def tokens_of(task: Task) -> int:
    """Tokens of all of the task's threads."""
    return task.usage.total_tokens + task.earlier_usage.total_tokens


def cost_usd(task: Task, card: RateCard) -> float | None:
    """What the task's tokens cost so far; None when the card does not name a model that used some."""
    if not tokens_of(task):
        return 0.0
    dollars = 0.0
    for model, used in usage_by_model(task).items():
        if not used.total_tokens:
            continue
        if (rates := card.get(model)) is None:
            return None
        dollars += _cost(used, rates)
    return dollars


def _cost(usage: Usage, rates: Rates) -> float:
    # Codex counts what came from the cache among the input, and reasoning among the output.
    fresh = max(0, usage.input_tokens - usage.cached_input_tokens)
    dollars = fresh * rates.input + usage.cached_input_tokens * rates.cached + usage.output_tokens * rates.output
    return dollars / _MILLION
