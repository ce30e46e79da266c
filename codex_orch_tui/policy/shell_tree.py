"""A shell line for the eye and for declines: its stages, and every command that stands anywhere in it.

tree-sitter reads it; what it cannot read is looked through word by word. It is forgiving where the lexer is strict,
so it never makes anything acceptable: it only shows, warns and declines.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from codex_orch_tui.policy.shell_words import WordReader, loose_words, parse, printed, with_positions
from codex_orch_tui.policy.wrappers import WRAPPERS, inner_commands, program_name

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_SCRIPT_BYTES = 65_536
"""A longer script is looked through word by word only: building a tree of rubbish is slow."""

MAX_DEPTH = 100
"""Levels of the tree, nested scripts included; a deeper one counts as broken (Python's stack ends at 1,000)."""

MAX_KNOWN_CHARS = 4_096
"""A variable that holds more counts as not known: `a=$a$a` doubles with every line."""

MAX_NESTED_BYTES = 131_072
"""Bytes of all scripts within scripts together: each level may repeat the whole of the next."""

MAX_COMMANDS = 2_000

_BROKEN_WORD = re.compile(rb"(?<=\S)\\\n(?=\S)")
"""A line end that the shell takes out of the middle of a word, and tree-sitter does not."""

_LISTS = frozenset({"program", "list", "pipeline"})
_PASSING = frozenset({"cat", "tee"})
_OPERATORS = frozenset({"|", "|&", "&&", "||", ";", "&"})
_REDIRECTS = frozenset({"file_redirect", "heredoc_redirect", "herestring_redirect"})
_ASSIGNMENTS = frozenset({"variable_assignment", "variable_assignments"})
_CONSTRUCTS = {
    "command_substitution": "a command whose output becomes words: $(…)",
    "process_substitution": "a command whose output becomes a file: <(…)",
    "heredoc_redirect": "a here-document",
    "herestring_redirect": "text as input: <<<",
    "file_redirect": "a redirection",
    "subshell": "a subshell: (…)",
    "function_definition": "a function",
    "for_statement": "a loop",
    "c_style_for_statement": "a loop",
    "while_statement": "a loop",
    "if_statement": "a condition",
    "case_statement": "a condition",
    "test_command": "a condition",
    "pipeline": "a pipeline",
    "simple_expansion": "a variable",
    "expansion": "a variable",
    "arithmetic_expansion": "arithmetic",
    "variable_assignment": "an assignment",
    "negated_command": "a negation",
    "ansi_c_string": "an escaped string: $'…'",
    "&": "a command in the background",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a line: its source text, which may have several lines, and the operator that stands before it.

    The operator is "" for the first step and for one that begins a line, else one of `|`, `|&`, `&&`, `||`, `;`, `&`.
    An operator at the very end stays in the text of the last step.
    """

    text: str
    operator: str


@dataclass(frozen=True, slots=True)
class ShellReading:
    """A script as far as it can be read.

    `stages` hold the whole script but blanks and continued line ends. `commands` are the simple commands found
    anywhere, words unquoted, assignments left out, in the order of the script, each wrapper before what it runs.
    `loose` are words in which a command may begin anywhere, because something could not be read: for declines only.
    `writes` and `reads` are the files of redirections, `assigned` the names that are set, `constructs` what stands in
    it beside plain commands, in plain words. `is_broken`: it, or a script in it, is no shell that we can read: only
    `loose` is complete then.
    """

    stages: tuple[Stage, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    loose: tuple[tuple[str, ...], ...] = ()
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    assigned: tuple[str, ...] = ()
    constructs: tuple[str, ...] = ()
    is_broken: bool = False


@lru_cache(maxsize=128)
def read_shell(script: str) -> ShellReading:
    """Read a script. It takes any text, and never raises for one.

    Args:
        script: One or more lines of shell, raw or clean; with or without a `bash -c` around it.
    """
    found = _Found()
    source = script.encode("utf-8", "replace")
    stages = _read_script(source, found, {}, depth=0)
    if found.is_broken:
        found.loose += loose_words(script)
    return ShellReading(
        stages=_lines(script) if stages is None else stages,
        commands=tuple(found.commands),
        loose=tuple(found.loose),
        writes=tuple(dict.fromkeys(found.writes)),
        reads=tuple(dict.fromkeys(found.reads)),
        assigned=tuple(dict.fromkeys(found.assigned)),
        constructs=tuple(dict.fromkeys(found.constructs)),
        is_broken=found.is_broken,
    )


@dataclass(slots=True)
class _Found:
    """What was found so far, over all nested scripts."""

    commands: list[tuple[str, ...]] = field(default_factory=list)
    loose: list[tuple[str, ...]] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    assigned: list[str] = field(default_factory=list)
    constructs: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """What the commands print, where that can be known."""
    is_broken: bool = False
    bytes_read: int = 0

    def has_room_for(self, script: bytes) -> bool:
        """Whether a script may still be read; it counts from now on."""
        self.bytes_read += len(script)
        return (
            len(script) <= MAX_SCRIPT_BYTES
            and self.bytes_read <= MAX_NESTED_BYTES
            and len(self.commands) < MAX_COMMANDS
        )

    def give_up(self, script: bytes) -> None:
        self.is_broken = True
        if self.bytes_read <= MAX_NESTED_BYTES:
            self.loose += loose_words(script.decode("utf-8", "replace"))


def _read_script(source: bytes, found: _Found, variables: dict[str, str], *, depth: int) -> tuple[Stage, ...] | None:
    """Add what a script holds; its stages, or None when it cannot be read."""
    if not source.strip():
        return ()
    if not found.has_room_for(source) or b"\0" in source:
        found.give_up(source)
        return None
    joined = _BROKEN_WORD.sub(b"", source)
    if joined != source:
        _read_script(joined, found, dict(variables), depth=depth)
    root = parse(source).root_node
    reading = _Reading(found, WordReader(source, variables))
    if _is_deeper(root, MAX_DEPTH - depth):
        found.give_up(source)
        return None
    reading.walk(root, depth + 1)
    if root.has_error or reading.is_too_deep:
        found.give_up(source)
        return None
    return _stages(root, source)


@dataclass(slots=True)
class _Reading:
    """The walk through the tree of one script."""

    found: _Found
    reader: WordReader
    is_too_deep: bool = False

    def walk(self, node: "Node", depth: int, fed: str = "") -> None:
        """Look at a node and everything in it. `fed` is what is known of its input."""
        if depth >= MAX_DEPTH:
            self.is_too_deep = True
            return
        construct = _CONSTRUCTS.get(node.type)
        if construct:
            self.found.constructs.append(construct)
        match node.type:
            case "command":
                self._command(node, (), fed, depth)
            case "redirected_statement":
                self._redirected(node, fed, depth)
            case "pipeline":
                self._pipeline(node, fed, depth)
            case "variable_assignment":
                self._assignment(node, depth)
            case "file_redirect":
                self._file_redirect(node, depth)
            case "for_statement":
                self._loop(node, depth)
            case "declaration_command" | "unset_command":
                self._add(tuple(self.reader.text(node).split()), "", depth)
                self._walk_children(node, depth)
            case _:
                self._walk_children(node, depth, fed)

    def _walk_children(self, node: "Node", depth: int, fed: str = "") -> None:
        for child in node.children:
            if child.is_named or child.type == "&":
                self.walk(child, depth + 1, fed)

    def _command(self, node: "Node", extra: tuple["Node", ...], fed: str, depth: int) -> None:
        """A simple command; `extra` are words of it that the grammar gives to a redirection before them."""
        words: list[str] = []
        for child in (*node.children, *extra):
            self._known_substitutions(child, depth)
            if child.type in _REDIRECTS:
                words += [
                    word for late in child.children_by_field_name("destination")[1:] for word in self.reader.words(late)
                ]
                fed = self._input(child) or fed
            elif child.is_named and child.type not in _ASSIGNMENTS:
                words += self.reader.words(child)
        self._add(tuple(words), fed, depth)

    def _known_substitutions(self, node: "Node", depth: int) -> None:
        """What stands inside of a word: commands in `$(…)`, assignments, targets of redirections."""
        if node.type == "command_name" or node.child_count:
            self.walk(node, depth + 1)

    def _add(self, words: tuple[str, ...], fed: str, depth: int) -> None:
        """Note a command and what it runs in its turn."""
        if not words or len(self.found.commands) >= MAX_COMMANDS or depth >= MAX_DEPTH:
            self.is_too_deep = self.is_too_deep or bool(words)
            return
        self.found.commands.append(words)
        said = fed if program_name(words[0]) in _PASSING else printed(words)
        if said:
            self.found.said.append(said)
        if program_name(words[0]) not in WRAPPERS:
            return
        for inner in inner_commands(words, fed):
            if inner.is_guess:
                self.found.loose.append(inner.words)
            elif inner.words:
                self._add(inner.words, fed, depth + 1)
            else:
                variables = with_positions(self.reader.variables, inner.arguments)
                _read_script(inner.script.encode("utf-8", "replace"), self.found, variables, depth=depth + 1)

    def _redirected(self, node: "Node", fed: str, depth: int) -> None:
        body = node.child_by_field_name("body")
        redirects = node.children_by_field_name("redirect")
        extra: list[Node] = []
        for redirect in redirects:
            fed = self._input(redirect) or fed
            self.walk(redirect, depth + 1, fed)  # `cat <<E | sh`: the pipe stands inside of the here-document
            extra += redirect.children_by_field_name("destination")[1:]
            extra += redirect.children_by_field_name("argument")
        if body is None:
            self._add(tuple(word for late in extra for word in self.reader.words(late)), fed, depth)
        elif body.type == "command":
            self._command(body, tuple(extra), fed, depth)
        else:
            self.walk(body, depth + 1, fed)
            if extra:  # the words belong to the last command of the body: not worth telling which
                words = [word for late in extra for word in self.reader.words(late)]
                self.found.loose.append((*(self.found.commands[-1] if self.found.commands else ()), *words))

    def _input(self, redirect: "Node") -> str:
        """The text that a redirection feeds, when it stands in the script."""
        if redirect.type == "herestring_redirect" and redirect.named_children:
            return self.reader.value(redirect.named_children[-1])
        body = next((child for child in redirect.children if child.type == "heredoc_body"), None)
        return "" if body is None else self.reader.text(body)

    def _pipeline(self, node: "Node", fed: str, depth: int) -> None:
        for child in node.named_children:
            before = len(self.found.said)
            self.walk(child, depth + 1, fed)
            fed = "\n".join(self.found.said[before:])

    def _assignment(self, node: "Node", depth: int) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is not None:
            self.found.assigned.append(self.reader.text(name))
            if value is not None and value.type != "array":
                self._know(self.reader.text(name), self.reader.value(value))
        self._walk_children(node, depth)

    def _know(self, name: str, value: str) -> None:
        if len(value) <= MAX_KNOWN_CHARS:
            self.reader.variables[name] = value
        else:
            self.reader.variables.pop(name, None)

    def _file_redirect(self, node: "Node", depth: int) -> None:
        target = node.child_by_field_name("destination")
        writes = any(">" in child.type and child.type != ">&" for child in node.children if not child.is_named)
        if target is not None and (writes or (target.type != "number" and _has_token(node, ">&"))):
            self.found.writes.append(self.reader.value(target))
        elif target is not None and _has_token(node, "<"):
            self.found.reads.append(self.reader.value(target))
        self._walk_children(node, depth)

    def _loop(self, node: "Node", depth: int) -> None:
        """`for x in a b`: `$x` counts as `a b`, which is enough for what must be found."""
        name = node.child_by_field_name("variable")
        values = node.children_by_field_name("value")
        if name is not None and values:
            words = [word for value in values for word in self.reader.words(value)]
            self._know(self.reader.text(name), " ".join(words))
        self._walk_children(node, depth)


def _is_deeper(root: "Node", levels: int) -> bool:
    """Level by level, because the question is whether a recursion would be safe."""
    level = [root]
    for _ in range(levels):
        level = [child for node in level for child in node.children]
        if not level:
            return False
    return True


def _has_token(node: "Node", token: str) -> bool:
    return any(child.type == token for child in node.children)


def _stages(root: "Node", source: bytes) -> tuple[Stage, ...]:
    """The script cut at the operators that join its commands, not inside of anything."""
    stages: list[Stage] = []
    start, operator = 0, ""
    for cut_start, cut_end in _cuts(root, source):
        text = _trimmed(source[start:cut_start])
        sign = source[cut_start:cut_end].decode("utf-8", "replace").strip()
        if text:
            stages.append(Stage(text, operator))
            operator = sign
        elif sign:  # a comment's or an empty line's place: the operator stands for itself
            operator = f"{operator} {sign}".strip()
        start = cut_end
    text = _trimmed(source[start:])
    if text:
        stages.append(Stage(text, operator))
    elif operator and stages:
        stages[-1] = Stage(f"{stages[-1].text} {operator}", stages[-1].operator)
    return tuple(stages)


def _cuts(node: "Node", source: bytes) -> list[tuple[int, int]]:
    """Where the joining operators and line ends stand: begin and end, in bytes."""
    found: list[tuple[int, int]] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        children = one.children
        for left, right in pairwise(children):
            if left.type in _OPERATORS or right.type in _OPERATORS:
                continue
            gap = source[left.end_byte : right.start_byte]
            ends_in_line_end = source[: left.end_byte].endswith(b"\n")
            if one.type == "program" and (b"\n" in gap or ends_in_line_end):
                found.append((left.end_byte, right.start_byte))
        for child in children:
            if child.type in _OPERATORS:
                found.append((child.start_byte, child.end_byte))
            elif child.type in _LISTS:
                waiting.append(child)
            elif child.type == "redirected_statement":
                body = child.child_by_field_name("body")
                if body is not None and body.type in _LISTS:
                    waiting.append(body)
    return sorted(found)


def _trimmed(source: bytes) -> str:
    text = source.decode("utf-8", "replace")
    while text != (text := text.strip().removeprefix("\\\n").removesuffix("\\\n")):
        pass
    return text


def _lines(script: str) -> tuple[Stage, ...]:
    return tuple(Stage(line, "") for line in script.replace("\\\n", " ").split("\n") if line.strip())
