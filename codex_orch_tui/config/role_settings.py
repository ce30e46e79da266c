"""The table `roles` of the settings: how workers of a role work, for our roles and for the person's own."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from codex_orch_tui.config.numbers import no_truth
from codex_orch_tui.domain.plan import ApprovalPolicy, Limits, Role, RoleName, SandboxMode
from codex_orch_tui.domain.role import READERS, RoleProfile

ROLE_NAME = r"^[a-z][a-z0-9_-]{0,39}$"
"""A role's name also names its files."""


_Number = BeforeValidator(no_truth)
_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
OwnRoleName = Annotated[str, StringConstraints(pattern=ROLE_NAME)]


class LimitSettings(BaseModel):
    """What a task may use before it is stopped."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    turns: Annotated[int, _Number, Field(ge=1, le=1_000)] | None = None
    """Turns, those included that a failed check or a broken answer makes."""

    minutes: Annotated[float, _Number, Field(gt=0, le=10_080, allow_inf_nan=False)] | None = None
    """Minutes of turns, without the time between them."""

    tokens: Annotated[int, _Number, Field(ge=1, le=1_000_000_000)] | None = None
    """Tokens of its thread, in and out."""

    def limits(self) -> Limits:
        """The same for the domain."""
        return Limits(turns=self.turns, minutes=self.minutes, tokens=self.tokens)


class RoleSettings(BaseModel):
    """How workers of one role work. What is left out is as it is for every task."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    sandbox: SandboxMode | None = None
    """What its commands may touch; otherwise `sandbox`, and read-only for navigator and reviewer."""

    approval_policy: ApprovalPolicy | None = None
    """When its worker asks; otherwise `approval_policy`."""

    model: _Word | None = None
    """Its model; otherwise `model`."""

    effort: _Word | None = None
    """How hard the model thinks, in the model's own words (such as low, medium, high); otherwise Codex's default."""

    limits: LimitSettings = LimitSettings.model_construct()
    """What a task of this role may use."""

    checked_answer: bool | None = None
    """Whether an answer has to fit the role's schema; otherwise where the run has more than one task."""


def profile_of(
    name: RoleName,
    roles: Mapping[RoleName, RoleSettings],
    *,
    sandbox: SandboxMode,
    approval_policy: ApprovalPolicy,
    model: str | None,
) -> RoleProfile:
    """What a task of a role gets: the role's own settings, then what is set for every task."""
    own = roles.get(name) or RoleSettings.model_construct()
    default = SandboxMode.READ_ONLY if name in READERS else sandbox
    return RoleProfile(
        name=name,
        sandbox=own.sandbox or default,
        approval_policy=own.approval_policy or approval_policy,
        model=own.model or model,
        effort=own.effort,
        limits=own.limits.limits(),
        checked_answer=own.checked_answer,
    )


def role_names(roles: Iterable[RoleName]) -> tuple[RoleName, ...]:
    """Our roles, then the person's own."""
    ours = tuple(role.value for role in Role)
    return (*ours, *(name for name in roles if name not in ours))
