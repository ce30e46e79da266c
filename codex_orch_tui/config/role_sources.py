"""The table `roles` from several places: how they go together, and what a repository's file may not say in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from codex_orch_tui.config.role_settings import LimitSettings, RoleSettings, role_names
from codex_orch_tui.domain.plan import ApprovalPolicy, SandboxMode

_FROM_STRICT = {
    "sandbox": tuple(mode.value for mode in (SandboxMode.READ_ONLY, SandboxMode.WORKSPACE_WRITE)),
    "approval_policy": tuple(policy.value for policy in (ApprovalPolicy.UNTRUSTED, ApprovalPolicy.ON_REQUEST)),
}
"""What a repository's file can set at all, the strictest first."""


def merged_roles(earlier: object, later: object) -> object:
    """Two tables as one: key by key of each role the later one wins. What is no table is left as it is."""
    if not isinstance(earlier, Mapping) or not isinstance(later, Mapping):
        return later
    found = dict(earlier)
    for name, settings in later.items():
        before = found.get(name)
        both = isinstance(before, Mapping) and isinstance(settings, Mapping)
        found[name] = {**before, **settings} if both else settings  # type: ignore[dict-item]
    return found


def weakened(roles: object, forbidden: Mapping[str, object]) -> Iterator[tuple[str, str, object]]:
    """Role, key and value of what a repository's file may not set for a role any more than for every task."""
    for name, settings in roles.items() if isinstance(roles, Mapping) else ():
        for key, value in settings.items() if isinstance(settings, Mapping) else ():
            if key in forbidden and forbidden[key] == value:
                yield str(name), str(key), value


def not_looser(roles: object, own: Mapping[str, object]) -> object:
    """A repository's table without what is looser than what the person set for every task.

    Args:
        roles: As the repository's file has it.
        own: The person's own settings, of all their places.
    """
    if not isinstance(roles, Mapping):
        return roles
    return {name: _not_looser(settings, own) for name, settings in roles.items()}


def unknown_role(role: object, roles: object) -> str:
    """Why no task can have this role; empty when one can."""
    known = role_names(dict.fromkeys(map(str, roles)) if isinstance(roles, Mapping) else {})
    if role is None or role in known:
        return ""
    *others, last = map(repr, known)
    return f"should be {', '.join(others)} or {last}"


def role_keys(keys: Sequence[str | int]) -> Iterable[str]:
    """What can stand where `keys` lead to, which begin with `roles`."""
    return LimitSettings.model_fields if "limits" in keys[2:-1] else RoleSettings.model_fields


def _not_looser(settings: object, own: Mapping[str, object]) -> object:
    if not isinstance(settings, Mapping):
        return settings
    return {key: value for key, value in settings.items() if not _is_looser(str(key), value, own.get(str(key)))}


def _is_looser(key: str, value: object, own: object) -> bool:
    order = _FROM_STRICT.get(key, ())
    return value in order and own in order and order.index(str(value)) > order.index(str(own))
