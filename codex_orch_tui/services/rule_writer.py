"""Adds one rule to the text of a rule file and leaves every other byte as it is."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from codex_orch_tui.services.errors import NotPossibleError

if TYPE_CHECKING:
    from yaml import Node

    from codex_orch_tui.policy.rule import Rule

KEY = "rules"
_INDENT = "  "
_ENDLESS = 1_000_000
"""Columns before a value is wrapped: never."""


def rule_fields(rule: "Rule") -> dict[str, object]:
    """What stands in the file for a rule; what does not narrow it is left out."""
    fields: dict[str, object] = {"id": rule.id, "kind": rule.kind.value, "decision": rule.decision.value}
    if rule.program:
        fields["program"] = rule.program
    for key, words in (("args", rule.args), ("options", rule.options)):
        if words is not None:
            fields[key] = list(words)
    for key, names in (("cwd", rule.cwd), ("paths", rule.paths), ("hosts", rule.hosts), ("roles", rule.roles)):
        if names:
            fields[key] = [str(name) for name in names]
    if rule.reason:
        fields["reason"] = rule.reason
    if rule.expires_s is not None:
        fields["expires"] = datetime.fromtimestamp(rule.expires_s, UTC).isoformat()
    examples = {"match": list(rule.match), "no_match": list(rule.no_match)}
    if any(examples.values()):
        fields["examples"] = {key: lines for key, lines in examples.items() if lines}
    return fields


def rule_yaml(fields: Mapping[str, object], *, indent: str = "") -> str:
    """A rule as an item of the list, one line for each of its keys.

    Args:
        fields: What stands in the file, in order; values are texts, lists of texts, or one more such mapping.
        indent: What stands before the dash.
    """
    lines: list[str] = []
    for key, value in fields.items():
        if isinstance(value, Mapping):
            lines += [f"{key}:", *(f"{_INDENT}{inner}: {_value(one)}" for inner, one in value.items())]
        else:
            lines.append(f"{key}: {_value(value)}")
    first, *rest = lines
    return "".join(f"{indent}{line}\n" for line in (f"- {first}", *(f"  {line}" for line in rest)))


def with_rule(data: bytes, fields: Mapping[str, object]) -> bytes:
    """The file with one more rule at the end of its list.

    Args:
        data: The file; empty for a new one.
        fields: See `rule_yaml`.

    Raises:
        NotPossibleError: Its list is written in a way that nothing can be added to without changing the rest.
    """
    import yaml  # noqa: PLC0415 - only who stores a rule pays for it

    text = data.decode("utf-8")
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise NotPossibleError(f"the file is not YAML: {' '.join(str(error).split())}") from error
    at, indent, heading = _place(node, lines)
    if at > 0 and not lines[at - 1].endswith("\n"):
        lines[at - 1] += end
    added = (f"{KEY}:\n" if heading else "") + rule_yaml(fields, indent=indent)
    return "".join([*lines[:at], added.replace("\n", end), *lines[at:]]).encode("utf-8")


def _place(node: "Node | None", lines: list[str]) -> tuple[int, str, bool]:
    """Before which line the rule goes, what it is set in by, and whether the list has to be begun."""
    import yaml  # noqa: PLC0415 - see above

    if node is None:
        return len(lines), _INDENT, True
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        raise NotPossibleError("the file does not hold `key: value` lines, each on its own")
    found = next(((key, value) for key, value in node.value if key.value == KEY), None)
    if found is None:
        return len(lines), _INDENT, True
    key, value = found
    if isinstance(value, yaml.SequenceNode) and value.value and not value.flow_style:
        return _line_after(value.value[-1]), " " * value.start_mark.column, False
    if isinstance(value, yaml.ScalarNode) and value.tag == "tag:yaml.org,2002:null" and not value.value:
        return key.start_mark.line + 1, _INDENT, False
    line = key.start_mark.line
    if isinstance(value, yaml.SequenceNode) and not value.value and value.end_mark.line == line:
        start, stop = value.start_mark.column, value.end_mark.column
        lines[line] = lines[line][:start].rstrip(" ") + lines[line][stop:]
        return line + 1, _INDENT, False
    raise NotPossibleError(f"its `{KEY}` are written as […]: write one `- id: …` on a line of its own first")


def _line_after(item: "Node") -> int:
    """The line below the last one of an item: a comment that follows it belongs to what comes next."""
    return max(_ends(item))


def _ends(node: "Node") -> Iterator[int]:
    import yaml  # noqa: PLC0415 - see above

    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        for child in node.value:
            for part in child if isinstance(child, tuple) else (child,):
                yield from _ends(part)
        return
    # A block of text (`|`) ends where the next line begins; everything else ends on its own last line.
    mark = node.end_mark
    yield mark.line if mark.column == 0 and mark.line > node.start_mark.line else mark.line + 1


def _value(value: object) -> str:
    """A text or a list on one line; all that is not plain ASCII is escaped, so that nothing in it can hide."""
    import yaml  # noqa: PLC0415 - see above

    shown = yaml.safe_dump(value, default_flow_style=True, width=_ENDLESS)
    shown = shown.removesuffix("\n").removesuffix("...").rstrip("\n")
    if "\n" in shown:
        shown = yaml.safe_dump(value, default_flow_style=True, default_style='"', width=_ENDLESS).rstrip("\n")
    return shown
