"""The words of a shell script as the shell would make them: quotes and escapes resolved, as far as that can be known.

What only a run would tell (an unknown variable, the output of a command, a glob) stays as it is written. These words
are for display and for declines; nothing is ever accepted on their strength (see `lexer`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Tree

MAX_WORDS = 256
"""Words that one word of the script may become: braces multiply."""

_ANSI_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|c.|.)", re.DOTALL)
_ANSI_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPE_IN_QUOTES = re.compile(r"\\([$`\"\\\n])")
_BRACES = re.compile(r"\{([^{}\s]*,[^{}\s]*)\}")
_DEFAULT_OPERATORS = frozenset({":-", "-", ":=", "="})
_FINDERS = (["which"], ["command", "-v"], ["type", "-p"], ["type", "-P"])
_PRINTERS = frozenset({"echo", "printf"})


@cache
def _language() -> "Language":
    # the two libraries cost 20 ms: only who reads a shell line pays for them
    import tree_sitter  # noqa: PLC0415
    import tree_sitter_bash  # noqa: PLC0415

    return tree_sitter.Language(tree_sitter_bash.language())


def parse(script: bytes) -> "Tree":
    """The syntax tree of a script; a tree comes for any bytes, with error nodes where they are no shell."""
    import tree_sitter  # noqa: PLC0415

    return tree_sitter.Parser(_language()).parse(script)


@dataclass(slots=True)
class WordReader:
    """Turns the nodes of one script into words. `variables` holds what is known of variables by now."""

    source: bytes
    variables: dict[str, str]

    def words(self, node: "Node") -> list[str]:
        """The words that a node becomes; none when it is an empty expansion without quotes."""
        if node.type in {"simple_expansion", "expansion"}:
            known = self._expansion(node)
            return [self.text(node)] if known is None else known.split()
        if node.type == "command_name" and node.child_count == 1:
            return self.words(node.children[0])
        if node.type == "string" and self.text(node) in {'"$@"', '"${@}"'} and "@" in self.variables:
            return self.variables["@"].split()
        value = self.value(node)
        plain = node.type == "word" or (
            node.type == "concatenation" and all(part.type in {"word", "number"} for part in node.children)
        )
        return _braces(value) if plain and "{" in value else [value]

    def value(self, node: "Node") -> str:
        """What a node stands for as one text."""
        match node.type:
            case "word":
                return _ESCAPE.sub(_unescaped, self.text(node))
            case "raw_string":
                return self.text(node)[1:-1]
            case "string":
                return self._quoted(node)
            case "translated_string":
                return "".join(self.value(child) for child in node.named_children)
            case "ansi_c_string":
                return _ANSI_ESCAPE.sub(_ansi, self.text(node)[2:-1])
            case "concatenation" | "command_name":
                return "".join(self.value(child) for child in node.children)
            case "simple_expansion" | "expansion":
                known = self._expansion(node)
                return self.text(node) if known is None else known
            case "command_substitution":
                return self._substitution(node)
            case _:
                return self.text(node)

    def text(self, node: "Node") -> str:
        """A node as it is written."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _quoted(self, node: "Node") -> str:
        # blanks between two expansions belong to no child: what lies between the children is taken from the source
        parts: list[str] = []
        at = node.start_byte
        for child in node.children:
            between = self.source[at : child.start_byte].decode("utf-8", "replace")
            parts.append(_ESCAPE_IN_QUOTES.sub(_unescaped, between))
            at = child.end_byte
            if child.type == "string_content":
                parts.append(_ESCAPE_IN_QUOTES.sub(_unescaped, self.text(child)))
            elif child.is_named:
                parts.append(self.value(child))
        return "".join(parts)

    def _expansion(self, node: "Node") -> str | None:
        """What a variable holds; its default when that stands there; None when it is not known."""
        name = next((c for c in node.children if c.type in {"variable_name", "special_variable_name"}), None)
        if name is None:
            return None
        known = self.variables.get(self.text(name))
        operator = node.child_by_field_name("operator")
        if operator is None:
            plain = node.type == "simple_expansion" or node.child_count == 3  # ${, the name, }
            return known if plain else None
        if self.text(operator) in _DEFAULT_OPERATORS:
            rest = [child for child in node.named_children if child.start_byte >= operator.end_byte]
            return known or "".join(self.value(child) for child in rest)
        return None

    def _substitution(self, node: "Node") -> str:
        """`$(echo git)` and `$(which git)` are `git`; the output of anything else is not known."""
        inner = node.named_children
        if len(inner) == 1 and inner[0].type == "command" and not inner[0].children_by_field_name("redirect"):
            words = [word for part in inner[0].children for word in self.words(part)]
            said = words[-1] if words[:-1] in _FINDERS else printed(words)
            if said is not None:
                return said
        return self.text(node)


def printed(words: list[str] | tuple[str, ...]) -> str | None:
    """What `echo` or `printf` with these words would print, roughly; None for another program."""
    if not words or words[0].rsplit("/", 1)[-1] not in _PRINTERS:
        return None
    said = [word for word in words[1:] if word not in {"-n", "-e", "-E", "-ne", "-en", "--"}]
    if words[0].endswith("printf") and said:
        pattern = said[0].replace("\\n", "\n").replace("%b", "%s").replace("%q", "%s")
        parts = pattern.split("%s")
        if len(parts) > 1:
            filled = [text for pair in zip(parts, said[1:] + [""] * len(parts), strict=False) for text in pair]
            return " ".join(["".join(filled), *said[len(parts) :]]).strip()
        return " ".join([pattern, *said[1:]]).strip()
    return " ".join(said).replace("\\n", "\n")


def with_positions(variables: Mapping[str, str], arguments: tuple[str, ...]) -> dict[str, str]:
    """The variables of a script that is given arguments: `$0`, `$1`, … and `$@`."""
    positions = {str(index): word for index, word in enumerate(arguments)}
    everything = " ".join(arguments[1:])
    return {**variables, **positions, "@": everything, "*": everything}


def loose_words(text: str) -> list[tuple[str, ...]]:
    """Words by the eye, for a text that is no shell: quotes and escapes dropped, a group for each simple command."""
    plain = re.sub(r"\\\r?\n", " ", text)
    plain = re.sub(r"['\"\\]", "", plain)
    groups = re.split(r"[;|&()<>`\n\r\0]|\$\(", plain)
    return [words for group in groups if (words := tuple(re.split(r"[\s{},]+", group.strip(" \t{},")))) != ("",)]


def _unescaped(match: re.Match[str]) -> str:
    return "" if match[1] == "\n" else match[1]


def _ansi(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        value = int(code[1:], 16)
        return chr(value) if value <= 0x10FFFF else ""
    if code[0] in "01234567":
        return chr(int(code, 8) & 0xFF)
    if code[0] == "c" and len(code) == 2:
        return chr(ord(code[1]) & 0x1F)
    return _ANSI_LETTERS.get(code, code)


def _braces(word: str) -> list[str]:
    """`{git,push}` as two words. Innermost braces first, as many as `MAX_WORDS` allows."""
    found = [word]
    while len(found) <= MAX_WORDS:
        expanded: list[str] = []
        for one in found:
            match = _BRACES.search(one)
            choices = match[1].split(",") if match else [None]
            expanded += [
                one if not match else f"{one[: match.start()]}{choice}{one[match.end() :]}" for choice in choices
            ]
        if expanded == found:
            return found
        found = expanded
    return [word]
