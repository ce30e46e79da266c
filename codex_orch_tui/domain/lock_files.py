"""Which packages a lock file names, for the lock files that can be read for certain."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_YARN_KEY = re.compile(r'"?((?:@[^@/"]+/)?[^@"]+)@')


def is_lock_file(path: str) -> bool:
    """Whether a file of this name lists the packages that are installed."""
    return path.rpartition("/")[2] in _READERS


def packages(path: str, data: bytes) -> frozenset[str] | None:
    """The names of the packages that a lock file holds; an empty file holds none.

    Returns:
        None where that cannot be told: its form is not read, or it is broken.
    """
    reader = _READERS.get(path.rpartition("/")[2])
    if reader is None:
        return None
    try:
        text = data.decode("utf-8-sig")
        return frozenset(reader(text)) if text.strip() else frozenset()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _npm(text: str) -> Iterator[str]:
    lock = json.loads(text)
    # Keys are places: node_modules/a/node_modules/@b/c. Older versions of npm read only the other table.
    places = lock.get("packages", {})
    yield from (place.rpartition("node_modules/")[2] for place in places if "node_modules/" in place)
    yield from _npm_tree(lock.get("dependencies", {}))


def _npm_tree(dependencies: Mapping[str, Any]) -> Iterator[str]:
    for name, one in dependencies.items():
        yield name
        yield from _npm_tree(one.get("dependencies", {}))


def _toml(text: str) -> Iterator[str]:
    return (package["name"] for package in tomllib.loads(text).get("package", ()))


def _pipenv(text: str) -> Iterator[str]:
    lock = json.loads(text)
    return (name for table, packages in lock.items() if not table.startswith("_") for name in packages)


def _composer(text: str) -> Iterator[str]:
    lock = json.loads(text)
    return (package["name"] for table in ("packages", "packages-dev") for package in lock.get(table, ()))


def _go(text: str) -> Iterator[str]:
    return (line.split()[0] for line in text.splitlines() if line.strip())


def _yarn(text: str) -> Iterator[str]:
    """Entries begin at the left edge: `"@a/b@^1", "@a/b@~1":`."""
    for line in text.splitlines():
        if line and line[0] not in "# \t" and line != "__metadata:":
            if not line.endswith(":"):
                raise ValueError(line)
            for key in line[:-1].split(", "):
                if (found := _YARN_KEY.match(key)) is None:
                    raise ValueError(line)
                yield found[1]


def _not_read(text: str) -> Iterator[str]:
    raise ValueError(f"{len(text)} characters of a form that is not read")


_READERS: Mapping[str, Callable[[str], Iterator[str]]] = {
    "package-lock.json": _npm,
    "npm-shrinkwrap.json": _npm,
    "yarn.lock": _yarn,
    "uv.lock": _toml,
    "poetry.lock": _toml,
    "pdm.lock": _toml,
    "Cargo.lock": _toml,
    "Pipfile.lock": _pipenv,
    "composer.lock": _composer,
    "go.sum": _go,
    "pnpm-lock.yaml": _not_read,
    "bun.lock": _not_read,
    "bun.lockb": _not_read,
    "Gemfile.lock": _not_read,
    "mix.lock": _not_read,
    "Package.resolved": _not_read,
    "packages.lock.json": _not_read,
    "gradle.lockfile": _not_read,
}
