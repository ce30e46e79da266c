"""A JSON file of a plan, with the line of every value, bounded before anything is built."""

import json
import re
from pathlib import Path

from codex_orch_tui.config.problems import Problem
from codex_orch_tui.config.yaml_file import MAX_DEPTH, YamlFile

# A string without an end reaches to the end of the text, so that each character is looked at once.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)

_MAX_TOLD = 100


class _Lines:
    """Walks the text of a document; of one that is no JSON the result means nothing, and the parser tells."""

    def __init__(self, place: Path, max_values: int) -> None:
        self._place = place
        self._max_values = max_values
        self._path: list[str | int] = []
        """The key or position in each open object or list."""
        self._seen: list[set[str] | None] = []
        """The keys of each open object; None for a list."""
        self.lines: dict[tuple[str | int, ...], int] = {}
        self.problems: list[Problem] = []

    def walk(self, text: str) -> None:
        """Note the lines.

        Raises:
            ValueError: Too deep or too many.
        """
        line, counted, expects_key = 1, 0, False
        for token in _TOKEN.finditer(text):
            line += text.count("\n", counted, token.start())
            counted = token.start()
            match token.group():
                case "{" | "[" as opened:
                    self._value(line)
                    expects_key = self._open(is_object=opened == "{")
                case "}" | "]":
                    self._close()
                    expects_key = False
                case ",":
                    expects_key = self._next()
                case ":":
                    expects_key = False
                case key if expects_key:
                    self._key(key, line)
                case _:
                    self._value(line)

    def _open(self, *, is_object: bool) -> bool:
        self._path.append("" if is_object else 0)
        self._seen.append(set() if is_object else None)
        if len(self._path) > MAX_DEPTH:
            raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
        return is_object

    def _close(self) -> None:
        if self._path:
            self._path.pop()
            self._seen.pop()

    def _next(self) -> bool:
        if not self._path:
            return False
        at = self._path[-1]
        if isinstance(at, int):
            self._path[-1] = at + 1
            return False
        return True

    def _key(self, token: str, line: int) -> None:
        try:
            key = str(json.loads(token))
        except ValueError:
            return
        self._path[-1] = key
        seen = self._seen[-1]
        if seen is not None and key in seen and len(self.problems) < _MAX_TOLD:
            name = ".".join(map(str, self._path))
            self.problems.append(Problem(place=f"{self._place}:{line}", key=name, message="is set twice"))
        elif seen is not None:
            seen.add(key)
        self._value(line)

    def _value(self, line: int) -> None:
        self.lines.setdefault(tuple(self._path), line)
        if len(self.lines) > self._max_values:
            raise ValueError(f"holds more than {self._max_values} values")


def parse_json(path: Path, data: bytes, *, max_values: int) -> YamlFile:
    """The values of a JSON file whose bytes were read already, in the form of a YAML file."""
    try:
        text = data.decode("utf-8-sig")
        walked = _Lines(path, max_values)
        walked.walk(text)
        value = json.loads(text, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _broken(f"{path}:{line}", f"is not UTF-8: byte 0x{data[error.start]:02x}")
    except json.JSONDecodeError as error:
        return _broken(f"{path}:{error.lineno}", f"is not JSON: {error.msg}")
    except ValueError as error:
        return _broken(str(path), str(error))
    if not isinstance(value, dict):
        return _broken(str(path), 'should be an object: {"tasks": […]}')
    top = {str(keys[0]): line for keys, line in walked.lines.items() if len(keys) == 1}
    return YamlFile(values=value, lines=top, problems=walked.problems, deep_lines=walked.lines)


def _no_constant(name: str) -> object:
    raise ValueError(f"is not JSON: {name} is no number")


def _broken(place: str, message: str) -> YamlFile:
    return YamlFile(problems=[Problem(place=place, key="", message=message)])
