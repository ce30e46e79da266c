"""Names for proposed rules: ids, quoted words, and what lies one step wider than a host or a path."""

import posixpath
import re
from collections.abc import Iterator
from hashlib import sha256

from codex_orch_tui.policy.rule import REST, Rule, RuleKind

_PLAIN_WORD = re.compile(r"[A-Za-z0-9_./:@%+,=^-]+")
_SECOND_LEVEL = frozenset({"co", "com", "org", "net", "ac", "gov", "edu", "ne", "or", "go", "gob", "mil", "nom"})
_SHARED = """
    github.io gitlab.io githubusercontent.com herokuapp.com amazonaws.com cloudfront.net vercel.app
    netlify.app pages.dev workers.dev web.app firebaseapp.com appspot.com run.app azurewebsites.net
    windows.net azureedge.net ngrok.io ngrok-free.app fly.dev onrender.com digitaloceanspaces.com
    blogspot.com r2.dev surge.sh glitch.me repl.co trycloudflare.com readthedocs.io translate.goog
    googleusercontent.com sharepoint.com
"""
"""Domains below which everyone can have a name: `*.github.io` would be anybody."""


def shown_words(words: tuple[str, ...]) -> str:
    """Words as one would type them, in the quotes that the rules read: single ones."""
    return " ".join(word if _PLAIN_WORD.fullmatch(word) else "'" + word.replace("'", "'\"'\"'") + "'" for word in words)


def rule_id(rule: Rule) -> str:
    """An id that tells what the rule is about; the end makes it another for another rule."""
    match rule.kind:
        case RuleKind.COMMAND:
            words = [word for word in rule.args or () if word != REST and not word.startswith("-")]
            about = "-".join([rule.program, *words[:2]])
        case RuleKind.NETWORK:
            about = "net-" + "-".join(rule.hosts)
        case RuleKind.FILE_CHANGE:
            about = "files-" + "-".join(rule.paths)
    plain = re.sub(r"[^a-z0-9]+", "-", about.lower()).strip("-")[:40].strip("-") or "rule"
    content = repr((rule.kind, rule.program, rule.args, rule.options, rule.paths, rule.hosts))
    return f"{plain}-{sha256(content.encode()).hexdigest()[:6]}"


def parent_host(host: str) -> str:
    """The domain that a host belongs to; empty when there is none that one owner has for certain."""
    labels = host.split(".")
    if len(labels) < 3 or not labels[-1].isalpha():
        return ""
    parent = ".".join(labels[1:])
    is_suffix = len(labels) == 3 and labels[1] in _SECOND_LEVEL and len(labels[2]) == 2
    return (
        ""
        if is_suffix or any(parent == shared or parent.endswith(f".{shared}") for shared in _SHARED.split())
        else parent
    )


def parent_places(paths: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The folders of some paths, then what all of them lie in; never the whole worktree, nor a folder outside of it."""
    folders = tuple(dict.fromkeys(posixpath.dirname(path) for path in paths))
    if any(folder in {"", "."} or folder.startswith("/") for folder in folders):
        return
    yield tuple(f"{folder}/**" for folder in folders)
    common = posixpath.commonpath(folders)
    if common and folders != (common,):
        yield (f"{common}/**",)
