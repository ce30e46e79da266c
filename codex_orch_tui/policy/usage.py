"""Usages written short: the lists of known programs are long, and are read by people."""

from collections.abc import Mapping

from codex_orch_tui.policy.options import Usage, Value

_KINDS: Mapping[str, Value] = {kind.name.lower(): kind for kind in Value}


def usage(
    flags: str = "",
    *,
    values: str = "",
    attached: str = "",
    operands: str = "",
    most: int = 1_000,
    paths_after: str = "",
    needs: str | tuple[str, ...] = (),
    has_count: bool = False,
    is_find: bool = False,
    is_apart: bool = False,
    is_leading: bool = False,
    is_text: bool = False,
    in_top: bool = False,
) -> Usage:
    """A usage from words between blanks.

    Args:
        flags: `-a --all`.
        values: `-n:number --grep:text`: an option and a kind of `Value`.
        attached: The same, for long options whose value stands in the same word only.
        operands: Kinds: `text path`.
        most: See `Usage`.
        paths_after: Options, as in `flags`.
        needs: One set of options, or several.
        has_count: See `Usage`.
        is_find: See `Usage`.
        is_apart: See `Usage`.
        is_leading: See `Usage`.
        is_text: See `Usage`.
        in_top: See `Usage`.
    """
    sets = (needs,) if isinstance(needs, str) else needs
    return Usage(
        flags=frozenset(flags.split()),
        values=_kinds(values),
        attached=_kinds(attached),
        operands=tuple(_KINDS[kind] for kind in operands.split()),
        most=most,
        paths_after=frozenset(paths_after.split()),
        needs=tuple(frozenset(need.split()) for need in sets),
        has_count=has_count,
        is_find=is_find,
        is_apart=is_apart,
        is_leading=is_leading,
        is_text=is_text,
        in_top=in_top,
    )


def _kinds(words: str) -> dict[str, Value]:
    pairs = (word.rsplit(":", 1) for word in words.split())
    return {name: _KINDS[kind] for name, kind in pairs}
