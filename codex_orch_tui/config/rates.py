"""The table `rate_card` of the settings: what models cost."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from codex_orch_tui.config.numbers import no_truth
from codex_orch_tui.domain.cost import RateCard, Rates

_Dollars = Annotated[float, BeforeValidator(no_truth), Field(ge=0, le=100_000, allow_inf_nan=False)]


class RateSettings(BaseModel):
    """What one model costs, in USD per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    input: _Dollars
    """Input that the model reads anew."""

    cached: _Dollars
    """Input that was read from the cache."""

    output: _Dollars
    """Output, with the reasoning."""


def rates_of(card: Mapping[str, RateSettings]) -> RateCard:
    """The same for the domain."""
    return {model: Rates(input=each.input, cached=each.cached, output=each.output) for model, each in card.items()}
