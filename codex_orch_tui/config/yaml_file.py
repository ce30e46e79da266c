"""A YAML file of settings, read so that no file can take the program down.

The bounds come before anything is built: aliases can make a page of text into more nodes than there is memory, and deep
nesting ends the process in C code.
"""

import stat
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from codex_orch_tui.config.problems import Problem
from codex_orch_tui.domain.values import dataclass

if TYPE_CHECKING:
    from yaml import CSafeLoader, Node

MAX_FILE_BYTES = 1024 * 1024
MAX_DEPTH = 16
MAX_NODES = 10_000
"""Nodes of the document, those that aliases repeat counted each time."""


@dataclass(frozen=True, slots=True)
class YamlFile:
    """The values of the top level, the line of each key, and what is wrong with the file.

    `deep_lines` has the line of everything below, by its keys and positions from the top: `("rules", 0, "id")`.
    """

    values: dict[str, object] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    deep_lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)


def read_yaml(path: Path) -> YamlFile:
    """Read a file; one that is not there is empty."""
    try:
        data = read_bounded(path)
    except OSError as error:
        return _broken(str(path), f"cannot be read: {error.strerror or error}")
    except ValueError as error:
        return _broken(str(path), str(error))
    return YamlFile() if data is None else parse_yaml(path, data)


def parse_yaml(path: Path, data: bytes, *, max_nodes: int = MAX_NODES) -> YamlFile:
    """The values of a file whose bytes were read already, and hashed: nothing can change in between."""
    try:
        return _parse(path, _decoded(data), max_nodes)
    except ValueError as error:
        return _broken(str(path), str(error))


def read_bounded(path: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes | None:
    """The bytes; None where there is no file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no plain file, or too long.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ValueError("is not a plain file")
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        return None
    if len(data) > max_bytes:
        raise ValueError(f"is longer than the {max_bytes // 1024} KiB that are read")
    return data


def _decoded(data: bytes) -> str:
    """The text.

    Raises:
        ValueError: It is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"is not UTF-8: byte 0x{data[error.start]:02x} in line {line}") from None


def _parse(path: Path, text: str, max_nodes: int) -> YamlFile:
    """The document's values.

    Raises:
        ValueError: A number that Python refuses, or a document beyond the bounds.
    """
    import yaml  # noqa: PLC0415 - 15 ms that a start without a file does not pay

    try:
        _check_shape(text, max_nodes)
        loader = _loader_class()(text)
        try:
            node = loader.get_single_node()
            return _values(path, loader, node, max_nodes)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        last_line = text.rstrip("\n").count("\n")  # at the end of the text the mark lies beyond it
        place = f"{path}:{min(mark.line, last_line) + 1}" if mark else str(path)
        return _broken(place, f"is not YAML: {error.problem or error.context}")
    except yaml.YAMLError as error:
        return _broken(str(path), f"is not YAML: {' '.join(str(error).split())}")


def _loader_class() -> "type[CSafeLoader]":
    """The loader in C; the one in Python, with the same methods, where PyYAML was built without it."""
    import yaml  # noqa: PLC0415 - see above

    loader_class: type[CSafeLoader] = getattr(yaml, "CSafeLoader", None) or yaml.SafeLoader  # type: ignore[assignment]
    return loader_class


def _check_shape(text: str, max_nodes: int) -> None:
    """Walk the events, which are read one by one, and count.

    Raises:
        ValueError: Too deep or too many.
    """
    import yaml  # noqa: PLC0415 - see above

    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_loader_class())):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
        if count > 2 * max_nodes:
            raise ValueError(f"holds more than {max_nodes} values")


def _values(path: Path, loader: "CSafeLoader", node: "Node | None", max_nodes: int) -> YamlFile:
    import yaml  # noqa: PLC0415 - see above

    if node is None or (isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"):
        return YamlFile()
    if not isinstance(node, yaml.MappingNode):
        return _broken(f"{path}:{node.start_mark.line + 1}", "should hold `key: value` lines")
    if _expanded_size(node, {}) > max_nodes:
        raise ValueError(f"its aliases make more than {max_nodes} values of it")
    found = YamlFile()
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = str(loader.construct_object(key_node, deep=True))
        found.deep_lines[(key,)] = line
        _read_below(path, value_node, (key,), found)  # building a value writes what `<<` brings into its nodes
        try:
            value = loader.construct_object(value_node, deep=True)
        except ValueError as error:
            found.problems.append(Problem(place=f"{path}:{line}", key=key, message=str(error)))
            continue
        if key in found.lines:
            message = f"is set twice, first in line {found.lines[key]}"
            found.problems.append(Problem(place=f"{path}:{line}", key=key, message=message))
            continue
        found.values[key] = value
        found.lines[key] = line
    return found


def _read_below(path: Path, node: "Node", keys: tuple[str | int, ...], found: YamlFile) -> None:
    """Notes the lines of what lies below a node, and keys that are set twice; depth and size are bounded by now."""
    if not isinstance(node.value, list):
        return
    seen: set[str] = set()
    for index, child in enumerate(node.value):
        key_node, value_node = child if isinstance(child, tuple) else (None, child)
        key = index if key_node is None else str(key_node.value)
        line = (key_node or value_node).start_mark.line + 1
        if isinstance(key, str) and key in seen:
            place, name = f"{path}:{line}", ".".join(map(str, (*keys, key)))
            found.problems.append(Problem(place=place, key=name, message="is set twice"))
        if isinstance(key, str):
            seen.add(key)
        found.deep_lines[(*keys, key)] = line
        _read_below(path, value_node, (*keys, key), found)


def _expanded_size(node: "Node", sizes: dict[int, int]) -> int:
    """How many nodes there are when each alias counts as all that it names; the depth is bounded.

    Raises:
        ValueError: An alias names something that it is part of.
    """
    known = sizes.get(id(node))
    if known == 0:
        raise ValueError(f"line {node.start_mark.line + 1} holds an alias of itself")
    if known is not None:
        return known
    sizes[id(node)] = 0
    children = node.value if isinstance(node.value, list) else []
    pairs = (child if isinstance(child, tuple) else (child,) for child in children)
    size = 1 + sum(_expanded_size(child, sizes) for pair in pairs for child in pair)
    sizes[id(node)] = size
    return size


def _broken(place: str, message: str) -> YamlFile:
    return YamlFile(problems=[Problem(place=place, key="", message=message)])
